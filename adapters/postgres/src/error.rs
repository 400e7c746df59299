//! What PostgreSQL's SQLSTATEs and the driver's errors mean, and what to do about them.
//!
//! Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use std::error::Error as _;
use std::io;

use fastman_core::error::{Error, ErrorClass};
use tokio_postgres::error::{DbError, ErrorPosition};

/// The error of a statement, with the place in it where the server names one.
pub(crate) fn of_statement(error: &tokio_postgres::Error, sql: &str) -> Error {
    let classified = classify(error);
    match error.as_db_error().and_then(DbError::position) {
        Some(ErrorPosition::Original(position)) => classified.with_detail(place_in(sql, *position)),
        _ => classified,
    }
}

/// Any error of the driver.
pub(crate) fn classify(error: &tokio_postgres::Error) -> Error {
    if let Some(server) = error.as_db_error() {
        return of_server(server);
    }
    let source = error.source();
    if let Some(io) = source.and_then(|source| source.downcast_ref::<io::Error>()) {
        return match io.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                Error::database(ErrorClass::Other, format!("the statement can't be sent: {error}: {io}"))
                    .with_help("a statement takes 65,535 parameters and 1 GB at the most, and no NUL character")
            }
            _ => lost(&format!("{error}: {io}")),
        };
    }
    if error.is_closed() {
        return lost(&error.to_string());
    }
    let message = match source {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    Error::database(ErrorClass::Other, message)
}

/// The connection went away.
pub(crate) fn lost(why: &str) -> Error {
    Error::database(ErrorClass::LostConnection, format!("the connection to the server was lost: {why}")).with_help(
        "what was not committed is rolled back by the server; see its log for the reason, then run the same command \
         again",
    )
}

/// Whether the driver itself did not understand the server: the session is of no more use.
pub(crate) fn is_out_of_step(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_none() && error.to_string().starts_with("unexpected message")
}

