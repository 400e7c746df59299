//! Values of documents as JSON, and back.

use super::coerce::Misfit;
use crate::value::{Decimal, Value};

/// The value as a JSON document, without white space; what JSON has no form for becomes a text (dates, UUIDs) or is refused.
pub(super) fn write(value: &Value) -> Result<String, Misfit> {
    let mut out = String::new();
    append(value, &mut out)?;
    Ok(out)
}

fn append(value: &Value, out: &mut String) -> Result<(), Misfit> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Integer(number) => out.push_str(&number.to_string()),
        Value::Decimal(number) => out.push_str(&number.to_string()),
        Value::Double(number) if number.is_finite() => out.push_str(&serde_json::Value::from(*number).to_string()),
        Value::Double(number) => return Err(Misfit::new(format!("JSON has no number {number}"))),
        Value::Text(text) => text_of(text, out),
        Value::Date(date) => text_of(&date.to_string(), out),
        Value::Time(time) => text_of(&time.to_string(), out),
        Value::Timestamp(local) => text_of(&local.format("%Y-%m-%dT%H:%M:%S%.f").to_string(), out),
        Value::TimestampTz(instant) => text_of(&instant.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string(), out),
        Value::Uuid(uuid) => text_of(&uuid.to_string(), out),
        Value::Json(document) => out.push_str(document),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                append(item, out)?;
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (place, (key, value)) in entries.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                text_of(key, out);
                out.push(':');
                append(value, out)?;
            }
            out.push('}');
        }
        Value::Bytes(_) => return Err(Misfit::new("JSON has no bytes").with_help("write them as a text: \"cafe\"")),
        Value::GeoPoint { .. } | Value::Reference(_) | Value::ServerTimestamp => {
            return Err(Misfit::new("JSON has no form for it").with_help("this is for document stores alone"));
        }
    }
    Ok(())
}

fn text_of(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A JSON document as a document store holds it: maps and lists of values.
pub(super) fn read(text: &str) -> Result<Value, Misfit> {
    let document: serde_json::Value =
        serde_json::from_str(text).map_err(|error| Misfit::new(format!("it is not JSON: {error}")))?;
    Ok(value_of(document))
}

fn value_of(document: serde_json::Value) -> Value {
    match document {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Boolean(truth),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(items) => Value::Array(items.into_iter().map(value_of).collect()),
        serde_json::Value::Object(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (key, value_of(value))).collect())
        }
    }
}

/// A number of a JSON document or of TOML as the nearest value: exact where it has at most 38 digits.
pub(super) fn number(written: &str) -> Value {
    if let Ok(number) = written.parse::<i64>() {
        return Value::Integer(number);
    }
    match written.parse::<Decimal>() {
        Ok(number) => Value::Decimal(number),
        Err(_) => Value::Double(written.parse().unwrap_or(f64::NAN)),
    }
}

/// Whether two documents say the same: numbers are compared by value, as an engine may keep `1e3` as `1000`.
pub(super) fn same(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || same_number(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let there = |(key, one)| other.get(key).is_some_and(|other| same(one, other));
            one.len() == other.len() && one.iter().all(there)
        }
        _ => one == other,
    }
}

fn same_number(one: &serde_json::Number, other: &serde_json::Number) -> bool {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one == other,
        // Two that are whole are compared as such: beyond 2^53 several of them are one double.
        (Some(whole), None) => is_whole(other, whole),
        (None, Some(whole)) => is_whole(one, whole),
        (None, None) => one.as_f64() == other.as_f64(),
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the fraction is zero, and what is out of range is no number of 64 bits"
)]
fn is_whole(number: &serde_json::Number, whole: i128) -> bool {
    number.as_f64().is_some_and(|number| number.fract() == 0.0 && number as i128 == whole)
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn documents_are_the_same_where_their_numbers_have_the_same_value() {
        let is_same =
            |one: &str, other: &str| same(&serde_json::from_str(one).unwrap(), &serde_json::from_str(other).unwrap());
        assert!(is_same(r#"{"a": [1e3, 1.50], "b": -0.0}"#, r#"{"b": 0, "a": [1000, 1.5]}"#));
        assert!(is_same("18446744073709551615", "18446744073709551615"));
        assert!(!is_same("9007199254740993", "9007199254740992.0"));
        assert!(!is_same("1", "1.5"));
        assert!(!is_same("[1]", "[1, 1]"));
        assert!(!is_same(r#"{"a": 1}"#, r#"{"b": 1}"#));
        assert!(!is_same("1", "\"1\""));
    }
}
