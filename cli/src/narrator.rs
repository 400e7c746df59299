//! Tells a person what happens while migrations run.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use fastman_core::migrate::{Direction, Event, Observer};

use crate::output::{Output, Style, duration};

/// How long waiting goes on in silence before it is said again.
const AGAIN: Duration = Duration::from_secs(10);

/// Writes a line a migration, and one now and then while it waits.
#[derive(Debug)]
pub struct Narrator<'a> {
    output: &'a Output,
    /// Whether the migration at work is shown until it is done.
    live: bool,
    shown: bool,
    said: Option<Duration>,
}

impl<'a> Narrator<'a> {
    /// For these streams.
    pub fn new(output: &'a Output) -> Narrator<'a> {
        let live = output.shows_progress() && std::io::stderr().is_terminal();
        Narrator { output, live, shown: false, said: None }
    }

    fn show(&mut self, text: &str) {
        if self.live {
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
            self.shown = true;
        }
    }

    fn waiting(&mut self, why: &str, waited: Duration) {
        if self.said.is_some_and(|said| waited.saturating_sub(said) < AGAIN) {
            return;
        }
        self.clear();
        let since = if waited < AGAIN { String::new() } else { format!(", for {} s now", waited.as_secs()) };
        self.output.notice(&format!("{why}; waiting{since}"));
        self.said = Some(waited);
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\x1b[K").and_then(|()| stderr.flush());
        }
    }
}

impl Observer for Narrator<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Planned { migrations } => tracing::debug!(migrations, "planned"),
            Event::Step { version, index, statements, sql } => {
                tracing::debug!(%version, statement = index + 1, of = statements, "{sql}");
            }
            Event::Started { version, name, direction, .. } => {
                self.output.at_work();
                self.clear();
                let doing = match direction {
                    Direction::Up => "applying",
                    Direction::Down => "undoing",
                };
                self.show(&format!("{doing} {version} {name} ..."));
            }
            Event::Finished { version, name, direction, duration: took } => {
                self.clear();
                let done = match direction {
                    Direction::Up => self.output.paint(Style::Good, "applied"),
                    Direction::Down => self.output.paint(Style::Warn, "undone "),
                };
                let took = duration(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
                self.output.result(&format!("{done}  {version}  {name}  {}\n", self.output.paint(Style::Dim, &took)));
            }
            Event::Waiting { holder, waited } => {
                let holder = holder.map(|holder| format!(" ({holder})")).unwrap_or_default();
                self.waiting(&format!("the database is locked by another session{holder}"), waited);
            }
            Event::Slow { waited } => {
                self.waiting("the database does not answer yet, as while another session holds a lock on it", waited);
            }
            Event::Notice(text) => {
                self.clear();
                self.output.notice(text);
            }
            _ => {}
        }
    }
}

impl Drop for Narrator<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
