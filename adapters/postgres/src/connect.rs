//! Connecting: sockets, TLS by `sslmode`, what is asked of the server first, and cancelling from outside.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastman_core::dialect::ServerVersion;
use fastman_core::error::{Error, ErrorClass, Result};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{CancelToken, Client, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::dialect::OLDEST;
use crate::error;
use crate::settings::{Address, Settings, SslMode};
use crate::stream::{Socket, Watched, WatchedTls};
use crate::tls;

/// A silent peer is given up after this, so that a lost connection is an error and no wait.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
const KEEPALIVE_RETRIES: u32 = 3;

/// How long a request to cancel may take; the session is given up either way.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// An open connection.
pub(crate) struct Link {
    /// What statements go through.
    pub client: Client,
    /// The server's version as its greeting has it.
    pub version: ServerVersion,
    /// The process that the greeting says serves this session; a pooler makes that number up.
    pub process: i32,
    /// Ends the session from outside.
    pub remote: Remote,
}

/// Ends a session from outside.
#[derive(Clone)]
pub(crate) struct Remote {
    settings: Arc<Settings>,
    tls: Option<MakeRustlsConnect>,
    token: CancelToken,
    task: AbortHandle,
    ended: Arc<Mutex<Option<String>>>,
}

impl Remote {
    /// Closes the socket and cancels what runs, without waiting for either.
    pub(crate) fn end(&self) {
        self.hang_up();
        let remote = self.clone();
        // A thread of its own: the caller's runtime may be about to end.
        let spawned = std::thread::Builder::new().name("fastman-cancel".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
            if let Ok(runtime) = runtime {
                let outcome = runtime.block_on(async { tokio::time::timeout(CANCEL_TIMEOUT, remote.cancel()).await });
                tracing::debug!(?outcome, "cancelled what the session was running");
            }
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "what the session was running could not be cancelled");
        }
    }

    /// Closes the socket.
    pub(crate) fn hang_up(&self) {
        self.task.abort();
    }

    async fn cancel(&self) -> io::Result<()> {
        let socket = open_socket(&self.settings.address).await?;
        let outcome = match &self.tls {
            None => self.token.cancel_query_raw(socket, NoTls).await,
            Some(tls) => {
                let tls = handshake(tls, &self.settings.address)?;
                self.token.cancel_query_raw(socket, tls).await
            }
        };
        outcome.map_err(io::Error::other)
    }

    /// Why the connection ended, where it has.
    pub(crate) fn reason(&self) -> Option<String> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Connects, as `sslmode` says.
///
/// # Errors
/// Classified; `db.unreachable` where the time is over.
pub(crate) async fn connect(settings: &Arc<Settings>) -> Result<Link> {
    match tokio::time::timeout(settings.timeout, attempts(settings)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::database(
            ErrorClass::Unreachable,
            format!("{} did not answer within {} s", settings.address.shown(), settings.timeout.as_secs()),
        )
        .with_help("check host and port in the URL and what stands in between (a firewall?); connect_timeout= in the URL waits longer")),
    }
}

async fn attempts(settings: &Arc<Settings>) -> Result<Link> {
    let mode = match settings.address {
        Address::Unix { .. } => SslMode::Disable,
        Address::Tcp { .. } => settings.tls.mode,
    };
    match mode {
        SslMode::Disable => attempt(settings, None).await,
        SslMode::Allow => match attempt(settings, None).await {
            Err(error) if error.class() == Some(ErrorClass::Authentication) => {
                encrypted(settings).await.map_err(|_| error)
            }
            outcome => outcome,
        },
        SslMode::Prefer => match encrypted(settings).await {
            // As libpq does: also where pg_hba.conf has no entry for encrypted connections.
            Err(error) if error.code() == NO_TLS || error.message().contains("pg_hba.conf") => {
                attempt(settings, None).await
            }
            outcome => outcome,
        },
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => encrypted(settings).await,
    }
}

async fn encrypted(settings: &Arc<Settings>) -> Result<Link> {
    attempt(settings, Some(tls::connector(&settings.tls)?)).await
}

/// The driver's future, boxed: only so does the compiler see that it can be sent.
type Connecting<'a, S, T> =
    Pin<Box<dyn Future<Output = Result<(Client, Connection<S, T>), tokio_postgres::Error>> + Send + 'a>>;

