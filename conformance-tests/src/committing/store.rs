//! A session of an engine that is made to commit.

use std::sync::Arc;

use async_trait::async_trait;
use fastman_core::Result;
use fastman_core::dialect::Dialect;
use fastman_core::schema::{Name, Schema};
use fastman_core::store::{
    CatalogObject, CatalogObjects, LockAttempt, Place, RowSource, SqlStore, Store, TransactionOptions, WriteTarget,
};
use fastman_core::value::Value;

use super::Server;
use super::dialect::{CommittingDialect, is_ddl, parts};

pub(super) struct CommittingStore {
    inner: Box<dyn SqlStore>,
    dialect: Arc<dyn Dialect>,
    server: Arc<Server>,
    id: u64,
    open: bool,
}

impl CommittingStore {
    pub(super) fn new(inner: Box<dyn SqlStore>, server: Arc<Server>) -> CommittingStore {
        let dialect = Arc::new(CommittingDialect(inner.dialect()));
        let id = server.connect();
        CommittingStore { inner, dialect, server, id, open: false }
    }

    /// Runs DDL: what is open is committed, then the statement is, as a whole.
    async fn define(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        if std::mem::take(&mut self.open) {
            self.inner.commit().await?;
        }
        let parts = parts(sql);
        self.inner.begin(TransactionOptions { suspend_foreign_keys: parts.len() > 1 }).await?;
        for part in parts {
            if let Err(error) = self.inner.execute(part, parameters).await {
                self.inner.rollback().await?;
                return Err(error);
            }
        }
        self.inner.commit().await?;
        Ok(0)
    }
}

impl Drop for CommittingStore {
    fn drop(&mut self) {
        self.server.disconnect(self.id);
    }
}

#[async_trait]
impl Store for CommittingStore {
    fn place(&self) -> &Place {
        self.inner.place()
    }

    async fn write(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
        self.inner.write(target, rows).await
    }

    async fn clear(&mut self, table: &Name) -> Result<u64> {
        self.inner.clear(table).await
    }
}

#[async_trait]
impl SqlStore for CommittingStore {
    fn dialect(&self) -> Arc<dyn Dialect> {
        self.dialect.clone()
    }

    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        if is_ddl(sql) { self.define(sql, parameters).await } else { self.inner.execute(sql, parameters).await }
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        self.inner.query(sql, parameters).await
    }

    async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        self.inner.begin(options).await?;
        self.open = true;
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        // Where DDL has committed already there is nothing open, and the server says nothing about it.
        if std::mem::take(&mut self.open) { self.inner.commit().await } else { Ok(()) }
    }

    async fn rollback(&mut self) -> Result<()> {
        if std::mem::take(&mut self.open) { self.inner.rollback().await } else { Ok(()) }
    }

    fn poison(&mut self) {
        self.inner.poison();
    }

    async fn try_lock(&mut self, key: &str) -> Result<LockAttempt> {
        Ok(match self.server.lock(key, self.id) {
            None => LockAttempt::Held,
            Some(holder) => LockAttempt::Busy(Some(format!("session {holder}"))),
        })
    }

    async fn unlock(&mut self, key: &str) -> Result<()> {
        self.server.unlock(key, self.id);
        Ok(())
    }

    fn session(&self) -> Result<String> {
        Ok(self.id.to_string())
    }

    async fn session_is_gone(&mut self, session: &str) -> Result<Option<bool>> {
        Ok(session.parse().ok().map(|id| !self.server.is_live(id)))
    }

    async fn relations(&mut self) -> Result<Vec<CatalogObject>> {
        self.inner.relations().await
    }

    async fn introspect(&mut self, tables: Option<&[Name]>) -> Result<Schema> {
        self.inner.introspect(tables).await
    }

    async fn catalog_objects(&mut self, tables: &[Name]) -> Result<CatalogObjects> {
        self.inner.catalog_objects(tables).await
    }

    async fn echo(&mut self, relations: &[Name]) -> Result<Vec<Option<String>>> {
        self.inner.echo(relations).await
    }

    async fn reserve_keys(&mut self, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64> {
        self.inner.reserve_keys(table, column, count, above).await
    }

    async fn sibling(&mut self) -> Result<Option<Box<dyn SqlStore>>> {
        Ok(self
            .inner
            .sibling()
            .await?
            .map(|sibling| Box::new(CommittingStore::new(sibling, self.server.clone())) as Box<dyn SqlStore>))
    }
}
