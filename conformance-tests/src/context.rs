//! What a test is given: the backend under test and fresh databases on it.

use std::sync::Arc;

use fastman_core::Result;
use fastman_core::dialect::Facts;
use fastman_core::flavour::{Flavour, Flavours};

use crate::harness::{Database, Harness};
use crate::session::Session;

/// The backend under test.
pub struct Context {
    harness: Arc<dyn Harness>,
}

impl Context {
    pub(crate) fn new(harness: Arc<dyn Harness>) -> Context {
        Context { harness }
    }

    /// An empty database.
    ///
    /// # Errors
    /// What making it gave.
    pub async fn database(&self) -> Result<Arc<dyn Database>> {
        Ok(Arc::from(self.harness.fresh().await?))
    }

    /// A session on an empty database.
    ///
    /// # Errors
    /// What making the database or connecting gave.
    pub async fn session(&self) -> Result<Session> {
        Session::connect(self.database().await?).await
    }

    /// What the backend claims.
    pub fn facts(&self) -> Facts {
        self.harness.facts()
    }

    /// The flavour under test.
    pub fn flavour(&self) -> &'static Flavour {
        self.harness.flavour()
    }

    /// All flavours.
    pub fn flavours(&self) -> Flavours {
        self.harness.flavours()
    }
}
