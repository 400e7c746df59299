//! The everyday functions of SQL. Letters and characters are Unicode's.

use super::call::{Call, Stop};
use super::definition::{Accepts, Built, Definition, Group, may, needs};
use super::text::{any_text, padded};
use crate::seed::formula::convert;
use crate::seed::formula::types::Type;
use crate::value::{Decimal, Value};

pub(super) static GROUP: Group = Group {
    name: "sql",
    functions: &[
        Definition::built("coalesce", "coalesce(value, ...)", "the first value that is not NULL", Built::Coalesce)
            .example("coalesce(maybe(word()), 'none')"),
        Definition::built("nullif", "nullif(value, other)", "NULL if both are equal, else the first", Built::NullIf)
            .example("nullif(int(0, 9), 0)"),
        Definition::built("concat", "concat(value, ...)", "the values' texts joined, as by ||", Built::Concatenate)
            .example("concat(first_name(), '-', seq())"),
        Definition::text("lower", "lower(text)", "a text in small letters", |call, out| {
            out.push_str(&call.text(0)?.to_lowercase());
            Ok(())
        })
        .takes(&[needs(Accepts::Text)])
        .example("lower('ABC')")
        .pure(),
        Definition::text("upper", "upper(text)", "a text in capital letters", |call, out| {
            out.push_str(&call.text(0)?.to_uppercase());
            Ok(())
        })
        .takes(&[needs(Accepts::Text)])
        .example("upper('abc')")
        .pure(),
        Definition::text("trim", "trim(text)", "a text without spaces around it", |call, out| {
            out.push_str(call.text(0)?.trim_matches(' '));
            Ok(())
        })
        .takes(&[needs(Accepts::Text)])
        .example("trim('  abc ')")
        .pure(),
        Definition::text(
            "substring",
            "substring(text, start[, length])",
            "a part of a text; start counts from 1",
            substring,
        )
        .takes(&[needs(Accepts::Text), needs(Accepts::Integer), may(Accepts::Integer)])
        .example("substring('abcdef', 2, 3)")
        .pure(),
        Definition::text("replace", "replace(text, what, with)", "a text with one part replaced by another", replace)
            .takes(&[needs(Accepts::Text), needs(Accepts::Text), needs(Accepts::Text)])
            .example("replace('a-b', '-', '+')")
            .pure(),
        Definition::text(
            "lpad",
            "lpad(value, length[, with])",
            "a value's text filled up in front, with spaces or another character",
            lpad,
        )
        .takes(&[needs(Accepts::Any), needs(Accepts::Integer), may(Accepts::Text)])
        .example("lpad(seq(), 6, '0')")
        .pure(),
        Definition::value("length", "length(text)", "how many characters a text has", Type::Integer, |call| {
            Ok(Value::Integer(call.text(0)?.chars().count() as i64))
        })
        .takes(&[needs(Accepts::Text)])
        .example("length('abc')")
        .pure(),
        Definition::value("abs", "abs(number)", "a number without its sign", Type::Number, abs)
            .takes(&[needs(Accepts::Number)])
            .example("abs(-5)")
            .pure(),
        Definition::value(
            "round",
            "round(decimal[, digits])",
            "a decimal with no digits after the point, or so many",
            Type::Number,
            round,
        )
        .takes(&[needs(Accepts::Number), may(Accepts::Integer)])
        .example("round(2.345, 2)")
        .pure(),
    ],
};

fn substring(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let (text, start) = (call.text(0)?, call.integer(1)?);
    // As in SQL: the length counts from the start given, even where that lies before the text.
    let end = match call.is_given(2) {
        true => {
            let length = call.integer(2)?;
            if length < 0 {
                return Err(call.fail("formula.bad-value", "a length can't be negative"));
            }
            start.saturating_add(length)
        }
        false => i64::MAX,
    };
    let from = usize::try_from(start.saturating_sub(1)).unwrap_or(0);
    let count = usize::try_from(end.saturating_sub(start.max(1))).unwrap_or(0);
    out.extend(text.chars().skip(from).take(count));
    Ok(())
}

fn replace(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let (text, what, with) = (call.text(0)?, call.text(1)?, call.text(2)?);
    if what.is_empty() {
        out.push_str(&text);
    } else {
        out.push_str(&text.replace(&what, &with));
    }
    Ok(())
}

fn lpad(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let text = any_text(call, 0)?;
    let length = call.count(1, 0, 100_000)? as usize;
    let with = if call.is_given(2) { call.text(2)? } else { " ".to_owned() };
    let mut characters = with.chars();
    match (characters.next(), characters.next()) {
        (Some(with), None) => padded(&text, length, with, out),
        _ => return Err(call.fail("formula.bad-value", "lpad fills up with a single character")),
    }
    Ok(())
}

fn abs(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let value = call.value(0)?;
    let positive = match &value {
        Value::Integer(number) => number.checked_abs().map(Value::Integer),
        Value::Decimal(number) => Decimal::new(number.mantissa().abs(), number.scale()).map(Value::Decimal),
        Value::Double(number) => Some(Value::Double(number.abs())),
        _ => None,
    };
    positive
        .ok_or_else(|| call.fail("formula.types", format!("{} has no absolute value", convert::description(&value))))
}

fn round(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let value = call.value(0)?;
    let digits = call.count(1, 0, 38)? as u8;
    match value {
        Value::Integer(_) => Ok(value),
        Value::Decimal(number) => Ok(Value::Decimal(convert::round(number, digits))),
        Value::Double(number) if digits == 0 => Ok(Value::Double(number.round())),
        _ => Err(call.fail("formula.types", "round takes a decimal: CAST a double to DECIMAL(p, s)")),
    }
}
