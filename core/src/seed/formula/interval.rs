//! Intervals: `interval '3' day`, `interval '1 month 2 days'`, and moving a date or an instant by one.

use chrono::{Months, TimeDelta};

use crate::value::Value;

/// So many months, days and microseconds; each moves a date on its own, as in SQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interval {
    months: i64,
    days: i64,
    microseconds: i64,
}

/// The units, by the letters that their names have in the singular.
const UNITS: [(&str, Interval); 8] = [
    ("microsecond", Interval { months: 0, days: 0, microseconds: 1 }),
    ("second", Interval { months: 0, days: 0, microseconds: 1_000_000 }),
    ("minute", Interval { months: 0, days: 0, microseconds: 60_000_000 }),
    ("hour", Interval { months: 0, days: 0, microseconds: 3_600_000_000 }),
    ("day", Interval { months: 0, days: 1, microseconds: 0 }),
    ("week", Interval { months: 0, days: 7, microseconds: 0 }),
    ("month", Interval { months: 1, days: 0, microseconds: 0 }),
    ("year", Interval { months: 12, days: 0, microseconds: 0 }),
];

/// Moving a date or an instant leads past the years 1 to 9999, or what is moved is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmoved {
    OutOfRange,
    NoDate,
}

impl Interval {
    /// `day`, `days`, `DAY`: one of that unit.
    pub fn unit(name: &str) -> Option<Interval> {
        let name = name.to_ascii_lowercase();
        let singular = name.strip_suffix('s').unwrap_or(&name);
        UNITS.iter().find(|(unit, _)| *unit == singular).map(|(_, interval)| *interval)
    }

    /// `1 month 2 days`, or a number alone where the unit follows the quotes.
    pub fn parse(text: &str, unit: Option<Interval>) -> Option<Interval> {
        let mut words = text.split_whitespace();
        if let Some(unit) = unit {
            let number = words.next()?.parse().ok()?;
            return if words.next().is_none() { unit.times(number) } else { None };
        }
        let mut sum = Interval::default();
        let mut parts = 0;
        while let Some(number) = words.next() {
            sum = sum.plus(Interval::unit(words.next()?)?.times(number.parse().ok()?)?)?;
            parts += 1;
        }
        (parts > 0).then_some(sum)
    }

    /// So many of it.
    pub fn times(self, number: i64) -> Option<Interval> {
        Some(Interval {
            months: self.months.checked_mul(number)?,
            days: self.days.checked_mul(number)?,
            microseconds: self.microseconds.checked_mul(number)?,
        })
    }

    /// Both.
    pub fn plus(self, other: Interval) -> Option<Interval> {
        Some(Interval {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            microseconds: self.microseconds.checked_add(other.microseconds)?,
        })
    }

    /// Moves a date or an instant. A date stays one where no hours, minutes or seconds are added to it; the last day of
    /// a month stays in its month.
    pub fn shift(self, value: &Value) -> Result<Value, Unmoved> {
        match value {
            Value::Date(date) if self.microseconds == 0 => {
                let moment = self.shift_moment(date.and_hms_opt(0, 0, 0).ok_or(Unmoved::OutOfRange)?)?;
                Ok(Value::Date(moment.date()))
            }
            Value::Date(date) => {
                Ok(Value::Timestamp(self.shift_moment(date.and_hms_opt(0, 0, 0).ok_or(Unmoved::OutOfRange)?)?))
            }
            Value::Timestamp(moment) => Ok(Value::Timestamp(self.shift_moment(*moment)?)),
            Value::TimestampTz(instant) => Ok(Value::TimestampTz(self.shift_moment(instant.naive_utc())?.and_utc())),
            _ => Err(Unmoved::NoDate),
        }
    }

    fn shift_moment(self, moment: chrono::NaiveDateTime) -> Result<chrono::NaiveDateTime, Unmoved> {
        let months = u32::try_from(self.months.unsigned_abs()).map_err(|_| Unmoved::OutOfRange)?;
        let moved = match self.months < 0 {
            true => moment.checked_sub_months(Months::new(months)),
            false => moment.checked_add_months(Months::new(months)),
        };
        let days = TimeDelta::try_days(self.days).ok_or(Unmoved::OutOfRange)?;
        moved
            .and_then(|moment| moment.checked_add_signed(days))
            .and_then(|moment| moment.checked_add_signed(TimeDelta::microseconds(self.microseconds)))
            .filter(|moment| (1..=9999).contains(&chrono::Datelike::year(moment)))
            .ok_or(Unmoved::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_read_with_its_unit_inside_or_behind_the_quotes() {
        let three_days = Interval { days: 3, ..Interval::default() };
        assert_eq!(Interval::parse("3", Interval::unit("DAY")), Some(three_days));
        assert_eq!(Interval::parse("3 days", None), Some(three_days));
        assert_eq!(
            Interval::parse("1 year -2 months 90 minutes", None),
            Some(Interval { months: 10, days: 0, microseconds: 5_400_000_000 })
        );
        for text in ["", "3", "days", "3 dayses", "1 day 2"] {
            assert_eq!(Interval::parse(text, None), None, "{text}");
        }
    }
}
