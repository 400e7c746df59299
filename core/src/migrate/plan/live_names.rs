//! The names that constraints and indexes have in the database: what fastman did not make may be called otherwise there.
//!
//! A migration drops a constraint by the name that fastman gave it, or would have given it. Where the live table has none of that
//! name, the one that means the same is dropped, if exactly one does.

use std::borrow::Cow;

use crate::dialect::{AlterStyle, Dialect};
use crate::error::{Error, Result};
use crate::schema::{Change, Constraint, ConstraintKind, Index, Name, Schema, Table};
use crate::store::CatalogObjects;

/// Changes with the names that the database has, and the schema that they start from.
pub(super) struct Named<'a> {
    pub changes: Cow<'a, [Change]>,
    pub before: Cow<'a, Schema>,
}

/// Whether a change names something that the database may have under another name.
pub(super) fn is_named(change: &Change) -> bool {
    matches!(change, Change::DropIndex { .. } | Change::DropConstraint { .. })
}

/// Changes by the names that the catalog has; `start` is the schema before them.
///
/// # Errors
/// `migrate.not-in-database` for what has another name there, where not exactly one thing means the same.
pub(super) fn named<'a>(
    changes: &'a [Change],
    start: &'a Schema,
    dialect: &dyn Dialect,
    catalog: &CatalogObjects,
) -> Result<Named<'a>> {
    let mut named = Named { changes: Cow::Borrowed(changes), before: Cow::Borrowed(start) };
    if !catalog.live {
        return Ok(named);
    }
    for (nth, change) in changes.iter().enumerate().filter(|(_, change)| is_named(change)) {
        let subject = change.subject();
        let (Some(model), Some(live)) = (start.table(subject), catalog.tables.table(subject)) else { continue };
        let stored = dialect.stored(model);
        // What builds a table anew names no constraint of the old one.
        let by_name = dialect.facts().alter == AlterStyle::InPlace || matches!(change, Change::DropIndex { .. });
        let found = match find(change, &stored, live, catalog) {
            Ok(Some(found)) => found,
            Err(error) if by_name => return Err(error),
            _ => continue,
        };
        let mut table = named.before.table(subject).map_or_else(|| Table::clone(model), |table| Table::clone(table));
        rename(&mut table, change, &found);
        named.before.to_mut().insert_table(table);
        match &mut named.changes.to_mut()[nth] {
            Change::DropConstraint { constraint: name, .. } | Change::DropIndex { index: name, .. } => *name = found,
            _ => {}
        }
    }
    Ok(named)
}

/// The name of what a change drops, where it is not the model's; `None` where it is, or where the model does not have it before.
fn find(change: &Change, stored: &Table, live: &Table, catalog: &CatalogObjects) -> Result<Option<Name>> {
    let (Change::DropConstraint { constraint: name, .. } | Change::DropIndex { index: name, .. }) = change else {
        return Ok(None);
    };
    let mut names = live.constraints.iter().map(|it| &it.name).chain(live.indexes.iter().map(|it| &it.name));
    // It may be more than the model can hold.
    let is_other = catalog.objects.iter().any(|object| object.name.to_lowercase() == name.key())
        || catalog.attributes.iter().any(|attribute| attribute.words.to_lowercase().contains(&*name.key()));
    if is_other || names.any(|it| it.key() == name.key()) {
        return Ok(None);
    }
    let others: Vec<&Name> = if let Some(gone) = stored.constraints.iter().find(|it| it.name.key() == name.key()) {
        let is_known = |name: &Name| stored.constraints.iter().any(|it| it.name.key() == name.key());
        let same = live.constraints.iter().filter(|it| it.kind.demands_the_same(&gone.kind) && !is_known(&it.name));
        same.map(|it| &it.name).collect()
    } else if let Some(gone) = stored.indexes.iter().find(|it| it.name.key() == name.key()) {
        let is_known = |name: &Name| stored.indexes.iter().any(|it| it.name.key() == name.key());
        let same = live.indexes.iter().filter(|it| serves_the_same(it, gone) && !is_known(&it.name));
        same.map(|it| &it.name).collect()
    } else {
        return Ok(None);
    };
    match others.as_slice() {
        [only] => Ok(Some(Name::clone(only))),
        _ => Err(not_there(change, name, live)),
    }
}

fn rename(table: &mut Table, change: &Change, to: &Name) {
    match change {
        Change::DropConstraint { constraint: name, .. } => {
            for constraint in table.constraints.iter_mut().filter(|it| it.name.key() == name.key()) {
                constraint.name = to.clone();
            }
        }
        Change::DropIndex { index: name, .. } => {
            for index in table.indexes.iter_mut().filter(|it| it.name.key() == name.key()) {
                index.name = to.clone();
            }
        }
        _ => {}
    }
}

/// Whether two indexes are the same but for their names. Conditions are written by each engine in its own way, so that two with one are
/// never known to be the same.
fn serves_the_same(one: &Index, other: &Index) -> bool {
    let same = |(one, other): (&crate::schema::IndexColumn, &crate::schema::IndexColumn)| {
        one.name.key() == other.name.key() && one.descending == other.descending
    };
    one.unique == other.unique
        && one.predicate.is_none()
        && other.predicate.is_none()
        && one.columns.len() == other.columns.len()
        && one.columns.iter().zip(&other.columns).all(same)
}

fn not_there(change: &Change, name: &Name, live: &Table) -> Error {
    let (what, there): (_, Vec<String>) = match change {
        Change::DropIndex { .. } => ("index", live.indexes.iter().map(in_words).collect()),
        _ => ("constraint", live.constraints.iter().map(constraint_in_words).collect()),
    };
    let there = match there.as_slice() {
        [] => "it has none".to_owned(),
        some => format!("it has {}", some.join(", ")),
    };
    Error::failed(
        "migrate.not-in-database",
        format!("table {} has no {what} {name} in the database, and not exactly one that means the same: {there}", live.name),
    )
    .with_help(format!(
        "give the {what} the name that the migrations have for it; or write this change in a section for this engine, by the name that \
         the {what} has there"
    ))
}

fn list<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    names.into_iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn in_words(index: &Index) -> String {
    format!("{} ({})", index.name, list(index.columns.iter().map(|column| &column.name)))
}

fn constraint_in_words(constraint: &Constraint) -> String {
    match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
            format!("{} {} ({})", constraint.kind.word(), constraint.name, list(columns))
        }
        ConstraintKind::ForeignKey(key) => {
            format!("{} {} ({})", constraint.kind.word(), constraint.name, list(&key.columns))
        }
        ConstraintKind::Check(_) => format!("{} {}", constraint.kind.word(), constraint.name),
    }
}
