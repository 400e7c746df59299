//! Operands: literals, columns, functions, CASE, CAST and what stands in parentheses.

use super::cursor::Parser;
use super::expression::Tree;
use crate::error::{Error, Result};
use crate::schema::Aggregate;
use crate::sql::ast::{Expression, ExpressionKind};
use crate::sql::lexer::TokenKind;

/// Words that no expression begins with; a column of such a name is quoted.
const NOT_COLUMNS: [&str; 26] = [
    "FROM", "WHERE", "AND", "OR", "THEN", "WHEN", "ELSE", "END", "IS", "IN", "AS", "ON", "JOIN", "UNION", "HAVING",
    "BETWEEN", "LIKE", "VALUES", "INTO", "SELECT", "SET", "DEFAULT", "CREATE", "DISTINCT", "BY", "USING",
];

/// The weakest operators: any expression.
const ANY: u8 = 0;

impl Parser<'_> {
    /// An operand.
    pub(super) fn operand(&mut self) -> Result<Tree> {
        let leaf = |expression| Tree { expression, height: 1 };
        match self.peek_kind(0) {
            Some(TokenKind::Number) => self.number().map(leaf),
            Some(TokenKind::Text) => {
                let string = self.string()?;
                match self.peek_kind(0) {
                    Some(TokenKind::Text) => Err(self.expected_with_help("an operator", "join strings with ||")),
                    _ => Ok(leaf(string)),
                }
            }
            Some(TokenKind::QuotedName) => self.column_reference().map(leaf),
            Some(TokenKind::Word) => self.word(),
            Some(TokenKind::Operator) if self.at_symbol("(") => self.parenthesised(),
            _ => Err(self.expected("an expression")),
        }
    }

    fn parenthesised(&mut self) -> Result<Tree> {
        if self.word_is(1, "SELECT") || self.word_is(1, "WITH") {
            return Err(self.refused_query());
        }
        let start = self.start();
        self.expect_symbol("(")?;
        let mut inside = self.tree(ANY)?;
        if self.at_symbol(",") {
            return Err(self.refusal("a row of values", 1, "compare each column by itself, with AND between them"));
        }
        if !self.take_symbol(")") {
            return Err(self.expected("an operator or `)`"));
        }
        inside.expression.span = self.since(start);
        Ok(inside)
    }

    /// What begins with a word: a constant, a function, a column.
    fn word(&mut self) -> Result<Tree> {
        let start = self.start();
        let word = self.upper();
        let call = self.symbol_is(1, "(");
        let constant = match word.as_str() {
            "NULL" => Some(ExpressionKind::Null),
            "TRUE" => Some(ExpressionKind::Boolean(true)),
            "FALSE" => Some(ExpressionKind::Boolean(false)),
            "CURRENT_DATE" | "CURRENT_TIMESTAMP" if !call => Some(ExpressionKind::Call(word.clone(), Vec::new())),
            _ => None,
        };
        if let Some(kind) = constant {
            self.skip();
            return Ok(self.built(start, kind, 1));
        }
        if let Some(error) = self.refused_operand(&word, call) {
            return Err(error);
        }
        match word.as_str() {
            "CASE" => self.case(),
            "CAST" if call => self.cast(),
            _ if self.at_typed_literal() => self.typed_literal(),
            _ if call => self.call(),
            _ => {
                let column = self.column_reference()?;
                Ok(Tree { expression: column, height: 1 })
            }
        }
    }

    fn refused_operand(&self, word: &str, call: bool) -> Option<Error> {
        match word {
            "EXISTS" if call => Some(self.refused_query()),
            "ANY" | "ALL" | "SOME" | "ROW" | "ARRAY" if call || self.symbol_is(1, "[") => {
                Some(self.refusal_to_section(word, 1))
            }
            "EXTRACT" | "POSITION" | "OVERLAY" if call => Some(self.refusal_to_section(word, 1)),
            "INTERVAL" if matches!(self.peek_kind(1), Some(TokenKind::Text | TokenKind::Number)) => {
                Some(self.refusal_to_section("arithmetic with intervals", 2))
            }
            "CURRENT_TIME" | "LOCALTIME" | "LOCALTIMESTAMP" | "SYSDATE" | "SYSTIMESTAMP" | "GETDATE" | "NOW"
                if call || word != "NOW" =>
            {
                Some(self.refusal(word, 1, "write CURRENT_TIMESTAMP or CURRENT_DATE"))
            }
            "CURRENT_USER" | "SESSION_USER" => Some(self.refusal_to_section(word, 1)),
            "ORDER" | "GROUP" if self.word_is(1, "BY") => Some(self.expected("an expression")),
            _ if self.peek_kind(1) == Some(TokenKind::Text) && !call => self.refused_literal(word),
            _ if NOT_COLUMNS.contains(&word) && !self.symbol_is(1, ".") => {
                let help = match self.previous_is(",") {
                    true => "take out the comma before it; a column of that name is written in double quotes",
                    false => "a column of that name is written in double quotes",
                };
                Some(self.expected_with_help("an expression", help))
            }
            _ => None,
        }
    }

    /// A word before a string that is neither a portable type nor a column with something missing after it.
    fn refused_literal(&self, word: &str) -> Option<Error> {
        if self.at_typed_literal() {
            return None;
        }
        let types = ["DATE", "TIME", "TIMESTAMP", "UUID", "JSON"];
        if let Some(name) = types.iter().find(|name| word.len() > 2 && strsim::osa_distance(name, word) == 1) {
            let error = self.error("sql.syntax", format!("{word} '...' is not a literal"));
            return Some(error.with_help(format!("did you mean {name}?")));
        }
        match word {
            "E" | "R" | "U" | "Q" | "NQ" | "_UTF8MB4" | "_UTF8" | "_LATIN1" => Some(self.refused_prefix(word, 2)),
            "BINARY" | "DATETIME" | "TIMESTAMPTZ" | "TIMETZ" | "BYTEA" | "JSONB" | "BOOL" | "BOOLEAN" | "INT" | "INTEGER"
            | "NUMERIC" | "DECIMAL" | "MONEY" | "POINT" | "INET" => Some(self.refusal(
                &format!("{word} before a string"),
                2,
                "the literals with a type are DATE, TIME, TIMESTAMP, TIMESTAMP WITH TIME ZONE, UUID and JSON; others are CAST",
            )),
            _ => None,
        }
    }

    /// `column` or `relation.column`.
    fn column_reference(&mut self) -> Result<Expression> {
        let start = self.start();
        let first = self.identifier("an expression")?;
        if !self.at_symbol(".") {
            return Ok(Expression { span: first.span.clone(), kind: ExpressionKind::Column(None, first) });
        }
        self.skip();
        let column = self.identifier("a column's name")?;
        if self.at_symbol(".") {
            return Err(self.schema_qualified(start));
        }
        Ok(Expression { kind: ExpressionKind::Column(Some(first), column), span: self.since(start) })
    }

    /// `DATE '...'` and its like.
    fn at_typed_literal(&self) -> bool {
        let type_end = match self.upper().as_str() {
            "TIMESTAMP" | "TIME" if self.word_is(1, "WITH") || self.word_is(1, "WITHOUT") => 4,
            "DATE" | "TIME" | "TIMESTAMP" | "UUID" | "JSON" => 1,
            _ => return false,
        };
        self.peek_kind(type_end) == Some(TokenKind::Text)
    }

    fn typed_literal(&mut self) -> Result<Tree> {
        let start = self.start();
        let type_name = self.type_name()?;
        let text = self.text("a string")?;
        Ok(self.built(start, ExpressionKind::Typed(type_name, text), 1))
    }

    fn cast(&mut self) -> Result<Tree> {
        let start = self.start();
        self.skip();
        self.expect_symbol("(")?;
        let operand = self.tree(ANY)?;
        if !self.take("AS") {
            return Err(self.expected_with_help("AS", "write CAST(expression AS type)"));
        }
        let type_name = self.type_name()?;
        self.expect_symbol(")")?;
        Ok(self.built(start, ExpressionKind::Cast(Box::new(operand.expression), type_name), operand.height + 1))
    }

    fn case(&mut self) -> Result<Tree> {
        let start = self.start();
        self.expect("CASE")?;
        let mut height = 0;
        let mut part = |parser: &mut Self| -> Result<Expression> {
            let tree = parser.tree(ANY)?;
            height = height.max(tree.height);
            Ok(tree.expression)
        };
        let operand = if self.at("WHEN") { None } else { Some(Box::new(part(self)?)) };
        let mut branches = Vec::new();
        while self.take("WHEN") {
            let condition = part(self)?;
            self.expect("THEN")?;
            branches.push((condition, part(self)?));
        }
        if branches.is_empty() {
            return Err(self.expected_one_of("WHEN", &["WHEN"]));
        }
        let otherwise = if self.take("ELSE") { Some(Box::new(part(self)?)) } else { None };
        if !self.take("END") {
            return Err(self.expected_one_of("WHEN, ELSE or END", &["WHEN", "ELSE", "END"]));
        }
        Ok(self.built(start, ExpressionKind::Case(operand, branches, otherwise), height + 1))
    }

    /// A function or an aggregate.
    fn call(&mut self) -> Result<Tree> {
        let start = self.start();
        let name = self.upper();
        self.skip();
        let aggregate = match name.as_str() {
            "COUNT" => Some(Aggregate::Count),
            "SUM" => Some(Aggregate::Sum),
            "MIN" => Some(Aggregate::Min),
            "MAX" => Some(Aggregate::Max),
            "AVG" => Some(Aggregate::Average),
            _ => None,
        };
        let tree = match aggregate {
            Some(aggregate) => self.aggregate(start, aggregate)?,
            None => {
                let (arguments, height) = self.arguments(&name)?;
                self.built(start, ExpressionKind::Call(name, arguments), height + 1)
            }
        };
        if self.symbol_is(1, "(") && (self.at("OVER") || self.at("FILTER")) || self.at_words(&["WITHIN", "GROUP"]) {
            return Err(self.refused_here().unwrap_or_else(|| self.refusal_to_section("WITHIN GROUP", 2)));
        }
        Ok(tree)
    }

    fn aggregate(&mut self, start: usize, aggregate: Aggregate) -> Result<Tree> {
        self.expect_symbol("(")?;
        if self.at("DISTINCT") || self.at("ALL") {
            return Err(self.refusal_to_section(&format!("{} inside an aggregate", self.upper()), 1));
        }
        if self.at_symbol("*") && aggregate != Aggregate::Count {
            return Err(self.expected_with_help("an expression", "only COUNT takes `*`"));
        }
        let (argument, height) = match self.take_symbol("*") {
            true => (None, 0),
            false => {
                let tree = self.tree(ANY)?;
                (Some(Box::new(tree.expression)), tree.height)
            }
        };
        if !self.take_symbol(")") {
            return Err(self.expected("`)`"));
        }
        Ok(self.built(start, ExpressionKind::Aggregate(aggregate, argument), height + 1))
    }

    /// Arguments with their parentheses, and their height.
    fn arguments(&mut self, function: &str) -> Result<(Vec<Expression>, usize)> {
        self.expect_symbol("(")?;
        if self.take_symbol(")") {
            return Ok((Vec::new(), 0));
        }
        if function == "TRIM" && ["LEADING", "TRAILING", "BOTH"].iter().any(|word| self.at(word)) {
            return Err(self.refusal(
                &format!("TRIM({} ...)", self.upper()),
                1,
                "TRIM(text) takes the spaces from both ends",
            ));
        }
        let (mut arguments, mut height, mut by_keywords) = (Vec::new(), 0, false);
        loop {
            let tree = self.tree(ANY)?;
            height = height.max(tree.height);
            arguments.push(tree.expression);
            // SUBSTRING(text FROM start FOR length)
            let more = match arguments.len() {
                1 if function == "SUBSTRING" && self.take("FROM") => {
                    by_keywords = true;
                    true
                }
                2 if by_keywords => self.take("FOR"),
                _ => !by_keywords && self.take_symbol(","),
            };
            if !more {
                break;
            }
        }
        match self.take_symbol(")") {
            true => Ok((arguments, height)),
            false => Err(self.expected("`,` or `)`")),
        }
    }
}
