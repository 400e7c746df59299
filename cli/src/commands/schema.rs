//! `schema:show`: the schema that the migrations add up to.

use clap::Args;
use fastman_core::Error;
use fastman_core::adapter::nearest;
use fastman_core::schema::{Change, Name, Schema, Table, View};
use fastman_core::sql::portable;
use serde_json::{Value, json};

use crate::context::Context;
use crate::run::{Exit, Stop};

/// Show the schema that the migrations add up to, as portable SQL
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman schema:show
  fastman schema:show posts users
  fastman schema:show --json

It is what the portable sections of all migrations mean, worked out without a database.")]
pub struct Show {
    /// These tables and views alone
    #[arg(value_name = "TABLE")]
    names: Vec<String>,
}

impl Show {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let project = context.project()?;
        let schema = self.narrow(context.migrator(&project).replayed_schema()?)?;
        if context.output.is_json() {
            let tables: Vec<Value> = schema.tables().map(|table| table_json(table)).collect();
            let views: Vec<Value> = schema.views().map(|view| view_json(view)).collect();
            context.output.json(&json!({ "tables": tables, "views": views }))?;
        } else if schema.is_empty() {
            context.output.data("-- the migrations make no table\n");
        } else {
            context.output.data(&portable::schema(&schema));
        }
        Ok(Exit::Done)
    }

    /// The schema with nothing but what was asked for.
    fn narrow(&self, schema: Schema) -> Result<Schema, Error> {
        if self.names.is_empty() {
            return Ok(schema);
        }
        let mut narrowed = Schema::default();
        for text in &self.names {
            let name = Name::folded(text);
            match (schema.table(&name), schema.view(&name)) {
                (Some(table), _) => narrowed.insert_table(Table::clone(table)),
                (None, Some(view)) => narrowed.insert_view(View::clone(view)),
                (None, None) => return Err(unknown(text, &schema)),
            }
        }
        Ok(narrowed)
    }
}

fn unknown(text: &str, schema: &Schema) -> Error {
    let tables = schema.tables().map(|table| table.name.as_str());
    let names: Vec<&str> = tables.chain(schema.views().map(|view| view.name.as_str())).collect();
    let help = match nearest(text, names.iter().copied()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("there are: {}", names.join(", ")),
    };
    Error::usage("schema.not-there", format!("no migration makes a table or view {text:?}")).with_help(help)
}

fn table_json(table: &Table) -> Value {
    let columns = table.columns.iter().map(|column| {
        json!({
            "name": column.name.as_str(),
            "type": column.column_type.to_string(),
            "nullable": column.nullable,
            "default": column.default.as_ref().map(|default| portable::value(default, &column.column_type)),
            "identity": column.identity,
            "on_update_now": column.on_update_now,
            "comment": column.comment,
        })
    });
    let constraints = table.constraints.iter().map(
        |constraint| json!({ "name": constraint.name.as_str(), "definition": portable::demand(&constraint.kind) }),
    );
    let indexes = table.indexes.iter().map(|index| {
        let columns =
            index.columns.iter().map(|column| json!({ "name": column.name.as_str(), "descending": column.descending }));
        json!({
            "name": index.name.as_str(),
            "unique": index.unique,
            "columns": columns.collect::<Vec<_>>(),
            "where": index.predicate.as_ref().map(portable::expression),
        })
    });
    json!({
        "name": table.name.as_str(),
        "comment": table.comment,
        "columns": columns.collect::<Vec<_>>(),
        "constraints": constraints.collect::<Vec<_>>(),
        "indexes": indexes.collect::<Vec<_>>(),
    })
}

fn view_json(view: &View) -> Value {
    json!({ "name": view.name.as_str(), "definition": portable::change(&Change::CreateView(view.clone())) })
}
