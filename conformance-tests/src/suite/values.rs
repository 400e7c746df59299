//! Values: what goes in comes out, the edges of every type included.

use fastman_core::Result;
use fastman_core::dialect::EmptyString;
use fastman_core::schema::{Change, Expression, Insert, InsertSource, Name};
use fastman_core::value::Value;

use super::tests;
use crate::rows::{rows, target};
use crate::samples::{Sample, portable, samples};
use crate::{Context, Session};

tests!("values":
    every_value_comes_back_when_written_as_a_row,
    every_value_comes_back_when_written_as_a_literal,
    every_value_comes_back_when_bound_as_a_parameter,
    every_default_can_be_any_value,
    null_goes_into_every_type,
    an_empty_text_is_what_the_facts_say,
    text_is_compared_exactly,
    dates_and_times_order_as_time_does,
);

/// A table with one column of the sample's type.
async fn table_for(session: &mut Session, index: usize, sample: &Sample) -> Result<String> {
    let table = format!("t{index}");
    session.apply(&format!("CREATE TABLE {table} (id INTEGER PRIMARY KEY, v {});", sample.sql)).await?;
    Ok(table)
}

/// Asserts that the rows 0, 1, 2, ... of the table hold the values.
async fn expect_values(session: &mut Session, table: &str, sample: &Sample, values: &[Value]) -> Result<()> {
    let column_type = session.table(table).columns[1].column_type.clone();
    let rows = session.rows(table).await?;
    assert_eq!(rows.len(), values.len(), "{}", sample.sql);
    for (row, value) in rows.iter().zip(values) {
        assert_eq!(row[1], portable(value.clone(), &column_type), "{}", sample.sql);
    }
    Ok(())
}

async fn every_value_comes_back_when_written_as_a_row(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    for (index, sample) in samples(context.facts().empty_string).iter().enumerate() {
        let table = table_for(&mut session, index, sample).await?;
        let numbered = (0..).zip(&sample.values).map(|(id, value)| vec![Value::Integer(id), value.clone()]).collect();
        let target = target(&session.table(&table));
        let written = session.store.write(&target, &mut rows(numbered)).await?;
        assert_eq!(written, sample.values.len() as u64);
        expect_values(&mut session, &table, sample, &sample.values).await?;
    }
    Ok(())
}

async fn every_value_comes_back_when_written_as_a_literal(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    for (index, sample) in samples(context.facts().empty_string).iter().enumerate() {
        let table = table_for(&mut session, index, sample).await?;
        let definition = session.table(&table);
        // A literal of a migration is something that a person typed.
        let values: Vec<Value> = sample.values.iter().filter(|value| size(value) <= 4_000).cloned().collect();
        for (id, value) in (0..).zip(&values) {
            let insert = Insert {
                table: definition.name.clone(),
                columns: vec![Name::from("id"), Name::from("v")],
                source: InsertSource::Values(vec![vec![
                    Some(Expression::literal(Value::Integer(id), definition.columns[0].column_type.clone())),
                    Some(Expression::literal(value.clone(), definition.columns[1].column_type.clone())),
                ]]),
            };
            session.change(&[Change::Insert(insert)]).await?;
        }
        expect_values(&mut session, &table, sample, &values).await?;
    }
    Ok(())
}

async fn every_value_comes_back_when_bound_as_a_parameter(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    let dialect = session.dialect();
    for (index, sample) in samples(context.facts().empty_string).iter().enumerate() {
        let table = table_for(&mut session, index, sample).await?;
        let sql = format!(
            "INSERT INTO {} ({}, {}) VALUES ({}, {})",
            dialect.quote(&Name::from(table.as_str())),
            dialect.quote(&Name::from("id")),
            dialect.quote(&Name::from("v")),
            dialect.placeholder(1),
            dialect.placeholder(2)
        );
        for (id, value) in (0..).zip(&sample.values) {
            let changed = session.store.execute(&sql, &[Value::Integer(id), value.clone()]).await?;
            assert_eq!(changed, 1);
        }
        expect_values(&mut session, &table, sample, &sample.values).await?;
    }
    Ok(())
}

