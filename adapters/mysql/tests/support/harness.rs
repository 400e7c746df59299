//! MySQL and MariaDB as the conformance suite needs them.

use async_trait::async_trait;
use fastman_conformance::{Availability, Exemption, Harness};
use fastman_core::Result;
use fastman_core::dialect::{AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase};
use fastman_core::flavour::{Flavour, Flavours};

use crate::support::{Product, Server};

/// The server of a run.
pub struct Mysql {
    product: Product,
    server: Result<Server, String>,
}

impl Mysql {
    pub fn new(product: Product, server: Result<Server, String>) -> Mysql {
        Mysql { product, server }
    }
}

#[async_trait]
impl Harness for Mysql {
    fn backend(&self) -> String {
        self.product.name().to_owned()
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Committing,
            alter: AlterStyle::InPlace,
            lock: LockScope::Session,
            natural_case: NaturalCase::Lower,
            max_parameters: 65_535,
            empty_string: EmptyString::Kept,
        }
    }

    fn flavour(&self) -> &'static Flavour {
        match self.product {
            Product::MySql => &fastman_flavours::MYSQL,
            Product::MariaDb => &fastman_flavours::MARIADB,
        }
    }

    fn flavours(&self) -> Flavours {
        fastman_flavours::ALL
    }

    fn required_in_ci(&self) -> bool {
        fastman_conformance::must_be_had(include_str!("../../../../tools/missing-servers"), self.product.name())
    }

    fn exemptions(&self) -> &[Exemption] {
        &[Exemption {
            test: "types::a_partial_index_reads_back_and_is_partial",
            reason: "neither MySQL nor MariaDB has partial indexes; a WHERE is refused with dialect.unsupported",
        }]
    }

    async fn availability(&self) -> Availability {
        match &self.server {
            Ok(_) => Availability::Ready,
            Err(reason) => Availability::Missing { reason: reason.clone(), command: self.product.command().to_owned() },
        }
    }

    async fn fresh(&self) -> Result<Box<dyn fastman_conformance::Database>> {
        match &self.server {
            Ok(server) => Ok(Box::new(server.database().await?)),
            Err(reason) => Err(fastman_core::Error::failed("test.no-server", reason.clone())),
        }
    }
}
