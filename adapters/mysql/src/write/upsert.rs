//! Upserts by a key, over a temporary table: INSERT ... ON DUPLICATE KEY UPDATE would take a match with any other unique key for the same.

use fastman_core::error::Result;
use fastman_core::schema::Name;
use fastman_core::store::{RowSource, WriteTarget};

use super::fill;
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
    rows: &mut dyn RowSource,
) -> Result<u64> {
    let statements = Statements::new(target, key);
    store.simple(&format!("DROP TEMPORARY TABLE IF EXISTS {STAGE}")).await?;
    store.simple(&statements.stage).await?;
    let outcome = merge(store, target, rows, &statements).await;
    if !matches!(&outcome, Err(error) if error.class() == Some(fastman_core::error::ErrorClass::LostConnection)) {
        store.simple(&format!("DROP TEMPORARY TABLE IF EXISTS {STAGE}")).await?;
    }
    outcome
}

async fn merge(
    store: &mut MysqlStore,
    target: &WriteTarget,
    rows: &mut dyn RowSource,
    statements: &Statements,
) -> Result<u64> {
    let written = fill(store, STAGE, &target.columns, rows).await?;
    if let Some(update) = &statements.update {
        store.simple(update).await?;
    }
    store.simple(&statements.insert).await?;
    Ok(written)
}

struct Statements {
    stage: String,
    update: Option<String>,
    insert: String,
}

impl Statements {
    fn new(target: &WriteTarget, key: &[Name]) -> Statements {
        let table = quoted(target.table.as_str());
        let names: Vec<String> = target.columns.iter().map(|column| quoted(column.name.as_str())).collect();
        let keys: Vec<String> = key.iter().map(|name| quoted(name.as_str())).collect();
        let (all, keyed) = (names.join(", "), keys.join(", "));
        let matches = |other: &str| {
            keys.iter().map(|name| format!("{other}.{name} = s.{name}")).collect::<Vec<_>>().join(" AND ")
        };
        // A key with a NULL in it matches nothing, not even another such.
        let any_null = keys.iter().map(|name| format!("s.{name} IS NULL")).collect::<Vec<_>>().join(" OR ");
        let ranked = format!(
            "(SELECT {ROW}, {all}, ROW_NUMBER() OVER (PARTITION BY {keyed} ORDER BY {ROW} DESC) AS {RANK} FROM {STAGE}) AS s"
        );
        let assignments: Vec<String> = target
            .columns
            .iter()
            .filter(|column| !key.iter().any(|name| name.key() == column.name.key()))
            .map(|column| quoted(column.name.as_str()))
            .map(|name| format!("t.{name} = s.{name}"))
            .collect();
        Statements {
            stage: format!(
                "CREATE TEMPORARY TABLE {STAGE} ({ROW} BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB \
                 SELECT {all} FROM {table} WHERE FALSE"
            ),
            update: (!assignments.is_empty()).then(|| {
                format!(
                    "UPDATE {table} AS t INNER JOIN {ranked} ON {} SET {} WHERE s.{RANK} = 1",
                    matches("t"),
                    assignments.join(", ")
                )
            }),
            insert: format!(
                "INSERT INTO {table} ({all}) SELECT {all} FROM {ranked} WHERE (s.{RANK} = 1 OR {any_null}) \
                 AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {}) ORDER BY s.{ROW}",
                matches("t")
            ),
        }
    }
}
