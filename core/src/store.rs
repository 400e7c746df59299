//! The store seam: everything about a backend that is IO.
//!
//! [`Store`] is all that a document store has; [`SqlStore`] adds what migrating needs. [`Backend`] is what connecting
//! returns, so that what a backend cannot do is a fact of the types.

mod attribute;
mod batch;
mod document;
mod transaction;

use std::sync::Arc;

use async_trait::async_trait;

pub use attribute::{About, Attribute};
pub use batch::Batch;
pub use document::document_id;
pub use transaction::Transaction;

use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::schema::{ColumnType, Name, Schema};
use crate::value::Value;

/// A connected backend.
pub enum Backend {
    /// It has tables and transactions: everything works.
    Sql(Box<dyn SqlStore>),
    /// It has documents: seeding only.
    Documents(Box<dyn Store>),
}

/// A destination that rows are written to, as a user is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The server's host and port, or the file; never a user name's password.
    pub host: String,
    /// The database, or the project.
    pub database: String,
    /// The server's product and version: `PostgreSQL 17.2`.
    pub server: String,
}

/// A column that rows are written to.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetColumn {
    /// Its name.
    pub name: Name,
    /// Its type, where it is known.
    pub column_type: Option<ColumnType>,
}

/// What a stream of rows is written to, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteTarget {
    /// The table; of a document store the collection, a sub-collection by its path: `users/alice/posts`.
    pub table: Name,
    /// The columns, in the order of each row's values.
    pub columns: Vec<TargetColumn>,
    /// For a document store: which of the columns names the document. Its value is the document's id and none of its fields.
    /// Where there is none, the key of an upsert names the document ([`document_id`]). A SQL engine has no use for it.
    pub document_id: Option<usize>,
    /// Plain inserts, or upserts by a key.
    pub mode: WriteMode,
}

/// How rows that are there already are treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// Every row is new; one that violates a key is an error.
    Insert,
    /// A row whose key columns match an existing one replaces its other columns.
    Upsert {
        /// The key columns; a primary key or unique constraint covers exactly them.
        key: Vec<Name>,
    },
}

/// A source of rows, in batches. It is asked for the next batch when the store has taken the last one.
#[async_trait]
pub trait RowSource: Send {
    /// The next rows, each as wide as the target has columns; `None` at the end.
    ///
    /// # Errors
    /// What reading or generating the rows gave; the store passes it on unchanged.
    async fn next_batch(&mut self) -> Result<Option<Batch>>;

    /// Gives back a batch that has been written, for the source to fill again. A store SHOULD do so; it need not.
    fn recycle(&mut self, batch: Batch) {
        drop(batch);
    }
}

/// A backend that takes rows.
///
/// # Contract
/// - A password MUST NOT appear in any error, log or description.
/// - Every error of the server MUST be classified ([`Error::database`]); the server's own words stay in the message.
#[async_trait]
pub trait Store: Send {
    /// Where it is connected to.
    fn place(&self) -> &Place;

    /// Writes every row of the stream and returns how many. In an open transaction they are part of it; a store that has
    /// transactions MUST, outside of one, write all rows or none.
    ///
    /// # Errors
    /// The first row that can't be written, with its number (from 1, [`Error::in_row`](crate::Error::in_row)); or what the source gave.
    async fn write(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64>;

    /// Refuses a name that no table or collection can have, without asking the server. To be left out where every name may be one.
    ///
    /// # Errors
    /// What is wrong with the name.
    fn check_name(&self, table: &Name) -> Result<()> {
        let _ = table;
        Ok(())
    }

    /// Deletes every row of the table, or every document of the collection, and returns how many.
    ///
    /// # Errors
    /// What the server says.
    async fn clear(&mut self, table: &Name) -> Result<u64>;

    /// Ends the session of a process that is about to end itself. What others would miss (a lock, a goodbye that a server waits
    /// for) MUST be given back as when the store is dropped; what the system takes back with the process need not be.
    fn leave(self: Box<Self>) {}
}

/// A statement with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// One statement, without a trailing separator.
    pub sql: String,
    /// In the order of its placeholders.
    pub parameters: Vec<Value>,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(sql: impl Into<String>) -> Statement {
        Statement { sql: sql.into(), parameters: Vec::new() }
    }
}

/// What a statement of [`SqlStore::run`] failed with, and which one it was.
#[derive(Debug)]
pub struct RunError {
    /// The statement's index; those before it are done.
    pub index: usize,
    /// What the server said.
    pub error: Error,
}

/// How a transaction is begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionOptions {
    /// Foreign keys are not enforced row by row, and no cascade runs, until the transaction ends; what it leaves behind is checked as
    /// a whole before it commits, and new violations make the commit fail.
    pub suspend_foreign_keys: bool,
}

/// What trying for the migration lock gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockAttempt {
    /// It is ours.
    Held,
    /// Somebody else has it; who, as far as the engine tells.
    Busy(Option<String>),
}

/// An object of the live catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, exactly as the catalog has it.
    pub name: String,
    /// The table that it belongs to; its own name for a table or view.
    pub table: String,
    /// The statement that makes it, in the engine's own words.
    pub sql: String,
}

/// Kinds of catalog objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// A table.
    Table,
    /// A view.
    View,
    /// An index that no constraint made.
    Index,
    /// A trigger.
    Trigger,
}

