//! From [`Syntax`] to [`Node`]: names are resolved, types checked, constants folded.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::context::{Context, Nothing};
use super::convert;
use super::error::FormulaError;
use super::interval::Interval;
use super::node::{Frame, Node, Operation};
use super::operators;
use super::syntax::{Kind, Syntax};
use super::types::Type;
use super::{ReferenceSpec, Scope};
use crate::adapter::nearest;
use crate::schema::BinaryOperator;
use crate::seed::functions::draw::Draw;
use crate::seed::random::Stream;
use crate::value::Value;

mod call;

pub(super) type Compiled<T = Typed> = Result<T, FormulaError>;

/// A part and what it gives.
pub(super) struct Typed {
    pub node: Node,
    pub gives: Type,
}

/// What is gathered while a formula is compiled.
pub(super) struct Compiler<'a> {
    pub scope: &'a Scope<'a>,
    pub fields: Vec<usize>,
    pub references: Vec<ReferenceSpec>,
    pub volatile: bool,
}

impl Typed {
    pub fn span(&self) -> Range<usize> {
        self.node.span.clone()
    }
}

/// An error about types.
fn types(span: Range<usize>, message: impl Into<String>) -> FormulaError {
    FormulaError::new("formula.types", span, message)
}

impl Compiler<'_> {
    pub fn compile(&mut self, syntax: Syntax) -> Compiled {
        let span = syntax.span;
        match syntax.kind {
            Kind::Literal(value) => Ok(Typed { gives: Type::of(&value), node: Node::constant(value, span) }),
            Kind::Name { name, quoted } => self.field(&name, quoted, span),
            Kind::Call { name, name_span, arguments } => self.call(&name, name_span, arguments, span),
            Kind::Reference { table, column, condition } => self.reference(table, column, condition, span),
            Kind::Negate(operand) => {
                let operand = self.compile(*operand)?;
                if !operand.gives.is_number() {
                    return Err(types(operand.span(), format!("{} has no negative", operand.gives.name())));
                }
                let gives = operand.gives;
                self.finish(Operation::Negate(Box::new(operand.node)), gives, span)
            }
            Kind::Not(operand) => {
                let operand = self.condition(*operand)?;
                self.finish(Operation::Not(Box::new(operand)), Type::Boolean, span)
            }
            Kind::Binary { operator, left, right } => self.binary(operator, *left, *right, span),
            Kind::IsNull { operand, negated } => {
                let operand = Box::new(self.scalar(*operand)?.node);
                self.finish(Operation::IsNull { operand, negated }, Type::Boolean, span)
            }
            Kind::In { operand, list, negated } => {
                let operand = self.scalar(*operand)?;
                let mut items = Vec::with_capacity(list.len());
                for item in list {
                    let item = self.scalar(item)?;
                    self.comparable(&operand, &item)?;
                    items.push(item.node);
                }
                let operation = Operation::In { operand: Box::new(operand.node), list: items, negated };
                self.finish(operation, Type::Boolean, span)
            }
            Kind::Between { operand, low, high, negated } => {
                let (operand, low, high) = (self.scalar(*operand)?, self.scalar(*low)?, self.scalar(*high)?);
                self.comparable(&operand, &low)?;
                self.comparable(&operand, &high)?;
                let bounds = Box::new((low.node, high.node));
                let operation = Operation::Between { operand: Box::new(operand.node), bounds, negated };
                self.finish(operation, Type::Boolean, span)
            }
            Kind::Like { operand, pattern, negated } => {
                let (operand, pattern) = (self.text(*operand)?, self.text(*pattern)?);
                let operation = Operation::Like { operand: Box::new(operand), pattern: Box::new(pattern), negated };
                self.finish(operation, Type::Boolean, span)
            }
            Kind::Case { operand, branches, otherwise } => self.case(operand, branches, otherwise, span),
            Kind::Cast { operand, to } => {
                let operand = Box::new(self.scalar(*operand)?.node);
                let gives = Type::of_column(&to);
                self.finish(Operation::Cast { operand, to }, gives, span)
            }
            Kind::Interval(_) => Err(types(span, "an interval is no value of its own")
                .with_help("add it to a date, or take it away: now() - interval '3' day")),
        }
    }

    /// Anything but an interval.
    pub fn scalar(&mut self, syntax: Syntax) -> Compiled {
        self.compile(syntax)
    }

    fn condition(&mut self, syntax: Syntax) -> Compiled<Node> {
        let condition = self.compile(syntax)?;
        match condition.gives {
            Type::Boolean => Ok(condition.node),
            gives if gives.is_open() => Ok(condition.node),
            gives => Err(types(condition.span(), format!("{} is no condition", gives.name()))
                .with_help("compare it with something: ... = 1, ... > 0, ... IS NOT NULL")),
        }
    }

    fn text(&mut self, syntax: Syntax) -> Compiled<Node> {
        let text = self.compile(syntax)?;
        match text.gives {
            Type::Text => Ok(text.node),
            gives if gives.is_open() => Ok(text.node),
            gives => Err(types(text.span(), format!("a text is needed here, and this is {}", gives.name()))
                .with_help("CAST(... AS TEXT) makes a text of it")),
        }
    }

    fn comparable(&self, left: &Typed, right: &Typed) -> Compiled<()> {
        if left.gives.compares_with(right.gives) {
            return Ok(());
        }
        Err(types(
            left.node.span.start..right.node.span.end.max(left.node.span.start),
            format!("{} can't be compared with {}", left.gives.name(), right.gives.name()),
        ))
    }

    fn field(&mut self, name: &str, quoted: bool, span: Range<usize>) -> Compiled {
        let fields = self.scope.fields;
        let index = fields
            .iter()
            .position(|field| field == name)
            .or_else(|| fields.iter().position(|field| !quoted && field.eq_ignore_ascii_case(name)));
        if let Some(index) = index {
            if !self.fields.contains(&index) {
                self.fields.push(index);
            }
            return Ok(Typed { node: Node { operation: Operation::Field(index), span }, gives: Type::Any });
        }
        let error = FormulaError::new("formula.unknown-field", span, format!("this row has no field {name}"));
        Err(if crate::seed::functions::find(&name.to_ascii_lowercase()).is_some() {
            error.with_help(format!("the function is called with parentheses: {}()", name.to_ascii_lowercase()))
        } else if let Some(near) = nearest(name, fields.iter().map(String::as_str)) {
            error.with_help(format!("did you mean {near}?"))
        } else {
            error.with_help("a text stands in single quotes: '...'; a name without them is another field of the row")
        })
    }

    fn reference(
        &mut self,
        table: String,
        column: String,
        condition: Vec<(String, Syntax)>,
        span: Range<usize>,
    ) -> Compiled {
        let mut names = Vec::with_capacity(condition.len());
        let mut nodes = Vec::with_capacity(condition.len());
        for (name, value) in condition {
            names.push(name);
            nodes.push(self.scalar(value)?.node);
        }
        let index = self.references.len();
        self.references.push(ReferenceSpec { table, column, condition: names });
        let operation = Operation::Reference { index, condition: nodes };
        Ok(Typed { node: Node { operation, span }, gives: Type::Any })
    }

    fn case(
        &mut self,
        operand: Option<Box<Syntax>>,
        branches: Vec<(Syntax, Syntax)>,
        otherwise: Option<Box<Syntax>>,
        span: Range<usize>,
    ) -> Compiled {
        let operand = operand.map(|operand| self.scalar(*operand)).transpose()?;
        let mut nodes = Vec::with_capacity(branches.len());
        let mut gives = Type::Null;
        for (condition, result) in branches {
            let condition = match &operand {
                None => self.condition(condition)?,
                Some(operand) => {
                    let value = self.scalar(condition)?;
                    self.comparable(operand, &value)?;
                    value.node
                }
            };
            let result = self.scalar(result)?;
            gives = gives.or(result.gives);
            nodes.push((condition, result.node));
        }
        let otherwise = match otherwise {
            Some(otherwise) => {
                let otherwise = self.scalar(*otherwise)?;
                gives = gives.or(otherwise.gives);
                Some(Box::new(otherwise.node))
            }
            None => None,
        };
        let operand = operand.map(|operand| Box::new(operand.node));
        self.finish(Operation::Case { operand, branches: nodes, otherwise }, gives, span)
    }

    fn binary(&mut self, operator: BinaryOperator, left: Syntax, right: Syntax, span: Range<usize>) -> Compiled {
        if let Some(shifted) = self.shift(operator, &left, &right, &span)? {
            return Ok(shifted);
        }
        match operator {
            BinaryOperator::And | BinaryOperator::Or => {
                let sides = Box::new((self.condition(left)?, self.condition(right)?));
                let operation =
                    if operator == BinaryOperator::And { Operation::And(sides) } else { Operation::Or(sides) };
                self.finish(operation, Type::Boolean, span)
            }
            BinaryOperator::Concatenate => {
                let (left, right) = (self.compile(left)?, self.compile(right)?);
                self.concatenate(vec![left, right], span)
            }
            operator if operator.is_comparison() => {
                let (left, right) = (self.scalar(left)?, self.scalar(right)?);
                self.comparable(&left, &right)?;
                self.finish(Operation::Compare(operator, Box::new((left.node, right.node))), Type::Boolean, span)
            }
            _ => {
                let (left, right) = (self.scalar(left)?, self.scalar(right)?);
                let gives = arithmetic_type(operator, &left, &right)?;
                self.finish(Operation::Arithmetic(operator, Box::new((left.node, right.node))), gives, span)
            }
        }
    }

    /// Texts joined; those that are joined themselves become one with them.
    pub fn concatenate(&mut self, parts: Vec<Typed>, span: Range<usize>) -> Compiled {
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

    /// `date + interval`, `interval + date`, `date - interval`; nothing where no interval is there.
    fn shift(
        &mut self,
        operator: BinaryOperator,
        left: &Syntax,
        right: &Syntax,
        span: &Range<usize>,
    ) -> Compiled<Option<Typed>> {
        let (moment, interval, backwards) = match operator {
            BinaryOperator::Add if holds_interval(right) => (left, right, false),
            BinaryOperator::Add if holds_interval(left) => (right, left, false),
            BinaryOperator::Subtract if holds_interval(right) => (left, right, true),
            _ => return Ok(None),
        };
        let (interval, times) = self.interval(interval)?;
        let interval = if backwards { interval.times(-1) } else { Some(interval) };
        let Some(interval) = interval else { return Err(types(span.clone(), "this interval is too long")) };
        let moment = self.scalar(moment.clone())?;
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
        self.finish(operation, gives, span.clone()).map(Some)
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
                let times = self.scalar((**times).clone())?;
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

    /// The operation as a node; as its value where it depends on constants alone.
    pub fn finish(&mut self, operation: Operation, gives: Type, span: Range<usize>) -> Compiled {
        let node = Node { operation, span };
        if !is_foldable(&node.operation) {
            return Ok(Typed { node, gives });
        }
        let value = self.fold(&node)?;
        let gives = if gives == Type::Any { Type::of(&value) } else { gives };
        Ok(Typed { node: Node::constant(value, node.span), gives })
    }

    /// The value of what depends on constants alone.
    fn fold(&self, node: &Node) -> Compiled<Value> {
        let random = Stream::new(0).at(0).field(0);
        let context = Context {
            random,
            ordinal: 0,
            offset: 0,
            seed: 0,
            now: DateTime::<Utc>::UNIX_EPOCH,
            fields: &[],
            outside: &Nothing,
        };
        let lexicon = self.scope.locale.lexicon();
        let draw = Draw { random, lexicon, unique: None, exhausted: None };
        let mut value = Value::Null;
        node.evaluate(&mut Frame { context: &context, draw }, &mut value).map_err(|error| *error)?;
        Ok(value)
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

/// Whether only constants decide.
fn is_foldable(operation: &Operation) -> bool {
    let constant = |node: &Node| node.as_constant().is_some();
    let pair = |sides: &(Node, Node)| constant(&sides.0) && constant(&sides.1);
    match operation {
        Operation::Call { definition, arguments, unique } => {
            definition.pure && !unique && arguments.iter().all(constant)
        }
        Operation::Negate(operand) | Operation::Not(operand) => constant(operand),
        Operation::And(sides)
        | Operation::Or(sides)
        | Operation::NullIf(sides)
        | Operation::Arithmetic(_, sides)
        | Operation::Compare(_, sides) => pair(sides),
        Operation::Concatenate(parts) | Operation::Coalesce(parts) => parts.iter().all(constant),
        Operation::IsNull { operand, .. } | Operation::Cast { operand, .. } => constant(operand),
        Operation::In { operand, list, .. } => constant(operand) && list.iter().all(constant),
        Operation::Between { operand, bounds, .. } => constant(operand) && pair(bounds),
        Operation::Like { operand, pattern, .. } => constant(operand) && constant(pattern),
        Operation::Case { operand, branches, otherwise } => {
            operand.as_deref().is_none_or(constant)
                && branches.iter().all(pair)
                && otherwise.as_deref().is_none_or(constant)
        }
        Operation::Shift { operand, times, .. } => constant(operand) && times.as_deref().is_none_or(constant),
        _ => false,
    }
}

/// An argument as a constant of the type that its function takes, where it is a constant.
pub(super) fn settle(node: Node, accepts: crate::seed::functions::definition::Accepts) -> Compiled<Node> {
    use crate::seed::functions::definition::Accepts;
    let Some(value) = node.as_constant().filter(|value| !matches!(value, Value::Null)) else { return Ok(node) };
    let settled = match accepts {
        Accepts::Date => convert::date(value).map(Value::Date),
        Accepts::Instant => convert::instant(value).map(Value::TimestampTz),
        Accepts::Time => convert::time(value).map(Value::Time),
        _ => return Ok(node),
    };
    match settled {
        Ok(value) => Ok(Node::constant(value, node.span)),
        Err(reason) => Err(FormulaError::new("formula.bad-value", node.span, reason)),
    }
}
