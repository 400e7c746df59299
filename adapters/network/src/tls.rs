//! What a URL says about TLS, in the words of libpq and of MySQL's programs, and what is said where it could not be had.

use std::path::{Path, PathBuf};

use fastman_core::error::{Category, Error, Result};

use crate::parameters::{self, path};

/// The code of errors of encryption.
pub const NO_TLS: &str = "db.tls";

/// How much is demanded: libpq's `sslmode`, MySQL's `ssl-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
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

/// libpq's words, then MySQL's, then those of drivers.
const MODES: [(&str, Mode); 12] = [
    ("disable", Mode::Disable),
    ("allow", Mode::Allow),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
    ("disabled", Mode::Disable),
    ("preferred", Mode::Prefer),
    ("required", Mode::Require),
    ("verify-identity", Mode::VerifyFull),
    ("true", Mode::Require),
    ("false", Mode::Disable),
];

/// What a URL says about TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// How much is demanded.
    pub mode: Mode,
    /// Whether the URL says so itself.
    pub explicit: bool,
    /// The file of trusted authorities; those of Mozilla's list where there is none.
    pub authority: Option<PathBuf>,
    /// The URL asks for the list of authorities by name (`system`).
    pub public: bool,
    /// The client's certificate.
    pub certificate: Option<PathBuf>,
    /// The key of the client's certificate.
    pub key: Option<PathBuf>,
}

impl Default for Tls {
    fn default() -> Tls {
        Tls { mode: Mode::Prefer, explicit: false, authority: None, public: false, certificate: None, key: None }
    }
}

impl Tls {
    /// Takes a parameter, if it is about TLS; whether it is. Hyphens and underscores are one.
    ///
    /// # Errors
    /// `url.parameter` for a mode that nobody knows.
    pub fn set(&mut self, name: &str, value: &str, base: &Path) -> Result<bool> {
        match name.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
            "sslmode" | "ssl" | "tls" => {
                let word = value.to_ascii_lowercase().replace('_', "-");
                let mode = MODES.iter().find(|(known, _)| *known == word).map(|(_, mode)| *mode);
                self.mode = mode.ok_or_else(|| {
                    Error::usage(parameters::CODE, format!("{name}={value} is not known")).with_help(
                        "it is one of disable, allow, prefer (the default), require, verify-ca, verify-full (MySQL's words: \
                         disabled, preferred, required, verify-ca, verify-identity); only the last two verify whom they \
                         talk to",
                    )
                })?;
                self.explicit = true;
            }
            "sslrootcert" | "sslca" if value == "system" => self.public = true,
            "sslrootcert" | "sslca" => self.authority = Some(path(value, base)),
            "sslcert" => self.certificate = Some(path(value, base)),
            "sslkey" => self.key = Some(path(value, base)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Called behind the last parameter: what they mean together.
    ///
    /// # Errors
    /// `url.parameter` for what contradicts itself.
    pub fn settle(&mut self) -> Result<()> {
        if self.certificate.is_some() != self.key.is_some() {
            return Err(Error::usage(parameters::CODE, "sslcert and sslkey are only of use together")
                .with_help("name the certificate's file with sslcert= and its key's with sslkey="));
        }
        // As in libpq: whoever asks for the public authorities means a public host, whose name is verified.
        if self.public && !self.explicit {
            self.mode = Mode::VerifyFull;
        }
        if self.public && self.mode < Mode::VerifyFull {
            return Err(Error::usage(parameters::CODE, "sslrootcert=system is of no use without sslmode=verify-full")
                .with_help("a public authority signs certificates for everybody: without the name they show nothing"));
        }
        // A file of authorities that was named is used.
        if self.mode == Mode::Require && self.authority.is_some() {
            self.mode = Mode::VerifyCa;
        }
        Ok(())
    }
}

/// The error of encryption that could not be had; `why` is what the TLS library or the server said.
pub fn refused(shown: &str, mode: Mode, why: &str) -> Error {
    let verifies = mode >= Mode::VerifyCa;
    let help = if why.contains("does not support") || why.contains("has TLS off") {
        "the server has TLS off; sslmode=disable in the URL connects without"
    } else if why.contains("UnknownIssuer") {
        "sslrootcert= (or ssl-ca=) in the URL names the file of the authority that signed the server's certificate"
    } else if verifies && (why.contains("NotValidForName") || why.contains("not valid for")) {
        "the certificate is made out for other hosts (its subjectAltName counts, not its CN); use that host name, or \
         sslmode=verify-ca, which accepts any"
    } else if why.contains("Expired") || why.contains("expired") {
        "the server needs a new certificate"
    } else {
        "sslmode, sslrootcert, sslcert and sslkey in the URL say how to encrypt and whom to trust"
    };
    Error::new(Category::Failed, NO_TLS, format!("{shown}: no encrypted connection: {why}")).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<Tls> {
        let mut tls = Tls::default();
        for (name, value) in parameters {
            assert!(tls.set(name, value, Path::new("/project"))?, "{name}");
        }
        tls.settle()?;
        Ok(tls)
    }

    #[test]
    fn encryption_is_spelled_as_libpq_or_mysql_do() {
        for (name, value, mode) in [
            ("sslmode", "verify-full", Mode::VerifyFull),
            ("ssl-mode", "VERIFY_IDENTITY", Mode::VerifyFull),
            ("ssl_mode", "disabled", Mode::Disable),
            ("ssl", "true", Mode::Require),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap().mode, mode, "{name}={value}");
        }
        assert!(!Tls::default().set("application_name", "x", Path::new("/")).unwrap());
    }

    #[test]
    fn authorities_that_were_named_are_used() {
        let tls = read(&[("sslmode", "require"), ("ssl-ca", "ca.pem")]).unwrap();
        assert_eq!((tls.mode, tls.authority), (Mode::VerifyCa, Some("/project/ca.pem".into())));
        let tls = read(&[("sslrootcert", "system")]).unwrap();
        assert_eq!((tls.mode, tls.authority), (Mode::VerifyFull, None));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_way_out() {
        for (parameters, help) in [
            (vec![("sslmode", "on")], "verify-full"),
            (vec![("ssl-cert", "c.pem")], "sslkey="),
            (vec![("sslmode", "require"), ("sslrootcert", "system")], "public authority"),
        ] {
            let error = read(&parameters).unwrap_err();
            assert_eq!(error.code(), parameters::CODE);
            assert!(error.help().unwrap().contains(help), "{error}");
        }
    }

    #[test]
    fn what_the_library_says_comes_with_a_way_out() {
        let help = |mode, why| refused("h:1", mode, why).help().unwrap().to_owned();
        assert!(help(Mode::Require, "server does not support TLS").contains("sslmode=disable"));
        assert!(help(Mode::VerifyCa, "invalid peer certificate: UnknownIssuer").contains("sslrootcert="));
        assert!(help(Mode::VerifyFull, "certificate not valid for name \"a\"").contains("verify-ca"));
    }
}
