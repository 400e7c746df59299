//! What a run did: by seeder and by table.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::digest::Digest;

/// What a run did.
#[derive(Clone, Debug, Serialize)]
pub struct SeedReport {
    /// The seed that made-up rows were drawn with; given again, it gives the same rows.
    pub random_seed: u64,
    /// What `now()` gave in seeders.
    pub now: DateTime<Utc>,
    /// What `now()` gave in factories.
    pub factory_now: DateTime<Utc>,
    /// Whether everything was rolled back again, as asked for.
    pub pretended: bool,
    /// The seeders, in the order in which they ran.
    pub seeders: Vec<SeederReport>,
    /// From beginning to end.
    pub seconds: f64,
}

/// What one seeder did.
#[derive(Clone, Debug, Serialize)]
pub struct SeederReport {
    /// Its class.
    pub class: String,
    /// The tables that it wrote to, in the order in which it first did.
    pub tables: Vec<TableReport>,
    /// From beginning to commit.
    pub seconds: f64,
}

/// What one seeder did to one table, or collection.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TableReport {
    /// The table.
    pub table: String,
    /// All rows of the seeder there: those inserted, updated and unchanged.
    pub rows: u64,
    /// New ones.
    pub inserted: u64,
    /// Those whose key was there with other values.
    pub updated: u64,
    /// Those that were there already.
    pub unchanged: u64,
    /// The time that they took.
    pub seconds: f64,
    /// That of all rows; equal on every store, with any number of threads.
    pub digest: Digest,
    /// The first of the keys that were reserved, where some were: part of what rows depend on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_key: Option<i64>,
}

impl SeedReport {
    /// All rows of all seeders.
    pub fn rows(&self) -> u64 {
        self.seeders.iter().map(SeederReport::rows).sum()
    }

    /// Whether every row was there already.
    pub fn changed_nothing(&self) -> bool {
        self.seeders.iter().flat_map(|seeder| &seeder.tables).all(|table| table.inserted == 0 && table.updated == 0)
    }

    /// The digest of a table over all seeders.
    pub fn digest(&self, table: &str) -> Digest {
        let mut digest = Digest::default();
        for report in self.seeders.iter().flat_map(|seeder| &seeder.tables).filter(|report| report.table == table) {
            digest.add(report.digest);
        }
        digest
    }
}

impl SeederReport {
    /// All its rows.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}
