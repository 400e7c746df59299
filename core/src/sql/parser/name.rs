//! Identifiers, and the strings that stand where a name or a comment is wanted.

use super::cursor::Parser;
use super::literal::string_value;
use super::refusal::NO_PARAMETERS;
use crate::error::{Error, Result};
use crate::schema::{MAX_NAME_BYTES, Name};
use crate::sql::ast::Identifier;
use crate::sql::lexer::TokenKind;

impl Parser<'_> {
    /// A name; `what` says of what.
    pub fn identifier(&mut self, what: &str) -> Result<Identifier> {
        let Some(token) = self.peek(0) else { return Err(self.expected(what)) };
        let text = self.peek_text(0);
        let name = match token.kind {
            TokenKind::Word => {
                self.refuse_odd_characters(token.start, text)?;
                Name::folded(text)
            }
            TokenKind::QuotedName => {
                let inside = text.get(1..text.len() - 1).unwrap_or_default();
                if inside.is_empty() {
                    return Err(self.error("sql.syntax", "this name is empty").with_help("give it a name"));
                }
                Name::exact(&inside.replace("\"\"", "\""))
            }
            TokenKind::Text => {
                return Err(self
                    .error("sql.syntax", format!("expected {what}, found {}", self.found()))
                    .with_help("single quotes make a string: quote names with double quotes"));
            }
            _ => return Err(self.expected(what)),
        };
        let length = name.as_str().len();
        if length > MAX_NAME_BYTES {
            let message =
                format!("this name is {length} bytes long, {MAX_NAME_BYTES} is the most that every engine takes");
            return Err(self.error("sql.name-too-long", message).with_help("shorten it"));
        }
        self.skip();
        Ok(Identifier { name, span: token.span() })
    }

    /// The name of a table, a view or an index: one that no schema may qualify.
    pub fn object_name(&mut self, what: &str) -> Result<Identifier> {
        let name = self.identifier(what)?;
        match self.at_symbol(".") {
            true => Err(self.schema_qualified(name.span.start)),
            false => Ok(name),
        }
    }

    /// The error for a name that began there and has a schema before it.
    pub fn schema_qualified(&self, start: usize) -> Error {
        let mut end = self.here().end;
        if let Some(next) = self.peek(1).filter(|next| matches!(next.kind, TokenKind::Word | TokenKind::QuotedName)) {
            end = next.end;
        }
        self.error_at("sql.not-portable", "a name qualified by a schema is not portable SQL", start..end)
            .with_help("leave the schema out: the database URL says which one is meant")
    }

    /// A name in parentheses, or several with commas between them.
    pub fn column_names(&mut self) -> Result<Vec<Identifier>> {
        self.list(|parser| parser.identifier("a column's name"))
    }

    /// A plain string.
    pub fn text(&mut self, what: &str) -> Result<String> {
        match self.peek_kind(0) {
            Some(TokenKind::Text) if self.peek_text(0).starts_with('\'') => {
                let text = string_value(self.peek_text(0));
                self.skip();
                Ok(text)
            }
            Some(TokenKind::QuotedName) => Err(self
                .error("sql.syntax", format!("expected {what}, found {}", self.found()))
                .with_help("double quotes make a name: quote strings with single quotes")),
            _ => Err(self.expected(what)),
        }
    }

    /// An unquoted name is letters, digits, `_` and `$`; a stray no-break space should not become part of one.
    fn refuse_odd_characters(&self, start: usize, text: &str) -> Result<()> {
        let odd = text.char_indices().find(|&(_, c)| !c.is_alphanumeric() && c != '_' && c != '$');
        match odd {
            None if text.starts_with('$') => Err(self.refusal("a parameter", 1, NO_PARAMETERS)),
            None => Ok(()),
            Some((at, character)) => {
                let place = start + at..start + at + character.len_utf8();
                let code = u32::from(character);
                let message = format!("the character U+{code:04X} can't be part of a name without quotes");
                let help = match character.is_whitespace() {
                    true => "it looks like a space but is none: write a plain space",
                    false => "take it out, or write the name in double quotes",
                };
                Err(self.error_at("sql.syntax", message, place).with_help(help))
            }
        }
    }
}
