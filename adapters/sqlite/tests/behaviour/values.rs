//! Values of every type, there and back: by a bound row, by a literal, and by a default.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use fastman_core::schema::{ColumnType, Name};
use fastman_core::store::{Batch, RowSource, TargetColumn, WriteMode, WriteTarget};
use fastman_core::value::{Decimal, Value};

use crate::support::Database;

struct One(Option<Vec<Vec<Value>>>);

#[async_trait::async_trait]
impl RowSource for One {
    async fn next_batch(&mut self) -> fastman_core::Result<Option<Batch>> {
        Ok(self.0.take().map(|rows| Batch::take(&mut rows.into(), usize::MAX)))
    }
}

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse::<Decimal>().unwrap())
}

fn moment(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap()
}

/// The longest, the least and the strangest values of every type.
fn edges() -> Vec<(ColumnType, Vec<Value>)> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::Text((*text).to_owned())).collect::<Vec<_>>();
    let moments =
        ["0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "2024-02-29 12:00:00.5", "9999-12-31 23:59:59.999999"];
    vec![
        (ColumnType::SmallInt, vec![Value::Integer(-32_768), Value::Integer(32_767), Value::Integer(0)]),
        (ColumnType::Integer, vec![Value::Integer(i64::from(i32::MIN)), Value::Integer(i64::from(i32::MAX))]),
        (ColumnType::BigInt, vec![Value::Integer(i64::MIN), Value::Integer(i64::MAX), Value::Integer(-1)]),
        (
            ColumnType::Decimal { precision: 15, scale: 2 },
            vec![
                decimal("9999999999999.99"),
                decimal("-9999999999999.99"),
                decimal("0.01"),
                decimal("0.00"),
                decimal("1.10"),
            ],
        ),
        (
            ColumnType::Decimal { precision: 15, scale: 15 },
            vec![decimal("0.123456789012345"), decimal("-0.999999999999999")],
        ),
        (ColumnType::Decimal { precision: 15, scale: 0 }, vec![decimal("999999999999999")]),
        (
            ColumnType::Decimal { precision: 38, scale: 10 },
            vec![
                decimal("9999999999999999999999999999.9999999999"),
                decimal("-0.0000000001"),
                decimal("1e0".trim_end_matches("e0")),
            ],
        ),
        (ColumnType::Decimal { precision: 38, scale: 0 }, vec![decimal("-99999999999999999999999999999999999999")]),
        (ColumnType::Real, vec![Value::Double(0.5), Value::Double(-3.0), Value::Double(f64::from(f32::MAX))]),
        (
            ColumnType::Double,
            vec![
                Value::Double(0.1),
                Value::Double(f64::MAX),
                Value::Double(f64::MIN_POSITIVE),
                Value::Double(5e-324),
                Value::Double(-1e15),
                Value::Double(2.0),
            ],
        ),
        (ColumnType::Boolean, vec![Value::Boolean(true), Value::Boolean(false)]),
        (ColumnType::Char(3), texts(&["abc", "äöü"])),
        (ColumnType::Varchar(5), texts(&["", "  x  ", "12.50", "a'b\"c", "🦀🦀🦀🦀🦀", "1e5"])),
        (ColumnType::Text, texts(&["", "0x10", "NULL", "line\nbreak\r\n\t", "\\", "%_", "--", "/*", ";", "?1 :a $b"])),
        (
            ColumnType::Date,
            ["0001-01-01", "2024-02-29", "9999-12-31"]
                .iter()
                .map(|text| Value::Date(text.parse::<NaiveDate>().unwrap()))
                .collect(),
        ),
        (
            ColumnType::Time,
            ["00:00:00", "23:59:59.999999", "12:00:00.000001"]
                .iter()
                .map(|text| Value::Time(text.parse::<NaiveTime>().unwrap()))
                .collect(),
        ),
        (ColumnType::Timestamp, moments.iter().map(|text| Value::Timestamp(moment(text))).collect()),
        (
            ColumnType::TimestampTz,
            moments
                .iter()
                .map(|text| Value::TimestampTz(DateTime::<Utc>::from_naive_utc_and_offset(moment(text), Utc)))
                .collect(),
        ),
        (
            ColumnType::Blob,
            vec![Value::Bytes(Vec::new()), Value::Bytes((0..=255).collect()), Value::Bytes(b"123".to_vec())],
        ),
        (ColumnType::Varbinary(4), vec![Value::Bytes(vec![0, 255, 0, 255])]),
        (ColumnType::Uuid, vec![Value::Uuid(uuid::Uuid::nil()), Value::Uuid(uuid::Uuid::max())]),
        (
            ColumnType::Json,
            ["1.0", "\"x\"", "null", "{\"a\": [1.50, 1e2]}", "12345678901234567890.5"]
                .iter()
                .map(|text| Value::Json((*text).to_owned()))
                .collect(),
        ),
    ]
}

