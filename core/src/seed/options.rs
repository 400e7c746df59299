//! How a run goes about it, and what it is given.

use std::path::Path;

use chrono::{DateTime, TimeZone, Utc};

use super::discover::{AnySeeder, Factories};
use super::tables::Tables;
use crate::flavour::Flavours;
use crate::project::Environment;

/// The seed where none is given: the same rows on every run and every machine.
pub const DEFAULT_RANDOM_SEED: u64 = 1;

/// How a run goes about it.
#[derive(Clone, Debug)]
pub struct SeedOptions {
    /// What made-up rows are drawn with.
    pub random_seed: u64,
    /// What `now()` gives, in seeders and in factories. `None`: the time of the run in seeders, the first of January 2025 in
    /// factories, so that made-up rows do not change from day to day.
    pub now: Option<DateTime<Utc>>,
    /// Threads that make rows. It changes nothing about them.
    pub jobs: usize,
    /// Everything is done and then rolled back; a document store is not touched at all.
    pub pretend: bool,
}

impl Default for SeedOptions {
    fn default() -> SeedOptions {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        SeedOptions {
            random_seed: DEFAULT_RANDOM_SEED,
            now: None,
            // One is left to the store.
            jobs: cores.saturating_sub(1).clamp(1, 8),
            pretend: false,
        }
    }
}

/// What is to be written, and what is known of where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Seeding<'a> {
    /// In the order in which they run.
    pub seeders: &'a [AnySeeder],
    /// Those that come before them and are not run. A document store is not read: what they write there is reckoned with instead, so
    /// that `ref(...)` finds their rows and `unique(...)` counts on from them. On other engines they are not looked at.
    pub before: &'a [AnySeeder],
    /// The factories that they may name.
    pub factories: &'a Factories,
    /// The tables, as migrations make them. What they don't know, the run looks for in the database.
    pub tables: &'a Tables,
    /// The engines whose sections a seeder of statements may have.
    pub flavours: Flavours,
    /// Where `env('...')` looks.
    pub environment: &'a Environment,
    /// The project's folder: where `file('...')` looks.
    pub root: &'a Path,
    /// The seeders' folder: where files to be loaded are.
    pub folder: &'a Path,
}

/// What `now()` gives in factories where nobody says otherwise.
pub(crate) fn factory_now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).single().unwrap_or_default()
}
