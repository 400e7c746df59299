//! An engine whose DDL commits, made of any engine whose DDL does not: how resuming a half-applied migration is proven
//! where no such server is at hand.
//!
//! [`Committing`] wraps a harness. Its sessions behave as MySQL's and Oracle's do: each DDL statement commits what is
//! open and then, alone and atomically, itself; the migration lock belongs to the session and goes with it. The rows and
//! the catalog are those of the real engine underneath, so what survives a kill is what was really committed.

mod dialect;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fastman_core::Result;
use fastman_core::dialect::{AlterStyle, DdlTransactions, Facts, LockScope};
use fastman_core::flavour::{Flavour, Flavours};
use fastman_core::store::SqlStore;

use crate::harness::{Availability, Database, Exemption, Harness};
use store::CommittingStore;

/// A harness whose engine commits with each DDL statement.
pub struct Committing<H> {
    inner: H,
    exemptions: &'static [Exemption],
}

impl<H: Harness> Committing<H> {
    /// The engine of a harness whose DDL rolls back, made to commit. `exemptions` come on top of the harness's own.
    pub fn new(inner: H, exemptions: &'static [Exemption]) -> Committing<H> {
        Committing { inner, exemptions }
    }
}

/// The facts of an engine once it is made to commit.
fn facts(inner: Facts) -> Facts {
    Facts { ddl: DdlTransactions::Committing, alter: AlterStyle::InPlace, lock: LockScope::Session, ..inner }
}

#[async_trait]
impl<H: Harness> Harness for Committing<H> {
    fn backend(&self) -> String {
        format!("{}_committing", self.inner.backend())
    }

    fn facts(&self) -> Facts {
        facts(self.inner.facts())
    }

    fn flavour(&self) -> &'static Flavour {
        self.inner.flavour()
    }

    fn flavours(&self) -> Flavours {
        self.inner.flavours()
    }

    fn required_in_ci(&self) -> bool {
        self.inner.required_in_ci()
    }

    fn exemptions(&self) -> &[Exemption] {
        self.exemptions
    }

    async fn availability(&self) -> Availability {
        self.inner.availability().await
    }

    async fn fresh(&self) -> Result<Box<dyn Database>> {
        Ok(Box::new(CommittingDatabase { inner: self.inner.fresh().await?, server: Arc::default() }))
    }
}

struct CommittingDatabase {
    inner: Box<dyn Database>,
    server: Arc<Server>,
}

#[async_trait]
impl Database for CommittingDatabase {
    async fn connect(&self) -> Result<Box<dyn SqlStore>> {
        Ok(Box::new(CommittingStore::new(self.inner.connect().await?, self.server.clone())))
    }
}

/// What the sessions of one database have in common: who is there, and who has which lock.
#[derive(Debug, Default)]
struct Server(Mutex<Sessions>);

#[derive(Debug, Default)]
struct Sessions {
    last: u64,
    live: BTreeSet<u64>,
    locks: BTreeMap<String, u64>,
}

impl Server {
    fn connect(&self) -> u64 {
        let mut sessions = self.0.lock().unwrap();
        sessions.last += 1;
        let id = sessions.last;
        sessions.live.insert(id);
        id
    }

    fn disconnect(&self, id: u64) {
        let mut sessions = self.0.lock().unwrap();
        sessions.live.remove(&id);
        sessions.locks.retain(|_, holder| *holder != id);
    }

    fn is_live(&self, id: u64) -> bool {
        self.0.lock().unwrap().live.contains(&id)
    }

    /// Takes the lock; the holder if somebody else has it.
    fn lock(&self, key: &str, id: u64) -> Option<u64> {
        let mut sessions = self.0.lock().unwrap();
        let holder = *sessions.locks.entry(key.to_owned()).or_insert(id);
        (holder != id).then_some(holder)
    }

    fn unlock(&self, key: &str, id: u64) {
        let mut sessions = self.0.lock().unwrap();
        if sessions.locks.get(key) == Some(&id) {
            sessions.locks.remove(key);
        }
    }
}
