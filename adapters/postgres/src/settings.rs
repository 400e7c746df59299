//! What a URL says about a connection, libpq's parameters in libpq's meaning.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fastman_core::adapter::{ConnectOptions, nearest};
use fastman_core::error::{Error, Result};
use fastman_core::schema::Name;
use fastman_core::url::{DatabaseUrl, Secret};

/// The port that PostgreSQL listens at unless told otherwise.
const DEFAULT_PORT: u16 = 5432;

/// Where libpq looks for a socket when no host is given: Debian's folder, then PostgreSQL's own.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// Everything that a connection is made from.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where the server listens.
    pub address: Address,
    /// Who logs in; the operating system's user where the URL doesn't say.
    pub user: Option<String>,
    /// With what.
    pub password: Option<Secret>,
    /// To which database; the server takes the user's name where the URL doesn't say.
    pub database: Option<String>,
    /// Encrypted or not, verified or not.
    pub tls: TlsSettings,
    /// `search_path` as SET takes it.
    pub search_path: Option<String>,
    /// The schema of `?schema=`, which `db:create` makes.
    pub schema: Option<Name>,
    /// Command-line options for the server's session.
    pub options: Option<String>,
    /// What the session is called in the server's lists.
    pub application_name: String,
    /// Nothing may be written.
    pub read_only: bool,
    /// Whether a pooler gives transactions of this connection to different sessions, where the URL says so; otherwise it is found out.
    pub pooled: Option<bool>,
    /// Connecting is given up after this.
    pub timeout: Duration,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// Over TCP.
    Tcp {
        /// A name or an IP address.
        host: String,
        /// Its port.
        port: u16,
    },
    /// A Unix socket in a folder.
    Unix {
        /// The folder.
        folder: PathBuf,
        /// The port that is part of the socket's name.
        port: u16,
    },
}

impl Address {
    /// As a user is shown it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Address::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tcp { host, port } => format!("{host}:{port}"),
            Address::Unix { .. } => self.socket().display().to_string(),
        }
    }

    /// The path of the Unix socket; empty for TCP.
    pub(crate) fn socket(&self) -> PathBuf {
        match self {
            Address::Tcp { .. } => PathBuf::new(),
            Address::Unix { folder, port } => folder.join(format!(".s.PGSQL.{port}")),
        }
    }
}

/// Encrypted or not, verified or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    /// How much is demanded.
    pub mode: SslMode,
    /// The file of trusted authorities.
    pub root_certificate: Option<PathBuf>,
    /// The client's certificate.
    pub certificate: Option<PathBuf>,
    /// The key of the client's certificate.
    pub key: Option<PathBuf>,
}

/// `sslmode`, in libpq's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    /// Never encrypted.
    Disable,
    /// Not encrypted, unless the server refuses that.
    Allow,
    /// Encrypted, unless the server can't.
    Prefer,
    /// Encrypted.
    Require,
    /// Encrypted, and the certificate is signed by a trusted authority.
    VerifyCa,
    /// Encrypted, and the certificate is signed by a trusted authority for this host.
    VerifyFull,
}

const SSL_MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

/// The parameters that are read; those in the second list change nothing here and are accepted, since URLs that were made for
/// other programs have them.
const PARAMETERS: [&str; 12] = [
    "application_name",
    "connect_timeout",
    "host",
    "options",
    "pgbouncer",
    "port",
    "schema",
    "search_path",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
];
const IGNORED: [&str; 9] = [
    "channel_binding",
    "client_encoding",
    "connection_limit",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "pool_timeout",
    "sslcompression",
    "target_session_attrs",
];

