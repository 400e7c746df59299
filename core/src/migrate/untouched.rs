//! A migration that was begun and of which nothing is done: it stands in nobody's way.

use super::apply::undone;
use super::history::{Claim, Record, RowState, Values};
use super::lock;
use super::resume::{Verdict, judge};
use super::run::{Ground, Run};
use super::{Direction, Event};
use crate::error::Result;
use crate::store::{SqlStore, Statement, TransactionOptions};

impl Run<'_> {
    /// Whether nothing of it is done and nothing of it is left, as far as the history and the catalog tell for sure. It only reads.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn is_untouched(&self, store: &mut dyn SqlStore, record: &Record) -> Result<bool> {
        if record.is_settled() || record.direction == Direction::Down || record.done > 0 {
            return Ok(false);
        }
        if let Some(session) = record.session.as_deref().filter(|_| record.state == RowState::Running)
            && store.session_is_gone(session).await? != Some(true)
        {
            return Ok(false);
        }
        let Some(details) = self.history.details(store, &[record.version]).await?.pop() else { return Ok(false) };
        let Some(plan) = details.plan()? else { return Ok(false) };
        Ok(judge(store, record, &details, &plan).await? == Verdict::From(0))
    }

    /// Takes such migrations out of the history as it was looked at.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn take_untouched(&self, store: &mut dyn SqlStore, ground: &mut Ground) -> Result<Vec<Record>> {
        let mut untouched = Vec::new();
        for record in ground.records.iter().filter(|record| !record.is_settled()) {
            if self.is_untouched(store, record).await? {
                untouched.push(record.clone());
            }
        }
        ground.records.retain(|record| !untouched.contains(record));
        Ok(untouched)
    }

    /// Removes the rows of such migrations, which are pending then; false where one of them is no longer what it was.
    ///
    /// # Errors
    /// A lock not had in time; what the server says.
    pub(super) async fn forget(&mut self, store: &mut dyn SqlStore, untouched: &[Record]) -> Result<bool> {
        for record in untouched {
            let delete = self.forgetting(record, Values::Parameters)?;
            let options = TransactionOptions::default();
            let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
            match transaction.store().execute(&delete.sql, &delete.parameters).await {
                Ok(0) => return transaction.rollback().await.map(|()| false),
                Ok(_) => transaction.commit().await?,
                Err(error) => return Err(undone(transaction, error).await),
            }
            let then = if self.migration(record.version).is_some() { ", it is pending again" } else { "" };
            self.observer.event(Event::Notice(&format!(
                "{} was begun, and nothing of it is done: its record is removed{then}",
                record.label()
            )));
        }
        Ok(true)
    }

    /// The statement that removes the row of such a migration.
    pub(super) fn forgetting(&self, record: &Record, values: Values) -> Result<Statement> {
        let claim = match values {
            Values::Parameters => Claim::Seen(record),
            Values::Literals => Claim::Any,
        };
        self.history.delete(record.version, claim, values)
    }

    /// The same as literal SQL, for what is only told.
    pub(super) fn told_forgetting(&self, untouched: &[Record]) -> Result<Vec<String>> {
        untouched.iter().map(|record| Ok(self.forgetting(record, Values::Literals)?.sql)).collect()
    }
}

#[cfg(test)]
mod tests;
