//! Upserts by a key, over a temporary table: INSERT ... ON DUPLICATE KEY UPDATE would take a match with any other unique key for the same.

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::Name;
use fastman_core::store::{RowSource, WriteTarget};
use fastman_core::value::Value;

use super::fill;
use super::rules::Rule;
use crate::dialect::quoted;
use crate::store::MysqlStore;

/// The temporary table. Making and dropping one does not commit.
const STAGE: &str = "`fastman_stage`";
/// Its own columns.
const ROW: &str = "`fastman_row`";
const RANK: &str = "`fastman_rank`";

/// Writes every row: over the one whose key it has, else as a new one. Of several with one key the last counts.
pub(super) async fn upsert(
    store: &mut MysqlStore,
    target: &WriteTarget,
    key: &[Name],
    rules: &[(usize, Rule)],
    rows: &mut dyn RowSource,
) -> Result<u64> {
    let statements = Statements::new(target, key);
    store.simple(&format!("DROP TEMPORARY TABLE IF EXISTS {STAGE}")).await?;
    store.simple(&statements.stage).await?;
    let outcome = merge(store, target, rules, rows, &statements).await;
    if !matches!(&outcome, Err(error) if error.class() == Some(ErrorClass::LostConnection)) {
        store.simple(&format!("DROP TEMPORARY TABLE IF EXISTS {STAGE}")).await?;
    }
    outcome
}

async fn merge(
    store: &mut MysqlStore,
    target: &WriteTarget,
    rules: &[(usize, Rule)],
    rows: &mut dyn RowSource,
    statements: &Statements,
) -> Result<u64> {
    let written = fill(store, STAGE, (&target.columns, rules), rows).await?;
    match attempt(store, statements, 1, i64::MAX).await {
        Ok(()) => Ok(written),
        Err(error) if is_of_a_row(&error) => Err(find(store, statements, error).await?),
        Err(error) => Err(error),
    }
}

/// Whether an error is about what is in a row. After others, trying again would only take time.
fn is_of_a_row(error: &Error) -> bool {
    use ErrorClass::{BadValue, CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation};
    let of_a_row = [BadValue, CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation];
    error.class().is_some_and(|class| of_a_row.contains(&class))
}

/// Merges the rows of these numbers, or nothing of them.
async fn attempt(store: &mut MysqlStore, statements: &Statements, low: i64, high: i64) -> Result<()> {
    const POINT: &str = "fastman_merge";
    store.simple(&format!("SAVEPOINT {POINT}")).await?;
    for sql in statements.merge(low, high) {
        if let Err(error) = store.simple(&sql).await {
            // A deadlock has taken the whole transaction back, and the connection may be gone.
            if is_of_a_row(&error) {
                store.simple(&format!("ROLLBACK TO SAVEPOINT {POINT}")).await?;
            }
            return Err(error);
        }
    }
    Ok(())
}

/// The error of the first row that is refused, with its number: the rows are halved until one is left, those before it merged.
async fn find(store: &mut MysqlStore, statements: &Statements, mut error: Error) -> Result<Error> {
    let (mut low, mut high) = (1, number(store, &format!("SELECT MAX({ROW}) FROM {STAGE}")).await?);
    while low < high {
        let middle = low + (high - low) / 2;
        match attempt(store, statements, low, middle).await {
            Ok(()) => low = middle + 1,
            Err(of_half) if is_of_a_row(&of_half) => {
                error = of_half;
                high = middle;
            }
            Err(other) => return Ok(other),
        }
    }
    // The server leaves gaps between its numbers.
    let row = number(store, &format!("SELECT COUNT(*) FROM {STAGE} WHERE {ROW} <= {low}")).await?;
    Ok(error.with_detail(format!("row {row}")))
}

async fn number(store: &mut MysqlStore, sql: &str) -> Result<i64> {
    let rows = store.text_rows(sql).await?;
    Ok(match rows.first().and_then(|row| row.first()) {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    })
}

struct Statements {
    /// Makes the temporary table.
    stage: String,
    table: String,
    /// The columns, and those of the key.
    all: String,
    keys: Vec<String>,
    /// What an UPDATE sets; empty where the key is all there is.
    assignments: String,
}

impl Statements {
    fn new(target: &WriteTarget, key: &[Name]) -> Statements {
        let table = quoted(target.table.as_str());
        let names: Vec<String> = target.columns.iter().map(|column| quoted(column.name.as_str())).collect();
        let keys: Vec<String> = key.iter().map(|name| quoted(name.as_str())).collect();
        let assignments: Vec<String> = target
            .columns
            .iter()
            .filter(|column| !key.iter().any(|name| name.key() == column.name.key()))
            .map(|column| quoted(column.name.as_str()))
            .map(|name| format!("t.{name} = s.{name}"))
            .collect();
        let all = names.join(", ");
        Statements {
            stage: format!(
                "CREATE TEMPORARY TABLE {STAGE} ({ROW} BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB \
                 SELECT {all} FROM {table} WHERE FALSE"
            ),
            table,
            all,
            keys,
            assignments: assignments.join(", "),
        }
    }

    /// What merges the rows of these numbers.
    fn merge(&self, low: i64, high: i64) -> Vec<String> {
        let Statements { table, all, keys, assignments, .. } = self;
        let matches = keys.iter().map(|name| format!("t.{name} = s.{name}")).collect::<Vec<_>>().join(" AND ");
        // A key with a NULL in it matches nothing, not even another such.
        let any_null = keys.iter().map(|name| format!("s.{name} IS NULL")).collect::<Vec<_>>().join(" OR ");
        let ranked = format!(
            "(SELECT {ROW}, {all}, ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {ROW} DESC) AS {RANK} FROM {STAGE} \
             WHERE {ROW} BETWEEN {low} AND {high}) AS s",
            keys.join(", ")
        );
        let update =
            format!("UPDATE {table} AS t INNER JOIN {ranked} ON {matches} SET {assignments} WHERE s.{RANK} = 1");
        let insert = format!(
            "INSERT INTO {table} ({all}) SELECT {all} FROM {ranked} WHERE (s.{RANK} = 1 OR {any_null}) \
             AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {matches}) ORDER BY s.{ROW}"
        );
        if assignments.is_empty() { vec![insert] } else { vec![update, insert] }
    }
}
