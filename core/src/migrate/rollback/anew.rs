//! A stored plan on an engine that alters tables in place says what a column is to be, whole. What the column got by other hands since
//! the plan was made is not in it: where the file is as it was when it was applied, the plan is rendered anew for the column as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::prepare::Undoing;
use crate::dialect::AlterStyle;
use crate::error::{Error, Result};
use crate::migrate::history::{Details, Record};
use crate::migrate::plan::{Foreseen, Planned, Side, Undo};
use crate::migrate::run::Run;
use crate::migrate::{Direction, Version};
use crate::store::SqlStore;

/// What a stored plan was rendered from.
#[derive(Debug)]
pub(super) struct Meant {
    side: Side,
    /// Its statements without a look at the catalog.
    steps: Vec<Planned>,
}

impl Run<'_> {
    /// What the files say of stored plans, by version, if the live catalog has a say in any of them. A file that is gone or was changed
    /// says nothing.
    pub(super) fn meant_by_files(
        &self,
        records: &[Record],
        selected: &[(Record, Details)],
    ) -> BTreeMap<Version, Meant> {
        let flavour = self.dialect.flavour();
        let is_as_it_was = |record: &Record| {
            self.migration(record.version).is_some_and(|migration| {
                let now = |direction| migration.script.checksum(direction, &self.migrator.flavours, flavour);
                record.checksum == now(Direction::Up)
                    && record.down_checksum.as_deref() == Some(now(Direction::Down).as_str())
            })
        };
        if self.dialect.facts().alter != AlterStyle::InPlace {
            return BTreeMap::new();
        }
        let wanted: BTreeSet<Version> = selected
            .iter()
            .filter(|(record, _)| record.is_settled() && is_as_it_was(record))
            .map(|(record, _)| record.version)
            .collect();
        // Without one of the files, the schema that stood before is not known.
        let undos = self.undos_of_files(records, &wanted).unwrap_or_default();
        let meant = undos.into_iter().filter_map(|(version, undo)| match undo {
            Undo::Reversible { side, steps, .. } => Some((version, Meant { side, steps })),
            Undo::Irreversible(_) => None,
        });
        let meant: BTreeMap<Version, Meant> = meant.collect();
        // What the others do is only of interest to what comes behind them.
        if meant.values().any(|meant| meant.side.needs_catalog()) { meant } else { BTreeMap::new() }
    }

    /// Renders the stored plan anew, if it was rendered without anything that only the catalog knew.
    ///
    /// # Errors
    /// What it would lose.
    pub(super) async fn render_anew(
        &self,
        store: &mut dyn SqlStore,
        undoing: &mut Undoing<'_>,
        meant: &Meant,
        foreseen: &mut Foreseen,
    ) -> Result<()> {
        let Some(migration) = undoing.migration else { return Ok(()) };
        let source = &migration.file.source;
        let rendered = meant.side.render_live(&*self.dialect, source, store, foreseen).await;
        let rendered =
            rendered.map_err(|error: Error| error.with_detail(format!("undoing {}", undoing.record.label())))?;
        let same = |one: &Planned, other: &Planned| one.step.sql == other.step.sql;
        let was_told = undoing.steps.len() == meant.steps.len()
            && undoing.steps.iter().zip(&meant.steps).all(|(one, other)| same(one, other));
        if was_told {
            undoing.steps = rendered;
        }
        Ok(())
    }
}
