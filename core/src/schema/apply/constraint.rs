//! Adding and dropping constraints.

use std::sync::Arc;

use super::usage::listed;
use super::{declared, index, keys, same_set, value};
use crate::schema::{
    Column, ColumnType, Constraint, ConstraintKind, Expression, ForeignKey, Function, Name, OnDelete, Schema,
    SchemaError, Table,
};
use crate::value::Value;

impl Schema {
    pub(super) fn add_constraint(&mut self, table: &Name, constraint: &Constraint) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        self.free_constraint_name(&constraint.name, existing)?;
        let kind = self.validated_constraint(existing, constraint)?;
        let key: Arc<str> = table.key().into();
        if let ConstraintKind::ForeignKey(foreign_key) = &kind {
            let parent = foreign_key.table.key().into_owned();
            self.add_child(&parent, &key);
        }
        self.names.insert(&constraint.name.key(), key);
        let is_key = matches!(kind, ConstraintKind::PrimaryKey { .. });
        self.edit(table, |table| push(table, &constraint.name, kind));
        if is_key {
            self.refresh_views_of(table);
        }
        Ok(())
    }

    pub(super) fn drop_constraint(&mut self, table: &Name, name: &Name) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        let constraint = existing.resolve_constraint(name)?.clone();
        if let ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } = &constraint.kind {
            let users = self.users_of_key(existing, columns);
            if !users.is_empty() {
                let message = format!(
                    "{} {} of {table} is referenced by {}",
                    constraint.kind.word(),
                    constraint.name,
                    listed(&users)
                );
                return Err(SchemaError::new("schema.referenced", message, name).help("drop these foreign keys first"));
            }
        }
        if let ConstraintKind::PrimaryKey { columns } = &constraint.kind
            && let Some(identity) = columns.iter().find(|column| existing.column(column).is_some_and(|it| it.identity))
        {
            let message = format!("column {identity} of {table} is an identity, and so must be the primary key");
            return Err(SchemaError::new("schema.identity", message, name));
        }
        self.forget_name(&constraint.name, &table.key());
        self.edit(table, |table| table.constraints.retain(|candidate| candidate.name != constraint.name));
        if let ConstraintKind::ForeignKey(gone) = &constraint.kind {
            let parent = &gone.table;
            let still = self
                .table(table)
                .is_some_and(|table| table.foreign_keys().any(|(_, key)| key.table.key() == parent.key()));
            if !still {
                self.remove_child(&parent.key(), &table.key());
            }
        }
        Ok(())
    }

    /// The foreign keys that point at exactly these columns, in words.
    fn users_of_key(&self, table: &Table, columns: &[Name]) -> Vec<String> {
        let own = std::iter::once(table);
        own.chain(self.children(&table.name).map(Arc::as_ref))
            .flat_map(|child| child.foreign_keys().map(move |(name, key)| (child, name, key)))
            .filter(|(_, _, key)| key.table.key() == table.name.key() && same_set(&key.referenced, columns))
            .map(|(child, name, _)| format!("foreign key {name} of {}", child.name))
            .collect()
    }

    /// What a constraint of the table demands, with every name as it was declared.
    pub(super) fn validated_constraint(
        &self,
        table: &Table,
        constraint: &Constraint,
    ) -> Result<ConstraintKind, SchemaError> {
        Ok(match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } => {
                let columns = key_columns(table, columns, constraint)?;
                if let Some((existing, _)) =
                    keys(table).find(|(key, _)| matches!(key.kind, ConstraintKind::PrimaryKey { .. }))
                {
                    let message = format!("table {} has a primary key already: {}", table.name, existing.name);
                    return Err(SchemaError::new("schema.primary-key", message, &constraint.name)
                        .help("a table has one primary key; make the other UNIQUE"));
                }
                not_a_key_already(table, &columns, constraint)?;
                for column in &columns {
                    if let Some(foreign_key) = super::column::set_null_key(table, column) {
                        let message = format!(
                            "column {column} can't be part of the primary key: foreign key {foreign_key} sets it to NULL"
                        );
                        return Err(SchemaError::new("schema.primary-key", message, column));
                    }
                }
                ConstraintKind::PrimaryKey { columns }
            }
            ConstraintKind::Unique { columns } => {
                let columns = key_columns(table, columns, constraint)?;
                not_a_key_already(table, &columns, constraint)?;
                ConstraintKind::Unique { columns }
            }
            ConstraintKind::ForeignKey(foreign_key) => {
                ConstraintKind::ForeignKey(self.validated_foreign_key(table, foreign_key, &constraint.name)?)
            }
            ConstraintKind::Check(condition) => {
                condition_over(table, condition, "check", &constraint.name)?;
                ConstraintKind::Check(condition.clone())
            }
        })
    }

    fn validated_foreign_key(
        &self,
        table: &Table,
        foreign_key: &ForeignKey,
        name: &Name,
    ) -> Result<ForeignKey, SchemaError> {
        let own = foreign_key.table == table.name;
        let parent = if own { table } else { self.resolve_table(&foreign_key.table)?.as_ref() };
        let columns = declared(table, &foreign_key.columns)?;
        let referenced = declared(parent, &foreign_key.referenced)?;
        if columns.is_empty() || columns.len() != referenced.len() {
            let message = format!(
                "foreign key {name} has {} columns and references {}",
                columns.len(),
                foreign_key.referenced.len()
            );
            return Err(SchemaError::new("schema.foreign-key", message, name));
        }
        if !keys(parent).any(|(_, key)| same_set(key, &referenced)) {
            let list = written(&referenced);
            let message =
                format!("foreign key {name} references {}({list}), which is no key of that table", parent.name);
            return Err(SchemaError::new("schema.foreign-key", message, &foreign_key.table).help(format!(
                "reference its primary key, or add a unique constraint first: ALTER TABLE {} ADD UNIQUE ({list})",
                parent.name
            )));
        }
        for (child, target) in columns.iter().zip(&referenced) {
            let (child_type, target_type) =
                (&table.resolve_column(child)?.column_type, &parent.resolve_column(target)?.column_type);
            if child_type != target_type {
                let message = format!(
                    "column {child} is {child_type}, but the column that it references, {}.{target}, is {target_type}",
                    parent.name
                );
                return Err(SchemaError::new("schema.foreign-key", message, child)
                    .help(format!("make {child} {target_type}: both sides of a foreign key have one type")));
            }
        }
        if foreign_key.on_delete == OnDelete::SetNull
            && let Some(column) = columns.iter().find(|name| table.column(name).is_some_and(|it| !it.nullable))
        {
            let message = format!("foreign key {name} can't set column {column} to NULL: it is NOT NULL");
            return Err(SchemaError::new("schema.foreign-key", message, column)
                .help("let the column take NULL, or choose another ON DELETE"));
        }
        Ok(ForeignKey { columns, table: parent.name.clone(), referenced, on_delete: foreign_key.on_delete })
    }
}