impl Settings {
    /// Reads a URL.
    ///
    /// # Errors
    /// `url.parameter` for one that is unknown or has a value that makes no sense.
    pub(crate) fn read(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Settings> {
        let port = url.port();
        let mut settings = Settings {
            address: address(url.host(), port),
            user: url.user().map(str::to_owned),
            password: url.password().cloned(),
            database: url.database().map(str::to_owned),
            tls: TlsSettings { mode: SslMode::Prefer, root_certificate: None, certificate: None, key: None },
            search_path: None,
            schema: None,
            options: None,
            application_name: "fastman".to_owned(),
            read_only: options.read_only,
            pooled: None,
            timeout: options.timeout,
        };
        for (name, value) in url.parameters() {
            settings.set(name, value, &options.base)?;
        }
        // libpq: a file of authorities that was named is used.
        if settings.tls.mode == SslMode::Require && settings.tls.root_certificate.is_some() {
            settings.tls.mode = SslMode::VerifyCa;
        }
        if settings.tls.certificate.is_some() != settings.tls.key.is_some() {
            return Err(Error::usage("url.parameter", "sslcert and sslkey are only of use together")
                .with_help("name the certificate's file with sslcert= and its key's with sslkey="));
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &str, base: &Path) -> Result<()> {
        match name {
            "sslmode" | "ssl" => {
                let value = if name == "ssl" && value == "true" { "require" } else { value };
                self.tls.mode =
                    SSL_MODES.iter().find(|(word, _)| *word == value).map(|(_, mode)| *mode).ok_or_else(|| {
                        Error::usage("url.parameter", format!("sslmode={value} is not known")).with_help(
                        "it is one of disable, allow, prefer (the default), require, verify-ca, verify-full; only the \
                         last two verify whom they talk to",
                    )
                    })?;
            }
            "sslrootcert" => self.tls.root_certificate = Some(path(value, base)).filter(|_| value != "system"),
            "sslcert" => self.tls.certificate = Some(path(value, base)),
            "sslkey" => self.tls.key = Some(path(value, base)),
            "schema" => {
                let schema = Name::exact(value);
                self.search_path = Some(quoted(value));
                self.schema = Some(schema);
            }
            "search_path" => {
                self.search_path =
                    Some(value.split(',').map(|schema| quoted(schema.trim())).collect::<Vec<_>>().join(", "));
            }
            "options" => self.options = Some(value.to_owned()),
            "application_name" => self.application_name = value.to_owned(),
            "pgbouncer" => self.pooled = Some(value != "false"),
            "connect_timeout" => {
                let seconds: u64 = value.parse().map_err(|_| {
                    Error::usage("url.parameter", format!("connect_timeout={value} is not a number of seconds"))
                })?;
                // libpq: 0 waits for ever, and the caller's limit stands.
                if seconds > 0 {
                    self.timeout = Duration::from_secs(seconds);
                }
            }
            "host" | "port" => {
                return Err(Error::usage("url.parameter", format!("the URL has two of {name}"))
                    .with_help("write it once: before the slash, or as a parameter"));
            }
            _ if IGNORED.contains(&name) || name.starts_with("keepalives_") => {}
            _ => {
                let help = match nearest(name, PARAMETERS.iter().copied()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("known parameters: {}", PARAMETERS.join(", ")),
                };
                return Err(
                    Error::usage("url.parameter", format!("unknown parameter {name} in the URL")).with_help(help)
                );
            }
        }
        Ok(())
    }
}

fn address(host: Option<&str>, port: Option<u16>) -> Address {
    let port = port.unwrap_or(DEFAULT_PORT);
    match host {
        Some(folder) if folder.starts_with('/') => Address::Unix { folder: folder.into(), port },
        Some(host) => Address::Tcp { host: host.to_owned(), port },
        None => SOCKET_FOLDERS
            .iter()
            .map(|folder| Address::Unix { folder: folder.into(), port })
            .find(|address| cfg!(unix) && address.socket().exists())
            .unwrap_or_else(|| Address::Tcp { host: "localhost".to_owned(), port }),
    }
}

/// A path as the URL has it: relative to the project, or to the home folder behind `~/`.
fn path(value: &str, base: &Path) -> PathBuf {
    if let Some(rest) = value.strip_prefix("~/")
        && let Some(home) = home()
    {
        return home.join(rest);
    }
    base.join(value)
}

/// The user's home folder.
pub(crate) fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).map(PathBuf::from)
}

/// A name in quotes, as SQL writes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Settings> {
        let options = ConnectOptions { base: "/project".into(), ..ConnectOptions::default() };
        Settings::read(&DatabaseUrl::parse(url)?, &options)
    }

    #[test]
    fn a_url_says_where_and_who() {
        let settings = read("postgresql://me:secret@db.example.com:6543/app?application_name=x").unwrap();
        assert_eq!(settings.address, Address::Tcp { host: "db.example.com".into(), port: 6543 });
        assert_eq!((settings.user.as_deref(), settings.database.as_deref()), (Some("me"), Some("app")));
        assert_eq!(settings.tls.mode, SslMode::Prefer);
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn a_socket_is_named_by_parameter_or_percent_encoded_host() {
        let socket = Address::Unix { folder: "/run/pg".into(), port: 5433 };
        assert_eq!(read("postgresql:///app?host=/run/pg&port=5433").unwrap().address, socket);
        assert_eq!(read("postgresql://%2Frun%2Fpg:5433/app").unwrap().address, socket);
        assert_eq!(socket.shown(), "/run/pg/.s.PGSQL.5433");
    }

    #[test]
    fn a_file_of_authorities_makes_require_verify_them() {
        let tls = read("postgres://h/d?sslmode=require&sslrootcert=ca.pem").unwrap().tls;
        assert_eq!((tls.mode, tls.root_certificate), (SslMode::VerifyCa, Some("/project/ca.pem".into())));
        let tls = read("postgres://h/d?sslmode=verify-full&sslrootcert=system").unwrap().tls;
        assert_eq!((tls.mode, tls.root_certificate), (SslMode::VerifyFull, None));
    }

    #[test]
    fn schemas_are_quoted() {
        assert_eq!(read("postgres://h/d?schema=App").unwrap().search_path.as_deref(), Some("\"App\""));
        let settings = read("postgres://h/d?search_path=app,%20public").unwrap();
        assert_eq!(settings.search_path.as_deref(), Some("\"app\", \"public\""));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_way_out() {
        for (url, help) in [
            ("postgres://h/d?sslmod=require", "did you mean sslmode?"),
            ("postgres://h/d?sslmode=on", "verify-full"),
            ("postgres://h/d?sslcert=c.pem", "sslkey="),
        ] {
            let error = read(url).unwrap_err();
            assert_eq!(error.code(), "url.parameter");
            assert!(error.help().unwrap().contains(help), "{error}");
        }
        assert_eq!(read("postgres://h/d?connect_timeout=soon").unwrap_err().code(), "url.parameter");
    }
}
