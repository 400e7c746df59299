//! Prepared inserts of many rows.

use fastman_core::error::{Error, Result};
use fastman_core::store::TargetColumn;
use fastman_core::value::Value;
use mysql_async::prelude::Queryable;

use super::complaint;
use crate::dialect::quoted;
use crate::store::{MysqlStore, bound};

/// Rows of a statement at the most, and its parameters.
const ROWS: usize = 1_000;
const PARAMETERS: usize = 65_535;

/// Bytes of a statement, about: no server's `max_allowed_packet` is less by default than four times as much.
const BYTES: usize = 1 << 20;

/// Inserts the rows; what the server warned of, if it did.
pub(super) async fn insert(
    store: &mut MysqlStore,
    table: &str,
    columns: &[TargetColumn],
    rows: &[&[Value]],
) -> Result<Option<Error>> {
    let most = ROWS.min(PARAMETERS / columns.len().max(1)).max(1);
    let names: Vec<String> = columns.iter().map(|column| quoted(column.name.as_str())).collect();
    let places = format!("({})", vec!["?"; columns.len()].join(", "));
    let mut rest = rows;
    while !rest.is_empty() {
        let now;
        (now, rest) = rest.split_at(fitting(rest, most));
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES {}",
            names.join(", "),
            vec![places.as_str(); now.len()].join(", ")
        );
        let parameters = bound(&now.iter().copied().flatten().cloned().collect::<Vec<_>>())?;
        let connection = store.connection()?;
        let outcome = async {
            let result = connection.exec_iter(sql, parameters).await?;
            let warnings = result.warnings();
            result.drop_result().await?;
            Ok(warnings)
        }
        .await;
        match outcome {
            Ok(0) => {}
            Ok(_) => return complaint(store).await.map(Some),
            Err(failure) => return Err(store.failure(failure)),
        }
    }
    Ok(None)
}

/// How many of the rows fit into one statement; one at least.
fn fitting(rows: &[&[Value]], most: usize) -> usize {
    let mut bytes = 0;
    let fits = rows.iter().take(most).take_while(|row| {
        bytes += row.iter().map(crate::value::size).sum::<usize>();
        bytes <= BYTES
    });
    fits.count().max(1)
}
