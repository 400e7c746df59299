//! Adopting a database on an engine in memory.

use crate::error::Category;
use crate::migrate::fake::{COMMITTING, TRANSACTIONAL, block_on, migrator, version, world};
use crate::migrate::{DownSource, Extent, MigrateOptions, MigrationState, RollbackOptions};

const USERS: &str = "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n";
const POSTS: &str = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY, title VARCHAR(10));\n";
const TAGS: &str = "-- migrate:up\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n";

#[test]
fn what_is_there_is_recorded_and_only_what_is_not_is_applied() {
    for facts in [TRANSACTIONAL, COMMITTING] {
        let world = world(facts);
        let migrator = migrator(&[(1, USERS), (2, POSTS), (3, TAGS)]);
        let options = MigrateOptions { to: Some(version(2)), ..MigrateOptions::default() };
        block_on(migrator.migrate(&mut world.connect(), &options, &mut ())).unwrap();
        world.state().data.history = None;
        world.take_log();
        let report = block_on(migrator.baseline(&mut world.connect(), version(2), &mut ())).unwrap();
        assert_eq!(report.migrations.len(), 2);
        assert_eq!(world.history("state"), ["baseline", "baseline"]);
        assert_eq!(world.history("sequence"), ["1", "2"]);
        let again = block_on(migrator.baseline(&mut world.connect(), version(2), &mut ())).unwrap();
        assert_eq!(again.migrations, []);
        block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
        assert_eq!(world.take_log(), ["create table tags"]);
        let status = block_on(migrator.status(&mut world.connect())).unwrap();
        let states: Vec<MigrationState> = status.migrations.iter().map(|migration| migration.state).collect();
        assert_eq!(states, [MigrationState::Baseline, MigrationState::Baseline, MigrationState::Applied]);
    }
}

#[test]
fn what_was_adopted_is_undone_by_its_file_alone() {
    let world = world(TRANSACTIONAL);
    let migrator = migrator(&[(1, USERS)]);
    block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
    world.state().data.history = None;
    block_on(migrator.baseline(&mut world.connect(), version(1), &mut ())).unwrap();
    let all = RollbackOptions { extent: Extent::All, ..RollbackOptions::default() };
    let error = block_on(migrator.rollback(&mut world.connect(), &all, &mut ())).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.irreversible", Category::Refused));
    let file = RollbackOptions { down: Some(DownSource::File), ..all };
    block_on(migrator.rollback(&mut world.connect(), &file, &mut ())).unwrap();
    assert_eq!(world.tables(), [] as [&str; 0]);
}

#[test]
fn a_version_that_no_file_has_is_an_error() {
    let world = world(TRANSACTIONAL);
    let error = block_on(migrator(&[(1, USERS)]).baseline(&mut world.connect(), version(2), &mut ())).unwrap_err();
    assert_eq!(error.code(), "migrate.unknown-version");
}
