//! What a user sees: data on stdout, everything else on stderr, in colour where that is wanted, as JSON where that is.

use std::borrow::Cow;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use fastman_core::Error;
use serde::Serialize;

use crate::arguments::{ColorChoice, Global};
use crate::report;

/// The two streams and how they are written.
#[derive(Debug)]
pub struct Output {
    json: bool,
    quiet: bool,
    data_color: bool,
    message_color: bool,
    /// What an interrupt leaves, where it leaves something or somebody may think so.
    leaves: Mutex<Option<String>>,
    closed: AtomicBool,
    failure: Mutex<Option<std::io::Error>>,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Done, fine.
    Good,
    /// Waiting, worth a look.
    Warn,
    /// Wrong.
    Bad,
    /// Of less importance.
    Dim,
    /// Of more.
    Strong,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Good => "32",
            Style::Warn => "33",
            Style::Bad => "31",
            Style::Dim => "2",
            Style::Strong => "1",
        }
    }
}

impl Output {
    /// As the flags, the environment and the terminals say.
    pub fn new(global: &Global) -> Output {
        Output {
            json: global.json,
            quiet: global.quiet,
            data_color: !global.json && colored(global.color, std::io::stdout().is_terminal()),
            message_color: !global.json && colored(global.color, std::io::stderr().is_terminal()),
            leaves: Mutex::new(None),
            closed: AtomicBool::new(false),
            failure: Mutex::new(None),
        }
    }

    /// Whether data is wanted as JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Writes data: text that ends with a line break.
    pub fn data(&self, text: &str) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let mut stdout = std::io::stdout().lock();
        if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            self.closed.store(true, Ordering::Relaxed);
            if error.kind() != ErrorKind::BrokenPipe
                && let Ok(mut failure) = self.failure.lock()
            {
                *failure = Some(error);
            }
        }
    }

    /// Whether progress is shown at all.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && !self.json
    }

    /// Writes what a command did: data, but nothing that anybody misses with `--quiet`.
    pub fn result(&self, text: &str) {
        if self.shows_progress() {
            self.data(text);
        }
    }

    /// Writes data as JSON.
    ///
    /// # Errors
    /// `output.json` for what has no JSON form.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::failed("output.json", format!("the data has no JSON form: {error}")))?;
        self.data(&format!("{text}\n"));
        Ok(())
    }

    /// Says what is going on; nothing with `--quiet`, and nothing where JSON is wanted.
    pub fn progress(&self, text: &str) {
        if self.shows_progress() {
            self.message(text);
        }
    }

    /// Says what a user should know even with `--quiet`.
    pub fn notice(&self, text: &str) {
        if !self.json {
            self.message(&format!("{} {text}", self.paint_message(Style::Warn, "note:")));
        }
    }

    /// Writes a line to stderr, whatever the flags say. A closed stderr stops no work.
    pub fn message(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Writes an error.
    pub fn error(&self, error: &Error) {
        let text = if self.json { report::json(error) } else { report::text(error, self.message_color) };
        self.message(text.trim_end());
    }

    /// From now on an interrupt may leave something done.
    pub fn at_work(&self) {
        self.leaves("`fastman migrate:status` says how far it got");
    }

    /// What an interrupt leaves from now on.
    pub fn leaves(&self, text: impl Into<String>) {
        *self.leaves.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.into());
    }

    /// Says that Ctrl-C ended the command.
    pub fn interrupted(&self) {
        if !self.json && std::io::stderr().is_terminal() {
            // The terminal shows ^C where the cursor is.
            self.message("");
        }
        let message = match &*self.leaves.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(left) => format!("interrupted; {left}"),
            None => "interrupted".to_owned(),
        };
        let error = Error::failed("interrupted", message);
        if self.json {
            self.message(&report::json(&error));
        } else {
            self.message(error.message());
        }
    }

    /// Data text in a style.
    pub fn paint<'a>(&self, style: Style, text: &'a str) -> Cow<'a, str> {
        paint(self.data_color, style, text)
    }

    /// Message text in a style.
    pub fn paint_message<'a>(&self, style: Style, text: &'a str) -> Cow<'a, str> {
        paint(self.message_color, style, text)
    }

    /// The exit code, once everything is written: another one where stdout could not be written.
    pub fn finish(&self, code: u8) -> u8 {
        let failure = self.failure.lock().ok().and_then(|mut failure| failure.take());
        if let Some(error) = failure {
            self.error(&Error::failed("output.write", format!("stdout can't be written: {error}")));
            return if code == 0 { 1 } else { code };
        }
        if self.closed.load(Ordering::Relaxed) && code == 0 { 141 } else { code }
    }
}

/// Whether a stream is written in colour.
pub fn colored(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}

fn paint(color: bool, style: Style, text: &str) -> Cow<'_, str> {
    if color && !text.is_empty() { format!("\x1b[{}m{text}\x1b[0m", style.code()).into() } else { text.into() }
}

/// A time that a person reads: 12 ms, 3.4 s, 2 min 5 s.
pub fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_well() {
        assert_eq!(
            [0, 999, 1_000, 3_456, 59_999, 60_000, 125_000].map(duration),
            ["0 ms", "999 ms", "1.0 s", "3.4 s", "59.9 s", "1 min 0 s", "2 min 5 s"]
        );
    }
}
