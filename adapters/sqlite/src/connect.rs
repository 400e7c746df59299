//! From a URL to an open file: which file, with what options, and when it can't be opened, why.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fastman_core::adapter::{ConnectOptions, nearest};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::url::DatabaseUrl;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};

use crate::error::{classify, is_busy};

/// How long a statement waits for somebody else's lock where the URL does not say.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// SQLite counts milliseconds in 31 bits; a day is as good as for ever.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// How many pages a session that only reads keeps in memory.
const READER_CACHE_PAGES: u32 = 32;

/// Parameters of other programs' URLs that mean nothing here.
const IGNORED: [&str; 5] = ["check_same_thread", "uri", "cached_statements", "detect_types", "isolation_level"];

/// What to open, and how.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The file; `None` for a database in memory.
    pub(crate) path: Option<PathBuf>,
    /// How a user is shown it.
    pub(crate) shown: String,
    /// Nothing is written.
    pub(crate) read_only: bool,
    /// A file that is not there is made.
    pub(crate) create: bool,
    /// How long a statement waits for a lock.
    pub(crate) busy_timeout: Duration,
}

impl Target {
    /// Reads the URL.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub(crate) fn of(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Target> {
        let file = url.file()?;
        let mut target = Target {
            path: None,
            shown: ":memory:".to_owned(),
            read_only: options.read_only,
            create: options.create && !options.read_only,
            busy_timeout: BUSY_TIMEOUT,
        };
        let mut in_memory = file == ":memory:";
        for (name, value) in url.parameters() {
            match name {
                "mode" => match value {
                    "ro" => (target.read_only, target.create) = (true, false),
                    "rw" => target.create = false,
                    "rwc" => {}
                    "memory" => in_memory = true,
                    _ => return Err(bad_parameter(name, value, "ro, rw, rwc or memory")),
                },
                "busy_timeout" => {
                    let millis: u32 = value.parse().map_err(|_| bad_parameter(name, value, "milliseconds"))?;
                    target.busy_timeout = Duration::from_millis(u64::from(millis)).min(LONGEST_TIMEOUT);
                }
                // SQLAlchemy's, and Python's: in seconds.
                "timeout" => {
                    target.busy_timeout = value
                        .parse()
                        .ok()
                        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                        .ok_or_else(|| bad_parameter(name, value, "seconds"))?
                        .min(LONGEST_TIMEOUT);
                }
                ignored if IGNORED.contains(&ignored) => {}
                unknown => {
                    let known = ["mode", "busy_timeout", "timeout"];
                    let mut help = format!("known parameters: {}", known.join(", "));
                    if let Some(nearest) = nearest(unknown, known.into_iter()) {
                        help = format!("did you mean {nearest}? {help}");
                    }
                    let message = format!("the sqlite URL has a parameter {unknown:?} that SQLite has not");
                    return Err(Error::usage("url.unknown-parameter", message).with_help(help));
                }
            }
        }
        if !in_memory {
            let path = options.base.join(file.strip_prefix("file:").unwrap_or(file));
            // Without the dots of ./app.db: the path is shown in messages.
            let path: PathBuf = path.components().collect();
            target.shown = path.display().to_string();
            target.path = Some(path);
        }
        Ok(target)
    }

    /// Opens it. Blocks.
    ///
    /// # Errors
    /// Why it can't be opened, classified.
    pub(crate) fn open(&self) -> Result<Connection> {
        let connection = self.open_as(self.read_only)?;
        match self.probe(&connection) {
            Ok(()) => Ok(connection),
            Err(error) if is_hot_journal(&error) => {
                drop(connection);
                self.recover()?;
                let connection = self.open_as(self.read_only)?;
                self.probe(&connection).map_err(|error| self.explain(error))?;
                Ok(connection)
            }
            Err(error) if is_busy(&error) => Ok(connection),
            Err(error) => Err(self.explain(error)),
        }
    }

    fn open_as(&self, read_only: bool) -> Result<Connection> {
        // One thread uses the connection, so SQLite need not lock it.
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let opened = match &self.path {
            None => {
                flags |= OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
                Connection::open_in_memory_with_flags(flags)
            }
            Some(path) => {
                if !self.create && matches!(fs::metadata(path), Err(error) if error.kind() == io::ErrorKind::NotFound) {
                    return Err(self.missing(path));
                }
                flags |= if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
                if self.create {
                    flags |= OpenFlags::SQLITE_OPEN_CREATE;
                }
                Connection::open_with_flags(path, flags)
            }
        };
        let connection = opened.map_err(|error| self.explain(error))?;
        self.configure(&connection).map_err(|error| self.explain(error))?;
        Ok(connection)
    }

    fn configure(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
        // A name that is not there is an error and not a string.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.busy_timeout(self.busy_timeout)
    }

    /// Reads the first page, which shows whether it is a database at all and whether something is to be rolled back
    /// first.
    fn probe(&self, connection: &Connection) -> rusqlite::Result<()> {
        // Whoever has the lock is waited for by the first statement.
        connection.busy_timeout(Duration::ZERO)?;
        let read = connection.query_row("PRAGMA schema_version", [], |_| Ok(()));
        if read.is_ok() && self.read_only {
            // Whoever only reads reads most pages once. A failure leaves the cache as large as SQLite makes it.
            let _ = connection.pragma_update(None, "cache_size", READER_CACHE_PAGES);
        }
        connection.busy_timeout(self.busy_timeout)?;
        read
    }

    /// Lets SQLite roll back what a killed process left, which takes a connection that may write.
    fn recover(&self) -> Result<()> {
        tracing::warn!(
            "{}: a process was killed in the middle of a transaction; rolling back what it left behind",
            self.shown
        );
        let unrecovered = |error: Error| {
            error
                .map_message(|message| {
                    format!(
                        "a process was killed in the middle of a transaction, and what it left can't be rolled \
                         back: {message}"
                    )
                })
                .with_help(format!(
                    "recovery writes to {} and deletes the journal beside it: run any command with an account that may",
                    self.shown
                ))
        };
        let connection = self.open_as(false).map_err(unrecovered)?;
        self.probe(&connection).map_err(|error| unrecovered(self.explain(error)))
    }

    fn missing(&self, path: &Path) -> Error {
        match folder_of(path) {
            Some(folder) if !folder.exists() => self.without_folder(folder),
            _ => Error::database(ErrorClass::MissingDatabase, format!("{} is not there", self.shown))
                .with_help("`fastman db:create` or `fastman database:migrate` makes it; or check the path in the URL"),
        }
    }

    fn without_folder(&self, folder: &Path) -> Error {
        let message = format!("{} can't be opened: the folder {} is not there", self.shown, folder.display());
        Error::database(ErrorClass::Unreachable, message)
            .with_help(format!("make it (mkdir -p {}), or check the path in the URL", folder.display()))
    }

    /// SQLite says "unable to open database file" to everything; the file system knows more.
    fn explain(&self, error: rusqlite::Error) -> Error {
        if let Some(path) = self.path.as_deref().filter(|path| is_read_only(&error) && is_wal(path)) {
            return self.unreadable_wal(path);
        }
        let Some(path) =
            self.path.as_deref().filter(|_| error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen))
        else {
            return classify(error, &self.shown);
        };
        let denied = |what: &Path| {
            Error::database(ErrorClass::NoPrivilege, format!("{}: permission denied: {}", self.shown, what.display()))
                .with_help(
                    "run it with an account that may read and write the file and its folder, or change their \
                     permissions",
                )
        };
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let message = format!("{} is a folder, and a SQLite database is a file", self.shown);
                return Error::database(ErrorClass::Unreachable, message).with_help("name a file in the URL");
            }
            Ok(_) => {
                if matches!(fs::File::open(path), Err(error) if error.kind() == io::ErrorKind::PermissionDenied) {
                    return denied(path);
                }
                if self.read_only && is_wal(path) {
                    return self.unreadable_wal(path);
                }
            }
            Err(problem) if problem.kind() == io::ErrorKind::PermissionDenied => return denied(path),
            Err(_) => match folder_of(path) {
                Some(folder) if !folder.exists() => return self.without_folder(folder),
                Some(folder) if !folder.is_dir() => {
                    let message = format!("{} can't be opened: {} is not a folder", self.shown, folder.display());
                    return Error::database(ErrorClass::Unreachable, message).with_help("check the path in the URL");
                }
                // The file is to be made, and was not.
                folder => return denied(folder.unwrap_or(path)),
            },
        }
        classify(error, &self.shown)
    }

    /// The error of a database whose journal is a file beside it that has to be made for reading as well.
    fn unreadable_wal(&self, path: &Path) -> Error {
        let message = format!(
            "{} is in WAL mode: even reading it takes the files {}-wal and -shm beside it, and this account may not make them",
            self.shown,
            path.file_name().unwrap_or_default().to_string_lossy()
        );
        let folder = folder_of(path).unwrap_or(path).display();
        Error::database(ErrorClass::NoPrivilege, message).with_help(format!(
            "use an account that may write to the folder {folder}; or have one switch the database back to a rollback journal: \
             sqlite3 {} 'PRAGMA journal_mode = DELETE'",
            self.shown
        ))
    }
}

