//! Bound, typed expressions: what the binder makes of portable SQL and what a dialect renders.

use serde::{Deserialize, Serialize};

use super::{ColumnType, Name};
use crate::value::Value;

/// An expression whose names are resolved and whose operands have types that the operator takes on every engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Expression {
    /// A constant, already in the form of the type it is compared with or stored as.
    Literal {
        /// The constant.
        value: Value,
        /// Its type; `None` for a bare NULL.
        column_type: Option<ColumnType>,
    },
    /// A column in scope.
    Column(ColumnReference),
    /// NOT or unary minus.
    Unary {
        /// Which.
        operator: UnaryOperator,
        /// What it applies to.
        operand: Box<Expression>,
    },
    /// Two operands and an operator between them.
    Binary {
        /// The left operand.
        left: Box<Expression>,
        /// The operator.
        operator: BinaryOperator,
        /// The right operand.
        right: Box<Expression>,
    },
    /// `IS NULL`, `IS NOT NULL`.
    IsNull {
        /// What is tested.
        operand: Box<Expression>,
        /// `IS NOT NULL`.
        negated: bool,
    },
    /// `IN (a, b, ...)`; the list is never empty.
    In {
        /// What is looked up.
        operand: Box<Expression>,
        /// What it is looked up in.
        list: Vec<Expression>,
        /// `NOT IN`.
        negated: bool,
    },
    /// `BETWEEN low AND high`, both included.
    Between {
        /// What is tested.
        operand: Box<Expression>,
        /// The lower bound.
        low: Box<Expression>,
        /// The upper bound.
        high: Box<Expression>,
        /// `NOT BETWEEN`.
        negated: bool,
    },
    /// `LIKE 'pattern'`, case-sensitive; `%` stands for any text, `_` for one character, and nothing escapes them.
    Like {
        /// What is tested.
        operand: Box<Expression>,
        /// The pattern, a constant.
        pattern: String,
        /// `NOT LIKE`.
        negated: bool,
    },
    /// `CASE WHEN ... THEN ... ELSE ... END`; a simple CASE is bound as the searched one.
    Case {
        /// Condition and result, in order; never empty.
        branches: Vec<(Expression, Expression)>,
        /// The result of ELSE.
        otherwise: Option<Box<Expression>>,
    },
    /// `CAST(operand AS type)`, only between types where every engine agrees.
    Cast {
        /// What is converted.
        operand: Box<Expression>,
        /// To which type.
        to: ColumnType,
    },
    /// A scalar function.
    Call {
        /// Which.
        function: Function,
        /// As many as the function takes.
        arguments: Vec<Expression>,
    },
    /// An aggregate, only in the items of a SELECT.
    Aggregate {
        /// Which.
        function: Aggregate,
        /// `None` for `COUNT(*)`.
        argument: Option<Box<Expression>>,
    },
    /// An engine's own text, read back from its catalog. The binder never makes one; nothing compares equal to it.
    Raw(String),
}

/// A column that an expression names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnReference {
    /// The table or alias that qualifies it; `None` where the statement has one relation.
    pub relation: Option<Name>,
    /// The column, spelled as its table declares it.
    pub name: Name,
    /// Its declared type.
    pub column_type: ColumnType,
    /// Whether it may be NULL here (a column of the right side of a LEFT JOIN always may).
    pub nullable: bool,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOperator {
    /// Logical negation of a boolean.
    Not,
    /// The number's negative.
    Negate,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOperator {
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient of floats.
    Divide,
    /// Quotient of integers, truncated towards zero.
    IntegerDivide,
    /// Remainder of integers, with the sign of the dividend.
    Modulo,
    /// Texts joined; NULL if either is.
    Concatenate,
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
    /// Both (three-valued).
    And,
    /// Either (three-valued).
    Or,
}

impl BinaryOperator {
    /// Whether the result is a boolean from two operands of one type.
    pub fn is_comparison(self) -> bool {
        use BinaryOperator::*;
        matches!(self, Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual)
    }
}

/// The portable scalar functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// First argument that is not NULL; two or more of one type.
    Coalesce,
    /// NULL if both are equal, else the first.
    NullIf,
    /// Text in lower case.
    Lower,
    /// Text in upper case.
    Upper,
    /// Characters in a text.
    Length,
    /// Text without leading and trailing spaces.
    Trim,
    /// `SUBSTRING(text, start, length?)`; start counts from 1 and both are constants.
    Substring,
    /// `REPLACE(text, from, to)`.
    Replace,
    /// The number without its sign.
    Absolute,
    /// `ROUND(decimal, digits?)`, half away from zero; digits is a constant.
    Round,
    /// Today in UTC.
    CurrentDate,
    /// Now, in UTC where the result has no zone.
    CurrentTimestamp,
}

/// The portable aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Aggregate {
    /// How many rows, or how many that are not NULL: BIGINT.
    Count,
    /// The sum: BIGINT for integers, DOUBLE for floats, DECIMAL(38, s) for DECIMAL(p, s).
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The mean as a DOUBLE PRECISION.
    Average,
}

impl Expression {
    /// A constant of a type.
    pub fn literal(value: Value, column_type: ColumnType) -> Expression {
        Expression::Literal { value, column_type: Some(column_type) }
    }

    /// The bare NULL.
    pub fn null() -> Expression {
        Expression::Literal { value: Value::Null, column_type: None }
    }
}