/// The code of errors of the TLS handshake.
const NO_TLS: &str = "db.tls";

async fn attempt(settings: &Arc<Settings>, tls: Option<MakeRustlsConnect>) -> Result<Link> {
    let socket = open_socket(&settings.address).await.map_err(|error| unreachable(&settings.address, &error))?;
    let config = config(settings, tls.is_some());
    let process = Arc::new(AtomicI32::new(0));
    let failed = |error: tokio_postgres::Error| of_connecting(settings, &error);
    match &tls {
        None => {
            let watched = Watched::new(socket, process.clone());
            let connecting: Connecting<'_, _, _> = Box::pin(config.connect_raw(watched, NoTls));
            let (client, connection) = connecting.await.map_err(failed)?;
            start(settings, client, connection, tls, &process)
        }
        Some(connector) => {
            let handshake =
                handshake(connector, &settings.address).map_err(|error| unreachable(&settings.address, &error))?;
            let watched = WatchedTls { tls: handshake, process: process.clone() };
            let connecting: Connecting<'_, _, _> = Box::pin(config.connect_raw(socket, watched));
            let (client, connection) = connecting.await.map_err(failed)?;
            start(settings, client, connection, tls, &process)
        }
    }
}

/// Drives the connection on a task of its own, if the server is one that we know.
fn start<S, T>(
    settings: &Arc<Settings>,
    client: Client,
    connection: Connection<S, T>,
    tls: Option<MakeRustlsConnect>,
    process: &AtomicI32,
) -> Result<Link>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let version = version(connection.parameter("server_version"), &settings.address)?;
    let ended = Arc::new(Mutex::new(None));
    let reason = ended.clone();
    let task = tokio::spawn(async move {
        if let Err(error) = connection.await {
            let said = error.as_db_error().map(|server| server.message().to_owned());
            let said = said.or_else(|| error.source().map(ToString::to_string)).unwrap_or_else(|| error.to_string());
            *reason.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        }
    });
    let token = client.cancel_token();
    let remote = Remote { settings: settings.clone(), tls, token, task: task.abort_handle(), ended };
    Ok(Link { client, version, process: process.load(Ordering::Relaxed), remote })
}

fn config(settings: &Settings, encrypted: bool) -> Config {
    let mut config = Config::new();
    if let Some(user) = &settings.user {
        config.user(user);
    }
    if let Some(password) = &settings.password {
        config.password(password.expose());
    }
    if let Some(database) = &settings.database {
        config.dbname(database);
    }
    if let Some(options) = &settings.options {
        config.options(options);
    }
    config.application_name(&settings.application_name);
    config.ssl_mode(if encrypted {
        tokio_postgres::config::SslMode::Require
    } else {
        tokio_postgres::config::SslMode::Disable
    });
    config
}

fn handshake(
    tls: &MakeRustlsConnect,
    address: &Address,
) -> io::Result<<MakeRustlsConnect as MakeTlsConnect<Box<dyn Socket>>>::TlsConnect> {
    let host = match address {
        Address::Tcp { host, .. } => host,
        Address::Unix { .. } => "localhost",
    };
    MakeTlsConnect::<Box<dyn Socket>>::make_tls_connect(&mut tls.clone(), host).map_err(io::Error::other)
}

async fn open_socket(address: &Address) -> io::Result<Box<dyn Socket>> {
    match address {
        Address::Tcp { host, port } => {
            let socket = TcpStream::connect((host.clone(), *port)).await?;
            socket.set_nodelay(true)?;
            let keepalive = socket2::TcpKeepalive::new()
                .with_time(KEEPALIVE_IDLE)
                .with_interval(KEEPALIVE_INTERVAL)
                .with_retries(KEEPALIVE_RETRIES);
            let options = socket2::SockRef::from(&socket);
            options.set_tcp_keepalive(&keepalive)?;
            // What was sent and is not acknowledged counts too.
            #[cfg(target_os = "linux")]
            options.set_tcp_user_timeout(Some(KEEPALIVE_IDLE + KEEPALIVE_INTERVAL * KEEPALIVE_RETRIES))?;
            Ok(Box::new(socket))
        }
        #[cfg(unix)]
        Address::Unix { .. } => Ok(Box::new(tokio::net::UnixStream::connect(address.socket()).await?)),
        #[cfg(not(unix))]
        Address::Unix { .. } => Err(io::Error::new(io::ErrorKind::Unsupported, "there are no Unix sockets here")),
    }
}

