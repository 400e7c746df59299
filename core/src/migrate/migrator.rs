//! The migrator: a source of migrations, the flavours they may name, and the settings of the project. Each command is a
//! file of its own; what they share is here.

use std::sync::Arc;

use super::history::{History, Record};
use super::lock::{self, Patience, is_busy};
use super::{MigrationFile, Observer, Source, Version, in_order, who};
use crate::adapter::nearest;
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::flavour::Flavours;
use crate::sql::section::{MigrationScript, parse_migration};
use crate::store::SqlStore;

/// What a project says about its migrations.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The project's id; where it is set, a history that belongs to another one is refused.
    pub project: Option<String>,
    /// Every engine that a migration must render for, besides the one it is applied to.
    pub engines: Vec<Arc<dyn Dialect>>,
    /// Who is recorded as having applied a migration.
    pub applied_by: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { project: None, engines: Vec::new(), applied_by: who::user_and_host() }
    }
}

/// Applies, undoes and reports migrations.
///
/// Every future that it gives may be dropped at any point: what ran inside a transaction is rolled back, and what could not
/// is recorded so that the next run goes on from there.
pub struct Migrator {
    pub(super) source: Arc<dyn Source>,
    pub(super) flavours: Flavours,
    pub(super) settings: Settings,
}

/// A migration, cut into its sections.
#[derive(Debug)]
pub(crate) struct Migration {
    pub file: MigrationFile,
    pub script: MigrationScript,
}

impl Migrator {
    /// A migrator of these migrations.
    pub fn new(source: impl Source + 'static, flavours: Flavours, settings: Settings) -> Migrator {
        Migrator { source: Arc::new(source), flavours, settings }
    }

    /// Every migration in the order of versions.
    pub(crate) fn load(&self) -> Result<Vec<Migration>> {
        in_order(&*self.source)?
            .into_iter()
            .map(|file| {
                let script = parse_migration(&file.source, &self.flavours)?;
                Ok(Migration { file, script })
            })
            .collect()
    }

    /// The version that a user means by a text: all of its digits, the beginning of them, or the migration's name.
    ///
    /// # Errors
    /// `migrate.unknown-version` where none or more than one is meant.
    pub fn version(&self, text: &str) -> Result<Version> {
        if let Ok(version) = text.parse() {
            return Ok(version);
        }
        let files = in_order(&*self.source)?;
        let stem = text.trim_end_matches(".sql");
        let matching: Vec<&MigrationFile> = files
            .iter()
            .filter(|file| {
                let version = file.version.to_string();
                let digits = !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit());
                (digits && version.starts_with(stem)) || file.name == stem || format!("{version}_{}", file.name) == stem
            })
            .collect();
        match matching.as_slice() {
            [only] => Ok(only.version),
            [] => {
                let error = Error::usage("migrate.unknown-version", format!("no migration is called {text:?}"));
                Err(match nearest(stem, files.iter().map(|file| file.name.as_str())) {
                    Some(name) => error.with_help(format!("did you mean {name}?")),
                    None => error.with_help("`migrate:status` lists the versions and names that there are"),
                })
            }
            several => {
                let names: Vec<String> = several.iter().map(|file| format!("{}_{}", file.version, file.name)).collect();
                Err(Error::usage("migrate.unknown-version", format!("{text:?} may mean any of {}", names.join(", ")))
                    .with_help("write more of it"))
            }
        }
    }

    /// The history as it stands; a writer that is just committing is waited for, and that is told.
    pub(super) async fn read_history(
        &self,
        history: &History,
        store: &mut dyn SqlStore,
        patience: &mut Patience,
        observer: &mut dyn Observer,
    ) -> Result<Option<Vec<Record>>> {
        loop {
            match lock::answer(history.read(store), observer).await {
                Err(error) if is_busy(&error) => patience.wait(None, observer).await?,
                outcome => return outcome,
            }
        }
    }
}

impl std::fmt::Debug for Migrator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Migrator").field("settings", &self.settings).finish_non_exhaustive()
    }
}
