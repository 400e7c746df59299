//! Comparing a table that was read from a catalog with the one that should be there, down to every column, key and index.
//!
//! The suite does it by itself, so that what it proves does not lean on what it tests.

use fastman_core::schema::{ConstraintKind, Expression, Table};

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

/// Every column with its place, every constraint and every index, each as one line.
fn parts(table: &Table) -> Vec<String> {
    let columns = table.columns.iter().enumerate().map(|(place, column)| {
        let default = match &column.default {
            None => "none".to_owned(),
            Some(Expression::Raw(text)) => panic!("{}: default {text} was not understood", column.name),
            Some(other) => format!("{other:?}"),
        };
        format!(
            "column {place} {} {} nullable={} identity={} on_update_now={} default={default}",
            column.name, column.column_type, column.nullable, column.identity, column.on_update_now
        )
    });
    let constraints = table.constraints.iter().map(|constraint| {
        let kind = match &constraint.kind {
            ConstraintKind::Check(_) => "check".to_owned(),
            other => format!("{other:?}"),
        };
        format!("constraint {} {kind}", constraint.name)
    });
    let indexes = table.indexes.iter().map(|index| {
        format!(
            "index {} {:?} unique={} partial={}",
            index.name,
            index.columns,
            index.unique,
            index.predicate.is_some()
        )
    });
    let comment = table.comment.iter().map(|comment| format!("comment {comment:?}"));
    columns.chain(constraints).chain(indexes).chain(comment).collect()
}
