//! Operators: what they give for the values of their sides.

use std::cmp::Ordering;

use super::{Computed, Frame, Node, Operation};
use crate::schema::BinaryOperator;
use crate::seed::formula::interval::{Interval, Unmoved};
use crate::seed::formula::{convert, operators};
use crate::value::Value;

type Sides = (Node, Node);

fn boolean(truth: Option<bool>) -> Value {
    truth.map_or(Value::Null, Value::Boolean)
}

impl Node {
    fn truth(&self, frame: &mut Frame<'_>) -> Computed<Option<bool>> {
        match self.value(frame)? {
            Value::Null => Ok(None),
            Value::Boolean(truth) => Ok(Some(truth)),
            other => Err(self.error(("formula.types", format!("{} is no condition", convert::description(&other))))),
        }
    }

    /// The operators whose results are small. Each has a function of its own, which keeps the way down a deep formula
    /// narrow.
    pub(super) fn operate(&self, frame: &mut Frame<'_>) -> Computed<Value> {
        match &self.operation {
            Operation::Negate(operand) => self.negate(frame, operand),
            Operation::Not(operand) => Ok(boolean(operand.truth(frame)?.map(|truth| !truth))),
            Operation::And(sides) => self.either(frame, sides, false),
            Operation::Or(sides) => self.either(frame, sides, true),
            Operation::Arithmetic(operator, sides) => self.arithmetic(frame, *operator, sides),
            Operation::Compare(operator, sides) => self.compare(frame, *operator, sides),
            Operation::IsNull { operand, negated } => {
                Ok(Value::Boolean(matches!(operand.value(frame)?, Value::Null) != *negated))
            }
            Operation::In { operand, list, negated } => self.within(frame, operand, list, *negated),
            Operation::Between { operand, bounds, negated } => self.between(frame, operand, bounds, *negated),
            Operation::Like { operand, pattern, negated } => self.like(frame, operand, pattern, *negated),
            Operation::Cast { operand, to } => {
                let value = operand.value(frame)?;
                convert::cast(&value, to).map_err(|reason| self.error(("formula.bad-value", reason)))
            }
            Operation::Shift { operand, interval, times } => self.shift(frame, operand, *interval, times.as_deref()),
            Operation::NullIf(sides) => self.null_if(frame, sides),
            // All others are computed by `evaluate`.
            _ => Ok(Value::Null),
        }
    }

    fn negate(&self, frame: &mut Frame<'_>, operand: &Node) -> Computed<Value> {
        let value = operand.value(frame)?;
        operators::arithmetic(BinaryOperator::Subtract, &Value::Integer(0), &value)
            .map_err(|failure| self.error(failure))
    }

    /// AND and OR: the truth that decides alone, else NULL if a side is.
    fn either(&self, frame: &mut Frame<'_>, sides: &Sides, decides: bool) -> Computed<Value> {
        let left = sides.0.truth(frame)?;
        if left == Some(decides) {
            return Ok(Value::Boolean(decides));
        }
        let right = sides.1.truth(frame)?;
        Ok(boolean(if right == Some(decides) { right } else { left.and(right) }))
    }

    fn arithmetic(&self, frame: &mut Frame<'_>, operator: BinaryOperator, sides: &Sides) -> Computed<Value> {
        let (left, right) = (sides.0.value(frame)?, sides.1.value(frame)?);
        operators::arithmetic(operator, &left, &right).map_err(|failure| self.error(failure))
    }

    fn order(&self, left: &Value, right: &Value) -> Computed<Option<Ordering>> {
        operators::compare(left, right).map_err(|failure| self.error(failure))
    }

    fn compare(&self, frame: &mut Frame<'_>, operator: BinaryOperator, sides: &Sides) -> Computed<Value> {
        let (left, right) = (sides.0.value(frame)?, sides.1.value(frame)?);
        Ok(boolean(self.order(&left, &right)?.map(|order| holds(operator, order))))
    }

