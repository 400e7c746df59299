//! `migrate:status`: every migration and what it is.

use std::fmt::Write;

use chrono::Timelike;
use clap::Args;
use fastman_core::Error;
use fastman_core::error::ErrorClass;
use fastman_core::migrate::{MigrationState, MigrationStatus, StatusReport};
use serde::Serialize;

use super::migrate::{Lock, none};
use crate::context::{Access, Context};
use crate::narrator::Narrator;
use crate::output::{Output, Style, duration};
use crate::run::{Exit, Stop, until_done};
use crate::table::{self, Cell};

/// Show every migration: applied, pending, failed, missing or modified
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman migrate:status
  fastman migrate:status --check         in a pipeline: exit code 3 if any is pending, 4 if one was changed
  fastman migrate:status --json | jq '.migrations[] | select(.state == \"pending\")'

It reads only. With --check, the exit code is 6 where a migration is half applied, 4 where an applied one was changed or is \
missing, 3 where one is pending (or failed with nothing done), and 0 otherwise.")]
pub struct Status {
    /// Tell by the exit code whether everything is applied
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    lock: Lock,
}

/// The report with its sums.
#[derive(Debug, Serialize)]
struct Summed<'a> {
    #[serde(flatten)]
    report: &'a StatusReport,
    summary: Sums,
}

/// How many are in each state.
#[derive(Debug, Serialize)]
pub struct Sums {
    applied: usize,
    pending: usize,
    failed: usize,
    running: usize,
    modified: usize,
    missing: usize,
}

impl Sums {
    /// Counts them.
    pub fn of(report: &StatusReport) -> Sums {
        Sums {
            applied: report.count(MigrationState::Applied) + report.count(MigrationState::Baseline),
            pending: report.count(MigrationState::Pending),
            failed: report.count(MigrationState::Failed),
            running: report.count(MigrationState::Running),
            modified: report.count(MigrationState::Modified),
            missing: report.count(MigrationState::Missing),
        }
    }

