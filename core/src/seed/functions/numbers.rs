//! Numbers.

use super::call::{Call, Stop};
use super::definition::{Accepts, Definition, Group, Unique, may, needs};
use crate::seed::formula::types::Type;
use crate::value::{Decimal, Value};

pub(super) static GROUP: Group = Group {
    name: "numbers",
    functions: &[
        Definition::value("int", "int(low, high)", "an integer, both bounds included", Type::Integer, int)
            .takes(&[needs(Accepts::Integer), needs(Accepts::Integer)])
            .example("int(1, 100)")
            .unique(Unique::Own),
        Definition::value(
            "decimal",
            "decimal(low, high[, digits])",
            "an exact number with two digits after the point, or so many",
            Type::Decimal,
            decimal,
        )
        .takes(&[needs(Accepts::Number), needs(Accepts::Number), may(Accepts::Integer)])
        .example("decimal(5, 99.99, 2)")
        .unique(Unique::Own),
        Definition::value("float", "float(low, high)", "a double, the upper bound left out", Type::Double, float)
            .takes(&[needs(Accepts::Number), needs(Accepts::Number)])
            .example("float(0, 1)")
            .unique(Unique::Refused("doubles are rounded, and two may become one")),
        Definition::value("bool", "bool([probability])", "true half of the time, or so often", Type::Boolean, bool)
            .takes(&[may(Accepts::Number)])
            .example("bool(0.2)"),
    ],
};

fn empty(call: &Call<'_, '_>, low: impl std::fmt::Display, high: impl std::fmt::Display) -> Stop {
    call.fail("formula.empty-range", format!("there is nothing from {low} to {high}"))
}

fn int(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let (low, high) = (call.integer(0)?, call.integer(1)?);
    if high < low {
        return Err(empty(call, low, high));
    }
    let draw = call.draw();
    let span = high.wrapping_sub(low) as u64;
    if draw.unique.is_none() || span == u64::MAX {
        return Ok(Value::Integer(match draw.unique {
            Some(number) => low.wrapping_add(number.before as i64),
            None => draw.random.between(low, high),
        }));
    }
    Ok(Value::Integer(low.wrapping_add(draw.below(span + 1) as i64)))
}

fn decimal(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let (low, high) = (call.decimal(0)?, call.decimal(1)?);
    let digits = call.count(2, 2, 30)? as u8;
    let (Some(first), Some(last)) = (low.rescale(digits), high.rescale(digits)) else {
        let message = format!("{low} and {high} can't both be written with {digits} digits after the point");
        return Err(call.fail("formula.bad-value", message));
    };
    let size = last.mantissa().checked_sub(first.mantissa()).and_then(|span| u128::try_from(span).ok());
    let Some(size) = size.map(|span| span.saturating_add(1)) else { return Err(empty(call, low, high)) };
    let draw = call.draw();
    let drawn = match draw.unique {
        Some(_) => u128::from(draw.below(u64::try_from(size).unwrap_or(u64::MAX))),
        None => draw.random.below_wide(size),
    };
    let mantissa = i128::try_from(drawn).ok().and_then(|drawn| first.mantissa().checked_add(drawn));
    match mantissa.and_then(|mantissa| Decimal::new(mantissa, digits)) {
        Some(number) => Ok(Value::Decimal(number)),
        None => Err(empty(call, low, high)),
    }
}

fn float(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let (low, high) = (call.double(0)?, call.double(1)?);
    if high < low || !(high - low).is_finite() {
        return Err(empty(call, low, high));
    }
    let unit = call.draw().random.unit();
    Ok(Value::Double(low + (high - low) * unit))
}

fn bool(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let probability = if call.is_given(0) { call.double(0)? } else { 0.5 };
    if !(0.0..=1.0).contains(&probability) {
        return Err(call.fail("formula.bad-value", format!("{probability} is no probability from 0 to 1")));
    }
    Ok(Value::Boolean(call.draw().random.unit() < probability))
}
