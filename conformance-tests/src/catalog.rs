//! Comparing a table that was read from a catalog with the one that should be there, down to every column, key and index.
//!
//! The suite does it by itself, so that what it proves does not lean on what it tests.

use fastman_core::schema::{Column, Constraint, ConstraintKind, Expression, Index, Name, Table};

/// What is not as it should be, in words; empty where both are the same. What a check or a predicate says is an engine's own text
/// in the catalog, so only that there is one is compared, and so it is with a default that is no constant.
pub(crate) fn differences(expected: &Table, actual: &Table) -> Vec<String> {
    let (expected, actual) = (parts(expected), parts(actual));
    let missing = expected.iter().filter(|part| !actual.contains(part)).map(|part| format!("missing: {part}"));
    let extra = actual.iter().filter(|part| !expected.contains(part)).map(|part| format!("not expected: {part}"));
    let mut differences: Vec<String> = missing.chain(extra).collect();
    if differences.is_empty() && expected.len() != actual.len() {
        differences.push(format!("{} parts expected, {} found", expected.len(), actual.len()));
    }
    differences
}

/// The live table in the declared one's words: each part that is as the engine stores the declared part stands as it was declared,
/// in the declared order; whatever is not stands as it is. And, a line each, what the engine keeps in another form.
pub(crate) fn normalised(declared: &Table, stored: &Table, live: &Table) -> (Table, Vec<String>) {
    let mut kept = Vec::new();
    let (columns, constraints, indexes) = (column_lines(live), constraint_lines(live), index_lines(live));
    let table = Table {
        name: if live.name.key() == declared.name.key() { declared.name.clone() } else { live.name.clone() },
        columns: substituted(
            [&declared.columns, &stored.columns, &live.columns],
            [column_lines(declared), column_lines(stored), columns],
            |column| &column.name,
            &mut kept,
        ),
        constraints: substituted(
            [&declared.constraints, &stored.constraints, &live.constraints],
            [constraint_lines(declared), constraint_lines(stored), constraints],
            |constraint| &constraint.name,
            &mut kept,
        ),
        indexes: substituted(
            [&declared.indexes, &stored.indexes, &live.indexes],
            [index_lines(declared), index_lines(stored), indexes],
            |index| &index.name,
            &mut kept,
        ),
        comment: if live.comment == stored.comment { declared.comment.clone() } else { live.comment.clone() },
    };
    (table, kept)
}

/// The parts of three tables, each with its line: the live ones where the stored one has the same line replaced by what was declared.
fn substituted<T: Clone>(
    [declared, stored, live]: [&Vec<T>; 3],
    [declared_lines, stored_lines, live_lines]: [Vec<String>; 3],
    name: impl Fn(&T) -> &Name,
    kept: &mut Vec<String>,
) -> Vec<T> {
    let mut left: Vec<(&T, String)> = live.iter().zip(live_lines).collect();
    let mut parts = Vec::new();
    for (part, line) in declared.iter().zip(declared_lines) {
        let same = |other: &T| name(other).key() == name(part).key();
        let Some(place) = left.iter().position(|(other, _)| same(other)) else { continue };
        let (found, found_line) = left.remove(place);
        let stored = stored.iter().zip(&stored_lines).find(|(other, _)| same(other)).map(|(_, line)| line);
        if stored == Some(&found_line) {
            if line != found_line {
                kept.push(format!("{line}  ->  {found_line}"));
            }
            parts.push(part.clone());
        } else {
            parts.push(found.clone());
        }
    }
    parts.extend(left.into_iter().map(|(other, _)| other.clone()));
    parts
}

/// Every column with its place, every constraint and every index, each as one line.
fn parts(table: &Table) -> Vec<String> {
    let comment = table.comment.iter().map(|comment| format!("comment {comment:?}"));
    [column_lines(table), constraint_lines(table), index_lines(table), comment.collect()].concat()
}

fn column_lines(table: &Table) -> Vec<String> {
    let line = |(place, column): (usize, &Column)| {
        let default = match &column.default {
            None => "none".to_owned(),
            Some(Expression::Raw(text)) => panic!("{}: default {text} was not understood", column.name),
            Some(other) => format!("{other:?}"),
        };
        format!(
            "column {place} {} {} nullable={} identity={} on_update_now={} default={default} comment={:?}",
            column.name, column.column_type, column.nullable, column.identity, column.on_update_now, column.comment
        )
    };
    table.columns.iter().enumerate().map(line).collect()
}

fn constraint_lines(table: &Table) -> Vec<String> {
    let line = |constraint: &Constraint| {
        let kind = match &constraint.kind {
            ConstraintKind::Check(_) => "check".to_owned(),
            other => format!("{other:?}"),
        };
        format!("constraint {} {kind}", constraint.name)
    };
    table.constraints.iter().map(line).collect()
}

fn index_lines(table: &Table) -> Vec<String> {
    let line = |index: &Index| {
        format!(
            "index {} {:?} unique={} partial={}",
            index.name,
            index.columns,
            index.unique,
            index.predicate.is_some()
        )
    };
    table.indexes.iter().map(line).collect()
}
