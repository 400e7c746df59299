//! Status: every migration, and what it is. It reads only, and of the files it only lexes.

use std::time::Duration;

use super::history::{History, Record, RowState};
use super::lock::Patience;
use super::source::{Label, sort};
use super::{LOCK_TIMEOUT, MigrationState, MigrationStatus, Migrator, Observer, StatusReport, Unfinished, Version};
use crate::error::Result;
use crate::flavour::Flavour;
use crate::sql::section::{Direction, parse_migration};
use crate::store::SqlStore;

/// What status keeps of a file.
struct Outline {
    version: Version,
    name: String,
    file: String,
    up: String,
    down: String,
}

impl Migrator {
    /// What every migration is.
    ///
    /// # Errors
    /// A file that can't be read or cut into sections; what the server says.
    pub async fn status(&self, store: &mut dyn SqlStore) -> Result<StatusReport> {
        self.status_within(store, LOCK_TIMEOUT, &mut ()).await
    }

    /// The same, with how long a writer that keeps others from reading is waited for.
    ///
    /// # Errors
    /// As [`Migrator::status`]; `migrate.locked`.
    pub async fn status_within(
        &self,
        store: &mut dyn SqlStore,
        lock_timeout: Duration,
        observer: &mut dyn Observer,
    ) -> Result<StatusReport> {
        let dialect = store.dialect();
        let outlines = self.outlines(dialect.flavour())?;
        let history = History::new(dialect);
        let mut patience = Patience::new(lock_timeout);
        let records = self.read_history(&history, store, &mut patience, observer).await?;
        let mut report = StatusReport { history: records.is_some(), foreign_project: None, migrations: Vec::new() };
        let records = records.unwrap_or_default();
        report.foreign_project = self.foreign_project(&records).map(str::to_owned);
        let of_state = |state| records.iter().filter(move |record| record.state == state);
        let failed: Vec<Version> = of_state(RowState::Failed).map(|record| record.version).collect();
        let running: Vec<(Version, String)> =
            of_state(RowState::Running).filter_map(|record| Some((record.version, record.session.clone()?))).collect();
        report.migrations = statuses(outlines, records);
        for (version, session) in running {
            let gone = store.session_is_gone(&session).await? == Some(true);
            if let Some(unfinished) = unfinished(&mut report, version) {
                unfinished.half = gone;
            }
        }
        for details in history.details(store, &failed).await? {
            if let Some(unfinished) = unfinished(&mut report, details.version) {
                unfinished.failure = details.failure;
            }
        }
        Ok(report)
    }

    /// Every file in the order of versions, its text only for as long as its checksums take.
    fn outlines(&self, flavour: &'static Flavour) -> Result<Vec<Outline>> {
        let mut outlines = Vec::new();
        self.source.visit(&mut |file| {
            let script = parse_migration(&file.source, &self.flavours)?;
            outlines.push(Outline {
                version: file.version,
                up: script.checksum(Direction::Up, &self.flavours, flavour),
                down: script.checksum(Direction::Down, &self.flavours, flavour),
                file: file.source.name.to_string(),
                name: file.name,
            });
            Ok(())
        })?;
        sort(&mut outlines, |outline| Label { version: outline.version, name: &outline.name, shown: &outline.file })?;
        Ok(outlines)
    }

    /// The project that the history belongs to, where both it and this one have an id and they differ.
    pub(super) fn foreign_project<'a>(&self, records: &'a [Record]) -> Option<&'a str> {
        let ours = self.settings.project.as_deref()?;
        records.iter().rev().filter_map(|record| record.project.as_deref()).find(|project| *project != ours)
    }
}

fn unfinished(report: &mut StatusReport, version: Version) -> Option<&mut Unfinished> {
    let status = report.migrations.iter_mut().find(|status| status.version == version)?;
    status.unfinished.as_mut()
}

/// Files, in the order of versions, and rows, each with its counterpart where it has one.
fn statuses(outlines: Vec<Outline>, mut records: Vec<Record>) -> Vec<MigrationStatus> {
    records.sort_unstable_by_key(|record| record.version);
    let newest = records.last().map(|record| record.version);
    let mut statuses = Vec::with_capacity(outlines.len().max(records.len()));
    let mut records = records.into_iter().peekable();
    for outline in outlines {
        while let Some(record) = records.next_if(|record| record.version < outline.version) {
            statuses.push(recorded(record, None));
        }
        statuses.push(match records.next_if(|record| record.version == outline.version) {
            Some(record) => recorded(record, Some(outline)),
            None => pending(outline, newest),
        });
    }
    statuses.extend(records.map(|record| recorded(record, None)));
    statuses
}

/// What a file alone is.
fn pending(outline: Outline, newest: Option<Version>) -> MigrationStatus {
    MigrationStatus {
        version: outline.version,
        name: outline.name,
        file: Some(outline.file),
        state: MigrationState::Pending,
        out_of_order: newest > Some(outline.version),
        down_modified: false,
        applied_at: None,
        duration_ms: None,
        applied_by: None,
        sequence: None,
        checksum: Some(outline.up),
        recorded_checksum: None,
        unfinished: None,
    }
}

/// What a row is, with its file where that is there.
fn recorded(record: Record, outline: Option<Outline>) -> MigrationStatus {
    let settled = record.is_settled();
    let modified = outline.as_ref().is_some_and(|outline| outline.up != record.checksum);
    let down_modified = match (&outline, &record.down_checksum) {
        (Some(outline), Some(recorded)) => outline.down != *recorded,
        _ => false,
    };
    let state = match record.state {
        RowState::Failed => MigrationState::Failed,
        RowState::Running => MigrationState::Running,
        _ if outline.is_none() => MigrationState::Missing,
        _ if modified => MigrationState::Modified,
        RowState::Applied => MigrationState::Applied,
        RowState::Baseline => MigrationState::Baseline,
    };
    let (name, file, checksum) = match outline {
        Some(outline) => (outline.name, Some(outline.file), Some(outline.up)),
        None => (record.name, None, None),
    };
    MigrationStatus {
        version: record.version,
        name,
        file,
        state,
        out_of_order: false,
        down_modified,
        applied_at: Some(record.applied_at),
        duration_ms: settled.then_some(record.duration_ms),
        applied_by: Some(record.applied_by),
        sequence: Some(record.sequence),
        checksum,
        recorded_checksum: Some(record.checksum),
        unfinished: (!settled).then_some(Unfinished {
            direction: record.direction,
            done: record.done,
            statements: record.statements,
            session: record.session,
            failure: None,
            // What is being undone is no longer what it was, whatever the first statement came to.
            half: record.state == RowState::Failed && (record.done > 0 || record.direction == Direction::Down),
        }),
    }
}
