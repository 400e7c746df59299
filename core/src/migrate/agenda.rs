//! The agenda: what there is to do, and every reason to do nothing, from the files and the history alone.

use std::collections::BTreeMap;

use super::history::Record;
use super::migrator::Migration;
use super::{Migrator, Version};
use crate::error::{Category, Error, Result};
use crate::flavour::Flavour;
use crate::sql::checksum::SCHEME;
use crate::sql::section::Direction;

/// What there is to do.
#[derive(Debug, Default)]
pub(super) struct Agenda<'a> {
    /// What is to be finished first.
    pub unfinished: Option<&'a Record>,
    /// The migrations to be applied, in order.
    pub pending: Vec<usize>,
    /// How many more are pending.
    pub beyond: usize,
}

/// What a caller allows and wants.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    /// Up to and with this version.
    pub to: Option<Version>,
    /// Migrations older than one that is applied.
    pub out_of_order: bool,
}

impl Migrator {
    /// Refuses a history that is not this project's, or that a newer fastman wrote.
    ///
    /// # Errors
    /// `migrate.foreign-project`, `migrate.newer-history`.
    pub(super) fn check_ownership(&self, records: &[Record]) -> Result<()> {
        if let Some(project) = self.foreign_project(records) {
            return Err(Error::refused(
                "migrate.foreign-project",
                format!("this database belongs to another project: its history has the project id {project}"),
            )
            .with_help("check the URL; if it is the right database, set `project_id` in fastman.toml to that id"));
        }
        if let Some(record) = records.iter().find(|record| record.checksum_scheme > SCHEME) {
            return Err(Error::refused(
                "migrate.newer-history",
                format!("a newer fastman applied {}_{}", record.version, record.name),
            )
            .with_help("update fastman"));
        }
        Ok(())
    }

    /// What there is to do.
    ///
    /// # Errors
    /// Every reason to do nothing: [`Migrator::check_ownership`], `migrate.missing`, `migrate.modified`, `migrate.out-of-order`.
    pub(super) fn agenda<'a>(
        &self,
        migrations: &[Migration],
        records: &'a [Record],
        flavour: &'static Flavour,
        wanted: Wanted,
    ) -> Result<Agenda<'a>> {
        self.check_ownership(records)?;
        self.check_files(migrations, records, flavour)?;
        let unfinished = records.iter().find(|record| !record.is_settled());
        let by_version: BTreeMap<Version, &Record> = records.iter().map(|record| (record.version, record)).collect();
        let (pending, beyond): (Vec<usize>, Vec<usize>) = (0..migrations.len())
            .filter(|index| !by_version.contains_key(&migrations[*index].file.version))
            .partition(|index| wanted.to.is_none_or(|to| migrations[*index].file.version <= to));
        let newest = by_version.last_key_value().map(|(version, _)| *version);
        let late: Vec<&Migration> = pending
            .iter()
            .map(|index| &migrations[*index])
            .filter(|migration| newest > Some(migration.file.version))
            .collect();
        if let (false, false, Some(newest)) = (wanted.out_of_order, late.is_empty(), newest) {
            return Err(late.iter().fold(
                Error::refused(
                    "migrate.out-of-order",
                    match late.as_slice() {
                        [one] => format!("{} is older than {newest}, which is applied", one.label()),
                        several => {
                            format!("{} pending migrations are older than {newest}, which is applied", several.len())
                        }
                    },
                )
                .with_help(
                    "give it a newer version if it is applied nowhere yet, or apply it late with --allow-out-of-order",
                ),
                |error, migration| error.with_detail(migration.file.source.name.to_string()),
            ));
        }
        Ok(Agenda { unfinished, pending, beyond: beyond.len() })
    }

    /// Refuses where applied migrations are not what their files are.
    fn check_files(&self, migrations: &[Migration], records: &[Record], flavour: &'static Flavour) -> Result<()> {
        let by_version: BTreeMap<Version, &Migration> =
            migrations.iter().map(|migration| (migration.file.version, migration)).collect();
        let mut missing = Vec::new();
        let mut modified = Vec::new();
        for record in records.iter().filter(|record| record.is_settled()) {
            match by_version.get(&record.version) {
                None => missing.push(record.label()),
                Some(migration) => {
                    if migration.script.checksum(Direction::Up, &self.flavours, flavour) != record.checksum {
                        modified.push(migration.file.source.name.to_string());
                    }
                }
            }
        }
        let drift = |code, message: String, help: &str, what: Vec<String>| {
            let error = Error::new(Category::Drift, code, message).with_help(help);
            Err(match what.as_slice() {
                [_] => error,
                _ => what.into_iter().fold(error, Error::with_detail),
            })
        };
        if let [first, ..] = modified.as_slice() {
            let message = match modified.len() {
                1 => format!("{first} was changed after it was applied"),
                several => format!("{several} files were changed after they were applied"),
            };
            let help = "restore what was applied and write the change as a migration of its own; \
                        or, if the database has it already, take the new checksum with `migrate:repair --accept-checksum`";
            return drift("migrate.modified", message, help, modified);
        }
        if let [first, ..] = missing.as_slice() {
            let message = match missing.len() {
                1 => format!("{first} is applied, and its file is missing"),
                several => format!("{several} migrations are applied, and their files are missing"),
            };
            let help = "bring the files back (another branch may have them); undo them with `migrate:rollback`, \
                        which needs no file; or forget them with `migrate:repair --prune`";
            return drift("migrate.missing", message, help, missing);
        }
        Ok(())
    }
}

impl Migration {
    /// Version and name, as messages have it.
    pub fn label(&self) -> String {
        format!("{}_{}", self.file.version, self.file.name)
    }
}

impl Record {
    /// Version and name, as messages have it.
    pub fn label(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }
}
