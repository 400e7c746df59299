//! Migrating through the migrator: order, history, sections, transactions, undoing.

use fastman_core::Result;
use fastman_core::dialect::DdlTransactions;
use fastman_core::migrate::{MigrateOptions, MigrationState};

use super::tests;
use crate::Context;
use crate::catalog::differences;
use crate::project::{Project, three, version};
use crate::snapshot::Snapshot;

tests!("migrating":
    up_down_and_up_again_end_in_the_same_catalog,
    pending_migrations_are_applied_once_and_in_order,
    a_run_can_stop_at_a_version,
    rolling_back_goes_in_reverse_order_of_applying,
    pretending_changes_nothing_and_shows_every_statement,
    a_failing_migration_stops_the_run_and_those_before_it_stay,
    one_transaction_for_the_whole_run_is_all_or_nothing,
    a_section_for_this_engine_runs_in_place_of_the_portable_one,
    a_migration_may_be_none_for_this_engine,
    what_may_not_run_inside_a_transaction_runs_outside_of_one,
    a_derived_down_takes_back_exactly_what_up_did,
    rolling_back_works_after_the_file_is_gone,
);

async fn up_down_and_up_again_end_in_the_same_catalog(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.migrate(&mut *session.store).await?;
    let first = Snapshot::of(&mut *session.store).await?;
    project.reset(&mut *session.store).await?;
    assert!(Snapshot::of(&mut *session.store).await?.is_empty());
    assert_eq!(project.states(&mut *session.store).await?, [MigrationState::Pending; 3]);
    project.migrate(&mut *session.store).await?;
    assert_eq!(Snapshot::of(&mut *session.store).await?, first);
    Ok(())
}

async fn pending_migrations_are_applied_once_and_in_order(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    let report = project.first(2).migrate(&mut *session.store).await?;
    let versions = |report: &fastman_core::migrate::MigrateReport| -> Vec<_> {
        report.migrations.iter().map(|migration| migration.version).collect()
    };
    assert_eq!(versions(&report), [version(0), version(1)]);
    use MigrationState::{Applied, Pending};
    assert_eq!(project.states(&mut *session.store).await?, [Applied, Applied, Pending]);
    let report = project.migrate(&mut *session.store).await?;
    assert_eq!(versions(&report), [version(2)]);
    let report = project.migrate(&mut *session.store).await?;
    assert!(report.migrations.is_empty());
    assert_eq!(session.number("SELECT COUNT(*) FROM fastman_migrations").await?, 3);
    // Another session sees the same.
    let mut session = session.reconnected().await?;
    assert_eq!(project.states(&mut *session.store).await?, [Applied; 3]);
    Ok(())
}

async fn a_run_can_stop_at_a_version(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    let options = MigrateOptions { to: Some(version(1)), ..MigrateOptions::default() };
    let report = project.migrate_with(&mut *session.store, &options).await?;
    assert_eq!((report.migrations.len(), report.pending), (2, 1));
    assert_eq!(project.applied(&mut *session.store).await?, 2);
    Ok(())
}

async fn rolling_back_goes_in_reverse_order_of_applying(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    let mut after = vec![Snapshot::of(&mut *session.store).await?];
    for count in 1..=3 {
        project.first(count).migrate(&mut *session.store).await?;
        after.push(Snapshot::of(&mut *session.store).await?);
    }
    let report = project.rollback(&mut *session.store, 2).await?;
    assert_eq!(
        report.migrations.iter().map(|migration| migration.version).collect::<Vec<_>>(),
        [version(2), version(1)]
    );
    assert_eq!(project.applied(&mut *session.store).await?, 1);
    let report = project.rollback(&mut *session.store, 5).await?;
    assert_eq!(report.migrations.len(), 1);
    assert_eq!(Snapshot::of(&mut *session.store).await?, after[0]);
    assert!(project.rollback(&mut *session.store, 1).await?.migrations.is_empty());
    Ok(())
}

async fn pretending_changes_nothing_and_shows_every_statement(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    let options = MigrateOptions { pretend: true, ..MigrateOptions::default() };
    let report = project.migrate_with(&mut *session.store, &options).await?;
    assert!(report.pretended);
    assert_eq!(report.migrations.len(), 3);
    for migration in &report.migrations {
        let statements = migration.statements.join(";\n");
        assert!(statements.contains("fastman_migrations") || statements.contains("FASTMAN_MIGRATIONS"), "{statements}");
    }
    assert!(session.store.relations().await?.is_empty(), "not even a history is made");
    Ok(())
}