fn unreachable(address: &Address, error: &io::Error) -> Error {
    let help = match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
            "is the server running, and are host and port in the URL right?"
        }
        _ => "check host and port in the URL",
    };
    Error::database(ErrorClass::Unreachable, format!("can't connect to {}: {error}", address.shown())).with_help(help)
}

/// What went wrong between the open socket and the first statement.
fn of_connecting(settings: &Settings, error: &tokio_postgres::Error) -> Error {
    let shown = settings.address.shown();
    if error.as_db_error().is_some() {
        return error::classify(error).map_message(|message| format!("{shown}: {message}"));
    }
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    if source.contains("password missing") {
        return Error::database(
            ErrorClass::Authentication,
            format!("{shown} asks for a password, and the URL has none"),
        )
        .with_help("postgresql://user:password@host/database");
    }
    let kind = error.to_string();
    if kind.contains("TLS") {
        return not_encrypted(settings, &shown, &source);
    }
    if kind.starts_with("authentication") {
        return Error::database(ErrorClass::Authentication, format!("{shown}: {kind}: {source}"))
            .with_help("check user and password in the URL");
    }
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    let garbled = io.is_some_and(|io| matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput));
    if error.is_closed() || io.is_some() && !garbled && kind.contains("communicating") {
        return Error::database(ErrorClass::Unreachable, format!("{shown} closed the connection: {kind} {source}"))
            .with_help("is that a PostgreSQL server, and ready? its log says more");
    }
    Error::database(ErrorClass::Corrupt, format!("what answers at {shown} does not speak PostgreSQL's protocol"))
        .with_help("check host and port in the URL")
        .with_detail(format!("{kind} {source}"))
}

fn not_encrypted(settings: &Settings, shown: &str, source: &str) -> Error {
    let error = Error::new(
        fastman_core::error::Category::Failed,
        NO_TLS,
        format!("{shown}: no encrypted connection: {source}"),
    );
    let verifies = settings.tls.mode >= SslMode::VerifyCa;
    let help = if source.contains("does not support") {
        "the server has TLS off (ssl = off); sslmode=disable in the URL connects without"
    } else if source.contains("UnknownIssuer") {
        "sslrootcert= in the URL names the file of the authority that signed the server's certificate"
    } else if verifies && (source.contains("NotValidForName") || source.contains("not valid for name")) {
        "the certificate is made out for other hosts (its subjectAltName counts, not its CN); use that host name, or \
         sslmode=verify-ca, which accepts any"
    } else {
        "sslmode, sslrootcert, sslcert and sslkey in the URL say how to encrypt and whom to trust"
    };
    error.with_help(help)
}

/// The version that a server greets with: `15.18 (Debian 15.18-0+deb12u1)`, `17beta1`.
fn version(text: Option<&str>, address: &Address) -> Result<ServerVersion> {
    let text = text.unwrap_or_default();
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let version: ServerVersion = text[..end].trim_end_matches('.').parse().map_err(|_| {
        Error::database(
            ErrorClass::Corrupt,
            format!("{} is no PostgreSQL server: it says that its version is {text:?}", address.shown()),
        )
    })?;
    if version < OLDEST {
        return Err(Error::database(
            ErrorClass::ServerTooOld,
            format!("{} runs PostgreSQL {text}, and {} is the oldest that works", address.shown(), OLDEST.major),
        )
        .with_help("upgrade the server"));
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_greeting() {
        let address = Address::Tcp { host: "h".into(), port: 1 };
        let read = |text| version(Some(text), &address);
        assert_eq!(read("15.18 (Debian 15.18-0+deb12u1)").unwrap(), ServerVersion { major: 15, minor: 18, patch: 0 });
        assert_eq!(read("17beta1").unwrap(), ServerVersion { major: 17, minor: 0, patch: 0 });
        let error = read("9.6.24").unwrap_err();
        assert_eq!(error.class(), Some(ErrorClass::ServerTooOld));
        assert_eq!(read("").unwrap_err().class(), Some(ErrorClass::Corrupt));
    }
}
