//! Undoing on an engine in memory: what is undone, by which plan, and every reason not to.

use crate::error::{Category, Error};
use crate::migrate::fake::{COMMITTING, Notes, REBUILDING, TRANSACTIONAL, block_on, migrator, version, world};
use crate::migrate::{DownSource, Extent, MigrateOptions, Migrator, RollbackOptions, RollbackReport};
use crate::store::{Attribute, SqlStore};

const USERS: &str = "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n";
const POSTS: &str = "-- migrate:up\nCREATE TABLE posts (id INTEGER PRIMARY KEY, title VARCHAR(10));\n";
const TAGS: &str = "-- migrate:up\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n-- migrate:down\nDROP TABLE tags;\n";
const WRITES: &str = "-- migrate:up\nINSERT INTO users (id, name) VALUES (1, 'a');\n";

fn migrate(migrator: &Migrator, store: &mut dyn SqlStore) {
    block_on(migrator.migrate(store, &MigrateOptions::default(), &mut ())).unwrap();
}

fn rollback(migrator: &Migrator, store: &mut dyn SqlStore, options: &RollbackOptions) -> Result<RollbackReport, Error> {
    block_on(migrator.rollback(store, options, &mut ()))
}

fn by(extent: Extent) -> RollbackOptions {
    RollbackOptions { extent, ..RollbackOptions::default() }
}

#[test]
fn the_last_one_applied_is_undone_even_where_its_version_is_older() {
    for facts in [TRANSACTIONAL, COMMITTING] {
        let world = world(facts);
        migrate(&migrator(&[(1, USERS), (3, TAGS)]), &mut world.connect());
        let all = migrator(&[(1, USERS), (2, POSTS), (3, TAGS)]);
        let options = MigrateOptions { allow_out_of_order: true, ..MigrateOptions::default() };
        block_on(all.migrate(&mut world.connect(), &options, &mut ())).unwrap();
        let mut notes = Notes::default();
        let report = block_on(all.rollback(&mut world.connect(), &RollbackOptions::default(), &mut notes)).unwrap();
        assert_eq!(report.migrations[0].name, "m2");
        assert_eq!(notes.0.last().unwrap(), "finished m2 down");
        assert_eq!(world.tables(), ["tags", "users"]);
        assert_eq!(world.history("version"), ["20260101000001", "20260101000003"]);
    }
}

#[test]
fn steps_to_and_all_say_how_far_it_goes() {
    let migrator = migrator(&[(1, USERS), (2, POSTS), (3, TAGS)]);
    for (extent, left) in [
        (Extent::Steps(2), vec!["users"]),
        (Extent::Steps(9), vec![]),
        (Extent::To(version(2)), vec!["posts", "users"]),
        (Extent::All, vec![]),
        (Extent::Steps(0), vec!["posts", "tags", "users"]),
    ] {
        let world = world(TRANSACTIONAL);
        migrate(&migrator, &mut world.connect());
        rollback(&migrator, &mut world.connect(), &by(extent)).unwrap();
        assert_eq!(world.tables(), left, "{extent:?}");
    }
    let world = world(TRANSACTIONAL);
    let error = rollback(&migrator, &mut world.connect(), &by(Extent::To(version(2)))).unwrap_err();
    assert_eq!(error.code(), "migrate.not-applied");
    assert_eq!(rollback(&migrator, &mut world.connect(), &by(Extent::All)).unwrap().migrations, []);
}

#[test]
fn a_rollback_needs_no_file() {
    let world = world(TRANSACTIONAL);
    migrate(&migrator(&[(1, USERS), (2, POSTS)]), &mut world.connect());
    rollback(&migrator(&[(1, USERS)]), &mut world.connect(), &RollbackOptions::default()).unwrap();
    assert_eq!(world.tables(), ["users"]);
}

#[test]
fn an_irreversible_one_among_them_refuses_before_anything_runs() {
    let declared = "-- migrate:up\nCREATE TABLE logs (id INTEGER PRIMARY KEY);\n-- migrate:down none\n";
    let raw = "-- migrate:up fake\ndefine something;\n";
    for (file, reason) in [(WRITES, "users"), (declared, "declared irreversible"), (raw, "run as it stands")] {
        let world = world(TRANSACTIONAL);
        let migrator = migrator(&[(1, USERS), (2, file), (3, POSTS)]);
        migrate(&migrator, &mut world.connect());
        let error = rollback(&migrator, &mut world.connect(), &by(Extent::Steps(2))).unwrap_err();
        assert_eq!((error.code(), error.category()), ("migrate.irreversible", Category::Refused));
        assert!(error.message().contains(reason), "{error}");
        assert!(world.tables().contains(&"posts".to_owned()));
        rollback(&migrator, &mut world.connect(), &by(Extent::Steps(1))).unwrap();
    }
}

