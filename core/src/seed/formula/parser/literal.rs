//! Numbers, texts, and constants that begin with a type's name.

use super::{Decimal, FormulaError, Kind, Parsed, Parser, Syntax, TokenKind, Value};
use crate::schema::ColumnType;
use crate::seed::formula::convert;

impl Parser<'_> {
    /// A number: an integer, an exact decimal, or with an exponent a double.
    pub(super) fn number(&mut self, start: usize, negative: bool) -> Parsed {
        let digits = self.peek_text(0).to_owned();
        let sign = if negative { "-" } else { "" };
        let text = format!("{sign}{digits}");
        self.position += 1;
        let span = self.since(start);
        let value = if let Ok(number) = text.parse::<i64>() {
            Some(Value::Integer(number))
        } else if digits.contains(['e', 'E'])
            && digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        {
            text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Double)
        } else {
            text.parse::<Decimal>().ok().map(Value::Decimal)
        };
        match value {
            Some(value) => Ok(Syntax { kind: Kind::Literal(value), span }),
            None => Err(FormulaError::new("formula.syntax", span, format!("{text} is not a number"))
                .with_help("a number is written like 12, 1.5 or 1.5e-3 and has at most 38 digits")),
        }
    }

    /// `'text'` or `X'cafe'`.
    pub(super) fn string(&mut self) -> Parsed {
        let text = self.peek_text(0).to_owned();
        let span = self.here();
        self.position += 1;
        let value = match text.as_bytes().first() {
            Some(b'\'') => Value::Text(string_value(&text)),
            Some(b'x' | b'X') => match convert::from_hex(text.get(2..text.len() - 1).unwrap_or_default()) {
                Some(bytes) => Value::Bytes(bytes),
                None => {
                    return Err(FormulaError::new("formula.syntax", span, "these are not pairs of hexadecimal digits")
                        .with_help("write two digits for each byte: X'cafe'"));
                }
            },
            _ => {
                return Err(FormulaError::new("formula.syntax", span, "a text has no letter before its quote")
                    .with_help("leave the letter out: every text is Unicode, without escapes"));
            }
        };
        Ok(Syntax { kind: Kind::Literal(value), span })
    }

    /// `DATE '2024-02-29'` and the like: a type's name and a text, which is read at once.
    pub(super) fn typed_literal(&mut self, to: &ColumnType, words: usize) -> Parsed {
        let start = self.here().start;
        self.position += words;
        let inside = string_value(self.peek_text(0));
        self.position += 1;
        let span = self.since(start);
        match convert::cast(&Value::Text(inside), to) {
            Ok(value) => Ok(Syntax { kind: Kind::Literal(value), span }),
            Err(reason) => Err(FormulaError::new("formula.bad-value", span, reason)),
        }
    }

    pub(super) fn at_text(&self, ahead: usize) -> bool {
        self.kind(ahead) == Some(TokenKind::Text) && self.peek_text(ahead).starts_with('\'')
    }
}

pub(super) fn string_value(literal: &str) -> String {
    let inside = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(literal);
    inside.replace("''", "'")
}
