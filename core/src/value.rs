//! Values: what rows, parameters and constants hold, for SQL engines and for document stores.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// One value. SQL engines hold the first group, document stores both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    Null,
    /// BOOLEAN.
    Boolean(bool),
    /// SMALLINT, INTEGER, BIGINT.
    Integer(i64),
    /// DECIMAL.
    Decimal(Decimal),
    /// REAL, DOUBLE PRECISION.
    Double(f64),
    /// CHAR, VARCHAR, TEXT.
    Text(String),
    /// BLOB, VARBINARY.
    Bytes(Vec<u8>),
    /// DATE.
    Date(NaiveDate),
    /// TIME.
    Time(NaiveTime),
    /// TIMESTAMP.
    Timestamp(NaiveDateTime),
    /// TIMESTAMP WITH TIME ZONE.
    TimestampTz(DateTime<Utc>),
    /// UUID.
    Uuid(uuid::Uuid),
    /// JSON, as its text.
    Json(String),

    /// An array of a document.
    Array(Vec<Value>),
    /// A map of a document, in order.
    Map(Vec<(String, Value)>),
    /// A place on earth, of a document.
    GeoPoint {
        /// Degrees, -90 to 90.
        latitude: f64,
        /// Degrees, -180 to 180.
        longitude: f64,
    },
    /// A reference to another document, by its path.
    Reference(String),
    /// The time at which the store commits, filled in by the store.
    ServerTimestamp,
}

/// An exact decimal number of at most 38 digits: `mantissa / 10^scale`.
///
/// Equality and order are numeric: 1.0 equals 1.00.
// Packed, so that a value takes 32 bytes and not 48.
#[derive(Clone, Copy, Debug)]
#[repr(Rust, packed(8))]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

/// What is wrong with a text that should be a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with at most one point and a sign.
    #[error("it is not a decimal number")]
    Malformed,
    /// More than 38 digits.
    #[error("it has more than 38 digits")]
    TooManyDigits,
}

impl Decimal {
    /// `mantissa / 10^scale`; `None` past 38 digits of either.
    pub fn new(mantissa: i128, scale: u8) -> Option<Decimal> {
        let digits = mantissa.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
        (digits <= 38 && scale <= 38).then_some(Decimal { mantissa, scale })
    }

    /// All digits as an integer.
    pub fn mantissa(&self) -> i128 {
        self.mantissa
    }

    /// How many of the digits stand after the point.
    pub fn scale(&self) -> u8 {
        self.scale
    }

    /// The same number with exactly `scale` digits after the point; `None` if that loses a digit or needs more than 38.
    pub fn rescale(&self, scale: u8) -> Option<Decimal> {
        let mut mantissa = self.mantissa;
        if scale >= self.scale {
            for _ in self.scale..scale {
                mantissa = mantissa.checked_mul(10)?;
            }
        } else {
            for _ in scale..self.scale {
                if mantissa % 10 != 0 {
                    return None;
                }
                mantissa /= 10;
            }
        }
        Decimal::new(mantissa, scale)
    }

    /// Whether it fits DECIMAL(precision, scale) without losing a digit.
    pub fn fits(&self, precision: u8, scale: u8) -> bool {
        self.rescale(scale).is_some_and(|number| {
            number.mantissa.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1) <= u32::from(precision)
        })
    }

    fn normalised(&self) -> (i128, u8) {
        let (mut mantissa, mut scale) = (self.mantissa, self.scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        (mantissa, scale)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.normalised() == other.normalised()
    }
}

impl Eq for Decimal {}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Decimal, DecimalError> {
        let (negative, digits) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty()
            || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
        {
            return Err(DecimalError::Malformed);
        }
        let mut mantissa: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|number| number.checked_add(i128::from(byte - b'0')))
                .ok_or(DecimalError::TooManyDigits)?;
        }
        let scale = u8::try_from(fraction.len()).map_err(|_| DecimalError::TooManyDigits)?;
        Decimal::new(if negative { -mantissa } else { mantissa }, scale).ok_or(DecimalError::TooManyDigits)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs().to_string();
        let scale = usize::from(self.scale);
        if scale == 0 {
            return write!(formatter, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(formatter, "{sign}{whole}.{fraction}")
    }
}

impl Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_digits_and_compares_by_number() {
        for text in ["0", "1.50", "-0.05", "99999999999999999999999999999999999999", "0.0000000001"] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
        assert_eq!("1.0".parse::<Decimal>(), "1.00".parse::<Decimal>());
        assert_eq!("1e5".parse::<Decimal>(), Err(DecimalError::Malformed));
        assert_eq!(".".parse::<Decimal>(), Err(DecimalError::Malformed));
        assert_eq!("1".repeat(39).parse::<Decimal>(), Err(DecimalError::TooManyDigits));
    }

    #[test]
    fn a_decimal_fits_only_where_no_digit_is_lost() {
        let number: Decimal = "123.45".parse().unwrap();
        assert!(number.fits(5, 2) && number.fits(6, 3));
        assert!(!number.fits(5, 1) && !number.fits(4, 2));
    }
}
