//! The dialect seam: everything about an engine that is text, without IO.
//!
//! A dialect is made for one flavour and one server version. It renders the model's changes as statements and says how
//! its types, literals, names and catalogs map to the portable ones. It holds no algorithm: what comes in which order,
//! what is recorded and what is resumed is core's.

mod conditions;
mod facts;
mod step;

use std::fmt;

pub use conditions::conditions;
pub use facts::{AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase};
pub use step::{Condition, Remains, Step, StepKind};

use crate::error::Result;
use crate::flavour::Flavour;
use crate::schema::{Aggregate, BinaryOperator, Change, Column, ColumnType, Expression, Function, Name, Schema, Table};
use crate::sql::text;
use crate::store::CatalogObjects;
use crate::value::Value;

/// A server's version, as far as dialects depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion {
    /// 15 of 15.18.
    pub major: u32,
    /// 18 of 15.18; 0 of 9.
    pub minor: u32,
    /// 4 of 9.7.4; 0 where there is none.
    pub patch: u32,
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl std::str::FromStr for ServerVersion {
    type Err = std::num::ParseIntError;

    /// Takes `15`, `15.18` and `9.7.4`.
    fn from_str(text: &str) -> Result<ServerVersion, std::num::ParseIntError> {
        let mut parts = text.splitn(3, '.').map(str::parse);
        let mut next = || parts.next().transpose().map(Option::unwrap_or_default);
        Ok(ServerVersion { major: next()?, minor: next()?, patch: next()? })
    }
}

/// What a dialect renders at once.
#[derive(Clone, Copy, Debug)]
pub struct RenderInput<'a> {
    /// One change, or several of one table for all of which [`Change::alters_table`] holds.
    pub changes: &'a [Change],
    /// The schema before the first of them.
    pub before: &'a Schema,
    /// The schema after the last of them.
    pub after: &'a Schema,
    /// What only the live catalog knows of the tables that [`Dialect::needs_catalog`] named.
    pub catalog: &'a CatalogObjects,
}

/// The text of one engine.
///
/// # Contract
/// - Every method MUST be pure: the same input gives the same output, and nothing is read or written.
/// - What the engine cannot do MUST be an [`Error`](crate::Error) with code `dialect.unsupported` made by
///   [`unsupported`], never a statement that means something else.
/// - Names MUST always be quoted, in the engine's natural case unless [`Name::is_quoted`].
pub trait Dialect: Send + Sync + fmt::Debug {
    /// The flavour it renders for.
    fn flavour(&self) -> &'static Flavour;

    /// The server's version: found at connect, given by the user offline, else the oldest that the adapter supports.
    fn server_version(&self) -> ServerVersion;

    /// What core's algorithms depend on.
    fn facts(&self) -> Facts;

    /// The name, quoted. MUST escape the quote character inside it.
    fn quote(&self, name: &Name) -> String;

    /// The literal of a value, as it is written where a column of `column_type` is compared or stored (`None`: unknown).
    ///
    /// # Errors
    /// `dialect.unsupported` for a value that the engine has no literal for.
    fn literal(&self, value: &Value, column_type: Option<&ColumnType>) -> Result<String>;

    /// The placeholder of parameter `index` (from 1).
    fn placeholder(&self, index: usize) -> String;

    /// The column's type as CREATE TABLE writes it, without constraints, default or identity.
    ///
    /// # Errors
    /// `dialect.unsupported` for what the engine can't store.
    fn type_name(&self, column: &Column) -> Result<String>;

    /// The table as the engine's catalog gives it back: types that it does not tell apart folded to one of them.
    ///
    /// MUST be idempotent, and introspecting the rendered table MUST give exactly this, expressions aside.
    fn stored(&self, table: &Table) -> Table;

    /// `left operator right`, parenthesised so that it can stand anywhere. Operands are rendered already; the expressions are
    /// there for their types. Never called for AND and OR, which are the same everywhere. IN and BETWEEN follow what it makes
    /// of their comparisons.
    ///
    /// # Errors
    /// `dialect.unsupported` where the engine can't give the portable meaning.
    fn binary(&self, operator: BinaryOperator, left: (&str, &Expression), right: (&str, &Expression))
    -> Result<String>;

    /// A scalar function of rendered arguments. `result` is the type of the column that it is the default of or is assigned to,
    /// where there is one.
    ///
    /// # Errors
    /// As [`Dialect::binary`].
    fn function(
        &self,
        function: Function,
        arguments: &[(String, &Expression)],
        result: Option<&ColumnType>,
    ) -> Result<String>;

    /// CAST of a rendered operand.
    ///
    /// # Errors
    /// As [`Dialect::binary`].
    fn cast(&self, operand: (&str, &Expression), to: &ColumnType) -> Result<String>;

    /// Case-sensitive `LIKE`; see [`Expression::Like`].
    ///
    /// # Errors
    /// As [`Dialect::binary`].
    fn like(&self, operand: &str, pattern: &str, negated: bool) -> Result<String>;

