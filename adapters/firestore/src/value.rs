//! Values there and back: what a row holds as what a document holds.
//!
//! A document has integers, doubles, texts and moments, and nothing for a decimal, a day or a time of day: those become texts
//! that say all their digits. A UUID is its text, a JSON value the maps and arrays that it describes.

use std::collections::HashSet;

use chrono::{DateTime, Timelike};
use fastman_core::value::Value;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};

use crate::path::{Root, check_field, check_id, shortened};
use crate::proto::{Kind, LatLng, Timestamp, Value as Stored};

/// The longest text and the most bytes of one value.
const MAX_VALUE_BYTES: usize = (1 << 20) - 89;
/// The longest path of a field: the names that lead to it, with one more byte for each.
const MAX_PATH_BYTES: usize = 1_500;
/// The deepest that maps and arrays may stand in each other.
const MAX_DEPTH: usize = 20;
/// 0001-01-01 and the end of 9999, in seconds: what Firestore takes as a moment.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Encodes a row's values as a document's, straight into a message, and keeps which fields the server fills in.
///
/// This is most of what writing costs here, so nothing is built first: a message is written behind room for its length.
pub(crate) struct Encoder<'a> {
    root: &'a Root,
    out: Vec<u8>,
    /// The fields that get the time of the commit, by the names that lead to them.
    server_times: Vec<Vec<String>>,
    /// The size of the values so far, as Firestore counts it.
    stored_size: usize,
}

