//! Planning: what a migration means becomes the statements of one engine, both ways, before anything runs.

mod check;
mod down;
mod foreseen;
mod group;
mod live_names;
mod raw;

use std::ops::Range;

pub(crate) use check::{Isolation, Transacted, check_rebuilds};
pub(crate) use down::Undo;
pub(crate) use foreseen::Foreseen;
pub(crate) use group::Group;
pub(crate) use raw::controls_transaction;

use super::handmade::{Handmade, Unknown};
use super::migrator::Migration;
use super::stored::{StoredDown, StoredPlan};
use crate::dialect::{DdlTransactions, Dialect, Step};
use crate::error::{Error, Result, SourceText};
use crate::flavour::Flavours;
use crate::schema::Schema;
use crate::sql::binder::Bound;
use crate::sql::section::{Direction, Selected};
use crate::store::SqlStore;

/// A statement, and the part of the file that it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Planned {
    pub step: Step,
    pub span: Range<usize>,
}

/// A part of one direction of a migration.
#[derive(Debug)]
pub(crate) enum Part {
    /// Changes of the model, rendered together.
    Changes(Group),
    /// A statement that the user wrote for this engine.
    Raw(Planned),
}

/// One direction of a migration on one engine.
#[derive(Debug)]
pub(crate) struct Side {
    /// In order.
    pub parts: Vec<Part>,
    /// Whether it runs inside a transaction where the engine has them for DDL.
    pub transaction: bool,
}

/// A migration on one engine, both ways.
#[derive(Debug)]
pub(crate) struct MigrationPlan {
    /// Which of the migrations it is.
    pub index: usize,
    /// How it is applied.
    pub up: Side,
    /// Its statements, as far as they are known without a catalog.
    pub steps: Vec<Planned>,
    /// How it is undone.
    pub undo: Undo,
    /// Of what the file has for this engine.
    pub checksum: String,
    /// Of its down alone.
    pub down_checksum: String,
}

impl Side {
    /// A side that does nothing.
    fn empty() -> Side {
        Side { parts: Vec::new(), transaction: true }
    }

    /// Changes of the model, grouped as they are rendered, and what they start from.
    fn changes(
        dialect: &dyn Dialect,
        source: &SourceText,
        bound: Vec<Bound>,
        (before, handmade): (&Schema, &Handmade),
        transaction: bool,
    ) -> Result<Side> {
        let groups = group::group(dialect, source, bound, before, handmade)?;
        Ok(Side { parts: groups.into_iter().map(Part::Changes).collect(), transaction })
    }

    /// Every statement, where no catalog can be looked at.
    pub fn render_offline(&self, dialect: &dyn Dialect, source: &SourceText) -> Result<Vec<Planned>> {
        let mut steps = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Raw(planned) => steps.push(planned.clone()),
                Part::Changes(group) => steps.extend(group.render(dialect, source, &group.offline)?),
            }
        }
        Ok(steps)
    }

    /// Every statement, with what the catalog knows now, as far as the changes before do not make it other.
    pub async fn render_live(
        &self,
        dialect: &dyn Dialect,
        source: &SourceText,
        store: &mut dyn SqlStore,
        foreseen: &mut Foreseen,
    ) -> Result<Vec<Planned>> {
        let mut steps = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Raw(planned) => {
                    foreseen.take_raw(&planned.step.sql, dialect);
                    steps.push(planned.clone());
                }
                Part::Changes(group) => {
                    let catalog = foreseen.catalog(store, group, dialect).await?;
                    let rendered = group.render(dialect, source, &catalog)?;
                    foreseen.take(group, &rendered, dialect);
                    steps.extend(rendered);
                }
            }
        }
        Ok(steps)
    }

    /// The groups, in order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.parts.iter().filter_map(|part| match part {
            Part::Changes(group) => Some(group),
            Part::Raw(_) => None,
        })
    }

    /// What is run as the user wrote it.
    pub fn raw_statements(&self) -> impl Iterator<Item = &Planned> {
        self.parts.iter().filter_map(|part| match part {
            Part::Raw(planned) => Some(planned),
            Part::Changes(_) => None,
        })
    }

    /// Why its statements can't be known without a catalog; `None` where they can.
    pub fn unknown(&self) -> Option<&Unknown> {
        self.groups().find_map(|group| group.unknown.as_ref())
    }

    /// Refuses what can't be known without a catalog.
    ///
    /// # Errors
    /// `migrate.rebuild-unknown`, with its place.
    pub fn check_known(&self, source: &SourceText) -> Result<()> {
        match self.groups().find_map(|group| Some((group, group.unknown.as_ref()?))) {
            Some((group, unknown)) => Err(unknown.error().at(source, group.span.clone(), "")),
            None => Ok(()),
        }
    }

    /// Whether some of it is run as the user wrote it.
    pub fn has_raw(&self) -> bool {
        self.raw_statements().next().is_some()
    }

    /// Whether some of it depends on what only the live catalog knows.
    pub fn needs_catalog(&self) -> bool {
        self.groups().any(|group| !group.needs.is_empty())
    }

    /// Whether the live catalog is looked at for it: where it depends on that, or names what may have another name there.
    pub fn looks_at_catalog(&self) -> bool {
        self.groups().any(|group| !group.looks.is_empty())
    }

    /// Whether it runs inside one transaction on this engine.
    pub fn is_transactional(&self, dialect: &dyn Dialect) -> bool {
        self.transaction && dialect.facts().ddl == DdlTransactions::Transactional
    }
}

