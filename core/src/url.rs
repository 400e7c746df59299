//! Database URLs, SQLAlchemy's spellings included. A password is kept apart and never shown.

use std::fmt;

/// A parsed database URL. Its `Display` is the redacted form.
#[derive(Clone)]
pub struct DatabaseUrl {
    scheme: String,
}

impl DatabaseUrl {
    /// The scheme in lower case, without a driver suffix: `postgresql` of `postgresql+psycopg2://`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://", self.scheme)
    }
}
