//! A migration inside a transaction: its statements and its row in the history stand or fall together.

use std::time::Instant;

use super::{Item, report};
use crate::error::{Error, ErrorClass, Result};
use crate::migrate::history::{Claim, Mark, Moment, NewRow, RowState, Values};
use crate::migrate::migrator::Migration;
use crate::migrate::narrate;
use crate::migrate::plan::{Part, Planned, stored};
use crate::migrate::run::{Known, Run, milliseconds, now};
use crate::migrate::{Direction, Event, MigrationReport, echoes};
use crate::store::{SqlStore, Statement};
use crate::value::Value;

/// Statements sent together, and which of them are the migration's.
#[derive(Default)]
struct Batch {
    statements: Vec<Statement>,
    /// Of each, which of the migration's it is.
    origins: Vec<Option<usize>>,
}

impl Batch {
    fn push(&mut self, statement: Statement, origin: Option<usize>) {
        self.statements.push(statement);
        self.origins.push(origin);
    }
}

/// What sending a batch came to.
enum Sent {
    /// All of it is done.
    Done,
    /// The history's table, or the row, was there already.
    Fenced,
}

impl Run<'_> {
    /// The row of a migration about to be applied.
    pub(in crate::migrate) fn new_row<'r>(
        &'r self,
        migration: &'r Migration,
        item: &'r Item,
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
            plan: Some(stored(&item.steps, item.plan.up.transaction).text()),
            down_plan: Some(item.down.text()),
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
        let mut batch = Batch::default();
        if !known.exists {
            for statement in self.history.create()? {
                batch.push(statement, None);
            }
        }
        let (sequence, at) = (known.mark.sequence + 1, now());
        let row = self.new_row(migration, item, RowState::Applied);
        batch.push(self.history.insert(row, Moment::Known { sequence, at }, Values::Parameters)?, None);
        let live = match item.plan.up.needs_catalog() {
            true => match self.send_live(store, batch, item, migration).await? {
                Some(steps) => Some(steps),
                None => return Ok(None),
            },
            false => {
                for (index, planned) in item.steps.iter().enumerate() {
                    batch.push(Statement::new(planned.step.sql.clone()), Some(index));
                }
                match self.send(store, batch, &item.steps, migration).await? {
                    Sent::Done => None,
                    Sent::Fenced => return Ok(None),
                }
            }
        };
        let mut cells = Vec::new();
        if let Some(steps) = live.filter(|steps| *steps != item.steps) {
            let count = i64::try_from(steps.len()).unwrap_or(i64::MAX);
            cells.push(("statements_done", Value::Integer(count)));
            cells.push(("statements", Value::Integer(count)));
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
        cells.push(("duration_ms", Value::Integer(i64::try_from(milliseconds(duration)).unwrap_or(i64::MAX))));
        let update = self.history.update(version, cells, Claim::Any, Values::Parameters)?;
        store.execute(&update.sql, &update.parameters).await?;
        *known = Known { exists: true, mark: Mark::of(sequence, version, at) };
        Ok(Some(report(migration, duration)))
    }

    /// Sends the batch, then group by group what depends on the live catalog; the statements that were run, or `None` where another
    /// migrator got the row in first.
    async fn send_live(
        &self,
        store: &mut dyn SqlStore,
        mut batch: Batch,
        item: &Item,
        migration: &Migration,
    ) -> Result<Option<Vec<Planned>>> {
        let offline = crate::store::CatalogObjects::default();
        let source = &migration.file.source;
        let mut steps: Vec<Planned> = Vec::new();
        for part in &item.plan.up.parts {
            let planned = match part {
                Part::Raw(planned) => vec![planned.clone()],
                Part::Changes(group) if group.needs.is_empty() => group.render(&*self.dialect, source, &offline)?,
                Part::Changes(group) => {
                    if let Sent::Fenced = self.send(store, std::mem::take(&mut batch), &steps, migration).await? {
                        return Ok(None);
                    }
                    let catalog = store.catalog_objects(&group.needs).await?;
                    group.render(&*self.dialect, source, &catalog)?
                }
            };
            for planned in planned {
                batch.push(Statement::new(planned.step.sql.clone()), Some(steps.len()));
                steps.push(planned);
            }
        }
        if narrate::suspends(&steps) && !narrate::suspends(&item.steps) {
            return Err(Error::failed(
                "migrate.catalog-changed",
                format!("{}: its tables changed while it ran", migration.label()),
            )
            .with_help("run it again"));
        }
        match self.send(store, batch, &steps, migration).await? {
            Sent::Done => Ok(Some(steps)),
            Sent::Fenced => Ok(None),
        }
    }

    /// Sends the batch.
    async fn send(
        &self,
        store: &mut dyn SqlStore,
        batch: Batch,
        steps: &[Planned],
        migration: &Migration,
    ) -> Result<Sent> {
        if batch.statements.is_empty() {
            return Ok(Sent::Done);
        }
        let Err(failure) = store.run(&batch.statements).await else { return Ok(Sent::Done) };
        match batch.origins.get(failure.index).copied().flatten() {
            Some(index) => Err(refused(failure.error, migration, steps, index)
                .with_detail("its transaction was rolled back: nothing of it was kept")),
            None if matches!(failure.error.class(), Some(ErrorClass::UniqueViolation | ErrorClass::AlreadyExists)) => {
                Ok(Sent::Fenced)
            }
            None => Err(failure.error),
        }
    }
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