async fn a_failing_migration_stops_the_run_and_those_before_it_stay(context: Context) -> Result<()> {
    let project = Project::new(
        &context,
        &[
            ("good", "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\nINSERT INTO a (id) VALUES (1);"),
            ("bad", "-- migrate:up\nINSERT INTO a (id) VALUES (2);\nINSERT INTO a (id) VALUES (1);"),
            ("never", "-- migrate:up\nCREATE TABLE b (id INTEGER PRIMARY KEY);"),
        ],
    );
    let mut session = context.session().await?;
    let error = project.migrate(&mut *session.store).await.expect_err("there is a row 1");
    assert_eq!(error.code(), "db.unique-violation");
    let location = error.location().unwrap_or_else(|| panic!("{}", crate::run::describe(&error)));
    assert!(location.to_string().contains("_bad.sql:3"), "{location}");
    let states = project.states(&mut *session.store).await?;
    assert_eq!((states[0], states[2]), (MigrationState::Applied, MigrationState::Pending));
    let expected = match context.facts().ddl {
        DdlTransactions::Transactional => MigrationState::Pending,
        DdlTransactions::Committing => MigrationState::Failed,
    };
    assert_eq!(states[1], expected);
    assert!(!format!("{:?}", Snapshot::of(&mut *session.store).await?).to_lowercase().contains("\nb: "));
    Ok(())
}

async fn one_transaction_for_the_whole_run_is_all_or_nothing(context: Context) -> Result<()> {
    if context.facts().ddl == DdlTransactions::Committing {
        return Ok(());
    }
    let project = Project::new(
        &context,
        &[
            ("good", "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\nINSERT INTO a (id) VALUES (1);"),
            ("bad", "-- migrate:up\nINSERT INTO a (id) VALUES (1);"),
        ],
    );
    let mut session = context.session().await?;
    let options = MigrateOptions { single_transaction: true, ..MigrateOptions::default() };
    assert!(project.migrate_with(&mut *session.store, &options).await.is_err());
    assert!(Snapshot::of(&mut *session.store).await?.is_empty());
    assert_eq!(project.applied(&mut *session.store).await?, 0);
    let fixed = project.edited("bad", |text| text.replace("(1)", "(2)"));
    fixed.migrate_with(&mut *session.store, &options).await?;
    assert_eq!(fixed.applied(&mut *session.store).await?, 2);
    assert_eq!(session.number("SELECT COUNT(*) FROM a").await?, 2);
    Ok(())
}

async fn a_section_for_this_engine_runs_in_place_of_the_portable_one(context: Context) -> Result<()> {
    let text = format!(
        "-- migrate:up
         CREATE TABLE a (id INTEGER PRIMARY KEY);
         -- migrate:up {}
         CREATE TABLE a (id INTEGER PRIMARY KEY);
         INSERT INTO a (id) VALUES (7);
         -- migrate:down
         DROP TABLE a;",
        context.flavour().name
    );
    let project =
        Project::new(&context, &[("own", &text), ("more", "-- migrate:up\nALTER TABLE a ADD COLUMN b INTEGER;")]);
    let mut session = context.session().await?;
    project.migrate(&mut *session.store).await?;
    assert_eq!(session.number("SELECT id FROM a WHERE b IS NULL").await?, 7);
    project.reset(&mut *session.store).await?;
    assert!(Snapshot::of(&mut *session.store).await?.is_empty());
    Ok(())
}

async fn a_migration_may_be_none_for_this_engine(context: Context) -> Result<()> {
    let name = context.flavour().name;
    let other = context
        .flavours()
        .iter()
        .find(|flavour| context.flavours().section_names(context.flavour()).iter().all(|name| *name != flavour.name));
    let other = other.unwrap().name;
    let nothing = format!("-- migrate:up none {name}\n-- migrate:up {other}\nCREATE TABLE only_there (id INTEGER);");
    let neither = format!("-- migrate:up {other}\nCREATE TABLE only_there (id INTEGER);");
    let mut session = context.session().await?;
    let project = Project::new(&context, &[("nothing", &nothing)]);
    project.migrate(&mut *session.store).await?;
    assert_eq!(project.applied(&mut *session.store).await?, 1);
    assert!(Snapshot::of(&mut *session.store).await?.is_empty());
    let project = Project::new(&context, &[("nothing", &nothing), ("neither", &neither)]);
    let error = project.migrate(&mut *session.store).await.expect_err("there is nothing for this engine");
    assert!(error.help().is_some_and(|help| help.contains("none")), "{}", crate::run::describe(&error));
    Ok(())
}

