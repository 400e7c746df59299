//! Separated values (RFC 4180): fields with a separator between them, in quotes where they hold it, a quote or a line end.
//!
//! Stricter than most readers: a quote that never ends, or text behind a closing quote, is a mistake and not a guess. Lines
//! without anything are passed over.

use std::io::Read;

use super::{Mistake, fit};
use crate::seed::shape::ShapeColumn;
use crate::value::Value;

const BUFFER: usize = 64 * 1024;
const SYNTAX: &str = "seed.file-syntax";

/// A reader of separated values.
#[derive(Debug)]
pub(super) struct Separated<R> {
    bytes: Bytes<R>,
    separator: u8,
    record: Record,
    columns: usize,
}

/// A file, read piece by piece, with a count of its lines.
#[derive(Debug)]
struct Bytes<R> {
    input: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// The line of the next byte, from 1.
    line: u64,
}

/// The fields of a record, without their quotes.
#[derive(Debug, Default)]
struct Record {
    text: Vec<u8>,
    /// Where each field ends in `text`, and whether it had quotes.
    fields: Vec<(usize, bool)>,
    /// The line on which it begins.
    line: u64,
}

impl<R: Read> Separated<R> {
    pub fn new(input: R, separator: u8) -> Separated<R> {
        let bytes = Bytes { input, buffer: vec![0; BUFFER].into(), start: 0, end: 0, line: 1 };
        Separated { bytes, separator, record: Record::default(), columns: 0 }
    }

    /// The columns of the first line, and which line that is.
    pub fn header(&mut self) -> Result<(u64, Vec<String>), Mistake> {
        self.bytes.skip_byte_order_mark()?;
        if !self.next()? {
            return Err(
                Mistake::new(1, SYNTAX, "the file is empty").with_help("its first line names the columns: code,name")
            );
        }
        let line = self.record.line;
        let mut names = Vec::with_capacity(self.record.fields.len());
        for (place, (bytes, _)) in self.record.iter().enumerate() {
            let name = std::str::from_utf8(bytes).map_err(|_| not_utf8(line))?.trim();
            if name.is_empty() {
                return Err(Mistake::new(line, SYNTAX, format!("column {} has no name", place + 1))
                    .with_help("the first line names every column"));
            }
            names.push(name.to_owned());
        }
        self.columns = names.len();
        Ok((line, names))
    }

    /// Reads a row over what stands in `row`; false at the end.
    pub fn row(&mut self, columns: &[ShapeColumn], null: Option<&str>, row: &mut [Value]) -> Result<bool, Mistake> {
        if !self.next()? {
            return Ok(false);
        }
        let line = self.record.line;
        let found = self.record.fields.len();
        if let Some(missing) = columns.get(found) {
            let message = format!("the row has {found} of {} fields: {} is missing", columns.len(), missing.shown());
            return Err(Mistake::new(line, "seed.missing-column", message)
                .with_help("every line has a field for every column; an empty one is NULL"));
        }
        if found > columns.len() {
            let (many, s) = (columns.len(), if columns.len() == 1 { "" } else { "s" });
            let message = format!("the row has {found} fields for {many} column{s}");
            return Err(Mistake::new(line, "seed.file-syntax", message)
                .with_help("a field that holds the separator stands in quotes"));
        }
        for (((bytes, quoted), column), out) in self.record.iter().zip(columns).zip(row) {
            let text = std::str::from_utf8(bytes).map_err(|_| not_utf8(line))?;
            let is_null = !quoted && (text.is_empty() || null == Some(text));
            let value = match std::mem::replace(out, Value::Null) {
                _ if is_null => Value::Null,
                // What an earlier row left keeps its memory.
                Value::Text(mut kept) => {
                    kept.clear();
                    kept.push_str(text);
                    Value::Text(kept)
                }
                _ => Value::Text(text.to_owned()),
            };
            *out = fit(column, value, line)?;
        }
        Ok(true)
    }

    /// The line on which a row (from 0) begins.
    pub fn line_of(&mut self, row: u64) -> Option<u64> {
        self.header().ok()?;
        for _ in 0..=row {
            if !self.next().ok()? {
                return None;
            }
        }
        Some(self.record.line)
    }

    /// Reads the next record that has anything; false at the end.
    fn next(&mut self) -> Result<bool, Mistake> {
        loop {
            self.record.text.clear();
            self.record.fields.clear();
            self.record.line = self.bytes.line;
            let more = self.read_record()?;
            let empty = matches!(self.record.fields[..], [(0, false)]);
            if !empty {
                return Ok(true);
            }
            if !more {
                return Ok(false);
            }
        }
    }

