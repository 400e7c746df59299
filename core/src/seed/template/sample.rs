//! The rows of a new seeder: written out, so that they can be read and changed.

use super::guess::{ends, is_of_people};
use super::limits::{self, Limits};
use super::{Surroundings, brings_value, is, is_unique, parent, reference};
use crate::schema::{Column, ColumnType, Table};
use crate::value::Value;

/// Two rows: column and value each, as TOML has them.
pub(super) fn rows(table: &Table, around: Surroundings<'_>) -> Vec<Vec<(String, String)>> {
    (0..2).map(|number| row(table, number, around)).collect()
}

fn row(table: &Table, number: usize, around: Surroundings<'_>) -> Vec<(String, String)> {
    let mut row = Vec::new();
    for column in &table.columns {
        let name = column.name.to_string();
        // The first of the people is who administers the others.
        if number == 0 && column.column_type == ColumnType::Boolean && ends(column, &["admin"]) {
            row.push((name, "true".to_owned()));
            continue;
        }
        if !brings_value(column) {
            continue;
        }
        match parent(table, column, around.tables) {
            Some((parent, _)) if column.nullable || is(parent.as_str(), &table.name) => {}
            Some((parent, referenced)) => row.push((name, reference(&parent, &referenced))),
            None if column.nullable && !is_wanted(column) => {}
            None => row.push((name, value(table, column, number))),
        }
    }
    row
}

/// Whether a column that may be NULL is worth a line.
fn is_wanted(column: &Column) -> bool {
    ends(column, &["name", "email", "title", "content", "body", "description"])
}

fn value(table: &Table, column: &Column, number: usize) -> String {
    let limits = limits::of(table, column);
    if let Some(choice) = limits.choices.get(number).or_else(|| limits.choices.first())
        && let Some(text) = constant(choice)
    {
        return text;
    }
    let ordinal = number as i64;
    match &column.column_type {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => whole(&limits, ordinal).to_string(),
        ColumnType::Decimal { precision, scale } if precision == scale => match ordinal {
            0 => "0".to_owned(),
            _ => format!("0.{}", "1".repeat(usize::from(*scale).min(2))),
        },
        ColumnType::Decimal { scale, .. } => match *scale {
            0 => whole(&limits, ordinal).to_string(),
            scale => format!("{}.{}", whole(&limits, ordinal), "0".repeat(usize::from(scale).min(2))),
        },
        ColumnType::Real | ColumnType::Double => format!("{}.0", whole(&limits, ordinal)),
        ColumnType::Boolean => (number == 0).to_string(),
        ColumnType::Char(length) | ColumnType::Varchar(length) => text(table, column, number, *length),
        ColumnType::Text => text(table, column, number, u32::MAX),
        ColumnType::Date => format!("2024-01-{:02}", number + 1),
        ColumnType::Time => format!("{:02}:00:00", number + 9),
        ColumnType::Timestamp => format!("2024-01-{:02}T09:00:00", number + 1),
        ColumnType::TimestampTz => format!("2024-01-{:02}T09:00:00Z", number + 1),
        ColumnType::Uuid => format!("\"00000000-0000-4000-8000-{:012}\"", number + 1),
        ColumnType::Json => "{}".to_owned(),
        ColumnType::Blob | ColumnType::Varbinary(_) => format!("\"=hex('{:02x}')\"", number + 1),
    }
}

/// A whole number within the limits.
fn whole(limits: &Limits, ordinal: i64) -> i64 {
    let low = limits.low.unwrap_or_else(|| limits.high.map_or(1, |high| high.min(1)));
    low.saturating_add(ordinal).min(limits.high.unwrap_or(i64::MAX).max(low))
}

fn text(table: &Table, column: &Column, number: usize, length: u32) -> String {
    let people = is_of_people(table);
    let text = if ends(column, &["password", "password_hash", "passwd"]) {
        if length >= 60 { "=bcrypt('password123')".to_owned() } else { "password123".to_owned() }
    } else if ends(column, &["email"]) {
        ["admin@example.com", "test@example.com"][number.min(1)].to_owned()
    } else if people && ends(column, &["username", "login", "nickname", "handle"]) {
        ["admin", "test"][number.min(1)].to_owned()
    } else if people && ends(column, &["first_name", "firstname", "name", "full_name"]) {
        ["Admin", "Test"][number.min(1)].to_owned()
    } else if people && ends(column, &["last_name", "lastname", "surname"]) {
        "User".to_owned()
    } else if ends(column, &["slug"]) {
        ["first", "second"][number.min(1)].to_owned()
    } else if ends(column, &["url", "website", "homepage", "link"]) {
        "https://example.com".to_owned()
    } else {
        let words: Vec<&str> = [["First", "Second"][number.min(1)]]
            .into_iter()
            .chain(column.name.as_str().split('_').filter(|word| !word.is_empty()))
            .collect();
        words.join(" ")
    };
    let text =
        if is_unique(table, &column.name) && text.starts_with("https:") { format!("{text}/{number}") } else { text };
    if text.starts_with('=') {
        return format!("{text:?}");
    }
    match text.chars().count() as u64 > u64::from(length) {
        // What is left of it still tells one row from the other.
        true => format!("{:?}", (number + 1).to_string()),
        false => format!("{text:?}"),
    }
}

/// A constant as TOML has it.
fn constant(value: &Value) -> Option<String> {
    Some(match value {
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Text(text) => format!("{text:?}"),
        _ => return None,
    })
}
