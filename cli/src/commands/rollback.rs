//! `migrate:rollback`, `migrate:redo` and `migrate:reset`: undo migrations, after asking.

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use fastman_core::migrate::{DownSource, Extent, RollbackItem, RollbackOptions, RollbackPlan};
use fastman_core::store::Place;

use super::migrate::{Lock, migrations, version};
use super::script;
use crate::consent::{self, Destruction};
use crate::context::{Access, Context};
use crate::narrator::Narrator;
use crate::run::{Exit, Stop, until_done};

/// Undo the last migration, or the last few
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman migrate:rollback                        the last one
  fastman migrate:rollback --steps=3              the last three
  fastman migrate:rollback --to 20260131120000    everything that was applied after this one
  fastman migrate:rollback --pretend              print the SQL, change nothing

Migrations are undone in the reverse order of applying, by the plan that was recorded then: it works after the file is gone.
It says what will be lost and asks. Without a terminal it refuses (exit code 7) unless --yes is given.")]
pub struct Rollback {
    /// How many to undo
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "to", value_parser = at_least_one())]
    steps: usize,
    /// Undo what was applied after this one, which stays
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    #[command(flatten)]
    how: How,
}

/// Undo the last migration, or the last few, and apply them again
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman migrate:redo              try the last migration again, after editing its file
  fastman migrate:redo --steps=2")]
pub struct Redo {
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one())]
    steps: usize,
    #[command(flatten)]
    how: How,
}

/// Undo every migration: all data in their tables is lost
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman migrate:reset
  fastman migrate:reset --yes       without asking, for scripts")]
pub struct Reset {
    #[command(flatten)]
    how: How,
}

/// What the three have in common.
#[derive(Clone, Copy, Debug, Args)]
struct How {
    /// Print the statements, change nothing
    #[arg(long)]
    pretend: bool,
    /// Which way down, where the file's has changed since the migration was applied
    #[arg(long, value_enum, value_name = "WHICH")]
    down: Option<Down>,
    #[command(flatten)]
    lock: Lock,
}

/// Which way down.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Down {
    // The one recorded when the migration was applied.
    Stored,
    // The one that the file has now.
    File,
}

fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

impl How {
    fn options(self, extent: Extent) -> RollbackOptions {
        let down = self.down.map(|down| match down {
            Down::Stored => DownSource::Stored,
            Down::File => DownSource::File,
        });
        RollbackOptions { extent, pretend: self.pretend, down, lock_timeout: self.lock.timeout() }
    }
}

impl Rollback {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        undo(context, "migrate:rollback", self.how, |migrator| {
            Ok(match version(migrator, self.to.as_deref())? {
                Some(version) => Extent::To(version),
                None => Extent::Steps(self.steps),
            })
        })
    }
}

impl Reset {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        undo(context, "migrate:reset", self.how, |_| Ok(Extent::All))
    }
}

/// Shows what would be undone, asks, and undoes it.
fn undo(
    context: &Context<'_>,
    command: &str,
    how: How,
    extent: impl FnOnce(&fastman_core::migrate::Migrator) -> Result<Extent, Stop>,
) -> Result<Exit, Stop> {
    let (project, target) = context.target_to_migrate(command)?;
    let migrator = context.migrator(&project);
    let options = how.options(extent(&migrator)?);
    let access = if how.pretend { Access::Read } else { Access::Write };
    let (report, dialect) = until_done(async {
        let mut store = context.connect(project.root(), &target, access).await?;
        if !how.pretend {
            let plan = migrator.plan_rollback(&mut *store, &options).await?;
            if !plan.migrations.is_empty() {
                let what = format!("{command} undoes {}", migrations(plan.migrations.len()));
                destruction(&what, store.place(), &plan).ask(context).await?;
            }
        }
        let report = migrator.rollback(&mut *store, &options, &mut Narrator::new(context.output)).await?;
        Ok((report, store.dialect()))
    })?;
    let output = context.output;
    if output.is_json() {
        output.json(&report)?;
    } else if how.pretend {
        output.data(&script::text(&report.migrations, &*dialect));
    } else if report.migrations.is_empty() {
        let applied = match options.extent {
            Extent::To(version) => format!("no migration was applied after {version}"),
            _ => "no migration is applied".to_owned(),
        };
        output.result(&format!("nothing to undo: {applied}\n"));
    } else {
        output.result(&format!("{} undone\n", migrations(report.migrations.len())));
    }
    Ok(Exit::Done)
}

impl Redo {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let command = "migrate:redo";
        let (project, target) = context.target_to_migrate(command)?;
        let migrator = context.checked_migrator(&project)?;
        let options = self.how.options(Extent::Steps(self.steps));
        let access = if self.how.pretend { Access::Read } else { Access::Write };
        let (report, dialect) = until_done(async {
            let mut store = context.connect(project.root(), &target, access).await?;
            if !self.how.pretend {
                let plan = migrator.plan_rollback(&mut *store, &options).await?;
                if !plan.migrations.is_empty() {
                    let what = format!("{command} undoes {} and applies them again", migrations(plan.migrations.len()));
                    destruction(&what, store.place(), &plan).ask(context).await?;
                }
            }
            let report = migrator.redo(&mut *store, &options, &mut Narrator::new(context.output)).await?;
            Ok((report, store.dialect()))
        })?;
        let output = context.output;
        if output.is_json() {
            output.json(&report)?;
        } else if self.how.pretend {
            output.data(&script::text(&[report.rolled_back, report.applied].concat(), &*dialect));
        } else if report.applied.is_empty() {
            output.result("nothing to redo: no migration is applied\n");
        } else {
            output.result(&format!("{} applied again\n", migrations(report.applied.len())));
        }
        Ok(Exit::Done)
    }
}

fn destruction(what: &str, place: &Place, plan: &RollbackPlan) -> Destruction {
    Destruction {
        what: format!("{what} on {}", consent::place(place)),
        losses: plan.migrations.iter().map(loss).collect(),
    }
}

/// What undoing one migration takes away.
fn loss(item: &RollbackItem) -> String {
    let mut lost = item.loses.clone();
    if item.opaque {
        lost.push("what a section written for this engine removes".to_owned());
    }
    let lost = if item.statements.is_empty() {
        "there is no statement to undo it: it only counts as undone".to_owned()
    } else if lost.is_empty() {
        "no data is lost".to_owned()
    } else {
        format!("lost: {}", lost.join(", "))
    };
    format!("{} {} ({lost})", item.version, item.name)
}
