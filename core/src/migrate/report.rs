//! What each command gives back, ready to be shown or serialised.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Direction, Version};

/// Every migration, in the order of versions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusReport {
    /// Whether the database has a history at all.
    pub history: bool,
    /// The project that the history belongs to, where it is not the one asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_project: Option<String>,
    /// In the order of versions.
    pub migrations: Vec<MigrationStatus>,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MigrationStatus {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// The file, as errors cite it; `None` where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What it is.
    pub state: MigrationState,
    /// Pending, and older than one that is applied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub out_of_order: bool,
    /// The file's down is not what it was when the migration was applied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub down_modified: bool,
    /// When it was applied, or started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<DateTime<Utc>>,
    /// How long that took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Who applied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_by: Option<String>,
    /// Its place in the order of applying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// The checksum of what the file has for this engine; `None` where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// The checksum that was recorded when it was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_checksum: Option<String>,
    /// Of a failed or running one: what is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<Unfinished>,
}

/// How far a failed or running migration got.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unfinished {
    /// Whether it was being applied or undone.
    pub direction: Direction,
    /// How many statements are done.
    pub done: usize,
    /// Of how many.
    pub statements: usize,
    /// The session that runs it, or ran it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// What the server said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Some of it is done, or may be, and no session is at work on it.
    pub half: bool,
}

/// What a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MigrationState {
    /// Applied, and the file is what it was.
    Applied,
    /// Recorded as applied by a baseline, and the file is what it was.
    Baseline,
    /// Not applied.
    Pending,
    /// Stopped by an error on an engine where what was done before stays.
    Failed,
    /// Being applied or undone by some session, or left so by one that was killed.
    Running,
    /// Applied, and the file is gone.
    Missing,
    /// Applied, and the file has changed.
    Modified,
}

/// What a run applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MigrateReport {
    /// In the order in which they were applied, or would be.
    pub migrations: Vec<MigrationReport>,
    /// True where nothing was changed.
    pub pretended: bool,
    /// How many are still pending (beyond `to`).
    pub pending: usize,
    /// How many migrations there are, applied or not.
    pub total: usize,
}

/// What a run undid.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RollbackReport {
    /// In the order in which they were undone, or would be.
    pub migrations: Vec<MigrationReport>,
    /// True where nothing was changed.
    pub pretended: bool,
}

/// One migration of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MigrationReport {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// How long it took.
    pub duration_ms: u64,
    /// Where nothing was changed: every statement, the history's included, as literal SQL without a terminator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
}

/// What a rollback would do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RollbackPlan {
    /// In the order in which they would be undone.
    pub migrations: Vec<RollbackItem>,
}

/// One migration of a rollback.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RollbackItem {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// The statements, without a terminator.
    pub statements: Vec<String>,
    /// What goes with its rows, or is written over: `table posts`, `column posts.title`, `values of posts.title`.
    pub loses: Vec<String>,
    /// Some of it was written for one engine: what it loses is not known.
    pub opaque: bool,
}

/// What a redo did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RedoReport {
    /// What was undone.
    pub rolled_back: Vec<MigrationReport>,
    /// What was applied again.
    pub applied: Vec<MigrationReport>,
    /// True where nothing was changed.
    pub pretended: bool,
}

/// A script in its parts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScriptReport {
    /// The version of fastman that made it.
    pub fastman: &'static str,
    /// The engine.
    pub dialect: &'static str,
    /// The version of the server that it is for.
    pub server_version: String,
    /// In the order in which they are applied.
    pub migrations: Vec<ScriptedMigration>,
}

/// One migration of a script.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScriptedMigration {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// What its file says that it does.
    pub title: Option<String>,
    /// What is taken for granted, since no database was looked at.
    pub assumptions: Vec<String>,
    /// Every statement, the history's and those to the engine's shell included, without a terminator.
    pub statements: Vec<String>,
}

/// What `fresh` would drop.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FreshPlan {
    /// The tables and views that the migrations made and that are there.
    pub relations: Vec<String>,
    /// Migrations that are undone by statements written for this engine: what those drop is not known.
    pub opaque: Vec<String>,
    /// Those that are there and that the migrations did not make, and no such statement mentions: they stay.
    pub kept: Vec<String>,
}

/// What `fresh` did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FreshReport {
    /// The tables and views that went.
    pub dropped: Vec<String>,
    /// What was applied then.
    pub migrated: MigrateReport,
}

/// What a baseline recorded as applied.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BaselineReport {
    /// Those that were not recorded before.
    pub migrations: Vec<Recorded>,
}

/// What a repair settled.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RepairReport {
    /// Those whose record was changed or removed; empty where there was nothing to settle.
    pub migrations: Vec<Recorded>,
}

/// A migration whose record was changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recorded {
    /// Its version.
    pub version: Version,
    /// Its name.
    pub name: String,
}

impl StatusReport {
    /// How many migrations are in that state.
    pub fn count(&self, state: MigrationState) -> usize {
        self.migrations.iter().filter(|migration| migration.state == state).count()
    }
}