/// Where the value at hand stands: `tags[2].name`.
struct Path<'a> {
    before: Option<&'a Path<'a>>,
    step: Step<'a>,
    /// How many steps there are.
    depth: usize,
    /// The names of it in bytes, each with a separator.
    bytes: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    fn new(before: Option<&'a Path<'a>>, step: Step<'a>) -> Path<'a> {
        let (depth, bytes) = before.map_or((0, 0), |path| (path.depth, path.bytes));
        let own = if let Step::Name(name) = step { name.len() + 1 } else { 0 };
        Path { before, step, depth: depth + 1, bytes: bytes + own }
    }

    /// Its steps from the document on.
    fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = vec![self.step];
        let mut at = self.before;
        while let Some(path) = at {
            steps.push(path.step);
            at = path.before;
        }
        steps.reverse();
        steps
    }

    /// The sentence for what is wrong with the value that stands there.
    fn refuse(&self, why: &str) -> String {
        let mut shown = String::new();
        for (place, step) in self.steps().into_iter().enumerate() {
            match step {
                Step::Name(name) => {
                    shown += if place == 0 { "" } else { "." };
                    shown.extend(name.chars().take(60));
                }
                Step::Index(index) => shown += &format!("[{index}]"),
            }
        }
        format!("field {shown}: {why}")
    }

    fn check_depth(&self) -> Result<(), String> {
        // The field itself is no level.
        if self.depth > MAX_DEPTH {
            return Err(self.refuse(&format!("maps and arrays stand more than {MAX_DEPTH} deep in each other")));
        }
        Ok(())
    }
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(root: &'a Root) -> Encoder<'a> {
        Encoder { root, out: Vec::new(), server_times: Vec::new(), stored_size: 0 }
    }

    /// Begins a new message in place of the last.
    pub(crate) fn begin(&mut self) {
        self.out.clear();
        self.server_times.clear();
        self.stored_size = 0;
    }

    /// The database.
    pub(crate) fn root(&self) -> &'a Root {
        self.root
    }

    /// The message so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// The size of the fields so far, as Firestore counts it.
    pub(crate) fn stored_size(&self) -> usize {
        self.stored_size
    }

    /// The fields that get the time of the commit, by the names that lead to them.
    pub(crate) fn server_times(&self) -> &[Vec<String>] {
        &self.server_times
    }

    /// A field of the message at hand that is a message of its own.
    pub(crate) fn message(
        &mut self,
        tag: u32,
        content: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        encode_key(tag, WireType::LengthDelimited, &mut self.out);
        let place = self.out.len();
        self.out.push(0);
        content(self)?;
        let length = self.out.len() - place - 1;
        match u8::try_from(length) {
            Ok(short @ 0..=127) => self.out[place] = short,
            _ => {
                let mut bytes = [0_u8; 10];
                let mut left = &mut bytes[..];
                encode_varint(length as u64, &mut left);
                let used = 10 - left.len();
                self.out.splice(place..=place, bytes[..used].iter().copied());
            }
        }
        Ok(())
    }

    /// A field of the message at hand that is a text, in parts.
    pub(crate) fn text(&mut self, tag: u32, parts: &[&str]) {
        encode_key(tag, WireType::LengthDelimited, &mut self.out);
        encode_varint(parts.iter().map(|part| part.len()).sum::<usize>() as u64, &mut self.out);
        parts.iter().for_each(|part| self.out.extend_from_slice(part.as_bytes()));
    }

    /// A field of the message at hand that is a message of another's making.
    pub(crate) fn encoded(&mut self, tag: u32, message: &impl Message) {
        prost::encoding::message::encode(tag, message, &mut self.out);
    }

    /// A field of the document at hand, unless the server fills it in. An error is a sentence with the field's path in it.
    pub(crate) fn field(&mut self, name: &str, value: &Value) -> Result<(), String> {
        self.entry(2, name, &Path::new(None, Step::Name(name)), value)
    }

    /// A field of the document or of a map, whose fields have this tag.
    fn entry(&mut self, tag: u32, name: &str, path: &Path<'_>, value: &Value) -> Result<(), String> {
        check_field(name).map_err(|why| path.refuse(&why))?;
        if path.bytes > MAX_PATH_BYTES {
            let bytes = path.bytes;
            return Err(path.refuse(&format!(
                "the names that lead to it are {bytes} bytes, each with a separator, and {MAX_PATH_BYTES} is the most"
            )));
        }
        self.stored_size += name.len() + 1;
        if matches!(value, Value::ServerTimestamp) {
            self.stored_size += 8;
            let name_of = |step: &Step<'_>| match step {
                Step::Name(name) => Some((*name).to_owned()),
                Step::Index(_) => None,
            };
            let names: Option<Vec<String>> = path.steps().iter().map(name_of).collect();
            self.server_times.push(names.ok_or_else(|| path.refuse(TIME_IN_ARRAY))?);
            return Ok(());
        }
        self.message(tag, |entry| {
            entry.text(1, &[name]);
            entry.message(2, |stored| stored.value(path, value))
        })
    }

    /// What is in the message of a value.
    fn value(&mut self, path: &Path<'_>, value: &Value) -> Result<(), String> {
        match value {
            Value::Null => self.number(11, 0, 1),
            Value::Boolean(value) => self.number(1, u64::from(*value), 1),
            Value::Integer(value) => self.number(2, value.cast_unsigned(), 8),
            Value::Double(value) => {
                prost::encoding::double::encode(3, value, &mut self.out);
                self.stored_size += 8;
            }
            Value::Decimal(value) => self.stored_text(path, &value.to_string())?,
            Value::Text(value) => self.stored_text(path, value)?,
            Value::Bytes(value) => {
                check_length(path, value.len())?;
                encode_key(18, WireType::LengthDelimited, &mut self.out);
                encode_varint(value.len() as u64, &mut self.out);
                self.out.extend_from_slice(value);
                self.stored_size += value.len();
            }
            Value::Date(value) => self.stored_text(path, &value.to_string())?,
            Value::Time(value) => self.stored_text(path, &value.to_string())?,
            Value::Timestamp(value) => self.moment(path, value.and_utc())?,
            Value::TimestampTz(value) => self.moment(path, *value)?,
            Value::Uuid(value) => self.stored_text(path, value.hyphenated().encode_lower(&mut [0; 36]))?,
            Value::Json(text) => {
                let parsed =
                    serde_json::from_str(text).map_err(|error| path.refuse(&format!("it is no JSON: {error}")))?;
                let value = of_json(path, parsed)?;
                return self.value(path, &value);
            }
            Value::GeoPoint { latitude, longitude } => {
                if !(-90.0..=90.0).contains(latitude) || !(-180.0..=180.0).contains(longitude) {
                    return Err(path.refuse(&format!(
                        "there is no place at latitude {latitude}, longitude {longitude}: -90 to 90, -180 to 180"
                    )));
                }
                self.encoded(8, &LatLng { latitude: *latitude, longitude: *longitude });
                self.stored_size += 16;
            }
            Value::Reference(reference) => {
                let name = self.reference(path, reference)?;
                // The database's own name is not counted.
                self.stored_size += name.splitn(6, '/').last().unwrap_or_default().len() + 17;
                self.text(5, &[&name]);
            }
            Value::Array(values) => {
                path.check_depth()?;
                self.message(9, |array| array.values(path, values))?;
            }
            Value::Map(entries) => {
                path.check_depth()?;
                self.message(6, |map| map.entries(path, entries))?;
            }
            Value::ServerTimestamp => return Err(path.refuse(TIME_IN_ARRAY)),
            other => return Err(path.refuse(&format!("a document can't hold {other:?}"))),
        }
        Ok(())
    }

    fn number(&mut self, tag: u32, number: u64, stored_size: usize) {
        encode_key(tag, WireType::Varint, &mut self.out);
        encode_varint(number, &mut self.out);
        self.stored_size += stored_size;
    }

    fn stored_text(&mut self, path: &Path<'_>, text: &str) -> Result<(), String> {
        check_length(path, text.len())?;
        self.text(17, &[text]);
        self.stored_size += text.len() + 1;
        Ok(())
    }

    fn values(&mut self, path: &Path<'_>, values: &[Value]) -> Result<(), String> {
        for (index, value) in values.iter().enumerate() {
            let path = Path::new(Some(path), Step::Index(index));
            if matches!(value, Value::Array(_))
                || matches!(value, Value::Json(text) if text.trim_start().starts_with('['))
            {
                return Err(path.refuse("Firestore has no arrays directly inside arrays; put the inner one into a map"));
            }
            self.message(1, |stored| stored.value(&path, value))?;
        }
        Ok(())
    }

    fn entries(&mut self, path: &Path<'_>, entries: &[(String, Value)]) -> Result<(), String> {
        let mut names = HashSet::with_capacity(entries.len());
        for (name, value) in entries {
            let path = Path::new(Some(path), Step::Name(name));
            if !names.insert(name.as_str()) {
                return Err(path.refuse("the field is there twice"));
            }
            self.entry(1, name, &path, value)?;
        }
        Ok(())
    }

    fn moment(&mut self, path: &Path<'_>, moment: DateTime<chrono::Utc>) -> Result<(), String> {
        let seconds = moment.timestamp();
        if !SECONDS.contains(&seconds) {
            return Err(path.refuse(&format!("{moment} is not between the years 1 and 9999")));
        }
        // Firestore keeps microseconds; what it would cut off is cut here, so that what is written is what is read. A leap second
        // is the last microsecond of its second.
        let micros = (moment.nanosecond() / 1_000).min(999_999);
        self.encoded(10, &Timestamp { seconds, nanos: i32::try_from(micros * 1_000).unwrap_or_default() });
        self.stored_size += 8;
        Ok(())
    }

    fn reference(&self, path: &Path<'_>, reference: &str) -> Result<String, String> {
        let relative = if reference.starts_with("projects/") { self.root.path(reference) } else { Some(reference) };
        let Some(relative) = relative else {
            return Err(path.refuse(&format!("the reference {} points into another database", shortened(reference))));
        };
        let parts: Vec<&str> = relative.split('/').collect();
        for part in &parts {
            check_id(part).map_err(|why| path.refuse(&format!("the reference {}: {why}", shortened(reference))))?;
        }
        if !parts.len().is_multiple_of(2) {
            return Err(path.refuse(&format!(
                "the reference {} names a collection; a document is collection/document: users/alice",
                shortened(reference)
            )));
        }
        Ok(self.root.name(relative))
    }
}

const TIME_IN_ARRAY: &str = "the server's time can't stand inside an array";

fn check_length(path: &Path<'_>, length: usize) -> Result<(), String> {
    if length > MAX_VALUE_BYTES {
        return Err(path.refuse(&format!("it is {length} bytes long, and {MAX_VALUE_BYTES} is the most of one value")));
    }
    Ok(())
}

/// The value that a parsed JSON text stands for.
fn of_json(path: &Path<'_>, parsed: serde_json::Value) -> Result<Value, String> {
    Ok(match parsed {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Boolean(value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::Integer(number),
            (None, Some(double)) if !number.is_u64() => Value::Double(double),
            _ => return Err(path.refuse(&format!("the number {number} is past 64 bits; write it as a text"))),
        },
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(values) => {
            Value::Array(values.into_iter().map(|value| of_json(path, value)).collect::<Result<_, _>>()?)
        }
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(name, value)| Ok((name, of_json(path, value)?)))
                .collect::<Result<_, String>>()?,
        ),
    })
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
