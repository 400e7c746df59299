//! Values there and back: through COPY, as parameters and as literals, at the edges of their types.

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveTime};
use fastman_core::Result;
use fastman_core::error::ErrorClass;
use fastman_core::schema::{ColumnType, Name};
use fastman_core::store::{Batch, RowSource, TargetColumn, WriteMode, WriteTarget};
use fastman_core::value::Value;

use crate::support::portable::Session;
use crate::support::{Server, connect};

crate::tests!("values":
    every_edge_comes_back_by_every_way,
    values_of_other_kinds_are_read_by_the_server,
    types_beyond_the_portable_ones_take_their_text,
    results_of_every_type_have_a_portable_form,
    a_row_that_is_refused_is_numbered,
    a_refused_row_of_an_upsert_is_numbered,
    of_rows_with_one_key_the_last_counts,
    a_load_larger_than_a_frame_is_whole,
    a_decimal_with_too_many_digits_is_refused,
    columns_that_are_numbered_go_on_above_what_was_loaded,
);

/// Rows in one batch, or a few.
struct Rows(std::collections::VecDeque<Vec<Vec<Value>>>);

#[async_trait]
impl RowSource for Rows {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        Ok(self.0.pop_front().map(|rows| Batch::take(&mut rows.into(), usize::MAX)))
    }
}

fn rows(rows: Vec<Vec<Value>>) -> Rows {
    Rows(rows.chunks(1000).map(<[_]>::to_vec).collect())
}

