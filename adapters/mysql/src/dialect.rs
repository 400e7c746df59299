//! The dialects of MySQL and MariaDB: their words for the model's names, types, values, expressions and changes.
//!
//! Both commit with every DDL statement, so each is one that is done as a whole or not at all, and says what holds once it is.

mod alter;
mod definition;
mod expression;
mod guard;
mod literal;
mod loss;
mod render;
mod stored;
mod support;
mod types;

use std::sync::Arc;

use fastman_core::dialect::{
    AlterStyle, DdlTransactions, Dialect, EmptyString, Facts, LockScope, NaturalCase, RenderInput, ServerVersion, Step,
};
use fastman_core::error::{Error, Result};
use fastman_core::flavour::Flavour;
use fastman_core::schema::{
    Aggregate, BinaryOperator, Change, Column, ColumnType, Expression, Function, Name, Schema, Table,
};
use fastman_core::sql::text;
use fastman_core::value::Value;

pub(crate) use literal::string;
pub(crate) use stored::canonical;
pub(crate) use types::declared;

use crate::product::Product;

/// The dialect of one product in one version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mysql {
    pub(crate) product: Product,
    pub(crate) version: ServerVersion,
}

/// Makes the dialect; see [`fastman_core::adapter::Adapter::dialect`].
///
/// # Errors
/// `dialect.version` for one that is too old.
pub(crate) fn make(flavour: &'static Flavour, version: Option<ServerVersion>) -> Result<Arc<dyn Dialect>> {
    let product = Product::of(flavour);
    let oldest = product.oldest();
    // Who says 8.0 and no more means the series.
    let version = version.filter(|given| (given.major, given.minor, given.patch) != (oldest.major, oldest.minor, 0));
    let version = version.unwrap_or(oldest);
    if version < oldest {
        return Err(Error::usage(
            "dialect.version",
            format!("{} {oldest} is the oldest that fastman writes for", product.name()),
        ));
    }
    Ok(Arc::new(Mysql { product, version }))
}

/// A name in quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

impl Mysql {
    /// Whether there is a type for UUIDs.
    pub(crate) fn has_uuid(&self) -> bool {
        self.product == Product::MariaDb && (self.version.major, self.version.minor) >= (10, 7)
    }

    /// The error of what this product can't do.
    pub(crate) fn unsupported(&self, what: impl std::fmt::Display) -> Error {
        fastman_core::dialect::unsupported(self.product.flavour(), what)
    }
}

impl Dialect for Mysql {
    fn flavour(&self) -> &'static Flavour {
        self.product.flavour()
    }

    fn server_version(&self) -> ServerVersion {
        self.version
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Committing,
            alter: AlterStyle::InPlace,
            lock: LockScope::Session,
            natural_case: NaturalCase::Lower,
            // Two bytes of the protocol.
            max_parameters: 65_535,
            empty_string: EmptyString::Kept,
        }
    }

    fn quote(&self, name: &Name) -> String {
        quoted(name.as_str())
    }

    fn literal(&self, value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
        literal::literal(value, column_type, self.product).map_err(|reason| self.unsupported(reason))
    }

    fn placeholder(&self, _: usize) -> String {
        "?".to_owned()
    }

    fn type_name(&self, column: &Column) -> Result<String> {
        self.type_text(&column.column_type)
    }

    fn stored(&self, table: &Table) -> Table {
        self.stored_table(table)
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        left: (&str, &Expression),
        right: (&str, &Expression),
    ) -> Result<String> {
        Ok(expression::binary(operator, left.0, right.0))
    }

    fn function(
        &self,
        function: Function,
        arguments: &[(String, &Expression)],
        _: Option<&ColumnType>,
    ) -> Result<String> {
        Ok(expression::function(function, arguments.iter().map(|(text, _)| text.as_str())))
    }

    fn cast(&self, operand: (&str, &Expression), to: &ColumnType) -> Result<String> {
        expression::cast(operand.0, operand.1.column_type().as_ref(), to).map_err(|reason| self.unsupported(reason))
    }

    fn like(&self, operand: &str, pattern: &str, negated: bool) -> Result<String> {
        Ok(expression::like(operand, pattern, negated, self.product))
    }

    fn aggregate(&self, function: Aggregate, argument: Option<(&str, &Expression)>) -> Result<String> {
        Ok(expression::aggregate(function, argument))
    }

    fn needs_catalog(&self, changes: &[Change], before: &Schema) -> Vec<Name> {
        alter::needs_catalog(changes, before)
    }

    fn render(&self, input: RenderInput<'_>) -> Result<Vec<Step>> {
        render::render(self, input)
    }

    fn script_terminator(&self, statement: &str) -> &'static str {
        let _ = statement;
        ";"
    }

    fn script_transaction(&self, _: &[&str], _suspends: bool) -> (Vec<String>, Vec<String>) {
        (Vec::new(), Vec::new())
    }
}

/// The text of an expression as a value.
fn value_text(dialect: &Mysql, expression: &Expression, result: Option<&ColumnType>) -> Result<String> {
    text::expression(dialect, expression, result)
}
