//! Types: what a column is declared as, and what a declaration means when it is read back.
//!
//! SQLite derives a column's affinity from words inside its declared type (<https://www.sqlite.org/datatype3.html>,
//! 3.1), and NUMERIC, its default, turns a text that looks like a number into one. Every name here has an affinity
//! that leaves the values of its type alone.

use fastman_core::schema::{Column, ColumnType, Table};

/// The most digits that a float keeps: a DECIMAL of up to so many is kept as a number.
const DIGITS_OF_A_FLOAT: u8 = 15;

/// Whether a DECIMAL of that precision is kept as text, with all digits of its scale written out.
pub(crate) fn is_kept_as_text(precision: u8) -> bool {
    precision > DIGITS_OF_A_FLOAT
}

/// Whether values of the type are decimals kept as text.
pub(crate) fn is_text_decimal(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::Decimal { precision, .. } if is_kept_as_text(*precision))
}

/// The declared type of a column that is not an identity.
pub(crate) fn declaration(column_type: &ColumnType) -> String {
    match column_type {
        // VARBINARY would have NUMERIC affinity.
        ColumnType::Blob | ColumnType::Varbinary(_) => "BLOB".to_owned(),
        ColumnType::Uuid => "UUID_TEXT".to_owned(),
        ColumnType::Json => "JSON_TEXT".to_owned(),
        ColumnType::Decimal { precision, scale } if is_kept_as_text(*precision) => {
            format!("DECIMAL_TEXT({precision}, {scale})")
        }
        // DATE, TIME and TIMESTAMP have NUMERIC affinity, which leaves an ISO text alone: it does not look like a
        // number.
        portable => portable.to_string(),
    }
}

/// The declared type of a column of a table.
///
/// A single INTEGER that is the primary key would be an alias of the rowid and number itself, which only an identity
/// does; INT has the same affinity and is not one.
pub(crate) fn declaration_in(table: &Table, column: &Column) -> String {
    if column.identity {
        return "INTEGER".to_owned();
    }
    if column.column_type == ColumnType::Integer
        && matches!(table.primary_key(), [only] if only.key() == column.name.key())
    {
        return "INT".to_owned();
    }
    declaration(&column.column_type)
}

/// The type as the catalog gives it back.
pub(crate) fn stored(column: &Column) -> ColumnType {
    match &column.column_type {
        // An identity is 64 bits wide whatever it was declared as.
        _ if column.identity => ColumnType::BigInt,
        ColumnType::Varbinary(_) => ColumnType::Blob,
        other => other.clone(),
    }
}

/// The type that a declaration stands for, other programs' spellings included; `None` for a word that is no type of
/// ours.
pub(crate) fn type_of_declaration(declaration: &str) -> Option<ColumnType> {
    let (words, arguments) = split(declaration);
    let first = arguments.first().copied();
    let short = |argument: Option<u64>, limit: u32| {
        argument.and_then(|length| u32::try_from(length).ok()).filter(|length| (1..=limit).contains(length))
    };
    Some(match words.as_str() {
        "SMALLINT" | "INT2" | "TINYINT" => ColumnType::SmallInt,
        "INTEGER" | "INT" | "INT4" | "MEDIUMINT" => ColumnType::Integer,
        "BIGINT" | "INT8" | "UNSIGNED BIG INT" => ColumnType::BigInt,
        "DECIMAL" | "NUMERIC" | "DECIMAL_TEXT" => {
            let precision = u8::try_from(first?).ok().filter(|precision| (1..=38).contains(precision))?;
            let scale =
                u8::try_from(arguments.get(1).copied().unwrap_or(0)).ok().filter(|scale| *scale <= precision)?;
            ColumnType::Decimal { precision, scale }
        }
        "REAL" => ColumnType::Real,
        "DOUBLE PRECISION" | "DOUBLE" | "FLOAT" => ColumnType::Double,
        "BOOLEAN" | "BOOL" => ColumnType::Boolean,
        "CHAR" | "CHARACTER" | "NCHAR" => match short(first, 255) {
            Some(length) => ColumnType::Char(length),
            None => short(first, ColumnType::MAX_TEXT_LENGTH).map_or(ColumnType::Text, ColumnType::Varchar),
        },
        "VARCHAR" | "NVARCHAR" | "VARCHAR2" | "CHARACTER VARYING" | "VARYING CHARACTER" => {
            short(first, ColumnType::MAX_TEXT_LENGTH).map_or(ColumnType::Text, ColumnType::Varchar)
        }
        "TEXT" | "CLOB" => ColumnType::Text,
        "DATE" => ColumnType::Date,
        "TIME" => ColumnType::Time,
        "TIMESTAMP" | "DATETIME" | "TIMESTAMP WITHOUT TIME ZONE" => ColumnType::Timestamp,
        "TIMESTAMP WITH TIME ZONE" | "TIMESTAMPTZ" => ColumnType::TimestampTz,
        "BLOB" | "BINARY" | "VARBINARY" | "BYTEA" => ColumnType::Blob,
        "UUID_TEXT" | "UUID" | "GUID" => ColumnType::Uuid,
        "JSON_TEXT" | "JSON" | "JSONB" => ColumnType::Json,
        _ => return None,
    })
}

