//! The down that nobody wrote: the changes that take a migration back, derived from it and the schema before it.
//!
//! Every change is taken back in reverse order, from the schema that stood before it. What a migration made itself needs no
//! care: a table that it made is dropped, whatever happened to it in between; what it made and dropped again leaves nothing
//! to do. Rows are another matter: what was written into a table that the migration did not make can't be told from what was
//! there, and makes the whole migration irreversible.
//!
//! The schema that comes back is the same but for order: a dropped column comes back as the last one, a constraint or an index at the
//! end of its list. Rows of dropped tables and values of dropped columns don't come back.

mod fate;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Change, ColumnAlteration, Conversion, InsertSource, Name, Schema, Table, conversion};
use fate::{Fate, Fates};

/// Why there is no derived down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Irreversible {
    /// The change that can't be taken back.
    pub index: usize,
    /// Why, as a sentence about the migration: `it deletes rows of users, a table that it did not make`.
    pub reason: String,
}

/// The changes that take `changes` back, in the order in which they are to be applied, given the schema before the first of them.
///
/// # Errors
/// The last change that can't be taken back, and why.
pub fn invert(changes: &[Change], before: &Schema) -> Result<Vec<Change>, Irreversible> {
    let mut fates = Fates::default();
    let mut schemas = Vec::with_capacity(changes.len());
    let mut schema = before.clone();
    for (index, change) in changes.iter().enumerate() {
        schemas.push(schema.clone());
        fates.follow(change, &schema);
        schema
            .apply(change)
            .map_err(|error| Irreversible { index, reason: format!("it can't be applied: {error}") })?;
    }
    let steps = || changes.iter().zip(&schemas).enumerate().rev();
    let mut lean = Vec::new();
    for (index, (change, before)) in steps() {
        if fates.of(index) == Fate::Undo {
            lean.extend(undo(change, before, &fates, index).map_err(|reason| Irreversible { index, reason })?);
        }
    }
    if leads_back(&lean, &schema, before) {
        return Ok(lean);
    }
    // A name that is needed again may still be taken by something that would only have gone with its table: then every step is
    // taken back on its own, which retraces the schemas one by one.
    let mut every = Vec::new();
    for (index, (change, before)) in steps() {
        if fates.of(index) == Fate::Undo || !change.is_data() {
            every.extend(undo(change, before, &fates, index).map_err(|reason| Irreversible { index, reason })?);
        }
    }
    if leads_back(&every, &schema, before) {
        return Ok(every);
    }
    Err(Irreversible { index: 0, reason: "its changes, taken back one by one, would not lead back".to_owned() })
}

/// Whether the changes can be applied to one schema and make another one of it, order aside.
fn leads_back(changes: &[Change], from: &Schema, to: &Schema) -> bool {
    let mut schema = from.clone();
    changes.iter().all(|change| schema.apply(change).is_ok()) && same_but_for_order(to, &schema)
}

