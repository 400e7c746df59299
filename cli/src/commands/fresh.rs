//! `db:fresh`: drops what the migrations made and applies them anew.

use clap::Args;
use fastman_core::migrate::MigrateOptions;

use super::migrate::{Lock, none, summary};
use crate::consent::{self, Destruction};
use crate::context::{Access, Context};
use crate::narrator::Narrator;
use crate::run::{Exit, Stop, until_done};
use crate::seeding::{self, Seeds};

/// Drop everything that the migrations made, and apply them all anew
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman db:fresh
  fastman db:fresh --yes       without asking, for tests
  fastman db:fresh --seed      and run the seeders then

Tables that the migrations did not make stay. It says what will be lost and asks.")]
pub struct Fresh {
    /// Run all seeders then
    #[arg(long)]
    seed: bool,
    #[command(flatten)]
    lock: Lock,
}

impl Fresh {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let command = "db:fresh";
        let (project, target) = context.target_to_change(command)?;
        let migrator = context.checked_migrator(&project)?;
        let options = MigrateOptions { lock_timeout: self.lock.timeout(), ..MigrateOptions::default() };
        // What is wrong with a seeder is better known before anything is dropped.
        let seeds = if self.seed { Some(Seeds::read(context, &project, None)?) } else { None };
        let (report, seeded) = until_done(async {
            let mut store = context.connect(project.root(), &target, Access::Create).await?;
            let plan = migrator.plan_fresh(&mut *store).await?;
            if !plan.relations.is_empty() || !plan.opaque.is_empty() {
                let kept = match plan.kept.as_slice() {
                    [] => Vec::new(),
                    kept => vec![format!("kept: {}", kept.join(", "))],
                };
                let engine = store.dialect().flavour().name;
                let opaque = plan.opaque.iter().map(|label| {
                    format!("lost: what the statements written for {engine} that undo {label} drop, which is not known")
                });
                let destruction = Destruction {
                    what: format!("{command} drops every table of the migrations on {}", consent::place(store.place())),
                    losses: plan
                        .relations
                        .iter()
                        .map(|name| format!("lost: {name}"))
                        .chain(opaque)
                        .chain(kept)
                        .collect(),
                };
                destruction.ask(context).await?;
            }
            context.output.at_work();
            let report = migrator.fresh(&mut *store, &options, &mut Narrator::new(context.output)).await?;
            let seeded = match &seeds {
                Some(seeds) => Some(seeds.run_after(context, &project, store).await?),
                None => None,
            };
            Ok((report, seeded))
        })?;
        if context.output.is_json() {
            context.output.json(&seeding::with_seeded(&report, seeded.as_ref())?)?;
        } else {
            summary(&report.migrated, &none(context, &project), context.output);
            seeding::show_if_seeded(seeds.as_ref(), seeded.as_ref(), context.output);
        }
        Ok(Exit::Done)
    }
}
