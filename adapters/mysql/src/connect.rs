//! Connecting: time-outs, TLS by `ssl-mode`, what the server is, and what the session is set to.

use std::future::Future;
use std::time::Duration;

use fastman_core::dialect::ServerVersion;
use fastman_core::error::{Error, ErrorClass, Result};
use mysql_async::prelude::Queryable;
use mysql_async::{ClientIdentity, Conn, DriverError, Error as Failure, IoError, Opts, OptsBuilder, SslOpts};

use crate::error;
use crate::product::Product;
use crate::settings::{Address, Settings, SslMode};

/// A silent peer is probed after this, so that a lost connection is an error and no wait.
const KEEPALIVE_MILLISECONDS: u64 = 15_000;

/// The longest statement of any server; shorter limits of its own it states itself.
const MOST_BYTES: usize = 1 << 30;

/// How long a session may be idle.
const WAIT_SECONDS: usize = 28_800;

/// What a session may do silently, and what is an error: everything that would change a value. Nothing here changes how a statement
/// is read, so that a migration's text means the same on every server.
const SQL_MODE: &str = "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO";

/// An open connection, and what is known of it.
pub(crate) struct Link {
    /// What statements go through.
    pub(crate) connection: Conn,
    /// Which of the two products answers.
    pub(crate) product: Product,
    /// In which version.
    pub(crate) version: ServerVersion,
    /// The session's number, the account, and what tells this run of the server from others.
    pub(crate) identity: Identity,
    /// Whether the server takes LOAD DATA LOCAL.
    pub(crate) local_infile: bool,
}

/// Who a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// What the server calls itself: its UUID, else its host's name and port.
    pub(crate) server: String,
    /// When it started, in seconds since 1970; 0 where it doesn't say.
    pub(crate) started: i64,
    /// The session's number.
    pub(crate) connection: u64,
    /// The account, as the server found it: `app@%`.
    pub(crate) account: String,
}

/// Connects, as `ssl-mode` says, and sets the session up.
///
/// # Errors
/// Classified; `db.unreachable` where the time is over.
pub(crate) async fn connect(settings: &Settings, database: Option<&str>) -> Result<Link> {
    let shown = settings.address.shown();
    within(settings.timeout, &shown, async {
        let mut connection = attempts(settings, database).await?;
        let (product, version) = greet(&mut connection, &shown).await?;
        set(&mut connection, product, settings.read_only).await.map_err(error::classify)?;
        let (identity, local_infile) = identify(&mut connection, product).await.map_err(error::classify)?;
        Ok(Link { connection, product, version, identity, local_infile })
    })
    .await
}

async fn within<T>(limit: Duration, shown: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::database(
            ErrorClass::Unreachable,
            format!("{shown} did not answer within {} s", limit.as_secs()),
        )
        .with_help("check host and port in the URL and what stands in between (a firewall?); connect_timeout= in the URL waits longer")),
    }
}

async fn attempts(settings: &Settings, database: Option<&str>) -> Result<Conn> {
    let mode = match settings.address {
        Address::Unix(_) => SslMode::Disabled,
        Address::Tcp { .. } => settings.tls.mode,
    };
    let attempt = async |mode| Conn::new(options(settings, database, mode)).await;
    let outcome = match attempt(mode).await {
        Err(Failure::Driver(DriverError::NoClientSslFlagFromServer)) if mode == SslMode::Preferred => {
            attempt(SslMode::Disabled).await
        }
        outcome => outcome,
    };
    outcome.map_err(|failure| of_connecting(settings, mode, failure))
}

fn options(settings: &Settings, database: Option<&str>, mode: SslMode) -> Opts {
    let mut builder = OptsBuilder::default()
        .user(settings.user.clone())
        .pass(settings.password.as_ref().map(|password| password.expose().to_owned()))
        .db_name(database.map(str::to_owned))
        // An UPDATE that changes nothing has found its row all the same.
        .client_found_rows(true)
        // The driver would ask for both before the server has said that it is one that we know.
        .max_allowed_packet(Some(MOST_BYTES))
        .wait_timeout(Some(WAIT_SECONDS))
        .prefer_socket(false)
        .tcp_nodelay(true)
        .tcp_keepalive(Some(Duration::from_millis(KEEPALIVE_MILLISECONDS)));
    builder = match &settings.address {
        Address::Tcp { host, port } => builder.ip_or_hostname(host.clone()).tcp_port(*port),
        Address::Unix(path) => builder.socket(Some(path.clone())),
    };
    if mode != SslMode::Disabled {
        let mut tls = SslOpts::default();
        if let Some(authority) = &settings.tls.authority {
            tls = tls.with_root_certs(vec![authority.clone().into()]).with_disable_built_in_roots(true);
        }
        if let (Some(certificate), Some(key)) = (&settings.tls.certificate, &settings.tls.key) {
            tls = tls.with_client_identity(Some(ClientIdentity::new(certificate.clone().into(), key.clone().into())));
        }
        tls = match mode {
            SslMode::Preferred | SslMode::Required => tls.with_danger_accept_invalid_certs(true),
            SslMode::VerifyCa => tls.with_danger_skip_domain_validation(true),
            SslMode::VerifyIdentity | SslMode::Disabled => tls,
        };
        builder = builder.ssl_opts(Some(tls));
    }
    builder.into()
}

/// What the server says that it is.
async fn greet(connection: &mut Conn, shown: &str) -> Result<(Product, ServerVersion)> {
    let version: Option<String> = connection.query_first("SELECT VERSION()").await.map_err(error::classify)?;
    let text = version.unwrap_or_default();
    let (product, version) = Product::read(&text).ok_or_else(|| {
        Error::database(ErrorClass::Corrupt, format!("{shown} says that its version is {text:?}, which is none"))
    })?;
    let oldest = product.oldest();
    if version < oldest {
        return Err(Error::database(
            ErrorClass::ServerTooOld,
            format!("{shown} runs {} {version}, and {oldest} is the oldest that works", product.name()),
        )
        .with_help("upgrade the server"));
    }
    Ok((product, version))
}

