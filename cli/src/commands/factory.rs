//! `factory:make`, `factory:create`, `factory:functions`: made-up rows, printed or written, and what they can be made of.

use clap::Args;
use fastman_core::error::SourceText;
use fastman_core::project::Project;
use fastman_core::schema::{Name, Schema};
use fastman_core::seed::discover::{AnySeeder, class_of};
use fastman_core::seed::functions::{self, FunctionInfo};
use fastman_core::seed::seeder::Seeder;
use fastman_core::seed::{MadeRows, make_rows};
use serde_json::{Map, Value as Json, json};

use super::seed::Making;
use crate::context::Context;
use crate::output::Style;
use crate::run::{Exit, Stop, until_done};
use crate::seeding::{self, Seeds};
use crate::values;

/// Make rows up and print them, a JSON object a line; nothing is written
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman factory:make user
  fastman factory:make UserFactory --count 3 --state admin
  fastman factory:make user --set email=me@example.com --set name='=upper(name())'

No database is needed. Keys that the database would number are left out.")]
pub struct Make {
    #[command(flatten)]
    rows: Rows,
}

/// Make rows up and write them to the database
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman factory:create user --count 100
  fastman factory:create post --set author_id=1 --print

Parents and children that the factory speaks of are made as well, all in one transaction.")]
pub struct Create {
    #[command(flatten)]
    rows: Rows,
    /// Print the rows, a JSON object a line, with the keys that they got
    #[arg(long)]
    print: bool,
}

/// List the functions that formulas may call, with an example each
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman factory:functions
  fastman factory:functions date           those with `date` in their name, group or description")]
pub struct Functions {
    /// Those alone that have this word in their name, group or description
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

/// Which rows are made.
#[derive(Debug, Args)]
struct Rows {
    /// The factory: user, user_factory or UserFactory
    factory: String,
    /// How many
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1)]
    count: u64,
    /// A state to put on; may be given several times
    #[arg(long, value_name = "STATE")]
    state: Vec<String>,
    /// A column and its value, in place of the factory's: a text, or a formula after a second `=`
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    #[command(flatten)]
    making: Making,
}

impl Make {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let project = context.project()?;
        let seeds = self.rows.seeds(context, &project)?;
        let mut tables = seeding::tables_without_store(context, &project, seeding::schema(context, &project)?);
        seeding::look_up(context, &project, &mut tables, seeds.factory_tables())?;
        let options = self.rows.making.options(false);
        let made = until_done(async {
            let seeding = seeds.seeding(context, &project, &tables);
            Ok(make_rows(&seeding, &options).await?)
        })?;
        let numbered = |rows: &MadeRows| numbered_by_the_database(&tables.schema(), rows);
        self.rows.print(context, &made, numbered)?;
        Ok(Exit::Done)
    }
}

impl Create {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let (project, target) = context.target_to_change("factory:create")?;
        let seeds = self.rows.seeds(context, &project)?;
        let options = self.rows.making.options(false);
        let (report, made) = until_done(async {
            let mut backend = seeding::connect(context, &project, &target).await?;
            if self.print {
                seeds.create(context, &project, &mut backend, &options).await
            } else {
                Ok((seeds.run(context, &project, &mut backend, &options).await?, Vec::new()))
            }
        })?;
        if self.print {
            self.rows.print(context, &made, |_| Vec::new())?;
        } else if context.output.is_json() {
            context.output.json(&report)?;
        } else {
            seeding::show(&report, context.output);
        }
        Ok(Exit::Done)
    }
}

impl Rows {
    /// A seeder that makes these rows and does nothing else, as if a file said so.
    fn seeds(&self, context: &Context<'_>, project: &Project) -> Result<Seeds, Stop> {
        let mut seeds = Seeds::without_seeders(context, project)?;
        let class = seeds.factory_class(&self.factory)?;
        let mut text = format!("[[seeder.make]]\nfactory = {}\ncount = {}\n", quoted(&class), self.count);
        if !self.state.is_empty() {
            let states: Vec<String> = self.state.iter().map(|state| quoted(state)).collect();
            text.push_str(&format!("state = [{}]\n", states.join(", ")));
        }
        if !self.set.is_empty() {
            text.push_str("\n[seeder.make.with]\n");
            for (column, value) in &self.set {
                text.push_str(&format!("{} = {}\n", quoted(column), quoted(value)));
            }
        }
        let seeder = Seeder::parse(class, &SourceText::new("the command line, as a seeder", text))?;
        seeds.run_only(AnySeeder::Rows(seeder));
        Ok(seeds)
    }

