//! What an adapter gives to the suite: a way to a fresh database, and what it claims about itself.

use async_trait::async_trait;
use fastman_core::Result;
use fastman_core::dialect::Facts;
use fastman_core::flavour::{Flavour, Flavours};
use fastman_core::schema::Name;
use fastman_core::store::{SqlStore, Store};
use fastman_core::value::Value;

/// A backend as the suite needs it.
#[async_trait]
pub trait Harness: Send + Sync {
    /// What the backend is called in test names and in the summary: `sqlite`.
    fn backend(&self) -> String;

    /// The facts that the dialect of a connected server must state; the suite then proves each of them.
    fn facts(&self) -> Facts;

    /// The flavour that a connected server must turn out to be.
    fn flavour(&self) -> &'static Flavour;

    /// All flavours, as the program hands them to core.
    fn flavours(&self) -> Flavours;

    /// Whether a run with `CI=true` must have it: then being absent is a failure.
    fn required_in_ci(&self) -> bool;

    /// The tests that this backend can't pass for a reason that lies in the engine, each with the reason. They are listed as
    /// ignored; a name that no test has fails the run.
    fn exemptions(&self) -> &[Exemption];

    /// Whether there is a server to test.
    async fn availability(&self) -> Availability;

    /// An empty database of its own for one test.
    ///
    /// # Errors
    /// What making it gave.
    async fn fresh(&self) -> Result<Box<dyn Database>>;
}

/// An empty database; dropping it removes it.
#[async_trait]
pub trait Database: Send + Sync {
    /// A new session. Several may be open at once.
    ///
    /// # Errors
    /// What connecting gave.
    async fn connect(&self) -> Result<Box<dyn SqlStore>>;
}

/// A backend that takes rows and has no SQL, as the suite needs it. The tests of SQL do not exist for it: they take a
/// [`SqlStore`], which it has none of.
#[async_trait]
pub trait StoreHarness: Send + Sync {
    /// As [`Harness::backend`].
    fn backend(&self) -> String;

    /// As [`Harness::required_in_ci`].
    fn required_in_ci(&self) -> bool;

    /// As [`Harness::exemptions`].
    fn exemptions(&self) -> &[Exemption];

    /// As [`Harness::availability`].
    async fn availability(&self) -> Availability;

    /// A database of its own for one test, with nothing in it.
    ///
    /// # Errors
    /// What making it gave.
    async fn fresh(&self) -> Result<Box<dyn StoreDatabase>>;
}

/// A database that takes rows; dropping it removes it.
#[async_trait]
pub trait StoreDatabase: Send + Sync {
    /// A new session. Several may be open at once.
    ///
    /// # Errors
    /// What connecting gave.
    async fn connect(&self) -> Result<Box<dyn Store>>;

    /// Makes a table of these columns, the first of them its key, where there are tables to be made. Gives the name that rows are
    /// written to.
    ///
    /// # Errors
    /// What making it gave.
    async fn table(&self, name: &str, columns: &[(&str, &str)]) -> Result<Name>;

    /// Every row, by its key, with the values of these columns as they are reported. A row that lacks one has NULL.
    ///
    /// # Errors
    /// What reading it gave.
    async fn rows(&self, table: &Name, columns: &[(&str, &str)]) -> Result<Vec<Vec<Value>>>;
}

/// Whether there is a server to test.
#[derive(Clone, Debug)]
pub enum Availability {
    /// There is.
    Ready,
    /// There is not: why, and the command that would provide one.
    Missing {
        /// Why, as a clause: `neither FASTMAN_TEST_POSTGRES_URL nor a postgres binary is there`.
        reason: String,
        /// What the reader can type.
        command: String,
    },
}

/// A test that a backend can't pass.
#[derive(Clone, Copy, Debug)]
pub struct Exemption {
    /// The test, with its group: `types::a_table_reads_back_as_it_is_stored`.
    pub test: &'static str,
    /// Why, as a sentence.
    pub reason: &'static str,
}
