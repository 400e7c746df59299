//! Types: what a column is declared as, what a value is written as, and what the catalog gives back.

use fastman_core::dialect::unsupported;
use fastman_core::error::Result;
use fastman_core::schema::{Column, ColumnType, Expression, Table, TypeFamily};
use fastman_core::value::Value;

use super::quoted_text;
use crate::SPG;
use crate::value::text;

/// The type as CREATE TABLE writes it. Each is one word: behind `::` SPG takes no more.
pub(crate) fn type_name(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::SmallInt => "smallint".to_owned(),
        ColumnType::Integer => "integer".to_owned(),
        ColumnType::BigInt => "bigint".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("numeric({precision}, {scale})"),
        ColumnType::Real => "real".to_owned(),
        ColumnType::Double => "float8".to_owned(),
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::Char(length) => format!("char({length})"),
        ColumnType::Varchar(length) => format!("varchar({length})"),
        ColumnType::Text => "text".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Time => "time".to_owned(),
        ColumnType::Timestamp => "timestamp".to_owned(),
        ColumnType::TimestampTz => "timestamptz".to_owned(),
        ColumnType::Blob | ColumnType::Varbinary(_) => "bytea".to_owned(),
        ColumnType::Uuid => "uuid".to_owned(),
        ColumnType::Json => "jsonb".to_owned(),
    }
}

/// The type that the catalog names, and whether it is that type and nothing else.
pub(crate) fn declared(name: &str) -> (ColumnType, bool) {
    let (word, arguments) = match name.split_once('(') {
        Some((word, rest)) => (word, rest.trim_end_matches(')')),
        None => (name, ""),
    };
    let mut numbers = arguments.split(',').map(|number| number.trim().parse::<u32>().ok());
    let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
    let small = |number: Option<u32>| number.and_then(|number| u8::try_from(number).ok());
    let column_type = match (word, first) {
        ("smallint", _) => ColumnType::SmallInt,
        ("integer", _) => ColumnType::Integer,
        ("bigint", _) => ColumnType::BigInt,
        ("real", _) => ColumnType::Real,
        ("double precision", _) => ColumnType::Double,
        ("boolean", _) => ColumnType::Boolean,
        ("character", Some(length)) => ColumnType::Char(length),
        ("character varying", Some(length)) => ColumnType::Varchar(length),
        ("text", _) => ColumnType::Text,
        ("date", _) => ColumnType::Date,
        ("time without time zone", _) => ColumnType::Time,
        ("timestamp without time zone", _) => ColumnType::Timestamp,
        ("timestamp with time zone", _) => ColumnType::TimestampTz,
        ("bytea", _) => ColumnType::Blob,
        ("uuid", _) => ColumnType::Uuid,
        ("jsonb", _) => ColumnType::Json,
        ("numeric", _) => match (small(first), small(second)) {
            (Some(precision), Some(scale)) => ColumnType::Decimal { precision, scale },
            _ => return (ColumnType::Decimal { precision: 38, scale: 10 }, false),
        },
        _ => return (ColumnType::Text, false),
    };
    (column_type, true)
}

/// The table as the catalog gives it back.
pub(crate) fn stored(table: &Table) -> Table {
    Table { columns: table.columns.iter().map(stored_column).collect(), ..table.clone() }
}

fn stored_column(column: &Column) -> Column {
    let column_type = match &column.column_type {
        // bytea has no length.
        ColumnType::Varbinary(_) => ColumnType::Blob,
        other => other.clone(),
    };
    let default = column.default.clone().map(|default| match default {
        Expression::Literal { value, column_type: Some(_) } => {
            Expression::literal(stored_value(value, &column_type), column_type.clone())
        }
        other => other,
    });
    Column { column_type, default, ..column.clone() }
}

/// A constant as it is read back from a column of the type: a REAL has as few digits as tell it apart from others.
pub(crate) fn stored_value(value: Value, column_type: &ColumnType) -> Value {
    match (value, column_type) {
        #[allow(clippy::cast_possible_truncation)]
        (Value::Double(number), ColumnType::Real) => {
            Value::Double((number as f32).to_string().parse().unwrap_or(number))
        }
        (Value::Decimal(number), ColumnType::Decimal { scale, .. }) => {
            Value::Decimal(number.rescale(*scale).unwrap_or(number))
        }
        (value, _) => value,
    }
}

/// The literal of a value for a column of that type.
///
/// # Errors
/// `dialect.unsupported` for what only documents hold.
pub(crate) fn literal(value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
    let Some(text) = text(value) else {
        return match value {
            Value::Null => Ok("NULL".to_owned()),
            other => Err(unsupported(&SPG, format!("there is no literal for {other:?}"))),
        };
    };
    let is_float = column_type.is_some_and(|column_type| column_type.family() == TypeFamily::Float);
    Ok(match value {
        Value::Boolean(_) => text.to_uppercase(),
        Value::Integer(_) | Value::Decimal(_) if !is_float && text.starts_with('-') => format!("({text})"),
        Value::Integer(_) | Value::Decimal(_) if !is_float => text,
        Value::Integer(_) | Value::Decimal(_) | Value::Double(_) => format!("'{text}'::float8"),
        Value::Bytes(_) => format!("'{text}'::bytea"),
        Value::Date(_) => format!("'{text}'::date"),
        Value::Time(_) => format!("'{text}'::time"),
        Value::Timestamp(_) => format!("'{text}'::timestamp"),
        Value::TimestampTz(_) => format!("'{text}'::timestamptz"),
        Value::Uuid(_) => format!("'{text}'::uuid"),
        Value::Json(_) => format!("{}::jsonb", quoted_text(&text)),
        _ => quoted_text(&text),
    })
}
