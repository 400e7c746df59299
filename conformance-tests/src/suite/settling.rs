//! What a person settles: a changed down, a redo, a database adopted or begun anew, files that changed on purpose, a script.

use fastman_core::Result;
use fastman_core::error::Category;
use fastman_core::migrate::{DownSource, MigrateOptions, MigrationState, Repair, RollbackOptions, Settings};
use fastman_core::schema::Name;
use fastman_core::sql::script::split;

use super::tests;
use crate::Context;
use crate::project::{Project, three, version};
use crate::run::describe;
use crate::snapshot::Snapshot;

tests!("settling":
    a_down_that_changed_is_run_only_when_it_is_said_which,
    a_redo_takes_back_and_applies_the_file_as_it_is,
    a_migration_of_which_nothing_is_done_is_in_nobodys_way,
    a_baseline_adopts_what_is_there,
    what_an_adopted_database_calls_otherwise_is_dropped_by_its_own_name,
    an_accepted_checksum_lets_migrating_go_on,
    a_pruned_record_lets_migrating_go_on,
    the_history_of_another_project_is_refused,
    beginning_anew_drops_what_the_migrations_made_and_nothing_else,
    a_script_run_by_hand_leaves_what_migrating_leaves,
);

async fn a_down_that_changed_is_run_only_when_it_is_said_which(context: Context) -> Result<()> {
    let project = Project::new(
        &context,
        &[(
            "create_words",
            "-- migrate:up
             CREATE TABLE words (id INTEGER PRIMARY KEY);
             CREATE TABLE kept (id INTEGER PRIMARY KEY);
             -- migrate:down
             DROP TABLE words;
             DROP TABLE kept;",
        )],
    );
    let changed = project.edited("create_words", |text| text.replace("DROP TABLE kept;", ""));
    for (down, left) in [(DownSource::Stored, 0), (DownSource::File, 1)] {
        let mut session = context.session().await?;
        project.migrate(&mut *session.store).await?;
        let options = RollbackOptions::default();
        let error = changed
            .migrator()
            .rollback(&mut *session.store, &options, &mut ())
            .await
            .expect_err("the down was changed");
        assert!(describe(&error).contains("--down"), "{}", describe(&error));
        assert_eq!(changed.applied(&mut *session.store).await?, 1, "nothing ran");
        let options = RollbackOptions { down: Some(down), ..RollbackOptions::default() };
        changed.migrator().rollback(&mut *session.store, &options, &mut ()).await?;
        assert_eq!(session.store.introspect(None).await?.tables().count(), left + 1, "{down:?}, the history included");
    }
    Ok(())
}

async fn a_redo_takes_back_and_applies_the_file_as_it_is(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.migrate(&mut *session.store).await?;
    let before = Snapshot::of(&mut *session.store).await?;
    let report = project.migrator().redo(&mut *session.store, &RollbackOptions::default(), &mut ()).await?;
    assert_eq!((report.rolled_back.len(), report.applied.len()), (1, 1));
    assert_eq!(Snapshot::of(&mut *session.store).await?, before);
    let longer = project.edited("lengthen_email", |text| text.replace("VARCHAR(255)", "VARCHAR(300)"));
    longer.migrator().redo(&mut *session.store, &RollbackOptions::default(), &mut ()).await?;
    assert_eq!(longer.states(&mut *session.store).await?, [MigrationState::Applied; 3]);
    let mut clean = context.session().await?;
    longer.migrate(&mut *clean.store).await?;
    assert_eq!(Snapshot::of(&mut *session.store).await?, Snapshot::of(&mut *clean.store).await?);
    Ok(())
}

