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
        store.begin(options).await?;
        Ok(Transaction { store, open: true })
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
