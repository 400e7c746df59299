//! A stream of rows into one table: one prepared statement, one row at a time, inside one transaction. On SQLite
//! nothing is faster; the next rows are made while the last ones are written.

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::ColumnType;
use fastman_core::store::{Batch, RowSource, WriteMode, WriteTarget};

use super::connection::Session;
use super::worker::{Worker, lost};
use crate::dialect::quoted;
use crate::value;

/// Writes every row, or none.
///
/// # Errors
/// The first row that can't be written, or what the source gave.
pub(super) async fn write(worker: &Worker, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
    let sql: std::sync::Arc<str> = statement(target).into();
    let types: std::sync::Arc<[Option<ColumnType>]> =
        target.columns.iter().map(|column| column.column_type.clone()).collect();
    let table: std::sync::Arc<str> = target.table.as_str().into();
    let Some(begun) = worker.queue(begin, |session| undo(session, Scope::of(session))) else { return Err(lost()) };
    let scope = begun.await.map_err(|_| lost())??;
    let mut open = Open { worker, scope: Some(scope) };
    let mut written = 0;
    let mut under_way = None;
    loop {
        let batch = rows.next_batch().await;
        if let Some(answer) = under_way.take() {
            let (count, used) = await_batch(answer).await?;
            written += count;
            rows.recycle(used);
        }
        let Some(batch) = batch? else { break };
        let (sql, types, table) = (sql.clone(), types.clone(), table.clone());
        let first = written;
        let job = move |session: &mut Session| {
            insert(session, &sql, &types, &batch, first, &table).map(|count| (count, batch))
        };
        under_way = Some(worker.queue(job, |_| {}).ok_or_else(lost)?);
    }
    open.scope = None;
    worker.call(move |session| finish(session, scope)).await?;
    Ok(written)
}

async fn await_batch(answer: tokio::sync::oneshot::Receiver<Result<(u64, Batch)>>) -> Result<(u64, Batch)> {
    answer.await.map_err(|_| lost())?
}

/// What the rows are written inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// A transaction of their own.
    Transaction,
    /// A savepoint in the transaction that is open.
    Savepoint,
}

impl Scope {
    fn of(session: &Session) -> Scope {
        if session.in_transaction() { Scope::Savepoint } else { Scope::Transaction }
    }
}

/// Rolls back when the writing is left before its end, by an error or because nobody waits for it any more.
struct Open<'a> {
    worker: &'a Worker,
    scope: Option<Scope>,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if let Some(scope) = self.scope {
            // Whether or not somebody still listens: a job nobody waits for runs its undoing alone.
            drop(self.worker.queue(move |session| undo(session, scope), move |session| undo(session, scope)));
        }
    }
}

fn begin(session: &mut Session) -> Result<Scope> {
    let scope = Scope::of(session);
    session.control(match scope {
        Scope::Transaction => "BEGIN IMMEDIATE",
        Scope::Savepoint => "SAVEPOINT fastman_write",
    })?;
    Ok(scope)
}

fn finish(session: &mut Session, scope: Scope) -> Result<()> {
    let finished = session.control(match scope {
        Scope::Transaction => "COMMIT",
        Scope::Savepoint => "RELEASE fastman_write",
    });
    if finished.is_err() {
        undo(session, scope);
    }
    finished
}

/// An error here has nothing to undo: SQLite has rolled back already.
fn undo(session: &mut Session, scope: Scope) {
    match scope {
        Scope::Transaction => {
            let _ = session.control("ROLLBACK");
        }
        Scope::Savepoint => {
            let _ = session.control("ROLLBACK TO fastman_write");
            let _ = session.control("RELEASE fastman_write");
        }
    }
}

fn insert(
    session: &mut Session,
    sql: &str,
    types: &[Option<ColumnType>],
    batch: &Batch,
    first: u64,
    table: &str,
) -> Result<u64> {
    let mut statement = session.connection().prepare_cached(sql).map_err(|error| session.error(error))?;
    let mut number = first;
    for row in batch.rows() {
        number += 1;
        let in_row = |error: Error| error.in_row(number).with_detail(format!("table {table}"));
        if row.len() != types.len() {
            let message = format!("the row has {} values for {} columns", row.len(), types.len());
            return Err(in_row(Error::database(ErrorClass::BadValue, message)));
        }
        for (index, (value, column_type)) in row.iter().zip(types).enumerate() {
            let bound = value::bind(value, column_type.as_ref()).map_err(|why| {
                in_row(Error::database(ErrorClass::BadValue, why))
                    .with_detail(format!("value {} of the row", index + 1))
            })?;
            statement.raw_bind_parameter(index + 1, bound).map_err(|error| in_row(session.error(error)))?;
        }
        statement.raw_execute().map_err(|error| in_row(session.error(error)))?;
    }
    Ok(number - first)
}

fn statement(target: &WriteTarget) -> String {
    if target.columns.is_empty() {
        return format!("INSERT INTO {} DEFAULT VALUES", quoted(&target.table));
    }
    let columns: Vec<String> = target.columns.iter().map(|column| quoted(&column.name)).collect();
    let places = vec!["?"; columns.len()].join(", ");
    let mut sql = format!("INSERT INTO {} ({}) VALUES ({places})", quoted(&target.table), columns.join(", "));
    if let WriteMode::Upsert { key } = &target.mode {
        let keys: Vec<String> = key.iter().map(quoted).collect();
        let others: Vec<String> = target
            .columns
            .iter()
            .filter(|column| !key.iter().any(|part| part.key() == column.name.key()))
            .map(|column| format!("{name} = excluded.{name}", name = quoted(&column.name)))
            .collect();
        sql.push_str(&format!(" ON CONFLICT ({}) DO ", keys.join(", ")));
        if others.is_empty() {
            sql.push_str("NOTHING");
        } else {
            sql.push_str(&format!("UPDATE SET {}", others.join(", ")));
        }
    }
    sql
}
