//! Identifiers: how a written name is folded, compared and limited.
//!
//! An unquoted identifier folds to lower case and is emitted quoted in the engine's natural case, so that reserved
//! words never bite; a quoted one is exact on every engine. Two names that differ only in case are one key here, so
//! that the schema can refuse the second.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest identifier in bytes: PostgreSQL's NAMEDATALEN - 1, the least of the engines' limits
/// (MySQL 64 characters, Oracle 12.2 and later 128 bytes).
pub const MAX_NAME_BYTES: usize = 63;

/// An identifier of the portable model.
///
/// Equality, order and hash are those of the text alone: `"users"` and `users` are the same name.
#[derive(Clone, Serialize, Deserialize)]
pub struct Name {
    text: Box<str>,
    quoted: bool,
}

impl Name {
    /// The name that an unquoted word stands for: folded to lower case.
    pub fn folded(word: &str) -> Name {
        Name { text: word.to_lowercase().into(), quoted: false }
    }

    /// The name that a quoted identifier stands for: exactly its text, on every engine.
    pub fn exact(text: &str) -> Name {
        Name { text: text.into(), quoted: true }
    }

    /// The text, folded if it was written without quotes.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it was written in quotes, so that a dialect with another natural case leaves it as it is.
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// The text in lower case: what two names that differ only in case have in common.
    pub fn key(&self) -> Cow<'_, str> {
        let upper = match self.text.is_ascii() {
            true => self.text.bytes().any(|byte| byte.is_ascii_uppercase()),
            false => self.text.chars().any(char::is_uppercase),
        };
        if upper { Cow::Owned(self.text.to_lowercase()) } else { Cow::Borrowed(&self.text) }
    }
}

impl From<&str> for Name {
    /// As [`Name::folded`].
    fn from(word: &str) -> Name {
        Name::folded(word)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.text == other.text
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl std::hash::Hash for Name {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.text)
    }
}
