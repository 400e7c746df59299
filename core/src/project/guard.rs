//! Guards: databases that are not to be changed from this project by accident, but only by who names them.

use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::url::DatabaseUrl;

/// A pattern of `guard` in `fastman.toml`: `host/database`, where `*` stands for anything; a host alone stands for every database on it. A
/// file is matched by its path, as the URL has it or absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard(String);

impl Guard {
    /// A pattern.
    pub fn new(pattern: impl Into<String>) -> Guard {
        Guard(pattern.into())
    }

    /// Why a pattern can't be meant as it stands, and what to write: it would guard nothing, or nearly nothing, without a word.
    pub(super) fn fault(pattern: &str) -> Option<(&'static str, String)> {
        let meant = pattern.trim();
        if meant.is_empty() {
            return Some((
                "this names no database",
                "write host/database, or a file's path; * stands for anything".to_owned(),
            ));
        }
        if meant != pattern {
            return Some(("white space belongs to no name", format!("write {meant:?}")));
        }
        if let Some((_, place)) = pattern.split_once("://") {
            let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
            let place = place.split(['?', '#']).next().unwrap_or_default();
            return Some(("this is a URL, and a pattern has no scheme", format!("write {place:?}")));
        }
        if pattern.starts_with("~/") {
            return Some(("nothing stands for the home folder here", "write the file's absolute path".to_owned()));
        }
        if pattern.contains('?') {
            return Some(("a ? stands for itself, and no URL's database has one", "use * for anything".to_owned()));
        }
        // A path begins otherwise, or its first part is a folder's name.
        let (host, rest) = pattern.split_once('/').map_or((pattern, None), |(host, rest)| (host, Some(rest)));
        if host.is_empty()
            || host.starts_with(['.', ':', '['])
            || host.len() == 1 && host != "*"
            || pattern.contains('\\')
        {
            return None;
        }
        if let Some((_, place)) = host.rsplit_once('@') {
            let rest = rest.map(|rest| format!("/{rest}")).unwrap_or_default();
            return Some(("a pattern names no user", format!("write {:?}", format!("{place}{rest}"))));
        }
        let port = host.split_once(':').map(|(_, port)| port).filter(|port| !port.contains('*'));
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return Some((
                "what stands behind a colon is a port",
                "write host/database or host:port/database".to_owned(),
            ));
        }
        if rest == Some("") {
            return Some((
                "no database is named behind the slash",
                format!("write {host:?} or {:?} for every database on it", format!("{host}/*")),
            ));
        }
        let several = pattern.contains(',') && pattern.split(',').all(|part| part.contains('/'));
        if several || rest.is_some() && host.contains([',', ' ', '|', '^', '$', '(', ')', '{', '}']) {
            return Some((
                "no host is called so",
                "only * is special in a pattern, and each one stands in a text of its own: [\"one/*\", \"two/*\"]"
                    .to_owned(),
            ));
        }
        None
    }

    /// Whether the URL names a database that the pattern stands for. `base` is where relative paths start.
    pub fn matches(&self, url: &DatabaseUrl, base: &Path) -> bool {
        let pattern = self.0.to_lowercase();
        // Where the URL leaves the port out it may be any.
        let without_port = url.port().is_none().then(|| without_port(&pattern)).flatten();
        let patterns = [Some(pattern.as_str()), without_port.as_deref()];
        names(url, base).iter().any(|name| {
            let name = name.to_lowercase();
            let host = name.split_once('/').map(|(host, _)| host).filter(|host| !host.is_empty());
            patterns.into_iter().flatten().any(|pattern| {
                let of_host = || host.is_some_and(|host| glob(pattern.as_bytes(), host.as_bytes()));
                glob(pattern.as_bytes(), name.as_bytes()) || (!pattern.contains('/') && of_host())
            })
        })
    }

    /// The refusal that a match leads to. `allowed` names another database.
    pub(super) fn refusal(
        &self,
        url: &DatabaseUrl,
        what: &str,
        project: (&Path, &Path),
        allowed: Option<&str>,
    ) -> Error {
        let (base, config) = project;
        let error = Error::refused("guard.refused", format!("{what} is refused: {url} is guarded by {:?}", self.0));
        let error = match allowed {
            Some(allowed) => error.with_detail(format!("what is allowed is another database: {allowed:?}")),
            None => error,
        };
        error.with_help(format!(
            "`guard` in {} names databases that are not changed by accident; choose another with --url or --database, or, if \
             this one is meant, name it: --allow-guarded {name} (or {ALLOW_VARIABLE}={name} in the environment)",
            config.display(),
            name = names(url, base).last().map(String::as_str).unwrap_or_default()
        ))
    }
}

/// The environment variable that names the one guarded database that may be changed: `host/database`, or a file's path.
pub const ALLOW_VARIABLE: &str = "FASTMAN_ALLOW_GUARDED";

/// Whether the text is one of the ways of writing which database the URL names: in full, and without stars.
pub(super) fn is_named(text: &str, url: &DatabaseUrl, base: &Path) -> bool {
    let text = text.trim().to_lowercase();
    !text.is_empty() && names(url, base).iter().any(|name| name.to_lowercase() == text)
}

/// Every way of writing which database the URL names.
fn names(url: &DatabaseUrl, base: &Path) -> Vec<String> {
    let database = url.database().unwrap_or_default();
    let mut names = Vec::new();
    match url.host() {
        Some(host) => {
            names.extend(url.port().map(|port| format!("{host}:{port}/{database}")));
            names.push(format!("{host}/{database}"));
            if database.is_empty() {
                // Servers take the user's name where the URL names no database.
                names.extend(url.user().map(|user| format!("{host}/{user}")));
            }
        }
        None => {
            names.push(format!("localhost/{database}"));
            names.push(database.to_owned());
            let path = base.join(database);
            names.push(plain(&path).display().to_string());
            names.extend(path.canonicalize().map(|path| path.display().to_string()));
        }
    }
    names
}

