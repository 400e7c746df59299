//! Reading catalogs that others made: what the model has no words for is told, and nothing else is made of it.

use fastman_core::Result;
use fastman_core::schema::{ColumnType, Expression, Function, Name};
use fastman_core::store::ObjectKind;
use fastman_core::value::Value;

use crate::support::portable::Session;
use crate::support::{Server, connect};

crate::tests!("introspection":
    other_programs_tables_are_read_as_near_as_can_be,
    what_belongs_to_an_extension_is_left_out,
    an_echo_follows_everything_that_a_definition_has,
    renaming_touches_the_echoes_of_what_mentions_it,
    objects_of_a_table_are_listed,
    partitions_are_part_of_their_table,
    a_foreign_key_to_a_partitioned_table_is_one_key,
    indexes_and_keys_that_mean_something_else_are_told,
    a_domain_is_told_and_is_not_its_base_type,
    the_catalog_reads_the_same_whatever_the_database_is_set_to,
    names_and_comments_of_every_kind_come_back,
    a_key_of_a_table_in_another_schema_is_not_taken_for_ours,
);

async fn other_programs_tables_are_read_as_near_as_can_be(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store
        .execute(
            "CREATE TABLE legacy (
                id serial PRIMARY KEY, n numeric, v varchar, t text[] NOT NULL DEFAULT '{}', at timestamp DEFAULT now(),
                z timestamptz(3) DEFAULT timezone('utc', now()), e integer DEFAULT 2 + 3, g integer GENERATED ALWAYS AS (1) STORED,
                \"Mixed\" json, CONSTRAINT no_overlap EXCLUDE USING btree (v WITH =))",
            &[],
        )
        .await?;
    store.execute("CREATE INDEX by_lower ON legacy (lower(v))", &[]).await?;
    store.execute("CREATE INDEX by_v ON legacy USING hash (v)", &[]).await?;
    store.execute("CREATE UNIQUE INDEX plain ON legacy (at DESC) WHERE e > 1", &[]).await?;
    let objects = store.catalog_objects(&[Name::from("legacy")]).await?;
    let table = objects.tables.table(&Name::from("legacy")).unwrap();
    let column = |name: &str| table.column(&Name::exact(name)).unwrap();
    assert!(column("id").identity && column("id").default.is_none());
    assert_eq!(column("v").column_type, ColumnType::Text);
    assert_eq!(
        column("at").default,
        Some(Expression::Call { function: Function::CurrentTimestamp, arguments: Vec::new() })
    );
    assert!(matches!(&column("e").default, Some(Expression::Raw(text)) if text == "(2 + 3)"));
    assert_eq!(column("Mixed").column_type, ColumnType::Json);
    assert_eq!(table.indexes.len(), 1);
    let told: Vec<String> = objects.attributes.iter().map(ToString::to_string).collect();
    for part in [
        "\"n\" has the type numeric",
        "\"t\" has the type text[]",
        "\"g\" is generated",
        "\"z\" has the type",
        "no_overlap",
        "by_lower",
        "by_v",
    ] {
        assert!(told.iter().any(|attribute| attribute.contains(part)), "{part} in {told:?}");
    }
    Ok(())
}

async fn what_belongs_to_an_extension_is_left_out(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    // What pg_stat_statements and PostGIS do: a view and a table that are the extension's.
    if store.execute("CREATE EXTENSION pg_stat_statements", &[]).await.is_err() {
        return Ok(());
    }
    store.execute("CREATE TABLE ours (a integer)", &[]).await?;
    let names: Vec<String> = store.relations().await?.into_iter().map(|relation| relation.name).collect();
    assert_eq!(names, ["ours"]);
    Ok(())
}

