//! What a URL says about a connection, in the words of MySQL's own programs and of the drivers that URLs are written for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fastman_core::adapter::{ConnectOptions, nearest};
use fastman_core::error::{Error, Result};
use fastman_core::url::{DatabaseUrl, Secret};

/// The port that both listen at unless told otherwise.
const DEFAULT_PORT: u16 = 3306;

/// Everything that a connection is made from.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where the server listens.
    pub(crate) address: Address,
    /// Who logs in.
    pub(crate) user: Option<String>,
    /// With what.
    pub(crate) password: Option<Secret>,
    /// To which database.
    pub(crate) database: Option<String>,
    /// Encrypted or not, verified or not.
    pub(crate) tls: TlsSettings,
    /// Nothing may be written.
    pub(crate) read_only: bool,
    /// Connecting is given up after this.
    pub(crate) timeout: Duration,
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
    /// A Unix socket.
    Unix(String),
}

impl Address {
    /// As a user is shown it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Address::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tcp { host, port } => format!("{host}:{port}"),
            Address::Unix(path) => path.clone(),
        }
    }
}

/// Encrypted or not, verified or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    /// How much is demanded.
    pub(crate) mode: SslMode,
    /// The file of trusted authorities.
    pub(crate) authority: Option<PathBuf>,
    /// The client's certificate.
    pub(crate) certificate: Option<PathBuf>,
    /// The key of the client's certificate.
    pub(crate) key: Option<PathBuf>,
}

/// `ssl-mode`, in the meaning of MySQL's own programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SslMode {
    /// Never encrypted.
    Disabled,
    /// Encrypted, unless the server can't.
    Preferred,
    /// Encrypted.
    Required,
    /// Encrypted, and the certificate is signed by a trusted authority.
    VerifyCa,
    /// Encrypted, and the certificate is signed by a trusted authority for this host.
    VerifyIdentity,
}

/// MySQL's words and libpq's.
const SSL_MODES: [(&str, SslMode); 11] = [
    ("disabled", SslMode::Disabled),
    ("disable", SslMode::Disabled),
    ("preferred", SslMode::Preferred),
    ("prefer", SslMode::Preferred),
    ("allow", SslMode::Preferred),
    ("required", SslMode::Required),
    ("require", SslMode::Required),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-identity", SslMode::VerifyIdentity),
    ("verify-full", SslMode::VerifyIdentity),
    ("true", SslMode::Required),
];

/// The parameters that are read; those in the second list change nothing here and are accepted, since URLs that were made for
/// other programs have them. Hyphens and underscores are one.
const PARAMETERS: [&str; 6] = ["connect-timeout", "socket", "ssl-ca", "ssl-cert", "ssl-key", "ssl-mode"];
const IGNORED: [&str; 14] = [
    "allowpublickeyretrieval",
    "autocommit",
    "charset",
    "collation",
    "connection-limit",
    "encoding",
    "init-command",
    "local-infile",
    "parsetime",
    "pool-timeout",
    "serverversion",
    "sql-mode",
    "timezone",
    "use-unicode",
];