#[test]
fn values_that_a_down_writes_over_are_lost() {
    let world = world(TRANSACTIONAL);
    let touch = "-- migrate:up\nUPDATE users SET name = 'a';\n-- migrate:down\nUPDATE users SET name = NULL;\n";
    let migrator = migrator(&[(1, USERS), (2, touch)]);
    migrate(&migrator, &mut world.connect());
    let plan = block_on(migrator.plan_rollback(&mut world.connect(), &by(Extent::Steps(1)))).unwrap();
    assert_eq!(plan.migrations[0].loses, ["values of users.name"]);
}

#[test]
fn a_plan_says_what_will_be_lost() {
    let world = world(TRANSACTIONAL);
    let add = "-- migrate:up\nALTER TABLE users ADD COLUMN age INTEGER;\n";
    let raw = "-- migrate:up fake\ndefine something;\n-- migrate:down fake\ndefine nothing;\n";
    let migrator = migrator(&[(1, USERS), (2, add), (3, POSTS), (4, raw)]);
    migrate(&migrator, &mut world.connect());
    let plan = block_on(migrator.plan_rollback(&mut world.connect(), &by(Extent::All))).unwrap();
    let lost: Vec<(&str, Vec<&str>, bool)> = plan
        .migrations
        .iter()
        .map(|item| (item.name.as_str(), item.loses.iter().map(String::as_str).collect(), item.opaque))
        .collect();
    assert_eq!(
        lost,
        [
            ("m4", vec![], true),
            ("m3", vec!["table posts"], false),
            ("m2", vec!["column users.age"], false),
            ("m1", vec!["table users"], false)
        ]
    );
    assert_eq!(plan.migrations[0].statements, ["define nothing"]);
}