async fn an_echo_follows_everything_that_a_definition_has(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (a integer, b varchar(5))", &[]).await?;
    store.execute("CREATE VIEW v AS SELECT a FROM t", &[]).await?;
    let names = [Name::from("t"), Name::from("v"), Name::from("none")];
    let mut seen = Vec::new();
    for sql in [
        "SELECT 1",
        "ALTER TABLE t ALTER b TYPE varchar(6)",
        "ALTER TABLE t ALTER b SET DEFAULT 'x'",
        "ALTER TABLE t ALTER b SET NOT NULL",
        "ALTER TABLE t ADD CHECK (a > 0)",
        "CREATE INDEX i ON t (b)",
        "COMMENT ON COLUMN t.a IS 'x'",
        "COMMENT ON TABLE t IS 'x'",
        "ALTER TABLE t SET (fillfactor = 50)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "ALTER TABLE t DISABLE TRIGGER g",
        "ALTER TABLE t RENAME COLUMN b TO c",
    ] {
        store.execute(sql, &[]).await?;
        let echoes = store.echo(&names).await?;
        assert_eq!(echoes[2], None);
        let changes = !matches!(sql, "SELECT 1") && !sql.starts_with("CREATE FUNCTION");
        if let Some((before, of_view)) = seen.last() {
            assert_eq!(*before != echoes[0], changes, "{sql}");
            assert_eq!(*of_view, echoes[1], "{sql}");
        }
        seen.push((echoes[0].clone(), echoes[1].clone()));
    }
    store.execute("CREATE OR REPLACE VIEW v AS SELECT a, c FROM t", &[]).await?;
    assert_ne!(store.echo(&names).await?[1], seen[0].1);
    // The same however the session writes dates, and inside of a transaction.
    let before = store.echo(&names).await?;
    store.execute("SET TimeZone = 'Asia/Tokyo'", &[]).await?;
    store.begin(Default::default()).await?;
    assert_eq!(store.echo(&names).await?, before);
    store.rollback().await
}

async fn renaming_touches_the_echoes_of_what_mentions_it(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    session
        .apply(
            "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id));
             CREATE VIEW c AS SELECT id FROM a; CREATE TABLE d (id INTEGER PRIMARY KEY);",
        )
        .await?;
    let names = ["b", "c", "d"].map(Name::from);
    let before = session.store.echo(&names).await?;
    let dialect = session.store.dialect();
    let change =
        fastman_core::schema::Change::RenameColumn { table: "a".into(), column: "id".into(), to: "key".into() };
    let mut after = session.schema.clone();
    after.apply(&change).map_err(|error| fastman_core::Error::failed(error.code, error.message))?;
    let steps = dialect.render(fastman_core::dialect::RenderInput {
        changes: std::slice::from_ref(&change),
        before: &session.schema,
        after: &after,
        catalog: &Default::default(),
    })?;
    session.change(&[change]).await?;
    let now = session.store.echo(&names).await?;
    for (place, name) in names.iter().enumerate() {
        let touched = steps.iter().any(|step| step.touches.contains(name));
        assert_eq!(before[place] != now[place], touched, "{name}");
    }
    Ok(())
}

async fn objects_of_a_table_are_listed(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    session
        .apply(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER, at TIMESTAMP ON UPDATE CURRENT_TIMESTAMP); CREATE INDEX i ON a (n);
             CREATE VIEW v AS SELECT n FROM a; CREATE TABLE b (id INTEGER PRIMARY KEY);",
        )
        .await?;
    let objects = session.store.catalog_objects(&[Name::from("a")]).await?;
    let mut kinds: Vec<(ObjectKind, &str)> =
        objects.objects.iter().map(|object| (object.kind, object.table.as_str())).collect();
    kinds.sort_by_key(|(kind, _)| format!("{kind:?}"));
    assert_eq!(
        kinds,
        [(ObjectKind::Index, "a"), (ObjectKind::Table, "a"), (ObjectKind::Trigger, "a"), (ObjectKind::View, "v")]
    );
    assert!(objects.attributes.is_empty(), "{:?}", objects.attributes);
    Ok(())
}

async fn partitions_are_part_of_their_table(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE p (a integer) PARTITION BY RANGE (a)", &[]).await?;
    store.execute("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)", &[]).await?;
    assert_eq!(store.relations().await?.len(), 1);
    let read = store.introspect(None).await?;
    assert_eq!(read.tables().map(|table| table.name.as_str().to_owned()).collect::<Vec<_>>(), ["p"]);
    Ok(())
}

async fn a_foreign_key_to_a_partitioned_table_is_one_key(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    for sql in [
        "CREATE TABLE p (id integer PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)",
        "CREATE TABLE c (id integer PRIMARY KEY, p integer, CONSTRAINT fk_c_p FOREIGN KEY (p) REFERENCES p (id))",
    ] {
        store.execute(sql, &[]).await?;
    }
    let names = [Name::from("c")];
    let before = store.echo(&names).await?;
    store.execute("CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (9) TO (19)", &[]).await?;
    assert_eq!(store.echo(&names).await?, before, "a partition of its parent is none of its business");
    let read = store.introspect(None).await?;
    let keys: Vec<&str> = read.table(&names[0]).unwrap().foreign_keys().map(|(_, key)| key.table.as_str()).collect();
    assert_eq!(keys, ["p"]);
    Ok(())
}