impl Settings {
    /// Reads a URL.
    ///
    /// # Errors
    /// `url.parameter` for one that is unknown or has a value that makes no sense.
    pub(crate) fn read(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Settings> {
        let port = url.port().unwrap_or(DEFAULT_PORT);
        let address = match url.host() {
            Some(path) if path.starts_with('/') => Address::Unix(path.to_owned()),
            Some(host) => Address::Tcp { host: host.to_owned(), port },
            None => Address::Tcp { host: "localhost".to_owned(), port },
        };
        let mut settings = Settings {
            address,
            user: url.user().map(str::to_owned),
            password: url.password().cloned(),
            database: url.database().map(str::to_owned),
            tls: TlsSettings { mode: SslMode::Preferred, authority: None, certificate: None, key: None },
            read_only: options.read_only,
            timeout: options.timeout,
        };
        for (name, value) in url.parameters() {
            settings.set(name, value, &options.base)?;
        }
        if settings.tls.certificate.is_some() != settings.tls.key.is_some() {
            return Err(Error::usage("url.parameter", "ssl-cert and ssl-key are only of use together")
                .with_help("name the certificate's file with ssl-cert= and its key's with ssl-key="));
        }
        Ok(settings)
    }

    /// The database, which everything but making it needs.
    ///
    /// # Errors
    /// `url.no-database`.
    pub(crate) fn named_database(&self) -> Result<&str> {
        self.database.as_deref().ok_or_else(|| {
            Error::usage("url.no-database", "the URL names no database")
                .with_help("mysql://user:password@host:3306/name")
        })
    }

    fn set(&mut self, name: &str, value: &str, base: &Path) -> Result<()> {
        match name.to_ascii_lowercase().replace('_', "-").as_str() {
            "ssl-mode" | "sslmode" | "ssl" | "tls" => {
                let word = value.to_ascii_lowercase().replace('_', "-");
                self.tls.mode = SSL_MODES.iter().find(|(known, _)| *known == word).map(|(_, mode)| *mode).ok_or_else(|| {
                    Error::usage("url.parameter", format!("{name}={value} is not known")).with_help(
                        "it is one of disabled, preferred (the default), required, verify-ca, verify-identity; only the \
                         last two verify whom they talk to",
                    )
                })?;
            }
            "ssl-ca" | "sslrootcert" => self.tls.authority = Some(base.join(value)),
            "ssl-cert" | "sslcert" => self.tls.certificate = Some(base.join(value)),
            "ssl-key" | "sslkey" => self.tls.key = Some(base.join(value)),
            "socket" | "unix-socket" => self.address = Address::Unix(value.to_owned()),
            "connect-timeout" => {
                let seconds: u64 = value
                    .parse()
                    .map_err(|_| Error::usage("url.parameter", format!("{name}={value} is not a number of seconds")))?;
                if seconds > 0 {
                    self.timeout = Duration::from_secs(seconds);
                }
            }
            known if IGNORED.contains(&known) => {}
            unknown => {
                let help = match nearest(unknown, PARAMETERS.iter().copied()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Settings> {
        let options = ConnectOptions { base: "/project".into(), ..ConnectOptions::default() };
        Settings::read(&DatabaseUrl::parse(url)?, &options)
    }

    #[test]
    fn a_url_says_where_and_who() {
        let settings = read("mysql+pymysql://me:secret@db.example.com:3307/app?charset=utf8mb4").unwrap();
        assert_eq!(settings.address, Address::Tcp { host: "db.example.com".into(), port: 3307 });
        assert_eq!((settings.user.as_deref(), settings.database.as_deref()), (Some("me"), Some("app")));
        assert_eq!(settings.tls.mode, SslMode::Preferred);
        assert!(!format!("{settings:?}").contains("secret"));
        assert_eq!(read("mysql://h/d?unix_socket=/run/m.sock").unwrap().address, Address::Unix("/run/m.sock".into()));
        assert_eq!(read("mysql://h").unwrap().named_database().unwrap_err().code(), "url.no-database");
    }

    #[test]
    fn encryption_is_spelled_as_mysql_or_libpq_do() {
        assert_eq!(read("mysql://h/d?ssl-mode=VERIFY_IDENTITY").unwrap().tls.mode, SslMode::VerifyIdentity);
        assert_eq!(read("mysql://h/d?sslmode=verify-full").unwrap().tls.mode, SslMode::VerifyIdentity);
        let tls = read("mysql://h/d?ssl_mode=verify_ca&ssl_ca=ca.pem").unwrap().tls;
        assert_eq!((tls.mode, tls.authority), (SslMode::VerifyCa, Some("/project/ca.pem".into())));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_way_out() {
        for (url, help) in [
            ("mysql://h/d?ssl-mod=required", "did you mean ssl-mode?"),
            ("mysql://h/d?sslmode=on", "verify-identity"),
            ("mysql://h/d?ssl-cert=c.pem", "ssl-key="),
        ] {
            let error = read(url).unwrap_err();
            assert_eq!(error.code(), "url.parameter");
            assert!(error.help().unwrap().contains(help), "{error}");
        }
        assert_eq!(read("mysql://h/d?connect_timeout=soon").unwrap_err().code(), "url.parameter");
    }
}
