//! What the formulas of a stream's rows see outside of their row: the environment, files, and the rows that a reference draws from.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::project::Environment;
use crate::seed::digest::RowName;
use crate::seed::formula::Outside;
use crate::seed::references::Resolver;
use crate::value::Value;

/// What all streams of a run have in common.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    /// What `now()` gives in seeders, and in factories.
    pub(crate) seeder_now: DateTime<Utc>,
    pub(crate) factory_now: DateTime<Utc>,
    pub(crate) environment: Environment,
    pub(crate) root: PathBuf,
    pub(crate) documents: bool,
}

impl Outside for World {
    fn reference(&self, _: usize, _: &[Value], _: u64) -> Result<Value> {
        Err(Error::failed("seed.no-reference", "ref(...) can't stand here"))
    }

    fn environment(&self, name: &str) -> Result<String> {
        match self.environment.find(name) {
            Some((value, _)) => Ok(value),
            None => Err(Error::failed("seed.no-variable", format!("the environment variable {name} is not set"))
                .with_help(format!("set it, or write {name}=... into .env"))),
        }
    }

    fn file(&self, path: &str) -> Result<Vec<u8>> {
        std::fs::read(self.root.join(path))
            .map_err(|error| Error::failed("seed.unreadable", format!("{path} can't be read: {error}")))
    }
}

/// The outside of one column: what its references draw from, and what they drew.
pub(super) struct ColumnOutside<'a> {
    world: &'a World,
    resolvers: &'a [Resolver],
    drawn: Drawn,
}

impl<'a> ColumnOutside<'a> {
    pub(super) fn new(world: &'a World, resolvers: &'a [Resolver]) -> ColumnOutside<'a> {
        ColumnOutside { world, resolvers, drawn: Drawn::default() }
    }

    /// The row that the column's references drew, if they did.
    pub(super) fn drawn(&self) -> Option<RowName> {
        let Drawn { there, stream, ordinal } = &self.drawn;
        let name = || RowName { stream: stream.load(Ordering::Relaxed), ordinal: ordinal.load(Ordering::Relaxed) };
        there.load(Ordering::Relaxed).then(name)
    }
}

/// The row that a reference drew: what stands in the digest for its key. Sharing is for the trait's sake; one thread writes it.
#[derive(Default)]
struct Drawn {
    there: AtomicBool,
    stream: AtomicU64,
    ordinal: AtomicU64,
}

impl Outside for ColumnOutside<'_> {
    fn reference(&self, reference: usize, condition: &[Value], random: u64) -> Result<Value> {
        let resolver = self
            .resolvers
            .get(reference)
            .ok_or_else(|| Error::failed("seed.no-reference", "ref(...) can't stand here"))?;
        let (value, name) = resolver.resolve(condition, random)?;
        if let Some(name) = name {
            self.drawn.there.store(true, Ordering::Relaxed);
            self.drawn
                .stream
                .store(name.stream ^ self.drawn.stream.load(Ordering::Relaxed).rotate_left(1), Ordering::Relaxed);
            self.drawn
                .ordinal
                .store(name.ordinal ^ self.drawn.ordinal.load(Ordering::Relaxed).rotate_left(1), Ordering::Relaxed);
        }
        Ok(value)
    }

    fn environment(&self, name: &str) -> Result<String> {
        self.world.environment(name)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>> {
        self.world.file(path)
    }
}
