//! Values to and from SQLite: one text form for each type that SQLite has none for, chosen so that text order is the
//! order of the values and that what CURRENT_TIMESTAMP gives is of that form.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use fastman_core::schema::ColumnType;
use fastman_core::value::{Decimal, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::dialect::{is_text_decimal, type_of_declaration};

/// The value as SQLite keeps it; `column` is the type of the column that it is written to, where it is known.
///
/// # Errors
/// Why it can't be kept, as a clause.
pub(crate) fn bind<'a>(value: &'a Value, column: Option<&ColumnType>) -> Result<ToSqlOutput<'a>, String> {
    if let Some(column) = column {
        check(value, column)?;
        if is_text_decimal(column) && matches!(value, Value::Integer(_) | Value::Decimal(_)) {
            return kept_text(value, column).map(text);
        }
    }
    Ok(match value {
        Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
        Value::Boolean(truth) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*truth))),
        Value::Integer(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
        // The column's affinity makes a number of it, the same as of a literal.
        Value::Decimal(number) => text(number.to_string()),
        Value::Double(number) if number.is_nan() => return Err("SQLite would make NULL of NaN".to_owned()),
        Value::Double(number) => ToSqlOutput::Borrowed(ValueRef::Real(*number)),
        Value::Text(characters) | Value::Json(characters) => {
            ToSqlOutput::Borrowed(ValueRef::Text(characters.as_bytes()))
        }
        Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        Value::Date(date) => text(date_text(*date)?),
        Value::Time(time) => text(time_text(*time)),
        Value::Timestamp(timestamp) => text(timestamp_text(*timestamp)?),
        Value::TimestampTz(instant) => text(timestamp_text(instant.naive_utc())?),
        Value::Uuid(uuid) => text(uuid.hyphenated().to_string()),
        other => return Err(format!("SQLite has nothing for {}", kind_of(other))),
    })
}

fn text<'a>(characters: String) -> ToSqlOutput<'a> {
    ToSqlOutput::Owned(rusqlite::types::Value::Text(characters))
}

/// A number as a DECIMAL column that keeps text has it: always as many digits after the point as the column has.
///
/// # Errors
/// That it does not fit.
pub(crate) fn kept_text(value: &Value, column: &ColumnType) -> Result<String, String> {
    let number = match value {
        Value::Integer(number) => Decimal::new(i128::from(*number), 0),
        Value::Decimal(number) => Some(*number),
        _ => None,
    };
    let ColumnType::Decimal { scale, .. } = column else { return Err(format!("{column} is no DECIMAL")) };
    number
        .and_then(|number| number.rescale(*scale))
        .map(|number| number.to_string())
        .ok_or_else(|| format!("the value does not fit {column}"))
}

/// What other engines would refuse, SQLite would take and keep.
fn check(value: &Value, column: &ColumnType) -> Result<(), String> {
    let fits = match (value, column) {
        (Value::Integer(number), ColumnType::SmallInt) => i16::try_from(*number).is_ok(),
        (Value::Integer(number), ColumnType::Integer) => i32::try_from(*number).is_ok(),
        (Value::Integer(number), ColumnType::Decimal { precision, scale }) => {
            Decimal::new(i128::from(*number), 0).is_some_and(|number| number.fits(*precision, *scale))
        }
        (Value::Decimal(number), ColumnType::Decimal { precision, scale }) => number.fits(*precision, *scale),
        (Value::Text(characters), ColumnType::Char(length) | ColumnType::Varchar(length)) => {
            let length = usize::try_from(*length).unwrap_or(usize::MAX);
            characters.len() <= length || characters.chars().count() <= length
        }
        (Value::Bytes(bytes), ColumnType::Varbinary(length)) => {
            bytes.len() <= usize::try_from(*length).unwrap_or(usize::MAX)
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("the value does not fit {column}")) }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "an array; JSON is kept as text",
        Value::Map(_) => "a map; JSON is kept as text",
        Value::GeoPoint { .. } => "a place on earth",
        Value::Reference(_) => "a reference to a document",
        Value::ServerTimestamp => "the server's time; use the current time",
        _ => "a value of this kind",
    }
}

/// `YYYY-MM-DD`.
pub(crate) fn date_text(date: NaiveDate) -> Result<String, String> {
    let mut text = String::with_capacity(26);
    push_date(&mut text, date)?;
    Ok(text)
}

