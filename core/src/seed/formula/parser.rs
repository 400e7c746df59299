//! Reads a formula's text into [`Syntax`]: SQL's expressions, precedence included.

use std::ops::Range;

use super::error::FormulaError;
use super::interval::Interval;
use super::syntax::{Kind, Syntax};
use crate::flavour::LexicalRules;
use crate::schema::{BinaryOperator, ColumnType};
use crate::sql::lexer::{Lexer, Token, TokenKind};
use crate::value::{Decimal, Value};

mod case;
mod literal;
mod types;

type Parsed<T = Syntax> = Result<T, FormulaError>;

/// Deeper nesting than anybody writes by hand; past it the text is refused rather than the stack overrun.
const DEEPEST: usize = 32;

/// More operators than anybody writes by hand: the tree leans to the left by one for each of a row of them.
const MOST_OPERATORS: usize = 128;

/// The expression that a text is, whole.
pub(super) fn parse(text: &str) -> Parsed {
    let mut tokens = Vec::new();
    for token in Lexer::new(text, 0..text.len(), LexicalRules::STANDARD) {
        match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment => {}
            TokenKind::UnterminatedText | TokenKind::UnterminatedName | TokenKind::UnterminatedComment => {
                let what = match token.kind {
                    TokenKind::UnterminatedText => "this text has no closing quote",
                    TokenKind::UnterminatedName => "this name has no closing quote",
                    _ => "this comment has no end",
                };
                return Err(FormulaError::new("formula.syntax", token.span(), what));
            }
            _ => tokens.push(token),
        }
    }
    let mut parser = Parser { text, tokens, position: 0, depth: 0, operators: 0 };
    if parser.tokens.is_empty() {
        return Err(FormulaError::new("formula.syntax", 0..text.len(), "there is no formula after the =")
            .with_help("write one, such as =now(), or put a ' before the = of a text: \"'=\""));
    }
    let expression = parser.expression()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.unexpected("the end of the formula")),
    }
}

