//! Defaults as the catalog writes them: constants and the current time are recognised, other expressions stay raw.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use fastman_core::schema::{ColumnType, Expression, Function};
use fastman_core::value::Value;

use crate::dialect::types::stored_value;

/// The current time in the catalog's words, casts and outer parentheses aside: what we write, and what others do.
const NOW: [&str; 10] = [
    "current_timestamp",
    "current_timestamp at time zone 'utc'",
    "timezone('utc'::text, current_timestamp)",
    "now()",
    "now() at time zone 'utc'",
    "timezone('utc'::text, now())",
    "localtimestamp",
    "statement_timestamp()",
    "transaction_timestamp()",
    "clock_timestamp()",
];

/// The default of a column, from `pg_get_expr`.
pub(super) fn expression(text: &str, column_type: &ColumnType) -> Expression {
    let bare = bare(text);
    let lower = bare.to_ascii_lowercase();
    let function = match column_type {
        ColumnType::Timestamp | ColumnType::TimestampTz if NOW.contains(&lower.as_str()) => {
            Some(Function::CurrentTimestamp)
        }
        ColumnType::Date if lower == "current_date" || NOW.contains(&lower.as_str()) => Some(Function::CurrentDate),
        _ => None,
    };
    if let Some(function) = function {
        return Expression::Call { function, arguments: Vec::new() };
    }
    match constant(bare).and_then(|constant| value(&constant, column_type)) {
        Some(value) => Expression::literal(stored_value(value, column_type), column_type.clone()),
        None => Expression::Raw(text.to_owned()),
    }
}

/// What is inside of parentheses and casts.
fn bare(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let Some(shape) = Shape::of(text) else { return text };
        text = if shape.enclosed {
            text[1..text.len() - 1].trim()
        } else if let Some(cast) = shape.cast {
            text[..cast].trim()
        } else {
            return text;
        };
    }
}

/// Where a text's last cast is, and whether one pair of parentheses holds all of it.
struct Shape {
    enclosed: bool,
    cast: Option<usize>,
}

impl Shape {
    /// `None` where quotes or parentheses don't match.
    fn of(text: &str) -> Option<Shape> {
        let bytes = text.as_bytes();
        let (mut depth, mut quoted, mut cast) = (0_usize, false, None);
        let mut enclosed = bytes.first() == Some(&b'(') && bytes.last() == Some(&b')');
        for (place, byte) in bytes.iter().enumerate() {
            match byte {
                b'\'' => quoted = !quoted,
                _ if quoted => {}
                b'(' => depth += 1,
                b')' => {
                    depth = depth.checked_sub(1)?;
                    enclosed &= depth > 0 || place + 1 == bytes.len();
                }
                b':' if depth == 0 && bytes.get(place + 1) == Some(&b':') => cast = Some(place),
                _ => {}
            }
        }
        // Behind the last cast there is a type and nothing else.
        let is_type = |place: &usize| {
            let mut name = bytes.get(place + 2..).unwrap_or_default().iter();
            name.all(|byte| byte.is_ascii_alphanumeric() || b" _(),.\"[]".contains(byte))
        };
        (depth == 0 && !quoted).then_some(Shape { enclosed, cast: cast.filter(is_type) })
    }
}

/// The text of a constant: what stands in one pair of quotes, or a number, or a truth.
fn constant(bare: &str) -> Option<String> {
    if let Some(inner) = bare.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        let halves = inner.split("''").all(|part| !part.contains('\''));
        return halves.then(|| inner.replace("''", "'"));
    }
    let number = bare.strip_prefix('-').unwrap_or(bare);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (is_number || matches!(bare, "true" | "false")).then(|| bare.to_owned())
}

fn value(text: &str, column_type: &ColumnType) -> Option<Value> {
    Some(match column_type {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Value::Integer(text.parse().ok()?),
        ColumnType::Decimal { .. } => Value::Decimal(text.parse().ok()?),
        ColumnType::Real | ColumnType::Double => Value::Double(text.parse().ok()?),
        ColumnType::Boolean => Value::Boolean(match text {
            "true" | "t" => true,
            "false" | "f" => false,
            _ => return None,
        }),
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text => Value::Text(text.to_owned()),
        ColumnType::Date => Value::Date(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?),
        ColumnType::Time => Value::Time(NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?),
        ColumnType::Timestamp => Value::Timestamp(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?),
        ColumnType::TimestampTz => {
            Value::TimestampTz(DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok()?.with_timezone(&Utc))
        }
        ColumnType::Blob | ColumnType::Varbinary(_) => Value::Bytes(bytes(text)?),
        ColumnType::Uuid => Value::Uuid(text.parse().ok()?),
        ColumnType::Json => Value::Json(text.to_owned()),
    })
}

/// `\x00ff`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x").filter(|digits| digits.is_ascii())?;
    (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(digits.get(place..place + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str, column_type: ColumnType) -> Option<Value> {
        match expression(text, &column_type) {
            Expression::Literal { value, .. } => Some(value),
            _ => None,
        }
    }

    #[test]
    fn constants_are_read_through_casts_and_parentheses() {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!(literal("'it''s'::character varying", ColumnType::Varchar(9)), text("it's"));
        assert_eq!(literal("'a::b'::text", ColumnType::Text), text("a::b"));
        assert_eq!(literal("''::character varying(20)", ColumnType::Varchar(20)), text(""));
        assert_eq!(literal("'-5'::integer", ColumnType::Integer), Some(Value::Integer(-5)));
        assert_eq!(literal("(5)::smallint", ColumnType::SmallInt), Some(Value::Integer(5)));
        assert_eq!(
            literal("1.50", ColumnType::Decimal { precision: 5, scale: 2 }),
            Some(Value::Decimal("1.5".parse().unwrap()))
        );
        assert_eq!(literal("true", ColumnType::Boolean), Some(Value::Boolean(true)));
        assert_eq!(literal("'\\x00ff'::bytea", ColumnType::Blob), Some(Value::Bytes(vec![0, 255])));
        assert!(literal("'2024-01-01 10:00:00+00'::timestamp with time zone", ColumnType::TimestampTz).is_some());
        assert_eq!(literal("('a'::text || 'b'::text)", ColumnType::Text), None);
        assert_eq!(literal("nextval('x'::regclass)", ColumnType::Integer), None);
    }

    #[test]
    fn the_current_time_is_known_in_every_version_s_words() {
        for (text, column_type) in [
            ("(CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text)", ColumnType::Timestamp),
            ("timezone('UTC'::text, CURRENT_TIMESTAMP)", ColumnType::Timestamp),
            ("timezone('utc'::text, now())", ColumnType::Timestamp),
            ("now()", ColumnType::TimestampTz),
            ("CURRENT_TIMESTAMP", ColumnType::TimestampTz),
            ("((CURRENT_TIMESTAMP AT TIME ZONE 'UTC'::text))::date", ColumnType::Date),
            ("CURRENT_DATE", ColumnType::Date),
        ] {
            assert!(matches!(expression(text, &column_type), Expression::Call { .. }), "{text}");
        }
        assert!(matches!(expression("now()", &ColumnType::Text), Expression::Raw(_)));
    }
}
