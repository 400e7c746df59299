//! Redoing: undone and applied again, by the file as it is now.

use super::undo::undone_before;
use crate::error::{Error, Result};
use crate::migrate::history::Record;
use crate::migrate::run::{Ground, Run};
use crate::migrate::{MigrateOptions, Migrator, Observer, RedoReport, RollbackOptions, Version, agenda::Wanted};
use crate::store::SqlStore;

impl Migrator {
    /// Undoes the last migrations and applies the same again. Nothing is undone unless all of them can be planned.
    ///
    /// # Errors
    /// As [`Migrator::rollback`] and [`Migrator::migrate`]; `migrate.missing` where one has no file.
    pub async fn redo(
        &self,
        store: &mut dyn SqlStore,
        options: &RollbackOptions,
        observer: &mut dyn Observer,
    ) -> Result<RedoReport> {
        let migrations = self.load()?;
        let dialect = store.dialect();
        let flavour = dialect.flavour();
        let mut run = Run::new(self, &migrations, dialect, options.lock_timeout, &mut *observer);
        let prepared = run.prepare_rollback(store, options).await?;
        let (ground, undoings) = (&prepared.ground, &prepared.undoings);
        let mut versions: Vec<Version> = undoings.iter().map(|undoing| undoing.record.version).collect();
        versions.sort();
        if let Some(missing) = undoings.iter().find(|undoing| undoing.migration.is_none()) {
            return Err(Error::new(
                crate::error::Category::Drift,
                "migrate.missing",
                format!("{} can't be applied again: its file is missing", missing.record.label()),
            )
            .with_help("bring the file back, or undo it alone with `migrate:rollback`"));
        }
        let kept: Vec<Record> =
            ground.records.iter().filter(|record| !versions.contains(&record.version)).cloned().collect();
        let left = Ground { exists: ground.exists, records: kept };
        let wanted = Wanted { to: None, out_of_order: true };
        let pending = self.agenda(&migrations, &left.records, flavour, wanted)?.pending;
        let again: Vec<usize> =
            pending.into_iter().filter(|index| versions.contains(&migrations[*index].file.version)).collect();
        let items = run.plan_offline(&left, &again)?;
        if options.pretend {
            let applied = run.pretend(&left, &items, false)?;
            return Ok(RedoReport { rolled_back: run.tell_all_down(&prepared)?, applied, pretended: true });
        }
        let rolled_back = if undoings.is_empty() { Vec::new() } else { run.undo_all(store, &prepared).await? };
        let migrate = MigrateOptions { lock_timeout: options.lock_timeout, ..MigrateOptions::default() };
        let wanted = Wanted { to: None, out_of_order: true };
        let applied = self
            .migrate_wanted(&migrations, store, &migrate, wanted, Some(&versions), observer)
            .await
            .map_err(|error| undone_before(error, &rolled_back))?;
        Ok(RedoReport { rolled_back, applied: applied.migrations, pretended: false })
    }
}
