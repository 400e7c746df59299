//! The conformance suite on SPG.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use fastman_conformance::{Availability, Database, Exemption, Harness};
use fastman_core::adapter::ConnectOptions;
use fastman_core::dialect::{AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase};
use fastman_core::flavour::{Flavour, Flavours};
use fastman_core::store::{Backend, SqlStore};
use fastman_core::url::DatabaseUrl;
use fastman_core::{Error, Result};
use fastman_flavours::{MARIADB, MYSQL, ORACLE, POSTGRES, SQLITE};
use fastman_tutorial::{ADAPTER, SPG};

fn main() -> ExitCode {
    fastman_conformance::main(vec![Arc::new(Spg)])
}

struct Spg;

#[async_trait]
impl Harness for Spg {
    fn backend(&self) -> String {
        "spg".to_owned()
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Transactional,
            alter: AlterStyle::InPlace,
            lock: LockScope::Begin,
            natural_case: NaturalCase::Lower,
            max_parameters: 4_096,
            empty_string: EmptyString::Kept,
        }
    }

    fn flavour(&self) -> &'static Flavour {
        &SPG
    }

    fn flavours(&self) -> Flavours {
        const ALL: Flavours = Flavours::new(&[&SPG, &SQLITE, &POSTGRES, &MYSQL, &MARIADB, &ORACLE]);
        ALL
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
        Ok(Box::new(File(folder)))
    }
}

/// A database file in a folder that goes with it.
struct File(tempfile::TempDir);

#[async_trait]
impl Database for File {
    async fn connect(&self) -> Result<Box<dyn SqlStore>> {
        let url = DatabaseUrl::parse("spg:///./test.spg")?;
        let options = ConnectOptions { base: self.0.path().to_owned(), ..ConnectOptions::default() };
        match (ADAPTER.connect)(&url, &options).await? {
            Backend::Sql(store) => Ok(store),
            Backend::Documents(_) => Err(Error::failed("test.backend", "SPG has tables")),
        }
    }
}
