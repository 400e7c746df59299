//! How a migration is undone: by what its file says, else by inverting what it does.

use super::{Isolation, Planned, Side, Transacted, check_rebuilds};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::flavour::Flavours;
use crate::migrate::handmade::Handmade;
use crate::migrate::migrator::Migration;
use crate::schema::{Change, Schema, invert};
use crate::sql::binder::{Bound, bind_all};
use crate::sql::section::{Direction, Selected};

/// How a migration is undone.
#[derive(Debug)]
pub(crate) enum Undo {
    /// It can't be; why not, as a sentence without an end.
    Irreversible(String),
    /// By these changes.
    Reversible {
        /// They.
        side: Side,
        /// Their statements, as far as they are known without a catalog.
        steps: Vec<Planned>,
        /// What goes with its rows.
        loses: Vec<String>,
    },
}

impl Undo {
    fn nothing() -> Undo {
        Undo::Reversible { side: Side::empty(), steps: Vec::new(), loses: Vec::new() }
    }
}

/// How a migration is undone. `changes` are those of its up, wanted only where its file has no down.
///
/// # Errors
/// A down section that is wrong, or that the engine can't do, with its place.
pub(super) fn undo(
    dialect: &dyn Dialect,
    flavours: &Flavours,
    migration: &Migration,
    up: Selected<'_>,
    changes: Vec<Change>,
    before: (&Schema, &Handmade),
    after: (&Schema, &Handmade),
) -> Result<Undo> {
    let (source, flavour) = (&migration.file.source, dialect.flavour());
    let section = match migration.script.select(Direction::Down, flavours, flavour) {
        Selected::None(section) => {
            let (line, _) = source.line_and_column(section.header.start);
            return Ok(Undo::Irreversible(format!("it is declared irreversible ({}:{line})", source.name)));
        }
        Selected::Own(section) => {
            let side = Side::raw(dialect, source, section)?;
            let steps = side.render_offline(dialect, source)?;
            return Ok(Undo::Reversible { side, steps, loses: Vec::new() });
        }
        // Where nothing was done there is nothing to undo, whatever the portable section says.
        Selected::Portable(_) | Selected::Missing if matches!(up, Selected::None(_)) => return Ok(Undo::nothing()),
        Selected::Missing => return inverted(dialect, migration, up, &changes, before, after),
        Selected::Portable(section) => section,
    };
    let bound = bind_all(source, section.body.clone(), &mut after.0.clone())?;
    let loses = losses(bound.iter().map(|bound| &bound.change));
    let side = Side::changes(dialect, source, bound, after, section.transaction)?;
    let steps = side.render_offline(dialect, source)?;
    check_rebuilds(dialect, &[Transacted { source, side: &side, steps: &steps }], Isolation::of(&side, dialect))?;
    Ok(Undo::Reversible { side, steps, loses })
}

/// The inverse of what the migration does; where that can't be had, or the engine can't do it, it is irreversible.
fn inverted(
    dialect: &dyn Dialect,
    migration: &Migration,
    up: Selected<'_>,
    changes: &[Change],
    before: (&Schema, &Handmade),
    after: (&Schema, &Handmade),
) -> Result<Undo> {
    let source = &migration.file.source;
    let section = match up {
        Selected::Portable(section) => section,
        _ => {
            let engine = dialect.flavour().name;
            return Ok(Undo::Irreversible(format!(
                "its section for {engine} is run as it stands, and there is no `-- migrate:down`"
            )));
        }
    };
    let flavour = dialect.flavour();
    let mut handmade = before.1.clone();
    for change in changes {
        if let Some(reason) = handmade.lost_by(change, flavour) {
            return Ok(Undo::Irreversible(reason));
        }
        handmade.change(change, &flavour.lexical);
    }
    let inverse = match invert(changes, before.0) {
        Ok(inverse) => inverse,
        Err(irreversible) => return Ok(Undo::Irreversible(irreversible.reason)),
    };
    let loses = losses(&inverse);
    let place = section.header.clone();
    let bound = inverse.into_iter().map(|change| Bound { change, span: place.clone(), statement: 0 }).collect();
    let rendered = Side::changes(dialect, source, bound, after, section.transaction).and_then(|side| {
        let steps = side.render_offline(dialect, source)?;
        check_rebuilds(dialect, &[Transacted { source, side: &side, steps: &steps }], Isolation::of(&side, dialect))?;
        Ok((side, steps))
    });
    Ok(match rendered {
        Ok((side, steps)) => Undo::Reversible { side, steps, loses },
        Err(error) => Undo::Irreversible(format!("it has no down section, and its inverse can't be run: {error}")),
    })
}

/// What goes with its rows.
fn losses<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<String> {
    let mut loses: Vec<String> = changes
        .into_iter()
        .flat_map(|change| match change {
            Change::DropTable { table } => vec![format!("table {table}")],
            Change::DropColumn { table, column } => vec![format!("column {table}.{column}")],
            Change::Delete(delete) => vec![format!("rows of {}", delete.table)],
            Change::Update(update) => {
                let table = &update.table;
                update.assignments.iter().map(|(column, _)| format!("values of {table}.{column}")).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    loses.dedup();
    loses
}
