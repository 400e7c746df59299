//! Applying a change to a schema: what is allowed, and what becomes of everything else that the change touches.
//!
//! A change is applied whole or not at all: everything is checked before anything is touched.

mod column;
mod constraint;
mod index;
mod rename;
mod usage;
mod value;
mod view;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Change, Column, ColumnAlteration, ConstraintKind, InsertSource, Name, Schema, SchemaError, Table};

/// The most columns of a table: InnoDB's 1,017 and Oracle's 1,000.
const MAX_COLUMNS: usize = 1000;

impl Schema {
    /// Applies a change. Names in it must be spelled as they were declared; what is stored takes the declared spelling over.
    ///
    /// # Errors
    /// Why the change is not possible, with the identifier that is to blame. The schema is as it was then.
    pub fn apply(&mut self, change: &Change) -> Result<(), SchemaError> {
        match change {
            Change::CreateTable(table) => self.create_table(table),
            Change::DropTable { table } => self.drop_table(table),
            Change::RenameTable { table, to } => self.rename_table(table, to),
            Change::AddColumn { table, column } => self.add_column(table, column),
            Change::DropColumn { table, column } => self.drop_column(table, column),
            Change::RenameColumn { table, column, to } => self.rename_column(table, column, to),
            Change::AlterColumn { table, column, alteration } => match alteration {
                ColumnAlteration::Type(to) => self.retype_column(table, column, to),
                ColumnAlteration::Nullable(nullable) => self.set_nullable(table, column, *nullable),
                ColumnAlteration::Default(default) => self.set_default(table, column, default.as_ref()),
            },
            Change::AddConstraint { table, constraint } => self.add_constraint(table, constraint),
            Change::DropConstraint { table, constraint } => self.drop_constraint(table, constraint),
            Change::CreateIndex { table, index } => self.create_index(table, index),
            Change::DropIndex { table, index } => self.drop_index(table, index),
            Change::CreateView(view) => self.create_view(view),
            Change::DropView { view } => self.drop_view(view),
            Change::Comment { table, column, text } => self.comment(table, column.as_ref(), text.as_ref()),
            Change::Insert(insert) => {
                let table = self.resolve_table(&insert.table)?;
                if let InsertSource::Select(query) = &insert.source {
                    self.readable(query)?;
                }
                named_columns(table, insert.columns.iter())
            }
            Change::Update(update) => {
                let table = self.resolve_table(&update.table)?;
                named_columns(table, update.assignments.iter().map(|(column, _)| column))
            }
            Change::Delete(delete) => self.resolve_table(&delete.table).map(|_| ()),
        }
    }

    fn create_table(&mut self, table: &Table) -> Result<(), SchemaError> {
        self.free_relation_name(&table.name)?;
        if table.columns.is_empty() {
            let message = format!("table {} needs at least one column", table.name);
            return Err(SchemaError::new("schema.no-columns", message, &table.name));
        }
        if table.columns.len() > MAX_COLUMNS {
            let message =
                format!("table {} has {} columns; {MAX_COLUMNS} is the most", table.name, table.columns.len());
            return Err(SchemaError::new("schema.too-many-columns", message, &table.name));
        }
        if let Some(index) = table.indexes.first() {
            let message = format!("CREATE TABLE {} can't carry the index {}", table.name, index.name);
            return Err(SchemaError::new("schema.index", message, &index.name).help("make it with CREATE INDEX"));
        }
        let mut built = Table {
            name: table.name.clone(),
            columns: Vec::with_capacity(table.columns.len()),
            constraints: Vec::with_capacity(table.constraints.len()),
            indexes: Vec::new(),
            comment: table.comment.clone(),
        };
        for column in &table.columns {
            built.free_column_name(&column.name)?;
            column::validate(&built.name, column)?;
            built.columns.push(column::normalised(column));
        }
        // Keys first: a foreign key to the table itself may stand before the key that it points at.
        let is_key =
            |kind: &ConstraintKind| matches!(kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. });
        for keys in [true, false] {
            for constraint in table.constraints.iter().filter(|constraint| is_key(&constraint.kind) == keys) {
                self.free_constraint_name(&constraint.name, &built)?;
                let kind = self.validated_constraint(&built, constraint)?;
                constraint::push(&mut built, &constraint.name, kind);
            }
        }
        built.constraints.sort_by_key(|built| table.constraints.iter().position(|written| written.name == built.name));
        constraint::identity_is_the_key(&built)?;
        self.insert_table(built);
        Ok(())
    }

    fn drop_table(&mut self, name: &Name) -> Result<(), SchemaError> {
        let table = self.resolve_table(name)?;
        let mut users = Vec::new();
        for child in self.children(name) {
            for (constraint, _) in child.foreign_keys().filter(|(_, key)| key.table.key() == name.key()) {
                users.push(format!("foreign key {constraint} of {}", child.name));
            }
        }
        if !users.is_empty() {
            let message = format!("table {} is referenced by {}", table.name, usage::listed(&users));
            return Err(SchemaError::new("schema.referenced", message, name)
                .help("drop these foreign keys, or their tables, first"));
        }
        self.unused_by_views(name, "table")?;
        self.remove_table(&name.key());
        Ok(())
    }

    fn comment(&mut self, table: &Name, column: Option<&Name>, text: Option<&String>) -> Result<(), SchemaError> {
        let position = match column {
            Some(column) => Some(self.resolve_table(table)?.column_position(column)?),
            None => {
                self.resolve_table(table)?;
                None
            }
        };
        self.edit(table, |table| match position.and_then(|position| table.columns.get_mut(position)) {
            Some(column) => column.comment = text.cloned(),
            None => table.comment = text.cloned(),
        });
        Ok(())
    }

    /// Changes the table of that name, copying it first if a copy of the schema shares it. Names of constraints and indexes, and
    /// foreign keys, are the caller's to keep in step.
    fn edit(&mut self, table: &Name, change: impl FnOnce(&mut Table)) {
        if let Some(shared) = self.tables.get_mut(&table.key()) {
            change(Arc::make_mut(shared));
        }
    }

    /// Changes one column of a table.
    fn edit_column(&mut self, table: &Name, position: usize, change: impl FnOnce(&mut Column)) {
        self.edit(table, |table| {
            if let Some(column) = table.columns.get_mut(position) {
                change(column);
            }
        });
    }
}

/// Every column named is there, and none twice.
fn named_columns<'a>(table: &Table, names: impl Iterator<Item = &'a Name>) -> Result<(), SchemaError> {
    let mut seen = vec![false; table.columns.len()];
    for name in names {
        let position = table.column_position(name)?;
        if std::mem::replace(&mut seen[position], true) {
            let message = format!("column {name} is named twice");
            return Err(SchemaError::new("schema.duplicate-column", message, name));
        }
    }
    Ok(())
}

/// The names, as the table declares them.
fn declared(table: &Table, names: &[Name]) -> Result<Vec<Name>, SchemaError> {
    named_columns(table, names.iter())?;
    names.iter().map(|name| table.resolve_column(name).map(|column| column.name.clone())).collect()
}

/// Whether two lists name the same columns, in whatever order.
fn same_set(left: &[Name], right: &[Name]) -> bool {
    left.len() == right.len() && left.iter().all(|name| right.iter().any(|other| other.key() == name.key()))
}

/// The columns of a key (primary or unique), and what the key is.
fn keys(table: &Table) -> impl Iterator<Item = (&super::Constraint, &[Name])> {
    table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
            Some((constraint, columns.as_slice()))
        }
        _ => None,
    })
}
