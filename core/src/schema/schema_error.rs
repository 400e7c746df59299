//! Why a change can't be applied to a schema.

use super::Name;

/// Why a change can't be applied, before anybody has said where it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    /// Stable: `schema.unknown-table`.
    pub code: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The identifier of the change to point at.
    pub subject: Option<Name>,
}

impl SchemaError {
    /// An error with a code, its words and the identifier that it is about.
    pub(super) fn new(code: &'static str, message: impl Into<String>, subject: &Name) -> SchemaError {
        SchemaError { code, message: message.into(), help: None, subject: Some(subject.clone()) }
    }

    /// The same with what to do.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> SchemaError {
        self.help = Some(help.into());
        self
    }

    /// The same with what to do, where there is something.
    #[must_use]
    pub(super) fn help_if(mut self, help: Option<String>) -> SchemaError {
        self.help = help;
        self
    }
}

impl From<SchemaError> for crate::Error {
    fn from(error: SchemaError) -> crate::Error {
        let result = crate::Error::failed(error.code, error.message);
        match error.help {
            Some(help) => result.with_help(help),
            None => result,
        }
    }
}
