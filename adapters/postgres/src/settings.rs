//! What a URL says about a connection, libpq's parameters in libpq's meaning.

use std::path::Path;
use std::time::Duration;

use fastman_core::adapter::ConnectOptions;
use fastman_core::error::{Error, Result};
use fastman_core::schema::Name;
use fastman_core::url::{DatabaseUrl, Secret};
use fastman_network::{Address, Mode, Tls, parameters};
use tokio_postgres::config::ChannelBinding;

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
    pub tls: Tls,
    /// Whether the password's proof must be bound to the encrypted connection.
    pub channel_binding: ChannelBinding,
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

/// The parameters that are read; those in the second list change nothing here and are accepted, since URLs that were made for
/// other programs have them.
const PARAMETERS: [&str; 13] = [
    "application_name",
    "channel_binding",
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
const IGNORED: [&str; 8] = [
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
            tls: Tls::default(),
            channel_binding: ChannelBinding::Prefer,
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
        settings.tls.settle()?;
        // libpq's own file of authorities.
        let own = parameters::home().map(|home| home.join(".postgresql/root.crt")).filter(|path| path.is_file());
        if settings.tls.mode >= Mode::VerifyCa && settings.tls.authority.is_none() && !settings.tls.public {
            settings.tls.authority = own;
        }
        if settings.channel_binding == ChannelBinding::Require && settings.mode() == Mode::Disable {
            return Err(Error::usage(
                parameters::CODE,
                "channel_binding=require needs an encrypted connection, and this one is none",
            )
            .with_help("connect over TCP with sslmode=require or stricter, or leave channel_binding out"));
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &str, base: &Path) -> Result<()> {
        match name {
            "channel_binding" => {
                self.channel_binding = match value {
                    "disable" => ChannelBinding::Disable,
                    "prefer" => ChannelBinding::Prefer,
                    "require" => ChannelBinding::Require,
                    _ => {
                        return Err(Error::usage(parameters::CODE, format!("channel_binding={value} is not known"))
                            .with_help("it is one of disable, prefer (the default), require"));
                    }
                };
            }
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
            // libpq: 0 waits for ever, and the caller's limit stands.
            "connect_timeout" => self.timeout = parameters::seconds(name, value)?.unwrap_or(self.timeout),
            "host" | "port" => {
                return Err(Error::usage("url.parameter", format!("the URL has two of {name}"))
                    .with_help("write it once: before the slash, or as a parameter"));
            }
            _ if IGNORED.contains(&name) || name.starts_with("keepalives_") => {}
            _ if self.tls.set(name, value, base)? => {}
            _ => return Err(parameters::unknown(name, &PARAMETERS)),
        }
        Ok(())
    }

    /// How much encryption is demanded: none at a Unix socket, which nobody else can listen to.
    pub(crate) fn mode(&self) -> Mode {
        match self.address {
            Address::Unix(_) => Mode::Disable,
            Address::Tcp { .. } => self.tls.mode,
        }
    }
}

fn address(host: Option<&str>, port: Option<u16>) -> Address {
    let port = port.unwrap_or(DEFAULT_PORT);
    let socket = |folder: &str| Path::new(folder).join(format!(".s.PGSQL.{port}"));
    match host {
        Some(folder) if folder.starts_with('/') => Address::Unix(socket(folder)),
        Some(host) => Address::Tcp { host: host.to_owned(), port },
        None => SOCKET_FOLDERS
            .iter()
            .map(|folder| socket(folder))
            .find(|path| cfg!(unix) && path.exists())
            .map_or_else(|| Address::Tcp { host: "localhost".to_owned(), port }, Address::Unix),
    }
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
        assert_eq!(settings.tls.mode, Mode::Prefer);
        assert!(!format!("{settings:?}").contains("secret"));
    }

    #[test]
    fn a_socket_is_named_by_parameter_or_percent_encoded_host() {
        let socket = Address::Unix("/run/pg/.s.PGSQL.5433".into());
        assert_eq!(read("postgresql:///app?host=/run/pg&port=5433").unwrap().address, socket);
        assert_eq!(read("postgresql://%2Frun%2Fpg:5433/app").unwrap().address, socket);
        assert_eq!(socket.shown(), "/run/pg/.s.PGSQL.5433");
    }

    #[test]
    fn channel_binding_is_demanded_where_there_can_be_some() {
        let settings = read("postgres://h/d?sslmode=require&channel_binding=require").unwrap();
        assert_eq!(settings.channel_binding, ChannelBinding::Require);
        for url in [
            "postgres://h/d?sslmode=disable&channel_binding=require",
            "postgres://h/d?channel_binding=always",
            "postgres:///d?host=/run/pg&channel_binding=require",
        ] {
            assert_eq!(read(url).unwrap_err().code(), "url.parameter", "{url}");
        }
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
