//! Parameters of a URL: what is said of those that make no sense, and how times and paths are read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fastman_core::adapter::nearest;
use fastman_core::error::{Error, Result};

/// The code of errors of parameters.
pub const CODE: &str = "url.parameter";

/// The error of a parameter that nobody knows.
pub fn unknown(name: &str, known: &[&str]) -> Error {
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known parameters: {}", known.join(", ")),
    };
    Error::usage(CODE, format!("unknown parameter {name} in the URL")).with_help(help)
}

/// A time in whole seconds; 0 means that none is set.
///
/// # Errors
/// `url.parameter` for what is no number.
pub fn seconds(name: &str, value: &str) -> Result<Option<Duration>> {
    let seconds: u64 =
        value.parse().map_err(|_| Error::usage(CODE, format!("{name}={value} is not a number of seconds")))?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
}

/// A path as a URL has it: relative to the project, or to the home folder behind `~/`.
pub fn path(value: &str, base: &Path) -> PathBuf {
    match (value.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => base.join(value),
    }
}

/// The user's home folder.
pub fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_told_with_what_was_meant() {
        assert_eq!(unknown("sslmod", &["sslmode", "host"]).help(), Some("did you mean sslmode?"));
        assert_eq!(unknown("xyz", &["sslmode", "host"]).help(), Some("known parameters: sslmode, host"));
    }

    #[test]
    fn times_are_seconds_and_none_is_none() {
        assert_eq!(seconds("connect_timeout", "3").unwrap(), Some(Duration::from_secs(3)));
        assert_eq!(seconds("connect_timeout", "0").unwrap(), None);
        assert_eq!(seconds("connect_timeout", "soon").unwrap_err().code(), CODE);
    }

    #[test]
    fn paths_start_from_the_project() {
        assert_eq!(path("ca.pem", Path::new("/project")), Path::new("/project/ca.pem"));
        assert_eq!(path("/etc/ca.pem", Path::new("/project")), Path::new("/etc/ca.pem"));
    }
}
