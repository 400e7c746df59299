//! Connecting: time-outs, TLS by `ssl-mode`, what the server is, and what the session is set to.

use std::time::Duration;

use fastman_core::dialect::ServerVersion;
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_network::{Address, Mode, client_config, presented_host, refused};
use mysql_async::prelude::Queryable;
use mysql_async::{ClientIdentity, Conn, DriverError, Error as Failure, IoError, Opts, OptsBuilder, SslOpts};

use crate::error;
use crate::product::Product;
use crate::settings::Settings;

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
    /// Whether the server does not tell the names of tables and databases apart by their case (`lower_case_table_names`).
    pub(crate) folds_names: bool,
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
    let work = async {
        let mut connection = attempts(settings, database).await?;
        let (product, version) = greet(&mut connection, &settings.address.shown()).await?;
        set(&mut connection, product, settings.read_only).await.map_err(error::classify)?;
        let (identity, local_infile, folds_names) =
            identify(&mut connection, product).await.map_err(error::classify)?;
        Ok(Link { connection, product, version, identity, local_infile, folds_names })
    };
    match tokio::time::timeout(settings.timeout, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(settings.address.silent(settings.timeout)),
    }
}

async fn attempts(settings: &Settings, database: Option<&str>) -> Result<Conn> {
    let mode = settings.mode();
    if mode > Mode::Disable {
        // The driver reads the same files, and says less about them.
        client_config(&settings.tls)?;
    }
    let attempt = async |mode, host| Conn::new(options(settings, database, mode, host)).await;
    let outcome = match attempt(mode, None).await {
        Err(Failure::Driver(DriverError::NoClientSslFlagFromServer)) if mode < Mode::Require => {
            attempt(Mode::Disable, None).await
        }
        // The driver means to leave the host out, and knows that it is all that is wrong by a text that is another one by now.
        Err(Failure::Io(IoError::Io(error))) if mode == Mode::VerifyCa => match presented_host(&error) {
            Some(host) => attempt(mode, Some(host)).await,
            None => Err(error.into()),
        },
        outcome => outcome,
    };
    outcome.map_err(|failure| of_connecting(settings, mode, failure))
}

fn options(settings: &Settings, database: Option<&str>, mode: Mode, host: Option<String>) -> Opts {
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
        Address::Unix(path) => builder.socket(Some(path.display().to_string())),
    };
    if mode > Mode::Disable {
        let mut tls = SslOpts::default();
        if let Some(authority) = &settings.tls.authority {
            tls = tls.with_root_certs(vec![authority.clone().into()]).with_disable_built_in_roots(true);
        }
        if let (Some(certificate), Some(key)) = (&settings.tls.certificate, &settings.tls.key) {
            tls = tls.with_client_identity(Some(ClientIdentity::new(certificate.clone().into(), key.clone().into())));
        }
        tls = tls
            .with_danger_accept_invalid_certs(mode < Mode::VerifyCa)
            .with_danger_skip_domain_validation(mode == Mode::VerifyCa)
            .with_danger_tls_hostname_override(host);
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
         group_concat_max_len = 1048576, sql_notes = 1, sql_select_limit = 18446744073709551615, sql_auto_is_null = 0, \
         sql_big_selects = 1, completion_type = NO_CHAIN"
    );
    match product {
        // What an account's own default would make of a type's name; figures of a table as they are, not as they were up to a day ago
        // (the next key is one of them); and the key that a server may add to a table without one (from 8.0.30 on) is no part of what was
        // declared.
        Product::MySql => variables.push_str(
            ", default_storage_engine = InnoDB, information_schema_stats_expiry = 0 \
             /*!80030 , show_gipk_in_create_table_and_information_schema = OFF */",
        ),
        Product::MariaDb => variables.push_str(", check_constraint_checks = 1"),
    }
    connection.query_drop(variables).await?;
    connection.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    if read_only {
        connection.query_drop("SET SESSION TRANSACTION READ ONLY").await?;
    }
    Ok(())
}

/// Who this session is, whether the server takes LOAD DATA LOCAL, and whether it folds names.
async fn identify(connection: &mut Conn, product: Product) -> Result<(Identity, bool, bool), Failure> {
    let variables: Vec<(String, String)> = connection
        .query(
            "SHOW VARIABLES WHERE Variable_name IN \
             ('server_uuid', 'server_uid', 'hostname', 'port', 'local_infile', 'lower_case_table_names')",
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
    let folds_names = variable("lower_case_table_names").is_some_and(|value| value != "0");
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
    Ok((Identity { server, started, connection, account }, local_infile, folds_names))
}

/// What went wrong before the first statement.
fn of_connecting(settings: &Settings, mode: Mode, failure: Failure) -> Error {
    let shown = settings.address.shown();
    match failure {
        Failure::Server(server) => {
            let error = error::of_server(&server).map_message(|message| format!("{shown}: {message}"));
            if server.code == 1045 && settings.password.is_none() {
                return error.with_help("the URL has no password: mysql://user:password@host/database");
            }
            error
        }
        Failure::Driver(DriverError::NoClientSslFlagFromServer) => refused(&shown, mode, "the server has TLS off"),
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
        Failure::Io(IoError::Tls(error)) => refused(&shown, mode, &error.to_string()),
        Failure::Io(IoError::Io(error)) if error.to_string().contains("certificate") => {
            let error = refused(&shown, mode, &error.to_string());
            if mode == Mode::VerifyCa && error.message().contains("not valid for") {
                return error.with_help(
                    "the certificate names no host, and the driver can't verify one that doesn't: make one with a \
                     subjectAltName (MySQL's own have none), or say ssl-mode=required, which trusts whoever answers",
                );
            }
            error
        }
        Failure::Io(IoError::Io(error)) => settings.address.unreachable(&error),
        other => {
            Error::database(ErrorClass::Corrupt, format!("what answers at {shown} does not speak MySQL's protocol"))
                .with_help("check host and port in the URL")
                .with_detail(other.to_string())
        }
    }
}
