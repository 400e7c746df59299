//! The conformance suite's part for stores without SQL, on Google's emulator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

mod support;

use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use fastman_conformance::{Availability, Exemption, StoreDatabase, StoreHarness};
use fastman_core::schema::Name;
use fastman_core::store::Store;
use fastman_core::value::Value;
use fastman_core::{Error, Result};
use support::Emulator;

struct Firestore {
    emulator: Result<Emulator, String>,
}

#[async_trait]
impl StoreHarness for Firestore {
    fn backend(&self) -> String {
        "firestore".to_owned()
    }

    fn required_in_ci(&self) -> bool {
        support::must_be_had()
    }

    fn exemptions(&self) -> &[Exemption] {
        &[]
    }

    async fn availability(&self) -> Availability {
        match &self.emulator {
            Ok(_) => Availability::Ready,
            Err(reason) => Availability::Missing { reason: reason.clone(), command: support::COMMAND.to_owned() },
        }
    }

    async fn fresh(&self) -> Result<Box<dyn StoreDatabase>> {
        match &self.emulator {
            Ok(emulator) => Ok(Box::new(Project { url: emulator.project() })),
            Err(reason) => Err(Error::failed("test.no-emulator", reason.clone())),
        }
    }
}

/// A project of one test: it goes with its emulator.
struct Project {
    url: String,
}

#[async_trait]
impl StoreDatabase for Project {
    async fn connect(&self) -> Result<Box<dyn Store>> {
        Ok(Box::new(support::connect(&self.url).await?))
    }

    async fn table(&self, name: &str, _: &[(&str, &str)]) -> Result<Name> {
        // A sub-collection, whose name is a path.
        Ok(Name::exact(&format!("tests/one/{name}")))
    }

    async fn rows(&self, table: &Name, columns: &[(&str, &str)]) -> Result<Vec<Vec<Value>>> {
        let documents = support::connect(&self.url).await?.documents(table.as_str()).await?;
        let row = |mut document: fastman_firestore::Document| {
            let id = Value::Text(document.id);
            let fields = columns[1..].iter().map(|(name, _)| document.fields.remove(*name).unwrap_or(Value::Null));
            std::iter::once(id).chain(fields).collect()
        };
        Ok(documents.into_iter().map(row).collect())
    }
}

fn main() -> ExitCode {
    let listing = std::env::args().any(|argument| argument == "--list");
    let emulator = if listing { Err("listing".to_owned()) } else { Emulator::find() };
    fastman_conformance::main_of_stores(vec![Arc::new(Firestore { emulator })])
}
