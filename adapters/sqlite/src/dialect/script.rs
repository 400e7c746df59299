//! A printed script's transactions, in a form that the `sqlite3` shell runs safely.

use crate::store::guard;

/// Where violations of foreign keys from before are remembered.
const BEFORE: &str = "temp.\"fastman_violations\"";
const CHECK: &str = "temp.\"fastman_check\"";
const VIOLATIONS: &str = "SELECT \"table\", \"rowid\", \"parent\" FROM pragma_foreign_key_check";

/// What a migration begins with.
///
/// The shell goes on behind an error, and would drop a table whose rows could not be copied: `.bail on` stops it. It
/// does not enforce foreign keys unless told so, which deletes need and a rebuild must not have.
pub(super) fn opening(enforces: bool) -> Vec<String> {
    let enforced = if enforces { "ON" } else { "OFF" };
    vec![".bail on".to_owned(), format!("PRAGMA foreign_keys = {enforced}")]
}

/// What opens and closes the transaction. Where a table is built anew or dropped, foreign keys are checked before it commits, and
/// what was wrong before does not count.
pub(super) fn transaction(statements: &[&str], suspends: bool) -> (Vec<String>, Vec<String>) {
    let mut open = opening(!suspends);
    open.push("BEGIN IMMEDIATE".to_owned());
    let mut close = Vec::new();
    if suspends || statements.iter().any(|statement| drops_table(statement)) {
        open.push(format!("CREATE TABLE {BEFORE} AS {VIOLATIONS}"));
        close.push(format!(
            "CREATE TABLE {CHECK} (\"0\" CONSTRAINT \
             \"rows point at rows that are not there: see PRAGMA foreign_key_check\" CHECK (\"0\" IS NULL))"
        ));
        close.push(format!("INSERT INTO {CHECK} SELECT 1 FROM ({VIOLATIONS} EXCEPT SELECT * FROM {BEFORE}) LIMIT 1"));
        close.push(format!("DROP TABLE {CHECK}"));
        close.push(format!("DROP TABLE {BEFORE}"));
    }
    close.push("COMMIT".to_owned());
    (open, close)
}

/// A statement of the transaction. A table is dropped without foreign keys, as the store does it: its rows would go first, and take with
/// them the rows that point at them. The pragma does nothing inside of a transaction; the shell's own command does.
pub(super) fn statement(statement: &str, suspends: bool) -> Vec<String> {
    if suspends || !drops_table(statement) {
        return vec![statement.to_owned()];
    }
    [".dbconfig enable_fkey off", statement, ".dbconfig enable_fkey on"].map(str::to_owned).to_vec()
}

fn drops_table(statement: &str) -> bool {
    guard::dropped_table(statement).is_some()
}

/// A command of the shell ends with its line.
pub(super) fn terminator(statement: &str) -> &'static str {
    if statement.starts_with('.') { "" } else { ";" }
}
