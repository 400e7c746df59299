//! Constants as written, and how they take the type of what they are compared with or stored as.
//!
//! A constant has no type of its own until its place gives it one: `1` is a SMALLINT beside a SMALLINT and a DECIMAL beside a
//! DECIMAL, `'2024-01-31'` a DATE beside a DATE. It takes a type only if nothing of it is lost.

use super::casts::an;
use super::errors::Refusal;
use super::temporal;
use crate::schema::ColumnType;
use crate::value::{Decimal, DecimalError, Value};

/// The error of a constant that does not fit its type.
const MISFIT: &str = "sql.literal";

/// A constant as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    /// A number with its sign.
    Number(String),
    /// `'text'`.
    Text(String),
    /// `X'cafe'`.
    Bytes(Vec<u8>),
}

impl Constant {
    /// The type it has where nothing else gives it one.
    pub fn natural_type(&self) -> Result<ColumnType, Refusal> {
        match self {
            Constant::Number(written) if is_exponential(written) => Ok(ColumnType::Double),
            Constant::Number(written) => match decimal(written)? {
                number if number.scale() > 0 => Ok(decimal_type(number)),
                number if i32::try_from(number.mantissa()).is_ok() => Ok(ColumnType::Integer),
                number if i64::try_from(number.mantissa()).is_ok() => Ok(ColumnType::BigInt),
                number => Ok(decimal_type(number)),
            },
            Constant::Text(text) => match u32::try_from(text.chars().count()) {
                Ok(length) if length <= ColumnType::MAX_TEXT_LENGTH => Ok(ColumnType::Varchar(length.max(1))),
                _ => Ok(ColumnType::Text),
            },
            Constant::Bytes(bytes) => match u32::try_from(bytes.len()) {
                Ok(length) if length <= ColumnType::MAX_TEXT_LENGTH => Ok(ColumnType::Varbinary(length.max(1))),
                _ => Ok(ColumnType::Blob),
            },
        }
    }

    /// The type it takes in arithmetic beside `other`, where a constant that does not fit widens the result instead of
    /// being refused.
    pub fn operand_type(&self, other: &ColumnType) -> Result<ColumnType, Refusal> {
        match (self, other) {
            (Constant::Number(written), ColumnType::Decimal { .. }) if !is_exponential(written) => {
                Ok(decimal_type(decimal(written)?))
            }
            _ if self.coerce(other).is_ok() => Ok(other.clone()),
            _ => self.natural_type(),
        }
    }

    /// Its value in the form of a type.
    pub fn coerce(&self, target: &ColumnType) -> Result<Value, Refusal> {
        match self {
            Constant::Number(written) => number(written, target),
            Constant::Text(text) => text_as(text, target),
            Constant::Bytes(bytes) => bytes_as(bytes, target),
        }
    }
}

fn is_exponential(written: &str) -> bool {
    written.contains(['e', 'E'])
}

fn misfit(what: &str, target: &ColumnType) -> Refusal {
    Refusal::new(MISFIT, format!("not {}", an(target)), format!("{what} is not {}", an(target)))
}

fn decimal(written: &str) -> Result<Decimal, Refusal> {
    let refused = |why: &dyn std::fmt::Display| {
        Refusal::new(MISFIT, "too many digits", format!("{written} can't be kept exactly: {why}"))
    };
    let number: Decimal = written.parse().map_err(|error: DecimalError| refused(&error))?;
    if number.scale() > ColumnType::MAX_SCALE {
        return Err(refused(&format!("it has more than {} digits after the point", ColumnType::MAX_SCALE)));
    }
    Ok(number)
}

/// DECIMAL with exactly the digits that were written.
fn decimal_type(number: Decimal) -> ColumnType {
    let digits = number.mantissa().unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
    let precision = u8::try_from(digits).unwrap_or(38).max(number.scale()).max(1);
    ColumnType::Decimal { precision, scale: number.scale() }
}