/// Sets the session so that a statement means the same on every server, whatever its own settings.
async fn set(connection: &mut Conn, product: Product, read_only: bool) -> Result<(), Failure> {
    let collation = product.collation();
    connection.query_drop(format!("SET NAMES utf8mb4 COLLATE {collation}")).await?;
    let mut variables = format!(
        "SET SESSION sql_mode = '{SQL_MODE}', time_zone = '+00:00', foreign_key_checks = 1, unique_checks = 1, \
         sql_safe_updates = 0, sql_quote_show_create = 1, autocommit = 1, wait_timeout = 28800, \
         group_concat_max_len = 1048576, sql_notes = 1"
    );
    if product == Product::MySql {
        // What an account's own default would make of a type's name.
        variables.push_str(", default_storage_engine = InnoDB");
    }
    connection.query_drop(variables).await?;
    connection.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    if read_only {
        connection.query_drop("SET SESSION TRANSACTION READ ONLY").await?;
    }
    Ok(())
}

/// Who this session is, and whether the server takes LOAD DATA LOCAL.
async fn identify(connection: &mut Conn, product: Product) -> Result<(Identity, bool), Failure> {
    let variables: Vec<(String, String)> = connection
        .query(
            "SHOW VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid', 'hostname', 'port', 'local_infile')",
        )
        .await?;
    let variable = |name: &str| {
        variables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    let server = match variable("server_uuid").or_else(|| variable("server_uid")) {
        Some(id) => id.to_owned(),
        None => format!("{}:{}", variable("hostname").unwrap_or_default(), variable("port").unwrap_or_default()),
    };
    let local_infile = variable("local_infile").is_some_and(|value| value.eq_ignore_ascii_case("ON"));
    let status = match product {
        Product::MySql => "performance_schema.global_status",
        Product::MariaDb => "information_schema.global_status",
    };
    // The clock stands still within a statement, so that the difference is the same for every session.
    let started = connection
        .query_first::<i64, _>(format!(
            "SELECT CAST(UNIX_TIMESTAMP() - VARIABLE_VALUE AS SIGNED) FROM {status} WHERE VARIABLE_NAME = 'Uptime'"
        ))
        .await;
    let started = match started {
        Ok(started) => started.unwrap_or_default(),
        // It may not be shown to everybody.
        Err(Failure::Server(_)) => 0,
        Err(failure) => return Err(failure),
    };
    let who: Option<(u64, String)> = connection.query_first("SELECT CONNECTION_ID(), CURRENT_USER()").await?;
    let (connection, account) = who.unwrap_or_default();
    Ok((Identity { server, started, connection, account }, local_infile))
}

/// What went wrong before the first statement.
fn of_connecting(settings: &Settings, mode: SslMode, failure: Failure) -> Error {
    let shown = settings.address.shown();
    match failure {
        Failure::Server(server) => {
            let error = error::of_server(&server).map_message(|message| format!("{shown}: {message}"));
            if server.code == 1045 && settings.password.is_none() {
                return error.with_help("the URL has no password: mysql://user:password@host/database");
            }
            error
        }
        Failure::Driver(DriverError::NoClientSslFlagFromServer) => {
            error::not_encrypted(format!("{shown}: no encrypted connection: the server has TLS off"))
                .with_help("ssl-mode=disabled in the URL connects without")
        }
        Failure::Driver(DriverError::UnknownAuthPlugin { name }) => Error::database(
            ErrorClass::Authentication,
            format!("{shown} wants the account to log in by {name}, which fastman does not know"),
        )
        .with_help("give the account mysql_native_password or caching_sha2_password"),
        Failure::Driver(error @ (DriverError::MysqlOldPasswordDisabled | DriverError::CleartextPluginDisabled)) => {
            Error::database(ErrorClass::Authentication, format!("{shown}: {error}"))
                .with_help("give the account mysql_native_password or caching_sha2_password")
        }
        Failure::Driver(DriverError::ConnectionClosed) => {
            Error::database(ErrorClass::Unreachable, format!("{shown} closed the connection"))
                .with_help("is that a MySQL or MariaDB server, and ready? its log says more")
        }
        Failure::Io(IoError::Tls(error)) => untrusted(&shown, mode, &error.to_string()),
        Failure::Io(IoError::Io(error)) if error.to_string().contains("certificate") => {
            untrusted(&shown, mode, &error.to_string())
        }
        Failure::Io(IoError::Io(error)) => {
            Error::database(ErrorClass::Unreachable, format!("can't connect to {shown}: {error}"))
                .with_help("is the server running, and are host and port in the URL right?")
        }
        other => {
            Error::database(ErrorClass::Corrupt, format!("what answers at {shown} does not speak MySQL's protocol"))
                .with_help("check host and port in the URL")
                .with_detail(other.to_string())
        }
    }
}

fn untrusted(shown: &str, mode: SslMode, reason: &str) -> Error {
    let help = if reason.contains("UnknownIssuer") {
        "ssl-ca= in the URL names the file of the authority that signed the server's certificate"
    } else if mode == SslMode::VerifyIdentity && reason.to_lowercase().contains("name") {
        "the certificate is made out for other hosts; use that host name, or ssl-mode=verify-ca, which accepts any"
    } else {
        "ssl-mode, ssl-ca, ssl-cert and ssl-key in the URL say how to encrypt and whom to trust"
    };
    error::not_encrypted(format!("{shown}: no encrypted connection: {reason}")).with_help(help)
}
