//! Beginning anew on an engine in memory, from whatever state.

use super::makes;
use crate::error::Category;
use crate::migrate::MigrateOptions;
use crate::migrate::fake::{COMMITTING, TRANSACTIONAL, block_on, migrator, world};

const USERS: &str = "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n";
const POSTS: &str = "-- migrate:up
CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id));
ALTER TABLE users ADD COLUMN post_id INTEGER;
ALTER TABLE users ADD CONSTRAINT fk_ring FOREIGN KEY (post_id) REFERENCES posts (id);
INSERT INTO users (id, name) VALUES (1, 'a');
CREATE VIEW names AS SELECT name FROM users;
";
const BROKEN: &str =
    "-- migrate:up\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\nALTER TABLE tags ADD COLUMN a TEXT;\n";

#[test]
fn everything_that_the_migrations_made_goes_and_comes_again() {
    for facts in [TRANSACTIONAL, COMMITTING] {
        let world = world(facts);
        let migrator = migrator(&[(1, USERS), (2, POSTS)]);
        block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
        let plan = block_on(migrator.plan_fresh(&mut world.connect())).unwrap();
        assert_eq!(plan.relations, ["view names", "table posts", "table users"]);
        let report = block_on(migrator.fresh(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
        assert_eq!(report.dropped, plan.relations);
        assert_eq!(report.migrated.migrations.len(), 2);
        assert_eq!(world.tables(), ["posts", "users"]);
    }
}

#[test]
fn a_failed_migration_and_a_missing_file_do_not_stand_in_the_way() {
    let world = world(COMMITTING);
    world.state().refuse = Some("add column tags".to_owned());
    let broken = migrator(&[(1, USERS), (3, BROKEN)]);
    block_on(broken.migrate(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap_err();
    assert_eq!(world.tables(), ["tags", "users"]);
    block_on(migrator(&[(1, USERS)]).fresh(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
    assert_eq!(world.tables(), ["users"]);
}

#[test]
fn what_the_migrations_did_not_make_is_kept() {
    let world = world(TRANSACTIONAL);
    let migrator = migrator(&[(1, USERS)]);
    block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
    let mut foreign = world.state().data.schema.clone();
    let mut table = (**foreign.table(&"users".into()).unwrap()).clone();
    table.name = "theirs".into();
    foreign.insert_table(table);
    world.state().data.schema = foreign;
    let plan = block_on(migrator.plan_fresh(&mut world.connect())).unwrap();
    assert_eq!((plan.relations, plan.kept), (vec!["table users".to_owned()], vec!["theirs".to_owned()]));
}

#[test]
fn what_the_users_own_statements_made_is_undone_by_their_own() {
    let world = world(TRANSACTIONAL);
    let raw = "-- migrate:up fake\ndefine function;\n-- migrate:down fake\ndefine no function;\n";
    let migrator = migrator(&[(1, USERS), (2, raw)]);
    block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
    block_on(migrator.fresh(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
    assert_eq!(world.state().data.written, ["define function", "define no function", "define function"]);
}

#[test]
fn a_new_database_is_simply_migrated() {
    let world = world(TRANSACTIONAL);
    let report =
        block_on(migrator(&[(1, USERS)]).fresh(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
    assert_eq!((report.dropped.len(), report.migrated.migrations.len()), (0, 1));
}

#[test]
fn a_failure_of_the_users_own_statements_leaves_everything_as_it_was() {
    let world = world(TRANSACTIONAL);
    let raw = "-- migrate:up fake\ndefine function;\n-- migrate:down fake\ndefine less;\ndefine no function;\n";
    let migrator = migrator(&[(1, USERS), (2, raw)]);
    block_on(migrator.migrate(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
    let plan = block_on(migrator.plan_fresh(&mut world.connect())).unwrap();
    assert_eq!(plan.opaque, ["20260101000002_m2"]);
    world.state().refuse = Some("define no function".to_owned());
    let error = block_on(migrator.fresh(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap_err();
    assert!(error.details().iter().any(|detail| detail.contains("as it was")), "{:?}", error.details());
    assert_eq!(world.state().data.written, ["define function"]);
    assert_eq!((world.tables(), world.history("version").len()), (vec!["users".to_owned()], 2));
}

#[test]
fn what_stays_and_would_be_made_again_is_found_before_anything_is_dropped() {
    for file in ["-- migrate:up fake\nCREATE TABLE theirs (id INTEGER);\n", USERS] {
        let world = world(TRANSACTIONAL);
        let file = file.replace("users", "theirs");
        block_on(migrator(&[(1, USERS)]).migrate(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap();
        let mut foreign = world.state().data.schema.clone();
        let mut table = (**foreign.table(&"users".into()).unwrap()).clone();
        table.name = "theirs".into();
        foreign.insert_table(table);
        world.state().data.schema = foreign;
        let migrator = migrator(&[(1, USERS), (2, &file)]);
        let error = block_on(migrator.fresh(&mut world.connect(), &MigrateOptions::default(), &mut ())).unwrap_err();
        assert_eq!((error.code(), error.category()), ("migrate.in-the-way", Category::Refused));
        assert!(error.message().contains("m2") && error.message().contains("theirs"), "{error}");
        assert_eq!(world.tables(), ["theirs", "users"]);
        assert_eq!(world.history("version").len(), 1);
    }
}

#[test]
fn only_what_makes_or_alters_a_table_stands_in_its_own_way() {
    for sql in ["CREATE TABLE audit (x)", "create index ix on audit (x)", "ALTER TABLE \"Audit\" ADD COLUMN y INTEGER"]
    {
        assert!(makes(sql, "audit"), "{sql}");
    }
    for sql in [
        "CREATE TABLE IF NOT EXISTS audit (x)",
        "INSERT INTO audit VALUES (1)",
        "CREATE VIEW seen AS SELECT x FROM audit",
        "CREATE TRIGGER t AFTER INSERT ON posts BEGIN INSERT INTO audit VALUES (1); END",
        "CREATE TABLE audits (x)",
    ] {
        assert!(!makes(sql, "audit"), "{sql}");
    }
}
