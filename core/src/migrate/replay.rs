//! Replay: the schema that migrations add up to, without a database.

use super::Migrator;
use super::migrator::Migration;
use crate::error::Result;
use crate::schema::Schema;
use crate::sql::binder::{Bound, bind_all};
use crate::sql::section::Direction;

impl Migrator {
    /// The schema that all migrations add up to, in the order of versions: what their portable sections mean.
    ///
    /// # Errors
    /// A file that can't be read, or portable SQL that is wrong, with its place.
    pub fn replayed_schema(&self) -> Result<Schema> {
        let mut schema = Schema::default();
        for migration in &self.load()? {
            advance(migration, &mut schema)?;
        }
        Ok(schema)
    }
}

/// Applies what a migration's portable up section means to the schema.
///
/// # Errors
/// Portable SQL that is wrong, with its place; the schema may be half changed then.
pub(super) fn advance(migration: &Migration, schema: &mut Schema) -> Result<Vec<Bound>> {
    match migration.script.portable(Direction::Up) {
        Some(section) => bind_all(&migration.file.source, section.body.clone(), schema),
        None => Ok(Vec::new()),
    }
}
