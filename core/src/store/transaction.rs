//! A transaction that can't be forgotten: dropped open, it poisons its session.

use crate::error::Result;
use crate::store::{SqlStore, TransactionOptions};

/// An open transaction of a store.
pub struct Transaction<'a> {
    store: &'a mut dyn SqlStore,
    open: bool,
}

impl<'a> Transaction<'a> {
    /// Begins one.
    ///
    /// # Errors
    /// As [`SqlStore::begin`].
    pub async fn begin(store: &'a mut dyn SqlStore, options: TransactionOptions) -> Result<Transaction<'a>> {
        let mut transaction = Transaction::closed(store);
        transaction.open(options).await?;
        Ok(transaction)
    }

    /// One that is not begun yet, to be opened as often as it takes.
    pub(crate) fn closed(store: &'a mut dyn SqlStore) -> Transaction<'a> {
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
    pub fn store(&mut self) -> &mut dyn SqlStore {
        self.store
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

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            self.store.poison();
        }
    }
}