/// `HH:MM:SS`, and `.ffffff` only where there is a fraction: so a whole second has one form, and sorts before its
/// fractions.
pub(crate) fn time_text(time: NaiveTime) -> String {
    let mut text = String::with_capacity(15);
    push_time(&mut text, time);
    text
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]`; with a time zone the same, in UTC. CURRENT_TIMESTAMP gives this form.
pub(crate) fn timestamp_text(timestamp: NaiveDateTime) -> Result<String, String> {
    let mut text = String::with_capacity(26);
    push_date(&mut text, timestamp.date())?;
    text.push(' ');
    push_time(&mut text, timestamp.time());
    Ok(text)
}

fn push_date(text: &mut String, date: NaiveDate) -> Result<(), String> {
    if !(0..=9999).contains(&date.year()) {
        return Err(format!("the year {} is not between 0 and 9999", date.year()));
    }
    push_digits(text, date.year().unsigned_abs(), 4);
    text.push('-');
    push_digits(text, date.month(), 2);
    text.push('-');
    push_digits(text, date.day(), 2);
    Ok(())
}

/// The last `count` digits of a number; several times as fast as formatting it, which a stream of rows notices.
fn push_digits(text: &mut String, number: u32, count: u32) {
    for place in (0..count).rev() {
        let digit = u8::try_from(number / 10_u32.pow(place) % 10).unwrap_or_default();
        text.push(char::from(b'0' + digit));
    }
}

fn push_time(text: &mut String, time: NaiveTime) {
    push_digits(text, time.hour(), 2);
    text.push(':');
    push_digits(text, time.minute(), 2);
    text.push(':');
    push_digits(text, time.second(), 2);
    // A leap second has a nanosecond past a billion; it is kept as the last microsecond of its second.
    let micros = (time.nanosecond() / 1000).min(999_999);
    if micros != 0 {
        text.push('.');
        push_digits(text, micros, 6);
    }
}

/// The date that a text of any ISO form holds.
pub(crate) fn parse_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// The time that a text of any ISO form holds.
pub(crate) fn parse_time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M:%S%.f").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M")).ok()
}

/// The timestamp that a text of any ISO form holds; an offset is applied.
pub(crate) fn parse_timestamp(text: &str) -> Option<NaiveDateTime> {
    if let Some(timestamp) = parse_own_timestamp(text.as_bytes()) {
        return Some(timestamp);
    }
    for form in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"] {
        if let Ok(timestamp) = NaiveDateTime::parse_from_str(text, form) {
            return Some(timestamp);
        }
    }
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z"))
        .map(|instant| instant.naive_utc())
        .ok()
}

/// The timestamp of a text as [`timestamp_text`] and CURRENT_TIMESTAMP write it, without a pattern to interpret.
fn parse_own_timestamp(text: &[u8]) -> Option<NaiveDateTime> {
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0, |number: u32, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
    };
    let (whole, micros) = match text {
        [whole @ .., b'.', a, b, c, d, e, f] if whole.len() == 19 => (whole, number(&[*a, *b, *c, *d, *e, *f])?),
        whole if whole.len() == 19 => (whole, 0),
        _ => return None,
    };
    let [year @ .., b'-', m1, m2, b'-', d1, d2, b' ', h1, h2, b':', n1, n2, b':', s1, s2] = whole else { return None };
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(year)?).ok()?, number(&[*m1, *m2])?, number(&[*d1, *d2])?)?;
    date.and_hms_micro_opt(number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?, micros)
}

/// How a result column's values are read, from its declared type.
pub(crate) fn reader(declaration: Option<&str>) -> Option<ColumnType> {
    declaration.and_then(type_of_declaration)
}

/// A value of a result. Where it is not what its column's type promises, it is given as it is.
pub(crate) fn read(value: ValueRef<'_>, column: Option<&ColumnType>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => match column {
            Some(ColumnType::Boolean) if number == 0 || number == 1 => Value::Boolean(number == 1),
            Some(ColumnType::Decimal { scale, .. }) => {
                decimal(&number.to_string(), *scale).unwrap_or(Value::Integer(number))
            }
            Some(ColumnType::Real | ColumnType::Double) => Value::Double(number as f64),
            _ => Value::Integer(number),
        },
        ValueRef::Real(number) => match column {
            Some(ColumnType::Decimal { scale, .. }) => {
                // Another program may have stored more digits than the column declares: then it is what it is.
                let digits = format!("{number:.*}", usize::from(*scale));
                let exact = digits.parse() == Ok(number);
                exact.then(|| decimal(&digits, *scale)).flatten().unwrap_or(Value::Double(number))
            }
            _ => Value::Double(number),
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Text(bytes) => {
            let text = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
            read_text(&text, column).unwrap_or_else(|| Value::Text(text.into_owned()))
        }
    }
}

fn read_text(text: &str, column: Option<&ColumnType>) -> Option<Value> {
    match column? {
        ColumnType::Decimal { scale, .. } => decimal(text, *scale),
        ColumnType::Date => parse_date(text).map(Value::Date),
        ColumnType::Time => parse_time(text).map(Value::Time),
        ColumnType::Timestamp => parse_timestamp(text).map(Value::Timestamp),
        ColumnType::TimestampTz => parse_timestamp(text)
            .map(|instant| Value::TimestampTz(DateTime::<Utc>::from_naive_utc_and_offset(instant, Utc))),
        ColumnType::Uuid => uuid::Uuid::parse_str(text).ok().map(Value::Uuid),
        ColumnType::Json => Some(Value::Json(text.to_owned())),
        _ => None,
    }
}

/// With the column's scale where that loses nothing, else with its own.
fn decimal(text: &str, scale: u8) -> Option<Value> {
    let number: Decimal = text.parse().ok()?;
    Some(Value::Decimal(number.rescale(scale).unwrap_or(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timestamp(text: &str) -> NaiveDateTime {
        parse_timestamp(text).unwrap()
    }

    #[test]
    fn the_text_of_a_timestamp_sorts_as_its_time() {
        let in_order = [
            "0001-01-01 00:00:00",
            "2024-02-29 23:59:05",
            "2024-02-29 23:59:05.000001",
            "2024-02-29 23:59:05.1",
            "2024-02-29 23:59:05.10001",
            "2024-02-29 23:59:06",
            "9999-12-31 23:59:59.999999",
        ];
        let texts: Vec<String> = in_order.iter().map(|text| timestamp_text(timestamp(text)).unwrap()).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        assert_eq!(texts[1], "2024-02-29 23:59:05");
        assert_eq!(texts[3], "2024-02-29 23:59:05.100000");
    }

    #[test]
    fn timestamps_of_other_programs_are_read() {
        let expected = timestamp("2024-01-02 03:04:05.5");
        for text in [
            "2024-01-02T03:04:05.500",
            "2024-01-02T03:04:05.5Z",
            "2024-01-02T05:04:05.5+02:00",
            "2024-01-02 03:04:05.500000+00:00",
            "2024-01-02 03:04:05.5+00",
        ] {
            assert_eq!(parse_timestamp(text), Some(expected), "{text}");
        }
        assert_eq!(parse_timestamp("yesterday"), None);
    }

    #[test]
    fn what_sqlite_would_mangle_is_refused() {
        assert!(bind(&Value::Double(f64::NAN), None).is_err());
        assert!(bind(&Value::Date(NaiveDate::from_ymd_opt(10000, 1, 1).unwrap()), None).is_err());
        assert!(bind(&Value::ServerTimestamp, None).is_err());
        assert!(bind(&Value::Text("four".into()), Some(&ColumnType::Varchar(3))).is_err());
        assert!(bind(&Value::Text("äöüß".into()), Some(&ColumnType::Varchar(4))).is_ok());
        assert!(bind(&Value::Integer(40_000), Some(&ColumnType::SmallInt)).is_err());
        let decimal = Value::Decimal("1.234".parse().unwrap());
        assert!(bind(&decimal, Some(&ColumnType::Decimal { precision: 10, scale: 2 })).is_err());
    }

    #[test]
    fn a_long_decimal_is_kept_with_its_column_s_scale() {
        let column = ColumnType::Decimal { precision: 20, scale: 4 };
        for (value, kept) in [(Value::Decimal("1.5".parse().unwrap()), "1.5000"), (Value::Integer(-7), "-7.0000")] {
            let ToSqlOutput::Owned(rusqlite::types::Value::Text(text)) = bind(&value, Some(&column)).unwrap() else {
                panic!("not a text");
            };
            assert_eq!(text, kept);
        }
    }
}
