//! `make:seeder` and `make:factory`: new files, filled from what is known of the table.

use std::path::PathBuf;

use clap::Args;
use fastman_core::Error;
use fastman_core::error::SourceText;
use fastman_core::project::Project;
use fastman_core::schema::{Name, Schema};
use fastman_core::seed::discover::{Factories, SeedFiles};
use fastman_core::seed::tables::Tables;
use fastman_core::seed::template::{self, Surroundings};
use fastman_core::sql::binder::bind_all;

use super::new_file;
use crate::context::Context;
use crate::run::{Exit, Stop};
use crate::{seeding, words};

/// Make a seeder file: rows that a table starts with
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman make:seeder user                    database/seeders/user_seeder.toml, for the table users
  fastman make:seeder staff --table people

It is filled from the columns of the table, where they are known: from its model, from the migrations, else from the database.")]
pub struct MakeSeeder {
    #[command(flatten)]
    subject: Subject,
}

/// Make a factory file: how made-up rows of a table look
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman make:factory user                   tests/factories/user_factory.toml, for the table users
  fastman make:factory staff --table people

It is filled from the columns of the table, where they are known: from its model, from the migrations, else from the database.
`fastman factory:functions` lists what values can be made of.")]
pub struct MakeFactory {
    #[command(flatten)]
    subject: Subject,
}

#[derive(Debug, Args)]
struct Subject {
    /// What one row is, in the singular: user
    name: String,
    /// The table, in place of the plural of the name
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
}

/// Which of the two.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// What the file's name ends in, without its ending.
    word: &'static str,
    folder: fn(&Project) -> PathBuf,
    text: fn(&str, &str, Option<&fastman_core::schema::Table>, Surroundings<'_>) -> String,
    /// What comes after it.
    next: fn(&str) -> String,
}

const SEEDER: Kind = Kind {
    word: "seeder",
    folder: Project::seeders_folder,
    text: template::seeder,
    next: |class| format!("write its rows, then `fastman database:seed --class={class}`"),
};

const FACTORY: Kind = Kind {
    word: "factory",
    folder: Project::factories_folder,
    text: template::factory,
    next: |class| format!("see what it makes: `fastman factory:make {class} --count 3`"),
};

impl MakeSeeder {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        self.subject.make(context, SEEDER)
    }
}

impl MakeFactory {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        self.subject.make(context, FACTORY)
    }
}

impl Subject {
    fn make(&self, context: &Context<'_>, kind: Kind) -> Result<Exit, Stop> {
        let mut words = words::words(&self.name);
        // UserSeeder, as the class is called, is meant as well as user.
        words.pop_if(|last| *last == kind.word);
        let name = words.join("_");
        if name.is_empty() {
            let example = format!("say what one row is: fastman make:{} user", kind.word);
            return Err(Error::usage("make.no-name", format!("the {}'s name has no letter in it", kind.word))
                .with_help(example)
                .into());
        }
        let table = self.table.clone().unwrap_or_else(|| words::plural(&name));
        let mut project = context.project_or_new()?;
        let tables = known(context, &project, &name, &table)?;
        let seeders: Vec<String> = SeedFiles::seeders(&project)?.iter().map(|file| file.class.clone()).collect();
        let factories = Factories::read(&SeedFiles::factories(&project)?)?;
        let around = Surroundings { tables: &tables, factories: &factories, seeders: &seeders };
        let found = tables.find(&table).map(|table| &**table);
        let text = (kind.text)(&name, &table, found, around);
        let path = (kind.folder)(&project).join(format!("{name}_{}.toml", kind.word));
        project.ensure_id()?;
        new_file::write(&project, &path, &text)?;

        let shown = new_file::from_here(&context.folder, &path);
        let class = fastman_core::seed::discover::class_of(&format!("{name}_{}", kind.word));
        if context.output.is_json() {
            context.output.json(&serde_json::json!({
                "file": shown, "class": class, "table": table, "table_known": found.is_some(), "project": project.root(),
            }))?;
            return Ok(Exit::Done);
        }
        context.output.data(&format!("{shown}\n"));
        if found.is_none() {
            context
                .output
                .notice(&format!("nothing is known of a table {table}: the columns in the file are examples"));
        }
        context.output.progress(&format!("made; next: {}", (kind.next)(&class)));
        Ok(Exit::Done)
    }
}

/// The tables of the model, of the migrations, and where neither knows this one, of the database.
fn known(context: &Context<'_>, project: &Project, name: &str, table: &str) -> Result<Tables, Stop> {
    let mut schema = seeding::schema(context, project)?;
    let model = project.model_path(name);
    if let Ok(text) = std::fs::read_to_string(&model) {
        let source = SourceText::new(project.shown(&model), text.as_str());
        let mut modelled = Schema::default();
        // A model that refers to other tables, or is not finished, is no reason to refuse a seeder.
        match bind_all(&source, 0..text.len(), &mut modelled) {
            Ok(_) => {
                if let Some(table) = modelled.table(&Name::exact(table)) {
                    schema.insert_table(table.as_ref().clone());
                }
            }
            Err(error) => tracing::debug!(%error, "the model is not used"),
        }
    }
    let mut tables = seeding::tables_without_store(context, project, schema);
    seeding::look_up(context, project, &mut tables, [table])?;
    Ok(tables)
}
