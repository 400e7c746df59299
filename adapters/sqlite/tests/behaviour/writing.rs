//! Streams of rows.

use async_trait::async_trait;
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::{ColumnType, Name};
use fastman_core::store::{Batch, RowSource, TargetColumn, TransactionOptions, WriteMode, WriteTarget};
use fastman_core::value::Value;

use crate::support::Database;

struct Batches(Vec<Result<Vec<Vec<Value>>>>);

#[async_trait]
impl RowSource for Batches {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        self.0.remove(0).map(|rows| Some(Batch::take(&mut rows.into(), usize::MAX)))
    }
}

fn target(columns: &[(&str, ColumnType)], mode: WriteMode) -> WriteTarget {
    WriteTarget {
        table: Name::from("t"),
        columns: columns
            .iter()
            .map(|(name, column_type)| TargetColumn { name: Name::from(*name), column_type: Some(column_type.clone()) })
            .collect(),
        document_id: None,
        mode,
    }
}

fn row(id: i64, name: &str) -> Vec<Value> {
    vec![Value::Integer(id), Value::Text(name.to_owned())]
}

const COLUMNS: [(&str, ColumnType); 2] = [("id", ColumnType::BigInt), ("name", ColumnType::Varchar(10))];
const TABLE: &str = "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(10) NOT NULL)";

#[tokio::test]
async fn every_row_of_every_batch_is_written() {
    let mut database = Database::with(TABLE).await;
    let mut rows = Batches(vec![Ok(vec![row(1, "a"), row(2, "b")]), Ok(vec![]), Ok(vec![row(3, "c")])]);
    assert_eq!(database.store.write(&target(&COLUMNS, WriteMode::Insert), &mut rows).await.unwrap(), 3);
    assert_eq!(database.text("SELECT * FROM t").await, "1|a\n2|b\n3|c");
    assert_eq!(database.store.clear(&Name::from("t")).await.unwrap(), 3);
    assert_eq!(database.count("t").await, 0);
}

#[tokio::test]
async fn an_upsert_replaces_the_other_columns_of_a_row_with_the_same_key() {
    let mut database = Database::with(TABLE).await;
    let upsert = target(&COLUMNS, WriteMode::Upsert { key: vec![Name::from("id")] });
    for (rows, expected) in
        [(vec![row(1, "a"), row(2, "b")], "1|a\n2|b"), (vec![row(2, "B"), row(3, "C"), row(3, "c")], "1|a\n2|B\n3|c")]
    {
        database.store.write(&upsert, &mut Batches(vec![Ok(rows)])).await.unwrap();
        assert_eq!(database.text("SELECT * FROM t").await, expected);
    }
    let key_alone = target(&COLUMNS[..1], WriteMode::Upsert { key: vec![Name::from("id")] });
    let error =
        database.store.write(&key_alone, &mut Batches(vec![Ok(vec![vec![Value::Integer(9)]])])).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::NotNullViolation));
}

#[tokio::test]
async fn an_error_names_the_row_and_no_row_is_left() {
    let mut database = Database::with(TABLE).await;
    for (bad, class) in [
        (row(1, "again"), ErrorClass::UniqueViolation),
        (vec![Value::Integer(4), Value::Null], ErrorClass::NotNullViolation),
        (row(4, "much too long"), ErrorClass::BadValue),
        (vec![Value::Integer(4)], ErrorClass::BadValue),
    ] {
        let mut rows = Batches(vec![Ok(vec![row(1, "a"), row(2, "b")]), Ok(vec![row(3, "c")]), Ok(vec![bad])]);
        let error = database.store.write(&target(&COLUMNS, WriteMode::Insert), &mut rows).await.unwrap_err();
        assert_eq!(error.class(), Some(class), "{error}");
        assert!(error.details().contains(&"row 4".to_owned()), "{:?}", error.details());
        assert_eq!(database.count("t").await, 0);
    }
}

#[tokio::test]
async fn an_error_of_the_source_is_passed_on_and_no_row_is_left() {
    let mut database = Database::with(TABLE).await;
    let mut rows = Batches(vec![Ok(vec![row(1, "a")]), Err(Error::failed("seed.formula", "no"))]);
    let error = database.store.write(&target(&COLUMNS, WriteMode::Insert), &mut rows).await.unwrap_err();
    assert_eq!(error.code(), "seed.formula");
    assert_eq!(database.count("t").await, 0);
    database.store.begin(TransactionOptions::default()).await.unwrap();
    database.store.rollback().await.unwrap();
}

#[tokio::test]
async fn inside_a_transaction_rows_are_part_of_it_and_an_error_takes_only_its_own_rows_along() {
    let mut database = Database::with(TABLE).await;
    database.store.begin(TransactionOptions::default()).await.unwrap();
    let insert = target(&COLUMNS, WriteMode::Insert);
    database.store.write(&insert, &mut Batches(vec![Ok(vec![row(1, "a")])])).await.unwrap();
    assert!(database.store.write(&insert, &mut Batches(vec![Ok(vec![row(2, "b"), row(1, "a")])])).await.is_err());
    assert_eq!(database.text("SELECT id FROM t").await, "1");
    database.store.rollback().await.unwrap();
    assert_eq!(database.count("t").await, 0);
}

struct Endless;

#[async_trait]
impl RowSource for Endless {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        Ok(None)
    }
}

#[tokio::test]
async fn writing_that_nobody_waits_for_any_more_is_rolled_back() {
    let mut database = Database::with(TABLE).await;
    let insert = target(&COLUMNS, WriteMode::Insert);
    let mut rows = Endless;
    let writing = database.store.write(&insert, &mut rows);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), writing).await.is_err());
    let mut other = database.another().await;
    database.raw(&["INSERT INTO t VALUES (1, 'a')"]).await;
    assert_eq!(other.query("SELECT * FROM t", &[]).await.unwrap().len(), 1);
}
