//! The history: the table `fastman_migrations`, one row a migration, and the statements that read and change it.
//!
//! Every statement is composed from the dialect's quoting, placeholders and literals, and the table is defined as a
//! table of the model, so that no engine needs text of its own for it. Rows are small first: the large texts stand
//! last and are read only where they are needed.

mod compose;
mod record;
mod table;

use std::sync::Arc;

pub(crate) use compose::{Claim, Moment, NewRow, Values, count};
pub(crate) use record::{Details, InFlight, Mark, Record, RowState};
pub use table::TABLE;

use crate::dialect::Dialect;
use crate::error::{Error, ErrorClass, Result};
use crate::schema::Name;
use crate::store::SqlStore;
use crate::value::Value;

use super::Version;

/// The statements of the history on one engine.
#[derive(Debug)]
pub(crate) struct History {
    dialect: Arc<dyn Dialect>,
    /// The table's name, quoted.
    table: String,
    /// `SELECT` of the small columns, without a condition.
    select: String,
}

impl History {
    /// The history as the dialect writes it.
    pub fn new(dialect: Arc<dyn Dialect>) -> History {
        let quoted = |name: &str| dialect.quote(&Name::folded(name));
        let columns: Vec<String> = table::SMALL.iter().map(|column| quoted(column)).collect();
        let table = quoted(TABLE);
        let select = format!("SELECT {} FROM {table}", columns.join(", "));
        History { dialect, table, select }
    }

    /// Every row in the order of applying, without the large texts; `None` where the table is not there.
    ///
    /// Inside a transaction this MUST be called only where the table is known to be there: some engines give a transaction
    /// up at the first error.
    ///
    /// # Errors
    /// What the server says; `migrate.bad-history` for a row that fastman did not write.
    pub async fn read(&self, store: &mut dyn SqlStore) -> Result<Option<Vec<Record>>> {
        match store.query(&self.select, &[]).await {
            Ok(rows) => {
                let mut records = rows.into_iter().map(Record::read).collect::<Result<Vec<_>>>()?;
                // Here rather than there, where it would take a look into an index for each row.
                records.sort_by_key(|record| record.sequence);
                Ok(Some(records))
            }
            Err(error) if error.class() == Some(ErrorClass::MissingTable) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The rows from that place in the order of applying on.
    ///
    /// # Errors
    /// As [`History::read`].
    pub async fn read_from(&self, store: &mut dyn SqlStore, sequence: i64) -> Result<Vec<Record>> {
        let sql = format!(
            "{select} WHERE {sequence} >= {first} ORDER BY {sequence}",
            select = self.select,
            sequence = self.quote("sequence"),
            first = self.dialect.placeholder(1),
        );
        let rows = store.query(&sql, &[Value::Integer(sequence)]).await?;
        rows.into_iter().map(Record::read).collect()
    }

    /// The row that was applied last: what changes whenever another migrator was at work.
    ///
    /// # Errors
    /// As [`History::read`].
    pub async fn mark(&self, store: &mut dyn SqlStore) -> Result<Mark> {
        let sequence = self.quote("sequence");
        let sql = format!(
            "SELECT {version}, {sequence}, {applied_at} FROM {table} \
             WHERE {sequence} = (SELECT MAX({sequence}) FROM {table})",
            version = self.quote("version"),
            applied_at = self.quote("applied_at"),
            table = self.table,
        );
        match store.query(&sql, &[]).await?.into_iter().next() {
            None => Ok(Mark::EMPTY),
            Some(row) => Mark::read(row),
        }
    }

    /// The large texts of some migrations, in no order.
    ///
    /// # Errors
    /// As [`History::read`].
    pub async fn details(&self, store: &mut dyn SqlStore, versions: &[Version]) -> Result<Vec<Details>> {
        let most = self.dialect.facts().max_parameters.clamp(1, 200);
        let columns: Vec<String> = ["version"].iter().chain(table::LARGE).map(|column| self.quote(column)).collect();
        let mut found = Vec::with_capacity(versions.len());
        for chunk in versions.chunks(usize::try_from(most).unwrap_or(1)) {
            let places: Vec<String> = (1..=chunk.len()).map(|index| self.dialect.placeholder(index)).collect();
            let sql = format!(
                "SELECT {} FROM {} WHERE {} IN ({})",
                columns.join(", "),
                self.table,
                self.quote("version"),
                places.join(", "),
            );
            let parameters: Vec<Value> = chunk.iter().map(|version| Value::Text(version.to_string())).collect();
            for row in store.query(&sql, &parameters).await? {
                found.push(Details::read(row)?);
            }
        }
        Ok(found)
    }

    /// Whether the table is there, asked so that no transaction is given up over the answer; and every other table and view.
    ///
    /// # Errors
    /// What the server says.
    pub async fn look(&self, store: &mut dyn SqlStore) -> Result<Surroundings> {
        let (history, others): (Vec<_>, Vec<_>) =
            store.relations().await?.into_iter().partition(|relation| relation.name.eq_ignore_ascii_case(TABLE));
        Ok(Surroundings {
            history: !history.is_empty(),
            others: others.into_iter().map(|relation| relation.name).collect(),
        })
    }

    fn quote(&self, column: &str) -> String {
        self.dialect.quote(&Name::folded(column))
    }
}

/// What the target schema holds.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// Whether the history's table is there.
    pub history: bool,
    /// The other tables and views.
    pub others: Vec<String>,
}

/// The error of a row, or a text in it, that fastman did not write.
fn bad_history(what: impl std::fmt::Display) -> Error {
    Error::failed("migrate.bad-history", format!("the table {TABLE} holds what fastman did not write: {what}"))
        .with_help("it was changed by hand or by another fastman; put it right, or restore it from a backup")
}
