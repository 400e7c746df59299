//! Rows for a store to write.

use async_trait::async_trait;
use fastman_core::schema::Table;
use fastman_core::store::{Batch, RowSource, TargetColumn, WriteMode, WriteTarget};
use fastman_core::value::Value;
use fastman_core::{Error, Result};

/// A source of the rows given, in batches of a size that divides nothing evenly.
pub(crate) fn rows(rows: Vec<Vec<Value>>) -> Rows {
    Rows { rows: rows.into(), batch: 7, at_end: End::Done }
}

/// A source of the rows given that then fails.
pub(crate) fn rows_then_failure(rows: Vec<Vec<Value>>) -> Rows {
    Rows { rows: rows.into(), batch: 7, at_end: End::Failure }
}

/// A source of the rows given that then says nothing more.
pub(crate) fn rows_then_silence(rows: Vec<Vec<Value>>) -> Rows {
    Rows { rows: rows.into(), batch: 7, at_end: End::Silence }
}

/// What a source comes to.
enum End {
    Done,
    Failure,
    Silence,
}

/// Rows in batches.
pub(crate) struct Rows {
    rows: std::collections::VecDeque<Vec<Value>>,
    batch: usize,
    at_end: End,
}

impl Rows {
    /// The same in batches of another size.
    pub(crate) fn in_batches_of(mut self, batch: usize) -> Rows {
        self.batch = batch;
        self
    }
}

#[async_trait]
impl RowSource for Rows {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        if self.rows.is_empty() {
            return match self.at_end {
                End::Done => Ok(None),
                End::Failure => Err(Error::failed("test.source", "the source gave out")),
                End::Silence => std::future::pending().await,
            };
        }
        Ok(Some(Batch::take(&mut self.rows, self.batch)))
    }
}

/// Plain inserts into all columns of a table.
pub(crate) fn target(table: &Table) -> WriteTarget {
    WriteTarget {
        table: table.name.clone(),
        columns: table
            .columns
            .iter()
            .map(|column| TargetColumn { name: column.name.clone(), column_type: Some(column.column_type.clone()) })
            .collect(),
        document_id: None,
        mode: WriteMode::Insert,
    }
}
