//! Commits in flight: gathered up to what Firestore takes in one, sent several at once, and counted as they come back.

use bytes::{Bytes, BytesMut};
use fastman_core::error::{Error, Result};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::{Client, Unwritten};
use crate::error::describe;
use crate::ramp::Ramp;
use crate::settings::Settings;

/// The most writes of a commit; a field that the server fills in counts as one more.
pub(crate) const MAX_WRITES: usize = 500;
/// What a commit is kept below. A request may have 10 MiB, but large ones gain nothing and are all in memory.
const MAX_BYTES: usize = 4 << 20;
/// How many commits are under way at once.
pub(crate) const IN_FLIGHT: usize = 8;

/// What a commit does to documents, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Writing,
    Clearing,
}

/// Which rows a commit holds, or which documents.
#[derive(Clone, Debug)]
struct Span {
    rows: (u64, u64),
    ids: (String, String),
    count: u64,
}

/// Gathers writes into commits and sends them.
pub(crate) struct Commits<'a> {
    client: &'a Client,
    settings: &'a Settings,
    ramp: Option<&'a mut Ramp>,
    doing: Doing,
    collection: &'a str,
    /// The commit at hand, encoded as far as it goes.
    body: BytesMut,
    /// How long the longest was so far.
    largest: usize,
    operations: usize,
    span: Option<Span>,
    flying: JoinSet<(Span, Result<(), Unwritten>)>,
    stop: watch::Sender<bool>,
    done: u64,
    perhaps: u64,
    /// The failure that came first, of the lowest rows.
    failed: Option<(Span, Unwritten)>,
}

