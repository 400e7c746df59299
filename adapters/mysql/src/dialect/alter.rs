//! Alterations of one table, gathered into as few ALTER TABLEs as mean the same: each is atomic, and does its work once.

use std::collections::BTreeSet;
use std::sync::Arc;

use fastman_core::dialect::{Condition, Step};
use fastman_core::error::{Error, Result};
use fastman_core::schema::{Change, Column, ColumnAlteration, Constraint, ConstraintKind, Name, Schema, Table};
use fastman_core::store::{CatalogObjects, ObjectKind};

use super::definition::{Place, says_default_alone, support_key};
use super::stored::constraint_name;
use super::support::supports;
use super::{Mysql, guard, quoted};

/// The tables of which rendering needs the live catalog: a MODIFY repeats a column's definition and would lose what the model does
/// not know of it; and in a table that others made, a foreign key may have another index than fastman gives it.
pub(super) fn needs_catalog(changes: &[Change], before: &Schema) -> Vec<Name> {
    let mut names: BTreeSet<&Name> = BTreeSet::new();
    for change in changes {
        let has_keys = |table: &Name| before.table(table).is_some_and(|table| table.foreign_keys().next().is_some());
        let concerned = match change {
            Change::AlterColumn { .. } | Change::Comment { column: Some(_), .. } => true,
            Change::AddConstraint { table, .. }
            | Change::DropConstraint { table, .. }
            | Change::CreateIndex { table, .. }
            | Change::DropIndex { table, .. } => has_keys(table),
            _ => false,
        };
        if concerned && before.table(change.subject()).is_some() {
            names.insert(change.subject());
        }
    }
    names.into_iter().cloned().collect()
}

/// One ALTER TABLE in the making.
pub(super) struct Alter {
    table: Arc<Table>,
    actions: Vec<String>,
    /// Columns, constraints and indexes that have an action already.
    touched: BTreeSet<String>,
    /// Columns to be defined anew, as they are at the end.
    modified: Vec<Name>,
    /// Columns of which the default alone is set, to what it is at the end.
    defaulted: Vec<Name>,
    guards: Vec<Step>,
    conditions: Vec<Condition>,
    drops_foreign_key: bool,
}

impl Alter {
    /// One that does nothing yet. The table is as it stands before.
    pub(super) fn new(table: Arc<Table>) -> Alter {
        Alter {
            table,
            actions: Vec::new(),
            touched: BTreeSet::new(),
            modified: Vec::new(),
            defaulted: Vec::new(),
            guards: Vec::new(),
            conditions: Vec::new(),
            drops_foreign_key: false,
        }
    }

    /// Whether the change can't be part of the same statement as what is there.
    pub(super) fn clashes(&self, change: &Change) -> bool {
        let has = |kind: &str, name: &Name| self.touched.contains(&subject(kind, name));
        match change {
            Change::AddColumn { column, .. } => has("column", &column.name),
            Change::DropColumn { column, .. } => {
                let mut altered = self.modified.iter().chain(&self.defaulted);
                has("column", column) || altered.any(|name| name.key() == column.key())
            }
            Change::AlterColumn { column, .. } => has("column", column) || self.drops_foreign_key,
            Change::AddConstraint { constraint, .. } => has("constraint", &constraint.name),
            Change::DropConstraint { constraint, .. } => has("constraint", constraint),
            _ => true,
        }
    }

    /// Adds a change. `now` is the table just before it.
    pub(super) fn add(
        &mut self,
        dialect: &Mysql,
        change: &Change,
        now: &Table,
        catalog: &CatalogObjects,
    ) -> Result<()> {
        match change {
            Change::AddColumn { column, .. } => self.add_column(dialect, column)?,
            Change::DropColumn { column, .. } => {
                self.touched.insert(subject("column", column));
                self.actions.push(format!("DROP COLUMN {}", quoted(column.as_str())));
                self.condition(|table| Condition::Column { table, column: column.clone(), present: false });
            }
            Change::AlterColumn { column, alteration, .. } => self.alter_column(column, alteration, now, catalog)?,
            Change::AddConstraint { constraint, .. } => {
                self.touched.insert(subject("constraint", &constraint.name));
                self.actions.push(format!("ADD {}", dialect.constraint(constraint)?));
                let name = constraint_name(&now.name, constraint);
                self.condition(|table| Condition::Constraint { table, constraint: name, present: true });
            }
            Change::DropConstraint { constraint, .. } => {
                let known = now.constraints.iter().find(|known| known.name.key() == constraint.key());
                let known = known.ok_or_else(|| unknown(now, "constraint", constraint))?;
                self.touched.insert(subject("constraint", constraint));
                self.drops_foreign_key |= matches!(known.kind, ConstraintKind::ForeignKey(_));
                self.actions.push(drop_constraint(known));
                let name = constraint_name(&now.name, known);
                self.condition(|table| Condition::Constraint { table, constraint: name, present: false });
            }
            other => return Err(dialect.unsupported(format!("a change of {} can't stand here", other.subject()))),
        }
        Ok(())
    }

