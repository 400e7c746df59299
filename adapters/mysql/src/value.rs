//! Values between the portable form and the server's: text for literals and files, the binary protocol for parameters and rows.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use fastman_core::value::{Decimal, Value};
use mysql_async::consts::{ColumnFlags, ColumnType as Wire};
use mysql_async::{Column, Value as Raw};

/// What neither MySQL nor MariaDB can store.
#[derive(Debug, thiserror::Error)]
#[error("there is no value for {0}")]
pub(crate) struct NoValue(&'static str);

/// The character set of what is bytes and no text.
const BINARY: u16 = 63;

/// The value as the server reads it from a text; `None` for NULL. Of bytes it is their hexadecimal digits.
pub(crate) fn text(value: &Value) -> Result<Option<String>, NoValue> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Boolean(true) => "1".to_owned(),
        Value::Boolean(false) => "0".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Double(number) => double(*number)?,
        Value::Text(text) | Value::Json(text) => text.clone(),
        Value::Bytes(bytes) => hex(bytes),
        Value::Date(date) => date_text(*date)?,
        Value::Time(time) => time_text(*time),
        Value::Timestamp(timestamp) => timestamp_text(*timestamp)?,
        Value::TimestampTz(instant) => timestamp_text(instant.naive_utc())?,
        Value::Uuid(uuid) => uuid.to_string(),
        other => return Err(unknown(other)),
    }))
}

/// The value as a parameter.
pub(crate) fn parameter(value: &Value) -> Result<Raw, NoValue> {
    Ok(match value {
        Value::Null => Raw::NULL,
        Value::Boolean(truth) => Raw::Int(i64::from(*truth)),
        Value::Integer(number) => Raw::Int(*number),
        Value::Double(number) => {
            double(*number)?;
            Raw::Double(*number)
        }
        Value::Bytes(bytes) => Raw::Bytes(bytes.clone()),
        Value::Date(date) => date_and_time(date.and_time(NaiveTime::MIN))?,
        Value::Timestamp(timestamp) => date_and_time(*timestamp)?,
        Value::TimestampTz(instant) => date_and_time(instant.naive_utc())?,
        Value::Time(time) => {
            let part = |number: u32| u8::try_from(number).unwrap_or_default();
            Raw::Time(false, 0, part(time.hour()), part(time.minute()), part(time.second()), micros(*time))
        }
        other => match text(other)? {
            Some(text) => Raw::Bytes(text.into_bytes()),
            None => Raw::NULL,
        },
    })
}

/// Appends the value as the server reads it from a file, without escapes: nothing of texts, nothing for NULL.
pub(crate) fn append(value: &Value, data: &mut Vec<u8>) -> Result<(), NoValue> {
    match value {
        Value::Integer(number) => append_integer(*number, data),
        Value::Boolean(truth) => data.push(b'0' + u8::from(*truth)),
        Value::Date(date) => append_date(*date, data)?,
        Value::Time(time) => append_time(*time, data),
        Value::Timestamp(timestamp) => append_timestamp(*timestamp, data)?,
        Value::TimestampTz(instant) => append_timestamp(instant.naive_utc(), data)?,
        other => data.extend_from_slice(text(other)?.unwrap_or_default().as_bytes()),
    }
    Ok(())
}

fn append_integer(number: i64, data: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        data.push(b'-');
    }
    data.extend_from_slice(&digits[start..]);
}

/// The last `count` digits of a number.
fn append_digits(number: u32, count: usize, data: &mut Vec<u8>) {
    let start = data.len();
    data.resize(start + count, b'0');
    let mut rest = number;
    for digit in data[start..].iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
}

fn append_date(date: NaiveDate, data: &mut Vec<u8>) -> Result<(), NoValue> {
    let year = u32::try_from(date.year()).ok().filter(|year| (1..=9999).contains(year)).ok_or(YEARS)?;
    append_digits(year, 4, data);
    data.push(b'-');
    append_digits(date.month(), 2, data);
    data.push(b'-');
    append_digits(date.day(), 2, data);
    Ok(())
}

fn append_time(time: NaiveTime, data: &mut Vec<u8>) {
    append_digits(time.hour(), 2, data);
    data.push(b':');
    append_digits(time.minute(), 2, data);
    data.push(b':');
    append_digits(time.second(), 2, data);
    let micros = micros(time);
    if micros != 0 {
        data.push(b'.');
        append_digits(micros, 6, data);
    }
}