    /// An aggregate of a rendered argument; `None` for `COUNT(*)`. Its result MUST have the type that [`Aggregate`] says.
    ///
    /// # Errors
    /// As [`Dialect::binary`].
    fn aggregate(&self, function: Aggregate, argument: Option<(&str, &Expression)>) -> Result<String> {
        Ok(text::standard_aggregate(function, argument.map(|(text, _)| text)))
    }

    /// A boolean value (a column, a constant, CASE, COALESCE) where a condition stands: `(published = 1)`, parenthesised so
    /// that it can stand anywhere, on an engine without booleans. It is never called with a predicate.
    fn condition(&self, sql: &str, expression: &Expression) -> String {
        let _ = expression;
        sql.to_owned()
    }

    /// A predicate (a comparison, AND, OR, NOT, IS NULL, IN, BETWEEN, LIKE) where a value stands: `(CASE WHEN a > b THEN 1 WHEN NOT
    /// a > b THEN 0 END)`, parenthesised so that it can stand anywhere, on an engine whose predicates are no values. It is never called with anything else.
    fn boolean_value(&self, sql: &str, expression: &Expression) -> String {
        let _ = expression;
        sql.to_owned()
    }

    /// The condition of a query on `table` that its `columns` have the values of one of `keys` keys, compared as `=` compares each of
    /// them with a parameter; NULL matches nothing. Both come quoted. The parameters are numbered from 1, key by key. An engine that
    /// plans many alternatives badly MAY say it in another way: the query is run for hundreds of keys at once.
    fn matches_key(&self, table: &str, columns: &[String], keys: usize) -> String {
        let _ = table;
        let mut parameters = 1..;
        let mut one = || {
            let parts = columns.iter().zip(&mut parameters);
            let parts: Vec<String> =
                parts.map(|(column, parameter)| format!("{column} = {}", self.placeholder(parameter))).collect();
            format!("({})", parts.join(" AND "))
        };
        text::chained((0..keys).map(|_| one()).collect(), "OR")
    }

    /// The step of a statement that the user wrote for this engine and that runs outside of transactions. Of one that is known by
    /// its words an adapter MAY say what it touches, when it is done and what it leaves where it is cut off, so that nobody has to be
    /// asked about it; nothing is known of the others.
    fn raw(&self, sql: &str) -> Step {
        Step::raw(sql)
    }

    /// The tables of which [`Dialect::render`] needs the live catalog's objects.
    fn needs_catalog(&self, changes: &[Change], before: &Schema) -> Vec<Name>;

    /// The statements that do the changes, each atomic on this engine.
    ///
    /// # Contract
    /// - Each step MUST be exactly one statement, without a trailing separator.
    /// - On an engine whose DDL commits, each DDL step MUST carry the conditions that hold once it is done.
    /// - A step MUST NOT lose what the model does not know: an attribute outside the model that the statement would
    ///   drop is a `dialect.unsupported` error that names it.
    ///
    /// # Errors
    /// `dialect.unsupported`, saying what and naming a section for one engine as the way out.
    fn render(&self, input: RenderInput<'_>) -> Result<Vec<Step>>;

    /// The statement (without separator) that a script is cut into gets this behind it when it is printed as a script: `;`.
    fn script_terminator(&self, statement: &str) -> &'static str {
        let _ = statement;
        ";"
    }

    /// What a migration of a printed script begins with where it is not one transaction: commands of the engine's own shell.
    ///
    /// # Contract
    /// - The shell MUST stop at the first error from there on, where it would go on by default: what comes behind it says that the
    ///   migration is applied.
    /// - It MUST set what a session of the store has set and an earlier [`script_transaction`](Dialect::script_transaction) may have
    ///   changed.
    fn script_opening(&self) -> Vec<String> {
        Vec::new()
    }

    /// The statements that open and close a printed script's transaction around these; empty where DDL commits.
    /// `suspends` says that a step has [`Step::suspends_foreign_keys`]. The shell MUST stop at the first error, as in
    /// [`script_opening`](Dialect::script_opening).
    fn script_transaction(&self, statements: &[&str], suspends: bool) -> (Vec<String>, Vec<String>);

    /// A statement inside of a printed script's transaction, between the commands that the engine's own shell needs where the store does
    /// more than send it.
    fn script_statement(&self, statement: &str, suspends: bool) -> Vec<String> {
        let _ = suspends;
        vec![statement.to_owned()]
    }
}

/// The error of something that an engine cannot do, with the way out.
pub fn unsupported(flavour: &Flavour, what: impl fmt::Display) -> crate::Error {
    crate::Error::failed("dialect.unsupported", format!("{}: {what}", flavour.name)).with_help(format!(
        "write what {name} should do instead in a section of its own: `-- migrate:up {name}`",
        name = flavour.name
    ))
}
