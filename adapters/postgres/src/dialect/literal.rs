//! Literals: constants that mean the same whatever the session is set to.

use fastman_core::schema::{ColumnType, TypeFamily};
use fastman_core::value::Value;

use super::types::type_name;
use crate::value::{self, NoValue};

/// The literal of a value for a column of that type.
pub(super) fn literal(value: &Value, column_type: Option<&ColumnType>) -> Result<String, NoValue> {
    let Some(text) = value::text(value)? else { return Ok("NULL".to_owned()) };
    let family = column_type.map(ColumnType::family);
    Ok(match value {
        Value::Boolean(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        Value::Integer(_) | Value::Decimal(_) if family != Some(TypeFamily::Float) => {
            if text.starts_with('-') {
                format!("({text})")
            } else {
                text
            }
        }
        Value::Text(_) if family.is_none_or(|family| family == TypeFamily::Text) => quoted(&text),
        _ => format!("{}::{}", quoted(&text), own_type(value, column_type)),
    })
}

/// The type that the text of a value is read as: the column's, else its own.
fn own_type(value: &Value, column_type: Option<&ColumnType>) -> String {
    if let Some(column_type) = column_type {
        return match column_type {
            // A length would cut or round; storing it says that it does not fit.
            ColumnType::Char(_) | ColumnType::Varchar(_) => "text".to_owned(),
            ColumnType::Decimal { .. } => "numeric".to_owned(),
            other => type_name(other),
        };
    }
    match value {
        Value::Bytes(_) => "bytea",
        Value::Date(_) => "date",
        Value::Time(_) => "time",
        Value::Timestamp(_) => "timestamp",
        Value::TimestampTz(_) => "timestamp with time zone",
        Value::Uuid(_) => "uuid",
        Value::Json(_) => "jsonb",
        Value::Integer(_) | Value::Decimal(_) | Value::Double(_) => "double precision",
        _ => "text",
    }
    .to_owned()
}

/// A text in quotes. With a backslash in it, it is one that has escapes whatever `standard_conforming_strings` says.
pub(crate) fn quoted(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_say_their_type_where_the_place_may_not() {
        let shown = |value, column_type: Option<ColumnType>| literal(&value, column_type.as_ref()).unwrap();
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(shown(Value::Null, Some(ColumnType::Text)), "NULL");
        assert_eq!(shown(text("it's"), Some(ColumnType::Varchar(9))), "'it''s'");
        assert_eq!(shown(text("a\\b"), None), "E'a\\\\b'");
        assert_eq!(shown(Value::Integer(-5), Some(ColumnType::Integer)), "(-5)");
        assert_eq!(shown(Value::Integer(5), Some(ColumnType::Double)), "'5'::double precision");
        assert_eq!(shown(Value::Double(0.1), Some(ColumnType::Real)), "'0.1'::real");
        assert_eq!(shown(Value::Double(f64::INFINITY), None), "'Infinity'::double precision");
        assert_eq!(shown(Value::Bytes(vec![0, 255]), None), "E'\\\\x00ff'::bytea");
        assert_eq!(shown(Value::Json("{}".to_owned()), Some(ColumnType::Json)), "'{}'::jsonb");
        assert_eq!(shown(Value::Boolean(true), None), "TRUE");
    }
}
