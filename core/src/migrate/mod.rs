//! Migrating: where migrations come from, the history, planning, applying, undoing, resuming.

mod file;
#[allow(dead_code, reason = "what applying uses of it comes with applying")]
mod history;
#[allow(dead_code, reason = "comes into use with applying")]
mod lock;
mod migrator;
mod observer;
mod options;
mod report;
mod source;
mod status;
#[allow(dead_code, reason = "comes into use with applying")]
mod stored;
mod who;

pub use crate::sql::section::Direction;
pub use file::{MigrationFile, Version};
pub use history::TABLE;
pub use migrator::{Migrator, Settings};
pub use observer::{Event, Observer};
pub use options::{DownSource, Extent, LOCK_TIMEOUT, MigrateOptions, Repair, RollbackOptions};
pub use report::{
    BaselineReport, FreshPlan, FreshReport, MigrateReport, MigrationReport, MigrationState, MigrationStatus, Recorded,
    RedoReport, RepairReport, RollbackItem, RollbackPlan, RollbackReport, StatusReport, Unfinished,
};
pub use source::{Embedded, Folder, Source, in_order};
