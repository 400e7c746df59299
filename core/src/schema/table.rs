//! Tables, columns, constraints, indexes and views, as the portable model has them.

use serde::{Deserialize, Serialize};

use super::{ColumnType, Expression, Name, Select};

/// A table. Every constraint has a name; core gives one to those that were written without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// In their order; at least one.
    pub columns: Vec<Column>,
    /// Primary key, uniques, foreign keys and checks, in the order in which they came.
    pub constraints: Vec<Constraint>,
    /// Those made by CREATE INDEX, in the order in which they came.
    pub indexes: Vec<Index>,
    /// From COMMENT ON TABLE.
    pub comment: Option<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether it takes NULL. False for the columns of the primary key.
    pub nullable: bool,
    /// What a row gets that does not say. A constant, CURRENT_TIMESTAMP or CURRENT_DATE.
    pub default: Option<Expression>,
    /// Numbered by the engine where a row brings no value. Such a column is an integer and alone the primary key.
    pub identity: bool,
    /// `ON UPDATE CURRENT_TIMESTAMP`: set to now by an update that leaves it unchanged.
    pub on_update_now: bool,
    /// From COMMENT ON COLUMN.
    pub comment: Option<String>,
}

/// A named constraint of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// Its name, unique in the schema.
    pub name: Name,
    /// What it demands.
    pub kind: ConstraintKind,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ConstraintKind {
    /// At most one a table.
    PrimaryKey {
        /// In key order.
        columns: Vec<Name>,
    },
    /// No two rows with the same values; rows with a NULL never clash.
    Unique {
        /// In key order.
        columns: Vec<Name>,
    },
    /// A reference to another table's primary key or unique constraint.
    ForeignKey(ForeignKey),
    /// A condition that no row may make false.
    Check(Expression),
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The referencing columns, in order.
    pub columns: Vec<Name>,
    /// The referenced table.
    pub table: Name,
    /// The referenced columns, in order; always written out, as many as `columns`.
    pub referenced: Vec<Name>,
    /// What happens to the rows when the referenced row goes.
    pub on_delete: OnDelete,
}

/// What a DELETE of the referenced row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OnDelete {
    /// It fails (nothing was written; engines check at the statement's end).
    NoAction,
    /// It fails at once.
    Restrict,
    /// The referencing rows go too.
    Cascade,
    /// The referencing columns become NULL.
    SetNull,
}

/// An index made by CREATE INDEX.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Its name, unique in the schema.
    pub name: Name,
    /// In key order; at least one.
    pub columns: Vec<IndexColumn>,
    /// No two rows with the same values.
    pub unique: bool,
    /// Only rows that make it true are indexed, on engines that have partial indexes.
    pub predicate: Option<Expression>,
}

/// A column of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexColumn {
    /// Which.
    pub name: Name,
    /// Kept in descending order.
    pub descending: bool,
}

/// A view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Its name; tables and views share one namespace.
    pub name: Name,
    /// What it shows.
    pub query: Select,
}

impl Table {
    /// The column of that name, compared as [`Name::key`] does.
    pub fn column(&self, name: &Name) -> Option<&Column> {
        let key = name.key();
        self.columns.iter().find(|column| column.name.key() == key)
    }

    /// The columns of the primary key, in key order; empty without one.
    pub fn primary_key(&self) -> &[Name] {
        self.constraints
            .iter()
            .find_map(|constraint| match &constraint.kind {
                ConstraintKind::PrimaryKey { columns } => Some(columns.as_slice()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// The foreign keys, each with its constraint's name.
    pub fn foreign_keys(&self) -> impl Iterator<Item = (&Name, &ForeignKey)> {
        self.constraints.iter().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(foreign_key) => Some((&constraint.name, foreign_key)),
            _ => None,
        })
    }
}
