//! What MySQL and MariaDB have of their own: indexes that foreign keys need, values that they would change in silence, attributes
//! that the model does not know.

use fastman_core::Result;
use fastman_core::error::ErrorClass;
use fastman_core::schema::Name;

use crate::support::Server;
use crate::tests;

tests!("dialect":
    an_index_that_a_foreign_key_needs_can_be_dropped,
    rows_that_would_be_changed_in_silence_refuse_the_change,
    an_attribute_outside_the_model_is_not_lost,
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
        ("ALTER TABLE t ALTER COLUMN n SET DEFAULT 5;", "unsigned"),
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
