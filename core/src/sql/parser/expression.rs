//! Expressions: operators by precedence. Operands are in [`super::operand`].

use super::cursor::Parser;
use crate::error::{Error, Result};
use crate::schema::{BinaryOperator, UnaryOperator};
use crate::sql::ast::{Expression, ExpressionKind};
use crate::sql::lexer::TokenKind;

/// How high an expression's tree may be: whoever walks it recurses.
const MAX_HEIGHT: usize = 200;

/// A chain of more ANDs or ORs than this is no longer a tree that leans to the left.
const LONGEST_LEANING_CHAIN: usize = 64;

/// How strongly operators bind, from the weakest.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARISON: u8 = 4;
const CONCATENATION: u8 = 5;
const SUM: u8 = 6;
const PRODUCT: u8 = 7;
const SIGN: u8 = 8;

/// An expression and the height of its tree.
pub(super) struct Tree {
    pub expression: Expression,
    pub height: usize,
}

/// What stands between two operands.
enum Infix {
    Operator(BinaryOperator),
    Is,
    In { negated: bool },
    Between { negated: bool },
    Like { negated: bool },
}

impl Parser<'_> {
    /// An expression.
    pub fn expression(&mut self) -> Result<Expression> {
        self.tree(OR).map(|tree| tree.expression)
    }

    /// An expression of operators that bind at least so strongly.
    pub(super) fn tree(&mut self, weakest: u8) -> Result<Tree> {
        self.depth += 1;
        if self.depth > MAX_HEIGHT {
            return Err(self.too_deep());
        }
        let mut left = self.prefixed(weakest)?;
        let mut compared = false;
        while let Some((infix, strength, tokens)) = self.infix().filter(|(_, strength, _)| *strength >= weakest) {
            // Engines read a chain of comparisons each in its own way.
            if strength == COMPARISON && std::mem::replace(&mut compared, true) {
                return Err(self
                    .error("sql.syntax", format!("{} compares the result of another comparison", self.found()))
                    .with_help("put one of them in parentheses"));
            }
            (0..tokens).for_each(|_| self.skip());
            left = match infix {
                Infix::Operator(operator @ (BinaryOperator::And | BinaryOperator::Or)) => {
                    self.chain(left, operator, strength)?
                }
                infix => self.joined(left, infix, strength)?,
            };
            if left.height > MAX_HEIGHT {
                return Err(self.too_deep());
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    fn too_deep(&self) -> Error {
        self.error("sql.too-deep", format!("this expression is nested more than {MAX_HEIGHT} deep"))
            .with_help("split it up")
    }

    /// A chain of ANDs, or of ORs, behind its first operator. A long one is as flat as a short one: its tree is balanced, which means
    /// the same.
    fn chain(&mut self, first: Tree, operator: BinaryOperator, strength: u8) -> Result<Tree> {
        let mut operands = vec![first, self.tree(strength + 1)?];
        let is_next = |infix: &Infix| matches!(infix, Infix::Operator(next) if *next == operator);
        while self.infix().is_some_and(|(infix, _, _)| is_next(&infix)) {
            self.skip();
            operands.push(self.tree(strength + 1)?);
        }
        while operands.len() > LONGEST_LEANING_CHAIN {
            let mut halved = Vec::with_capacity(operands.len().div_ceil(2));
            let mut rest = operands.into_iter();
            while let Some(left) = rest.next() {
                halved.push(match rest.next() {
                    Some(right) => link(left, operator, right),
                    None => left,
                });
            }
            operands = halved;
        }
        let mut operands = operands.into_iter();
        let Some(first) = operands.next() else { return Err(self.too_deep()) };
        Ok(operands.fold(first, |left, right| link(left, operator, right)))
    }

    /// NOT, a sign, or an operand.
    fn prefixed(&mut self, weakest: u8) -> Result<Tree> {
        let start = self.start();
        if self.at("NOT") {
            if weakest > NOT {
                return Err(self.expected_with_help("an operand", "put NOT and what it negates in parentheses"));
            }
            self.skip();
            let operand = self.tree(NOT)?;
            return Ok(self.unary(start, UnaryOperator::Not, operand));
        }
        if self.take_symbol("-") {
            let operand = self.tree(SIGN)?;
            return Ok(self.unary(start, UnaryOperator::Negate, operand));
        }
        if self.take_symbol("+") {
            return self.tree(SIGN);
        }
        self.operand()
    }

    fn unary(&self, start: usize, operator: UnaryOperator, operand: Tree) -> Tree {
        let height = operand.height + 1;
        self.built(start, ExpressionKind::Unary(operator, Box::new(operand.expression)), height)
    }

    /// An expression that began there and has just ended.
    pub(super) fn built(&self, start: usize, kind: ExpressionKind, height: usize) -> Tree {
        Tree { expression: Expression { kind, span: self.since(start) }, height }
    }

    /// The operator that stands next, how strongly it binds, and its tokens.
    fn infix(&self) -> Option<(Infix, u8, usize)> {
        use BinaryOperator::*;
        let operator = |operator, strength| Some((Infix::Operator(operator), strength, 1));
        match self.peek_kind(0)? {
            TokenKind::Operator => match self.peek_text(0) {
                "+" => operator(Add, SUM),
                "-" => operator(Subtract, SUM),
                "*" => operator(Multiply, PRODUCT),
                "/" => operator(Divide, PRODUCT),
                "%" => operator(Modulo, PRODUCT),
                "||" => operator(Concatenate, CONCATENATION),
                "=" => operator(Equal, COMPARISON),
                "<>" | "!=" => operator(NotEqual, COMPARISON),
                "<" => operator(Less, COMPARISON),
                "<=" => operator(LessOrEqual, COMPARISON),
                ">" => operator(Greater, COMPARISON),
                ">=" => operator(GreaterOrEqual, COMPARISON),
                _ => None,
            },
            TokenKind::Word => {
                let negated = self.at("NOT");
                let ahead = usize::from(negated);
                let infix = match self.upper_at(ahead).as_str() {
                    "AND" if !negated => return operator(And, AND),
                    "OR" if !negated => return operator(Or, OR),
                    "IS" if !negated => Infix::Is,
                    "IN" => Infix::In { negated },
                    "BETWEEN" => Infix::Between { negated },
                    "LIKE" => Infix::Like { negated },
                    _ => return None,
                };
                Some((infix, COMPARISON, ahead + 1))
            }
            _ => None,
        }
    }

    /// The left operand with an operator, which was just taken, and what belongs to its right.
    fn joined(&mut self, left: Tree, infix: Infix, strength: u8) -> Result<Tree> {
        let start = left.expression.span.start;
        let operand = Box::new(left.expression);
        let (kind, height) = match infix {
            Infix::Operator(operator) => {
                let right = self.tree(strength + 1)?;
                let height = left.height.max(right.height);
                (ExpressionKind::Binary(operand, operator, Box::new(right.expression)), height)
            }
            Infix::Is => {
                let negated = self.take("NOT");
                if self.at("TRUE") || self.at("FALSE") || self.at("UNKNOWN") || self.at("DISTINCT") {
                    return Err(self.refusal(
                        &format!("IS {}", self.upper()),
                        1,
                        "write = TRUE, = FALSE, <> or IS NULL",
                    ));
                }
                if !self.take("NULL") {
                    return Err(self.expected_one_of("NULL", &["NULL"]));
                }
                (ExpressionKind::IsNull(operand, negated), left.height)
            }
            Infix::In { negated } => {
                if self.at_symbol("(") && (self.word_is(1, "SELECT") || self.word_is(1, "WITH")) {
                    return Err(self.refused_query());
                }
                let mut height = left.height;
                let list = self.list(|parser| {
                    let tree = parser.tree(OR)?;
                    height = height.max(tree.height);
                    Ok(tree.expression)
                })?;
                (ExpressionKind::In(operand, list, negated), height)
            }
            Infix::Between { negated } => {
                let low = self.tree(COMPARISON + 1)?;
                self.expect("AND")?;
                let high = self.tree(COMPARISON + 1)?;
                let height = left.height.max(low.height).max(high.height);
                (ExpressionKind::Between(operand, Box::new(low.expression), Box::new(high.expression), negated), height)
            }
            Infix::Like { negated } => {
                let pattern = self.tree(COMPARISON + 1)?;
                let height = left.height.max(pattern.height);
                (ExpressionKind::Like(operand, Box::new(pattern.expression), negated), height)
            }
        };
        Ok(self.built(start, kind, height + 1))
    }

    /// A query where a value or a list stands.
    pub(super) fn refused_query(&self) -> Error {
        let help = "list the values, join the table, or write a section for one engine, headed `-- migrate:up ENGINE`";
        self.refusal("a sub-query", if self.at_symbol("(") { 2 } else { 1 }, help)
    }
}

/// Two conditions joined by AND or OR.
fn link(left: Tree, operator: BinaryOperator, right: Tree) -> Tree {
    let span = left.expression.span.start..right.expression.span.end;
    let height = left.height.max(right.height) + 1;
    let kind = ExpressionKind::Binary(Box::new(left.expression), operator, Box::new(right.expression));
    Tree { expression: Expression { kind, span }, height }
}
