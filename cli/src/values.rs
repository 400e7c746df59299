//! Values as JSON, for people and scripts that read them.

use fastman_core::value::Value;
use serde_json::{Value as Json, json};

/// The value as JSON has it: exact decimals and whatever JSON has no form for are texts, bytes in hexadecimal digits.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(truth) => json!(truth),
        Value::Integer(number) => json!(number),
        Value::Double(number) if number.is_finite() => json!(number),
        Value::Double(number) => json!(number.to_string()),
        Value::Decimal(number) => json!(number.to_string()),
        Value::Text(text) | Value::Reference(text) => json!(text),
        Value::Bytes(bytes) => json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        Value::Date(date) => json!(date.to_string()),
        Value::Time(time) => json!(time.to_string()),
        Value::Timestamp(time) => json!(time.format("%Y-%m-%dT%H:%M:%S%.f").to_string()),
        Value::TimestampTz(time) => json!(time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()),
        Value::Uuid(uuid) => json!(uuid.to_string()),
        Value::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Value::Array(items) => items.iter().map(json).collect(),
        Value::Map(entries) => Json::Object(entries.iter().map(|(key, value)| (key.clone(), json(value))).collect()),
        Value::GeoPoint { latitude, longitude } => json!({ "latitude": latitude, "longitude": longitude }),
        Value::ServerTimestamp => json!("the server's time"),
        other => json!(format!("{other:?}")),
    }
}
