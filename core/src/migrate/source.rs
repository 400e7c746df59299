//! Where migrations come from: a folder, or texts embedded in a program.

mod folder;

pub use folder::Folder;

use super::{MigrationFile, Version};
use crate::error::{Error, Result};

/// A source of migrations.
pub trait Source: Send + Sync {
    /// Every migration, in any order.
    ///
    /// # Errors
    /// A file that can't be read, or whose name is not that of a migration.
    fn files(&self) -> Result<Vec<MigrationFile>>;

    /// Hands over every migration, one after the other, in any order. A source whose texts come from elsewhere SHOULD read each
    /// when its turn comes, so that they are never in memory together.
    ///
    /// # Errors
    /// As [`Source::files`], and what the visitor gives.
    fn visit(&self, visitor: &mut dyn FnMut(MigrationFile) -> Result<()>) -> Result<()> {
        self.files()?.into_iter().try_for_each(visitor)
    }
}

/// Migrations that are part of a program, each a file name with its text (`include_str!`).
#[derive(Clone, Copy, Debug)]
pub struct Embedded(&'static [(&'static str, &'static str)]);

impl Embedded {
    /// File names with their texts.
    pub const fn new(files: &'static [(&'static str, &'static str)]) -> Embedded {
        Embedded(files)
    }
}

impl Source for Embedded {
    fn files(&self) -> Result<Vec<MigrationFile>> {
        self.0.iter().map(|(path, text)| MigrationFile::new(path, *text)).collect()
    }
}

/// The files in the order of their versions.
///
/// # Errors
/// What the source gives; `migration.duplicate-version` where two files have one version.
pub fn in_order(source: &dyn Source) -> Result<Vec<MigrationFile>> {
    let mut files = source.files()?;
    sort(&mut files, |file| Label { version: file.version, name: &file.name, shown: &file.source.name })?;
    Ok(files)
}

/// What tells one migration from another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label<'a> {
    /// From the file's name.
    pub version: Version,
    /// From the file's name.
    pub name: &'a str,
    /// How errors cite the file.
    pub shown: &'a str,
}

/// Puts them into the order of their versions.
///
/// # Errors
/// `migration.duplicate-version` where two have one version.
pub(super) fn sort<T>(migrations: &mut [T], label: impl Fn(&T) -> Label<'_>) -> Result<()> {
    migrations.sort_by(|left, right| label(left).cmp(&label(right)));
    let Some(pair) = migrations.windows(2).find(|pair| label(&pair[0]).version == label(&pair[1]).version) else {
        return Ok(());
    };
    let (first, second) = (label(&pair[0]), label(&pair[1]));
    let free = next_free(second.version, || migrations.iter().map(|migration| label(migration).version));
    Err(Error::failed(
        "migration.duplicate-version",
        format!("{} and {} have one version, {}", first.shown, second.shown, first.version),
    )
    .with_help(format!("rename the one that is applied nowhere yet, to {free}_{} for instance", second.name)))
}

/// The least version after the one given that none of these is.
fn next_free<V: Iterator<Item = Version>>(version: Version, taken: impl Fn() -> V) -> Version {
    let mut digits: u64 = version.to_string().parse().unwrap_or_default();
    loop {
        digits += 1;
        match format!("{digits:014}").parse() {
            Ok(free) if taken().all(|version| version != free) => return free,
            Ok(_) => {}
            Err(_) => return version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_files_of_one_version_are_an_error_that_proposes_a_free_one() {
        const FILES: Embedded =
            Embedded::new(&[("20260101000000_a.sql", ""), ("20260101000000_b.sql", ""), ("20260101000001_c.sql", "")]);
        let error = in_order(&FILES).unwrap_err();
        assert_eq!(error.code(), "migration.duplicate-version");
        assert!(error.help().unwrap().contains("20260101000002_b"), "{:?}", error.help());
    }
}
