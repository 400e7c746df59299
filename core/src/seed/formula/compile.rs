//! From [`Syntax`] to [`Node`]: names are resolved, types checked, constants folded.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::context::{Context, Nothing};
use super::convert;
use super::error::FormulaError;
use super::node::{Frame, Node, Operation};
use super::syntax::{Kind, Syntax};
use super::types::Type;
use super::{ReferenceSpec, Scope};
use crate::adapter::nearest;
use crate::seed::functions::draw::Draw;
use crate::seed::random::Stream;
use crate::value::Value;

mod call;
mod operator;

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
    pub counts: bool,
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
    /// Each kind has a function of its own, which keeps the way down a deep formula narrow.
    pub fn compile(&mut self, syntax: Syntax) -> Compiled {
        let span = syntax.span;
        match syntax.kind {
            Kind::Literal(value) => Ok(Typed { gives: Type::of(&value), node: Node::constant(value, span) }),
            Kind::Name { name, quoted } => self.field(&name, quoted, span),
            Kind::Call { name, name_span, arguments } => self.call(&name, name_span, arguments, span),
            Kind::Reference { table, column, condition } => self.reference(table, column, condition, span),
            Kind::Negate(operand) => self.negate(*operand, span),
            Kind::Not(operand) => self.not(*operand, span),
            Kind::Binary { operator, left, right } => self.binary(operator, *left, *right, span),
            Kind::IsNull { operand, negated } => self.is_null(*operand, negated, span),
            Kind::In { operand, list, negated } => self.within(*operand, list, negated, span),
            Kind::Between { operand, low, high, negated } => self.between(*operand, [*low, *high], negated, span),
            Kind::Like { operand, pattern, negated } => self.like(*operand, *pattern, negated, span),
            Kind::Case { operand, branches, otherwise } => self.case(operand, branches, otherwise, span),
            Kind::Cast { operand, to } => self.cast(*operand, to, span),
            Kind::Interval(_) => Err(types(span, "an interval is no value of its own")
                .with_help("add it to a date, or take it away: now() - interval '3' day")),
        }
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
            nodes.push(self.compile(value)?.node);
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
        let operand = operand.map(|operand| self.compile(*operand)).transpose()?;
        let mut nodes = Vec::with_capacity(branches.len());
        let mut gives = Type::Null;
        for (condition, result) in branches {
            let condition = match &operand {
                None => self.condition(condition)?,
                Some(operand) => {
                    let value = self.compile(condition)?;
                    self.comparable(operand, &value)?;
                    value.node
                }
            };
            let result = self.compile(result)?;
            gives = gives.or(result.gives);
            nodes.push((condition, result.node));
        }
        let otherwise = match otherwise {
            Some(otherwise) => {
                let otherwise = self.compile(*otherwise)?;
                gives = gives.or(otherwise.gives);
                Some(Box::new(otherwise.node))
            }
            None => None,
        };
        let operand = operand.map(|operand| Box::new(operand.node));
        self.finish(Operation::Case { operand, branches: nodes, otherwise }, gives, span)
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
