//! COPY: rows in frames of 64 KiB, sent while the next ones are made.
//!
//! Rows go in the binary format until one comes whose values have other types than its columns; from there on they go as text, in
//! a COPY of their own, for the server to read.

use std::pin::Pin;

use bytes::{BufMut, Bytes, BytesMut};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::store::RowSource;
use fastman_core::value::Value;
use futures::SinkExt;
use tokio_postgres::CopyInSink;

use super::{Column, binary, list, text};
use crate::error;
use crate::store::PostgresStore;

/// How much is sent at once.
const FRAME: usize = 64 * 1024;

/// Copies every row into a table, named as SQL names it.
///
/// # Errors
/// The first row that can't be written, with its number as a detail; or what the source gave.
pub(super) async fn copy(
    store: &PostgresStore,
    table: &str,
    columns: &[Column],
    rows: &mut dyn RowSource,
) -> Result<u64> {
    let mut stream = Stream {
        store,
        table,
        columns,
        binary: columns.iter().all(|column| column.wire.is_some()),
        sink: None,
        buffer: BytesMut::new(),
        finished: 0,
        rows: 0,
    };
    while let Some(batch) = rows.next_batch().await? {
        for row in batch.rows() {
            stream.row(row).await?;
        }
        rows.recycle(batch);
    }
    stream.finish().await?;
    Ok(stream.finished)
}

struct Stream<'a> {
    store: &'a PostgresStore,
    table: &'a str,
    columns: &'a [Column],
    binary: bool,
    /// The COPY under way.
    sink: Option<Pin<Box<CopyInSink<Bytes>>>>,
    buffer: BytesMut,
    /// Rows of COPYs that are done.
    finished: u64,
    /// Rows of the COPY under way.
    rows: u64,
}

impl Stream<'_> {
    async fn row(&mut self, row: &[Value]) -> Result<()> {
        if row.len() != self.columns.len() {
            let message = format!("it has {} values for {} columns", row.len(), self.columns.len());
            return Err(self.bad_row(message));
        }
        self.check_digits(row)?;
        if self.binary && !self.put_binary(row).await? {
            self.finish().await?;
            self.binary = false;
        }
        if !self.binary {
            self.open().await?;
            text::put_row(row, &mut self.buffer).map_err(|reason| self.bad_row(reason.to_string()))?;
        }
        self.rows += 1;
        if self.buffer.len() >= FRAME {
            self.send().await?;
        }
        Ok(())
    }

    /// A decimal with more digits than its column keeps would be rounded without a word.
    fn check_digits(&self, row: &[Value]) -> Result<()> {
        for (value, column) in row.iter().zip(self.columns) {
            if let (Value::Decimal(number), Some(scale)) = (value, column.scale)
                && number.scale() > scale
                && number.rescale(scale).is_none()
            {
                let name = &column.name;
                return Err(self.bad_row(format!("{number} has more than the {scale} decimals of column {name:?}")));
            }
        }
        Ok(())
    }

    /// False where the row has to go as text.
    async fn put_binary(&mut self, row: &[Value]) -> Result<bool> {
        self.open().await?;
        let start = self.buffer.len();
        self.buffer.put_i16(i16::try_from(row.len()).unwrap_or(i16::MAX));
        for (value, column) in row.iter().zip(self.columns) {
            if !column.wire.is_some_and(|wire| wire.put(value, &mut self.buffer)) {
                self.buffer.truncate(start);
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn open(&mut self) -> Result<()> {
        if self.sink.is_some() {
            return Ok(());
        }
        let format = if self.binary { "BINARY" } else { "TEXT" };
        let sql = format!("COPY {} ({}) FROM STDIN (FORMAT {format})", self.table, list(self.columns));
        let sink = self.store.client()?.copy_in(&sql).await.map_err(|error| self.store.failure(&error, &sql))?;
        self.sink = Some(Box::pin(sink));
        if self.binary {
            self.buffer.put_slice(binary::HEADER);
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<()> {
        let frame = self.buffer.split().freeze();
        self.buffer.reserve(FRAME + FRAME / 4);
        match &mut self.sink {
            Some(sink) => sink.send(frame).await.map_err(|error| self.failure(&error)),
            None => Ok(()),
        }
    }

    /// Ends the COPY under way, if one is.
    async fn finish(&mut self) -> Result<()> {
        if self.sink.is_none() {
            return Ok(());
        }
        if self.binary {
            self.buffer.put_i16(binary::TRAILER);
        }
        self.send().await?;
        if let Some(mut sink) = self.sink.take() {
            sink.as_mut().finish().await.map_err(|error| self.failure(&error))?;
        }
        self.finished += self.rows;
        self.rows = 0;
        Ok(())
    }

    fn bad_row(&self, message: String) -> Error {
        let row = self.finished + self.rows + 1;
        Error::database(ErrorClass::BadValue, message).in_row(row)
    }

    fn failure(&self, failure: &tokio_postgres::Error) -> Error {
        let error = self.store.failure(failure, "");
        let context = failure.as_db_error().and_then(|server| server.where_());
        match context.and_then(error::row_of) {
            Some(row) => error.in_row(self.finished + row),
            None => error,
        }
    }
}
