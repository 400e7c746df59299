//! The lock and the sessions.

use fastman_core::Result;
use fastman_core::error::ErrorClass;
use fastman_core::store::{LockAttempt, TransactionOptions};

use crate::support::{Server, connect};
use crate::tests;

tests!("session":
    the_lock_says_who_holds_it_and_goes_with_its_holder,
    a_session_is_gone_once_it_is_closed,
    a_lock_is_one_of_its_database,
    an_update_that_changes_nothing_has_found_its_row,
);

async fn the_lock_says_who_holds_it_and_goes_with_its_holder(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut holder = connect(&database.url).await?;
    let mut waiter = connect(&database.url).await?;
    assert_eq!(holder.try_lock("history").await?, LockAttempt::Held);
    let LockAttempt::Busy(Some(who)) = waiter.try_lock("history").await? else { panic!("nobody is said to hold it") };
    assert!(who.contains("user root") && who.contains("connection "), "{who}");
    holder.poison();
    let error = holder.execute("SELECT 1", &[]).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::LostConnection));
    for _ in 0..500 {
        if waiter.try_lock("history").await? == LockAttempt::Held {
            return waiter.unlock("history").await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the lock outlives its holder");
}

async fn a_session_is_gone_once_it_is_closed(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut other = connect(&database.url).await?;
    let mut own = connect(&database.url).await?;
    let session = other.session()?;
    assert_ne!(session, own.session()?);
    assert_eq!(own.session_is_gone(&session).await?, Some(false));
    assert_eq!(own.session_is_gone("server elsewhere, started 1, connection 1, account a@b").await?, None);
    assert_eq!(own.session_is_gone("somebody").await?, None);
    other.begin(TransactionOptions::default()).await?;
    drop(other);
    for _ in 0..500 {
        if own.session_is_gone(&session).await? == Some(true) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{session} is still there");
}

async fn a_lock_is_one_of_its_database(server: &Server) -> Result<()> {
    let (one, other) = (server.database().await?, server.database().await?);
    let (mut first, mut second) = (connect(&one.url).await?, connect(&other.url).await?);
    assert_eq!(first.try_lock("history").await?, LockAttempt::Held);
    assert_eq!(second.try_lock("history").await?, LockAttempt::Held);
    Ok(())
}

async fn an_update_that_changes_nothing_has_found_its_row(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE TABLE t (id INT PRIMARY KEY, n INT)", &[]).await?;
    store.execute("INSERT INTO t VALUES (1, 1)", &[]).await?;
    assert_eq!(store.execute("UPDATE t SET n = 1 WHERE id = 1", &[]).await?, 1);
    assert_eq!(store.execute("UPDATE t SET n = 1 WHERE id = 2", &[]).await?, 0);
    Ok(())
}
