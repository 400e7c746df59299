//! SQLite as the conformance suite needs it, and databases of their own for the adapter's other tests.

use std::path::Path;

use async_trait::async_trait;
use fastman_conformance::{Availability, Database, Exemption, Harness};
use fastman_core::adapter::ConnectOptions;
use fastman_core::dialect::{AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase};
use fastman_core::flavour::{Flavour, Flavours};
use fastman_core::store::{Backend, SqlStore};
use fastman_core::url::DatabaseUrl;
use fastman_core::{Error, Result};

/// SQLite, compiled in.
pub struct Sqlite {
    /// Whether the files keep a write-ahead log, as their owner may have set them to.
    pub wal: bool,
}

#[async_trait]
impl Harness for Sqlite {
    fn backend(&self) -> String {
        if self.wal { "sqlite_wal".to_owned() } else { "sqlite".to_owned() }
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Transactional,
            alter: AlterStyle::Rebuild,
            lock: LockScope::Begin,
            natural_case: NaturalCase::Lower,
            max_parameters: 32_766,
            empty_string: EmptyString::Kept,
        }
    }

    fn flavour(&self) -> &'static Flavour {
        &fastman_flavours::SQLITE
    }

    fn flavours(&self) -> Flavours {
        fastman_flavours::ALL
    }

    fn required_in_ci(&self) -> bool {
        true
    }

    fn exemptions(&self) -> &[Exemption] {
        &[]
    }

    async fn availability(&self) -> Availability {
        // It is compiled in.
        Availability::Ready
    }

    async fn fresh(&self) -> Result<Box<dyn Database>> {
        // In memory where the system has such a folder: what is tested is not the disk.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.map_err(|error| Error::failed("test.folder", error.to_string()))?;
        let file = File(folder);
        if self.wal {
            file.connect().await?.query("PRAGMA journal_mode = WAL", &[]).await?;
        }
        Ok(Box::new(file))
    }
}

/// A database file in a folder that goes with it.
struct File(tempfile::TempDir);

#[async_trait]
impl Database for File {
    async fn connect(&self) -> Result<Box<dyn SqlStore>> {
        let url = DatabaseUrl::parse("sqlite:///./test.db")?;
        let options = ConnectOptions { base: self.0.path().to_owned(), ..ConnectOptions::default() };
        match (fastman_sqlite::ADAPTER.connect)(&url, &options).await? {
            Backend::Sql(store) => Ok(store),
            Backend::Documents(_) => Err(Error::failed("test.backend", "SQLite has tables")),
        }
    }
}
