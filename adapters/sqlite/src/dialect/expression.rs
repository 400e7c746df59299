//! Literals, operators, functions and casts with the portable meaning.
//!
//! A DECIMAL of up to 15 digits is a number here, a longer one a text with all digits of its scale: [`super::decimal`]
//! has made sure that an expression's type says which of the two it is.

use fastman_core::dialect::unsupported;
use fastman_core::error::Result;
use fastman_core::schema::{Aggregate, BinaryOperator, ColumnType, Expression, Function, TypeFamily};
use fastman_core::sql::text::{standard_aggregate, standard_binary, standard_function};
use fastman_core::value::Value;
use fastman_flavours::SQLITE;

use super::types::{is_kept_as_text, is_text_decimal};
use crate::value;

/// The literal of a value. A negative number is parenthesised, since two minus signs are a comment.
pub(super) fn literal(value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
    let text = bare_literal(value, column_type)?;
    Ok(if text.starts_with('-') { format!("({text})") } else { text })
}

/// The literal of a value where nothing can stand before it: as a default.
pub(super) fn bare_literal(value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
    let refused = |why: String| unsupported(&SQLITE, why);
    Ok(match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(truth) => if *truth { "1" } else { "0" }.to_owned(),
        Value::Integer(number) => as_number(number.to_string(), value, column_type)?,
        Value::Decimal(number) => as_number(number.to_string(), value, column_type)?,
        Value::Double(number) if number.is_nan() => return Err(refused("NaN would become NULL".to_owned())),
        Value::Double(number) if number.is_infinite() => if *number > 0.0 { "9e999" } else { "-9e999" }.to_owned(),
        // Debug writes what is read back as the same number, always with a point or an exponent.
        Value::Double(number) => format!("{number:?}"),
        Value::Text(text) | Value::Json(text) => string(text),
        Value::Bytes(bytes) => blob(bytes),
        Value::Date(date) => string(&value::date_text(*date).map_err(refused)?),
        Value::Time(time) => string(&value::time_text(*time)),
        Value::Timestamp(timestamp) => string(&value::timestamp_text(*timestamp).map_err(refused)?),
        Value::TimestampTz(instant) => string(&value::timestamp_text(instant.naive_utc()).map_err(refused)?),
        Value::Uuid(uuid) => string(&uuid.hyphenated().to_string()),
        _ => return Err(refused("a document's value has no SQL literal".to_owned())),
    })
}

fn as_number(digits: String, value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
    Ok(match column_type {
        Some(column) if is_text_decimal(column) => {
            let kept = value::kept_text(value, column).map_err(|why| unsupported(&SQLITE, why))?;
            string(&kept)
        }
        Some(ColumnType::Real | ColumnType::Double) if !digits.contains('.') => format!("{digits}.0"),
        _ => digits,
    })
}

/// A string literal. SQL text can't hold a NUL.
pub(super) fn string(text: &str) -> String {
    if text.contains('\0') {
        return format!("CAST({} AS TEXT)", blob(text.as_bytes()));
    }
    format!("'{}'", text.replace('\'', "''"))
}

fn blob(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}

pub(super) fn binary(
    operator: BinaryOperator,
    (left, left_expression): (&str, &Expression),
    (right, right_expression): (&str, &Expression),
) -> Result<String> {
    let types = (left_expression.column_type(), right_expression.column_type());
    let is_text = |side: &Option<ColumnType>| side.as_ref().is_some_and(is_text_decimal);
    if is_text(&types.0) || is_text(&types.1) {
        let side = if is_text(&types.0) { types.0 } else { types.1 };
        return Err(long_decimal(if operator.is_comparison() { "compare" } else { "calculate with" }, side.as_ref()));
    }
    let plain = standard_binary(operator, left, right);
    let is_arithmetic = matches!(operator, BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Multiply);
    match operator.result_type(types.0.as_ref(), types.1.as_ref()) {
        // A sum of floats is a digit off in the end; rounded, it is the float that the exact sum is kept as.
        Some(ColumnType::Decimal { precision, scale }) if is_arithmetic => {
            // Two decimals multiplied have the digits of both.
            let precision = match (operator, &types.0, &types.1) {
                (
                    BinaryOperator::Multiply,
                    Some(ColumnType::Decimal { precision: one, .. }),
                    Some(ColumnType::Decimal { precision: other, .. }),
                ) => precision.max(one.saturating_add(*other)),
                _ => precision,
            };
            if is_kept_as_text(precision) {
                return Err(unsupported(
                    &SQLITE,
                    format!(
                        "the result, a DECIMAL({precision}, {scale}), may have more digits than SQLite can \
                         calculate with"
                    ),
                )
                .with_help(
                    "CAST the operands to types with fewer digits (INTEGER has 10, BIGINT 19), at most 15 in the \
                     result; or write a section of its own: `-- migrate:up sqlite`",
                ));
            }
            Ok(format!("round({plain}, {scale})"))
        }
        _ => Ok(plain),
    }
}

fn long_decimal(what: &str, column_type: Option<&ColumnType>) -> fastman_core::Error {
    let name = column_type.map_or_else(|| "DECIMAL".to_owned(), ToString::to_string);
    let scale = match column_type {
        Some(ColumnType::Decimal { scale, .. }) => (*scale).min(15),
        _ => 0,
    };
    unsupported(&SQLITE, format!("can't {what} a {name}, which it keeps as text since it has more than 15 digits"))
        .with_help(format!(
            "if 15 digits are enough, CAST(... AS DECIMAL(15, {scale})); or write a section of its own: \
             `-- migrate:up sqlite`"
        ))
}

