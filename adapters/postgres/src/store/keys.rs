//! Reserved keys: taken from the column's sequence, one after the other, as an insert would.

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::Name;
use fastman_core::value::Value;

use super::PostgresStore;
use crate::dialect::render::{advance_sequence, sequence_of};
use crate::settings::quoted;

/// See [`fastman_core::store::SqlStore::reserve_keys`].
///
/// `setval` would be one call, but between reading a sequence and setting it somebody else can take a number. So the numbers are
/// drawn; where others drew in between, their run is broken and all are drawn anew, with the table locked against
/// whoever inserts.
pub(super) async fn reserve(store: &PostgresStore, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let sequence = sequence_of(table.as_str(), column.as_str());
    // Somebody may have written keys of their own without moving it.
    store.simple(&advance_sequence(table.as_str(), column.as_str())).await?;
    if above > 0 {
        store
            .simple(&format!(
                "SELECT pg_catalog.setval({sequence}, {above}) WHERE CASE WHEN \
                 COALESCE(pg_catalog.pg_sequence_last_value(CAST({sequence} AS regclass)), 0) < {above} \
                 THEN pg_catalog.nextval({sequence}) <= {above} ELSE FALSE END"
            ))
            .await?;
    }
    if let Some(first) = draw(store, &sequence, count).await? {
        return Ok(first);
    }
    store.simple(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", quoted(table.as_str()))).await?;
    match draw(store, &sequence, count).await? {
        Some(first) => Ok(first),
        None => Err(Error::database(
            ErrorClass::Busy,
            format!("the sequence of {table}.{column} gave no {count} consecutive keys"),
        )
        .with_help("others draw from it at the same time, or it counts in steps; try again when they are done")),
    }
}

/// So many numbers of a sequence: the first, if they are consecutive. The sequence is looked up once, not once a number, which would
/// take nine times as long as drawing one.
///
/// The series stands in FROM, though that is written to a store of its own first: in the list of what is selected, PostgreSQL would
/// draw one number more when the series has ended.
async fn draw(store: &PostgresStore, sequence: &str, count: i64) -> Result<Option<i64>> {
    let rows = store
        .rows(
            &format!(
                "WITH numbered AS MATERIALIZED (SELECT CAST({sequence} AS regclass) AS sequence) \
                 SELECT MIN(key), MAX(key) FROM (SELECT pg_catalog.nextval(numbered.sequence) AS key \
                 FROM numbered, pg_catalog.generate_series(1, GREATEST(CAST($1 AS bigint), 1))) AS drawn"
            ),
            &[Value::Integer(count)],
        )
        .await?;
    match rows.first().map(Vec::as_slice) {
        Some([Value::Integer(first), Value::Integer(last)]) => {
            Ok((last.checked_sub(*first) == Some(count.max(1) - 1)).then_some(*first))
        }
        _ => Err(Error::database(ErrorClass::Other, "the column is numbered by no sequence")),
    }
}
