//! A migration told as literal SQL: what a run would send, the history's statements included.

use super::apply::{Item, Plans};
use super::history::{Claim, InFlight, Mark, Moment, RowState, Values, count};
use super::migrator::Migration;
use super::plan::Planned;
use super::run::{Known, Run, now};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::value::Value;

/// Who is recorded as having applied what a script applied: nobody can know who will run it.
const SCRIPT: &str = "migrate:sql";

/// How a migration stands to the transaction around it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Opening<'a> {
    /// It has its own.
    Own,
    /// It shares one with the whole run.
    Shared {
        /// The whole run.
        items: &'a [Item],
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

/// Statements as a printed script's transaction has them: what opens it, they themselves, what closes it.
pub(super) struct Transacted {
    pub open: Vec<String>,
    pub statements: Vec<String>,
    pub close: Vec<String>,
}

/// The steps in a printed script's transaction, which may hold others too.
pub(super) fn transacted(dialect: &dyn Dialect, steps: &[Planned], all: &[&[Planned]]) -> Transacted {
    let suspends = all.iter().any(|steps| suspends(steps));
    let sql: Vec<&str> = all.iter().copied().flatten().map(|planned| planned.step.sql.as_str()).collect();
    let (open, close) = dialect.script_transaction(&sql, suspends);
    let statements = steps.iter().flat_map(|planned| dialect.script_statement(&planned.step.sql, suspends)).collect();
    Transacted { open, statements, close }
}

impl Run<'_> {
    /// Everything that applying the migration would send.
    pub(super) fn narrate_up(
        &self,
        migration: &Migration,
        item: &Item,
        known: &mut Known,
        opening: Opening<'_>,
    ) -> Result<Vec<String>> {
        let (sequence, at) = (known.mark.sequence + 1, now());
        let create = !known.exists;
        *known = Known { exists: true, mark: Mark::of(sequence, migration.file.version, at) };
        self.tell(migration, item, create, Moment::Known { sequence, at }, opening)
    }

    /// The same for a moment that may not be known.
    pub(super) fn tell(
        &self,
        migration: &Migration,
        item: &Item,
        create: bool,
        moment: Moment,
        opening: Opening<'_>,
    ) -> Result<Vec<String>> {
        let inside = item.plan.up.is_transactional(&*self.dialect);
        let dialect = &*self.dialect;
        let told = match (inside, opening) {
            (false, _) => Transacted {
                open: dialect.script_opening(),
                statements: item.steps.iter().map(|planned| planned.step.sql.clone()).collect(),
                close: Vec::new(),
            },
            (true, Opening::Own) => transacted(dialect, &item.steps, &[&item.steps]),
            (true, Opening::Shared { items, first, last }) => {
                let all: Vec<&[Planned]> = items.iter().map(|item| item.steps.as_slice()).collect();
                let told = transacted(dialect, &item.steps, &all);
                Transacted {
                    open: if first { told.open } else { Vec::new() },
                    close: if last { told.close } else { Vec::new() },
                    ..told
                }
            }
        };
        let mut statements = told.open;
        if create {
            statements.extend(self.history.create()?.into_iter().map(|statement| statement.sql));
        }
        let state = if inside { RowState::Applied } else { RowState::Running };
        let mut row = self.new_row(migration, item, Plans::of(item), state);
        if let Moment::Whenever = moment {
            row.applied_by = SCRIPT;
        }
        if !inside {
            // Whoever finds the row so can't tell how far the script came.
            row.in_flight = Some(InFlight { statement: 0, echo: None }.text());
        }
        statements.push(self.history.insert(row, moment, Values::Literals)?.sql);
        statements.extend(told.statements);
        if !inside {
            let cells = vec![
                ("state", Value::Text(RowState::Applied.word().to_owned())),
                ("statements_done", count(item.steps.len())),
                ("in_flight", Value::Null),
            ];
            let update = self.history.update(migration.file.version, cells, Claim::Nobody, Values::Literals)?;
            statements.push(update.sql);
        }
        statements.extend(told.close);
        Ok(statements)
    }
}
