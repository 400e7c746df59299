//! What is wrong with a formula, and where in its text.

use std::ops::Range;

use crate::error::Error;

/// What is wrong with a formula, found when it was read or when it was computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FormulaError {
    /// A stable code: `formula.syntax`, `formula.unknown-function`, ...
    pub code: &'static str,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// Which bytes of the formula, without its `=`.
    pub span: Range<usize>,
}

impl FormulaError {
    /// An error at that place.
    pub fn new(code: &'static str, span: Range<usize>, message: impl Into<String>) -> FormulaError {
        FormulaError { code, message: message.into(), help: None, span }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> FormulaError {
        self.help = Some(help.into());
        self
    }

    /// The same as an error of the library, without a place: whoever knows the file adds it.
    pub fn into_error(self) -> Error {
        let error = Error::failed(self.code, self.message);
        match self.help {
            Some(help) => error.with_help(help),
            None => error,
        }
    }

    /// An error from outside (a file, the environment, another table) at the call that needed it.
    pub(crate) fn from_outside(error: &Error, span: Range<usize>) -> FormulaError {
        FormulaError {
            code: error.code(),
            message: error.message().to_owned(),
            help: error.help().map(str::to_owned),
            span,
        }
    }
}
