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

    /// Whether the URL names a database that the pattern stands for. `base` is where relative paths start.
    pub fn matches(&self, url: &DatabaseUrl, base: &Path) -> bool {
        let pattern = self.0.to_lowercase();
        names(url, base).iter().any(|name| {
            let name = name.to_lowercase();
            glob(pattern.as_bytes(), name.as_bytes())
                || (!pattern.contains('/')
                    && name
                        .split_once('/')
                        .is_some_and(|(host, _)| !host.is_empty() && glob(pattern.as_bytes(), host.as_bytes())))
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