async fn indexes_and_keys_that_mean_something_else_are_told(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    for sql in [
        "CREATE TABLE t (a integer, b integer, v text, CONSTRAINT pk_t PRIMARY KEY (a) INCLUDE (b))",
        "CREATE INDEX ours_up ON t (b)",
        "CREATE INDEX ours_down ON t (b DESC, v)",
        "CREATE INDEX nulls_last ON t (b DESC NULLS LAST)",
        "CREATE INDEX nulls_first ON t (b NULLS FIRST)",
        "CREATE INDEX by_pattern ON t (v text_pattern_ops)",
        "CREATE INDEX by_collation ON t (v COLLATE \"C\")",
        "CREATE INDEX including ON t (a) INCLUDE (b)",
        "CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING",
    ] {
        store.execute(sql, &[]).await?;
    }
    let mut told = vec!["pk_t", "nulls_last", "nulls_first", "by_pattern", "by_collation", "including", "quiet"];
    if store.dialect().server_version().major >= 15 {
        store.execute("CREATE UNIQUE INDEX no_two_nulls ON t (b) NULLS NOT DISTINCT", &[]).await?;
        store.execute("ALTER TABLE t ADD CONSTRAINT uq_t UNIQUE NULLS NOT DISTINCT (b)", &[]).await?;
        told.extend(["no_two_nulls", "uq_t"]);
    }
    let objects = store.catalog_objects(&[Name::from("t")]).await?;
    let table = objects.tables.table(&Name::from("t")).unwrap();
    let indexes: Vec<&str> = table.indexes.iter().map(|index| index.name.as_str()).collect();
    assert_eq!(indexes, ["ours_up", "ours_down"]);
    assert!(table.indexes[1].columns[0].descending && !table.indexes[1].columns[1].descending);
    for name in told {
        let count = objects.attributes.iter().filter(|told| told.to_string().contains(&format!("{name:?}"))).count();
        assert_eq!(count, 1, "{name} in {:?}", objects.attributes);
    }
    Ok(())
}

async fn a_domain_is_told_and_is_not_its_base_type(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    for sql in [
        "CREATE DOMAIN score AS integer NOT NULL DEFAULT 5 CHECK (VALUE BETWEEN 0 AND 10)",
        "CREATE DOMAIN final_score AS score",
        "CREATE TYPE mood AS ENUM ('so', 'la\"la')",
        "CREATE TABLE t (a score, b final_score, c mood DEFAULT 'so', d integer[])",
    ] {
        store.execute(sql, &[]).await?;
    }
    let objects = store.catalog_objects(&[Name::from("t")]).await?;
    let table = objects.tables.table(&Name::from("t")).unwrap();
    assert_eq!(table.column(&Name::from("a")).unwrap().column_type, ColumnType::Integer, "the nearest");
    for (column, type_name) in [("a", "score"), ("b", "final_score"), ("c", "mood"), ("d", "integer[]")] {
        let words = format!("column {column:?} has the type {type_name}");
        assert!(objects.attributes.iter().any(|told| told.to_string() == words), "{words} in {:?}", objects.attributes);
    }
    Ok(())
}

