//! Writing rows, by LOAD DATA LOCAL and without.

use async_trait::async_trait;
use fastman_core::Result;
use fastman_core::error::ErrorClass;
use fastman_core::schema::Name;
use fastman_core::store::{Batch, RowSource, SqlStore, TargetColumn, TransactionOptions, WriteMode, WriteTarget};
use fastman_core::value::Value;

use crate::support::{Server, connect};
use crate::tests;

tests!("writing":
    the_row_that_does_not_fit_is_named_and_nothing_stays,
    what_a_column_would_round_or_cut_is_refused,
    what_a_column_would_take_for_something_else_is_refused,
    a_table_without_transactions_is_not_written,
    keys_reserved_at_once_end_in_busy_and_leave_the_session_as_it_was,
    reserving_keys_sets_off_no_trigger,
    keys_of_deleted_rows_are_not_reserved_again,
    an_upsert_goes_by_its_key_alone,
    many_rows_are_written_either_way,
);

struct Rows(std::collections::VecDeque<Vec<Value>>);

#[async_trait]
impl RowSource for Rows {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        Ok(Some(Batch::take(&mut self.0, 1000)).filter(|batch| !batch.is_empty()))
    }
}

fn target(columns: &[&str], mode: WriteMode) -> WriteTarget {
    let column = |name: &&str| TargetColumn { name: Name::from(*name), column_type: None };
    WriteTarget { table: Name::from("t"), columns: columns.iter().map(column).collect(), document_id: None, mode }
}

async fn write(store: &mut Box<dyn SqlStore>, columns: &[&str], mode: WriteMode, rows: Vec<Vec<Value>>) -> Result<u64> {
    store.write(&target(columns, mode), &mut Rows(rows.into())).await
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

async fn count(store: &mut Box<dyn SqlStore>) -> Result<Value> {
    Ok(store.query("SELECT COUNT(*) FROM t", &[]).await?.remove(0).remove(0))
}

async fn the_row_that_does_not_fit_is_named_and_nothing_stays(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(3) NOT NULL)", &[]).await?;
    let good = |id: i64| vec![Value::Integer(id), text("a")];
    for (bad, class) in [
        (vec![Value::Integer(1), text("b")], ErrorClass::UniqueViolation),
        (vec![Value::Integer(7), Value::Null], ErrorClass::NotNullViolation),
        (vec![Value::Integer(7), text("long")], ErrorClass::BadValue),
        (vec![text("seven"), text("b")], ErrorClass::BadValue),
    ] {
        let rows = vec![good(1), good(2), bad.clone(), good(3)];
        let error = write(&mut store, &["id", "v"], WriteMode::Insert, rows).await.unwrap_err();
        assert_eq!(error.class(), Some(class), "{bad:?}: {error:?}");
        assert!(error.details().contains(&"row 3".to_owned()), "{error:?}");
        assert_eq!(count(&mut store).await?, Value::Integer(0));
    }
    Ok(())
}

async fn what_a_column_would_round_or_cut_is_refused(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (d DECIMAL(10, 2), v VARCHAR(3))", &[]).await?;
    for row in [
        vec![Value::Decimal("1.005".parse().unwrap()), text("a")],
        vec![Value::Decimal("1.00".parse().unwrap()), text("abc  ")],
    ] {
        let error = write(&mut store, &["d", "v"], WriteMode::Insert, vec![row]).await.unwrap_err();
        assert_eq!(error.class(), Some(ErrorClass::BadValue), "{error:?}");
        assert_eq!(count(&mut store).await?, Value::Integer(0));
    }
    Ok(())
}

async fn what_a_column_would_take_for_something_else_is_refused(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    let table = "CREATE TABLE t (id INT, at DATETIME, t TIME(3), e ENUM('a', 'it''s', '7'), g INT GENERATED ALWAYS AS (id + 1) STORED)";
    store.execute(table, &[]).await?;
    let time = chrono::NaiveTime::from_hms_milli_opt(23, 59, 59, 900).unwrap();
    let late = chrono::NaiveDate::from_ymd_opt(2025, 12, 31).unwrap().and_time(time);
    for (column, value) in [
        ("at", Value::Timestamp(late)),
        ("at", text("2025-12-31 23:59:59.9")),
        ("t", text("10:00:00.0001")),
        ("e", text("2")),
        ("g", Value::Integer(5)),
    ] {
        let rows = vec![vec![Value::Integer(1), value]];
        let error = write(&mut store, &["id", column], WriteMode::Insert, rows).await.unwrap_err();
        assert_eq!(error.class(), Some(ErrorClass::BadValue), "{column}: {error:?}");
        assert!(error.message().contains(column), "{error:?}");
        assert_eq!(count(&mut store).await?, Value::Integer(0));
    }
    for (column, value) in [("t", Value::Time(time)), ("e", text("it's")), ("e", text("7"))] {
        write(&mut store, &["id", column], WriteMode::Insert, vec![vec![Value::Integer(1), value]]).await?;
    }
    assert_eq!(count(&mut store).await?, Value::Integer(3));
    Ok(())
}

async fn a_table_without_transactions_is_not_written(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=MyISAM", &[]).await?;
    let (table, id) = (Name::from("t"), Name::from("id"));
    let error = store.reserve_keys(&table, &id, 5, 0).await.unwrap_err();
    assert_eq!(error.code(), "mysql.not-transactional");
    assert!(error.message().contains("MyISAM"), "{error:?}");
    let error = write(&mut store, &["id"], WriteMode::Insert, vec![vec![Value::Integer(1)]]).await.unwrap_err();
    assert_eq!(error.code(), "mysql.not-transactional");
    assert_eq!(count(&mut store).await?, Value::Integer(0));
    Ok(())
}

