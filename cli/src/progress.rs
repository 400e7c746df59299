//! Progress bars on a terminal, while rows are made and written; and what Ctrl-C would leave of them.

use std::io::IsTerminal;
use std::time::Duration;

use fastman_core::Error;
use fastman_core::seed::{SeedObserver, SeederReport, TableReport};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// What a bar looks like where it is known how many rows there will be.
const COUNTED: &str = "{prefix} {bar:24} {human_pos}/{human_len} rows  {per_sec}  {eta} left";
/// And where it is not.
const OPEN: &str = "{prefix} {spinner} {human_pos} rows  {per_sec}  {elapsed}";
/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is kept of rows when writing them is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing in any case.
    Nothing,
    /// Whole seeders.
    Seeders,
    /// What was written until then.
    All,
}

/// A bar for the table that is being written to.
#[derive(Debug)]
pub struct Progress<'a> {
    output: &'a Output,
    kept: Kept,
    /// The seeders that are done.
    done: Vec<String>,
    live: bool,
    bar: Option<ProgressBar>,
    begun: std::time::Instant,
}

impl Progress<'_> {
    /// On stderr, where that is a terminal and progress is wanted.
    pub fn new(output: &Output, kept: Kept) -> Progress<'_> {
        Progress {
            output,
            kept,
            done: Vec::new(),
            live: output.shows_progress() && std::io::stderr().is_terminal(),
            bar: None,
            begun: std::time::Instant::now(),
        }
    }

    /// What an interrupt would leave, `now` being what becomes of the seeder under way.
    fn leaves(&self, now: Option<String>) {
        let done = (!self.done.is_empty()).then(|| format!("done, and kept: {}", self.done.join(", ")));
        let parts: Vec<String> = now.into_iter().chain(done).collect();
        if self.kept != Kept::Nothing && !parts.is_empty() {
            self.output.leaves(parts.join("; "));
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl SeedObserver for Progress<'_> {
    fn seeder_started(&mut self, class: &str, index: usize, count: usize) {
        tracing::debug!(class, seeder = index + 1, of = count, "seeding");
        self.leaves(Some(match self.kept {
            Kept::All => format!("what {class} has written so far is there, and is replaced when it runs again"),
            _ => format!("nothing that {class} wrote was kept"),
        }));
    }

    fn waiting(&mut self, error: &Error) {
        self.output.notice(&format!("{error}; waiting"));
    }

    fn trying_again(&mut self, class: &str, error: &Error) {
        self.clear();
        self.output.notice(&format!("{class} is tried again, nothing of it was kept: {error}"));
    }

    fn seeder_committing(&mut self, class: &str) {
        self.leaves(Some(format!("{class} was being committed: look whether its rows are there")));
    }

    fn rows_started(&mut self, class: &str, table: &str, rows: Option<u64>) {
        tracing::debug!(class, table, ?rows, "writing");
        self.clear();
        if !self.live {
            return;
        }
        let bar = ProgressBar::with_draw_target(rows, ProgressDrawTarget::hidden());
        // The templates are constants; one that could not be read would leave the library's own.
        if let Ok(style) = ProgressStyle::with_template(if rows.is_some() { COUNTED } else { OPEN }) {
            bar.set_style(style);
        }
        bar.set_prefix(format!("{class} {table}"));
        self.bar = Some(bar);
    }

    fn rows_written(&mut self, rows: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(rows);
            if bar.is_hidden() && self.begun.elapsed() >= PATIENCE {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        }
    }

    fn rows_finished(&mut self, report: &TableReport) {
        tracing::debug!(table = report.table, rows = report.rows, seconds = report.seconds, "written");
        self.clear();
    }

    fn seeder_finished(&mut self, report: &SeederReport) {
        tracing::debug!(class = report.class, rows = report.rows(), "committed");
        self.clear();
        self.done.push(report.class.clone());
        self.leaves(None);
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
