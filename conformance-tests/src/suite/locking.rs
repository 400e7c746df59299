//! Sessions beside each other: the lock, transactions that end badly, sessions that go.

use std::time::{Duration, Instant};

use fastman_core::Result;
use fastman_core::dialect::{DdlTransactions, LockScope};
use fastman_core::error::ErrorClass;
use fastman_core::store::{LockAttempt, Transaction, TransactionOptions};

use super::tests;
use crate::{Context, Session};

tests!("locking":
    one_session_at_a_time_has_the_lock,
    a_lock_goes_with_its_session,
    waiting_for_a_lock_is_up_to_core,
    a_transaction_dropped_open_is_rolled_back_and_ends_the_session,
    a_session_dropped_in_a_transaction_is_rolled_back,
    a_failed_statement_leaves_the_lock_to_a_second_session,
    whether_a_session_is_gone_is_told_truly,
    a_second_session_sees_what_was_committed_and_only_that,
);

const KEY: &str = "fastman conformance";

/// Takes the migration lock as core would.
async fn acquire(context: &Context, session: &mut Session) -> Result<LockAttempt> {
    match context.facts().lock {
        LockScope::Session => session.store.try_lock(KEY).await,
        LockScope::Transaction | LockScope::Begin => match session.store.begin(TransactionOptions::default()).await {
            Ok(()) => {
                let attempt = session.store.try_lock(KEY).await?;
                if attempt != LockAttempt::Held {
                    session.store.rollback().await?;
                }
                Ok(attempt)
            }
            Err(error) if error.class() == Some(ErrorClass::Busy) => Ok(LockAttempt::Busy(None)),
            Err(error) => Err(error),
        },
    }
}

async fn release(context: &Context, session: &mut Session) -> Result<()> {
    match context.facts().lock {
        LockScope::Session => session.store.unlock(KEY).await,
        LockScope::Transaction | LockScope::Begin => session.store.rollback().await,
    }
}

async fn one_session_at_a_time_has_the_lock(context: Context) -> Result<()> {
    let mut first = context.session().await?;
    let mut second = first.second().await?;
    for _ in 0..3 {
        assert_eq!(acquire(&context, &mut first).await?, LockAttempt::Held);
        assert!(matches!(acquire(&context, &mut second).await?, LockAttempt::Busy(_)));
        release(&context, &mut first).await?;
        assert_eq!(acquire(&context, &mut second).await?, LockAttempt::Held);
        assert!(matches!(acquire(&context, &mut first).await?, LockAttempt::Busy(_)));
        release(&context, &mut second).await?;
    }
    Ok(())
}