    fn add_column(&mut self, dialect: &Mysql, column: &Column) -> Result<()> {
        self.touched.insert(subject("column", &column.name));
        self.actions.push(format!("ADD COLUMN {}", dialect.column(column, Place::Altered)?));
        if let Some(any) = self.table.columns.first() {
            self.guards.extend(guard::of_new_column(&self.table.name, &any.name, column));
        }
        self.condition(|table| Condition::Column { table, column: column.name.clone(), present: true });
        Ok(())
    }

    fn alter_column(
        &mut self,
        name: &Name,
        alteration: &ColumnAlteration,
        now: &Table,
        catalog: &CatalogObjects,
    ) -> Result<()> {
        let column = now.column(name).ok_or_else(|| unknown(now, "column", name))?;
        // By hand it may have been given a wider type, or been made nullable.
        let live = catalog.tables.table(&now.name).and_then(|table| table.column(name)).unwrap_or(column);
        match alteration {
            ColumnAlteration::Type(to) => self.guards.extend(guard::of_retype(&now.name, live, to)),
            ColumnAlteration::Nullable(false) => self.guards.extend(guard::of_not_null(&now.name, live)),
            _ => {}
        }
        if let ColumnAlteration::Default(default) = alteration
            && says_default_alone(column, default.as_ref())
        {
            self.defaulted.retain(|known| known.key() != name.key());
            self.defaulted.push(column.name.clone());
        } else if !self.modified.iter().any(|known| known.key() == name.key()) {
            self.modified.push(column.name.clone());
        }
        Ok(())
    }

    fn condition(&mut self, make: impl FnOnce(Name) -> Condition) {
        let condition = make(self.table.name.clone());
        self.conditions.push(condition);
    }

    /// The statements, now that the table is as it should be afterwards.
    pub(super) fn finish(mut self, dialect: &Mysql, after: &Table, catalog: &CatalogObjects) -> Result<Vec<Step>> {
        for name in &self.modified {
            let column = after.column(name).ok_or_else(|| unknown(after, "column", name))?;
            self.actions.push(format!("MODIFY COLUMN {}", dialect.column(column, Place::Altered)?));
            self.conditions.push(column_is(dialect, &after.name, column));
        }
        for name in self.defaulted.iter().filter(|name| self.modified.iter().all(|known| known.key() != name.key())) {
            let column = after.column(name).ok_or_else(|| unknown(after, "column", name))?;
            self.actions.push(dialect.alter_default(column)?);
            self.conditions.push(column_is(dialect, &after.name, column));
        }
        self.actions.extend(support_actions(&self.table, after, catalog));
        if self.actions.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!("ALTER TABLE {} {}", quoted(self.table.name.as_str()), self.actions.join(", "));
        let mut step = Step::ddl(sql, &self.table.name);
        step.done_when = self.conditions;
        let mut steps = self.guards;
        steps.push(step);
        Ok(steps)
    }
}

/// What becomes of the indexes that foreign keys need, as actions of an ALTER TABLE.
pub(super) fn support_actions(before: &Table, after: &Table, catalog: &CatalogObjects) -> Vec<String> {
    let (old, new) = (supports(before), supports(after));
    let is_there = |name: &Name| {
        catalog.objects.iter().any(|object| {
            object.kind == ObjectKind::Index
                && object.table == before.name.as_str()
                && object.name.to_lowercase() == name.key()
        })
    };
    let known = catalog.live && !catalog.foreseen && catalog.tables.table(&before.name).is_some();
    let mut actions = Vec::new();
    for support in old.iter().filter(|support| !new.contains(support)) {
        if !known || is_there(&support.name) {
            actions.push(format!("DROP INDEX {}", quoted(support.name.as_str())));
        }
    }
    for support in new.iter().filter(|support| !old.contains(support)) {
        if !known || !is_there(&support.name) {
            actions.push(format!("ADD {}", support_key(support)));
        }
    }
    actions
}

/// The condition that a column is as it is in the model.
pub(super) fn column_is(dialect: &Mysql, table: &Name, column: &Column) -> Condition {
    let is_null = matches!(
        column.default,
        Some(fastman_core::schema::Expression::Literal { value: fastman_core::value::Value::Null, .. })
    );
    Condition::ColumnIs {
        table: table.clone(),
        column: column.name.clone(),
        column_type: dialect.stored_type(&column.column_type),
        nullable: column.nullable,
        defaulted: column.default.is_some() && !is_null,
    }
}

fn drop_constraint(constraint: &Constraint) -> String {
    let name = quoted(constraint.name.as_str());
    match constraint.kind {
        ConstraintKind::PrimaryKey { .. } => "DROP PRIMARY KEY".to_owned(),
        ConstraintKind::Unique { .. } => format!("DROP INDEX {name}"),
        ConstraintKind::ForeignKey(_) => format!("DROP FOREIGN KEY {name}"),
        ConstraintKind::Check(_) => format!("DROP CONSTRAINT {name}"),
    }
}

fn subject(kind: &str, name: &Name) -> String {
    format!("{kind} {}", name.key())
}

/// What the schema should have had.
pub(super) fn unknown(table: &Table, what: &str, name: &Name) -> Error {
    Error::failed("schema.unknown", format!("table {} has no {what} {name}", table.name))
}
