//! `database:migrate`: applies what is pending.

use std::time::Duration;

use clap::Args;
use fastman_core::Error;
use fastman_core::error::ErrorClass;
use fastman_core::migrate::{MigrateOptions, MigrateReport, Migrator, Version};
use fastman_core::project::Project;

use super::script;
use crate::context::{Access, Context};
use crate::narrator::Narrator;
use crate::output::Output;
use crate::run::{Exit, Stop, until_done};
use crate::seeding::{self, Seeds};

/// Apply every migration that is pending
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman database:migrate
  fastman database:migrate --pretend             print the SQL, change nothing
  fastman database:migrate --to 20260131120000   up to and with this one
  fastman database:migrate --single-transaction  all of them or none
  fastman database:migrate --seed                and run the seeders then

Where the engine can, each migration is one transaction together with its record. Killed at any moment, the command can be \
run again. Of several at once, one works and the others wait.")]
pub struct Migrate {
    /// Stop behind this migration: its version, the beginning of it, or its name
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Print the statements, change nothing
    #[arg(long)]
    pretend: bool,
    /// Everything in one transaction, so that all of it is applied or nothing
    #[arg(long)]
    single_transaction: bool,
    /// Also apply what is older than the last one applied
    #[arg(long)]
    allow_out_of_order: bool,
    /// Run all seeders when everything is applied
    #[arg(long, conflicts_with = "pretend")]
    seed: bool,
    #[command(flatten)]
    lock: Lock,
}

/// How long another session is waited for.
#[derive(Clone, Copy, Debug, Args)]
pub struct Lock {
    /// How long to wait for a session that holds a lock
    #[arg(long, value_name = "SECONDS", default_value_t = fastman_core::migrate::LOCK_TIMEOUT.as_secs())]
    lock_timeout: u64,
}

impl Lock {
    /// As a duration.
    pub fn timeout(self) -> Duration {
        Duration::from_secs(self.lock_timeout)
    }
}

/// The error where a lock was not had in time by a command that has no option for waiting longer.
pub fn locked(error: Error) -> Error {
    match error.code() {
        "migrate.locked" => {
            error.with_help("another program writes to the database: run it again when that one is done")
        }
        _ => error,
    }
}

/// The version that an option's text means.
pub fn version(migrator: &Migrator, text: Option<&str>) -> Result<Option<Version>, Stop> {
    Ok(text.map(|text| migrator.version(text)).transpose()?)
}

impl Migrate {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let (project, target) = context.target_to_migrate("database:migrate")?;
        let migrator = context.checked_migrator(&project)?;
        let options = MigrateOptions {
            to: version(&migrator, self.to.as_deref())?,
            pretend: self.pretend,
            single_transaction: self.single_transaction,
            allow_out_of_order: self.allow_out_of_order,
            lock_timeout: self.lock.timeout(),
        };
        // What is wrong with a seeder is better known before anything is changed.
        let seeds = if self.seed { Some(Seeds::read(context, &project, None)?) } else { None };
        let access = if self.pretend { Access::Read } else { Access::Create };
        let outcome = until_done(async {
            let mut store = context.connect(project.root(), &target, access).await?;
            let report = migrator.migrate(&mut *store, &options, &mut Narrator::new(context.output)).await?;
            let dialect = store.dialect();
            let seeded = match &seeds {
                Some(seeds) => Some(seeds.run_after(context, &project, store).await?),
                None => None,
            };
            Ok((report, dialect, seeded))
        });
        let (report, dialect, seeded) = match outcome {
            // Nothing may be made, not even the database: what would run on an empty one is known without it.
            Err(Stop::Failed(error)) if self.pretend && error.class() == Some(ErrorClass::MissingDatabase) => {
                let dialect = context.dialect(&target, None)?;
                if context.output.is_json() {
                    context.output.json(&migrator.pretend_from_nothing(dialect, options.to)?)?;
                } else {
                    context.output.notice("the database is not there yet; this is for an empty one");
                    context.output.data(&migrator.script(dialect, None, options.to)?);
                }
                return Ok(Exit::Done);
            }
            outcome => outcome?,
        };
        if context.output.is_json() {
            context.output.json(&seeding::with_seeded(&report, seeded.as_ref())?)?;
        } else if self.pretend {
            context.output.data(&script::text(&report.migrations, &*dialect));
        } else {
            summary(&report, &none(context, &project), context.output);
            seeding::show_if_seeded(seeds.as_ref(), seeded.as_ref(), context.output);
        }
        Ok(Exit::Done)
    }
}

/// What there is to say of a project that has no migrations.
pub fn none(context: &Context<'_>, project: &Project) -> String {
    let folder = project.shown(&project.migrations_folder(context.global.database.as_deref()));
    format!("no migrations in {folder} yet; the first is made by: fastman make:migration \"create posts table\"")
}

/// How many were applied, behind the lines that say which; `none` where there are no migrations at all.
pub fn summary(report: &MigrateReport, none: &str, output: &Output) {
    let pending = if report.pending > 0 { format!(", {} still pending", report.pending) } else { String::new() };
    let text = match report.migrations.len() {
        0 if report.pending > 0 => format!("nothing to apply{pending}"),
        0 if report.total == 0 => format!("nothing to apply: {none}"),
        0 => "nothing to apply: every migration is applied already".to_owned(),
        count => format!("{} applied{pending}", migrations(count)),
    };
    output.result(&format!("{text}\n"));
}

/// "1 migration", "3 migrations".
pub fn migrations(count: usize) -> String {
    format!("{count} migration{}", if count == 1 { "" } else { "s" })
}