/// Puts a validated constraint into its table; the columns of a primary key take no NULL from then on.
pub(super) fn push(table: &mut Table, name: &Name, kind: ConstraintKind) {
    if let ConstraintKind::PrimaryKey { columns } = &kind {
        for column in &mut table.columns {
            column.nullable &= !columns.contains(&column.name);
        }
        refresh_conditions(table);
    }
    table.constraints.push(Constraint { name: name.clone(), kind });
}

/// An identity column is alone the primary key, and there is one at most.
pub(super) fn identity_is_the_key(table: &Table) -> Result<(), SchemaError> {
    let mut identities = table.columns.iter().filter(|column| column.identity);
    let Some(identity) = identities.next() else { return Ok(()) };
    if let Some(second) = identities.next() {
        let message = format!("table {} has two identity columns: {} and {}", table.name, identity.name, second.name);
        return Err(SchemaError::new("schema.identity", message, &second.name).help("a table has one at most"));
    }
    if table.primary_key() != [identity.name.clone()] {
        let message = format!("the identity column {} is not alone the primary key of {}", identity.name, table.name);
        return Err(SchemaError::new("schema.identity", message, &identity.name)
            .help("make it PRIMARY KEY, and what should be unique besides UNIQUE"));
    }
    Ok(())
}

/// Calls `visit` with the table's check conditions and its indexes' predicates.
pub(super) fn for_each_condition_mut(table: &mut Table, visit: &mut dyn FnMut(&mut Expression)) {
    for constraint in &mut table.constraints {
        if let ConstraintKind::Check(condition) = &mut constraint.kind {
            visit(condition);
        }
    }
    for index in &mut table.indexes {
        index.predicate.iter_mut().for_each(&mut *visit);
    }
}

