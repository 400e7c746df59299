//! Running statements: alone, in a transaction of their own behind a pooler, or many at once.

use fastman_core::error::Result;
use fastman_core::store::{RunError, Statement};
use fastman_core::value::Value;
use futures::future::join_all;
use futures::{StreamExt, pin_mut};
use postgres_types::{ToSql, Type};
use tokio_postgres::SimpleQueryMessage;

use super::PostgresStore;
use crate::error;
use crate::value::{Decoded, Parameter};

/// Statements that begin so neither end a transaction nor begin one: those behind a failing one do nothing.
const HARMLESS: [&str; 10] =
    ["ALTER", "COMMENT", "CREATE", "DELETE", "DROP", "INSERT", "SELECT", "TRUNCATE", "UPDATE", "WITH"];

/// Whether the statement can't end the transaction that it runs in.
pub(super) fn leaves_transactions_alone(statement: &Statement) -> bool {
    let word = statement.sql.split_whitespace().next().unwrap_or_default();
    HARMLESS.iter().any(|harmless| harmless.eq_ignore_ascii_case(word))
}

impl PostgresStore {
    /// One statement, with the settings that a pooler keeps from the session.
    pub(super) async fn execute_one(&self, sql: &str, parameters: &[Value]) -> Result<u64> {
        if self.needs_local() { self.inside(self.one(sql, parameters)).await } else { self.one(sql, parameters).await }
    }

    /// One statement as it is.
    async fn one(&self, sql: &str, parameters: &[Value]) -> Result<u64> {
        if parameters.is_empty() {
            return self.simple(sql).await;
        }
        let parameters: Vec<Parameter<'_>> = parameters.iter().map(Parameter).collect();
        let typed: Vec<(&(dyn ToSql + Sync), Type)> =
            parameters.iter().map(|parameter| (parameter as &(dyn ToSql + Sync), Type::UNKNOWN)).collect();
        self.client()?.execute_typed(sql, &typed).await.map_err(|error| self.failure(&error, sql))
    }

    /// Text of one statement or several, in one message; how many rows the last one changed.
    pub(crate) async fn simple(&self, sql: &str) -> Result<u64> {
        let failed = |error: tokio_postgres::Error| self.failure(&error, sql);
        let messages = self.client()?.simple_query_raw(sql).await.map_err(failed)?;
        pin_mut!(messages);
        let mut changed = 0;
        while let Some(message) = messages.next().await {
            if let SimpleQueryMessage::CommandComplete(rows) = message.map_err(failed)? {
                changed = rows;
            }
        }
        Ok(changed)
    }

    /// The rows of one query as it is.
    pub(crate) async fn rows(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        let failed = |error: tokio_postgres::Error| self.failure(&error, sql);
        let parameters: Vec<Parameter<'_>> = parameters.iter().map(Parameter).collect();
        let typed = parameters.iter().map(|parameter| (parameter as &(dyn ToSql + Sync), Type::UNKNOWN));
        let stream = self.client()?.query_typed_raw(sql, typed).await.map_err(failed)?;
        pin_mut!(stream);
        let mut rows = Vec::new();
        while let Some(row) = stream.next().await {
            let row = row.map_err(failed)?;
            let values: Result<Vec<Value>, _> =
                (0..row.len()).map(|index| row.try_get::<_, Decoded>(index).map(|decoded| decoded.0)).collect();
            rows.push(values.map_err(|error| error::classify(&error))?);
        }
        Ok(rows)
    }

    /// Work in a transaction of its own, all in one round trip.
    pub(super) async fn inside<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let begin = format!("BEGIN ISOLATION LEVEL READ COMMITTED {};{}", self.access(), self.local);
        let (begun, outcome, committed) = futures::join!(self.simple(&begin), work, self.simple("COMMIT"));
        begun?;
        let value = outcome?;
        committed?;
        Ok(value)
    }

    /// Statements in an open transaction, all sent at once: behind the first that fails, none does anything.
    pub(super) async fn pipeline(&mut self, statements: &[Statement]) -> Result<(), RunError> {
        let outcomes =
            join_all(statements.iter().map(|statement| self.one(&statement.sql, &statement.parameters))).await;
        for (index, outcome) in outcomes.into_iter().enumerate() {
            self.settled(outcome).map_err(|error| RunError { index, error })?;
        }
        Ok(())
    }

    /// Queries at the catalog, all sent at once, with everything pinned that changes how it writes constants: one snapshot outside of a
    /// transaction, the transaction's view inside of one.
    pub(crate) async fn look(&self, queries: &[(&str, Vec<Value>)]) -> Result<Vec<Vec<Vec<Value>>>> {
        const PINNED: &str = "SET LOCAL DateStyle = ISO; SET LOCAL TimeZone = 'UTC'; SET LOCAL bytea_output = hex; \
            SET LOCAL extra_float_digits = 1; SET LOCAL standard_conforming_strings = on; SET LOCAL quote_all_identifiers = off";
        let (before, after) = if self.in_transaction {
            (
                format!("SAVEPOINT fastman_look; {PINNED}"),
                "ROLLBACK TO SAVEPOINT fastman_look; RELEASE SAVEPOINT fastman_look",
            )
        } else {
            (format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}{PINNED}", self.local), "COMMIT")
        };
        let all = join_all(queries.iter().map(|(sql, parameters)| self.rows(sql, parameters)));
        let (begun, outcomes, ended) = futures::join!(self.simple(&before), all, self.simple(after));
        begun?;
        let tables: Result<Vec<_>> = outcomes.into_iter().collect();
        let tables = tables?;
        ended?;
        Ok(tables)
    }
}
