//! PostgreSQL as the conformance suite needs it.

use std::sync::Arc;

use async_trait::async_trait;
use fastman_conformance::{Availability, Exemption, Harness};
use fastman_core::Result;
use fastman_core::dialect::{AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase};
use fastman_core::flavour::{Flavour, Flavours};
use fastman_core::store::SqlStore;

use crate::support::{COMMAND, Database, Server, connect};

/// The server of a run, started when it is first asked for.
pub struct Postgres {
    server: Result<Server, String>,
}

impl Postgres {
    pub fn new(server: Result<Server, String>) -> Postgres {
        Postgres { server }
    }
}

#[async_trait]
impl Harness for Postgres {
    fn backend(&self) -> String {
        "postgres".to_owned()
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Transactional,
            alter: AlterStyle::InPlace,
            lock: LockScope::Transaction,
            natural_case: NaturalCase::Lower,
            max_parameters: 65_535,
            empty_string: EmptyString::Kept,
        }
    }

    fn flavour(&self) -> &'static Flavour {
        &fastman_flavours::POSTGRES
    }

    fn flavours(&self) -> Flavours {
        fastman_flavours::ALL
    }

    fn required_in_ci(&self) -> bool {
        false
    }

    fn exemptions(&self) -> &[Exemption] {
        &[]
    }

    async fn availability(&self) -> Availability {
        match &self.server {
            Ok(_) => Availability::Ready,
            Err(reason) => Availability::Missing { reason: reason.clone(), command: COMMAND.to_owned() },
        }
    }

    async fn fresh(&self) -> Result<Box<dyn fastman_conformance::Database>> {
        match &self.server {
            Ok(server) => {
                let (url, database) = server.schema().await?;
                Ok(Box::new(Fresh { url, _database: database }))
            }
            Err(reason) => Err(fastman_core::Error::failed("test.no-server", reason.clone())),
        }
    }
}

struct Fresh {
    url: String,
    /// Shared, and dropped with the last that shares it.
    _database: Arc<Database>,
}

#[async_trait]
impl fastman_conformance::Database for Fresh {
    async fn connect(&self) -> Result<Box<dyn SqlStore>> {
        connect(&self.url).await
    }
}
