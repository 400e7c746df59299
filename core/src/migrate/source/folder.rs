//! The migrations of a folder, read one after the other.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use super::Source;
use crate::error::{Error, Result};
use crate::migrate::MigrationFile;

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
        let mut files = Vec::new();
        self.visit(&mut |file| {
            files.push(file);
            Ok(())
        })?;
        Ok(files)
    }

    fn visit(&self, visitor: &mut dyn FnMut(MigrationFile) -> Result<()>) -> Result<()> {
        let mut names = self.names()?;
        // Of several files that are wrong, it is the same one that is named on every machine.
        names.sort_unstable();
        let folder = opened::Folder::open(&self.path).map_err(|error| unreadable(&self.shown, &error))?;
        let mut buffer = Vec::new();
        let mut shown = format!("{}/", self.shown);
        let prefix = shown.len();
        for name in names {
            shown.truncate(prefix);
            match name.to_str() {
                Some(name) => shown.push_str(name),
                None => shown.push_str(&name.to_string_lossy()),
            }
            let bytes = match folder.file(&name).and_then(|file| read_into(&mut buffer, file)) {
                Ok(filled) => &buffer[..filled],
                Err(error) if error.kind() == ErrorKind::IsADirectory => continue,
                Err(error) => return Err(unreadable(&shown, &error)),
            };
            let text = str::from_utf8(bytes).map_err(|error| {
                let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
                Error::failed("migration.unreadable", format!("{shown}:{line}: not UTF-8"))
                    .with_help("save the file as UTF-8")
            })?;
            visitor(MigrationFile::new(&shown, text)?)?;
        }
        Ok(())
    }
}

impl Folder {
    /// The names of the files that count.
    fn names(&self) -> Result<Vec<OsString>> {
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
            Err(error) => return Err(unreadable(&self.shown, &error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| unreadable(&self.shown, &error))?.file_name();
            let is_sql =
                name.as_encoded_bytes().last_chunk().is_some_and(|end: &[u8; 4]| end.eq_ignore_ascii_case(b".sql"));
            if is_sql && !name.as_encoded_bytes().starts_with(b".") {
                names.push(name);
            }
        }
        Ok(names)
    }
}

fn unreadable(what: &str, error: &std::io::Error) -> Error {
    Error::failed("migration.unreadable", format!("{what} can't be read: {error}"))
}

/// Reads the whole file into the buffer and says how many of its bytes are the file's. The buffer only grows, so that it is zeroed
/// once for all files, and nobody asks for a file's size before it is read.
fn read_into(buffer: &mut Vec<u8>, mut file: File) -> std::io::Result<usize> {
    const AT_ONCE: usize = 16 * 1024;
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

/// The folder held open, so that the system need not walk its path again for each file.
#[cfg(unix)]
mod opened {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io::Result;
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use rustix::fs::{Mode, OFlags, open, openat};

    pub struct Folder(OwnedFd);

    impl Folder {
        pub fn open(path: &Path) -> Result<Folder> {
            Ok(Folder(open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?))
        }

        pub fn file(&self, name: &OsStr) -> Result<File> {
            Ok(openat(&self.0, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?.into())
        }
    }
}

/// The folder by its path.
#[cfg(not(unix))]
mod opened {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io::Result;
    use std::path::{Path, PathBuf};

    pub struct Folder(PathBuf);

    impl Folder {
        pub fn open(path: &Path) -> Result<Folder> {
            Ok(Folder(path.to_owned()))
        }

        pub fn file(&self, name: &OsStr) -> Result<File> {
            File::open(self.0.join(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::in_order;

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
    fn of_several_files_that_are_wrong_the_first_by_name_is_the_error() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["c.sql", "a.sql", "b.sql"] {
            write(folder.path(), name, b"");
        }
        let error = in_order(&Folder::new(folder.path(), "versions")).unwrap_err();
        assert!(error.message().starts_with("versions/a.sql"), "{}", error.message());
    }

    #[test]
    fn a_file_longer_than_one_read_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let text = "-- ä\n".repeat(20_000);
        write(folder.path(), "20260101000000_a.sql", text.as_bytes());
        write(folder.path(), "20260102000000_b.sql", b"-- b");
        let files = in_order(&Folder::new(folder.path(), "versions")).unwrap();
        assert_eq!([&*files[0].source.text, &*files[1].source.text], [text.as_str(), "-- b"]);
    }
}
