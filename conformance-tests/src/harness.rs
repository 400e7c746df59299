//! What an adapter gives to the suite: a way to a fresh database, and what it claims about itself.

use async_trait::async_trait;
use fastman_core::Result;
use fastman_core::dialect::Facts;
use fastman_core::flavour::{Flavour, Flavours};
use fastman_core::store::SqlStore;

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
