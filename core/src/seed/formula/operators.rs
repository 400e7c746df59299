//! Arithmetic, comparison and patterns, as in portable SQL: the same answer everywhere, or an error.

use std::cmp::Ordering;

use super::convert;
use crate::schema::BinaryOperator;
use crate::value::{Decimal, Value};

/// A code of an error and what it says.
pub(super) type Failure = (&'static str, String);

const OVERFLOW: &str = "formula.overflow";
const TYPES: &str = "formula.types";

/// A sum, difference, product, quotient or remainder; NULL if either is.
pub(super) fn arithmetic(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, Failure> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Integer(left), Value::Integer(right)) => integers(operator, *left, *right),
        (Value::Double(_), _) | (_, Value::Double(_)) => match (convert::double(left), convert::double(right)) {
            (Some(left), Some(right)) => doubles(operator, left, right),
            _ => Err(mismatch(operator, left, right)),
        },
        _ => match (decimal(left), decimal(right)) {
            (Some(left), Some(right)) => decimals(operator, left, right),
            _ => Err(mismatch(operator, left, right)),
        },
    }
}

fn mismatch(operator: BinaryOperator, left: &Value, right: &Value) -> Failure {
    let (left, right) = (convert::description(left), convert::description(right));
    (TYPES, format!("{left} {} {right} has no meaning", symbol(operator)))
}

pub(super) fn symbol(operator: BinaryOperator) -> &'static str {
    crate::sql::text::symbol(operator)
}

/// A number as an exact decimal.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Decimal::new(i128::from(*number), 0),
        Value::Decimal(number) => Some(*number),
        _ => None,
    }
}

fn integers(operator: BinaryOperator, left: i64, right: i64) -> Result<Value, Failure> {
    let result = match operator {
        BinaryOperator::Add => left.checked_add(right),
        BinaryOperator::Subtract => left.checked_sub(right),
        BinaryOperator::Multiply => left.checked_mul(right),
        BinaryOperator::Divide | BinaryOperator::IntegerDivide | BinaryOperator::Modulo if right == 0 => {
            return Err(("formula.division-by-zero", format!("{left} is divided by zero")));
        }
        BinaryOperator::Modulo => left.checked_rem(right).or(Some(0)),
        _ => left.checked_div(right),
    };
    result.map(Value::Integer).ok_or_else(|| (OVERFLOW, format!("{left} {} {right} is past 64 bits", symbol(operator))))
}

fn doubles(operator: BinaryOperator, left: f64, right: f64) -> Result<Value, Failure> {
    Ok(Value::Double(match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Subtract => left - right,
        BinaryOperator::Multiply => left * right,
        BinaryOperator::Modulo => return Err((TYPES, "% takes integers".to_owned())),
        _ if right == 0.0 => return Err(("formula.division-by-zero", format!("{left} is divided by zero"))),
        _ => left / right,
    }))
}

fn decimals(operator: BinaryOperator, left: Decimal, right: Decimal) -> Result<Value, Failure> {
    let scale = left.scale().max(right.scale());
    let aligned = left.rescale(scale).zip(right.rescale(scale));
    let result = match operator {
        BinaryOperator::Add => {
            aligned.and_then(|(left, right)| Decimal::new(left.mantissa().checked_add(right.mantissa())?, scale))
        }
        BinaryOperator::Subtract => {
            aligned.and_then(|(left, right)| Decimal::new(left.mantissa().checked_sub(right.mantissa())?, scale))
        }
        BinaryOperator::Multiply => left
            .mantissa()
            .checked_mul(right.mantissa())
            .and_then(|mantissa| Decimal::new(mantissa, left.scale() + right.scale())),
        _ => return Err((TYPES, DECIMAL_DIVISION.to_owned())),
    };
    result
        .map(Value::Decimal)
        .ok_or_else(|| (OVERFLOW, format!("{left} {} {right} needs more than 38 digits", symbol(operator))))
}

/// Why a decimal is not divided.
pub(super) const DECIMAL_DIVISION: &str =
    "decimals are not divided, for the digits of the quotient would be arbitrary: CAST one side to DOUBLE PRECISION";

