//! Type names as they are written; which type they mean is the binder's business.

use super::cursor::Parser;
use super::refusal::IDENTITY;
use crate::error::{Error, Result};
use crate::sql::ast::{Span, TypeName};
use crate::sql::lexer::TokenKind;

/// Type names of more than one word: the first, and what may follow it.
const CONTINUATIONS: [(&str, &[&str]); 12] = [
    ("DOUBLE", &["PRECISION"]),
    ("CHARACTER", &["VARYING"]),
    ("CHARACTER", &["LARGE", "OBJECT"]),
    ("CHAR", &["VARYING"]),
    ("CHAR", &["LARGE", "OBJECT"]),
    ("BINARY", &["VARYING"]),
    ("BINARY", &["LARGE", "OBJECT"]),
    ("NATIONAL", &["CHARACTER", "VARYING"]),
    ("NATIONAL", &["CHARACTER"]),
    ("NATIONAL", &["CHAR", "VARYING"]),
    ("NATIONAL", &["CHAR"]),
    ("NATIONAL", &["VARCHAR"]),
];

/// Words behind a column's name that show its type to be missing.
const NOT_TYPES: [&str; 11] =
    ["PRIMARY", "NOT", "NULL", "DEFAULT", "UNIQUE", "REFERENCES", "CHECK", "CONSTRAINT", "GENERATED", "ON", "AS"];

impl Parser<'_> {
    /// A type.
    pub fn type_name(&mut self) -> Result<TypeName> {
        let start = self.start();
        let first = self.upper();
        if first.is_empty() || NOT_TYPES.contains(&first.as_str()) {
            return Err(self.type_missing());
        }
        if matches!(first.as_str(), "SERIAL" | "BIGSERIAL" | "SMALLSERIAL" | "SERIAL4" | "SERIAL8" | "SERIAL2") {
            return Err(self.error("sql.not-portable", format!("{first} is not portable SQL")).with_help(IDENTITY));
        }
        if matches!(first.as_str(), "ENUM" | "SET") {
            return Err(self
                .error("sql.not-portable", format!("the type {first} is not portable SQL"))
                .with_help("use VARCHAR(n) with a CHECK (column IN ('a', 'b'))"));
        }
        self.skip();
        let mut words = first;
        for (word, rest) in CONTINUATIONS {
            if word == words && self.take_words(rest) {
                words = format!("{word} {}", rest.join(" "));
            }
        }
        let mut arguments = self.type_arguments()?;
        if matches!(words.as_str(), "TIMESTAMP" | "TIME") {
            for with in ["WITH", "WITHOUT"] {
                if self.take_words(&[with, "TIME", "ZONE"]) {
                    words = format!("{words} {with} TIME ZONE");
                } else if with == "WITH" && self.take_words(&["WITH", "LOCAL", "TIME", "ZONE"]) {
                    words.push_str(" WITH LOCAL TIME ZONE");
                }
            }
        }
        if arguments.is_empty() {
            arguments = self.type_arguments()?;
        }
        if self.at_symbol("[") {
            return Err(self
                .error("sql.not-portable", "an array type is not portable SQL")
                .with_help("use JSON, or a table of its own"));
        }
        Ok(TypeName { words, arguments, span: self.since(start) })
    }

    fn type_missing(&self) -> Error {
        let inside_name = self.peek_kind(0) == Some(TokenKind::Operator)
            && ![",", ")", ";", "("].iter().any(|symbol| self.at_symbol(symbol));
        let help = match inside_name {
            true => "a name of other characters than letters, digits and _ is written in double quotes",
            false => "every column has one, such as BIGINT, VARCHAR(200) or TIMESTAMP",
        };
        self.expected_with_help("a type", help)
    }

    fn type_arguments(&mut self) -> Result<Vec<(u64, Span)>> {
        if !self.at_symbol("(") {
            return Ok(Vec::new());
        }
        let start = self.start();
        let arguments = self.list(|parser| match parser.peek_kind(0) {
            Some(TokenKind::Number) => {
                let span = parser.here();
                match parser.peek_text(0).parse() {
                    Ok(number) => {
                        parser.skip();
                        if parser.at("CHAR") || parser.at("BYTE") || parser.at("CHARACTERS") {
                            let help = "leave it out: text is measured in characters, and binary data in bytes";
                            return Err(parser.refusal("the unit of a length", 1, help));
                        }
                        Ok((number, span))
                    }
                    Err(_) => Err(parser.error("sql.syntax", format!("{} is not a length", parser.found()))),
                }
            }
            _ => {
                Err(parser.expected_with_help("a number", "a type's length is a number: VARCHAR(200), DECIMAL(10, 2)"))
            }
        })?;
        match arguments.get(2) {
            None => Ok(arguments),
            Some(_) => Err(self.error_at("sql.syntax", "no type takes more than two numbers", self.since(start))),
        }
    }
}
