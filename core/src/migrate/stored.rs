//! Plans as the history keeps them: complete, so that a migration can be resumed and undone without its file.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::dialect::Step;

/// The statements of one direction of a migration, as they were rendered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredPlan {
    /// Whether they run inside a transaction where the engine has them for DDL.
    pub transaction: bool,
    /// The statements.
    pub steps: Vec<Step>,
    /// A hash of each one's text, by which a changed file is held against what was done.
    pub hashes: Vec<String>,
}

/// How a migration is undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StoredDown {
    /// It can't be; why not, as a sentence without an end.
    Irreversible(String),
    /// By these statements.
    Plan {
        /// They.
        plan: StoredPlan,
        /// What goes with its rows: `table posts`, `column posts.title`.
        loses: Vec<String>,
        /// Some of it was written for one engine: what it loses is not known.
        opaque: bool,
    },
}

impl StoredPlan {
    /// A plan of these statements.
    pub fn new(transaction: bool, steps: Vec<Step>) -> StoredPlan {
        let hashes = steps.iter().map(|step| hash(&step.sql)).collect();
        StoredPlan { transaction, steps, hashes }
    }

    /// As the history keeps it.
    pub fn text(&self) -> String {
        // Strings, numbers and lists always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl StoredDown {
    /// As the history keeps it.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A statement's hash: 128 bits of SHA-256, in hex.
pub(crate) fn hash(sql: &str) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(sql.as_bytes());
    digest.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
