//! Reserved keys: above the greatest, under the write lock that every transaction of ours begins with.

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::Name;

use super::connection::Session;
use crate::dialect::quoted;

/// See [`fastman_core::store::SqlStore::reserve_keys`]. AUTOINCREMENT goes on above the greatest key that was ever written, so
/// writing the rows is enough.
pub(super) fn reserve(session: &mut Session, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64> {
    let greatest = greatest(session, &format!("SELECT MAX({}) FROM {}", quoted(column), quoted(table)))?;
    // The table of the counters is made with the first table that has one.
    let counted = greatest_counted(session, table)?;
    let before = greatest.max(counted).max(above).max(0);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    match before.checked_add(count) {
        Some(_) if before < i64::MAX => Ok(before + 1),
        _ => Err(Error::database(ErrorClass::BadValue, format!("there are no {count} keys left above {before}"))),
    }
}

fn greatest_counted(session: &Session, table: &Name) -> Result<i64> {
    let there: i64 = session
        .connection()
        .query_row("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'", [], |row| row.get(0))
        .map_err(|error| session.error(error))?;
    if there == 0 {
        return Ok(0);
    }
    session
        .connection()
        .query_row(
            "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE lower(name) = lower(?1)",
            [table.as_str()],
            |row| row.get(0),
        )
        .map_err(|error| session.error(error))
}

fn greatest(session: &Session, sql: &str) -> Result<i64> {
    let found: Option<i64> =
        session.connection().query_row(sql, [], |row| row.get(0)).map_err(|error| session.error(error))?;
    Ok(found.unwrap_or(0))
}
