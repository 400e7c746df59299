//! The migration lock: how it is waited for, and what holds it, by the dialect's [`LockScope`].
//!
//! Waiting polls and is bounded; each try ends the transaction that it was made in, so that a waiter holds nothing. The
//! lock only makes waiting polite: what keeps two migrators apart is the row that one of them gets into the history.

use std::time::Duration;

use tokio::time::Instant;

use super::{Event, Observer};
use crate::dialect::LockScope;
use crate::error::{Category, Error, ErrorClass, Result};
use crate::store::{LockAttempt, SqlStore, Transaction, TransactionOptions};

/// What the lock is called; stores make it one of their database.
const KEY: &str = super::history::TABLE;

/// Between the first two tries; then twice as long each time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
/// Between two tries at the most.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Waiting that ends: how long it may take and how long it took.
#[derive(Debug)]
pub(crate) struct Patience {
    timeout: Duration,
    /// Since when one and the same obstacle is waited for.
    since: Option<Instant>,
    pause: Duration,
}

impl Patience {
    /// Waits no longer than that for one obstacle.
    pub fn new(timeout: Duration) -> Patience {
        Patience { timeout, since: None, pause: SHORTEST_PAUSE }
    }

    /// The obstacle is gone: the next one is waited for anew.
    pub fn rest(&mut self) {
        self.since = None;
        self.pause = SHORTEST_PAUSE;
    }

    /// Waits a little.
    ///
    /// # Errors
    /// `migrate.locked` once it has taken too long.
    pub async fn wait(&mut self, holder: Option<&str>, observer: &mut dyn Observer) -> Result<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let waited = since.elapsed();
        let Some(left) = self.timeout.checked_sub(waited).filter(|left| !left.is_zero()) else {
            let holder = holder.map_or_else(String::new, |holder| format!(" (held by {holder})"));
            return Err(Error::new(
                Category::Locked,
                "migrate.locked",
                format!("the database is locked by another session{holder}; gave up after {} s", waited.as_secs()),
            )
            .with_help("another migrator, or another program that writes: run it again when that one is done, or wait longer with --lock-timeout"));
        };
        observer.event(Event::Waiting { holder, waited });
        tokio::time::sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// After so long without an answer that is told.
const SILENCE: Duration = Duration::from_secs(1);

/// Waits for what a server answers, and tells now and then that it does not.
pub(crate) async fn answer<T>(question: impl Future<Output = T>, observer: &mut dyn Observer) -> T {
    let since = Instant::now();
    let mut question = std::pin::pin!(question);
    loop {
        match tokio::time::timeout(SILENCE, question.as_mut()).await {
            Ok(answer) => return answer,
            Err(_) => observer.event(Event::Slow { waited: since.elapsed() }),
        }
    }
}

/// Whether it is worth trying again later.
pub(crate) fn is_busy(error: &Error) -> bool {
    error.class() == Some(ErrorClass::Busy)
}

/// A transaction that holds the lock, or that is begun while the session holds it.
///
/// # Errors
/// `migrate.locked`; what the server says.
pub(crate) async fn begin<'a>(
    store: &'a mut dyn SqlStore,
    options: TransactionOptions,
    patience: &mut Patience,
    observer: &mut dyn Observer,
) -> Result<Transaction<'a>> {
    let scope = store.dialect().facts().lock;
    let mut transaction = Transaction::closed(store);
    loop {
        let holder = match transaction.open(options).await {
            Ok(()) if scope != LockScope::Transaction => break,
            Ok(()) => match transaction.store().try_lock(KEY).await {
                Ok(LockAttempt::Held) => break,
                Ok(LockAttempt::Busy(holder)) => {
                    transaction.close().await?;
                    holder
                }
                Err(error) => {
                    // What went wrong is worth more than that undoing it went wrong too.
                    let _ = transaction.close().await;
                    return Err(error);
                }
            },
            Err(error) if is_busy(&error) => None,
            Err(error) => return Err(error),
        };
        patience.wait(holder.as_deref(), observer).await?;
    }
    patience.rest();
    Ok(transaction)
}

/// The lock where the session holds it ([`LockScope::Session`]); elsewhere nothing. Dropped held, it poisons its session.
pub(crate) struct SessionLock<'a> {
    store: &'a mut dyn SqlStore,
    held: bool,
}

impl<'a> SessionLock<'a> {
    /// Waits for the lock where it is the session's.
    ///
    /// # Errors
    /// `migrate.locked`; what the server says.
    pub async fn acquire(
        store: &'a mut dyn SqlStore,
        patience: &mut Patience,
        observer: &mut dyn Observer,
    ) -> Result<SessionLock<'a>> {
        let mut lock = SessionLock { store, held: false };
        if lock.store.dialect().facts().lock != LockScope::Session {
            return Ok(lock);
        }
        loop {
            // Dropped in the middle of trying, nobody knows whether it is had.
            lock.held = true;
            let attempt = lock.store.try_lock(KEY).await;
            lock.held = matches!(attempt, Ok(LockAttempt::Held));
            match attempt? {
                LockAttempt::Held => break,
                LockAttempt::Busy(holder) => patience.wait(holder.as_deref(), observer).await?,
            }
        }
        patience.rest();
        Ok(lock)
    }

    /// The store, while the lock is held.
    pub fn store(&mut self) -> &mut dyn SqlStore {
        self.store
    }

    /// Frees the lock, and gives the outcome of what was done under it; its error goes before that of freeing.
    ///
    /// # Errors
    /// The outcome's; what the server says.
    pub async fn release<T>(mut self, outcome: Result<T>) -> Result<T> {
        if !self.held {
            return outcome;
        }
        let released = self.store.unlock(KEY).await;
        self.held = false;
        let value = outcome?;
        released.map(|()| value)
    }
}

impl Drop for SessionLock<'_> {
    fn drop(&mut self) {
        if self.held {
            self.store.poison();
        }
    }
}
