//! Rows are made on threads of their own, a batch at a time, and handed over in order through bounded channels: the store
//! never waits for a row that could have been made, and memory does not grow with their number.

use std::sync::mpsc as blocking;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::digest::Digest;
use super::load::LoadFile;
use super::plan::Content;
use super::stream::Ready;
use crate::error::{Error, Result};
use crate::store::{Batch, RowSource};

/// Rows of a batch.
const ROWS: u64 = 512;

/// Batches that a thread may be ahead.
const AHEAD: usize = 4;

/// The rows of a stream, in order.
pub(crate) struct Generator {
    ready: Arc<Ready>,
    batches: u64,
    taken: u64,
    recycled: u64,
    workers: Vec<Worker>,
    spare: Option<Batch>,
    digest: Digest,
}

struct Worker {
    filled: mpsc::Receiver<Result<(Batch, Digest)>>,
    empty: blocking::Sender<Batch>,
}

impl Generator {
    /// Starts making the rows. A few are made where they are asked for.
    ///
    /// # Errors
    /// That no thread can be started.
    pub(crate) fn start(ready: Arc<Ready>, jobs: usize) -> Result<Generator> {
        let batches = ready.count.div_ceil(ROWS);
        let mut workers = Vec::new();
        if let Content::Loaded(_, file) = &ready.planned.content {
            workers.push(Worker::read(ready.clone(), file.clone())?);
            return Ok(Generator { batches: u64::MAX, ..Generator::new(ready, workers) });
        }
        if batches > 1 && ready.fixed.get().is_none() {
            let count = (jobs.max(1) as u64).min(batches);
            for number in 0..count {
                workers.push(Worker::start(ready.clone(), number, count, batches)?);
            }
        }
        Ok(Generator { batches, ..Generator::new(ready, workers) })
    }

    fn new(ready: Arc<Ready>, workers: Vec<Worker>) -> Generator {
        Generator { ready, batches: 0, taken: 0, recycled: 0, workers, spare: None, digest: Digest::default() }
    }

    /// That of the rows handed over so far.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }
}

impl Worker {
    fn start(ready: Arc<Ready>, number: u64, of: u64, batches: u64) -> Result<Worker> {
        let (fill, filled) = mpsc::channel(AHEAD);
        let (empty, emptied) = blocking::channel::<Batch>();
        let work = move || {
            let mut batch_number = number;
            while batch_number < batches {
                let mut batch = emptied.try_recv().unwrap_or_default();
                let made = make(&ready, batch_number, &mut batch);
                let failed = made.is_err();
                // Nobody listens any more: the store has failed.
                if fill.blocking_send(made.map(|digest| (batch, digest))).is_err() || failed {
                    return;
                }
                batch_number += of;
            }
        };
        spawn(work)?;
        Ok(Worker { filled, empty })
    }

    /// Reads a file.
    fn read(ready: Arc<Ready>, file: Arc<Mutex<LoadFile>>) -> Result<Worker> {
        let (fill, filled) = mpsc::channel(AHEAD);
        let (empty, emptied) = blocking::channel::<Batch>();
        let work = move || {
            let mut ordinal = 0;
            let mut read = Batch::default();
            loop {
                let outcome = file
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .fill(&mut read, usize::try_from(ROWS).unwrap_or(1));
                let made = match outcome {
                    Ok(0) => return,
                    Err(error) => Err(error),
                    Ok(_) => {
                        let mut batch = emptied.try_recv().unwrap_or_default();
                        let digest = ready.load(ordinal, &mut read, &mut batch);
                        ordinal += batch.len() as u64;
                        Ok((batch, digest))
                    }
                };
                let failed = made.is_err();
                if fill.blocking_send(made).is_err() || failed {
                    return;
                }
            }
        };
        spawn(work)?;
        Ok(Worker { filled, empty })
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<()> {
    match thread::Builder::new().name("fastman-rows".to_owned()).spawn(work) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::failed("seed.thread", format!("no thread can be started: {error}"))),
    }
}

/// Fills a batch.
fn make(ready: &Ready, number: u64, batch: &mut Batch) -> Result<Digest> {
    let width = ready.width();
    batch.reset(width);
    let start = number * ROWS;
    let end = ready.count.min(start + ROWS);
    let mut digest = Digest::default();
    let mut position = ready.position(start)?;
    loop {
        let ordinal = position.ordinal;
        let row = batch.add();
        digest.add(ready.fill(position, row).map_err(|error| error.in_row(ordinal + 1))?);
        if ordinal + 1 >= end {
            return Ok(digest);
        }
        position = ready.next(position)?;
    }
}

#[async_trait]
impl RowSource for Generator {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        if self.taken >= self.batches {
            return Ok(None);
        }
        let number = self.taken;
        self.taken += 1;
        if let Some(rows) = self.ready.fixed.get() {
            let mut batch = self.spare.take().unwrap_or_default();
            batch.reset(self.ready.width());
            let start = usize::try_from(number * ROWS).unwrap_or(usize::MAX);
            for row in rows.iter().skip(start).take(ROWS as usize) {
                batch.add().clone_from_slice(row);
            }
            return Ok(Some(batch));
        }
        if self.workers.is_empty() {
            let mut batch = self.spare.take().unwrap_or_default();
            self.digest.add(make(&self.ready, number, &mut batch)?);
            return Ok(Some(batch));
        }
        let worker = usize::try_from(number % self.workers.len() as u64).unwrap_or_default();
        match self.workers[worker].filled.recv().await {
            Some(made) => {
                let (batch, digest) = made?;
                self.digest.add(digest);
                Ok(Some(batch))
            }
            None if matches!(self.ready.planned.content, Content::Loaded(..)) => Ok(None),
            None => Err(Error::failed("seed.thread", "a thread that makes rows has ended before its time")),
        }
    }

    fn recycle(&mut self, batch: Batch) {
        if self.workers.is_empty() {
            self.spare = Some(batch);
            return;
        }
        let worker = usize::try_from(self.recycled % self.workers.len() as u64).unwrap_or_default();
        self.recycled += 1;
        // Its thread may be done: then nobody needs it.
        let _ = self.workers[worker].empty.send(batch);
    }
}
