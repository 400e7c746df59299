//! A made-up project: migrations as texts, and what the commands do with them.

use fastman_core::Result;
use fastman_core::flavour::Flavours;
use fastman_core::migrate::{
    Extent, MigrateOptions, MigrateReport, MigrationFile, MigrationState, Migrator, RollbackOptions, RollbackReport,
    Settings, Source, Version,
};
use fastman_core::store::SqlStore;

use crate::Context;

/// Migrations in the order of their versions.
#[derive(Clone)]
pub(crate) struct Project {
    files: Vec<(Version, String, String)>,
    flavours: Flavours,
}

/// The migrations as they stand when a command is run.
struct Files(Vec<(Version, String, String)>);

impl Source for Files {
    fn files(&self) -> Result<Vec<MigrationFile>> {
        let path = |version: &Version, name: &str| format!("database/migrations/versions/{version}_{name}.sql");
        self.0.iter().map(|(version, name, text)| MigrationFile::new(&path(version, name), text.as_str())).collect()
    }
}

/// The version of the migration at a place, from 0.
pub(crate) fn version(place: usize) -> Version {
    format!("2025{:010}", 101_000_000 + place).parse().unwrap()
}

impl Project {
    /// A project with these migrations; each is a name with the text of its file.
    pub(crate) fn new(context: &Context, migrations: &[(&str, &str)]) -> Project {
        let files = migrations
            .iter()
            .enumerate()
            .map(|(place, (name, text))| (version(place), (*name).to_owned(), (*text).to_owned()))
            .collect();
        Project { files, flavours: context.flavours() }
    }

    /// The same with another text for one file.
    pub(crate) fn edited(&self, name: &str, change: impl Fn(&str) -> String) -> Project {
        let mut project = self.clone();
        let file = project.files.iter_mut().find(|file| file.1 == name).unwrap();
        file.2 = change(&file.2);
        project
    }

    /// The same without one file.
    pub(crate) fn without(&self, name: &str) -> Project {
        let mut project = self.clone();
        project.files.retain(|file| file.1 != name);
        project
    }

    /// The same with the first so many files alone.
    pub(crate) fn first(&self, count: usize) -> Project {
        let mut project = self.clone();
        project.files.truncate(count);
        project
    }

    /// How many migrations there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// The migrator of these files.
    pub(crate) fn migrator(&self) -> Migrator {
        Migrator::new(Files(self.files.clone()), self.flavours, Settings::default())
    }

    /// Applies what is pending.
    pub(crate) async fn migrate(&self, store: &mut dyn SqlStore) -> Result<MigrateReport> {
        self.migrate_with(store, &MigrateOptions::default()).await
    }

    /// Applies what is pending, with options.
    pub(crate) async fn migrate_with(
        &self,
        store: &mut dyn SqlStore,
        options: &MigrateOptions,
    ) -> Result<MigrateReport> {
        self.migrator().migrate(store, options, &mut ()).await
    }

    /// Undoes the last so many.
    pub(crate) async fn rollback(&self, store: &mut dyn SqlStore, steps: usize) -> Result<RollbackReport> {
        self.rollback_with(store, Extent::Steps(steps)).await
    }

    /// Undoes everything.
    pub(crate) async fn reset(&self, store: &mut dyn SqlStore) -> Result<RollbackReport> {
        self.rollback_with(store, Extent::All).await
    }

    async fn rollback_with(&self, store: &mut dyn SqlStore, extent: Extent) -> Result<RollbackReport> {
        let options = RollbackOptions { extent, ..RollbackOptions::default() };
        self.migrator().rollback(store, &options, &mut ()).await
    }

    /// What each migration is.
    pub(crate) async fn states(&self, store: &mut dyn SqlStore) -> Result<Vec<MigrationState>> {
        let report = self.migrator().status(store).await?;
        Ok(report.migrations.iter().map(|migration| migration.state).collect())
    }

    /// How many migrations are applied.
    pub(crate) async fn applied(&self, store: &mut dyn SqlStore) -> Result<usize> {
        let states = self.states(store).await?;
        Ok(states.iter().filter(|state| **state == MigrationState::Applied).count())
    }
}
