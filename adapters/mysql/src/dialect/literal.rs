//! Literals: constants with the backslash as an escape, as the session's fixed `sql_mode` has it.

use fastman_core::schema::{ColumnType, TypeFamily};
use fastman_core::value::Value;

use crate::product::Product;
use crate::value::{self, NoValue, hex};

/// The literal of a value for a column of that type, in a form that has its type wherever it stands.
pub(super) fn literal(value: &Value, column_type: Option<&ColumnType>, product: Product) -> Result<String, NoValue> {
    let Some(text) = value::text(value)? else { return Ok("NULL".to_owned()) };
    let family = column_type.map(ColumnType::family);
    Ok(match value {
        Value::Boolean(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        Value::Integer(_) | Value::Decimal(_) => {
            // With an exponent it is a float, as what it is combined with.
            let number = if family == Some(TypeFamily::Float) { format!("{text}e0") } else { text };
            signed(number)
        }
        Value::Double(_) => signed(text),
        Value::Bytes(bytes) => format!("X'{}'", hex(bytes)),
        Value::Date(_) => format!("DATE'{text}'"),
        Value::Time(_) => format!("TIME'{text}'"),
        Value::Timestamp(_) | Value::TimestampTz(_) => format!("TIMESTAMP'{text}'"),
        Value::Json(_) if product == Product::MySql => format!("CAST({} AS JSON)", expression(&text, product)),
        _ => expression(&text, product),
    })
}

/// A text where it may become part of a view or a check.
pub(super) fn expression(text: &str, product: Product) -> String {
    if is_kept(text) { string(text) } else { format!("({} COLLATE {})", converted(text), product.collation()) }
}

/// Whether the catalog keeps a text: it has three bytes for a character, and makes question marks of what takes four.
pub(super) fn is_kept(text: &str) -> bool {
    text.chars().all(|character| character.len_utf8() < 4)
}

/// A text by its bytes, which the catalog does keep.
fn converted(text: &str) -> String {
    format!("CONVERT(X'{}' USING utf8mb4)", hex(text.as_bytes()))
}

/// A value as a column's default: a constant, which has no type of its own and nothing around it; or, in parentheses, an expression
/// where the type takes no other. The catalog shows the text of an expression in a wrong character set, so there it is by its bytes.
pub(super) fn default(value: &Value, as_expression: bool) -> Result<String, NoValue> {
    let Some(text) = value::text(value)? else { return Ok("NULL".to_owned()) };
    let constant = match value {
        Value::Boolean(truth) => if *truth { "1" } else { "0" }.to_owned(),
        Value::Integer(_) | Value::Decimal(_) | Value::Double(_) => text,
        Value::Bytes(bytes) => format!("X'{}'", hex(bytes)),
        _ if !is_kept(&text) || as_expression && !text.is_ascii() => return Ok(format!("({})", converted(&text))),
        _ => string(&text),
    };
    Ok(if as_expression { format!("({constant})") } else { constant })
}

/// Two minus signs would be a comment.
fn signed(number: String) -> String {
    if number.starts_with('-') { format!("({number})") } else { number }
}

/// A text in quotes.
pub(crate) fn string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for character in text.chars() {
        match character {
            '\'' => literal.push_str("''"),
            '\\' => literal.push_str("\\\\"),
            '\0' => literal.push_str("\\0"),
            '\r' => literal.push_str("\\r"),
            '\u{1a}' => literal.push_str("\\Z"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_say_their_type() {
        let shown =
            |value, column_type: Option<ColumnType>| literal(&value, column_type.as_ref(), Product::MySql).unwrap();
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(shown(Value::Null, Some(ColumnType::Text)), "NULL");
        assert_eq!(shown(text("it's a \\"), Some(ColumnType::Varchar(9))), "'it''s a \\\\'");
        assert_eq!(shown(text("a\0\nb\r\u{1a}"), None), "'a\\0\nb\\r\\Z'");
        assert_eq!(shown(Value::Integer(-5), Some(ColumnType::Integer)), "(-5)");
        assert_eq!(shown(Value::Integer(5), Some(ColumnType::Double)), "5e0");
        assert_eq!(shown(Value::Double(0.1), Some(ColumnType::Real)), "1e-1");
        assert_eq!(shown(Value::Bytes(vec![0, 255]), None), "X'00ff'");
        assert_eq!(shown(Value::Boolean(true), None), "TRUE");
        assert_eq!(shown(Value::Json("{}".to_owned()), Some(ColumnType::Json)), "CAST('{}' AS JSON)");
        assert!(literal(&Value::Double(f64::NAN), None, Product::MySql).is_err());
    }
}
