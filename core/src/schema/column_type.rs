//! The portable column types and what they have in common.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A column's portable type. Lengths are in characters for text and in bytes for binary.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ColumnType {
    /// 16 bits, signed.
    SmallInt,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    BigInt,
    /// Exact, `precision` digits of which `scale` stand after the point; 1 <= precision <= 38, 0 <= scale <= precision,
    /// scale <= 30.
    Decimal {
        /// All digits.
        precision: u8,
        /// Those after the point.
        scale: u8,
    },
    /// IEEE 754 binary32.
    Real,
    /// IEEE 754 binary64.
    Double,
    /// True or false.
    Boolean,
    /// Exactly so many characters, blank-padded where the engine pads; 1 to 255.
    Char(u32),
    /// Up to so many characters; 1 to 10,485,760 at the most, 768 where indexed.
    Varchar(u32),
    /// Text without a limit.
    Text,
    /// A day.
    Date,
    /// A time of day to the microsecond.
    Time,
    /// A date and time to the microsecond, without a zone.
    Timestamp,
    /// An instant to the microsecond; the offset it was written with is not kept.
    TimestampTz,
    /// Bytes without a limit.
    Blob,
    /// Up to so many bytes.
    Varbinary(u32),
    /// A universally unique identifier (RFC 9562).
    Uuid,
    /// A JSON document (RFC 8259).
    Json,
}

/// What values of a type have in common: which operators and comparisons it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeFamily {
    /// SMALLINT, INTEGER, BIGINT.
    Integer,
    /// DECIMAL.
    Decimal,
    /// REAL, DOUBLE PRECISION.
    Float,
    /// BOOLEAN.
    Boolean,
    /// CHAR, VARCHAR, TEXT.
    Text,
    /// DATE.
    Date,
    /// TIME.
    Time,
    /// TIMESTAMP.
    Timestamp,
    /// TIMESTAMP WITH TIME ZONE.
    TimestampTz,
    /// BLOB, VARBINARY.
    Binary,
    /// UUID.
    Uuid,
    /// JSON.
    Json,
}

impl ColumnType {
    /// The greatest length of VARCHAR and VARBINARY: PostgreSQL's.
    pub const MAX_TEXT_LENGTH: u32 = 10_485_760;

    /// The most digits of a DECIMAL: Oracle's.
    pub const MAX_PRECISION: u8 = 38;

    /// The most digits of a DECIMAL after the point: MySQL's.
    pub const MAX_SCALE: u8 = 30;

    /// The greatest length of CHAR: MySQL's.
    pub const MAX_CHAR_LENGTH: u32 = 255;

    /// The family that decides which operators the type takes.
    pub fn family(&self) -> TypeFamily {
        match self {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => TypeFamily::Integer,
            ColumnType::Decimal { .. } => TypeFamily::Decimal,
            ColumnType::Real | ColumnType::Double => TypeFamily::Float,
            ColumnType::Boolean => TypeFamily::Boolean,
            ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text => TypeFamily::Text,
            ColumnType::Date => TypeFamily::Date,
            ColumnType::Time => TypeFamily::Time,
            ColumnType::Timestamp => TypeFamily::Timestamp,
            ColumnType::TimestampTz => TypeFamily::TimestampTz,
            ColumnType::Blob | ColumnType::Varbinary(_) => TypeFamily::Binary,
            ColumnType::Uuid => TypeFamily::Uuid,
            ColumnType::Json => TypeFamily::Json,
        }
    }

    /// Whether values are numbers.
    pub fn is_numeric(&self) -> bool {
        matches!(self.family(), TypeFamily::Integer | TypeFamily::Decimal | TypeFamily::Float)
    }
}

/// The portable spelling, as a migration writes it.
impl fmt::Display for ColumnType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnType::SmallInt => formatter.write_str("SMALLINT"),
            ColumnType::Integer => formatter.write_str("INTEGER"),
            ColumnType::BigInt => formatter.write_str("BIGINT"),
            ColumnType::Decimal { precision, scale } => write!(formatter, "DECIMAL({precision}, {scale})"),
            ColumnType::Real => formatter.write_str("REAL"),
            ColumnType::Double => formatter.write_str("DOUBLE PRECISION"),
            ColumnType::Boolean => formatter.write_str("BOOLEAN"),
            ColumnType::Char(length) => write!(formatter, "CHAR({length})"),
            ColumnType::Varchar(length) => write!(formatter, "VARCHAR({length})"),
            ColumnType::Text => formatter.write_str("TEXT"),
            ColumnType::Date => formatter.write_str("DATE"),
            ColumnType::Time => formatter.write_str("TIME"),
            ColumnType::Timestamp => formatter.write_str("TIMESTAMP"),
            ColumnType::TimestampTz => formatter.write_str("TIMESTAMP WITH TIME ZONE"),
            ColumnType::Blob => formatter.write_str("BLOB"),
            ColumnType::Varbinary(length) => write!(formatter, "VARBINARY({length})"),
            ColumnType::Uuid => formatter.write_str("UUID"),
            ColumnType::Json => formatter.write_str("JSON"),
        }
    }
}
