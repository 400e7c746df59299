//! Values take the form of the column that they go to, or are refused: nothing is cut off, rounded or guessed.
//!
//! Texts are read as what the column holds, since a file of separated values has nothing but texts. A time without a zone is UTC.

use chrono::{NaiveDateTime, NaiveTime, Timelike};

use super::json;
use crate::schema::ColumnType;
use crate::sql::binder::temporal;
use crate::value::{Decimal, Value};

/// A value that does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What is wrong, in a sentence without an end: `"abc" is not an INTEGER`.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Misfit {
    pub(super) fn new(message: impl Into<String>) -> Misfit {
        Misfit { message: message.into(), help: None }
    }

    pub(super) fn with_help(self, help: impl Into<String>) -> Misfit {
        Misfit { help: Some(help.into()), ..self }
    }
}

/// The value as a column of that type holds it. NULL is fine for every type.
///
/// # Errors
/// A value of another kind, one that would lose a digit, a character or a part of a second, one out of range.
pub fn coerce(value: Value, column_type: &ColumnType) -> Result<Value, Misfit> {
    match (value, column_type) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Text(text), _) => self::text(text, column_type),
        (value, ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt) => integer(value, column_type),
        (value, ColumnType::Decimal { precision, scale }) => match &value {
            Value::Integer(number) => decimal(Decimal::new(i128::from(*number), 0), *precision, *scale),
            Value::Decimal(number) => decimal(Some(*number), *precision, *scale),
            // The shortest digits that stand for it are what was meant.
            Value::Double(number) if number.is_finite() => {
                decimal(format!("{number}").parse().ok(), *precision, *scale).map_err(|misfit| {
                    misfit.with_help("draw it with its digits: decimal(low, high, scale), or round(x, scale)")
                })
            }
            _ => return Err(wrong(&value, column_type)),
        }
        .map_err(|misfit| Misfit { message: format!("{} {}", shown(&value), misfit.message), ..misfit }),
        (value, ColumnType::Real | ColumnType::Double) => match &value {
            Value::Integer(number) => double(*number as f64, column_type),
            Value::Decimal(number) => number_text(&number.to_string(), column_type),
            Value::Double(number) => double(*number, column_type),
            _ => Err(wrong(&value, column_type)),
        },
        (value @ Value::Boolean(_), ColumnType::Boolean)
        | (value @ Value::Bytes(_), ColumnType::Blob)
        | (value @ Value::Uuid(_), ColumnType::Uuid)
        | (value @ Value::Json(_), ColumnType::Json) => Ok(value),
        (Value::Uuid(uuid), ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text) => {
            self::text(uuid.to_string(), column_type)
        }
        (Value::Json(json), ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text) => {
            self::text(json, column_type)
        }
        (Value::Bytes(bytes), ColumnType::Varbinary(limit)) => match bytes.len() as u64 <= u64::from(*limit) {
            true => Ok(Value::Bytes(bytes)),
            false => Err(Misfit::new(format!("{} bytes do not fit {column_type}", bytes.len()))),
        },
        (Value::Bytes(bytes), ColumnType::Uuid) => match uuid::Uuid::from_slice(&bytes) {
            Ok(uuid) => Ok(Value::Uuid(uuid)),
            Err(_) => Err(Misfit::new(format!("a UUID has 16 bytes, these are {}", bytes.len()))),
        },
        (value, ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::TimestampTz) => {
            moment(value, column_type)
        }
        (
            value @ (Value::Boolean(_)
            | Value::Integer(_)
            | Value::Double(_)
            | Value::Decimal(_)
            | Value::Array(_)
            | Value::Map(_)),
            ColumnType::Json,
        ) => json::write(&value).map(Value::Json),
        (value, _) => Err(wrong(&value, column_type)),
    }
}

