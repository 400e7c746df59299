//! A session in which something goes wrong at a chosen call: the statement fails, or the program is killed right before
//! or right after it.
//!
//! Only calls that write are counted (and beginning and ending transactions). A kill is what the server sees of it: the
//! session ends, what is open is rolled back, and the program hears no answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use fastman_core::dialect::Dialect;
use fastman_core::error::ErrorClass;
use fastman_core::schema::{Name, Schema};
use fastman_core::store::{
    CatalogObject, CatalogObjects, LockAttempt, Place, RowSource, SqlStore, Store, TransactionOptions, WriteTarget,
};
use fastman_core::value::Value;
use fastman_core::{Error, Result};

/// What goes wrong at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The server refuses it; the session lives on.
    Refused,
    /// The program is killed before the call reaches the server.
    KilledBefore,
    /// The program is killed once the call has taken effect, before it hears of it.
    KilledAfter,
}

/// When something goes wrong: counts the calls of every session that it is given to.
#[derive(Debug)]
pub struct Trap {
    fault: Fault,
    at: usize,
    calls: AtomicUsize,
}

impl Trap {
    /// A trap that springs at call number `at`, counted from 0; past the last call it never does.
    pub fn new(fault: Fault, at: usize) -> Arc<Trap> {
        Arc::new(Trap { fault, at, calls: AtomicUsize::new(0) })
    }

    /// A trap that only counts.
    pub fn counter() -> Arc<Trap> {
        Trap::new(Fault::Refused, usize::MAX)
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Whether it has sprung.
    pub fn sprung(&self) -> bool {
        self.calls() > self.at
    }
}

/// A session with a trap.
pub struct Faulty {
    inner: Option<Box<dyn SqlStore>>,
    dialect: Arc<dyn Dialect>,
    place: Place,
    session: Option<String>,
    trap: Arc<Trap>,
}

impl Faulty {
    /// The session, trapped.
    pub fn new(inner: Box<dyn SqlStore>, trap: Arc<Trap>) -> Faulty {
        Faulty {
            dialect: inner.dialect(),
            place: inner.place().clone(),
            session: inner.session().ok(),
            inner: Some(inner),
            trap,
        }
    }

    fn alive(&mut self) -> Result<&mut (dyn SqlStore + 'static)> {
        self.inner.as_deref_mut().ok_or_else(lost)
    }

    /// Counts one call; the fault if it is this one's turn.
    fn turn(&self) -> Option<Fault> {
        (self.trap.calls.fetch_add(1, Ordering::SeqCst) == self.trap.at).then_some(self.trap.fault)
    }

    /// What happens instead of the call, if anything does before it.
    fn before(&mut self) -> Result<Option<Fault>> {
        self.alive()?;
        let fault = self.turn();
        match fault {
            Some(Fault::Refused) => {
                Err(Error::database(ErrorClass::Full, "the disk is full (said by the test, not by the server)"))
            }
            Some(Fault::KilledBefore) => {
                self.inner = None;
                Err(lost())
            }
            _ => Ok(fault),
        }
    }

    /// What happens once the call is done.
    fn after<T>(&mut self, fault: Option<Fault>, outcome: Result<T>) -> Result<T> {
        if fault == Some(Fault::KilledAfter) {
            self.inner = None;
            return Err(lost());
        }
        outcome
    }
}

fn lost() -> Error {
    Error::database(ErrorClass::LostConnection, "the session is gone (killed by the test)")
}

/// A call that counts.
macro_rules! counted {
    ($self:ident, $store:ident => $call:expr) => {{
        let fault = $self.before()?;
        let $store = $self.alive()?;
        let outcome = $call.await;
        $self.after(fault, outcome)
    }};
}

#[async_trait]
impl Store for Faulty {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn write(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
        counted!(self, store => store.write(target, rows))
    }

    async fn clear(&mut self, table: &Name) -> Result<u64> {
        counted!(self, store => store.clear(table))
    }
}

#[async_trait]
impl SqlStore for Faulty {
    fn dialect(&self) -> Arc<dyn Dialect> {
        self.dialect.clone()
    }

    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        counted!(self, store => store.execute(sql, parameters))
    }

    // `run` stays the trait's own, one call of `execute` a statement, so that each of them counts.

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        self.alive()?.query(sql, parameters).await
    }

    async fn begin(&mut self, options: TransactionOptions) -> Result<()> {
        counted!(self, store => store.begin(options))
    }

    async fn commit(&mut self) -> Result<()> {
        // A server that refuses to commit has rolled back; the contract says so.
        let fault = self.before();
        if fault.as_ref().is_err_and(|error| error.class() == Some(ErrorClass::Full)) {
            self.alive()?.rollback().await?;
        }
        let fault = fault?;
        let outcome = self.alive()?.commit().await;
        self.after(fault, outcome)
    }

    async fn rollback(&mut self) -> Result<()> {
        self.alive()?.rollback().await
    }

    fn poison(&mut self) {
        if let Some(store) = &mut self.inner {
            store.poison();
        }
    }

    async fn try_lock(&mut self, key: &str) -> Result<LockAttempt> {
        self.alive()?.try_lock(key).await
    }

    async fn unlock(&mut self, key: &str) -> Result<()> {
        self.alive()?.unlock(key).await
    }

    fn session(&self) -> Result<String> {
        self.session.clone().ok_or_else(|| Error::failed("test.no-session", "the session has no identity"))
    }

    async fn session_is_gone(&mut self, session: &str) -> Result<Option<bool>> {
        self.alive()?.session_is_gone(session).await
    }

    async fn relations(&mut self) -> Result<Vec<CatalogObject>> {
        self.alive()?.relations().await
    }

    async fn introspect(&mut self, tables: Option<&[Name]>) -> Result<Schema> {
        self.alive()?.introspect(tables).await
    }

    async fn catalog_objects(&mut self, tables: &[Name]) -> Result<CatalogObjects> {
        self.alive()?.catalog_objects(tables).await
    }

    async fn echo(&mut self, relations: &[Name]) -> Result<Vec<Option<String>>> {
        self.alive()?.echo(relations).await
    }

    async fn reserve_keys(&mut self, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64> {
        counted!(self, store => store.reserve_keys(table, column, count, above))
    }

    async fn sibling(&mut self) -> Result<Option<Box<dyn SqlStore>>> {
        let trap = self.trap.clone();
        Ok(self.alive()?.sibling().await?.map(|sibling| Box::new(Faulty::new(sibling, trap)) as Box<dyn SqlStore>))
    }
}
