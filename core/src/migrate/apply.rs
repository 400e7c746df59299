//! Applying what is pending.

mod inside;
mod outside;
mod planning;

pub(super) use inside::Plans;
pub(super) use outside::Outside;

use inside::Inside;

use super::agenda::Wanted;
use super::handmade::Unknown;
use super::lock::{self, SessionLock};
use super::migrator::Migration;
use super::narrate::{self, Opening};
use super::plan::{Isolation, MigrationPlan, Planned, Transacted, check_rebuilds};
use super::resume;
use super::run::{Ground, Known, Progress, Run, Since, milliseconds};
use super::stored::StoredDown;
use super::{Direction, Event, MigrateOptions, MigrateReport, MigrationReport, Migrator, Observer, Version};
use crate::error::{Error, Result};
use crate::sql::section::Selected;
use crate::store::{SqlStore, Transaction, TransactionOptions};

/// A migration about to be applied.
#[derive(Debug)]
pub(super) struct Item {
    pub plan: MigrationPlan,
    /// Its statements, as well as they can be known before it runs.
    pub steps: Vec<Planned>,
    /// How it is undone, likewise.
    pub down: StoredDown,
    /// Why its statements are not known before it runs.
    pub unknown: Option<Unknown>,
    /// Whether they have to be rendered again when its turn comes.
    pub again: bool,
}

impl Migrator {
    /// Applies what is pending. Nothing runs unless all of it can be read, bound and rendered, for this engine and for every one
    /// that the settings name.
    ///
    /// # Errors
    /// What is wrong with a file; every reason to refuse ([`Category::Refused`](crate::error::Category::Refused),
    /// [`Category::Drift`](crate::error::Category::Drift)); a lock not had in time; what the server says of a statement, with its place
    /// in the file.
    pub async fn migrate(
        &self,
        store: &mut dyn SqlStore,
        options: &MigrateOptions,
        observer: &mut dyn Observer,
    ) -> Result<MigrateReport> {
        let migrations = self.load()?;
        let wanted = self.wanted(&migrations, options.to, options.allow_out_of_order)?;
        self.migrate_wanted(&migrations, store, options, wanted, None, observer).await
    }

    /// Applies what is wanted; of that `only` these, where they are given.
    pub(super) async fn migrate_wanted(
        &self,
        migrations: &[Migration],
        store: &mut dyn SqlStore,
        options: &MigrateOptions,
        wanted: Wanted,
        only: Option<&[Version]>,
        observer: &mut dyn Observer,
    ) -> Result<MigrateReport> {
        let dialect = store.dialect();
        let flavour = dialect.flavour();
        let mut run = Run::new(self, migrations, dialect, options.lock_timeout, observer);
        let mut report =
            MigrateReport { pretended: options.pretend, total: migrations.len(), ..MigrateReport::default() };
        loop {
            let mut ground = run.look_to_migrate(store).await?;
            let untouched = if options.pretend { run.take_untouched(store, &mut ground).await? } else { Vec::new() };
            let mut agenda = self.agenda(migrations, &ground.records, flavour, wanted)?;
            if let Some(only) = only {
                agenda.pending.retain(|index| only.contains(&migrations[*index].file.version));
            }
            report.pending = agenda.beyond;
            if let Some(record) = agenda.unfinished {
                if options.pretend {
                    return Err(resume::unfinished(record));
                }
                if !run.wait_for_claim(store, record).await? {
                    report.migrations.extend(run.resume_up(store, &ground, record).await?);
                }
                continue;
            }
            if agenda.pending.is_empty() {
                return Ok(report);
            }
            let mut items = match run.plan(store, &ground, &agenda.pending).await {
                Ok(items) => items,
                // The catalog may have been looked at after another migrator changed it: then the history tells.
                Err(_) if run.look(store).await?.records != ground.records => continue,
                Err(error) => return Err(error),
            };
            if options.single_transaction {
                run.check_single_transaction(&items)?;
            }
            if options.pretend {
                report.migrations = run.pretend(&ground, &items, options.single_transaction)?;
                if let Some(first) = report.migrations.first_mut() {
                    first.statements.splice(0..0, run.told_forgetting(&untouched)?);
                }
                return Ok(report);
            }
            run.announce(&items);
            if run.apply(store, &ground, &mut items, options, &mut report.migrations).await? == Progress::Finished {
                return Ok(report);
            }
        }
    }
}