/// A number as it was written, for a column of numbers: no digit of it is lost on the way.
pub(super) fn number_text(written: &str, column_type: &ColumnType) -> Result<Value, Misfit> {
    let not_a_number = || Misfit::new(format!("{} is not {}", quoted(written), an(column_type)));
    match column_type {
        ColumnType::Real | ColumnType::Double => {
            let plain = written.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            let number = written.parse::<f64>().ok().filter(|_| plain).ok_or_else(not_a_number)?;
            double(number, column_type)
        }
        _ => {
            let parsed = match written.contains(['e', 'E']) {
                true => exponential(written),
                false => written.parse::<Decimal>().map_err(|error| error.to_string()),
            };
            let number = parsed.map_err(|why| match written.bytes().any(|byte| byte.is_ascii_digit()) {
                true => Misfit::new(format!("{} is not {}: {why}", quoted(written), an(column_type))),
                false => not_a_number(),
            })?;
            coerce(Value::Decimal(number), column_type)
        }
    }
}

/// `1.5e3`, with all its digits.
fn exponential(written: &str) -> Result<Decimal, String> {
    let malformed = || "it is not a decimal number".to_owned();
    let (mantissa, exponent) = written.split_once(['e', 'E']).ok_or_else(malformed)?;
    let mantissa: Decimal = mantissa.parse().map_err(|error: crate::value::DecimalError| error.to_string())?;
    let exponent: i32 = exponent.parse().map_err(|_| malformed())?;
    let scale = i32::from(mantissa.scale()) - exponent;
    let too_long = || "it has more than 38 digits".to_owned();
    match u8::try_from(scale) {
        Ok(scale) => Decimal::new(mantissa.mantissa(), scale).ok_or_else(too_long),
        Err(_) => {
            let factor = scale.checked_neg().and_then(|zeros| 10_i128.checked_pow(zeros.try_into().ok()?));
            let number = factor.and_then(|factor| mantissa.mantissa().checked_mul(factor));
            number.and_then(|number| Decimal::new(number, 0)).ok_or_else(too_long)
        }
    }
}

