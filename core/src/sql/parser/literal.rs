//! The values of literals.

use super::cursor::Parser;
use crate::error::{Error, Result};
use crate::sql::ast::{Expression, ExpressionKind};

impl Parser<'_> {
    /// A number as written.
    pub fn number(&mut self) -> Result<Expression> {
        let text = self.peek_text(0);
        if !is_number(text) {
            return Err(self
                .error("sql.syntax", format!("{} is not a number", self.found()))
                .with_help("a number is written like 12, 1.5 or 1.5e-3"));
        }
        let span = self.here();
        self.skip();
        Ok(Expression { kind: ExpressionKind::Number(text.to_owned()), span })
    }

    /// `'text'` or `X'cafe'`.
    pub fn string(&mut self) -> Result<Expression> {
        let text = self.peek_text(0);
        let span = self.here();
        let kind = match text.as_bytes().first() {
            Some(b'x' | b'X') => match bytes(text.get(2..text.len() - 1).unwrap_or_default()) {
                Some(bytes) => ExpressionKind::Bytes(bytes),
                None => {
                    return Err(self
                        .error("sql.syntax", "this is not a whole number of bytes in hexadecimal digits")
                        .with_help("write two digits for each byte: X'cafe'"));
                }
            },
            Some(b'\'') => ExpressionKind::Text(string_value(text)),
            _ => {
                return Err(self.refused_prefix(text.get(..1).unwrap_or_default(), 1));
            }
        };
        self.skip();
        Ok(Expression { kind, span })
    }

    /// The refusal of a string with a prefix that only some engines know.
    pub fn refused_prefix(&self, prefix: &str, tokens: usize) -> Error {
        self.refusal(
            &format!("a string with the prefix {prefix}"),
            tokens,
            "leave the prefix out: every string is Unicode text without escapes, and X'..' is bytes",
        )
    }
}

/// What a string literal in single quotes stands for. A line end in it is a line feed, however the file was checked out.
pub(super) fn string_value(literal: &str) -> String {
    let inside = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(literal);
    inside.replace("''", "'").replace("\r\n", "\n")
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        digits.chars().map(|digit| digit.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn is_number(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (text, "0"),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && digits(exponent)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty())
}
