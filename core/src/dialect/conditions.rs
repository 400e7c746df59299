//! What holds once a change is done, where one statement does the whole of it: from the change alone, so that every dialect
//! has it for nothing.

use super::{Condition, Dialect};
use crate::schema::{Change, Name, Schema};

/// What holds in the catalog once the change is done; `after` is the schema after it, and after those that the same statement does.
/// Empty for data.
pub fn conditions(dialect: &dyn Dialect, change: &Change, after: &Schema) -> Vec<Condition> {
    let table_is = |table: &Name, present| Condition::Table { table: table.clone(), present };
    let view_is = |view: &Name, present| Condition::View { view: view.clone(), present };
    match change {
        Change::CreateTable(table) => vec![table_is(&table.name, true)],
        Change::DropTable { table } => vec![table_is(table, false)],
        Change::RenameTable { table, to } => vec![table_is(table, false), table_is(to, true)],
        Change::AddColumn { table, column } => column_as_stored(dialect, after, table, &column.name),
        Change::AlterColumn { table, column, .. } => column_as_stored(dialect, after, table, column),
        Change::DropColumn { table, column } => {
            vec![Condition::Column { table: table.clone(), column: column.clone(), present: false }]
        }
        Change::RenameColumn { table, column, to } => vec![
            Condition::Column { table: table.clone(), column: column.clone(), present: false },
            Condition::Column { table: table.clone(), column: to.clone(), present: true },
        ],
        Change::AddConstraint { table, constraint } => {
            vec![Condition::Constraint { table: table.clone(), constraint: constraint.name.clone(), present: true }]
        }
        Change::DropConstraint { table, constraint } => {
            vec![Condition::Constraint { table: table.clone(), constraint: constraint.clone(), present: false }]
        }
        Change::CreateIndex { table, index } => {
            vec![Condition::Index { table: table.clone(), index: index.name.clone(), present: true }]
        }
        Change::DropIndex { table, index } => {
            vec![Condition::Index { table: table.clone(), index: index.clone(), present: false }]
        }
        Change::CreateView(view) => vec![view_is(&view.name, true)],
        Change::DropView { view } => vec![view_is(view, false)],
        Change::Comment { table, column, text } => {
            vec![Condition::Comment { table: table.clone(), column: column.clone(), text: text.clone() }]
        }
        Change::Insert(_) | Change::Update(_) | Change::Delete(_) => Vec::new(),
    }
}

/// The column as it is stored; nothing where a later change of the same statement took it away again.
fn column_as_stored(dialect: &dyn Dialect, after: &Schema, table: &Name, column: &Name) -> Vec<Condition> {
    let Some(stored) = after.table(table).map(|table| dialect.stored(table)) else { return Vec::new() };
    let Some(stored) = stored.column(column) else { return Vec::new() };
    vec![Condition::ColumnIs {
        table: table.clone(),
        column: column.clone(),
        column_type: stored.column_type.clone(),
        nullable: stored.nullable,
        defaulted: stored.default.is_some(),
    }]
}
