//! Bound queries and data statements: SELECT for views and copies, INSERT, UPDATE, DELETE.

use serde::{Deserialize, Serialize};

use super::{Expression, Name};

/// A query over one table or equi-joins, with WHERE and GROUP BY.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Select {
    /// What it shows, each under a name of its own; `*` is written out.
    pub items: Vec<SelectItem>,
    /// The first relation.
    pub from: Relation,
    /// The joined ones, in order.
    pub joins: Vec<Join>,
    /// WHERE, a boolean.
    pub filter: Option<Expression>,
    /// GROUP BY, columns or expressions that the items repeat.
    pub group_by: Vec<Expression>,
}

/// One item of a SELECT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectItem {
    /// What is computed.
    pub expression: Expression,
    /// The name it is shown under.
    pub alias: Name,
}

/// A table or view in FROM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// Which.
    pub name: Name,
    /// What it is called in this query.
    pub alias: Option<Name>,
}

/// A join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// Inner or left.
    pub kind: JoinKind,
    /// With what.
    pub relation: Relation,
    /// Equalities between columns, joined by AND.
    pub on: Expression,
}

/// The portable joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinKind {
    /// Rows with a partner.
    Inner,
    /// All rows of the left, with NULLs where there is no partner.
    Left,
}

/// INSERT.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Insert {
    /// Into which table.
    pub table: Name,
    /// Which columns, in order; always written out.
    pub columns: Vec<Name>,
    /// Whence the rows.
    pub source: InsertSource,
}

/// Whence an INSERT has its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum InsertSource {
    /// VALUES; each row as long as the columns. `None` stands for DEFAULT.
    Values(Vec<Vec<Option<Expression>>>),
    /// A query with as many items as there are columns.
    Select(Select),
}

/// UPDATE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// Which table.
    pub table: Name,
    /// Column and new value; `None` stands for DEFAULT. Values see the row as it was.
    pub assignments: Vec<(Name, Option<Expression>)>,
    /// WHERE, a boolean.
    pub filter: Option<Expression>,
}

/// DELETE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delete {
    /// From which table.
    pub table: Name,
    /// WHERE, a boolean.
    pub filter: Option<Expression>,
}
