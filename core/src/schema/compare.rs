//! What a table is against what it should be.
//!
//! Both sides must have gone through the dialect's [`stored`](crate::dialect::Dialect::stored), so that only what the engine tells apart is
//! compared. What engines rewrite is no difference: checks and the predicates of indexes are compared by their presence alone, and an
//! engine's own text ([`Expression::Raw`]) equals any default. Nor is order: of columns, of constraints, of indexes.

mod default;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Column, Constraint, ConstraintKind, Index, Name, Schema, Table};
use crate::sql::portable;

/// One difference between a table as it is and as it should be. Its `Display` is a line for people:
/// `column users.email: VARCHAR(100), expected VARCHAR(200)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What kind of difference.
    pub kind: DifferenceKind,
    /// In which table.
    pub table: String,
    /// Of which column, constraint or index; `None` for the table itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// What should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// Kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DifferenceKind {
    /// The table is not there.
    MissingTable,
    /// Its comment.
    TableComment,
    /// The column is not there.
    MissingColumn,
    /// A column that should not be there.
    UnexpectedColumn,
    /// The column's type.
    ColumnType,
    /// Whether it takes NULL.
    ColumnNullability,
    /// Its default.
    ColumnDefault,
    /// Whether the engine numbers it.
    ColumnIdentity,
    /// Whether an update sets it to now.
    ColumnOnUpdate,
    /// Its comment.
    ColumnComment,
    /// The constraint is not there.
    MissingConstraint,
    /// A constraint that should not be there.
    UnexpectedConstraint,
    /// What the constraint demands.
    ConstraintDefinition,
    /// The constraint is there under another name.
    ConstraintName,
    /// The index is not there.
    MissingIndex,
    /// An index that should not be there.
    UnexpectedIndex,
    /// What the index is over.
    IndexDefinition,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DifferenceKind::*;
        let table = &self.table;
        match &self.part {
            None => write!(formatter, "table {table}: ")?,
            Some(part) => match self.kind {
                MissingTable | TableComment => write!(formatter, "table {table}: ")?,
                MissingColumn | UnexpectedColumn | ColumnType | ColumnNullability | ColumnDefault | ColumnIdentity
                | ColumnOnUpdate | ColumnComment => write!(formatter, "column {table}.{part}: ")?,
                MissingConstraint | UnexpectedConstraint | ConstraintDefinition | ConstraintName => {
                    write!(formatter, "constraint {part} of {table}: ")?;
                }
                MissingIndex | UnexpectedIndex | IndexDefinition => write!(formatter, "index {part} of {table}: ")?,
            },
        }
        match (&self.actual, &self.expected) {
            (Some(actual), Some(expected)) => write!(formatter, "{actual}, expected {expected}"),
            (None, Some(expected)) => write!(formatter, "missing ({expected})"),
            (Some(actual), None) => write!(formatter, "not expected ({actual})"),
            (None, None) => formatter.write_str("missing"),
        }
    }
}

/// The differences of every table that should be there. Tables beside them, and views, are not looked at.
pub fn compare(expected: &Schema, actual: &Schema) -> Vec<Difference> {
    let mut found = Vec::new();
    for table in expected.tables() {
        match actual.table(&table.name) {
            Some(other) => found.extend(compare_table(table, other)),
            None => found.push(Difference {
                kind: DifferenceKind::MissingTable,
                table: table.name.as_str().to_owned(),
                part: None,
                actual: None,
                expected: None,
            }),
        }
    }
    found
}

/// The differences of one table.
pub fn compare_table(expected: &Table, actual: &Table) -> Vec<Difference> {
    let mut comparison = Comparison { table: expected, found: Vec::new() };
    comparison.changed(
        DifferenceKind::TableComment,
        None,
        comment(actual.comment.as_deref()),
        comment(expected.comment.as_deref()),
    );
    for column in &expected.columns {
        match actual.column(&column.name) {
            Some(other) => comparison.column(column, other),
            None => comparison.missing(DifferenceKind::MissingColumn, column.name.as_str(), declaration(column)),
        }
    }
    for column in &actual.columns {
        if expected.column(&column.name).is_none() {
            comparison.unexpected(DifferenceKind::UnexpectedColumn, column.name.as_str(), declaration(column));
        }
    }
    comparison.constraints(expected, actual);
    comparison.indexes(expected, actual);
    comparison.found
}

