//! The one error type of the library: a stable code, what happened, where, and what to do next.
//!
//! Messages MUST NOT hold a password; whoever puts a URL into one uses its redacted form.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Results of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of outcome an error is; a program maps it to an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// Unreachable, bad file, statement refused by the server.
    Failed,
    /// Wrong use: a malformed URL, an unknown scheme, an unknown name given as an argument.
    Usage,
    /// An applied migration was changed or is missing, or the schema drifted.
    Drift,
    /// The lock was not had in time.
    Locked,
    /// A migration is half applied: the error says whether running it again goes on with it, or a person must settle it.
    HalfApplied,
    /// fastman refuses to do it.
    Refused,
}

/// What a server's error means, as an adapter classifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Nobody answers at that address, or the file can't be opened.
    Unreachable,
    /// User or password refused.
    Authentication,
    /// The server is there, the database is not.
    MissingDatabase,
    /// A table or view that the statement names is not there.
    MissingTable,
    /// An object of that name exists already.
    AlreadyExists,
    /// A unique or primary key was violated.
    UniqueViolation,
    /// A foreign key was violated.
    ForeignKeyViolation,
    /// A check was violated.
    CheckViolation,
    /// NULL in a column that takes none.
    NotNullViolation,
    /// A value that does not fit its column's type or length.
    BadValue,
    /// Another session holds a lock; trying again later may help.
    Busy,
    /// The account may not do this.
    NoPrivilege,
    /// The server, the database or the file is read-only.
    ReadOnly,
    /// The disk, or the space allowed, is full.
    Full,
    /// The connection went away in the middle.
    LostConnection,
    /// The server is too old for this adapter.
    ServerTooOld,
    /// The file or the answer is not what it should be.
    Corrupt,
    /// The statement was interrupted on our own wish.
    Interrupted,
    /// None of these; the server's own words say what.
    Other,
}

/// A text that errors point into: a migration file, a seeder, a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// As it is shown to the user: a path relative to the project.
    pub name: Arc<str>,
    /// The whole text, as it was read.
    pub text: Arc<str>,
}

impl SourceText {
    /// A text under the name by which errors cite it.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceText {
        SourceText { name: name.into(), text: text.into() }
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1)
    }
}

/// Where in a text an error is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The text.
    pub source: SourceText,
    /// Bytes of it.
    pub span: Range<usize>,
    /// What stands there, in a few words; may be empty.
    pub label: String,
}

/// An error with a stable code.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: &'static str,
    category: Category,
    class: Option<ErrorClass>,
    message: String,
    help: Option<String>,
    location: Option<Location>,
    details: Vec<String>,
    row: Option<u64>,
}

impl Error {
    /// A failure. `code` is stable, lower-case words joined by dots, the first one its area: `sql.syntax`.
    pub fn failed(code: &'static str, message: impl Into<String>) -> Error {
        Error::new(Category::Failed, code, message)
    }

    /// Wrong use.
    pub fn usage(code: &'static str, message: impl Into<String>) -> Error {
        Error::new(Category::Usage, code, message)
    }

    /// A refusal.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Error {
        Error::new(Category::Refused, code, message)
    }

    /// An error of any category.
    pub fn new(category: Category, code: &'static str, message: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            code,
            category,
            class: None,
            message: message.into(),
            help: None,
            location: None,
            details: Vec::new(),
            row: None,
        }))
    }

    /// An error that a server or driver gave, classified. Its code follows from the class: `db.unique-violation`.
    pub fn database(class: ErrorClass, message: impl Into<String>) -> Error {
        let category = match class {
            ErrorClass::Busy => Category::Locked,
            _ => Category::Failed,
        };
        let mut error = Error::new(category, class.code(), message);
        error.0.class = Some(class);
        error
    }

    /// The same with what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Error {
        self.0.help = Some(help.into());
        self
    }

    /// The same with the place, unless it has one already.
    #[must_use]
    pub fn at(mut self, source: &SourceText, span: Range<usize>, label: impl Into<String>) -> Error {
        if self.0.location.is_none() {
            self.0.location = Some(Location { source: source.clone(), span, label: label.into() });
        }
        self
    }

    /// The same with one more line of detail: what was done, what was not, which objects.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Error {
        self.0.details.push(detail.into());
        self
    }

    /// The same with the number, from 1, of the row of a stream that it is about, unless it has one already.
    #[must_use]
    pub fn in_row(mut self, row: u64) -> Error {
        if self.0.row.is_none() {
            self.0.row = Some(row);
            self.0.details.push(format!("row {row}"));
        }
        self
    }

    /// The same without the detail that says the row's number, where the message says it in other words.
    #[must_use]
    pub(crate) fn without_row_detail(mut self) -> Error {
        if let Some(row) = self.0.row {
            let said = format!("row {row}");
            self.0.details.retain(|detail| *detail != said);
        }
        self
    }

    /// The same under another message; code, class, place and help stay.
    #[must_use]
    pub fn map_message(mut self, change: impl FnOnce(String) -> String) -> Error {
        self.0.message = change(std::mem::take(&mut self.0.message));
        self
    }

    /// The same as an outcome of another kind.
    #[must_use]
    pub fn with_category(mut self, category: Category) -> Error {
        self.0.category = category;
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The kind of outcome.
    pub fn category(&self) -> Category {
        self.0.category
    }

    /// What the server's error means, where a server gave it.
    pub fn class(&self) -> Option<ErrorClass> {
        self.0.class
    }

    /// What happened, in a sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do next.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Where.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// The row of a stream of rows that it is about, from 1.
    pub fn row(&self) -> Option<u64> {
        self.0.row
    }

    /// Further lines: what was done, what was not.
    pub fn details(&self) -> &[String] {
        &self.0.details
    }
}

impl ErrorClass {
    /// The stable code of errors of this class.
    pub fn code(self) -> &'static str {
        match self {
            ErrorClass::Unreachable => "db.unreachable",
            ErrorClass::Authentication => "db.authentication",
            ErrorClass::MissingDatabase => "db.missing-database",
            ErrorClass::MissingTable => "db.missing-table",
            ErrorClass::AlreadyExists => "db.already-exists",
            ErrorClass::UniqueViolation => "db.unique-violation",
            ErrorClass::ForeignKeyViolation => "db.foreign-key-violation",
            ErrorClass::CheckViolation => "db.check-violation",
            ErrorClass::NotNullViolation => "db.not-null-violation",
            ErrorClass::BadValue => "db.bad-value",
            ErrorClass::Busy => "db.busy",
            ErrorClass::NoPrivilege => "db.no-privilege",
            ErrorClass::ReadOnly => "db.read-only",
            ErrorClass::Full => "db.full",
            ErrorClass::LostConnection => "db.lost-connection",
            ErrorClass::ServerTooOld => "db.server-too-old",
            ErrorClass::Corrupt => "db.corrupt",
            ErrorClass::Interrupted => "db.interrupted",
            ErrorClass::Other => "db.error",
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.source.line_and_column(self.span.start);
        write!(formatter, "{}:{line}:{column}", self.source.name)
    }
}
