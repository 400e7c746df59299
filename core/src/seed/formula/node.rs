//! A formula ready to be computed: names resolved, constants folded, every function found.

use std::ops::Range;

use super::context::Context;
use super::convert;
use super::error::FormulaError;
use super::hash::Hash;
use super::interval::Interval;
use crate::schema::{BinaryOperator, ColumnType};
use crate::seed::functions::call::{Call, Stop};
use crate::seed::functions::definition::{Body, Definition, Unique};
use crate::seed::functions::draw::{Draw, Number};
use crate::value::Value;

mod operate;

/// Boxed, so that the way through which all rows go stays narrow.
pub(crate) type Computed<T = ()> = Result<T, Box<FormulaError>>;

/// A part of a formula.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub operation: Operation,
    pub span: Range<usize>,
}

/// What a part computes.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Constant(Value),
    Field(usize),
    Now,
    Today,
    Call {
        definition: &'static Definition,
        arguments: Vec<Node>,
        unique: bool,
    },
    Negate(Box<Node>),
    Not(Box<Node>),
    And(Box<(Node, Node)>),
    Or(Box<(Node, Node)>),
    Arithmetic(BinaryOperator, Box<(Node, Node)>),
    Compare(BinaryOperator, Box<(Node, Node)>),
    Concatenate(Vec<Node>),
    IsNull {
        operand: Box<Node>,
        negated: bool,
    },
    In {
        operand: Box<Node>,
        list: Vec<Node>,
        negated: bool,
    },
    Between {
        operand: Box<Node>,
        bounds: Box<(Node, Node)>,
        negated: bool,
    },
    Like {
        operand: Box<Node>,
        pattern: Box<Node>,
        negated: bool,
    },
    Case {
        operand: Option<Box<Node>>,
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    },
    Cast {
        operand: Box<Node>,
        to: ColumnType,
    },
    Shift {
        operand: Box<Node>,
        interval: Interval,
        times: Option<Box<Node>>,
    },
    Coalesce(Vec<Node>),
    NullIf(Box<(Node, Node)>),
    Pick {
        choices: Vec<Node>,
        unique: bool,
    },
    /// Choices with the sum of the weights up to and with each.
    Weighted {
        choices: Vec<(u64, Node)>,
        total: u64,
    },
    Maybe {
        value: Box<Node>,
        probability: f64,
    },
    Reference {
        index: usize,
        condition: Vec<Node>,
    },
    Hash(Box<Hash>),
}

/// What stays the same while the value of one field of one row is computed, and the randomness that is used up.
pub(crate) struct Frame<'c> {
    pub context: &'c Context<'c>,
    pub draw: Draw,
}

impl Frame<'_> {
    fn number(&self) -> Number {
        Number { before: self.context.offset.wrapping_add(self.context.ordinal) }
    }
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.info.name)
    }
}

/// Copies a value into `out`, using the buffer of a text again.
fn assign(out: &mut Value, value: &Value) {
    match (out, value) {
        (Value::Text(out), Value::Text(text)) => out.clone_from(text),
        (out, value) => *out = value.clone(),
    }
}

/// An empty text in the buffer of what was there.
fn take_text(out: &mut Value) -> String {
    match std::mem::replace(out, Value::Null) {
        Value::Text(mut text) => {
            text.clear();
            text
        }
        _ => String::with_capacity(32),
    }
}

impl Node {
    pub fn constant(value: Value, span: Range<usize>) -> Node {
        Node { operation: Operation::Constant(value), span }
    }

    pub fn as_constant(&self) -> Option<&Value> {
        match &self.operation {
            Operation::Constant(value) => Some(value),
            _ => None,
        }
    }

