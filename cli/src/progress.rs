//! Progress bars on a terminal, while rows are made and written.

use std::io::IsTerminal;
use std::time::Duration;

use fastman_core::seed::{SeedObserver, SeederReport, TableReport};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// What a bar looks like where it is known how many rows there will be.
const COUNTED: &str = "{prefix} {bar:24} {human_pos}/{human_len} rows  {per_sec}  {eta} left";
/// And where it is not.
const OPEN: &str = "{prefix} {spinner} {human_pos} rows  {per_sec}  {elapsed}";
/// Work that is done sooner shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar for the table that is being written to.
#[derive(Debug)]
pub struct Progress {
    live: bool,
    bar: Option<ProgressBar>,
    begun: std::time::Instant,
}

impl Progress {
    /// On stderr, where that is a terminal and progress is wanted.
    pub fn new(output: &Output) -> Progress {
        Progress {
            live: output.shows_progress() && std::io::stderr().is_terminal(),
            bar: None,
            begun: std::time::Instant::now(),
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl SeedObserver for Progress {
    fn seeder_started(&mut self, class: &str, index: usize, count: usize) {
        tracing::debug!(class, seeder = index + 1, of = count, "seeding");
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
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
