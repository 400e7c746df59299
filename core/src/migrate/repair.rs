//! Repair: settling by a person's word what fastman can't know, and forgetting what is no longer there.

use super::history::{Claim, Record, RowState, Values, count};
use super::lock;
use super::migrator::Migration;
use super::run::{Run, unknown_version};
use super::{Direction, LOCK_TIMEOUT, Migrator, Observer, Recorded, Repair, RepairReport, Version};
use crate::error::{Error, Result};
use crate::store::{SqlStore, Statement, TransactionOptions};
use crate::value::Value;

impl Migrator {
    /// Settles what the history says of a migration. Nothing but the history is changed.
    ///
    /// # Errors
    /// `migrate.nothing-to-settle` for a migration that neither failed nor is half applied; `migrate.locked` where it is being applied right
    /// now; what the server says.
    pub async fn repair(
        &self,
        store: &mut dyn SqlStore,
        repair: Repair,
        observer: &mut dyn Observer,
    ) -> Result<RepairReport> {
        let migrations = self.load()?;
        let mut run = Run::new(self, &migrations, store.dialect(), LOCK_TIMEOUT, observer);
        loop {
            let ground = run.look(store).await?;
            self.check_ownership(&ground.records)?;
            let concerned = run.concerned(&ground.records, repair)?;
            if concerned.is_empty() {
                return Ok(RepairReport::default());
            }
            let mut live = false;
            for record in &concerned {
                live |= run.is_live(store, record).await?;
            }
            if live {
                continue;
            }
            let mut statements = Vec::with_capacity(concerned.len());
            for record in &concerned {
                statements.push(run.settling(record, repair)?);
            }
            if run.settle(store, &statements).await? {
                let migrations = concerned
                    .into_iter()
                    .map(|record| Recorded { version: record.version, name: record.name.clone() })
                    .collect();
                return Ok(RepairReport { migrations });
            }
        }
    }
}

impl Run<'_> {
    /// The rows that a repair is about.
    fn concerned<'r>(&self, records: &'r [Record], repair: Repair) -> Result<Vec<&'r Record>> {
        let version = match repair {
            Repair::Applied(version)
            | Repair::NotApplied(version)
            | Repair::StatementDone(version)
            | Repair::StatementNotDone(version) => {
                let record = self.record(records, version)?;
                if record.is_settled() {
                    return Err(Error::refused(
                        "migrate.nothing-to-settle",
                        format!("{} is applied: there is nothing to settle", record.label()),
                    )
                    .with_help("to undo it, use `migrate:rollback`; to take a changed file's checksum, `migrate:repair --accept-checksum`"));
                }
                return Ok(vec![record]);
            }
            Repair::Prune(version) | Repair::AcceptChecksum(version) => version,
        };
        if let Some(version) = version {
            self.record(records, version)?;
        }
        Ok(records
            .iter()
            .filter(|record| record.is_settled() && version.is_none_or(|version| version == record.version))
            .filter(|record| match (repair, self.migration(record.version)) {
                (Repair::Prune(_), file) => file.is_none(),
                (_, None) => false,
                (_, Some(migration)) => self.checksum(migration) != record.checksum,
            })
            .collect())
    }

    fn checksum(&self, migration: &Migration) -> String {
        migration.script.checksum(Direction::Up, &self.migrator.flavours, self.dialect.flavour())
    }

    fn record<'r>(&self, records: &'r [Record], version: Version) -> Result<&'r Record> {
        records.iter().find(|record| record.version == version).ok_or_else(|| match self.migration(version) {
            None => unknown_version(version),
            Some(migration) => Error::refused(
                "migrate.nothing-to-settle",
                format!("{} is pending: there is nothing to settle", migration.label()),
            )
            .with_help("`database:migrate` applies it; `migrate:baseline` records it as applied"),
        })
    }

    /// Whether a session that is there is at work on it; then it is waited for. A session of which nothing can be known is
    /// taken to be gone: the person says so.
    async fn is_live(&mut self, store: &mut dyn SqlStore, record: &Record) -> Result<bool> {
        match self.wait_for_claim(store, record).await {
            Err(error) if error.code() == "migrate.claimed" => Ok(false),
            outcome => outcome,
        }
    }

    /// The statement that settles a row as it was seen.
    fn settling(&self, record: &Record, repair: Repair) -> Result<Statement> {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut cells = match repair {
            Repair::NotApplied(_) | Repair::Prune(_) => {
                return self.history.delete(record.version, Claim::Seen(record), Values::Parameters);
            }
            Repair::Applied(_) => vec![
                ("state", text(RowState::Applied.word())),
                ("direction", text(Direction::Up.word())),
                ("statements_done", count(record.statements)),
                ("in_flight", Value::Null),
                ("failure", Value::Null),
                ("session", Value::Null),
            ],
            Repair::StatementDone(_) | Repair::StatementNotDone(_) => {
                let done = record.done + usize::from(matches!(repair, Repair::StatementDone(_)));
                vec![
                    ("state", text(RowState::Failed.word())),
                    ("statements_done", count(done.min(record.statements))),
                    ("in_flight", Value::Null),
                    ("session", Value::Null),
                ]
            }
            Repair::AcceptChecksum(_) => Vec::new(),
        };
        // That of the down stays: the plan that is stored is not the file's, and undoing asks which to take.
        if let (Some(migration), Repair::Applied(_) | Repair::AcceptChecksum(_)) =
            (self.migration(record.version), repair)
        {
            cells.push(("checksum", Value::Text(self.checksum(migration))));
            cells.push(("checksum_scheme", Value::Integer(i64::from(crate::sql::checksum::SCHEME))));
        }
        self.history.update(record.version, cells, Claim::Seen(record), Values::Parameters)
    }

    /// Runs the statements in one locked transaction; false where one of the rows is no longer what was seen.
    pub(super) async fn settle(&mut self, store: &mut dyn SqlStore, statements: &[Statement]) -> Result<bool> {
        let options = TransactionOptions::default();
        let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
        for statement in statements {
            match transaction.store().execute(&statement.sql, &statement.parameters).await {
                Ok(0) => return transaction.rollback().await.map(|()| false),
                Ok(_) => {}
                Err(error) => return Err(super::apply::undone(transaction, error).await),
            }
        }
        transaction.commit().await.map(|()| true)
    }
}

#[cfg(test)]
mod tests;
