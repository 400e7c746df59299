//! Where rows go.

use crate::store::{SqlStore, Store};

/// Where rows go.
pub(super) enum Target<'a> {
    /// A database, in an open transaction.
    Sql(&'a mut dyn SqlStore),
    /// Documents.
    Documents(&'a mut dyn Store),
    /// Nowhere: they are made and dropped.
    Nowhere,
    /// Somewhere else, at another time: they are only reckoned with.
    Elsewhere,
}
