//! Groups: consecutive alterations of one table are rendered together, so that an engine that has to build a table anew
//! does so once for all of them.

use std::ops::Range;

use super::Planned;
use crate::dialect::{Dialect, RenderInput};
use crate::error::{Error, Result, SourceText};
use crate::schema::{Change, Name, Schema, SchemaError};
use crate::sql::binder::Bound;
use crate::store::CatalogObjects;

/// Changes that are rendered together.
#[derive(Debug)]
pub(crate) struct Group {
    pub changes: Vec<Change>,
    /// The schema before the first of them.
    pub before: Schema,
    /// The schema after the last of them.
    pub after: Schema,
    /// The statements that they come from.
    pub span: Range<usize>,
    /// The tables of which the dialect wants the live catalog's objects.
    pub needs: Vec<Name>,
}

impl Group {
    /// Its statements.
    ///
    /// # Errors
    /// `dialect.unsupported`, with the place.
    pub fn render(&self, dialect: &dyn Dialect, source: &SourceText, catalog: &CatalogObjects) -> Result<Vec<Planned>> {
        let input = RenderInput { changes: &self.changes, before: &self.before, after: &self.after, catalog };
        let steps = dialect.render(input).map_err(|error| error.at(source, self.span.clone(), ""))?;
        Ok(steps.into_iter().map(|step| Planned { step, span: self.span.clone() }).collect())
    }

    /// The tables and views that it makes, changes or removes, by key.
    pub fn subjects(&self) -> impl Iterator<Item = String> {
        self.changes.iter().filter(|change| !change.is_data()).flat_map(|change| {
            let renamed = match change {
                Change::RenameTable { to, .. } => Some(to.key().into_owned()),
                _ => None,
            };
            std::iter::once(change.subject().key().into_owned()).chain(renamed)
        })
    }
}

/// Groups changes. `before` is the schema that they start from.
pub(super) fn group(
    dialect: &dyn Dialect,
    source: &SourceText,
    bound: Vec<Bound>,
    before: &Schema,
) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut schema = before.clone();
    for Bound { change, span, .. } in bound {
        let before = schema.clone();
        schema.apply(&change).map_err(|error| misfit(error).at(source, span.clone(), ""))?;
        match groups.last_mut() {
            Some(group) if belongs(group, &change) => {
                group.changes.push(change);
                group.after = schema.clone();
                group.span.end = group.span.end.max(span.end);
            }
            _ => groups.push(Group { changes: vec![change], before, after: schema.clone(), span, needs: Vec::new() }),
        }
    }
    for group in &mut groups {
        group.needs = dialect.needs_catalog(&group.changes, &group.before);
    }
    Ok(groups)
}

fn belongs(group: &Group, change: &Change) -> bool {
    change.alters_table()
        && group
            .changes
            .last()
            .is_some_and(|last| last.alters_table() && last.subject().key() == change.subject().key())
}

/// A change that does not fit the schema it is applied to.
pub(super) fn misfit(error: SchemaError) -> Error {
    let failed = Error::failed(error.code, error.message);
    match error.help {
        Some(help) => failed.with_help(help),
        None => failed,
    }
}
