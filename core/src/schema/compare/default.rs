//! Comparing defaults, which catalogs give back in other words.

use crate::schema::{Column, Expression};
use crate::sql::portable;
use crate::value::{Decimal, Value};

/// Whether the two columns give a new row the same, as far as that can be told.
pub(super) fn same(expected: &Column, actual: &Column) -> bool {
    match (&expected.default, &actual.default) {
        (None, None) => true,
        (Some(Expression::Raw(_)), Some(_)) | (Some(_), Some(Expression::Raw(_))) => true,
        (Some(Expression::Literal { value: left, .. }), Some(Expression::Literal { value: right, .. })) => {
            same_value(left, right)
        }
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// The default in words.
pub(super) fn described(column: &Column) -> String {
    match &column.default {
        Some(default) => format!("DEFAULT {}", portable::value(default, &column.column_type)),
        None => "no default".to_owned(),
    }
}

/// Numbers by what they are, JSON by what it says, everything else as it is.
fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Json(left), Value::Json(right)) => {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            left == right || read(left).is_some_and(|left| Some(left) == read(right))
        }
        _ => match (exact(left), exact(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        },
    }
}

fn exact(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Decimal::new(i128::from(*number), 0),
        Value::Decimal(number) => Some(*number),
        _ => None,
    }
}
