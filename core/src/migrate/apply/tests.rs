//! Applying on an engine in memory: order, refusals, the fence, and what an error leaves behind.

use std::time::Duration;

use crate::dialect::{Facts, LockScope};
use crate::error::{Category, Error};
use crate::migrate::fake::{
    self, COMMITTING, Kill, Notes, REBUILDING, TRANSACTIONAL, block_on, migrator, migrator_with, version, world,
};
use crate::migrate::{MigrateOptions, MigrateReport, MigrationState, Migrator, Settings};
use crate::store::SqlStore;

const USERS: &str = "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n";
const POSTS: &str = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY, title VARCHAR(10));\n";
const TAGS: &str = "-- migrate:up\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n";

fn run(migrator: &Migrator, store: &mut dyn SqlStore, options: &MigrateOptions) -> Result<MigrateReport, Error> {
    block_on(migrator.migrate(store, options, &mut ()))
}

fn names(report: &MigrateReport) -> Vec<&str> {
    report.migrations.iter().map(|migration| migration.name.as_str()).collect()
}

#[test]
fn what_is_pending_is_applied_in_the_order_of_versions_and_recorded() {
    let world = world(TRANSACTIONAL);
    let mut notes = Notes::default();
    let migrator = migrator(&[(2, POSTS), (1, USERS)]);
    let report = block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut notes)).unwrap();
    assert_eq!(names(&report), ["m1", "m2"]);
    assert_eq!(world.tables(), ["posts", "users"]);
    assert_eq!(world.history("version"), ["20260101000001", "20260101000002"]);
    assert_eq!(world.history("sequence"), ["1", "2"]);
    assert_eq!(world.history("state"), ["applied", "applied"]);
    assert_eq!(world.history("applied_by"), ["somebody@somewhere", "somebody@somewhere"]);
    assert_eq!(notes.0, ["planned 2", "started m1 up 1", "finished m1 up", "started m2 up 1", "finished m2 up"]);
    let again = run(&migrator, &mut world.connect(), &MigrateOptions::default()).unwrap();
    assert_eq!(names(&again), [] as [&str; 0]);
}

#[test]
fn to_leaves_later_ones_pending_and_says_how_many() {
    let world = world(TRANSACTIONAL);
    let options = MigrateOptions { to: Some(version(1)), ..MigrateOptions::default() };
    let report = run(&migrator(&[(1, USERS), (2, POSTS), (3, TAGS)]), &mut world.connect(), &options).unwrap();
    assert_eq!((names(&report).as_slice(), report.pending), (["m1"].as_slice(), 2));
    let unknown = MigrateOptions { to: Some(version(9)), ..MigrateOptions::default() };
    let error = run(&migrator(&[(1, USERS)]), &mut world.connect(), &unknown).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.unknown-version", Category::Usage));
}

