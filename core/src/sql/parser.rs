//! The parser of portable SQL: statements with the place of every part.
//!
//! Its grammar is closed: what is not in the portable set is an error at its place, never dropped. What is known but not
//! portable gets a message of its own that names the way out (see [`refusal`]).

mod alter;
mod column;
mod create;
mod cursor;
mod data;
mod expression;
mod literal;
mod name;
mod operand;
mod query;
mod refusal;
mod type_name;

use std::ops::Range;

use super::ast::{Expression, Statement, StatementKind};
use crate::error::{Result, SourceText};
use cursor::Parser;

/// The words that begin a statement of the portable set.
const STATEMENTS: [&str; 7] = ["CREATE", "DROP", "ALTER", "INSERT", "UPDATE", "DELETE", "COMMENT"];

/// The statements of a portable section; spans are offsets into the source's text.
pub fn parse(source: &SourceText, body: Range<usize>) -> Result<Vec<Statement>> {
    let mut parser = Parser::new(source, body)?;
    let mut statements = Vec::new();
    while !parser.at_end() {
        if parser.at_symbol(";") {
            return Err(parser
                .error("sql.syntax", "this statement is empty")
                .with_help("one semicolon ends a statement: take this one out"));
        }
        let start = parser.start();
        let kind = parser.statement()?;
        let span = parser.since(start);
        parser.end_of_statement()?;
        statements.push(Statement { kind, span });
    }
    Ok(statements)
}

/// One expression that takes up the whole range.
pub fn parse_expression(source: &SourceText, range: Range<usize>) -> Result<Expression> {
    let mut parser = Parser::new(source, range)?;
    let expression = parser.expression()?;
    match parser.at_end() {
        true => Ok(expression),
        false => Err(parser.expected("an operator or the end")),
    }
}

impl Parser<'_> {
    fn statement(&mut self) -> Result<StatementKind> {
        match self.upper().as_str() {
            "CREATE" => self.create(),
            "DROP" => self.drop_object(),
            "ALTER" => self.alter(),
            "INSERT" => self.insert(),
            "UPDATE" => self.update(),
            "DELETE" => self.delete(),
            "COMMENT" => self.comment(),
            _ => Err(self.refused_statement().unwrap_or_else(|| self.expected_one_of("a statement", &STATEMENTS))),
        }
    }

    fn end_of_statement(&mut self) -> Result<()> {
        if self.at_end() || self.take_symbol(";") {
            return Ok(());
        }
        let begins_statement = STATEMENTS.iter().any(|word| self.at(word));
        if begins_statement && (!self.at("COMMENT") || self.word_is(1, "ON")) {
            return Err(self
                .error("sql.syntax", format!("a semicolon is missing before {}", self.found()))
                .with_help("end each statement with a semicolon"));
        }
        Err(self.expected("the end of the statement"))
    }

    /// DROP TABLE, INDEX or VIEW.
    fn drop_object(&mut self) -> Result<StatementKind> {
        self.expect("DROP")?;
        match self.upper().as_str() {
            "TABLE" => {
                self.skip();
                Ok(StatementKind::DropTable { tables: self.object_names("a table's name")? })
            }
            "VIEW" => {
                self.skip();
                Ok(StatementKind::DropView { views: self.object_names("a view's name")? })
            }
            "INDEX" => {
                self.skip();
                self.refuse_if_exists()?;
                let index = self.object_name("an index's name")?;
                let table = if self.take("ON") { Some(self.object_name("a table's name")?) } else { None };
                if self.at_symbol(",") {
                    let help = "drop each index by a statement of its own";
                    return Err(self.expected_with_help("the end of the statement", help));
                }
                Ok(StatementKind::DropIndex { index, table })
            }
            _ => Err(self
                .refused_object("DROP")
                .unwrap_or_else(|| self.expected_one_of("TABLE, INDEX or VIEW", &["TABLE", "INDEX", "VIEW"]))),
        }
    }

    fn object_names(&mut self, what: &str) -> Result<Vec<super::ast::Identifier>> {
        self.refuse_if_exists()?;
        let mut names = vec![self.object_name(what)?];
        while self.take_symbol(",") {
            names.push(self.object_name(what)?);
        }
        Ok(names)
    }

    /// COMMENT ON TABLE or COLUMN.
    fn comment(&mut self) -> Result<StatementKind> {
        self.expect("COMMENT")?;
        self.expect("ON")?;
        let (table, column) = match self.upper().as_str() {
            "TABLE" => {
                self.skip();
                (self.object_name("a table's name")?, None)
            }
            "COLUMN" => {
                self.skip();
                let table = self.identifier("a table's name")?;
                self.expect_symbol(".")?;
                let column = self.identifier("a column's name")?;
                if self.at_symbol(".") {
                    return Err(self.schema_qualified(table.span.start));
                }
                (table, Some(column))
            }
            _ => return Err(self.expected_one_of("TABLE or COLUMN", &["TABLE", "COLUMN"])),
        };
        self.expect("IS")?;
        let text = if self.take("NULL") { None } else { Some(self.text("the comment as a string, or NULL")?) };
        Ok(StatementKind::Comment { table, column, text })
    }
}

#[cfg(test)]
mod tests;
