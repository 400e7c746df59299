//! Functions and aggregates in the portable meaning, where SPG's own word for them means something else.

use fastman_core::schema::{Aggregate, ColumnType, Expression, Function, TypeFamily};
use fastman_core::sql::text::{standard_aggregate, standard_function};

/// A scalar function of rendered arguments. SPG's session is in UTC, so its clock is the portable one.
pub(super) fn function(function: Function, arguments: &[(String, &Expression)]) -> String {
    match (function, arguments) {
        // Of a float it would round to even.
        (Function::Round, [(operand, expression), rest @ ..]) => {
            let digits = rest.first().map(|(digits, _)| format!(", {digits}")).unwrap_or_default();
            match family(expression) {
                Some(TypeFamily::Decimal) => format!("ROUND({operand}{digits})"),
                _ => format!("ROUND(CAST({operand} AS numeric){digits})"),
            }
        }
        _ => standard_function(function, arguments.iter().map(|(text, _)| text.as_str())),
    }
}

/// An aggregate with the type that the model says: SPG's SUM of bigint is numeric, of real a real, its AVG of integers numeric.
pub(super) fn aggregate(function: Aggregate, argument: Option<(&str, &Expression)>) -> String {
    let Some((text, expression)) = argument else { return standard_aggregate(function, None) };
    match (function, expression.column_type(), family(expression)) {
        (Aggregate::Sum, Some(ColumnType::BigInt), _) => format!("CAST(SUM({text}) AS bigint)"),
        (Aggregate::Sum, _, Some(TypeFamily::Float)) => format!("SUM(CAST({text} AS float8))"),
        (Aggregate::Average, ..) => format!("CAST(AVG({text}) AS float8)"),
        // Booleans have an order and no MIN and MAX.
        (Aggregate::Min, _, Some(TypeFamily::Boolean)) => format!("bool_and({text})"),
        (Aggregate::Max, _, Some(TypeFamily::Boolean)) => format!("bool_or({text})"),
        _ => standard_aggregate(function, Some(text)),
    }
}

fn family(expression: &Expression) -> Option<TypeFamily> {
    expression.column_type().map(|column_type| column_type.family())
}
