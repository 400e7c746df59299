//! Whose fault an error of the store is: which row of which block, and which column, at its place in the file.

use std::sync::PoisonError;

use super::plan::Content;
use super::stream::Ready;
use crate::error::{Error, ErrorClass, SourceText};
use crate::schema::{ConstraintKind, Name, Table};
use crate::value::Value;

/// The error of writing a stream's rows, with file, table, row and column.
pub(crate) fn blame(error: Error, ready: &Ready, row: Option<u64>) -> Error {
    let planned = &ready.planned;
    if error.class().is_none() && error.location().is_some() && row.or(error.row()).is_none() {
        return error;
    }
    let table_name = planned.table_name.as_str();
    let mut columns = planned.table.as_deref().map(|table| blamed(&error, table)).unwrap_or_default();
    let row = row.or(error.row()).or_else(|| missing_parent(&error, ready, &columns));
    if columns.is_empty() && error.class() == Some(ErrorClass::ForeignKeyViolation) {
        columns = pointing(ready, row);
    }
    let mut place = format!("table {table_name}");
    if let Some(row) = row {
        // Of fixed rows the number counts in the file's block.
        place.push_str(&format!(", row {}", planned.start + row));
    }
    match (&planned.content, row) {
        (Content::Loaded(_, file), Some(row)) => {
            let line = file.lock().unwrap_or_else(PoisonError::into_inner).place_of(row.saturating_sub(1));
            place.push_str(&format!(" ({line})"));
        }
        _ => planned.made_by.iter().for_each(|maker| place.push_str(&format!(" of {maker}"))),
    }
    match columns.as_slice() {
        [] => {}
        [column] => place.push_str(&format!(", column {column}")),
        several => {
            let names: Vec<&str> = several.iter().map(Name::as_str).collect();
            place.push_str(&format!(", columns {}", names.join(", ")));
        }
    }
    let (source, span) = where_it_stands(ready, row, &columns);
    error.without_row_detail().map_message(|message| format!("{place}: {message}")).at(&source, span, "")
}

fn where_it_stands(ready: &Ready, row: Option<u64>, columns: &[Name]) -> (SourceText, std::ops::Range<usize>) {
    let planned = &ready.planned;
    let ordinal = row.map_or(0, |row| row.saturating_sub(1));
    let fixed_row = match &planned.content {
        Content::Fixed(rows) if row.is_some() => {
            usize::try_from(ordinal).ok().and_then(|place| rows.get(place)).map(|(_, span)| span.clone())
        }
        _ => None,
    };
    let column = ready.shape(ordinal).and_then(|shape| {
        let place = columns.iter().find_map(|column| shape.column(column))?;
        shape.columns.get(place)
    });
    match (column, fixed_row, row) {
        (Some(column), _, Some(_)) => (column.source.clone(), column.span.clone()),
        (_, Some(span), _) => (planned.source.clone(), span),
        _ => (planned.source.clone(), planned.span.clone()),
    }
}

/// The columns that an error of the server is about, as far as its words tell.
fn blamed(error: &Error, table: &Table) -> Vec<Name> {
    let words: Vec<&str> = std::iter::once(error.message()).chain(error.details().iter().map(String::as_str)).collect();
    let said = |name: &str| words.iter().any(|text| names(text, name));
    for constraint in &table.constraints {
        let columns = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => columns.clone(),
            ConstraintKind::ForeignKey(key) => key.columns.clone(),
            ConstraintKind::Check(_) => continue,
        };
        if said(constraint.name.as_str()) {
            return columns;
        }
    }
    for index in &table.indexes {
        if said(index.name.as_str()) {
            return index.columns.iter().map(|column| column.name.clone()).collect();
        }
    }
    match error.class() {
        Some(ErrorClass::UniqueViolation)
            if words.iter().any(|text| text.contains(".PRIMARY'") || text.contains("'PRIMARY'")) =>
        {
            table.primary_key().to_vec()
        }
        Some(
            ErrorClass::UniqueViolation
            | ErrorClass::NotNullViolation
            | ErrorClass::BadValue
            | ErrorClass::CheckViolation
            | ErrorClass::ForeignKeyViolation,
        ) => table.columns.iter().map(|column| column.name.clone()).filter(|name| said(name.as_str())).collect(),
        _ => Vec::new(),
    }
}