pub(super) fn function(function: Function, arguments: &[(String, &Expression)]) -> Result<String> {
    let texts = || arguments.iter().map(|(text, _)| text.as_str());
    let operand = arguments.first();
    let operand_type = operand.and_then(|(_, expression)| expression.column_type());
    let is_long = operand_type.as_ref().is_some_and(is_text_decimal);
    Ok(match function {
        Function::Round if is_long => return Err(long_decimal("round", operand_type.as_ref())),
        Function::NullIf if is_long => return Err(long_decimal("compare", operand_type.as_ref())),
        Function::Absolute if is_long => format!("ltrim({}, '-')", texts().collect::<String>()),
        Function::Round => match (operand, operand_type) {
            (Some((text, _)), Some(ColumnType::Decimal { scale, .. })) => {
                let digits = match arguments.get(1) {
                    Some((_, Expression::Literal { value: Value::Integer(digits), .. })) => {
                        u8::try_from(*digits).unwrap_or(scale)
                    }
                    _ => 0,
                };
                round(text, scale, digits)
            }
            _ => standard_function(function, texts()),
        },
        // SUBSTRING came with 3.34 only.
        Function::Substring => format!("substr({})", texts().collect::<Vec<_>>().join(", ")),
        _ => standard_function(function, texts()),
    })
}

/// Half away from zero, of what the digits say: 2.675 is 2.68, though the nearest float is a little less. Moving the
/// point behind the last digit makes a whole number, and dividing that leaves a half exactly a half.
fn round(text: &str, scale: u8, digits: u8) -> String {
    if digits >= scale {
        return text.to_owned();
    }
    let whole = format!("round({text} * 1e{scale}) / 1e{}", scale - digits);
    if digits == 0 { format!("round({whole})") } else { format!("(round({whole}) / 1e{digits})") }
}

pub(super) fn aggregate(function: Aggregate, argument: Option<(&str, &Expression)>) -> Result<String> {
    let text = standard_aggregate(function, argument.map(|(text, _)| text));
    let Some(column_type) = argument.and_then(|(_, expression)| expression.column_type()) else { return Ok(text) };
    Ok(match (function, &column_type) {
        (Aggregate::Count, _) => text,
        (_, long) if is_text_decimal(long) => {
            let what = match function {
                Aggregate::Sum | Aggregate::Average => "add up",
                _ => "compare",
            };
            return Err(long_decimal(what, Some(long)));
        }
        (Aggregate::Sum, ColumnType::Decimal { scale, .. }) => format!("round({text}, {scale})"),
        _ => text,
    })
}

/// CAST, and what becomes of a value when its column is retyped.
pub(super) fn cast(text: &str, from: Option<&ColumnType>, to: &ColumnType) -> Result<String> {
    let Some(from) = from else { return Ok(text.to_owned()) };
    let long = is_text_decimal(to);
    let scale_of = |column_type: &ColumnType| match column_type {
        ColumnType::Decimal { scale, .. } => *scale,
        _ => 0,
    };
    let (before, after) = (scale_of(from), scale_of(to));
    Ok(match (from.family(), to.family()) {
        (TypeFamily::Integer | TypeFamily::Decimal, TypeFamily::Decimal) => match (is_text_decimal(from), long) {
            (false, false) => text.to_owned(),
            (true, false) => format!("CAST({text} AS NUMERIC)"),
            (true, true) => more_zeros(text, before, after),
            (false, true) if before == 0 => more_zeros(&format!("CAST({text} AS TEXT)"), 0, after),
            // printf makes 0 of NULL.
            (false, true) => format!("(CASE WHEN {text} IS NOT NULL THEN printf('%.{after}f', {text}) END)"),
        },
        (TypeFamily::Decimal | TypeFamily::Boolean, TypeFamily::Integer) => format!("CAST({text} AS INTEGER)"),
        (TypeFamily::Integer | TypeFamily::Decimal, TypeFamily::Float) => format!("CAST({text} AS REAL)"),
        (TypeFamily::Integer | TypeFamily::Date | TypeFamily::Uuid, TypeFamily::Text) => {
            format!("CAST({text} AS TEXT)")
        }
        (TypeFamily::Timestamp, TypeFamily::Date) => format!("substr({text}, 1, 10)"),
        (TypeFamily::Date, TypeFamily::Timestamp) => format!("({text} || ' 00:00:00')"),
        (one, other) if one == other => text.to_owned(),
        _ => return Err(unsupported(&SQLITE, format!("{from} can't be cast to {to}"))),
    })
}

/// The digits of a long decimal with those of a greater scale behind them.
fn more_zeros(text: &str, before: u8, after: u8) -> String {
    if after <= before {
        return text.to_owned();
    }
    let point = if before == 0 { "." } else { "" };
    format!("({text} || '{point}{}')", "0".repeat(usize::from(after - before)))
}

/// A constant pattern as GLOB takes it, which is case-sensitive as LIKE is not here.
pub(super) fn like(operand: &str, pattern: &str, negated: bool) -> String {
    let mut glob = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '*' | '?' | '[' => {
                glob.push('[');
                glob.push(character);
                glob.push(']');
            }
            other => glob.push(other),
        }
    }
    format!("({operand} {}GLOB {})", if negated { "NOT " } else { "" }, string(&glob))
}
