//! A piece of a stream: its rows, and the file that LOAD DATA LOCAL is given of them.

use bytes::Bytes;
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::ColumnType;
use fastman_core::store::{Batch, RowSource, TargetColumn};
use fastman_core::value::Value;

use super::rules::{self, Rule};
use crate::value::{self, hex};

/// How much of the rows is in memory at once, twice: one piece is sent while the next is made. The first pieces are smaller, so that
/// the server has something to do early.
const FIRST_BYTES: usize = 128 << 10;
const BYTES: usize = 2 << 20;
const ROWS: usize = 50_000;

/// Rows, whole batches of them.
pub(super) struct Piece {
    batches: Vec<Batch>,
    rows: usize,
    /// Lines of fields between tabs.
    pub(super) data: Bytes,
    /// Which columns have hexadecimal digits in place of their bytes.
    pub(super) hexed: Vec<bool>,
}

impl Piece {
    /// The next piece of a stream, `before` rows into it and after a piece of so many bytes; `None` at its end.
    ///
    /// # Errors
    /// A row that can't be written as a line; or what the source gave.
    pub(super) async fn collect(
        (columns, rules): (&[TargetColumn], &[(usize, Rule)]),
        rows: &mut dyn RowSource,
        before: u64,
        last: usize,
    ) -> Result<Option<Piece>> {
        let most = (last * 2).clamp(FIRST_BYTES, BYTES);
        let mut piece = Piece {
            batches: Vec::new(),
            rows: 0,
            data: Bytes::new(),
            hexed: columns
                .iter()
                .map(|column| matches!(column.column_type, Some(ColumnType::Blob | ColumnType::Varbinary(_))))
                .collect(),
        };
        let mut data = Vec::with_capacity(most + most / 8);
        while data.len() < most && piece.rows < ROWS {
            let Some(batch) = rows.next_batch().await? else { break };
            if batch.width() != columns.len() && !batch.is_empty() {
                let message = format!("a row has {} values for {} columns", batch.width(), columns.len());
                return Err(Error::database(ErrorClass::BadValue, message).in_row(number(before, piece.rows)));
            }
            for (row, ordinal) in batch.rows().zip(piece.rows..).filter(|_| !rules.is_empty()) {
                rules::check(rules, row).map_err(|error| error.in_row(number(before, ordinal)))?;
            }
            piece.add(batch, &mut data, before)?;
            // What the server answers to the piece before this one must not wait until this one is full.
            tokio::task::yield_now().await;
        }
        piece.data = data.into();
        Ok((piece.rows > 0).then_some(piece))
    }

    fn add(&mut self, batch: Batch, data: &mut Vec<u8>, before: u64) -> Result<()> {
        let surprise = (0..batch.width())
            .filter(|column| !self.hexed[*column])
            .find(|column| batch.rows().any(|row| matches!(row.get(*column), Some(Value::Bytes(_)))));
        if let Some(column) = surprise {
            // Bytes where none were expected: what stands there already is written anew.
            self.hexed[column] = true;
            data.clear();
            self.rows = 0;
            for batch in std::mem::take(&mut self.batches).into_iter().chain([batch]) {
                self.add(batch, data, before)?;
            }
            return Ok(());
        }
        for row in batch.rows() {
            encode(row, &self.hexed, data).map_err(|error| error.in_row(number(before, self.rows)))?;
            self.rows += 1;
        }
        self.batches.push(batch);
        Ok(())
    }

    /// How many rows it has.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.rows).unwrap_or(u64::MAX)
    }

    /// The rows.
    pub(super) fn rows(&self) -> Vec<&[Value]> {
        self.batches.iter().flat_map(Batch::rows).collect()
    }

    /// Gives the batches back to their source.
    pub(super) fn recycle(self, rows: &mut dyn RowSource) {
        for batch in self.batches {
            rows.recycle(batch);
        }
    }
}

fn number(before: u64, rows: usize) -> u64 {
    before + u64::try_from(rows).unwrap_or(u64::MAX - before) + 1
}

fn encode(row: &[Value], hexed: &[bool], data: &mut Vec<u8>) -> Result<()> {
    for (index, (value, hexed)) in row.iter().zip(hexed).enumerate() {
        if index > 0 {
            data.push(b'\t');
        }
        match value {
            Value::Null => data.extend_from_slice(b"\\N"),
            Value::Text(text) | Value::Json(text) if *hexed => data.extend_from_slice(hex(text.as_bytes()).as_bytes()),
            Value::Text(text) | Value::Json(text) => escape(text, data),
            _ => value::append(value, data)
                .map_err(|reason| Error::database(ErrorClass::BadValue, reason.to_string()))?,
        }
    }
    data.push(b'\n');
    Ok(())
}

fn escape(text: &str, data: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some(index) = rest.iter().position(|byte| matches!(byte, b'\\' | b'\t' | b'\n' | 0)) {
        data.extend_from_slice(&rest[..index]);
        data.extend_from_slice(match rest[index] {
            b'\\' => b"\\\\",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            _ => b"\\0",
        });
        rest = &rest[index + 1..];
    }
    data.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_escaped_and_bytes_are_digits() {
        let mut rows = std::collections::VecDeque::from([
            vec![Value::Text("A".into()), Value::Text("é".into()), Value::Integer(i64::MIN)],
            vec![Value::Text("a\tb\\c\nd".into()), Value::Bytes(vec![0, 255]), Value::Null],
            vec![Value::Text("\\N".into()), Value::Text("A".into()), Value::Boolean(true)],
        ]);
        let mut piece = Piece { batches: Vec::new(), rows: 0, data: Bytes::new(), hexed: vec![false; 3] };
        let mut data = Vec::new();
        piece.add(Batch::take(&mut rows, 1), &mut data, 0).unwrap();
        piece.add(Batch::take(&mut rows, 2), &mut data, 0).unwrap();
        assert_eq!(piece.rows().len(), 3);
        let expected = "A\tc3a9\t-9223372036854775808\na\\tb\\\\c\\nd\t00ff\t\\N\n\\\\N\t41\t1\n";
        assert_eq!(String::from_utf8(data).unwrap(), expected);
    }
}
