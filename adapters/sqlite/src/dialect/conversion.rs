//! What becomes of the values of a column whose type changes, and which of them can't be kept.

use fastman_core::Result;
use fastman_core::schema::{ColumnType, Conversion, TypeFamily, conversion};

use super::expression;
use super::types::is_text_decimal;

/// A value on its way through the types that its column is given.
#[derive(Debug)]
pub(super) struct Converted {
    /// The value in its last type, as an expression over the old row.
    pub(super) text: String,
    /// Conditions that are true of a row whose value can't be kept, and what is the matter with it.
    pub(super) violations: Vec<(String, String)>,
}

/// Converts through the types in order; `text` is a value of the first.
///
/// # Errors
/// A conversion that there is none of.
pub(super) fn convert(text: String, types: &[ColumnType]) -> Result<Converted> {
    let mut converted = Converted { text, violations: Vec::new() };
    for (from, to) in types.iter().zip(types.iter().skip(1)) {
        if from == to {
            continue;
        }
        if let ColumnType::Decimal { scale, .. } = from
            && is_text_decimal(from)
        {
            // Another program may have put something else into it, and what follows cuts the text.
            converted.violations.push((
                not_canonical(&converted.text, *scale),
                format!("that is not written as a {from} is: digits, and {scale} behind the point"),
            ));
        }
        if conversion(from, to) == Conversion::Checked {
            for condition in misfits(&converted.text, from, to) {
                converted.violations.push((condition, format!("that does not fit {to}")));
            }
        }
        converted.text = retyped(&converted.text, from, to)?;
    }
    Ok(converted)
}

fn retyped(text: &str, from: &ColumnType, to: &ColumnType) -> Result<String> {
    match (from, to) {
        (ColumnType::Decimal { scale: before, .. }, ColumnType::Decimal { scale: after, .. })
            if is_text_decimal(from) && is_text_decimal(to) && after < before =>
        {
            let point = u8::from(*after == 0);
            Ok(format!("substr({text}, 1, length({text}) - {})", before - after + point))
        }
        // Zeros only are behind the point: CAST reads what stands before it.
        _ => expression::cast(text, Some(from), to),
    }
}

/// Conditions that are true of a value that does not fit the new type; NULL makes none of them true.
fn misfits(text: &str, from: &ColumnType, to: &ColumnType) -> Vec<String> {
    let mut conditions = Vec::new();
    match (from.family(), to) {
        (TypeFamily::Text | TypeFamily::Binary, ColumnType::Varchar(length) | ColumnType::Char(length))
        | (TypeFamily::Text | TypeFamily::Binary, ColumnType::Varbinary(length)) => {
            conditions.push(format!("length({text}) > {length}"));
        }
        (TypeFamily::Integer, ColumnType::SmallInt) => {
            conditions.push(format!("{text} NOT BETWEEN -32768 AND 32767"));
        }
        (TypeFamily::Integer, ColumnType::Integer) => {
            conditions.push(format!("{text} NOT BETWEEN -2147483648 AND 2147483647"));
        }
        (TypeFamily::Integer | TypeFamily::Decimal, _) => numbers(text, from, to, &mut conditions),
        _ => {}
    }
    conditions
}

fn numbers(text: &str, from: &ColumnType, to: &ColumnType, conditions: &mut Vec<String>) {
    let scale_from = match from {
        ColumnType::Decimal { scale, .. } => *scale,
        _ => 0,
    };
    let (whole_to, scale_to) = match to {
        ColumnType::Decimal { precision, scale } => (precision - scale, *scale),
        _ => (0, 0),
    };
    let range = match to {
        ColumnType::SmallInt => Some("-32768 AND 32767"),
        ColumnType::Integer => Some("-2147483648 AND 2147483647"),
        ColumnType::BigInt => Some("-9223372036854775808 AND 9223372036854775807"),
        _ => None,
    };
    if is_text_decimal(from) {
        let whole = if scale_from == 0 {
            format!("ltrim({text}, '-0')")
        } else {
            format!("ltrim(substr({text}, 1, length({text}) - {}), '-0')", scale_from + 1)
        };
        if scale_to < scale_from {
            // Of the digits behind the point, those that go.
            conditions.push(format!("rtrim(substr({text}, -{}), '0') <> ''", scale_from - scale_to));
        }
        match range {
            // As many digits as the greatest have: digit by digit, since a number of more than 64 bits is none here.
            Some(_) if *to == ColumnType::BigInt => {
                conditions.push(format!("length({whole}) > 19"));
                conditions.push(format!(
                    "length({whole}) = 19 AND {whole} > CASE WHEN {text} LIKE '-%' THEN '9223372036854775808' \
                     ELSE '9223372036854775807' END"
                ));
            }
            // 18 digits always fit 64 bits; a smaller range is that of the number itself.
            Some(range) => {
                conditions.push(format!("length({whole}) > 18"));
                conditions.push(format!("CAST({text} AS INTEGER) NOT BETWEEN {range}"));
            }
            None => conditions.push(format!("length({whole}) > {whole_to}")),
        }
        return;
    }
    if scale_to < scale_from {
        conditions.push(format!("{text} <> round({text}, {scale_to})"));
    }
    match range {
        Some(range) => conditions.push(format!("{text} NOT BETWEEN {range}")),
        // A number that is kept as one has 19 digits at the most.
        None if whole_to < 19 => conditions.push(format!("abs({text}) >= 1{}", "0".repeat(usize::from(whole_to)))),
        None => {}
    }
}

/// True of a text that is not digits with exactly so many behind the point.
fn not_canonical(text: &str, scale: u8) -> String {
    let digits = format!("ltrim({text}, '-')");
    if scale == 0 {
        return format!("({digits} GLOB '*[^0-9]*' OR {digits} = '' OR substr({text}, 2) GLOB '*-*')");
    }
    let fraction = "[0-9]".repeat(usize::from(scale));
    format!(
        "({digits} NOT GLOB '[0-9]*.{fraction}' OR replace({digits}, '.', '') GLOB '*[^0-9]*' \
         OR length({digits}) - length(replace({digits}, '.', '')) <> 1 OR substr({text}, 2) GLOB '*-*')"
    )
}
