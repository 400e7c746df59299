//! What is refused, before anything runs and with the way out: edited, missing and late files, foreign databases, bad input.

use fastman_core::Result;
use fastman_core::error::Category;
use fastman_core::migrate::{MigrateOptions, MigrationState};

use super::tests;
use crate::project::{Project, three, version};
use crate::snapshot::Snapshot;
use crate::{Context, Session};

tests!("refusing":
    what_cannot_be_taken_back_is_refused_before_anything_runs,
    an_edited_applied_file_stops_migrating,
    comments_and_blank_lines_may_be_edited,
    a_missing_applied_file_stops_migrating,
    an_older_version_that_comes_late_is_refused_unless_allowed,
    a_database_with_tables_and_no_history_is_refused,
    a_table_that_exists_already_is_an_error_that_says_so,
    bad_input_is_refused_with_its_place_before_anything_runs,
    updates_of_a_referenced_table_do_not_share_a_transaction_with_a_rebuild,
);

async fn what_cannot_be_taken_back_is_refused_before_anything_runs(context: Context) -> Result<()> {
    let name = context.flavour().name;
    let raw = format!("-- migrate:up {name}\nCREATE TABLE b (id INTEGER);");
    let cases = [
        ("data", "-- migrate:up\nCREATE TABLE b (id INTEGER PRIMARY KEY);\nINSERT INTO a (id) VALUES (5);"),
        ("declared", "-- migrate:up\nCREATE TABLE b (id INTEGER PRIMARY KEY);\n-- migrate:down none"),
        ("raw", raw.as_str()),
    ];
    for case in cases {
        let project =
            Project::new(&context, &[("base", "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);"), case]);
        let mut session = context.session().await?;
        project.migrate(&mut *session.store).await?;
        let before = Snapshot::of(&mut *session.store).await?;
        for steps in [1, 2] {
            let error = project.rollback(&mut *session.store, steps).await.expect_err(case.0);
            assert_eq!(error.category(), Category::Refused, "{}: {}", case.0, crate::run::describe(&error));
            assert!(
                error.message().contains(case.0) || error.details().iter().any(|line| line.contains(case.0)),
                "{error}"
            );
        }
        assert_eq!(Snapshot::of(&mut *session.store).await?, before, "{}", case.0);
        assert_eq!(project.applied(&mut *session.store).await?, 2);
    }
    Ok(())
}

async fn an_edited_applied_file_stops_migrating(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.first(2).migrate(&mut *session.store).await?;
    let edited = project.edited("create_users", |text| text.replace("VARCHAR(100)", "VARCHAR(120)"));
    assert_eq!(edited.states(&mut *session.store).await?[0], MigrationState::Modified);
    let error = edited.migrate(&mut *session.store).await.expect_err("an applied file was edited");
    assert_eq!(error.category(), Category::Drift, "{}", crate::run::describe(&error));
    assert_eq!(project.applied(&mut *session.store).await?, 2);
    project.migrate(&mut *session.store).await?;
    Ok(())
}

async fn comments_and_blank_lines_may_be_edited(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.migrate(&mut *session.store).await?;
    let edited = project
        .edited("create_users", |text| {
            text.replace('\n', "\r\n\r\n").replace("CREATE TABLE", "/* a */ CREATE  TABLE -- b\n")
        })
        .edited("create_posts", |text| format!("\u{feff}-- a title\n{text}\n\n-- the end"));
    assert_eq!(edited.states(&mut *session.store).await?, [MigrationState::Applied; 3]);
    assert!(edited.migrate(&mut *session.store).await?.migrations.is_empty());
    Ok(())
}

async fn a_missing_applied_file_stops_migrating(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.first(2).migrate(&mut *session.store).await?;
    let missing = project.without("create_posts");
    let states = missing.states(&mut *session.store).await?;
    assert!(states.contains(&MigrationState::Missing), "{states:?}");
    let error = missing.migrate(&mut *session.store).await.expect_err("an applied file is missing");
    assert_eq!(error.category(), Category::Drift, "{}", crate::run::describe(&error));
    Ok(())
}

async fn an_older_version_that_comes_late_is_refused_unless_allowed(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    let late = Project::new(
        &context,
        &[
            ("create_users", "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY);"),
            ("late", "-- migrate:up\nCREATE TABLE late (id INTEGER PRIMARY KEY);"),
            ("create_tags", "-- migrate:up\nCREATE TABLE tags (id INTEGER PRIMARY KEY);"),
        ],
    );
    late.without("late").migrate(&mut *session.store).await?;
    let error = late.migrate(&mut *session.store).await.expect_err("an older version came late");
    assert_eq!(error.category(), Category::Refused, "{}", crate::run::describe(&error));
    assert_eq!(late.applied(&mut *session.store).await?, 2);
    let options = MigrateOptions { allow_out_of_order: true, ..MigrateOptions::default() };
    late.migrate_with(&mut *session.store, &options).await?;
    assert_eq!(late.states(&mut *session.store).await?, [MigrationState::Applied; 3]);
    // It was applied last, so it is undone first.
    let report = late.rollback(&mut *session.store, 1).await?;
    assert_eq!(report.migrations[0].version, version(1));
    drop(project);
    Ok(())
}

