//! `doctor`: what fastman sees: the project, the URL, the server, what may be done there.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use clap::Args;
use fastman_core::Error;
use fastman_core::error::ErrorClass;
use fastman_core::privileges::{self, Privileges};
use fastman_core::project::{Project, Target};
use fastman_core::store::{Backend, Place};
use serde::Serialize;

use super::status::Sums;
use crate::context::{Access, Context};
use crate::narrator::Narrator;
use crate::output::{Output, Style};
use crate::run::{Exit, Stop, until_done};

/// How long a session that keeps others from reading is waited for where nothing is said.
const PATIENCE: Duration = Duration::from_secs(5);

/// Say what fastman sees: the project, the URL, the server, what may be done there
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman doctor
  fastman doctor --wait 30        wait up to 30 seconds for the server, in a container's start script
  fastman doctor --json

It changes nothing. The exit code is 0 if the database can be reached, otherwise that of the error.")]
pub struct Doctor {
    /// Try for so many seconds until the database can be reached
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
}

/// What was found, as far as it was.
#[derive(Debug, Default, Serialize)]
struct Findings {
    fastman: &'static str,
    adapters: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    /// What it holds in place of tables; nothing of the rest is known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    migrations: Option<Sums>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_write: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_create_tables: Option<bool>,
    /// Alter and drop them; not said where it goes with making them.
    #[serde(skip_serializing_if = "Option::is_none")]
    may_alter_tables: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
}

impl Doctor {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let adapters = context.registry.adapters.iter().map(|adapter| adapter.name).collect();
        let mut findings = Findings { fastman: env!("CARGO_PKG_VERSION"), adapters, ..Findings::default() };
        let outcome = self.examine(context, &mut findings);
        if context.output.is_json() {
            context.output.json(&findings)?;
        } else {
            context.output.data(&findings.table(context.output));
        }
        outcome.map(|()| Exit::Done)
    }

    fn examine(&self, context: &Context<'_>, findings: &mut Findings) -> Result<(), Stop> {
        // A URL alone is enough to look at a server.
        let project = match context.project() {
            Ok(project) => {
                findings.project = Some(project.root().display().to_string());
                project
            }
            Err(_) if context.global.url.is_some() && context.global.project.is_none() => {
                Project::open(&context.folder, &context.registry.flavours)?
            }
            Err(error) => return Err(error.into()),
        };
        let target = context.target(&project)?;
        findings.url = Some(target.url.to_string());
        findings.url_from = Some(target.origin.to_string());
        context.adapter(&target)?;
        until_done(async {
            let mut store = match self.connect(context, &project, &target).await? {
                Backend::Sql(store) => store,
                Backend::Documents(store) => {
                    findings.found(store.place());
                    findings.holds = Some("documents");
                    return Ok(());
                }
            };
            findings.found(store.place());
            let patience = self.wait.map_or(PATIENCE, Duration::from_secs);
            let narrator = &mut Narrator::new(context.output);
            let mut history = false;
            findings.migrations = match context.migrator(&project).status_within(&mut *store, patience, narrator).await
            {
                Ok(report) => {
                    history = report.history;
                    Some(Sums::of(&report))
                }
                Err(error) if error.code() == "migration.no-folder" => None,
                Err(error) if error.code() == "migrate.locked" => {
                    let help = "another program writes to the database: look again when it is done, or wait longer with --wait";
                    return Err(error.with_help(help).into());
                }
                Err(error) => return Err(error.into()),
            };
            // Some engines let one session at a time write.
            drop(store);
            let may = match context.connect(project.root(), &target, Access::Write).await {
                Ok(mut store) => privileges::found_out(&mut *store, history).await,
                Err(error) => Privileges::without(&error),
            };
            findings.may_write = may.write;
            findings.may_create_tables = may.create;
            findings.may_alter_tables = may.alter;
            findings.why_not = Some(may.reasons.join("; ")).filter(|reasons| !reasons.is_empty());
            Ok(())
        })
    }

    /// Connects, again and again while that may help and there is time.
    async fn connect(&self, context: &Context<'_>, project: &Project, target: &Target) -> Result<Backend, Error> {
        let end = Instant::now() + Duration::from_secs(self.wait.unwrap_or(0));
        loop {
            let error = match context.connect_any(project.root(), target, Access::Read).await {
                Ok(backend) => return Ok(backend),
                Err(error) => error,
            };
            let passing = matches!(
                error.class(),
                Some(
                    ErrorClass::Unreachable
                        | ErrorClass::LostConnection
                        | ErrorClass::Busy
                        | ErrorClass::MissingDatabase
                )
            );
            if !passing || Instant::now() >= end {
                return Err(error);
            }
            context.output.progress(&format!("waiting: {error}"));
            tokio::time::sleep(Duration::from_millis(500).min(end.saturating_duration_since(Instant::now()))).await;
        }
    }
}

impl Findings {
    fn found(&mut self, place: &Place) {
        self.server = Some(place.server.clone());
        self.host = Some(place.host.clone()).filter(|host| !host.is_empty());
        self.database = Some(place.database.clone());
    }

    fn table(&self, output: &Output) -> String {
        let yes = |value: bool| if value { output.paint(Style::Good, "yes") } else { output.paint(Style::Bad, "no") };
        let rows = [
            ("fastman", Some(format!("{} ({})", self.fastman, self.adapters.join(", ")))),
            ("project", Some(self.project.clone().unwrap_or_else(|| "none".to_owned()))),
            (
                "url",
                self.url.clone().map(|url| {
                    let origin = self.url_from.as_deref().map(|from| format!(", from {from}")).unwrap_or_default();
                    format!("{url}{}", output.paint(Style::Dim, &origin))
                }),
            ),
            ("server", self.server.clone()),
            ("host", self.host.clone()),
            ("database", self.database.clone()),
            ("holds", self.holds.map(|what| format!("{what}, which are seeded and not migrated"))),
            ("migrations", self.migrations.as_ref().map(|sums| sums.text().unwrap_or_else(|| "none".to_owned()))),
            ("may write", self.may_write.map(yes).map(Cow::into_owned)),
            ("may create tables", self.may_create_tables.map(yes).map(Cow::into_owned)),
            ("may alter tables", self.may_alter_tables.map(yes).map(Cow::into_owned)),
            ("because", self.why_not.clone()),
        ];
        let rows = rows.into_iter().filter_map(|(name, value)| Some((name, value?)));
        rows.map(|(name, value)| format!("{} {value}\n", output.paint(Style::Strong, &format!("{name:<18}")))).collect()
    }
}
