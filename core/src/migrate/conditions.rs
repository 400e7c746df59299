//! Whether a statement's structural outcome holds in the live catalog.

use crate::dialect::Condition;
use crate::error::Result;
use crate::schema::{Name, Schema, Table};
use crate::store::{CatalogObject, ObjectKind, SqlStore};

/// Whether all of them hold.
///
/// # Errors
/// What the server says.
pub(super) async fn hold(store: &mut dyn SqlStore, conditions: &[Condition]) -> Result<bool> {
    for condition in conditions {
        if let Condition::Answers { query } = condition
            && store.query(query, &[]).await?.is_empty()
        {
            return Ok(false);
        }
    }
    let mut tables: Vec<Name> = conditions.iter().filter_map(table_of).cloned().collect();
    tables.sort();
    tables.dedup();
    let schema = if tables.is_empty() { Schema::default() } else { store.introspect(Some(&tables)).await? };
    let views = conditions.iter().any(|condition| matches!(condition, Condition::View { .. }));
    let relations = if views { store.relations().await? } else { Vec::new() };
    Ok(conditions.iter().all(|condition| holds(condition, &schema, &relations)))
}

fn table_of(condition: &Condition) -> Option<&Name> {
    match condition {
        Condition::Table { table, .. }
        | Condition::Column { table, .. }
        | Condition::ColumnIs { table, .. }
        | Condition::Constraint { table, .. }
        | Condition::Index { table, .. }
        | Condition::Comment { table, .. } => Some(table),
        Condition::View { .. } | Condition::Answers { .. } => None,
    }
}

fn holds(condition: &Condition, schema: &Schema, relations: &[CatalogObject]) -> bool {
    let in_table = |table: &Name, test: &dyn Fn(&Table) -> bool| schema.table(table).is_some_and(|table| test(table));
    match condition {
        // Asked before.
        Condition::Answers { .. } => true,
        Condition::Table { table, present } => schema.table(table).is_some() == *present,
        Condition::Column { table, column, present } => {
            in_table(table, &|table| table.column(column).is_some() == *present)
        }
        Condition::ColumnIs { table, column, column_type, nullable, defaulted } => in_table(table, &|table| {
            table.column(column).is_some_and(|column| {
                column.column_type == *column_type
                    && column.nullable == *nullable
                    && column.default.is_some() == *defaulted
            })
        }),
        Condition::Constraint { table, constraint, present } => in_table(table, &|table| {
            table.constraints.iter().any(|found| found.name.key() == constraint.key()) == *present
        }),
        Condition::Index { table, index, present } => {
            in_table(table, &|table| table.indexes.iter().any(|found| found.name.key() == index.key()) == *present)
        }
        Condition::View { view, present } => {
            relations.iter().any(|found| found.kind == ObjectKind::View && found.name.to_lowercase() == view.key())
                == *present
        }
        Condition::Comment { table, column, text } => in_table(table, &|table| match column {
            None => table.comment == *text,
            Some(column) => table.column(column).is_some_and(|column| column.comment == *text),
        }),
    }
}
