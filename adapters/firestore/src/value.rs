//! Values there and back: what a row holds as what a document holds.
//!
//! A document has integers, doubles, texts and moments, and nothing for a decimal, a day or a time of day: those become texts
//! that say all their digits. A UUID is its text, a JSON value the maps and arrays that it describes.

use std::collections::BTreeMap;

use chrono::{DateTime, Timelike};
use fastman_core::value::Value;

use crate::path::{Root, check_field, check_id, shortened};
use crate::proto::{ArrayValue, Kind, LatLng, MapValue, Timestamp, Value as Stored};

/// The longest text and the most bytes of one value.
const MAX_VALUE_BYTES: usize = (1 << 20) - 89;
/// The longest path of a field: the names that lead to it, with one more byte for each.
const MAX_PATH_BYTES: usize = 1_500;
/// The deepest that maps and arrays may stand in each other.
const MAX_DEPTH: usize = 20;
/// 0001-01-01 and the end of 9999, in seconds: what Firestore takes as a moment.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Turns a row's values into a document's, and keeps which fields the server fills in.
pub(crate) struct Encoder<'a> {
    root: &'a Root,
    /// Where the value at hand stands: `tags[2].name`.
    path: Vec<Step>,
    /// The fields that get the time of the commit, by the names that lead to them.
    server_times: Vec<Vec<String>>,
    /// The size of the values so far, as Firestore counts it.
    stored_size: usize,
}

#[derive(Clone, Debug)]
enum Step {
    Name(String),
    Index(usize),
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(root: &'a Root) -> Encoder<'a> {
        Encoder { root, path: Vec::new(), server_times: Vec::new(), stored_size: 0 }
    }

    /// The size of the fields so far, as Firestore counts it.
    pub(crate) fn stored_size(&self) -> usize {
        self.stored_size
    }

    /// The fields that get the time of the commit, by the names that lead to them.
    pub(crate) fn into_server_times(self) -> Vec<Vec<String>> {
        self.server_times
    }

    /// The value of a field; `None` where the server fills it in. An error is a sentence with the field's path in it.
    pub(crate) fn field(&mut self, name: &str, value: &Value) -> Result<Option<Stored>, String> {
        self.path.push(Step::Name(name.to_owned()));
        let stored = self.named(name, value)?;
        self.path.pop();
        Ok(stored)
    }

    /// A field of the document or of a map.
    fn named(&mut self, name: &str, value: &Value) -> Result<Option<Stored>, String> {
        check_field(name).map_err(|why| self.refuse(&why))?;
        let path_bytes: usize =
            (self.path.iter()).map(|step| if let Step::Name(name) = step { name.len() + 1 } else { 0 }).sum();
        if path_bytes > MAX_PATH_BYTES {
            return Err(self.refuse(&format!("the names that lead to it are {path_bytes} bytes, each with a separator, and {MAX_PATH_BYTES} is the most")));
        }
        self.stored_size += name.len() + 1;
        if matches!(value, Value::ServerTimestamp) {
            self.stored_size += 8;
            let mut names = Vec::new();
            for step in &self.path {
                match step {
                    Step::Name(name) => names.push(name.clone()),
                    Step::Index(_) => return Err(self.refuse("the server's time can't stand inside an array")),
                }
            }
            self.server_times.push(names);
            return Ok(None);
        }
        self.value(value).map(Some)
    }

    fn value(&mut self, value: &Value) -> Result<Stored, String> {
        if let Value::Text(_) | Value::Bytes(_) = value
            && let length = length(value)
            && length > MAX_VALUE_BYTES
        {
            return Err(
                self.refuse(&format!("it is {length} bytes long, and {MAX_VALUE_BYTES} is the most of one value"))
            );
        }
        let kind = match value {
            Value::Null => Kind::Null(0),
            Value::Boolean(value) => Kind::Boolean(*value),
            Value::Integer(value) => Kind::Integer(*value),
            Value::Double(value) => Kind::Double(*value),
            Value::Decimal(value) => Kind::Text(value.to_string()),
            Value::Text(value) => Kind::Text(value.clone()),
            Value::Bytes(value) => Kind::Bytes(value.clone()),
            Value::Date(value) => Kind::Text(value.to_string()),
            Value::Time(value) => Kind::Text(value.to_string()),
            Value::Timestamp(value) => self.moment(value.and_utc())?,
            Value::TimestampTz(value) => self.moment(*value)?,
            Value::Uuid(value) => Kind::Text(value.to_string()),
            Value::Json(text) => {
                let parsed =
                    serde_json::from_str(text).map_err(|error| self.refuse(&format!("it is no JSON: {error}")))?;
                let value = self.json(parsed)?;
                return self.value(&value);
            }
            Value::GeoPoint { latitude, longitude } => {
                if !(-90.0..=90.0).contains(latitude) || !(-180.0..=180.0).contains(longitude) {
                    return Err(self.refuse(&format!(
                        "there is no place at latitude {latitude}, longitude {longitude}: -90 to 90, -180 to 180"
                    )));
                }
                Kind::GeoPoint(LatLng { latitude: *latitude, longitude: *longitude })
            }
            Value::Reference(path) => Kind::Reference(self.reference(path)?),
            Value::Array(values) => Kind::Array(self.array(values)?),
            Value::Map(entries) => Kind::Map(self.map(entries)?),
            Value::ServerTimestamp => return Err(self.refuse("the server's time can't stand inside an array")),
            other => return Err(self.refuse(&format!("a document can't hold {other:?}"))),
        };
        self.stored_size += scalar_size(&kind);
        Ok(Stored { kind: Some(kind) })
    }

    fn array(&mut self, values: &[Value]) -> Result<ArrayValue, String> {
        self.check_depth()?;
        let mut stored = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            self.path.push(Step::Index(index));
            if matches!(value, Value::Array(_))
                || matches!(value, Value::Json(text) if text.trim_start().starts_with('['))
            {
                return Err(self.refuse("Firestore has no arrays directly inside arrays; put the inner one into a map"));
            }
            stored.push(self.value(value)?);
            self.path.pop();
        }
        Ok(ArrayValue { values: stored })
    }