/// Gives every column that a condition of the table names the type and the nullability that it has now, and constants that
/// stand beside a column the column's type. Returns a constant that does not fit it.
pub(super) fn refresh_conditions(table: &mut Table) -> Option<Value> {
    let columns = table.columns.clone();
    let mut misfit = None;
    for_each_condition_mut(table, &mut |condition| refresh(condition, &columns, &mut misfit));
    misfit
}

fn refresh(part: &mut Expression, columns: &[Column], misfit: &mut Option<Value>) {
    if let Expression::Column(reference) = part
        && let Some(column) = columns.iter().find(|column| column.name.key() == reference.name.key())
    {
        reference.column_type = column.column_type.clone();
        reference.nullable = column.nullable;
    }
    part.for_each_child_mut(&mut |child| refresh(child, columns, misfit));
    let compares = match part {
        Expression::Binary { operator, .. } => operator.is_comparison(),
        Expression::In { .. } | Expression::Between { .. } => true,
        _ => false,
    };
    if !compares {
        return;
    }
    let mut beside: Option<ColumnType> = None;
    part.for_each_child(&mut |child| {
        if let Expression::Column(reference) = child {
            let found = &reference.column_type;
            beside = Some(beside.as_ref().and_then(|other| other.unify(found)).unwrap_or_else(|| found.clone()));
        }
    });
    if let Some(column_type) = beside {
        part.for_each_child_mut(&mut |child| {
            if let Err(value) = value::retype(child, &column_type) {
                misfit.get_or_insert(value);
            }
        });
    }
}

/// A condition over the columns of one table that stays true or false as long as the row does.
pub(super) fn condition_over(
    table: &Table,
    condition: &Expression,
    what: &str,
    subject: &Name,
) -> Result<(), SchemaError> {
    let mut foreign = None;
    condition.for_each_column(&mut |reference| {
        let elsewhere = reference.relation.as_ref().is_some_and(|relation| relation.key() != table.name.key());
        if foreign.is_none() {
            foreign = match table.resolve_column(&reference.name) {
                Err(error) => Some(error),
                Ok(_) if elsewhere => {
                    let message = format!("{what} {subject} can only name columns of {}", table.name);
                    Some(SchemaError::new("schema.condition", message, &reference.name))
                }
                Ok(_) => None,
            };
        }
    });
    if let Some(error) = foreign {
        return Err(error);
    }
    if !condition.is_boolean() {
        let message = format!("{what} {subject} is not a condition: its result must be true or false");
        return Err(SchemaError::new("schema.condition", message, subject));
    }
    let moves = condition.any(&|part| {
        matches!(part, Expression::Call { function: Function::CurrentDate | Function::CurrentTimestamp, .. })
    });
    if moves {
        let message =
            format!("{what} {subject} depends on the current time, so a row could pass today and fail tomorrow");
        return Err(SchemaError::new("schema.condition", message, subject).help("compare with a constant"));
    }
    if condition.any(&|part| matches!(part, Expression::Aggregate { .. })) {
        let message = format!("{what} {subject} looks at one row and can't count or sum several");
        return Err(SchemaError::new("schema.condition", message, subject));
    }
    Ok(())
}

fn key_columns(table: &Table, columns: &[Name], constraint: &Constraint) -> Result<Vec<Name>, SchemaError> {
    let columns = declared(table, columns)?;
    index::key_fits(table, &columns, constraint.kind.word(), &constraint.name)?;
    Ok(columns)
}

/// Two keys over the same columns would be one too many: some engines refuse the second, and a foreign key could not
/// tell which it points at.
fn not_a_key_already(table: &Table, columns: &[Name], constraint: &Constraint) -> Result<(), SchemaError> {
    match keys(table).find(|(_, existing)| same_set(existing, columns)) {
        None => Ok(()),
        Some((existing, _)) => {
            let message = format!(
                "{} of {} {} unique already, by {} {}",
                written(columns),
                table.name,
                if columns.len() == 1 { "is" } else { "are" },
                existing.kind.word(),
                existing.name
            );
            Err(SchemaError::new("schema.duplicate-key", message, &constraint.name).help("leave this one out"))
        }
    }
}

/// `a, b`.
fn written(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}
