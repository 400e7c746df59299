//! Migrating: where migrations come from, the history, planning, applying, undoing, resuming.

mod direction;
mod file;
mod observer;
mod options;
mod report;
mod source;

pub use direction::Direction;
pub use file::{MigrationFile, Version};
pub use observer::{Event, Observer};
pub use options::{DownSource, Extent, LOCK_TIMEOUT, MigrateOptions, Repair, RollbackOptions};
pub use report::{
    BaselineReport, FreshPlan, FreshReport, MigrateReport, MigrationReport, MigrationState, MigrationStatus, Recorded,
    RedoReport, RepairReport, RollbackItem, RollbackPlan, RollbackReport, StatusReport, Unfinished,
};
pub use source::{Embedded, Folder, Source, in_order};
