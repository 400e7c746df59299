//! A migration without a transaction around it: its row claims it before the first statement runs, and counts them.

use std::time::Instant;

use super::{Item, Plans, report, undone};
use crate::dialect::DdlTransactions;
use crate::error::{ErrorClass, Result};
use crate::migrate::history::{Claim, Mark, Moment, RowState, Values, count};
use crate::migrate::run::{Known, Run, milliseconds, now};
use crate::migrate::stepwise::{Stepwise, claim_lost};
use crate::migrate::{Direction, Event, MigrationReport, echoes};
use crate::store::{SqlStore, Statement, Transaction};
use crate::value::Value;

impl Run<'_> {
    /// Gets the migration's row in, with the whole plan, and commits it; false where another migrator got there first.
    pub(super) async fn claim(
        &mut self,
        mut transaction: Transaction<'_>,
        known: &mut Known,
        item: &Item,
    ) -> Result<bool> {
        let migration = &self.migrations[item.plan.index];
        let session = match transaction.store().session() {
            Ok(session) => session,
            Err(error) => return Err(undone(transaction, error).await),
        };
        let (sequence, at) = (known.mark.sequence + 1, now());
        let mut statements: Vec<Statement> = Vec::new();
        if !known.exists {
            statements = self.history.create()?;
            if self.dialect.facts().ddl == DdlTransactions::Committing {
                // Made by itself: the statement ends whatever transaction it stands in, and any lock that goes with it.
                let outcome = transaction.store().run(&statements).await.map_err(|failure| failure.error);
                return match outcome {
                    Ok(()) => transaction.commit().await.map(|()| false),
                    Err(error) if error.class() == Some(ErrorClass::AlreadyExists) => {
                        transaction.rollback().await.map(|()| false)
                    }
                    Err(error) => Err(undone(transaction, error).await),
                };
            }
        }
        let mut row = self.new_row(migration, item, Plans::of(item), RowState::Running);
        row.session = Some(&session);
        statements.push(self.history.insert(row, Moment::Known { sequence, at }, Values::Parameters)?);
        match transaction.store().run(&statements).await.map_err(|failure| failure.error) {
            Ok(()) => {
                transaction.commit().await?;
                *known = Known { exists: true, mark: Mark::of(sequence, migration.file.version, at) };
                Ok(true)
            }
            Err(error) if matches!(error.class(), Some(ErrorClass::UniqueViolation | ErrorClass::AlreadyExists)) => {
                transaction.rollback().await.map(|()| false)
            }
            Err(error) => Err(undone(transaction, error).await),
        }
    }

    /// Runs the claimed migration's statements and settles its row.
    pub(super) async fn apply_outside(
        &mut self,
        store: &mut dyn SqlStore,
        items: &[Item],
        index: usize,
    ) -> Result<MigrationReport> {
        let item = &items[index];
        let migration = &self.migrations[item.plan.index];
        let steps: Option<Vec<_>> = (index + 1 == items.len())
            .then(|| items.iter().flat_map(|item| item.steps.iter().map(|planned| &planned.step)).collect());
        let run = Outside { item, from: 0, echoed: steps.as_deref() };
        let duration = self.go_on(store, migration, run).await?;
        Ok(report(migration, duration))
    }

    /// Runs what is left of a claimed migration and settles its row.
    pub(in crate::migrate) async fn go_on(
        &mut self,
        store: &mut dyn SqlStore,
        migration: &crate::migrate::migrator::Migration,
        run: Outside<'_>,
    ) -> Result<std::time::Duration> {
        let Outside { item, from, echoed } = run;
        let version = migration.file.version;
        self.observer.event(Event::Started {
            version,
            name: &migration.file.name,
            direction: Direction::Up,
            statements: item.steps.len(),
        });
        let started = Instant::now();
        let session = store.session()?;
        let stepwise = Stepwise {
            history: &self.history,
            version,
            label: migration.label(),
            session: &session,
            steps: &item.steps,
            source: Some(&migration.file.source),
            transaction: item.plan.up.transaction,
            direction: Direction::Up,
        };
        stepwise.run(store, from, &mut *self.observer).await?;
        let mut cells = vec![
            ("state", Value::Text(RowState::Applied.word().to_owned())),
            ("statements_done", count(item.steps.len())),
            ("session", Value::Null),
            ("in_flight", Value::Null),
            ("failure", Value::Null),
        ];
        if let Some(down) = self.undo_live(store, item).await? {
            cells.push(("down_plan", Value::Text(down.text())));
        }
        if let Some(steps) = echoed
            && let Some(text) = echoes::take(store, steps).await?
        {
            cells.push(("echoes", Value::Text(text)));
        }
        let duration = started.elapsed();
        cells.push(("duration_ms", count(milliseconds(duration))));
        let update = self.history.update(version, cells, Claim::Session(&session), Values::Parameters)?;
        if store.execute(&update.sql, &update.parameters).await? == 0 {
            return Err(claim_lost(&migration.label()));
        }
        Ok(duration)
    }
}

/// A claimed migration to be gone on with.
pub(in crate::migrate) struct Outside<'a> {
    pub item: &'a Item,
    /// The first statement to be run.
    pub from: usize,
    /// The statements whose subjects' echoes are taken afterwards, if any.
    pub echoed: Option<&'a [&'a crate::dialect::Step]>,
}
