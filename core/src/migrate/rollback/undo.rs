//! Undoing one migration after the other under the lock.

use std::time::{Duration, Instant};

use super::prepare::{Prepared, Undoing};
use crate::dialect::DdlTransactions;
use crate::error::{Error, Result};
use crate::migrate::apply::undone;
use crate::migrate::history::{Claim, Mark, Record, RowState, Values, count};
use crate::migrate::live::{self, Failure};
use crate::migrate::lock::{self, SessionLock};
use crate::migrate::plan::{Foreseen, Planned, stored};
use crate::migrate::run::{Ground, Known, Run, Since, milliseconds};
use crate::migrate::stepwise::{Stepwise, claim_lost};
use crate::migrate::{Direction, Event, MigrationReport, narrate, resume};
use crate::store::{SqlStore, Transaction, TransactionOptions};
use crate::value::Value;

impl Undoing<'_> {
    fn is_inside(&self, ddl: DdlTransactions) -> bool {
        self.transaction && ddl == DdlTransactions::Transactional && self.record.is_settled()
    }

    fn report(&self, duration: Duration, statements: Vec<String>) -> MigrationReport {
        MigrationReport {
            version: self.record.version,
            name: self.record.name.clone(),
            duration_ms: milliseconds(duration),
            statements,
        }
    }
}

