//! Every portable type with the values at its edges, and what a value read back is in portable form.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use fastman_core::dialect::EmptyString;
use fastman_core::schema::{ColumnType, TypeFamily};
use fastman_core::value::{Decimal, Value};

/// A type as a migration writes it, with values that it must keep.
pub(crate) struct Sample {
    /// `DECIMAL(10, 2)`.
    pub(crate) sql: &'static str,
    /// The least and the greatest, the shortest and the longest, and what is easily mangled.
    pub(crate) values: Vec<Value>,
}

/// Every portable type.
pub(crate) fn samples(empty: EmptyString) -> Vec<Sample> {
    let mut samples = vec![
        Sample { sql: "SMALLINT", values: integers(&[i16::MIN.into(), -1, 0, 1, i16::MAX.into()]) },
        Sample { sql: "INTEGER", values: integers(&[i32::MIN.into(), -1, 0, 1, i32::MAX.into()]) },
        Sample { sql: "BIGINT", values: integers(&[i64::MIN, -1, 0, 1, (1 << 53) + 1, i64::MAX]) },
        Sample { sql: "DECIMAL(1, 1)", values: decimals(&["-0.9", "0", "0.9"]) },
        Sample { sql: "DECIMAL(10, 2)", values: decimals(&["-99999999.99", "0", "0.01", "1.10", "99999999.99"]) },
        Sample { sql: "DECIMAL(15, 0)", values: decimals(&["-999999999999999", "0", "999999999999999"]) },
        Sample { sql: "DECIMAL(15, 15)", values: decimals(&["-0.999999999999999", "0.000000000000001"]) },
        Sample {
            sql: "DECIMAL(20, 4)",
            values: decimals(&["-9999999999999999.9999", "0.0001", "9999999999999999.9999"]),
        },
        Sample {
            sql: "DECIMAL(38, 0)",
            values: decimals(&["-99999999999999999999999999999999999999", "99999999999999999999999999999999999999"]),
        },
        Sample {
            sql: "DECIMAL(38, 10)",
            values: decimals(&["-9999999999999999999999999999.9999999999", "0.0000000001", "12345678901234567890.5"]),
        },
        Sample {
            sql: "REAL",
            values: doubles(&[f32::MIN.into(), -1.5, 0.0, f32::MIN_POSITIVE.into(), f32::MAX.into()]),
        },
        Sample { sql: "DOUBLE PRECISION", values: doubles(&[f64::MIN, -0.1, 0.0, 1e-300, 0.1 + 0.2, f64::MAX]) },
        Sample { sql: "BOOLEAN", values: vec![Value::Boolean(false), Value::Boolean(true)] },
        Sample { sql: "CHAR(1)", values: texts(&["a", "ä", "🦀", "'"]) },
        Sample { sql: "CHAR(255)", values: vec![Value::Text("é".repeat(255))] },
        Sample { sql: "VARCHAR(1)", values: texts(&["a", "🦀", "\\", "%"]) },
        Sample { sql: "VARCHAR(200)", values: awkward_texts(200) },
        Sample { sql: "VARCHAR(768)", values: vec![Value::Text("🦀".repeat(768))] },
        Sample {
            sql: "TEXT", values: [awkward_texts(1000), vec![Value::Text("long ä🦀 ".repeat(20_000))]].concat()
        },
        Sample {
            sql: "DATE",
            values: [(1, 1, 1), (1582, 10, 10), (1970, 1, 1), (2000, 2, 29), (9999, 12, 31)].map(date).into(),
        },
        Sample {
            sql: "TIME",
            values: [(0, 0, 0, 0), (0, 0, 0, 1), (12, 30, 0, 0), (23, 59, 59, 999_999)].map(time).into(),
        },
        Sample { sql: "TIMESTAMP", values: timestamps().into_iter().map(Value::Timestamp).collect() },
        Sample {
            sql: "TIMESTAMP WITH TIME ZONE",
            values: timestamps().into_iter().map(|timestamp| Value::TimestampTz(timestamp.and_utc())).collect(),
        },
        Sample { sql: "BLOB", values: vec![Value::Bytes((0..=255).collect()), Value::Bytes(vec![0; 100_000])] },
        Sample { sql: "VARBINARY(16)", values: vec![Value::Bytes(vec![0]), Value::Bytes(vec![255; 16])] },
        Sample {
            sql: "UUID",
            values: vec![
                Value::Uuid(uuid::Uuid::nil()),
                Value::Uuid(uuid::Uuid::from_u128(0x0190_5f7b_7c00_7abc_8def_0123_4567_89ab)),
                Value::Uuid(uuid::Uuid::max()),
            ],
        },
        Sample {
            sql: "JSON",
            values: [
                "{}",
                "[]",
                "null",
                "1.5",
                "\"it's \\\"quoted\\\" \\\\ ä🦀\"",
                r#"{"a": [1, 2.5, null, true], "b": {"c": ""}}"#,
            ]
            .map(|json| Value::Json(json.to_owned()))
            .into(),
        },
    ];
    if empty == EmptyString::Kept {
        for sample in &mut samples {
            match sample.sql {
                "VARCHAR(1)" | "VARCHAR(200)" | "TEXT" => sample.values.push(Value::Text(String::new())),
                "BLOB" | "VARBINARY(16)" => sample.values.push(Value::Bytes(Vec::new())),
                _ => {}
            }
        }
    }
    samples
}

fn integers(numbers: &[i64]) -> Vec<Value> {
    numbers.iter().copied().map(Value::Integer).collect()
}

fn decimals(numbers: &[&str]) -> Vec<Value> {
    numbers.iter().map(|text| Value::Decimal(text.parse().unwrap())).collect()
}