#[test]
fn a_late_migration_is_refused_and_applied_when_asked_for() {
    let world = world(TRANSACTIONAL);
    run(&migrator(&[(1, USERS), (3, TAGS)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
    let late = migrator(&[(1, USERS), (2, POSTS), (3, TAGS)]);
    let error = run(&late, &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.out-of-order", Category::Refused));
    let options = MigrateOptions { allow_out_of_order: true, ..MigrateOptions::default() };
    run(&late, &mut world.connect(), &options).unwrap();
    assert_eq!(world.history("version"), ["20260101000001", "20260101000003", "20260101000002"]);
}

#[test]
fn nothing_runs_if_any_pending_file_is_bad() {
    for bad in [
        "-- migrate:up\nALTER TABLE nowhere ADD COLUMN a INTEGER;\n",
        "-- migrate:up\nCREATE TABLE t (id INTEGER PRIMARY KEY\n",
        "-- migrate:up other\nSELECT 1;\n",
        "-- migrate:up\nCREATE TABLE t (id INTEGER PRIMARY KEY);\n-- migrate:down\nDROP TABLE u;\n",
    ] {
        let world = world(TRANSACTIONAL);
        let error =
            run(&migrator(&[(1, USERS), (2, bad)]), &mut world.connect(), &MigrateOptions::default()).unwrap_err();
        assert!(error.location().is_some(), "{error:?}");
        assert_eq!(world.take_log(), [] as [&str; 0], "{bad}");
        assert!(world.state().data.history.is_none());
    }
}

#[test]
fn a_migration_must_render_for_every_engine_of_the_project() {
    let other = fake::FakeDialect { facts: COMMITTING, flavour: &fake::OTHER, cannot: Some("forbidden") };
    let settings = Settings { engines: vec![std::sync::Arc::new(other)], ..Settings::default() };
    let text = "-- migrate:up\nALTER TABLE users ADD COLUMN forbidden INTEGER;\n";
    let world = world(TRANSACTIONAL);
    let migrator = migrator_with(&[(1, USERS), (2, text)], settings);
    let error = run(&migrator, &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!(error.code(), "dialect.unsupported");
    let (line, _) = error.location().map(|at| at.source.line_and_column(at.span.start)).unwrap();
    assert_eq!(line, 2);
    assert_eq!(world.tables(), [] as [&str; 0]);
}

#[test]
fn a_refused_statement_rolls_its_migration_back_and_is_shown_in_the_file() {
    let world = world(TRANSACTIONAL);
    world.state().refuse = Some("column title2".to_owned());
    let two =
        "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\n\nALTER TABLE posts ADD COLUMN title2 TEXT;\n";
    let migrator = migrator(&[(1, USERS), (2, two)]);
    world.state().refuse = Some("add column posts".to_owned());
    let error = run(&migrator, &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    let (line, column) = error.location().map(|at| at.source.line_and_column(at.span.start)).unwrap();
    assert_eq!((line, column), (4, 1));
    assert!(error.details().iter().any(|detail| detail.contains("statement 2 of 2")), "{:?}", error.details());
    assert!(error.details().iter().any(|detail| detail == "applied before it: 1 migration"));
    assert_eq!(world.tables(), ["users"]);
    assert_eq!(world.history("version"), ["20260101000001"]);
    world.state().refuse = None;
    run(&migrator, &mut world.connect(), &MigrateOptions::default()).unwrap();
    assert_eq!(world.tables(), ["posts", "users"]);
}

#[test]
fn a_single_transaction_holds_the_whole_run() {
    let world = world(TRANSACTIONAL);
    world.state().refuse = Some("create table posts".to_owned());
    let options = MigrateOptions { single_transaction: true, ..MigrateOptions::default() };
    let migrator = migrator(&[(1, USERS), (2, POSTS)]);
    run(&migrator, &mut world.connect(), &options).unwrap_err();
    assert_eq!(world.tables(), [] as [&str; 0]);
    assert!(world.state().data.history.is_none());
    world.state().refuse = None;
    assert_eq!(names(&run(&migrator, &mut world.connect(), &options).unwrap()), ["m1", "m2"]);
    let committing = fake::world(COMMITTING);
    let error = run(&migrator, &mut committing.connect(), &options).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.no-single-transaction", Category::Refused));
}

#[test]
fn a_changed_file_and_a_missing_one_stop_the_run() {
    let world = world(TRANSACTIONAL);
    run(&migrator(&[(1, USERS), (2, POSTS)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
    let changed = USERS.replace("VARCHAR(10)", "VARCHAR(20)");
    let error =
        run(&migrator(&[(1, &changed), (2, POSTS)]), &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.modified", Category::Drift));
    let error = run(&migrator(&[(2, POSTS), (3, TAGS)]), &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.missing", Category::Drift));
    let commented = format!("-- a comment\n{USERS}\n\n-- another\n");
    run(&migrator(&[(1, &commented), (2, POSTS)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
    let status = block_on(migrator(&[(1, &changed), (3, TAGS)]).status(&mut world.connect())).unwrap();
    let states: Vec<MigrationState> = status.migrations.iter().map(|migration| migration.state).collect();
    assert_eq!(states, [MigrationState::Modified, MigrationState::Missing, MigrationState::Pending]);
}

#[test]
fn a_history_of_another_project_is_refused() {
    let world = world(TRANSACTIONAL);
    let of = |project: &str| Settings { project: Some(project.to_owned()), ..Settings::default() };
    let ours = migrator_with(&[(1, USERS)], of("ours"));
    run(&ours, &mut world.connect(), &MigrateOptions::default()).unwrap();
    let theirs = migrator_with(&[(1, USERS), (2, POSTS)], of("theirs"));
    let error = run(&theirs, &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.foreign-project", Category::Refused));
    assert_eq!(block_on(theirs.status(&mut world.connect())).unwrap().foreign_project.as_deref(), Some("ours"));
    run(&migrator(&[(1, USERS), (2, POSTS)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
}

#[test]
fn a_database_without_history_that_holds_a_table_is_refused() {
    let world = world(TRANSACTIONAL);
    run(&migrator(&[(1, USERS)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
    world.state().data.history = None;
    let error = run(&migrator(&[(1, USERS)]), &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.unmanaged", Category::Refused));
    assert!(error.message().contains("users") && error.help().unwrap().contains("migrate:baseline"));
}

#[test]
fn pretending_changes_nothing_and_shows_the_statements_of_the_history_too() {
    let world = world(TRANSACTIONAL);
    let options = MigrateOptions { pretend: true, ..MigrateOptions::default() };
    let report = run(&migrator(&[(1, USERS), (2, POSTS)]), &mut world.connect(), &options).unwrap();
    assert!(report.pretended);
    let short: Vec<&str> =
        report.migrations[0].statements.iter().map(|sql| sql.split([' ', '(']).next().unwrap()).collect();
    assert_eq!(short, ["BEGIN", "create", "INSERT", "create", "COMMIT"]);
    assert!(
        report.migrations[0].statements[2].contains("'20260101000001'"),
        "{:?}",
        report.migrations[0].statements[2]
    );
    assert_eq!(report.migrations[1].statements.len(), 4);
    assert_eq!((world.take_log(), world.tables()), (Vec::new(), Vec::new()));
    assert!(world.state().data.history.is_none());
}

#[test]
fn eight_migrators_at_once_apply_each_migration_once_whatever_holds_the_lock() {
    for lock in [LockScope::Begin, LockScope::Transaction, LockScope::Session] {
        for facts in [TRANSACTIONAL, COMMITTING] {
            let world = world(Facts { lock, ..facts });
            let migrator = std::sync::Arc::new(migrator(&[(1, USERS), (2, POSTS), (3, TAGS)]));
            let applied: usize = block_on(async {
                let runners: Vec<_> = (0..8)
                    .map(|_| {
                        let (migrator, world) = (migrator.clone(), world.clone());
                        tokio::spawn(async move {
                            let mut store = world.connect();
                            migrator.migrate(&mut store, &MigrateOptions::default(), &mut ()).await.unwrap()
                        })
                    })
                    .collect();
                let mut applied = 0;
                for runner in runners {
                    applied += runner.await.unwrap().migrations.len();
                }
                applied
            });
            assert_eq!(applied, 3, "{lock:?}");
            assert_eq!(world.history("sequence"), ["1", "2", "3"]);
            assert_eq!(world.take_log(), ["create table users", "create table posts", "create table tags"]);
        }
    }
}

#[test]
fn a_lock_that_is_not_had_in_time_says_who_has_it() {
    for lock in [LockScope::Transaction, LockScope::Session] {
        let world = world(Facts { lock, ..TRANSACTIONAL });
        let mut other = world.connect();
        block_on(other.try_lock("x")).unwrap();
        let options = MigrateOptions { lock_timeout: Duration::from_millis(60), ..MigrateOptions::default() };
        let mut notes = Notes::default();
        let error = block_on(migrator(&[(1, USERS)]).migrate(&mut world.connect(), &options, &mut notes)).unwrap_err();
        assert_eq!((error.code(), error.category()), ("migrate.locked", Category::Locked));
        assert!(error.message().contains("held by s1"), "{error}");
        assert!(notes.0.iter().filter(|note| *note == "waiting s1").count() >= 2, "{:?}", notes.0);
        assert_eq!(world.tables(), [] as [&str; 0]);
    }
}

#[test]
fn a_run_that_is_dropped_leaves_no_half_applied_migration_where_ddl_rolls_back() {
    let two = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\nALTER TABLE posts ADD COLUMN a TEXT;\nALTER TABLE posts ADD COLUMN b TEXT;\n";
    for polls in 1..40 {
        let world = world(TRANSACTIONAL);
        let migrator = migrator(&[(1, two)]);
        let mut store = world.connect();
        block_on(async {
            let options = MigrateOptions::default();
            let mut observer = ();
            let mut future = Box::pin(migrator.migrate(&mut store, &options, &mut observer));
            for _ in 0..polls {
                let done =
                    std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_ready()))
                        .await;
                if done {
                    break;
                }
            }
        });
        let tables = world.tables();
        let rows = world.state().data.history.clone().map_or(0, |rows| rows.len());
        assert_eq!(tables.len(), rows, "after {polls} polls");
        assert!(world.state().lock.is_none(), "after {polls} polls");
        run(&migrator, &mut world.connect(), &MigrateOptions::default()).unwrap();
        assert_eq!(world.tables(), ["posts"]);
    }
}

#[test]
fn a_rebuild_is_not_mixed_with_a_delete_that_has_to_cascade() {
    let schema = "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n\
                  CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE);\n";
    let mixed =
        "-- migrate:up\nDELETE FROM users WHERE name IS NULL;\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n";
    let world = world(REBUILDING);
    let error =
        run(&migrator(&[(1, schema), (2, mixed)]), &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.rebuild-with-data", Category::Refused));
    let update = mixed.replace("DELETE FROM users WHERE", "UPDATE users SET name = '' WHERE");
    run(&migrator(&[(1, schema), (2, &update)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
    let split = [
        (1, schema),
        (2, update.as_str()),
        (3, "-- migrate:up\nDELETE FROM users WHERE id = 1;\n"),
        (4, "-- migrate:up\nALTER TABLE users ALTER COLUMN name DROP NOT NULL;\n"),
    ];
    let options = MigrateOptions { single_transaction: true, ..MigrateOptions::default() };
    let error = run(&migrator(&split), &mut world.connect(), &options).unwrap_err();
    assert_eq!(error.code(), "migrate.rebuild-with-data");
    run(&migrator(&split), &mut world.connect(), &MigrateOptions::default()).unwrap();
}

#[test]
fn a_rebuild_sees_what_the_catalog_holds_when_it_runs() {
    let world = world(REBUILDING);
    let alter = "-- migrate:up\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n";
    run(&migrator(&[(1, USERS)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
    world.state().data.triggers.insert("users".to_owned(), vec!["audit".to_owned()]);
    world.take_log();
    run(&migrator(&[(1, USERS), (2, alter)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
    assert_eq!(world.take_log(), ["alter users keeping audit"]);
    assert!(world.history("plan")[1].contains("keeping audit"));
    assert!(world.history("down_plan")[1].contains("keeping audit"));
}

#[test]
fn a_rebuild_outside_a_transaction_is_refused() {
    let world = world(REBUILDING);
    let outside = "-- migrate:up transaction:false\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n";
    let error =
        run(&migrator(&[(1, USERS), (2, outside)]), &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!(error.code(), "migrate.rebuild-needs-transaction");
}

#[test]
fn the_history_keeps_what_the_catalog_said_after_the_run() {
    let world = world(TRANSACTIONAL);
    let migrator = migrator(&[(1, USERS), (2, POSTS)]);
    run(&migrator, &mut world.connect(), &MigrateOptions::default()).unwrap();
    let echoes = block_on(migrator.recorded_echoes(&mut world.connect())).unwrap();
    assert_eq!(echoes.keys().collect::<Vec<_>>(), ["posts", "users"]);
    assert!(echoes["users"].is_some());
}

#[test]
fn a_kill_before_the_commit_leaves_nothing_where_ddl_rolls_back() {
    for statement in 0..8 {
        for after in [false, true] {
            let world = world(TRANSACTIONAL);
            let migrator = migrator(&[(1, USERS), (2, POSTS)]);
            world.state().kill = Some(Kill { statement, after });
            let _ = run(&migrator, &mut world.connect(), &MigrateOptions::default());
            let rows = world.state().data.history.clone().map_or(0, |rows| rows.len());
            assert_eq!(world.tables().len(), rows);
            world.state().kill = None;
            run(&migrator, &mut world.connect(), &MigrateOptions::default()).unwrap();
            assert_eq!(world.history("state"), ["applied", "applied"]);
        }
    }
}

#[test]
fn a_section_of_the_users_own_may_not_end_the_transaction_that_it_runs_in() {
    let world = world(TRANSACTIONAL);
    let text = "-- migrate:up fake\ndefine one;\nCOMMIT;\ndefine two;\n";
    let error = run(&migrator(&[(1, text)]), &mut world.connect(), &MigrateOptions::default()).unwrap_err();
    assert_eq!(error.code(), "migration.transaction-control");
    assert_eq!(error.location().map(|at| at.source.line_and_column(at.span.start)), Some((3, 1)));
    let outside = text.replace("fake", "fake transaction:false");
    run(&migrator(&[(1, &outside)]), &mut world.connect(), &MigrateOptions::default()).unwrap();
}

#[test]
fn what_a_single_transaction_can_not_hold_is_shown_in_its_own_file() {
    let world = world(REBUILDING);
    let raw = "-- migrate:up fake\ndefine something;\n";
    let alter = "-- migrate:up\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n";
    let options = MigrateOptions { single_transaction: true, ..MigrateOptions::default() };
    let files = [(1, USERS), (2, alter), (3, raw)];
    let error = run(&migrator(&files), &mut world.connect(), &options).unwrap_err();
    assert_eq!(error.code(), "migrate.rebuild-with-data");
    assert_eq!(error.location().map(|at| at.source.name.to_string()), Some("20260101000003_m3.sql".to_owned()));
    assert!(error.help().unwrap().contains("without --single-transaction"), "{error:?}");
    assert!(error.details().iter().any(|detail| detail.ends_with("20260101000002_m2.sql")), "{error:?}");
}

#[test]
fn an_up_part_without_a_statement_is_told_from_nothing_to_do_on_this_engine() {
    for (text, said) in [
        ("-- migrate:up\n-- to be written\n", "the up part of 20260101000001_m1 has no statement to run"),
        ("-- migrate:up fake none\n", "20260101000001_m1 has nothing to do on"),
    ] {
        let world = world(TRANSACTIONAL);
        let mut notes = Notes::default();
        let options = MigrateOptions::default();
        block_on(migrator(&[(1, text)]).migrate(&mut world.connect(), &options, &mut notes)).unwrap();
        assert!(notes.0.iter().any(|note| note.contains(said)), "{:?}", notes.0);
    }
}
