//! The digest of rows: a number that two stores have in common if the same rows were written to them.
//!
//! It covers the columns that a seeder gives, in portable form, and no key that an engine numbers. It does not depend on
//! the order of rows or columns, so that rows made on several threads add up. Frozen by tests with fixed values; it shows
//! that two runs agree and is no protection against forgery.

use std::fmt;

use chrono::{Datelike, Timelike};
use serde::{Serialize, Serializer};

use crate::value::Value;

const PRIMES: [u64; 4] = [0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3, 0x5899_65CC_7537_4CC3];

/// The digest of any number of rows: the sum of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Digest(u128);

impl Digest {
    /// Adds the rows of another.
    pub fn add(&mut self, other: Digest) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The digest of one row, in the making.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowDigest {
    first: u64,
    second: u64,
}

impl RowDigest {
    /// Takes in a column and its value; `name` is that of [`name`].
    #[inline]
    pub(crate) fn value(&mut self, name: u64, value: &Value) {
        let mut field = Field::new(name);
        field.value(value);
        self.take(field);
    }

    /// Takes in a column that points at a row: not by its key, but by what it is called here.
    #[inline]
    pub(crate) fn reference(&mut self, name: u64, row: RowName) {
        let mut field = Field::new(name);
        field.word(100, row.stream);
        field.word(101, row.ordinal);
        self.take(field);
    }

    /// Takes in a column whose value is another each time by what makes it.
    pub(crate) fn text(&mut self, name: u64, text: &str) {
        let mut field = Field::new(name);
        field.bytes(102, text.as_bytes());
        self.take(field);
    }

    #[inline]
    fn take(&mut self, field: Field) {
        self.first = self.first.wrapping_add(fold(field.first ^ PRIMES[2], field.second ^ PRIMES[0]));
        self.second = self.second.wrapping_add(fold(field.second ^ PRIMES[3], field.first ^ PRIMES[1]));
    }

    /// The row's.
    #[inline]
    pub(crate) fn finish(self) -> Digest {
        let first = fold(self.first ^ PRIMES[0], self.second ^ PRIMES[1]);
        let second = fold(self.second ^ PRIMES[2], self.first ^ PRIMES[3]);
        Digest(u128::from(first) << 64 | u128::from(second))
    }
}

/// What a row is called that has no key of its own: the stream that it is of, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowName {
    pub(crate) stream: u64,
    pub(crate) ordinal: u64,
}

impl RowName {
    /// The row that meets a condition.
    pub(crate) fn of_condition(table: &str, columns: &[String], values: &[Value]) -> RowName {
        let mut digest = RowDigest::default();
        for (column, value) in columns.iter().zip(values) {
            digest.value(name(column), value);
        }
        RowName { stream: name(table), ordinal: digest.first ^ digest.second.rotate_left(32) }
    }
}

/// The number that stands for a name.
pub(crate) fn name(text: &str) -> u64 {
    let mut field = Field::new(0);
    field.bytes(103, text.as_bytes());
    fold(field.first ^ PRIMES[1], field.second ^ PRIMES[3])
}

/// One column of one row.
struct Field {
    first: u64,
    second: u64,
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

impl Field {
    #[inline]
    fn new(name: u64) -> Field {
        Field { first: name ^ PRIMES[0], second: name.rotate_left(32) ^ PRIMES[1] }
    }

    #[inline]
    fn word(&mut self, tag: u8, word: u64) {
        let tag = u64::from(tag);
        self.first = fold(self.first ^ word, PRIMES[2] ^ tag);
        self.second = fold(self.second.wrapping_add(word), PRIMES[3] ^ tag).rotate_left(23) ^ word;
    }

    fn bytes(&mut self, tag: u8, bytes: &[u8]) {
        self.word(tag, bytes.len() as u64);
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.word(tag, u64::from_le_bytes(word));
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.word(tag, u64::from_le_bytes(word));
        }
    }

