//! The fake engine's dialect.

use crate::dialect::{
    AlterStyle, Condition, DdlTransactions, Dialect, Facts, RenderInput, ServerVersion, Step, unsupported,
};
use crate::error::Result;
use crate::flavour::{Flavour, Flavours, LexicalRules};
use crate::schema::{BinaryOperator, Change, Column, ColumnType, Expression, Function, Name, Schema, Table};
use crate::value::Value;

/// The fake engine.
pub const ENGINE: Flavour = Flavour { name: "fake", fallback: None, lexical: LexicalRules::STANDARD };
/// Another one, that a migration may have sections for.
pub const OTHER: Flavour = Flavour { name: "other", fallback: None, lexical: LexicalRules::STANDARD };
/// Both.
pub const FLAVOURS: Flavours = Flavours::new(&[&ENGINE, &OTHER]);

/// Its dialect.
#[derive(Debug)]
pub struct FakeDialect {
    pub facts: Facts,
    pub flavour: &'static Flavour,
    /// Columns of this name are more than it can do.
    pub cannot: Option<&'static str>,
}

impl Dialect for FakeDialect {
    fn flavour(&self) -> &'static Flavour {
        self.flavour
    }

    fn server_version(&self) -> ServerVersion {
        ServerVersion { major: 1, minor: 0, patch: 0 }
    }

    fn facts(&self) -> Facts {
        self.facts
    }

    fn quote(&self, name: &Name) -> String {
        format!("\"{name}\"")
    }

    fn literal(&self, value: &Value, _: Option<&ColumnType>) -> Result<String> {
        Ok(match value {
            Value::Null => "NULL".to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
            other => format!("'{other:?}'"),
        })
    }

    fn placeholder(&self, index: usize) -> String {
        format!("?{index}")
    }

    fn type_name(&self, column: &Column) -> Result<String> {
        Ok(column.column_type.to_string())
    }

    fn stored(&self, table: &Table) -> Table {
        table.clone()
    }

    fn binary(&self, _: BinaryOperator, left: (&str, &Expression), right: (&str, &Expression)) -> Result<String> {
        Ok(format!("({} ? {})", left.0, right.0))
    }

    fn function(&self, _: Function, _: &[(String, &Expression)], _: Option<&ColumnType>) -> Result<String> {
        Ok("now()".to_owned())
    }

    fn cast(&self, operand: (&str, &Expression), _: &ColumnType) -> Result<String> {
        Ok(operand.0.to_owned())
    }

    fn like(&self, operand: &str, _: &str, _: bool) -> Result<String> {
        Ok(operand.to_owned())
    }

    fn needs_catalog(&self, changes: &[Change], _: &Schema) -> Vec<Name> {
        match changes.first() {
            Some(first) if self.facts.alter == AlterStyle::Rebuild && changes.iter().any(rebuilds) => {
                vec![first.subject().clone()]
            }
            _ => Vec::new(),
        }
    }

    fn render(&self, input: RenderInput<'_>) -> Result<Vec<Step>> {
        let mut steps: Vec<Step> =
            input.changes.iter().map(|change| self.step(change, &input)).collect::<Result<_>>()?;
        // What is kept of a table that is built anew is made again in its own words, where it has some.
        if let Some(table) = steps.iter().find_map(|step| step.rebuilds.clone()) {
            let words = input.catalog.objects.iter().filter(|object| !object.sql.is_empty());
            steps.extend(words.map(|object| Step::ddl(object.sql.clone(), &table).rebuilding(&table)));
        }
        Ok(steps)
    }

    fn script_transaction(&self, _: &[&str], suspends: bool) -> (Vec<String>, Vec<String>) {
        match self.facts.ddl {
            DdlTransactions::Committing => (Vec::new(), Vec::new()),
            DdlTransactions::Transactional => {
                let begin = if suspends { "BEGIN SUSPENDED" } else { "BEGIN" };
                (vec![begin.to_owned()], vec!["COMMIT".to_owned()])
            }
        }
    }
}

fn rebuilds(change: &Change) -> bool {
    matches!(change, Change::AlterColumn { .. } | Change::DropColumn { .. })
}

impl FakeDialect {
    fn step(&self, change: &Change, input: &RenderInput<'_>) -> Result<Step> {
        let table = change.subject();
        let verb = match change {
            Change::CreateTable(_) => "create table",
            Change::DropTable { .. } => "drop table",
            Change::AddColumn { .. } => "add column",
            Change::DropColumn { .. } => "drop column",
            Change::Insert(_) | Change::Update(_) | Change::Delete(_) => "write",
            _ => "alter",
        };
        if let (Change::AddColumn { column, .. }, Some(cannot)) = (change, self.cannot)
            && column.name.as_str() == cannot
        {
            return Err(unsupported(self.flavour, format!("no column may be called {cannot}")));
        }
        let json = serde_json::to_string(change).unwrap();
        let objects: Vec<&str> = input.catalog.objects.iter().map(|object| object.name.as_str()).collect();
        let objects = if objects.is_empty() { String::new() } else { format!(" keeping {}", objects.join(" ")) };
        let anew = self.facts.alter == AlterStyle::Rebuild && rebuilds(change);
        let columns = input.after.table(table).filter(|_| anew).into_iter().flat_map(|table| &table.columns);
        let columns: String = columns.map(|column| format!(" {}", column.name)).collect();
        let sql = format!("{verb} {table}{objects} #{json}{columns}");
        if change.is_data() {
            return Ok(Step::data(sql));
        }
        let step = Step::ddl(sql, table);
        let step = match change {
            Change::CreateTable(table) => step.done_when(Condition::Table { table: table.name.clone(), present: true }),
            Change::DropTable { table } => step.done_when(Condition::Table { table: table.clone(), present: false }),
            Change::AddColumn { table, column } => {
                step.done_when(Condition::Column { table: table.clone(), column: column.name.clone(), present: true })
            }
            _ => step,
        };
        Ok(if anew { step.rebuilding(table) } else { step })
    }
}