fn integer(value: Value, column_type: &ColumnType) -> Result<Value, Misfit> {
    let whole = match &value {
        Value::Integer(number) => Some(i128::from(*number)),
        Value::Decimal(number) => number.rescale(0).map(|number| number.mantissa()),
        Value::Double(number) if number.trunc() == *number && number.abs() < 9e18 => Some(*number as i128),
        Value::Double(_) => None,
        _ => return Err(wrong(&value, column_type)),
    };
    let (least, most) = match column_type {
        ColumnType::SmallInt => (i64::from(i16::MIN), i64::from(i16::MAX)),
        ColumnType::Integer => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let not_whole = || {
        Misfit::new(format!("{} is not {}", shown(&value), an(column_type))).with_help("it takes whole numbers alone")
    };
    match i64::try_from(whole.ok_or_else(not_whole)?) {
        Ok(number) if (least..=most).contains(&number) => Ok(Value::Integer(number)),
        _ => Err(Misfit::new(format!("{} is out of range", shown(&value)))
            .with_help(format!("{column_type} goes from {least} to {most}"))),
    }
}

/// The message goes on after the number.
fn decimal(number: Option<Decimal>, precision: u8, scale: u8) -> Result<Value, Misfit> {
    let name = ColumnType::Decimal { precision, scale };
    let too_fine = || {
        Misfit::new(format!("has more digits after the point than {name} keeps"))
            .with_help(format!("{name} keeps {scale} of them, and none is cut off silently"))
    };
    let number = number.and_then(|number| number.rescale(scale)).ok_or_else(too_fine)?;
    match number.fits(precision, scale) {
        true => Ok(Value::Decimal(number)),
        false => Err(Misfit::new(format!("does not fit {name}"))
            .with_help(format!("{name} keeps {} digits before the point", precision - scale))),
    }
}

fn double(number: f64, column_type: &ColumnType) -> Result<Value, Misfit> {
    let kept = match column_type {
        ColumnType::Real => f64::from(number as f32),
        _ => number,
    };
    if !number.is_finite() {
        return Err(Misfit::new(format!("{number} is not {}", an(column_type)))
            .with_help("engines have no common infinity; NULL stands for what is not known"));
    }
    if !kept.is_finite() || (kept == 0.0 && number != 0.0) {
        return Err(Misfit::new(format!("{number} is out of range of {column_type}")));
    }
    // A negative zero is zero.
    Ok(Value::Double(kept + 0.0))
}

fn text(text: String, column_type: &ColumnType) -> Result<Value, Misfit> {
    let misfit = || Misfit::new(format!("{} is not {}", quoted(&text), an(column_type)));
    let form = |form: &str| misfit().with_help(format!("write {}", form.replace('\'', "")));
    match column_type {
        ColumnType::Text | ColumnType::Varchar(_) | ColumnType::Char(_) | ColumnType::Json if text.contains('\0') => {
            Err(Misfit::new("a NUL character can't be kept in a text on every engine"))
        }
        ColumnType::Text => Ok(Value::Text(text)),
        ColumnType::Varchar(limit) => limited(text, *limit, column_type),
        ColumnType::Char(limit) => {
            // The blanks at its end mean nothing; one stays where there is nothing else.
            let kept = match text.trim_end_matches(' ').len() {
                0 if !text.is_empty() => 1,
                length => length,
            };
            let mut text = text;
            text.truncate(kept);
            limited(text, *limit, column_type)
        }
        ColumnType::SmallInt
        | ColumnType::Integer
        | ColumnType::BigInt
        | ColumnType::Decimal { .. }
        | ColumnType::Real
        | ColumnType::Double => number_text(&text, column_type),
        ColumnType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "yes" => Ok(Value::Boolean(true)),
            "false" | "f" | "0" | "no" => Ok(Value::Boolean(false)),
            _ => Err(misfit().with_help("write true or false")),
        },
        ColumnType::Date => {
            temporal::date(&text).map(Value::Date).ok_or_else(|| match temporal::looks_like_a_date(&text) {
                true => misfit().with_help("there is no such day in the years 0001 to 9999"),
                false => form(temporal::DATE_FORM),
            })
        }
        ColumnType::Time => temporal::time(&text).map(Value::Time).ok_or_else(|| form(temporal::TIME_FORM)),
        ColumnType::Timestamp => {
            let local = temporal::timestamp(&text).or_else(|| utc(&text)).or_else(|| midnight(&text));
            local.map(Value::Timestamp).ok_or_else(|| match temporal::timestamp_tz(&text) {
                Some(_) => misfit().with_help(
                    "a TIMESTAMP has no time zone and holds UTC: write it in UTC, or declare TIMESTAMP WITH TIME ZONE",
                ),
                None if temporal::starts_with_no_day(&text) => {
                    misfit().with_help("there is no such day in the years 0001 to 9999")
                }
                None => form(temporal::TIMESTAMP_FORM),
            })
        }
        ColumnType::TimestampTz => {
            let local = || temporal::timestamp(&text).or_else(|| midnight(&text)).map(|local| local.and_utc());
            temporal::timestamp_tz(&text)
                .or_else(local)
                .map(Value::TimestampTz)
                .ok_or_else(|| form(temporal::TIMESTAMP_TZ_FORM))
        }
        ColumnType::Uuid => match text.len() {
            32 | 36 => uuid::Uuid::try_parse(&text).ok(),
            _ => None,
        }
        .map(Value::Uuid)
        .ok_or_else(|| form("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in hexadecimal digits")),
        ColumnType::Json => match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(Value::Json(text)),
            Err(error) => Err(Misfit::new(format!("{} is not JSON: {error}", quoted(&text))).with_help(
                "a text inside a JSON document has quotes of its own: '\"text\"'; tables and lists need none",
            )),
        },
        ColumnType::Blob | ColumnType::Varbinary(_) => match hexadecimal(&text) {
            Some(bytes) => coerce(Value::Bytes(bytes), column_type),
            None => Err(misfit().with_help("write bytes in hexadecimal digits: \\xcafe; in a seeder \"=hex('cafe')\"")),
        },
    }
}

/// A time in UTC that says so.
fn utc(text: &str) -> Option<NaiveDateTime> {
    let local = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).or_else(|| text.strip_suffix("+00"))?;
    temporal::timestamp(local)
}