fn doubles(numbers: &[f64]) -> Vec<Value> {
    numbers.iter().copied().map(Value::Double).collect()
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| Value::Text((*text).to_owned())).collect()
}

/// Texts that bad quoting, a narrow charset, trimming or a wrong count of characters would mangle.
fn awkward_texts(length: usize) -> Vec<Value> {
    let mut values = texts(&[
        "it's",
        "''",
        "\"double\" `back` [square] $$dollar$$",
        "back\\slash \\' \\n \\",
        "line\nbreak\r\n\ttab",
        " spaces around ",
        "NULL",
        "0",
        "1e5",
        "00123",
        "100% _under_",
        "-- no comment /* none */ ; no end",
        "ä ß ñ 漢字 Ελληνικά עברית 👩‍👩‍👧 e\u{301}",
        "? ?1 :name @name $1 #{x}",
        "2024-01-01 00:00:00",
    ]);
    values.push(Value::Text("x".repeat(length)));
    values.push(Value::Text("🦀".repeat(length)));
    values
}

fn date((year, month, day): (i32, u32, u32)) -> Value {
    Value::Date(NaiveDate::from_ymd_opt(year, month, day).unwrap())
}

fn time((hour, minute, second, micro): (u32, u32, u32, u32)) -> Value {
    Value::Time(NaiveTime::from_hms_micro_opt(hour, minute, second, micro).unwrap())
}

fn timestamps() -> Vec<NaiveDateTime> {
    let at = |year, month, day, hour, minute, second, micro| {
        NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_micro_opt(hour, minute, second, micro).unwrap()
    };
    vec![
        at(1, 1, 1, 0, 0, 0, 0),
        at(1969, 12, 31, 23, 59, 59, 999_999),
        at(1970, 1, 1, 0, 0, 0, 0),
        at(2024, 2, 29, 12, 34, 56, 100_000),
        at(2024, 3, 31, 2, 30, 0, 0),
        at(2038, 1, 19, 3, 14, 8, 1),
        at(9999, 12, 31, 23, 59, 59, 999_999),
    ]
}

/// A value that was read, in the portable form of its column: engines without a type of their own report the nearest.
///
/// # Panics
/// If it is nothing that the type could be stored as.
pub(crate) fn portable(value: Value, column_type: &ColumnType) -> Value {
    let text = match &value {
        Value::Null => return Value::Null,
        Value::Text(text) | Value::Json(text) => Some(text.as_str()),
        _ => None,
    };
    let bad = || -> ! { panic!("{value:?} was read from a column {column_type}") };
    match (column_type.family(), &value, text) {
        (TypeFamily::Boolean, Value::Integer(number @ (0 | 1)), _) => Value::Boolean(*number == 1),
        (TypeFamily::Integer, Value::Decimal(number), _) => Value::Integer(
            number.rescale(0).and_then(|number| i64::try_from(number.mantissa()).ok()).unwrap_or_else(|| bad()),
        ),
        (TypeFamily::Decimal, Value::Integer(number), _) => Value::Decimal(Decimal::new((*number).into(), 0).unwrap()),
        (TypeFamily::Decimal, Value::Double(number), _) => {
            Value::Decimal(number.to_string().parse().unwrap_or_else(|_| bad()))
        }
        (TypeFamily::Decimal, _, Some(text)) => Value::Decimal(text.parse().unwrap_or_else(|_| bad())),
        #[allow(clippy::cast_precision_loss)]
        (TypeFamily::Float, Value::Integer(number), _) => Value::Double(*number as f64),
        (TypeFamily::Text, _, Some(text)) if matches!(column_type, ColumnType::Char(_)) => {
            Value::Text(text.trim_end_matches(' ').to_owned())
        }
        (TypeFamily::Date, _, Some(text)) => Value::Date(text.parse().unwrap_or_else(|_| bad())),
        (TypeFamily::Time, _, Some(text)) => Value::Time(text.parse().unwrap_or_else(|_| bad())),
        (TypeFamily::Timestamp, _, Some(text)) => {
            Value::Timestamp(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap_or_else(|_| bad()))
        }
        (TypeFamily::Timestamp, Value::TimestampTz(instant), _) => Value::Timestamp(instant.naive_utc()),
        (TypeFamily::TimestampTz, Value::Timestamp(timestamp), _) => Value::TimestampTz(timestamp.and_utc()),
        (TypeFamily::TimestampTz, _, Some(text)) => {
            let text = format!("{}+0000", text.trim_end_matches("+00:00").trim_end_matches('Z'));
            let instant = DateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f%z").unwrap_or_else(|_| bad());
            Value::TimestampTz(instant.with_timezone(&Utc))
        }
        (TypeFamily::Uuid, _, Some(text)) => Value::Uuid(text.parse().unwrap_or_else(|_| bad())),
        (TypeFamily::Uuid, Value::Bytes(bytes), _) => {
            Value::Uuid(uuid::Uuid::from_slice(bytes).unwrap_or_else(|_| bad()))
        }
        // What is no JSON is a text of a document, whose JSON would have quotes.
        (TypeFamily::Json, _, Some(text)) => {
            Value::Json(serde_json::from_str(text).unwrap_or(serde_json::Value::from(text)).to_string())
        }
        (TypeFamily::Json, value, _) => Value::Json(json(value).unwrap_or_else(|| bad()).to_string()),
        _ => value,
    }
}

/// What a document has in place of JSON.
fn json(value: &Value) -> Option<serde_json::Value> {
    Some(match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Double(value) => (*value).into(),
        Value::Text(value) => value.as_str().into(),
        Value::Array(values) => values.iter().map(json).collect::<Option<Vec<_>>>()?.into(),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(name, value)| Some((name.clone(), json(value)?)));
            serde_json::Value::Object(entries.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