/// Makes an empty database; true if it was not there.
///
/// # Errors
/// Why it can't be made, or that what is there is no database.
pub(crate) fn create(target: &Target) -> Result<bool> {
    let Some(path) = &target.path else { return Ok(false) };
    let there = path.exists();
    Target { read_only: there, create: !there, ..target.clone() }.open()?;
    Ok(!there)
}

/// Something was to be written, and may not be.
fn is_read_only(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly) && !is_hot_journal(error)
}

/// A journal that has to be played back, seen by a connection that may not write.
fn is_hot_journal(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error(), Some(failure) if failure.extended_code == ffi::SQLITE_READONLY_ROLLBACK)
}

/// Byte 18 of the header (<https://www.sqlite.org/fileformat2.html>): 2 in WAL mode.
fn is_wal(path: &Path) -> bool {
    let mut header = [0; 20];
    fs::File::open(path).and_then(|mut file| io::Read::read_exact(&mut file, &mut header)).is_ok() && header[18] == 2
}

fn folder_of(path: &Path) -> Option<&Path> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty())
}

fn bad_parameter(name: &str, value: &str, expected: &str) -> Error {
    Error::usage("url.bad-parameter", format!("the sqlite URL's parameter {name} is {value:?}"))
        .with_help(format!("it takes {expected}"))
}