/// A pattern of a server without its port, where it has one.
fn without_port(pattern: &str) -> Option<String> {
    let end = pattern.find('/').unwrap_or(pattern.len());
    let (host, port) = pattern[..end].rsplit_once(':')?;
    let is_port = !host.is_empty() && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_port.then(|| format!("{host}{}", &pattern[end..]))
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Whether the text is what the pattern says; `*` stands for any bytes.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while position < text.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, position));
            at += 1;
        } else if pattern.get(at) == Some(&text[position]) {
            at += 1;
            position += 1;
        } else if let Some((star_at, star_position)) = star {
            at = star_at + 1;
            position = star_position + 1;
            star = Some((star_at, star_position + 1));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guards(pattern: &str, url: &str) -> bool {
        Guard::new(pattern).matches(&DatabaseUrl::parse(url).unwrap(), Path::new("/srv/app"))
    }

    #[test]
    fn a_pattern_is_host_and_database_with_stars() {
        assert!(guards("db.example.com/shop", "postgres://me:x@DB.example.com:5432/shop"));
        assert!(guards("*.example.com/*", "postgres://db.example.com/shop"));
        assert!(guards("db.example.com:5432/*", "postgres://db.example.com:5432/shop"));
        assert!(guards("*/shop", "mysql://anywhere/shop"));
        assert!(!guards("*.example.com/*", "postgres://localhost/shop"));
        assert!(!guards("db.example.com/shop", "postgres://db.example.com/shop2"));
    }

    #[test]
    fn a_host_alone_guards_every_database_on_it() {
        assert!(guards("db.example.com", "postgres://db.example.com/shop"));
        assert!(guards("db*", "postgres://db.example.com"));
        assert!(!guards("db.example.com", "postgres://test.example.com/db.example.com"));
    }

    #[test]
    fn a_port_that_the_url_leaves_out_may_be_the_one_that_is_guarded() {
        assert!(guards("db.example.com:5432/*", "postgres://db.example.com/shop"));
        assert!(guards("db.example.com:5432", "postgres://db.example.com/shop"));
        assert!(!guards("db.example.com:5432/*", "postgres://db.example.com:5433/shop"));
        assert!(!guards("db.example.com:5432/*", "postgres://test.example.com/shop"));
    }

    #[test]
    fn a_pattern_that_would_guard_nothing_is_a_fault_with_what_to_write() {
        for (pattern, help) in [
            ("", "host/database"),
            (" db.example.com/shop", "\"db.example.com/shop\""),
            ("postgres://me@db.example.com/shop?x=1", "\"db.example.com/shop\""),
            ("sqlite:///./app.db", "\"/./app.db\""),
            ("me@db.example.com/shop", "\"db.example.com/shop\""),
            ("~/prod.db", "absolute"),
            ("db?/shop", "*"),
            ("db.example.com:shop", "host:port/database"),
            ("sqlite:prod.db", "host:port"),
            ("db.example.com/", "\"db.example.com/*\""),
            ("one/*, two/*", "each one"),
            ("(one|two)/shop", "only *"),
        ] {
            let fault = Guard::fault(pattern).unwrap_or_else(|| panic!("{pattern:?} is taken"));
            assert!(fault.1.contains(help), "{pattern:?}: {fault:?}");
        }
        for pattern in [
            "*",
            "*/shop",
            "db*",
            "db.example.com",
            "*.example.com/*",
            "db.example.com:5432/*",
            "db:*/shop",
            "[::1]:5432/shop",
            "[::1]/*",
            "./prod.db",
            "../prod.db",
            "/srv/app/prod.db",
            "prod.db",
            "data/prod (1).db",
            "*prod.db",
            ":memory:",
            "C:\\data\\prod.db",
        ] {
            assert_eq!(Guard::fault(pattern), None, "{pattern:?}");
        }
    }

    #[test]
    fn a_database_that_the_url_leaves_out_is_the_users() {
        assert!(guards("host/shop", "postgres://shop@host"));
    }

    #[test]
    fn what_is_allowed_is_one_database_and_named_in_full() {
        let named = |text: &str, url: &str| is_named(text, &DatabaseUrl::parse(url).unwrap(), Path::new("/srv/app"));
        let url = "postgres://me@db.example.com:5432/shop";
        assert!(named("db.example.com/shop", url) && named("DB.example.com:5432/shop", url));
        for other in ["db.example.com", "db.example.com/*", "*", "", "shop", "db.example.com/shop2", "true", "1"] {
            assert!(!named(other, url), "{other}");
        }
        assert!(named("/srv/app/prod.db", "sqlite:///./prod.db") && named("./prod.db", "sqlite:///./prod.db"));
        assert!(!named("prod2.db", "sqlite:///prod.db"));
    }

    #[test]
    fn a_file_is_guarded_by_its_path_however_it_is_written() {
        for url in ["sqlite:///./data/../prod.db", "sqlite:////srv/app/prod.db", "sqlite:///prod.db"] {
            assert!(guards("/srv/app/prod.db", url), "{url}");
            assert!(guards("*prod.db", url), "{url}");
        }
        assert!(guards("./prod.db", "sqlite:///./prod.db"));
        assert!(!guards("/srv/app/prod.db", "sqlite:///./test.db"));
    }
}
