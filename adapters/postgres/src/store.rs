//! The store: one session on a PostgreSQL server, directly or through a pooler.
//!
//! Nothing is kept in the session that a pooler in transaction mode would lose or give to somebody else: statements are
//! unnamed, and behind a pooler what a session would be SET is SET LOCAL in every transaction.

mod keys;
mod lock;
mod run;

use std::sync::Arc;

use async_trait::async_trait;
use fastman_core::dialect::{Dialect, ServerVersion};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::{Name, Schema};
use fastman_core::store::{
    CatalogObject, CatalogObjects, LockAttempt, Place, RowSource, RunError, SqlStore, Statement, Store,
    TransactionOptions, WriteTarget,
};
use fastman_core::value::Value;

use crate::connect::{self, Link};
use crate::dialect::Postgres;
use crate::error;
use crate::settings::Settings;
use crate::{introspect, write};

/// How often a server that is busy with a statement looks whether its client is still there (from version 14).
const CHECK_INTERVAL_MILLISECONDS: u32 = 1000;

/// A session.
pub(crate) struct PostgresStore {
    link: Link,
    settings: Arc<Settings>,
    dialect: Arc<Postgres>,
    place: Place,
    session: Option<String>,
    /// Something that is not the server answers for it: the session may change from transaction to transaction.
    pooled: bool,
    /// What a transaction begins with behind a pooler.
    local: String,
    in_transaction: bool,
    poisoned: bool,
    /// Makes the names of temporary tables.
    pub(crate) counter: u64,
}

impl PostgresStore {
    /// Connects and looks at what is there.
    ///
    /// # Errors
    /// Classified.
    pub(crate) async fn connect(settings: Arc<Settings>) -> Result<PostgresStore> {
        // One limit for all of it: a server may fall silent at any point.
        let limit = settings.timeout;
        let silent = settings.address.silent(limit);
        tokio::time::timeout(limit, PostgresStore::open(settings)).await.unwrap_or(Err(silent))
    }

    async fn open(settings: Arc<Settings>) -> Result<PostgresStore> {
        let link = connect::connect(&settings).await?;
        let mut store = PostgresStore {
            dialect: Arc::new(Postgres::new(link.version)?),
            place: Place {
                host: settings.address.shown(),
                database: settings.database.clone().unwrap_or_default(),
                server: format!("PostgreSQL {}", shown(link.version)),
            },
            session: None,
            pooled: false,
            local: String::new(),
            in_transaction: false,
            poisoned: false,
            counter: 0,
            link,
            settings,
        };
        store.settle().await?;
        Ok(store)
    }

    /// Asks who serves this session and sets it up.
    async fn settle(&mut self) -> Result<()> {
        let rows = self
            .rows(
                "SELECT a.pid, CAST(EXTRACT(EPOCH FROM a.backend_start) * 1000000 AS bigint), \
                        CAST(current_database() AS text), version() LIKE '%linux%' \
                 FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = pg_catalog.pg_backend_pid()",
                &[],
            )
            .await?;
        let Some([Value::Integer(pid), started, Value::Text(database), Value::Boolean(linux)]) =
            rows.first().map(Vec::as_slice)
        else {
            return Err(Error::database(ErrorClass::Corrupt, "the server does not say which session this is"));
        };
        self.place.database.clone_from(database);
        self.pooled = self.settings.pooled.unwrap_or(i64::from(self.link.process) != *pid);
        self.session = (!self.pooled).then(|| lock::name(*pid, started));
        let set = self.set_statements(*linux);
        if self.pooled {
            tracing::debug!("a pooler stands between this session and the server");
            self.local = set;
        } else if !set.is_empty() {
            self.simple(&set).await?;
        }
        Ok(())
    }

