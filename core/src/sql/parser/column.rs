//! Columns and constraints, as CREATE TABLE and ALTER TABLE write them.

use super::cursor::Parser;
use super::refusal::IDENTITY;
use crate::error::{Error, Result};
use crate::schema::OnDelete;
use crate::sql::ast::{
    ColumnDefinition, ColumnOption, ColumnOptionKind, ConstraintDefinition, ConstraintKind, References,
};
use crate::sql::lexer::TokenKind;

/// The first words of a column's options.
const OPTIONS: [&str; 10] =
    ["NOT", "NULL", "DEFAULT", "GENERATED", "PRIMARY", "UNIQUE", "REFERENCES", "CHECK", "ON", "CONSTRAINT"];

impl Parser<'_> {
    /// A column with its options.
    pub fn column(&mut self) -> Result<ColumnDefinition> {
        let start = self.start();
        let name = self.identifier("a column or a constraint")?;
        let type_name = self.type_name()?;
        let mut options = Vec::new();
        while !(self.at_end() || self.at_symbol(",") || self.at_symbol(")") || self.at_symbol(";")) {
            options.push(self.column_option()?);
        }
        Ok(ColumnDefinition { name, type_name, options, span: self.since(start) })
    }

    fn column_option(&mut self) -> Result<ColumnOption> {
        let start = self.start();
        let constraint = if self.take("CONSTRAINT") { Some(self.identifier("a constraint's name")?) } else { None };
        let kind = match self.upper().as_str() {
            "NOT" if self.refused_here().is_none() => {
                self.skip();
                self.expect("NULL")?;
                ColumnOptionKind::NotNull
            }
            "NULL" => {
                self.skip();
                ColumnOptionKind::Null
            }
            "DEFAULT" if self.refused_here().is_none() => {
                self.skip();
                ColumnOptionKind::Default(self.default_value()?)
            }
            "GENERATED" => self.identity()?,
            "PRIMARY" => {
                self.skip();
                self.expect("KEY")?;
                ColumnOptionKind::PrimaryKey
            }
            "UNIQUE" => {
                self.skip();
                if self.at("KEY") {
                    return Err(self.refusal("UNIQUE KEY", 1, "write UNIQUE"));
                }
                ColumnOptionKind::Unique
            }
            "REFERENCES" => ColumnOptionKind::References(self.references()?),
            "CHECK" => {
                self.skip();
                ColumnOptionKind::Check(self.in_parentheses()?)
            }
            "ON" if self.word_is(1, "UPDATE") => self.on_update()?,
            "AS" => return Err(self.refusal_to_section("a computed column", 1)),
            _ => return Err(self.not_an_option()),
        };
        Ok(ColumnOption { constraint, kind, span: self.since(start) })
    }

    /// DEFAULT's value: an expression, which a name in double quotes is not.
    pub fn default_value(&mut self) -> Result<crate::sql::ast::Expression> {
        if self.peek_kind(0) == Some(TokenKind::QuotedName) {
            return Err(self
                .error("sql.syntax", format!("expected a value, found {}", self.found()))
                .with_help("double quotes make a name: quote strings with single quotes"));
        }
        self.expression()
    }

    fn not_an_option(&self) -> Error {
        let error = self.expected_one_of("a column's option, `,` or `)`", &OPTIONS);
        match error.help() {
            None if matches!(self.peek_kind(0), Some(TokenKind::Word | TokenKind::QuotedName)) => {
                error.with_help("is a comma missing before it?")
            }
            _ => error,
        }
    }

    fn identity(&mut self) -> Result<ColumnOptionKind> {
        let generated = self.start();
        self.expect("GENERATED")?;
        if self.at("ALWAYS") {
            let identity = self.at_words(&["ALWAYS", "AS", "IDENTITY"]);
            let end = self.peek(if identity { 2 } else { 1 }).map_or(self.here().end, |token| token.end);
            return Err(match identity {
                true => self
                    .error_at("sql.not-portable", "GENERATED ALWAYS AS IDENTITY is not portable SQL", generated..end)
                    .with_help(IDENTITY),
                false => self
                    .error_at("sql.not-portable", "a computed column is not portable SQL", generated..end)
                    .with_help(
                        "make it part of a view, or write a section for one engine, headed `-- migrate:up ENGINE`",
                    ),
            });
        }
        self.expect("BY")?;
        self.expect("DEFAULT")?;
        if self.at_words(&["ON", "NULL"]) {
            return Err(self.refusal("ON NULL", 2, IDENTITY));
        }
        self.expect("AS")?;
        self.expect("IDENTITY")?;
        if self.at_symbol("(") {
            return Err(self.refusal_to_section("an identity's options", 1));
        }
        Ok(ColumnOptionKind::Identity)
    }

    fn on_update(&mut self) -> Result<ColumnOptionKind> {
        let start = self.start();
        self.expect("ON")?;
        self.expect("UPDATE")?;
        match self.upper().as_str() {
            "CURRENT_TIMESTAMP" => {
                self.skip();
                if self.at_symbol("(") {
                    return Err(self.expected_with_help("no parentheses", "write ON UPDATE CURRENT_TIMESTAMP"));
                }
                Ok(ColumnOptionKind::OnUpdateNow)
            }
            "CASCADE" | "SET" | "RESTRICT" | "NO" => {
                let end = self.here().end;
                Err(self.error_at("sql.not-portable", "ON UPDATE on a foreign key is not portable SQL", start..end).with_help(
                    "leave it out: not every engine has one; keys that never change need none, else write a section for one engine",
                ))
            }
            _ => Err(self.expected_with_help("CURRENT_TIMESTAMP", "a column takes ON UPDATE CURRENT_TIMESTAMP alone")),
        }
    }

    fn references(&mut self) -> Result<References> {
        self.expect("REFERENCES")?;
        let table = self.object_name("a table's name")?;
        let columns = if self.at_symbol("(") { self.column_names()? } else { Vec::new() };
        let mut on_delete = OnDelete::NoAction;
        if self.take_words(&["ON", "DELETE"]) {
            on_delete = match self.upper().as_str() {
                "CASCADE" => OnDelete::Cascade,
                "RESTRICT" => OnDelete::Restrict,
                "NO" if self.word_is(1, "ACTION") => OnDelete::NoAction,
                "SET" if self.word_is(1, "NULL") => OnDelete::SetNull,
                "SET" if self.word_is(1, "DEFAULT") => {
                    return Err(self.refusal("ON DELETE SET DEFAULT", 2, "use SET NULL, CASCADE, RESTRICT or nothing"));
                }
                _ => {
                    let actions = "CASCADE, SET NULL, RESTRICT or NO ACTION";
                    return Err(self
                        .error("sql.syntax", format!("expected {actions}, found {}", self.found()))
                        .with_help("say what becomes of the rows when the row they point at is deleted"));
                }
            };
            self.skip();
            if matches!(on_delete, OnDelete::NoAction | OnDelete::SetNull) {
                self.skip();
            }
        }
        Ok(References { table, columns, on_delete })
    }

    /// Whether a table constraint begins here, and not a column called `check` or `unique`.
    pub fn at_constraint(&self) -> bool {
        self.at("CONSTRAINT")
            || self.at_words(&["PRIMARY", "KEY"])
            || self.at_words(&["FOREIGN", "KEY"])
            || (self.at("UNIQUE") && (self.symbol_is(1, "(") || self.word_is(1, "KEY") || self.word_is(1, "INDEX")))
            || (self.at("CHECK") && self.symbol_is(1, "("))
    }

    /// A table constraint.
    pub fn constraint(&mut self) -> Result<ConstraintDefinition> {
        let start = self.start();
        let name = if self.take("CONSTRAINT") { Some(self.identifier("a constraint's name")?) } else { None };
        let kind = match self.upper().as_str() {
            "PRIMARY" => {
                self.skip();
                self.expect("KEY")?;
                ConstraintKind::PrimaryKey(self.column_names()?)
            }
            "UNIQUE" => {
                self.skip();
                if self.at("KEY") || self.at("INDEX") {
                    let what = format!("UNIQUE {} inside a table", self.upper());
                    return Err(self.refusal(
                        &what,
                        1,
                        "write UNIQUE (column), with CONSTRAINT name before it to name it",
                    ));
                }
                ConstraintKind::Unique(self.column_names()?)
            }
            "FOREIGN" => {
                self.skip();
                self.expect("KEY")?;
                let columns = self.column_names()?;
                let references = self.references()?;
                if self.at_words(&["ON", "UPDATE"]) {
                    self.on_update()?;
                    return Err(self.expected("the end of the constraint"));
                }
                ConstraintKind::ForeignKey(columns, references)
            }
            "CHECK" => {
                self.skip();
                ConstraintKind::Check(self.in_parentheses()?)
            }
            _ => {
                return Err(self.expected_one_of(
                    "PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK",
                    &["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"],
                ));
            }
        };
        Ok(ConstraintDefinition { name, kind, span: self.since(start) })
    }

    fn in_parentheses(&mut self) -> Result<crate::sql::ast::Expression> {
        if !self.take_symbol("(") {
            return Err(self.expected_with_help("`(`", "a check's condition stands in parentheses"));
        }
        let expression = self.expression()?;
        match self.take_symbol(")") {
            true => Ok(expression),
            false => Err(self.expected("an operator or `)`")),
        }
    }
}
