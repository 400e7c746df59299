//! The text of tables, columns, indexes and triggers.

use fastman_core::Result;
use fastman_core::schema::{
    Column, ColumnType, Constraint, ConstraintKind, Expression, Index, Name, OnDelete, Schema, Table,
};
use fastman_core::sql::text;

use super::decimal::Scope;
use super::expression::bare_literal;
use super::types::declaration_in;
use super::{SqliteDialect, quoted};

impl SqliteDialect {
    /// `CREATE TABLE`. `name` is the name that it is made under, which a rebuild changes afterwards.
    pub(super) fn create_table(&self, table: &Table, name: &Name) -> Result<String> {
        let mut parts = Vec::with_capacity(table.columns.len() + table.constraints.len());
        for column in &table.columns {
            parts.push(self.column(table, column)?);
        }
        for constraint in &table.constraints {
            if !is_inline(table, constraint) {
                parts.push(self.constraint(constraint)?);
            }
        }
        Ok(format!("CREATE TABLE {} (\n  {}\n)", quoted(name), parts.join(",\n  ")))
    }

    /// A column as CREATE TABLE and ADD COLUMN take it, an identity's primary key included.
    pub(super) fn column(&self, table: &Table, column: &Column) -> Result<String> {
        let name = quoted(&column.name);
        let mut text = format!("{name} {}", declaration_in(table, column));
        if column.identity {
            // AUTOINCREMENT stands behind PRIMARY KEY alone. NOT NULL says what holds anyway, to whoever reads the
            // catalog.
            let key = table.constraints.iter().find(|constraint| is_inline(table, constraint));
            if let Some(key) = key {
                text.push_str(&format!(" CONSTRAINT {}", quoted(&key.name)));
            }
            text.push_str(" PRIMARY KEY AUTOINCREMENT NOT NULL");
            return Ok(text);
        }
        if !column.nullable || table.primary_key().iter().any(|key| key.key() == column.name.key()) {
            text.push_str(" NOT NULL");
        }
        if let Some(default) = &column.default {
            text.push_str(&format!(" DEFAULT {}", self.default_text(default, &column.column_type)?));
        }
        if column.column_type == ColumnType::Boolean {
            text.push_str(&format!(" CHECK ({name} IN (0, 1))"));
        }
        Ok(text)
    }

    /// What stands behind DEFAULT.
    pub(super) fn default_text(&self, default: &Expression, column_type: &ColumnType) -> Result<String> {
        Ok(match default {
            Expression::Literal { value, column_type: own } => {
                let text = bare_literal(value, Some(own.as_ref().unwrap_or(column_type)))?;
                // A text with a NUL is not a constant of SQLite's.
                if text.starts_with("CAST") { format!("({text})") } else { text }
            }
            Expression::Call { arguments, .. } if arguments.is_empty() => {
                text::expression(self, default, Some(column_type))?
            }
            other => format!("({})", text::expression(self, other, Some(column_type))?),
        })
    }

    /// A constraint behind the columns.
    pub(super) fn constraint(&self, constraint: &Constraint) -> Result<String> {
        let list = |columns: &[Name]| columns.iter().map(quoted).collect::<Vec<_>>().join(", ");
        let demand = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } => format!("PRIMARY KEY ({})", list(columns)),
            ConstraintKind::Unique { columns } => format!("UNIQUE ({})", list(columns)),
            ConstraintKind::ForeignKey(key) => {
                format!(
                    "FOREIGN KEY ({}) {}",
                    list(&key.columns),
                    references(&key.table, &key.referenced, key.on_delete)
                )
            }
            ConstraintKind::Check(condition) => format!("CHECK ({})", self.table_condition(condition)?),
        };
        Ok(format!("CONSTRAINT {} {demand}", quoted(&constraint.name)))
    }

    /// A constraint as ADD COLUMN takes it, of that column alone.
    pub(super) fn inline_constraint(&self, constraint: &Constraint) -> Result<String> {
        let demand = match &constraint.kind {
            ConstraintKind::ForeignKey(key) => references(&key.table, &key.referenced, key.on_delete),
            _ => return self.constraint(constraint),
        };
        Ok(format!("CONSTRAINT {} {demand}", quoted(&constraint.name)))
    }

    /// `CREATE INDEX`.
    pub(super) fn create_index(&self, table: &Table, index: &Index) -> Result<String> {
        let columns: Vec<String> = index
            .columns
            .iter()
            .map(|column| format!("{}{}", quoted(&column.name), if column.descending { " DESC" } else { "" }))
            .collect();
        let unique = if index.unique { "UNIQUE " } else { "" };
        let mut text =
            format!("CREATE {unique}INDEX {} ON {} ({})", quoted(&index.name), quoted(&table.name), columns.join(", "));
        if let Some(predicate) = &index.predicate {
            text.push_str(&format!(" WHERE {}", self.table_condition(predicate)?));
        }
        Ok(text)
    }

    /// A condition over a table's own columns.
    fn table_condition(&self, condition: &Expression) -> Result<String> {
        let schema = Schema::default();
        text::condition(self, &Scope { schema: &schema, query: None }.settle(condition))
    }
}

