//! The session as its thread has it: the connection, the transaction that is open, and statements one at a time.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::ColumnType;
use fastman_core::store::{RunError, Statement, TransactionOptions};
use fastman_core::value::Value;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, InterruptHandle};

use super::foreign_keys::{self, Orphans, Violations};
use super::{guard, worker};
use crate::connect::Target;
use crate::error::classify;
use crate::value;

/// How long beginning a transaction waits for the write lock; whoever wants to wait longer tries again.
const LOCK_PATIENCE: Duration = Duration::from_millis(900);

/// One connection and what is open on it.
pub(crate) struct Session {
    connection: Connection,
    shown: Arc<str>,
    busy_timeout: Duration,
    transaction: Option<OpenTransaction>,
}

/// The transaction that is open.
struct OpenTransaction {
    /// Foreign keys are suspended; what was violated when it began.
    suspended: Option<Violations>,
    /// What pointed at tables that were dropped where they are not.
    orphans: Orphans,
}

impl Session {
    /// Takes over a connection.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn new(mut connection: Connection, target: &Target, given_up: Arc<AtomicBool>) -> Result<Session> {
        let shown: Arc<str> = target.shown.as_str().into();
        worker::watch(&mut connection, given_up).map_err(|error| classify(error, &shown))?;
        Ok(Session { connection, shown, busy_timeout: target.busy_timeout, transaction: None })
    }

    /// What interrupts a statement from another thread.
    pub(crate) fn interrupt_handle(&self) -> InterruptHandle {
        self.connection.get_interrupt_handle()
    }

    /// The connection itself, for reading the catalog.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The error as a user is shown it.
    pub(crate) fn error(&self, error: rusqlite::Error) -> Error {
        classify(error, &self.shown)
    }

    /// Whether a transaction was begun and not ended.
    pub(crate) fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// Runs one statement; how many rows it changed.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        self.check(sql)?;
        let before = self.connection.total_changes();
        if self.orphans_rows(sql)? {
            // Without a cascade: their rows are for whoever made them to delete. The commit looks at what is left.
            self.enforce_foreign_keys(false)?;
            let dropped = self.step_through(sql, parameters);
            self.enforce_foreign_keys(true)?;
            dropped?;
        } else {
            self.step_through(sql, parameters)?;
        }
        // SQLite's own count is that of the last statement that changed rows, which may be an earlier one.
        let changed = self.connection.total_changes() != before;
        Ok(if changed { self.connection.changes() } else { 0 })
    }

    /// Whether the statement drops a table that another one points at.
    fn orphans_rows(&mut self, sql: &str) -> Result<bool> {
        let Some(transaction) = self.transaction.as_mut().filter(|transaction| transaction.suspended.is_none()) else {
            return Ok(false);
        };
        let Some(table) = guard::dropped_table(sql) else { return Ok(false) };
        let found = transaction.orphans.dropping(&self.connection, &table);
        found.map_err(|error| self.error(error))
    }

    fn step_through(&self, sql: &str, parameters: &[Value]) -> Result<()> {
        let run = |statement: &mut rusqlite::Statement<'_>| -> Result<()> {
            bind_all(statement, parameters).map_err(|error| error.into_error(&self.shown))?;
            let mut rows = statement.raw_query();
            while rows.next().map_err(|error| self.error(error))?.is_some() {}
            Ok(())
        };
        // What has parameters comes again: the history's statements. What has none is a migration's and comes once.
        if parameters.is_empty() {
            run(&mut self.connection.prepare(sql).map_err(|error| self.error(error))?)
        } else {
            run(&mut *self.connection.prepare_cached(sql).map_err(|error| self.error(error))?)
        }
    }

    /// Runs statements in order up to the first that fails.
    ///
    /// # Errors
    /// Which failed, and what SQLite says.
    pub(crate) fn run(&mut self, statements: &[Statement]) -> Result<(), RunError> {
        for (index, statement) in statements.iter().enumerate() {
            self.execute(&statement.sql, &statement.parameters).map_err(|error| RunError { index, error })?;
        }
        Ok(())
    }

    /// Runs a query; its rows.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        self.check(sql)?;
        let mut statement = self.connection.prepare_cached(sql).map_err(|error| self.error(error))?;
        bind_all(&mut statement, parameters).map_err(|error| error.into_error(&self.shown))?;
        let types: Vec<Option<ColumnType>> =
            statement.columns().map(|column| value::reader(column.decl_type())).collect();
        let mut found = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|error| self.error(error))? {
            let mut values = Vec::with_capacity(types.len());
            for (index, column_type) in types.iter().enumerate() {
                let raw = row.get_ref(index).map_err(|error| self.error(error))?;
                values.push(value::read(raw, column_type.as_ref()));
            }
            found.push(values);
        }
        Ok(found)
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// Busy where somebody else has the write lock.
    pub(crate) fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        if self.connection.is_autocommit() {
            // Inside a transaction it would have no effect. A section that ran without one may have left it otherwise.
            self.enforce_foreign_keys(!options.suspend_foreign_keys)?;
        }
        let begun = self.with_patience(self.busy_timeout.min(LOCK_PATIENCE), |connection| {
            connection.execute("BEGIN IMMEDIATE", [])
        });
        let begun = begun.map(|_| ()).map_err(|error| self.error(error)).and_then(|()| {
            let suspended = if options.suspend_foreign_keys { Some(self.violations()?) } else { None };
            self.transaction = Some(OpenTransaction { suspended, orphans: Orphans::default() });
            Ok(())
        });
        if begun.is_err() && self.transaction.is_none() {
            self.end()?;
        }
        begun
    }

    fn violations(&self) -> Result<Violations> {
        foreign_keys::violations(&self.connection).map_err(|error| self.error(error))
    }

    fn with_patience<T>(
        &self,
        patience: Duration,
        attempt: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.connection.busy_timeout(patience)?;
        let outcome = attempt(&self.connection);
        self.connection.busy_timeout(self.busy_timeout)?;
        outcome
    }

    /// Commits; after an error the transaction is rolled back.
    ///
    /// # Errors
    /// New violations of suspended foreign keys, or what SQLite says.
    pub(crate) fn commit(&mut self) -> Result<()> {
        let committed = self.try_commit();
        self.transaction = None;
        let ended = self.end();
        committed.and(ended)
    }

    fn try_commit(&mut self) -> Result<()> {
        self.check_still_open()?;
        if let Some(before) = self.transaction.as_ref().and_then(|transaction| transaction.suspended.as_ref()) {
            let after = self.violations()?;
            let new = after.new_since(before, &self.connection).map_err(|error| self.error(error))?;
            if let Some(error) = foreign_keys::report(&new) {
                return Err(error);
            }
        }
        if let Some(transaction) = &self.transaction {
            let new = transaction.orphans.violations(&self.connection).map_err(|error| self.error(error))?;
            if let Some(error) = foreign_keys::report(&new) {
                return Err(error);
            }
        }
        self.connection.execute("COMMIT", []).map(|_| ()).map_err(|error| self.error(error))
    }

    /// Rolls back.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn rollback(&mut self) -> Result<()> {
        self.transaction = None;
        self.end()
    }

    /// Rolls back what is open, and puts the session's settings back to what they are between transactions.
    fn end(&mut self) -> Result<()> {
        if !self.connection.is_autocommit() {
            self.connection.execute("ROLLBACK", []).map_err(|error| self.error(error))?;
        }
        self.enforce_foreign_keys(true)?;
        // A rebuild that failed halfway has left it on.
        self.connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, false)
            .map(|_| ())
            .map_err(|error| self.error(error))
    }

    fn enforce_foreign_keys(&self, enforce: bool) -> Result<()> {
        self.connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, enforce)
            .map(|_| ())
            .map_err(|error| self.error(error))
    }

    /// What must not run inside a transaction that is core's, and what must not run after SQLite ended it.
    fn check(&self, sql: &str) -> Result<()> {
        if self.transaction.is_none() {
            return Ok(());
        }
        self.check_still_open()?;
        guard::check(sql)
    }

    fn check_still_open(&self) -> Result<()> {
        if self.connection.is_autocommit() {
            return Err(Error::database(
                ErrorClass::LostConnection,
                format!("{}: SQLite has rolled the transaction back after an earlier error", self.shown),
            )
            .with_help("nothing of it was kept; see the first error"));
        }
        Ok(())
    }

    /// Runs one of our own statements, outside of what [`Session::execute`] refuses.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn control(&self, sql: &str) -> Result<()> {
        self.connection.execute(sql, []).map(|_| ()).map_err(|error| self.error(error))
    }
}

/// Why a parameter can't be bound.
pub(crate) enum BindError {
    /// SQLite has no such value; why, as a clause.
    Value(String),
    /// SQLite's own words.
    Sqlite(rusqlite::Error),
}

impl BindError {
    pub(crate) fn into_error(self, shown: &str) -> Error {
        match self {
            BindError::Value(why) => Error::database(ErrorClass::BadValue, why),
            BindError::Sqlite(error) => classify(error, shown),
        }
    }
}

fn bind_all(statement: &mut rusqlite::Statement<'_>, parameters: &[Value]) -> Result<(), BindError> {
    let expected = statement.parameter_count();
    if expected != parameters.len() {
        return Err(BindError::Sqlite(rusqlite::Error::InvalidParameterCount(parameters.len(), expected)));
    }
    for (index, parameter) in parameters.iter().enumerate() {
        let bound = value::bind(parameter, None).map_err(BindError::Value)?;
        statement.raw_bind_parameter(index + 1, bound).map_err(BindError::Sqlite)?;
    }
    Ok(())
}
