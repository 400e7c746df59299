//! The dialect: PostgreSQL's words for the model's names, types, values, expressions and changes.
//!
//! Every portable change has a statement of its own and rolls back, so nothing is built anew; resumed is only what a section runs
//! outside of transactions.

mod concurrent;
mod expression;
mod literal;
pub(crate) mod render;
pub(crate) mod retype;
#[cfg(test)]
mod tests;
pub(crate) mod trigger;
pub(crate) mod types;

use fastman_core::dialect::{
    AlterStyle, DdlTransactions, Dialect, EmptyString, Facts, LockScope, NaturalCase, RenderInput, ServerVersion, Step,
    unsupported,
};
use fastman_core::error::Result;
use fastman_core::flavour::Flavour;
use fastman_core::schema::{
    Aggregate, BinaryOperator, Change, Column, ColumnType, Expression, Function, Name, Schema, Table,
};
use fastman_core::value::Value;
use fastman_flavours::POSTGRES;

use crate::settings::quoted;

/// The oldest version that works.
pub(crate) const OLDEST: ServerVersion = ServerVersion { major: 13, minor: 0, patch: 0 };

/// The dialect of one server version.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    version: ServerVersion,
}

impl Postgres {
    /// The dialect of that version.
    ///
    /// # Errors
    /// `dialect.unsupported` for one that is too old.
    pub(crate) fn new(version: ServerVersion) -> Result<Postgres> {
        if version < OLDEST {
            return Err(fastman_core::Error::usage(
                "dialect.version",
                format!("PostgreSQL {} is the oldest that fastman knows", OLDEST.major),
            ));
        }
        Ok(Postgres { version })
    }
}

impl Dialect for Postgres {
    fn flavour(&self) -> &'static Flavour {
        &POSTGRES
    }

    fn server_version(&self) -> ServerVersion {
        self.version
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Transactional,
            alter: AlterStyle::InPlace,
            lock: LockScope::Transaction,
            natural_case: NaturalCase::Lower,
            max_parameters: 65_535,
            empty_string: EmptyString::Kept,
        }
    }

    fn quote(&self, name: &Name) -> String {
        quoted(name.as_str())
    }

    fn literal(&self, value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
        literal::literal(value, column_type).map_err(|reason| unsupported(&POSTGRES, reason))
    }

    fn placeholder(&self, index: usize) -> String {
        format!("${index}")
    }

    fn type_name(&self, column: &Column) -> Result<String> {
        Ok(types::type_name(&column.column_type))
    }

    fn stored(&self, table: &Table) -> Table {
        types::stored(table)
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        left: (&str, &Expression),
        right: (&str, &Expression),
    ) -> Result<String> {
        Ok(fastman_core::sql::text::standard_binary(operator, left.0, right.0))
    }

    fn function(
        &self,
        function: Function,
        arguments: &[(String, &Expression)],
        result: Option<&ColumnType>,
    ) -> Result<String> {
        Ok(expression::function(function, arguments, result))
    }

    fn cast(&self, operand: (&str, &Expression), to: &ColumnType) -> Result<String> {
        Ok(expression::cast(operand, to))
    }

    fn like(&self, operand: &str, pattern: &str, negated: bool) -> Result<String> {
        let pattern = self.literal(&Value::Text(pattern.to_owned()), None)?;
        let not = if negated { "NOT " } else { "" };
        // Without an escape character, a backslash is one as any other.
        Ok(format!("({operand} {not}LIKE {pattern} ESCAPE '')"))
    }

    fn aggregate(&self, function: Aggregate, argument: Option<(&str, &Expression)>) -> Result<String> {
        Ok(expression::aggregate(function, argument))
    }

    fn matches_key(&self, table: &str, columns: &[String], keys: usize) -> String {
        // Of many alternatives the planner walks all for each row, or makes one index scan of each. A list of rows is joined. Its first
        // row holds NULLs of the columns' own types, which all rows get: text beside a column of another type would not compare.
        let typed = columns.iter().map(|column| format!("(SELECT {column} FROM {table} WHERE FALSE)"));
        let mut rows = vec![format!("({})", typed.collect::<Vec<_>>().join(", "))];
        let mut parameters = 1..=keys * columns.len();
        rows.extend((0..keys).map(|_| {
            let row = parameters.by_ref().take(columns.len()).map(|parameter| self.placeholder(parameter));
            format!("({})", row.collect::<Vec<_>>().join(", "))
        }));
        format!("({}) IN (VALUES {})", columns.join(", "), rows.join(", "))
    }

    fn raw(&self, sql: &str) -> Step {
        concurrent::step(sql)
    }

    fn needs_catalog(&self, changes: &[Change], before: &Schema) -> Vec<Name> {
        retype::needs_catalog(changes, before)
    }

    fn render(&self, input: RenderInput<'_>) -> Result<Vec<Step>> {
        render::render(self, input)
    }

    fn script_terminator(&self, statement: &str) -> &'static str {
        // A command of psql ends with its line.
        if statement.starts_with('\\') { "" } else { ";" }
    }

    fn script_opening(&self) -> Vec<String> {
        // psql goes on behind an error unless told so.
        vec!["\\set ON_ERROR_STOP on".to_owned()]
    }

    fn script_transaction(&self, _: &[&str], _suspends: bool) -> (Vec<String>, Vec<String>) {
        let mut open = self.script_opening();
        open.push("BEGIN".to_owned());
        (open, vec!["COMMIT".to_owned()])
    }
}