async fn a_database_with_tables_and_no_history_is_refused(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    session.apply("CREATE TABLE somebody_elses (id INTEGER PRIMARY KEY);").await?;
    let before = Snapshot::of(&mut *session.store).await?;
    let error = project.migrate(&mut *session.store).await.expect_err("somebody else's table is there");
    assert_eq!(error.category(), Category::Refused, "{}", crate::run::describe(&error));
    let text = crate::run::describe(&error).to_lowercase();
    assert!(text.contains("somebody_elses") && text.contains("baseline"), "{text}");
    assert_eq!(Snapshot::of(&mut *session.store).await?, before);
    let relations = session.store.relations().await?;
    assert!(!relations.iter().any(|object| object.name.eq_ignore_ascii_case("fastman_migrations")));
    Ok(())
}

async fn a_table_that_exists_already_is_an_error_that_says_so(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.first(1).migrate(&mut *session.store).await?;
    session.apply("CREATE TABLE posts (id INTEGER PRIMARY KEY);").await?;
    let error = project.migrate(&mut *session.store).await.expect_err("posts is there");
    assert_eq!(error.code(), "db.already-exists", "{}", crate::run::describe(&error));
    assert!(error.location().is_some_and(|location| location.to_string().contains("create_posts.sql")));
    Ok(())
}

async fn bad_input_is_refused_with_its_place_before_anything_runs(context: Context) -> Result<()> {
    let cases = [
        ("an unknown type", "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY,\n  x MONEY);", 3),
        ("a syntax error", "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABEL b (id INTEGER);", 3),
        (
            "an unknown table",
            "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\n\nALTER TABLE b ADD COLUMN c INTEGER;",
            4,
        ),
        ("an unknown column", "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE INDEX i ON a (c);", 3),
        (
            "a table made twice",
            "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABLE A (id INTEGER PRIMARY KEY);",
            3,
        ),
        (
            "an unknown section",
            "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\n-- migrate:up postgers\nSELECT 1;",
            3,
        ),
        (
            "a text without its end",
            "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY, x VARCHAR(5) DEFAULT 'abc);",
            2,
        ),
        (
            "a key of another type",
            "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\nCREATE TABLE b (a_id BIGINT REFERENCES a (id));",
            3,
        ),
        (
            "an optimizer hint",
            "-- migrate:up\nCREATE TABLE a (id INTEGER PRIMARY KEY);\nDELETE /*+ FULL(a) */ FROM a;",
            3,
        ),
    ];
    for (what, text, line) in cases {
        let project = Project::new(
            &context,
            &[("good", "-- migrate:up\nCREATE TABLE good (id INTEGER PRIMARY KEY);"), ("bad", text)],
        );
        let mut session = context.session().await?;
        let error = project.migrate(&mut *session.store).await.expect_err(what);
        let shown = crate::run::describe(&error);
        let location = error.location().unwrap_or_else(|| panic!("{what}: no place: {shown}")).to_string();
        assert!(location.contains(&format!("_bad.sql:{line}:")), "{what}: {shown}");
        assert!(session.store.relations().await?.is_empty(), "{what}: something ran before the error: {shown}");
    }
    Ok(())
}

async fn updates_of_a_referenced_table_do_not_share_a_transaction_with_a_rebuild(context: Context) -> Result<()> {
    let project = Project::new(
        &context,
        &[
            (
                "base",
                "-- migrate:up
                 CREATE TABLE parents (id INTEGER PRIMARY KEY, name VARCHAR(10));
                 CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parents (id) ON DELETE CASCADE);
                 INSERT INTO parents (id, name) VALUES (1, 'a'), (2, 'b');
                 INSERT INTO children (id, parent_id) VALUES (1, 1), (2, 2);",
            ),
            (
                "mixed",
                "-- migrate:up
                 DELETE FROM parents WHERE id = 1;
                 ALTER TABLE parents ALTER COLUMN name SET DATA TYPE VARCHAR(20);",
            ),
        ],
    );
    let mut session: Session = context.session().await?;
    project.first(1).migrate(&mut *session.store).await?;
    match project.migrate(&mut *session.store).await {
        Err(error) => {
            assert_eq!(
                context.facts().alter,
                fastman_core::dialect::AlterStyle::Rebuild,
                "{}",
                crate::run::describe(&error)
            );
            assert!(crate::run::describe(&error).contains("split"), "{}", crate::run::describe(&error));
            assert_eq!(session.number("SELECT COUNT(*) FROM children").await?, 2);
        }
        Ok(_) => assert_eq!(session.number("SELECT COUNT(*) FROM children").await?, 1, "the cascade ran"),
    }
    Ok(())
}
