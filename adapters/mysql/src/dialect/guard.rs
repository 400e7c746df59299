//! Guards: statements that stand before one which would change rows in silence, and that fail with the reason where it would.
//!
//! An UPDATE in strict mode refuses a text that is no date and quotes it, so the text says what is wrong. Where no row is
//! concerned nothing is computed and nothing changes.

use fastman_core::dialect::Step;
use fastman_core::schema::{Column, ColumnType, Name, TypeFamily};

use super::literal::string;
use super::quoted;

/// What the reason begins with, so that the server's error is told from others.
pub(crate) const MARK: &str = "fastman: ";

/// Fails if a row meets the condition (any row, where there is none).
fn refuse(table: &Name, column: &Name, condition: Option<&str>, reason: &str) -> Step {
    let mut sql = format!(
        "UPDATE {} SET {} = CAST({} AS DATETIME)",
        quoted(table.as_str()),
        quoted(column.as_str()),
        string(&format!("{MARK}{reason}"))
    );
    if let Some(condition) = condition {
        sql.push_str(" WHERE ");
        sql.push_str(condition);
    }
    Step::data(sql)
}

/// The guard of a new type that would cut what does not fit: digits behind the point, blanks at the end.
pub(super) fn of_retype(table: &Name, from: &Column, to: &ColumnType) -> Option<Step> {
    let name = &from.name;
    let column = quoted(name.as_str());
    match (&from.column_type, to) {
        (ColumnType::Decimal { scale, .. }, ColumnType::Decimal { scale: kept, .. }) if kept < scale => {
            let condition = format!("ROUND({column}, {kept}) <> {column}");
            Some(refuse(table, name, Some(&condition), &format!("{name} has digits that {to} would round")))
        }
        (ColumnType::Decimal { scale, .. }, to) if *scale > 0 && to.family() == TypeFamily::Integer => {
            let condition = format!("ROUND({column}, 0) <> {column}");
            Some(refuse(table, name, Some(&condition), &format!("{name} has digits that {to} would round")))
        }
        (from, ColumnType::Varchar(length)) if from.family() == TypeFamily::Text && length_of(from) > *length => {
            let condition = format!("CHAR_LENGTH({column}) > {length}");
            Some(refuse(table, name, Some(&condition), &format!("{name} has a text longer than {to}")))
        }
        _ => None,
    }
}

/// The guard of a column that is to take no NULL any more: MariaDB would say of a NULL that it was truncated.
pub(super) fn of_not_null(table: &Name, column: &Column) -> Option<Step> {
    column.nullable.then(|| {
        let name = &column.name;
        let condition = format!("{} IS NULL", quoted(name.as_str()));
        refuse(table, name, Some(&condition), &format!("{name} has NULL where {table} is to take none"))
    })
}

/// The guard of a column that takes no NULL and has no default: rows that are there would get a zero or an empty text.
pub(super) fn of_new_column(table: &Name, any: &Name, column: &Column) -> Option<Step> {
    (!column.nullable && column.default.is_none() && !column.identity).then(|| {
        let name = &column.name;
        refuse(table, any, None, &format!("{name} needs a DEFAULT, since {table} has rows"))
    })
}

fn length_of(column_type: &ColumnType) -> u32 {
    match column_type {
        ColumnType::Varchar(length) | ColumnType::Char(length) => *length,
        _ => u32::MAX,
    }
}
