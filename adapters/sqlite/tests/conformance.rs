//! The conformance suite on SQLite: as it is, with a write-ahead log, and made to commit with each DDL statement.

mod support;

use std::process::ExitCode;
use std::sync::Arc;

use fastman_conformance::Exemption;
use fastman_conformance::committing::Committing;
use support::Sqlite;

const COMMITTING: &[Exemption] = &[Exemption {
    test: "settling::a_script_run_by_hand_leaves_what_migrating_leaves",
    reason: "one statement of this engine is several to SQLite, which a printed script can't show",
}];

fn main() -> ExitCode {
    fastman_conformance::main(vec![
        Arc::new(Sqlite { wal: false }),
        Arc::new(Sqlite { wal: true }),
        Arc::new(Committing::new(Sqlite { wal: false }, COMMITTING)),
    ])
}