/// What takes one change back, given the schema before it.
fn undo(change: &Change, before: &Schema, fates: &Fates, index: usize) -> Result<Vec<Change>, String> {
    let existing = |table: &Name| before.table(table).map(|table| table.as_ref());
    Ok(match change {
        Change::CreateTable(table) => vec![Change::DropTable { table: table.name.clone() }],
        Change::DropTable { table } => existing(table).map(recreated).unwrap_or_default(),
        Change::RenameTable { table, to } => {
            vec![Change::RenameTable { table: to.clone(), to: declared(before, table) }]
        }
        Change::AddColumn { table, column } => {
            vec![Change::DropColumn { table: table.clone(), column: column.name.clone() }]
        }
        Change::DropColumn { table, column } => {
            let Some(column) = existing(table).and_then(|table| table.column(column)) else { return Ok(Vec::new()) };
            if !column.nullable && column.default.is_none() {
                return Err(format!(
                    "it drops column {table}.{}, which is NOT NULL and has no default: rows would have no value for it",
                    column.name
                ));
            }
            let mut added = column.clone();
            let comment = added.comment.take();
            let mut undone = vec![Change::AddColumn { table: table.clone(), column: added }];
            undone.extend(comment.map(|text| commented(table, Some(&column.name), text)));
            undone
        }
        Change::RenameColumn { table, column, to } => {
            let from = existing(table).and_then(|table| table.column(column)).map_or(column, |column| &column.name);
            vec![Change::RenameColumn { table: table.clone(), column: to.clone(), to: from.clone() }]
        }
        Change::AlterColumn { table, column, alteration } => {
            let Some(old) = existing(table).and_then(|table| table.column(column)) else { return Ok(Vec::new()) };
            let alteration = match alteration {
                ColumnAlteration::Type(new) if *new == old.column_type => return Ok(Vec::new()),
                ColumnAlteration::Type(new) => {
                    if let Conversion::Refused(reason) = conversion(new, &old.column_type) {
                        return Err(format!(
                            "it makes {table}.{column} {new}, which can't become {} again: {reason}",
                            old.column_type
                        ));
                    }
                    ColumnAlteration::Type(old.column_type.clone())
                }
                ColumnAlteration::Nullable(new) if *new == old.nullable => return Ok(Vec::new()),
                ColumnAlteration::Nullable(_) => ColumnAlteration::Nullable(old.nullable),
                ColumnAlteration::Default(new) if *new == old.default => return Ok(Vec::new()),
                ColumnAlteration::Default(_) => ColumnAlteration::Default(old.default.clone()),
            };
            vec![Change::AlterColumn { table: table.clone(), column: old.name.clone(), alteration }]
        }
        Change::AddConstraint { table, constraint } => {
            let mut undone = vec![Change::DropConstraint { table: table.clone(), constraint: constraint.name.clone() }];
            if let super::ConstraintKind::PrimaryKey { columns } = &constraint.kind {
                let nullable = columns.iter().filter(|name| {
                    existing(table).and_then(|table| table.column(name)).is_some_and(|column| column.nullable)
                });
                undone.extend(nullable.map(|column| Change::AlterColumn {
                    table: table.clone(),
                    column: column.clone(),
                    alteration: ColumnAlteration::Nullable(true),
                }));
            }
            undone
        }
        Change::DropConstraint { table, constraint } => existing(table)
            .and_then(|table| table.resolve_constraint(constraint).ok())
            .map(|constraint| Change::AddConstraint { table: table.clone(), constraint: constraint.clone() })
            .into_iter()
            .collect(),
        Change::CreateIndex { table, index } => {
            vec![Change::DropIndex { table: table.clone(), index: index.name.clone() }]
        }
        Change::DropIndex { table, index } => existing(table)
            .and_then(|table| table.resolve_index(index).ok())
            .map(|index| Change::CreateIndex { table: table.clone(), index: index.clone() })
            .into_iter()
            .collect(),
        Change::CreateView(view) => vec![Change::DropView { view: view.name.clone() }],
        Change::DropView { view } => {
            before.view(view).map(|view| Change::CreateView(view.as_ref().clone())).into_iter().collect()
        }
        Change::Comment { table, column, text } => {
            let old = existing(table).and_then(|table| match column {
                Some(column) => table.column(column).and_then(|column| column.comment.clone()),
                None => table.comment.clone(),
            });
            if old == *text {
                return Ok(Vec::new());
            }
            vec![Change::Comment { table: table.clone(), column: column.clone(), text: old }]
        }
        Change::Insert(insert) => {
            let copies = if matches!(insert.source, InsertSource::Select(_)) { "copies" } else { "inserts" };
            return Err(format!("it {copies} rows into {}, a table that it did not make", insert.table));
        }
        Change::Update(update) => {
            let mut kept = update.assignments.iter().map(|(column, _)| column);
            match kept.find(|column| !fates.made_column(index, column)) {
                // Values of columns that the migration made go with the columns.
                None => Vec::new(),
                Some(column) => {
                    return Err(format!("it overwrites {}.{column}, which it did not make", update.table));
                }
            }
        }
        Change::Delete(delete) if fates.cascades(index) => {
            return Err(format!(
                "it deletes rows of {}, and ON DELETE takes rows of tables that it did not make with them",
                delete.table
            ));
        }
        Change::Delete(delete) => {
            return Err(format!("it deletes rows of {}, a table that it did not make", delete.table));
        }
    })
}

/// The statements that make a table as it was: the table, its indexes, its comments.
fn recreated(table: &Table) -> Vec<Change> {
    let mut bare = table.clone();
    let mut following: Vec<Change> = std::mem::take(&mut bare.indexes)
        .into_iter()
        .map(|index| Change::CreateIndex { table: table.name.clone(), index })
        .collect();
    following.extend(bare.comment.take().map(|text| commented(&table.name, None, text)));
    for column in &mut bare.columns {
        following.extend(column.comment.take().map(|text| commented(&table.name, Some(&column.name), text)));
    }
    let mut changes = vec![Change::CreateTable(bare)];
    changes.append(&mut following);
    changes
}

fn commented(table: &Name, column: Option<&Name>, text: String) -> Change {
    Change::Comment { table: table.clone(), column: column.cloned(), text: Some(text) }
}

fn declared(schema: &Schema, table: &Name) -> Name {
    schema.table(table).map_or_else(|| table.clone(), |table| table.name.clone())
}

/// Whether two schemas have the same views, and tables that differ in order at the most.
fn same_but_for_order(expected: &Schema, actual: &Schema) -> bool {
    let same_table =
        |(left, right): (&Arc<Table>, &Arc<Table>)| Arc::ptr_eq(left, right) || ordered(left) == ordered(right);
    expected.tables().count() == actual.tables().count()
        && expected.tables().zip(actual.tables()).all(same_table)
        && expected.views().eq(actual.views())
}

/// The table with everything in the order of its name.
fn ordered(table: &Table) -> Table {
    let mut table = table.clone();
    table.columns.sort_by(|left, right| left.name.cmp(&right.name));
    table.constraints.sort_by(|left, right| left.name.cmp(&right.name));
    table.indexes.sort_by(|left, right| left.name.cmp(&right.name));
    table
}
