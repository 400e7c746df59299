//! What must not share a transaction: while a table is built anew foreign keys are suspended, and no cascade runs.

use super::{Planned, Side};
use crate::dialect::Dialect;
use crate::error::{Error, Result, SourceText};
use crate::schema::{Change, Name, Schema};

/// Whether statements run inside one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// All of them.
    Together,
    /// Each by itself.
    Apart,
}

impl Isolation {
    /// That of a side run by itself.
    pub fn of(side: &Side, dialect: &dyn Dialect) -> Isolation {
        if side.is_transactional(dialect) { Isolation::Together } else { Isolation::Apart }
    }
}

/// One direction of a migration, among those that may share a transaction.
#[derive(Clone, Copy)]
pub(crate) struct Transacted<'a> {
    pub source: &'a SourceText,
    pub side: &'a Side,
    pub steps: &'a [Planned],
}

/// Refuses what can't be run as it should.
///
/// # Errors
/// `migrate.rebuild-needs-transaction` for a table built anew outside a transaction; `migrate.rebuild-with-data` for one that is
/// in a transaction with an UPDATE or DELETE on a table that foreign keys point at, or with statements of the user's own.
pub(crate) fn check_rebuilds(dialect: &dyn Dialect, sides: &[Transacted<'_>], isolation: Isolation) -> Result<()> {
    let rebuild = sides.iter().find_map(|side| {
        let planned = side.steps.iter().find(|planned| planned.step.rebuilds.is_some())?;
        Some((planned.step.rebuilds.as_ref()?, side.source, planned.span.clone()))
    });
    let Some((table, source, span)) = rebuild else { return Ok(()) };
    let engine = dialect.flavour().name;
    if isolation == Isolation::Apart {
        return Err(Error::refused(
            "migrate.rebuild-needs-transaction",
            format!("{engine} has to build {table} anew for this, which needs a transaction"),
        )
        .with_help(
            "take `transaction:false` out of the section's header, or move the statement into a migration of its own",
        )
        .at(source, span, ""));
    }
    for side in sides {
        for group in side.side.groups() {
            if let Some(written) = group.changes.iter().find_map(|change| cut_off(change, &group.before)) {
                let what =
                    format!("the rows of {written}, to which foreign keys point, are changed in the same transaction");
                return Err(mixed(engine, table, &what).at(side.source, group.span.clone(), "split this off"));
            }
        }
    }
    let raw = sides.iter().find_map(|side| Some((side.source, side.side.raw_statements().next()?)));
    match raw {
        None => Ok(()),
        Some((source, planned)) => {
            let what = "a section for this engine alone is run in the same transaction";
            Err(mixed(engine, table, what).at(source, planned.span.clone(), "fastman does not know what this does"))
        }
    }
}

/// The table whose rows the change writes such that foreign keys of others would have something to do: every DELETE from a
/// table that they point at, and every UPDATE of a column that they point at.
fn cut_off<'a>(change: &'a Change, schema: &Schema) -> Option<&'a Name> {
    let (written, assigned) = match change {
        Change::Delete(delete) => (&delete.table, None),
        Change::Update(update) => (&update.table, Some(&update.assignments)),
        _ => return None,
    };
    let own = schema.table(written);
    let pointing = schema
        .children(written)
        .chain(own)
        .flat_map(|table| table.foreign_keys())
        .filter(|(_, foreign_key)| foreign_key.table.key() == written.key());
    let concerned = pointing.into_iter().any(|(_, foreign_key)| {
        assigned.is_none_or(|assigned| {
            let keys = || foreign_key.referenced.iter().map(Name::key);
            assigned.iter().any(|(column, _)| keys().any(|key| key == column.key()))
        })
    });
    concerned.then_some(written)
}

fn mixed(engine: &str, table: impl std::fmt::Display, what: &str) -> Error {
    Error::refused(
        "migrate.rebuild-with-data",
        format!(
            "{engine} has to build {table} anew, with foreign keys suspended, and {what}: \
             what those keys should do to other rows would not be done"
        ),
    )
    .with_help("split it: two migrations, each run in a transaction of its own")
}