fn references(table: &Name, columns: &[Name], on_delete: OnDelete) -> String {
    let columns: Vec<String> = columns.iter().map(quoted).collect();
    let action = match on_delete {
        OnDelete::NoAction => "",
        OnDelete::Restrict => " ON DELETE RESTRICT",
        OnDelete::Cascade => " ON DELETE CASCADE",
        OnDelete::SetNull => " ON DELETE SET NULL",
    };
    format!("REFERENCES {} ({}){action}", quoted(table), columns.join(", "))
}

/// Whether the constraint is written beside its column: an identity's primary key, which can't stand elsewhere.
fn is_inline(table: &Table, constraint: &Constraint) -> bool {
    matches!(&constraint.kind, ConstraintKind::PrimaryKey { columns }
        if matches!(columns.as_slice(), [only] if table.column(only).is_some_and(|column| column.identity)))
}

/// The trigger behind ON UPDATE CURRENT_TIMESTAMP, named after table and column: a dot between them, so that no two
/// are the same.
pub(crate) fn trigger_name(table: &Name, column: &Name) -> Name {
    Name::exact(&format!("on_update_{table}.{column}"))
}

/// Sets the column to now in the updated row, where the statement left it as it was.
///
/// Once it is now, the trigger's own UPDATE does not fire it again, even where triggers are recursive: now is the same
/// throughout a statement.
pub(crate) fn create_trigger(table: &Table, column: &Column) -> String {
    let (table_name, name) = (quoted(&table.name), quoted(&column.name));
    let row = row_condition(table).unwrap_or_else(|| "0".to_owned());
    format!(
        "CREATE TRIGGER {trigger} AFTER UPDATE ON {table_name} FOR EACH ROW \
         WHEN NEW.{name} IS OLD.{name} AND NEW.{name} IS NOT CURRENT_TIMESTAMP\n\
         BEGIN\n  UPDATE {table_name} SET {name} = CURRENT_TIMESTAMP WHERE {row};\nEND",
        trigger = quoted(&trigger_name(&table.name, &column.name)),
    )
}

pub(crate) fn drop_trigger(table: &Name, column: &Name) -> String {
    format!("DROP TRIGGER {}", quoted(&trigger_name(table, column)))
}

/// The condition that a row is the one that a trigger is run for: by the rowid, under that of its names that no column has, else by the
/// primary key; `None` without either.
fn row_condition(table: &Table) -> Option<String> {
    if let Some(row) = free_rowid(table.columns.iter().map(|column| &column.name)) {
        return Some(format!("{row} = NEW.{row}"));
    }
    let columns = table.primary_key().iter().map(quoted);
    let equal: Vec<String> = columns.map(|column| format!("{column} = NEW.{column}")).collect();
    (!equal.is_empty()).then(|| equal.join(" AND "))
}

/// Whether a row of the table can be named in a trigger, where it has one.
pub(super) fn rows_have_names(table: &Table) -> bool {
    row_condition(table).is_some() || !table.columns.iter().any(|column| column.on_update_now)
}

/// The names of the rowid, unless a column has them.
const ROWIDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// Whether a column of that name hides the rowid. SQLite adds none to a table.
pub(super) fn is_rowid(column: &Name) -> bool {
    ROWIDS.contains(&&*column.key())
}

/// A name of the rowid that none of the columns has.
pub(super) fn free_rowid<'a>(columns: impl Iterator<Item = &'a Name> + Clone) -> Option<&'static str> {
    ROWIDS.into_iter().find(|alias| !columns.clone().any(|column| column.key() == *alias))
}

/// What ends up as DEFAULT in a row: the column's default, or NULL, which numbers an identity.
pub(super) fn default_of(table: &Table, column: &Name) -> Expression {
    table.column(column).and_then(|column| column.default.clone()).unwrap_or_else(Expression::null)
}

/// The table as SQLite's catalog gives it back.
pub(crate) fn stored(table: &Table) -> Table {
    let mut stored = table.clone();
    stored.comment = None;
    for column in &mut stored.columns {
        column.comment = None;
        column.column_type = super::types::stored(column);
        column.nullable &= !column.identity;
        if let Some(Expression::Literal { value, column_type }) = &mut column.default {
            if *value == fastman_core::value::Value::Null {
                column.default = None;
            } else {
                *column_type = Some(column.column_type.clone());
            }
        }
    }
    canonical(&mut stored);
    stored
}

/// One order for what has none: the catalog does not tell which constraint or index came first.
pub(crate) fn canonical(table: &mut Table) {
    let rank = |kind: &ConstraintKind| match kind {
        ConstraintKind::PrimaryKey { .. } => 0,
        ConstraintKind::Unique { .. } => 1,
        ConstraintKind::ForeignKey(_) => 2,
        ConstraintKind::Check(_) => 3,
    };
    table.constraints.sort_by(|one, other| (rank(&one.kind), &one.name).cmp(&(rank(&other.kind), &other.name)));
    table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
}
