//! Types: what a column is declared as, and what a declared type means when it is read back.

use fastman_core::error::Result;
use fastman_core::schema::{ColumnType, TypeFamily};

use super::Mysql;

/// The most characters of a VARCHAR: 65,535 bytes of a row, four a character.
const MOST_CHARACTERS: u32 = 16_383;

/// The most bytes of a VARBINARY, in a row that has nothing else.
const MOST_BYTES: u32 = 65_532;

impl Mysql {
    /// The type as CREATE TABLE writes it.
    pub(super) fn type_text(&self, column_type: &ColumnType) -> Result<String> {
        let too_long = |name: &str, limit: u32, instead: &str| {
            self.unsupported(format!(
                "{name} is {limit} long at the most, and its rows take 65,535 bytes; {instead} has no limit"
            ))
        };
        Ok(match column_type {
            ColumnType::SmallInt => "SMALLINT".to_owned(),
            ColumnType::Integer => "INT".to_owned(),
            ColumnType::BigInt => "BIGINT".to_owned(),
            ColumnType::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
            ColumnType::Real => "FLOAT".to_owned(),
            ColumnType::Double => "DOUBLE".to_owned(),
            ColumnType::Boolean => "BOOLEAN".to_owned(),
            ColumnType::Char(length) => format!("CHAR({length})"),
            ColumnType::Varchar(length) if *length > MOST_CHARACTERS => {
                return Err(too_long("VARCHAR", MOST_CHARACTERS, "TEXT"));
            }
            ColumnType::Varchar(length) => format!("VARCHAR({length})"),
            ColumnType::Text => "LONGTEXT".to_owned(),
            ColumnType::Date => "DATE".to_owned(),
            ColumnType::Time => "TIME(6)".to_owned(),
            ColumnType::Timestamp | ColumnType::TimestampTz => "DATETIME(6)".to_owned(),
            ColumnType::Blob => "LONGBLOB".to_owned(),
            ColumnType::Varbinary(length) if *length > MOST_BYTES => {
                return Err(too_long("VARBINARY", MOST_BYTES, "BLOB"));
            }
            ColumnType::Varbinary(length) => format!("VARBINARY({length})"),
            ColumnType::Uuid if self.has_uuid() => "UUID".to_owned(),
            ColumnType::Uuid => "CHAR(36)".to_owned(),
            ColumnType::Json => "JSON".to_owned(),
        })
    }

    /// Whether the column is of characters, and so has a collation that is ours to say.
    pub(super) fn has_collation(&self, column_type: &ColumnType) -> bool {
        column_type.family() == TypeFamily::Text || *column_type == ColumnType::Uuid && !self.has_uuid()
    }

    /// The type as the catalog gives it back.
    pub(crate) fn stored_type(&self, column_type: &ColumnType) -> ColumnType {
        match column_type {
            ColumnType::TimestampTz => ColumnType::Timestamp,
            ColumnType::Uuid if !self.has_uuid() => ColumnType::Char(36),
            other => other.clone(),
        }
    }
}

/// Whether a default has to be an expression in parentheses: texts and bytes without a limit take no other, and a constant of bytes
/// does not come back from the catalog as it was.
pub(super) fn default_is_expression(column_type: &ColumnType) -> bool {
    matches!(
        column_type,
        ColumnType::Text | ColumnType::Blob | ColumnType::Json | ColumnType::Varbinary(_) | ColumnType::Uuid
    )
}

/// A type that the catalog gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    /// The nearest portable type.
    pub(crate) column_type: ColumnType,
    /// Whether it is that type and nothing else.
    pub(crate) exact: bool,
}