    /// "2 applied, 1 pending"; what there is none of is left out, and nothing where there is none at all.
    pub fn text(&self) -> Option<String> {
        let counts = [
            (self.applied, "applied"),
            (self.pending, "pending"),
            (self.failed, "failed"),
            (self.running, "running"),
            (self.modified, "modified"),
            (self.missing, "missing"),
        ];
        let parts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl Status {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let project = context.project()?;
        let target = context.target(&project)?;
        let migrator = context.migrator(&project);
        let report = until_done(async {
            let mut store = match context.connect(project.root(), &target, Access::Read).await {
                Ok(store) => store,
                // A database that is not made yet has no migration applied.
                Err(error) if error.class() == Some(ErrorClass::MissingDatabase) => {
                    context.output.notice(&format!("the database is not there yet ({})", target.url));
                    return Ok(unapplied(context, &project)?);
                }
                Err(error) => return Err(error.into()),
            };
            let narrator = &mut Narrator::new(context.output);
            let report = migrator.status_within(&mut *store, self.lock.timeout(), narrator).await?;
            store.leave();
            Ok(report)
        })?;
        let sums = Sums::of(&report);
        if context.output.is_json() {
            context.output.json(&Summed { report: &report, summary: sums })?;
        } else {
            context.output.data(&text(&report, &none(context, &project), context.output));
        }
        if self.check { check(&report) } else { Ok(Exit::Done) }
    }
}

/// What `--check` says by its exit code, the worst first.
fn check(report: &StatusReport) -> Result<Exit, Stop> {
    if let Some(project) = &report.foreign_project {
        return Err(Error::refused(
            "migrate.foreign-project",
            format!("the database's history belongs to another project ({project})"),
        )
        .with_help("check the URL; if it is the right database, set `project_id` in fastman.toml to that id")
        .into());
    }
    let any = |states: &[MigrationState]| states.iter().any(|state| report.count(*state) > 0);
    let half = |migration: &MigrationStatus| migration.unfinished.as_ref().is_some_and(|unfinished| unfinished.half);
    Ok(if report.migrations.iter().any(half) {
        Exit::HalfApplied
    } else if any(&[MigrationState::Modified, MigrationState::Missing]) {
        Exit::Drift
    } else if any(&[MigrationState::Pending, MigrationState::Running, MigrationState::Failed]) {
        Exit::Pending
    } else {
        Exit::Done
    })
}

/// The table, the sums and what a state alone does not say; `none` where there are no migrations.
fn text(report: &StatusReport, none: &str, output: &Output) -> String {
    let mut text = String::new();
    if !report.migrations.is_empty() {
        let rows: Vec<_> = report.migrations.iter().map(row).collect();
        text = table::render(["version", "name", "state", "applied (UTC)", "took"], &rows, |style, cell| {
            output.paint(style, cell)
        });
        text.push('\n');
    }
    let sums = Sums::of(report).text();
    let _ = writeln!(text, "{}", sums.as_deref().unwrap_or(none));
    if let Some(project) = &report.foreign_project {
        let _ = writeln!(
            text,
            "{}",
            output.paint(Style::Bad, &format!("the history belongs to another project ({project})"))
        );
    }
    for migration in &report.migrations {
        for remark in remarks(migration) {
            let _ = writeln!(text, "{}: {remark}", output.paint(Style::Strong, &migration.version.to_string()));
        }
    }
    text
}

fn row(migration: &MigrationStatus) -> [Cell<'_>; 5] {
    let (style, state) = match migration.state {
        MigrationState::Applied => (Style::Good, "applied"),
        MigrationState::Baseline => (Style::Good, "baseline"),
        MigrationState::Pending if migration.out_of_order => (Style::Bad, "pending, late"),
        MigrationState::Pending => (Style::Warn, "pending"),
        MigrationState::Failed => (Style::Bad, "failed"),
        MigrationState::Running => (Style::Warn, "running"),
        MigrationState::Missing => (Style::Bad, "missing"),
        MigrationState::Modified => (Style::Bad, "modified"),
    };
    let applied = migration
        .applied_at
        .and_then(|time| time.naive_utc().with_nanosecond(0))
        .map(|time| time.to_string())
        .unwrap_or_default();
    let took = migration.duration_ms.map(duration).unwrap_or_default();
    [
        Cell::plain(migration.version.to_string()),
        Cell::plain(migration.name.as_str()),
        Cell::styled(style, state),
        Cell::styled(Style::Dim, applied),
        Cell::styled(Style::Dim, took),
    ]
}

/// What a state alone does not say, and what to do about it.
fn remarks(migration: &MigrationStatus) -> Vec<String> {
    let mut remarks = Vec::new();
    match migration.state {
        MigrationState::Pending if migration.out_of_order => remarks.push(
            "older than one that is applied; `database:migrate` refuses it unless --allow-out-of-order is given"
                .to_owned(),
        ),
        MigrationState::Missing => remarks
            .push("applied, but its file is gone; bring it back, or let `migrate:repair --prune` forget it".to_owned()),
        MigrationState::Modified => remarks.push(
            "its file was changed after it was applied; undo the change and write a new migration, \
             or let `migrate:repair --accept-checksum` take it as it is"
                .to_owned(),
        ),
        _ => {}
    }
    if migration.down_modified {
        remarks.push(
            "the way to undo it was changed since; rolling back asks for --down stored or --down file".to_owned(),
        );
    }
    if let Some(unfinished) = &migration.unfinished {
        let doing = match unfinished.direction {
            fastman_core::migrate::Direction::Up => "applying",
            fastman_core::migrate::Direction::Down => "undoing",
        };
        let mut remark = format!("{doing} it got through {} of {} statements", unfinished.done, unfinished.statements);
        if let Some(failure) = &unfinished.failure {
            let _ = write!(remark, "; then: {failure}");
        }
        if let Some(session) = &unfinished.session {
            let gone = if unfinished.half { ", which is gone" } else { "" };
            let _ = write!(remark, " (session {session}{gone})");
        }
        remarks.push(remark);
        let nothing = unfinished.done == 0 && unfinished.direction == fastman_core::migrate::Direction::Up;
        if nothing && migration.state == MigrationState::Failed && migration.file.is_none() {
            remarks.push("its file is gone; `database:migrate` forgets it".to_owned());
        }
    }
    remarks
}

/// The status of a database that is not there: every file is pending.
fn unapplied(context: &Context<'_>, project: &fastman_core::project::Project) -> Result<StatusReport, Error> {
    let files = fastman_core::migrate::in_order(&context.source(project))?;
    let migrations = files.into_iter().map(|file| {
        fastman_core::sql::section::parse_migration(&file.source, &context.registry.flavours)?;
        Ok(MigrationStatus {
            version: file.version,
            name: file.name,
            file: Some(file.source.name.to_string()),
            state: MigrationState::Pending,
            out_of_order: false,
            down_modified: false,
            applied_at: None,
            duration_ms: None,
            applied_by: None,
            sequence: None,
            checksum: None,
            recorded_checksum: None,
            unfinished: None,
        })
    });
    Ok(StatusReport { history: false, foreign_project: None, migrations: migrations.collect::<Result<_, Error>>()? })
}
