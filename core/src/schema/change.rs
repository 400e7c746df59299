//! Changes: what a migration does to a schema or to its rows, one at a time.

use serde::{Deserialize, Serialize};

use super::{Column, ColumnType, Constraint, Delete, Expression, Index, Insert, Name, Table, Update, View};

/// One change. A statement with several actions (ALTER TABLE) is several changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    /// CREATE TABLE, with its constraints; indexes come as changes of their own.
    CreateTable(Table),
    /// DROP TABLE.
    DropTable {
        /// Which.
        table: Name,
    },
    /// ALTER TABLE ... RENAME TO.
    RenameTable {
        /// The name so far.
        table: Name,
        /// The new name.
        to: Name,
    },
    /// ALTER TABLE ... ADD COLUMN; its inline constraints come as changes of their own.
    AddColumn {
        /// Of which table.
        table: Name,
        /// Appended after the others.
        column: Column,
    },
    /// ALTER TABLE ... DROP COLUMN.
    DropColumn {
        /// Of which table.
        table: Name,
        /// Which.
        column: Name,
    },
    /// ALTER TABLE ... RENAME COLUMN.
    RenameColumn {
        /// Of which table.
        table: Name,
        /// The name so far.
        column: Name,
        /// The new name.
        to: Name,
    },
    /// ALTER TABLE ... ALTER COLUMN.
    AlterColumn {
        /// Of which table.
        table: Name,
        /// Which.
        column: Name,
        /// How.
        alteration: ColumnAlteration,
    },
    /// ALTER TABLE ... ADD CONSTRAINT.
    AddConstraint {
        /// Of which table.
        table: Name,
        /// Named.
        constraint: Constraint,
    },
    /// ALTER TABLE ... DROP CONSTRAINT.
    DropConstraint {
        /// Of which table.
        table: Name,
        /// Which.
        constraint: Name,
    },
    /// CREATE INDEX.
    CreateIndex {
        /// On which table.
        table: Name,
        /// The index.
        index: Index,
    },
    /// DROP INDEX.
    DropIndex {
        /// On which table.
        table: Name,
        /// Which.
        index: Name,
    },
    /// CREATE VIEW.
    CreateView(View),
    /// DROP VIEW.
    DropView {
        /// Which.
        view: Name,
    },
    /// COMMENT ON TABLE or COLUMN.
    Comment {
        /// Of which table.
        table: Name,
        /// On which column; `None` for the table itself.
        column: Option<Name>,
        /// The text; `None` takes the comment away.
        text: Option<String>,
    },
    /// INSERT.
    Insert(Insert),
    /// UPDATE.
    Update(Update),
    /// DELETE.
    Delete(Delete),
}

/// How ALTER COLUMN changes a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ColumnAlteration {
    /// SET DATA TYPE.
    Type(ColumnType),
    /// DROP NOT NULL (true) or SET NOT NULL (false).
    Nullable(bool),
    /// SET DEFAULT, or DROP DEFAULT where `None`.
    Default(Option<Expression>),
}

impl Change {
    /// The table, or the view, that it changes.
    pub fn subject(&self) -> &Name {
        match self {
            Change::CreateTable(table) => &table.name,
            Change::CreateView(view) => &view.name,
            Change::DropView { view } => view,
            Change::Insert(insert) => &insert.table,
            Change::Update(update) => &update.table,
            Change::Delete(delete) => &delete.table,
            Change::DropTable { table }
            | Change::RenameTable { table, .. }
            | Change::AddColumn { table, .. }
            | Change::DropColumn { table, .. }
            | Change::RenameColumn { table, .. }
            | Change::AlterColumn { table, .. }
            | Change::AddConstraint { table, .. }
            | Change::DropConstraint { table, .. }
            | Change::CreateIndex { table, .. }
            | Change::DropIndex { table, .. }
            | Change::Comment { table, .. } => table,
        }
    }

    /// Whether it changes rows and not the schema.
    pub fn is_data(&self) -> bool {
        matches!(self, Change::Insert(_) | Change::Update(_) | Change::Delete(_))
    }

    /// Whether it alters a table that stays under its name, so that a dialect may do several such changes of one table
    /// together.
    pub fn alters_table(&self) -> bool {
        matches!(
            self,
            Change::AddColumn { .. }
                | Change::DropColumn { .. }
                | Change::RenameColumn { .. }
                | Change::AlterColumn { .. }
                | Change::AddConstraint { .. }
                | Change::DropConstraint { .. }
        )
    }
}
