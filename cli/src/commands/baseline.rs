//! `migrate:baseline`: adopts a database that has its tables already.

use clap::Args;

use super::migrate::locked;
use super::repair::list;
use crate::context::{Access, Context};
use crate::narrator::Narrator;
use crate::run::{Exit, Stop, until_done};

/// Record migrations as applied without running them: adopt a database that has its tables already
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman migrate:baseline 20260131120000    this one and every older one count as applied")]
pub struct Baseline {
    /// The last migration whose effects the database has: its version, the beginning of it, or its name
    version: String,
}

impl Baseline {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let (project, target) = context.target_to_migrate("migrate:baseline")?;
        let migrator = context.checked_migrator(&project)?;
        let version = migrator.version(&self.version)?;
        let report = until_done(async {
            let mut store = context.connect(project.root(), &target, Access::Write).await?;
            let narrator = &mut Narrator::new(context.output);
            Ok(migrator.baseline(&mut *store, version, narrator).await.map_err(locked)?)
        })?;
        if context.output.is_json() {
            context.output.json(&report)?;
        } else {
            list(context.output, &report.migrations, "recorded as applied");
        }
        Ok(Exit::Done)
    }
}