fn target(table: &str, columns: &[&str]) -> WriteTarget {
    WriteTarget {
        table: Name::exact(table),
        columns: columns.iter().map(|name| TargetColumn { name: Name::exact(name), column_type: None }).collect(),
        document_id: None,
        mode: WriteMode::Insert,
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

/// Each type with its edges.
fn edges() -> Vec<(&'static str, ColumnType, Vec<Value>)> {
    let date = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let time = |micros: u32| NaiveTime::from_num_seconds_from_midnight_opt(86_399, micros * 1000).unwrap();
    let at = |year, month, day| date(year, month, day).and_time(time(999_999));
    vec![
        ("smallint", ColumnType::SmallInt, vec![Value::Integer(i16::MIN.into()), Value::Integer(i16::MAX.into())]),
        ("integer", ColumnType::Integer, vec![Value::Integer(i32::MIN.into()), Value::Integer(i32::MAX.into())]),
        ("bigint", ColumnType::BigInt, vec![Value::Integer(i64::MIN), Value::Integer(0), Value::Integer(i64::MAX)]),
        (
            "numeric(38, 10)",
            ColumnType::Decimal { precision: 38, scale: 10 },
            vec![
                decimal("-9999999999999999999999999999.9999999999"),
                decimal("0.0000000001"),
                decimal("10000"),
                decimal("0.00010001"),
                decimal("0"),
            ],
        ),
        (
            "numeric(38, 0)",
            ColumnType::Decimal { precision: 38, scale: 0 },
            vec![decimal(&"9".repeat(38)), decimal("-100000000")],
        ),
        (
            "real",
            ColumnType::Real,
            vec![Value::Double(f32::MIN.into()), Value::Double(f32::MIN_POSITIVE.into()), Value::Double(-0.5)],
        ),
        (
            "double precision",
            ColumnType::Double,
            vec![
                Value::Double(f64::MIN),
                Value::Double(f64::MIN_POSITIVE),
                Value::Double(0.1 + 0.2),
                Value::Double(f64::INFINITY),
            ],
        ),
        ("boolean", ColumnType::Boolean, vec![Value::Boolean(true), Value::Boolean(false)]),
        ("character(3)", ColumnType::Char(3), vec![text("ä🦀'")]),
        (
            "character varying(300)",
            ColumnType::Varchar(300),
            vec![text(""), text("it's \\ \t\r\n \\N \\. $1 🦀"), text(&"🦀".repeat(300))],
        ),
        ("text", ColumnType::Text, vec![text(" \u{1}\u{7f} "), text(&"long ".repeat(50_000))]),
        (
            "date",
            ColumnType::Date,
            vec![Value::Date(date(-4712, 1, 1)), Value::Date(date(1, 1, 1)), Value::Date(date(9999, 12, 31))],
        ),
        ("time", ColumnType::Time, vec![Value::Time(NaiveTime::MIN), Value::Time(time(999_999))]),
        (
            "timestamp",
            ColumnType::Timestamp,
            vec![
                Value::Timestamp(at(-1, 2, 28)),
                Value::Timestamp(at(1969, 12, 31)),
                Value::Timestamp(at(9999, 12, 31)),
            ],
        ),
        (
            "timestamp with time zone",
            ColumnType::TimestampTz,
            vec![Value::TimestampTz(at(1, 1, 1).and_utc()), Value::TimestampTz(at(2024, 3, 31).and_utc())],
        ),
        ("bytea", ColumnType::Blob, vec![Value::Bytes(Vec::new()), Value::Bytes((0..=255).collect())]),
        ("uuid", ColumnType::Uuid, vec![Value::Uuid(uuid::Uuid::nil()), Value::Uuid(uuid::Uuid::max())]),
        (
            "jsonb",
            ColumnType::Json,
            vec![Value::Json("{\"a\": [1.50, null, \"\\\\ ä\"]}".to_owned()), Value::Json("null".to_owned())],
        ),
    ]
}

async fn every_edge_comes_back_by_every_way(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("SET DateStyle = 'SQL, DMY'", &[]).await?;
    let dialect = store.dialect();
    for (number, (declared, column_type, values)) in edges().into_iter().enumerate() {
        store.execute(&format!("CREATE TABLE t{number} (n integer, v {declared})"), &[]).await?;
        let values: Vec<Value> = std::iter::once(Value::Null).chain(values).collect();
        let mut source = Vec::new();
        for (place, value) in values.iter().enumerate() {
            let place = i64::try_from(place).unwrap() * 3;
            source.push(vec![Value::Integer(place), value.clone()]);
            let insert = format!("INSERT INTO t{number} (n, v) VALUES ($1, $2)");
            store
                .execute(&insert, &[Value::Integer(place + 1), value.clone()])
                .await
                .map_err(|error| error.with_detail(declared))?;
            let literal = dialect.literal(value, Some(&column_type))?;
            store.execute(&format!("INSERT INTO t{number} (n, v) VALUES ({}, {literal})", place + 2), &[]).await?;
        }
        store.write(&target(&format!("t{number}"), &["n", "v"]), &mut rows(source)).await?;
        let found = store.query(&format!("SELECT v FROM t{number} ORDER BY n"), &[]).await?;
        let found: Vec<Value> = found.into_iter().flatten().collect();
        let expected: Vec<Value> =
            values.iter().flat_map(|value| [value.clone(), value.clone(), value.clone()]).collect();
        assert_eq!(found, expected, "{declared}");
    }
    Ok(())
}

async fn values_of_other_kinds_are_read_by_the_server(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store
        .execute(
            "CREATE TABLE t (a integer, b numeric(5, 1), c date, d boolean, e double precision, f text, g uuid)",
            &[],
        )
        .await?;
    let values = vec![
        text("5"),
        text("1.5"),
        text("2024-02-29"),
        text("yes"),
        Value::Integer(2),
        Value::Integer(7),
        text("0190 5f7b7c007abc8def0123456789ab"),
    ];
    let mut good = values.clone();
    good[6] = text("01905f7b7c007abc8def0123456789ab");
    let written = store
        .write(&target("t", &["a", "b", "c", "d", "e", "f", "g"]), &mut rows(vec![vec![Value::Null; 7], good]))
        .await?;
    assert_eq!(written, 2);
    let found = store.query("SELECT * FROM t WHERE a = $1 AND c = $2", &[text("5"), text("2024-02-29")]).await?;
    assert_eq!(
        found[0][..6],
        [
            Value::Integer(5),
            decimal("1.5"),
            Value::Date("2024-02-29".parse().unwrap()),
            Value::Boolean(true),
            Value::Double(2.0),
            text("7")
        ]
    );
    let error = store
        .write(&target("t", &["a", "b", "c", "d", "e", "f", "g"]), &mut rows(vec![vec![Value::Null; 7], values]))
        .await
        .expect_err("no uuid");
    assert_eq!(error.class(), Some(ErrorClass::BadValue));
    assert!(error.details().contains(&"row 2".to_owned()), "{:?}", error.details());
    Ok(())
}

async fn types_beyond_the_portable_ones_take_their_text(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TYPE mood AS ENUM ('sad', 'fine')", &[]).await?;
    store.execute("CREATE DOMAIN positive AS integer CHECK (VALUE > 0)", &[]).await?;
    store.execute("CREATE TABLE t (a mood, b inet, c text[], d positive, e interval)", &[]).await?;
    let row = vec![text("fine"), text("10.0.0.1"), text("{x,\"y z\"}"), Value::Integer(3), text("1 day")];
    store.write(&target("t", &["a", "b", "c", "d", "e"]), &mut rows(vec![row.clone()])).await?;
    store.execute("INSERT INTO t VALUES ($1, $2, $3, $4, $5)", &row).await?;
    let found = store.query("SELECT a, host(b), c, d FROM t", &[]).await?;
    let expected = vec![text("fine"), text("10.0.0.1"), Value::Array(vec![text("x"), text("y z")]), Value::Integer(3)];
    assert_eq!(found, [expected.clone(), expected]);
    Ok(())
}

async fn results_of_every_type_have_a_portable_form(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    let found = store
        .query(
            "SELECT 'NaN'::numeric, 1::numeric, 12345678901234567890123456789012345678901::numeric, 'infinity'::date, '-infinity'::timestamptz, \
             '24:00'::time, current_user, 'x'::\"char\", NULL::inet, ARRAY[1, NULL], 5::oid, 1.0::real, 'a'::bpchar, '{}'::json",
            &[],
        )
        .await?;
    assert_eq!(found[0][0], text("NaN"));
    assert_eq!(found[0][1], decimal("1"));
    assert_eq!(found[0][2], text("12345678901234567890123456789012345678901"));
    assert_eq!(found[0][3..6], [text("infinity"), text("-infinity"), text("24:00:00")]);
    assert!(matches!(&found[0][6], Value::Text(_)));
    assert_eq!(found[0][7..9], [text("x"), Value::Null]);
    assert_eq!(found[0][9], Value::Array(vec![Value::Integer(1), Value::Null]));
    assert_eq!(found[0][10..], [Value::Integer(5), Value::Double(1.0), text("a"), Value::Json("{}".to_owned())]);
    Ok(())
}

const PEOPLE: &str =
    "CREATE TABLE people (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, email VARCHAR(40) NOT NULL UNIQUE,
    age INTEGER CHECK (age >= 0));";

fn person(id: i64) -> Vec<Value> {
    vec![Value::Integer(id), text(&format!("p{id}@example.com")), Value::Integer(id % 90)]
}

async fn a_row_that_is_refused_is_numbered(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    session.apply(PEOPLE).await?;
    let all: Vec<_> = (1..=5000).map(person).collect();
    let cases = [
        (4321, 1, text("p7@example.com"), ErrorClass::UniqueViolation),
        (2, 2, Value::Integer(-1), ErrorClass::CheckViolation),
        (5000, 1, Value::Null, ErrorClass::NotNullViolation),
        (1999, 1, text(&"x".repeat(41)), ErrorClass::BadValue),
        (1500, 2, Value::Integer(1 << 40), ErrorClass::BadValue),
        (1500, 2, text("many"), ErrorClass::BadValue),
    ];
    for (row, column, value, class) in cases {
        let mut bad = all.clone();
        bad[row - 1][column] = value;
        let target = target("people", &["id", "email", "age"]);
        let error = session.store.write(&target, &mut rows(bad)).await.expect_err("a row is bad");
        assert_eq!(error.class(), Some(class), "{error}");
        assert!(error.details().contains(&format!("row {row}")), "{:?}", error.details());
        assert_eq!(session.value("SELECT count(*) FROM people").await?, Value::Integer(0));
    }
    Ok(())
}

async fn a_refused_row_of_an_upsert_is_numbered(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    session.apply(PEOPLE).await?;
    let mut target = target("people", &["id", "email", "age"]);
    target.mode = WriteMode::Upsert { key: vec![Name::from("id")] };
    let mut all: Vec<_> = (1..=100).map(person).collect();
    session.store.write(&target, &mut rows(all.clone())).await?;
    all[76][2] = Value::Integer(-1);
    let error = session.store.write(&target, &mut rows(all.clone())).await.expect_err("a row is bad");
    assert_eq!(error.class(), Some(ErrorClass::CheckViolation));
    assert!(error.details().contains(&"row 77".to_owned()), "{:?}", error.details());
    all[76][2] = Value::Integer(3);
    all[30][1] = text("p90@example.com");
    let error = session.store.write(&target, &mut rows(all)).await.expect_err("a row is bad");
    assert_eq!(error.class(), Some(ErrorClass::UniqueViolation));
    assert!(error.details().contains(&"row 31".to_owned()), "{:?}", error.details());
    assert_eq!(session.value("SELECT count(*) FROM people").await?, Value::Integer(100));
    Ok(())
}

async fn of_rows_with_one_key_the_last_counts(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    session.apply(PEOPLE).await?;
    let mut target = target("people", &["email", "age"]);
    target.mode = WriteMode::Upsert { key: vec![Name::from("email")] };
    let row = |email: &str, age| vec![text(email), Value::Integer(age)];
    let all = vec![row("a", 1), row("b", 2), row("a", 3), row("c", 4), row("b", 5)];
    session.store.begin(Default::default()).await?;
    assert_eq!(session.store.write(&target, &mut rows(all.clone())).await?, 5);
    assert_eq!(session.store.write(&target, &mut rows(all)).await?, 5);
    session.store.commit().await?;
    let found = session.store.query("SELECT email, age FROM people ORDER BY email", &[]).await?;
    assert_eq!(found, [row("a", 3), row("b", 5), row("c", 4)]);
    Ok(())
}

async fn a_load_larger_than_a_frame_is_whole(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    session.apply(PEOPLE).await?;
    let all: Vec<_> = (1..=20_000).map(person).collect();
    assert_eq!(session.store.write(&target("people", &["id", "email", "age"]), &mut rows(all)).await?, 20_000);
    assert_eq!(session.value("SELECT sum(id)::bigint FROM people").await?, Value::Integer(20_000 * 20_001 / 2));
    assert_eq!(session.store.clear(&Name::from("people")).await?, 20_000);
    Ok(())
}

async fn a_decimal_with_too_many_digits_is_refused(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (a numeric(5, 2))", &[]).await?;
    let target = target("t", &["a"]);
    store.write(&target, &mut rows(vec![vec![decimal("1.500")]])).await?;
    for (number, row) in [("1.555", 1), ("1000.00", 1)] {
        let error = store.write(&target, &mut rows(vec![vec![decimal(number)]])).await.expect_err(number);
        assert_eq!(error.class(), Some(ErrorClass::BadValue), "{error}");
        assert!(error.details().contains(&format!("row {row}")), "{:?}", error.details());
    }
    Ok(())
}

async fn columns_that_are_numbered_go_on_above_what_was_loaded(server: &Server) -> Result<()> {
    let mut session = Session::new(server).await?;
    session.apply(PEOPLE).await?;
    session.store.execute("CREATE TABLE old (id serial PRIMARY KEY, n integer)", &[]).await?;
    session.store.write(&target("people", &["id", "email", "age"]), &mut rows((5..=9).map(person).collect())).await?;
    session.store.write(&target("old", &["id", "n"]), &mut rows(vec![vec![Value::Integer(7), Value::Null]])).await?;
    session.store.execute("INSERT INTO people (email) VALUES ('next')", &[]).await?;
    session.store.execute("INSERT INTO old (n) VALUES (1)", &[]).await?;
    assert_eq!(session.value("SELECT max(id) FROM people").await?, Value::Integer(10));
    assert_eq!(session.value("SELECT max(id) FROM old").await?, Value::Integer(8));
    Ok(())
}
