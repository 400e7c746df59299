//! The conformance suite on SQLite: as it is, and made to commit with each DDL statement.

mod support;

use std::process::ExitCode;
use std::sync::Arc;

use fastman_conformance::committing::Committing;
use support::Sqlite;

fn main() -> ExitCode {
    fastman_conformance::main(vec![Arc::new(Sqlite), Arc::new(Committing::new(Sqlite, &[]))])
}
