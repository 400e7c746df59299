//! Transactions: the lock, what ends them, and what is left behind.

use std::time::{Duration, Instant};

use fastman_core::dialect::LockScope;
use fastman_core::error::ErrorClass;
use fastman_core::store::{LockAttempt, Statement, Transaction, TransactionOptions};
use fastman_core::value::Value;

use crate::support::{Database, connect_with};

const PLAIN: TransactionOptions = TransactionOptions { suspend_foreign_keys: false };
const SUSPENDED: TransactionOptions = TransactionOptions { suspend_foreign_keys: true };

#[tokio::test]
async fn beginning_takes_the_lock_and_a_second_session_is_told_within_a_second() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER)").await;
    let mut other = database.another().await;
    assert_eq!(database.store.dialect().facts().lock, LockScope::Begin);
    database.store.begin(PLAIN).await.unwrap();
    assert_eq!(database.store.try_lock("key").await.unwrap(), LockAttempt::Held);
    let started = Instant::now();
    let error = other.begin(PLAIN).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::Busy));
    assert!(started.elapsed() < Duration::from_millis(1200));
    assert!(error.message().contains("app.db"));
    database.store.commit().await.unwrap();
    other.begin(PLAIN).await.unwrap();
    other.rollback().await.unwrap();
}

#[tokio::test]
async fn readers_see_the_last_commit_and_a_commit_waits_for_them() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER)").await;
    let mut reader = connect_with("sqlite:///./app.db", &database.options()).await.unwrap();
    reader.execute("BEGIN", &[]).await.unwrap();
    assert_eq!(reader.query("SELECT * FROM t", &[]).await.unwrap().len(), 0);
    database.store.begin(PLAIN).await.unwrap();
    database.store.execute("INSERT INTO t VALUES (1)", &[]).await.unwrap();
    let release = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(reader.query("SELECT * FROM t", &[]).await.unwrap().len(), 0);
        reader.execute("COMMIT", &[]).await.unwrap();
    });
    database.store.commit().await.unwrap();
    release.await.unwrap();
    assert_eq!(database.count("t").await, 1);
}

#[tokio::test]
async fn a_commit_that_readers_prevent_for_too_long_rolls_back() {
    let database = Database::with("CREATE TABLE t (a INTEGER)").await;
    let mut reader = database.another().await;
    reader.execute("BEGIN", &[]).await.unwrap();
    reader.query("SELECT * FROM t", &[]).await.unwrap();
    let mut writer = connect_with("sqlite:///./app.db?busy_timeout=50", &database.options()).await.unwrap();
    writer.begin(PLAIN).await.unwrap();
    writer.execute("INSERT INTO t VALUES (1)", &[]).await.unwrap();
    assert_eq!(writer.commit().await.unwrap_err().class(), Some(ErrorClass::Busy));
    reader.execute("COMMIT", &[]).await.unwrap();
    assert_eq!(writer.query("SELECT * FROM t", &[]).await.unwrap().len(), 0);
    writer.begin(PLAIN).await.unwrap();
    writer.rollback().await.unwrap();
}

#[tokio::test]
async fn a_batch_stops_at_the_statement_that_fails_and_names_it() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER PRIMARY KEY)").await;
    let statements: Vec<Statement> =
        ["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"]
            .map(Statement::new)
            .to_vec();
    let failed = database.store.run(&statements).await.unwrap_err();
    assert_eq!(failed.index, 1);
    assert_eq!(failed.error.class(), Some(ErrorClass::UniqueViolation));
    assert_eq!(database.count("t").await, 1);
}

#[tokio::test]
async fn a_statement_tells_how_many_rows_it_changed() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER)").await;
    let store = &mut database.store;
    assert_eq!(store.execute("INSERT INTO t VALUES (?1), (?2)", &[Value::Integer(1), Value::Null]).await.unwrap(), 2);
    assert_eq!(store.execute("CREATE TABLE u (a)", &[]).await.unwrap(), 0);
    assert_eq!(store.execute("UPDATE t SET a = 5 WHERE a = 9", &[]).await.unwrap(), 0);
    assert_eq!(store.execute("PRAGMA user_version = 7", &[]).await.unwrap(), 0);
    assert_eq!(store.execute("SELECT * FROM t", &[]).await.unwrap(), 0);
    let error = store.execute("INSERT INTO t VALUES (?1)", &[]).await.unwrap_err();
    assert!(error.message().contains("1 parameter"), "{error}");
    let error = store.execute("DELETE FROM t; DELETE FROM t", &[]).await.unwrap_err();
    assert!(error.message().contains("one statement"), "{error}");
    assert_eq!(database.count("t").await, 2);
}

