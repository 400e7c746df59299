//! Adding, dropping and altering columns.

use super::usage::{UsedBy, listed};
use super::value::{default_fits, is_null, type_in_range};
use super::{constraint, index, value};
use crate::schema::{
    Column, ColumnType, ConstraintKind, Expression, Name, OnDelete, Schema, SchemaError, Table, TypeFamily,
};
use crate::schema::{Conversion, conversion};
use crate::sql::portable;
use crate::value::Value;

impl Schema {
    pub(super) fn add_column(&mut self, table: &Name, column: &Column) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        existing.free_column_name(&column.name)?;
        validate(table, column)?;
        if existing.columns.len() >= super::MAX_COLUMNS {
            let message = format!("table {table} has {} columns, and that is the most", existing.columns.len());
            return Err(SchemaError::new("schema.too-many-columns", message, &column.name));
        }
        let added = normalised(column);
        if added.identity {
            let message = format!("the identity column {} can't be added to a table that is there", column.name);
            return Err(SchemaError::new("schema.identity", message, &column.name)
                .help("create a table that has it, copy the rows with INSERT ... SELECT and drop the old table"));
        }
        if !added.nullable && added.default.is_none() {
            let message = format!("column {} is NOT NULL, and rows that are there have no value for it", column.name);
            return Err(SchemaError::new("schema.not-null-without-default", message, &column.name).help(format!(
                "give it a DEFAULT (and take that away afterwards: ALTER TABLE {table} ALTER COLUMN {} DROP DEFAULT)",
                column.name
            )));
        }
        self.edit(table, |table| table.columns.push(added));
        Ok(())
    }

    pub(super) fn drop_column(&mut self, table: &Name, column: &Name) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        let position = existing.column_position(column)?;
        let users = self.users_of_column(existing, column, UsedBy::Anything);
        if !users.is_empty() {
            return Err(in_use(table, column, &users));
        }
        if existing.columns.len() == 1 {
            let message = format!("{column} is the only column of {table}, and a table needs one");
            return Err(SchemaError::new("schema.no-columns", message, column).help("drop the table instead"));
        }
        self.edit(table, |table| {
            table.columns.remove(position);
        });
        Ok(())
    }

    pub(super) fn retype_column(&mut self, table: &Name, column: &Name, to: &ColumnType) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        let position = existing.column_position(column)?;
        let Column { column_type: from, default, identity, on_update_now, .. } = &existing.columns[position];
        type_in_range(column, to)?;
        if from == to {
            return Ok(());
        }
        if let Conversion::Refused(reason) = conversion(from, to) {
            let message = format!("column {column} can't become {to}: {reason}");
            return Err(SchemaError::new("schema.conversion", message, column)
                .help("add a column of the new type and fill it with UPDATE, or write a section for one engine"));
        }
        let same_family = from.family() == to.family();
        // Where a condition was typed for the old family, its operators could mean something else for the new one.
        let kinds = if same_family { UsedBy::Elsewhere } else { UsedBy::Anything };
        let users = self.users_of_column(existing, column, kinds);
        if !users.is_empty() {
            return Err(in_use(table, column, &users));
        }
        if *identity && to.family() != TypeFamily::Integer {
            return Err(not_an_identity(column, to));
        }
        if *on_update_now && !matches!(to, ColumnType::Timestamp | ColumnType::TimestampTz) {
            return Err(not_on_update(column, to));
        }
        if let Some(default) = default {
            if !same_family {
                let message = format!("column {column} has a default, which is no {to}");
                return Err(SchemaError::new("schema.default", message, column).help(format!(
                    "ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT first, and set it again afterwards"
                )));
            }
            default_fits(column, to, default)?;
        }
        let mut retyped = Table::clone(existing);
        if let Some(constant) = retype(&mut retyped, position, to) {
            let message = format!(
                "a check or an index of {table} compares {column} with {}, which does not fit {to}",
                portable::expression(&Expression::literal(constant, from.clone()))
            );
            return Err(
                SchemaError::new("schema.in-use", message, column).help("drop it first, and add it again afterwards")
            );
        }
        index::keys_fit(&retyped)?;
        self.edit(table, |table| *table = retyped);
        Ok(())
    }

    pub(super) fn set_nullable(&mut self, table: &Name, column: &Name, nullable: bool) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        let position = existing.column_position(column)?;
        if nullable && existing.primary_key().iter().any(|name| name.key() == column.key()) {
            let message = format!("column {column} is part of the primary key of {table}, which takes no NULL");
            return Err(SchemaError::new("schema.primary-key", message, column));
        }
        if !nullable && let Some(constraint) = set_null_key(existing, column) {
            let message = format!("foreign key {constraint} sets column {column} to NULL when its row is deleted");
            return Err(SchemaError::new("schema.foreign-key", message, column)
                .help("drop the foreign key, and add it again with another ON DELETE"));
        }
        self.edit(table, |table| {
            if let Some(column) = table.columns.get_mut(position) {
                column.nullable = nullable;
            }
            constraint::refresh_conditions(table);
        });
        self.refresh_views_of(table);
        Ok(())
    }

    pub(super) fn set_default(
        &mut self,
        table: &Name,
        column: &Name,
        default: Option<&Expression>,
    ) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        let position = existing.column_position(column)?;
        let default = default.filter(|default| !is_null(default));
        if let Some(default) = default {
            let altered = &existing.columns[position];
            if altered.identity {
                return Err(identity_default(column));
            }
            default_fits(column, &altered.column_type, default)?;
        }
        let default = default.map(|default| typed(default.clone(), &existing.columns[position].column_type));
        self.edit_column(table, position, |column| column.default = default);
        Ok(())
    }
}

