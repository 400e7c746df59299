//! `migrate:repair`: changes the record of what is applied, not the schema.

use clap::{ArgGroup, Args};
use fastman_core::Error;
use fastman_core::migrate::{LOCK_TIMEOUT, MigrationState, Recorded, Repair as Settlement, StatusReport, Version};

use super::migrate::{locked, migrations, version};
use crate::context::{Access, Context};
use crate::narrator::Narrator;
use crate::output::Output;
use crate::run::{Exit, Stop, until_done};

/// Settle a migration that failed half-way, was changed, or is missing
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("how").args(["applied", "not_applied", "statement_done", "statement_not_done", "prune", "accept_checksum"])),
    after_help = "Examples:
  fastman migrate:repair                           say what there is to settle
  fastman migrate:repair --applied                 the rest was done by hand: it counts as applied
  fastman migrate:repair --not-applied             what it did was undone by hand: it counts as pending
  fastman migrate:repair --statement-done          the statement at which it stopped took effect: go on behind it
  fastman migrate:repair --statement-not-done      it did not: start with it again
  fastman migrate:repair --prune 20260131120000    forget an applied migration whose file is gone
  fastman migrate:repair --accept-checksum         take changed files as they are now

It changes the history table alone. Without a version, --applied and its like mean the one that is half applied; --prune and \
--accept-checksum mean every migration that is missing, or changed."
)]
pub struct Repair {
    /// Which migration: its version, the beginning of it, or its name
    version: Option<String>,
    /// It counts as applied
    #[arg(long)]
    applied: bool,
    /// It counts as not applied
    #[arg(long)]
    not_applied: bool,
    /// The statement at which it stopped took effect
    #[arg(long)]
    statement_done: bool,
    /// The statement at which it stopped did not take effect
    #[arg(long)]
    statement_not_done: bool,
    /// Forget applied migrations whose file is gone
    #[arg(long)]
    prune: bool,
    /// Take files that were changed after they were applied as they are
    #[arg(long)]
    accept_checksum: bool,
}

impl Repair {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let (project, target) = context.target_to_migrate("migrate:repair")?;
        let migrator = context.checked_migrator(&project)?;
        let version = version(&migrator, self.version.as_deref())?;
        let report = until_done(async {
            let mut store = context.connect(project.root(), &target, Access::Write).await?;
            let narrator = &mut Narrator::new(context.output);
            let status = migrator.status_within(&mut *store, LOCK_TIMEOUT, narrator).await.map_err(locked)?;
            let Some(settlement) = self.settlement(version, &status)? else { return Ok(None) };
            Ok(Some(migrator.repair(&mut *store, settlement, narrator).await.map_err(locked)?))
        })?;
        let report = report.unwrap_or_default();
        if context.output.is_json() {
            context.output.json(&report)?;
        } else {
            list(context.output, &report.migrations, "settled");
        }
        Ok(Exit::Done)
    }

    /// What the flags ask for; `None` where there is nothing to settle.
    fn settlement(&self, version: Option<Version>, status: &StatusReport) -> Result<Option<Settlement>, Error> {
        if self.prune {
            return Ok(Some(Settlement::Prune(version)));
        }
        if self.accept_checksum {
            return Ok(Some(Settlement::AcceptChecksum(version)));
        }
        let unfinished = status.migrations.iter().find(|migration| migration.unfinished.is_some());
        let make = if self.applied {
            Settlement::Applied
        } else if self.not_applied {
            Settlement::NotApplied
        } else if self.statement_done {
            Settlement::StatementDone
        } else if self.statement_not_done {
            Settlement::StatementNotDone
        } else {
            return undecided(status);
        };
        Ok(version.or(unfinished.map(|migration| migration.version)).map(make))
    }
}

/// Without a flag: what there is to settle, as an error that asks for a decision.
fn undecided(status: &StatusReport) -> Result<Option<Settlement>, Error> {
    let mut error = Error::usage("repair.undecided", "say how to settle it");
    let mut helps = Vec::new();
    for migration in &status.migrations {
        let (problem, help) = match migration.state {
            MigrationState::Failed | MigrationState::Running => {
                ("begun, and not finished", "--applied, --not-applied, --statement-done or --statement-not-done")
            }
            MigrationState::Missing => ("applied, and its file is missing", "--prune"),
            MigrationState::Modified => ("applied, and its file was changed", "--accept-checksum"),
            _ => continue,
        };
        error = error.with_detail(format!("{} {}: {problem}", migration.version, migration.name));
        if !helps.contains(&help) {
            helps.push(help);
        }
    }
    if helps.is_empty() {
        return Ok(None);
    }
    Err(error.with_help(format!("give {}; `fastman migrate:repair --help` says what they mean", helps.join("; "))))
}

/// The migrations whose record was changed, a line each, and how many.
pub fn list(output: &Output, recorded: &[Recorded], what: &str) {
    for migration in recorded {
        output.result(&format!("{}  {}\n", migration.version, migration.name));
    }
    match recorded.len() {
        0 => output.result(&format!("nothing to be {what}\n")),
        count => output.result(&format!("{} {what}\n", migrations(count))),
    }
}
