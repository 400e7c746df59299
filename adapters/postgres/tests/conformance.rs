//! The conformance suite on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

#[path = "support/harness.rs"]
mod harness;
mod support;

use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let listing = std::env::args().any(|argument| argument == "--list");
    let server = if listing { Err("listing".to_owned()) } else { support::Server::find() };
    fastman_conformance::main(vec![Arc::new(harness::Postgres::new(server))])
}
