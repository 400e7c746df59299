//! From one kind of value to another: CAST, the text of a value, dates from texts.

use std::fmt::Write;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use crate::schema::ColumnType;
use crate::value::{Decimal, Value};

/// Appends a value's text; `false` where it has none.
pub(crate) fn write_text(value: &Value, out: &mut String) -> bool {
    let written = match value {
        Value::Text(text) | Value::Json(text) => {
            out.push_str(text);
            Ok(())
        }
        Value::Boolean(true) => out.write_str("true"),
        Value::Boolean(false) => out.write_str("false"),
        Value::Integer(number) => {
            write_integer(*number, out);
            Ok(())
        }
        Value::Decimal(number) => write!(out, "{number}"),
        Value::Double(number) => write!(out, "{number}"),
        Value::Date(date) => write!(out, "{date}"),
        Value::Time(time) => write!(out, "{time}"),
        Value::Timestamp(moment) => write!(out, "{moment}"),
        Value::TimestampTz(instant) => write!(out, "{}+00:00", instant.naive_utc()),
        Value::Uuid(uuid) => write!(out, "{uuid}"),
        _ => return false,
    };
    written.is_ok()
}

/// Appends the digits of an integer, faster than the formatting machinery.
pub(crate) fn write_integer(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    write_digits(number.unsigned_abs(), out);
}

/// The same for a number without a sign.
pub(crate) fn write_digits(mut number: u64, out: &mut String) {
    let mut digits = [0_u8; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend(digits[start..].iter().map(|&digit| char::from(digit)));
}

/// The date that a value holds; of an instant, the one in UTC.
pub(crate) fn date(value: &Value) -> Result<NaiveDate, String> {
    match value {
        Value::Date(date) => Ok(*date),
        Value::Timestamp(moment) => Ok(moment.date()),
        Value::TimestampTz(instant) => Ok(instant.date_naive()),
        Value::Text(text) => parse_date(text)
            .or_else(|| parse_instant(text).map(|instant| instant.date_naive()))
            .ok_or_else(|| format!("'{text}' is not a date such as '2024-02-29'")),
        other => Err(format!("{} is not a date", description(other))),
    }
}

/// The instant that a value holds; a date is its midnight, and what has no zone is in UTC.
pub(crate) fn instant(value: &Value) -> Result<DateTime<Utc>, String> {
    match value {
        Value::TimestampTz(instant) => Ok(*instant),
        Value::Timestamp(moment) => Ok(moment.and_utc()),
        Value::Date(date) => Ok(date.and_time(NaiveTime::MIN).and_utc()),
        Value::Text(text) => parse_instant(text)
            .ok_or_else(|| format!("'{text}' is not a date and time such as '2024-02-29' or '2024-02-29 10:00:00'")),
        other => Err(format!("{} is not a date and time", description(other))),
    }
}

/// The time of day that a value holds.
pub(crate) fn time(value: &Value) -> Result<NaiveTime, String> {
    match value {
        Value::Time(time) => Ok(*time),
        Value::Timestamp(moment) => Ok(moment.time()),
        Value::TimestampTz(instant) => Ok(instant.time()),
        Value::Text(text) => {
            parse_time(text).ok_or_else(|| format!("'{text}' is not a time such as '10:00' or '10:00:00'"))
        }
        other => Err(format!("{} is not a time", description(other))),
    }
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| shaped && chrono::Datelike::year(date) >= 1)
}

fn parse_time(text: &str) -> Option<NaiveTime> {
    let format = if text.len() == 5 { "%H:%M" } else { "%H:%M:%S%.f" };
    let time = NaiveTime::parse_from_str(text, format).ok()?;
    let shaped = text.len() >= 5 && text.as_bytes()[2] == b':';
    (shaped && time.nanosecond() < 1_000_000_000 && time.nanosecond() % 1_000 == 0).then_some(time)
}

fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    let date = parse_date(text.get(..10)?)?;
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let rest = rest.strip_prefix([' ', 'T', 't'])?;
    let (clock, offset) = match rest.find(['Z', 'z', '+', '-']) {
        None => (rest, 0),
        Some(at) => (rest[..at].trim_end(), parse_offset(&rest[at..])?),
    };
    let moment = date.and_time(parse_time(clock)?);
    let zone = FixedOffset::east_opt(offset)?;
    Some(moment.and_local_timezone(zone).single()?.with_timezone(&Utc))
}

/// Seconds east of UTC: `Z`, `+02`, `+0200`, `+02:00`.
fn parse_offset(text: &str) -> Option<i32> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Bytes from pairs of hexadecimal digits.
pub(crate) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        digits.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Appends bytes as pairs of hexadecimal digits in lower case.
pub(crate) fn write_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// A few words for a value in an error.
pub(crate) fn description(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Text(inside) => format!("'{}'", inside.chars().take(40).collect::<String>()),
        value if write_text(value, &mut text) => text,
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        _ => super::types::Type::of(value).name().to_owned(),
    }
}

