//! Settling on an engine in memory: what is forgotten, what is taken as it is, and what is not to be settled.

use crate::error::Category;
use crate::migrate::fake::{COMMITTING, TRANSACTIONAL, block_on, migrator, version, world};
use crate::migrate::{MigrateOptions, MigrationState, Migrator, Repair, RollbackOptions};
use crate::store::SqlStore;

const USERS: &str = "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n";
const POSTS: &str = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY);\nALTER TABLE posts ADD COLUMN a TEXT;\n-- migrate:down\nDROP TABLE posts;\n";

fn migrate(migrator: &Migrator, store: &mut dyn SqlStore) -> crate::Result<crate::migrate::MigrateReport> {
    block_on(migrator.migrate(store, &MigrateOptions::default(), &mut ()))
}

#[test]
fn a_missing_migration_is_forgotten_and_a_changed_one_taken_as_it_is() {
    let world = world(TRANSACTIONAL);
    migrate(&migrator(&[(1, USERS), (2, POSTS)]), &mut world.connect()).unwrap();
    let changed = USERS.replace("VARCHAR(10)", "VARCHAR(20)");
    let migrator = migrator(&[(1, &changed)]);
    let repair = |repair| block_on(migrator.repair(&mut world.connect(), repair, &mut ())).unwrap().migrations;
    assert_eq!(repair(Repair::Prune(Some(version(1)))), []);
    assert_eq!(repair(Repair::AcceptChecksum(None)).len(), 1);
    assert_eq!(repair(Repair::AcceptChecksum(None)), []);
    assert_eq!(repair(Repair::Prune(None))[0].version, version(2));
    assert_eq!(world.history("version"), ["20260101000001"]);
    migrate(&migrator, &mut world.connect()).unwrap();
}

#[test]
fn taking_a_changed_file_as_it_is_still_asks_which_down_to_take() {
    let world = world(TRANSACTIONAL);
    migrate(&migrator(&[(1, USERS), (2, POSTS)]), &mut world.connect()).unwrap();
    let changed = POSTS.replace("a TEXT", "b TEXT").replace("DROP TABLE posts", "DROP TABLE posts;\nDROP TABLE users");
    let migrator = migrator(&[(1, USERS), (2, &changed)]);
    block_on(migrator.repair(&mut world.connect(), Repair::AcceptChecksum(None), &mut ())).unwrap();
    let status = block_on(migrator.status(&mut world.connect())).unwrap();
    assert_eq!(status.migrations[1].state, MigrationState::Applied);
    let error = block_on(migrator.rollback(&mut world.connect(), &RollbackOptions::default(), &mut ())).unwrap_err();
    assert_eq!(error.code(), "migrate.down-changed");
}

#[test]
fn a_failed_migration_counts_as_what_a_person_says() {
    for (settled, states, tables) in [(true, vec!["applied"], vec!["posts"]), (false, vec![], vec!["posts"])] {
        let world = world(COMMITTING);
        world.state().refuse = Some("add column".to_owned());
        let migrator = migrator(&[(2, POSTS)]);
        migrate(&migrator, &mut world.connect()).unwrap_err();
        let repair = if settled { Repair::Applied(version(2)) } else { Repair::NotApplied(version(2)) };
        let report = block_on(migrator.repair(&mut world.connect(), repair, &mut ())).unwrap();
        assert_eq!(report.migrations.len(), 1);
        assert_eq!(world.history("state"), states);
        assert_eq!(world.tables(), tables);
    }
}

#[test]
fn what_is_not_open_is_not_settled() {
    let world = world(TRANSACTIONAL);
    let migrator = migrator(&[(1, USERS), (2, POSTS)]);
    let to = MigrateOptions { to: Some(version(1)), ..MigrateOptions::default() };
    block_on(migrator.migrate(&mut world.connect(), &to, &mut ())).unwrap();
    for digit in [1, 2] {
        let repair = Repair::NotApplied(version(digit));
        let error = block_on(migrator.repair(&mut world.connect(), repair, &mut ())).unwrap_err();
        assert_eq!((error.code(), error.category()), ("migrate.nothing-to-settle", Category::Refused));
    }
    let repair = Repair::Applied(version(9));
    let error = block_on(migrator.repair(&mut world.connect(), repair, &mut ())).unwrap_err();
    assert_eq!(error.code(), "migrate.unknown-version");
}