/// How two values compare; `None` if either is NULL.
pub(super) fn compare(left: &Value, right: &Value) -> Result<Option<Ordering>, Failure> {
    let refusal = || {
        let (left, right) = (convert::description(left), convert::description(right));
        (TYPES, format!("{left} and {right} can't be compared"))
    };
    Ok(match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.as_str().cmp(right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
        (Value::Uuid(left), Value::Uuid(right)) => Some(left.cmp(right)),
        (Value::Uuid(left), Value::Text(right)) => Some(left.to_string().as_str().cmp(right)),
        (Value::Text(left), Value::Uuid(right)) => Some(left.as_str().cmp(&right.to_string())),
        (Value::Time(_), _) | (_, Value::Time(_)) => {
            let times = convert::time(left).ok().zip(convert::time(right).ok()).ok_or_else(refusal)?;
            Some(times.0.cmp(&times.1))
        }
        (Value::Date(_) | Value::Timestamp(_) | Value::TimestampTz(_), _)
        | (_, Value::Date(_) | Value::Timestamp(_) | Value::TimestampTz(_)) => {
            let moments = convert::moment(left).zip(convert::moment(right)).ok_or_else(refusal)?;
            Some(moments.0.cmp(&moments.1))
        }
        (Value::Double(_), _) | (_, Value::Double(_)) => {
            let doubles = convert::double(left).zip(convert::double(right)).ok_or_else(refusal)?;
            Some(doubles.0.partial_cmp(&doubles.1).ok_or_else(refusal)?)
        }
        _ => {
            let (left, right) = decimal(left).zip(decimal(right)).ok_or_else(refusal)?;
            Some(order(left, right))
        }
    })
}

/// The order of two decimals, whatever their scales.
fn order(left: Decimal, right: Decimal) -> Ordering {
    let unit = |scale: u8| 10_i128.checked_pow(u32::from(scale)).unwrap_or(i128::MAX);
    let split = |number: Decimal| {
        (number.mantissa().div_euclid(unit(number.scale())), number.mantissa().rem_euclid(unit(number.scale())))
    };
    let ((left_whole, left_rest), (right_whole, right_rest)) = (split(left), split(right));
    let widest = left.scale().max(right.scale());
    left_whole.cmp(&right_whole).then_with(|| {
        // A rest has at most as many digits as its scale, so neither grows past 38 of them.
        let left_rest = left_rest.saturating_mul(unit(widest - left.scale()));
        left_rest.cmp(&right_rest.saturating_mul(unit(widest - right.scale())))
    })
}

/// `LIKE`: `%` stands for any text, `_` for one character; letters count as written.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut in_pattern) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some('%') => {
                retry = Some((at, in_pattern + 1));
                in_pattern += 1;
            }
            Some(&wanted) if wanted == '_' || wanted == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => match retry {
                Some((from, after)) => {
                    at = from + 1;
                    in_pattern = after;
                    retry = Some((from + 1, after));
                }
                None => return false,
            },
        }
    }
    pattern[in_pattern..].iter().all(|&rest| rest == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_order_by_number_whatever_their_scale() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        let largest = number("99999999999999999999999999999999999999");
        assert_eq!(order(number("1.50"), number("1.5")), Ordering::Equal);
        assert_eq!(order(number("-1.5"), number("-1.49")), Ordering::Less);
        assert_eq!(order(number("-0.1"), number("0.00")), Ordering::Less);
        assert_eq!(order(largest, number("0.00000000000000000000000000000000000001")), Ordering::Greater);
    }

    #[test]
    fn a_pattern_matches_as_in_sql() {
        for (text, pattern, matches) in [
            ("", "%", true),
            ("abc", "a%c", true),
            ("abcbc", "a%bc", true),
            ("abc", "a_c", true),
            ("abc", "A%", false),
            ("abc", "ab", false),
            ("ünï", "_n_", true),
        ] {
            assert_eq!(like(text, pattern), matches, "{text} LIKE {pattern}");
        }
    }
}
