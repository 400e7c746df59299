//! What the library traces, a line an event, on stderr: warnings always, the rest with `-v`.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Starts tracing at the level that `-v`, `-vv` ask for. Where JSON is wanted, warnings would be in its way.
pub fn start(verbose: u8, json: bool) {
    let level = match verbose {
        0 if json => return,
        0 => Level::WARN,
        1 => Level::DEBUG,
        _ => Level::TRACE,
    };
    // Nothing else in this process sets one, so the error can't be.
    let _ = tracing::subscriber::set_global_default(Lines { level, next: AtomicU64::new(1) });
}

/// Writes events; spans are counted and otherwise left alone.
struct Lines {
    level: Level,
    next: AtomicU64,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level && metadata.target().starts_with("fastman")
    }

    fn new_span(&self, _attributes: &Attributes<'_>) -> Id {
        Id::from_u64(self.next.fetch_add(1, Ordering::Relaxed).max(1))
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = match *event.metadata().level() {
            Level::ERROR | Level::WARN => "note: ".to_owned(),
            level => format!("{} ", level.as_str().to_lowercase()),
        };
        event.record(&mut Fields(&mut line));
        let _ = writeln!(std::io::stderr(), "{}", line.trim_end());
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// Appends the message as it is and every other field as `name=value`.
struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?} "),
            name => write!(self.0, "{name}={value:?} "),
        };
    }
}
