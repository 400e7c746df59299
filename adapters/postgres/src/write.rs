//! Writing streams of rows: COPY in the binary format, into the table itself or, for upserts, by way of a temporary one.

mod binary;
mod copy;
mod text;
mod upsert;

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::store::{RowSource, SqlStore, Transaction, TransactionOptions, WriteMode, WriteTarget};
use fastman_core::value::Value;

use crate::dialect::render::advance_sequence;
use crate::settings::quoted;
use crate::store::PostgresStore;
use binary::Wire;

/// A column as the server has it.
pub(crate) struct Column {
    /// Its name.
    name: String,
    /// How its values go in the binary format; `None` where only text will do.
    wire: Option<Wire>,
    /// Digits behind the point that it keeps.
    scale: Option<u8>,
    /// Whether a sequence numbers it.
    numbered: bool,
}

/// Writes every row, all or none.
///
/// # Errors
/// The first row that can't be written, with its number as a detail; or what the source gave.
pub(crate) async fn write(store: &mut PostgresStore, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
    if store.in_transaction() {
        return inside(store, target, rows).await;
    }
    // Dropped in the middle, it takes its session with it: nobody knows how far a COPY came.
    let mut transaction = Transaction::begin_on(store, TransactionOptions::default()).await?;
    let outcome = inside(transaction.store(), target, rows).await;
    transaction.settle(outcome).await
}

async fn inside(store: &mut PostgresStore, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
    let columns = columns(store, target).await?;
    let table = store.dialect().quote(&target.table);
    let written = match &target.mode {
        WriteMode::Insert => copy::copy(store, &table, &columns, rows).await?,
        WriteMode::Upsert { key } => {
            let key: Vec<&str> = key.iter().map(fastman_core::schema::Name::as_str).collect();
            upsert::upsert(store, &table, &columns, &key, rows).await?
        }
    };
    if written > 0 {
        for column in columns.iter().filter(|column| column.numbered) {
            store.simple(&advance_sequence(target.table.as_str(), &column.name)).await?;
        }
    }
    Ok(written)
}

/// The target's columns, in its order.
async fn columns(store: &PostgresStore, target: &WriteTarget) -> Result<Vec<Column>> {
    let table = quoted(target.table.as_str());
    let found = store
        .rows(
            "SELECT CAST(a.attname AS text), \
               CASE WHEN k.typnamespace = 'pg_catalog'::regnamespace THEN CAST(k.typname AS text) END, \
               CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END, \
               pg_catalog.pg_get_serial_sequence($1, CAST(a.attname AS text)) IS NOT NULL \
             FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid \
             JOIN pg_catalog.pg_type AS k ON k.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END \
             WHERE a.attrelid = CAST(CAST($1 AS text) AS regclass) AND a.attnum > 0 AND NOT a.attisdropped",
            &[Value::Text(table)],
        )
        .await?;
    let mut columns = Vec::with_capacity(target.columns.len());
    for column in &target.columns {
        let name = column.name.as_str();
        let row = found.iter().find(|row| matches!(row.first(), Some(Value::Text(found)) if found == name));
        let Some([_, type_name, modifier, numbered]) = row.map(Vec::as_slice) else {
            return Err(Error::database(ErrorClass::Other, format!("table {} has no column {name:?}", target.table))
                .with_help("migrate the database first, or correct the name"));
        };
        let type_name = if let Value::Text(type_name) = type_name { type_name.as_str() } else { "" };
        let modifier =
            if let Value::Integer(modifier) = modifier { i32::try_from(*modifier).unwrap_or(-1) } else { -1 };
        columns.push(Column {
            name: name.to_owned(),
            wire: Wire::of(type_name),
            scale: (type_name == "numeric" && modifier >= 4)
                .then(|| u8::try_from((modifier - 4) & 0x7ff).ok())
                .flatten(),
            numbered: *numbered == Value::Boolean(true),
        });
    }
    Ok(columns)
}

/// `("a", "b")`, without the parentheses.
fn list(columns: &[Column]) -> String {
    columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
}