async fn keys_reserved_at_once_end_in_busy_and_leave_the_session_as_it_was(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let (mut one, mut other) = (connect(&database.url).await?, connect(&database.url).await?);
    one.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB", &[]).await?;
    for store in [&mut one, &mut other] {
        store.begin(TransactionOptions::default()).await?;
        // Both lock the same gap, so that each waits for the other to write into it.
        store.query("SELECT id FROM t ORDER BY id DESC LIMIT 1 FOR UPDATE", &[]).await?;
    }
    let (table, id) = (Name::from("t"), Name::from("id"));
    let (first, second) = tokio::join!(one.reserve_keys(&table, &id, 5, 0), other.reserve_keys(&table, &id, 5, 0));
    let errors: Vec<_> = [first, second].into_iter().filter_map(Result::err).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].class(), Some(ErrorClass::Busy), "{errors:?}");
    assert!(errors[0].help().is_some_and(|help| help.contains("run it again")), "{errors:?}");
    for store in [&mut one, &mut other] {
        let checks = store.query("SELECT @@foreign_key_checks + 0, @@sql_mode = ''", &[]).await?;
        assert_eq!(checks, [vec![Value::Integer(1), Value::Integer(0)]]);
        store.rollback().await?;
    }
    Ok(())
}

async fn reserving_keys_sets_off_no_trigger(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB", &[]).await?;
    store.execute("CREATE TABLE log (n INT) ENGINE=MyISAM", &[]).await?;
    store.execute("CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id)", &[]).await?;
    store.begin(TransactionOptions::default()).await?;
    assert_eq!(store.reserve_keys(&Name::from("t"), &Name::from("id"), 5, 0).await?, 1);
    store.rollback().await?;
    assert_eq!(store.query("SELECT COUNT(*) FROM log", &[]).await?, [vec![Value::Integer(0)]]);
    Ok(())
}

async fn keys_of_deleted_rows_are_not_reserved_again(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT) ENGINE=InnoDB", &[]).await?;
    // MySQL remembers for a day what a session of usual settings was told here.
    let mut usual = connect(&database.url).await?;
    let looked = "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()";
    let _ = usual.execute("SET SESSION information_schema_stats_expiry = 86400", &[]).await;
    usual.query(looked, &[]).await?;
    store.execute("INSERT INTO t (v) VALUES (1), (2), (3), (4)", &[]).await?;
    store.execute("DELETE FROM t", &[]).await?;
    store.begin(TransactionOptions::default()).await?;
    assert_eq!(store.reserve_keys(&Name::from("t"), &Name::from("id"), 5, 0).await?, 5);
    store.rollback().await
}

async fn an_upsert_goes_by_its_key_alone(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    let table =
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(50) UNIQUE, name VARCHAR(50) UNIQUE, n INT)";
    store.execute(table, &[]).await?;
    store.execute("INSERT INTO t (email, name, n) VALUES ('a', 'A', 1), ('b', 'B', 2)", &[]).await?;
    let upsert = || WriteMode::Upsert { key: vec![Name::from("email")] };
    let columns = ["email", "name", "n"];
    let row = |email: &str, name: &str, n| vec![text(email), text(name), Value::Integer(n)];
    let rows = vec![row("a", "A2", 10), row("c", "C", 3), row("c", "C2", 30)];
    assert_eq!(write(&mut store, &columns, upsert(), rows.clone()).await?, 3);
    assert_eq!(write(&mut store, &columns, upsert(), rows).await?, 3);
    let found = store.query("SELECT email, name, n FROM t ORDER BY email", &[]).await?;
    assert_eq!(found, [row("a", "A2", 10), row("b", "B", 2), row("c", "C2", 30)]);
    // It is another row that has this name.
    let error = write(&mut store, &columns, upsert(), vec![row("d", "B", 4)]).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::UniqueViolation));
    let nameless = vec![vec![Value::Null, Value::Null, Value::Integer(1)]; 2];
    assert_eq!(write(&mut store, &columns, upsert(), nameless).await?, 2);
    assert_eq!(count(&mut store).await?, Value::Integer(5));
    Ok(())
}

async fn many_rows_are_written_either_way(server: &Server) -> Result<()> {
    let database = server.database().await?;
    for allowed in ["ON", "OFF"] {
        let mut root = connect(&database.url).await?;
        root.execute(&format!("SET GLOBAL local_infile = {allowed}"), &[]).await?;
        let mut store = connect(&database.url).await?;
        store.execute("CREATE TABLE t (id INT PRIMARY KEY, b VARBINARY(4), v TEXT CHARACTER SET utf8mb4)", &[]).await?;
        let rows: Vec<Vec<Value>> = (0..60_000)
            .map(|id: i32| {
                vec![Value::Integer(id.into()), Value::Bytes(id.to_be_bytes().into()), text("it's\ta \\ ä🦀\n")]
            })
            .collect();
        assert_eq!(write(&mut store, &["id", "b", "v"], WriteMode::Insert, rows).await?, 60_000);
        assert_eq!(count(&mut store).await?, Value::Integer(60_000));
        let row = store.query("SELECT b, v FROM t WHERE id = 258", &[]).await?;
        assert_eq!(row, [vec![Value::Bytes(vec![0, 0, 1, 2]), text("it's\ta \\ ä🦀\n")]]);
        store.execute("DROP TABLE t", &[]).await?;
        root.execute("SET GLOBAL local_infile = ON", &[]).await?;
    }
    Ok(())
}