#[tokio::test]
async fn a_statement_that_would_end_the_migration_s_transaction_is_refused_before_it_does() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER)").await;
    database.store.begin(PLAIN).await.unwrap();
    for sql in ["COMMIT", "ROLLBACK", "BEGIN", "PRAGMA foreign_keys = OFF"] {
        assert!(database.store.execute(sql, &[]).await.unwrap_err().help().is_some(), "{sql}");
    }
    let error = database.store.execute("VACUUM", &[]).await.unwrap_err();
    assert!(error.help().unwrap().contains("transaction:false"));
    database
        .raw(&["SAVEPOINT a", "INSERT INTO t VALUES (1)", "ROLLBACK TO a", "RELEASE a", "INSERT INTO t VALUES (2)"])
        .await;
    database.store.commit().await.unwrap();
    assert_eq!(database.text("SELECT a FROM t").await, "2");
    database.raw(&["VACUUM", "BEGIN", "COMMIT"]).await;
}

#[tokio::test]
async fn a_full_disk_rolls_back_and_says_so() {
    let mut database = Database::with("CREATE TABLE t (a TEXT)").await;
    database.raw(&["PRAGMA max_page_count = 20"]).await;
    database.store.begin(PLAIN).await.unwrap();
    database.raw(&["INSERT INTO t VALUES ('kept?')"]).await;
    let error = database.store.execute("INSERT INTO t VALUES (hex(zeroblob(100000)))", &[]).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::Full));
    assert!(error.message().contains("app.db") && error.help().is_some());
    // Whether SQLite ended the transaction itself or not, nothing more gets in and nothing stays.
    let _ = database.store.execute("INSERT INTO t VALUES ('more')", &[]).await;
    database.store.rollback().await.unwrap();
    assert_eq!(database.count("t").await, 0);
}

#[tokio::test]
async fn a_transaction_that_sqlite_gave_up_takes_no_more_statements() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER PRIMARY KEY)").await;
    database.store.begin(PLAIN).await.unwrap();
    database.raw(&["INSERT INTO t VALUES (1)"]).await;
    assert!(database.store.execute("INSERT OR ROLLBACK INTO t VALUES (1)", &[]).await.is_err());
    let error = database.store.execute("INSERT INTO t VALUES (2)", &[]).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::LostConnection));
    assert!(database.store.commit().await.is_err());
    assert_eq!(database.count("t").await, 0);
}

#[tokio::test]
async fn a_transaction_dropped_open_poisons_its_session_and_frees_the_lock() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER)").await;
    let mut other = database.another().await;
    let mut transaction = Transaction::begin(&mut *database.store, PLAIN).await.unwrap();
    transaction.store().execute("INSERT INTO t VALUES (1)", &[]).await.unwrap();
    drop(transaction);
    let error = database.store.execute("INSERT INTO t VALUES (1)", &[]).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::LostConnection));
    other.begin(PLAIN).await.unwrap();
    other.rollback().await.unwrap();
    assert_eq!(other.query("SELECT * FROM t", &[]).await.unwrap().len(), 0);
}

const FOR_EVER: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

#[tokio::test]
async fn a_statement_that_runs_is_interrupted_when_its_transaction_is_dropped() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER)").await;
    let mut other = database.another().await;
    {
        let mut transaction = Transaction::begin(&mut *database.store, PLAIN).await.unwrap();
        let running = transaction.store().query(FOR_EVER, &[]);
        assert!(tokio::time::timeout(Duration::from_millis(100), running).await.is_err());
    }
    other.begin(PLAIN).await.unwrap();
    other.rollback().await.unwrap();
}

#[tokio::test]
async fn dropping_the_store_interrupts_what_runs_and_frees_its_locks() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER)").await;
    let mut other = database.another().await;
    other.begin(PLAIN).await.unwrap();
    other.execute("INSERT INTO t VALUES (1)", &[]).await.unwrap();
    let running = other.query(FOR_EVER, &[]);
    assert!(tokio::time::timeout(Duration::from_millis(100), running).await.is_err());
    let started = Instant::now();
    drop(other);
    assert!(started.elapsed() < Duration::from_secs(2));
    database.store.begin(PLAIN).await.unwrap();
    database.store.rollback().await.unwrap();
    assert_eq!(database.count("t").await, 0);
}