impl Run<'_> {
    /// Undoes them in order.
    pub(super) async fn undo_all(
        &mut self,
        store: &mut dyn SqlStore,
        prepared: &Prepared<'_>,
    ) -> Result<Vec<MigrationReport>> {
        let mut lock = SessionLock::acquire(store, &mut self.patience, &mut *self.observer).await?;
        let outcome = match self.forget(lock.store(), &prepared.untouched).await {
            Ok(true) => self.undo_locked(lock.store(), &prepared.ground, &prepared.undoings).await,
            Ok(false) => Err(moved()),
            Err(error) => Err(error),
        };
        lock.release(outcome).await
    }

    async fn undo_locked(
        &mut self,
        store: &mut dyn SqlStore,
        ground: &Ground,
        undoings: &[Undoing<'_>],
    ) -> Result<Vec<MigrationReport>> {
        if undoings.iter().any(|undoing| !undoing.is_inside(self.dialect.facts().ddl)) {
            // Nothing is undone where something after it could not be.
            store.session()?;
        }
        let mut known = ground.known();
        let mut remaining = ground.records.as_slice();
        let mut reports: Vec<MigrationReport> = Vec::with_capacity(undoings.len());
        for undoing in undoings {
            self.observer.event(Event::Started {
                version: undoing.record.version,
                name: &undoing.record.name,
                direction: Direction::Down,
                statements: undoing.steps.len(),
            });
            let started = Instant::now();
            match self.undo_one(store, &mut known, undoing).await {
                Ok(()) => {}
                Err(error) => return Err(undone_before(error, &reports)),
            }
            remaining = remaining.split_last().map_or(remaining, |(_, rest)| rest);
            known.mark = remaining.last().map_or(Mark::EMPTY, Record::mark);
            let report = undoing.report(started.elapsed(), Vec::new());
            self.finished(&report, Direction::Down);
            reports.push(report);
        }
        Ok(reports)
    }

    async fn undo_one(&mut self, store: &mut dyn SqlStore, known: &mut Known, undoing: &Undoing<'_>) -> Result<()> {
        let inside = undoing.is_inside(self.dialect.facts().ddl);
        let options = TransactionOptions { suspend_foreign_keys: inside && narrate::suspends(&undoing.steps) };
        let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
        match self.since(transaction.store(), known, &[]).await {
            Ok(Since::Same) => {}
            Ok(_) => return Err(undone(transaction, moved()).await),
            Err(error) => return Err(undone(transaction, error).await),
        }
        if inside {
            return match self.undo_inside(transaction.store(), undoing).await {
                Ok(()) => transaction.commit().await.map_err(|error| {
                    error.with_detail(format!(
                        "{}: its transaction was rolled back, it is still applied",
                        undoing.record.label()
                    ))
                }),
                Err(error) => Err(undone(transaction, error).await),
            };
        }
        self.claim_down(transaction, undoing).await?;
        self.undo_outside(store, undoing).await
    }

    /// The statements and the removal of the row, in the open transaction.
    async fn undo_inside(&self, store: &mut dyn SqlStore, undoing: &Undoing<'_>) -> Result<()> {
        let outcome = match (&undoing.side, undoing.migration) {
            (Some(side), Some(migration)) => {
                let source = &migration.file.source;
                live::run(store, &*self.dialect, source, side, &undoing.steps, Vec::new()).await.map(drop)
            }
            _ => {
                self.check_rebuilds_stored(store, undoing, &Foreseen::default()).await?;
                live::run_known(store, &undoing.steps).await
            }
        };
        match outcome {
            Ok(()) => {}
            Err(Failure::Before(error) | Failure::Other(error)) => return Err(error),
            Err(Failure::Statement(error, index, steps)) => {
                return Err(refused(error, undoing, &steps, index)
                    .with_detail("its transaction was rolled back: it is still applied"));
            }
        }
        let claim = Claim::Seen(&undoing.record);
        let delete = self.history.delete(undoing.record.version, claim, Values::Parameters)?;
        match store.execute(&delete.sql, &delete.parameters).await? {
            0 => Err(moved()),
            _ => Ok(()),
        }
    }

    /// Marks the row as being undone, with the whole plan, and commits that.
    async fn claim_down(&self, mut transaction: Transaction<'_>, undoing: &Undoing<'_>) -> Result<()> {
        let plan = stored(&undoing.steps, undoing.transaction);
        let session = match transaction.store().session() {
            Ok(session) => session,
            Err(error) => return Err(undone(transaction, error).await),
        };
        let cells = vec![
            ("direction", Value::Text(Direction::Down.word().to_owned())),
            ("state", Value::Text(RowState::Running.word().to_owned())),
            ("session", Value::Text(session)),
            ("statements_done", count(undoing.from)),
            ("statements", count(undoing.steps.len())),
            ("failure", Value::Null),
            ("plan", Value::Text(plan.text())),
        ];
        let claim = Claim::Seen(&undoing.record);
        let update = self.history.update(undoing.record.version, cells, claim, Values::Parameters)?;
        match transaction.store().execute(&update.sql, &update.parameters).await {
            Ok(0) => Err(undone(transaction, moved()).await),
            Ok(_) => transaction.commit().await,
            Err(error) => Err(undone(transaction, error).await),
        }
    }

    /// The statements one by one, then the removal of the row.
    async fn undo_outside(&mut self, store: &mut dyn SqlStore, undoing: &Undoing<'_>) -> Result<()> {
        let session = store.session()?;
        let version = undoing.record.version;
        let source = match (&undoing.side, undoing.migration) {
            (Some(_), Some(migration)) => Some(&migration.file.source),
            _ => None,
        };
        let stepwise = Stepwise {
            history: &self.history,
            version,
            label: undoing.record.label(),
            session: &session,
            steps: &undoing.steps,
            source,
            transaction: undoing.transaction,
            direction: Direction::Down,
        };
        if let Some(sql) = &undoing.remains {
            resume::remove(store, &mut *self.observer, sql).await?;
        }
        stepwise.run(store, undoing.from, &mut *self.observer).await?;
        let delete = self.history.delete(version, Claim::Session(&session), Values::Parameters)?;
        match store.execute(&delete.sql, &delete.parameters).await? {
            0 => Err(claim_lost(&undoing.record.label())),
            _ => Ok(()),
        }
    }

    /// Everything that the rollback would send, as literal SQL.
    pub(super) fn tell_all_down(&self, prepared: &Prepared<'_>) -> Result<Vec<MigrationReport>> {
        let mut told: Vec<MigrationReport> =
            prepared.undoings.iter().map(|undoing| self.tell_down(undoing)).collect::<Result<_>>()?;
        if let Some(first) = told.first_mut() {
            first.statements.splice(0..0, self.told_forgetting(&prepared.untouched)?);
        }
        Ok(told)
    }

    /// Everything that undoing the migration would send, as literal SQL.
    fn tell_down(&self, undoing: &Undoing<'_>) -> Result<MigrationReport> {
        let version = undoing.record.version;
        let inside = undoing.is_inside(self.dialect.facts().ddl);
        let left = undoing.steps.get(undoing.from..).unwrap_or_default();
        let told = match inside {
            true => narrate::transacted(&*self.dialect, left, &[&undoing.steps]),
            false => {
                let cells = vec![
                    ("direction", Value::Text(Direction::Down.word().to_owned())),
                    ("state", Value::Text(RowState::Running.word().to_owned())),
                    ("plan", Value::Text(stored(&undoing.steps, undoing.transaction).text())),
                ];
                let mut open = self.dialect.script_opening();
                open.push(self.history.update(version, cells, Claim::Any, Values::Literals)?.sql);
                let statements = left.iter().map(|planned| planned.step.sql.clone()).collect();
                narrate::Transacted { open, statements, close: Vec::new() }
            }
        };
        let mut statements = told.open;
        statements.extend(told.statements);
        statements.push(self.history.delete(version, Claim::Any, Values::Literals)?.sql);
        statements.extend(told.close);
        Ok(undoing.report(Duration::ZERO, statements))
    }
}

/// The error with the migrations that were undone before it.
pub(super) fn undone_before(error: Error, reports: &[MigrationReport]) -> Error {
    if reports.is_empty() {
        return error;
    }
    let labels: Vec<String> = reports.iter().map(|report| format!("{}_{}", report.version, report.name)).collect();
    error.with_detail(format!("undone before it: {}", labels.join(", ")))
}

/// What the server said of a statement; with its place, where it stands in a file.
fn refused(error: Error, undoing: &Undoing<'_>, steps: &[Planned], index: usize) -> Error {
    let Some(planned) = steps.get(index) else { return error };
    let error = error.with_detail(format!(
        "undoing {}, statement {} of {}: {}",
        undoing.record.label(),
        index + 1,
        steps.len(),
        planned.step.sql
    ));
    match (&undoing.side, undoing.migration) {
        (Some(_), Some(migration)) => error.at(&migration.file.source, planned.span.clone(), "the server refused this"),
        _ => error,
    }
}

fn moved() -> Error {
    Error::refused("migrate.history-moved", "another migrator changed the history while this rollback was prepared")
        .with_help("look at `migrate:status` and run it again")
}
