//! Functions and casts in the portable meaning: times in UTC, exact rounding, the types that the model says.

use fastman_core::schema::{Aggregate, ColumnType, Expression, Function, TypeFamily};
use fastman_core::sql::text::standard_function;

use super::types::type_name;

/// Now in UTC, for a column without a time zone. The catalog gives it back in other words: see `introspect::default`.
pub(crate) const NOW_IN_UTC: &str = "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')";

/// Today in UTC.
pub(crate) const TODAY_IN_UTC: &str = "CAST((CURRENT_TIMESTAMP AT TIME ZONE 'UTC') AS date)";

/// Now, as a column of that type keeps it.
pub(crate) fn now(column_type: Option<&ColumnType>) -> &'static str {
    match column_type {
        Some(ColumnType::TimestampTz) => "CURRENT_TIMESTAMP",
        Some(ColumnType::Date) => TODAY_IN_UTC,
        _ => NOW_IN_UTC,
    }
}

/// A scalar function of rendered arguments.
pub(super) fn function(function: Function, arguments: &[(String, &Expression)], result: Option<&ColumnType>) -> String {
    match (function, arguments) {
        (Function::CurrentTimestamp, _) => now(result).to_owned(),
        (Function::CurrentDate, _) => TODAY_IN_UTC.to_owned(),
        // Of a float it would round to even, and an integer would become one.
        (Function::Round, [(operand, expression), rest @ ..]) => {
            let digits = rest.first().map(|(digits, _)| format!(", {digits}")).unwrap_or_default();
            let operand = match expression.column_type() {
                Some(column_type) if column_type.family() == TypeFamily::Decimal => operand.clone(),
                _ => format!("CAST({operand} AS numeric)"),
            };
            format!("ROUND({operand}{digits})")
        }
        _ => standard_function(function, arguments.iter().map(|(text, _)| text.as_str())),
    }
}

/// CAST of a rendered operand. What has no time zone is in UTC.
pub(super) fn cast(operand: (&str, &Expression), to: &ColumnType) -> String {
    let (text, expression) = operand;
    if matches!(expression, Expression::Call { function: Function::CurrentTimestamp, .. })
        && *to == ColumnType::TimestampTz
    {
        return "CURRENT_TIMESTAMP".to_owned();
    }
    let from = expression.column_type().map(|column_type| column_type.family());
    match (from, to) {
        (Some(TypeFamily::Timestamp), ColumnType::TimestampTz)
        | (Some(TypeFamily::TimestampTz), ColumnType::Timestamp) => {
            format!("({text} AT TIME ZONE 'UTC')")
        }
        (Some(TypeFamily::TimestampTz), ColumnType::Date) => format!("CAST(({text} AT TIME ZONE 'UTC') AS date)"),
        (Some(TypeFamily::Date), ColumnType::TimestampTz) => format!("(CAST({text} AS timestamp) AT TIME ZONE 'UTC')"),
        // However the session writes dates.
        (Some(TypeFamily::Date), ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text) => {
            format!("CAST(to_char({text}, 'YYYY-MM-DD') AS {})", type_name(to))
        }
        _ => format!("CAST({text} AS {})", type_name(to)),
    }
}

/// An aggregate with the type that the model says: SUM of bigint would be numeric, of real a real, AVG of integers numeric.
pub(super) fn aggregate(function: Aggregate, argument: Option<(&str, &Expression)>) -> String {
    let Some((text, expression)) = argument else { return "COUNT(*)".to_owned() };
    let column_type = expression.column_type();
    match (function, column_type.as_ref().map(ColumnType::family)) {
        (Aggregate::Count, _) => format!("COUNT({text})"),
        (Aggregate::Sum, _) if column_type == Some(ColumnType::BigInt) => format!("CAST(SUM({text}) AS bigint)"),
        (Aggregate::Sum, Some(TypeFamily::Float)) => format!("SUM(CAST({text} AS double precision))"),
        (Aggregate::Sum, _) => format!("SUM({text})"),
        (Aggregate::Average, _) => format!("CAST(AVG({text}) AS double precision)"),
        (Aggregate::Min | Aggregate::Max, family) => least_or_greatest(function, text, family),
    }
}

/// Booleans and UUIDs have an order and no MIN and MAX.
fn least_or_greatest(function: Aggregate, text: &str, family: Option<TypeFamily>) -> String {
    let name = if function == Aggregate::Min { "MIN" } else { "MAX" };
    match (family, function) {
        (Some(TypeFamily::Boolean), Aggregate::Min) => format!("bool_and({text})"),
        (Some(TypeFamily::Boolean), _) => format!("bool_or({text})"),
        (Some(TypeFamily::Uuid), _) => format!("CAST({name}(CAST({text} AS text)) AS uuid)"),
        // bytea has them from version 18 on.
        (Some(TypeFamily::Binary), _) => format!("decode({name}(encode({text}, 'hex') COLLATE \"C\"), 'hex')"),
        _ => format!("{name}({text})"),
    }
}
