//! The script for somebody who runs it by hand: what migrating would send, history included, without a connection.

use std::fmt::Write;
use std::sync::Arc;

use super::apply::Item;
use super::history::Moment;
use super::migrator::Migration;
use super::narrate::Opening;
use super::plan::Side;
use super::replay::Replayed;
use super::run::{Run, unknown_version};
use super::{LOCK_TIMEOUT, MigrateReport, MigrationReport, Migrator, ScriptReport, ScriptedMigration, Version};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

impl Migrator {
    /// The script of the migrations after `from` (all, where `None`) up to and with `to` (the last one, where `None`), for the
    /// engine's own shell. It records each migration in the history, at the time when it runs and behind what is recorded then, and
    /// stops at the history's primary key where a migration is applied already.
    ///
    /// # Errors
    /// `migrate.unknown-version`; what is wrong with a file, or can't be done on the engine, with its place.
    pub fn script(&self, dialect: Arc<dyn Dialect>, from: Option<Version>, to: Option<Version>) -> Result<String> {
        let script = self.script_report(dialect.clone(), from, to)?;
        let mut text =
            format!("-- fastman {}: migrations for {} {}\n", script.fastman, script.dialect, script.server_version);
        for migration in script.migrations {
            let _ = write!(text, "\n-- {}_{}", migration.version, migration.name);
            if let Some(title) = &migration.title {
                let _ = write!(text, ": {title}");
            }
            text.push('\n');
            for assumption in migration.assumptions {
                let _ = writeln!(text, "-- {assumption}");
            }
            for statement in migration.statements {
                let _ = writeln!(text, "{statement}{}", dialect.script_terminator(&statement));
            }
        }
        Ok(text)
    }

    /// The same in its parts, for programs.
    ///
    /// # Errors
    /// As [`Migrator::script`].
    pub fn script_report(
        &self,
        dialect: Arc<dyn Dialect>,
        from: Option<Version>,
        to: Option<Version>,
    ) -> Result<ScriptReport> {
        let migrations = self.load()?;
        let told = self.told(&migrations, dialect.clone(), from, to)?;
        Ok(ScriptReport {
            fastman: env!("CARGO_PKG_VERSION"),
            dialect: dialect.flavour().name,
            server_version: dialect.server_version().to_string(),
            migrations: told
                .into_iter()
                .map(|told| ScriptedMigration {
                    version: told.migration.file.version,
                    name: told.migration.file.name.clone(),
                    title: told.migration.script.title.clone(),
                    assumptions: told.assumptions,
                    statements: told.statements,
                })
                .collect(),
        })
    }

    /// What migrating an empty database up to and with `to` would do, as a run that pretends says it, without a connection.
    ///
    /// # Errors
    /// As [`Migrator::script`].
    pub fn pretend_from_nothing(&self, dialect: Arc<dyn Dialect>, to: Option<Version>) -> Result<MigrateReport> {
        let migrations = self.load()?;
        let told = self.told(&migrations, dialect, None, to)?;
        let reports: Vec<MigrationReport> = told
            .into_iter()
            .map(|told| MigrationReport {
                version: told.migration.file.version,
                name: told.migration.file.name.clone(),
                duration_ms: 0,
                statements: told.statements,
            })
            .collect();
        Ok(MigrateReport {
            pretended: true,
            pending: migrations.len() - reports.len(),
            total: migrations.len(),
            migrations: reports,
        })
    }

    fn told<'a>(
        &self,
        migrations: &'a [Migration],
        dialect: Arc<dyn Dialect>,
        from: Option<Version>,
        to: Option<Version>,
    ) -> Result<Vec<Told<'a>>> {
        let unknown = |version: &Version| migrations.iter().all(|migration| migration.file.version != *version);
        if let Some(version) = [from, to].into_iter().flatten().find(unknown) {
            return Err(unknown_version(version));
        }
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            return Err(Error::usage("migrate.empty-range", format!("{to} is not after {from}"))
                .with_help("a script goes from an older version to a newer one; undoing has no script"));
        }
        let mut observer = ();
        let run = Run::new(self, migrations, dialect.clone(), LOCK_TIMEOUT, &mut observer);
        let pending: Vec<usize> = (0..migrations.len())
            .filter(|index| {
                let version = migrations[*index].file.version;
                from.is_none_or(|from| version > from) && to.is_none_or(|to| version <= to)
            })
            .collect();
        let mut replayed = Replayed::default();
        for migration in migrations.iter().filter(|migration| from.is_some_and(|from| migration.file.version <= from)) {
            replayed.advance(migration, &self.flavours, dialect.flavour())?;
        }
        let items = run.plan_from(replayed, &pending)?;
        let tell = |(nth, item): (usize, &Item)| {
            let migration = &migrations[item.plan.index];
            item.plan.up.check_known(&migration.file.source)?;
            let create = from.is_none() && nth == 0;
            let statements = run.tell(migration, item, create, Moment::Whenever, Opening::Own)?;
            Ok(Told { migration, assumptions: assumptions(&item.plan.up), statements })
        };
        items.iter().enumerate().map(tell).collect()
    }
}

/// A migration in a script.
struct Told<'a> {
    migration: &'a Migration,
    assumptions: Vec<String>,
    statements: Vec<String>,
}

/// What was taken for granted because no catalog could be looked at.
fn assumptions(side: &Side) -> Vec<String> {
    let mut tables: Vec<String> = side.groups().flat_map(|group| &group.needs).map(|table| table.to_string()).collect();
    tables.sort();
    tables.dedup();
    tables
        .into_iter()
        .map(|table| {
            format!(
                "assumes that {table} is as the migrations before this one make it: an index, a trigger or an attribute that it got \
                 otherwise would be lost"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
