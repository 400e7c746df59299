//! Operators: each side is compiled, and both must be of types that go together.

use std::ops::Range;

use super::{Compiled, Compiler, Typed, types};
use crate::schema::{BinaryOperator, ColumnType};
use crate::seed::formula::interval::Interval;
use crate::seed::formula::node::{Node, Operation};
use crate::seed::formula::operators;
use crate::seed::formula::syntax::{Kind, Syntax};
use crate::seed::formula::types::Type;

impl Compiler<'_> {
    pub(super) fn negate(&mut self, operand: Syntax, span: Range<usize>) -> Compiled {
        let operand = self.compile(operand)?;
        if !operand.gives.is_number() {
            return Err(types(operand.span(), format!("{} has no negative", operand.gives.name())));
        }
        let gives = operand.gives;
        self.finish(Operation::Negate(Box::new(operand.node)), gives, span)
    }

    pub(super) fn not(&mut self, operand: Syntax, span: Range<usize>) -> Compiled {
        let operand = self.condition(operand)?;
        self.finish(Operation::Not(Box::new(operand)), Type::Boolean, span)
    }

    pub(super) fn is_null(&mut self, operand: Syntax, negated: bool, span: Range<usize>) -> Compiled {
        let operand = Box::new(self.compile(operand)?.node);
        self.finish(Operation::IsNull { operand, negated }, Type::Boolean, span)
    }

    pub(super) fn within(&mut self, operand: Syntax, list: Vec<Syntax>, negated: bool, span: Range<usize>) -> Compiled {
        let operand = self.compile(operand)?;
        let mut items = Vec::with_capacity(list.len());
        for item in list {
            let item = self.compile(item)?;
            self.comparable(&operand, &item)?;
            items.push(item.node);
        }
        let operation = Operation::In { operand: Box::new(operand.node), list: items, negated };
        self.finish(operation, Type::Boolean, span)
    }

    pub(super) fn between(
        &mut self,
        operand: Syntax,
        [low, high]: [Syntax; 2],
        negated: bool,
        span: Range<usize>,
    ) -> Compiled {
        let operand = self.compile(operand)?;
        let (low, high) = (self.compile(low)?, self.compile(high)?);
        self.comparable(&operand, &low)?;
        self.comparable(&operand, &high)?;
        let bounds = Box::new((low.node, high.node));
        self.finish(Operation::Between { operand: Box::new(operand.node), bounds, negated }, Type::Boolean, span)
    }

    pub(super) fn like(&mut self, operand: Syntax, pattern: Syntax, negated: bool, span: Range<usize>) -> Compiled {
        let (operand, pattern) = (Box::new(self.text(operand)?), Box::new(self.text(pattern)?));
        self.finish(Operation::Like { operand, pattern, negated }, Type::Boolean, span)
    }

    pub(super) fn cast(&mut self, operand: Syntax, to: ColumnType, span: Range<usize>) -> Compiled {
        let operand = Box::new(self.compile(operand)?.node);
        let gives = Type::of_column(&to);
        self.finish(Operation::Cast { operand, to }, gives, span)
    }

    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: Syntax,
        right: Syntax,
        span: Range<usize>,
    ) -> Compiled {
        match operator {
            BinaryOperator::And | BinaryOperator::Or => self.logic(operator, left, right, span),
            BinaryOperator::Concatenate => self.join(left, right, span),
            BinaryOperator::Add | BinaryOperator::Subtract if holds_interval(&left) || holds_interval(&right) => {
                self.shift(operator, &left, &right, span)
            }
            operator if operator.is_comparison() => self.compare(operator, left, right, span),
            _ => self.arithmetic(operator, left, right, span),
        }
    }

    fn logic(&mut self, operator: BinaryOperator, left: Syntax, right: Syntax, span: Range<usize>) -> Compiled {
        let sides = Box::new((self.condition(left)?, self.condition(right)?));
        let operation = if operator == BinaryOperator::And { Operation::And(sides) } else { Operation::Or(sides) };
        self.finish(operation, Type::Boolean, span)
    }

    fn join(&mut self, left: Syntax, right: Syntax, span: Range<usize>) -> Compiled {
        let parts = vec![self.compile(left)?, self.compile(right)?];
        self.concatenate(parts, span)
    }

    fn compare(&mut self, operator: BinaryOperator, left: Syntax, right: Syntax, span: Range<usize>) -> Compiled {
        let (left, right) = (self.compile(left)?, self.compile(right)?);
        self.comparable(&left, &right)?;
        self.finish(Operation::Compare(operator, Box::new((left.node, right.node))), Type::Boolean, span)
    }

    fn arithmetic(&mut self, operator: BinaryOperator, left: Syntax, right: Syntax, span: Range<usize>) -> Compiled {
        let (left, right) = (self.compile(left)?, self.compile(right)?);
        let gives = arithmetic_type(operator, &left, &right)?;
        self.finish(Operation::Arithmetic(operator, Box::new((left.node, right.node))), gives, span)
    }

    /// Texts joined; those that are joined themselves become one with them.
    pub(super) fn concatenate(&mut self, parts: Vec<Typed>, span: Range<usize>) -> Compiled {
        let mut nodes: Vec<Node> = Vec::with_capacity(parts.len());
        for part in parts {
            if !part.gives.has_text() {
                return Err(types(part.span(), format!("{} has no text to join", part.gives.name())));
            }
            match part.node {
                Node { operation: Operation::Concatenate(inner), .. } => nodes.extend(inner),
                node => nodes.push(node),
            }
        }
        self.finish(Operation::Concatenate(nodes), Type::Text, span)
    }

    /// `date + interval`, `interval + date`, `date - interval`.
    fn shift(&mut self, operator: BinaryOperator, left: &Syntax, right: &Syntax, span: Range<usize>) -> Compiled {
        let backwards = operator == BinaryOperator::Subtract;
        let (moment, interval) = match (holds_interval(left), holds_interval(right)) {
            (false, true) => (left, right),
            (true, false) if !backwards => (right, left),
            _ => {
                return Err(types(span, "an interval is added to a date, or taken away from one")
                    .with_help("write now() - interval '1' month - interval '2' day, or interval '1 month 2 days'"));
            }
        };
        let (interval, times) = self.interval(interval)?;
        let interval = if backwards { interval.times(-1) } else { Some(interval) };
        let Some(interval) = interval else { return Err(types(span, "this interval is too long")) };
        let moment = self.compile(moment.clone())?;
        if !moment.gives.is_moment() {
            return Err(types(
                moment.span(),
                format!("an interval is added to a date, and this is {}", moment.gives.name()),
            ));
        }
        let gives = match moment.gives {
            Type::Timestamp | Type::Instant => moment.gives,
            _ => Type::Any,
        };
        let operation = Operation::Shift { operand: Box::new(moment.node), interval, times: times.map(Box::new) };
        self.finish(operation, gives, span)
    }

    /// An interval and how many times it is taken.
    fn interval(&mut self, syntax: &Syntax) -> Compiled<(Interval, Option<Node>)> {
        match &syntax.kind {
            Kind::Interval(interval) => Ok((*interval, None)),
            Kind::Binary { operator: BinaryOperator::Multiply, left, right } => {
                let (interval, times) = if holds_interval(left) { (left, right) } else { (right, left) };
                let Kind::Interval(interval) = &interval.kind else {
                    return Err(types(syntax.span.clone(), "an interval is taken a number of times once"));
                };
                let times = self.compile((**times).clone())?;
                match times.gives {
                    Type::Integer | Type::Number => Ok((*interval, Some(times.node))),
                    gives if gives.is_open() => Ok((*interval, Some(times.node))),
                    _ => Err(types(times.span(), "an interval is taken a whole number of times")),
                }
            }
            _ => Err(types(syntax.span.clone(), "intervals are added to dates one by one")
                .with_help("write now() - interval '1' month - interval '2' day, or interval '1 month 2 days'")),
        }
    }
}