    fn within(&self, frame: &mut Frame<'_>, operand: &Node, list: &[Node], negated: bool) -> Computed<Value> {
        let value = operand.value(frame)?;
        let mut found = Some(false);
        for item in list {
            match self.order(&value, &item.value(frame)?)? {
                Some(Ordering::Equal) => {
                    found = Some(true);
                    break;
                }
                None => found = None,
                Some(_) => {}
            }
        }
        Ok(boolean(found.map(|found| found != negated)))
    }

    fn between(&self, frame: &mut Frame<'_>, operand: &Node, bounds: &Sides, negated: bool) -> Computed<Value> {
        let value = operand.value(frame)?;
        let low = self.order(&value, &bounds.0.value(frame)?)?.map(Ordering::is_ge);
        let high = self.order(&value, &bounds.1.value(frame)?)?.map(Ordering::is_le);
        let inside = match (low, high) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (low, high) => low.and(high),
        };
        Ok(boolean(inside.map(|inside| inside != negated)))
    }

    fn like(&self, frame: &mut Frame<'_>, operand: &Node, pattern: &Node, negated: bool) -> Computed<Value> {
        match (operand.value(frame)?, pattern.value(frame)?) {
            (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
            (Value::Text(text), Value::Text(pattern)) => {
                Ok(Value::Boolean(operators::like(&text, &pattern) != negated))
            }
            _ => Err(self.error(("formula.types", "LIKE compares a text with a pattern".to_owned()))),
        }
    }

    fn null_if(&self, frame: &mut Frame<'_>, sides: &Sides) -> Computed<Value> {
        let (left, right) = (sides.0.value(frame)?, sides.1.value(frame)?);
        Ok(if self.order(&left, &right)? == Some(Ordering::Equal) { Value::Null } else { left })
    }

    pub(super) fn case(
        &self,
        frame: &mut Frame<'_>,
        operand: Option<&Node>,
        branches: &[(Node, Node)],
        otherwise: Option<&Node>,
        out: &mut Value,
    ) -> Computed {
        let operand = operand.map(|operand| operand.value(frame)).transpose()?;
        for (condition, result) in branches {
            let holds = match &operand {
                None => condition.truth(frame)? == Some(true),
                Some(operand) => {
                    let value = condition.value(frame)?;
                    let order = operators::compare(operand, &value).map_err(|failure| condition.error(failure))?;
                    order == Some(Ordering::Equal)
                }
            };
            if holds {
                return result.evaluate(frame, out);
            }
        }
        match otherwise {
            Some(otherwise) => otherwise.evaluate(frame, out),
            None => {
                *out = Value::Null;
                Ok(())
            }
        }
    }

    fn shift(
        &self,
        frame: &mut Frame<'_>,
        operand: &Node,
        interval: Interval,
        times: Option<&Node>,
    ) -> Computed<Value> {
        let out_of_range = || self.error(("formula.overflow", "this leads out of the years 1 to 9999".to_owned()));
        let mut value = operand.value(frame)?;
        let mut interval = interval;
        if let Some(times) = times {
            interval = match times.value(frame)? {
                Value::Null => return Ok(Value::Null),
                Value::Integer(number) => interval.times(number).ok_or_else(out_of_range)?,
                other => {
                    let message =
                        format!("an interval is taken a whole number of times, not {}", convert::description(&other));
                    return Err(times.error(("formula.types", message)));
                }
            };
        }
        if let Value::Text(_) = value {
            value = match convert::date(&value) {
                Ok(date) if matches!(&value, Value::Text(text) if text.len() == 10) => Value::Date(date),
                _ => Value::TimestampTz(
                    convert::instant(&value).map_err(|reason| operand.error(("formula.types", reason)))?,
                ),
            };
        }
        match value {
            Value::Null => Ok(Value::Null),
            value => interval.shift(&value).map_err(|reason| match reason {
                Unmoved::OutOfRange => out_of_range(),
                Unmoved::NoDate => {
                    operand.error(("formula.types", format!("{} is not a date", convert::description(&value))))
                }
            }),
        }
    }
}

fn holds(operator: BinaryOperator, order: Ordering) -> bool {
    match operator {
        BinaryOperator::Equal => order.is_eq(),
        BinaryOperator::NotEqual => order.is_ne(),
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessOrEqual => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}
