//! Connecting: sockets, TLS by `sslmode`, what is asked of the server first, and cancelling from outside.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastman_core::dialect::ServerVersion;
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_network::{Address, Mode, NO_TLS, client_config, refused};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{CancelToken, Client, Config, Connection};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::dialect::OLDEST;
use crate::error;
use crate::settings::Settings;
use crate::stream::{Socket, Watched, WatchedTls};

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

/// Connects, as `sslmode` says. How long that may take is the caller's to say.
///
/// # Errors
/// Classified.
pub(crate) async fn connect(settings: &Arc<Settings>) -> Result<Link> {
    match settings.mode() {
        Mode::Disable => attempt(settings, None).await,
        Mode::Allow => match attempt(settings, None).await {
            Err(error) if error.class() == Some(ErrorClass::Authentication) => {
                encrypted(settings).await.map_err(|_| error)
            }
            outcome => outcome,
        },
        Mode::Prefer => match encrypted(settings).await {
            // As libpq does: also where pg_hba.conf has no entry for encrypted connections.
            Err(error) if error.code() == NO_TLS || error.message().contains("pg_hba.conf") => {
                attempt(settings, None).await
            }
            outcome => outcome,
        },
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => encrypted(settings).await,
    }
}

async fn encrypted(settings: &Arc<Settings>) -> Result<Link> {
    attempt(settings, Some(MakeRustlsConnect::new(client_config(&settings.tls)?))).await
}

/// The driver's future, boxed: only so does the compiler see that it can be sent.
type Connecting<'a, S, T> =
    Pin<Box<dyn Future<Output = Result<(Client, Connection<S, T>), tokio_postgres::Error>> + Send + 'a>>;

async fn attempt(settings: &Arc<Settings>, tls: Option<MakeRustlsConnect>) -> Result<Link> {
    let socket = open_socket(&settings.address).await.map_err(|error| settings.address.unreachable(&error))?;
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
                handshake(connector, &settings.address).map_err(|error| settings.address.unreachable(&error))?;
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
    config.channel_binding(settings.channel_binding);
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
        Address::Unix(_) => "localhost",
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
        Address::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::Error::new(io::ErrorKind::Unsupported, "there are no Unix sockets here")),
    }
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
        return refused(&shown, settings.mode(), &source);
    }
    if source.contains("channel binding") {
        return Error::database(
            ErrorClass::Authentication,
            format!(
                "{shown} did not bind the login to the encrypted connection, and channel_binding=require asks for that"
            ),
        )
        .with_help(
            "the account needs a password for scram-sha-256, the server's pg_hba.conf that method for it, and the \
             connection TLS; whoever stands in between can't do it",
        );
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