fn holds_interval(syntax: &Syntax) -> bool {
    match &syntax.kind {
        Kind::Interval(_) => true,
        Kind::Binary { operator: BinaryOperator::Multiply, left, right } => {
            holds_interval(left) || holds_interval(right)
        }
        Kind::Binary { operator: BinaryOperator::Add | BinaryOperator::Subtract, left, right } => {
            holds_interval(left) && holds_interval(right)
        }
        _ => false,
    }
}

fn arithmetic_type(operator: BinaryOperator, left: &Typed, right: &Typed) -> Compiled<Type> {
    for side in [left, right] {
        if !side.gives.is_number() {
            let error = types(
                side.span(),
                format!("{} takes numbers, and this is {}", operators::symbol(operator), side.gives.name()),
            );
            return Err(match side.gives {
                Type::Text => error.with_help("texts are joined by ||; CAST(... AS INTEGER) makes a number of a text"),
                Type::Date | Type::Timestamp | Type::Instant => {
                    error.with_help("a date is moved by an interval: ... + interval '3' day")
                }
                _ => error,
            });
        }
    }
    let span = left.node.span.start..right.node.span.end;
    Ok(match (operator, left.gives, right.gives) {
        (_, Type::Double, _) | (_, _, Type::Double) if operator == BinaryOperator::Modulo => {
            return Err(types(span, "% takes integers"));
        }
        (_, Type::Double, _) | (_, _, Type::Double) => Type::Double,
        (BinaryOperator::Divide | BinaryOperator::Modulo, Type::Decimal, _)
        | (BinaryOperator::Divide | BinaryOperator::Modulo, _, Type::Decimal) => {
            return Err(types(span, operators::DECIMAL_DIVISION));
        }
        (_, Type::Integer, Type::Integer) => Type::Integer,
        (_, Type::Decimal, Type::Integer | Type::Decimal) | (_, Type::Integer, Type::Decimal) => Type::Decimal,
        _ => Type::Number,
    })
}
