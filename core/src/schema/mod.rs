//! The schema model: what files, migrations and catalogs all become, and what every dialect renders from.

mod change;
mod column_type;
mod expression;
mod name;
mod statement;
mod table;
mod typing;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use change::{Change, ColumnAlteration};
pub use column_type::{ColumnType, TypeFamily};
pub use expression::{Aggregate, BinaryOperator, ColumnReference, Expression, Function, UnaryOperator};
pub use name::{MAX_NAME_BYTES, Name};
pub use statement::{Delete, Insert, InsertSource, Join, JoinKind, Relation, Select, SelectItem, Update};
pub use table::{Column, Constraint, ConstraintKind, ForeignKey, Index, IndexColumn, OnDelete, Table, View};

/// Tables and views under their keys ([`Name::key`]). Cloning shares the tables, so a copy before every change is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    tables: BTreeMap<String, Arc<Table>>,
    views: BTreeMap<String, Arc<View>>,
}

impl Schema {
    /// The table of that name, in whatever case.
    pub fn table(&self, name: &Name) -> Option<&Arc<Table>> {
        self.tables.get(name.key().as_ref())
    }

    /// The view of that name, in whatever case.
    pub fn view(&self, name: &Name) -> Option<&Arc<View>> {
        self.views.get(name.key().as_ref())
    }

    /// All tables, by key.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }

    /// All views, by key.
    pub fn views(&self) -> impl Iterator<Item = &Arc<View>> {
        self.views.values()
    }

    /// Puts a table in, whatever stood under its name. For catalogs read back; a migration goes through a [`Change`].
    pub fn insert_table(&mut self, table: Table) {
        self.tables.insert(table.name.key().into_owned(), Arc::new(table));
    }

    /// Puts a view in, whatever stood under its name.
    pub fn insert_view(&mut self, view: View) {
        self.views.insert(view.name.key().into_owned(), Arc::new(view));
    }

    /// Whether it has neither table nor view.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.views.is_empty()
    }
}