fn number(written: &str, target: &ColumnType) -> Result<Value, Refusal> {
    match target {
        ColumnType::SmallInt => integer(written, target, i64::from(i16::MIN), i64::from(i16::MAX)),
        ColumnType::Integer => integer(written, target, i64::from(i32::MIN), i64::from(i32::MAX)),
        ColumnType::BigInt => integer(written, target, i64::MIN, i64::MAX),
        ColumnType::Decimal { precision, scale } => {
            if is_exponential(written) {
                return Err(
                    misfit(written, target).with_help("write all its digits: an exponent makes a DOUBLE PRECISION")
                );
            }
            let number = decimal(written)?;
            match number.rescale(*scale) {
                Some(number) if number.fits(*precision, *scale) => Ok(Value::Decimal(number)),
                Some(_) => Err(misfit(written, target)
                    .with_help(format!("{target} keeps {} digits before the point", precision - scale))),
                None => Err(misfit(written, target)
                    .with_help(format!("{target} keeps {scale} digits after the point, and none is cut off silently"))),
            }
        }
        ColumnType::Real => match written.parse::<f32>() {
            Ok(number) if number.is_finite() && (number != 0.0 || !has_digit(written)) => {
                Ok(Value::Double(f64::from(number) + 0.0))
            }
            _ => Err(misfit(written, target).with_help("it is beyond what 32 bits can hold")),
        },
        ColumnType::Double => match written.parse::<f64>() {
            Ok(number) if number.is_finite() && (number != 0.0 || !has_digit(written)) => {
                // A negative zero is zero.
                Ok(Value::Double(number + 0.0))
            }
            _ => Err(misfit(written, target).with_help("it is beyond what 64 bits can hold")),
        },
        ColumnType::Boolean => {
            let help = match written {
                "1" => "write TRUE",
                "0" => "write FALSE",
                _ => "a BOOLEAN is TRUE or FALSE",
            };
            Err(misfit(written, target).with_help(help))
        }
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text => {
            Err(misfit(written, target).with_help(format!("write '{written}'")))
        }
        _ => Err(misfit(written, target)),
    }
}

/// Whether a number has a digit other than 0 before its exponent.
fn has_digit(written: &str) -> bool {
    written.split(['e', 'E']).next().unwrap_or_default().bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

fn integer(written: &str, target: &ColumnType, least: i64, most: i64) -> Result<Value, Refusal> {
    if is_exponential(written) {
        return Err(misfit(written, target).with_help("write all its digits: an exponent makes a DOUBLE PRECISION"));
    }
    let number = decimal(written)?;
    let Some(whole) = number.rescale(0) else {
        return Err(misfit(written, target).with_help(format!("{target} takes whole numbers alone")));
    };
    match i64::try_from(whole.mantissa()) {
        Ok(number) if (least..=most).contains(&number) => Ok(Value::Integer(number)),
        _ => Err(misfit(written, target).with_help(format!("{target} goes from {least} to {most}"))),
    }
}

fn text_as(text: &str, target: &ColumnType) -> Result<Value, Refusal> {
    let shown = || format!("'{}'", text.replace('\'', "''"));
    let misfit = || misfit(&shown(), target);
    let form = |form: &str| misfit().with_help(format!("write {form}"));
    if text.contains('\0') {
        return Err(Refusal::new(MISFIT, "a NUL character", "a text can't hold a NUL character on every engine"));
    }
    match target {
        ColumnType::Text => Ok(Value::Text(text.to_owned())),
        ColumnType::Varchar(limit) => limited(text, *limit, target).map(Value::Text),
        ColumnType::Char(limit) => limited(without_padding(text), *limit, target).map(Value::Text),
        ColumnType::Date => {
            temporal::date(text).map(Value::Date).ok_or_else(|| match temporal::looks_like_a_date(text) {
                true => no_such_day(misfit()),
                false => form(temporal::DATE_FORM),
            })
        }
        ColumnType::Time => temporal::time(text).map(Value::Time).ok_or_else(|| form(temporal::TIME_FORM)),
        ColumnType::Timestamp => temporal::timestamp(text).map(Value::Timestamp).ok_or_else(|| {
            if temporal::starts_with_no_day(text) {
                no_such_day(misfit())
            } else if temporal::timestamp_tz(text).is_some() {
                misfit().with_help(
                    "a TIMESTAMP has no time zone: leave the offset out, or declare TIMESTAMP WITH TIME ZONE",
                )
            } else {
                form(temporal::TIMESTAMP_FORM)
            }
        }),
        ColumnType::TimestampTz => {
            temporal::timestamp_tz(text).map(Value::TimestampTz).ok_or_else(|| form(temporal::TIMESTAMP_TZ_FORM))
        }
        ColumnType::Uuid => Some(text)
            .filter(|text| text.len() == 36)
            .and_then(|text| uuid::Uuid::try_parse(text).ok())
            .map(Value::Uuid)
            .ok_or_else(|| form("'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx' in hexadecimal digits")),
        ColumnType::Json => match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => Ok(Value::Json(text.to_owned())),
            Err(error) => Err(Refusal::new(MISFIT, "not JSON", format!("the text is not a JSON document: {error}"))
                .with_help("a JSON text stands in double quotes inside the single ones: '\"text\"'")),
        },
        ColumnType::Boolean => Err(misfit().with_help(match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "1" => "write TRUE, without quotes",
            "false" | "f" | "no" | "0" => "write FALSE, without quotes",
            _ => "a BOOLEAN is TRUE or FALSE",
        })),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt | ColumnType::Decimal { .. } => {
            Err(match text.parse::<Decimal>() {
                Ok(_) => misfit().with_help(format!("write {text}, without quotes")),
                Err(_) => misfit(),
            })
        }
        ColumnType::Real | ColumnType::Double => Err(match text.parse::<f64>() {
            Ok(number) if number.is_finite() => misfit().with_help(format!("write {text}, without quotes")),
            _ => misfit(),
        }),
        ColumnType::Blob | ColumnType::Varbinary(_) => {
            Err(misfit().with_help("write bytes in hexadecimal digits: X'cafe'"))
        }
    }
}