/// The steps of planned statements, as the history keeps them.
pub(crate) fn stored(steps: &[Planned], transaction: bool) -> StoredPlan {
    StoredPlan::new(transaction, steps.iter().map(|planned| planned.step.clone()).collect())
}

/// Plans a migration whose meaning is known. Everything is rendered once, so that what is wrong with it is found now.
///
/// # Errors
/// `migration.no-section-for-engine`; portable SQL that is wrong, or that the engine can't do, with its place;
/// `migrate.rebuild-with-data`, `migrate.rebuild-needs-transaction`.
pub(crate) fn plan_bound(
    dialect: &dyn Dialect,
    flavours: &Flavours,
    index: usize,
    migration: &Migration,
    bound: Vec<Bound>,
    before: (&Schema, &Handmade),
    after: &Schema,
) -> Result<MigrationPlan> {
    let flavour = dialect.flavour();
    let (source, script) = (&migration.file.source, &migration.script);
    let undo_changes = match script.select(Direction::Down, flavours, flavour) {
        Selected::Missing => bound.iter().map(|bound| bound.change.clone()).collect(),
        _ => Vec::new(),
    };
    let up_selected = script.select(Direction::Up, flavours, flavour);
    let mut handmade = before.1.clone();
    handmade.advance(migration, up_selected, flavour, bound.iter().map(|bound| &bound.change), before.0);
    let up = match up_selected {
        Selected::None(_) => Side::empty(),
        Selected::Own(section) => Side::raw(dialect, source, section)?,
        Selected::Portable(section) => Side::changes(dialect, source, bound, before, section.transaction)?,
        Selected::Missing => return Err(no_section(migration, flavour.name)),
    };
    let steps = up.render_offline(dialect, source)?;
    check_rebuilds(dialect, &[Transacted { source, side: &up, steps: &steps }], Isolation::of(&up, dialect))?;
    let undo = down::undo(dialect, flavours, migration, up_selected, undo_changes, before, (after, &handmade))?;
    Ok(MigrationPlan {
        index,
        up,
        steps,
        undo,
        checksum: script.checksum(Direction::Up, flavours, flavour),
        down_checksum: script.checksum(Direction::Down, flavours, flavour),
    })
}

fn no_section(migration: &Migration, engine: &str) -> Error {
    let header = migration.script.sections.first().map_or(0..0, |section| section.header.clone());
    Error::failed(
        "migration.no-section-for-engine",
        format!("{} has no section for {engine}", migration.file.source.name),
    )
    .with_help(format!(
        "write a portable section, `-- migrate:up`, or one for this engine, `-- migrate:up {engine}`; \
         if there is nothing to do here, say so: `-- migrate:up {engine} none`"
    ))
    .at(&migration.file.source, header, "sections for other engines only")
}

impl Undo {
    /// As the history keeps it.
    pub fn stored(&self) -> StoredDown {
        match self {
            Undo::Irreversible(reason) => StoredDown::Irreversible(reason.clone()),
            Undo::Reversible { side, steps, loses } => {
                if let Some(unknown) = side.unknown() {
                    return StoredDown::Irreversible(unknown.reason());
                }
                StoredDown::Plan { plan: stored(steps, side.transaction), loses: loses.clone(), opaque: side.has_raw() }
            }
        }
    }
}
