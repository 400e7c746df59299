//! `make:model`: a new model file, the table as it should be now.

use clap::Args;
use fastman_core::Error;
use fastman_core::error::SourceText;
use fastman_core::schema::Schema;
use fastman_core::sql::binder::bind_all;

use super::new_file;
use crate::context::Context;
use crate::run::{Exit, Stop};
use crate::{skeleton, words};

/// Make a model file: what a table should look like now
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman make:model post                     app/features/post/models.sql, the table posts
  fastman make:model BlogPost                 app/features/blog_post/models.sql, the table blog_posts
  fastman make:model person --table staff     app/features/person/models.sql, the table staff

Where model files are is folders.models in fastman.toml.")]
pub struct MakeModel {
    /// What one row is, in the singular: post
    name: String,
    /// The table, in place of the plural of the name
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
}

impl MakeModel {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let name = words::words(&self.name).join("_");
        if name.is_empty() {
            return Err(Error::usage("make.no-name", "the model's name has no letter in it")
                .with_help("say what one row is: fastman make:model post")
                .into());
        }
        let table = self.table.clone().unwrap_or_else(|| words::plural(&name));
        let mut project = context.project_or_new()?;
        let path = project.model_path(&name);
        let text = skeleton::model(&table);
        let source = SourceText::new(project.shown(&path), text.as_str());
        // A name that no table can have is better refused now.
        bind_all(&source, 0..text.len(), &mut Schema::default())?;
        project.ensure_id()?;
        new_file::write(&project, &path, &text)?;

        let shown = new_file::from_here(&context.folder, &path);
        if context.output.is_json() {
            context.output.json(&serde_json::json!({
                "file": shown, "name": name, "table": table, "project": project.root(),
            }))?;
        } else {
            context.output.data(&format!("{shown}\n"));
            context.output.progress(&format!(
                "made; next: write the columns of {table}, then `fastman make:migration \"create {table} table\"`"
            ));
        }
        Ok(Exit::Done)
    }
}
