//! A migration's file: the version and the name that its file name gives, and its text.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, SourceText};

/// A migration's version: the time it was made, in UTC and to the second, as 14 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

/// How many digits a version has.
const DIGITS: usize = 14;

impl Version {
    /// The version of a migration made at that time.
    pub fn at(time: DateTime<Utc>) -> Version {
        // Years past 9999 have no version; the greatest one stands in for them.
        Version(time.format("%Y%m%d%H%M%S").to_string().parse().unwrap_or(99_999_999_999_999).min(99_999_999_999_999))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:014}", self.0)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Version> {
        let well_formed = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| well_formed).map(Version).ok_or_else(|| {
            Error::usage("migration.bad-version", format!("{text:?} is not a migration's version"))
                .with_help("a version is the 14 digits that a migration's file name starts with: 20260131120000")
        })
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A migration as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationFile {
    /// From the file's name.
    pub version: Version,
    /// The rest of the file's name: `create_posts_table`.
    pub name: String,
    /// Its text, under the path that errors cite.
    pub source: SourceText,
}

impl MigrationFile {
    /// The migration in a file of that path: `<14 digits>_<name>.sql`, whatever the folder.
    ///
    /// # Errors
    /// `migration.bad-name` for any other file name.
    pub fn new(path: &str, text: impl Into<std::sync::Arc<str>>) -> Result<MigrationFile> {
        let file_name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let parsed = file_name.strip_suffix(".sql").and_then(|stem| {
            let (version, name) = stem.split_once('_')?;
            let version = version.parse().ok()?;
            (!name.is_empty() && name.len() <= MAX_NAME).then(|| (version, name.to_owned()))
        });
        let Some((version, name)) = parsed else {
            return Err(Error::failed("migration.bad-name", format!("{path}: not the name of a migration")).with_help(
                "a migration's file is named <14 digits>_<name>.sql, as `make:migration` does; move other files elsewhere",
            ));
        };
        Ok(MigrationFile { version, name, source: SourceText::new(path, text) })
    }
}

/// The longest name that the history keeps.
const MAX_NAME: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_gives_version_and_name() {
        let file = MigrationFile::new("database/versions/20260131120000_create_posts_table.sql", "").unwrap();
        assert_eq!(file.version.to_string(), "20260131120000");
        assert_eq!(file.name, "create_posts_table");
    }

    #[test]
    fn any_other_file_name_is_an_error() {
        for path in [
            "x.sql",
            "2026_x.sql",
            "20260131120000.sql",
            "20260131120000_.sql",
            "+2026013112000_x.sql",
            "20260131120000_x.txt",
        ] {
            assert_eq!(MigrationFile::new(path, "").unwrap_err().code(), "migration.bad-name", "{path}");
        }
    }

    #[test]
    fn a_version_is_the_time_in_utc() {
        let time: DateTime<Utc> = "2026-01-31T12:34:56Z".parse().unwrap();
        assert_eq!(Version::at(time).to_string(), "20260131123456");
        assert_eq!(serde_json::to_string(&Version::at(time)).unwrap(), "\"20260131123456\"");
    }
}
