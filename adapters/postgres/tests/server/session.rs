//! Sessions: transactions, the lock, who is who, and what happens when a session ends in the middle.

use std::time::{Duration, Instant};

use fastman_core::Result;
use fastman_core::error::ErrorClass;
use fastman_core::store::{LockAttempt, SqlStore, Statement, Transaction};
use fastman_core::value::Value;

use crate::support::{Server, connect};

crate::tests!("session":
    the_lock_says_who_holds_it,
    the_lock_is_that_of_one_database,
    sessions_are_told_apart_and_known_when_gone,
    a_batch_stops_at_the_statement_that_fails,
    a_batch_that_ends_its_transaction_stops_too,
    committing_a_failed_transaction_is_an_error,
    a_transaction_dropped_open_is_cancelled_on_the_server,
    a_session_that_the_server_ends_is_lost,
    an_error_says_where_in_the_statement,
    data_that_was_asked_for_and_not_sent_ends_the_session,
    a_raw_statement_outside_of_transactions_runs_as_it_is,
);

async fn number(store: &mut dyn SqlStore, sql: &str) -> Result<i64> {
    match store.query(sql, &[]).await?[0][0] {
        Value::Integer(number) => Ok(number),
        ref other => panic!("{sql} gave {other:?}"),
    }
}

async fn the_lock_says_who_holds_it(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut first = connect(&database.url).await?;
    let mut second = connect(&database.url).await?;
    assert!(first.try_lock("key").await.is_err(), "it belongs to a transaction");
    first.begin(Default::default()).await?;
    second.begin(Default::default()).await?;
    assert_eq!(first.try_lock("key").await?, LockAttempt::Held);
    let LockAttempt::Busy(Some(holder)) = second.try_lock("key").await? else { panic!("two have the lock") };
    let pid = number(&mut *first, "SELECT pg_backend_pid()").await?;
    assert!(holder.contains(&format!("server process {pid}")) && holder.contains("fastman"), "{holder}");
    assert_eq!(second.try_lock("other").await?, LockAttempt::Held);
    first.rollback().await?;
    assert_eq!(second.try_lock("key").await?, LockAttempt::Held);
    Ok(())
}

async fn the_lock_is_that_of_one_database(server: &Server) -> Result<()> {
    let (one, other) = (server.database().await?, server.database().await?);
    let mut first = connect(&one.url).await?;
    let mut second = connect(&other.url).await?;
    first.begin(Default::default()).await?;
    second.begin(Default::default()).await?;
    assert_eq!(first.try_lock("key").await?, LockAttempt::Held);
    assert_eq!(second.try_lock("key").await?, LockAttempt::Held);
    Ok(())
}

