//! What a part of a formula is known to give before any row is made, so that mistakes show when a file is read.

use crate::schema::ColumnType;
use crate::value::Value;

/// What values a part of a formula has, NULL aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Not known before the row is made: a field, the key of another table.
    Any,
    /// Always NULL.
    Null,
    Boolean,
    Integer,
    Decimal,
    Double,
    /// A number of any kind.
    Number,
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    Instant,
    Uuid,
    Json,
    Interval,
    /// What only documents hold.
    Document,
}

impl Type {
    pub fn of(value: &Value) -> Type {
        match value {
            Value::Null => Type::Null,
            Value::Boolean(_) => Type::Boolean,
            Value::Integer(_) => Type::Integer,
            Value::Decimal(_) => Type::Decimal,
            Value::Double(_) => Type::Double,
            Value::Text(_) => Type::Text,
            Value::Bytes(_) => Type::Bytes,
            Value::Date(_) => Type::Date,
            Value::Time(_) => Type::Time,
            Value::Timestamp(_) => Type::Timestamp,
            Value::TimestampTz(_) => Type::Instant,
            Value::Uuid(_) => Type::Uuid,
            Value::Json(_) => Type::Json,
            Value::Array(_) | Value::Map(_) | Value::GeoPoint { .. } | Value::Reference(_) | Value::ServerTimestamp => {
                Type::Document
            }
        }
    }

    pub fn of_column(column_type: &ColumnType) -> Type {
        match column_type {
            ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Type::Integer,
            ColumnType::Decimal { .. } => Type::Decimal,
            ColumnType::Real | ColumnType::Double => Type::Double,
            ColumnType::Boolean => Type::Boolean,
            ColumnType::Char(_) | ColumnType::Varchar(_) | ColumnType::Text => Type::Text,
            ColumnType::Date => Type::Date,
            ColumnType::Time => Type::Time,
            ColumnType::Timestamp => Type::Timestamp,
            ColumnType::TimestampTz => Type::Instant,
            ColumnType::Blob | ColumnType::Varbinary(_) => Type::Bytes,
            ColumnType::Uuid => Type::Uuid,
            ColumnType::Json => Type::Json,
        }
    }

    /// How an error calls it.
    pub fn name(self) -> &'static str {
        match self {
            Type::Any => "a value",
            Type::Null => "NULL",
            Type::Boolean => "a boolean",
            Type::Integer => "an integer",
            Type::Decimal => "a decimal",
            Type::Double => "a double",
            Type::Number => "a number",
            Type::Text => "a text",
            Type::Bytes => "bytes",
            Type::Date => "a date",
            Type::Time => "a time",
            Type::Timestamp => "a timestamp",
            Type::Instant => "a date and time",
            Type::Uuid => "a UUID",
            Type::Json => "JSON",
            Type::Interval => "an interval",
            Type::Document => "a document's value",
        }
    }

    pub fn is_open(self) -> bool {
        matches!(self, Type::Any | Type::Null)
    }

    pub fn is_number(self) -> bool {
        self.is_open() || matches!(self, Type::Integer | Type::Decimal | Type::Double | Type::Number)
    }

    pub fn is_moment(self) -> bool {
        self.is_open() || matches!(self, Type::Date | Type::Timestamp | Type::Instant | Type::Text)
    }

    /// Whether it can become a part of a text by `||`.
    pub fn has_text(self) -> bool {
        !matches!(self, Type::Bytes | Type::Interval | Type::Document)
    }

    /// Whether values of both may be compared.
    pub fn compares_with(self, other: Type) -> bool {
        let moment = |one: Type| matches!(one, Type::Date | Type::Timestamp | Type::Instant);
        let texted = |one: Type| moment(one) || matches!(one, Type::Time | Type::Uuid);
        self == other && !matches!(self, Type::Interval | Type::Document)
            || self.is_open() && other != Type::Interval
            || other.is_open() && self != Type::Interval
            || self.is_number() && other.is_number()
            || moment(self) && moment(other)
            || self == Type::Text && texted(other)
            || texted(self) && other == Type::Text
    }

    /// What gives one or the other.
    pub fn or(self, other: Type) -> Type {
        match (self, other) {
            (one, other) if one == other => one,
            (Type::Null, other) => other,
            (one, Type::Null) => one,
            (one, other) if !one.is_open() && !other.is_open() && one.is_number() && other.is_number() => Type::Number,
            _ => Type::Any,
        }
    }
}
