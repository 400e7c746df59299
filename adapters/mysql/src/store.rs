//! The store: one session on a MySQL or MariaDB server.

mod keys;
mod lock;

use std::sync::Arc;

use async_trait::async_trait;
use fastman_core::dialect::Dialect;
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::{Name, Schema};
use fastman_core::store::{
    CatalogObject, CatalogObjects, LockAttempt, Place, RowSource, SqlStore, Store, TransactionOptions, WriteTarget,
};
use fastman_core::value::Value;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error as Failure, Params, Row};

use crate::connect::{self, Identity, Link};
use crate::dialect::Mysql;
use crate::settings::Settings;
use crate::{error, introspect, value, write};

/// The number of "this statement can't be prepared".
const NOT_PREPARABLE: u16 = 1295;

/// A session.
pub(crate) struct MysqlStore {
    /// Gone once the session is lost or given up.
    connection: Option<Conn>,
    settings: Arc<Settings>,
    dialect: Arc<Mysql>,
    place: Place,
    identity: Identity,
    /// The database, as the URL has it; in lower case where the server does not tell names apart by their case.
    database: String,
    /// Whether it does not.
    folds_names: bool,
    /// Whether the server takes LOAD DATA LOCAL.
    pub(crate) local_infile: bool,
    in_transaction: bool,
    /// Tables that are known to take part in transactions.
    transactional: std::collections::BTreeSet<String>,
}

impl MysqlStore {
    /// Connects and looks at what is there.
    ///
    /// # Errors
    /// Classified.
    pub(crate) async fn connect(settings: Arc<Settings>) -> Result<MysqlStore> {
        let database = settings.named_database()?.to_owned();
        let Link { connection, product, version, identity, local_infile, folds_names } =
            connect::connect(&settings, Some(&database)).await?;
        Ok(MysqlStore {
            connection: Some(connection),
            dialect: Arc::new(Mysql { product, version }),
            place: Place {
                host: settings.address.shown(),
                database: database.clone(),
                server: format!("{} {version}", product.name()),
            },
            settings,
            identity,
            database: if folds_names { database.to_lowercase() } else { database },
            folds_names,
            local_infile,
            in_transaction: false,
            transactional: std::collections::BTreeSet::new(),
        })
    }

    /// The dialect, as what it is.
    pub(crate) fn mysql(&self) -> &Mysql {
        &self.dialect
    }

    /// The database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Whether two names of tables, or of databases, are the same to the server.
    pub(crate) fn is_same_name(&self, one: &str, other: &str) -> bool {
        one == other || self.folds_names && one.to_lowercase() == other.to_lowercase()
    }

    /// Whether a transaction is open.
    pub(crate) fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// Whether the table is known to take part in transactions.
    pub(crate) fn is_transactional(&self, table: &Name) -> bool {
        self.transactional.contains(table.as_str())
    }

    /// Takes in that it does.
    pub(crate) fn know_transactional(&mut self, table: &Name) {
        self.transactional.insert(table.as_str().to_owned());
    }

    /// The connection, unless the session is over.
    pub(crate) fn connection(&mut self) -> Result<&mut Conn> {
        self.connection.as_mut().ok_or_else(|| error::lost("an earlier error or interruption ended the session"))
    }

    /// What the driver's error means. A session that is lost is given up.
    pub(crate) fn failure(&mut self, failure: Failure) -> Error {
        let error = error::classify(failure);
        if error.class() == Some(ErrorClass::LostConnection) {
            self.close();
        }
        error
    }

    /// Closes the socket at once, whatever it waits for.
    fn close(&mut self) {
        self.in_transaction = false;
        if let Some(connection) = self.connection.take() {
            // Inside a runtime the driver would try to end the session in an orderly way, and first read to the end what is under way.
            let spawned = std::thread::Builder::new().name("fastman-close".to_owned()).spawn(move || drop(connection));
            if let Err(error) = spawned {
                tracing::debug!(%error, "the session is closed by the driver");
            }
        }
    }

    /// A statement without parameters, in the text protocol: what every statement can be sent in.
    pub(crate) async fn simple(&mut self, sql: &str) -> Result<u64> {
        let connection = self.connection()?;
        let outcome = async {
            let result = connection.query_iter(sql).await?;
            let changed = result.affected_rows();
            result.drop_result().await?;
            Ok(changed)
        }
        .await;
        outcome.map_err(|failure| self.failure(failure))
    }

    /// A query without parameters, in the text protocol: one round trip, and nothing kept on the server.
    pub(crate) async fn text_rows(&mut self, sql: &str) -> Result<Vec<Vec<Value>>> {
        let connection = self.connection()?;
        match connection.query::<Row, _>(sql).await {
            Ok(rows) => Ok(rows.into_iter().map(portable).collect()),
            Err(failure) => Err(self.failure(failure)),
        }
    }

