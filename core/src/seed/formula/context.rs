//! What a formula may know when it is computed.

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::seed::random::Random;
use crate::value::Value;

/// What the value of one field of one row depends on, and nothing else.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The field's own randomness: `stream.at(ordinal).field(name_key("email"))`.
    pub random: Random,
    /// The row's place in its stream, from 0.
    pub ordinal: u64,
    /// How many rows of the table are numbered before the first of this stream: the row's number, counted from 1, is
    /// `offset + ordinal + 1`, and makes `unique(...)` and `seq()` distinct.
    pub offset: u64,
    /// The seed of the run: salts constant hashes in factories.
    pub seed: u64,
    /// What `now()` gives.
    pub now: DateTime<Utc>,
    /// The row's own fields, in the order of [`Scope::fields`](super::Scope); those that the formula reads MUST be there.
    pub fields: &'a [Value],
    /// Files, the environment and other tables.
    pub outside: &'a dyn Outside,
}

/// What is neither in the formula nor in the row.
pub trait Outside: Sync {
    /// The key that `ref(...)` stands for: one drawn by `random` without conditions, the only one that meets them
    /// otherwise. `reference` counts in [`Formula::references`](super::Formula::references).
    fn reference(&self, reference: usize, condition: &[Value], random: u64) -> Result<Value>;

    /// The variable's value; an error where it is not set.
    fn environment(&self, name: &str) -> Result<String>;

    /// The file's content; the path is relative to the project.
    fn file(&self, path: &str) -> Result<Vec<u8>>;
}

/// An outside where nothing is to be had.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Outside for Nothing {
    fn reference(&self, _: usize, _: &[Value], _: u64) -> Result<Value> {
        Err(Error::failed("formula.no-outside", "there are no other tables here that ref(...) could look into"))
    }

    fn environment(&self, name: &str) -> Result<String> {
        Err(Error::failed("formula.no-outside", format!("there is no environment here to take {name} from")))
    }

    fn file(&self, path: &str) -> Result<Vec<u8>> {
        Err(Error::failed("formula.no-outside", format!("there are no files here to read {path} from")))
    }
}
