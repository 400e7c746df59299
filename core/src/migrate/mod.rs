//! Migrating: where migrations come from, the history, planning, applying, undoing, resuming.

mod agenda;
mod apply;
mod baseline;
mod conditions;
mod echoes;
#[cfg(test)]
pub(crate) mod fake;
mod file;
mod fresh;
mod handmade;
mod history;
mod live;
mod lock;
mod migrator;
mod narrate;
mod observer;
mod options;
mod plan;
mod repair;
mod replay;
mod report;
mod resume;
mod rollback;
mod run;
mod script;
mod source;
mod status;
mod stepwise;
mod stored;
mod untouched;
mod who;

pub use crate::sql::section::Direction;
pub use file::{MigrationFile, Version};
pub use history::TABLE;
pub use migrator::{Migrator, Settings};
pub use observer::{Event, Observer};
pub use options::{DownSource, Extent, LOCK_TIMEOUT, MigrateOptions, Repair, RollbackOptions};
pub(crate) use plan::controls_transaction;
pub use report::{
    BaselineReport, FreshPlan, FreshReport, MigrateReport, MigrationReport, MigrationState, MigrationStatus, Recorded,
    RedoReport, RepairReport, RollbackItem, RollbackPlan, RollbackReport, ScriptReport, ScriptedMigration,
    StatusReport, Unfinished,
};
pub use source::{Embedded, Folder, Source, in_order};
