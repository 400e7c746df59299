//! Many sessions on an engine that knows one: a file is open once in a process, and its sessions take turns.
//!
//! A transaction is one long turn. While it lasts, other sessions read what was committed before it, and wait with everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use fastman_core::error::{Error, ErrorClass, Result};
use spg_embedded::{CatalogSnapshot, Database, EngineError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{classify, lost};

/// Every file that this process has open.
static OPEN: Mutex<BTreeMap<PathBuf, Weak<Shared>>> = Mutex::new(BTreeMap::new());

/// Names this process among all that ever were: its sessions are numbered inside it.
static PROCESS: LazyLock<String> = LazyLock::new(|| uuid::Uuid::new_v4().to_string());

/// An open file with its sessions.
pub(crate) struct Shared {
    database: Mutex<Database>,
    turns: Arc<Semaphore>,
    sessions: Mutex<Sessions>,
}

#[derive(Default)]
struct Sessions {
    last: u64,
    live: BTreeSet<u64>,
    /// What was committed before the transaction that is open now.
    committed: Option<Arc<CatalogSnapshot>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The file, opened if it is not yet. Blocks.
    ///
    /// # Errors
    /// Why it can't be opened, classified.
    pub(crate) fn open(path: &Path) -> Result<Arc<Shared>> {
        let mut open = locked(&OPEN);
        if let Some(shared) = open.get(path).and_then(Weak::upgrade) {
            return Ok(shared);
        }
        let mut database = Database::open_path(path).map_err(|error| {
            let class = if error.to_string().contains("locked") { ErrorClass::Busy } else { ErrorClass::Unreachable };
            Error::database(class, format!("{}: {error}", path.display()))
                .with_help("check the path, and that no other program has the file open")
        })?;
        // Transactions beside each other are merged when they commit, and an index that was dropped comes back. Ours take turns, so
        // that the state of the one that commits is the whole of the new state.
        database.engine_mut().set_mvcc_inplace(false);
        let shared = Arc::new(Shared {
            database: Mutex::new(database),
            turns: Arc::new(Semaphore::new(1)),
            sessions: Mutex::default(),
        });
        open.insert(path.to_owned(), Arc::downgrade(&shared));
        Ok(shared)
    }

    /// A turn, once it is this session's.
    ///
    /// # Errors
    /// `db.busy` if it is not within the time.
    pub(crate) async fn turn(self: &Arc<Shared>, patience: Duration) -> Result<Turn> {
        match tokio::time::timeout(patience, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Turn { shared: Arc::clone(self), open: false, _permit: permit }),
            _ => Err(Error::database(ErrorClass::Busy, "another session has a transaction open")
                .with_help("try again when it has ended")),
        }
    }

    /// What was committed, while another session has a transaction open.
    pub(crate) fn committed(&self) -> Option<Arc<CatalogSnapshot>> {
        locked(&self.sessions).committed.clone()
    }

    /// A new session's number.
    pub(crate) fn enter(&self) -> u64 {
        let mut sessions = locked(&self.sessions);
        sessions.last += 1;
        let number = sessions.last;
        sessions.live.insert(number);
        number
    }

    /// The session of that number has ended.
    pub(crate) fn leave(&self, number: u64) {
        locked(&self.sessions).live.remove(&number);
    }

    /// Whether the session of that name is gone. A file is open in one process at a time, so the sessions of all others are.
    pub(crate) fn is_gone(&self, name: &str) -> Option<bool> {
        let (process, number) = name.rsplit_once(' ')?;
        let number = number.parse().ok()?;
        Some(process != PROCESS.as_str() || !locked(&self.sessions).live.contains(&number))
    }
}

/// What identifies the session of that number.
pub(crate) fn name(number: u64) -> String {
    format!("{} {number}", PROCESS.as_str())
}

/// The right to be the one session that the engine serves. Dropped with a transaction open, it rolls back.
pub(crate) struct Turn {
    shared: Arc<Shared>,
    open: bool,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Whether it has a transaction open.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Does something with the engine. Blocks.
    ///
    /// # Errors
    /// What the engine said, classified.
    pub(crate) fn with<T>(&mut self, work: impl FnOnce(&mut Database) -> Result<T, EngineError>) -> Result<T> {
        work(&mut locked(&self.shared.database)).map_err(|error| classify(&error))
    }

    /// Opens a transaction. Blocks.
    ///
    /// # Errors
    /// What the engine said, classified.
    pub(crate) fn begin(&mut self) -> Result<()> {
        let committed = self.with(|database| {
            let committed = database.engine().clone_snapshot();
            database.execute("BEGIN")?;
            Ok(committed)
        })?;
        locked(&self.shared.sessions).committed = Some(Arc::new(committed));
        self.open = true;
        Ok(())
    }

    /// Ends the transaction with COMMIT or ROLLBACK. Blocks.
    ///
    /// # Errors
    /// What the engine said, classified; it is rolled back then.
    pub(crate) fn end(&mut self, word: &str) -> Result<()> {
        if !std::mem::take(&mut self.open) {
            return Err(lost());
        }
        locked(&self.shared.sessions).committed = None;
        let outcome = self.with(|database| {
            database.execute(word).inspect_err(|_| {
                // Whatever stands in the way of a commit, nothing of it may stay.
                let _ = database.execute("ROLLBACK");
            })
        });
        outcome.map(|_| ())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.open {
            // Nobody is left who could be told that it failed.
            let _ = self.end("ROLLBACK");
        }
    }
}
