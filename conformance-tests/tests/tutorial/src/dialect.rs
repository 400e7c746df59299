//! The dialect: SPG's words for the model's names, types, values, expressions and changes. Text alone, no IO.

mod expression;
mod render;
pub(crate) use render::{advance_sequence, sequence_of};
pub(crate) mod touch;
pub(crate) mod types;

use std::sync::Arc;

use fastman_core::dialect::{
    AlterStyle, DdlTransactions, Dialect, EmptyString, Facts, LockScope, NaturalCase, RenderInput, ServerVersion, Step,
};
use fastman_core::error::Result;
use fastman_core::flavour::Flavour;
use fastman_core::schema::{
    Aggregate, BinaryOperator, Change, Column, ColumnType, Expression, Function, Name, Schema, Table,
};
use fastman_core::sql::text;
use fastman_core::value::Value;

use crate::SPG;

/// The version of the engine that is compiled in; there is no other.
pub(crate) const VERSION: ServerVersion = ServerVersion { major: 9, minor: 1, patch: 0 };

/// SPG has no limit of its own but the depth of its stack: it puts the values of parameters into the statement.
pub(crate) const MOST_PARAMETERS: u32 = 4_096;

/// The dialect, with or without a connection: see [`fastman_core::adapter::MakeDialect`].
pub(crate) fn make(_flavour: &'static Flavour, version: Option<ServerVersion>) -> Result<Arc<dyn Dialect>> {
    Ok(Arc::new(Spg { version: version.unwrap_or(VERSION) }))
}

#[derive(Debug)]
struct Spg {
    version: ServerVersion,
}

impl Dialect for Spg {
    fn flavour(&self) -> &'static Flavour {
        &SPG
    }

    fn server_version(&self) -> ServerVersion {
        self.version
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Transactional,
            alter: AlterStyle::InPlace,
            lock: LockScope::Begin,
            natural_case: NaturalCase::Lower,
            max_parameters: MOST_PARAMETERS,
            empty_string: EmptyString::Kept,
        }
    }

    fn quote(&self, name: &Name) -> String {
        quoted(name.as_str())
    }

    fn literal(&self, value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
        types::literal(value, column_type)
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
        Ok(text::standard_binary(operator, left.0, right.0))
    }

    fn function(
        &self,
        function: Function,
        arguments: &[(String, &Expression)],
        _result: Option<&ColumnType>,
    ) -> Result<String> {
        Ok(expression::function(function, arguments))
    }

    fn cast(&self, operand: (&str, &Expression), to: &ColumnType) -> Result<String> {
        Ok(format!("CAST({} AS {})", operand.0, types::type_name(to)))
    }

    fn like(&self, operand: &str, pattern: &str, negated: bool) -> Result<String> {
        let not = if negated { "NOT " } else { "" };
        // Without an escape character, a backslash is one as any other.
        Ok(format!("({operand} {not}LIKE {} ESCAPE '')", quoted_text(pattern)))
    }

    fn aggregate(&self, function: Aggregate, argument: Option<(&str, &Expression)>) -> Result<String> {
        Ok(expression::aggregate(function, argument))
    }

    fn needs_catalog(&self, _changes: &[Change], _before: &Schema) -> Vec<Name> {
        // Nothing is built anew, so nothing can be lost.
        Vec::new()
    }

    fn render(&self, input: RenderInput<'_>) -> Result<Vec<Step>> {
        render::render(self, input)
    }

    fn script_transaction(&self, _: &[&str], _suspends: bool) -> (Vec<String>, Vec<String>) {
        (vec!["BEGIN".to_owned()], vec!["COMMIT".to_owned()])
    }
}

/// A name in quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes; a backslash is one as any other.
pub(crate) fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
