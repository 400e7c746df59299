//! Baseline: an existing database is adopted, its migrations recorded as applied without being run.

use super::history::{Moment, NewRow, RowState, Values};
use super::lock::{self, SessionLock};
use super::run::{Ground, Known, Progress, Run, Since, now, unknown_version};
use super::stored::StoredDown;
use super::{BaselineReport, Direction, LOCK_TIMEOUT, Migrator, Observer, Recorded, Version, replay, resume};
use crate::dialect::DdlTransactions;
use crate::error::{ErrorClass, Result};
use crate::schema::Schema;
use crate::store::{SqlStore, Transaction, TransactionOptions};

impl Migrator {
    /// Records every migration up to and with this version as applied, without running any. Those that are recorded already
    /// stay as they are.
    ///
    /// # Errors
    /// `migrate.unknown-version`, `migrate.unfinished`; what is wrong with a file; what the server says.
    pub async fn baseline(
        &self,
        store: &mut dyn SqlStore,
        version: Version,
        observer: &mut dyn Observer,
    ) -> Result<BaselineReport> {
        let migrations = self.load()?;
        if migrations.iter().all(|migration| migration.file.version != version) {
            return Err(unknown_version(version));
        }
        let mut schema = Schema::default();
        for migration in migrations.iter().take_while(|migration| migration.file.version <= version) {
            replay::advance(migration, &mut schema)?;
        }
        let mut run = Run::new(self, &migrations, store.dialect(), LOCK_TIMEOUT, observer);
        loop {
            let mut ground = run.look(store).await?;
            self.check_ownership(&ground.records)?;
            let untouched = run.take_untouched(store, &mut ground).await?;
            if let Some(record) = ground.records.iter().find(|record| !record.is_settled()) {
                if run.wait_for_claim(store, record).await? {
                    continue;
                }
                return Err(resume::unfinished(record));
            }
            let adopted: Vec<usize> = (0..migrations.len())
                .filter(|index| migrations[*index].file.version <= version)
                .filter(|index| ground.records.iter().all(|record| record.version != migrations[*index].file.version))
                .collect();
            if !adopted.is_empty() && !run.forget(store, &untouched).await? {
                continue;
            }
            if adopted.is_empty() || run.adopt(store, &ground, &adopted).await? == Progress::Finished {
                let migrations = adopted.iter().map(|index| &migrations[*index].file);
                return Ok(BaselineReport {
                    migrations: migrations
                        .map(|file| Recorded { version: file.version, name: file.name.clone() })
                        .collect(),
                });
            }
        }
    }
}

impl Run<'_> {
    async fn adopt(&mut self, store: &mut dyn SqlStore, ground: &Ground, adopted: &[usize]) -> Result<Progress> {
        let mut lock = SessionLock::acquire(store, &mut self.patience, &mut *self.observer).await?;
        let options = TransactionOptions::default();
        let outcome = match lock::begin(lock.store(), options, &mut self.patience, &mut *self.observer).await {
            Ok(transaction) => self.adopt_in(transaction, ground.known(), adopted).await,
            Err(error) => Err(error),
        };
        lock.release(outcome).await
    }

    async fn adopt_in(
        &self,
        mut transaction: Transaction<'_>,
        mut known: Known,
        adopted: &[usize],
    ) -> Result<Progress> {
        match self.since(transaction.store(), &mut known, &[]).await {
            Ok(Since::Same) => {}
            Ok(_) => return transaction.rollback().await.map(|()| Progress::Moved),
            Err(error) => return Err(super::apply::undone(transaction, error).await),
        }
        let mut statements = Vec::new();
        let mut progress = Progress::Finished;
        if !known.exists {
            statements = self.history.create()?;
        }
        if !known.exists && self.dialect.facts().ddl == DdlTransactions::Committing {
            progress = Progress::Moved;
        } else {
            let flavour = self.dialect.flavour();
            let down = StoredDown::Irreversible("a baseline adopted it, fastman did not apply it".to_owned()).text();
            for (sequence, index) in (known.mark.sequence + 1..).zip(adopted) {
                let migration = &self.migrations[*index];
                let checksum = |direction| migration.script.checksum(direction, &self.migrator.flavours, flavour);
                let (checksum, down_checksum) = (checksum(Direction::Up), checksum(Direction::Down));
                let row = NewRow {
                    version: migration.file.version,
                    name: &migration.file.name,
                    state: RowState::Baseline,
                    done: 0,
                    statements: 0,
                    checksum: &checksum,
                    down_checksum: &down_checksum,
                    project: self.migrator.settings.project.as_deref(),
                    session: None,
                    applied_by: &self.migrator.settings.applied_by,
                    plan: None,
                    down_plan: Some(down.clone()),
                    in_flight: None,
                };
                statements.push(self.history.insert(row, Moment::Known { sequence, at: now() }, Values::Parameters)?);
            }
        }
        match transaction.store().run(&statements).await.map_err(|failure| failure.error) {
            Ok(()) => transaction.commit().await.map(|()| progress),
            Err(error) if matches!(error.class(), Some(ErrorClass::UniqueViolation | ErrorClass::AlreadyExists)) => {
                transaction.rollback().await.map(|()| Progress::Moved)
            }
            Err(error) => Err(super::apply::undone(transaction, error).await),
        }
    }
}

#[cfg(test)]
mod tests;
