//! Calls to Firestore over gRPC: one attempt, or as many as patience allows.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes};
use fastman_core::error::{Error, ErrorClass, Result};
use hyper::http::uri::PathAndQuery;
use prost::Message;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, ClientTlsConfig};
use tonic::{Request, Status};

use crate::error::Failure;
use crate::path::{Collection, Root};
use crate::proto::{CommitResponse, DocumentMask, ListDocumentsRequest, ListDocumentsResponse};
use crate::settings::{Endpoint, Settings};
use crate::token::Tokens;

const COMMIT: &str = "/google.firestore.v1.Firestore/Commit";
const LIST: &str = "/google.firestore.v1.Firestore/ListDocuments";
/// An attempt that takes longer is given up and made again.
const ATTEMPT: Duration = Duration::from_secs(9);
/// For how long a call is tried again. With what is in flight besides, an error comes within 15 seconds.
const PATIENCE: Duration = Duration::from_secs(12);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How much longer what is in flight is waited for when something else has failed.
const GRACE: Duration = Duration::from_secs(2);
/// The longest answer that is taken: a page of large documents.
const LONGEST_ANSWER: usize = 64 << 20;

/// A connection to a database. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    channel: Channel,
    tokens: Arc<Tokens>,
    root: Arc<Root>,
    prefix: AsciiMetadataValue,
}

impl Client {
    /// A client that connects with its first call.
    ///
    /// # Errors
    /// Credentials that can't be read.
    pub(crate) fn new(settings: &Settings) -> Result<Client> {
        let unusable = |error: tonic::transport::Error| {
            let host = settings.host();
            Error::database(ErrorClass::Unreachable, format!("the address {host} can't be used: {error}"))
        };
        let (address, tokens) = match &settings.endpoint {
            Endpoint::Emulator(address) => (format!("http://{address}"), Tokens::emulator(settings.timeout)),
            Endpoint::Google(credentials) => {
                (format!("https://{}", settings.host()), Tokens::read(credentials, settings.timeout / 2)?)
            }
        };
        let mut endpoint = Channel::from_shared(address)
            .map_err(|error| {
                Error::usage("url.malformed", format!("the address {} is none: {error}", settings.host()))
            })?
            .connect_timeout(settings.timeout)
            .user_agent(concat!("fastman/", env!("CARGO_PKG_VERSION")))
            .map_err(unusable)?;
        if let Endpoint::Google(_) = settings.endpoint {
            endpoint = endpoint.tls_config(ClientTlsConfig::new().with_webpki_roots()).map_err(unusable)?;
        }
        let root = Root::new(&settings.project, &settings.database);
        let prefix = AsciiMetadataValue::try_from(root.database())
            .map_err(|error| Error::usage("url.malformed", format!("the database's name can't be sent: {error}")))?;
        Ok(Client { channel: endpoint.connect_lazy(), tokens: Arc::new(tokens), root: Arc::new(root), prefix })
    }

    /// The database.
    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// The account that calls are made as.
    pub(crate) fn account(&self) -> &str {
        self.tokens.account()
    }