async fn what_may_not_run_inside_a_transaction_runs_outside_of_one(context: Context) -> Result<()> {
    let text = format!(
        "-- migrate:up {flavour} transaction:false
         CREATE TABLE a (id INTEGER PRIMARY KEY);
         INSERT INTO a (id) VALUES (1);
         -- migrate:down {flavour}
         DROP TABLE a;",
        flavour = context.flavour().name
    );
    let project = Project::new(
        &context,
        &[("outside", &text), ("after", "-- migrate:up\nCREATE TABLE b (id INTEGER PRIMARY KEY);")],
    );
    let mut session = context.session().await?;
    project.migrate(&mut *session.store).await?;
    assert_eq!(project.states(&mut *session.store).await?, [MigrationState::Applied; 2]);
    assert_eq!(session.number("SELECT COUNT(*) FROM a").await?, 1);
    project.reset(&mut *session.store).await?;
    assert!(Snapshot::of(&mut *session.store).await?.is_empty());
    Ok(())
}

async fn a_derived_down_takes_back_exactly_what_up_did(context: Context) -> Result<()> {
    let project = Project::new(
        &context,
        &[
            (
                "base",
                "-- migrate:up
                 CREATE TABLE users (
                     id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
                     name VARCHAR(50) DEFAULT 'nobody',
                     age INTEGER,
                     CONSTRAINT ck_users_age CHECK (age > 0)
                 );
                 CREATE INDEX ix_users_name ON users (name DESC);
                 INSERT INTO users (id, name, age) VALUES (1, 'a', 1), (2, NULL, NULL);",
            ),
            (
                "changes",
                "-- migrate:up
                 ALTER TABLE users ADD COLUMN email VARCHAR(100) UNIQUE;
                 ALTER TABLE users RENAME COLUMN name TO nick;
                 ALTER TABLE users ALTER COLUMN nick SET DATA TYPE VARCHAR(80);
                 ALTER TABLE users ALTER COLUMN nick DROP DEFAULT;
                 ALTER TABLE users DROP CONSTRAINT ck_users_age;
                 DROP INDEX ix_users_name;
                 ALTER TABLE users RENAME TO people;
                 CREATE TABLE pets (id INTEGER PRIMARY KEY, owner_id BIGINT REFERENCES people (id));
                 INSERT INTO pets (id, owner_id) SELECT age, id FROM people WHERE age IS NOT NULL;
                 CREATE VIEW owners AS SELECT p.nick FROM people p JOIN pets o ON o.owner_id = p.id;",
            ),
        ],
    );
    let mut session = context.session().await?;
    project.first(1).migrate(&mut *session.store).await?;
    let tables = session.store.introspect(None).await?;
    let rows = session.query("SELECT id, name, age FROM users ORDER BY id").await?;
    for _ in 0..2 {
        project.migrate(&mut *session.store).await?;
        assert_eq!(session.number("SELECT COUNT(*) FROM owners").await?, 1);
        project.rollback(&mut *session.store, 1).await?;
        for table in tables.tables().filter(|table| table.name.as_str() != "fastman_migrations") {
            let now = session.store.introspect(None).await?;
            let now = now.table(&table.name).unwrap_or_else(|| panic!("{} is gone", table.name));
            let differences = differences(table, now);
            assert!(differences.is_empty(), "{}", differences.join("; "));
        }
        assert_eq!(session.query("SELECT id, name, age FROM users ORDER BY id").await?, rows);
    }
    Ok(())
}

async fn rolling_back_works_after_the_file_is_gone(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.migrate(&mut *session.store).await?;
    project.without("lengthen_email").without("create_posts").rollback(&mut *session.store, 2).await?;
    assert_eq!(project.applied(&mut *session.store).await?, 1);
    let mut clean = context.session().await?;
    project.first(1).migrate(&mut *clean.store).await?;
    let (left, fresh) = (session.store.introspect(None).await?, clean.store.introspect(None).await?);
    let names = |schema: &fastman_core::schema::Schema| -> Vec<String> {
        schema.tables().map(|table| table.name.to_string()).collect()
    };
    assert_eq!(names(&left), names(&fresh));
    Ok(())
}
