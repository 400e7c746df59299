//! `migrate:sql`: the script of migrations for a DBA, made without a connection.

use clap::Args;
use fastman_core::Error;
use fastman_core::dialect::ServerVersion;

use super::migrate::version;
use crate::context::Context;
use crate::run::{Exit, Stop};

/// Print the SQL script of the migrations for one engine, without a connection
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman migrate:sql --dialect sqlite
  fastman migrate:sql --dialect postgres --server-version 15 > migrations.sql
  fastman migrate:sql --dialect postgres --from 20260131120000    what comes after this one

The script records what it does in the history table, so that fastman goes on behind it. What it takes for granted, since \
it can't look at a database, stands in it as comments.")]
pub struct Sql {
    /// The engine: sqlite, postgres, mysql, mariadb, oracle; left out: that of the URL
    #[arg(long, value_name = "ENGINE")]
    dialect: Option<String>,
    /// The server's version; left out: the oldest that is supported
    #[arg(long, value_name = "VERSION")]
    server_version: Option<String>,
    /// Start behind this migration, which is applied already
    #[arg(long, value_name = "VERSION")]
    from: Option<String>,
    /// Stop behind this migration
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
}

impl Sql {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let project = context.project()?;
        let server_version = self.server_version.as_deref().map(server_version).transpose()?;
        let dialect = match &self.dialect {
            Some(name) => context.dialect_named(name, server_version)?,
            None => {
                let target = context.target(&project).map_err(|error| match error.code() {
                    "url.missing" => Error::usage("sql.no-dialect", "for which engine is not said")
                        .with_help("give --dialect, or a database URL to take the engine from"),
                    _ => error,
                })?;
                context.dialect(&target, server_version)?
            }
        };
        let migrator = context.checked_migrator(&project)?;
        let from = version(&migrator, self.from.as_deref())?;
        let to = version(&migrator, self.to.as_deref())?;
        if context.output.is_json() {
            context.output.json(&migrator.script_report(dialect, from, to)?)?;
        } else {
            context.output.data(&migrator.script(dialect, from, to)?);
        }
        Ok(Exit::Done)
    }
}

fn server_version(text: &str) -> Result<ServerVersion, Error> {
    text.parse().map_err(|_| {
        Error::usage("sql.server-version", format!("{text:?} is not a server's version"))
            .with_help("write it as 15, 15.4 or 9.7.1")
    })
}