    /// Commits an encoded request, again and again while that may help. `stop` turning true ends it soon.
    pub(crate) async fn commit(&self, request: Bytes, mut stop: watch::Receiver<bool>) -> Result<(), Unwritten> {
        let mut retrying = Retrying::patiently();
        let mut unsure = false;
        loop {
            let attempt = self.call::<CommitResponse>(COMMIT, request.clone(), retrying.attempt());
            let failure = tokio::select! {
                biased;
                outcome = attempt => match outcome {
                    Ok(_) => return Ok(()),
                    Err(failure) => failure,
                },
                () = stopped(&mut stop, GRACE) => return Err(Unwritten { failure: given_up(), unsure: true }),
            };
            unsure |= failure.unsure();
            let pause = if failure.passes() { retrying.pause() } else { None };
            let Some(pause) = pause else { return Err(Unwritten { failure, unsure }) };
            tracing::debug!(?failure, ?pause, "a commit is tried again");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stopped(&mut stop, Duration::ZERO) => return Err(Unwritten { failure, unsure }),
            }
        }
    }

    /// A page of a collection, all fields or none of them, and where the next page begins.
    pub(crate) async fn list(
        &self,
        collection: &Collection,
        size: i32,
        names_only: bool,
        page_token: String,
        mut retrying: Retrying,
    ) -> Result<ListDocumentsResponse, Failure> {
        let request = ListDocumentsRequest {
            parent: collection.parent(&self.root),
            collection_id: collection.id().to_owned(),
            page_size: size,
            page_token,
            mask: names_only.then(|| DocumentMask { field_paths: vec!["__name__".to_owned()] }),
        };
        let request = Bytes::from(request.encode_to_vec());
        loop {
            let failure = match self.call(LIST, request.clone(), retrying.attempt()).await {
                Ok(page) => return Ok(page),
                Err(failure) => failure,
            };
            match retrying.pause() {
                Some(pause) if failure.passes() => tokio::time::sleep(pause).await,
                _ => return Err(failure),
            }
        }
    }

    /// One attempt.
    async fn call<A>(&self, path: &'static str, message: Bytes, deadline: Duration) -> Result<A, Failure>
    where
        A: Message + Default + 'static,
    {
        let attempt = async {
            let token = self.tokens.get().await.map_err(Failure::Own)?;
            let mut bearer = AsciiMetadataValue::try_from(format!("Bearer {token}")).map_err(|_| {
                let message = "the token that was given can't be sent";
                Failure::Own(Error::database(ErrorClass::Authentication, message))
            })?;
            bearer.set_sensitive(true);
            let mut request = Request::new(message);
            // The server is told a little more than what is waited here, so that it is we who say that time is up.
            request.set_timeout(deadline + GRACE);
            request.metadata_mut().insert("authorization", bearer);
            request.metadata_mut().insert("google-cloud-resource-prefix", self.prefix.clone());
            let mut grpc = tonic::client::Grpc::new(self.channel.clone()).max_decoding_message_size(LONGEST_ANSWER);
            grpc.ready().await.map_err(|error| Failure::Status(Status::from_error(Box::new(error))))?;
            let path = PathAndQuery::from_static(path);
            grpc.unary(request, path, Raw(PhantomData)).await.map_err(Failure::Status)
        };
        match tokio::time::timeout(deadline, attempt).await {
            Ok(outcome) => outcome.map(tonic::Response::into_inner),
            Err(_) => {
                let message = format!("there was no answer in {:.0} s", deadline.as_secs_f32());
                Err(Failure::Status(Status::deadline_exceeded(message)))
            }
        }
    }
}

/// Why a commit is not known to be done.
#[derive(Debug)]
pub(crate) struct Unwritten {
    pub failure: Failure,
    /// Whether it may be done all the same.
    pub unsure: bool,
}

fn given_up() -> Failure {
    Failure::Status(Status::cancelled("given up because another commit failed"))
}

/// Returns some time after `stop` turns true.
async fn stopped(stop: &mut watch::Receiver<bool>, after: Duration) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(after).await;
}

/// Pauses that grow, until patience ends.
pub(crate) struct Retrying {
    end: Instant,
    pause: Duration,
    once: bool,
}

impl Retrying {
    /// As often as patience allows.
    pub(crate) fn patiently() -> Retrying {
        Retrying { end: Instant::now() + PATIENCE, pause: FIRST_PAUSE, once: false }
    }

    /// One attempt that may take so long.
    pub(crate) fn once(timeout: Duration) -> Retrying {
        Retrying { end: Instant::now() + timeout, pause: FIRST_PAUSE, once: true }
    }

    /// How long the next attempt may take.
    fn attempt(&self) -> Duration {
        ATTEMPT.min(self.end.saturating_duration_since(Instant::now())).max(FIRST_PAUSE)
    }

    /// How long to wait before the next attempt, if there is one.
    fn pause(&mut self) -> Option<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if self.once || left <= FIRST_PAUSE {
            return None;
        }
        // Those that failed together do not come back together.
        let jitter = 0.5 + f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 256.0;
        let pause = self.pause.mul_f64(jitter).min(left - FIRST_PAUSE / 2);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Some(pause)
    }
}

/// Sends what is encoded already, so that trying again costs no copy, and decodes the answer.
struct Raw<A>(PhantomData<A>);

impl<A: Message + Default + 'static> Codec for Raw<A> {
    type Encode = Bytes;
    type Decode = A;
    type Encoder = Raw<A>;
    type Decoder = Raw<A>;

    fn encoder(&mut self) -> Raw<A> {
        Raw(PhantomData)
    }

    fn decoder(&mut self) -> Raw<A> {
        Raw(PhantomData)
    }
}

impl<A> Encoder for Raw<A> {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl<A: Message + Default> Decoder for Raw<A> {
    type Item = A;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<A>, Status> {
        A::decode(buffer).map(Some).map_err(|error| Status::internal(format!("the answer can't be read: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_and_end_with_patience() {
        let start = Instant::now();
        let mut retrying = Retrying::patiently();
        let mut pauses = Vec::new();
        while let Some(pause) = retrying.pause() {
            pauses.push(pause);
            tokio::time::sleep(pause).await;
        }
        assert!((6..=14).contains(&pauses.len()), "{pauses:?}");
        assert!(pauses[0] <= FIRST_PAUSE * 2 && pauses[4] > FIRST_PAUSE * 4, "{pauses:?}");
        assert!(start.elapsed() <= PATIENCE, "{:?}", start.elapsed());
        assert!(start.elapsed() + retrying.attempt() < Duration::from_secs(13));
    }
}
