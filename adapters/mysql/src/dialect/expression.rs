//! Operators, functions, casts and aggregates with the portable meaning.

use fastman_core::schema::{Aggregate, BinaryOperator, ColumnType, Expression, Function, TypeFamily};
use fastman_core::sql::text::{standard_aggregate, standard_binary, standard_function};

use super::literal;
use crate::product::Product;

pub(super) fn binary(operator: BinaryOperator, left: &str, right: &str) -> String {
    match operator {
        // || is OR.
        BinaryOperator::Concatenate => format!("CONCAT({left}, {right})"),
        BinaryOperator::IntegerDivide => format!("({left} DIV {right})"),
        _ => standard_binary(operator, left, right),
    }
}

pub(super) fn function<'a>(function: Function, arguments: impl Iterator<Item = &'a str>) -> String {
    match function {
        // LENGTH counts bytes.
        Function::Length => format!("CHAR_LENGTH({})", arguments.collect::<Vec<_>>().join(", ")),
        Function::CurrentTimestamp => NOW.to_owned(),
        _ => standard_function(function, arguments),
    }
}

/// Now, by the session's time zone, which fastman sets to UTC.
pub(super) const NOW: &str = "CURRENT_TIMESTAMP(6)";

/// CAST, of what the binder lets through.
pub(super) fn cast(text: &str, from: Option<&ColumnType>, to: &ColumnType) -> Result<String, String> {
    let Some(from) = from else { return Ok(text.to_owned()) };
    let target = match (from.family(), to.family()) {
        (one, other) if one == other && !matches!(to.family(), TypeFamily::Decimal) => return Ok(text.to_owned()),
        (_, TypeFamily::Integer) => "SIGNED".to_owned(),
        (_, TypeFamily::Decimal) => match to {
            ColumnType::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
            _ => "DECIMAL".to_owned(),
        },
        (TypeFamily::Integer | TypeFamily::Decimal, TypeFamily::Float) => "DOUBLE".to_owned(),
        // With the session's character set and collation.
        (_, TypeFamily::Text) => "CHAR".to_owned(),
        (TypeFamily::Timestamp, TypeFamily::Date) => "DATE".to_owned(),
        (TypeFamily::Date, TypeFamily::Timestamp) => "DATETIME(6)".to_owned(),
        _ => return Err(format!("{from} can't be cast to {to}")),
    };
    Ok(format!("CAST({text} AS {target})"))
}

/// A constant pattern in which nothing escapes: a backslash would, so something that is not in it is made to.
pub(super) fn like(operand: &str, pattern: &str, negated: bool, product: Product) -> String {
    let not = if negated { "NOT " } else { "" };
    if !pattern.contains('\\') {
        return format!("({operand} {not}LIKE {})", literal::expression(pattern, product));
    }
    let pattern = pattern.replace('|', "||");
    format!("({operand} {not}LIKE {} ESCAPE '|')", literal::expression(&pattern, product))
}

/// Sums of integers are decimals here, and averages of them have four digits behind the point.
pub(super) fn aggregate(function: Aggregate, argument: Option<(&str, &Expression)>) -> String {
    let standard = standard_aggregate(function, argument.map(|(text, _)| text));
    let Some((text, expression)) = argument else { return standard };
    match (function, expression.column_type()) {
        (Aggregate::Sum, Some(column_type)) if column_type.family() == TypeFamily::Integer => {
            format!("CAST({standard} AS SIGNED)")
        }
        (Aggregate::Sum, Some(ColumnType::Decimal { scale, .. })) => {
            format!("CAST({standard} AS DECIMAL({}, {scale}))", ColumnType::MAX_PRECISION)
        }
        (Aggregate::Average, Some(column_type)) if column_type.family() != TypeFamily::Float => {
            format!("AVG(CAST({text} AS DOUBLE))")
        }
        _ => standard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_in_a_pattern_is_one_as_any_other() {
        assert_eq!(like("`a`", "x%_", false, Product::MySql), "(`a` LIKE 'x%_')");
        assert_eq!(like("`a`", "\\|%", true, Product::MariaDb), "(`a` NOT LIKE '\\\\||%' ESCAPE '|')");
    }
}
