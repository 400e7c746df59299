//! The store: everything that is IO.

mod connection;
mod foreign_keys;
pub(crate) mod guard;
mod keys;
mod session;
mod worker;
mod write;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fastman_core::adapter::ConnectOptions;
use fastman_core::dialect::{Dialect, ServerVersion};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::flavour::Flavour;
use fastman_core::schema::{Name, Schema};
use fastman_core::store::{
    Backend, CatalogObject, CatalogObjects, LockAttempt, Place, RowSource, RunError, SqlStore, Statement, Store,
    TransactionOptions, WriteTarget,
};
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use fastman_flavours::SQLITE;

use crate::connect::{self, Target};
use crate::{dialect, introspect};
use session::SessionId;
use worker::{Worker, lost};

/// A session with a SQLite database.
pub struct SqliteStore {
    worker: Worker,
    target: Target,
    patience: Duration,
    place: Place,
    dialect: Arc<dyn Dialect>,
    session: SessionId,
}

/// Connects; see [`fastman_core::adapter::Adapter::connect`].
///
/// # Errors
/// What is wrong with the URL, or why the file can't be opened.
pub async fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Backend> {
    let target = Target::of(url, options)?;
    Ok(Backend::Sql(Box::new(SqliteStore::open(target, options.timeout).await?)))
}

/// Makes an empty database; see [`fastman_core::adapter::Adapter::create_database`].
///
/// # Errors
/// As [`connect`].
pub async fn create_database(url: &DatabaseUrl, options: &ConnectOptions) -> Result<bool> {
    let target = Target::of(url, options)?;
    let task = tokio::task::spawn_blocking(move || connect::create(&target));
    match tokio::time::timeout(options.timeout, task).await {
        Ok(Ok(created)) => created,
        Ok(Err(_)) => Err(lost()),
        Err(_) => Err(Error::database(ErrorClass::Unreachable, "the file system does not answer")),
    }
}

impl SqliteStore {
    async fn open(target: Target, patience: Duration) -> Result<SqliteStore> {
        let worker = Worker::start(target.clone(), patience).await?;
        let version: ServerVersion = rusqlite::version().parse().unwrap_or(dialect::OLDEST);
        let flavour: &'static Flavour = &SQLITE;
        let file = target.path.as_deref().and_then(Path::file_name);
        Ok(SqliteStore {
            worker,
            place: Place {
                host: target.shown.clone(),
                database: file.map_or_else(|| target.shown.clone(), |file| file.to_string_lossy().into_owned()),
                server: format!("SQLite {version}"),
            },
            dialect: dialect::make(flavour, Some(version))?,
            session: SessionId::begin(),
            target,
            patience,
        })
    }

    /// Reads the catalog on the connection's thread.
    async fn read_catalog<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.worker.call(move |session| read(session.connection()).map_err(|error| session.error(error))).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn write(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
        write::write(&self.worker, target, rows).await
    }

    async fn clear(&mut self, table: &Name) -> Result<u64> {
        let sql = format!("DELETE FROM {}", dialect::quoted(table));
        self.worker.call(move |session| session.execute(&sql, &[])).await
    }

    fn leave(self: Box<Self>) {
        // Taking a large schema apart takes a fifth as long as reading it did. What only read holds nothing that outlives the process.
        if self.target.read_only {
            std::mem::forget(self);
        }
    }
}

#[async_trait]
impl SqlStore for SqliteStore {
    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::clone(&self.dialect)
    }

    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        let (sql, parameters) = (sql.to_owned(), parameters.to_vec());
        self.worker.call(move |session| session.execute(&sql, &parameters)).await
    }

    async fn run(&mut self, statements: &[Statement]) -> Result<(), RunError> {
        let statements = statements.to_vec();
        match self.worker.send(move |session| session.run(&statements)).await {
            Ok(outcome) => outcome,
            Err(error) => Err(RunError { index: 0, error }),
        }
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        let (sql, parameters) = (sql.to_owned(), parameters.to_vec());
        self.worker.call(move |session| session.query(&sql, &parameters)).await
    }

    async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        let begun = self.worker.queue(
            move |session| session.begin(options),
            |session| {
                // Nobody knows of the transaction, so nobody would end it.
                let _ = session.rollback();
            },
        );
        begun.ok_or_else(lost)?.await.map_err(|_| lost())?
    }

    async fn commit(&mut self) -> Result<()> {
        self.worker.call(|session| session.commit()).await
    }

    async fn rollback(&mut self) -> Result<()> {
        self.worker.call(|session| session.rollback()).await
    }

    fn poison(&mut self) {
        self.worker.give_up();
    }

    async fn try_lock(&mut self, _: &str) -> Result<LockAttempt> {
        // BEGIN IMMEDIATE has taken it.
        Ok(LockAttempt::Held)
    }

    async fn unlock(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    fn session(&self) -> Result<String> {
        Ok(self.session.name())
    }

    async fn session_is_gone(&mut self, session: &str) -> Result<Option<bool>> {
        Ok(session::is_gone(session))
    }

    async fn relations(&mut self) -> Result<Vec<CatalogObject>> {
        self.read_catalog(introspect::relations).await
    }

    async fn introspect(&mut self, tables: Option<&[Name]>) -> Result<Schema> {
        let tables = tables.map(<[Name]>::to_vec);
        self.read_catalog(move |connection| introspect::tables(connection, tables.as_deref())).await
    }

    async fn catalog_objects(&mut self, tables: &[Name]) -> Result<CatalogObjects> {
        let tables = tables.to_vec();
        self.read_catalog(move |connection| introspect::catalog_objects(connection, &tables)).await
    }

    async fn echo(&mut self, relations: &[Name]) -> Result<Vec<Option<String>>> {
        let relations = relations.to_vec();
        self.read_catalog(move |connection| introspect::echo(connection, &relations)).await
    }

    async fn reserve_keys(&mut self, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64> {
        let (table, column) = (table.clone(), column.clone());
        self.worker.call(move |session| keys::reserve(session, &table, &column, count, above)).await
    }

    async fn sibling(&mut self) -> Result<Option<Box<dyn SqlStore>>> {
        if self.target.path.is_none() {
            return Ok(None);
        }
        let target = Target { create: false, ..self.target.clone() };
        Ok(Some(Box::new(SqliteStore::open(target, self.patience).await?)))
    }
}
