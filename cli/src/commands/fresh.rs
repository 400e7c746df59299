//! `db:fresh`: drops what the migrations made and applies them anew; of a store of documents it clears the collections named.

use std::collections::BTreeMap;

use clap::Args;
use fastman_core::Error;
use fastman_core::migrate::MigrateOptions;
use fastman_core::project::{Project, Target};
use fastman_core::schema::Name;
use fastman_core::seed::SeedOptions;
use fastman_core::store::{Backend, Store};

use super::migrate::{Lock, none, summary};
use crate::consent::{self, Destruction};
use crate::context::{Access, Context, holds_documents, product};
use crate::narrator::Narrator;
use crate::run::{Exit, Stop, until_done};
use crate::seeding::{self, Seeds};

/// Drop everything that the migrations made, and apply them all anew
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman db:fresh
  fastman db:fresh --yes       without asking, for tests
  fastman db:fresh --seed      and run the seeders then
  fastman db:fresh --collections users,users/alice/posts --url firestore://my-project

Tables that the migrations did not make stay. It says what will be lost and asks.
A store of documents has no migrations: the collections named are cleared, and no others, nor what is below their documents.")]
pub struct Fresh {
    /// Run all seeders then
    #[arg(long)]
    seed: bool,
    /// Of a store of documents, the collections to clear
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    collections: Vec<String>,
    #[command(flatten)]
    lock: Lock,
}

impl Fresh {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let command = "db:fresh";
        let (project, target) = context.target_to_change(command)?;
        let adapter = context.adapter(&target)?;
        if holds_documents(adapter) {
            return self.run_on_documents(context, &project, &target);
        }
        if !self.collections.is_empty() {
            return Err(Error::usage(
                "fresh.collections",
                format!("a database of {} has tables and no collections", adapter.name),
            )
            .with_help("without --collections, db:fresh drops what the migrations made")
            .into());
        }
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

    /// Clears the collections named, after asking, and seeds.
    fn run_on_documents(&self, context: &Context<'_>, project: &Project, target: &Target) -> Result<Exit, Stop> {
        if self.collections.is_empty() {
            let product = product(context.adapter(target)?);
            let message = format!("db:fresh on {product} has to be told which collections to clear");
            return Err(Error::usage("fresh.collections", message).with_help("add --collections users,posts").into());
        }
        let seeds = if self.seed { Some(Seeds::read(context, project, None)?) } else { None };
        let (cleared, seeded) = until_done(async {
            let mut backend = context.connect_any(project.root(), target, Access::Write).await?;
            let store: &mut dyn Store = match &mut backend {
                Backend::Sql(store) => &mut **store,
                Backend::Documents(store) => &mut **store,
            };
            for name in &self.collections {
                store.check_name(&Name::exact(name))?;
            }
            let place = consent::place(store.place());
            let destruction = Destruction {
                what: format!("db:fresh deletes every document of these collections on {place}"),
                losses: self.collections.iter().map(|name| format!("lost: {name}")).collect(),
            };
            destruction.ask(context).await?;
            context.output.at_work();
            let mut cleared = BTreeMap::new();
            for name in &self.collections {
                let count = store.clear(&Name::exact(name)).await.map_err(|error| with_cleared(error, &cleared))?;
                cleared.insert(name.clone(), count);
            }
            let seeded = match &seeds {
                Some(seeds) => Some(seeds.run(context, project, &mut backend, &SeedOptions::default()).await?),
                None => None,
            };
            Ok((cleared, seeded))
        })?;
        if context.output.is_json() {
            let report = serde_json::json!({ "cleared": cleared });
            context.output.json(&seeding::with_seeded(&report, seeded.as_ref())?)?;
        } else {
            let line = |(name, count): (&String, &u64)| format!("{name:<30} {count:>10} deleted\n");
            context.output.result(&cleared.iter().map(line).collect::<String>());
            seeding::show_if_seeded(seeds.as_ref(), seeded.as_ref(), context.output);
        }
        Ok(Exit::Done)
    }
}

/// The error with the collections that were cleared before it.
fn with_cleared(error: Error, cleared: &BTreeMap<String, u64>) -> Error {
    if cleared.is_empty() {
        return error;
    }
    let cleared: Vec<String> = cleared.iter().map(|(name, count)| format!("{count} of {name}")).collect();
    error.with_detail(format!("deleted before that: {}", cleared.join(", ")))
}
