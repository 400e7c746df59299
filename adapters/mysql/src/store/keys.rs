//! Reserved keys: above the greatest, with everything above it locked until the transaction ends.

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::Name;
use fastman_core::store::SqlStore;
use fastman_core::value::Value;

use super::MysqlStore;

/// See [`fastman_core::store::SqlStore::reserve_keys`].
///
/// Reading the greatest key for update locks the gap above it: nobody writes there until the end. The counter stands behind
/// the table, in memory: a row written under the last key and taken back moves it, so that whoever comes gets a key above.
pub(super) async fn reserve(
    store: &mut MysqlStore,
    table: &Name,
    column: &Name,
    count: u64,
    above: i64,
) -> Result<i64> {
    crate::write::check_transactional(store, table).await?;
    let (quoted_table, quoted_column) = (store.dialect().quote(table), store.dialect().quote(column));
    let greatest = store
        .text_rows(&format!(
            "SELECT {quoted_column} FROM {quoted_table} ORDER BY {quoted_column} DESC LIMIT 1 FOR UPDATE"
        ))
        .await?;
    let greatest = first_integer(&greatest).unwrap_or(0);
    let database = Value::Text(store.database().to_owned());
    let name = Value::Text(table.as_str().to_owned());
    let counter = store
        .rows(
            "SELECT AUTO_INCREMENT, (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? \
             AND EVENT_OBJECT_TABLE = ? AND EVENT_MANIPULATION = 'INSERT') \
             FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
            &[database.clone(), name.clone(), database, name],
        )
        .await?;
    let next = first_integer(&counter).unwrap_or(1);
    let triggered = matches!(counter.first().and_then(|row| row.get(1)), Some(Value::Integer(1..)));
    let first = greatest.max(above).max(0).checked_add(1).map(|free| free.max(next));
    let last = first.and_then(|first| first.checked_add(i64::try_from(count.max(1)).ok()? - 1));
    let (Some(first), Some(last)) = (first, last) else {
        let message = format!("there are no {count} keys left above {}", greatest.max(above));
        return Err(Error::database(ErrorClass::BadValue, message));
    };
    if count > 0 && !triggered {
        move_counter(store, &quoted_table, &quoted_column, last).await?;
    }
    Ok(first)
}

/// Writes a row under that key and takes it back. Where a row can't be written so simply, or would set off triggers, the lock must do:
/// an insert of somebody else's then fails with a duplicate key, once.
async fn move_counter(store: &mut MysqlStore, table: &str, column: &str, last: i64) -> Result<()> {
    const POINT: &str = "fastman_keys";
    store
        .simple("SET @fastman_sql_mode = @@SESSION.sql_mode, SESSION sql_mode = '', SESSION foreign_key_checks = 0")
        .await?;
    store.simple(&format!("SAVEPOINT {POINT}")).await?;
    let written = store.simple(&format!("INSERT IGNORE INTO {table} ({column}) VALUES ({last})")).await;
    let undone = match written {
        Err(error) if error.class() == Some(ErrorClass::LostConnection) => return Err(error),
        // After a deadlock the server has taken the whole transaction back, and the savepoint with it.
        Err(error) if error.class() == Some(ErrorClass::Busy) => Err(error),
        _ => store.simple(&format!("ROLLBACK TO SAVEPOINT {POINT}")).await.map(drop),
    };
    let reset = store.simple("SET SESSION sql_mode = @fastman_sql_mode, SESSION foreign_key_checks = 1").await;
    undone.and(reset.map(drop))
}

fn first_integer(rows: &[Vec<Value>]) -> Option<i64> {
    match rows.first()?.first()? {
        Value::Integer(number) => Some(*number),
        Value::Decimal(number) => i64::try_from(number.mantissa()).ok(),
        _ => None,
    }
}
