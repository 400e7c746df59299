//! `db:create`: makes the database that the URL names.

use clap::Args;

use crate::context::{Access, Context, connect_options};
use crate::run::{Exit, Stop, until_done};

/// Make the database, if it is not there
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman db:create
  fastman db:create --url sqlite:///./test.db")]
pub struct Create {}

impl Create {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let (project, target) = context.target_to_change("db:create")?;
        let adapter = context.adapter(&target)?;
        let created = until_done(async {
            let options = connect_options(project.root(), &target, Access::Create);
            Ok((adapter.create_database)(&target.url, &options).await?)
        })?;
        if context.output.is_json() {
            context.output.json(&serde_json::json!({ "url": target.url.to_string(), "created": created }))?;
        } else {
            let what = if created { "made" } else { "is there already" };
            context.output.result(&format!("{} {what}\n", target.url));
        }
        Ok(Exit::Done)
    }
}
