//! Renaming tables and columns, and everything that names them.

use std::sync::Arc;

use super::constraint::for_each_condition_mut;
use crate::schema::{ConstraintKind, ForeignKey, Name, Schema, SchemaError, Select, Table};

impl Schema {
    pub(super) fn rename_table(&mut self, from: &Name, to: &Name) -> Result<(), SchemaError> {
        let existing = self.resolve_table(from)?.clone();
        self.free_relation_name(to)?;
        let children: Vec<Name> = self.children(from).map(|child| child.name.clone()).collect();
        self.remove_table(&from.key());
        let mut renamed = Table::clone(&existing);
        renamed.name = to.clone();
        for_each_foreign_key_mut(&mut renamed, from, &mut |key| key.table = to.clone());
        for_each_condition_mut(&mut renamed, &mut |condition| {
            condition.for_each_column_mut(&mut |reference| {
                if reference.relation.as_ref().is_some_and(|relation| relation.key() == from.key()) {
                    reference.relation = Some(to.clone());
                }
            });
        });
        self.insert_table(renamed);
        for child in children {
            self.edit(&child, |table| for_each_foreign_key_mut(table, from, &mut |key| key.table = to.clone()));
            let key: Arc<str> = child.key().into();
            self.remove_child(&from.key(), &key);
            self.add_child(&to.key(), &key);
        }
        self.edit_views_of(from, |query| rename_relation(query, from, to));
        Ok(())
    }

    pub(super) fn rename_column(&mut self, table: &Name, from: &Name, to: &Name) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        let position = existing.column_position(from)?;
        existing.free_column_name(to)?;
        let children: Vec<Name> = self.children(table).map(|child| child.name.clone()).collect();
        self.edit(table, |table| {
            let own = table.name.clone();
            table.columns[position].name = to.clone();
            for constraint in &mut table.constraints {
                match &mut constraint.kind {
                    ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
                        replace(columns, from, to);
                    }
                    ConstraintKind::ForeignKey(key) => replace(&mut key.columns, from, to),
                    ConstraintKind::Check(_) => {}
                }
            }
            for_each_foreign_key_mut(table, &own, &mut |key| replace(&mut key.referenced, from, to));
            for index in &mut table.indexes {
                for column in &mut index.columns {
                    if column.name.key() == from.key() {
                        column.name = to.clone();
                    }
                }
            }
            for_each_condition_mut(table, &mut |condition| {
                condition.for_each_column_mut(&mut |reference| {
                    if reference.name.key() == from.key() {
                        reference.name = to.clone();
                    }
                });
            });
        });
        for child in children {
            self.edit(&child, |child| {
                for_each_foreign_key_mut(child, table, &mut |key| replace(&mut key.referenced, from, to));
            });
        }
        self.edit_views_of(table, |query| {
            let scope = query.clone();
            query.for_each_expression_mut(&mut |expression| {
                expression.for_each_column_mut(&mut |reference| {
                    if reference.name.key() == from.key() && scope.may_mean(reference, table) {
                        reference.name = to.clone();
                    }
                });
            });
        });
        Ok(())
    }
}

/// Calls `visit` with the table's foreign keys that point at `parent`.
fn for_each_foreign_key_mut(table: &mut Table, parent: &Name, visit: &mut dyn FnMut(&mut ForeignKey)) {
    for constraint in &mut table.constraints {
        if let ConstraintKind::ForeignKey(key) = &mut constraint.kind
            && key.table.key() == parent.key()
        {
            visit(key);
        }
    }
}

fn replace(names: &mut [Name], from: &Name, to: &Name) {
    for name in names.iter_mut().filter(|name| name.key() == from.key()) {
        *name = to.clone();
    }
}

/// The query reads the table under its new name. Columns stay qualified as they were where another relation goes by the new
/// name here, or the table was given another name.
fn rename_relation(query: &mut Select, from: &Name, to: &Name) {
    let taken = query.relations().any(|relation| relation.exposed().key() == to.key());
    let mut requalify = false;
    let relations = std::iter::once(&mut query.from).chain(query.joins.iter_mut().map(|join| &mut join.relation));
    for relation in relations.filter(|relation| relation.name.key() == from.key()) {
        relation.name = to.clone();
        if relation.alias.as_ref() == Some(to) {
            relation.alias = None;
        } else if relation.alias.is_none() {
            if taken {
                relation.alias = Some(from.clone());
            } else {
                requalify = true;
            }
        }
    }
    if requalify {
        query.for_each_expression_mut(&mut |expression| {
            expression.for_each_column_mut(&mut |reference| {
                if reference.relation.as_ref().is_some_and(|relation| relation.key() == from.key()) {
                    reference.relation = Some(to.clone());
                }
            });
        });
    }
}