async fn every_default_can_be_any_value(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    for (index, sample) in samples(context.facts().empty_string).iter().enumerate() {
        if matches!(sample.sql, "BLOB" | "VARBINARY(16)" | "JSON") {
            continue;
        }
        for (number, value) in sample.values.iter().enumerate().filter(|(_, value)| size(value) <= 200) {
            let name = format!("t{index}_{number}");
            let source = format!("CREATE TABLE {name} (id INTEGER PRIMARY KEY, v {});", sample.sql);
            let mut table = parse_table(&session, &source)?;
            let column_type = table.columns[1].column_type.clone();
            table.columns[1].default = Some(Expression::literal(value.clone(), column_type.clone()));
            session.change(&[Change::CreateTable(table)]).await?;
            session.apply(&format!("INSERT INTO {name} (id) VALUES (1);")).await?;
            let rows = session.rows(&name).await?;
            assert_eq!(rows[0][1], portable(value.clone(), &column_type), "default of {}", sample.sql);
        }
    }
    session.expect_stored().await
}

/// The table that a statement would make.
fn parse_table(session: &Session, sql: &str) -> Result<fastman_core::schema::Table> {
    let source = fastman_core::error::SourceText::new("test.sql", sql);
    let mut schema = session.schema.clone();
    let bound = fastman_core::sql::binder::bind_all(&source, 0..sql.len(), &mut schema)?;
    match bound.into_iter().next().map(|bound| bound.change) {
        Some(Change::CreateTable(table)) => Ok(table),
        other => panic!("{sql} is {other:?}"),
    }
}

async fn null_goes_into_every_type(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    for (index, sample) in samples(context.facts().empty_string).iter().enumerate() {
        let table = table_for(&mut session, index, sample).await?;
        let target = target(&session.table(&table));
        session.store.write(&target, &mut rows(vec![vec![Value::Integer(0), Value::Null]])).await?;
        session.apply(&format!("INSERT INTO {table} (id, v) VALUES (1, NULL);")).await?;
        expect_values(&mut session, &table, sample, &[Value::Null, Value::Null]).await?;
    }
    Ok(())
}

async fn an_empty_text_is_what_the_facts_say(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session.apply("CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(10));").await?;
    let target = target(&session.table("t"));
    session.store.write(&target, &mut rows(vec![vec![Value::Integer(1), Value::Text(String::new())]])).await?;
    let expected = match context.facts().empty_string {
        EmptyString::Kept => Value::Text(String::new()),
        EmptyString::Null => Value::Null,
    };
    assert_eq!(session.rows("t").await?[0][1], expected);
    Ok(())
}

async fn text_is_compared_exactly(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session
        .apply(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(10) NOT NULL UNIQUE);
             INSERT INTO t (id, v) VALUES (1, 'a'), (2, 'A'), (3, 'ä'), (4, 'a '), (5, 'Ä');",
        )
        .await?;
    assert_eq!(session.number("SELECT COUNT(*) FROM t WHERE v = 'a'").await?, 1);
    session.apply("UPDATE t SET v = 'found' WHERE v LIKE 'A%';").await?;
    assert_eq!(session.number("SELECT COUNT(*) FROM t WHERE v = 'found' AND id = 2").await?, 1);
    assert_eq!(session.number("SELECT COUNT(*) FROM t WHERE v = 'found'").await?, 1);
    Ok(())
}

async fn dates_and_times_order_as_time_does(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    for (index, sample) in samples(context.facts().empty_string).iter().enumerate() {
        if !matches!(sample.sql, "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMP WITH TIME ZONE") {
            continue;
        }
        let table = table_for(&mut session, index, sample).await?;
        let mut numbered: Vec<Vec<Value>> =
            (0..).zip(&sample.values).map(|(id, value)| vec![Value::Integer(id), value.clone()]).collect();
        // Not in their order.
        numbered.reverse();
        let target = target(&session.table(&table));
        session.store.write(&target, &mut rows(numbered)).await?;
        let dialect = session.dialect();
        let sql = format!(
            "SELECT {} FROM {} ORDER BY {}",
            dialect.quote(&Name::from("id")),
            dialect.quote(&Name::from(table.as_str())),
            dialect.quote(&Name::from("v"))
        );
        let order: Vec<Value> = session.query(&sql).await?.into_iter().flatten().collect();
        let expected: Vec<Value> = (0..).map(Value::Integer).take(sample.values.len()).collect();
        assert_eq!(order, expected, "{}", sample.sql);
    }
    Ok(())
}

/// About how long a value's literal is.
fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len() * 2,
        _ => 0,
    }
}
