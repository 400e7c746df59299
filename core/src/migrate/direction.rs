//! Which way a migration goes.

use serde::{Deserialize, Serialize};

/// Which way a migration goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It is applied.
    Up,
    /// It is undone.
    Down,
}
