//! PostgreSQL as the conformance suite needs it.

use std::sync::Arc;

use async_trait::async_trait;
use fastman_conformance::{Availability, Exemption, Harness};
use fastman_core::Result;
use fastman_core::dialect::{AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase};
use fastman_core::flavour::{Flavour, Flavours};
use fastman_core::store::SqlStore;

use crate::support::{COMMAND, Database, PGBOUNCER_COMMAND, Server, connect};

/// PostgreSQL, reached in one of the ways that there are.
pub struct Postgres {
    name: &'static str,
    server: Result<Server, String>,
    command: &'static str,
    exemptions: &'static [Exemption],
}

/// Why a pooler can't do what needs a session.
const POOLED: &str = "behind a pooler nothing can be run outside of a transaction: it is refused";

impl Postgres {
    /// The server itself.
    pub fn direct(server: Result<Server, String>) -> Postgres {
        Postgres { name: "postgres", server, command: COMMAND, exemptions: &[] }
    }

    /// The server behind PgBouncer in transaction mode.
    pub fn behind_pgbouncer(server: Result<Server, String>) -> Postgres {
        Postgres {
            name: "postgres_pgbouncer",
            server,
            command: PGBOUNCER_COMMAND,
            exemptions: &[
                Exemption {
                    test: "migrating::what_may_not_run_inside_a_transaction_runs_outside_of_one",
                    reason: POOLED,
                },
                Exemption { test: "resuming::killed_outside_of_a_transaction_a_rerun_finishes", reason: POOLED },
            ],
        }
    }
}

#[async_trait]
impl Harness for Postgres {
    fn backend(&self) -> String {
        self.name.to_owned()
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
        fastman_conformance::must_be_had(include_str!("../../../../tools/missing-servers"), "postgres")
    }

    fn exemptions(&self) -> &[Exemption] {
        self.exemptions
    }

    async fn availability(&self) -> Availability {
        match &self.server {
            Ok(_) => Availability::Ready,
            Err(reason) => Availability::Missing { reason: reason.clone(), command: self.command.to_owned() },
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
