//! What SQLite's result codes mean, and what to do about them.

use fastman_core::Error;
use fastman_core::error::ErrorClass;
use rusqlite::ffi;

use crate::dialect::REBUILD_PREFIX;

/// The error of a statement or of opening; `file` is the database as the user is shown it.
pub(crate) fn classify(error: rusqlite::Error, file: &str) -> Error {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            let message = message.unwrap_or_else(|| failure.to_string());
            from_code(failure.extended_code, message, file)
        }
        rusqlite::Error::SqlInputError { error, msg, sql, offset } => {
            let classified = from_code(error.extended_code, msg, file);
            match usize::try_from(offset).ok().and_then(|offset| place_in(&sql, offset)) {
                Some(place) => classified.with_detail(place),
                None => classified,
            }
        }
        rusqlite::Error::MultipleStatement => {
            Error::database(ErrorClass::Other, "the text holds more than one statement, and one is run at a time")
        }
        rusqlite::Error::InvalidParameterCount(given, expected) => Error::database(
            ErrorClass::BadValue,
            format!("the statement takes {expected} parameters, and {given} were given"),
        ),
        rusqlite::Error::NulError(_) => {
            Error::database(ErrorClass::BadValue, "the text holds a NUL character, which no statement or path may")
        }
        other => Error::database(ErrorClass::Other, other.to_string()),
    }
}

/// Whether the error is that of a lock that somebody else holds.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

fn place_in(sql: &str, offset: usize) -> Option<String> {
    let before = sql.get(..offset)?;
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some(format!("line {line}, column {column} of the statement"))
}

fn from_code(code: i32, message: String, file: &str) -> Error {
    // A constraint of a table that is being built anew is one of the table.
    let message = message.replace(REBUILD_PREFIX, "");
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            return Error::database(ErrorClass::UniqueViolation, message);
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return Error::database(ErrorClass::ForeignKeyViolation, message),
        // ON DELETE RESTRICT is a trigger inside SQLite.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message.starts_with("FOREIGN KEY") => {
            return Error::database(ErrorClass::ForeignKeyViolation, message);
        }
        ffi::SQLITE_CONSTRAINT_CHECK => return Error::database(ErrorClass::CheckViolation, message),
        ffi::SQLITE_CONSTRAINT_NOTNULL => return Error::database(ErrorClass::NotNullViolation, message),
        ffi::SQLITE_CONSTRAINT_DATATYPE => return Error::database(ErrorClass::BadValue, message),
        _ => {}
    }
    match code & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Error::database(ErrorClass::Busy, format!("{file}: {message}"))
            .with_help(
                "another process holds a lock on the file; end it or try again, or wait longer with \
                 ?busy_timeout=MILLISECONDS in the URL",
            ),
        ffi::SQLITE_READONLY => Error::database(ErrorClass::ReadOnly, format!("{file}: {message}")).with_help(
            "the file, its folder or the file system can't be written to; check their permissions, and ?mode=ro in \
                 the URL",
        ),
        ffi::SQLITE_FULL => Error::database(ErrorClass::Full, format!("{file}: {message}"))
            .with_help("free some space on the disk, or raise PRAGMA max_page_count, and run it again"),
        ffi::SQLITE_NOTADB => {
            Error::database(ErrorClass::Corrupt, format!("{file} is not a SQLite database, or it is encrypted"))
                .with_help("check the path in the URL")
        }
        ffi::SQLITE_CORRUPT => Error::database(ErrorClass::Corrupt, format!("{file}: {message}"))
            .with_help("the file is damaged; see PRAGMA integrity_check, and restore a backup"),
        ffi::SQLITE_CANTOPEN => Error::database(ErrorClass::Unreachable, format!("{file}: {message}"))
            .with_help("check that its folder is there and that both can be read and written to"),
        ffi::SQLITE_PERM | ffi::SQLITE_AUTH => Error::database(ErrorClass::NoPrivilege, format!("{file}: {message}")),
        ffi::SQLITE_IOERR => Error::database(ErrorClass::Other, format!("{file}: {message}"))
            .with_help("the operating system could not read or write the file; look at its log"),
        ffi::SQLITE_INTERRUPT => Error::database(ErrorClass::Interrupted, message),
        ffi::SQLITE_TOOBIG | ffi::SQLITE_MISMATCH | ffi::SQLITE_RANGE => Error::database(ErrorClass::BadValue, message),
        ffi::SQLITE_ERROR => from_message(message),
        _ => Error::database(ErrorClass::Other, message),
    }
}

/// SQLite has one code for most errors of a statement; its words tell them apart, and have not changed in decades.
fn from_message(message: String) -> Error {
    if message.starts_with("no such table:") || message.starts_with("no such view:") {
        return Error::database(ErrorClass::MissingTable, message);
    }
    if message.contains("already exists")
        || message.starts_with("there is already")
        || message.starts_with("duplicate column name")
    {
        return Error::database(ErrorClass::AlreadyExists, message);
    }
    if message.starts_with("Cannot add a NOT NULL column") {
        return Error::database(ErrorClass::NotNullViolation, message).with_help(
            "the table has rows; give the column a DEFAULT, or add it nullable, fill it, then SET NOT NULL",
        );
    }
    if message.contains("VACUUM from within a transaction") {
        return Error::database(ErrorClass::Other, message)
            .with_help("put it in a section of its own: `-- migrate:up sqlite transaction:false`");
    }
    Error::database(ErrorClass::Other, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_a_statement_says_where_in_it() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let error = connection.prepare("SELECT 1,\n  FROM\n  x").map(|_| ()).unwrap_err();
        let error = classify(error, "app.db");
        assert_eq!(error.code(), "db.error");
        assert_eq!(error.details(), ["line 2, column 3 of the statement"]);
    }

    #[test]
    fn errors_are_told_apart_by_code_and_by_words() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "PRAGMA foreign_keys = ON; CREATE TABLE p (a INT PRIMARY KEY NOT NULL, b INT CHECK (b < 9));
                 CREATE TABLE c (a INT REFERENCES p (a)); INSERT INTO p VALUES (1, 1)",
            )
            .unwrap();
        for (sql, class) in [
            ("INSERT INTO p VALUES (1, 1)", ErrorClass::UniqueViolation),
            ("INSERT INTO p VALUES (NULL, 1)", ErrorClass::NotNullViolation),
            ("INSERT INTO p VALUES (2, 10)", ErrorClass::CheckViolation),
            ("INSERT INTO c VALUES (7)", ErrorClass::ForeignKeyViolation),
            ("SELECT * FROM nowhere", ErrorClass::MissingTable),
            ("DROP VIEW nowhere", ErrorClass::MissingTable),
            ("CREATE TABLE p (a)", ErrorClass::AlreadyExists),
            ("ALTER TABLE p ADD COLUMN a", ErrorClass::AlreadyExists),
            ("ALTER TABLE p RENAME TO c", ErrorClass::AlreadyExists),
            ("ALTER TABLE p ADD COLUMN d INT NOT NULL", ErrorClass::NotNullViolation),
            ("SELEC", ErrorClass::Other),
        ] {
            let error = connection.execute(sql, []).unwrap_err();
            assert_eq!(classify(error, "app.db").class(), Some(class), "{sql}");
        }
    }
}
