//! Status: every migration, and what it is. It reads only, and of the files it only lexes.

use std::collections::BTreeMap;

use super::history::{History, Record, RowState};
use super::lock::Patience;
use super::migrator::Migration;
use super::{LOCK_TIMEOUT, MigrationState, MigrationStatus, Migrator, StatusReport, Unfinished, Version};
use crate::error::Result;
use crate::flavour::Flavour;
use crate::sql::section::Direction;
use crate::store::SqlStore;

impl Migrator {
    /// What every migration is.
    ///
    /// # Errors
    /// A file that can't be read or cut into sections; what the server says.
    pub async fn status(&self, store: &mut dyn SqlStore) -> Result<StatusReport> {
        let migrations = self.load()?;
        let dialect = store.dialect();
        let flavour = dialect.flavour();
        let history = History::new(dialect);
        let mut patience = Patience::new(LOCK_TIMEOUT);
        let records = self.read_history(&history, store, &mut patience, &mut ()).await?;
        let mut report = StatusReport { history: records.is_some(), foreign_project: None, migrations: Vec::new() };
        let records = records.unwrap_or_default();
        report.foreign_project = self.foreign_project(&records).map(str::to_owned);
        report.migrations = self.statuses(&migrations, &records, flavour);
        for record in records.iter().filter(|record| record.state == RowState::Running) {
            let Some(session) = record.session.as_deref() else { continue };
            let gone = store.session_is_gone(session).await? == Some(true);
            let status = report.migrations.iter_mut().find(|status| status.version == record.version);
            if let Some(unfinished) = status.and_then(|status| status.unfinished.as_mut()) {
                unfinished.half = gone;
            }
        }
        let failed: Vec<Version> =
            records.iter().filter(|record| record.state == RowState::Failed).map(|record| record.version).collect();
        for details in history.details(store, &failed).await? {
            let status = report.migrations.iter_mut().find(|status| status.version == details.version);
            if let Some(unfinished) = status.and_then(|status| status.unfinished.as_mut()) {
                unfinished.failure = details.failure;
            }
        }
        Ok(report)
    }

    /// The project that the history belongs to, where both it and this one have an id and they differ.
    pub(super) fn foreign_project<'a>(&self, records: &'a [Record]) -> Option<&'a str> {
        let ours = self.settings.project.as_deref()?;
        records.iter().rev().filter_map(|record| record.project.as_deref()).find(|project| *project != ours)
    }

    fn statuses(
        &self,
        migrations: &[Migration],
        records: &[Record],
        flavour: &'static Flavour,
    ) -> Vec<MigrationStatus> {
        let mut by_version: BTreeMap<Version, (Option<&Migration>, Option<&Record>)> = BTreeMap::new();
        for migration in migrations {
            by_version.entry(migration.file.version).or_default().0 = Some(migration);
        }
        for record in records {
            by_version.entry(record.version).or_default().1 = Some(record);
        }
        let newest = records.iter().map(|record| record.version).max();
        by_version
            .into_iter()
            .map(|(version, (migration, record))| self.status_of(version, migration, record, newest, flavour))
            .collect()
    }

    fn status_of(
        &self,
        version: Version,
        migration: Option<&Migration>,
        record: Option<&Record>,
        newest: Option<Version>,
        flavour: &'static Flavour,
    ) -> MigrationStatus {
        let checksum =
            |direction| migration.map(|migration| migration.script.checksum(direction, &self.flavours, flavour));
        let up = checksum(Direction::Up);
        let modified = matches!((&up, record), (Some(up), Some(record)) if *up != record.checksum);
        let down_modified = record.is_some_and(|record| {
            let recorded = record.down_checksum.as_deref();
            recorded.is_some() && checksum(Direction::Down).is_some_and(|down| Some(down.as_str()) != recorded)
        });
        let state = match record.map(|record| record.state) {
            None => MigrationState::Pending,
            Some(RowState::Failed) => MigrationState::Failed,
            Some(RowState::Running) => MigrationState::Running,
            Some(_) if migration.is_none() => MigrationState::Missing,
            Some(_) if modified => MigrationState::Modified,
            Some(RowState::Applied) => MigrationState::Applied,
            Some(RowState::Baseline) => MigrationState::Baseline,
        };
        MigrationStatus {
            version,
            name: match (migration, record) {
                (Some(migration), _) => migration.file.name.clone(),
                (None, Some(record)) => record.name.clone(),
                (None, None) => String::new(),
            },
            file: migration.map(|migration| migration.file.source.name.to_string()),
            state,
            out_of_order: state == MigrationState::Pending && newest > Some(version),
            down_modified,
            applied_at: record.map(|record| record.applied_at),
            duration_ms: record.filter(|record| record.is_settled()).map(|record| record.duration_ms),
            applied_by: record.map(|record| record.applied_by.clone()),
            sequence: record.map(|record| record.sequence),
            checksum: up,
            recorded_checksum: record.map(|record| record.checksum.clone()),
            unfinished: record.filter(|record| !record.is_settled()).map(|record| Unfinished {
                direction: record.direction,
                done: record.done,
                statements: record.statements,
                session: record.session.clone(),
                failure: None,
                // What is being undone is no longer what it was, whatever the first statement came to.
                half: record.state == RowState::Failed && (record.done > 0 || record.direction == Direction::Down),
            }),
        }
    }
}
