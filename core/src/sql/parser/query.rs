//! Queries: one table, or inner and left joins, with WHERE and GROUP BY.

use super::cursor::Parser;
use crate::error::Result;
use crate::schema::JoinKind;
use crate::sql::ast::{Expression, Identifier, Relation, Select, SelectItem};
use crate::sql::lexer::TokenKind;

/// Words that end an item or a relation, and so are no alias without AS.
const CLAUSES: [&str; 56] = [
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "MINUS",
    "JOIN",
    "INNER",
    "LEFT",
    "RIGHT",
    "FULL",
    "CROSS",
    "NATURAL",
    "STRAIGHT_JOIN",
    "ON",
    "USING",
    "WINDOW",
    "FOR",
    "RETURNING",
    "WITH",
    "AS",
    "AND",
    "OR",
    "XOR",
    "DIV",
    "MOD",
    "NOT",
    "IS",
    "IN",
    "LIKE",
    "ILIKE",
    "BETWEEN",
    "SIMILAR",
    "REGEXP",
    "RLIKE",
    "GLOB",
    "ESCAPE",
    "COLLATE",
    "OVER",
    "LATERAL",
    "SET",
    "VALUES",
    "SELECT",
    "CREATE",
    "DROP",
    "ALTER",
    "INSERT",
    "UPDATE",
    "DELETE",
    "COMMENT",
];

impl Parser<'_> {
    /// SELECT.
    pub fn select(&mut self) -> Result<Select> {
        if self.at_symbol("(") && self.word_is(1, "SELECT") {
            return Err(self.expected_with_help("SELECT", "a query stands without parentheses"));
        }
        let start = self.start();
        self.expect("SELECT")?;
        // What may follow SELECT and is no column: DISTINCT, TOP.
        if self.at("DISTINCT") || (self.at("TOP") && self.peek_kind(1) == Some(TokenKind::Number)) {
            return Err(self.expected("a column"));
        }
        let mut items = vec![self.item()?];
        while self.take_symbol(",") {
            items.push(self.item()?);
        }
        if self.at_end() || self.at_symbol(";") {
            return Err(
                self.expected_with_help("FROM", "a portable query reads a table; constants are inserted by VALUES")
            );
        }
        self.expect("FROM")?;
        let from = self.relation()?;
        let mut joins = Vec::new();
        while let Some(kind) = self.join_kind()? {
            let relation = self.relation()?;
            if self.at("USING") {
                return Err(self.refusal("JOIN ... USING", 1, "write ON left.column = right.column"));
            }
            self.expect("ON")?;
            joins.push((kind, relation, self.expression()?));
        }
        let filter = if self.take("WHERE") { Some(self.expression()?) } else { None };
        let group_by = if self.take_words(&["GROUP", "BY"]) { self.group_by()? } else { Vec::new() };
        Ok(Select { items, from, joins, filter, group_by, span: self.since(start) })
    }

    fn item(&mut self) -> Result<SelectItem> {
        let start = self.start();
        if self.take_symbol("*") {
            return Ok(SelectItem::Wildcard(None, self.since(start)));
        }
        if self.symbol_is(1, ".") && self.symbol_is(2, "*") {
            let relation = self.identifier("a table's name")?;
            self.skip();
            self.skip();
            return Ok(SelectItem::Wildcard(Some(relation), self.since(start)));
        }
        let expression = self.expression()?;
        Ok(SelectItem::Expression(expression, self.alias()?))
    }

    fn alias(&mut self) -> Result<Option<Identifier>> {
        if self.take("AS") {
            return self.identifier("a name").map(Some);
        }
        if self.at_words(&["AT", "TIME", "ZONE"]) {
            return Ok(None);
        }
        match self.peek_kind(0) {
            Some(TokenKind::QuotedName | TokenKind::Text) => self.identifier("a name").map(Some),
            Some(TokenKind::Word) if !CLAUSES.contains(&self.upper().as_str()) => self.identifier("a name").map(Some),
            _ => Ok(None),
        }
    }

    fn relation(&mut self) -> Result<Relation> {
        if self.at_symbol("(") {
            return Err(self.refusal(
                "a sub-query in FROM",
                if self.word_is(1, "SELECT") { 2 } else { 1 },
                "make it a view first",
            ));
        }
        let name = self.object_name("a table's name")?;
        if self.at_symbol("(") {
            return Err(self.refusal_to_section("a function in FROM", 1));
        }
        let alias = self.alias()?;
        if self.at_symbol(",") {
            return Err(self.refusal("a comma between tables", 1, "write JOIN table ON condition"));
        }
        Ok(Relation { name, alias })
    }

    fn join_kind(&mut self) -> Result<Option<JoinKind>> {
        if self.take("JOIN") {
            return Ok(Some(JoinKind::Inner));
        }
        if self.take("INNER") {
            self.expect("JOIN")?;
            return Ok(Some(JoinKind::Inner));
        }
        if self.take("LEFT") {
            self.take("OUTER");
            self.expect("JOIN")?;
            return Ok(Some(JoinKind::Left));
        }
        Ok(None)
    }

    fn group_by(&mut self) -> Result<Vec<Expression>> {
        let mut expressions = vec![self.group()?];
        while self.take_symbol(",") {
            expressions.push(self.group()?);
        }
        Ok(expressions)
    }

    fn group(&mut self) -> Result<Expression> {
        if self.peek_kind(0) == Some(TokenKind::Number) {
            return Err(self.refusal("GROUP BY a position", 1, "write the column or expression that stands there"));
        }
        let special = ["ROLLUP", "CUBE", "GROUPING"].iter().any(|word| self.at(word));
        if special && (self.symbol_is(1, "(") || self.word_is(1, "SETS")) {
            return Err(self.refusal_to_section(&self.upper(), 1));
        }
        self.expression()
    }
}
