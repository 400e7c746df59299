//! What a caller may ask for: the options of each command.

use std::time::Duration;

use super::Version;

/// How long another migrator is waited for where the caller does not say.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// Options of migrating.
#[derive(Clone, Debug)]
pub struct MigrateOptions {
    /// Apply what is pending up to and with this version; `None`: everything.
    pub to: Option<Version>,
    /// Change nothing; the report holds the statements.
    pub pretend: bool,
    /// One transaction around the whole run.
    pub single_transaction: bool,
    /// Apply migrations older than one that is applied already.
    pub allow_out_of_order: bool,
    /// How long another migrator is waited for.
    pub lock_timeout: Duration,
}

impl Default for MigrateOptions {
    fn default() -> MigrateOptions {
        MigrateOptions {
            to: None,
            pretend: false,
            single_transaction: false,
            allow_out_of_order: false,
            lock_timeout: LOCK_TIMEOUT,
        }
    }
}

/// How far a rollback goes, always in reverse order of applying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The last so many.
    Steps(usize),
    /// Everything that was applied after this version, which itself stays.
    To(Version),
    /// Everything.
    All,
}

/// Which plan a rollback runs where the file's down has changed since the migration was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DownSource {
    /// The one stored when the migration was applied.
    Stored,
    /// The file's, rendered anew.
    File,
}

/// Options of rolling back, of asking what that would do, and of redoing.
#[derive(Clone, Debug)]
pub struct RollbackOptions {
    /// How far.
    pub extent: Extent,
    /// Change nothing; the report holds the statements.
    pub pretend: bool,
    /// Stored or the file's; `None`: stored, and an error where the file's differs.
    pub down: Option<DownSource>,
    /// How long another migrator is waited for.
    pub lock_timeout: Duration,
}

impl Default for RollbackOptions {
    fn default() -> RollbackOptions {
        RollbackOptions { extent: Extent::Steps(1), pretend: false, down: None, lock_timeout: LOCK_TIMEOUT }
    }
}

/// What a repair settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// The failed or half-applied migration counts as applied: what it was to do has been done by hand.
    Applied(Version),
    /// The failed or half-applied migration counts as not applied: what it did has been undone by hand.
    NotApplied(Version),
    /// The statement at which the migration stopped took effect: the next run goes on behind it.
    StatementDone(Version),
    /// The statement at which the migration stopped did not take effect: the next run starts with it.
    StatementNotDone(Version),
    /// Applied migrations whose file is missing are forgotten: this one, or all of them.
    Prune(Option<Version>),
    /// Applied migrations whose file was changed take the file's checksum: this one, or all of them.
    AcceptChecksum(Option<Version>),
}
