//! Behaviour of applying changes.

mod alter;
mod create;
mod rename;

use crate::schema::testing::*;
use crate::schema::*;

/// Applies a change that must be refused, and returns the code, the message and the help.
fn refusal(schema: &Schema, change: Change) -> (&'static str, String, String) {
    let mut changed = schema.clone();
    let error = changed.apply(&change).unwrap_err();
    assert!(changed == *schema, "a refused change left traces");
    (error.code, error.message, error.help.unwrap_or_default())
}

fn applied(schema: &Schema, change: Change) -> Schema {
    let mut changed = schema.clone();
    changed.apply(&change).unwrap();
    changed
}

fn drop_column(table: &str, column: &str) -> Change {
    Change::DropColumn { table: name(table), column: name(column) }
}

fn alter(table: &str, column: &str, alteration: ColumnAlteration) -> Change {
    Change::AlterColumn { table: name(table), column: name(column), alteration }
}

fn add(table: &str, constraint: Constraint) -> Change {
    Change::AddConstraint { table: name(table), constraint }
}

fn drop_constraint(table: &str, constraint: &str) -> Change {
    Change::DropConstraint { table: name(table), constraint: name(constraint) }
}
