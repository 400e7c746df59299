//! Defaults: what the catalog's text of one stands for.
//!
//! MySQL shows a constant bare (`it's`) and an expression with its strings escaped once more (`_utf8mb4\'it\\\'s\'`); MariaDB shows
//! both as SQL.

use chrono::{NaiveDateTime, NaiveTime};
use fastman_core::schema::{ColumnType, Expression, Function, TypeFamily};
use fastman_core::value::Value;

use crate::product::Product;

/// The default of a column; `None` where it has none, or NULL.
pub(super) fn read(
    product: Product,
    text: Option<String>,
    extra: &str,
    column_type: &ColumnType,
) -> Option<Expression> {
    let text = text?;
    let expression = match product {
        Product::MySql if !extra.contains("default_generated") => {
            return Some(match constant(&text, column_type) {
                Some(value) => Expression::literal(value, column_type.clone()),
                None => Expression::Raw(text),
            });
        }
        Product::MySql => unescape(&text),
        Product::MariaDb if text.eq_ignore_ascii_case("NULL") => return None,
        Product::MariaDb => text.clone(),
    };
    let now = |function| Some(Expression::Call { function, arguments: Vec::new() });
    match expression.to_lowercase().as_str() {
        "current_timestamp(6)" | "now(6)" => return now(Function::CurrentTimestamp),
        "curdate()" | "current_date" | "current_date()" => return now(Function::CurrentDate),
        _ => {}
    }
    Some(match of_sql(&expression, column_type) {
        Some(value) => Expression::literal(value, column_type.clone()),
        None => Expression::Raw(expression),
    })
}

/// A constant as SQL writes it: `'it''s'`, `_utf8mb4'x'`, `X'00ff'`, `0x00ff`, `-1.5`.
fn of_sql(sql: &str, column_type: &ColumnType) -> Option<Value> {
    let mut sql = sql.trim();
    while let Some(inside) = sql.strip_prefix('(').and_then(|sql| sql.strip_suffix(')')) {
        sql = inside;
    }
    if let Some(digits) =
        sql.strip_prefix("0x").or_else(|| sql.strip_prefix("X'").and_then(|sql| sql.strip_suffix('\'')))
    {
        return (column_type.family() == TypeFamily::Binary).then(|| bytes(digits))?.map(Value::Bytes);
    }
    if let Some(digits) = converted(sql) {
        return constant(&String::from_utf8(bytes(digits)?).ok()?, column_type);
    }
    let unprefixed = match sql.strip_prefix('_') {
        Some(introduced) => introduced.find('\'').map_or(sql, |quote| &introduced[quote..]),
        None => sql,
    };
    match quoted(unprefixed) {
        Some(text) => constant(&text, column_type),
        None if column_type.is_numeric() || *column_type == ColumnType::Boolean => constant(sql, column_type),
        None => None,
    }
}

/// The digits of `convert(0x61 using utf8mb4)`.
fn converted(sql: &str) -> Option<&str> {
    let inside = sql.strip_prefix("convert(")?.strip_suffix(" using utf8mb4)")?;
    inside.strip_prefix("0x").or_else(|| inside.strip_prefix("X'")?.strip_suffix('\''))
}

/// The text of a string literal that is all there is.
fn quoted(sql: &str) -> Option<String> {
    let mut characters = sql.strip_prefix('\'')?.chars();
    let mut text = String::new();
    loop {
        match characters.next()? {
            '\'' => match characters.next() {
                None => return Some(text),
                Some('\'') => text.push('\''),
                Some(_) => return None,
            },
            '\\' => text.push(escaped(characters.next()?)),
            other => text.push(other),
        }
    }
}

/// What stands for a character behind a backslash.
fn escaped(character: char) -> char {
    match character {
        '0' => '\0',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'Z' => '\u{1a}',
        other => other,
    }
}

/// MySQL's expressions, whose strings are escaped once more.
fn unescape(text: &str) -> String {
    let mut characters = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next().map(escaped)),
            other => plain.push(other),
        }
    }
    plain
}

/// The value that a text stands for in a column of that type.
fn constant(text: &str, column_type: &ColumnType) -> Option<Value> {
    Some(match column_type.family() {
        TypeFamily::Integer => Value::Integer(text.parse().ok()?),
        TypeFamily::Decimal => Value::Decimal(text.parse().ok()?),
        TypeFamily::Float => Value::Double(text.parse().ok()?),
        TypeFamily::Boolean => Value::Boolean(match text {
            "0" => false,
            "1" => true,
            _ => return None,
        }),
        TypeFamily::Text => Value::Text(text.to_owned()),
        TypeFamily::Date => Value::Date(text.parse().ok()?),
        TypeFamily::Time => Value::Time(NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()?),
        TypeFamily::Timestamp => Value::Timestamp(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?),
        TypeFamily::TimestampTz | TypeFamily::Binary => return None,
        TypeFamily::Uuid => Value::Uuid(text.parse().ok()?),
        TypeFamily::Json => Value::Json(text.to_owned()),
    })
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
    digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(product: Product, text: &str, extra: &str, column_type: ColumnType) -> Expression {
        read(product, Some(text.to_owned()), extra, &column_type).unwrap()
    }

    #[test]
    fn defaults_are_read_as_each_product_shows_them() {
        let text = |text: &str| Expression::literal(Value::Text(text.to_owned()), ColumnType::Text);
        let generated = "default_generated";
        assert_eq!(
            value(Product::MySql, "_utf8mb4\\'a\\\\\\'b\\\\\\\\c\\'", generated, ColumnType::Text),
            text("a'b\\c")
        );
        assert_eq!(value(Product::MySql, "it's \\ x", "", ColumnType::Text), text("it's \\ x"));
        assert_eq!(value(Product::MariaDb, "'a\\'b\\\\c'", "", ColumnType::Text), text("a'b\\c"));
        assert_eq!(value(Product::MariaDb, "'it''s'", "", ColumnType::Text), text("it's"));
        let bytes = Expression::literal(Value::Bytes(vec![0, 255, 65]), ColumnType::Blob);
        assert_eq!(value(Product::MySql, "0x00ff41", generated, ColumnType::Blob), bytes);
        assert_eq!(value(Product::MariaDb, "X'00ff41'", "", ColumnType::Blob), bytes);
        let number = Expression::literal(Value::Integer(-5), ColumnType::SmallInt);
        assert_eq!(value(Product::MariaDb, "-5", "", ColumnType::SmallInt), number);
        assert_eq!(value(Product::MySql, "-5", "", ColumnType::SmallInt), number);
        let now = Expression::Call { function: Function::CurrentTimestamp, arguments: Vec::new() };
        assert_eq!(value(Product::MariaDb, "current_timestamp(6)", "", ColumnType::Timestamp), now);
        assert_eq!(value(Product::MySql, "CURRENT_TIMESTAMP(6)", generated, ColumnType::Timestamp), now);
        assert!(matches!(value(Product::MariaDb, "uuid()", "", ColumnType::Text), Expression::Raw(_)));
        assert_eq!(read(Product::MariaDb, Some("NULL".to_owned()), "", &ColumnType::Text), None);
    }
}
