//! `ON UPDATE CURRENT_TIMESTAMP`: SPG has it, and says nothing of it in its catalog. A check that is always true stands beside such a
//! column, by whose name the catalog's reader knows it.

use fastman_core::schema::{Name, Schema};

use super::quoted;

/// What the names of these checks begin with.
const PREFIX: &str = "fastman touch ";

/// What a column's definition ends with.
pub(super) const ATTRIBUTE: &str = " ON UPDATE CURRENT_TIMESTAMP";

/// The check that stands beside a column, as CREATE TABLE and ALTER TABLE ADD write it.
pub(super) fn mark(column: &Name) -> String {
    format!("CONSTRAINT {} CHECK (TRUE)", quoted_name(column))
}

/// The action of ALTER TABLE that takes it away.
pub(super) fn unmark(column: &Name) -> String {
    format!("DROP CONSTRAINT {}", quoted_name(column))
}

/// The column that a check of that name stands beside.
pub(crate) fn marked(constraint: &str) -> Option<&str> {
    constraint.strip_prefix(PREFIX)
}

/// Whether the column has one.
pub(super) fn is_marked(schema: &Schema, table: &Name, column: &Name) -> bool {
    let column = schema.table(table).and_then(|table| table.column(column));
    column.is_some_and(|column| column.on_update_now)
}

fn quoted_name(column: &Name) -> String {
    quoted(&format!("{PREFIX}{}", column.as_str()))
}