async fn what_an_adopted_database_calls_otherwise_is_dropped_by_its_own_name(context: Context) -> Result<()> {
    let project = Project::new(
        &context,
        &[
            (
                "create_posts",
                "-- migrate:up
                 CREATE TABLE authors (id BIGINT PRIMARY KEY);
                 CREATE TABLE posts (id BIGINT PRIMARY KEY, author_id BIGINT NOT NULL REFERENCES authors (id), slug VARCHAR(50) NOT NULL UNIQUE, title VARCHAR(50));
                 CREATE INDEX ix_posts_title ON posts (title);",
            ),
            (
                "loosen_posts",
                "-- migrate:up
                 DROP INDEX ix_posts_title;
                 ALTER TABLE posts DROP CONSTRAINT fk_posts_author_id;
                 ALTER TABLE posts DROP CONSTRAINT uq_posts_slug;",
            ),
        ],
    );
    let others = "CREATE TABLE authors (id BIGINT PRIMARY KEY);
        CREATE TABLE posts (id BIGINT PRIMARY KEY, author_id BIGINT NOT NULL, slug VARCHAR(50) NOT NULL, title VARCHAR(50),
            CONSTRAINT posts_by FOREIGN KEY (author_id) REFERENCES authors (id), CONSTRAINT posts_slug_key UNIQUE (slug));
        CREATE INDEX by_title ON posts (title);";
    let posts = [Name::from("posts")];
    let mut session = context.session().await?;
    session.apply(others).await?;
    project.migrator().baseline(&mut *session.store, version(0), &mut ()).await?;
    project.migrate(&mut *session.store).await?;
    let live = session.store.introspect(Some(&posts)).await?;
    let live = live.table(&posts[0]).expect("it is there");
    assert_eq!((live.constraints.len(), live.indexes.len()), (1, 0), "{live:?}");
    // Where two might be meant, both are named and nothing is dropped.
    let mut session = context.session().await?;
    session.apply(&format!("{others} CREATE INDEX by_title_too ON posts (title);")).await?;
    project.migrator().baseline(&mut *session.store, version(0), &mut ()).await?;
    let error = project.migrate(&mut *session.store).await.expect_err("either may be meant");
    assert_eq!(error.code(), "migrate.not-in-database");
    assert!(describe(&error).contains("by_title (title), by_title_too (title)"), "{}", describe(&error));
    let live = session.store.introspect(Some(&posts)).await?;
    let live = live.table(&posts[0]).expect("it is there");
    assert_eq!((live.constraints.len(), live.indexes.len()), (3, 2), "{live:?}");
    Ok(())
}

async fn a_migration_of_which_nothing_is_done_is_in_nobodys_way(context: Context) -> Result<()> {
    for statement in ["INSERT INTO a (id, n) VALUES (1, 5);", "CREATE UNIQUE INDEX ux_a_n ON a (n);"] {
        let good = "-- migrate:up
             CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER);
             INSERT INTO a (id, n) VALUES (1, 7), (2, 7);";
        let bad = format!("-- migrate:up\n{statement}\nCREATE TABLE b (id INTEGER PRIMARY KEY);");
        let project = Project::new(&context, &[("good", good), ("bad", &bad)]);
        let mut session = context.session().await?;
        project.migrate(&mut *session.store).await.expect_err("two rows are the same");
        // Its file is gone.
        let left = project.first(1);
        assert!(left.migrate(&mut *session.store).await?.migrations.is_empty(), "{statement}");
        assert_eq!(left.states(&mut *session.store).await?, [MigrationState::Applied], "{statement}");
        // Its file is there.
        project.migrate(&mut *session.store).await.expect_err("two rows are the same");
        let options = RollbackOptions::default();
        let report = project.migrator().rollback(&mut *session.store, &options, &mut ()).await?;
        assert_eq!(report.migrations.len(), 1, "{statement}");
        assert_eq!(project.states(&mut *session.store).await?, [MigrationState::Pending; 2], "{statement}");
        assert!(Snapshot::of(&mut *session.store).await?.is_empty(), "{statement}");
    }
    Ok(())
}

async fn a_baseline_adopts_what_is_there(context: Context) -> Result<()> {
    let project = three(&context);
    let mut made = context.session().await?;
    project.migrate(&mut *made.store).await?;
    let mut session = context.session().await?;
    session
        .apply(
            "CREATE TABLE users (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, email VARCHAR(100) NOT NULL UNIQUE);
             INSERT INTO users (email) VALUES ('a@example.com');",
        )
        .await?;
    let report = project.migrator().baseline(&mut *session.store, version(0), &mut ()).await?;
    assert_eq!(report.migrations.len(), 1);
    use MigrationState::{Applied, Baseline, Pending};
    assert_eq!(project.states(&mut *session.store).await?, [Baseline, Pending, Pending]);
    project.migrate(&mut *session.store).await?;
    assert_eq!(project.states(&mut *session.store).await?, [Baseline, Applied, Applied]);
    assert_eq!(
        Snapshot::of(&mut *session.store).await?.without_rows(),
        Snapshot::of(&mut *made.store).await?.without_rows()
    );
    assert_eq!(session.number("SELECT COUNT(*) FROM users").await?, 1);
    Ok(())
}