/// What `information_schema.columns.column_type` means: `varchar(20)`, `int(10) unsigned`, `decimal(10,2)`.
pub(crate) fn declared(column_type: &str) -> Declared {
    let lower = column_type.to_ascii_lowercase();
    let (word, rest) = match lower.find(|character: char| !character.is_ascii_alphanumeric()) {
        Some(end) => lower.split_at(end),
        None => (lower.as_str(), ""),
    };
    let (inside, behind) = match rest.strip_prefix('(').and_then(|rest| rest.rsplit_once(')')) {
        Some((inside, behind)) => (inside, behind),
        None => ("", rest),
    };
    let numbers: Vec<u32> = inside.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let length = numbers.first().copied();
    let unsigned = behind.contains("unsigned");
    let plain = behind.trim().is_empty();
    let exact = |column_type| Declared { column_type, exact: plain };
    let nearest = |column_type| Declared { column_type, exact: false };
    let wide = |wider, own| if unsigned { nearest(wider) } else { exact(own) };
    match (word, length) {
        ("tinyint", Some(1)) => exact(ColumnType::Boolean),
        ("tinyint" | "year", _) => nearest(ColumnType::SmallInt),
        ("smallint", _) => wide(ColumnType::Integer, ColumnType::SmallInt),
        ("mediumint", _) => nearest(ColumnType::Integer),
        ("int", _) => wide(ColumnType::BigInt, ColumnType::Integer),
        ("bigint", _) => wide(ColumnType::Decimal { precision: 20, scale: 0 }, ColumnType::BigInt),
        ("decimal", Some(precision)) => decimal(precision, numbers.get(1).copied().unwrap_or(0), plain),
        ("float", None) => exact(ColumnType::Real),
        ("float", Some(_)) => nearest(ColumnType::Real),
        ("double", None) => exact(ColumnType::Double),
        ("double", Some(_)) => nearest(ColumnType::Double),
        ("char", Some(length)) if (1..=ColumnType::MAX_CHAR_LENGTH).contains(&length) => {
            exact(ColumnType::Char(length))
        }
        ("varchar", Some(length)) if length > 0 => exact(ColumnType::Varchar(length)),
        ("longtext", _) => exact(ColumnType::Text),
        ("date", _) => exact(ColumnType::Date),
        ("time", Some(6)) => exact(ColumnType::Time),
        ("time", _) => nearest(ColumnType::Time),
        ("datetime", Some(6)) => exact(ColumnType::Timestamp),
        ("datetime", _) => nearest(ColumnType::Timestamp),
        ("timestamp", _) => nearest(ColumnType::TimestampTz),
        ("longblob", _) => exact(ColumnType::Blob),
        ("varbinary", Some(length)) if length > 0 => exact(ColumnType::Varbinary(length)),
        ("binary", Some(length)) if length > 0 => nearest(ColumnType::Varbinary(length)),
        ("uuid", _) => exact(ColumnType::Uuid),
        ("json", _) => exact(ColumnType::Json),
        ("bit", Some(1)) => nearest(ColumnType::Boolean),
        ("tinyblob" | "blob" | "mediumblob" | "bit" | "binary" | "varbinary", _) => nearest(ColumnType::Blob),
        ("geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon", _)
        | ("geometrycollection" | "geomcollection" | "vector", _) => nearest(ColumnType::Blob),
        _ => nearest(ColumnType::Text),
    }
}

fn decimal(precision: u32, scale: u32, plain: bool) -> Declared {
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision), Ok(scale))
            if (1..=ColumnType::MAX_PRECISION).contains(&precision)
                && scale <= precision.min(ColumnType::MAX_SCALE) =>
        {
            Declared { column_type: ColumnType::Decimal { precision, scale }, exact: plain }
        }
        _ => Declared { column_type: ColumnType::Decimal { precision: 38, scale: 10 }, exact: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_means_the_type_that_it_was_declared_for() {
        let decimal = |precision, scale| ColumnType::Decimal { precision, scale };
        for (text, column_type, exact) in [
            ("tinyint(1)", ColumnType::Boolean, true),
            ("tinyint", ColumnType::SmallInt, false),
            ("smallint(6)", ColumnType::SmallInt, true),
            ("int", ColumnType::Integer, true),
            ("int(10) unsigned", ColumnType::BigInt, false),
            ("bigint(20)", ColumnType::BigInt, true),
            ("bigint unsigned", decimal(20, 0), false),
            ("decimal(10,2)", decimal(10, 2), true),
            ("decimal(65,30)", decimal(38, 10), false),
            ("float", ColumnType::Real, true),
            ("char(36)", ColumnType::Char(36), true),
            ("varchar(200)", ColumnType::Varchar(200), true),
            ("mediumtext", ColumnType::Text, false),
            ("datetime(6)", ColumnType::Timestamp, true),
            ("datetime", ColumnType::Timestamp, false),
            ("enum('a','b)')", ColumnType::Text, false),
            ("varbinary(16)", ColumnType::Varbinary(16), true),
            ("uuid", ColumnType::Uuid, true),
        ] {
            assert_eq!(declared(text), Declared { column_type, exact }, "{text}");
        }
    }
}