impl Run<'_> {
    fn announce(&mut self, items: &[Item]) {
        self.observer.event(Event::Planned { migrations: items.len() });
        for item in items.iter().filter(|item| item.steps.is_empty()) {
            let migration = &self.migrations[item.plan.index];
            let flavour = self.dialect.flavour();
            let none = matches!(
                migration.script.select(Direction::Up, &self.migrator.flavours, flavour),
                Selected::None(_) | Selected::Missing
            );
            self.observer.event(Event::Notice(&match none {
                true => format!("{} has nothing to do on {}", migration.label(), flavour.name),
                false => format!(
                    "the up part of {} has no statement to run: nothing is done, it only counts as applied; to fill it in \
                     then, undo it first",
                    migration.label()
                ),
            }));
        }
    }

    /// The statements that a run would send, as literal SQL.
    pub(super) fn pretend(
        &self,
        ground: &Ground,
        items: &[Item],
        single_transaction: bool,
    ) -> Result<Vec<MigrationReport>> {
        let mut known = ground.known();
        items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let opening = match (single_transaction, index == 0, index + 1 == items.len()) {
                    (false, ..) => Opening::Own,
                    (true, first, last) => Opening::Shared { items, first, last },
                };
                let migration = &self.migrations[item.plan.index];
                if let Some(unknown) = &item.unknown {
                    return Err(unknown.error().at(&migration.file.source, 0..0, ""));
                }
                let statements = self.narrate_up(migration, item, &mut known, opening)?;
                Ok(MigrationReport {
                    version: migration.file.version,
                    name: migration.file.name.clone(),
                    duration_ms: 0,
                    statements,
                })
            })
            .collect()
    }

    /// Refuses a run that one transaction can't hold.
    fn check_single_transaction(&self, items: &[Item]) -> Result<()> {
        let outside = items.iter().find(|item| !item.plan.up.is_transactional(&*self.dialect));
        if let Some(item) = outside {
            let migration = &self.migrations[item.plan.index];
            let why = if item.plan.up.transaction {
                format!("{} commits every change of the schema as it goes", self.dialect.flavour().name)
            } else {
                format!("{} must not run inside one (transaction:false)", migration.label())
            };
            return Err(Error::refused(
                "migrate.no-single-transaction",
                format!("one transaction can't hold this run: {why}"),
            )
            .with_help("run it without --single-transaction, or up to the migration before with --to"));
        }
        let sides: Vec<Transacted<'_>> = items
            .iter()
            .map(|item| Transacted {
                source: &self.migrations[item.plan.index].file.source,
                side: &item.plan.up,
                steps: &item.steps,
            })
            .collect();
        check_rebuilds(&*self.dialect, &sides, Isolation::Together).map_err(|error| {
            // Each one by itself has passed the same check.
            let rebuilds = |side: &&Transacted<'_>| side.steps.iter().any(|planned| planned.step.rebuilds.is_some());
            let error =
                error.with_help("run it without --single-transaction, so that each has a transaction of its own");
            match sides.iter().find(rebuilds) {
                Some(side) => error.with_detail(format!("the table is built anew by {}", side.source.name)),
                None => error,
            }
        })
    }

    /// Applies the migrations under the lock.
    async fn apply(
        &mut self,
        store: &mut dyn SqlStore,
        ground: &Ground,
        items: &mut [Item],
        options: &MigrateOptions,
        reports: &mut Vec<MigrationReport>,
    ) -> Result<Progress> {
        let mut lock = SessionLock::acquire(store, &mut self.patience, &mut *self.observer).await?;
        let outcome = if options.single_transaction {
            self.apply_at_once(lock.store(), ground.known(), items, reports).await
        } else {
            self.apply_each(lock.store(), ground.known(), items, reports).await
        };
        lock.release(outcome).await
    }

    /// Every migration in one transaction.
    async fn apply_at_once(
        &mut self,
        store: &mut dyn SqlStore,
        mut known: Known,
        items: &[Item],
        reports: &mut Vec<MigrationReport>,
    ) -> Result<Progress> {
        let suspends = items.iter().any(|item| narrate::suspends(&item.steps));
        let options = TransactionOptions { suspend_foreign_keys: suspends };
        let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
        let outcome = async {
            if self.since(transaction.store(), &mut known, &[]).await? != Since::Same {
                return Ok(Vec::new());
            }
            let mut done = Vec::with_capacity(items.len());
            let mut inside = Inside::default();
            for index in 0..items.len() {
                match self.apply_inside(transaction.store(), &mut known, items, index, &mut inside).await? {
                    Some(report) => done.push(report),
                    None => return Ok(Vec::new()),
                }
            }
            inside.settle(transaction.store()).await?;
            Ok(done)
        }
        .await;
        match outcome {
            Ok(done) if done.is_empty() => {
                transaction.rollback().await?;
                Ok(Progress::Moved)
            }
            Ok(done) => {
                transaction
                    .commit()
                    .await
                    .map_err(|error| error.with_detail("the whole run was one transaction: nothing of it was kept"))?;
                for report in &done {
                    self.finished(report, Direction::Up);
                }
                reports.extend(done);
                Ok(Progress::Finished)
            }
            Err(error) => Err(undone(transaction, error).await),
        }
    }

    /// Every migration by itself.
    async fn apply_each(
        &mut self,
        store: &mut dyn SqlStore,
        mut known: Known,
        items: &mut [Item],
        reports: &mut Vec<MigrationReport>,
    ) -> Result<Progress> {
        if items.iter().any(|item| !item.plan.up.is_transactional(&*self.dialect)) {
            // Nothing is applied where something after it could not be.
            store.session()?;
        }
        let mut inside = Inside::default();
        let mut next = 0;
        let mut applied = 0;
        while let Some(item) = items.get(next) {
            let transacted = item.plan.up.is_transactional(&*self.dialect);
            let options = TransactionOptions { suspend_foreign_keys: transacted && narrate::suspends(&item.steps) };
            let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
            match self.since(transaction.store(), &mut known, &items[next..]).await {
                Ok(Since::Same) => {}
                Ok(Since::Advanced(by)) => {
                    next += by;
                    transaction.rollback().await?;
                    continue;
                }
                Ok(Since::Moved) => {
                    transaction.rollback().await?;
                    return Ok(Progress::Moved);
                }
                Err(error) => return Err(undone(transaction, error).await),
            }
            let outcome = if transacted {
                self.apply_in(transaction, &mut known, items, next, &mut inside).await
            } else if let Err(error) = self.look_again(transaction.store(), &mut items[next]).await {
                Err(undone(transaction, error).await)
            } else {
                match self.claim(transaction, &mut known, &items[next]).await {
                    Ok(true) => self.apply_outside(store, items, next).await.map(Some),
                    Ok(false) => Ok(None),
                    Err(error) => Err(error),
                }
            };
            match outcome {
                Ok(Some(report)) => {
                    self.finished(&report, Direction::Up);
                    reports.push(report);
                    applied += 1;
                    next += 1;
                }
                Ok(None) => return Ok(Progress::Moved),
                Err(error) if applied == 0 => return Err(error),
                Err(error) => return Err(error.with_detail(format!("applied before it: {}", counted(applied)))),
            }
        }
        Ok(Progress::Finished)
    }

    /// One migration in its transaction; `None` where another migrator got its row in first.
    async fn apply_in(
        &mut self,
        mut transaction: Transaction<'_>,
        known: &mut Known,
        items: &[Item],
        index: usize,
        inside: &mut Inside,
    ) -> Result<Option<MigrationReport>> {
        let outcome = match self.apply_inside(transaction.store(), known, items, index, inside).await {
            Ok(Some(report)) => inside.settle(transaction.store()).await.map(|()| Some(report)),
            outcome => outcome,
        };
        match outcome {
            Ok(Some(report)) => {
                let migration = &self.migrations[items[index].plan.index];
                transaction.commit().await.map_err(|error| {
                    error
                        .with_detail(format!(
                            "{}: its transaction was rolled back, nothing of it was kept",
                            migration.label()
                        ))
                        .at(&migration.file.source, 0..0, "")
                })?;
                Ok(Some(report))
            }
            Ok(None) => {
                transaction.rollback().await?;
                Ok(None)
            }
            Err(error) => Err(undone(transaction, error).await),
        }
    }

    pub(super) fn finished(&mut self, report: &MigrationReport, direction: Direction) {
        self.observer.event(Event::Finished {
            version: report.version,
            name: &report.name,
            direction,
            duration: std::time::Duration::from_millis(report.duration_ms),
        });
    }
}

/// Rolls back after an error, which is worth more than one of rolling back.
pub(super) async fn undone(transaction: Transaction<'_>, error: Error) -> Error {
    let _ = transaction.rollback().await;
    error
}

fn counted(migrations: usize) -> String {
    if migrations == 1 { "1 migration".to_owned() } else { format!("{migrations} migrations") }
}

/// A migration of a report.
pub(super) fn report(migration: &super::migrator::Migration, duration: std::time::Duration) -> MigrationReport {
    MigrationReport {
        version: migration.file.version,
        name: migration.file.name.clone(),
        duration_ms: milliseconds(duration),
        statements: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
