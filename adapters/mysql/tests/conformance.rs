//! The conformance suite on MySQL and on MariaDB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

#[path = "support/harness.rs"]
mod harness;
mod support;

use std::process::ExitCode;
use std::sync::Arc;

use fastman_conformance::Harness;
use support::{Product, Server};

fn main() -> ExitCode {
    let listing = std::env::args().any(|argument| argument == "--list");
    let harness = |product| -> Arc<dyn Harness> {
        let server = if listing { Err("listing".to_owned()) } else { Server::find(product) };
        Arc::new(harness::Mysql::new(product, server))
    };
    fastman_conformance::main(Product::ALL.map(harness).into())
}