async fn an_accepted_checksum_lets_migrating_go_on(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.first(2).migrate(&mut *session.store).await?;
    let edited = project.edited("create_posts", |text| text.replace("id > 0", "id > 1"));
    assert_eq!(edited.migrate(&mut *session.store).await.map_err(|error| error.category()), Err(Category::Drift));
    let repair = Repair::AcceptChecksum(Some(version(1)));
    let report = edited.migrator().repair(&mut *session.store, repair, &mut ()).await?;
    assert_eq!(report.migrations.len(), 1);
    edited.migrate(&mut *session.store).await?;
    assert_eq!(edited.states(&mut *session.store).await?, [MigrationState::Applied; 3]);
    Ok(())
}

async fn a_pruned_record_lets_migrating_go_on(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.first(2).migrate(&mut *session.store).await?;
    let missing = Project::new(&context, &[]);
    assert_eq!(missing.states(&mut *session.store).await?, [MigrationState::Missing; 2]);
    let report = missing.migrator().repair(&mut *session.store, Repair::Prune(None), &mut ()).await?;
    assert_eq!(report.migrations.len(), 2);
    assert!(missing.states(&mut *session.store).await?.is_empty());
    assert!(!Snapshot::of(&mut *session.store).await?.is_empty(), "what was applied stays");
    Ok(())
}

async fn the_history_of_another_project_is_refused(context: Context) -> Result<()> {
    let project = three(&context);
    let of = |id: &str| project.migrator_of(Settings { project: Some(id.to_owned()), ..Settings::default() });
    let mut session = context.session().await?;
    of("one")
        .migrate(&mut *session.store, &MigrateOptions { to: Some(version(1)), ..Default::default() }, &mut ())
        .await?;
    let before = Snapshot::of(&mut *session.store).await?;
    let outcome = of("another").migrate(&mut *session.store, &MigrateOptions::default(), &mut ()).await;
    assert_eq!(outcome.map_err(|error| error.category()), Err(Category::Refused));
    let outcome = of("another").rollback(&mut *session.store, &RollbackOptions::default(), &mut ()).await;
    assert_eq!(outcome.map_err(|error| error.category()), Err(Category::Refused));
    assert_eq!(Snapshot::of(&mut *session.store).await?, before);
    of("one").migrate(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    Ok(())
}

async fn beginning_anew_drops_what_the_migrations_made_and_nothing_else(context: Context) -> Result<()> {
    let project = three(&context);
    let mut session = context.session().await?;
    project.migrate(&mut *session.store).await?;
    let fresh = Snapshot::of(&mut *session.store).await?;
    session.execute("INSERT INTO users (email) VALUES ('a@example.com')").await?;
    session.execute("INSERT INTO posts (author_id, title) SELECT id, 'a' FROM users").await?;
    let report = project.migrator().fresh(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    assert_eq!(report.migrated.migrations.len(), 3);
    assert_eq!(Snapshot::of(&mut *session.store).await?, fresh);
    session.execute("CREATE TABLE somebody_elses (id INTEGER)").await?;
    session.execute("INSERT INTO somebody_elses (id) VALUES (1)").await?;
    project.migrator().fresh(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    assert_eq!(session.number("SELECT COUNT(*) FROM somebody_elses").await?, 1);
    assert_eq!(project.states(&mut *session.store).await?, [MigrationState::Applied; 3]);
    Ok(())
}

async fn a_script_run_by_hand_leaves_what_migrating_leaves(context: Context) -> Result<()> {
    let project = three(&context);
    let mut made = context.session().await?;
    project.migrate(&mut *made.store).await?;
    let mut session = context.session().await?;
    let script = project.migrator().script(session.dialect(), None, None)?;
    // What begins with a point or a backslash is said to the engine's shell.
    let script: String =
        script.lines().filter(|line| !line.starts_with(['.', '\\'])).map(|line| format!("{line}\n")).collect();
    for (_, statement) in split(&script, &context.flavour().lexical) {
        session.execute(statement).await?;
    }
    assert_eq!(project.states(&mut *session.store).await?, [MigrationState::Applied; 3]);
    assert_eq!(Snapshot::of(&mut *session.store).await?, Snapshot::of(&mut *made.store).await?);
    assert!(project.migrate(&mut *session.store).await?.migrations.is_empty());
    project.reset(&mut *session.store).await?;
    assert!(Snapshot::of(&mut *session.store).await?.is_empty());
    Ok(())
}
