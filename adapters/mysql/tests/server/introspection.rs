//! Reading catalogs that others made: what the model has no words for is told, and what belongs to others is left alone.

use fastman_core::Result;
use fastman_core::schema::{Name, Table};
use fastman_core::store::{CatalogObjects, LockAttempt, ObjectKind};

use crate::support::{Product, Server, connect};
use crate::tests;

tests!("introspection":
    a_database_whose_name_differs_in_case_is_another,
    indexes_and_keys_that_mean_something_else_are_told,
    columns_that_mean_something_else_are_told,
    a_broken_view_and_one_that_may_not_be_seen_are_in_nobody_s_way,
    names_and_comments_of_every_kind_come_back,
    a_server_that_folds_names_hides_nothing,
    an_echo_follows_everything_that_a_definition_has,
);

/// What is told of the table beside the model.
fn told(objects: &CatalogObjects, table: &str) -> Vec<String> {
    let of_table = objects.attributes.iter().filter(|attribute| attribute.table.as_str() == table);
    of_table.map(ToString::to_string).collect()
}

fn expect_told(objects: &CatalogObjects, table: &str, expected: &[&str]) {
    let told = told(objects, table);
    for part in expected {
        assert_eq!(told.iter().filter(|words| words.contains(part)).count(), 1, "{part} in {told:?}");
    }
    assert_eq!(told.len(), expected.len(), "{told:?}");
}

fn collation(server: &Server) -> &'static str {
    match server.product {
        Product::MySql => "utf8mb4_0900_bin",
        Product::MariaDb => "utf8mb4_nopad_bin",
    }
}

fn table<'a>(objects: &'a CatalogObjects, name: &str) -> &'a Table {
    objects.tables.table(&Name::exact(name)).unwrap()
}

async fn a_database_whose_name_differs_in_case_is_another(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    let upper = database.name.to_uppercase();
    if store.execute(&format!("CREATE DATABASE `{upper}`"), &[]).await.is_err() {
        // Where the server does not tell them apart, there is no other.
        return Ok(());
    }
    for sql in [
        "CREATE TABLE p (id INT PRIMARY KEY)",
        "CREATE TABLE t (id INT PRIMARY KEY, p INT, CONSTRAINT fk_p FOREIGN KEY (p) REFERENCES p (id))",
        &format!("CREATE TABLE `{upper}`.q (id INT PRIMARY KEY)"),
        &format!(
            "CREATE TABLE `{upper}`.t (id INT PRIMARY KEY, other INT DEFAULT 5 COMMENT 'x', CONSTRAINT fk_other FOREIGN KEY (other) \
             REFERENCES `{upper}`.q (id) ON UPDATE CASCADE, CONSTRAINT ck_other CHECK (id > 1), KEY ix_other (id, other))"
        ),
        &format!("CREATE TRIGGER `{upper}`.theirs BEFORE INSERT ON `{upper}`.t FOR EACH ROW SET NEW.other = 7"),
    ] {
        store.execute(sql, &[]).await?;
    }
    let objects = store.catalog_objects(&[Name::from("t")]).await;
    let read = store.introspect(None).await;
    let echo = store.echo(&[Name::from("t")]).await;
    store.execute(&format!("DROP DATABASE `{upper}`"), &[]).await?;
    let (objects, read) = (objects?, read?);
    assert_eq!(read.tables().map(|table| table.name.as_str().to_owned()).collect::<Vec<_>>(), ["p", "t"]);
    for table in [table(&objects, "t"), read.table(&Name::from("t")).unwrap()] {
        assert_eq!(table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "p"]);
        let constraints: Vec<&str> = table.constraints.iter().map(|constraint| constraint.name.as_str()).collect();
        assert_eq!(constraints, ["pk_t", "fk_p"]);
        assert!(table.indexes.is_empty(), "{:?}", table.indexes);
    }
    assert_eq!(told(&objects, "t"), Vec::<String>::new());
    assert!(!objects.objects.iter().any(|object| object.kind == ObjectKind::Trigger), "{:?}", objects.objects);
    assert!(!echo?[0].as_ref().unwrap().contains("theirs"));
    Ok(())
}

