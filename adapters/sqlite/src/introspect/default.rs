//! Defaults as the catalog has them, read as the model's: constants and the current time; anything else stays the
//! engine's text.

use fastman_core::schema::{ColumnType, Expression, Function};
use fastman_core::sql::lexer::TokenKind;
use fastman_core::value::Value;

use crate::tokens::{name_of, tokens};
use crate::value;

/// The default of a column of that type.
pub(super) fn parse(text: &str, column_type: &ColumnType) -> Option<Expression> {
    let text = without_parentheses(text.trim());
    let raw = || Some(Expression::Raw(text.to_owned()));
    let found = tokens(text);
    let (negative, rest) = match found.as_slice() {
        [sign, rest @ ..] if sign.text(text) == "-" => (true, rest),
        [sign, rest @ ..] if sign.text(text) == "+" => (false, rest),
        all => (false, all),
    };
    let [token] = rest else { return raw() };
    let value = match token.kind {
        TokenKind::Word => match token.text(text).to_ascii_uppercase().as_str() {
            "NULL" => return None,
            "CURRENT_TIMESTAMP" => return current(Function::CurrentTimestamp, column_type).or_else(raw),
            "CURRENT_DATE" => return current(Function::CurrentDate, column_type).or_else(raw),
            "TRUE" => number("1", column_type),
            "FALSE" => number("0", column_type),
            _ => None,
        },
        TokenKind::Number => {
            let sign = if negative { "-" } else { "" };
            number(&format!("{sign}{}", token.text(text)), column_type)
        }
        TokenKind::Text if token.text(text).starts_with(['x', 'X']) => bytes(token.text(text)),
        TokenKind::Text => name_of(text, token).and_then(|text| constant(&text, column_type)),
        _ => None,
    };
    match value {
        Some(value) => Some(Expression::literal(value, column_type.clone())),
        None => raw(),
    }
}

fn without_parentheses(text: &str) -> &str {
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).map(str::trim);
    match inside {
        // Only a pair that belongs together: not (a) + (b).
        Some(inside) if !inside.contains(['(', ')']) => without_parentheses(inside),
        _ => text,
    }
}

fn current(function: Function, column_type: &ColumnType) -> Option<Expression> {
    let fits = match function {
        Function::CurrentDate => *column_type == ColumnType::Date,
        _ => matches!(column_type, ColumnType::Timestamp | ColumnType::TimestampTz),
    };
    fits.then(|| Expression::Call { function, arguments: Vec::new() })
}

fn number(digits: &str, column_type: &ColumnType) -> Option<Value> {
    match column_type {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => digits.parse().ok().map(Value::Integer),
        ColumnType::Decimal { .. } => digits.parse().ok().map(Value::Decimal),
        ColumnType::Real | ColumnType::Double => digits.parse().ok().map(Value::Double),
        ColumnType::Boolean => match digits {
            "0" => Some(Value::Boolean(false)),
            "1" => Some(Value::Boolean(true)),
            _ => None,
        },
        _ => None,
    }
}

fn constant(text: &str, column_type: &ColumnType) -> Option<Value> {
    match column_type {
        ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text => Some(Value::Text(text.to_owned())),
        ColumnType::Decimal { .. } => text.parse().ok().map(Value::Decimal),
        ColumnType::Date => value::parse_date(text).map(Value::Date),
        ColumnType::Time => value::parse_time(text).map(Value::Time),
        ColumnType::Timestamp => value::parse_timestamp(text).map(Value::Timestamp),
        ColumnType::TimestampTz => value::parse_timestamp(text).map(|instant| Value::TimestampTz(instant.and_utc())),
        ColumnType::Uuid => uuid::Uuid::parse_str(text).ok().map(Value::Uuid),
        ColumnType::Json => Some(Value::Json(text.to_owned())),
        _ => None,
    }
}

fn bytes(literal: &str) -> Option<Value> {
    let digits = literal.get(2..literal.len().checked_sub(1)?)?;
    let pairs = digits.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2))
        .map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    bytes.map(Value::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_read_as_their_column_s_type() {
        let boolean = parse("1", &ColumnType::Boolean);
        assert_eq!(boolean, Some(Expression::literal(Value::Boolean(true), ColumnType::Boolean)));
        let number = parse("(-5)", &ColumnType::BigInt);
        assert_eq!(number, Some(Expression::literal(Value::Integer(-5), ColumnType::BigInt)));
        let text = parse("'it''s'", &ColumnType::Text);
        assert_eq!(text, Some(Expression::literal(Value::Text("it's".into()), ColumnType::Text)));
        let bytes = parse("x'CAfe'", &ColumnType::Blob);
        assert_eq!(bytes, Some(Expression::literal(Value::Bytes(vec![0xca, 0xfe]), ColumnType::Blob)));
        assert_eq!(parse("NULL", &ColumnType::Text), None);
    }

    #[test]
    fn what_is_no_constant_stays_the_engine_s_text() {
        for (text, column_type) in [
            ("(1) + (2)", ColumnType::Integer),
            ("random()", ColumnType::BigInt),
            ("'x'", ColumnType::Integer),
            ("CURRENT_TIME", ColumnType::Time),
        ] {
            assert_eq!(parse(text, &column_type), Some(Expression::Raw(text.to_owned())));
        }
    }
}
