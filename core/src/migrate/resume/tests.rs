//! Killed anywhere, run again, it finishes: on an engine in memory whose DDL commits.

use crate::dialect::{Facts, LockScope};
use crate::error::{Category, Error, ErrorClass};
use crate::migrate::fake::{COMMITTING, Kill, Notes, TRANSACTIONAL, block_on, migrator, version, world};
use crate::migrate::{Direction, MigrateOptions, MigrateReport, MigrationState, Migrator, Repair, RollbackOptions};
use crate::store::SqlStore;

const USERS: &str = "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n";
const MANY: &str = "-- migrate:up
CREATE TABLE posts (id INTEGER PRIMARY KEY);
INSERT INTO users (id, name) VALUES (1, 'a');
ALTER TABLE posts ADD COLUMN title VARCHAR(20);
UPDATE users SET name = 'b' WHERE id = 1;
DELETE FROM users WHERE id = 1;
CREATE TABLE tags (id INTEGER PRIMARY KEY);
-- migrate:down
DROP TABLE tags;
DELETE FROM users WHERE id = 1;
DROP TABLE posts;
";

fn run(migrator: &Migrator, store: &mut dyn SqlStore) -> Result<MigrateReport, Error> {
    block_on(migrator.migrate(store, &MigrateOptions::default(), &mut ()))
}

#[test]
fn killed_at_any_statement_a_migration_finishes_when_run_again_and_does_nothing_twice() {
    for lock in [LockScope::Session, LockScope::Begin, LockScope::Transaction] {
        for statement in 0..30 {
            for after in [false, true] {
                let world = world(Facts { lock, ..COMMITTING });
                let migrator = migrator(&[(1, USERS), (2, MANY)]);
                world.state().kill = Some(Kill { statement, after });
                let first = run(&migrator, &mut world.connect());
                world.state().kill = None;
                let again = run(&migrator, &mut world.connect());
                assert!(again.is_ok(), "killed at {statement}, after {after}: {first:?} then {again:?}");
                assert_eq!(world.tables(), ["posts", "tags", "users"]);
                assert_eq!(world.history("state"), ["applied", "applied"]);
                assert_eq!(world.history("statements_done"), ["1", "6"]);
                assert_eq!(world.history("session"), ["-", "-"]);
                assert_eq!(
                    world.take_log(),
                    [
                        "create table users",
                        "create table posts",
                        "write users",
                        "add column posts",
                        "write users",
                        "write users",
                        "create table tags"
                    ],
                    "killed at {statement}, after {after}"
                );
            }
        }
    }
}

#[test]
fn killed_at_any_statement_a_rollback_finishes_when_run_again_and_does_nothing_twice() {
    for statement in 0..20 {
        for after in [false, true] {
            let world = world(COMMITTING);
            let migrator = migrator(&[(1, USERS), (2, MANY)]);
            run(&migrator, &mut world.connect()).unwrap();
            world.take_log();
            let before = world.state().statements;
            world.state().kill = Some(Kill { statement: before + statement, after });
            let options = RollbackOptions::default();
            let first = block_on(migrator.rollback(&mut world.connect(), &options, &mut ()));
            world.state().kill = None;
            if world.history("version").len() == 2 {
                if first.is_err() && world.history("direction")[1] == "down" {
                    let error = run(&migrator, &mut world.connect()).unwrap_err();
                    assert_eq!((error.code(), error.category()), ("migrate.unfinished", Category::HalfApplied));
                }
                block_on(migrator.rollback(&mut world.connect(), &options, &mut ())).unwrap();
            }
            assert_eq!(world.tables(), ["users"]);
            assert_eq!(world.history("version"), ["20260101000001"]);
            assert_eq!(world.take_log(), ["drop table tags", "write users", "drop table posts"], "{statement} {after}");
        }
    }
}

#[test]
fn a_statement_that_failed_may_be_edited_and_the_run_goes_on_with_it() {
    let world = world(COMMITTING);
    world.state().refuse = Some("add column posts".to_owned());
    let text = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\nALTER TABLE posts ADD COLUMN a TEXT;\nALTER TABLE posts ADD COLUMN b TEXT;\n";
    let error = run(&migrator(&[(1, text)]), &mut world.connect()).unwrap_err();
    assert!(error.details().iter().any(|detail| detail.starts_with("1 of its 3 statements are done")), "{error:?}");
    assert_eq!(error.location().map(|at| at.source.line_and_column(at.span.start).0), Some(3));
    let status = block_on(migrator(&[(1, text)]).status(&mut world.connect())).unwrap();
    assert_eq!(status.migrations[0].state, MigrationState::Failed);
    let unfinished = status.migrations[0].unfinished.clone().unwrap();
    assert_eq!((unfinished.direction, unfinished.done, unfinished.statements), (Direction::Up, 1, 3));
    assert!(unfinished.failure.unwrap().contains("refused"));
    world.state().refuse = None;
    world.take_log();
    let edited = text.replace("ADD COLUMN a TEXT", "ADD COLUMN c TEXT");
    let mut notes = Notes::default();
    let migrator = migrator(&[(1, &edited)]);
    let report = block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut notes)).unwrap();
    assert_eq!(report.migrations.len(), 1);
    assert_eq!(world.take_log(), ["add column posts", "add column posts"]);
    assert_eq!(world.history("state"), ["applied"]);
    let status = block_on(migrator.status(&mut world.connect())).unwrap();
    assert_eq!(status.migrations[0].state, MigrationState::Applied);
    assert_eq!(notes.0, ["started m1 up 3", "step 1 add column posts", "step 2 add column posts", "finished m1 up"]);
}

