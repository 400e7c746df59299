//! Expressions: names resolved, operands typed, constants in the form of the type beside them.
//!
//! What does not mean the same on every engine is refused, with the way out. A constant stays without a type until its
//! place gives it one ([`Operand::Constant`]); so does the current timestamp, which has a time zone only beside something
//! that has one.

use super::casts::{self, MISMATCH, an};
use super::errors::{Refusal, failed};
use super::literals::Constant;
use super::scope::Scope;
use super::types;
use crate::error::{Error, Result, SourceText};
use crate::schema::{ColumnReference, ColumnType, Expression, Function, TypeFamily, UnaryOperator};
use crate::sql::ast::{self, ExpressionKind, Span};
use crate::value::Value;

/// How deep expressions nest; recursion here and in every dialect stays within a thread's stack.
const MAX_DEPTH: usize = 100;

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the items of a SELECT, where aggregates may stand.
    Items,
    /// Anywhere else in a query or a data statement; named for the error of an aggregate.
    Clause(&'static str),
    /// In a CHECK or the predicate of an index, which must not depend on when it is evaluated.
    Lasting(&'static str),
}

/// A bound operand and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub operand: Operand,
    pub span: Span,
}

/// A bound operand.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// The bare NULL.
    Null,
    /// A constant that takes the type of its place.
    Constant(Constant),
    /// CURRENT_TIMESTAMP, with a time zone or without by its place.
    Now,
    /// Anything else, and its type.
    Known(Expression, ColumnType),
}

/// Binds the expressions of one place.
#[derive(Debug)]
pub(super) struct ExpressionBinder<'a> {
    pub(super) source: &'a SourceText,
    scope: &'a Scope,
    pub(super) place: Place,
    /// The columns named outside of aggregates, for the rules of GROUP BY.
    columns: Vec<(ColumnReference, Span)>,
    pub(super) inside_aggregate: bool,
    inside_case_operand: bool,
    depth: usize,
}

