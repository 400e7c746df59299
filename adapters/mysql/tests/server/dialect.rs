//! What MySQL and MariaDB have of their own: indexes that foreign keys need, values that they would change in silence, attributes
//! that the model does not know.

use fastman_core::Result;
use fastman_core::error::ErrorClass;
use fastman_core::migrate::{Extent, MigrateOptions, MigrationFile, Migrator, RollbackOptions, Settings, Source};
use fastman_core::schema::Name;

use crate::support::Server;
use crate::tests;

tests!("dialect":
    an_index_that_a_foreign_key_needs_can_be_dropped,
    rows_that_would_be_changed_in_silence_refuse_the_change,
    an_attribute_outside_the_model_is_not_lost,
    what_a_column_was_made_by_hand_is_not_lost,
    what_a_section_made_of_a_column_in_the_same_run_is_not_lost,
    a_stored_way_back_does_not_lose_what_a_column_was_made_by_hand_since,
    a_default_is_set_and_dropped_by_itself,
    nulls_refuse_not_null_readably,
    characters_of_four_bytes_are_kept_or_refused,
    assignments_see_the_row_as_it_was,
    a_table_is_innodb_and_compares_exactly_whatever_the_server_s_defaults,
);

async fn an_index_that_a_foreign_key_needs_can_be_dropped(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session
        .apply(
            "CREATE TABLE p (id INTEGER PRIMARY KEY);
             CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES p (id), b INTEGER REFERENCES p (id));",
        )
        .await?;
    let statements = [
        "CREATE INDEX ix_c_a ON c (a, id);",
        "CREATE UNIQUE INDEX uq_c ON c (b, a);",
        "DROP INDEX ix_c_a;",
        "DROP INDEX uq_c;",
        "ALTER TABLE c ADD CONSTRAINT uq_c_a UNIQUE (a);",
        "ALTER TABLE c DROP CONSTRAINT fk_c_b;",
        "ALTER TABLE c DROP CONSTRAINT uq_c_a;",
        "ALTER TABLE c DROP CONSTRAINT fk_c_a, DROP COLUMN a;",
    ];
    for statement in statements {
        let applied = session.apply(statement).await?;
        session.expect_stored().await?;
        session.undo(applied).await?;
        session.expect_stored().await?;
        session.apply(statement).await?;
        session.expect_stored().await?;
    }
    assert_eq!(session.number("SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'c'").await?, 1);
    Ok(())
}

async fn rows_that_would_be_changed_in_silence_refuse_the_change(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session
        .apply(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, price DECIMAL(10, 4), word VARCHAR(20));
             INSERT INTO t (id, price, word) VALUES (1, 1.2345, 'abc  ');",
        )
        .await?;
    for (statement, class) in [
        ("ALTER TABLE t ALTER COLUMN price SET DATA TYPE DECIMAL(10, 2);", ErrorClass::BadValue),
        ("ALTER TABLE t ALTER COLUMN price SET DATA TYPE INTEGER;", ErrorClass::BadValue),
        ("ALTER TABLE t ALTER COLUMN word SET DATA TYPE VARCHAR(3);", ErrorClass::BadValue),
    ] {
        let error = session.apply(statement).await.err().unwrap();
        assert_eq!(error.class(), Some(class), "{statement}: {error:?}");
    }
    session.execute("UPDATE t SET price = 1, word = 'abc'").await?;
    session.apply("ALTER TABLE t ALTER COLUMN price SET DATA TYPE DECIMAL(10, 2), ALTER COLUMN word SET DATA TYPE VARCHAR(3);").await?;
    session.expect_stored().await
}

async fn an_attribute_outside_the_model_is_not_lost(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session.apply("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, word VARCHAR(20));").await?;
    session.execute("ALTER TABLE t MODIFY n INT UNSIGNED, MODIFY word VARCHAR(20) CHARACTER SET latin1").await?;
    for (statement, attribute) in [
        ("ALTER TABLE t ALTER COLUMN n SET NOT NULL;", "unsigned"),
        ("COMMENT ON COLUMN t.word IS 'a word';", "latin1"),
    ] {
        let error = session.apply(statement).await.err().unwrap();
        assert_eq!(error.code(), "dialect.unsupported");
        assert!(error.message().contains(attribute), "{}", error.message());
    }
    let objects = session.store.catalog_objects(&[Name::from("t")]).await?;
    assert_eq!(objects.attributes.len(), 2, "{:?}", objects.attributes);
    Ok(())
}