/// What can be said of a column without its table's constraints.
pub(super) fn validate(table: &Name, column: &Column) -> Result<(), SchemaError> {
    type_in_range(&column.name, &column.column_type)?;
    if column.identity {
        if column.column_type.family() != TypeFamily::Integer {
            return Err(not_an_identity(&column.name, &column.column_type));
        }
        if column.default.is_some() {
            return Err(identity_default(&column.name));
        }
    }
    if column.on_update_now && !matches!(column.column_type, ColumnType::Timestamp | ColumnType::TimestampTz) {
        return Err(not_on_update(&column.name, &column.column_type));
    }
    if let Some(default) = &column.default {
        default_fits(&column.name, &column.column_type, default)?;
        if is_null(default) && !column.nullable {
            let message = format!("column {} of {table} is NOT NULL, and its default is NULL", column.name);
            return Err(SchemaError::new("schema.default", message, &column.name));
        }
    }
    Ok(())
}

/// The column as the model keeps it: DEFAULT NULL is no default, a constant has the column's type, an identity takes no NULL.
pub(super) fn normalised(column: &Column) -> Column {
    let mut column = column.clone();
    column.default =
        column.default.filter(|default| !is_null(default)).map(|default| typed(default, &column.column_type));
    column.nullable &= !column.identity;
    column
}

/// A default whose constant has the column's type.
fn typed(mut default: Expression, to: &ColumnType) -> Expression {
    if let Expression::Literal { column_type, .. } = &mut default {
        column_type.get_or_insert_with(|| to.clone());
    }
    // What does not fit was refused before.
    let _ = value::retype(&mut default, to);
    default
}

/// Gives a column its new type, in the column and in every condition of its table that names it. Returns a constant in one of
/// them that does not fit the new type.
fn retype(table: &mut Table, position: usize, to: &ColumnType) -> Option<Value> {
    let column = table.columns.get_mut(position)?;
    column.column_type = to.clone();
    column.default = column.default.take().map(|default| typed(default, to));
    constraint::refresh_conditions(table)
}

/// The foreign key that would set the column to NULL.
pub(super) fn set_null_key<'a>(table: &'a Table, column: &Name) -> Option<&'a Name> {
    table.constraints.iter().find_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key)
            if key.on_delete == OnDelete::SetNull && key.columns.iter().any(|name| name.key() == column.key()) =>
        {
            Some(&constraint.name)
        }
        _ => None,
    })
}

fn in_use(table: &Name, column: &Name, users: &[String]) -> SchemaError {
    let message = format!("column {table}.{column} is used by {}", listed(users));
    let help = match users {
        [one] if one.starts_with("view ") => "drop the view first",
        [one] if one.starts_with("index ") => "drop the index first",
        [_] => "drop the constraint first",
        _ => "drop these first",
    };
    SchemaError::new("schema.in-use", message, column).help(help)
}

fn identity_default(column: &Name) -> SchemaError {
    let message = format!("column {column} is numbered by the engine (IDENTITY) and can't have a default too");
    SchemaError::new("schema.identity", message, column)
}

fn not_an_identity(column: &Name, column_type: &ColumnType) -> SchemaError {
    let message = format!("column {column} is {column_type}, and only integers can be an identity");
    SchemaError::new("schema.identity", message, column).help("use SMALLINT, INTEGER or BIGINT")
}

fn not_on_update(column: &Name, column_type: &ColumnType) -> SchemaError {
    let message = format!("column {column} is {column_type}, and ON UPDATE CURRENT_TIMESTAMP needs a timestamp");
    SchemaError::new("schema.on-update", message, column).help("use TIMESTAMP or TIMESTAMP WITH TIME ZONE")
}
