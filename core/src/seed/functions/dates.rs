//! Dates and times. What is made up lies in whole seconds; without bounds, in the two years before `now()`.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

use super::call::{Call, Stop};
use super::definition::{Accepts, Built, Definition, Group, Unique, may, needs};
use crate::seed::formula::types::Type;
use crate::value::Value;

pub(super) static GROUP: Group = Group {
    name: "dates",
    functions: &[
        Definition::built(
            "now",
            "now()",
            "the time of the run; in factories a fixed one, unless --now gives another",
            Built::Now,
        )
        .example("now() - interval '3' day"),
        Definition::built("today", "today()", "the date of now()", Built::Today),
        Definition::value("date", "date([low[, high]])", "a date, both bounds included", Type::Date, date)
            .takes(&[may(Accepts::Date), may(Accepts::Date)])
            .example("date('2024-01-01', '2024-12-31')")
            .unique(Unique::Own),
        Definition::value(
            "datetime",
            "datetime([low[, high]])",
            "a date and time, both bounds included",
            Type::Instant,
            datetime,
        )
        .takes(&[may(Accepts::Instant), may(Accepts::Instant)])
        .example("datetime('2024-01-01', now())")
        .unique(Unique::Own),
        Definition::value("time", "time([low[, high]])", "a time of day, both bounds included", Type::Time, time)
            .takes(&[may(Accepts::Time), may(Accepts::Time)])
            .example("time('09:00', '17:00')")
            .unique(Unique::Own),
        Definition::value(
            "past",
            "past([days])",
            "a time in the year before now(), or in so many days",
            Type::Instant,
            past,
        )
        .takes(&[may(Accepts::Integer)])
        .example("past(30)")
        .unique(Unique::Own),
        Definition::value(
            "future",
            "future([days])",
            "a time in the year after now(), or in so many days",
            Type::Instant,
            future,
        )
        .takes(&[may(Accepts::Integer)])
        .example("future(30)")
        .unique(Unique::Own),
        Definition::value(
            "birthdate",
            "birthdate([youngest[, oldest]])",
            "the birthday of somebody from 18 to 80, or so old",
            Type::Date,
            birthdate,
        )
        .takes(&[may(Accepts::Integer), may(Accepts::Integer)])
        .example("birthdate(18, 30)")
        .unique(Unique::Own),
        Definition::value("year", "year(date)", "a date's year", Type::Integer, |call| {
            Ok(Value::Integer(call.date(0)?.year().into()))
        })
        .takes(&[needs(Accepts::Date)])
        .example("year(now())")
        .pure(),
        Definition::value("month", "month(date)", "a date's month, from 1 to 12", Type::Integer, |call| {
            Ok(Value::Integer(call.date(0)?.month().into()))
        })
        .takes(&[needs(Accepts::Date)])
        .example("month(now())")
        .pure(),
        Definition::value("day", "day(date)", "a date's day of the month", Type::Integer, |call| {
            Ok(Value::Integer(call.date(0)?.day().into()))
        })
        .takes(&[needs(Accepts::Date)])
        .example("day(now())")
        .pure(),
    ],
};

const TWO_YEARS: i64 = 730;
const YEAR: u64 = 365;
/// More than lie between the years 1 and 9999.
const MOST_DAYS: u64 = 3_660_000;

fn empty(call: &Call<'_, '_>, low: impl std::fmt::Display, high: impl std::fmt::Display) -> Stop {
    call.fail("formula.empty-range", format!("there is nothing from {low} to {high}"))
}

fn too_far(call: &Call<'_, '_>) -> Stop {
    call.fail("formula.overflow", "this leads out of the years 1 to 9999")
}

/// A number of steps from 0 to `span`.
fn steps(call: &mut Call<'_, '_>, span: i64) -> i64 {
    call.draw().below(span.unsigned_abs() + 1) as i64
}

fn date_between(call: &mut Call<'_, '_>, low: NaiveDate, high: NaiveDate) -> Result<Value, Stop> {
    let span = high.signed_duration_since(low).num_days();
    if span < 0 {
        return Err(empty(call, low, high));
    }
    let days = steps(call, span);
    TimeDelta::try_days(days)
        .and_then(|days| low.checked_add_signed(days))
        .map(Value::Date)
        .ok_or_else(|| too_far(call))
}

fn instant_between(call: &mut Call<'_, '_>, low: DateTime<Utc>, high: DateTime<Utc>) -> Result<Value, Stop> {
    let span = high.timestamp() - low.timestamp();
    if high < low {
        return Err(empty(call, low, high));
    }
    // From a low bound within a second the next whole one is the first.
    let fraction = i64::from(low.nanosecond() > 0 && span > 0);
    let seconds = low.timestamp() + fraction + steps(call, span - fraction);
    DateTime::from_timestamp(seconds, 0).map(Value::TimestampTz).ok_or_else(|| too_far(call))
}

/// So many days before the bound; the year 1 at the earliest.
fn before(moment: DateTime<Utc>, days: i64) -> Option<DateTime<Utc>> {
    moment.checked_sub_signed(TimeDelta::try_days(days)?).filter(|moment| moment.year() >= 1)
}

fn after(moment: DateTime<Utc>, days: i64) -> Option<DateTime<Utc>> {
    moment.checked_add_signed(TimeDelta::try_days(days)?).filter(|moment| moment.year() <= 9_999)
}

fn date(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let now = call.frame.context.now;
    let high = if call.is_given(1) { call.date(1)? } else { now.date_naive() };
    let low = if call.is_given(0) {
        call.date(0)?
    } else {
        before(now, TWO_YEARS).ok_or_else(|| too_far(call))?.date_naive()
    };
    date_between(call, low, high)
}

fn datetime(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let now = call.frame.context.now;
    let high = if call.is_given(1) { call.instant(1)? } else { now };
    let low = if call.is_given(0) { call.instant(0)? } else { before(now, TWO_YEARS).ok_or_else(|| too_far(call))? };
    instant_between(call, low, high)
}

fn time(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let low = if call.is_given(0) { call.time(0)? } else { NaiveTime::MIN };
    let last = if call.is_given(1) { call.time(1)?.num_seconds_from_midnight() } else { 86_399 };
    let first = low.num_seconds_from_midnight();
    if last < first {
        return Err(call.fail("formula.empty-range", "the time begins after it ends"));
    }
    let seconds = first + steps(call, i64::from(last - first)) as u32;
    Ok(NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).map_or(Value::Null, Value::Time))
}

fn past(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let days = call.count(0, YEAR, MOST_DAYS)? as i64;
    let now = call.frame.context.now;
    let low = before(now, days).ok_or_else(|| too_far(call))?;
    instant_between(call, low, now)
}

fn future(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let days = call.count(0, YEAR, MOST_DAYS)? as i64;
    let now = call.frame.context.now;
    let high = after(now, days).ok_or_else(|| too_far(call))?;
    instant_between(call, now, high)
}

fn birthdate(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let youngest = call.count(0, 18, 500)? as u32;
    let oldest = call.count(1, 80, 500)? as u32;
    if oldest < youngest {
        return Err(empty(call, youngest, oldest));
    }
    let today = call.frame.context.now.date_naive();
    let years_ago =
        |years: u32| today.checked_sub_months(chrono::Months::new(12 * years)).filter(|date| date.year() >= 1);
    // The day after the birthday on which somebody would be a year too old.
    let low = years_ago(oldest + 1).and_then(|date| date.succ_opt());
    match (low, years_ago(youngest)) {
        (Some(low), Some(high)) => date_between(call, low, high),
        _ => Err(too_far(call)),
    }
}