    /// The rows of the factory itself, without parents and children; `left_out` says which columns are not shown.
    fn print(
        &self,
        context: &Context<'_>,
        made: &[MadeRows],
        left_out: impl Fn(&MadeRows) -> Vec<String>,
    ) -> Result<(), Stop> {
        let wanted = [class_of(&self.factory), class_of(&format!("{}_factory", self.factory))];
        let own = made.iter().filter(|rows| rows.factory.as_ref().is_some_and(|factory| wanted.contains(factory)));
        let mut objects = Vec::new();
        for rows in own {
            let left_out = left_out(rows);
            objects.extend(rows.rows.iter().map(|row| {
                let shown = rows.columns.iter().zip(row).filter(|(column, _)| !left_out.contains(column));
                shown.map(|(column, value)| (column.clone(), values::json(value))).collect::<Vec<_>>()
            }));
        }
        if !objects.is_empty() && objects.iter().all(Vec::is_empty) {
            context.output.notice(
                "the factory gives no column a value: the database numbers the rows and fills in their defaults; to make values up, add \
                 lines below [fields] in its file",
            );
        }
        if context.output.is_json() {
            let objects: Vec<Map<_, _>> = objects.into_iter().map(|object| object.into_iter().collect()).collect();
            context.output.json(&objects)?;
        } else {
            context.output.data(&objects.iter().map(|object| line(object)).collect::<String>());
        }
        Ok(())
    }
}

/// An object on a line of its own, its columns in their order.
fn line(object: &[(String, Json)]) -> String {
    let members: Vec<String> = object.iter().map(|(column, value)| format!("{}:{value}", json!(column))).collect();
    format!("{{{}}}\n", members.join(","))
}

/// The columns that hold nothing before the database has numbered the row.
fn numbered_by_the_database(schema: &Schema, rows: &MadeRows) -> Vec<String> {
    let Some(table) = schema.table(&Name::exact(&rows.table)) else { return Vec::new() };
    let numbered = table.columns.iter().filter(|column| column.identity);
    numbered.map(|column| column.name.as_str().to_owned()).collect()
}

/// A text as TOML has it between quotes.
fn quoted(text: &str) -> String {
    // A JSON string is a basic string of TOML, but for the one control character that JSON leaves as it is.
    json!(text).to_string().replace('\u{7f}', "\\u007F")
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.trim().is_empty() => Ok((column.trim().to_owned(), value.to_owned())),
        _ => Err("it is not COLUMN=VALUE".to_owned()),
    }
}

impl Functions {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let word = self.word.as_deref().unwrap_or_default().to_lowercase();
        let wanted = |function: &&FunctionInfo| {
            [function.name, function.group, function.summary].iter().any(|text| text.to_lowercase().contains(&word))
        };
        let found: Vec<&FunctionInfo> = functions::list().iter().filter(wanted).collect();
        if context.output.is_json() {
            let list: Vec<Json> = found.iter().map(|function| as_json(function)).collect();
            context.output.json(&list)?;
            return Ok(Exit::Done);
        }
        let output = context.output;
        let mut group = "";
        let mut text = String::new();
        let width = found.iter().map(|function| function.signature.len()).max().unwrap_or(0).min(34);
        for function in found {
            if function.group != group {
                let gap = if group.is_empty() { "" } else { "\n" };
                group = function.group;
                text.push_str(&format!("{gap}{}\n", output.paint(Style::Strong, group)));
            }
            text.push_str(&format!("  {:width$}  {}\n", function.signature, function.summary));
            let example = format!("{:width$}  \"={}\"", "", function.example);
            text.push_str(&format!("  {}\n", output.paint(Style::Dim, &example)));
        }
        if text.is_empty() {
            context.output.notice(&format!("no function has {word:?} in its name, group or description"));
        }
        context.output.data(&text);
        Ok(Exit::Done)
    }
}

fn as_json(function: &FunctionInfo) -> Json {
    json!({
        "name": function.name,
        "signature": function.signature,
        "summary": function.summary,
        "example": format!("={}", function.example),
        "group": function.group,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_has_a_column_and_anything_behind_the_first_equals_sign() {
        assert_eq!(assignment("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(assignment("a==now()"), Ok(("a".to_owned(), "=now()".to_owned())));
        assert_eq!(assignment("a="), Ok(("a".to_owned(), String::new())));
        assert!(assignment("=b").is_err() && assignment("a").is_err());
    }

    #[test]
    fn any_text_can_stand_in_the_file_that_is_made_up() {
        assert_eq!(quoted("a\"b\\c\n\u{7f}"), "\"a\\\"b\\\\c\\n\\u007F\"");
    }
}
