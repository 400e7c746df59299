//! Values of a TOML file as inputs: what is a formula, what is a constant, and what nests.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use toml::de::{DeInteger, DeValue};
use toml::value::{Datetime, Offset};

use super::input::{Field, Input, InputKind, Literal, Word};
use super::places;
use super::toml_reader::{Reader, Value, entries};
use crate::error::Result;

/// What a value of the file gives a column.
pub(super) fn input(reader: &Reader<'_>, value: &Value<'_>) -> Result<Input> {
    let span = value.span();
    let constant = |literal| InputKind::Literal(literal);
    let kind = match value.get_ref() {
        DeValue::String(text) => {
            let text = with_plain_line_ends(text, reader.source.text.get(span.clone()).unwrap_or_default());
            match places::formula(&text, reader.source, span.clone()) {
                Some(formula) => InputKind::Formula(formula),
                None => constant(Literal::Text(places::literal(&text).to_owned())),
            }
        }
        DeValue::Integer(number) => constant(Literal::Integer(integer(reader, number, value)?)),
        DeValue::Float(number) => constant(Literal::Number(number.as_str().trim_start_matches('+').to_owned())),
        DeValue::Boolean(truth) => constant(Literal::Boolean(*truth)),
        DeValue::Datetime(moment) => constant(datetime(reader, moment, value)?),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| input(reader, item)).collect::<Result<Vec<Input>>>()?;
            match items.iter().map(constant_of).collect() {
                Some(constants) => constant(Literal::Array(constants)),
                None => InputKind::Array(items),
            }
        }
        DeValue::Table(table) => {
            let mut fields = Vec::with_capacity(table.len());
            for (key, value) in entries(table) {
                let name = Word { text: key.get_ref().to_string(), span: key.span() };
                fields.push(Field { name, input: input(reader, value)? });
            }
            let constants = fields.iter().map(|field| Some((field.name.text.clone(), constant_of(&field.input)?)));
            match constants.collect() {
                Some(constants) => constant(Literal::Map(constants)),
                None => InputKind::Map(fields),
            }
        }
    };
    Ok(Input { kind, span })
}

fn constant_of(input: &Input) -> Option<Literal> {
    match &input.kind {
        InputKind::Literal(literal) => Some(literal.clone()),
        _ => None,
    }
}

/// A text over several lines is the same whatever line ends the file has.
fn with_plain_line_ends(text: &str, raw: &str) -> String {
    if raw.contains("\r\n") { text.replace("\r\n", "\n") } else { text.to_owned() }
}

fn integer(reader: &Reader<'_>, number: &DeInteger<'_>, value: &Value<'_>) -> Result<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).map_err(|_| {
        reader
            .error("seed.bad-value", value.span(), "past 64 bits", format!("{number} does not fit 64 bits"))
            .with_help(format!("write longer numbers in quotes, for a DECIMAL column: \"{number}\""))
    })
}

fn datetime(reader: &Reader<'_>, moment: &Datetime, value: &Value<'_>) -> Result<Literal> {
    let bad = |why: &str| reader.error("seed.bad-value", value.span(), why, format!("{moment} can't be kept: {why}"));
    let date = moment
        .date
        .map(|date| {
            let date = NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day));
            date.filter(|date| date.year() >= 1).ok_or_else(|| bad("there is no such day in the years 0001 to 9999"))
        })
        .transpose()?;
    let time = moment
        .time
        .map(|time| {
            let (second, nanosecond) = (time.second.unwrap_or(0), time.nanosecond.unwrap_or(0));
            if nanosecond % 1000 != 0 {
                return Err(bad("engines keep six digits of a second, and none is cut off silently"));
            }
            let (hour, minute) = (u32::from(time.hour), u32::from(time.minute));
            NaiveTime::from_hms_nano_opt(hour, minute, u32::from(second), nanosecond)
                .ok_or_else(|| bad("engines have no leap seconds"))
        })
        .transpose()?;
    Ok(match (date, time) {
        (Some(date), Some(time)) => {
            let local = NaiveDateTime::new(date, time);
            let minutes = match moment.offset {
                None => return Ok(Literal::LocalDateTime(local)),
                Some(Offset::Z) => 0,
                Some(Offset::Custom { minutes }) => i32::from(minutes),
            };
            let instant =
                FixedOffset::east_opt(minutes * 60).and_then(|zone| zone.from_local_datetime(&local).single());
            let instant = instant.filter(|instant| (1..=9999).contains(&instant.to_utc().year()));
            Literal::OffsetDateTime(instant.ok_or_else(|| bad("it lies outside of the years 0001 to 9999"))?)
        }
        (Some(date), None) => Literal::LocalDate(date),
        (None, Some(time)) => Literal::LocalTime(time),
        (None, None) => return Err(bad("it is neither a date nor a time")),
    })
}
