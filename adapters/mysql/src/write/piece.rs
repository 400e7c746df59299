//! A piece of a stream: the file that LOAD DATA LOCAL is given of its rows, from which they can be read back, or their values.

use std::borrow::Cow;

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

/// Rows on their way.
pub(super) struct Piece {
    rows: usize,
    form: Form,
}

/// What a piece holds of its rows: what the server is to be sent, and no second copy of it.
pub(super) enum Form {
    /// A file for LOAD DATA LOCAL.
    File(File),
    /// The values themselves, for prepared inserts.
    Values(Vec<Batch>),
}

/// Lines of fields between tabs.
pub(super) struct File {
    /// They.
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
        as_file: bool,
        before: u64,
        last: usize,
    ) -> Result<Option<Piece>> {
        let most = (last * 2).clamp(FIRST_BYTES, BYTES);
        let mut writer = as_file.then(|| Writer::new(columns, most));
        let mut piece = Piece { rows: 0, form: Form::Values(Vec::new()) };
        let mut bytes = 0;
        while bytes < most && piece.rows < ROWS {
            let Some(batch) = rows.next_batch().await? else { break };
            if batch.width() != columns.len() && !batch.is_empty() {
                let message = format!("a row has {} values for {} columns", batch.width(), columns.len());
                return Err(Error::database(ErrorClass::BadValue, message).in_row(number(before, piece.rows)));
            }
            for (row, ordinal) in batch.rows().zip(piece.rows..).filter(|_| !rules.is_empty()) {
                rules::check(rules, row).map_err(|error| error.in_row(number(before, ordinal)))?;
            }
            match (&mut writer, &mut piece.form) {
                (Some(writer), _) => {
                    writer.add(&batch).map_err(|(error, index)| error.in_row(number(before, piece.rows + index)))?;
                    piece.rows += batch.len();
                    bytes = writer.data.len();
                    rows.recycle(batch);
                }
                (None, Form::Values(batches)) => {
                    piece.rows += batch.len();
                    bytes += batch.rows().flatten().map(value::size).sum::<usize>();
                    batches.push(batch);
                }
                (None, Form::File(_)) => {}
            }
            // What the server answers to the piece before this one must not wait until this one is full.
            tokio::task::yield_now().await;
        }
        if let Some(writer) = writer {
            piece.form = Form::File(File { data: writer.data.into(), hexed: writer.hexed });
        }
        Ok((piece.rows > 0).then_some(piece))
    }

    /// What it holds of its rows.
    pub(super) fn form(&self) -> &Form {
        &self.form
    }

    /// How many rows it has.
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.rows).unwrap_or(u64::MAX)
    }

    /// How many bytes, about.
    pub(super) fn bytes(&self) -> usize {
        match &self.form {
            Form::File(file) => file.data.len(),
            Form::Values(batches) => batches.iter().flat_map(Batch::rows).flatten().map(value::size).sum(),
        }
    }

    /// The rows; of a file, as texts.
    pub(super) fn rows(&self) -> Vec<Cow<'_, [Value]>> {
        match &self.form {
            Form::File(file) => file.rows().map(Cow::Owned).collect(),
            Form::Values(batches) => batches.iter().flat_map(Batch::rows).map(Cow::Borrowed).collect(),
        }
    }

    /// Gives back what is left of the batches to their source.
    pub(super) fn recycle(self, rows: &mut dyn RowSource) {
        if let Form::Values(batches) = self.form {
            batches.into_iter().for_each(|batch| rows.recycle(batch));
        }
    }
}

/// A file being written.
struct Writer {
    data: Vec<u8>,
    hexed: Vec<bool>,
}

impl Writer {
    fn new(columns: &[TargetColumn], most: usize) -> Writer {
        let holds_bytes =
            |column: &TargetColumn| matches!(column.column_type, Some(ColumnType::Blob | ColumnType::Varbinary(_)));
        Writer { data: Vec::with_capacity(most + most / 8), hexed: columns.iter().map(holds_bytes).collect() }
    }

    /// Adds rows; the error of one with its place among them.
    fn add(&mut self, batch: &Batch) -> Result<(), (Error, usize)> {
        let surprise = |column: &usize| batch.rows().any(|row| matches!(row.get(*column), Some(Value::Bytes(_))));
        while let Some(column) = (0..batch.width()).filter(|column| !self.hexed[*column]).find(surprise) {
            // Bytes where none were expected: what stands there already is written anew.
            let written = File { data: std::mem::take(&mut self.data).into(), hexed: self.hexed.clone() };
            self.hexed[column] = true;
            for row in written.rows() {
                encode(&row, &self.hexed, &mut self.data).map_err(|error| (error, 0))?;
            }
        }
        for (index, row) in batch.rows().enumerate() {
            encode(row, &self.hexed, &mut self.data).map_err(|error| (error, index))?;
        }
        Ok(())
    }
}

