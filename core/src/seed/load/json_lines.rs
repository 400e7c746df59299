//! A JSON object a line. The first one names the columns; a later line may leave out those whose default is NULL.

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Mistake, fit, fit_number};
use crate::adapter::nearest;
use crate::schema::ColumnType;
use crate::seed::json;
use crate::seed::shape::ShapeColumn;
use crate::value::Value;

/// A reader of JSON lines.
#[derive(Debug)]
pub(super) struct JsonLines<R> {
    input: BufReader<R>,
    /// The line that was read last, from 1.
    line: u64,
    text: Vec<u8>,
    /// The first object's line is still to be given as a row.
    first_is_pending: bool,
}

/// An object's entries in their order, values as they were written.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<R: Read> JsonLines<R> {
    pub fn new(input: R) -> JsonLines<R> {
        JsonLines { input: BufReader::new(input), line: 0, text: Vec::new(), first_is_pending: false }
    }

    /// The keys of the first object, and which line that is on.
    pub fn keys(&mut self) -> Result<(u64, Vec<String>), Mistake> {
        if !self.next()? {
            return Err(Mistake::new(1, "seed.file-syntax", "the file is empty")
                .with_help("write a JSON object a line: {\"code\": \"de\", \"name\": \"Germany\"}"));
        }
        self.first_is_pending = true;
        let entries = entries(&self.text, self.line)?;
        Ok((self.line, entries.0.into_iter().map(|(key, _)| key.into_owned()).collect()))
    }

    /// Reads a row over what stands in `row`; false at the end.
    pub fn row(&mut self, columns: &[ShapeColumn], optional: &[bool], row: &mut [Value]) -> Result<bool, Mistake> {
        if !std::mem::take(&mut self.first_is_pending) && !self.next()? {
            return Ok(false);
        }
        let line = self.line;
        let entries = entries(&self.text, line)?;
        row.fill(Value::Null);
        let mut given = vec![false; columns.len()];
        for (place, (key, raw)) in entries.0.iter().enumerate() {
            let is = |column: &ShapeColumn| *column.name.key() == *key.to_lowercase();
            let at = Some(place).filter(|at| columns.get(*at).is_some_and(is));
            let Some(at) = at.or_else(|| columns.iter().position(is)) else { return Err(unknown(key, columns, line)) };
            if std::mem::replace(&mut given[at], true) {
                return Err(Mistake::new(line, "seed.duplicate", format!("the key {key} comes twice")));
            }
            row[at] = value(&columns[at], raw.get(), line)?;
        }
        let missing = (0..columns.len()).find(|place| !given[*place] && !optional[*place]);
        match missing {
            Some(place) => {
                let message = format!("{} is missing, which the first line has", columns[place].shown());
                Err(Mistake::new(line, "seed.missing-column", message).with_help(
                    "every line has the same keys; only one whose column has NULL for its default may be left out",
                ))
            }
            None => Ok(true),
        }
    }

    /// The line of a row, from 0.
    pub fn line_of(&mut self, row: u64) -> Option<u64> {
        for _ in 0..=row {
            if !self.next().ok()? {
                return None;
            }
        }
        Some(self.line)
    }

    /// Reads the next line that has anything; false at the end.
    fn next(&mut self) -> Result<bool, Mistake> {
        loop {
            self.text.clear();
            self.line += 1;
            let read = self
                .input
                .read_until(b'\n', &mut self.text)
                .map_err(|error| Mistake::new(self.line, "seed.unreadable", format!("it can't be read: {error}")))?;
            if read == 0 {
                return Ok(false);
            }
            if self.line == 1 && self.text.starts_with(&[0xEF, 0xBB, 0xBF]) {
                self.text.drain(..3);
            }
            if !self.text.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }
}

fn entries(text: &[u8], line: u64) -> Result<Entries<'_>, Mistake> {
    let text = std::str::from_utf8(text)
        .map_err(|_| Mistake::new(line, "seed.unreadable", "not UTF-8").with_help("save the file as UTF-8"))?;
    serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let what = words.split(" at line ").next().unwrap_or_default();
        let mistake = Mistake::new(
            line,
            "seed.file-syntax",
            format!("this is no JSON object, at column {}: {what}", error.column()),
        );
        match text.trim_start().starts_with('[') {
            true => {
                mistake.with_help("write each object on a line of its own, without brackets and commas around them")
            }
            false => mistake.with_help("write a JSON object a line: {\"code\": \"de\", \"name\": \"Germany\"}"),
        }
    })
}

fn unknown(key: &str, columns: &[ShapeColumn], line: u64) -> Mistake {
    let message = format!("the key {key:?} is not one of the first line, which names the columns");
    let help = match nearest(key, columns.iter().map(|column| column.name.as_str())) {
        Some(near) => format!("did you mean {near}?"),
        None => "every line has the same keys; write null where there is nothing".to_owned(),
    };
    Mistake::new(line, "seed.unknown-column", message).with_help(help)
}

/// A value of an object in the form of its column.
fn value(column: &ShapeColumn, raw: &str, line: u64) -> Result<Value, Mistake> {
    let text = |raw: &str| serde_json::from_str::<String>(raw).unwrap_or_default();
    match (raw.as_bytes().first(), &column.column_type) {
        (Some(b'n'), _) => fit(column, Value::Null, line),
        (Some(_), Some(ColumnType::Json)) => fit(column, Value::Json(raw.to_owned()), line),
        (Some(b't'), _) => fit(column, Value::Boolean(true), line),
        (Some(b'f'), _) => fit(column, Value::Boolean(false), line),
        (Some(b'"'), _) => fit(column, Value::Text(text(raw)), line),
        (Some(b'{' | b'['), _) => match json::read(raw) {
            Ok(value) => fit(column, value, line),
            Err(misfit) => Err(Mistake::new(line, "seed.file-syntax", misfit.message)),
        },
        _ => fit_number(column, raw, line),
    }
}

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries<'de>, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key<'de>, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
