//! Resuming: what became of the statement at which a migration stopped, and going on from there.

use super::apply::{Item, report};
use super::conditions;
use super::history::{Claim, Details, Record, RowState, Values, count};
use super::lock::{self, SessionLock};
use super::plan::{self, Planned};
use super::replay::Replayed;
use super::run::{Ground, Run};
use super::stored::StoredPlan;
use super::{Direction, Event, MigrationReport, Observer};
use crate::dialect::Step;
use crate::error::{Category, Error, Result};
use crate::migrate::apply::Outside;
use crate::store::{SqlStore, TransactionOptions};
use crate::value::Value;

/// Where an unfinished migration is gone on with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// With this statement; all before it are done.
    From(usize),
    /// With this statement, once what it left is taken away by that one.
    Again(usize, String),
    /// Nobody but a person can tell whether this statement is done.
    Unknown(usize),
}

/// What became of the statement at which a migration stopped. It only reads.
///
/// # Errors
/// What the server says.
pub(super) async fn judge(
    store: &mut dyn SqlStore,
    record: &Record,
    details: &Details,
    plan: &StoredPlan,
) -> Result<Verdict> {
    let done = record.done;
    let (Some(in_flight), Some(step)) = (details.in_flight()?, plan.steps.get(done)) else {
        return Ok(Verdict::From(done));
    };
    if in_flight.statement != done {
        return Ok(Verdict::From(done));
    }
    match in_flight.echo {
        // The server refused it, so it is not done.
        None if record.state == RowState::Failed => Ok(Verdict::From(done)),
        None => Ok(Verdict::Unknown(done)),
        Some(before) => {
            let unchanged = store.echo(&step.touches).await? == before;
            // Where it touches nothing that has an echo, what holds afterwards tells.
            let conclusive = !step.touches.is_empty() || step.done_when.is_empty();
            if unchanged && conclusive {
                return Ok(Verdict::From(done));
            }
            if !step.done_when.is_empty() && conditions::hold(store, &step.done_when).await? {
                return Ok(Verdict::From(done + 1));
            }
            if unchanged {
                return Ok(Verdict::From(done));
            }
            if let Some(remains) = &step.remains
                && !store.query(&remains.found_by, &[]).await?.is_empty()
            {
                return Ok(Verdict::Again(done, remains.removed_by.clone()));
            }
            if record.state == RowState::Failed {
                // The server refused it: what differs by now, somebody changed to make it possible.
                return Ok(Verdict::From(done));
            }
            Ok(Verdict::Unknown(done))
        }
    }
}

/// The error of a migration that only a person can settle.
pub(super) fn half_applied(record: &Record, steps: &[Step], at: usize) -> Error {
    let (label, version) = (record.label(), record.version);
    let (what, rerun) = match record.direction {
        Direction::Up => ("applied", "database:migrate"),
        Direction::Down => ("undone", "migrate:rollback"),
    };
    let total = steps.len();
    let error = Error::new(
        Category::HalfApplied,
        "migrate.half-applied",
        format!("{label} is half {what}: whether statement {} of {total} took effect can't be told", at + 1),
    )
    .with_help(format!(
        "look at the database and settle it: `migrate:repair {version} --statement-done` or `--statement-not-done`, then `{rerun}` \
         goes on; or, once you have put it right by hand, `migrate:repair {version} --applied` or `--not-applied`"
    ));
    steps.iter().enumerate().fold(error, |error, (index, step)| {
        let word = match index.cmp(&at) {
            std::cmp::Ordering::Less => "done",
            std::cmp::Ordering::Equal => "unknown",
            std::cmp::Ordering::Greater => "not done",
        };
        error.with_detail(format!("{word}: {}", one_line(&step.sql)))
    })
}

/// The error of a migration that was left in the middle, where it can't be gone on with by what is asked for.
pub(super) fn unfinished(record: &Record) -> Error {
    let (what, rerun) = match record.direction {
        Direction::Up => ("applied", "database:migrate"),
        Direction::Down => ("undone", "migrate:rollback"),
    };
    Error::new(
        Category::HalfApplied,
        "migrate.unfinished",
        format!("{} is half {what}: {} of {} statements are done", record.label(), record.done, record.statements),
    )
    .with_help(format!(
        "`{rerun}` goes on with it; or settle it with `migrate:repair {} --applied` or `--not-applied`",
        record.version
    ))
}