#[test]
fn where_the_files_down_was_changed_somebody_has_to_choose() {
    let world = world(TRANSACTIONAL);
    migrate(&migrator(&[(1, USERS), (3, TAGS)]), &mut world.connect());
    let edited = TAGS.replace("DROP TABLE tags;", "ALTER TABLE users ADD COLUMN undone INTEGER;\nDROP TABLE tags;");
    let migrator = migrator(&[(1, USERS), (3, &edited)]);
    let status = block_on(migrator.status(&mut world.connect())).unwrap();
    assert!(status.migrations[1].down_modified);
    let error = rollback(&migrator, &mut world.connect(), &RollbackOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.down-changed", Category::Drift));
    assert!(error.details().iter().any(|line| line.starts_with("stored: drop table tags")), "{:?}", error.details());
    assert!(error.details().iter().any(|line| line.starts_with("file:   ALTER TABLE users")), "{:?}", error.details());
    assert!(error.help().unwrap().contains("--down=stored"));
    let options = RollbackOptions { down: Some(DownSource::File), ..RollbackOptions::default() };
    rollback(&migrator, &mut world.connect(), &options).unwrap();
    assert_eq!(world.tables(), ["users"]);
    assert!(world.take_log().contains(&"add column users".to_owned()));
    migrate(&migrator, &mut world.connect());
}

#[test]
fn a_stored_plan_that_builds_a_table_anew_may_not_lose_what_came_to_the_table_since() {
    let world = world(REBUILDING);
    let alter = "-- migrate:up\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n";
    let migrator = migrator(&[(1, USERS), (2, alter)]);
    migrate(&migrator, &mut world.connect());
    world.state().data.triggers.insert("users".to_owned(), vec!["audit".to_owned()]);
    let error = rollback(&migrator, &mut world.connect(), &RollbackOptions::default()).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.rebuild-would-lose", Category::Refused));
    assert!(error.message().contains("trigger audit"), "{error}");
    let file = RollbackOptions { down: Some(DownSource::File), ..RollbackOptions::default() };
    world.take_log();
    rollback(&migrator, &mut world.connect(), &file).unwrap();
    assert_eq!(world.take_log(), ["alter users keeping audit"]);
}

/// Of a trigger, once by its words when the migration was applied and once as it is now.
fn undone_with_trigger(then: &str, now: &str) -> Result<RollbackReport, Error> {
    let world = world(REBUILDING);
    let alter = "-- migrate:up\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n";
    migrate(&migrator(&[(1, USERS)]), &mut world.connect());
    world.state().data.triggers.insert("users".to_owned(), vec![then.to_owned()]);
    let migrator = migrator(&[(1, USERS), (2, alter)]);
    migrate(&migrator, &mut world.connect());
    world.state().data.triggers.insert("users".to_owned(), vec![now.to_owned()]);
    rollback(&migrator, &mut world.connect(), &RollbackOptions::default())
}

#[test]
fn a_stored_plan_may_not_make_again_what_was_changed_since_as_it_was() {
    let then = "CREATE TRIGGER audit AFTER DELETE ON users BEGIN DELETE FROM posts; END";
    let error = undone_with_trigger(then, &then.replace("posts", "tags")).unwrap_err();
    assert_eq!((error.code(), error.category()), ("migrate.rebuild-would-lose", Category::Refused));
    assert!(error.message().contains("trigger audit, which was changed since"), "{error}");
    assert!(error.help().unwrap().contains("--down=file"), "{error:?}");
    assert!(error.help().unwrap().contains("by hand"), "{error:?}");
}

#[test]
fn what_only_looks_changed_hinders_no_stored_plan() {
    let then = "CREATE TRIGGER audit AFTER DELETE ON users BEGIN DELETE FROM posts; END";
    let now = "create trigger \"audit\"\n  after delete on users begin\n  delete from \"posts\"; -- all\nend";
    undone_with_trigger(then, now).unwrap();
}

#[test]
fn a_stored_plan_may_not_lose_what_the_model_has_no_place_for() {
    let world = world(REBUILDING);
    let alter = "-- migrate:up\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n";
    let migrator = migrator(&[(1, USERS), (2, alter)]);
    migrate(&migrator, &mut world.connect());
    let users = crate::schema::Name::folded("users");
    world.state().data.attributes.push(Attribute::of_column(&users, &"name".into(), "is COLLATE NOCASE"));
    let error = rollback(&migrator, &mut world.connect(), &RollbackOptions::default()).unwrap_err();
    assert_eq!(error.code(), "migrate.rebuild-would-lose");
    assert!(error.message().contains("column \"name\" is COLLATE NOCASE"), "{error}");
    assert!(error.help().unwrap().starts_with("no plan can keep all of that"), "{error:?}");
    world.state().data.attributes.clear();
    rollback(&migrator, &mut world.connect(), &RollbackOptions::default()).unwrap();
}

#[test]
fn what_stands_on_a_column_that_a_stored_plan_drops_goes_with_it() {
    let world = world(REBUILDING);
    let add = "-- migrate:up\nALTER TABLE users ADD COLUMN age INTEGER;\n";
    let migrator = migrator(&[(1, USERS), (2, add)]);
    migrate(&migrator, &mut world.connect());
    let users = crate::schema::Name::folded("users");
    world.state().data.attributes.push(Attribute::of_column(&users, &"age".into(), "is COLLATE NOCASE"));
    rollback(&migrator, &mut world.connect(), &RollbackOptions::default()).unwrap();
}

#[test]
fn a_table_that_one_migration_builds_anew_twice_keeps_both_times_what_the_model_does_not_know() {
    let world = world(REBUILDING);
    let twice = "-- migrate:up
ALTER TABLE users ALTER COLUMN name SET NOT NULL;
CREATE TABLE tags (id INTEGER PRIMARY KEY);
ALTER TABLE users ALTER COLUMN name SET DEFAULT 'a';
";
    migrate(&migrator(&[(1, USERS)]), &mut world.connect());
    let trigger = "CREATE TRIGGER audit AFTER DELETE ON users BEGIN DELETE FROM posts; END";
    world.state().data.triggers.insert("users".to_owned(), vec![trigger.to_owned()]);
    world.take_log();
    let migrator = migrator(&[(1, USERS), (2, twice)]);
    migrate(&migrator, &mut world.connect());
    let kept = ["alter users keeping audit", trigger];
    assert_eq!(world.take_log(), [&kept[..], &["create table tags"], &kept[..]].concat());
    rollback(&migrator, &mut world.connect(), &RollbackOptions::default()).unwrap();
    assert_eq!(world.take_log(), [&kept[..], &["drop table tags"], &kept[..]].concat());
}

#[test]
fn pretending_to_undo_changes_nothing() {
    for facts in [TRANSACTIONAL, COMMITTING] {
        let world = world(facts);
        let migrator = migrator(&[(1, USERS), (2, POSTS)]);
        migrate(&migrator, &mut world.connect());
        world.take_log();
        let options = RollbackOptions { pretend: true, ..RollbackOptions::default() };
        let report = rollback(&migrator, &mut world.connect(), &options).unwrap();
        let statements = &report.migrations[0].statements;
        assert!(statements.iter().any(|sql| sql.starts_with("drop table posts")), "{statements:?}");
        assert!(statements.iter().any(|sql| sql.starts_with("DELETE FROM")), "{statements:?}");
        assert_eq!((world.take_log().len(), world.history("version").len()), (0, 2));
    }
}

#[test]
fn a_failed_rollback_leaves_the_migration_applied_where_ddl_rolls_back() {
    let world = world(TRANSACTIONAL);
    let migrator = migrator(&[(1, USERS), (2, POSTS)]);
    migrate(&migrator, &mut world.connect());
    world.state().refuse = Some("drop table users".to_owned());
    let error = rollback(&migrator, &mut world.connect(), &by(Extent::All)).unwrap_err();
    assert!(
        error.details().iter().any(|detail| detail == "undone before it: 20260101000002_m2"),
        "{:?}",
        error.details()
    );
    assert_eq!(world.history("state"), ["applied"]);
    assert_eq!(world.tables(), ["users"]);
}

#[test]
fn a_redo_applies_the_file_as_it_is_now() {
    for facts in [TRANSACTIONAL, COMMITTING] {
        let world = world(facts);
        migrate(&migrator(&[(1, USERS), (2, POSTS)]), &mut world.connect());
        let edited = POSTS.replace("title", "heading");
        let migrator = migrator(&[(1, USERS), (2, &edited), (3, TAGS)]);
        let report = block_on(migrator.redo(&mut world.connect(), &RollbackOptions::default(), &mut ())).unwrap();
        assert_eq!((report.rolled_back.len(), report.applied.len()), (1, 1));
        assert_eq!(world.tables(), ["posts", "users"]);
        let posts = crate::schema::Name::folded("posts");
        let schema = world.state().data.schema.clone();
        assert!(schema.table(&posts).unwrap().column(&crate::schema::Name::folded("heading")).is_some());
    }
}

#[test]
fn a_redo_that_fails_says_what_is_undone_by_then() {
    let world = world(TRANSACTIONAL);
    let migrator = migrator(&[(1, USERS), (2, POSTS)]);
    migrate(&migrator, &mut world.connect());
    world.state().refuse = Some("create table posts".to_owned());
    let error = block_on(migrator.redo(&mut world.connect(), &RollbackOptions::default(), &mut ())).unwrap_err();
    assert!(error.details().iter().any(|detail| detail == "undone before it: 20260101000002_m2"), "{error:?}");
    assert_eq!(world.tables(), ["users"]);
}

#[test]
fn a_redo_undoes_nothing_if_it_can_not_be_applied_again() {
    let world = world(TRANSACTIONAL);
    migrate(&migrator(&[(1, USERS), (2, POSTS)]), &mut world.connect());
    let broken = POSTS.replace("VARCHAR(10)", "VARCHAR(ten)");
    block_on(migrator(&[(1, USERS), (2, &broken)]).redo(&mut world.connect(), &RollbackOptions::default(), &mut ()))
        .unwrap_err();
    block_on(migrator(&[(1, USERS)]).redo(&mut world.connect(), &RollbackOptions::default(), &mut ())).unwrap_err();
    assert_eq!(world.tables(), ["posts", "users"]);
}

#[test]
fn a_down_part_that_is_empty_takes_nothing_back_and_that_is_said() {
    let empty = "-- migrate:up\nCREATE TABLE tags (id INTEGER PRIMARY KEY);\n-- migrate:down\n";
    for (file, said) in [(empty, true), (POSTS, false), ("-- migrate:up fake none\n-- migrate:down fake\n", false)] {
        for pretend in [true, false] {
            let world = world(TRANSACTIONAL);
            let migrator = migrator(&[(1, USERS), (2, file)]);
            migrate(&migrator, &mut world.connect());
            let mut notes = Notes::default();
            let options = RollbackOptions { pretend, ..RollbackOptions::default() };
            block_on(migrator.rollback(&mut world.connect(), &options, &mut notes)).unwrap();
            let told = notes.0.iter().any(|note| note.contains("the down part of 20260101000002_m2 is empty"));
            assert_eq!(told, said, "{file:?}: {:?}", notes.0);
        }
    }
}
