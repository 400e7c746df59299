//! Constants.

use chrono::{NaiveDateTime, NaiveTime, Timelike};

use crate::schema::{ColumnType, TypeFamily};
use crate::value::Value;

/// The constant. `expected` is the type that its place gives it; without one, or another one, it says its own.
pub(super) fn written(value: &Value, column_type: Option<&ColumnType>, expected: Option<&ColumnType>) -> String {
    let typed = |keyword: &str, form: String| {
        if column_type.is_some() && column_type == expected { form } else { format!("{keyword} {form}") }
    };
    match value {
        Value::Null => match column_type {
            Some(column_type) => format!("CAST(NULL AS {column_type})"),
            None => "NULL".to_owned(),
        },
        Value::Boolean(true) => "TRUE".to_owned(),
        Value::Boolean(false) => "FALSE".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Double(number) => double(*number, column_type, expected),
        Value::Text(text) => self::text(text),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("X'{digits}'")
        }
        Value::Date(date) => typed("DATE", format!("'{}'", date.format("%Y-%m-%d"))),
        Value::Time(time) => typed("TIME", format!("'{}'", clock(*time))),
        Value::Timestamp(timestamp) => typed("TIMESTAMP", format!("'{}'", moment(*timestamp))),
        Value::TimestampTz(instant) => typed("TIMESTAMP WITH TIME ZONE", format!("'{}Z'", moment(instant.naive_utc()))),
        Value::Uuid(uuid) => typed("UUID", format!("'{uuid}'")),
        Value::Json(json) => typed("JSON", text(json)),
        // Values of documents; no portable expression holds one.
        Value::Array(_) | Value::Map(_) | Value::GeoPoint { .. } | Value::Reference(_) | Value::ServerTimestamp => {
            "NULL".to_owned()
        }
    }
}

/// `'it''s'`.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A float with the fewest digits that give it back. Only an exponent makes a number a float where its place does not.
fn double(number: f64, column_type: Option<&ColumnType>, expected: Option<&ColumnType>) -> String {
    let plain = expected.is_some_and(|expected| expected.family() == TypeFamily::Float);
    if column_type == Some(&ColumnType::Real) {
        // A REAL holds a number that 32 bits hold, so nothing is lost.
        #[allow(clippy::cast_possible_truncation)]
        let number = number as f32;
        return if plain { format!("{number:?}") } else { format!("{number:e}") };
    }
    if plain { format!("{number:?}") } else { format!("{number:e}") }
}

fn clock(time: NaiveTime) -> String {
    if time.nanosecond() == 0 { time.format("%H:%M:%S").to_string() } else { time.format("%H:%M:%S%.6f").to_string() }
}

fn moment(timestamp: NaiveDateTime) -> String {
    format!("{} {}", timestamp.date().format("%Y-%m-%d"), clock(timestamp.time()))
}
