//! A migration told as literal SQL: what a run would send, the history's statements included.

use super::apply::Item;
use super::history::{Claim, InFlight, Mark, Moment, RowState, Values, count};
use super::migrator::Migration;
use super::plan::Planned;
use super::run::{Known, Run, now};
use crate::error::Result;
use crate::value::Value;

/// Who is recorded as having applied what a script applied: nobody can know who will run it.
const SCRIPT: &str = "migrate:sql";

/// How a migration stands to the transaction around it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Opening {
    /// It has its own.
    Own,
    /// It shares one with the whole run.
    Shared {
        /// It opens it.
        first: bool,
        /// It closes it.
        last: bool,
    },
}

/// Whether a transaction around the statements needs foreign keys suspended.
pub(super) fn suspends(steps: &[Planned]) -> bool {
    steps.iter().any(|planned| planned.step.suspends_foreign_keys())
}

impl Run<'_> {
    /// Everything that applying the migration would send. `suspends` is that of the shared transaction, where there is one.
    pub(super) fn narrate_up(
        &self,
        migration: &Migration,
        item: &Item,
        known: &mut Known,
        opening: Opening,
        suspends: bool,
    ) -> Result<Vec<String>> {
        let (sequence, at) = (known.mark.sequence + 1, now());
        let create = !known.exists;
        *known = Known { exists: true, mark: Mark::of(sequence, migration.file.version, at) };
        self.tell(migration, item, create, Moment::Known { sequence, at }, opening, suspends)
    }

    /// The same for a moment that may not be known.
    pub(super) fn tell(
        &self,
        migration: &Migration,
        item: &Item,
        create: bool,
        moment: Moment,
        opening: Opening,
        shared_suspends: bool,
    ) -> Result<Vec<String>> {
        let inside = item.plan.up.is_transactional(&*self.dialect);
        let own_suspends = suspends(&item.steps);
        let (open, close) = match (inside, opening) {
            (false, _) => (self.dialect.script_opening(), Vec::new()),
            (true, Opening::Own) => self.dialect.script_transaction(own_suspends),
            (true, Opening::Shared { first, last }) => {
                let (open, close) = self.dialect.script_transaction(shared_suspends);
                (if first { open } else { Vec::new() }, if last { close } else { Vec::new() })
            }
        };
        let mut statements = open;
        if create {
            statements.extend(self.history.create()?.into_iter().map(|statement| statement.sql));
        }
        let state = if inside { RowState::Applied } else { RowState::Running };
        let mut row = self.new_row(migration, item, state);
        if let Moment::Whenever = moment {
            row.applied_by = SCRIPT;
        }
        if !inside {
            // Whoever finds the row so can't tell how far the script came.
            row.in_flight = Some(InFlight { statement: 0, echo: None }.text());
        }
        statements.push(self.history.insert(row, moment, Values::Literals)?.sql);
        statements.extend(item.steps.iter().map(|planned| planned.step.sql.clone()));
        if !inside {
            let cells = vec![
                ("state", Value::Text(RowState::Applied.word().to_owned())),
                ("statements_done", count(item.steps.len())),
                ("in_flight", Value::Null),
            ];
            let update = self.history.update(migration.file.version, cells, Claim::Nobody, Values::Literals)?;
            statements.push(update.sql);
        }
        statements.extend(close);
        Ok(statements)
    }
}
