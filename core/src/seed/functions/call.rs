//! A call while it is computed: its arguments as the values that its function takes.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::draw::Draw;
use crate::seed::formula::convert;
use crate::seed::formula::error::FormulaError;
use crate::seed::formula::node::{Frame, Node, Operation};
use crate::value::{Decimal, Value};

/// Why a function gives no value.
pub(crate) enum Stop {
    /// An argument is NULL, so the result is.
    Null,
    Failed(Box<FormulaError>),
}

impl From<Box<FormulaError>> for Stop {
    fn from(error: Box<FormulaError>) -> Stop {
        Stop::Failed(error)
    }
}

/// A call with its arguments, each computed when it is asked for.
pub(crate) struct Call<'a, 'c> {
    pub frame: &'a mut Frame<'c>,
    pub arguments: &'a [Node],
    pub span: &'a Range<usize>,
}

impl Call<'_, '_> {
    pub fn draw(&mut self) -> &mut Draw {
        &mut self.frame.draw
    }

    pub fn is_given(&self, index: usize) -> bool {
        index < self.arguments.len()
    }

    /// An error at the whole call.
    pub fn fail(&self, code: &'static str, message: impl Into<String>) -> Stop {
        Stop::Failed(Box::new(FormulaError::new(code, self.span.clone(), message)))
    }

    fn fail_at(&self, index: usize, message: impl Into<String>) -> Stop {
        let span = self.arguments.get(index).map_or(self.span, |argument| &argument.span).clone();
        Stop::Failed(Box::new(FormulaError::new("formula.types", span, message)))
    }

    /// An argument's value; NULL ends the call.
    pub fn value(&mut self, index: usize) -> Result<Value, Stop> {
        let mut value = Value::Null;
        if let Some(argument) = self.arguments.get(index) {
            argument.evaluate(self.frame, &mut value)?;
        }
        if matches!(value, Value::Null) { Err(Stop::Null) } else { Ok(value) }
    }

    pub fn integer(&mut self, index: usize) -> Result<i64, Stop> {
        if let Some(Node { operation: Operation::Constant(Value::Integer(number)), .. }) = self.arguments.get(index) {
            return Ok(*number);
        }
        match self.value(index)? {
            Value::Integer(number) => Ok(number),
            other => Err(self.fail_at(index, format!("{} is not an integer", convert::description(&other)))),
        }
    }

    /// A number from 0 to `most`, or the default where it is not given.
    pub fn count(&mut self, index: usize, default: u64, most: u64) -> Result<u64, Stop> {
        if !self.is_given(index) {
            return Ok(default);
        }
        let number = self.integer(index)?;
        match u64::try_from(number).ok().filter(|number| *number <= most) {
            Some(number) => Ok(number),
            None => Err(self.fail_at(index, format!("{number} is not between 0 and {most}"))),
        }
    }

    pub fn decimal(&mut self, index: usize) -> Result<Decimal, Stop> {
        match self.value(index)? {
            Value::Integer(number) => {
                Decimal::new(i128::from(number), 0).ok_or_else(|| self.fail_at(index, "this is not a decimal"))
            }
            Value::Decimal(number) => Ok(number),
            other => Err(self.fail_at(
                index,
                format!("{} is not a decimal: CAST it to DECIMAL(p, s)", convert::description(&other)),
            )),
        }
    }

    pub fn double(&mut self, index: usize) -> Result<f64, Stop> {
        let value = self.value(index)?;
        match convert::double(&value).filter(|number| number.is_finite()) {
            Some(number) => Ok(number),
            None => Err(self.fail_at(index, format!("{} is not a number", convert::description(&value)))),
        }
    }

    pub fn text(&mut self, index: usize) -> Result<String, Stop> {
        match self.value(index)? {
            Value::Text(text) => Ok(text),
            Value::Uuid(uuid) => Ok(uuid.to_string()),
            Value::Json(text) => Ok(text),
            other => {
                Err(self.fail_at(index, format!("{} is not a text: CAST it AS TEXT", convert::description(&other))))
            }
        }
    }

    pub fn date(&mut self, index: usize) -> Result<NaiveDate, Stop> {
        match self.arguments.get(index).map(|argument| &argument.operation) {
            Some(Operation::Constant(Value::Date(date))) => return Ok(*date),
            Some(Operation::Now) => return Ok(self.frame.context.now.date_naive()),
            _ => {}
        }
        let value = self.value(index)?;
        convert::date(&value).map_err(|reason| self.fail_at(index, reason))
    }

    pub fn instant(&mut self, index: usize) -> Result<DateTime<Utc>, Stop> {
        match self.arguments.get(index).map(|argument| &argument.operation) {
            Some(Operation::Constant(Value::TimestampTz(instant))) => return Ok(*instant),
            Some(Operation::Now) => return Ok(self.frame.context.now),
            _ => {}
        }
        let value = self.value(index)?;
        convert::instant(&value).map_err(|reason| self.fail_at(index, reason))
    }

    pub fn time(&mut self, index: usize) -> Result<NaiveTime, Stop> {
        let value = self.value(index)?;
        convert::time(&value).map_err(|reason| self.fail_at(index, reason))
    }
}
