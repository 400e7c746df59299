//! Groups: consecutive alterations of one table are rendered together, so that an engine that has to build a table anew
//! does so once for all of them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Planned, live_names};
use crate::dialect::{AlterStyle, Dialect, RenderInput, StepKind, conditions};
use crate::error::{Error, Result, SourceText};
use crate::migrate::handmade::{Handmade, Unknown};
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
    /// Those, and the tables of which something is dropped that may have another name there.
    pub looks: Vec<Name>,
    /// What stands in for them where it can't be looked at: what sections for this engine made.
    pub offline: CatalogObjects,
    /// Why that is not enough.
    pub unknown: Option<Unknown>,
}

impl Group {
    /// Its statements.
    ///
    /// # Errors
    /// `dialect.unsupported`, with the place.
    pub fn render(&self, dialect: &dyn Dialect, source: &SourceText, catalog: &CatalogObjects) -> Result<Vec<Planned>> {
        let placed = |error: Error| error.at(source, self.span.clone(), "");
        let named = live_names::named(&self.changes, &self.before, dialect, catalog).map_err(placed)?;
        let input = RenderInput { changes: &named.changes, before: &named.before, after: &self.after, catalog };
        let mut steps = dialect.render(input).map_err(placed)?;
        // One statement that does all of it: what holds then follows from the changes, if the dialect says nothing finer.
        if let [step] = steps.as_mut_slice()
            && step.kind == StepKind::Ddl
            && step.done_when.is_empty()
        {
            let done = named.changes.iter().flat_map(|change| conditions(dialect, change, &self.after));
            step.done_when = done.collect();
        }
        Ok(steps.into_iter().map(|step| Planned { step, span: self.span.clone() }).collect())
    }
}

/// Groups changes. `before` is the schema that they start from.
pub(super) fn group(
    dialect: &dyn Dialect,
    source: &SourceText,
    bound: Vec<Bound>,
    before: &Schema,
    handmade: &Handmade,
) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut schema = before.clone();
    let mut handmade = handmade.clone();
    for Bound { change, span, .. } in bound {
        let before = schema.clone();
        schema.apply(&change).map_err(|error| misfit(error).at(source, span.clone(), ""))?;
        match groups.last_mut() {
            Some(group) if belongs(group, &change) => {
                group.changes.push(change);
                group.after = schema.clone();
                group.span.end = group.span.end.max(span.end);
            }
            _ => groups.push(Group {
                changes: vec![change],
                before,
                after: schema.clone(),
                span,
                needs: Vec::new(),
                looks: Vec::new(),
                offline: CatalogObjects::default(),
                unknown: None,
            }),
        }
    }
    for group in &mut groups {
        group.needs = dialect.needs_catalog(&group.changes, &group.before);
        let named = group.changes.iter().filter(|change| live_names::is_named(change)).map(Change::subject);
        let named = named.filter(|table| group.before.table(table).is_some());
        group.looks = group.needs.iter().chain(named).cloned().collect::<BTreeSet<_>>().into_iter().collect();
        // Elsewhere what the catalog tells is no more than detail.
        if !group.needs.is_empty() && dialect.facts().alter == AlterStyle::Rebuild {
            group.offline = handmade.catalog();
            group.unknown = handmade.unknown(&group.needs, dialect.flavour());
        }
        group.changes.iter().for_each(|change| handmade.change(change, &dialect.flavour().lexical));
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
