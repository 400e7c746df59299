//! Upserts: COPY into a temporary table, then one INSERT ... ON CONFLICT from there.
//!
//! This leaves reading the values to the server's own types. UNNEST of arrays saves nothing that is seen: of the time for
//! 100,000 rows over as many that are there, copying them is a tenth, and the merge takes as long from arrays that are at hand.
//!
//! Of several rows with one key the last one counts, as if they came one by one. Where a row is refused, its number is found by halving.

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::store::RowSource;

use super::{Column, copy, list};
use crate::settings::quoted;
use crate::store::PostgresStore;

/// Upserts every row into a table, named as SQL names it.
///
/// # Errors
/// The first row that can't be written, with its number as a detail; or what the source gave.
pub(super) async fn upsert(
    store: &mut PostgresStore,
    table: &str,
    columns: &[Column],
    key: &[&str],
    rows: &mut dyn RowSource,
) -> Result<u64> {
    store.counter += 1;
    let temporary = quoted(&format!("fastman_rows_{}", store.counter));
    let names = list(columns);
    store
        .simple(&format!(
            "CREATE TEMPORARY TABLE {temporary} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"
        ))
        .await?;
    let count = copy::copy(store, &temporary, columns, rows).await?;
    let merge = Merge { table, temporary: &temporary, columns, key };
    merge.run(store, count).await?;
    store.simple(&format!("DROP TABLE {temporary}")).await?;
    Ok(count)
}

struct Merge<'a> {
    table: &'a str,
    temporary: &'a str,
    columns: &'a [Column],
    key: &'a [&'a str],
}

impl Merge<'_> {
    async fn run(&self, store: &PostgresStore, count: u64) -> Result<()> {
        match attempt(store, &self.all()).await {
            // A key came twice, which one statement can't do; or a row was refused, and which one is not known.
            Err(error) if is_of_a_row(&error) => match attempt(store, &self.range(1, count)).await {
                Err(error) if is_of_a_row(&error) => self.find(store, count, error).await,
                outcome => outcome,
            },
            outcome => outcome,
        }
    }

    /// Halves the rows until one is left that fails, those before it applied.
    async fn find(&self, store: &PostgresStore, count: u64, mut error: Error) -> Result<()> {
        let (mut low, mut high) = (1, count);
        while low < high {
            let middle = low + (high - low) / 2;
            match attempt(store, &self.range(low, middle)).await {
                Ok(()) => low = middle + 1,
                Err(of_half) => {
                    error = of_half;
                    high = middle;
                }
            }
        }
        Err(error.in_row(low))
    }

    /// Every row in one statement.
    fn all(&self) -> String {
        format!(
            "INSERT INTO {} ({names}) SELECT {names} FROM {} {}",
            self.table,
            self.temporary,
            self.conflict(),
            names = list(self.columns),
        )
    }

    /// The rows of these numbers, of those with one key the last.
    fn range(&self, low: u64, high: u64) -> String {
        let names = list(self.columns);
        let of_a: Vec<String> = self.columns.iter().map(|column| format!("a.{}", quoted(&column.name))).collect();
        let same: Vec<String> = self.key.iter().map(|key| format!("a.{0} = b.{0}", quoted(key))).collect();
        format!(
            "WITH numbered AS MATERIALIZED (SELECT row_number() OVER (ORDER BY ctid) AS fastman_row, {names} FROM {temporary}) \
             INSERT INTO {table} ({names}) SELECT {of_a} FROM numbered AS a WHERE a.fastman_row BETWEEN {low} AND {high} \
             AND NOT EXISTS (SELECT 1 FROM numbered AS b WHERE b.fastman_row > a.fastman_row AND b.fastman_row <= {high} AND {same}) \
             {conflict}",
            temporary = self.temporary,
            table = self.table,
            of_a = of_a.join(", "),
            same = same.join(" AND "),
            conflict = self.conflict(),
        )
    }

    fn conflict(&self) -> String {
        let key: Vec<String> = self.key.iter().map(|key| quoted(key)).collect();
        let others: Vec<String> = self
            .columns
            .iter()
            .filter(|column| !self.key.contains(&column.name.as_str()))
            .map(|column| format!("{0} = EXCLUDED.{0}", quoted(&column.name)))
            .collect();
        let action = if others.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", others.join(", ")) };
        format!("ON CONFLICT ({}) DO {action}", key.join(", "))
    }
}

/// Whether an error is about what is in the rows. After others, trying again would only take time.
fn is_of_a_row(error: &Error) -> bool {
    use ErrorClass::{BadValue, CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation};
    let of_a_row = [BadValue, CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation];
    error.class().is_some_and(|class| of_a_row.contains(&class)) || error.details().iter().any(|detail| detail == TWICE)
}

/// What the server calls a key that came twice in one INSERT ... ON CONFLICT.
const TWICE: &str = "SQLSTATE 21000";

/// Runs a statement that may fail without costing the transaction.
async fn attempt(store: &PostgresStore, sql: &str) -> Result<()> {
    store.simple("SAVEPOINT fastman_merge").await?;
    match store.simple(sql).await {
        Ok(_) => store.simple("RELEASE SAVEPOINT fastman_merge").await.map(|_| ()),
        Err(error) => {
            store.simple("ROLLBACK TO SAVEPOINT fastman_merge; RELEASE SAVEPOINT fastman_merge").await?;
            Err(error)
        }
    }
}
