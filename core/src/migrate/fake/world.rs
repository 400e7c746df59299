//! The fake engine's server: what is committed, who is connected, who holds the lock, what is to go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use super::history::Rows;
use super::store::FakeStore;
use crate::dialect::Facts;
use crate::error::ErrorClass;
use crate::schema::Schema;
use crate::store::Attribute;

/// When a session is to be killed: at which statement, and whether that one still takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kill {
    /// Counted over all sessions, from 0.
    pub statement: usize,
    /// Whether the statement is done before the connection goes.
    pub after: bool,
}

/// What the database holds.
#[derive(Clone, Debug, Default)]
pub struct Data {
    pub schema: Schema,
    /// Triggers by table, which the model does not know: the name alone, or the whole statement.
    pub triggers: BTreeMap<String, Vec<String>>,
    /// What else the model does not know, by table.
    pub attributes: Vec<Attribute>,
    /// The history; `None` before it is made.
    pub history: Option<Rows>,
    /// What the user's own statements and those that write rows have left, in order.
    pub written: Vec<String>,
    /// Every statement that took effect, those of the history aside, in its short form.
    pub log: Vec<String>,
}

/// All of the server.
#[derive(Debug)]
pub struct State {
    pub data: Data,
    /// How many statements were run.
    pub statements: usize,
    pub kill: Option<Kill>,
    /// Statements that contain this are refused.
    pub refuse: Option<String>,
    /// As what they are refused.
    pub refusal: ErrorClass,
    pub lock: Option<String>,
    pub alive: BTreeSet<String>,
    /// Whether it is known of a session whether it is gone.
    pub tells_sessions: bool,
    sessions: usize,
}

/// A server and its one database.
#[derive(Debug)]
pub struct World {
    pub facts: Facts,
    state: Mutex<State>,
}

impl World {
    pub fn new(facts: Facts) -> Arc<World> {
        let state = State {
            data: Data::default(),
            statements: 0,
            kill: None,
            refuse: None,
            refusal: ErrorClass::Other,
            lock: None,
            alive: BTreeSet::new(),
            tells_sessions: true,
            sessions: 0,
        };
        Arc::new(World { facts, state: Mutex::new(state) })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A new session.
    pub fn connect(self: &Arc<Self>) -> FakeStore {
        let mut state = self.state();
        state.sessions += 1;
        let session = format!("s{}", state.sessions);
        state.alive.insert(session.clone());
        drop(state);
        FakeStore::new(self.clone(), session)
    }

    /// The tables that are there, sorted.
    pub fn tables(&self) -> Vec<String> {
        self.state().data.schema.tables().map(|table| table.name.to_string()).collect()
    }

    /// The short forms of the statements run so far; forgotten then.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().data.log)
    }

    /// One column of the history, in the order of applying.
    pub fn history(&self, column: &str) -> Vec<String> {
        let state = self.state();
        let mut rows: Vec<_> = state.data.history.iter().flatten().collect();
        rows.sort_by_key(|row| super::history::integer(row, "sequence"));
        rows.iter().map(|row| super::history::shown(row, column)).collect()
    }
}