async fn what_a_column_was_made_by_hand_is_not_lost(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session.apply("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP, n INTEGER, price DECIMAL(10, 2));").await?;
    for (by_hand, statement, lost) in [
        ("at DATETIME(6) NOT NULL", "COMMENT ON COLUMN t.at IS 'when';", "NOT NULL"),
        ("at DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6)", "COMMENT ON COLUMN t.at IS 'when';", "a DEFAULT"),
        ("at DATETIME(6) ON UPDATE CURRENT_TIMESTAMP(6)", "ALTER TABLE t ALTER COLUMN at SET NOT NULL;", "ON UPDATE"),
        ("n INT COMMENT 'by hand'", "ALTER TABLE t ALTER COLUMN n SET DATA TYPE BIGINT;", "by hand"),
        ("n BIGINT", "ALTER TABLE t ALTER COLUMN n SET NOT NULL;", "BIGINT"),
    ] {
        session.execute(&format!("ALTER TABLE t MODIFY {by_hand}")).await?;
        let error = session.apply(statement).await.err().unwrap();
        assert_eq!(error.code(), "dialect.unsupported");
        let column = by_hand.split(' ').next().unwrap();
        assert!(error.message().contains(lost) && error.message().contains(&format!("t.{column}")), "{error:?}");
        assert!(error.help().is_some_and(|help| help.contains("section")), "{error:?}");
        session.execute("ALTER TABLE t MODIFY at DATETIME(6), MODIFY n INT").await?;
    }
    // What the statement sets itself may differ; and a wider type by hand is not rounded away.
    session.execute("ALTER TABLE t MODIFY at DATETIME(6) NOT NULL, MODIFY price DECIMAL(10, 4)").await?;
    session.apply("ALTER TABLE t ALTER COLUMN at SET NOT NULL;").await?;
    session.execute("INSERT INTO t (id, at, price) VALUES (1, NOW(), 1.2345)").await?;
    let error = session.apply("ALTER TABLE t ALTER COLUMN price SET DATA TYPE DECIMAL(12, 2);").await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::BadValue), "{error:?}");
    Ok(())
}

/// Migrations as they stand when a command is run.
struct Files(Vec<&'static str>);

impl Source for Files {
    fn files(&self) -> Result<Vec<MigrationFile>> {
        let name = |at: usize| format!("database/migrations/versions/2026010100000{at}_step.sql");
        self.0.iter().enumerate().map(|(at, text)| MigrationFile::new(&name(at), *text)).collect()
    }
}

async fn what_a_section_made_of_a_column_in_the_same_run_is_not_lost(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    let migrations = [
        "-- migrate:up\nCREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, m INTEGER);\n",
        "-- migrate:up\nALTER TABLE t ALTER COLUMN n SET NOT NULL;\n\
         -- migrate:up mysql\nALTER TABLE t MODIFY n INT NOT NULL, MODIFY m INT NOT NULL;\n",
        "-- migrate:up\nCOMMENT ON COLUMN t.n IS 'kept';\n",
        "-- migrate:up\nALTER TABLE t ALTER COLUMN n SET DATA TYPE BIGINT;\nUPDATE t SET m = 1;\n\
         COMMENT ON COLUMN t.m IS 'lost';\n",
    ];
    let migrate =
        |count: usize| Migrator::new(Files(migrations[..count].to_vec()), fastman_flavours::ALL, Settings::default());
    let options = MigrateOptions::default();
    let error = migrate(4).migrate(&mut *session.store, &options, &mut ()).await.unwrap_err();
    assert!(error.message().contains("t.m") && error.message().contains("NOT NULL"), "{error:?}");
    // Those before it are applied, of it nothing is.
    let applied = migrate(3).migrate(&mut *session.store, &options, &mut ()).await?;
    assert_eq!(applied.migrations.len(), 0);
    let error = migrate(4).migrate(&mut *session.store, &options, &mut ()).await.unwrap_err();
    assert!(error.message().contains("t.m"), "{error:?}");
    let echo = session.store.echo(&[Name::from("t")]).await?.remove(0).unwrap();
    assert!(echo.contains("COMMENT 'kept'") && echo.contains("`n` int") && !echo.contains("bigint"), "{echo}");
    Ok(())
}

async fn a_stored_way_back_does_not_lose_what_a_column_was_made_by_hand_since(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    let migrations = vec![
        "-- migrate:up\nCREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, m INTEGER);\n",
        "-- migrate:up\nALTER TABLE t ALTER COLUMN n SET NOT NULL;\n",
        "-- migrate:up\nALTER TABLE t RENAME COLUMN n TO number;\nALTER TABLE t ADD COLUMN more INTEGER;\n",
    ];
    let migrator = Migrator::new(Files(migrations), fastman_flavours::ALL, Settings::default());
    migrator.migrate(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    let options = RollbackOptions { extent: Extent::Steps(2), ..RollbackOptions::default() };
    for (by_hand, lost) in [("INT NOT NULL COMMENT 'by hand'", "by hand"), ("INT UNSIGNED NOT NULL", "unsigned")] {
        session.execute(&format!("ALTER TABLE t MODIFY number {by_hand}")).await?;
        let error = migrator.rollback(&mut *session.store, &options, &mut ()).await.unwrap_err();
        assert_eq!(error.code(), "dialect.unsupported");
        assert!(error.message().contains(lost), "{error:?}");
        let echo = session.store.echo(&[Name::from("t")]).await?.remove(0).unwrap();
        assert!(echo.contains(lost) && echo.contains("`more`"), "nothing is undone: {echo}");
    }
    session.execute("ALTER TABLE t MODIFY number INT NOT NULL").await?;
    migrator.rollback(&mut *session.store, &options, &mut ()).await?;
    let echo = session.store.echo(&[Name::from("t")]).await?.remove(0).unwrap();
    assert!(!echo.contains("NOT NULL,\n  `m`") && !echo.contains("more"), "{echo}");
    Ok(())
}

async fn a_default_is_set_and_dropped_by_itself(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session
        .apply("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, word VARCHAR(9) NOT NULL, long TEXT, at TIMESTAMP);")
        .await?;
    let by_hand = "MODIFY n INT UNSIGNED COMMENT 'n', MODIFY word VARCHAR(9) CHARACTER SET latin1 NOT NULL COMMENT 'w'";
    session.execute(&format!("ALTER TABLE t {by_hand}")).await?;
    session
        .apply(
            "ALTER TABLE t ALTER COLUMN n SET DEFAULT 5, ALTER COLUMN word SET DEFAULT 'it''s', ALTER COLUMN long SET DEFAULT 'ä';
             INSERT INTO t (id) VALUES (1);
             ALTER TABLE t ALTER COLUMN n DROP DEFAULT, ALTER COLUMN long DROP DEFAULT;
             INSERT INTO t (id) VALUES (2);
             ALTER TABLE t ALTER COLUMN word DROP DEFAULT;",
        )
        .await?;
    assert_eq!(session.number("SELECT COUNT(*) FROM t WHERE n = 5 AND word = 'it''s' AND `long` = 'ä'").await?, 1);
    assert_eq!(session.number("SELECT COUNT(*) FROM t WHERE n IS NULL AND `long` IS NULL").await?, 1);
    let error = session.execute("INSERT INTO t (id) VALUES (3)").await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::NotNullViolation));
    let echo = session.store.echo(&[Name::from("t")]).await?.remove(0).unwrap();
    assert!(echo.contains("unsigned") && echo.contains("latin1") && echo.contains("COMMENT 'w'"), "{echo}");
    Ok(())
}

