//! Database URLs, SQLAlchemy's spellings included. A password is kept apart and never shown.
//!
//! The grammar is the usual one, read strictly where a mistake could put a piece of a password where it would be shown:
//!
//! ```text
//! scheme[+driver]://[user[:password]@][host[:port]][/database][?name=value[&name=value]...]
//! scheme:database                     (no authority: scheme::memory:)
//! ```
//!
//! A URL whose authority is empty names a file: what follows the third slash is its path, so `x:///./a.db` is relative
//! and `x:////srv/a.db` is absolute.

mod percent;

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A text that is never shown: neither by `Debug`, nor by `Display`, which it does not have.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for the driver that logs in with it and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

/// What is shown in place of a secret.
const HIDDEN: &str = "***";

/// A parsed database URL. Its `Display` and `Debug` are the redacted form.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    scheme: String,
    driver: Option<String>,
    authority: bool,
    user: Option<String>,
    password: Option<Secret>,
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    parameters: Vec<(String, String)>,
}

impl DatabaseUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// `url.malformed`. The error shows the scheme at most, since a URL that can't be parsed doesn't tell where its password is.
    pub fn parse(text: &str) -> Result<DatabaseUrl> {
        let text = text.trim();
        if text.is_empty() {
            return Err(malformed("", "it is empty").with_help(EXAMPLES));
        }
        let Some((prefix, rest)) = text.split_once(':').filter(|(prefix, _)| is_scheme(prefix)) else {
            let help = if text.starts_with(['"', '\'']) {
                format!("drop the quotes around it; {EXAMPLES}")
            } else {
                EXAMPLES.to_owned()
            };
            return Err(malformed("", "it does not begin with a scheme").with_help(help));
        };
        let prefix = prefix.to_ascii_lowercase();
        if rest.chars().any(char::is_control) {
            return Err(malformed(&prefix, "it has a control character in it (a line break?)"));
        }
        let (scheme, driver) = match prefix.split_once('+') {
            Some((scheme, driver)) => (scheme.to_owned(), Some(driver.to_owned())),
            None => (prefix.clone(), None),
        };
        let empty = DatabaseUrl {
            scheme,
            driver,
            authority: false,
            user: None,
            password: None,
            host: None,
            port: None,
            database: None,
            parameters: Vec::new(),
        };
        Parser { prefix: &prefix }.parse(rest, empty)
    }

    /// The scheme in lower case, without a driver suffix: `postgresql` of `postgresql+psycopg2://`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The driver suffix: `psycopg2` of `postgresql+psycopg2://`.
    pub fn driver(&self) -> Option<&str> {
        self.driver.as_deref()
    }

    /// Whether it is written with `//`. Without, everything behind the colon is the database: `scheme::memory:`.
    pub fn has_authority(&self) -> bool {
        self.authority
    }

    /// The user, decoded; the parameter `user` where none stands before the host.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password, decoded; the parameter `password` where none stands before the host.
    pub fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    /// The host, decoded, without the brackets of an IPv6 address; the parameter `host` where none stands behind the slashes. One
    /// that begins with a slash is the folder of a Unix socket.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port; the parameter `port` where the host is a parameter too.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// What stands behind the slash that ends the authority, decoded: the database's name, or the path of its file.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// The parameters behind the question mark, in order and decoded, without those that [`DatabaseUrl::user`],
    /// [`DatabaseUrl::password`], [`DatabaseUrl::host`] and [`DatabaseUrl::port`] gave.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The last parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    /// The path, for an engine whose databases are files; relative to the project where it does not begin with a slash.
    ///
    /// # Errors
    /// `url.no-file` where there is none, or where a host stands in its place (`scheme://app.db`).
    pub fn file(&self) -> Result<&str> {
        let scheme = &self.scheme;
        let forms = format!(
            "{scheme}:///./app.db is a file in the project's folder, {scheme}:////srv/app.db an absolute path, \
             {scheme}::memory: a database in memory"
        );
        if let Some(host) = self.host() {
            let path = self.database().map(|path| format!("/{path}")).unwrap_or_default();
            let message = format!("two slashes are followed by a host, and a {scheme} database has none");
            // A user or a port shows that a server was meant, not a path that lacks a slash.
            let help = if self.user.is_some() || self.port.is_some() {
                forms
            } else {
                format!("did you mean {scheme}:///{host}{path}? {forms}")
            };
            return Err(Error::usage("url.no-file", message).with_help(help));
        }
        self.database()
            .ok_or_else(|| Error::usage("url.no-file", format!("{scheme}:// names no file")).with_help(forms.clone()))
    }
}