    /// In the binary protocol, which gives a FLOAT in full.
    async fn rows(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        let parameters = bound(parameters)?;
        let connection = self.connection()?;
        let outcome = match connection.exec::<Row, _, _>(sql, parameters.clone()).await {
            Err(Failure::Server(server)) if server.code == NOT_PREPARABLE && parameters == Params::Empty => {
                connection.query::<Row, _>(sql).await
            }
            outcome => outcome,
        };
        match outcome {
            Ok(rows) => Ok(rows.into_iter().map(portable).collect()),
            Err(failure) => Err(self.failure(failure)),
        }
    }
}

/// Parameters as the protocol has them.
pub(crate) fn bound(parameters: &[Value]) -> Result<Params> {
    if parameters.is_empty() {
        return Ok(Params::Empty);
    }
    let values: Result<Vec<_>, _> = parameters.iter().map(value::parameter).collect();
    Ok(Params::Positional(values.map_err(|reason| Error::database(ErrorClass::BadValue, reason.to_string()))?))
}

fn portable(row: Row) -> Vec<Value> {
    let columns = row.columns();
    row.unwrap().into_iter().zip(columns.iter()).map(|(raw, column)| value::read(raw, column)).collect()
}

impl Drop for MysqlStore {
    fn drop(&mut self) {
        // In a transaction something may still run; otherwise the driver says goodbye.
        if self.in_transaction {
            self.close();
        }
    }
}

#[async_trait]
impl Store for MysqlStore {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn write(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
        write::write(self, target, rows).await
    }

    async fn clear(&mut self, table: &Name) -> Result<u64> {
        write::check_transactional(self, table).await?;
        let sql = format!("DELETE FROM {}", self.dialect.quote(table));
        self.simple(&sql).await
    }
}

#[async_trait]
impl SqlStore for MysqlStore {
    fn dialect(&self) -> Arc<dyn Dialect> {
        self.dialect.clone()
    }

    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        if parameters.is_empty() {
            return self.simple(sql).await;
        }
        let parameters = bound(parameters)?;
        let connection = self.connection()?;
        let outcome = async {
            let result = connection.exec_iter(sql, parameters).await?;
            let changed = result.affected_rows();
            result.drop_result().await?;
            Ok(changed)
        }
        .await;
        outcome.map_err(|failure| self.failure(failure))
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        self.rows(sql, parameters).await
    }

    async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        if options.suspend_foreign_keys {
            return Err(self.dialect.unsupported("foreign keys can't be suspended, and no change needs that"));
        }
        if self.in_transaction {
            return Err(Error::database(ErrorClass::Other, "a transaction is open already"));
        }
        self.simple("START TRANSACTION").await?;
        self.in_transaction = true;
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        let outcome = self.simple("COMMIT").await;
        if outcome.is_err() && self.connection.is_some() {
            let _ = self.simple("ROLLBACK").await;
        }
        self.in_transaction = false;
        outcome.map(drop)
    }

    async fn rollback(&mut self) -> Result<()> {
        let outcome = self.simple("ROLLBACK").await;
        self.in_transaction = false;
        outcome.map(drop)
    }

    fn poison(&mut self) {
        self.close();
    }

    async fn try_lock(&mut self, key: &str) -> Result<LockAttempt> {
        lock::try_lock(self, key).await
    }

    async fn unlock(&mut self, key: &str) -> Result<()> {
        lock::unlock(self, key).await
    }

    fn session(&self) -> Result<String> {
        Ok(lock::name(&self.identity))
    }

    async fn session_is_gone(&mut self, session: &str) -> Result<Option<bool>> {
        let own = self.identity.clone();
        lock::session_is_gone(self, &own, session).await
    }

    async fn relations(&mut self) -> Result<Vec<CatalogObject>> {
        introspect::relations(self).await
    }

    async fn introspect(&mut self, tables: Option<&[Name]>) -> Result<Schema> {
        introspect::schema(self, tables).await
    }

    async fn catalog_objects(&mut self, tables: &[Name]) -> Result<CatalogObjects> {
        introspect::objects(self, tables).await
    }

    async fn echo(&mut self, relations: &[Name]) -> Result<Vec<Option<String>>> {
        introspect::echo(self, relations).await
    }

    async fn reserve_keys(&mut self, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64> {
        keys::reserve(self, table, column, count, above).await
    }

    async fn sibling(&mut self) -> Result<Option<Box<dyn SqlStore>>> {
        Ok(Some(Box::new(MysqlStore::connect(self.settings.clone()).await?)))
    }
}
