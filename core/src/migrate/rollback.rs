//! Undoing: in reverse order of applying, by the plans that were stored then, so that no file is needed.

mod anew;
mod definition;
mod guard;
mod prepare;
mod redo;
mod undo;

use super::migrator::Migration;
use super::run::Run;
use super::{Event, Extent, Migrator, Observer, RollbackItem, RollbackOptions, RollbackPlan, RollbackReport};
use crate::error::Result;
use crate::store::SqlStore;
pub(super) use guard::mentions;
use prepare::Undoing;

impl Migrator {
    /// What a rollback would do and what would be lost by it. It changes nothing, and refuses for every reason for which
    /// [`Migrator::rollback`] would.
    ///
    /// # Errors
    /// As [`Migrator::rollback`].
    pub async fn plan_rollback(&self, store: &mut dyn SqlStore, options: &RollbackOptions) -> Result<RollbackPlan> {
        let migrations = self.load()?;
        let mut observer = ();
        let mut run = Run::new(self, &migrations, store.dialect(), options.lock_timeout, &mut observer);
        let prepared = run.prepare_rollback(store, options).await?;
        Ok(RollbackPlan { migrations: prepared.undoings.iter().map(Undoing::item).collect() })
    }

    /// Undoes the last migrations, each by the plan that was stored when it was applied.
    ///
    /// # Errors
    /// `migrate.irreversible`, `migrate.down-changed`, `migrate.rebuild-would-lose`, `migrate.unfinished` before anything runs; a lock
    /// not had in time; what the server says of a statement.
    pub async fn rollback(
        &self,
        store: &mut dyn SqlStore,
        options: &RollbackOptions,
        observer: &mut dyn Observer,
    ) -> Result<RollbackReport> {
        let migrations = self.load()?;
        self.rollback_of(&migrations, store, options, observer).await
    }

    /// Undoes every migration.
    ///
    /// # Errors
    /// As [`Migrator::rollback`].
    pub async fn reset(
        &self,
        store: &mut dyn SqlStore,
        options: &RollbackOptions,
        observer: &mut dyn Observer,
    ) -> Result<RollbackReport> {
        let options = RollbackOptions { extent: Extent::All, ..options.clone() };
        self.rollback(store, &options, observer).await
    }

    async fn rollback_of(
        &self,
        migrations: &[Migration],
        store: &mut dyn SqlStore,
        options: &RollbackOptions,
        observer: &mut dyn Observer,
    ) -> Result<RollbackReport> {
        let mut run = Run::new(self, migrations, store.dialect(), options.lock_timeout, observer);
        let prepared = run.prepare_rollback(store, options).await?;
        if options.pretend {
            return Ok(RollbackReport { migrations: run.tell_all_down(&prepared)?, pretended: true });
        }
        if prepared.undoings.is_empty() {
            return Ok(RollbackReport::default());
        }
        run.observer.event(Event::Planned { migrations: prepared.undoings.len() });
        let migrations = run.undo_all(store, &prepared).await?;
        Ok(RollbackReport { migrations, pretended: false })
    }
}

impl Undoing<'_> {
    fn item(&self) -> RollbackItem {
        RollbackItem {
            version: self.record.version,
            name: self.record.name.clone(),
            statements: self.steps.iter().skip(self.from).map(|planned| planned.step.sql.clone()).collect(),
            loses: self.loses.clone(),
            opaque: self.opaque,
        }
    }
}

#[cfg(test)]
mod tests;