/// Takes away what a statement left, before it is run again.
///
/// # Errors
/// What the server says; run again, it is found once more.
pub(super) async fn remove(store: &mut dyn SqlStore, observer: &mut dyn Observer, sql: &str) -> Result<()> {
    observer.event(Event::Notice(&format!("takes away what was left of a statement: {}", one_line(sql))));
    store.execute(sql, &[]).await.map(drop).map_err(|error| error.with_detail(one_line(sql)))
}

/// The beginning of a statement, in one line.
fn one_line(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(160) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

impl Run<'_> {
    /// Goes on with a migration that was being applied; `None` where another migrator was faster.
    ///
    /// # Errors
    /// `migrate.half-applied`, `migrate.completed-part-changed`; what the server says.
    pub(super) async fn resume_up(
        &mut self,
        store: &mut dyn SqlStore,
        ground: &Ground,
        record: &Record,
    ) -> Result<Option<MigrationReport>> {
        if record.direction == Direction::Down {
            return Err(unfinished(record));
        }
        let Some(migration) = self.migration(record.version) else {
            if self.is_untouched(store, record).await? {
                self.forget(store, std::slice::from_ref(record)).await?;
                return Ok(None);
            }
            return Err(unfinished(record).with_detail("its file is missing"));
        };
        let mut replayed = self.replay(&ground.records)?;
        let before = replayed.clone();
        let mut lock = SessionLock::acquire(store, &mut self.patience, &mut *self.observer).await?;
        let outcome = self.resume_locked(lock.store(), record, migration, &before, &mut replayed).await;
        lock.release(outcome).await
    }

    async fn resume_locked(
        &mut self,
        store: &mut dyn SqlStore,
        record: &Record,
        migration: &super::migrator::Migration,
        before: &Replayed,
        replayed: &mut Replayed,
    ) -> Result<Option<MigrationReport>> {
        let Some((details, stored)) = self.unfinished_plan(store, record).await? else { return Ok(None) };
        let index = self.migrations.partition_point(|other| other.file.version < record.version);
        let item = self.item_again(index, migration, before, replayed);
        let (from, remains) = match judge(store, record, &details, &stored).await? {
            Verdict::From(from) => (from, None),
            Verdict::Again(from, removed_by) => (from, Some(removed_by)),
            // Seen while another session went on with it, the catalog may look like this too.
            Verdict::Unknown(_) if !self.is_unchanged(store, record).await? => return Ok(None),
            Verdict::Unknown(at) => return Err(half_applied(record, &stored.steps, at)),
        };
        let mut item = item?;
        let edited = item.plan.checksum != record.checksum;
        if edited {
            self.check_completed(record, &stored, &item.steps, from)?;
        } else {
            // What was planned is what is run: by now the catalog may make the dialect render it otherwise.
            item.steps = with_spans(&stored, &item.steps);
        }
        let mut cells = vec![("statements_done", count(from)), ("statements", count(item.steps.len()))];
        if edited {
            cells.push(("checksum", Value::Text(item.plan.checksum.clone())));
            cells.push(("down_checksum", Value::Text(item.plan.down_checksum.clone())));
            cells.push(("plan", Value::Text(plan::stored(&item.steps, item.plan.up.transaction).text())));
            cells.push(("down_plan", Value::Text(item.down.text())));
        }
        if !self.take_over(store, record, cells).await? {
            return Ok(None);
        }
        if let Some(sql) = remains {
            remove(store, &mut *self.observer, &sql).await?;
        }
        let steps: Vec<&Step> = item.steps.iter().map(|planned| &planned.step).collect();
        let run = Outside { item: &item, from, echoed: Some(&steps) };
        let duration = self.go_on(store, migration, run).await?;
        let report = report(migration, duration);
        self.finished(&report, Direction::Up);
        Ok(Some(report))
    }

    /// Whether the row is still what it was.
    pub(super) async fn is_unchanged(&self, store: &mut dyn SqlStore, record: &Record) -> Result<bool> {
        Ok(self.history.read_from(store, record.sequence).await?.first() == Some(record))
    }

    /// The plan of an unfinished migration; `None` where its row is no longer what it was.
    pub(super) async fn unfinished_plan(
        &self,
        store: &mut dyn SqlStore,
        record: &Record,
    ) -> Result<Option<(Details, StoredPlan)>> {
        if !self.is_unchanged(store, record).await? {
            return Ok(None);
        }
        let Some(details) = self.history.details(store, &[record.version]).await?.pop() else { return Ok(None) };
        match details.plan()? {
            Some(plan) => Ok(Some((details, plan))),
            None => Err(unfinished(record).with_detail("its plan was not recorded")),
        }
    }

    /// Takes an unfinished migration over, if its claim is still what it was.
    pub(super) async fn take_over(
        &mut self,
        store: &mut dyn SqlStore,
        record: &Record,
        mut cells: Vec<(&'static str, Value)>,
    ) -> Result<bool> {
        let session = store.session()?;
        cells.push(("state", Value::Text(RowState::Running.word().to_owned())));
        cells.push(("session", Value::Text(session)));
        cells.push(("failure", Value::Null));
        let update = self.history.update(record.version, cells, Claim::Seen(record), Values::Parameters)?;
        let options = TransactionOptions::default();
        let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
        match transaction.store().execute(&update.sql, &update.parameters).await {
            Ok(0) => transaction.rollback().await.map(|()| false),
            Ok(_) => transaction.commit().await.map(|()| true),
            Err(error) => Err(super::apply::undone(transaction, error).await),
        }
    }

    /// The migration planned anew, from its file as it is now.
    fn item_again(
        &self,
        index: usize,
        migration: &super::migrator::Migration,
        before: &Replayed,
        replayed: &mut Replayed,
    ) -> Result<Item> {
        let flavours = &self.migrator.flavours;
        let bound = replayed.advance(migration, flavours, self.dialect.flavour())?;
        let before = (&before.schema, &before.handmade);
        let plan = plan::plan_bound(&*self.dialect, flavours, index, migration, bound, before, &replayed.schema)?;
        let down = plan.undo.stored();
        Ok(Item { steps: plan.steps.clone(), down, plan, unknown: None, again: false })
    }

    /// Refuses to go on where what is done already is not what the file says now.
    pub(super) fn check_completed(
        &self,
        record: &Record,
        stored: &StoredPlan,
        steps: &[Planned],
        done: usize,
    ) -> Result<()> {
        let changed = (0..done).find(|index| {
            let now = steps.get(*index).map(|planned| super::stored::hash(&planned.step.sql));
            now.as_deref() != stored.hashes.get(*index).map(String::as_str)
        });
        let Some(index) = changed else { return Ok(()) };
        let was = stored.steps.get(index).map(|step| one_line(&step.sql)).unwrap_or_default();
        let now = steps.get(index).map_or_else(|| "nothing".to_owned(), |planned| one_line(&planned.step.sql));
        let error = Error::new(
            Category::HalfApplied,
            "migrate.completed-part-changed",
            format!("{}: statement {} is done already, and the file no longer says it", record.label(), index + 1),
        )
        .with_help("restore the statements that are done; only the one that failed and those after it may be edited")
        .with_detail(format!("done: {was}"))
        .with_detail(format!("the file now: {now}"));
        let source = self.migration(record.version).map(|migration| &migration.file.source);
        match (source, steps.get(index)) {
            (Some(source), Some(planned)) => Err(error.at(source, planned.span.clone(), "")),
            _ => Err(error),
        }
    }
}

/// Stored statements, each with its place in the file where the file still says it.
fn with_spans(stored: &StoredPlan, planned: &[Planned]) -> Vec<Planned> {
    let spans = planned.iter().map(|planned| planned.span.clone()).chain(std::iter::repeat(0..0));
    stored.steps.iter().cloned().zip(spans).map(|(step, span)| Planned { step, span }).collect()
}

#[cfg(test)]
mod tests;
