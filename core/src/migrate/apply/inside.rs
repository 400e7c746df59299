//! A migration inside a transaction: its statements and its row in the history stand or fall together.
//!
//! A round trip is where the server waits for us. So what the history is still owed of one migration goes with the statements of the
//! next, and while the server runs one, the next one's row is written out.

use std::time::Instant;

use super::{Item, report};
use crate::error::{Error, ErrorClass, Result};
use crate::migrate::history::{Claim, Mark, Moment, NewRow, RowState, Values, count};
use crate::migrate::live::{self, Failure};
use crate::migrate::migrator::Migration;
use crate::migrate::plan::{Planned, stored};
use crate::migrate::run::{Known, Run, milliseconds, now};
use crate::migrate::{Direction, Event, MigrationReport, echoes};
use crate::store::{SqlStore, Statement};
use crate::value::Value;

/// What one migration leaves for the next.
#[derive(Default)]
pub(super) struct Inside {
    /// Statements of the history that go with the next ones, or are [settled](Inside::settle) before a commit.
    owed: Vec<Statement>,
    /// The plans of the migration of that index, written out ahead.
    ahead: Option<(usize, Plans)>,
}

impl Inside {
    /// Runs what is owed to the history.
    ///
    /// # Errors
    /// What the server says.
    pub async fn settle(&mut self, store: &mut dyn SqlStore) -> Result<()> {
        store.run(&std::mem::take(&mut self.owed)).await.map_err(|failure| failure.error)
    }

    /// The plans of a migration.
    fn plans(&mut self, index: usize, item: &Item) -> Plans {
        self.ahead.take().filter(|(ahead, _)| *ahead == index).map_or_else(|| Plans::of(item), |(_, plans)| plans)
    }
}

/// A migration's plans as the history keeps them.
pub(in crate::migrate) struct Plans {
    up: String,
    down: String,
}

impl Plans {
    pub fn of(item: &Item) -> Plans {
        Plans { up: stored(&item.steps, item.plan.up.transaction).text(), down: item.down.text() }
    }
}

impl Run<'_> {
    /// The row of a migration about to be applied.
    pub(in crate::migrate) fn new_row<'r>(
        &'r self,
        migration: &'r Migration,
        item: &'r Item,
        plans: Plans,
        state: RowState,
    ) -> NewRow<'r> {
        NewRow {
            version: migration.file.version,
            name: &migration.file.name,
            state,
            done: if state == RowState::Applied { item.steps.len() } else { 0 },
            statements: item.steps.len(),
            checksum: &item.plan.checksum,
            down_checksum: &item.plan.down_checksum,
            project: self.migrator.settings.project.as_deref(),
            session: None,
            applied_by: &self.migrator.settings.applied_by,
            plan: Some(plans.up),
            down_plan: Some(plans.down),
            in_flight: None,
        }
    }

    /// Runs the migration inside the open transaction; `None` where another migrator got its row in first.
    pub(super) async fn apply_inside(
        &mut self,
        store: &mut dyn SqlStore,
        known: &mut Known,
        items: &[Item],
        index: usize,
        inside: &mut Inside,
    ) -> Result<Option<MigrationReport>> {
        let item = &items[index];
        let migration = &self.migrations[item.plan.index];
        let version = migration.file.version;
        self.observer.event(Event::Started {
            version,
            name: &migration.file.name,
            direction: Direction::Up,
            statements: item.steps.len(),
        });
        let started = Instant::now();
        let mut before = std::mem::take(&mut inside.owed);
        if !known.exists {
            before.extend(self.history.create()?);
        }
        let (sequence, at) = (known.mark.sequence + 1, now());
        let row = self.new_row(migration, item, inside.plans(index, item), RowState::Applied);
        before.push(self.history.insert(row, Moment::Known { sequence, at }, Values::Parameters)?);
        let source = &migration.file.source;
        let running = live::run(store, &*self.dialect, source, &item.plan.up, &item.steps, before);
        let (ran, ahead) = tokio::join!(running, async { Some((index + 1, Plans::of(items.get(index + 1)?))) });
        inside.ahead = ahead;
        let steps = match ran {
            Ok(steps) => steps,
            // The history's table, or the row, is there already.
            Err(Failure::Before(error)) if is_fence(&error) => return Ok(None),
            Err(Failure::Before(error) | Failure::Other(error)) => return Err(error),
            Err(Failure::Statement(error, index, steps)) => {
                return Err(refused(error, migration, &steps, index)
                    .with_detail("its transaction was rolled back: nothing of it was kept"));
            }
        };
        let mut cells = Vec::new();
        if let Some(steps) = steps.filter(|steps| *steps != item.steps) {
            cells.push(("statements_done", count(steps.len())));
            cells.push(("statements", count(steps.len())));
            cells.push(("plan", Value::Text(stored(&steps, item.plan.up.transaction).text())));
        }
        if let Some(down) = self.undo_live(store, item).await? {
            cells.push(("down_plan", Value::Text(down.text())));
        }
        if index + 1 == items.len() {
            let steps: Vec<_> = items.iter().flat_map(|item| item.steps.iter().map(|planned| &planned.step)).collect();
            if let Some(text) = echoes::take(store, &steps).await? {
                cells.push(("echoes", Value::Text(text)));
            }
        }
        let duration = started.elapsed();
        cells.push(("duration_ms", count(milliseconds(duration))));
        let update = self.history.update(version, cells, Claim::Any, Values::Parameters)?;
        inside.owed.push(update);
        *known = Known { exists: true, mark: Mark::of(sequence, version, at) };
        Ok(Some(report(migration, duration)))
    }
}

/// Whether an error says that another migrator was there first.
pub(super) fn is_fence(error: &Error) -> bool {
    matches!(error.class(), Some(ErrorClass::UniqueViolation | ErrorClass::AlreadyExists))
}

/// What the server said of a statement, with its place in the file.
pub(in crate::migrate) fn refused(error: Error, migration: &Migration, steps: &[Planned], index: usize) -> Error {
    let Some(planned) = steps.get(index) else { return error };
    error.at(&migration.file.source, planned.span.clone(), "the server refused this").with_detail(format!(
        "{}, statement {} of {}: {}",
        migration.label(),
        index + 1,
        steps.len(),
        planned.step.sql
    ))
}
