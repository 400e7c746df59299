//! What uses a column or a table, in words.

use crate::schema::{ConstraintKind, Name, Schema, SchemaError, Table};

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// What a column is used by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UsedBy {
    /// Keys, checks, indexes and views: everything.
    Anything,
    /// Only what knows its type beyond the column itself: foreign keys of either side, and views.
    Elsewhere,
}

impl Schema {
    /// Everything that uses the column, in words: `view active_users`.
    pub(super) fn users_of_column(&self, table: &Table, column: &Name, kinds: UsedBy) -> Vec<String> {
        let key = column.key();
        let among = |names: &[Name]| names.iter().any(|name| name.key() == key);
        let mut users = Vec::new();
        for constraint in &table.constraints {
            let uses = match &constraint.kind {
                ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
                    kinds == UsedBy::Anything && among(columns)
                }
                ConstraintKind::ForeignKey(foreign_key) => {
                    among(&foreign_key.columns)
                        || foreign_key.table.key() == table.name.key() && among(&foreign_key.referenced)
                }
                ConstraintKind::Check(condition) => kinds == UsedBy::Anything && condition.names_column(column),
            };
            if uses {
                users.push(format!("{} {}", constraint.kind.word(), constraint.name));
            }
        }
        if kinds == UsedBy::Anything {
            for index in &table.indexes {
                let named = index.columns.iter().any(|part| part.name.key() == key);
                if named || index.predicate.as_ref().is_some_and(|predicate| predicate.names_column(column)) {
                    users.push(format!("index {}", index.name));
                }
            }
        }
        for child in self.children(&table.name) {
            for (name, foreign_key) in child.foreign_keys() {
                if foreign_key.table.key() == table.name.key() && among(&foreign_key.referenced) {
                    users.push(format!("foreign key {name} of {}", child.name));
                }
            }
        }
        for view in self.views() {
            if view.query.names_column(&table.name, column) {
                users.push(format!("view {}", view.name));
            }
        }
        users
    }

    /// No view reads from the table or view.
    pub(super) fn unused_by_views(&self, relation: &Name, what: &str) -> Result<(), SchemaError> {
        let users: Vec<String> =
            self.views().filter(|view| view.query.reads(relation)).map(|view| format!("view {}", view.name)).collect();
        if users.is_empty() {
            return Ok(());
        }
        let message = format!("{what} {relation} is used by {}", listed(&users));
        let help = if users.len() == 1 { "drop the view first" } else { "drop these views first" };
        Err(SchemaError::new("schema.in-use", message, relation).help(help))
    }
}
