//! Where a server listens, and what is said of one that does not answer.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use fastman_core::error::{Error, ErrorClass};

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Over TCP.
    Tcp {
        /// A name or an IP address.
        host: String,
        /// Its port.
        port: u16,
    },
    /// At a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// As a user is shown it.
    pub fn shown(&self) -> String {
        match self {
            Address::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tcp { host, port } => format!("{host}:{port}"),
            Address::Unix(path) => path.display().to_string(),
        }
    }

    /// The error of a server that said nothing for so long.
    pub fn silent(&self, limit: Duration) -> Error {
        Error::database(
            ErrorClass::Unreachable,
            format!("{} did not answer within {} s", self.shown(), limit.as_secs()),
        )
        .with_help(
            "check host and port in the URL and what stands in between (a firewall?); connect_timeout= in the URL waits \
             longer",
        )
    }

    /// The error of a server that could not be connected to.
    pub fn unreachable(&self, error: &io::Error) -> Error {
        let help = match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                "is the server running, and are host and port in the URL right?"
            }
            _ => "check host and port in the URL",
        };
        Error::database(ErrorClass::Unreachable, format!("can't connect to {}: {error}", self.shown())).with_help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_a_url_has_it() {
        let tcp = |host: &str| Address::Tcp { host: host.to_owned(), port: 5432 };
        assert_eq!(tcp("db.example.com").shown(), "db.example.com:5432");
        assert_eq!(tcp("::1").shown(), "[::1]:5432");
        assert_eq!(Address::Unix("/run/s".into()).shown(), "/run/s");
    }

    #[test]
    fn who_does_not_answer_is_unreachable() {
        let address = Address::Unix("/run/s".into());
        let error = address.silent(Duration::from_secs(10));
        assert_eq!((error.code(), error.message()), ("db.unreachable", "/run/s did not answer within 10 s"));
        let error = address.unreachable(&io::ErrorKind::NotFound.into());
        assert_eq!(error.code(), "db.unreachable");
        assert!(error.help().is_some_and(|help| help.contains("running")));
    }
}