#[test]
fn what_is_done_already_may_not_be_edited() {
    let world = world(COMMITTING);
    world.state().refuse = Some("add column".to_owned());
    let text = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\nALTER TABLE posts ADD COLUMN a TEXT;\n";
    run(&migrator(&[(1, text)]), &mut world.connect()).unwrap_err();
    world.state().refuse = None;
    let edited = text.replace("id INTEGER PRIMARY KEY", "id BIGINT PRIMARY KEY");
    let error = run(&migrator(&[(1, &edited)]), &mut world.connect()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.completed-part-changed", Category::HalfApplied));
    run(&migrator(&[(1, text)]), &mut world.connect()).unwrap();
    assert_eq!(world.history("state"), ["applied"]);
}

#[test]
fn a_statement_of_the_users_own_that_was_killed_is_for_a_person_to_settle() {
    let text = "-- migrate:up fake\ndefine one;\ndefine two;\ndefine three;\n";
    // The statements: history, row, then a mark before each, the statement itself and its count.
    let killed_at = |statement: usize, after: bool| {
        let world = world(COMMITTING);
        world.state().kill = Some(Kill { statement, after });
        let error = run(&migrator(&[(1, text)]), &mut world.connect()).unwrap_err();
        assert_eq!(error.class(), Some(crate::error::ErrorClass::LostConnection));
        world.state().kill = None;
        world
    };
    let world = killed_at(6, true);
    assert_eq!(world.state().data.written, ["define one", "define two"]);
    let error = run(&migrator(&[(1, text)]), &mut world.connect()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.half-applied", Category::HalfApplied));
    assert_eq!(error.details(), ["done: define one", "unknown: define two", "not done: define three"]);
    assert!(error.help().unwrap().contains("migrate:repair 20260101000001 --statement-done"));
    let repair = Repair::StatementDone(version(1));
    block_on(migrator(&[(1, text)]).repair(&mut world.connect(), repair, &mut ())).unwrap();
    run(&migrator(&[(1, text)]), &mut world.connect()).unwrap();
    assert_eq!(world.state().data.written, ["define one", "define two", "define three"]);

    let world = killed_at(6, false);
    assert_eq!(world.state().data.written, ["define one"]);
    run(&migrator(&[(1, text)]), &mut world.connect()).unwrap_err();
    let repair = Repair::StatementNotDone(version(1));
    block_on(migrator(&[(1, text)]).repair(&mut world.connect(), repair, &mut ())).unwrap();
    run(&migrator(&[(1, text)]), &mut world.connect()).unwrap();
    assert_eq!(world.state().data.written, ["define one", "define two", "define three"]);
}

#[test]
fn a_change_of_the_catalog_that_is_not_what_was_to_be_done_is_for_a_person_to_settle() {
    let world = world(COMMITTING);
    let text = "-- migrate:up\nALTER TABLE users ADD COLUMN a TEXT;\n";
    run(&migrator(&[(1, USERS)]), &mut world.connect()).unwrap();
    let before = world.state().statements;
    // The row, the mark, then the statement itself.
    world.state().kill = Some(Kill { statement: before + 2, after: false });
    run(&migrator(&[(1, USERS), (2, text)]), &mut world.connect()).unwrap_err();
    world.state().kill = None;
    world.state().data.triggers.insert("users".to_owned(), vec!["audit".to_owned()]);
    let error = run(&migrator(&[(1, USERS), (2, text)]), &mut world.connect()).unwrap_err();
    assert_eq!(error.code(), "migrate.half-applied");
    world.state().data.triggers.clear();
    run(&migrator(&[(1, USERS), (2, text)]), &mut world.connect()).unwrap();
}

#[test]
fn a_claim_of_a_session_that_is_there_is_waited_for_and_one_that_is_gone_is_taken_over() {
    let options = MigrateOptions { lock_timeout: std::time::Duration::from_millis(50), ..MigrateOptions::default() };
    let text = "-- migrate:up transaction:false\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n";
    let world = world(TRANSACTIONAL);
    let migrator = migrator(&[(1, text)]);
    let mut first = world.connect();
    world.state().kill = Some(Kill { statement: 3, after: false });
    block_on(migrator.migrate(&mut first, &options, &mut ())).unwrap_err();
    world.state().kill = None;
    // As if it were only slow.
    world.state().alive.insert("s1".to_owned());
    let error = block_on(migrator.migrate(&mut world.connect(), &options, &mut ())).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.locked", Category::Locked));
    assert!(error.message().contains("somebody@somewhere, session s1"), "{error}");
    world.state().tells_sessions = false;
    let error = block_on(migrator.migrate(&mut world.connect(), &options, &mut ())).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.claimed", Category::Locked));
    world.state().tells_sessions = true;
    world.state().alive.remove("s1");
    block_on(migrator.migrate(&mut world.connect(), &options, &mut ())).unwrap();
    assert_eq!(world.tables(), ["posts", "tags"]);
    assert_eq!(world.history("session"), ["-"]);
}

#[test]
fn an_interrupted_statement_did_not_take_effect_and_is_run_again() {
    let world = world(TRANSACTIONAL);
    let text = "-- migrate:up fake transaction:false\ndefine one;\ndefine two;\n";
    (world.state().refuse, world.state().refusal) = (Some("define two".to_owned()), ErrorClass::Interrupted);
    let error = run(&migrator(&[(1, text)]), &mut world.connect()).unwrap_err();
    assert_eq!((error.class(), error.category()), (Some(ErrorClass::Interrupted), Category::HalfApplied));
    world.state().refuse = None;
    run(&migrator(&[(1, text)]), &mut world.connect()).unwrap();
    assert_eq!(world.state().data.written, ["define one", "define two"]);
}

#[test]
fn the_run_that_stops_and_the_status_agree_on_whether_something_is_half_applied() {
    let text = "-- migrate:up fake transaction:false\ndefine one;\ndefine two;\n";
    for (refused, category, half) in
        [("define one", Category::Failed, false), ("define two", Category::HalfApplied, true)]
    {
        let world = world(TRANSACTIONAL);
        let migrator = migrator(&[(1, text)]);
        world.state().refuse = Some(refused.to_owned());
        let error = run(&migrator, &mut world.connect()).unwrap_err();
        assert_eq!((error.code(), error.category()), ("db.error", category));
        let status = block_on(migrator.status(&mut world.connect())).unwrap();
        assert_eq!(status.migrations[0].unfinished.as_ref().unwrap().half, half, "{refused}");
    }
}

#[test]
fn what_a_session_that_is_gone_left_is_half_applied() {
    let world = world(COMMITTING);
    let migrator = migrator(&[(1, "-- migrate:up fake\ndefine one;\ndefine two;\n")]);
    world.state().kill = Some(Kill { statement: 4, after: false });
    run(&migrator, &mut world.connect()).unwrap_err();
    world.state().kill = None;
    let half = || {
        let status = block_on(migrator.status(&mut world.connect())).unwrap();
        let unfinished = status.migrations[0].unfinished.clone().unwrap();
        (status.migrations[0].state, unfinished.half)
    };
    assert_eq!(half(), (MigrationState::Running, true));
    world.state().alive.insert("s1".to_owned());
    assert_eq!(half(), (MigrationState::Running, false));
}

#[test]
fn rolling_back_something_half_applied_is_refused_with_the_way_out() {
    let world = world(COMMITTING);
    world.state().refuse = Some("add column".to_owned());
    let text = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\nALTER TABLE posts ADD COLUMN a TEXT;\n";
    let migrator = migrator(&[(1, text)]);
    run(&migrator, &mut world.connect()).unwrap_err();
    let error = block_on(migrator.rollback(&mut world.connect(), &RollbackOptions::default(), &mut ())).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.unfinished", Category::HalfApplied));
    assert!(error.help().unwrap().contains("database:migrate"));
}

#[test]
fn an_unfinished_migration_is_finished_before_anything_else() {
    let world = world(COMMITTING);
    world.state().refuse = Some("add column".to_owned());
    let text = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\nALTER TABLE posts ADD COLUMN a TEXT;\n";
    let later = "-- migrate:up\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n";
    run(&migrator(&[(1, text), (2, later)]), &mut world.connect()).unwrap_err();
    assert_eq!(world.tables(), ["posts"]);
    world.state().refuse = None;
    let report = run(&migrator(&[(1, text), (2, later)]), &mut world.connect()).unwrap();
    assert_eq!(report.migrations.len(), 2);
    assert_eq!(world.history("sequence"), ["1", "2"]);
}