/// `CAST(value AS type)`; what does not fit the type without loss is refused, but for the digits that a decimal or double
/// loses on the way to fewer, which are rounded half away from zero.
pub(crate) fn cast(value: &Value, to: &ColumnType) -> Result<Value, String> {
    let refusal = || format!("{} can't be cast to {to}", description(value));
    Ok(match (value, to) {
        (Value::Null, _) => Value::Null,
        (_, ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt) => {
            let number = match value {
                Value::Integer(number) => Some(*number),
                Value::Boolean(truth) => Some(i64::from(*truth)),
                Value::Decimal(number) => i64::try_from(round(*number, 0).mantissa()).ok(),
                // The bounds are those of i64 that a double holds exactly.
                Value::Double(number)
                    if *number >= -9_223_372_036_854_775_808.0 && *number < 9_223_372_036_854_775_808.0 =>
                {
                    Some(number.round() as i64)
                }
                Value::Text(text) => text.trim().parse().ok(),
                _ => None,
            };
            let fits = |number: &i64| match to {
                ColumnType::SmallInt => i16::try_from(*number).is_ok(),
                ColumnType::Integer => i32::try_from(*number).is_ok(),
                _ => true,
            };
            Value::Integer(number.filter(fits).ok_or_else(refusal)?)
        }
        (_, ColumnType::Decimal { precision, scale }) => {
            let number = match value {
                Value::Integer(number) => Decimal::new(i128::from(*number), 0),
                Value::Decimal(number) => Some(*number),
                Value::Double(number) => number.to_string().parse().ok(),
                Value::Text(text) => text.trim().parse().ok(),
                _ => None,
            };
            let number = number.map(|number| round(number, *scale)).and_then(|number| number.rescale(*scale));
            Value::Decimal(number.filter(|number| number.fits(*precision, *scale)).ok_or_else(refusal)?)
        }
        (_, ColumnType::Real | ColumnType::Double) => Value::Double(match value {
            Value::Text(text) => text.trim().parse().map_err(|_| refusal())?,
            value => double(value).ok_or_else(refusal)?,
        }),
        (Value::Boolean(_), ColumnType::Boolean) => value.clone(),
        (Value::Integer(number @ (0 | 1)), ColumnType::Boolean) => Value::Boolean(*number == 1),
        (Value::Text(text), ColumnType::Boolean) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "on" | "1" => Value::Boolean(true),
            "false" | "f" | "no" | "off" | "0" => Value::Boolean(false),
            _ => return Err(refusal()),
        },
        (_, ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_)) => {
            let mut text = String::new();
            if !write_text(value, &mut text) {
                return Err(refusal());
            }
            if let ColumnType::Varchar(longest) | ColumnType::Char(longest) = to
                && let Some((end, _)) = text.char_indices().nth(*longest as usize)
            {
                text.truncate(end);
            }
            Value::Text(text)
        }
        (_, ColumnType::Date) => Value::Date(date(value)?),
        (_, ColumnType::Time) => Value::Time(time(value)?),
        (_, ColumnType::Timestamp) => Value::Timestamp(instant(value)?.naive_utc()),
        (_, ColumnType::TimestampTz) => Value::TimestampTz(instant(value)?),
        (Value::Bytes(_), ColumnType::Blob | ColumnType::Varbinary(_))
        | (Value::Uuid(_), ColumnType::Uuid)
        | (Value::Json(_), ColumnType::Json) => value.clone(),
        (Value::Text(text), ColumnType::Blob | ColumnType::Varbinary(_)) => Value::Bytes(text.clone().into_bytes()),
        (Value::Text(text), ColumnType::Uuid) => {
            Value::Uuid(uuid::Uuid::parse_str(text.trim()).map_err(|_| refusal())?)
        }
        (Value::Text(text), ColumnType::Json) => {
            serde_json::from_str::<serde::de::IgnoredAny>(text)
                .map_err(|error| format!("this is not JSON: {error}"))?;
            Value::Json(text.clone())
        }
        _ => return Err(refusal()),
    })
}

/// The nearest decimal of at most so many digits after the point, halves away from zero.
pub(crate) fn round(number: Decimal, scale: u8) -> Decimal {
    if scale >= number.scale() {
        return number;
    }
    let mut unit: i128 = 1;
    for _ in scale..number.scale() {
        unit = unit.saturating_mul(10);
    }
    let (whole, rest) = (number.mantissa() / unit, number.mantissa() % unit);
    let up = if rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2) { number.mantissa().signum() } else { 0 };
    Decimal::new(whole + up, scale).unwrap_or(number)
}

/// A number as a double.
pub(crate) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Decimal(number) => number.to_string().parse().ok(),
        Value::Double(number) => Some(*number),
        _ => None,
    }
}

/// A moment without a zone.
pub(crate) fn moment(value: &Value) -> Option<NaiveDateTime> {
    instant(value).ok().map(|instant| instant.naive_utc())
}
