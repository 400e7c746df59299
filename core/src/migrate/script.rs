//! The script for somebody who runs it by hand: what migrating would send, history included, without a connection.

use std::fmt::Write;
use std::sync::Arc;

use super::history::Moment;
use super::narrate::Opening;
use super::plan::Side;
use super::replay::Replayed;
use super::run::{Run, unknown_version};
use super::{LOCK_TIMEOUT, Migrator, Version};
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
        let migrations = self.load()?;
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
        let run = Run::new(self, &migrations, dialect, LOCK_TIMEOUT, &mut observer);
        let mut text = String::new();
        let dialect = run.dialect.clone();
        let _ = writeln!(
            text,
            "-- fastman {}: migrations for {} {}",
            env!("CARGO_PKG_VERSION"),
            dialect.flavour().name,
            dialect.server_version()
        );
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
        for (nth, item) in items.iter().enumerate() {
            let migration = &migrations[item.plan.index];
            item.plan.up.check_known(&migration.file.source)?;
            let _ = write!(text, "\n-- {}", migration.label());
            if let Some(title) = &migration.script.title {
                let _ = write!(text, ": {title}");
            }
            text.push('\n');
            for assumption in assumptions(&item.plan.up) {
                let _ = writeln!(text, "-- {assumption}");
            }
            let create = from.is_none() && nth == 0;
            for statement in run.tell(migration, item, create, Moment::Whenever, Opening::Own, false)? {
                let _ = writeln!(text, "{statement}{}", dialect.script_terminator(&statement));
            }
        }
        Ok(text)
    }
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