/// Line and column of the statement's character `position`, from 1.
fn place_in(sql: &str, position: u32) -> String {
    let mut line = 1;
    let mut column = 1;
    for character in sql.chars().take(position.saturating_sub(1) as usize) {
        if character == '\n' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    format!("line {line}, column {column} of the statement")
}

fn of_server(server: &DbError) -> Error {
    let code = server.code().code();
    let (class, help) = meaning(code, server.message());
    let mut error = Error::database(class, server.message());
    // CASCADE is no word of portable SQL, and it would drop what nobody asked for.
    let hint = server.hint().filter(|hint| !hint.contains("CASCADE"));
    if let Some(help) = help.or(hint) {
        error = error.with_help(help);
    }
    for detail in server.detail().into_iter().flat_map(str::lines) {
        error = error.with_detail(detail);
    }
    if let Some(context) = server.where_() {
        error = error.with_detail(context);
    }
    error.with_detail(format!("SQLSTATE {code}"))
}

/// The row that COPY was at: `COPY people, line 37, column email: "..."`.
pub(crate) fn row_of(context: &str) -> Option<u64> {
    let behind = context.strip_prefix("COPY ")?;
    let (_, behind) = behind.split_once(", line ")?;
    behind.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

/// What a SQLSTATE means, and what to do where the server itself doesn't say it better.
fn meaning(code: &str, message: &str) -> (ErrorClass, Option<&'static str>) {
    let class = match code {
        "23505" => ErrorClass::UniqueViolation,
        "23503" | "23001" => ErrorClass::ForeignKeyViolation,
        "23514" => ErrorClass::CheckViolation,
        "23502" => return not_null(message),
        "42P01" => ErrorClass::MissingTable,
        "42P04" | "42P06" | "42P07" | "42701" | "42710" | "42723" => ErrorClass::AlreadyExists,
        "42804" | "42846" => ErrorClass::BadValue,
        _ => return less_common(code),
    };
    (class, None)
}

fn not_null(message: &str) -> (ErrorClass, Option<&'static str>) {
    let help = message.contains("contains null values").then_some(
        "the table has rows without a value there; give a new column a DEFAULT, or add it nullable, fill it, then SET \
         NOT NULL",
    );
    (ErrorClass::NotNullViolation, help)
}

fn less_common(code: &str) -> (ErrorClass, Option<&'static str>) {
    match code {
        "28P01" | "28000" => (
            ErrorClass::Authentication,
            Some(
                "check user and password in the URL; in a password, write @ as %40, / as %2F, ? as %3F, : as %3A and \
                 % as %25; the server's pg_hba.conf says who may log in from where",
            ),
        ),
        "3D000" => (ErrorClass::MissingDatabase, Some("`fastman db:create` makes it")),
        "3F000" => (
            ErrorClass::Other,
            Some("the schema that the URL or search_path names is not there: CREATE SCHEMA it, or `fastman db:create`"),
        ),
        "42501" => (
            ErrorClass::NoPrivilege,
            Some(
                "the account needs CREATE on the schema, and to own the tables that are altered: \
                 GRANT CREATE, USAGE ON SCHEMA public TO ...; since PostgreSQL 15 nobody has it by default",
            ),
        ),
        "25006" => (
            ErrorClass::ReadOnly,
            Some("connect to the primary server; or the session or database has default_transaction_read_only on"),
        ),
        "53100" => (ErrorClass::Full, Some("free some space on the server's disk and run it again")),
        "53300" => (ErrorClass::Busy, Some("the server has no connection left; close some or raise max_connections")),
        "55006" => (ErrorClass::Busy, Some("somebody is connected to it; end those sessions and run it again")),
        "55P03" | "40001" | "40P01" => (
            ErrorClass::Busy,
            Some("other sessions hold locks on the same tables; pg_stat_activity lists them; run it again later"),
        ),
        "57014" => (
            ErrorClass::Interrupted,
            Some("somebody cancelled it, or the role's statement_timeout is too short for it: ALTER ROLE ... SET"),
        ),
        "57P03" => (ErrorClass::Unreachable, Some("wait until the server is ready: `fastman doctor --wait 30`")),
        "57P01" | "57P02" | "57P05" | "25P03" | "25P04" => (
            ErrorClass::LostConnection,
            Some("the server ended the session; what was not committed is rolled back; run the same command again"),
        ),
        "2BP01" => (
            ErrorClass::Other,
            Some(
                "the details say what depends on it: drop that first, by statements of its own, or alter it so that it \
                 no longer does",
            ),
        ),
        "25001" => {
            (ErrorClass::Other, Some("put it in a section of its own: `-- migrate:up postgres transaction:false`"))
        }
        "25P02" => (ErrorClass::Other, Some("an earlier statement of the transaction failed")),
        "XX001" | "XX002" => {
            (ErrorClass::Corrupt, Some("the server's files are damaged; see its log, and restore a backup"))
        }
        _ if code.starts_with("08") => (ErrorClass::LostConnection, None),
        _ if code.starts_with("22") => (ErrorClass::BadValue, None),
        _ => (ErrorClass::Other, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_and_characters() {
        assert_eq!(place_in("SELECT 'ä',\n  x", 14), "line 2, column 2 of the statement");
        assert_eq!(place_in("SELECT", 1), "line 1, column 1 of the statement");
    }

    #[test]
    fn the_row_is_found_in_the_context_of_copy() {
        assert_eq!(row_of("COPY people, line 37, column age: \"x\""), Some(37));
        assert_eq!(row_of("COPY a, line 5"), Some(5));
        assert_eq!(row_of("PL/pgSQL function f() line 3"), None);
    }

    #[test]
    fn codes_have_classes() {
        for (code, class) in [
            ("23505", ErrorClass::UniqueViolation),
            ("42P01", ErrorClass::MissingTable),
            ("22001", ErrorClass::BadValue),
            ("57P01", ErrorClass::LostConnection),
            ("25006", ErrorClass::ReadOnly),
            ("40P01", ErrorClass::Busy),
            ("42601", ErrorClass::Other),
        ] {
            assert_eq!(meaning(code, "").0, class, "{code}");
        }
    }
}
