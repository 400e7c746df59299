//! The socket under a connection, and a look at the first messages on it.
//!
//! The server tells each client the process that serves it (BackendKeyData, <https://www.postgresql.org/docs/current/protocol-flow.html>).
//! A pooler tells a number of its own. The difference between that number and `pg_backend_pid()` shows a pooler, and
//! the driver does not give it away: so it is read on the way.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Either kind of socket.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// A stream whose first messages are read for the server's process number.
pub(crate) struct Watched<S> {
    stream: S,
    reader: KeyReader,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, process: Arc<AtomicI32>) -> Watched<S> {
        Watched { stream, reader: KeyReader::new(process) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if !self.reader.done {
            self.reader.feed(buffer.filled().get(before..).unwrap_or_default());
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl<S: TlsStream + Unpin> TlsStream for Watched<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

/// Makes TLS streams that are watched.
pub(crate) struct WatchedTls<T> {
    pub tls: T,
    pub process: Arc<AtomicI32>,
}

impl<S, T> TlsConnect<S> for WatchedTls<T>
where
    T: TlsConnect<S>,
    T::Future: Send + 'static,
{
    type Stream = Watched<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let handshake = self.tls.connect(stream);
        Box::pin(async move { Ok(Watched::new(handshake.await?, self.process)) })
    }
}

/// Reads the messages of a server until the one with its process number.
struct KeyReader {
    process: Arc<AtomicI32>,
    /// Type, length and, of the one message wanted, the process number.
    head: [u8; 9],
    have: usize,
    skip: usize,
    done: bool,
}

const HEAD: usize = 5;

impl KeyReader {
    fn new(process: Arc<AtomicI32>) -> KeyReader {
        KeyReader { process, head: [0; 9], have: 0, skip: 0, done: false }
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        while !self.done && !bytes.is_empty() {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                self.skip -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.head[self.have] = bytes[0];
            self.have += 1;
            bytes = &bytes[1..];
            if self.have < HEAD {
                continue;
            }
            let [kind, a, b, c, d, e, f, g, h] = self.head;
            match kind {
                b'K' if self.have == self.head.len() => {
                    self.process.store(i32::from_be_bytes([e, f, g, h]), Ordering::Relaxed);
                    self.done = true;
                }
                b'K' => {}
                b'Z' => self.done = true,
                _ => {
                    self.have = 0;
                    self.skip = usize::try_from(i32::from_be_bytes([a, b, c, d])).unwrap_or(4).saturating_sub(4);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_number_is_found_however_the_messages_are_cut() {
        let mut messages = Vec::new();
        messages.extend_from_slice(b"R\0\0\0\x08\0\0\0\0");
        messages.extend_from_slice(b"S\0\0\0\x19server_version\x0015.18\0");
        messages.extend_from_slice(b"K\0\0\0\x0c\0\x01\x02\x03\x09\x09\x09\x09");
        messages.extend_from_slice(b"Z\0\0\0\x05I");
        for size in 1..messages.len() {
            let process = Arc::new(AtomicI32::new(0));
            let mut reader = KeyReader::new(process.clone());
            for chunk in messages.chunks(size) {
                reader.feed(chunk);
            }
            assert_eq!(process.load(Ordering::Relaxed), 0x0001_0203);
            assert!(reader.done);
        }
    }
}
