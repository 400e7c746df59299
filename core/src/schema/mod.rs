//! The schema model: what files, migrations and catalogs all become, and what every dialect renders from.

mod apply;
mod change;
mod column_type;
pub mod compare;
mod conversion;
mod expression;
mod invert;
mod name;
pub mod naming;
mod resolve;
mod schema_error;
mod shared_map;
mod statement;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod typing;
mod walk;

use std::sync::Arc;

pub use change::{Change, ColumnAlteration};
pub use column_type::{ColumnType, TypeFamily};
pub use conversion::{Conversion, conversion};
pub use expression::{Aggregate, BinaryOperator, ColumnReference, Expression, Function, UnaryOperator};
pub use invert::{Irreversible, invert};
pub use name::{MAX_NAME_BYTES, Name};
pub(crate) use resolve::same_case;
pub use schema_error::SchemaError;
pub use statement::{Delete, Insert, InsertSource, Join, JoinKind, Relation, Select, SelectItem, Update};
pub use table::{Column, Constraint, ConstraintKind, ForeignKey, Index, IndexColumn, OnDelete, Table, View};

use shared_map::SharedMap;

/// Tables and views under their keys ([`Name::key`]). A clone shares everything with the original until one of them
/// changes, so a copy before every change is cheap.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    tables: SharedMap<Arc<Table>>,
    views: SharedMap<Arc<View>>,
    /// Every constraint and index, by key, and the key of the table that has it.
    names: SharedMap<Arc<str>>,
    /// Every table that foreign keys of other tables point at, and those tables' keys, sorted.
    children: SharedMap<Vec<Arc<str>>>,
}

/// Two schemas are equal if their tables and views are.
impl PartialEq for Schema {
    fn eq(&self, other: &Schema) -> bool {
        self.tables == other.tables && self.views == other.views
    }
}

impl Schema {
    /// The table of that name, in whatever case.
    pub fn table(&self, name: &Name) -> Option<&Arc<Table>> {
        self.tables.get(&name.key())
    }

    /// The view of that name, in whatever case.
    pub fn view(&self, name: &Name) -> Option<&Arc<View>> {
        self.views.get(&name.key())
    }

    /// All tables, by key.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }

    /// All views, by key.
    pub fn views(&self) -> impl Iterator<Item = &Arc<View>> {
        self.views.values()
    }

    /// The tables whose foreign keys point at the table, itself aside, by key.
    pub fn children(&self, table: &Name) -> impl Iterator<Item = &Arc<Table>> {
        let keys = self.children.get(&table.key());
        keys.into_iter().flatten().filter_map(|key| self.tables.get(key))
    }

    /// The table that has the constraint or index of that name.
    pub fn owner(&self, name: &Name) -> Option<&Arc<Table>> {
        self.tables.get(self.names.get(&name.key())?)
    }

    /// Puts a table in, whatever stood under its name. For catalogs read back; a migration goes through a [`Change`].
    pub fn insert_table(&mut self, table: Table) {
        let key: Arc<str> = table.name.key().into();
        self.remove_table(&key);
        for name in owned_names(&table) {
            self.names.insert(&name.key(), key.clone());
        }
        for (_, foreign_key) in table.foreign_keys() {
            self.add_child(&foreign_key.table.key(), &key);
        }
        self.tables.insert(&key, Arc::new(table));
    }

    /// Puts a view in, whatever stood under its name.
    pub fn insert_view(&mut self, view: View) {
        let key = view.name.key().into_owned();
        self.views.insert(&key, Arc::new(view));
    }

    /// Whether it has neither table nor view.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.views.is_empty()
    }

    /// Takes a table out, and with it its constraints' and indexes' names.
    fn remove_table(&mut self, key: &str) -> Option<Arc<Table>> {
        let table = self.tables.remove(key)?;
        for name in owned_names(&table) {
            self.forget_name(name, key);
        }
        for (_, foreign_key) in table.foreign_keys() {
            self.remove_child(&foreign_key.table.key(), key);
        }
        Some(table)
    }

    /// The name of a constraint or index is free again, if this table had it. (In a catalog read back another table may have one of the
    /// same name.)
    fn forget_name(&mut self, name: &Name, table: &str) {
        if self.names.get(&name.key()).is_some_and(|owner| owner.as_ref() == table) {
            self.names.remove(&name.key());
        }
    }

    fn add_child(&mut self, parent: &str, child: &Arc<str>) {
        if parent == child.as_ref() {
            return;
        }
        match self.children.get_mut(parent) {
            Some(children) => {
                if let Err(place) = children.binary_search(child) {
                    children.insert(place, child.clone());
                }
            }
            None => self.children.insert(parent, vec![child.clone()]),
        }
    }

    fn remove_child(&mut self, parent: &str, child: &str) {
        let Some(children) = self.children.get_mut(parent) else { return };
        children.retain(|candidate| candidate.as_ref() != child);
        if children.is_empty() {
            self.children.remove(parent);
        }
    }
}

/// The names of a table's constraints and indexes.
fn owned_names(table: &Table) -> impl Iterator<Item = &Name> {
    let constraints = table.constraints.iter().map(|constraint| &constraint.name);
    constraints.chain(table.indexes.iter().map(|index| &index.name))
}
