//! The history's statements as the fake engine understands them: just what is composed for it, nothing more.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorClass, Result};
use crate::migrate::TABLE;
use crate::value::Value;

/// A row by column.
pub type Row = BTreeMap<String, Value>;
/// The table.
pub type Rows = Vec<Row>;

pub fn integer(row: &Row, column: &str) -> i64 {
    match row.get(column) {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    }
}

pub fn shown(row: &Row, column: &str) -> String {
    match row.get(column) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
    }
}

/// Whether a statement is about the history.
pub fn concerns(sql: &str) -> bool {
    !sql.contains(" #") && sql.contains(&format!("\"{TABLE}\""))
}

fn missing() -> Error {
    Error::database(ErrorClass::MissingTable, "no history")
}

/// The names in quotes.
fn names(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a row meets a condition of equalities joined by AND.
fn meets(row: &Row, condition: &str, parameters: &[Value]) -> bool {
    condition.split(" AND ").all(|term| {
        let column = &names(term)[0];
        let value = row.get(column).cloned().unwrap_or(Value::Null);
        match term.split_once(" = ") {
            Some((_, place)) => value == *parameter(place, parameters),
            None => term.ends_with(" IS NULL") && value == Value::Null,
        }
    })
}

fn parameter<'a>(place: &str, parameters: &'a [Value]) -> &'a Value {
    &parameters[place.trim().trim_start_matches('?').parse::<usize>().unwrap() - 1]
}

/// Runs a statement that changes the history.
pub fn execute(table: &mut Option<Rows>, sql: &str, parameters: &[Value]) -> Result<u64> {
    let rows = table.as_mut().ok_or_else(missing)?;
    if let Some(rest) = sql.strip_prefix("INSERT INTO ") {
        let (columns, _) = rest.split_once(") VALUES").unwrap();
        let columns = &names(columns)[1..];
        let row: Row = columns.iter().cloned().zip(parameters.iter().cloned()).collect();
        if rows.iter().any(|other| other["version"] == row["version"] || other["sequence"] == row["sequence"]) {
            return Err(Error::database(ErrorClass::UniqueViolation, "the row is there"));
        }
        rows.push(row);
        return Ok(1);
    }
    let Some((head, condition)) = sql.split_once(" WHERE ") else {
        return Ok(rows.drain(..).count() as u64);
    };
    let mut concerned: Vec<&mut Row> = rows.iter_mut().filter(|row| meets(row, condition, parameters)).collect();
    let count = concerned.len() as u64;
    if let Some((_, assignments)) = head.split_once(" SET ") {
        for assignment in assignments.split(", ") {
            let (column, place) = assignment.split_once(" = ").unwrap();
            for row in &mut concerned {
                row.insert(names(column)[0].clone(), parameter(place, parameters).clone());
            }
        }
    } else {
        rows.retain(|row| !meets(row, condition, parameters));
    }
    Ok(count)
}

/// Runs a query of the history.
pub fn query(table: &Option<Rows>, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
    let mut rows: Vec<Row> = table.as_ref().ok_or_else(missing)?.clone();
    rows.sort_by_key(|row| integer(row, "sequence"));
    let (columns, rest) = sql.strip_prefix("SELECT ").unwrap().split_once(" FROM ").unwrap();
    if rest.contains("MAX(") {
        rows = rows.pop().into_iter().collect();
    } else if rest.contains(" >= ") {
        rows.retain(|row| {
            Value::Integer(integer(row, "sequence")) == parameters[0] || {
                matches!(parameters[0], Value::Integer(first) if integer(row, "sequence") > first)
            }
        });
    } else if rest.contains(" IN (") {
        rows.retain(|row| parameters.contains(&row["version"]));
    }
    let columns = names(columns);
    Ok(rows
        .iter()
        .map(|row| columns.iter().map(|column| row.get(column).cloned().unwrap_or(Value::Null)).collect())
        .collect())
}