impl<'a> Commits<'a> {
    pub(crate) fn new(
        client: &'a Client,
        settings: &'a Settings,
        ramp: Option<&'a mut Ramp>,
        doing: Doing,
        collection: &'a str,
    ) -> Commits<'a> {
        Commits {
            client,
            settings,
            ramp,
            doing,
            collection,
            body: BytesMut::new(),
            largest: 0,
            operations: 0,
            span: None,
            flying: JoinSet::new(),
            stop: watch::Sender::new(false),
            done: 0,
            perhaps: 0,
            failed: None,
        }
    }

    /// Adds an encoded write of the document of this row. A commit that has room for no more is sent.
    ///
    /// # Errors
    /// That of a commit sent earlier.
    pub(crate) async fn add(&mut self, write: &[u8], operations: usize, row: u64, id: &str) -> Result<()> {
        if self.operations + operations > MAX_WRITES || self.body.len() + write.len() + 16 > MAX_BYTES {
            self.send().await?;
        }
        if self.body.is_empty() {
            self.body.reserve(self.largest);
            prost::encoding::string::encode(1, &self.client.root().database().to_owned(), &mut self.body);
        }
        // Field 2 of a commit: its writes, each behind its length.
        prost::encoding::encode_key(2, prost::encoding::WireType::LengthDelimited, &mut self.body);
        prost::encoding::encode_varint(write.len() as u64, &mut self.body);
        self.body.extend_from_slice(write);
        self.operations += operations;
        match &mut self.span {
            Some(span) => {
                span.rows.1 = row;
                span.count += 1;
                span.ids.1.clear();
                span.ids.1.push_str(id);
            }
            None => self.span = Some(Span { rows: (row, row), ids: (id.to_owned(), id.to_owned()), count: 1 }),
        }
        // Who fills it up sends it, whether or not there is more to come.
        if self.operations >= MAX_WRITES { self.send().await } else { Ok(()) }
    }

    /// Sends the commit at hand, when there is room in flight.
    async fn send(&mut self) -> Result<()> {
        let Some(span) = self.span.take() else { return Ok(()) };
        self.largest = self.largest.max(self.body.len());
        let body: Bytes = std::mem::take(&mut self.body).freeze();
        let operations = std::mem::take(&mut self.operations);
        // Those that are back make room, and tell early of a failure.
        while let Some(landed) = self.flying.try_join_next() {
            self.landed(landed);
        }
        while self.flying.len() >= IN_FLIGHT {
            let Some(landed) = self.flying.join_next().await else { break };
            self.landed(landed);
        }
        self.check().await?;
        if let Some(ramp) = &mut self.ramp {
            ramp.pass(operations).await;
        }
        let client = self.client.clone();
        let stop = self.stop.subscribe();
        self.flying.spawn(async move {
            let outcome = client.commit(body, stop).await;
            (span, outcome)
        });
        // It is on its way before the next one is encoded: both are the work of this thread.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Waits until everything so far is written.
    ///
    /// # Errors
    /// That of the first commit that failed.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        self.send().await?;
        while let Some(landed) = self.flying.join_next().await {
            self.landed(landed);
            self.check().await?;
        }
        Ok(())
    }

    /// Settles, and gives how many documents are done.
    ///
    /// # Errors
    /// That of the first commit that failed.
    pub(crate) async fn finish(mut self) -> Result<u64> {
        self.settle().await?;
        Ok(self.done)
    }

    /// Ends early, for a reason that lies elsewhere: what is in flight is waited for, and the error says what is written.
    pub(crate) async fn abandon(mut self, error: Error) -> Error {
        self.land_all().await;
        self.tell(error)
    }

    fn landed(&mut self, landed: Result<(Span, Result<(), Unwritten>), tokio::task::JoinError>) {
        match landed {
            Ok((span, Ok(()))) => self.done += span.count,
            Ok((span, Err(unwritten))) => {
                if unwritten.unsure {
                    self.perhaps += span.count;
                }
                let stopped = |unwritten: &Unwritten| matches!(&unwritten.failure, crate::error::Failure::Status(status) if status.code() == tonic::Code::Cancelled);
                // One that was given up because of another is no reason.
                let first = match &self.failed {
                    Some((earlier, reason)) => {
                        !stopped(&unwritten) && (stopped(reason) || span.rows.0 < earlier.rows.0)
                    }
                    None => true,
                };
                if first {
                    self.failed = Some((span, unwritten));
                }
            }
            // A task of ours is neither cancelled while it is waited for nor panics.
            Err(error) => tracing::error!(%error, "a commit was lost"),
        }
    }

    async fn check(&mut self) -> Result<()> {
        if self.failed.is_none() {
            return Ok(());
        }
        self.land_all().await;
        let Some((span, unwritten)) = self.failed.take() else { return Ok(()) };
        let Span { rows, ids, count } = span;
        let collection = self.collection;
        let documents = (format!("{collection}/{}", ids.0), format!("{collection}/{}", ids.1));
        let doing = match self.doing {
            Doing::Writing => format!("writing to the collection {}", self.collection),
            Doing::Clearing => format!("clearing the collection {}", self.collection),
        };
        let error = describe(unwritten.failure, &doing, self.settings, self.client.account());
        let error = error.with_detail(match self.doing {
            Doing::Writing if count == 1 => format!("the document {}", documents.0),
            Doing::Writing => format!(
                "one of the rows {} to {}, the documents {} to {}, which are written together or not at all",
                rows.0, rows.1, documents.0, documents.1
            ),
            Doing::Clearing => format!("one of the documents {} to {}", documents.0, documents.1),
        });
        let error = if self.doing == Doing::Writing && count == 1 { error.in_row(rows.0) } else { error };
        Err(self.tell(error))
    }

    async fn land_all(&mut self) {
        self.stop.send_replace(true);
        while let Some(landed) = self.flying.join_next().await {
            self.landed(landed);
        }
    }

    /// The error with what is done and what is not.
    fn tell(&self, error: Error) -> Error {
        let (done, collection) = (self.done, self.collection);
        let verb = match self.doing {
            Doing::Writing => "written",
            Doing::Clearing => "deleted",
        };
        let perhaps = match self.perhaps {
            0 => String::new(),
            perhaps => format!(", and perhaps {perhaps} more"),
        };
        let error = error.with_detail(format!(
            "{verb} before it stopped: {done} document{} of {collection}{perhaps}",
            if done == 1 { "" } else { "s" }
        ));
        match error.help() {
            Some(_) => error,
            None if done + self.perhaps > 0 => {
                error.with_help("documents keep their ids, so doing it again completes it and leaves none twice")
            }
            None => error,
        }
    }
}
