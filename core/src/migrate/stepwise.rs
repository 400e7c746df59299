//! Statements one by one, where no transaction holds them together: each is counted, and what can't be counted together
//! with its effect is preceded by what the catalog looked like.

use super::history::{Claim, History, InFlight, RowState, Values, count};
use super::plan::Planned;
use super::{Direction, Event, Observer, Version};
use crate::dialect::StepKind;
use crate::error::{Category, Error, ErrorClass, Result, SourceText};
use crate::store::{SqlStore, Transaction, TransactionOptions};
use crate::value::Value;

/// A claimed migration whose statements are run one by one.
pub(super) struct Stepwise<'a> {
    pub history: &'a History,
    pub version: Version,
    pub label: String,
    /// Whose claim it is.
    pub session: &'a str,
    pub steps: &'a [Planned],
    /// The file, where the statements come from one.
    pub source: Option<&'a SourceText>,
    /// Whether a statement of the user's own may run inside a transaction.
    pub transaction: bool,
    pub direction: Direction,
}

impl Stepwise<'_> {
    /// Runs the statements from one on. After an error of the server the row says so, and nobody holds the claim.
    ///
    /// # Errors
    /// What the server says, with what is done and what is not; `migrate.claim-lost`.
    pub async fn run(&self, store: &mut dyn SqlStore, from: usize, observer: &mut dyn Observer) -> Result<()> {
        for (index, planned) in self.steps.iter().enumerate().skip(from) {
            let sql = &planned.step.sql;
            observer.event(Event::Step { version: self.version, index, statements: self.steps.len(), sql });
            let outcome = match planned.step.kind {
                StepKind::Ddl => self.definition(store, index).await,
                StepKind::Data => self.counted(store, index).await,
                StepKind::Raw if self.transaction => match self.begin(store, index, None).await {
                    Ok(()) => self.counted(store, index).await,
                    Err(error) => Err(error),
                },
                // The engine can tell by its catalog what became of it.
                StepKind::Raw if !planned.step.done_when.is_empty() => self.definition(store, index).await,
                StepKind::Raw => match self.begin(store, index, None).await {
                    Ok(()) => store.execute(sql, &[]).await.map(drop),
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = outcome {
                return Err(self.failed(store, index, error).await);
            }
        }
        Ok(())
    }

    /// A statement that commits by itself: what it touches is recorded before.
    async fn definition(&self, store: &mut dyn SqlStore, index: usize) -> Result<()> {
        let step = &self.steps[index].step;
        let echo = store.echo(&step.touches).await?;
        self.begin(store, index, Some(echo)).await?;
        store.execute(&step.sql, &[]).await.map(drop)
    }

    /// A statement that commits together with its count.
    async fn counted(&self, store: &mut dyn SqlStore, index: usize) -> Result<()> {
        let mut transaction = Transaction::begin(store, TransactionOptions::default()).await?;
        let outcome = async {
            transaction.store().execute(&self.steps[index].step.sql, &[]).await?;
            self.record(transaction.store(), vec![("statements_done", count(index + 1)), ("in_flight", Value::Null)])
                .await
        }
        .await;
        match outcome {
            Ok(()) => transaction.commit().await,
            Err(error) => {
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    /// Records that all before a statement is done and that it is about to run.
    async fn begin(&self, store: &mut dyn SqlStore, index: usize, echo: Option<Vec<Option<String>>>) -> Result<()> {
        let in_flight = InFlight { statement: index, echo };
        self.record(store, vec![("statements_done", count(index)), ("in_flight", Value::Text(in_flight.text()))]).await
    }

    async fn record(&self, store: &mut dyn SqlStore, cells: Vec<(&'static str, Value)>) -> Result<()> {
        let claim = Claim::Session(self.session);
        let update = self.history.update(self.version, cells, claim, Values::Parameters)?;
        match store.execute(&update.sql, &update.parameters).await? {
            0 => Err(claim_lost(&self.label)),
            _ => Ok(()),
        }
    }

    /// The error of a statement, once the row says that it failed. Where the connection went with it the row stays claimed, and
    /// the next run finds out what became of the statement.
    async fn failed(&self, store: &mut dyn SqlStore, index: usize, error: Error) -> Error {
        if error.code() == CLAIM_LOST {
            return error;
        }
        // An interrupted statement is one that the server took back, and says so.
        let lost = error.class() == Some(ErrorClass::LostConnection);
        if !lost {
            let cells = vec![
                ("state", Value::Text(RowState::Failed.word().to_owned())),
                ("statements_done", count(index)),
                ("failure", Value::Text(error.message().to_owned())),
                ("session", Value::Null),
            ];
            // What went wrong first is worth more than that it could not be recorded.
            let _ = self.record(store, cells).await;
        }
        let step = &self.steps[index];
        let total = self.steps.len();
        let mut error = error
            .with_detail(format!("{}, statement {} of {total}: {}", self.label, index + 1, step.step.sql))
            .with_detail(match index {
                0 => "nothing of it is done".to_owned(),
                done => format!("{done} of its {total} statements are done, and stay: see `migrate:status`"),
            });
        if lost || index > 0 || self.direction == Direction::Down {
            error = error.with_category(Category::HalfApplied);
        }
        if error.help().is_none() {
            error = error.with_help(match (lost, self.direction) {
                (true, _) => "run it again: it finds out what was done and goes on from there",
                (false, Direction::Up) => {
                    "correct this statement, or those after it, and run it again: it goes on with this one"
                }
                (false, Direction::Down) => {
                    "run it again once the reason is gone; or correct this statement, or those after it, in the file and run it \
                     again with --down=file: it goes on with this one"
                }
            });
        }
        match self.source {
            Some(source) => error.at(source, step.span.clone(), "the server refused this"),
            None => error,
        }
    }
}

const CLAIM_LOST: &str = "migrate.claim-lost";

/// The error of a row that another session took over.
pub(super) fn claim_lost(label: &str) -> Error {
    Error::new(Category::Locked, CLAIM_LOST, format!("another session took {label} over while it ran"))
        .with_help("see `migrate:status` for who has it now")
}