fn append_timestamp(timestamp: NaiveDateTime, data: &mut Vec<u8>) -> Result<(), NoValue> {
    append_date(timestamp.date(), data)?;
    data.push(b' ');
    append_time(timestamp.time(), data);
    Ok(())
}

/// How many bytes a value takes on its way, about.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Json(text) => text.len() + 4,
        Value::Bytes(bytes) => bytes.len() + 4,
        _ => 16,
    }
}

fn double(number: f64) -> Result<String, NoValue> {
    if number.is_finite() { Ok(format!("{number:e}")) } else { Err(NoValue("a number that is infinite or none")) }
}

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing into a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

const YEARS: NoValue = NoValue("a year before the first or after the 9999th");

fn date_text(date: NaiveDate) -> Result<String, NoValue> {
    if !(1..=9999).contains(&date.year()) {
        return Err(YEARS);
    }
    Ok(format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()))
}

fn time_text(time: NaiveTime) -> String {
    format!("{:02}:{:02}:{:02}.{:06}", time.hour(), time.minute(), time.second(), micros(time))
}

fn timestamp_text(timestamp: NaiveDateTime) -> Result<String, NoValue> {
    Ok(format!("{} {}", date_text(timestamp.date())?, time_text(timestamp.time())))
}

/// What is finer is cut; a leap second ends at its last microsecond.
fn micros(time: NaiveTime) -> u32 {
    (time.nanosecond() / 1_000).min(999_999)
}

fn date_and_time(timestamp: NaiveDateTime) -> Result<Raw, NoValue> {
    let year = u16::try_from(timestamp.year()).ok().filter(|year| (1..=9999).contains(year)).ok_or(YEARS)?;
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    Ok(Raw::Date(
        year,
        part(timestamp.month()),
        part(timestamp.day()),
        part(timestamp.hour()),
        part(timestamp.minute()),
        part(timestamp.second()),
        micros(timestamp.time()),
    ))
}

fn unknown(value: &Value) -> NoValue {
    NoValue(match value {
        Value::Array(_) | Value::Map(_) => "an array or a map; JSON is what holds those",
        Value::GeoPoint { .. } => "a place on earth",
        Value::Reference(_) => "a reference to a document",
        Value::ServerTimestamp => "the server's time; CURRENT_TIMESTAMP is one",
        _ => "this kind of value",
    })
}

/// A value of a row, in the portable form nearest to its column. A text in which it came means the same.
pub(crate) fn read(raw: Raw, column: &Column) -> Value {
    let wire = column.column_type();
    match raw {
        Raw::NULL => Value::Null,
        Raw::Int(number) if is_boolean(column) && (0..=1).contains(&number) => Value::Boolean(number == 1),
        Raw::Int(number) => Value::Integer(number),
        Raw::UInt(number) => integer(i128::from(number)),
        Raw::Float(number) => Value::Double(f64::from(number)),
        Raw::Double(number) => Value::Double(number),
        Raw::Date(year, month, day, hour, minute, second, micros) => {
            moment(wire, (i32::from(year), month, day), (hour, minute, second, micros))
        }
        Raw::Time(negative, days, hours, minutes, seconds, micros) => {
            let hours = u32::from(hours) + days * 24;
            match NaiveTime::from_hms_micro_opt(hours, minutes.into(), seconds.into(), micros).filter(|_| !negative) {
                Some(time) => Value::Time(time),
                None => {
                    let sign = if negative { "-" } else { "" };
                    Value::Text(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}.{micros:06}"))
                }
            }
        }
        Raw::Bytes(bytes) => of_bytes(bytes, column),
    }
}

fn is_boolean(column: &Column) -> bool {
    column.column_type() == Wire::MYSQL_TYPE_TINY
        && column.column_length() == 1
        && !column.flags().contains(ColumnFlags::UNSIGNED_FLAG)
}

fn integer(number: i128) -> Value {
    match i64::try_from(number) {
        Ok(number) => Value::Integer(number),
        Err(_) => Decimal::new(number, 0).map_or_else(|| Value::Text(number.to_string()), Value::Decimal),
    }
}

fn moment(wire: Wire, (year, month, day): (i32, u8, u8), (hour, minute, second, micros): (u8, u8, u8, u32)) -> Value {
    let date = NaiveDate::from_ymd_opt(year, month.into(), day.into());
    let time = NaiveTime::from_hms_micro_opt(hour.into(), minute.into(), second.into(), micros);
    match (date, time) {
        (Some(date), _) if matches!(wire, Wire::MYSQL_TYPE_DATE | Wire::MYSQL_TYPE_NEWDATE) => Value::Date(date),
        (Some(date), Some(time)) if is_instant(wire) => Value::TimestampTz(date.and_time(time).and_utc()),
        (Some(date), Some(time)) => Value::Timestamp(date.and_time(time)),
        // 0000-00-00, of a server that lets it in.
        _ => Value::Text(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micros:06}")),
    }
}

