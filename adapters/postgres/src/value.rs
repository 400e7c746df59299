//! Values between the portable form and PostgreSQL's: text for parameters, the binary format for what is read.
//!
//! A parameter goes as text of unknown type, as a quoted literal does: the server reads it as the type that the place wants,
//! so a value of any kind fits a column of any type that has an input for its text.
//! Binary formats: <https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES> and the `*_send` functions.

use std::fmt::Write;

use bytes::BytesMut;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use fastman_core::value::{Decimal, Value};
use postgres_types::{Format, FromSql, IsNull, Kind, ToSql, Type};

type BoxError = Box<dyn std::error::Error + Sync + Send>;

/// A value as a parameter.
#[derive(Debug)]
pub(crate) struct Parameter<'a>(pub &'a Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self, _: &Type, buffer: &mut BytesMut) -> Result<IsNull, BoxError> {
        Ok(match text(self.0)? {
            Some(text) => {
                buffer.extend_from_slice(text.as_bytes());
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    postgres_types::to_sql_checked!();
}

/// A list of texts as a parameter of a type `text[]`.
pub(crate) fn text_array<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    let quoted: Vec<String> =
        texts.into_iter().map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))).collect();
    Value::Text(format!("{{{}}}", quoted.join(",")))
}

/// What PostgreSQL can't store.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL has no value for {0}")]
pub(crate) struct NoValue(&'static str);

/// The value as PostgreSQL's input functions read it; `None` for NULL.
pub(crate) fn text(value: &Value) -> Result<Option<String>, NoValue> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Boolean(true) => "true".to_owned(),
        Value::Boolean(false) => "false".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Double(number) => double(*number),
        Value::Text(text) | Value::Json(text) => {
            if text.contains('\0') {
                return Err(NoValue("a text with a NUL character in it"));
            }
            text.clone()
        }
        Value::Bytes(bytes) => hex(bytes),
        Value::Date(date) => with_era(*date, String::new()),
        Value::Time(time) => time_of_day(*time),
        Value::Timestamp(timestamp) => with_era(timestamp.date(), format!(" {}", time_of_day(timestamp.time()))),
        Value::TimestampTz(instant) => {
            let timestamp = instant.naive_utc();
            with_era(timestamp.date(), format!(" {}+00", time_of_day(timestamp.time())))
        }
        Value::Uuid(uuid) => uuid.to_string(),
        Value::Array(_) | Value::Map(_) => return Err(NoValue("an array or a map; JSON is what holds those")),
        Value::GeoPoint { .. } => return Err(NoValue("a place on earth")),
        Value::Reference(_) => return Err(NoValue("a reference to a document")),
        Value::ServerTimestamp => return Err(NoValue("the server's time; CURRENT_TIMESTAMP is one")),
        _ => return Err(NoValue("this kind of value")),
    }))
}

fn double(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        number.to_string()
    }
}

/// `\x00ff`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        // Writing into a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Years before the first are counted from 1 BC.
fn with_era(date: NaiveDate, time: String) -> String {
    let (year, era) = if date.year() > 0 { (date.year(), "") } else { (1 - date.year(), " BC") };
    format!("{year:04}-{:02}-{:02}{time}{era}", date.month(), date.day())
}

/// To the microsecond, which is what PostgreSQL keeps; what is finer is cut.
fn time_of_day(time: NaiveTime) -> String {
    let micros = micros_of_second(time);
    let mut text = format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    if micros > 0 {
        let _ = write!(text, ".{micros:06}");
    }
    text
}

/// Microseconds behind the second; a leap second is the end of the one before.
fn micros_of_second(time: NaiveTime) -> u32 {
    (time.nanosecond() / 1000).min(999_999)
}

/// Microseconds since midnight.
pub(crate) fn micros_of_day(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(micros_of_second(time))
}

/// Day 0 of PostgreSQL's dates and timestamps.
fn epoch() -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default()
}

/// Days since 2000-01-01.
pub(crate) fn days(date: NaiveDate) -> i32 {
    i32::try_from((date - epoch()).num_days()).unwrap_or(i32::MAX)
}

/// Microseconds since 2000-01-01 00:00:00.
pub(crate) fn micros(timestamp: NaiveDateTime) -> i64 {
    i64::from(days(timestamp.date())) * 86_400_000_000 + micros_of_day(timestamp.time())
}

/// A value as it was read.
pub(crate) struct Decoded(pub Value);

impl<'a> FromSql<'a> for Decoded {
    fn from_sql(column_type: &Type, raw: &'a [u8]) -> Result<Decoded, BoxError> {
        decode(column_type, raw).map(Decoded)
    }

