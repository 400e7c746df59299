//! A factory: a file that says how made-up rows of a table look.

use std::ops::Range;

use super::input::{Count, Field, TableName, Word};
use crate::error::SourceText;

/// A factory file, `tests/factories/<name>_factory.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Factory {
    /// `UserFactory` for `user_factory.toml`.
    pub class: String,
    /// The file.
    pub source: SourceText,
    /// Where its rows go.
    pub table: TableName,
    /// The locale of made-up values; the engine of formulas has a default.
    pub locale: Option<Word>,
    /// `[fields]`: what every row has.
    pub fields: Vec<Field>,
    /// `[states.NAME]`: what fields are given where the state is put on.
    pub states: Vec<State>,
    /// `[has.NAME]`: children of every row.
    pub has: Vec<Has>,
    /// `[for.COLUMN]`: parents, made where none is given.
    pub parents: Vec<For>,
}

/// A variation of a factory's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name.
    pub name: Word,
    /// What it changes.
    pub fields: Vec<Field>,
}

/// Children of every row.
#[derive(Clone, Debug, PartialEq)]
pub struct Has {
    /// What they are called: `posts` of `[has.posts]`.
    pub name: Word,
    /// The children's factory; always there in a factory. In a seeder, absent where it changes the factory's own children.
    pub factory: Option<Word>,
    /// How many for each parent; absent: 1, or what the factory says.
    pub count: Option<Count>,
    /// The children's column that points at the parent; absent: the only foreign key that does, or what the factory says.
    pub via: Option<Word>,
    /// The states put on, in order; absent: none, or what the factory says.
    pub states: Option<Vec<Word>>,
    /// What the children's fields are given in place of what their factory says.
    pub with: Vec<Field>,
    /// Where it begins.
    pub span: Range<usize>,
}

/// A parent of every row, made where none is given.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// The column that points at it.
    pub column: Word,
    /// The parent's factory.
    pub factory: Word,
    /// How many rows have the same parent; absent: 1.
    pub share: Option<u64>,
    /// The states put on, in order.
    pub states: Vec<Word>,
    /// What the parents' fields are given in place of what their factory says.
    pub with: Vec<Field>,
    /// Where it begins.
    pub span: Range<usize>,
}

impl Factory {
    /// The state of that name.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|state| state.name.text == name)
    }
}