#[tokio::test]
async fn beginning_that_nobody_waits_for_leaves_no_transaction_open() {
    let mut database = Database::with("CREATE TABLE t (a INTEGER)").await;
    let mut other = database.another().await;
    other.begin(PLAIN).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(50), database.store.begin(PLAIN)).await.is_err());
    other.rollback().await.unwrap();
    database.raw(&["INSERT INTO t VALUES (1)"]).await;
    assert_eq!(other.query("SELECT * FROM t", &[]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_knows_when_another_is_gone() {
    let mut database = Database::new().await;
    let other = database.another().await;
    let name = other.session().unwrap();
    assert!(name.len() <= 255);
    assert_eq!(database.store.session_is_gone(&name).await.unwrap(), Some(false));
    drop(other);
    assert_eq!(database.store.session_is_gone(&name).await.unwrap(), Some(true));
    assert_eq!(database.store.session_is_gone("somebody else").await.unwrap(), None);
}

async fn parent_and_child() -> Database {
    Database::with(
        "CREATE TABLE users (id BIGINT PRIMARY KEY);
         CREATE TABLE posts (id BIGINT PRIMARY KEY, author BIGINT REFERENCES users (id) ON DELETE CASCADE);
         INSERT INTO users VALUES (1); INSERT INTO posts VALUES (10, 1)",
    )
    .await
}

#[tokio::test]
async fn foreign_keys_are_enforced_outside_and_inside_of_transactions() {
    let mut database = parent_and_child().await;
    for inside in [false, true] {
        if inside {
            database.store.begin(PLAIN).await.unwrap();
        }
        let error = database.store.execute("INSERT INTO posts VALUES (11, 7)", &[]).await.unwrap_err();
        assert_eq!(error.class(), Some(ErrorClass::ForeignKeyViolation));
    }
    database.store.rollback().await.unwrap();
    database.raw(&["DELETE FROM users"]).await;
    assert_eq!(database.count("posts").await, 0);
}

#[tokio::test]
async fn suspended_foreign_keys_are_checked_as_a_whole_before_the_commit_and_enforced_again_after_it() {
    let mut database = parent_and_child().await;
    database.store.begin(SUSPENDED).await.unwrap();
    database.raw(&["DELETE FROM users"]).await;
    assert_eq!(database.count("posts").await, 1);
    let error = database.store.commit().await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::ForeignKeyViolation));
    assert!(error.message().contains("posts") && error.message().contains("users"), "{error}");
    assert_eq!(database.count("users").await, 1);
    database.store.begin(SUSPENDED).await.unwrap();
    database.raw(&["DELETE FROM users", "INSERT INTO users VALUES (1)"]).await;
    database.store.commit().await.unwrap();
    assert!(database.store.execute("INSERT INTO posts VALUES (11, 7)", &[]).await.is_err());
}

#[tokio::test]
async fn only_new_violations_of_suspended_foreign_keys_count() {
    let mut database = parent_and_child().await;
    database.raw(&["PRAGMA foreign_keys = OFF", "INSERT INTO posts VALUES (11, 7)", "PRAGMA foreign_keys = ON"]).await;
    database.store.begin(SUSPENDED).await.unwrap();
    database.raw(&["ALTER TABLE posts RENAME TO articles"]).await;
    database.store.commit().await.unwrap();
    database.store.begin(SUSPENDED).await.unwrap();
    database.raw(&["INSERT INTO articles VALUES (12, 8)"]).await;
    let error = database.store.commit().await.unwrap_err();
    assert_eq!(error.details(), ["articles row 3: no such row in users"]);
}

#[tokio::test]
async fn a_key_that_can_t_be_checked_from_before_does_not_hide_others() {
    let mut database = parent_and_child().await;
    database
        .raw(&[
            "CREATE TABLE broken (a REFERENCES users (absent))",
            "CREATE TABLE unique_less (a, b REFERENCES unique_less (a))",
        ])
        .await;
    database.store.begin(SUSPENDED).await.unwrap();
    database.store.commit().await.unwrap();
    database.store.begin(SUSPENDED).await.unwrap();
    database.raw(&["DELETE FROM users"]).await;
    let error = database.store.commit().await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::ForeignKeyViolation));
}