fn no_such_day(refusal: Refusal) -> Refusal {
    refusal.with_help("there is no such day in the years 0001 to 9999")
}

/// The blanks at the end of a CHAR mean nothing. One stays where there is nothing else, for on Oracle no text at all is NULL.
fn without_padding(text: &str) -> &str {
    match text.trim_end_matches(' ') {
        "" if !text.is_empty() => " ",
        trimmed => trimmed,
    }
}

fn limited(text: &str, limit: u32, target: &ColumnType) -> Result<String, Refusal> {
    let length = text.chars().count();
    if length as u64 > u64::from(limit) {
        return Err(Refusal::new(
            MISFIT,
            format!("{length} characters"),
            format!("a text of {length} characters does not fit {target}"),
        ));
    }
    Ok(text.to_owned())
}

fn bytes_as(bytes: &[u8], target: &ColumnType) -> Result<Value, Refusal> {
    match target {
        ColumnType::Blob => Ok(Value::Bytes(bytes.to_vec())),
        ColumnType::Varbinary(limit) if bytes.len() as u64 <= u64::from(*limit) => Ok(Value::Bytes(bytes.to_vec())),
        ColumnType::Varbinary(_) => Err(Refusal::new(
            MISFIT,
            format!("{} bytes", bytes.len()),
            format!("{} bytes do not fit {target}", bytes.len()),
        )),
        _ => Err(misfit("a binary constant", target)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Constant {
        Constant::Number(text.to_owned())
    }

    fn text(text: &str) -> Constant {
        Constant::Text(text.to_owned())
    }

    fn decimal(precision: u8, scale: u8) -> ColumnType {
        ColumnType::Decimal { precision, scale }
    }

    #[test]
    fn an_integer_is_checked_against_the_range_of_its_type() {
        for (written, target, fits) in [
            ("-32768", ColumnType::SmallInt, true),
            ("32768", ColumnType::SmallInt, false),
            ("2147483647", ColumnType::Integer, true),
            ("2147483648", ColumnType::Integer, false),
            ("-9223372036854775808", ColumnType::BigInt, true),
            ("9223372036854775808", ColumnType::BigInt, false),
            ("5.0", ColumnType::Integer, true),
            ("5.5", ColumnType::Integer, false),
            ("1e3", ColumnType::Integer, false),
        ] {
            assert_eq!(number(written).coerce(&target).is_ok(), fits, "{written} as {target}");
        }
    }

    #[test]
    fn a_decimal_that_would_lose_a_digit_is_refused() {
        assert_eq!(number("1.5").coerce(&decimal(5, 2)).unwrap(), Value::Decimal("1.50".parse().unwrap()),);
        assert!(number("1.555").coerce(&decimal(5, 2)).unwrap_err().help.unwrap().contains("after the point"));
        assert!(number("1000").coerce(&decimal(5, 2)).unwrap_err().help.unwrap().contains("3 digits before the point"));
        assert!(number("1.550").coerce(&decimal(5, 2)).is_ok());
        assert!(number(&"9".repeat(39)).coerce(&decimal(38, 0)).is_err());
    }

    #[test]
    fn only_true_and_false_are_booleans() {
        assert_eq!(number("1").coerce(&ColumnType::Boolean).unwrap_err().help.as_deref(), Some("write TRUE"));
        assert_eq!(
            text("false").coerce(&ColumnType::Boolean).unwrap_err().help.as_deref(),
            Some("write FALSE, without quotes")
        );
    }

    #[test]
    fn floats_take_the_form_of_their_width_and_refuse_what_it_cannot_hold() {
        assert_eq!(number("0.1").coerce(&ColumnType::Real).unwrap(), Value::Double(f64::from(0.1_f32)));
        assert_eq!(number("1e308").coerce(&ColumnType::Double).unwrap(), Value::Double(1e308));
        assert_eq!(number("0").coerce(&ColumnType::Double).unwrap(), Value::Double(0.0));
        assert_eq!(number("0e5").coerce(&ColumnType::Double).unwrap(), Value::Double(0.0));
        for (written, target) in
            [("1e309", ColumnType::Double), ("1e-400", ColumnType::Double), ("1e39", ColumnType::Real)]
        {
            assert!(number(written).coerce(&target).is_err(), "{written}");
        }
    }

    #[test]
    fn a_text_is_checked_against_its_length_in_characters() {
        assert!(text("äöü").coerce(&ColumnType::Varchar(3)).is_ok());
        assert!(text("äöüß").coerce(&ColumnType::Varchar(3)).is_err());
        assert_eq!(text("ab  ").coerce(&ColumnType::Char(2)).unwrap(), Value::Text("ab".into()));
        assert_eq!(text("  ").coerce(&ColumnType::Char(2)).unwrap(), Value::Text(" ".into()));
        assert!(text("a\0b").coerce(&ColumnType::Text).is_err());
    }

    #[test]
    fn a_text_takes_the_type_of_dates_uuids_and_documents() {
        for (written, target, fits) in [
            ("2024-01-31", ColumnType::Date, true),
            ("31.1.2024", ColumnType::Date, false),
            ("2024-01-31 10:00:00Z", ColumnType::Timestamp, false),
            ("2024-01-31 10:00:00Z", ColumnType::TimestampTz, true),
            ("F47AC10B-58CC-4372-A567-0E02B2C3D479", ColumnType::Uuid, true),
            ("f47ac10b58cc4372a5670e02b2c3d479", ColumnType::Uuid, false),
            ("{\"a\": [1.0, null]}", ColumnType::Json, true),
            ("{'a': 1}", ColumnType::Json, false),
            ("12", ColumnType::Integer, false),
            ("cafe", ColumnType::Blob, false),
        ] {
            assert_eq!(text(written).coerce(&target).is_ok(), fits, "{written} as {target}");
        }
    }

    #[test]
    fn a_constant_alone_has_the_least_type_that_holds_it() {
        for (written, natural) in [
            ("1", ColumnType::Integer),
            ("-2147483648", ColumnType::Integer),
            ("2147483648", ColumnType::BigInt),
            ("9223372036854775808", decimal(19, 0)),
            ("1.50", decimal(3, 2)),
            ("0.05", decimal(2, 2)),
            ("1e3", ColumnType::Double),
        ] {
            assert_eq!(number(written).natural_type().unwrap(), natural, "{written}");
        }
        assert_eq!(text("abc").natural_type().unwrap(), ColumnType::Varchar(3));
        assert_eq!(text("").natural_type().unwrap(), ColumnType::Varchar(1));
    }

    #[test]
    fn in_arithmetic_a_constant_widens_the_result_rather_than_being_refused() {
        assert_eq!(number("1").operand_type(&ColumnType::SmallInt).unwrap(), ColumnType::SmallInt);
        assert_eq!(number("40000").operand_type(&ColumnType::SmallInt).unwrap(), ColumnType::Integer);
        assert_eq!(number("1.155").operand_type(&decimal(10, 2)).unwrap(), decimal(4, 3));
        assert_eq!(number("2").operand_type(&decimal(10, 2)).unwrap(), decimal(1, 0));
        assert_eq!(number("1.5").operand_type(&ColumnType::Double).unwrap(), ColumnType::Double);
    }
}
