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