/// Whether the text says the name: as a word of its own.
fn names(text: &str, name: &str) -> bool {
    let word = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(name).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + name.len()..].chars().next();
        let quoted =
            |character: Option<char>| matches!(character, Some('"' | '`' | '\'' | '.' | '(' | ')' | ',' | ':' | '='));
        let ends = after.is_none_or(|character| !word(character));
        before.is_none_or(|character| !word(character))
            && ends
            && (quoted(before) || quoted(after) || before == Some(' '))
    })
}

/// A server that checks references at the end names the missing parent and not the row: the row is found by making the
/// rows again.
fn missing_parent(error: &Error, ready: &Ready, columns: &[Name]) -> Option<u64> {
    if error.class() != Some(ErrorClass::ForeignKeyViolation) {
        return None;
    }
    let detail = error.details().iter().find(|detail| detail.starts_with("Key ("))?;
    let missing = detail.split_once(")=(")?.1.split_once(')')?.0;
    let shape = ready.shape(0)?;
    let places: Vec<usize> = columns.iter().map(|column| shape.column(column)).collect::<Option<_>>()?;
    find(ready, |_, row| {
        let values: Option<Vec<String>> = places.iter().map(|place| row.get(*place).map(shown)).collect();
        values.is_some_and(|values| values.join(", ") == missing)
    })
}

/// A server that names neither the reference nor the column: the columns that point at something in that row, those aside whose
/// parents the run has written itself.
fn pointing(ready: &Ready, row: Option<u64>) -> Vec<Name> {
    let planned = &ready.planned;
    let (Some(table), Some(shape)) = (&planned.table, ready.shape(0)) else { return Vec::new() };
    let mut values = Vec::new();
    if let Some(row) = row {
        find(ready, |number, found| {
            let is_it = number + 1 == row;
            if is_it {
                values = found.to_vec();
            }
            is_it
        });
    }
    let points = |column: &Name| {
        let made = planned.links.iter().any(|link| link.column.key() == column.key());
        let value = shape.column(column).map(|place| values.get(place));
        !made && value.is_some_and(|value| value != Some(&Value::Null))
    };
    let mut columns: Vec<Name> = Vec::new();
    for constraint in &table.constraints {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind
            && key.columns.iter().all(points)
        {
            columns.extend(key.columns.iter().filter(|column| !columns.contains(column)).cloned().collect::<Vec<_>>());
        }
    }
    columns
}

/// The number of the first row, counted from 1, whose columns (those of the shape) pass the test: the rows are made, or read, again.
fn find(ready: &Ready, mut passes: impl FnMut(u64, &[Value]) -> bool) -> Option<u64> {
    if let Content::Loaded(_, file) = &ready.planned.content {
        let file = file.lock().unwrap_or_else(PoisonError::into_inner);
        return file.find(passes).map(|number| number + 1);
    }
    let mut row = vec![Value::Null; ready.width()];
    let mut position = ready.position(0).ok()?;
    while position.ordinal < ready.count {
        match ready.fixed.get() {
            Some(rows) => row.clone_from_slice(rows.get(usize::try_from(position.ordinal).ok()?)?),
            None => drop(ready.fill(position, &mut row).ok()?),
        }
        if passes(position.ordinal, row.get(ready.lead()..)?) {
            return Some(position.ordinal + 1);
        }
        position = ready.next(position).ok()?;
    }
    None
}

fn shown(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Uuid(uuid) => uuid.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Decimal(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_counts_where_it_is_said_as_one() {
        assert!(names("UNIQUE constraint failed: users.email", "email"));
        assert!(names("Duplicate entry 'x' for key 'users.uq_users_email'", "uq_users_email"));
        assert!(names("null value in column \"email\" of relation", "email"));
        assert!(!names("UNIQUE constraint failed: users.email_address", "email"));
        assert!(!names("an email", "mail"));
    }
}
