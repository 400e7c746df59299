//! Reading catalogs that others made: what the model has no words for is told, and nothing else is made of it.

use fastman_core::Result;
use fastman_core::schema::{ColumnType, Expression, Function, Name};
use fastman_core::store::ObjectKind;

use crate::support::portable::Session;
use crate::support::{Server, connect};

crate::tests!("introspection":
    other_programs_tables_are_read_as_near_as_can_be,
    what_belongs_to_an_extension_is_left_out,
    an_echo_follows_everything_that_a_definition_has,
    renaming_touches_the_echoes_of_what_mentions_it,
    objects_of_a_table_are_listed,
    partitions_are_part_of_their_table,
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
    let told: Vec<&str> = objects.attributes.iter().map(|(_, attribute)| attribute.as_str()).collect();
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
