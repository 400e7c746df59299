//! What a URL says about a connection, in the words of MySQL's own programs and of the drivers that URLs are written for.

use std::path::Path;
use std::time::Duration;

use fastman_core::adapter::ConnectOptions;
use fastman_core::error::{Error, Result};
use fastman_core::url::{DatabaseUrl, Secret};
use fastman_network::{Address, Mode, Tls, parameters};

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
    pub(crate) tls: Tls,
    /// Nothing may be written.
    pub(crate) read_only: bool,
    /// Connecting is given up after this.
    pub(crate) timeout: Duration,
}

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
            Some(path) if path.starts_with('/') => Address::Unix(path.into()),
            Some(host) => Address::Tcp { host: host.to_owned(), port },
            None => Address::Tcp { host: "localhost".to_owned(), port },
        };
        let mut settings = Settings {
            address,
            user: url.user().map(str::to_owned),
            password: url.password().cloned(),
            database: url.database().map(str::to_owned),
            tls: Tls::default(),
            read_only: options.read_only,
            timeout: options.timeout,
        };
        for (name, value) in url.parameters() {
            settings.set(name, value, &options.base)?;
        }
        // As MySQL's own programs: whoever names an authority wants it asked.
        if settings.tls.authority.is_some() && !settings.tls.explicit {
            settings.tls.mode = Mode::VerifyCa;
        }
        settings.tls.settle()?;
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
            "socket" | "unix-socket" => self.address = Address::Unix(value.into()),
            "connect-timeout" => self.timeout = parameters::seconds(name, value)?.unwrap_or(self.timeout),
            known if IGNORED.contains(&known) => {}
            _ if self.tls.set(name, value, base)? => {}
            unknown => return Err(parameters::unknown(unknown, &PARAMETERS)),
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
        assert_eq!(settings.tls.mode, Mode::Prefer);
        assert!(!format!("{settings:?}").contains("secret"));
        assert_eq!(read("mysql://h/d?unix_socket=/run/m.sock").unwrap().address, Address::Unix("/run/m.sock".into()));
        assert_eq!(read("mysql://h").unwrap().named_database().unwrap_err().code(), "url.no-database");
    }

    #[test]
    fn an_authority_that_is_named_is_asked() {
        let tls = read("mysql://h/d?ssl_ca=ca.pem").unwrap().tls;
        assert_eq!((tls.mode, tls.authority), (Mode::VerifyCa, Some("/project/ca.pem".into())));
        assert_eq!(read("mysql://h/d?ssl-mode=VERIFY_IDENTITY&ssl-ca=ca.pem").unwrap().mode(), Mode::VerifyFull);
        assert_eq!(read("mysql://h/d?ssl-mode=required&socket=/run/m.sock").unwrap().mode(), Mode::Disable);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_way_out() {
        for (url, help) in [
            ("mysql://h/d?ssl-mod=required", "did you mean ssl-mode?"),
            ("mysql://h/d?sslmode=on", "verify-identity"),
            ("mysql://h/d?ssl-cert=c.pem", "sslkey="),
        ] {
            let error = read(url).unwrap_err();
            assert_eq!(error.code(), "url.parameter");
            assert!(error.help().unwrap().contains(help), "{error}");
        }
        assert_eq!(read("mysql://h/d?connect_timeout=soon").unwrap_err().code(), "url.parameter");
    }
}