impl FromStr for DatabaseUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<DatabaseUrl> {
        DatabaseUrl::parse(text)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.scheme)?;
        if let Some(driver) = &self.driver {
            write!(formatter, "+{driver}")?;
        }
        formatter.write_str(":")?;
        if self.authority {
            formatter.write_str("//")?;
            if self.user.is_some() || self.password.is_some() {
                formatter.write_str(&percent::encode(self.user.as_deref().unwrap_or_default(), ""))?;
                if self.password.is_some() {
                    write!(formatter, ":{HIDDEN}")?;
                }
                formatter.write_str("@")?;
            }
            match &self.host {
                Some(host) if host.contains(':') && !host.starts_with('/') => write!(formatter, "[{host}]")?,
                Some(host) => formatter.write_str(&percent::encode(host, ""))?,
                None => {}
            }
            if let Some(port) = self.port {
                write!(formatter, ":{port}")?;
            }
        }
        if let Some(database) = &self.database {
            let slash = if self.authority { "/" } else { "" };
            write!(formatter, "{slash}{}", percent::encode(database, "/:"))?;
        }
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            let value = if is_secret(name) { HIDDEN.to_owned() } else { percent::encode(value, "/:,*") };
            let separator = if index == 0 { '?' } else { '&' };
            write!(formatter, "{separator}{}={value}", percent::encode(name, ""))?;
        }
        Ok(())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

const EXAMPLES: &str = "a database URL looks like scheme://user:password@host/name or, for a file, scheme:///./app.db";
const ENCODE: &str = "in a user or password, write @ as %40, / as %2F, ? as %3F, : as %3A and % as %25";

/// Reads what follows the scheme.
struct Parser<'a> {
    prefix: &'a str,
}