#[tokio::test]
async fn a_bound_value_comes_back_as_it_was() {
    for (column_type, values) in edges() {
        let mut database = Database::with(&format!("CREATE TABLE t (v {column_type})")).await;
        let target = WriteTarget {
            table: Name::from("t"),
            columns: vec![TargetColumn { name: Name::from("v"), column_type: Some(column_type.clone()) }],
            document_id: None,
            mode: WriteMode::Insert,
        };
        let rows: Vec<Vec<Value>> = values.iter().cloned().chain([Value::Null]).map(|value| vec![value]).collect();
        database.store.write(&target, &mut One(Some(rows.clone()))).await.unwrap();
        assert_eq!(database.rows("SELECT v FROM t").await, rows, "{column_type}");
        for row in &rows {
            if row[0] != Value::Null {
                let found = database.store.query("SELECT count(*) FROM t WHERE v = ?1", row).await.unwrap();
                let as_kept = matches!(column_type, ColumnType::Decimal { precision: 16.., .. });
                assert!(as_kept || found == [[Value::Integer(1)]], "{column_type}: {row:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_literal_is_kept_as_the_same_bound_value_is() {
    for (column_type, values) in edges() {
        let mut database = Database::with(&format!("CREATE TABLE t (v {column_type})")).await;
        let dialect = database.store.dialect();
        let target = WriteTarget {
            table: Name::from("t"),
            columns: vec![TargetColumn { name: Name::from("v"), column_type: Some(column_type.clone()) }],
            document_id: None,
            mode: WriteMode::Insert,
        };
        for value in values {
            let literal = dialect.literal(&value, Some(&column_type)).unwrap();
            database.raw(&[&format!("INSERT INTO t VALUES ({literal})")]).await;
            database.store.write(&target, &mut One(Some(vec![vec![value.clone()]]))).await.unwrap();
            assert_eq!(
                database.text("SELECT count(DISTINCT typeof(v) || quote(v)) FROM t").await,
                "1",
                "{column_type}: {value:?}"
            );
            let default =
                format!("CREATE TABLE d (a INTEGER, v {} DEFAULT {literal})", dialect_type(&database, &column_type));
            database
                .raw(&[&default, "INSERT INTO d (a) VALUES (1)", "INSERT INTO t SELECT v FROM d", "DROP TABLE d"])
                .await;
            assert_eq!(
                database.text("SELECT count(DISTINCT typeof(v) || quote(v)) FROM t").await,
                "1",
                "{column_type}: {value:?}"
            );
            database.raw(&["DELETE FROM t"]).await;
        }
    }
}

fn dialect_type(database: &Database, column_type: &ColumnType) -> String {
    let column = fastman_core::schema::Column {
        name: Name::from("v"),
        column_type: column_type.clone(),
        nullable: true,
        default: None,
        identity: false,
        on_update_now: false,
        comment: None,
    };
    database.store.dialect().type_name(&column).unwrap()
}

#[tokio::test]
async fn a_text_with_a_nul_is_kept_whole() {
    let mut database = Database::with("CREATE TABLE t (v TEXT)").await;
    let value = Value::Text("a\0b".to_owned());
    let literal = database.store.dialect().literal(&value, Some(&ColumnType::Text)).unwrap();
    database.raw(&[&format!("INSERT INTO t VALUES ({literal})")]).await;
    database.store.execute("INSERT INTO t VALUES (?1)", std::slice::from_ref(&value)).await.unwrap();
    assert_eq!(database.rows("SELECT v FROM t").await, [[value.clone()], [value]]);
}

#[tokio::test]
async fn timestamps_are_in_the_order_of_their_text() {
    let mut database = Database::with("CREATE TABLE t (n INTEGER, v TIMESTAMP)").await;
    let moments = ["2024-01-01 00:00:05", "2024-01-01 00:00:05.000001", "2024-01-01 00:00:05.5", "2024-01-01 00:00:06"];
    for (number, text) in moments.iter().enumerate().rev() {
        let parameters = [Value::Integer(i64::try_from(number).unwrap()), Value::Timestamp(moment(text))];
        database.store.execute("INSERT INTO t VALUES (?1, ?2)", &parameters).await.unwrap();
    }
    assert_eq!(database.text("SELECT n FROM t ORDER BY v").await, "0\n1\n2\n3");
    assert_eq!(database.text("SELECT count(*) FROM t WHERE v < CURRENT_TIMESTAMP").await, "4");
}
