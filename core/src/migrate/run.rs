//! What every command that changes a database goes through: looking at the history, and making sure under the lock that it
//! is still what was looked at.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::agenda::Wanted;
use super::apply::Item;
use super::history::{History, Mark, Record, RowState};
use super::lock::Patience;
use super::migrator::Migration;
use super::replay::Replayed;
use super::{Migrator, Observer, Version};
use crate::dialect::Dialect;
use crate::error::{Category, Error, Result};
use crate::store::SqlStore;

/// A command at work.
pub(super) struct Run<'a> {
    pub migrator: &'a Migrator,
    /// In the order of versions.
    pub migrations: &'a [Migration],
    pub dialect: Arc<dyn Dialect>,
    pub history: History,
    pub patience: Patience,
    pub observer: &'a mut dyn Observer,
}

/// The history as it was looked at.
#[derive(Debug)]
pub(super) struct Ground {
    /// Whether the table is there.
    pub exists: bool,
    /// In the order of applying.
    pub records: Vec<Record>,
}

/// How the history stands, as far as this run knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Whether the table is there.
    pub exists: bool,
    /// The end of the order of applying.
    pub mark: Mark,
}

/// What became of the history since it was looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// Nothing.
    Same,
    /// Another migrator applied the first so many of what is to be applied here, and nothing else.
    Advanced(usize),
    /// Something else.
    Moved,
}

/// How a run under the lock ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All is done.
    Finished,
    /// Another migrator was at work in between: everything is to be looked at again.
    Moved,
}

impl Ground {
    /// How the history stands.
    pub fn known(&self) -> Known {
        Known { exists: self.exists, mark: self.records.last().map_or(Mark::EMPTY, Record::mark) }
    }
}

impl<'a> Run<'a> {
    pub fn new(
        migrator: &'a Migrator,
        migrations: &'a [Migration],
        dialect: Arc<dyn Dialect>,
        lock_timeout: Duration,
        observer: &'a mut dyn Observer,
    ) -> Run<'a> {
        let history = History::new(dialect.clone());
        Run { migrator, migrations, dialect, history, patience: Patience::new(lock_timeout), observer }
    }

    /// The migration of that version.
    pub fn migration(&self, version: Version) -> Option<&'a Migration> {
        let found = self.migrations.binary_search_by_key(&version, |migration| migration.file.version);
        found.ok().and_then(|index| self.migrations.get(index))
    }

    /// The history.
    ///
    /// # Errors
    /// What the server says.
    pub async fn look(&mut self, store: &mut dyn SqlStore) -> Result<Ground> {
        let records = self.migrator.read_history(&self.history, store, &mut self.patience, &mut *self.observer).await?;
        Ok(Ground { exists: records.is_some(), records: records.unwrap_or_default() })
    }

    /// The history, where fastman may work at all.
    ///
    /// # Errors
    /// `migrate.unmanaged` for a database without a history that holds tables or views; what the server says.
    pub async fn look_to_migrate(&mut self, store: &mut dyn SqlStore) -> Result<Ground> {
        loop {
            let ground = self.look(store).await?;
            if ground.exists {
                return Ok(ground);
            }
            let surroundings = self.history.look(store).await?;
            // Made by another migrator between the two looks.
            if surroundings.history {
                continue;
            }
            if surroundings.others.is_empty() {
                return Ok(ground);
            }
            return Err(unmanaged(&surroundings.others));
        }
    }

    /// What became of the history since it was looked at, asked inside a transaction under the lock. `expected` is what is to
    /// be applied here, in order.
    ///
    /// # Errors
    /// What the server says.
    pub async fn since(&self, store: &mut dyn SqlStore, known: &mut Known, expected: &[Item]) -> Result<Since> {
        if !known.exists {
            known.exists = self.history.look(store).await?.history;
            if !known.exists {
                return Ok(Since::Same);
            }
        }
        if self.history.mark(store).await? == known.mark {
            return Ok(Since::Same);
        }
        let mut rows = self.history.read_from(store, known.mark.sequence).await?.into_iter().peekable();
        if known.mark != Mark::EMPTY {
            match rows.next() {
                Some(row) if row.mark() == known.mark => {}
                _ => return Ok(Since::Moved),
            }
        }
        if rows.peek().is_none() {
            return Ok(Since::Moved);
        }
        let mut advanced = 0;
        for row in rows {
            let as_expected = row.state == RowState::Applied
                && expected.get(advanced).is_some_and(|item| {
                    row.version == self.migrations[item.plan.index].file.version && row.checksum == item.plan.checksum
                });
            if !as_expected {
                return Ok(Since::Moved);
            }
            known.mark = row.mark();
            advanced += 1;
        }
        Ok(Since::Advanced(advanced))
    }

    /// The schema that the applied migrations add up to, in the order of applying.
    ///
    /// # Errors
    /// Portable SQL that is wrong, with its place.
    pub fn replay(&self, records: &[Record]) -> Result<Replayed> {
        let mut replayed = Replayed::default();
        for migration in
            records.iter().filter(|record| record.is_settled()).filter_map(|record| self.migration(record.version))
        {
            replayed.advance(migration, &self.migrator.flavours, self.dialect.flavour())?;
        }
        Ok(replayed)
    }

    /// Waits a little where another session holds the claim of an unfinished migration; false where nobody does.
    ///
    /// # Errors
    /// `migrate.locked` once it has taken too long, or where it can't be known whether that session is still there.
    pub async fn wait_for_claim(&mut self, store: &mut dyn SqlStore, record: &Record) -> Result<bool> {
        let Some(session) = record.session.as_deref().filter(|_| record.state == RowState::Running) else {
            return Ok(false);
        };
        if store.session().is_ok_and(|own| own == session) {
            return Ok(false);
        }
        let holder = format!("{}, session {session}", record.applied_by);
        match store.session_is_gone(session).await? {
            Some(true) => Ok(false),
            Some(false) => {
                self.patience.wait(Some(&holder), &mut *self.observer).await?;
                Ok(true)
            }
            None => Err(Error::new(
                Category::Locked,
                "migrate.claimed",
                format!("{} is claimed by {holder}, and it can't be shown that this session is gone", record.label()),
            )
            .with_help(format!(
                "if it is, settle the migration: migrate:repair {} --applied or --not-applied",
                record.version
            ))),
        }
    }
}

impl Migrator {
    /// What a caller wants, once its version is known to exist.
    ///
    /// # Errors
    /// `migrate.unknown-version`.
    pub(super) fn wanted(&self, migrations: &[Migration], to: Option<Version>, out_of_order: bool) -> Result<Wanted> {
        match to.filter(|to| migrations.iter().all(|migration| migration.file.version != *to)) {
            Some(unknown) => Err(unknown_version(unknown)),
            None => Ok(Wanted { to, out_of_order }),
        }
    }
}

/// The error of a version that neither a file nor the history has.
pub(super) fn unknown_version(version: Version) -> Error {
    Error::usage("migrate.unknown-version", format!("there is no migration {version}"))
        .with_help("`migrate:status` lists those that there are")
}

fn unmanaged(relations: &[String]) -> Error {
    let shown = relations.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = match relations.len().saturating_sub(5) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Error::refused(
        "migrate.unmanaged",
        format!("this database has no history of migrations, and holds {shown}{more}, which no migration made"),
    )
    .with_help(
        "check the URL; to adopt the database, write migrations that make what it holds and record them as applied with \
         `migrate:baseline VERSION`",
    )
}

/// Now, to the microsecond, which is what every engine keeps.
pub(super) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
}

/// Whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
