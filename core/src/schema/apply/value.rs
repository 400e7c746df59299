//! Types in range, and defaults that fit their column.

use crate::schema::{ColumnType, Expression, Function, Name, SchemaError};
use crate::value::Value;

/// The type's numbers are in the range that every engine has.
pub(super) fn type_in_range(column: &Name, column_type: &ColumnType) -> Result<(), SchemaError> {
    let wrong = |limit: &str| {
        SchemaError::new("schema.type", format!("column {column}: {column_type} is out of range: {limit}"), column)
    };
    match *column_type {
        ColumnType::Decimal { precision, scale } => {
            if !(1..=ColumnType::MAX_PRECISION).contains(&precision) {
                return Err(wrong("DECIMAL has 1 to 38 digits"));
            }
            if scale > precision || scale > ColumnType::MAX_SCALE {
                return Err(wrong("at most 30 digits stand after the point, and not more than there are"));
            }
        }
        ColumnType::Char(length) if !(1..=ColumnType::MAX_CHAR_LENGTH).contains(&length) => {
            return Err(wrong("CHAR has 1 to 255 characters").help("use VARCHAR for longer text"));
        }
        ColumnType::Varchar(length) if !(1..=ColumnType::MAX_TEXT_LENGTH).contains(&length) => {
            return Err(wrong("VARCHAR has 1 to 10,485,760 characters").help("use TEXT for longer text"));
        }
        ColumnType::Varbinary(length) if !(1..=ColumnType::MAX_TEXT_LENGTH).contains(&length) => {
            return Err(wrong("VARBINARY has 1 to 10,485,760 bytes").help("use BLOB for more"));
        }
        _ => {}
    }
    Ok(())
}

/// The default is a constant of the column's type that fits, or the current time. (An engine's own text is taken as it is.)
pub(super) fn default_fits(column: &Name, column_type: &ColumnType, default: &Expression) -> Result<(), SchemaError> {
    let wrong = |why: String| {
        SchemaError::new("schema.default", format!("column {column} can't have this default: {why}"), column)
    };
    match default {
        Expression::Raw(_) => Ok(()),
        Expression::Literal { value, .. } => value_fits(column_type, value).map_err(wrong),
        Expression::Call { function: Function::CurrentTimestamp, .. } => match column_type {
            ColumnType::Timestamp | ColumnType::TimestampTz => Ok(()),
            other => Err(wrong(format!("CURRENT_TIMESTAMP is not a {other}"))),
        },
        Expression::Call { function: Function::CurrentDate, .. } => match column_type {
            ColumnType::Date => Ok(()),
            other => Err(wrong(format!("CURRENT_DATE is not a {other}"))),
        },
        _ => Err(wrong("only constants, CURRENT_TIMESTAMP and CURRENT_DATE are defaults on every engine".into())),
    }
}

/// A value that a column of the type holds without a change.
fn value_fits(column_type: &ColumnType, value: &Value) -> Result<(), String> {
    let fits = match (column_type, value) {
        (_, Value::Null) => true,
        (ColumnType::SmallInt, Value::Integer(number)) => i16::try_from(*number).is_ok(),
        (ColumnType::Integer, Value::Integer(number)) => i32::try_from(*number).is_ok(),
        (ColumnType::BigInt, Value::Integer(_)) => true,
        (ColumnType::Decimal { precision, scale }, Value::Decimal(number)) => number.fits(*precision, *scale),
        (ColumnType::Real, Value::Double(number)) => number.abs() <= f64::from(f32::MAX),
        (ColumnType::Double, Value::Double(number)) => number.is_finite(),
        (ColumnType::Char(length) | ColumnType::Varchar(length), Value::Text(text)) => {
            text.chars().count() <= *length as usize
        }
        (ColumnType::Varbinary(length), Value::Bytes(bytes)) => bytes.len() <= *length as usize,
        (ColumnType::Boolean, Value::Boolean(_))
        | (ColumnType::Text, Value::Text(_))
        | (ColumnType::Blob, Value::Bytes(_))
        | (ColumnType::Date, Value::Date(_))
        | (ColumnType::Time, Value::Time(_))
        | (ColumnType::Timestamp, Value::Timestamp(_))
        | (ColumnType::TimestampTz, Value::TimestampTz(_))
        | (ColumnType::Uuid, Value::Uuid(_))
        | (ColumnType::Json, Value::Json(_)) => true,
        _ => return Err(format!("it is not a {column_type}")),
    };
    if fits { Ok(()) } else { Err(format!("it does not fit {column_type}")) }
}

/// A constant takes another type of its family; anything else stays as it is. A constant that does not fit is given back.
pub(super) fn retype(expression: &mut Expression, to: &ColumnType) -> Result<(), Value> {
    let Expression::Literal { value, column_type: Some(from) } = expression else { return Ok(()) };
    if from.family() != to.family() {
        return Ok(());
    }
    if value_fits(to, value).is_err() {
        return Err(value.clone());
    }
    if let (Value::Decimal(number), ColumnType::Decimal { scale, .. }) = (&mut *value, to)
        && let Some(rescaled) = number.rescale(*scale)
    {
        *number = rescaled;
    }
    *from = to.clone();
    Ok(())
}

/// Whether an expression is the constant NULL.
pub(super) fn is_null(expression: &Expression) -> bool {
    matches!(expression, Expression::Literal { value: Value::Null, .. })
}
