//! Nothing is done of a migration: undoing others, a file that is gone, a baseline.

use crate::error::{Category, Error, ErrorClass};
use crate::migrate::fake::{COMMITTING, Kill, Notes, World, block_on, migrator, version, world};
use crate::migrate::{MigrateOptions, Migrator, RollbackOptions};

const USERS: &str = "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n";
const POSTS: &str =
    "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\nALTER TABLE posts ADD COLUMN a TEXT;\n";
const OWN: &str = "-- migrate:up fake\ndefine one;\n-- migrate:down none\n";

fn run(migrator: &Migrator, world: &std::sync::Arc<World>) -> Result<usize, Error> {
    let report = block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut ()))?;
    Ok(report.migrations.len())
}

/// A database in which the first file is applied, and the second was refused at its first statement.
fn refused(second: &str, statement: &str) -> std::sync::Arc<World> {
    let world = world(COMMITTING);
    run(&migrator(&[(1, USERS)]), &world).unwrap();
    world.state().refuse = Some(statement.to_owned());
    run(&migrator(&[(1, USERS), (2, second)]), &world).unwrap_err();
    world.state().refuse = None;
    assert_eq!(world.history("state"), ["applied", "failed"]);
    world
}

#[test]
fn a_rollback_passes_over_a_migration_of_which_nothing_is_done_and_forgets_it() {
    let world = refused(POSTS, "create table posts");
    let migrator = migrator(&[(1, USERS), (2, POSTS)]);
    let options = RollbackOptions { pretend: true, ..RollbackOptions::default() };
    let told = block_on(migrator.rollback(&mut world.connect(), &options, &mut ())).unwrap();
    assert!(told.migrations[0].statements[0].contains("DELETE FROM"), "{told:?}");
    assert_eq!(world.history("state"), ["applied", "failed"], "nothing was changed by looking");
    let mut notes = Notes::default();
    let report = block_on(migrator.rollback(&mut world.connect(), &RollbackOptions::default(), &mut notes)).unwrap();
    assert_eq!(report.migrations.iter().map(|migration| migration.version).collect::<Vec<_>>(), [version(1)]);
    assert!(notes.0.iter().any(|note| note.contains("m2 was begun, and nothing of it is done")), "{:?}", notes.0);
    assert_eq!((world.tables().len(), world.history("version").len()), (0, 0));
    assert_eq!(run(&migrator, &world).unwrap(), 2);
}

#[test]
fn a_redo_of_what_stands_before_it_goes_on_as_well() {
    let world = refused(POSTS, "create table posts");
    let migrator = migrator(&[(1, USERS), (2, POSTS)]);
    let report = block_on(migrator.redo(&mut world.connect(), &RollbackOptions::default(), &mut ())).unwrap();
    assert_eq!((report.rolled_back.len(), report.applied.len()), (1, 1));
    assert_eq!(world.history("state"), ["applied"]);
}

#[test]
fn a_file_that_is_gone_stops_nothing_where_nothing_of_it_is_done() {
    let renamed = [(1, USERS), (3, POSTS)];
    let world = refused(POSTS, "create table posts");
    let options = MigrateOptions { pretend: true, ..MigrateOptions::default() };
    let told = block_on(migrator(&renamed).migrate(&mut world.connect(), &options, &mut ())).unwrap();
    assert!(told.migrations[0].statements[0].contains("DELETE FROM"), "{told:?}");
    assert_eq!(world.history("state"), ["applied", "failed"]);
    let mut notes = Notes::default();
    let options = MigrateOptions::default();
    block_on(migrator(&renamed).migrate(&mut world.connect(), &options, &mut notes)).unwrap();
    assert!(notes.0.iter().any(|note| note.contains("m2 was begun, and nothing of it is done")), "{:?}", notes.0);
    assert_eq!(world.history("version"), ["20260101000001", "20260101000003"]);
    assert_eq!(world.tables(), ["posts", "users"]);
}

#[test]
fn a_baseline_passes_over_it() {
    let world = refused(POSTS, "create table posts");
    let migrator = migrator(&[(1, USERS), (2, POSTS)]);
    let report = block_on(migrator.baseline(&mut world.connect(), version(2), &mut ())).unwrap();
    assert_eq!(report.migrations.len(), 1);
    assert_eq!(world.history("state"), ["applied", "baseline"]);
}

#[test]
fn killed_at_any_statement_it_is_passed_over_only_where_nothing_can_have_been_done() {
    let mut passed = 0;
    for second in [POSTS, OWN] {
        for statement in 0..8 {
            for after in [false, true] {
                let world = world(COMMITTING);
                run(&migrator(&[(1, USERS)]), &world).unwrap();
                world.take_log();
                let begun = world.state().statements;
                world.state().kill = Some(Kill { statement: begun + statement, after });
                let both = migrator(&[(1, USERS), (2, second)]);
                let outcome = run(&both, &world);
                world.state().kill = None;
                if outcome.is_ok() || world.history("state").len() < 2 || world.history("state")[1] == "applied" {
                    continue;
                }
                assert_eq!(outcome.unwrap_err().class(), Some(ErrorClass::LostConnection));
                let done = !world.take_log().is_empty();
                let outcome = block_on(both.rollback(&mut world.connect(), &RollbackOptions::default(), &mut ()));
                match outcome {
                    Ok(_) => {
                        assert!(!done, "something of {second:?} was done: {statement} {after}");
                        assert_eq!(world.tables(), [] as [&str; 0]);
                        passed += 1;
                    }
                    Err(error) => assert_eq!(error.category(), Category::HalfApplied, "{statement} {after}"),
                }
            }
        }
    }
    assert!(passed > 2, "{passed}");
}
