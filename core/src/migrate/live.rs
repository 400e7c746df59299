//! Running one direction of a migration inside an open transaction: in as few round trips as can be, and what depends on
//! the catalog rendered when its turn comes.

use super::narrate::suspends;
use super::plan::{Part, Planned, Side};
use crate::dialect::Dialect;
use crate::error::{Error, Result, SourceText};
use crate::store::{SqlStore, Statement};

/// What went wrong.
pub(super) enum Failure {
    /// One of the statements that go before the migration's own.
    Before(Error),
    /// A statement of the migration, which one, and all that were rendered so far.
    Statement(Error, usize, Vec<Planned>),
    /// Something that is not a statement's.
    Other(Error),
}

/// Statements on their way.
#[derive(Default)]
struct Batch {
    statements: Vec<Statement>,
    /// Of each, which of the migration's it is.
    origins: Vec<Option<usize>>,
}

impl Batch {
    fn take(&mut self, steps: &[Planned]) {
        self.statements.extend(steps.iter().map(|planned| Statement::new(planned.step.sql.clone())));
        self.origins.extend((0..steps.len()).map(Some));
    }
}

/// Runs statements that are known.
pub(super) async fn run_known(store: &mut dyn SqlStore, steps: &[Planned]) -> Result<(), Failure> {
    let mut batch = Batch::default();
    batch.take(steps);
    send(store, batch, steps).await
}

/// Runs what goes before, then the side's statements. `planned` is how they were planned; the transaction was begun for that. Returned is
/// how they were run, where they were rendered anew.
pub(super) async fn run(
    store: &mut dyn SqlStore,
    dialect: &dyn Dialect,
    source: &SourceText,
    side: &Side,
    planned: &[Planned],
    before: Vec<Statement>,
) -> Result<Option<Vec<Planned>>, Failure> {
    let origins = before.iter().map(|_| None).collect();
    let mut batch = Batch { statements: before, origins };
    if !side.looks_at_catalog() {
        batch.take(planned);
        send(store, batch, planned).await?;
        return Ok(None);
    }
    let mut steps: Vec<Planned> = Vec::with_capacity(planned.len());
    for part in &side.parts {
        let next = match part {
            Part::Raw(planned) => vec![planned.clone()],
            Part::Changes(group) if group.looks.is_empty() => {
                group.render(dialect, source, &group.offline).map_err(Failure::Other)?
            }
            Part::Changes(group) => {
                send(store, std::mem::take(&mut batch), &steps).await?;
                let catalog = store.catalog_objects(&group.looks).await.map_err(Failure::Other)?;
                group.render(dialect, source, &catalog).map_err(Failure::Other)?
            }
        };
        if suspends(&next) && !suspends(planned) {
            return Err(Failure::Other(changed(source)));
        }
        for planned in next {
            batch.statements.push(Statement::new(planned.step.sql.clone()));
            batch.origins.push(Some(steps.len()));
            steps.push(planned);
        }
    }
    send(store, batch, &steps).await?;
    Ok(Some(steps))
}

/// Sends what is on its way.
async fn send(store: &mut dyn SqlStore, batch: Batch, steps: &[Planned]) -> Result<(), Failure> {
    if batch.statements.is_empty() {
        return Ok(());
    }
    store.run(&batch.statements).await.map_err(|failure| match batch.origins.get(failure.index).copied().flatten() {
        Some(index) => Failure::Statement(failure.error, index, steps.to_vec()),
        None => Failure::Before(failure.error),
    })
}

/// The error of a table that, looked at again, has to be built anew after all.
fn changed(source: &SourceText) -> Error {
    Error::failed(
        "migrate.catalog-changed",
        format!("{}: a table was changed by other hands while it ran", source.name),
    )
    .with_help("run it again")
}
