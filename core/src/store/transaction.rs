//! A transaction that can't be forgotten: dropped open, it poisons its session.

use crate::error::Result;
use crate::store::{SqlStore, TransactionOptions};

/// An open transaction of a store; of any, unless an adapter says of which.
pub struct Transaction<'a, S: SqlStore + ?Sized + 'a = dyn SqlStore + 'a> {
    store: &'a mut S,
    open: bool,
}

impl<'a> Transaction<'a> {
    /// Begins one.
    ///
    /// # Errors
    /// As [`SqlStore::begin`].
    pub async fn begin(store: &'a mut dyn SqlStore, options: TransactionOptions) -> Result<Transaction<'a>> {
        Transaction::begin_on(store, options).await
    }
}

impl<'a, S: SqlStore + ?Sized> Transaction<'a, S> {
    /// Begins one on a store whose kind stays known: an adapter's own work in a transaction.
    ///
    /// # Errors
    /// As [`SqlStore::begin`].
    pub async fn begin_on(store: &'a mut S, options: TransactionOptions) -> Result<Transaction<'a, S>> {
        let mut transaction = Transaction::closed(store);
        transaction.open(options).await?;
        Ok(transaction)
    }

    /// One that is not begun yet, to be opened as often as it takes.
    pub(crate) fn closed(store: &'a mut S) -> Transaction<'a, S> {
        Transaction { store, open: false }
    }

    /// Begins it. Dropped while it begins, it poisons its session too: nobody knows how far it came.
    ///
    /// # Errors
    /// As [`SqlStore::begin`]; it stays closed then.
    pub(crate) async fn open(&mut self, options: TransactionOptions) -> Result<()> {
        self.open = true;
        let outcome = self.store.begin(options).await;
        self.open = outcome.is_ok();
        outcome
    }

    /// Rolls back what is open, to be opened again.
    ///
    /// # Errors
    /// As [`SqlStore::rollback`]; it is closed either way.
    pub(crate) async fn close(&mut self) -> Result<()> {
        if !self.open {
            return Ok(());
        }
        let outcome = self.store.rollback().await;
        self.open = false;
        outcome
    }

    /// The store, for statements inside the transaction.
    pub fn store(&mut self) -> &mut S {
        self.store
    }

    /// Commits what went well and rolls back what did not, whose error is worth more than that of rolling back.
    ///
    /// # Errors
    /// The outcome's; as [`SqlStore::commit`].
    pub async fn settle<T>(self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Ok(value) => self.commit().await.map(|()| value),
            Err(error) => {
                let _ = self.rollback().await;
                Err(error)
            }
        }
    }

    /// Commits.
    ///
    /// # Errors
    /// As [`SqlStore::commit`]; the transaction is over either way.
    pub async fn commit(mut self) -> Result<()> {
        let outcome = self.store.commit().await;
        self.open = false;
        outcome
    }

    /// Rolls back.
    ///
    /// # Errors
    /// As [`SqlStore::rollback`]; the transaction is over either way.
    pub async fn rollback(mut self) -> Result<()> {
        let outcome = self.store.rollback().await;
        self.open = false;
        outcome
    }
}

impl<S: SqlStore + ?Sized> Drop for Transaction<'_, S> {
    fn drop(&mut self) {
        if self.open {
            self.store.poison();
        }
    }
}
