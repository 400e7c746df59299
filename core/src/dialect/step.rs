//! Steps: the statements of a plan, with what resuming needs to know of each.

use serde::{Deserialize, Serialize};

use crate::schema::{ColumnType, Name};

/// One statement of a rendered plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The statement, without a trailing separator.
    pub sql: String,
    /// What kind of statement it is.
    pub kind: StepKind,
    /// The tables and views whose catalog echo this statement changes: its pre-image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<Name>,
    /// What holds once it is done. Empty: only a person can know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done_when: Vec<Condition>,
    /// The table that it is part of building anew; the transaction around it needs foreign keys suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilds: Option<Name>,
    /// What it leaves where it is cut off or fails, if it is not atomic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remains: Option<Remains>,
}

/// What a statement that is not atomic leaves where it is cut off or fails: an index that is not valid, say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remains {
    /// A query that has a row where something was left.
    pub found_by: String,
    /// The statement that takes it away, so that the other can be run again.
    pub removed_by: String,
}

/// What kind of statement a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// Changes the schema.
    Ddl,
    /// Changes rows.
    Data,
    /// Written by the user for one engine; fastman does not know what it does.
    Raw,
}

/// A structural fact that can be checked against an introspected catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The table is there, or not.
    Table {
        /// Which.
        table: Name,
        /// There, or not.
        present: bool,
    },
    /// The column is there, or not.
    Column {
        /// Of which table.
        table: Name,
        /// Which.
        column: Name,
        /// There, or not.
        present: bool,
    },
    /// The column has this type (as the engine stores it), takes NULL or not, and has a default or not.
    ColumnIs {
        /// Of which table.
        table: Name,
        /// Which.
        column: Name,
        /// As [`Dialect::stored`](super::Dialect::stored) gives it.
        column_type: ColumnType,
        /// Whether it takes NULL.
        nullable: bool,
        /// Whether it has a default.
        defaulted: bool,
    },
    /// The constraint is there, or not.
    Constraint {
        /// Of which table.
        table: Name,
        /// Which.
        constraint: Name,
        /// There, or not.
        present: bool,
    },
    /// The index is there, or not.
    Index {
        /// On which table.
        table: Name,
        /// Which.
        index: Name,
        /// There, or not.
        present: bool,
    },
    /// The view is there, or not.
    View {
        /// Which.
        view: Name,
        /// There, or not.
        present: bool,
    },
    /// The table's comment, or its column's, is this.
    Comment {
        /// Of which table.
        table: Name,
        /// Of which column; `None` for the table itself.
        column: Option<Name>,
        /// The text.
        text: Option<String>,
    },
    /// The engine's own query has a row.
    Answers {
        /// It.
        query: String,
    },
}

impl Step {
    /// A DDL statement on one table.
    pub fn ddl(sql: impl Into<String>, table: &Name) -> Step {
        Step {
            sql: sql.into(),
            kind: StepKind::Ddl,
            touches: vec![table.clone()],
            done_when: Vec::new(),
            rebuilds: None,
            remains: None,
        }
    }

    /// A data statement.
    pub fn data(sql: impl Into<String>) -> Step {
        Step {
            sql: sql.into(),
            kind: StepKind::Data,
            touches: Vec::new(),
            done_when: Vec::new(),
            rebuilds: None,
            remains: None,
        }
    }

    /// A statement that the user wrote for one engine.
    pub fn raw(sql: impl Into<String>) -> Step {
        Step {
            sql: sql.into(),
            kind: StepKind::Raw,
            touches: Vec::new(),
            done_when: Vec::new(),
            rebuilds: None,
            remains: None,
        }
    }

    /// The same with what holds once it is done.
    #[must_use]
    pub fn done_when(mut self, condition: Condition) -> Step {
        self.done_when.push(condition);
        self
    }

    /// The same as part of building a table anew.
    #[must_use]
    pub fn rebuilding(mut self, table: &Name) -> Step {
        self.rebuilds = Some(table.clone());
        self
    }

    /// Whether the transaction around it needs foreign keys suspended.
    pub fn suspends_foreign_keys(&self) -> bool {
        self.rebuilds.is_some()
    }
}
