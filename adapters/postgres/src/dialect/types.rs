//! Types: what a column is declared as, and what a declared type means when it is read back.

use fastman_core::schema::{Column, ColumnType, Expression, Table};
use fastman_core::value::Value;

/// The type as CREATE TABLE writes it.
pub(crate) fn type_name(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::SmallInt => "smallint".to_owned(),
        ColumnType::Integer => "integer".to_owned(),
        ColumnType::BigInt => "bigint".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("numeric({precision}, {scale})"),
        ColumnType::Real => "real".to_owned(),
        ColumnType::Double => "double precision".to_owned(),
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::Char(length) => format!("character({length})"),
        ColumnType::Varchar(length) => format!("character varying({length})"),
        ColumnType::Text => "text".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Time => "time without time zone".to_owned(),
        ColumnType::Timestamp => "timestamp without time zone".to_owned(),
        ColumnType::TimestampTz => "timestamp with time zone".to_owned(),
        ColumnType::Blob | ColumnType::Varbinary(_) => "bytea".to_owned(),
        ColumnType::Uuid => "uuid".to_owned(),
        ColumnType::Json => "jsonb".to_owned(),
    }
}

/// The table as the catalog gives it back.
pub(crate) fn stored(table: &Table) -> Table {
    let columns = table.columns.iter().map(stored_column).collect();
    Table { columns, ..table.clone() }
}

fn stored_column(column: &Column) -> Column {
    let column_type = stored_type(&column.column_type);
    let default = column.default.clone().map(|default| match default {
        Expression::Literal { value, column_type } => Expression::Literal {
            value: stored_value(value, &column.column_type),
            column_type: column_type.as_ref().map(stored_type),
        },
        other => other,
    });
    Column { column_type, default, ..column.clone() }
}

fn stored_type(column_type: &ColumnType) -> ColumnType {
    match column_type {
        // bytea has no length.
        ColumnType::Varbinary(_) => ColumnType::Blob,
        other => other.clone(),
    }
}

/// A constant as the catalog gives it back, in the one form that is compared.
pub(crate) fn stored_value(value: Value, column_type: &ColumnType) -> Value {
    match (value, column_type) {
        // Kept in 32 bits and shown with as few digits as tell it apart from others.
        #[allow(clippy::cast_possible_truncation)]
        (Value::Double(number), ColumnType::Real) => {
            let shown = (number as f32).to_string();
            Value::Double(shown.parse().unwrap_or(number))
        }
        (Value::Json(text), _) => Value::Json(canonical_json(&text)),
        (Value::Decimal(number), ColumnType::Decimal { scale, .. }) => {
            Value::Decimal(number.rescale(*scale).unwrap_or(number))
        }
        (value, _) => value,
    }
}

/// A document in one of its many spellings: jsonb does not keep the one that was written.
fn canonical_json(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| text.to_owned(), |json| json.to_string())
}

/// A type that the catalog gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    /// The nearest portable type.
    pub column_type: ColumnType,
    /// Whether it is that type and nothing else.
    pub exact: bool,
}

/// What a type means: its name in `pg_type`, domains resolved, and its modifier (-1 for none).
pub(crate) fn declared(name: &str, modifier: i32) -> Declared {
    let exact = |column_type| Declared { column_type, exact: modifier == -1 };
    let nearest = |column_type| Declared { column_type, exact: false };
    // Lengths are stored with the four bytes of a header.
    let length = u32::try_from(modifier - 4).ok().filter(|length| *length > 0);
    match name {
        "int2" => exact(ColumnType::SmallInt),
        "int4" => exact(ColumnType::Integer),
        "int8" => exact(ColumnType::BigInt),
        "numeric" => decimal(modifier),
        "float4" => exact(ColumnType::Real),
        "float8" => exact(ColumnType::Double),
        "bool" => exact(ColumnType::Boolean),
        "bpchar" => match length {
            Some(length) if length <= ColumnType::MAX_CHAR_LENGTH => {
                Declared { column_type: ColumnType::Char(length), exact: true }
            }
            Some(length) => nearest(ColumnType::Varchar(length)),
            None => nearest(ColumnType::Text),
        },
        "varchar" => match length {
            Some(length) => Declared { column_type: ColumnType::Varchar(length), exact: true },
            // Without a length it is text by another name.
            None => exact(ColumnType::Text),
        },
        "text" => exact(ColumnType::Text),
        "date" => exact(ColumnType::Date),
        "time" => Declared { column_type: ColumnType::Time, exact: matches!(modifier, -1 | 6) },
        "timestamp" => Declared { column_type: ColumnType::Timestamp, exact: matches!(modifier, -1 | 6) },
        "timestamptz" => Declared { column_type: ColumnType::TimestampTz, exact: matches!(modifier, -1 | 6) },
        "bytea" => exact(ColumnType::Blob),
        "uuid" => exact(ColumnType::Uuid),
        "json" | "jsonb" => exact(ColumnType::Json),
        "oid" | "xid" | "cid" => nearest(ColumnType::BigInt),
        "money" => nearest(ColumnType::Decimal { precision: 19, scale: 2 }),
        _ => nearest(ColumnType::Text),
    }
}

/// Precision in the upper 16 bits, scale in the lower 11, which are signed from version 15.
fn decimal(modifier: i32) -> Declared {
    let digits = modifier - 4;
    let whole = u8::try_from((digits >> 16) & 0xffff).ok();
    let scale = u8::try_from(digits & 0x7ff).ok();
    match (whole, scale) {
        (Some(precision), Some(scale))
            if modifier >= 4
                && (1..=ColumnType::MAX_PRECISION).contains(&precision)
                && scale <= precision.min(ColumnType::MAX_SCALE) =>
        {
            Declared { column_type: ColumnType::Decimal { precision, scale }, exact: true }
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
        for (name, modifier, column_type, exact) in [
            ("numeric", (10 << 16 | 2) + 4, decimal(10, 2), true),
            ("numeric", (38 << 16) + 4, decimal(38, 0), true),
            ("numeric", -1, decimal(38, 10), false),
            ("numeric", (100 << 16 | 2) + 4, decimal(38, 10), false),
            ("varchar", 204, ColumnType::Varchar(200), true),
            ("varchar", -1, ColumnType::Text, true),
            ("bpchar", 5, ColumnType::Char(1), true),
            ("timestamp", 3, ColumnType::Timestamp, false),
            ("citext", -1, ColumnType::Text, false),
        ] {
            assert_eq!(declared(name, modifier), Declared { column_type, exact }, "{name} {modifier}");
        }
    }
}
