//! What a table's checks leave of a column's values, as far as they are of a simple kind.

use crate::schema::{BinaryOperator, Column, ConstraintKind, Expression, Table};
use crate::value::Value;

/// What a column's values may be.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Limits {
    /// The only values that there are; empty: any.
    pub choices: Vec<Value>,
    /// The least whole number.
    pub low: Option<i64>,
    /// The greatest whole number.
    pub high: Option<i64>,
}

/// The limits of a column.
pub(super) fn of(table: &Table, column: &Column) -> Limits {
    let mut limits = Limits::default();
    for constraint in &table.constraints {
        if let ConstraintKind::Check(check) = &constraint.kind {
            take(&mut limits, check, column);
        }
    }
    limits
}

fn take(limits: &mut Limits, check: &Expression, column: &Column) {
    match check {
        Expression::Binary { left, operator: BinaryOperator::And, right } => {
            take(limits, left, column);
            take(limits, right, column);
        }
        Expression::Binary { left, operator, right } => {
            let (operator, number) = match (is_column(left, column), is_column(right, column)) {
                (true, false) => (*operator, whole(right)),
                (false, true) => (mirrored(*operator), whole(left)),
                _ => return,
            };
            let Some(number) = number else { return };
            match operator {
                BinaryOperator::GreaterOrEqual => limits.low = Some(number),
                BinaryOperator::Greater => limits.low = Some(number + 1),
                BinaryOperator::LessOrEqual => limits.high = Some(number),
                BinaryOperator::Less => limits.high = Some(number - 1),
                _ => {}
            }
        }
        Expression::Between { operand, low, high, negated: false } if is_column(operand, column) => {
            limits.low = whole(low).or(limits.low);
            limits.high = whole(high).or(limits.high);
        }
        Expression::In { operand, list, negated: false } if is_column(operand, column) => {
            let values = list.iter().map(|item| match item {
                Expression::Literal { value, .. } => Some(value.clone()),
                _ => None,
            });
            limits.choices = values.collect::<Option<Vec<Value>>>().unwrap_or_default();
        }
        _ => {}
    }
}

fn is_column(expression: &Expression, column: &Column) -> bool {
    matches!(expression, Expression::Column(reference) if reference.name.key() == column.name.key())
}

/// A constant as a whole number; half of one is no limit that matters here.
fn whole(expression: &Expression) -> Option<i64> {
    match expression {
        Expression::Literal { value: Value::Integer(number), .. } => Some(*number),
        Expression::Literal { value: Value::Decimal(number), .. } => {
            number.rescale(0).and_then(|number| i64::try_from(number.mantissa()).ok())
        }
        Expression::Literal { value: Value::Double(number), .. }
            if number.trunc() == *number && number.abs() < 1e15 =>
        {
            Some(*number as i64)
        }
        _ => None,
    }
}

/// The operator with its sides changed.
fn mirrored(operator: BinaryOperator) -> BinaryOperator {
    match operator {
        BinaryOperator::GreaterOrEqual => BinaryOperator::LessOrEqual,
        BinaryOperator::Greater => BinaryOperator::Less,
        BinaryOperator::LessOrEqual => BinaryOperator::GreaterOrEqual,
        BinaryOperator::Less => BinaryOperator::Greater,
        other => other,
    }
}
