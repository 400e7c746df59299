//! `database:seed`: runs the seeders.

use chrono::{DateTime, Utc};
use clap::Args;
use fastman_core::Error;
use fastman_core::seed::{DEFAULT_RANDOM_SEED, SeedOptions};

use crate::context::Context;
use crate::run::{Exit, Stop, until_done};
use crate::seeding::{self, Seeds};

/// Run the seeders: all of them, or one
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman database:seed
  fastman database:seed --class=UserSeeder      or by its file: --class=user_seeder
  fastman database:seed --pretend               do it all and take it back, to see what it would do

Each seeder is one transaction, where the store has them: one that fails leaves nothing behind. Seeders that give a key can be \
run again and again. Made-up rows are the same on every run, unless --random-seed says otherwise.")]
pub struct Seed {
    /// This seeder alone: its class (UserSeeder) or its file (user_seeder)
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// Take everything back at the end
    #[arg(long)]
    pretend: bool,
    #[command(flatten)]
    making: Making,
}

/// How rows are made up.
#[derive(Clone, Debug, Args)]
pub struct Making {
    /// What made-up rows are drawn with: another number, other rows
    #[arg(long, value_name = "N", default_value_t = DEFAULT_RANDOM_SEED)]
    random_seed: u64,
    /// What now() means: 2026-01-31, or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    now: Option<DateTime<Utc>>,
    /// Threads that make rows (default: one less than there are processors); it changes nothing about the rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

impl Making {
    /// As the run takes it.
    pub fn options(&self, pretend: bool) -> SeedOptions {
        let mut options =
            SeedOptions { random_seed: self.random_seed, now: self.now, pretend, ..SeedOptions::default() };
        if let Some(jobs) = self.jobs {
            options.jobs = jobs.into();
        }
        options
    }
}

impl Seed {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let (project, target) = context.target_to_change("database:seed")?;
        let mut seeds = Seeds::read(context, &project, self.class.as_deref())?;
        if let Some(nothing) = seeds.nothing() {
            return Err(Error::failed("seed.none", nothing).into());
        }
        let options = self.making.options(self.pretend);
        let report = until_done(async {
            let mut backend = seeding::connect(context, &project, &target).await?;
            if self.class.is_some() {
                seeds.read_before(context, &project, &backend)?;
            }
            seeds.run(context, &project, &mut backend, &options).await
        })?;
        if context.output.is_json() {
            context.output.json(&report)?;
        } else {
            seeding::show(&report, context.output);
        }
        Ok(Exit::Done)
    }
}

/// A moment on the command line: a date, or a date and a time with its offset from UTC.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(date) = text.parse::<chrono::NaiveDate>() {
        return Ok(date.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| "it is neither a date (2026-01-31) nor a time (2026-01-31T12:00:00Z)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_or_a_time_with_its_offset() {
        assert_eq!(time("2026-01-31").unwrap().to_rfc3339(), "2026-01-31T00:00:00+00:00");
        assert_eq!(time("2026-01-31T12:00:00+02:00").unwrap().to_rfc3339(), "2026-01-31T10:00:00+00:00");
        assert!(time("yesterday").is_err() && time("2026-01-31 12:00").is_err());
    }
}