    fn from_sql_null(_: &Type) -> Result<Decoded, BoxError> {
        Ok(Decoded(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn decode(column_type: &Type, raw: &[u8]) -> Result<Value, BoxError> {
    if let Kind::Domain(base) = column_type.kind() {
        return decode(base, raw);
    }
    Ok(match *column_type {
        Type::BOOL => Value::Boolean(raw.first() == Some(&1)),
        Type::INT2 => Value::Integer(i16::from_be_bytes(raw.try_into()?).into()),
        Type::INT4 => Value::Integer(i32::from_be_bytes(raw.try_into()?).into()),
        Type::INT8 => Value::Integer(i64::from_be_bytes(raw.try_into()?)),
        Type::OID | Type::XID | Type::CID | Type::REGCLASS | Type::REGTYPE | Type::REGPROC | Type::REGNAMESPACE => {
            Value::Integer(u32::from_be_bytes(raw.try_into()?).into())
        }
        Type::FLOAT4 => Value::Double(f32::from_be_bytes(raw.try_into()?).into()),
        Type::FLOAT8 => Value::Double(f64::from_be_bytes(raw.try_into()?)),
        Type::NUMERIC => numeric(raw)?,
        Type::BYTEA => Value::Bytes(raw.to_vec()),
        Type::DATE => date(i32::from_be_bytes(raw.try_into()?))?,
        Type::TIME => time(i64::from_be_bytes(raw.try_into()?))?,
        Type::TIMESTAMP => timestamp(i64::from_be_bytes(raw.try_into()?), Value::Timestamp)?,
        Type::TIMESTAMPTZ => timestamp(i64::from_be_bytes(raw.try_into()?), |timestamp| {
            Value::TimestampTz(DateTime::from_naive_utc_and_offset(timestamp, chrono::Utc))
        })?,
        Type::UUID => Value::Uuid(uuid::Uuid::from_slice(raw)?),
        Type::JSON => Value::Json(String::from_utf8(raw.to_vec())?),
        // A version stands before the text.
        Type::JSONB => Value::Json(String::from_utf8(raw.get(1..).unwrap_or_default().to_vec())?),
        Type::VOID => Value::Null,
        _ => other(column_type, raw)?,
    })
}

/// Types beyond the portable ones: as text where their binary form is that, else as their bytes.
fn other(column_type: &Type, raw: &[u8]) -> Result<Value, BoxError> {
    let is_text = matches!(*column_type, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR)
        || matches!(*column_type, Type::UNKNOWN | Type::XML | Type::PG_NODE_TREE)
        || matches!(column_type.kind(), Kind::Enum(_))
        || matches!(column_type.name(), "citext" | "ltree");
    if is_text {
        return Ok(Value::Text(String::from_utf8(raw.to_vec())?));
    }
    if let Kind::Array(member) = column_type.kind() {
        return array(member, raw);
    }
    Ok(Value::Bytes(raw.to_vec()))
}

/// An array of one dimension; others keep their bytes.
fn array(member: &Type, raw: &[u8]) -> Result<Value, BoxError> {
    let int = |at: usize| -> Result<i32, BoxError> {
        Ok(i32::from_be_bytes(raw.get(at..at + 4).ok_or("an array is cut short")?.try_into()?))
    };
    match int(0)? {
        0 => return Ok(Value::Array(Vec::new())),
        1 => {}
        _ => return Ok(Value::Bytes(raw.to_vec())),
    }
    let count = int(12)?;
    let mut values = Vec::new();
    let mut at = 20;
    for _ in 0..count {
        let length = int(at)?;
        at += 4;
        values.push(match usize::try_from(length) {
            Err(_) => Value::Null,
            Ok(length) => {
                let member_raw = raw.get(at..at + length).ok_or("an array is cut short")?;
                at += length;
                decode(member, member_raw)?
            }
        });
    }
    Ok(Value::Array(values))
}

fn date(days: i32) -> Result<Value, BoxError> {
    match days {
        i32::MAX => return Ok(Value::Text("infinity".to_owned())),
        i32::MIN => return Ok(Value::Text("-infinity".to_owned())),
        _ => {}
    }
    let distance = Days::new(days.unsigned_abs().into());
    let date = if days < 0 { epoch().checked_sub_days(distance) } else { epoch().checked_add_days(distance) };
    Ok(Value::Date(date.ok_or("a date is out of range")?))
}

fn time(micros: i64) -> Result<Value, BoxError> {
    if micros == 86_400_000_000 {
        return Ok(Value::Text("24:00:00".to_owned()));
    }
    let seconds = u32::try_from(micros / 1_000_000)?;
    let nanos = u32::try_from(micros % 1_000_000)? * 1000;
    Ok(Value::Time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).ok_or("a time is out of range")?))
}

fn timestamp(micros: i64, value: impl FnOnce(NaiveDateTime) -> Value) -> Result<Value, BoxError> {
    match micros {
        i64::MAX => return Ok(Value::Text("infinity".to_owned())),
        i64::MIN => return Ok(Value::Text("-infinity".to_owned())),
        _ => {}
    }
    let midnight = epoch().and_time(NaiveTime::MIN);
    Ok(value(midnight.checked_add_signed(TimeDelta::microseconds(micros)).ok_or("a timestamp is out of range")?))
}

/// Groups of four digits, the first of which stands `weight` groups before the point; `scale` digits are shown behind it.
fn numeric(raw: &[u8]) -> Result<Value, BoxError> {
    let short = |index: usize| -> Result<i16, BoxError> {
        Ok(i16::from_be_bytes(raw.get(2 * index..2 * index + 2).ok_or("a number is cut short")?.try_into()?))
    };
    let (groups, weight, sign, scale) = (short(0)?, short(1)?, short(2)?.cast_unsigned(), usize::try_from(short(3)?)?);
    match sign {
        0xC000 => return Ok(Value::Text("NaN".to_owned())),
        0xD000 => return Ok(Value::Text("Infinity".to_owned())),
        0xF000 => return Ok(Value::Text("-Infinity".to_owned())),
        _ => {}
    }
    let group = |position: i32| -> Result<i16, BoxError> {
        match usize::try_from(i32::from(weight) - position) {
            Ok(index) if index < usize::try_from(groups)? => short(4 + index),
            _ => Ok(0),
        }
    };
    let mut text = String::new();
    for position in (0..=i32::from(weight).max(0)).rev() {
        let _ = write!(text, "{:04}", group(position)?);
    }
    let whole = text.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let mut fraction = String::new();
    for position in 0..i32::try_from(scale.div_ceil(4))? {
        let _ = write!(fraction, "{:04}", group(-1 - position)?);
    }
    fraction.truncate(scale);
    let minus = if sign == 0x4000 { "-" } else { "" };
    let text = if scale == 0 { format!("{minus}{whole}") } else { format!("{minus}{whole}.{fraction}") };
    Ok(text.parse::<Decimal>().map_or(Value::Text(text), Value::Decimal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_before_the_first_year_are_written_as_bc() {
        let date = |year| Value::Date(NaiveDate::from_ymd_opt(year, 3, 15).unwrap());
        assert_eq!(text(&date(-43)).unwrap().unwrap(), "0044-03-15 BC");
        assert_eq!(text(&date(12_345)).unwrap().unwrap(), "12345-03-15");
    }

    #[test]
    fn what_is_finer_than_a_microsecond_is_cut() {
        let time = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999).unwrap();
        assert_eq!(text(&Value::Time(time)).unwrap().unwrap(), "23:59:59.999999");
        assert_eq!(micros_of_day(time), 86_399_999_999);
    }

    #[test]
    fn numbers_are_read_group_by_group() {
        let raw = |groups: &[i16], weight: i16, sign: u16, scale: i16| {
            let mut raw = Vec::new();
            for short in [i16::try_from(groups.len()).unwrap(), weight, sign.cast_signed(), scale] {
                raw.extend_from_slice(&short.to_be_bytes());
            }
            groups.iter().for_each(|group| raw.extend_from_slice(&group.to_be_bytes()));
            numeric(&raw).unwrap()
        };
        let shown = |value| match value {
            Value::Decimal(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(shown(raw(&[], 0, 0, 2)), "0.00");
        assert_eq!(shown(raw(&[1, 5000], 0, 0x4000, 2)), "-1.50");
        assert_eq!(shown(raw(&[12], 1, 0, 0)), "120000");
        assert_eq!(shown(raw(&[5], -2, 0, 8)), "0.00000005");
        assert_eq!(shown(raw(&[1], 10, 0, 0)), "Text(\"10000000000000000000000000000000000000000\")");
    }

    #[test]
    fn a_text_with_a_nul_character_has_no_place() {
        assert!(text(&Value::Text("a\0b".to_owned())).is_err());
        assert_eq!(text_array(["a\"b", "c\\"]), Value::Text(r#"{"a\"b","c\\"}"#.to_owned()));
    }
}