async fn a_lock_goes_with_its_session(context: Context) -> Result<()> {
    let mut first = context.session().await?;
    let mut second = first.second().await?;
    assert_eq!(acquire(&context, &mut first).await?, LockAttempt::Held);
    drop(first);
    // A server may take a moment to see that the session is gone.
    let deadline = Instant::now() + Duration::from_secs(10);
    while acquire(&context, &mut second).await? != LockAttempt::Held {
        assert!(Instant::now() < deadline, "the lock outlived its session");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    release(&context, &mut second).await
}

async fn waiting_for_a_lock_is_up_to_core(context: Context) -> Result<()> {
    let mut first = context.session().await?;
    let mut second = first.second().await?;
    assert_eq!(acquire(&context, &mut first).await?, LockAttempt::Held);
    let begun = Instant::now();
    assert!(matches!(acquire(&context, &mut second).await?, LockAttempt::Busy(_)));
    assert!(begun.elapsed() < Duration::from_secs(3), "an attempt does not wait: {:?}", begun.elapsed());
    release(&context, &mut first).await
}

async fn a_transaction_dropped_open_is_rolled_back_and_ends_the_session(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session.apply("CREATE TABLE notes (id INTEGER PRIMARY KEY);").await?;
    let mut other = session.second().await?;
    {
        let mut transaction = Transaction::begin(&mut *session.store, TransactionOptions::default()).await?;
        transaction.store().execute("INSERT INTO notes (id) VALUES (1)", &[]).await?;
    }
    for _ in 0..2 {
        let error = session.execute("INSERT INTO notes (id) VALUES (2)").await.expect_err("the session is poisoned");
        assert_eq!(error.class(), Some(ErrorClass::LostConnection));
    }
    let error = session.store.begin(TransactionOptions::default()).await.expect_err("the session is poisoned");
    assert_eq!(error.class(), Some(ErrorClass::LostConnection));
    drop(session);
    eventually_writes(&mut other).await;
    assert_eq!(other.number("SELECT COUNT(*) FROM notes").await?, 1);
    Ok(())
}

async fn a_session_dropped_in_a_transaction_is_rolled_back(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session.apply("CREATE TABLE notes (id INTEGER PRIMARY KEY);").await?;
    let mut other = session.second().await?;
    session.store.begin(TransactionOptions::default()).await?;
    session.execute("INSERT INTO notes (id) VALUES (1)").await?;
    drop(session);
    eventually_writes(&mut other).await;
    assert_eq!(other.number("SELECT COUNT(*) FROM notes").await?, 1);
    Ok(())
}

/// Writes one row, as soon as the server has seen that a session has gone.
async fn eventually_writes(session: &mut Session) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = session.execute("INSERT INTO notes (id) VALUES (100)").await {
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_failed_statement_leaves_the_lock_to_a_second_session(context: Context) -> Result<()> {
    let mut first = context.session().await?;
    first.apply("CREATE TABLE notes (id INTEGER PRIMARY KEY); INSERT INTO notes (id) VALUES (1);").await?;
    let mut second = first.second().await?;
    assert_eq!(acquire(&context, &mut first).await?, LockAttempt::Held);
    assert!(first.execute("INSERT INTO notes (id) VALUES (1)").await.is_err());
    assert!(first.execute("INSERT INTO nowhere (id) VALUES (1)").await.is_err());
    release(&context, &mut first).await?;
    assert_eq!(acquire(&context, &mut second).await?, LockAttempt::Held);
    second.execute("INSERT INTO notes (id) VALUES (2)").await?;
    release(&context, &mut second).await?;
    assert_eq!(acquire(&context, &mut first).await?, LockAttempt::Held, "the first session is as good as before");
    release(&context, &mut first).await
}

async fn whether_a_session_is_gone_is_told_truly(context: Context) -> Result<()> {
    let first = context.session().await?;
    let mut second = first.second().await?;
    // Behind a pooler a session has no identity, and nothing is to be told of it.
    let (Ok(identity), Ok(own)) = (first.store.session(), second.store.session()) else { return Ok(()) };
    assert_ne!(identity, own);
    assert_ne!(second.store.session_is_gone(&own).await?, Some(true));
    assert_ne!(second.store.session_is_gone(&identity).await?, Some(true));
    drop(first);
    assert_ne!(second.store.session_is_gone("no identity of this engine").await?, Some(false));
    let deadline = Instant::now() + Duration::from_secs(10);
    while second.store.session_is_gone(&identity).await? == Some(false) {
        if context.facts().ddl == DdlTransactions::Transactional && Instant::now() > deadline {
            // The identity may be that of the process, which lives on.
            break;
        }
        assert!(Instant::now() < deadline, "the session is gone");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn a_second_session_sees_what_was_committed_and_only_that(context: Context) -> Result<()> {
    let mut first = context.session().await?;
    first.apply("CREATE TABLE notes (id INTEGER PRIMARY KEY);").await?;
    let mut second = first.second().await?;
    first.store.begin(TransactionOptions::default()).await?;
    first.execute("INSERT INTO notes (id) VALUES (1)").await?;
    assert_eq!(second.number("SELECT COUNT(*) FROM notes").await?, 0);
    first.store.commit().await?;
    assert_eq!(second.number("SELECT COUNT(*) FROM notes").await?, 1);
    Ok(())
}