async fn sessions_are_told_apart_and_known_when_gone(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut first = connect(&database.url).await?;
    let second = first.sibling().await?.expect("there can be a second session");
    let name = second.session()?;
    assert_ne!(first.session()?, name);
    assert_eq!(first.session_is_gone(&name).await?, Some(false));
    assert_eq!(first.session_is_gone(&name.replace("started ", "started 1")).await?, Some(true));
    assert_eq!(first.session_is_gone("nonsense").await?, None);
    drop(second);
    let deadline = Instant::now() + Duration::from_secs(5);
    while first.session_is_gone(&name).await? != Some(true) {
        assert!(Instant::now() < deadline, "the session is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

async fn a_batch_stops_at_the_statement_that_fails(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    let statement = |sql: &str| Statement::new(sql);
    let batch = [
        statement("CREATE TABLE t (a integer PRIMARY KEY)"),
        Statement { sql: "INSERT INTO t VALUES ($1)".to_owned(), parameters: vec![Value::Integer(1)] },
        statement("INSERT INTO t VALUES (1)"),
        statement("INSERT INTO t VALUES (2)"),
    ];
    let error = store.run(&batch).await.expect_err("the third fails");
    assert_eq!((error.index, error.error.class()), (2, Some(ErrorClass::UniqueViolation)));
    assert_eq!(
        number(&mut *store, "SELECT count(*) FROM t").await?,
        1,
        "outside of a transaction those before are done"
    );
    store.execute("DROP TABLE t", &[]).await?;
    store.begin(Default::default()).await?;
    let error = store.run(&batch).await.expect_err("the third fails");
    assert_eq!((error.index, error.error.class()), (2, Some(ErrorClass::UniqueViolation)));
    store.rollback().await?;
    store.begin(Default::default()).await?;
    store.run(&batch[..2]).await.map_err(|error| error.error)?;
    store.commit().await?;
    assert_eq!(number(&mut *store, "SELECT count(*) FROM t").await?, 1);
    Ok(())
}

async fn a_batch_that_ends_its_transaction_stops_too(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.begin(Default::default()).await?;
    let batch = ["SELECT 1 / 0", "COMMIT", "CREATE TABLE t (a integer)"].map(Statement::new);
    let error = store.run(&batch).await.expect_err("the first fails");
    assert_eq!(error.index, 0);
    store.rollback().await?;
    assert!(store.relations().await?.is_empty());
    Ok(())
}

async fn committing_a_failed_transaction_is_an_error(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.begin(Default::default()).await?;
    store.execute("CREATE TABLE t (a integer)", &[]).await?;
    assert!(store.execute("SELECT 1 / 0", &[]).await.is_err());
    assert!(store.commit().await.is_err(), "nothing was committed");
    assert!(store.relations().await?.is_empty());
    store
        .execute(
            "CREATE TABLE t (a integer PRIMARY KEY, b integer REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)",
            &[],
        )
        .await?;
    store.begin(Default::default()).await?;
    store.execute("INSERT INTO t VALUES (1, 2)", &[]).await?;
    let error = store.commit().await.expect_err("2 is missing");
    assert_eq!(error.class(), Some(ErrorClass::ForeignKeyViolation));
    assert_eq!(number(&mut *store, "SELECT count(*) FROM t").await?, 0);
    Ok(())
}

async fn a_transaction_dropped_open_is_cancelled_on_the_server(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    let mut other = connect(&database.url).await?;
    store.execute("CREATE TABLE t (a integer)", &[]).await?;
    let begun = Instant::now();
    {
        let mut transaction = Transaction::begin(&mut *store, Default::default()).await?;
        transaction.store().execute("LOCK TABLE t", &[]).await?;
        let long = transaction.store().execute("SELECT pg_sleep(60)", &[]);
        assert!(tokio::time::timeout(Duration::from_millis(200), long).await.is_err());
    }
    let error = store.execute("SELECT 1", &[]).await.expect_err("the session is over");
    assert_eq!(error.class(), Some(ErrorClass::LostConnection));
    other.execute("LOCK TABLE t", &[]).await.expect_err("not in a transaction");
    other.begin(Default::default()).await?;
    other.execute("LOCK TABLE t", &[]).await?;
    other.commit().await?;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    Ok(())
}

async fn a_session_that_the_server_ends_is_lost(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    let mut other = connect(&database.url).await?;
    store.begin(Default::default()).await?;
    store.execute("CREATE TABLE t (a integer)", &[]).await?;
    let pid = number(&mut *store, "SELECT pg_backend_pid()").await?;
    other.query("SELECT pg_terminate_backend($1)", &[Value::Integer(pid)]).await?;
    for _ in 0..3 {
        let error = store.execute("CREATE TABLE u (a integer)", &[]).await.expect_err("the session is over");
        assert_eq!(error.class(), Some(ErrorClass::LostConnection), "{error}");
    }
    assert_eq!(store.rollback().await.expect_err("the session is over").class(), Some(ErrorClass::LostConnection));
    assert!(other.relations().await?.is_empty());
    Ok(())
}

async fn an_error_says_where_in_the_statement(server: &Server) -> Result<()> {
    let mut store = connect(&server.url("postgres")).await?;
    let error = store.query("SELECT 'ä',\n  nothing", &[]).await.expect_err("no such column");
    assert!(error.details().contains(&"line 2, column 3 of the statement".to_owned()), "{:?}", error.details());
    assert!(error.details().contains(&"SQLSTATE 42703".to_owned()), "{:?}", error.details());
    let error = store.execute("CREATE TABLE x (a integr)", &[]).await.expect_err("no such type");
    assert!(error.message().contains("integr"), "{error}");
    Ok(())
}

async fn data_that_was_asked_for_and_not_sent_ends_the_session(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (a integer)", &[]).await?;
    let error = store.execute("COPY t FROM STDIN", &[]).await.expect_err("no data is sent");
    assert!(error.help().unwrap_or_default().contains("COPY"), "{error}");
    let again = tokio::time::timeout(Duration::from_secs(3), store.execute("SELECT 1", &[])).await;
    assert!(again.expect("it does not hang").is_err());
    Ok(())
}

async fn a_raw_statement_outside_of_transactions_runs_as_it_is(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (a integer)", &[]).await?;
    store.execute("CREATE INDEX CONCURRENTLY i ON t (a)", &[]).await?;
    store.execute("VACUUM t", &[]).await?;
    store.begin(Default::default()).await?;
    let error = store.execute("VACUUM t", &[]).await.expect_err("not inside a transaction");
    assert!(error.help().unwrap_or_default().contains("transaction:false"), "{error}");
    store.rollback().await
}