    /// What the session, or behind a pooler each transaction, is set to.
    fn set_statements(&self, linux: bool) -> String {
        let how = if self.pooled { "SET LOCAL" } else { "SET" };
        // The second, so that a statement is read as its file was.
        let mut text = format!("{how} idle_in_transaction_session_timeout = 0;{how} standard_conforming_strings = on;");
        if linux && self.link.version.major >= 14 {
            text.push_str(&format!("{how} client_connection_check_interval = {CHECK_INTERVAL_MILLISECONDS};"));
        }
        if let Some(search_path) = &self.settings.search_path {
            text.push_str(&format!("{how} search_path = {search_path};"));
        }
        if !self.pooled {
            if self.link.version.major >= 14 {
                text.push_str("SET idle_session_timeout = 0;");
            }
            if self.settings.read_only {
                text.push_str("SET default_transaction_read_only = on;");
            }
        }
        text
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// What a transaction may do, where that is not up to the server's settings.
    fn access(&self) -> &'static str {
        if self.settings.read_only { "READ ONLY" } else { "" }
    }

    /// Whether a statement outside of a transaction needs one around it: behind a pooler, where it is to see a schema of its own or to
    /// write nothing.
    fn needs_local(&self) -> bool {
        self.pooled && !self.in_transaction && (self.settings.search_path.is_some() || self.settings.read_only)
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        // In a transaction something may still run; otherwise the connection says goodbye by itself.
        if self.in_transaction && !self.poisoned {
            self.end();
        }
    }
}

/// `15.18`.
fn shown(version: ServerVersion) -> String {
    format!("{}.{}", version.major, version.minor)
}

#[async_trait]
impl Store for PostgresStore {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn write(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
        write::write(self, target, rows).await
    }

    async fn clear(&mut self, table: &Name) -> Result<u64> {
        let sql = format!("DELETE FROM {}", self.dialect.quote(table));
        self.execute(&sql, &[]).await
    }
}

#[async_trait]
impl SqlStore for PostgresStore {
    fn dialect(&self) -> Arc<dyn Dialect> {
        self.dialect.clone()
    }

    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        let outcome = self.execute_one(sql, parameters).await;
        self.settled(outcome)
    }

    async fn run(&mut self, statements: &[Statement]) -> Result<(), RunError> {
        if self.in_transaction && statements.iter().all(run::leaves_transactions_alone) {
            return self.pipeline(statements).await;
        }
        for (index, statement) in statements.iter().enumerate() {
            self.execute(&statement.sql, &statement.parameters).await.map_err(|error| RunError { index, error })?;
        }
        Ok(())
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        let outcome = if self.needs_local() {
            self.inside(self.rows(sql, parameters)).await
        } else {
            self.rows(sql, parameters).await
        };
        if self.pooled {
            // What the driver prepared to learn of unknown types belongs to a session that is somebody else's now.
            self.link.client.clear_type_cache();
        }
        self.settled(outcome)
    }

    async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        if options.suspend_foreign_keys {
            return Err(fastman_core::dialect::unsupported(
                self.dialect.flavour(),
                "foreign keys can't be suspended, and no change needs that",
            ));
        }
        if self.in_transaction {
            return Err(Error::database(ErrorClass::Other, "a transaction is open already"));
        }
        let outcome =
            self.simple(&format!("BEGIN ISOLATION LEVEL READ COMMITTED {};{}", self.access(), self.local)).await;
        if outcome.is_err() {
            // It may have begun and failed at a setting.
            let _ = self.simple("ROLLBACK").await;
        }
        self.in_transaction = outcome.is_ok();
        self.settled(outcome.map(|_| ()))
    }

    async fn commit(&mut self) -> Result<()> {
        // Committing a transaction in which a statement failed rolls it back and is no error: the query in front is one.
        let outcome = self.simple("SELECT 1; COMMIT").await;
        if outcome.is_err() {
            let _ = self.simple("ROLLBACK").await;
        }
        self.in_transaction = false;
        self.settled(outcome.map(|_| ()))
    }

    async fn rollback(&mut self) -> Result<()> {
        let outcome = self.simple("ROLLBACK").await;
        self.in_transaction = false;
        self.settled(outcome.map(|_| ()))
    }

    fn poison(&mut self) {
        self.give_up();
    }

    async fn try_lock(&mut self, key: &str) -> Result<LockAttempt> {
        let outcome = lock::try_lock(self, key).await;
        self.settled(outcome)
    }

    async fn unlock(&mut self, _key: &str) -> Result<()> {
        Ok(())
    }

    fn session(&self) -> Result<String> {
        self.session.clone().ok_or_else(|| {
            Error::refused(
                "postgres.pooled",
                "a pooler stands between this session and the server, and what runs outside of a transaction needs a session \
                 of its own",
            )
            .with_help(
                "connect to the server itself for this migration (`transaction:false`); or, where the pooler gives each client \
                 a session of its own, say so with pgbouncer=false in the URL",
            )
        })
    }

    async fn session_is_gone(&mut self, session: &str) -> Result<Option<bool>> {
        let outcome = lock::session_is_gone(self, session).await;
        self.settled(outcome)
    }

    async fn relations(&mut self) -> Result<Vec<CatalogObject>> {
        let outcome = introspect::relations(self).await;
        self.settled(outcome)
    }

    async fn introspect(&mut self, tables: Option<&[Name]>) -> Result<Schema> {
        let outcome = introspect::schema(self, tables).await;
        self.settled(outcome)
    }

    async fn catalog_objects(&mut self, tables: &[Name]) -> Result<CatalogObjects> {
        let outcome = introspect::objects(self, tables).await;
        self.settled(outcome)
    }

    async fn echo(&mut self, relations: &[Name]) -> Result<Vec<Option<String>>> {
        let outcome = introspect::echo(self, relations).await;
        self.settled(outcome)
    }

    async fn reserve_keys(&mut self, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64> {
        let outcome = keys::reserve(self, table, column, count, above).await;
        self.settled(outcome)
    }

    async fn sibling(&mut self) -> Result<Option<Box<dyn SqlStore>>> {
        Ok(Some(Box::new(PostgresStore::connect(self.settings.clone()).await?)))
    }
}