impl Parser<'_> {
    fn parse(&self, rest: &str, mut url: DatabaseUrl) -> Result<DatabaseUrl> {
        let Some(rest) = rest.strip_prefix("//") else {
            if rest.contains('@') {
                return Err(malformed(self.prefix, "the two slashes behind the colon are missing").with_help(EXAMPLES));
            }
            let (database, query) = split_once_or_all(rest, '?');
            url.database = Some(self.decode(database)?).filter(|database| !database.is_empty());
            url.parameters = self.parameters(query)?;
            return Ok(url);
        };
        url.authority = true;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        // What follows an authority and has an @ in it is, as likely as not, the rest of a password with a / or ? in it.
        if !authority.is_empty() && rest.contains('@') {
            return Err(malformed(self.prefix, "there is an @ behind the host").with_help(ENCODE));
        }
        let (path, query) = split_once_or_all(rest, '?');
        let database = path.strip_prefix('/').unwrap_or(path);
        url.database = Some(self.decode(database)?).filter(|database| !database.is_empty());
        url.parameters = self.parameters(query)?;
        self.authority(authority, &mut url)?;
        self.adopt_parameters(&mut url)?;
        Ok(url)
    }

    fn authority(&self, authority: &str, url: &mut DatabaseUrl) -> Result<()> {
        let host = match authority.split_once('@') {
            Some((_, host)) if host.contains('@') => {
                return Err(malformed(self.prefix, "there are several @ before the host").with_help(ENCODE));
            }
            Some((login, host)) => {
                let (user, password) = match login.split_once(':') {
                    Some((user, password)) => (user, Some(password)),
                    None => (login, None),
                };
                url.user = Some(self.decode(user)?).filter(|user| !user.is_empty());
                url.password = password.map(|password| self.decode(password).map(Secret)).transpose()?;
                host
            }
            None => authority,
        };
        let (host, port) = self.host_and_port(host)?;
        url.host = Some(host).filter(|host| !host.is_empty());
        url.port = port;
        Ok(())
    }

    fn host_and_port(&self, text: &str) -> Result<(String, Option<u16>)> {
        if text.contains(',') {
            return Err(malformed(self.prefix, "it names several hosts, and one is expected"));
        }
        let (host, port) = if let Some(bracketed) = text.strip_prefix('[') {
            let Some((address, behind)) = bracketed.split_once(']') else {
                return Err(malformed(self.prefix, "the bracket of an IPv6 address is not closed"));
            };
            let Some(port) = behind.strip_prefix(':').or_else(|| behind.is_empty().then_some("")) else {
                return Err(malformed(self.prefix, "only a port may follow the bracket of an IPv6 address"));
            };
            let bare = address.split('%').next().unwrap_or_default();
            if bare.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(malformed(self.prefix, "what stands in brackets is not an IPv6 address"));
            }
            (self.decode(address)?, port)
        } else {
            let (host, port) = text.split_once(':').unwrap_or((text, ""));
            if port.contains(':') {
                let help = "an IPv6 address stands in brackets: [::1]:5432";
                return Err(malformed(self.prefix, "there are several colons in its host and port").with_help(help));
            }
            let host = self.decode(host)?;
            if host.contains(|character: char| character.is_whitespace() || "\"'<>\\^`{|}[]".contains(character)) {
                return Err(malformed(self.prefix, "its host has a character that no host has").with_help(ENCODE));
            }
            (host, port)
        };
        if port.is_empty() {
            return Ok((host, None));
        }
        if host.is_empty() {
            return Err(malformed(self.prefix, "it has a port, but no host"));
        }
        Ok((host, Some(self.port(port)?)))
    }

    fn port(&self, text: &str) -> Result<u16> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten().ok_or_else(|| {
            malformed(self.prefix, "its port is not a number from 0 to 65535")
                .with_help(format!("is the host missing, or is there a / or ? in the password? {ENCODE}"))
        })
    }

    /// libpq's way of writing what has no place in the authority: `postgresql:///name?host=/run/postgresql&user=me`.
    fn adopt_parameters(&self, url: &mut DatabaseUrl) -> Result<()> {
        if url.user.is_none() {
            url.user = take(&mut url.parameters, "user");
        }
        if url.password.is_none() {
            url.password = take(&mut url.parameters, "password").map(Secret);
        }
        if url.host.is_none()
            && let Some(host) = take(&mut url.parameters, "host")
        {
            url.host = Some(host);
            url.port = take(&mut url.parameters, "port").map(|port| self.port(&port)).transpose()?;
        }
        Ok(())
    }

    fn parameters(&self, query: &str) -> Result<Vec<(String, String)>> {
        let mut parameters = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            parameters.push((self.decode(name)?, self.decode(value)?));
        }
        Ok(parameters)
    }

    fn decode(&self, text: &str) -> Result<String> {
        percent::decode(text).map_err(|problem| {
            let message = match problem {
                percent::Problem::Digits => "a % in it is not followed by two hexadecimal digits",
                percent::Problem::Encoding => "what its % signs encode is not UTF-8",
                percent::Problem::Control => "a % sign in it encodes a control character",
            };
            malformed(self.prefix, message).with_help(ENCODE)
        })
    }
}

/// Removes the parameter and gives its last value.
fn take(parameters: &mut Vec<(String, String)>, name: &str) -> Option<String> {
    let mut found = None;
    parameters.retain_mut(|(candidate, value)| {
        let taken = candidate == name;
        if taken {
            found = Some(std::mem::take(value));
        }
        !taken
    });
    found
}

fn malformed(prefix: &str, problem: &str) -> Error {
    let subject = if prefix.is_empty() { "the database URL".to_owned() } else { format!("the {prefix}:// URL") };
    Error::usage("url.malformed", format!("{subject} can't be read: {problem}"))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_alphabetic())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "+-._".contains(character))
}

/// Whether a parameter's value is shown as `***`.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pwd", "secret", "token", "credential", "apikey", "api_key"].iter().any(|word| name.contains(word))
}

fn split_once_or_all(text: &str, separator: char) -> (&str, &str) {
    text.split_once(separator).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests;