async fn nulls_refuse_not_null_readably(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session.apply("CREATE TABLE t (id INTEGER PRIMARY KEY, b BOOLEAN, d DATE); INSERT INTO t (id) VALUES (1);").await?;
    for column in ["b", "d"] {
        let error = session.apply(&format!("ALTER TABLE t ALTER COLUMN {column} SET NOT NULL;")).await.err().unwrap();
        assert_eq!(error.class(), Some(ErrorClass::NotNullViolation), "{error:?}");
        assert!(error.message().contains("has NULL"), "{error:?}");
    }
    session.apply("UPDATE t SET b = TRUE; ALTER TABLE t ALTER COLUMN b SET NOT NULL;").await?;
    session.expect_stored().await
}

async fn characters_of_four_bytes_are_kept_or_refused(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session
        .apply(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20) DEFAULT 'ä🦀', CONSTRAINT ck_t CHECK (v <> 'x🦀'));
             INSERT INTO t (id, v) VALUES (1, DEFAULT), (2, 'b🦀'), (3, 'a');
             CREATE VIEW crabs AS SELECT id FROM t WHERE v LIKE '%🦀' AND v <> 'b🦀';",
        )
        .await?;
    session.expect_stored().await?;
    assert_eq!(session.number("SELECT MIN(id) + COUNT(*) * 10 FROM crabs").await?, 11);
    let error = session.apply("INSERT INTO t (id, v) VALUES (4, 'x🦀');").await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::CheckViolation));
    session.apply("INSERT INTO t (id, v) VALUES (4, 'x🦐');").await?;
    let error = session.apply("COMMENT ON TABLE t IS '🦀';").await.err().unwrap();
    assert_eq!(error.code(), "dialect.unsupported");
    Ok(())
}

async fn assignments_see_the_row_as_it_was(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session
        .apply("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER); INSERT INTO t (id, a, b) VALUES (1, 10, 20);")
        .await?;
    session.apply("UPDATE t SET a = a + 1, b = a;").await?;
    assert_eq!(session.number("SELECT a * 100 + b FROM t").await?, 1110);
    let error = session.apply("UPDATE t SET a = b, b = a;").await.err().unwrap();
    assert_eq!(error.code(), "dialect.unsupported");
    Ok(())
}

async fn a_table_is_innodb_and_compares_exactly_whatever_the_server_s_defaults(server: &Server) -> Result<()> {
    // The database's own default is latin1.
    let mut session = server.session().await?;
    session.execute("SET SESSION default_storage_engine = MyISAM").await?;
    session
        .apply("CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(768) UNIQUE); ALTER TABLE t ADD COLUMN w VARCHAR(9);")
        .await?;
    let echo = session.store.echo(&[Name::from("t")]).await?.remove(0).unwrap();
    assert!(echo.contains("ENGINE=InnoDB") && echo.contains("utf8mb4") && !echo.contains("latin1"), "{echo}");
    assert!(session.store.catalog_objects(&[Name::from("t")]).await?.attributes.is_empty());
    session.expect_stored().await
}