/// A day as its first moment.
fn midnight(text: &str) -> Option<NaiveDateTime> {
    Some(temporal::date(text)?.and_time(NaiveTime::MIN))
}

/// `\xcafe`, as PostgreSQL writes bytes, or `0xcafe`, as MySQL does.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x").or_else(|| text.strip_prefix("0x"))?.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

fn limited(text: String, limit: u32, column_type: &ColumnType) -> Result<Value, Misfit> {
    // No text has more characters than bytes.
    if text.len() as u64 > u64::from(limit) {
        let length = text.chars().count();
        if length as u64 > u64::from(limit) {
            return Err(Misfit::new(format!("a text of {length} characters does not fit {column_type}"))
                .with_help(format!("the column keeps {limit} characters, and none is cut off silently")));
        }
    }
    Ok(Value::Text(text))
}

fn moment(value: Value, column_type: &ColumnType) -> Result<Value, Misfit> {
    let local = match &value {
        Value::Date(date) if *column_type == ColumnType::Date => return Ok(Value::Date(*date)),
        Value::Time(time) if *column_type == ColumnType::Time => {
            return Ok(Value::Time(to_microseconds(*time)));
        }
        Value::Date(date) => date.and_time(NaiveTime::MIN),
        Value::Timestamp(local) => *local,
        Value::TimestampTz(instant) => instant.naive_utc(),
        _ => return Err(wrong(&value, column_type)),
    };
    let local = local.date().and_time(to_microseconds(local.time()));
    match column_type {
        ColumnType::Timestamp => Ok(Value::Timestamp(local)),
        ColumnType::TimestampTz => Ok(Value::TimestampTz(local.and_utc())),
        ColumnType::Date if local.time() == NaiveTime::MIN => Ok(Value::Date(local.date())),
        ColumnType::Date => Err(Misfit::new(format!("{} is not a DATE", shown(&value)))
            .with_help("a DATE has no time of day: cast(... as date) leaves it out, date(from, to) draws a day")),
        _ => Err(wrong(&value, column_type)),
    }
}

/// What a clock has below the microsecond says nothing. (Constants with more digits are refused where they are read.)
fn to_microseconds(time: NaiveTime) -> NaiveTime {
    time.with_nanosecond(time.nanosecond() / 1000 * 1000).unwrap_or(time)
}

fn wrong(value: &Value, column_type: &ColumnType) -> Misfit {
    let misfit = Misfit::new(format!("{} is not {}", shown(value), an(column_type)));
    match (value, column_type) {
        (Value::Integer(_) | Value::Decimal(_) | Value::Double(_), ColumnType::Boolean) => {
            misfit.with_help("write true or false")
        }
        (Value::Array(_) | Value::Map(_), _) => misfit.with_help("lists and tables go to JSON columns"),
        (Value::GeoPoint { .. } | Value::Reference(_) | Value::ServerTimestamp, _) => {
            misfit.with_help("this is for document stores alone")
        }
        (Value::Bytes(_), ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text) => misfit,
        (_, ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text) => {
            misfit.with_help("put quotes around it; in a formula, cast(... as varchar(40))")
        }
        _ => misfit,
    }
}

/// A value as errors show it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        Value::Bytes(bytes) => format!("a value of {} bytes", bytes.len()),
        Value::Date(date) => date.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Timestamp(local) => local.to_string(),
        Value::TimestampTz(instant) => instant.naive_utc().to_string() + "Z",
        Value::Uuid(uuid) => uuid.to_string(),
        Value::Json(_) => "a JSON document".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Map(_) => "a table".to_owned(),
        Value::GeoPoint { .. } => "a place on earth".to_owned(),
        Value::Reference(_) => "a reference to a document".to_owned(),
        Value::ServerTimestamp => "the store's time".to_owned(),
    }
}

/// A text in quotes, its end left out where it is long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The type with its article.
fn an(column_type: &ColumnType) -> String {
    let article = match column_type {
        ColumnType::Integer => "an",
        _ => "a",
    };
    format!("{article} {column_type}")
}

#[cfg(test)]
mod tests;
