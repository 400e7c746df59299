//! The dialect of an engine that is made to commit: what the inner dialect does in several statements is one here, with
//! the conditions that hold once it is done.

use std::sync::Arc;

use fastman_core::Result;
use fastman_core::dialect::{Dialect, Facts, RenderInput, ServerVersion, Step, StepKind, conditions};
use fastman_core::flavour::Flavour;
use fastman_core::schema::{BinaryOperator, Change, Column, ColumnType, Expression, Function, Name, Schema, Table};
use fastman_core::value::Value;

/// Opens a statement that is several to the inner engine.
const COMPOUND: &str = "/* one statement to this engine */\n";
/// Stands between its parts.
const THEN: &str = "\n/* then */\n";

/// The statements that one statement of this engine is to the inner engine.
pub(super) fn parts(sql: &str) -> Vec<&str> {
    match sql.strip_prefix(COMPOUND) {
        Some(body) => body.split(THEN).collect(),
        None => vec![sql],
    }
}

/// Whether a statement is DDL, by its first word.
pub(super) fn is_ddl(sql: &str) -> bool {
    let sql = without_leading_comments(sql);
    let word: String = sql.chars().take_while(char::is_ascii_alphabetic).collect();
    ["CREATE", "ALTER", "DROP"].iter().any(|ddl| ddl.eq_ignore_ascii_case(&word))
}

fn without_leading_comments(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start()
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start()
        } else {
            return rest;
        };
    }
}

#[derive(Debug)]
pub(super) struct CommittingDialect(pub(super) Arc<dyn Dialect>);

impl Dialect for CommittingDialect {
    fn flavour(&self) -> &'static Flavour {
        self.0.flavour()
    }

    fn server_version(&self) -> ServerVersion {
        self.0.server_version()
    }

    fn facts(&self) -> Facts {
        super::facts(self.0.facts())
    }

    fn quote(&self, name: &Name) -> String {
        self.0.quote(name)
    }

    fn literal(&self, value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
        self.0.literal(value, column_type)
    }

    fn placeholder(&self, index: usize) -> String {
        self.0.placeholder(index)
    }

    fn type_name(&self, column: &Column) -> Result<String> {
        self.0.type_name(column)
    }

    fn stored(&self, table: &Table) -> Table {
        self.0.stored(table)
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        left: (&str, &Expression),
        right: (&str, &Expression),
    ) -> Result<String> {
        self.0.binary(operator, left, right)
    }

    fn function(
        &self,
        function: Function,
        arguments: &[(String, &Expression)],
        result: Option<&ColumnType>,
    ) -> Result<String> {
        self.0.function(function, arguments, result)
    }

    fn cast(&self, operand: (&str, &Expression), to: &ColumnType) -> Result<String> {
        self.0.cast(operand, to)
    }

    fn like(&self, operand: &str, pattern: &str, negated: bool) -> Result<String> {
        self.0.like(operand, pattern, negated)
    }

    fn matches_key(&self, table: &str, columns: &[String], keys: usize) -> String {
        self.0.matches_key(table, columns, keys)
    }

    fn needs_catalog(&self, changes: &[Change], before: &Schema) -> Vec<Name> {
        self.0.needs_catalog(changes, before)
    }

    fn render(&self, input: RenderInput<'_>) -> Result<Vec<Step>> {
        let steps = self.0.render(input)?;
        if steps.is_empty() || input.changes.iter().all(Change::is_data) {
            return Ok(steps);
        }
        let sql = match steps.as_slice() {
            [step] if !step.suspends_foreign_keys() => step.sql.clone(),
            _ => {
                let parts: Vec<&str> = steps.iter().map(|step| step.sql.as_str()).collect();
                format!("{COMPOUND}{}", parts.join(THEN))
            }
        };
        let mut touches: Vec<Name> = input.changes.iter().map(|change| change.subject().clone()).collect();
        touches.extend(steps.into_iter().flat_map(|step| step.touches));
        for change in input.changes {
            if let Change::RenameTable { to, .. } = change {
                touches.push(to.clone());
            }
        }
        touches.sort();
        touches.dedup();
        let done_when = input.changes.iter().flat_map(|change| conditions(self, change, input.after)).collect();
        Ok(vec![Step { sql, kind: StepKind::Ddl, touches, done_when, rebuilds: None, remains: None }])
    }

    fn script_terminator(&self, statement: &str) -> &'static str {
        self.0.script_terminator(statement)
    }

    fn script_opening(&self) -> Vec<String> {
        self.0.script_opening()
    }

    fn script_transaction(&self, _: &[&str], _suspends: bool) -> (Vec<String>, Vec<String>) {
        (Vec::new(), Vec::new())
    }
}