async fn the_catalog_reads_the_same_whatever_the_database_is_set_to(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    for setting in [
        "standard_conforming_strings = off",
        "quote_all_identifiers = on",
        "DateStyle = 'German, DMY'",
        "IntervalStyle = sql_standard",
        "bytea_output = escape",
        "extra_float_digits = 0",
        "TimeZone = 'Asia/Tokyo'",
        "default_transaction_isolation = serializable",
        "default_transaction_deferrable = on",
        "idle_in_transaction_session_timeout = 100",
        "escape_string_warning = on",
    ] {
        session.store.execute(&format!("ALTER DATABASE \"{}\" SET {setting}", session.database.name), &[]).await?;
    }
    session.store = connect(&session.database.url).await?;
    session
        .apply(
            "CREATE TABLE t (id INTEGER GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a VARCHAR(20) DEFAULT 'a\\b''c',
                b DATE DEFAULT DATE '2024-02-03', c TIMESTAMP DEFAULT TIMESTAMP '2024-02-03 04:05:06',
                d TIMESTAMP WITH TIME ZONE DEFAULT TIMESTAMP WITH TIME ZONE '2024-02-03 04:05:06+00:00',
                e BLOB DEFAULT X'005cff', f DOUBLE PRECISION DEFAULT 0.1, g TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
                h DATE DEFAULT CURRENT_DATE, i TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, j DECIMAL(10, 2) DEFAULT 1.5,
                k BOOLEAN DEFAULT TRUE, l JSON DEFAULT JSON '{\"a\": \"b\"}');
             COMMENT ON COLUMN t.a IS 'it''s \\ a';
             INSERT INTO t (a) VALUES ('x\\'), (DEFAULT);",
        )
        .await?;
    session.expect_stored().await?;
    // A section's own words are read as its file was: a backslash is one.
    assert_eq!(session.value("SELECT count(*) FROM t WHERE a = 'x\\' OR a = 'a\\b''c'").await?, Value::Integer(2));
    session.store.execute("CREATE TABLE legacy (id serial PRIMARY KEY)", &[]).await?;
    let read = session.store.introspect(Some(&[Name::from("legacy")])).await?;
    assert!(read.table(&Name::from("legacy")).unwrap().columns[0].identity);
    // Longer than an idle transaction may last there.
    session.store.begin(Default::default()).await?;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    session.store.execute("SELECT 1", &[]).await?;
    session.store.commit().await
}

async fn names_and_comments_of_every_kind_come_back(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    let long = "n".repeat(63);
    session
        .apply(&format!(
            "CREATE TABLE \"Order\" (\"Select\" INTEGER PRIMARY KEY, \"it's \"\"x\"\" %$1\" VARCHAR(9) UNIQUE,
                \"ÄÖ 🦀\" TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, {long} INTEGER DEFAULT 1, CHECK (\"Select\" > 0));
             CREATE TABLE {long} (id INTEGER PRIMARY KEY, \"user\" INTEGER REFERENCES \"Order\" (\"Select\"),
                {long} TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
             CREATE INDEX \"Ix \"\"1\"\"\" ON \"Order\" (\"it's \"\"x\"\" %$1\" DESC, \"Select\");
             CREATE VIEW \"A view\" AS SELECT \"Select\" FROM \"Order\";
             COMMENT ON TABLE \"Order\" IS 'it''s \"all\" \\ $$ `x` /* -- 🦀';
             COMMENT ON COLUMN \"Order\".\"ÄÖ 🦀\" IS '\\''; DROP TABLE x; --';"
        ))
        .await?;
    session.expect_stored().await?;
    let objects = session.store.catalog_objects(&[Name::exact("Order"), Name::from(long.as_str())]).await?;
    assert!(objects.attributes.is_empty(), "{:?}", objects.attributes);
    assert!(objects.objects.iter().any(|object| object.name == "A view"), "{:?}", objects.objects);
    session
        .apply_and_undo(
            "ALTER TABLE \"Order\" RENAME TO \"group\"; ALTER TABLE \"group\" RENAME COLUMN \"ÄÖ 🦀\" TO \"to\";
             ALTER TABLE \"group\" DROP COLUMN \"to\";",
        )
        .await
}

async fn a_key_of_a_table_in_another_schema_is_not_taken_for_ours(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    for sql in [
        "CREATE SCHEMA other",
        "CREATE TABLE other.p (id integer PRIMARY KEY)",
        "CREATE TABLE other.c (id integer PRIMARY KEY, extra integer DEFAULT 7)",
        "CREATE INDEX ix_c ON other.c (extra)",
        "CREATE TABLE c (id integer PRIMARY KEY, p integer CONSTRAINT fk_c_p REFERENCES other.p (id))",
        "CREATE VIEW other.v AS SELECT id FROM c",
    ] {
        store.execute(sql, &[]).await?;
    }
    let names: Vec<String> = store.relations().await?.into_iter().map(|relation| relation.name).collect();
    assert_eq!(names, ["c"]);
    let objects = store.catalog_objects(&[Name::from("c")]).await?;
    let table = objects.tables.table(&Name::from("c")).unwrap();
    assert_eq!((table.columns.len(), table.indexes.len()), (2, 0));
    assert!(
        objects.attributes.iter().any(|told| told.to_string().contains("another schema")),
        "{:?}",
        objects.attributes
    );
    Ok(())
}