    fn map(&mut self, entries: &[(String, Value)]) -> Result<MapValue, String> {
        self.check_depth()?;
        let mut fields = BTreeMap::new();
        for (name, value) in entries {
            self.path.push(Step::Name(name.clone()));
            let stored = self.named(name, value)?;
            if let Some(stored) = stored
                && fields.insert(name.clone(), stored).is_some()
            {
                return Err(self.refuse("the field is there twice"));
            }
            self.path.pop();
        }
        Ok(MapValue { fields })
    }

    fn check_depth(&self) -> Result<(), String> {
        // The field itself is no level.
        if self.path.len() > MAX_DEPTH {
            return Err(self.refuse(&format!("maps and arrays stand more than {MAX_DEPTH} deep in each other")));
        }
        Ok(())
    }

    fn moment(&self, moment: DateTime<chrono::Utc>) -> Result<Kind, String> {
        let seconds = moment.timestamp();
        if !SECONDS.contains(&seconds) {
            return Err(self.refuse(&format!("{moment} is not between the years 1 and 9999")));
        }
        // Firestore keeps microseconds; what it would cut off is cut here, so that what is written is what is read. A leap second
        // is the last microsecond of its second.
        let micros = (moment.nanosecond() / 1_000).min(999_999);
        Ok(Kind::Timestamp(Timestamp { seconds, nanos: i32::try_from(micros * 1_000).unwrap_or_default() }))
    }

    fn reference(&self, path: &str) -> Result<String, String> {
        let relative = if path.starts_with("projects/") { self.root.path(path) } else { Some(path) };
        let Some(relative) = relative else {
            return Err(self.refuse(&format!("the reference {} points into another database", shortened(path))));
        };
        let parts: Vec<&str> = relative.split('/').collect();
        for part in &parts {
            check_id(part).map_err(|why| self.refuse(&format!("the reference {}: {why}", shortened(path))))?;
        }
        if !parts.len().is_multiple_of(2) {
            return Err(self.refuse(&format!(
                "the reference {} names a collection; a document is collection/document: users/alice",
                shortened(path)
            )));
        }
        Ok(self.root.name(relative))
    }

    /// The value that a parsed JSON text stands for.
    fn json(&self, parsed: serde_json::Value) -> Result<Value, String> {
        Ok(match parsed {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Boolean(value),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Value::Integer(number),
                (None, Some(double)) if !number.is_u64() => Value::Double(double),
                _ => return Err(self.refuse(&format!("the number {number} is past 64 bits; write it as a text"))),
            },
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(values) => {
                Value::Array(values.into_iter().map(|value| self.json(value)).collect::<Result<_, _>>()?)
            }
            serde_json::Value::Object(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(name, value)| Ok((name, self.json(value)?)))
                    .collect::<Result<_, String>>()?,
            ),
        })
    }

    /// The sentence for what is wrong with the value at hand.
    fn refuse(&self, why: &str) -> String {
        let mut shown = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) => {
                    let separator = if shown.is_empty() { "" } else { "." };
                    shown += separator;
                    shown.extend(name.chars().take(60));
                }
                Step::Index(index) => shown += &format!("[{index}]"),
            }
        }
        format!("field {shown}: {why}")
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    }
}

/// What a value takes of a document's 1 MiB, without what it contains.
fn scalar_size(kind: &Kind) -> usize {
    match kind {
        Kind::Null(_) | Kind::Boolean(_) => 1,
        Kind::Integer(_) | Kind::Double(_) | Kind::Timestamp(_) => 8,
        Kind::Text(text) => text.len() + 1,
        Kind::Bytes(bytes) => bytes.len(),
        // The database's own name is not counted.
        Kind::Reference(name) => name.splitn(6, '/').last().unwrap_or_default().len() + 17,
        Kind::GeoPoint(_) => 16,
        Kind::Array(_) | Kind::Map(_) => 0,
    }
}

/// The value that a document's value stands for. A moment comes back as one with a zone, a text as a text, whatever went in.
pub(crate) fn decode(stored: Stored, root: &Root) -> Value {
    match stored.kind {
        None | Some(Kind::Null(_)) => Value::Null,
        Some(Kind::Boolean(value)) => Value::Boolean(value),
        Some(Kind::Integer(value)) => Value::Integer(value),
        Some(Kind::Double(value)) => Value::Double(value),
        Some(Kind::Timestamp(moment)) => {
            let nanos = u32::try_from(moment.nanos).unwrap_or_default();
            DateTime::from_timestamp(moment.seconds, nanos).map_or(Value::Null, Value::TimestampTz)
        }
        Some(Kind::Text(value)) => Value::Text(value),
        Some(Kind::Bytes(value)) => Value::Bytes(value),
        Some(Kind::Reference(name)) => Value::Reference(root.path(&name).unwrap_or(&name).to_owned()),
        Some(Kind::GeoPoint(point)) => Value::GeoPoint { latitude: point.latitude, longitude: point.longitude },
        Some(Kind::Array(array)) => Value::Array(array.values.into_iter().map(|value| decode(value, root)).collect()),
        Some(Kind::Map(map)) => {
            Value::Map(map.fields.into_iter().map(|(name, value)| (name, decode(value, root))).collect())
        }
    }
}

#[cfg(test)]
mod tests;