    /// Reads up to the line's end; false at the file's.
    fn read_record(&mut self) -> Result<bool, Mistake> {
        let record = &mut self.record;
        let bytes = &mut self.bytes;
        let mut quoted = false;
        // Where the field begins in the record's text.
        let mut start = 0;
        loop {
            let Some(byte) = bytes.peek()? else {
                record.fields.push((record.text.len(), quoted));
                return Ok(false);
            };
            match byte {
                b'"' if !quoted && record.text.len() == start => {
                    bytes.skip();
                    bytes.quoted(&mut record.text)?;
                    quoted = true;
                }
                b'\n' | b'\r' => {
                    bytes.line_end()?;
                    record.fields.push((record.text.len(), quoted));
                    return Ok(true);
                }
                byte if byte == self.separator => {
                    bytes.skip();
                    record.fields.push((record.text.len(), quoted));
                    start = record.text.len();
                    quoted = false;
                }
                _ if quoted => {
                    return Err(Mistake::new(bytes.line, SYNTAX, "something stands behind a closing quote")
                        .with_help("a quote inside a field in quotes is written twice: \"say \"\"hello\"\"\""));
                }
                _ => bytes.plain(self.separator, &mut record.text),
            }
        }
    }
}

impl Record {
    fn iter(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let mut start = 0;
        self.fields.iter().map(move |(end, quoted)| {
            let bytes = &self.text[start..*end];
            start = *end;
            (bytes, *quoted)
        })
    }
}

impl<R: Read> Bytes<R> {
    /// The next byte, left where it is.
    fn peek(&mut self) -> Result<Option<u8>, Mistake> {
        if self.start == self.end {
            self.start = 0;
            self.end = loop {
                match self.input.read(&mut self.buffer) {
                    Ok(length) => break length,
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.end = 0;
                        return Err(Mistake::new(self.line, "seed.unreadable", format!("it can't be read: {error}")));
                    }
                }
            };
        }
        Ok(self.buffer[..self.end].get(self.start).copied())
    }

    fn skip(&mut self) {
        self.start += 1;
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), Mistake> {
        self.peek()?;
        match &self.buffer[self.start..self.end] {
            [0xEF, 0xBB, 0xBF, ..] => self.start += 3,
            [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] => {
                return Err(Mistake::new(1, "seed.unreadable", "the file is UTF-16, not UTF-8")
                    .with_help("save it as UTF-8 (a spreadsheet calls it \"CSV UTF-8\")"));
            }
            _ => {}
        }
        Ok(())
    }

    /// A line end of any kind.
    fn line_end(&mut self) -> Result<(), Mistake> {
        self.line += 1;
        let byte = self.peek()?;
        self.skip();
        if byte == Some(b'\r') && self.peek()? == Some(b'\n') {
            self.skip();
        }
        Ok(())
    }

    /// What follows without quotes, as far as the buffer goes.
    fn plain(&mut self, separator: u8, text: &mut Vec<u8>) {
        let rest = &self.buffer[self.start..self.end];
        let length = rest.iter().position(|byte| *byte == separator || matches!(byte, b'\n' | b'\r'));
        let length = length.unwrap_or(rest.len());
        text.extend_from_slice(&rest[..length]);
        self.start += length;
    }

    /// What follows an opening quote, up to and with the closing one. Line ends inside are kept as `\n`.
    fn quoted(&mut self, text: &mut Vec<u8>) -> Result<(), Mistake> {
        let opened = self.line;
        loop {
            let Some(byte) = self.peek()? else {
                return Err(Mistake::new(opened, SYNTAX, "a quote that begins here never ends")
                    .with_help("add the closing quote; a quote inside a field in quotes is written twice"));
            };
            match byte {
                b'"' => {
                    self.skip();
                    if self.peek()? != Some(b'"') {
                        return Ok(());
                    }
                    self.skip();
                    text.push(b'"');
                }
                b'\n' | b'\r' => {
                    self.line_end()?;
                    text.push(b'\n');
                }
                _ => {
                    let rest = &self.buffer[self.start..self.end];
                    let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\n' | b'\r'));
                    let length = length.unwrap_or(rest.len());
                    text.extend_from_slice(&rest[..length]);
                    self.start += length;
                }
            }
        }
    }
}

fn not_utf8(line: u64) -> Mistake {
    Mistake::new(line, "seed.unreadable", "not UTF-8").with_help("save the file as UTF-8")
}