/// The tokens and how far they are read.
struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
    operators: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.position).copied()
    }

    fn peek_text(&self, ahead: usize) -> &str {
        self.tokens.get(self.position + ahead).map_or("", |token| token.text(self.text))
    }

    fn kind(&self, ahead: usize) -> Option<TokenKind> {
        self.tokens.get(self.position + ahead).map(|token| token.kind)
    }

    fn at_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(self.text, word))
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        self.kind(0) == Some(TokenKind::Operator) && self.peek_text(0) == symbol
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there = self.at_word(word);
        self.position += usize::from(there);
        there
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let there = self.at_symbol(symbol);
        self.position += usize::from(there);
        there
    }

    fn need_word(&mut self, word: &str) -> Parsed<()> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(word)) }
    }

    fn need_symbol(&mut self, symbol: &str) -> Parsed<()> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected(symbol)) }
    }

    /// Where the next token stands, or the end.
    fn here(&self) -> Range<usize> {
        self.peek().map_or_else(|| self.text.len()..self.text.len(), |token| token.span())
    }

    fn since(&self, start: usize) -> Range<usize> {
        let end = self.position.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.end);
        start..end.max(start)
    }

    fn unexpected(&self, wanted: &str) -> FormulaError {
        let message = match self.peek() {
            Some(token) => format!("expected {wanted}, found {}", token.text(self.text)),
            None => format!("expected {wanted}, but the formula ends here"),
        };
        FormulaError::new("formula.syntax", self.here(), message)
    }

    fn expression(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(FormulaError::new("formula.syntax", self.here(), "the formula is nested too deeply"));
        }
        let result = self.disjunction();
        self.depth -= 1;
        result
    }

    fn disjunction(&mut self) -> Parsed {
        let mut left = self.conjunction()?;
        while self.take_word("OR") {
            let right = self.conjunction()?;
            left = self.binary(BinaryOperator::Or, left, right)?;
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed {
        let mut left = self.negation()?;
        while self.take_word("AND") {
            let right = self.negation()?;
            left = self.binary(BinaryOperator::And, left, right)?;
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed {
        let mut places = Vec::new();
        while self.at_word("NOT") {
            places.push(self.here().start);
            self.position += 1;
        }
        let mut operand = self.comparison()?;
        if places.len() > DEEPEST {
            return Err(FormulaError::new("formula.syntax", operand.span, "the formula is nested too deeply"));
        }
        for start in places.into_iter().rev() {
            let span = start..operand.span.end;
            operand = Syntax { kind: Kind::Not(Box::new(operand)), span };
        }
        Ok(operand)
    }

    fn comparison(&mut self) -> Parsed {
        let mut left = self.concatenation()?;
        loop {
            let operator = match (self.kind(0), self.peek_text(0)) {
                (Some(TokenKind::Operator), "=") => BinaryOperator::Equal,
                (Some(TokenKind::Operator), "<>" | "!=") => BinaryOperator::NotEqual,
                (Some(TokenKind::Operator), "<") => BinaryOperator::Less,
                (Some(TokenKind::Operator), "<=") => BinaryOperator::LessOrEqual,
                (Some(TokenKind::Operator), ">") => BinaryOperator::Greater,
                (Some(TokenKind::Operator), ">=") => BinaryOperator::GreaterOrEqual,
                (Some(TokenKind::Operator), "==") => {
                    return Err(self.unexpected("=").with_help("two values are compared with a single ="));
                }
                (Some(TokenKind::Word), _) => match self.test(left)? {
                    (tested, true) => {
                        left = tested;
                        continue;
                    }
                    (untested, false) => return Ok(untested),
                },
                _ => return Ok(left),
            };
            self.position += 1;
            let right = self.concatenation()?;
            left = self.binary(operator, left, right)?;
        }
    }

    /// `IS [NOT] NULL`, `[NOT] IN`, `[NOT] BETWEEN`, `[NOT] LIKE` behind an operand, where one is there.
    fn test(&mut self, operand: Syntax) -> Parsed<(Syntax, bool)> {
        let start = operand.span.start;
        let span = operand.span.clone();
        let boxed = Box::new(operand);
        if self.take_word("IS") {
            self.count_operator(&span)?;
            let negated = self.take_word("NOT");
            self.need_word("NULL")?;
            let kind = Kind::IsNull { operand: boxed, negated };
            return Ok((Syntax { kind, span: self.since(start) }, true));
        }
        let negated = self.at_word("NOT")
            && ["IN", "BETWEEN", "LIKE"].iter().any(|word| self.peek_text(1).eq_ignore_ascii_case(word));
        self.position += usize::from(negated);
        self.count_operator(&span)?;
        let kind = if self.take_word("IN") {
            self.need_symbol("(")?;
            let list = self.list(")")?;
            if list.is_empty() {
                return Err(FormulaError::new("formula.syntax", self.since(start), "IN needs at least one value"));
            }
            Kind::In { operand: boxed, list, negated }
        } else if self.take_word("BETWEEN") {
            let low = Box::new(self.concatenation()?);
            self.need_word("AND")?;
            let high = Box::new(self.concatenation()?);
            Kind::Between { operand: boxed, low, high, negated }
        } else if self.take_word("LIKE") {
            Kind::Like { operand: boxed, pattern: Box::new(self.concatenation()?), negated }
        } else {
            self.operators -= 1;
            return Ok((*boxed, false));
        };
        Ok((Syntax { kind, span: self.since(start) }, true))
    }

    fn concatenation(&mut self) -> Parsed {
        let mut left = self.sum()?;
        while self.take_symbol("||") {
            let right = self.sum()?;
            left = self.binary(BinaryOperator::Concatenate, left, right)?;
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        loop {
            let operator = if self.take_symbol("+") {
                BinaryOperator::Add
            } else if self.take_symbol("-") {
                BinaryOperator::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.binary(operator, left, right)?;
        }
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.sign()?;
        loop {
            let operator = if self.take_symbol("*") {
                BinaryOperator::Multiply
            } else if self.take_symbol("/") {
                BinaryOperator::Divide
            } else if self.take_symbol("%") {
                BinaryOperator::Modulo
            } else {
                return Ok(left);
            };
            let right = self.sign()?;
            left = self.binary(operator, left, right)?;
        }
    }

    fn sign(&mut self) -> Parsed {
        let start = self.here().start;
        if self.take_symbol("-") {
            if self.kind(0) == Some(TokenKind::Number) {
                return self.number(start, true);
            }
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(FormulaError::new("formula.syntax", self.here(), "the formula is nested too deeply"));
            }
            let operand = self.sign()?;
            self.depth -= 1;
            let span = start..operand.span.end;
            return Ok(Syntax { kind: Kind::Negate(Box::new(operand)), span });
        }
        self.take_symbol("+");
        self.operand()
    }

    fn operand(&mut self) -> Parsed {
        let start = self.here().start;
        match self.kind(0) {
            Some(TokenKind::Number) => self.number(start, false),
            Some(TokenKind::Text) => self.string(),
            Some(TokenKind::QuotedName) => {
                let name = self.name()?;
                Ok(Syntax { kind: Kind::Name { name, quoted: true }, span: self.since(start) })
            }
            Some(TokenKind::Word) => self.word(),
            Some(TokenKind::Operator) if self.take_symbol("(") => {
                let mut inner = self.expression()?;
                self.need_symbol(")")?;
                inner.span = self.since(start);
                Ok(inner)
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    /// A keyword's form, a call, or a field's name.
    fn word(&mut self) -> Parsed {
        let start = self.here().start;
        if let Some(special) = self.keyword()? {
            return Ok(special);
        }
        let name = self.peek_text(0).to_owned();
        let name_span = self.here();
        self.position += 1;
        if !self.take_symbol("(") {
            return Ok(Syntax { kind: Kind::Name { name, quoted: false }, span: name_span });
        }
        let lower = name.to_ascii_lowercase();
        if lower == "ref" {
            return self.reference(start);
        }
        let arguments = self.list(")")?;
        Ok(Syntax { kind: Kind::Call { name: lower, name_span, arguments }, span: self.since(start) })
    }

    /// Expressions between commas, up to and with the closing symbol.
    fn list(&mut self, closing: &str) -> Parsed<Vec<Syntax>> {
        let mut items = Vec::new();
        if self.take_symbol(closing) {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if self.take_symbol(closing) {
                return Ok(items);
            }
            if !self.take_symbol(",") {
                return Err(self.unexpected(&format!(", or {closing}")));
            }
        }
    }

    fn name(&mut self) -> Parsed<String> {
        let name = match self.kind(0) {
            Some(TokenKind::Word) => self.peek_text(0).to_owned(),
            Some(TokenKind::QuotedName) => {
                let text = self.peek_text(0);
                text.get(1..text.len() - 1).unwrap_or_default().replace("\"\"", "\"")
            }
            _ => return Err(self.unexpected("a name")),
        };
        self.position += 1;
        Ok(name)
    }

    /// What follows `ref(`.
    fn reference(&mut self, start: usize) -> Parsed {
        let help = "write ref(table.column), or ref(table.column, other_column = value) for a certain row";
        let table = self.name().map_err(|error| error.with_help(help))?;
        self.need_symbol(".").map_err(|error| error.with_help(help))?;
        let column = self.name().map_err(|error| error.with_help(help))?;
        let mut condition = Vec::new();
        while self.take_symbol(",") {
            let name = self.name().map_err(|error| error.with_help(help))?;
            self.need_symbol("=").map_err(|error| error.with_help(help))?;
            condition.push((name, self.concatenation()?));
        }
        self.need_symbol(")").map_err(|error| error.with_help(help))?;
        Ok(Syntax { kind: Kind::Reference { table, column, condition }, span: self.since(start) })
    }

    fn binary(&mut self, operator: BinaryOperator, left: Syntax, right: Syntax) -> Parsed {
        let span = left.span.start..right.span.end;
        self.count_operator(&span)?;
        Ok(Syntax { kind: Kind::Binary { operator, left: Box::new(left), right: Box::new(right) }, span })
    }

    fn count_operator(&mut self, span: &Range<usize>) -> Parsed<()> {
        self.operators += 1;
        if self.operators > MOST_OPERATORS {
            let message = format!("the formula has more than {MOST_OPERATORS} operators");
            return Err(FormulaError::new("formula.syntax", span.clone(), message));
        }
        Ok(())
    }
}