/// TIMESTAMP is an instant, shown in the session's time zone, which is UTC.
fn is_instant(wire: Wire) -> bool {
    matches!(wire, Wire::MYSQL_TYPE_TIMESTAMP | Wire::MYSQL_TYPE_TIMESTAMP2)
}

fn of_bytes(bytes: Vec<u8>, column: &Column) -> Value {
    let wire = column.column_type();
    if wire == Wire::MYSQL_TYPE_BIT {
        return integer(bytes.iter().fold(0, |number, byte| number << 8 | i128::from(*byte)));
    }
    let is_string = matches!(
        wire,
        Wire::MYSQL_TYPE_VARCHAR
            | Wire::MYSQL_TYPE_VAR_STRING
            | Wire::MYSQL_TYPE_STRING
            | Wire::MYSQL_TYPE_TINY_BLOB
            | Wire::MYSQL_TYPE_BLOB
            | Wire::MYSQL_TYPE_MEDIUM_BLOB
            | Wire::MYSQL_TYPE_LONG_BLOB
            | Wire::MYSQL_TYPE_GEOMETRY
    );
    if is_string && column.character_set() == BINARY {
        return Value::Bytes(bytes);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Value::Bytes(error.into_bytes()),
    };
    of_text(&text, column).unwrap_or(Value::Text(text))
}

/// What a text stands for in the text protocol, and where a type has no other form.
fn of_text(text: &str, column: &Column) -> Option<Value> {
    Some(match column.column_type() {
        Wire::MYSQL_TYPE_JSON => Value::Json(text.to_owned()),
        Wire::MYSQL_TYPE_DECIMAL | Wire::MYSQL_TYPE_NEWDECIMAL => Value::Decimal(text.parse().ok()?),
        Wire::MYSQL_TYPE_TINY
        | Wire::MYSQL_TYPE_SHORT
        | Wire::MYSQL_TYPE_LONG
        | Wire::MYSQL_TYPE_INT24
        | Wire::MYSQL_TYPE_LONGLONG
        | Wire::MYSQL_TYPE_YEAR => match text.parse::<i128>().ok()? {
            number @ (0 | 1) if is_boolean(column) => Value::Boolean(number == 1),
            number => integer(number),
        },
        Wire::MYSQL_TYPE_FLOAT | Wire::MYSQL_TYPE_DOUBLE => Value::Double(text.parse().ok()?),
        Wire::MYSQL_TYPE_DATE | Wire::MYSQL_TYPE_NEWDATE => Value::Date(text.parse().ok()?),
        Wire::MYSQL_TYPE_TIME | Wire::MYSQL_TYPE_TIME2 => {
            Value::Time(NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?)
        }
        wire @ (Wire::MYSQL_TYPE_DATETIME
        | Wire::MYSQL_TYPE_DATETIME2
        | Wire::MYSQL_TYPE_TIMESTAMP
        | Wire::MYSQL_TYPE_TIMESTAMP2) => {
            let timestamp = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
            if is_instant(wire) { Value::TimestampTz(timestamp.and_utc()) } else { Value::Timestamp(timestamp) }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_text_that_the_server_reads() {
        let shown = |value| text(&value).unwrap().unwrap();
        let date = NaiveDate::from_ymd_opt(1, 2, 3).unwrap();
        assert_eq!(shown(Value::Date(date)), "0001-02-03");
        let time = NaiveTime::from_hms_micro_opt(1, 2, 3, 4).unwrap();
        assert_eq!(shown(Value::Timestamp(date.and_time(time))), "0001-02-03 01:02:03.000004");
        assert_eq!(shown(Value::Double(-1500.0)), "-1.5e3");
        assert_eq!(shown(Value::Bytes(vec![0, 255])), "00ff");
        assert!(text(&Value::Double(f64::INFINITY)).is_err());
        assert!(text(&Value::Date(NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap())).is_err());
    }

    #[test]
    fn what_is_past_64_bits_is_a_decimal() {
        assert_eq!(integer(5), Value::Integer(5));
        let most = Decimal::new(i128::from(u64::MAX), 0).unwrap();
        assert_eq!(integer(i128::from(u64::MAX)), Value::Decimal(most));
    }
}