/// The differences found so far.
struct Comparison<'a> {
    table: &'a Table,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn push(&mut self, kind: DifferenceKind, part: Option<&str>, actual: Option<String>, expected: Option<String>) {
        let table = self.table.name.as_str().to_owned();
        self.found.push(Difference { kind, table, part: part.map(str::to_owned), actual, expected });
    }

    fn missing(&mut self, kind: DifferenceKind, part: &str, expected: String) {
        self.push(kind, Some(part), None, Some(expected));
    }

    fn unexpected(&mut self, kind: DifferenceKind, part: &str, actual: String) {
        self.push(kind, Some(part), Some(actual), None);
    }

    /// A difference if the two are described differently.
    fn changed(&mut self, kind: DifferenceKind, part: Option<&str>, actual: String, expected: String) {
        if actual != expected {
            self.push(kind, part, Some(actual), Some(expected));
        }
    }

    fn column(&mut self, expected: &Column, actual: &Column) {
        let part = Some(expected.name.as_str());
        let either = |yes: bool, is: &str, is_not: &str| if yes { is.to_owned() } else { is_not.to_owned() };
        self.changed(
            DifferenceKind::ColumnType,
            part,
            actual.column_type.to_string(),
            expected.column_type.to_string(),
        );
        let nullability = |column: &Column| either(column.nullable, "takes NULL", "NOT NULL");
        self.changed(DifferenceKind::ColumnNullability, part, nullability(actual), nullability(expected));
        if !default::same(expected, actual) {
            self.changed(DifferenceKind::ColumnDefault, part, default::described(actual), default::described(expected));
        }
        let identity = |column: &Column| either(column.identity, "an identity", "no identity");
        self.changed(DifferenceKind::ColumnIdentity, part, identity(actual), identity(expected));
        let on_update = |column: &Column| {
            either(column.on_update_now, "ON UPDATE CURRENT_TIMESTAMP", "no ON UPDATE CURRENT_TIMESTAMP")
        };
        self.changed(DifferenceKind::ColumnOnUpdate, part, on_update(actual), on_update(expected));
        self.changed(
            DifferenceKind::ColumnComment,
            part,
            comment(actual.comment.as_deref()),
            comment(expected.comment.as_deref()),
        );
    }

    /// Constraints by their names, and what is left by what it demands. A primary key goes by no name: not every engine keeps it.
    fn constraints(&mut self, expected: &Table, actual: &Table) {
        let mut left: Vec<&Constraint> = actual.constraints.iter().collect();
        let mut take = |test: &dyn Fn(&Constraint) -> bool| {
            let position = left.iter().position(|constraint| test(constraint));
            position.map(|position| left.remove(position))
        };
        let is_key = |constraint: &Constraint| matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
        let mut unmatched = Vec::new();
        for constraint in &expected.constraints {
            let same_name = |other: &Constraint| {
                is_key(constraint) && is_key(other)
                    || constraint.name.key() == other.name.key() && is_key(constraint) == is_key(other)
            };
            match take(&same_name) {
                Some(other) if same_demand(&other.kind, &constraint.kind) => {}
                Some(other) => self.changed(
                    DifferenceKind::ConstraintDefinition,
                    Some(constraint.name.as_str()),
                    portable::demand(&other.kind),
                    portable::demand(&constraint.kind),
                ),
                None => unmatched.push(constraint),
            }
        }
        for constraint in unmatched {
            let is_check = matches!(constraint.kind, ConstraintKind::Check(_));
            match take(&|other| !is_check && same_demand(&other.kind, &constraint.kind)) {
                Some(other) => self.changed(
                    DifferenceKind::ConstraintName,
                    Some(constraint.name.as_str()),
                    format!("called {}", other.name),
                    constraint.name.as_str().to_owned(),
                ),
                None => self.missing(
                    DifferenceKind::MissingConstraint,
                    constraint.name.as_str(),
                    portable::demand(&constraint.kind),
                ),
            }
        }
        for constraint in left {
            self.unexpected(
                DifferenceKind::UnexpectedConstraint,
                constraint.name.as_str(),
                portable::demand(&constraint.kind),
            );
        }
    }

    fn indexes(&mut self, expected: &Table, actual: &Table) {
        let find = |table: &Table, index: &Index| {
            table.indexes.iter().find(|other| other.name.key() == index.name.key()).cloned()
        };
        for index in &expected.indexes {
            match find(actual, index) {
                Some(other) => self.changed(
                    DifferenceKind::IndexDefinition,
                    Some(index.name.as_str()),
                    extent(&other),
                    extent(index),
                ),
                None => self.missing(DifferenceKind::MissingIndex, index.name.as_str(), extent(index)),
            }
        }
        for index in &actual.indexes {
            if find(expected, index).is_none() {
                self.unexpected(DifferenceKind::UnexpectedIndex, index.name.as_str(), extent(index));
            }
        }
    }
}

fn comment(text: Option<&str>) -> String {
    text.map_or_else(|| "no comment".to_owned(), |text| format!("comment '{text}'"))
}

fn declaration(column: &Column) -> String {
    let null = if column.nullable || column.identity { "" } else { " NOT NULL" };
    format!("{}{null}", column.column_type)
}

/// Whether two constraints demand the same, as far as engines give it back.
fn same_demand(left: &ConstraintKind, right: &ConstraintKind) -> bool {
    let same = |left: &[Name], right: &[Name]| left.iter().map(Name::key).eq(right.iter().map(Name::key));
    match (left, right) {
        (ConstraintKind::PrimaryKey { columns: left }, ConstraintKind::PrimaryKey { columns: right })
        | (ConstraintKind::Unique { columns: left }, ConstraintKind::Unique { columns: right }) => same(left, right),
        (ConstraintKind::ForeignKey(left), ConstraintKind::ForeignKey(right)) => {
            left.table.key() == right.table.key()
                && left.on_delete == right.on_delete
                && same(&left.columns, &right.columns)
                && same(&left.referenced, &right.referenced)
        }
        (ConstraintKind::Check(_), ConstraintKind::Check(_)) => true,
        _ => false,
    }
}

/// What an index is over, as far as engines give it back.
fn extent(index: &Index) -> String {
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| format!("{}{}", column.name.key(), if column.descending { " DESC" } else { "" }))
        .collect();
    let unique = if index.unique { "unique " } else { "" };
    let partial = if index.predicate.is_some() { " with WHERE" } else { "" };
    format!("{unique}({}){partial}", columns.join(", "))
}
