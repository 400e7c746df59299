//! Seeders and factories, written in a test, and what running them does.

use std::path::Path;

use chrono::{DateTime, TimeZone, Utc};
use fastman_core::Result;
use fastman_core::error::SourceText;
use fastman_core::flavour::Flavours;
use fastman_core::project::Environment;
use fastman_core::schema::Schema;
use fastman_core::seed::discover::{AnySeeder, Factories};
use fastman_core::seed::factory::Factory;
use fastman_core::seed::seeder::Seeder;
use fastman_core::seed::sql_seeder::SqlSeeder;
use fastman_core::seed::tables::Tables;
use fastman_core::seed::{SeedOptions, SeedReport, Seeding, Silent, seed};
use fastman_core::store::{Backend, SqlStore};

/// Seeders and factories of a test.
pub(crate) struct Seeds {
    seeders: Vec<AnySeeder>,
    factories: Factories,
    flavours: Flavours,
    environment: Environment,
    /// What seeders load files from.
    folder: Option<tempfile::TempDir>,
}

impl Seeds {
    /// Seeders and factories by class and text.
    pub(crate) fn new(seeders: &[(&str, &str)], factories: &[(&str, &str)], flavours: Flavours) -> Result<Seeds> {
        let source = |class: &str, text: &str| SourceText::new(format!("{class}.toml"), text);
        let seeders =
            seeders.iter().map(|(class, text)| Seeder::parse(*class, &source(class, text)).map(AnySeeder::Rows));
        let factories = factories.iter().map(|(class, text)| Factory::parse(*class, &source(class, text)));
        Ok(Seeds {
            seeders: seeders.collect::<Result<_>>()?,
            factories: Factories::new(factories.collect::<Result<_>>()?),
            flavours,
            environment: Environment::default(),
            folder: None,
        })
    }

    /// A seeder of statements.
    pub(crate) fn of_statements(class: &str, text: &str, flavours: Flavours) -> Result<Seeds> {
        let mut seeds = Seeds::new(&[], &[], flavours)?;
        let source = SourceText::new(format!("{class}.sql"), text);
        seeds.seeders.push(AnySeeder::Sql(SqlSeeder::parse(class, &source, &flavours)?));
        Ok(seeds)
    }

    /// The same with these files, and no others, beside the seeders.
    ///
    /// # Panics
    /// Where there is no place for files.
    pub(crate) fn with_files(mut self, files: &[(&str, &[u8])]) -> Seeds {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).expect("a temporary file");
        }
        self.folder = Some(folder);
        self
    }

    /// Runs them all through a session that is then dropped.
    pub(crate) async fn run(
        &self,
        store: Box<dyn SqlStore>,
        schema: &Schema,
        options: &SeedOptions,
    ) -> Result<SeedReport> {
        let mut backend = Backend::Sql(store);
        let tables = Tables::of_database(schema.clone());
        let seeding = Seeding {
            seeders: &self.seeders,
            before: &[],
            factories: &self.factories,
            tables: &tables,
            flavours: self.flavours,
            environment: &self.environment,
            root: Path::new("."),
            folder: self.folder.as_ref().map_or(Path::new("."), tempfile::TempDir::path),
        };
        seed(&mut backend, &seeding, options, &mut Silent).await
    }
}

/// Options with which two runs are the same.
pub(crate) fn options() -> SeedOptions {
    SeedOptions { random_seed: 7, now: Some(now()), jobs: 2, ..SeedOptions::default() }
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 6, 1, 12, 0, 0).single().unwrap()
}
