//! Where migrations come from: a folder, or texts embedded in a program.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{MigrationFile, Version};
use crate::error::{Error, Result};

/// A source of migrations.
pub trait Source: Send + Sync {
    /// Every migration, in any order.
    ///
    /// # Errors
    /// A file that can't be read, or whose name is not that of a migration.
    fn files(&self) -> Result<Vec<MigrationFile>>;
}

/// The migrations of a folder: its `.sql` files. Hidden files, other files and folders inside are left alone.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    shown: String,
}

impl Folder {
    /// A folder, and how errors cite it: a path relative to the project. A folder that is not there is an error.
    pub fn new(path: impl Into<PathBuf>, shown: impl Into<String>) -> Folder {
        Folder { path: path.into(), shown: shown.into() }
    }
}

impl Source for Folder {
    fn files(&self) -> Result<Vec<MigrationFile>> {
        let unreadable = |what: &str, error: std::io::Error| {
            Error::failed("migration.unreadable", format!("{what} can't be read: {error}"))
        };
        let entries = match std::fs::read_dir(&self.path) {
            Ok(entries) => entries,
            // To find nothing to apply would let a deployment pass that forgot its migrations.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::failed(
                    "migration.no-folder",
                    format!("the folder of migrations, {}, is not there", self.shown),
                )
                .with_help("`make:migration` makes it with the first one; `[folders] migrations` in fastman.toml names another"));
            }
            Err(error) => return Err(unreadable(&self.shown, error)),
        };
        let mut files = Vec::new();
        let mut buffer = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&self.shown, error))?;
            let file_name = entry.file_name();
            let file_name = file_name.to_string_lossy();
            let is_sql = Path::new(&*file_name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql"));
            if !is_sql || file_name.starts_with('.') {
                continue;
            }
            let shown = format!("{}/{file_name}", self.shown);
            let bytes = match read_into(&mut buffer, &entry.path()) {
                Ok(filled) => &buffer[..filled],
                Err(error) if error.kind() == ErrorKind::IsADirectory => continue,
                Err(error) => return Err(unreadable(&shown, error)),
            };
            let text = str::from_utf8(bytes).map_err(|error| {
                let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
                Error::failed("migration.unreadable", format!("{shown}:{line}: not UTF-8"))
                    .with_help("save the file as UTF-8")
            })?;
            files.push(MigrationFile::new(&shown, text)?);
        }
        Ok(files)
    }
}

/// Reads the whole file into the buffer and says how many of its bytes are the file's. The buffer only grows, so that it is zeroed
/// once for all files, and nobody asks for a file's size before it is read.
fn read_into(buffer: &mut Vec<u8>, path: &Path) -> std::io::Result<usize> {
    const AT_ONCE: usize = 16 * 1024;
    let mut file = File::open(path)?;
    let mut filled = 0;
    loop {
        if buffer.len() < filled + AT_ONCE {
            buffer.resize(filled + AT_ONCE, 0);
        }
        match file.read(&mut buffer[filled..]) {
            Ok(0) => return Ok(filled),
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
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
    files.sort_by(|left, right| (left.version, &left.name).cmp(&(right.version, &right.name)));
    match files.windows(2).find(|pair| pair[0].version == pair[1].version) {
        None => Ok(files),
        Some(pair) => {
            let (first, second) = (&pair[0], &pair[1]);
            let free = next_free(second.version, &files);
            Err(Error::failed(
                "migration.duplicate-version",
                format!("{} and {} have one version, {}", first.source.name, second.source.name, first.version),
            )
            .with_help(format!("rename the one that is applied nowhere yet, to {free}_{} for instance", second.name)))
        }
    }
}

/// The least version after the one given that no file has.
fn next_free(version: Version, files: &[MigrationFile]) -> Version {
    let mut digits: u64 = version.to_string().parse().unwrap_or_default();
    loop {
        digits += 1;
        match format!("{digits:014}").parse() {
            Ok(free) if files.iter().all(|file| file.version != free) => return free,
            Ok(_) => {}
            Err(_) => return version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &std::path::Path, name: &str, bytes: &[u8]) {
        std::fs::write(folder.join(name), bytes).unwrap();
    }

    #[test]
    fn a_folder_gives_its_sql_files_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "20260102000000_b.sql", b"-- b");
        write(folder.path(), "20260101000000_a.sql", b"-- a");
        write(folder.path(), "README.md", b"");
        write(folder.path(), ".20260101000000_a.sql", b"");
        std::fs::create_dir(folder.path().join("old.sql")).unwrap();
        let files = in_order(&Folder::new(folder.path(), "versions")).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| &*file.source.name).collect();
        assert_eq!(paths, ["versions/20260101000000_a.sql", "versions/20260102000000_b.sql"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = in_order(&Folder::new("/nonexistent/fastman", "versions")).unwrap_err();
        assert_eq!(error.code(), "migration.no-folder");
    }

    #[test]
    fn a_file_with_its_ending_in_capitals_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "20260101000000_a.SQL", b"-- migrate:up\n");
        assert_eq!(in_order(&Folder::new(folder.path(), "versions")).unwrap_err().code(), "migration.bad-name");
    }

    #[test]
    fn a_file_that_is_not_utf8_is_an_error_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "20260101000000_a.sql", b"-- migrate:up\n\xff");
        let error = in_order(&Folder::new(folder.path(), "versions")).unwrap_err();
        assert_eq!(error.code(), "migration.unreadable");
        assert_eq!(error.message(), "versions/20260101000000_a.sql:2: not UTF-8");
    }

    #[test]
    fn a_sql_file_of_another_name_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "schema.sql", b"");
        assert_eq!(in_order(&Folder::new(folder.path(), "versions")).unwrap_err().code(), "migration.bad-name");
    }

    #[test]
    fn two_files_of_one_version_are_an_error_that_proposes_a_free_one() {
        const FILES: Embedded =
            Embedded::new(&[("20260101000000_a.sql", ""), ("20260101000000_b.sql", ""), ("20260101000001_c.sql", "")]);
        let error = in_order(&FILES).unwrap_err();
        assert_eq!(error.code(), "migration.duplicate-version");
        assert!(error.help().unwrap().contains("20260101000002_b"), "{:?}", error.help());
    }
}