    pub fn error(&self, (code, message): (&'static str, String)) -> Box<FormulaError> {
        Box::new(FormulaError::new(code, self.span.clone(), message))
    }

    fn value(&self, frame: &mut Frame<'_>) -> Computed<Value> {
        if let Operation::Constant(value) = &self.operation {
            return Ok(value.clone());
        }
        let mut value = Value::Null;
        self.evaluate(frame, &mut value)?;
        Ok(value)
    }

    /// Computes its value into `out`.
    pub fn evaluate(&self, frame: &mut Frame<'_>, out: &mut Value) -> Computed {
        match &self.operation {
            Operation::Constant(value) => assign(out, value),
            Operation::Field(index) => match frame.context.fields.get(*index) {
                Some(value) => assign(out, value),
                None => {
                    let message = "this field has no value yet when the formula is computed".to_owned();
                    return Err(self.error(("formula.missing-field", message)));
                }
            },
            Operation::Now => *out = Value::TimestampTz(frame.context.now),
            Operation::Today => *out = Value::Date(frame.context.now.date_naive()),
            Operation::Call { definition, .. } if !matches!(definition.body, Body::Value(_)) => {
                self.evaluate_text(frame, out)?;
            }
            Operation::Concatenate(_) => self.evaluate_text(frame, out)?,
            Operation::Call { .. } => *out = self.call(frame)?,
            Operation::Pick { choices, unique } => {
                let number = frame.number();
                let outer = std::mem::replace(&mut frame.draw.unique, unique.then_some(number));
                let index = frame.draw.below(choices.len() as u64) as usize;
                frame.draw.unique = outer;
                self.refuse_exhausted(frame)?;
                match choices.get(index) {
                    Some(choice) => choice.evaluate(frame, out)?,
                    None => *out = Value::Null,
                }
            }
            Operation::Weighted { choices, total } => {
                let drawn = frame.draw.random.below(*total);
                let index = choices.partition_point(|(sum, _)| *sum <= drawn);
                match choices.get(index) {
                    Some((_, choice)) => choice.evaluate(frame, out)?,
                    None => *out = Value::Null,
                }
            }
            Operation::Maybe { value, probability } => {
                if frame.draw.random.unit() < *probability {
                    value.evaluate(frame, out)?;
                } else {
                    *out = Value::Null;
                }
            }
            Operation::Coalesce(choices) => {
                *out = Value::Null;
                for choice in choices {
                    choice.evaluate(frame, out)?;
                    if !matches!(out, Value::Null) {
                        break;
                    }
                }
            }
            Operation::Case { operand, branches, otherwise } => {
                return self.case(frame, operand.as_deref(), branches, otherwise.as_deref(), out);
            }
            Operation::Hash(hash) => hash.evaluate(&self.span, frame, out)?,
            Operation::Reference { index, condition } => {
                let condition = condition.iter().map(|part| part.value(frame)).collect::<Computed<Vec<Value>>>()?;
                let random = frame.draw.random.next_u64();
                *out = frame
                    .context
                    .outside
                    .reference(*index, &condition, random)
                    .map_err(|error| Box::new(FormulaError::from_outside(&error, self.span.clone())))?;
            }
            _ => *out = self.operate(frame)?,
        }
        Ok(())
    }

    fn evaluate_text(&self, frame: &mut Frame<'_>, out: &mut Value) -> Computed {
        let mut text = take_text(out);
        if self.append(frame, &mut text)? {
            *out = Value::Text(text);
        }
        Ok(())
    }

    /// Appends its text; `false` where it is NULL.
    fn append(&self, frame: &mut Frame<'_>, text: &mut String) -> Computed<bool> {
        match &self.operation {
            Operation::Constant(Value::Text(constant)) => {
                text.push_str(constant);
                Ok(true)
            }
            Operation::Concatenate(parts) => {
                for part in parts {
                    if !part.append(frame, text)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Operation::Field(index) if matches!(frame.context.fields.get(*index), Some(Value::Text(_))) => {
                if let Some(Value::Text(field)) = frame.context.fields.get(*index) {
                    text.push_str(field);
                }
                Ok(true)
            }
            Operation::Call { definition, arguments, unique } if !matches!(definition.body, Body::Value(_)) => {
                self.append_call(frame, definition, arguments, *unique, text)
            }
            _ => match self.value(frame)? {
                Value::Null => Ok(false),
                value if convert::write_text(&value, text) => Ok(true),
                value => {
                    let message = format!("{} is not a text", convert::description(&value));
                    Err(self.error(("formula.types", message)))
                }
            },
        }
    }

    fn append_call(
        &self,
        frame: &mut Frame<'_>,
        definition: &'static Definition,
        arguments: &[Node],
        unique: bool,
        text: &mut String,
    ) -> Computed<bool> {
        let number = frame.number();
        let outer = std::mem::replace(&mut frame.draw.unique, unique.then_some(number));
        let outcome = match &definition.body {
            Body::Words(body) => {
                body(&mut frame.draw, text);
                Ok(())
            }
            Body::Text(body) => body(&mut Call { frame: &mut *frame, arguments, span: &self.span }, text),
            Body::List(words) => {
                text.push_str(frame.draw.pick(words(frame.draw.lexicon)));
                Ok(())
            }
            Body::Value(_) | Body::Built(_) => Err(Stop::Null),
        };
        frame.draw.unique = outer;
        match outcome {
            Ok(()) => {}
            Err(Stop::Null) => return Ok(false),
            Err(Stop::Failed(error)) => return Err(error),
        }
        if unique {
            match definition.unique {
                Unique::Suffix(between) => {
                    text.push_str(between);
                    convert::write_digits(number.shown(), text);
                }
                Unique::Sentence => {
                    let stop = text.ends_with('.');
                    text.truncate(text.len() - usize::from(stop));
                    text.push(' ');
                    convert::write_digits(number.shown(), text);
                    text.push('.');
                }
                _ => self.refuse_exhausted(frame)?,
            }
        }
        Ok(true)
    }

    /// A call that gives something else than a text.
    fn call(&self, frame: &mut Frame<'_>) -> Computed<Value> {
        let Operation::Call { definition, arguments, unique } = &self.operation else { return Ok(Value::Null) };
        let Body::Value(body) = &definition.body else { return Ok(Value::Null) };
        let number = frame.number();
        let outer = std::mem::replace(&mut frame.draw.unique, unique.then_some(number));
        let outcome = body(&mut Call { frame: &mut *frame, arguments, span: &self.span });
        frame.draw.unique = outer;
        match outcome {
            Ok(value) => {
                self.refuse_exhausted(frame)?;
                Ok(value)
            }
            Err(Stop::Null) => Ok(Value::Null),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    fn refuse_exhausted(&self, frame: &mut Frame<'_>) -> Computed {
        let Some(size) = frame.draw.exhausted.take() else { return Ok(()) };
        let number = frame.number();
        let values = if size == 1 { "1 distinct value".to_owned() } else { format!("{size} distinct values") };
        let error = FormulaError::new(
            "formula.exhausted",
            self.span.clone(),
            format!("there are {values} here, and the table's row number {} needs another", number.shown()),
        );
        Err(Box::new(error.with_help("make fewer rows, or draw from a wider range")))
    }
}