    /// A JSON document, whatever the order of its keys.
    fn json(&mut self, text: &str) {
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(parsed) => {
                let mut canonical = String::with_capacity(text.len());
                canonical_json(&parsed, &mut canonical);
                self.bytes(12, canonical.as_bytes());
            }
            Err(_) => self.bytes(12, text.as_bytes()),
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.word(0, 0),
            Value::Boolean(truth) => self.word(1, u64::from(*truth)),
            Value::Integer(number) => self.word(2, *number as u64),
            Value::Decimal(number) => {
                // 1.50 and 1.5 are one number.
                let (mut mantissa, mut scale) = (number.mantissa(), number.scale());
                while scale > 0 && mantissa % 10 == 0 {
                    mantissa /= 10;
                    scale -= 1;
                }
                self.word(3, mantissa as u64);
                self.word(scale, (mantissa >> 64) as u64);
            }
            Value::Double(number) => {
                // 0.0 and -0.0 are one number, and so are all that are none.
                let bits = if *number == 0.0 {
                    0
                } else if number.is_nan() {
                    f64::NAN.to_bits()
                } else {
                    number.to_bits()
                };
                self.word(4, bits);
            }
            Value::Text(text) => self.bytes(5, text.as_bytes()),
            Value::Bytes(bytes) => self.bytes(6, bytes),
            Value::Date(date) => self.word(7, i64::from(date.num_days_from_ce()) as u64),
            Value::Time(time) => {
                let micros =
                    u64::from(time.num_seconds_from_midnight()) * 1_000_000 + u64::from(time.nanosecond() / 1_000);
                self.word(8, micros);
            }
            Value::Timestamp(timestamp) => self.word(9, timestamp.and_utc().timestamp_micros() as u64),
            Value::TimestampTz(instant) => self.word(10, instant.timestamp_micros() as u64),
            Value::Uuid(uuid) => self.bytes(11, uuid.as_bytes()),
            Value::Json(text) => self.json(text),
            Value::Array(_) | Value::Map(_) => {
                self.json(&super::json::write(value).unwrap_or_else(|_| format!("{value:?}")));
            }
            Value::GeoPoint { latitude, longitude } => {
                self.word(13, latitude.to_bits());
                self.word(14, longitude.to_bits());
            }
            Value::Reference(path) => self.bytes(15, path.as_bytes()),
            Value::ServerTimestamp => self.word(16, 0),
        }
    }
}

/// Appends a JSON document without white space, its keys sorted: a map of serde_json has them so, unless another crate of the build
/// asks it to keep their order.
fn canonical_json(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place > 0 { "," } else { "" });
                canonical_json(item, out);
            }
            out.push(']');
        }
        serde_json::Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (place, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if place > 0 { "," } else { "" });
                out.push_str(&serde_json::Value::from(key.as_str()).to_string());
                out.push(':');
                canonical_json(item, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, Value)]) -> Digest {
        let mut row = RowDigest::default();
        for (column, value) in fields {
            row.value(name(column), value);
        }
        row.finish()
    }

    #[test]
    fn the_digest_is_frozen() {
        let fields =
            [("email", Value::Text("ann@example.com".into())), ("age", Value::Integer(41)), ("note", Value::Null)];
        assert_eq!(row(&fields).to_string(), FROZEN);
    }

    const FROZEN: &str = "7d81c63c81abe46073dbb0ce288b11ac";

    #[test]
    fn neither_the_order_of_columns_nor_that_of_rows_matters() {
        let one = row(&[("a", Value::Integer(1)), ("b", Value::Integer(2))]);
        assert_eq!(one, row(&[("b", Value::Integer(2)), ("a", Value::Integer(1))]));
        assert_ne!(one, row(&[("a", Value::Integer(2)), ("b", Value::Integer(1))]));
        let other = row(&[("a", Value::Null)]);
        let (mut there, mut back) = (one, other);
        there.add(other);
        back.add(one);
        assert_eq!(there, back);
    }

    #[test]
    fn equal_numbers_and_documents_have_one_digest() {
        let decimal = |text: &str| row(&[("a", Value::Decimal(text.parse().unwrap()))]);
        assert_eq!(decimal("1.50"), decimal("1.5"));
        assert_ne!(decimal("1.5"), decimal("15"));
        let text = row(&[("a", Value::Json(r#"{ "c": 1.50, "b" : [1, null] }"#.into()))]);
        let list = Value::Array(vec![Value::Integer(1), Value::Null]);
        let tree = Value::Map(vec![("c".into(), Value::Decimal("1.50".parse().unwrap())), ("b".into(), list)]);
        assert_eq!(text, row(&[("a", Value::Json(r#"{"b":[1,null],"c":1.5}"#.into()))]));
        assert_eq!(text, row(&[("a", tree)]));
    }
}
