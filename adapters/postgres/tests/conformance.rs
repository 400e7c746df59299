//! The conformance suite on PostgreSQL: directly, and through PgBouncer in transaction mode.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

#[path = "support/harness.rs"]
mod harness;
mod support;

use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let listing = std::env::args().any(|argument| argument == "--list");
    let find = |find: fn() -> Result<support::Server, String>| if listing { Err("listing".to_owned()) } else { find() };
    fastman_conformance::main(vec![
        Arc::new(harness::Postgres::direct(find(support::Server::find))),
        Arc::new(harness::Postgres::behind_pgbouncer(find(support::Server::behind_pgbouncer))),
    ])
}