impl PostgresStore {
    /// Gives up a session that is lost.
    fn settled<T>(&mut self, outcome: Result<T>) -> Result<T> {
        if outcome.as_ref().is_err_and(|error| error.class() == Some(ErrorClass::LostConnection)) {
            self.give_up();
        }
        outcome
    }

    fn give_up(&mut self) {
        self.in_transaction = false;
        if !self.poisoned {
            self.poisoned = true;
            self.end();
        }
    }

    /// Ends the session and what it runs. A pooler ends what a client that is gone was running; a request to cancel at the same
    /// moment has been seen to crash one (PgBouncer 1.18), or could hit another client's statement.
    fn end(&self) {
        if self.pooled { self.link.remote.hang_up() } else { self.link.remote.end() }
    }

    /// The client, unless the session is over.
    pub(crate) fn client(&self) -> Result<&tokio_postgres::Client> {
        if self.poisoned {
            return Err(error::lost("an earlier error or interruption ended the session"));
        }
        if self.link.client.is_closed() {
            let reason = self.link.remote.reason();
            return Err(error::lost(reason.as_deref().unwrap_or("the server closed it")));
        }
        Ok(&self.link.client)
    }

    /// What the driver's error means, with the server's last words where the connection is gone.
    pub(crate) fn failure(&self, failure: &tokio_postgres::Error, sql: &str) -> Error {
        if error::is_out_of_step(failure) {
            return error::lost("the server expects data that was not sent")
                .with_help("COPY ... FROM STDIN can't be part of a migration; a seeder's [[seeder.load]] loads files");
        }
        let classified = error::of_statement(failure, sql);
        match self.link.remote.reason() {
            Some(reason)
                if classified.class() == Some(ErrorClass::LostConnection) && failure.as_db_error().is_none() =>
            {
                error::lost(&reason)
            }
            _ => classified,
        }
    }
}