/// The type nearest to any declaration: by its words, else by its affinity.
pub(crate) fn nearest_type(declaration: &str) -> ColumnType {
    type_of_declaration(declaration).unwrap_or_else(|| match affinity(declaration) {
        Affinity::Integer => ColumnType::BigInt,
        Affinity::Text => ColumnType::Text,
        Affinity::Blob => ColumnType::Blob,
        // A float takes whatever number another program has put there.
        Affinity::Real | Affinity::Numeric => ColumnType::Double,
    })
}

/// What a column does to the values put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// SQLite's rules, in their order.
pub(crate) fn affinity(declaration: &str) -> Affinity {
    let upper = declaration.to_ascii_uppercase();
    let has = |word: &str| upper.contains(word);
    if has("INT") {
        Affinity::Integer
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Affinity::Text
    } else if has("BLOB") || upper.trim().is_empty() {
        Affinity::Blob
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// The words in upper case with one space between them, and the numbers in parentheses.
fn split(declaration: &str) -> (String, Vec<u64>) {
    let (words, rest) = declaration.split_once('(').unwrap_or((declaration, ""));
    let (inside, behind) = rest.split_once(')').unwrap_or((rest, ""));
    let words: Vec<String> =
        words.split_whitespace().chain(behind.split_whitespace()).map(str::to_ascii_uppercase).collect();
    (words.join(" "), inside.split(',').filter_map(|number| number.trim().parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_type() -> Vec<ColumnType> {
        vec![
            ColumnType::SmallInt,
            ColumnType::Integer,
            ColumnType::BigInt,
            ColumnType::Decimal { precision: 15, scale: 2 },
            ColumnType::Decimal { precision: 16, scale: 2 },
            ColumnType::Decimal { precision: 38, scale: 38 },
            ColumnType::Real,
            ColumnType::Double,
            ColumnType::Boolean,
            ColumnType::Char(1),
            ColumnType::Varchar(200),
            ColumnType::Text,
            ColumnType::Date,
            ColumnType::Time,
            ColumnType::Timestamp,
            ColumnType::TimestampTz,
            ColumnType::Blob,
            ColumnType::Uuid,
            ColumnType::Json,
        ]
    }

    #[test]
    fn every_declaration_is_read_back_as_its_type() {
        for column_type in every_type() {
            assert_eq!(type_of_declaration(&declaration(&column_type)), Some(column_type));
        }
    }

    #[test]
    fn no_declaration_s_affinity_harms_its_values() {
        for column_type in every_type() {
            let affinity = affinity(&declaration(&column_type));
            let harmless: &[Affinity] = match column_type {
                ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => &[Affinity::Integer],
                ColumnType::Decimal { precision: 0..=15, .. } | ColumnType::Boolean => &[Affinity::Numeric],
                ColumnType::Real | ColumnType::Double => &[Affinity::Real],
                ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::TimestampTz => {
                    &[Affinity::Numeric, Affinity::Text]
                }
                ColumnType::Blob | ColumnType::Varbinary(_) => &[Affinity::Blob],
                _ => &[Affinity::Text],
            };
            assert!(harmless.contains(&affinity), "{column_type}: {affinity:?}");
        }
    }

    #[test]
    fn other_programs_types_are_read_by_word_then_by_affinity() {
        assert_eq!(nearest_type("nvarchar(160)"), ColumnType::Varchar(160));
        assert_eq!(nearest_type("NUMERIC(10,2)"), ColumnType::Decimal { precision: 10, scale: 2 });
        assert_eq!(nearest_type("datetime"), ColumnType::Timestamp);
        assert_eq!(nearest_type("UNSIGNED INT"), ColumnType::BigInt);
        assert_eq!(nearest_type("MONEY"), ColumnType::Double);
        assert_eq!(nearest_type(""), ColumnType::Blob);
    }
}
