//! The thread that owns the connection: SQLite blocks, the store must not.
//!
//! Work goes to it as closures through a channel, in order, each answered through a channel of its own. When the last
//! sender is dropped, the thread closes the connection, which rolls back what is open.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use fastman_core::error::{Error, ErrorClass, Result};
use rusqlite::InterruptHandle;
use tokio::sync::oneshot;

use super::connection::Session;
use crate::connect::Target;

type Job = Box<dyn FnOnce(&mut Session) + Send>;

/// Virtual machine instructions between two looks at whether the session was given up.
const INSTRUCTIONS_BETWEEN_LOOKS: i32 = 100_000;

/// How long a store that is dropped waits for its thread, which at the most is waiting for somebody else's lock.
const LONGEST_GOODBYE: Duration = Duration::from_secs(6);

/// The sending end.
pub(crate) struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
    interrupt: InterruptHandle,
    given_up: Arc<AtomicBool>,
    /// Locked by none but the drop; the lock makes the worker shareable.
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Worker {
    /// Starts the thread and opens the file on it.
    ///
    /// # Errors
    /// Why it can't be opened.
    pub(crate) async fn start(target: Target, patience: Duration) -> Result<Worker> {
        let shown = target.shown.clone();
        let (jobs, queue) = mpsc::channel::<Job>();
        let (opened, open) = oneshot::channel();
        let (end, ended) = mpsc::channel();
        let given_up = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&given_up);
        let thread = move || {
            let _room = make_room();
            let session = target.open().and_then(|connection| Session::new(connection, &target, Arc::clone(&flag)));
            let mut session = match session {
                Ok(session) => session,
                Err(error) => {
                    let _ = opened.send(Err(error));
                    return;
                }
            };
            if opened.send(Ok(session.interrupt_handle())).is_err() {
                return;
            }
            while let Ok(job) = queue.recv() {
                if flag.load(Ordering::Relaxed) {
                    break;
                }
                job(&mut session);
            }
            drop(session);
            let _ = end.send(());
        };
        thread::Builder::new().name("fastman-sqlite".to_owned()).spawn(thread).map_err(|error| {
            Error::database(ErrorClass::Other, format!("{shown}: no thread can be started: {error}"))
        })?;
        let interrupt = match tokio::time::timeout(patience, open).await {
            Ok(Ok(opened)) => opened?,
            Ok(Err(_)) => return Err(lost()),
            Err(_) => {
                let message = format!("{shown} could not be opened within {} seconds", patience.as_secs());
                return Err(Error::database(ErrorClass::Unreachable, message)
                    .with_help("is it on a network file system that does not answer?"));
            }
        };
        Ok(Worker { jobs: Some(jobs), interrupt, given_up, ended: Mutex::new(ended) })
    }

    /// Runs a job on the thread and waits for its answer.
    ///
    /// # Errors
    /// What the job gave, or that the session is over.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.send(job).await?
    }

    /// As [`Worker::call`], for a job whose answer is not a result of its own.
    ///
    /// # Errors
    /// That the session is over.
    pub(crate) async fn send<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session) -> T + Send + 'static,
    ) -> Result<T> {
        self.queue(job, |_| {}).ok_or_else(lost)?.await.map_err(|_| lost())
    }

    /// Queues a job; `undo` runs if nobody waits for the answer any more when it is there.
    pub(crate) fn queue<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session) -> T + Send + 'static,
        undo: impl FnOnce(&mut Session) + Send + 'static,
    ) -> Option<oneshot::Receiver<T>> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |session| {
            if answer.is_closed() || answer.send(job(session)).is_err() {
                undo(session);
            }
        });
        self.jobs.as_ref()?.send(job).ok()?;
        Some(answered)
    }

    /// Interrupts what runs and ends the session, without waiting for it.
    pub(crate) fn give_up(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
        self.interrupt.interrupt();
        self.jobs = None;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.give_up();
        // Whoever drops the store may count on its locks being free. The thread does not outlive this by more than a
        // statement's end.
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(LONGEST_GOODBYE);
    }
}

/// Has the heap of this thread grow once, by what reading a schema of a thousand objects takes, instead of page by page with a call of the
/// system for each, which is how glibc does it for every thread but the first. Nothing is touched; what comes last stays, for an end
/// that is free would be given back.
fn make_room() -> Vec<u8> {
    /// Below the 128 KiB from which on glibc would map each by itself.
    const BLOCK: usize = 100 << 10;
    const BLOCKS: usize = 20;
    let mut blocks: Vec<Vec<u8>> = (0..BLOCKS).map(|_| std::hint::black_box(Vec::with_capacity(BLOCK))).collect();
    blocks.pop().unwrap_or_default()
}

/// Lets a long statement notice that the session was given up between two of its instructions.
pub(crate) fn watch(connection: &mut rusqlite::Connection, flag: Arc<AtomicBool>) -> rusqlite::Result<()> {
    connection.progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, Some(move || flag.load(Ordering::Relaxed)))
}

/// The session is over.
pub(crate) fn lost() -> Error {
    Error::database(ErrorClass::LostConnection, "the session with the SQLite database is over")
        .with_help("its transaction was rolled back; run the command again")
}