/// What only the live catalog knows of some tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogObjects {
    /// Whether the catalog was looked at; false offline, where replay stands in for it and assumptions are printed.
    pub live: bool,
    /// Triggers and indexes of the tables, views and triggers elsewhere that name them, and the tables' own definitions.
    pub objects: Vec<CatalogObject>,
    /// The tables as introspected.
    pub tables: Schema,
    /// Attributes outside the model.
    pub attributes: Vec<Attribute>,
    /// Whether core has taken in what comes first, as far as it changes these tables: what the engine does beside it (an index that it
    /// makes for a key) is not among the objects then. A store leaves it false.
    pub foreseen: bool,
}

/// A backend with tables, statements and transactions.
///
/// # Contract
/// - It is one session: statements run in the order in which they are called, on one connection.
/// - [`SqlStore::begin`], [`SqlStore::commit`] and [`SqlStore::rollback`] are called through [`Transaction`] alone.
/// - Dropping the store MUST end the session, and with it roll back what is open and free every lock.
/// - Statements MUST run as they are: no rewriting, no splitting.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no schema to migrate",
    label = "this store is no `SqlStore`",
    note = "a document store implements `Store` alone: it can be seeded, and there is nothing in it that a migration could change",
    note = "match on `Backend`: `Backend::Sql` holds what `Migrator` takes"
)]
#[async_trait]
pub trait SqlStore: Store {
    /// The dialect of the connected server.
    fn dialect(&self) -> Arc<dyn Dialect>;

    /// Runs one statement and returns how many rows it changed (0 where that has no meaning); of an UPDATE those that it matched, also
    /// where their values were the same before. Outside of a transaction it commits by itself.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64>;

    /// Runs several statements in order and stops at the first that fails. An adapter SHOULD do it in one round trip where the
    /// engine reports which one failed.
    ///
    /// # Errors
    /// The index of the statement that failed and what the server said.
    async fn run(&mut self, statements: &[Statement]) -> Result<(), RunError> {
        for (index, statement) in statements.iter().enumerate() {
            self.execute(&statement.sql, &statement.parameters).await.map_err(|error| RunError { index, error })?;
        }
        Ok(())
    }

    /// Runs a query and returns its rows. Values come in the portable form nearest to what the engine reports.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>>;

    /// Begins a transaction. Where beginning takes the migration lock ([`LockScope::Begin`](crate::dialect::LockScope::Begin)) and another
    /// session has it, it MUST fail with [`ErrorClass::Busy`](crate::error::ErrorClass::Busy) after at most a second.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn begin(&mut self, options: TransactionOptions) -> Result<()>;

    /// Commits. After an error the transaction MUST be rolled back or the session poisoned.
    ///
    /// # Errors
    /// What the server says, classified; new foreign key violations where they were suspended.
    async fn commit(&mut self) -> Result<()>;

    /// Rolls back.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn rollback(&mut self) -> Result<()>;

    /// Called when a [`Transaction`] is dropped open: MUST interrupt what runs and make every later call fail with
    /// [`ErrorClass::LostConnection`](crate::error::ErrorClass::LostConnection). It MUST NOT block.
    fn poison(&mut self);

    /// Tries once for the migration lock, without waiting. `key` names the database's history. Inside a transaction where the lock's scope
    /// is the transaction; always held where beginning takes it.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn try_lock(&mut self, key: &str) -> Result<LockAttempt>;

    /// Frees a lock of session scope; nothing to do for the others.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn unlock(&mut self, key: &str) -> Result<()>;

    /// What identifies this session on its server, for a claim: it MUST be comparable with what a later session sees of it.
    ///
    /// # Errors
    /// That there is no such thing, as behind a pooler that gives each transaction to another session: then nothing is run
    /// outside of transactions.
    fn session(&self) -> Result<String>;

    /// Whether the session of that identity is shown to be gone. `None` where that can't be known.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn session_is_gone(&mut self, session: &str) -> Result<Option<bool>>;

    /// The names of all tables and views of the target schema, those of extensions and of the engine itself aside. Exactly as the
    /// catalog has them.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn relations(&mut self) -> Result<Vec<CatalogObject>>;

    /// The live definition of the tables named (all, where `None`), in the model's terms; defaults that are constants or the current time
    /// as such, other expressions as [`Expression::Raw`](crate::schema::Expression::Raw). Tables that are not there are left out. Views are not part of it.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn introspect(&mut self, tables: Option<&[Name]>) -> Result<Schema>;

    /// What only the live catalog knows of the tables named.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn catalog_objects(&mut self, tables: &[Name]) -> Result<CatalogObjects>;

    /// The catalog's own echo of each table or view: a text that changes if and only if its definition (indexes and triggers
    /// included) does; `None` where it is not there.
    ///
    /// # Errors
    /// What the server says, classified.
    async fn echo(&mut self, relations: &[Name]) -> Result<Vec<Option<String>>>;

    /// Reserves `count` consecutive keys of an identity column, in the open transaction, and returns the first.
    ///
    /// # Contract
    /// - The keys MUST be free: above every key that the table has and none that the engine has given away.
    /// - Until the transaction ends, no other session MUST be able to write a row under one of them; it MAY be made to wait.
    /// - The engine MUST NOT give one of them to an insert without a key afterwards, in this session or another.
    /// - It MUST NOT commit. Rolled back, the keys MAY be lost.
    /// - `above`: the first MUST be greater than that.
    ///
    /// # Errors
    /// What the server says, classified; [`ErrorClass::BadValue`](crate::error::ErrorClass::BadValue) where there are not so many.
    async fn reserve_keys(&mut self, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64>;

    /// A second session on the same database; `None` where there can be none (a database in memory).
    ///
    /// # Errors
    /// What connecting gives.
    async fn sibling(&mut self) -> Result<Option<Box<dyn SqlStore>>>;
}