impl<'a> ExpressionBinder<'a> {
    /// For a place among these columns.
    pub fn new(source: &'a SourceText, scope: &'a Scope, place: Place) -> ExpressionBinder<'a> {
        ExpressionBinder {
            source,
            scope,
            place,
            columns: Vec::new(),
            inside_aggregate: false,
            inside_case_operand: false,
            depth: 0,
        }
    }

    /// Where a column was first named, outside of aggregates.
    pub fn place_of(&self, reference: &ColumnReference) -> Option<Span> {
        self.columns.iter().find(|(column, _)| column == reference).map(|(_, span)| span.clone())
    }

    /// A boolean: WHERE, CHECK, ON.
    pub fn condition(&mut self, expression: &ast::Expression) -> Result<Expression> {
        let bound = self.bind(expression, None)?;
        self.boolean(bound)
    }

    /// A value of whatever type it has; `None` for a bare NULL.
    pub fn value(&mut self, expression: &ast::Expression) -> Result<(Expression, Option<ColumnType>)> {
        let bound = self.bind(expression, None)?;
        if let Operand::Null = bound.operand {
            return Ok((Expression::null(), None));
        }
        let (expression, column_type) = self.settle(bound)?;
        Ok((expression, Some(column_type)))
    }

    /// A value to be stored in a column of this type.
    pub fn stored(&mut self, expression: &ast::Expression, target: &ColumnType) -> Result<Expression> {
        let bound = self.bind(expression, Some(target))?;
        let refused = |refusal: Refusal| refusal.at(self.source, &bound.span);
        match bound.operand {
            Operand::Null => Ok(Expression::null()),
            Operand::Constant(constant) => {
                Ok(Expression::literal(constant.coerce(target).map_err(refused)?, target.clone()))
            }
            Operand::Now => match target {
                ColumnType::Timestamp | ColumnType::TimestampTz => Ok(now()),
                ColumnType::Date => Err(self
                    .failed(MISMATCH, &bound.span, "a TIMESTAMP", "CURRENT_TIMESTAMP is not a DATE")
                    .with_help("write CURRENT_DATE")),
                _ => Err(casts::store(&ColumnType::Timestamp, target)
                    .err()
                    .map_or_else(|| self.untyped(&bound.span), refused)),
            },
            Operand::Known(expression, column_type) => {
                casts::store(&column_type, target).map_err(refused)?;
                Ok(expression)
            }
        }
    }

    /// Binds an expression. Its constants take the type `expected` where nothing nearer gives them one.
    pub(super) fn bind(&mut self, expression: &ast::Expression, expected: Option<&ColumnType>) -> Result<Typed> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self
                .failed(
                    "sql.too-deep",
                    &expression.span,
                    "too deep",
                    format!("the expression nests more than {MAX_DEPTH} deep"),
                )
                .with_help("a long chain of ORs can be an IN; split what remains into several statements"));
        }
        let operand = self.operand(expression, expected)?;
        self.depth -= 1;
        Ok(Typed { operand, span: expression.span.clone() })
    }

    fn operand(&mut self, expression: &ast::Expression, expected: Option<&ColumnType>) -> Result<Operand> {
        let span = &expression.span;
        match &expression.kind {
            ExpressionKind::Null => Ok(Operand::Null),
            ExpressionKind::Boolean(value) => {
                self.known(Expression::literal(Value::Boolean(*value), ColumnType::Boolean), span)
            }
            ExpressionKind::Number(written) => Ok(Operand::Constant(Constant::Number(written.clone()))),
            ExpressionKind::Text(text) => Ok(Operand::Constant(Constant::Text(text.clone()))),
            ExpressionKind::Bytes(bytes) => Ok(Operand::Constant(Constant::Bytes(bytes.clone()))),
            ExpressionKind::Typed(type_name, text) => {
                let column_type = types::column_type(self.source, type_name)?;
                self.typed_constant(Constant::Text(text.clone()), column_type, span)
            }
            ExpressionKind::Column(relation, column) => {
                let reference = self.scope.resolve(self.source, relation.as_ref(), column)?;
                if !self.inside_aggregate {
                    self.columns.push((reference.clone(), column.span.clone()));
                }
                self.known(Expression::Column(reference), span)
            }
            ExpressionKind::Unary(UnaryOperator::Negate, operand) => self.negated(operand, expected, span),
            ExpressionKind::Unary(UnaryOperator::Not, operand) => {
                let operand = Box::new(self.condition(operand)?);
                self.known(Expression::Unary { operator: UnaryOperator::Not, operand }, span)
            }
            ExpressionKind::Binary(left, operator, right) => self.binary(left, *operator, right, expected, span),
            ExpressionKind::IsNull(operand, negated) => {
                let operand = self.bind(operand, None)?;
                let operand = Box::new(self.settle(operand)?.0);
                self.known(Expression::IsNull { operand, negated: *negated }, span)
            }
            ExpressionKind::In(operand, list, negated) => {
                let mut operands = vec![self.bind(operand, None)?];
                for item in list {
                    operands.push(self.bind(item, None)?);
                }
                let mut bound = self.compared(operands, false)?.into_iter();
                match bound.next() {
                    Some(operand) => self.known(
                        Expression::In { operand: Box::new(operand), list: bound.collect(), negated: *negated },
                        span,
                    ),
                    None => Err(self.untyped(span)),
                }
            }
            ExpressionKind::Between(operand, low, high, negated) => {
                let operands = vec![self.bind(operand, None)?, self.bind(low, None)?, self.bind(high, None)?];
                match <[Expression; 3]>::try_from(self.compared(operands, true)?) {
                    Ok([operand, low, high]) => self.known(
                        Expression::Between {
                            operand: Box::new(operand),
                            low: Box::new(low),
                            high: Box::new(high),
                            negated: *negated,
                        },
                        span,
                    ),
                    Err(_) => Err(self.untyped(span)),
                }
            }
            ExpressionKind::Like(operand, pattern, negated) => self.like(operand, pattern, *negated, span),
            ExpressionKind::Case(operand, branches, otherwise) => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), expected, span)
            }
            ExpressionKind::Cast(operand, type_name) => {
                let to = types::column_type(self.source, type_name)?;
                self.cast(operand, to, span)
            }
            ExpressionKind::Call(name, arguments) => self.call(name, arguments, expected, span),
            ExpressionKind::Aggregate(function, argument) => self.aggregate(*function, argument.as_deref(), span),
        }
    }

    /// A constant of a stated type: `DATE '2024-01-31'`.
    fn typed_constant(&self, constant: Constant, column_type: ColumnType, span: &Span) -> Result<Operand> {
        let value = constant.coerce(&column_type).map_err(|refusal| refusal.at(self.source, span))?;
        self.known(Expression::literal(value, column_type), span)
    }

    fn negated(&mut self, operand: &ast::Expression, expected: Option<&ColumnType>, span: &Span) -> Result<Operand> {
        let bound = self.bind(operand, expected)?;
        if let Operand::Constant(Constant::Number(written)) = &bound.operand {
            return Ok(Operand::Constant(Constant::Number(match written.strip_prefix('-') {
                Some(positive) => positive.to_owned(),
                None => format!("-{written}"),
            })));
        }
        let at = bound.span.clone();
        let (operand, column_type) = self.settle(bound)?;
        if !column_type.is_numeric() {
            return Err(self.failed(
                MISMATCH,
                &at,
                column_type.to_string(),
                format!("only a number has a negative, and this is {}", an(&column_type)),
            ));
        }
        self.known(Expression::Unary { operator: UnaryOperator::Negate, operand: Box::new(operand) }, span)
    }

    fn like(
        &mut self,
        operand: &ast::Expression,
        pattern: &ast::Expression,
        negated: bool,
        span: &Span,
    ) -> Result<Operand> {
        let bound = self.bind(operand, None)?;
        let operand = Box::new(self.text(bound, "LIKE")?.0);
        let ExpressionKind::Text(pattern) = &pattern.kind else {
            return Err(self
                .failed("sql.like", &pattern.span, "not a constant", "the pattern of LIKE must be a text in quotes")
                .with_help("engines escape a computed pattern differently"));
        };
        self.known(Expression::Like { operand, pattern: pattern.clone(), negated }, span)
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expression>,
        branches: &[(ast::Expression, ast::Expression)],
        otherwise: Option<&ast::Expression>,
        expected: Option<&ColumnType>,
        span: &Span,
    ) -> Result<Operand> {
        let operand = operand.map(|operand| self.case_operand(operand)).transpose()?;
        let mut conditions = Vec::with_capacity(branches.len());
        let mut results = Vec::with_capacity(branches.len() + 1);
        for (condition, result) in branches {
            conditions.push(match &operand {
                Some(operand) => {
                    let value = self.bind(condition, None)?;
                    self.equal(operand.clone(), value)?
                }
                None => self.condition(condition)?,
            });
            results.push(self.bind(result, expected)?);
        }
        if let Some(otherwise) = otherwise {
            results.push(self.bind(otherwise, expected)?);
        }
        let (mut results, _) = self.unified(results, expected, "CASE", span)?;
        let otherwise = if otherwise.is_some() { results.pop().map(Box::new) } else { None };
        self.known(Expression::Case { branches: conditions.into_iter().zip(results).collect(), otherwise }, span)
    }

    /// The operand of a simple CASE is repeated in every branch, so one inside another would grow without bound.
    fn case_operand(&mut self, operand: &ast::Expression) -> Result<Typed> {
        if self.inside_case_operand {
            return Err(self
                .failed(
                    "sql.too-deep",
                    &operand.span,
                    "nested",
                    "CASE ... WHEN can't stand in the operand of another one",
                )
                .with_help("write the inner one as CASE WHEN condition THEN ..."));
        }
        self.inside_case_operand = true;
        let bound = self.bind(operand, None)?;
        self.inside_case_operand = false;
        Ok(bound)
    }

    fn cast(&mut self, operand: &ast::Expression, to: ColumnType, span: &Span) -> Result<Operand> {
        let bound = self.bind(operand, None)?;
        let at = bound.span.clone();
        let refused = |refusal: Refusal| refusal.at(self.source, &at);
        match &bound.operand {
            Operand::Null => {
                return self.known(Expression::Cast { operand: Box::new(Expression::null()), to }, span);
            }
            Operand::Constant(constant @ Constant::Text(_)) if !is_plain_text(&to) => {
                return self.typed_constant(constant.clone(), to, &at);
            }
            Operand::Constant(constant @ Constant::Number(_)) if to.is_numeric() => {
                constant.coerce(&to).map_err(refused)?;
            }
            _ => {}
        }
        let (operand, from) = self.settle(bound)?;
        casts::cast(&from, &to).map_err(refused)?;
        self.known(Expression::Cast { operand: Box::new(operand), to }, span)
    }

    /// A boolean operand.
    pub(super) fn boolean(&self, bound: Typed) -> Result<Expression> {
        let refused = |refusal: Refusal| refusal.at(self.source, &bound.span);
        match bound.operand {
            Operand::Known(expression, ColumnType::Boolean) => Ok(expression),
            Operand::Null => Err(self.null(&bound.span)),
            Operand::Constant(constant) => {
                constant.coerce(&ColumnType::Boolean).map_err(refused)?;
                Err(self.untyped(&bound.span))
            }
            Operand::Known(_, column_type) => Err(self.not_a_condition(&bound.span, &column_type)),
            Operand::Now => Err(self.not_a_condition(&bound.span, &ColumnType::Timestamp)),
        }
    }

    fn not_a_condition(&self, span: &Span, column_type: &ColumnType) -> Error {
        let error = self.failed(
            MISMATCH,
            span,
            column_type.to_string(),
            format!("a condition is wanted here, and this is {}", an(column_type)),
        );
        match column_type.family() {
            TypeFamily::Integer | TypeFamily::Decimal | TypeFamily::Float => error.with_help("compare it: ... <> 0"),
            _ => error.with_help("compare it with something, or write ... IS NOT NULL"),
        }
    }

    /// A text operand of `what`, without a CHAR's doubtful blanks.
    pub(super) fn text(&self, bound: Typed, what: &str) -> Result<(Expression, ColumnType)> {
        let span = bound.span.clone();
        let (expression, column_type) = self.settle(bound)?;
        let error = |message: String| self.failed(MISMATCH, &span, column_type.to_string(), message);
        match &column_type {
            ColumnType::Varchar(_) | ColumnType::Text => Ok((expression, column_type)),
            ColumnType::Char(_) => Err(error(format!(
                "{what} gives {} different blanks at its end on different engines",
                an(&column_type)
            ))
            .with_help("take them away: TRIM(...)")),
            _ => {
                let error = error(format!("{what} takes a text, and this is {}", an(&column_type)));
                Err(match casts::cast(&column_type, &ColumnType::Text) {
                    Ok(()) => error.with_help("cast it: CAST(... AS VARCHAR(n))"),
                    Err(refusal) => match refusal.help {
                        Some(help) => error.with_help(help),
                        None => error,
                    },
                })
            }
        }
    }

    /// The operand with the type it has by itself.
    pub(super) fn settle(&self, bound: Typed) -> Result<(Expression, ColumnType)> {
        match bound.operand {
            Operand::Null => Err(self.null(&bound.span)),
            Operand::Now => Ok((now(), ColumnType::Timestamp)),
            Operand::Known(expression, column_type) => Ok((expression, column_type)),
            Operand::Constant(constant) => {
                let natural = constant.natural_type().map_err(|refusal| refusal.at(self.source, &bound.span))?;
                self.constant(&constant, natural, &bound.span)
            }
        }
    }

    /// A constant in the form of a type.
    pub(super) fn constant(
        &self,
        constant: &Constant,
        column_type: ColumnType,
        span: &Span,
    ) -> Result<(Expression, ColumnType)> {
        let value = constant.coerce(&column_type).map_err(|refusal| refusal.at(self.source, span))?;
        Ok((Expression::literal(value, column_type.clone()), column_type))
    }

    /// A bound expression whose type follows from its parts.
    pub(super) fn known(&self, expression: Expression, span: &Span) -> Result<Operand> {
        match expression.column_type() {
            Some(column_type) => Ok(Operand::Known(expression, column_type)),
            None => Err(self.untyped(span)),
        }
    }

    pub(super) fn failed(
        &self,
        code: &'static str,
        span: &Span,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Error {
        failed(self.source, code, span, label, message)
    }

    /// NULL where a value with a type is wanted.
    pub(super) fn null(&self, span: &Span) -> Error {
        self.failed("sql.null", span, "NULL", "NULL has no type here, and whatever is computed from it is NULL")
            .with_help("test for it with IS NULL; a NULL of a type is CAST(NULL AS type)")
    }

    pub(super) fn untyped(&self, span: &Span) -> Error {
        self.failed(MISMATCH, span, "no type", "this has no type that every engine agrees on")
            .with_help("state it: CAST(... AS type)")
    }
}

/// CURRENT_TIMESTAMP.
pub(super) fn now() -> Expression {
    Expression::Call { function: Function::CurrentTimestamp, arguments: Vec::new() }
}

fn is_plain_text(column_type: &ColumnType) -> bool {
    column_type.family() == TypeFamily::Text
}
