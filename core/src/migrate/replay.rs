//! Replay: the schema that migrations add up to, without a database.

use super::Migrator;
use super::handmade::Handmade;
use super::migrator::Migration;
use crate::error::Result;
use crate::flavour::{Flavour, Flavours};
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

/// A schema, and what sections for one engine made besides.
#[derive(Clone, Debug, Default)]
pub(super) struct Replayed {
    pub schema: Schema,
    pub handmade: Handmade,
}

impl Replayed {
    /// Takes in a migration's up, as that engine runs it, and returns what its portable section means.
    ///
    /// # Errors
    /// As [`advance`].
    pub fn advance(
        &mut self,
        migration: &Migration,
        flavours: &Flavours,
        flavour: &'static Flavour,
    ) -> Result<Vec<Bound>> {
        let before = self.schema.clone();
        let bound = advance(migration, &mut self.schema)?;
        let selected = migration.script.select(Direction::Up, flavours, flavour);
        self.handmade.advance(migration, selected, flavour, bound.iter().map(|bound| &bound.change), &before);
        Ok(bound)
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
