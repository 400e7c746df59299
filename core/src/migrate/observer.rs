//! What a caller is told while migrations run.

use std::time::Duration;

use super::{Direction, Version};

/// Something that happens while migrations run.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// So many migrations are about to be applied or undone; nothing has run yet.
    Planned {
        /// How many.
        migrations: usize,
    },
    /// A migration is started.
    Started {
        /// Which.
        version: Version,
        /// Its name.
        name: &'a str,
        /// Applied or undone.
        direction: Direction,
        /// How many statements it has.
        statements: usize,
    },
    /// A statement is about to run by itself. Statements sent together come without this.
    Step {
        /// Of which migration.
        version: Version,
        /// Which one, from 0.
        index: usize,
        /// Of how many.
        statements: usize,
        /// The statement.
        sql: &'a str,
    },
    /// A migration is done and recorded.
    Finished {
        /// Which.
        version: Version,
        /// Its name.
        name: &'a str,
        /// Applied or undone.
        direction: Direction,
        /// How long it took.
        duration: Duration,
    },
    /// Another migrator is at work; told again at every try.
    Waiting {
        /// Who, as far as the engine tells.
        holder: Option<&'a str>,
        /// Since when.
        waited: Duration,
    },
    /// The server has not answered for a while: it is slow, or what was asked for is locked; told again every now and then.
    Slow {
        /// Since when.
        waited: Duration,
    },
    /// Something worth telling that stops nothing.
    Notice(&'a str),
}

/// Is told what happens. `&mut ()` listens to nothing.
pub trait Observer: Send + Sync {
    /// Something happened. MUST return at once.
    fn event(&mut self, event: Event<'_>);
}

impl Observer for () {
    fn event(&mut self, _: Event<'_>) {}
}