async fn indexes_and_keys_that_mean_something_else_are_told(server: &Server) -> Result<()> {
    let (database, elsewhere) = (server.database().await?, server.database().await?);
    let mut store = connect(&database.url).await?;
    let mysql = server.product == Product::MySql;
    for sql in [
        &format!("CREATE TABLE `{}`.p (id INT PRIMARY KEY)", elsewhere.name),
        &format!("ALTER DATABASE `{}` CHARACTER SET utf8mb4 COLLATE {}", database.name, collation(server)),
        "CREATE TABLE t (a INT, b INT, v VARCHAR(50), x LONGTEXT, p INT, CONSTRAINT pk PRIMARY KEY (a))",
        "CREATE INDEX ours ON t (b DESC, v)",
        "CREATE INDEX beginning ON t (x(10))",
        "CREATE FULLTEXT INDEX words ON t (x)",
        "CREATE UNIQUE INDEX seldom ON t (v, b)",
        &format!("ALTER TABLE t ALTER INDEX seldom {}", if mysql { "INVISIBLE" } else { "IGNORED" }),
        &format!("ALTER TABLE t ADD CONSTRAINT afar FOREIGN KEY (p) REFERENCES `{}`.p (id)", elsewhere.name),
    ] {
        store.execute(sql, &[]).await?;
    }
    let mut expected = vec!["`beginning`", "`words`", "`seldom`", "`afar`"];
    if mysql {
        store.execute("CREATE INDEX computed ON t ((a + b))", &[]).await?;
        store.execute("ALTER TABLE t ADD CONSTRAINT lax CHECK (a > 0) NOT ENFORCED", &[]).await?;
        expected.extend(["`computed`", "`lax`"]);
    }
    let objects = store.catalog_objects(&[Name::from("t")]).await?;
    expect_told(&objects, "t", &expected);
    let indexes: Vec<&str> = table(&objects, "t").indexes.iter().map(|index| index.name.as_str()).collect();
    assert_eq!(indexes, ["ours"]);
    store.execute("DROP TABLE t", &[]).await.map(drop)
}

async fn columns_that_mean_something_else_are_told(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    session.apply("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, w VARCHAR(20), d TIMESTAMP);").await?;
    session
        .execute(
            "ALTER TABLE t ADD g INT GENERATED ALWAYS AS (n + 1) STORED, ADD h INT INVISIBLE, ADD k BIGINT NOT NULL AUTO_INCREMENT, \
             ADD UNIQUE KEY (k), ADD e ENUM('a', 'b''c'), ADD s TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP, \
             MODIFY w VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, MODIFY d DATETIME(3), ADD u INT DEFAULT (1 + 1)",
        )
        .await?;
    let mut expected = vec!["\"g\"", "\"h\"", "\"k\"", "\"e\"", "\"s\"", "\"w\"", "\"d\"", "\"u\""];
    if server.product == Product::MariaDb {
        session.execute("ALTER TABLE t ADD z INT CHECK (z > 5)").await?;
        expected.push("\"z\"");
    }
    let objects = session.store.catalog_objects(&[Name::from("t")]).await?;
    expect_told(&objects, "t", &expected);
    let numbered: Vec<&str> = table(&objects, "t")
        .columns
        .iter()
        .filter(|column| column.identity)
        .map(|column| column.name.as_str())
        .collect();
    assert!(numbered.is_empty(), "the model numbers keys alone: {numbered:?}");
    for (statement, attribute) in [
        ("ALTER TABLE t ALTER COLUMN w SET NOT NULL;", "utf8mb4_general_ci"),
        ("ALTER TABLE t ALTER COLUMN d SET NOT NULL;", "datetime(3)"),
    ] {
        let error = session.apply(statement).await.err().unwrap();
        assert!(error.message().contains(attribute), "{}", error.message());
    }
    Ok(())
}

async fn a_broken_view_and_one_that_may_not_be_seen_are_in_nobody_s_way(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut root = connect(&database.url).await?;
    let name = format!("blind_{}", std::process::id());
    for sql in [
        "CREATE TABLE gone (a INT)",
        "CREATE TABLE t (id INT PRIMARY KEY, n INT)",
        "CREATE VIEW broken AS SELECT a FROM gone",
        "CREATE VIEW sound AS SELECT n FROM t",
        "DROP TABLE gone",
        &format!("CREATE USER {name} IDENTIFIED BY 'x'"),
        &format!("GRANT SELECT, INSERT, UPDATE, ALTER, CREATE, INDEX, DROP ON `{}`.* TO {name}", database.name),
    ] {
        root.execute(sql, &[]).await?;
    }
    let objects = root.catalog_objects(&[Name::from("t")]).await?;
    let views: Vec<&str> = objects
        .objects
        .iter()
        .filter(|object| object.kind == ObjectKind::View)
        .map(|object| object.name.as_str())
        .collect();
    assert_eq!(views, ["sound"]);
    let names: Vec<String> = root.relations().await?.into_iter().map(|relation| relation.name).collect();
    assert_eq!(names, ["broken", "sound", "t"]);
    assert!(root.echo(&[Name::from("broken"), Name::from("t")]).await?[1].is_some());
    let mut blind = connect(&server.url_as(&format!("{name}:x"), &database.name)).await?;
    let seen = blind.catalog_objects(&[Name::from("t")]).await;
    let echo = blind.echo(&[Name::from("t"), Name::from("sound")]).await;
    root.execute(&format!("DROP USER {name}"), &[]).await?;
    assert!(seen?.tables.table(&Name::from("t")).is_some());
    assert!(echo?[0].is_some());
    Ok(())
}

