//! A formula as it was written: a tree whose names are not resolved yet, each part with its place.

use std::ops::Range;

use super::interval::Interval;
use crate::schema::{BinaryOperator, ColumnType};
use crate::value::Value;

/// A part of a formula and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Syntax {
    pub kind: Kind,
    pub span: Range<usize>,
}

/// The kinds of parts.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A constant.
    Literal(Value),
    /// A name without parentheses: a field of the row.
    Name { name: String, quoted: bool },
    /// A function's call, but for `ref`.
    Call { name: String, name_span: Range<usize>, arguments: Vec<Syntax> },
    /// `ref(table.column, column = expression, ...)`.
    Reference { table: String, column: String, condition: Vec<(String, Syntax)> },
    /// Unary minus.
    Negate(Box<Syntax>),
    /// NOT.
    Not(Box<Syntax>),
    /// Two operands.
    Binary { operator: BinaryOperator, left: Box<Syntax>, right: Box<Syntax> },
    /// IS NULL.
    IsNull { operand: Box<Syntax>, negated: bool },
    /// IN.
    In { operand: Box<Syntax>, list: Vec<Syntax>, negated: bool },
    /// BETWEEN.
    Between { operand: Box<Syntax>, low: Box<Syntax>, high: Box<Syntax>, negated: bool },
    /// LIKE.
    Like { operand: Box<Syntax>, pattern: Box<Syntax>, negated: bool },
    /// CASE, with or without an operand.
    Case { operand: Option<Box<Syntax>>, branches: Vec<(Syntax, Syntax)>, otherwise: Option<Box<Syntax>> },
    /// CAST.
    Cast { operand: Box<Syntax>, to: ColumnType },
    /// `interval '3' day`.
    Interval(Interval),
}