impl File {
    /// The rows, as texts, bytes and NULL.
    fn rows(&self) -> impl Iterator<Item = Vec<Value>> {
        let lines = self.data.strip_suffix(b"\n").map(|lines| lines.split(|byte| *byte == b'\n'));
        lines.into_iter().flatten().map(|line| {
            line.split(|byte| *byte == b'\t').zip(&self.hexed).map(|(field, hexed)| decode(field, *hexed)).collect()
        })
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
            Value::Bytes(_) => append(value, data)?,
            _ if *hexed => {
                let mut plain = Vec::new();
                append(value, &mut plain)?;
                data.extend_from_slice(hex(&plain).as_bytes());
            }
            _ => append(value, data)?,
        }
    }
    data.push(b'\n');
    Ok(())
}

fn append(value: &Value, data: &mut Vec<u8>) -> Result<()> {
    value::append(value, data).map_err(|reason| Error::database(ErrorClass::BadValue, reason.to_string()))
}

/// What a field stands for.
fn decode(field: &[u8], hexed: bool) -> Value {
    if field == b"\\N" {
        return Value::Null;
    }
    if hexed {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
        return Value::Bytes(
            field.chunks(2).map(|pair| pair.iter().fold(0, |byte, half| byte << 4 | digit(half))).collect(),
        );
    }
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field.iter();
    while let Some(byte) = rest.next() {
        plain.push(match byte {
            b'\\' => match rest.next() {
                Some(b't') => b'\t',
                Some(b'n') => b'\n',
                Some(b'0') => 0,
                Some(other) => *other,
                None => b'\\',
            },
            other => *other,
        });
    }
    match String::from_utf8(plain) {
        Ok(text) => Value::Text(text),
        Err(error) => Value::Bytes(error.into_bytes()),
    }
}

fn escape(text: &str, data: &mut Vec<u8>) {
    let special = |byte: u8| matches!(byte, b'\\' | b'\t' | b'\n' | 0);
    let mut rest = text.as_bytes();
    // Few texts have any, and a look at all of its bytes, without an end before the last, is one at many of them at once.
    if !rest.iter().fold(false, |any, byte| any | special(*byte)) {
        data.extend_from_slice(rest);
        return;
    }
    while let Some(index) = rest.iter().position(|byte| special(*byte)) {
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

    fn rows() -> std::collections::VecDeque<Vec<Value>> {
        std::collections::VecDeque::from([
            vec![Value::Text("A".into()), Value::Text("é".into()), Value::Integer(i64::MIN)],
            vec![Value::Text("a\tb\\c\nd\0".into()), Value::Bytes(vec![0, 255]), Value::Null],
            vec![Value::Text("\\N".into()), Value::Integer(7), Value::Boolean(true)],
            vec![Value::Text(String::new()), Value::Null, Value::Text("\\".into())],
        ])
    }

    fn written() -> File {
        let mut writer = Writer { data: Vec::new(), hexed: vec![false; 3] };
        let mut rows = rows();
        writer.add(&Batch::take(&mut rows, 1)).unwrap();
        writer.add(&Batch::take(&mut rows, 3)).unwrap();
        File { data: writer.data.into(), hexed: writer.hexed }
    }

    #[test]
    fn fields_are_escaped_and_bytes_are_digits() {
        let expected = "A\tc3a9\t-9223372036854775808\na\\tb\\\\c\\nd\\0\t00ff\t\\N\n\\\\N\t37\t1\n\t\\N\t\\\\\n";
        assert_eq!(String::from_utf8(written().data.to_vec()).unwrap(), expected);
    }

    #[test]
    fn the_rows_are_read_back_as_what_the_server_would_read() {
        let text = |text: &str| Value::Text(text.to_owned());
        let read: Vec<Vec<Value>> = written().rows().collect();
        assert_eq!(
            read,
            [
                vec![text("A"), Value::Bytes("é".as_bytes().to_vec()), text("-9223372036854775808")],
                vec![text("a\tb\\c\nd\0"), Value::Bytes(vec![0, 255]), Value::Null],
                vec![text("\\N"), Value::Bytes(b"7".to_vec()), text("1")],
                vec![text(""), Value::Null, text("\\")],
            ]
        );
        let one_column = File { data: Bytes::from_static(b"\n\n"), hexed: vec![false] };
        assert_eq!(one_column.rows().collect::<Vec<_>>(), [[text("")], [text("")]]);
        assert_eq!(File { data: Bytes::new(), hexed: vec![false] }.rows().count(), 0);
    }
}
