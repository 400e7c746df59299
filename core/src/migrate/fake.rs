//! An engine for tests, in memory: its facts are whatever a test wants, its statements are changes of the model written as
//! JSON, and it can be killed at any statement.

mod dialect;
mod history;
mod store;
mod world;

use std::sync::Arc;

pub use dialect::{ENGINE, FLAVOURS, FakeDialect, OTHER};
pub use world::{Kill, World};

use crate::dialect::{AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase};
use crate::error::Result;
use crate::migrate::{Event, MigrationFile, Migrator, Observer, Settings, Source};

/// Facts of an engine whose DDL rolls back.
pub const TRANSACTIONAL: Facts = Facts {
    ddl: DdlTransactions::Transactional,
    alter: AlterStyle::InPlace,
    lock: LockScope::Begin,
    natural_case: NaturalCase::Lower,
    max_parameters: 100,
    empty_string: EmptyString::Kept,
};

/// Facts of an engine whose DDL commits.
pub const COMMITTING: Facts = Facts { ddl: DdlTransactions::Committing, lock: LockScope::Session, ..TRANSACTIONAL };

/// Facts of an engine that builds tables anew.
pub const REBUILDING: Facts = Facts { alter: AlterStyle::Rebuild, ..TRANSACTIONAL };

/// Files that a test writes down.
#[derive(Clone)]
pub struct Files(Vec<(String, String)>);

impl Source for Files {
    fn files(&self) -> Result<Vec<MigrationFile>> {
        self.0.iter().map(|(path, text)| MigrationFile::new(path, text.as_str())).collect()
    }
}

/// A migrator of files given by the last digit of their version and their text.
pub fn migrator(files: &[(u8, &str)]) -> Migrator {
    migrator_with(files, Settings { applied_by: "somebody@somewhere".to_owned(), ..Settings::default() })
}

/// The same with settings.
pub fn migrator_with(files: &[(u8, &str)], settings: Settings) -> Migrator {
    let files = files.iter().map(|(digit, text)| (format!("{}_m{digit}.sql", version(*digit)), (*text).to_owned()));
    Migrator::new(Files(files.collect()), FLAVOURS, settings)
}

/// The version that ends in that digit.
pub fn version(digit: u8) -> crate::migrate::Version {
    format!("2026010100000{digit}").parse().unwrap()
}

/// A new database of those facts.
pub fn world(facts: Facts) -> Arc<World> {
    World::new(facts)
}

/// Runs a future on a runtime of its own, whose clock moves on when there is nothing to do but wait.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// An observer that writes down what it is told.
#[derive(Default)]
pub struct Notes(pub Vec<String>);

impl Observer for Notes {
    fn event(&mut self, event: Event<'_>) {
        self.0.push(match event {
            Event::Planned { migrations } => format!("planned {migrations}"),
            Event::Started { name, direction, statements, .. } => {
                format!("started {name} {} {statements}", direction.word())
            }
            Event::Step { index, sql, .. } => format!("step {index} {}", sql.split(" #").next().unwrap_or(sql)),
            Event::Finished { name, direction, .. } => format!("finished {name} {}", direction.word()),
            Event::Waiting { holder, .. } => format!("waiting {}", holder.unwrap_or("?")),
            Event::Slow { .. } => "slow".to_owned(),
            Event::Notice(text) => format!("notice {text}"),
        });
    }
}
