//! Values: from the portable form to SPG's and back, and from the words of SPG's catalog.

use crate::dialect::MOST_PARAMETERS;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::{ColumnType, TypeFamily};
use fastman_core::value::{Decimal, Value};
use spg_embedded::{DataType, Value as Engine};
use spg_storage::NumericKind;

/// The text of a value; `None` for NULL and for what only documents hold.
pub(crate) fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Double(number) if number.is_infinite() => {
            if *number > 0.0 {
                "Infinity".to_owned()
            } else {
                "-Infinity".to_owned()
            }
        }
        Value::Double(number) => format!("{number:e}"),
        Value::Text(text) | Value::Json(text) => text.clone(),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\\x{digits}")
        }
        Value::Date(date) => date.format("%Y-%m-%d").to_string(),
        Value::Time(time) => time.format("%H:%M:%S%.6f").to_string(),
        Value::Timestamp(timestamp) => timestamp.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
        Value::TimestampTz(instant) => instant.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string(),
        Value::Uuid(uuid) => uuid.to_string(),
        _ => return None,
    })
}

/// The values as parameters.
///
/// # Errors
/// `db.bad-value` for too many, and for what only documents hold.
pub(crate) fn bind(values: &[Value]) -> Result<Vec<Engine<'static>>> {
    if values.len() > MOST_PARAMETERS as usize {
        let message =
            format!("a statement takes at most {MOST_PARAMETERS} parameters, and {} were given", values.len());
        return Err(Error::database(ErrorClass::BadValue, message));
    }
    values.iter().map(parameter).collect()
}

/// The value as a parameter. Times and UUIDs go as text, which SPG reads by the type of the place where it stands.
fn parameter(value: &Value) -> Result<Engine<'static>> {
    Ok(match value {
        Value::Null => Engine::Null,
        Value::Boolean(truth) => Engine::Bool(*truth),
        Value::Integer(number) => Engine::BigInt(*number),
        Value::Double(number) if number.is_finite() => Engine::Float(*number),
        Value::Decimal(number) => {
            Engine::Numeric { scaled: number.mantissa(), scale: u16::from(number.scale()), kind: NumericKind::Finite }
        }
        Value::Bytes(bytes) => Engine::Bytes(bytes.clone().into()),
        other => Engine::Text(
            text(other)
                .ok_or_else(|| Error::database(ErrorClass::BadValue, format!("SPG has no type for {other:?}")))?
                .into(),
        ),
    })
}

/// A value that a query gave, in a column of that type.
///
/// # Errors
/// `db.bad-value` for a type that has no portable form.
pub(crate) fn portable(value: Engine<'_>, data_type: &DataType) -> Result<Value> {
    let unknown = |what: &dyn std::fmt::Debug| {
        Error::database(ErrorClass::BadValue, format!("{what:?} of type {data_type:?} has no portable form"))
    };
    Ok(match value {
        Engine::Null => Value::Null,
        Engine::Bool(truth) => Value::Boolean(truth),
        Engine::SmallInt(number) => Value::Integer(number.into()),
        Engine::Int(number) => Value::Integer(number.into()),
        Engine::BigInt(number) => Value::Integer(number),
        Engine::Real(number) => Value::Double(number.into()),
        Engine::Float(number) => Value::Double(number),
        Engine::Numeric { scaled, scale, kind: NumericKind::Finite } => {
            let scale = u8::try_from(scale).map_err(|_| unknown(&scale))?;
            Value::Decimal(Decimal::new(scaled, scale).ok_or_else(|| unknown(&scaled))?)
        }
        Engine::Text(text) => Value::Text(text.into_owned()),
        Engine::BpChar(text) => Value::Text(text.as_ref().to_owned()),
        Engine::Json(text) => Value::Json(text.into_owned()),
        Engine::Bytes(bytes) => Value::Bytes(bytes.into_owned()),
        Engine::Uuid(bytes) => Value::Uuid(uuid::Uuid::from_bytes(bytes)),
        Engine::Date(days) => Value::Date(
            NaiveDate::default().checked_add_signed(TimeDelta::days(days.into())).ok_or_else(|| unknown(&days))?,
        ),
        Engine::Time(micros) => {
            let midnight = DateTime::UNIX_EPOCH;
            Value::Time(
                midnight.checked_add_signed(TimeDelta::microseconds(micros)).ok_or_else(|| unknown(&micros))?.time(),
            )
        }
        Engine::Timestamp(micros) => {
            let instant = DateTime::from_timestamp_micros(micros).ok_or_else(|| unknown(&micros))?;
            match data_type {
                DataType::Timestamptz => Value::TimestampTz(instant),
                _ => Value::Timestamp(instant.naive_utc()),
            }
        }
        // Tables and column numbers in the catalog.
        Engine::RegClass(_, name) => Value::Text(name.into()),
        Engine::SmallIntArray(numbers) => {
            Value::Array(numbers.into_iter().map(|number| Value::Integer(number.unwrap_or_default().into())).collect())
        }
        Engine::Int2Vector(numbers) => {
            Value::Array(numbers.into_iter().map(|number| Value::Integer(number.into())).collect())
        }
        other => return Err(unknown(&other)),
    })
}

/// The constant that a text is for a column of the type; `None` if it is none.
pub(crate) fn constant(text: &str, column_type: &ColumnType) -> Option<Value> {
    Some(match column_type.family() {
        TypeFamily::Integer => Value::Integer(text.parse().ok()?),
        TypeFamily::Decimal => Value::Decimal(text.parse().ok()?),
        TypeFamily::Float => Value::Double(text.parse().ok()?),
        TypeFamily::Boolean => Value::Boolean(text.parse().ok()?),
        TypeFamily::Text => Value::Text(text.to_owned()),
        TypeFamily::Date => Value::Date(text.parse().ok()?),
        TypeFamily::Time => Value::Time(NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?),
        TypeFamily::Timestamp => Value::Timestamp(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?),
        TypeFamily::TimestampTz => {
            Value::TimestampTz(DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok()?.with_timezone(&Utc))
        }
        TypeFamily::Binary => Value::Bytes(bytes(text)?),
        TypeFamily::Uuid => Value::Uuid(text.parse().ok()?),
        TypeFamily::Json => Value::Json(text.to_owned()),
    })
}

/// `\x00ff`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x").filter(|digits| digits.is_ascii())?;
    (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(digits.get(place..place + 2)?, 16).ok()).collect()
}