async fn names_and_comments_of_every_kind_come_back(server: &Server) -> Result<()> {
    let mut session = server.session().await?;
    let long = "n".repeat(63);
    session
        .apply(&format!(
            "CREATE TABLE \"Order\" (\"Select\" INTEGER PRIMARY KEY, \"it's `x` \"\"y\"\" %?\" VARCHAR(9) UNIQUE,
                \"ÄÖ é\" TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, {long} INTEGER DEFAULT 1, CHECK (\"Select\" > 0));
             CREATE TABLE {long} (id INTEGER PRIMARY KEY, \"user\" INTEGER REFERENCES \"Order\" (\"Select\"),
                {long} TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
             CREATE INDEX \"Ix `1`\" ON \"Order\" (\"it's `x` \"\"y\"\" %?\" DESC, \"Select\");
             CREATE VIEW \"A view\" AS SELECT \"Select\" FROM \"Order\";
             COMMENT ON TABLE \"Order\" IS 'it''s \"all\" \\ $$ `x` /* -- #';
             COMMENT ON COLUMN \"Order\".\"ÄÖ é\" IS '\\''; DROP TABLE x; --';"
        ))
        .await?;
    session.expect_stored().await?;
    let objects = session.store.catalog_objects(&[Name::exact("Order"), Name::from(long.as_str())]).await?;
    assert!(objects.attributes.is_empty(), "{:?}", objects.attributes);
    assert!(objects.objects.iter().any(|object| object.name == "A view"), "{:?}", objects.objects);
    let applied = session
        .apply(
            "ALTER TABLE \"Order\" RENAME TO \"group\"; ALTER TABLE \"group\" RENAME COLUMN \"ÄÖ é\" TO \"to\";
             ALTER TABLE \"group\" DROP COLUMN \"to\";",
        )
        .await?;
    session.expect_stored().await?;
    session.undo(applied).await?;
    session.expect_stored().await
}

async fn a_server_that_folds_names_hides_nothing(server: &Server) -> Result<()> {
    // MySQL takes the setting when its files are made, MariaDB whenever it starts.
    let Product::MariaDb = server.product else { return Ok(()) };
    let Ok(own) = Server::throwaway(server.product, &["--lower-case-table-names=1"]) else { return Ok(()) };
    let database = own.database().await?;
    let url = database.url.replace("fastman_test", "FASTMAN_Test");
    let mut store = connect(&url).await?;
    for sql in [
        "CREATE TABLE `Parent` (id INT PRIMARY KEY)",
        "CREATE TABLE `Order` (id INT PRIMARY KEY, n INT INVISIBLE, p INT, CONSTRAINT fk FOREIGN KEY (p) REFERENCES `Parent` (id))",
        "CREATE VIEW `Seen` AS SELECT id FROM `Order`",
    ] {
        store.execute(sql, &[]).await?;
    }
    let name = [Name::exact("Order")];
    let objects = store.catalog_objects(&name).await?;
    assert!(objects.tables.table(&name[0]).is_some());
    expect_told(&objects, "order", &["\"n\" is invisible"]);
    assert!(objects.objects.iter().any(|object| object.kind == ObjectKind::View), "{:?}", objects.objects);
    let before = store.echo(&name).await?;
    store.execute("CREATE TRIGGER touched BEFORE UPDATE ON `Order` FOR EACH ROW SET NEW.n = 1", &[]).await?;
    assert_ne!(store.echo(&name).await?, before);
    // The same database under another spelling has the same lock.
    let mut other = connect(&database.url).await?;
    assert_eq!(store.try_lock("history").await?, LockAttempt::Held);
    assert_ne!(other.try_lock("history").await?, LockAttempt::Held);
    drop((store, other));
    drop(database);
    Ok(())
}

async fn an_echo_follows_everything_that_a_definition_has(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(5))", &[]).await?;
    store.execute("CREATE VIEW v AS SELECT a FROM t", &[]).await?;
    let names = [Name::from("t"), Name::from("v"), Name::from("none")];
    let mut before = store.echo(&names).await?;
    for (sql, changes) in [
        ("INSERT INTO t (a) VALUES (1), (2)", false),
        ("ANALYZE TABLE t", false),
        ("ALTER TABLE t MODIFY b VARCHAR(6)", true),
        ("ALTER TABLE t ALTER b SET DEFAULT 'x'", true),
        ("ALTER TABLE t ADD CONSTRAINT ck CHECK (a > 0)", true),
        ("CREATE INDEX i ON t (b)", true),
        ("ALTER TABLE t MODIFY a INT COMMENT 'x'", true),
        ("ALTER TABLE t COMMENT = 'x'", true),
        ("CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 1", true),
        ("DROP TRIGGER g", true),
        ("ALTER TABLE t RENAME COLUMN b TO c", true),
        ("ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2", true),
    ] {
        if sql.starts_with("ANALYZE") {
            store.query(sql, &[]).await?;
        } else {
            store.execute(sql, &[]).await?;
        }
        let now = store.echo(&names).await?;
        assert_eq!(now[0] != before[0], changes, "{sql}");
        assert_eq!(now[1], before[1], "{sql}");
        assert_eq!(now[2], None);
        before = now;
    }
    Ok(())
}
