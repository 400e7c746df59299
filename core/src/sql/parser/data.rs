//! INSERT, UPDATE and DELETE.

use super::cursor::Parser;
use super::refusal::UPSERT;
use crate::error::Result;
use crate::sql::ast::{Expression, Identifier, InsertSource, Span, StatementKind};

const ONE_TABLE: &str =
    "write a condition on its own columns, or a section for one engine, headed `-- migrate:up ENGINE`";

impl Parser<'_> {
    /// INSERT.
    pub fn insert(&mut self) -> Result<StatementKind> {
        self.expect("INSERT")?;
        if self.at("IGNORE") {
            return Err(self.refusal("INSERT IGNORE", 1, UPSERT));
        }
        if self.at("OR") {
            return Err(self.refusal(&format!("INSERT OR {}", self.upper_at(1)), 2, UPSERT));
        }
        self.expect("INTO")?;
        let table = self.object_name("a table's name")?;
        let query = self.at_symbol("(") && self.word_is(1, "SELECT");
        let columns = if self.at_symbol("(") && !query { self.column_names()? } else { Vec::new() };
        let source = match self.upper().as_str() {
            "VALUES" => {
                self.skip();
                InsertSource::Values(self.rows()?)
            }
            "SELECT" => InsertSource::Select(self.select()?),
            "DEFAULT" if self.word_is(1, "VALUES") => {
                return Err(self.refusal(
                    "DEFAULT VALUES",
                    2,
                    "name a column: INSERT INTO table (column) VALUES (DEFAULT)",
                ));
            }
            "SET" => return Err(self.refusal("INSERT ... SET", 1, "write INSERT INTO table (column) VALUES (value)")),
            "OVERRIDING" => {
                return Err(self.refusal("OVERRIDING", 1, "leave it out: identities take a row's own value"));
            }
            _ if self.at_symbol("(") => {
                return Err(self.expected_with_help("VALUES or SELECT", "a query stands without parentheses"));
            }
            _ => return Err(self.expected_one_of("VALUES or SELECT", &["VALUES", "SELECT"])),
        };
        Ok(StatementKind::Insert { table, columns, source })
    }

    fn rows(&mut self) -> Result<Vec<(Vec<Option<Expression>>, Span)>> {
        let mut rows = vec![self.row()?];
        while self.take_symbol(",") {
            rows.push(self.row()?);
        }
        Ok(rows)
    }

    fn row(&mut self) -> Result<(Vec<Option<Expression>>, Span)> {
        let start = self.start();
        let values = self.list(Self::value_or_default)?;
        Ok((values, self.since(start)))
    }

    fn value_or_default(&mut self) -> Result<Option<Expression>> {
        if self.take("DEFAULT") { Ok(None) } else { self.expression().map(Some) }
    }

    /// UPDATE of one table.
    pub fn update(&mut self) -> Result<StatementKind> {
        self.expect("UPDATE")?;
        let table = self.object_name("a table's name")?;
        self.refuse_further_tables("UPDATE")?;
        self.expect("SET")?;
        let mut assignments = vec![self.assignment()?];
        while self.take_symbol(",") {
            assignments.push(self.assignment()?);
        }
        if self.at("FROM") {
            return Err(self.refusal("UPDATE ... FROM", 1, ONE_TABLE));
        }
        let filter = self.filter()?;
        Ok(StatementKind::Update { table, assignments, filter })
    }

    fn assignment(&mut self) -> Result<(Identifier, Option<Expression>)> {
        if self.at_symbol("(") {
            return Err(self.refusal("a list of columns in SET", 1, "write column = value once for each"));
        }
        let column = self.identifier("a column's name")?;
        if self.at_symbol(".") {
            return Err(self.refusal("a qualified column in SET", 2, "name the column alone"));
        }
        self.expect_symbol("=")?;
        Ok((column, self.value_or_default()?))
    }

    /// DELETE from one table.
    pub fn delete(&mut self) -> Result<StatementKind> {
        self.expect("DELETE")?;
        if !self.at("FROM") && self.word_is(1, "FROM") {
            return Err(self.refusal("DELETE of a join", 1, ONE_TABLE));
        }
        self.expect("FROM")?;
        let table = self.object_name("a table's name")?;
        if self.at("USING") {
            return Err(self.refusal("DELETE ... USING", 1, ONE_TABLE));
        }
        self.refuse_further_tables("DELETE")?;
        let filter = self.filter()?;
        Ok(StatementKind::Delete { table, filter })
    }

    fn filter(&mut self) -> Result<Option<Expression>> {
        if self.take("WHERE") { self.expression().map(Some) } else { Ok(None) }
    }

    /// Joins, second tables and aliases, which UPDATE and DELETE don't take.
    fn refuse_further_tables(&self, verb: &str) -> Result<()> {
        let join = ["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS"].iter().any(|word| self.at(word));
        if join || self.at_symbol(",") {
            return Err(self.refusal(&format!("{verb} of more than one table"), 1, ONE_TABLE));
        }
        let alias = self.at("AS")
            || (self.word_is(1, "SET") && !self.at("SET"))
            || (self.word_is(1, "WHERE") && !self.at("WHERE"));
        if alias {
            let help = "name the columns alone: there is one table to have them from";
            return Err(self.refusal(&format!("an alias in {verb}"), if self.at("AS") { 2 } else { 1 }, help));
        }
        Ok(())
    }
}
