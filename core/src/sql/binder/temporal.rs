//! Dates and times as constants write them: ISO 8601 only, to the microsecond, years 0001 to 9999.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

/// What the constant should have looked like.
pub(crate) const DATE_FORM: &str = "'YYYY-MM-DD'";
/// As [`DATE_FORM`].
pub(crate) const TIME_FORM: &str = "'HH:MM:SS', with at most 6 digits more after a point";
/// As [`DATE_FORM`].
pub(crate) const TIMESTAMP_FORM: &str = "'YYYY-MM-DD HH:MM:SS', with at most 6 digits more after a point";
/// As [`DATE_FORM`].
pub(crate) const TIMESTAMP_TZ_FORM: &str = "'YYYY-MM-DD HH:MM:SS+HH:MM', or with Z for UTC";

/// A day: `2024-01-31`.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = number(&bytes[..4])?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(&bytes[5..7])?, number(&bytes[8..])?)?;
    (year >= 1).then_some(date)
}

/// Whether a text has the form of a day, be there such a one or not.
pub(crate) fn looks_like_a_date(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(fits)
}

/// Whether a text begins with the form of a day that there is not.
pub(crate) fn starts_with_no_day(text: &str) -> bool {
    text.get(..10).is_some_and(|day| looks_like_a_date(day) && date(day).is_none())
}

/// A time of day: `23:59`, `23:59:59` or `23:59:59.999999`.
pub(crate) fn time(text: &str) -> Option<NaiveTime> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) if clock.len() == 8 => (clock, fraction.as_bytes()),
        Some(_) => return None,
        None => (text, &b"0"[..]),
    };
    let bytes = clock.as_bytes();
    let seconds = match bytes.len() {
        5 => 0,
        8 if bytes[5] == b':' => number(&bytes[6..])?,
        _ => return None,
    };
    if bytes[2] != b':' || !(1..=6).contains(&fraction.len()) {
        return None;
    }
    let microseconds = number(fraction)? * 10_u32.pow(6 - u32::try_from(fraction.len()).ok()?);
    NaiveTime::from_hms_micro_opt(number(&bytes[..2])?, number(&bytes[3..5])?, seconds, microseconds)
}

/// A date and a time with a space or a T between them.
pub(crate) fn timestamp(text: &str) -> Option<NaiveDateTime> {
    let (day, clock) = text.split_once([' ', 'T'])?;
    Some(date(day)?.and_time(time(clock)?))
}

/// A date and a time with `Z`, `+HH:MM` or `+HH` behind them, as an instant.
pub(crate) fn timestamp_tz(text: &str) -> Option<DateTime<Utc>> {
    let (local, offset) = match text.strip_suffix('Z') {
        Some(local) => (local, 0),
        None => {
            let sign_at = text.rfind(['+', '-']).filter(|at| *at > 10)?;
            let (local, offset) = text.split_at(sign_at);
            let bytes = &offset.as_bytes()[1..];
            let minutes = match bytes.len() {
                2 => 0,
                5 if bytes[2] == b':' => number(&bytes[3..])?,
                _ => return None,
            };
            let hours = number(&bytes[..2])?;
            if hours > 15 || minutes > 59 {
                return None;
            }
            let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
            (local, if offset.starts_with('-') { -seconds } else { seconds })
        }
    };
    let instant = FixedOffset::east_opt(offset)?.from_local_datetime(&timestamp(local)?).single()?.to_utc();
    (1..=9999).contains(&instant.year()).then_some(instant)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_iso_forms_of_days_that_exist_are_dates() {
        assert_eq!(date("2024-02-29"), NaiveDate::from_ymd_opt(2024, 2, 29));
        assert_eq!(date("0001-01-01"), NaiveDate::from_ymd_opt(1, 1, 1));
        for text in [
            "2023-02-29",
            "0000-01-01",
            "2024-1-1",
            "24-01-01",
            "2024/01/01",
            "01.02.2024",
            "2024-01-01 ",
            "",
            "２０２４-01-01",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_keeps_its_microseconds_and_refuses_more() {
        assert_eq!(time("23:59:59.999999"), NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999));
        assert_eq!(time("08:30"), NaiveTime::from_hms_opt(8, 30, 0));
        assert_eq!(time("08:30:00.5"), NaiveTime::from_hms_micro_opt(8, 30, 0, 500_000));
        for text in
            ["24:00", "8:30", "08:30:60", "08:30:00.1234567", "08:30:00.", "08:30.5", "0830", "08:30:00 AM", "08:30:0é"]
        {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_kept_in_utc() {
        let instant = Utc.with_ymd_and_hms(2024, 1, 1, 10, 0, 0).unwrap();
        for text in [
            "2024-01-01 10:00:00Z",
            "2024-01-01T10:00:00Z",
            "2024-01-01 12:00:00+02:00",
            "2024-01-01 12:00+02",
            "2024-01-01 04:30:00-05:30",
        ] {
            assert_eq!(timestamp_tz(text), Some(instant), "{text}");
        }
        for text in [
            "2024-01-01 10:00:00",
            "2024-01-01",
            "2024-01-01 10:00:00+2",
            "0001-01-01 00:00:00+01:00",
            "2024-01-01 10:00:00+99",
        ] {
            assert_eq!(timestamp_tz(text), None, "{text}");
        }
    }

    #[test]
    fn a_timestamp_takes_a_space_or_a_t() {
        assert_eq!(timestamp("2024-01-31T23:59:59"), timestamp("2024-01-31 23:59:59"));
        assert!(timestamp("2024-01-31 23:59:59.5").is_some());
        for text in ["2024-01-31", "2024-01-31 23:59:59Z", "2024-01-31  23:59:59"] {
            assert_eq!(timestamp(text), None, "{text}");
        }
    }
}
