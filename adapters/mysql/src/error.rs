//! What the servers' error numbers and the driver's errors mean, and what to do about them.
//!
//! Numbers: <https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html> and
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/>; where the two use one for different things, the message decides.

use fastman_core::error::{Error, ErrorClass};
use mysql_async::{DriverError, Error as Failure, ServerError};

/// What a guard's reason begins with; see the dialect's guards.
const MARK: &str = "fastman: ";

/// Any error of the driver, of a session that was open.
pub(crate) fn classify(failure: Failure) -> Error {
    match failure {
        Failure::Server(server) => of_server(&server),
        Failure::Io(error) => lost(&error.to_string()),
        Failure::Driver(DriverError::ConnectionClosed | DriverError::PoolDisconnected) => lost("the server closed it"),
        Failure::Driver(error @ (DriverError::StmtParamsNumberExceedsLimit { .. } | DriverError::PacketTooLarge)) => {
            Error::database(ErrorClass::Other, format!("the statement can't be sent: {error}"))
                .with_help("a statement takes 65,535 parameters and max_allowed_packet bytes at the most")
        }
        Failure::Driver(error @ DriverError::StmtParamsMismatch { .. }) => {
            Error::database(ErrorClass::Other, error.to_string())
        }
        Failure::Driver(error) => lost(&format!("the server and fastman are out of step: {error}")),
        other => Error::database(ErrorClass::Other, other.to_string()),
    }
}

/// The connection went away.
pub(crate) fn lost(why: &str) -> Error {
    Error::database(ErrorClass::LostConnection, format!("the connection to the server was lost: {why}")).with_help(
        "what was not committed is rolled back by the server; see its log for the reason, then run the same command \
         again",
    )
}

/// An error that the server sent.
pub(crate) fn of_server(server: &ServerError) -> Error {
    of_code(server.code, &server.message).with_detail(format!("error {} ({})", server.code, server.state))
}

/// What an error or a warning of that number means.
pub(crate) fn of_code(code: u16, message: &str) -> Error {
    if let Some(reason) = guarded(message) {
        let new = reason.contains("needs a DEFAULT");
        let class =
            if new || reason.contains("has NULL where") { ErrorClass::NotNullViolation } else { ErrorClass::BadValue };
        let help = if new {
            "give the new column a DEFAULT, or add it nullable, fill it, then SET NOT NULL"
        } else {
            "change those rows first, with an UPDATE in front of the statement"
        };
        return Error::database(class, reason).with_help(help);
    }
    let class = class(code, message);
    let error = Error::database(class, message.to_owned());
    match help(code, class) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// The reason of a guard: `Incorrect datetime value: 'fastman: ...'`.
fn guarded(message: &str) -> Option<String> {
    let (_, reason) = message.split_once(MARK)?;
    let end = reason.rfind('\'').unwrap_or(reason.len());
    Some(reason[..end].to_owned())
}

fn class(code: u16, message: &str) -> ErrorClass {
    match code {
        1062 | 1169 | 1586 | 1859 => ErrorClass::UniqueViolation,
        1216 | 1217 | 1451 | 1452 | 1761 | 1762 => ErrorClass::ForeignKeyViolation,
        3819 | 4025 => ErrorClass::CheckViolation,
        1048 | 1138 | 1263 | 1364 | 1566 => ErrorClass::NotNullViolation,
        1264..=1265 | 1292 | 1365..=1367 | 1406 | 1411 | 1441 | 1690 | 3140..=3157 | 4038 => ErrorClass::BadValue,
        1146 | 1051 | 1109 => ErrorClass::MissingTable,
        1049 => ErrorClass::MissingDatabase,
        1007 | 1050 | 1060 | 1061 | 1304 | 1359 | 1826 | 3822 => ErrorClass::AlreadyExists,
        1020 | 1205 | 1213 | 1614 | 3572 | 1040 | 1203 | 1226 => ErrorClass::Busy,
        1045 | 1130 | 1251 | 1524 | 1698 | 1820 | 1862 | 3118 | 3955 => ErrorClass::Authentication,
        1044 | 1142 | 1143 | 1227 | 1370 | 1410 | 1419 | 3530 => ErrorClass::NoPrivilege,
        1290 if message.contains("read-only") || message.contains("read_only") => ErrorClass::ReadOnly,
        1036 | 1792 | 1836 | 3989 => ErrorClass::ReadOnly,
        1021 | 1114 | 1041 => ErrorClass::Full,
        1053 | 1077 | 1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 2055 | 3169 | 4031 => ErrorClass::LostConnection,
        1317 | 1969 | 3024 => ErrorClass::Interrupted,
        1002 | 1129 | 2002 | 2003 => ErrorClass::Unreachable,
        1034 | 1035 | 1194 | 1195 | 1712 => ErrorClass::Corrupt,
        _ => ErrorClass::Other,
    }
}

fn help(code: u16, class: ErrorClass) -> Option<&'static str> {
    Some(match (code, class) {
        (1045 | 1698, _) => "check user and password in the URL, and that the account may log in from this host",
        (1130, _) => "the server lets nobody in from this host; an account is for a user and a host",
        (1049, _) => "check the database's name in the URL, or make it with `fastman db:create`",
        (1040 | 1203 | 1226, _) => "wait for other connections to end, or raise max_connections",
        (1213, _) => {
            "two sessions waited for each other, and the server took this one's transaction back; run it again"
        }
        (1020 | 1205 | 3572, _) => "another session holds a lock on those rows or tables; run it again when it is done",
        (1118, _) => {
            "all columns of a row take 65,535 bytes at the most, four a character; TEXT and BLOB count 12 at the most"
        }
        (1071, _) => "an index takes 3,072 bytes at the most, four a character",
        (_, ErrorClass::NoPrivilege) => "the account lacks a privilege; GRANT it, or connect as one that has it",
        (_, ErrorClass::ReadOnly) => {
            "connect to the primary server, or take read_only, the transaction's or the session's, away"
        }
        (_, ErrorClass::LostConnection) => {
            "what was not committed is rolled back by the server; see its log for the reason, then run the same command again"
        }
        (_, ErrorClass::Full) => "make room for the server, then run the same command again",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_classified_for_both_products() {
        for (code, message, expected) in [
            (1062, "Duplicate entry '1' for key 'PRIMARY'", ErrorClass::UniqueViolation),
            (1146, "Table 'x.t' doesn't exist", ErrorClass::MissingTable),
            (3819, "Check constraint 'ck' is violated.", ErrorClass::CheckViolation),
            (4025, "CONSTRAINT `ck` failed for `x`.`t`", ErrorClass::CheckViolation),
            (1290, "The MySQL server is running with the --read-only option", ErrorClass::ReadOnly),
            (1290, "The MySQL server is running with the --skip-grant-tables option", ErrorClass::Other),
            (1064, "You have an error in your SQL syntax", ErrorClass::Other),
            (1050, "Table 't' already exists", ErrorClass::AlreadyExists),
        ] {
            assert_eq!(of_code(code, message).class(), Some(expected), "{code}");
        }
    }

    #[test]
    fn a_guard_s_reason_is_the_message() {
        let error = of_code(1292, "Incorrect datetime value: 'fastman: price has digits that INTEGER would round'");
        assert_eq!(error.message(), "price has digits that INTEGER would round");
        assert_eq!(error.class(), Some(ErrorClass::BadValue));
        let error = of_code(1292, "Incorrect datetime value: 'fastman: a needs a DEFAULT, since t has rows'");
        assert_eq!(error.class(), Some(ErrorClass::NotNullViolation));
    }
}
