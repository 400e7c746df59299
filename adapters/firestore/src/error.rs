//! What Firestore's refusals mean.

use fastman_core::error::{Error, ErrorClass};
use tonic::{Code, Status};

use crate::settings::{CREDENTIALS_HELP, Endpoint, Settings};

/// Why a call did not come to anything.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Firestore, or the connection to it.
    Status(Status),
    /// We ourselves: no credentials, no token.
    Own(Error),
}

impl Failure {
    /// Whether the same call may succeed a little later. Every call of ours can be made twice: it writes what it wrote.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Failure::Own(error) => error.class() == Some(ErrorClass::Unreachable),
            Failure::Status(status) => {
                matches!(
                    status.code(),
                    Code::Aborted | Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded
                ) || lost(status)
            }
        }
    }

    /// Whether what was sent may have been done all the same.
    pub(crate) fn unsure(&self) -> bool {
        match self {
            Failure::Own(_) => false,
            Failure::Status(status) => {
                !refused_connection(status)
                    && (lost(status)
                        || matches!(
                            status.code(),
                            Code::Unavailable
                                | Code::DeadlineExceeded
                                | Code::Unknown
                                | Code::Internal
                                | Code::Cancelled
                        ))
            }
        }
    }
}

/// Whether the connection broke, or there was none.
fn lost(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}

/// Whether there was no connection that anything could have been sent over.
fn refused_connection(status: &Status) -> bool {
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        if error.downcast_ref::<std::io::Error>().is_some_and(|error| {
            matches!(error.kind(), std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::TimedOut)
        }) {
            return true;
        }
        source = error.source();
    }
    false
}

/// A failure as what the user is told. `doing` is what was tried: `writing to the collection users`.
pub(crate) fn describe(failure: Failure, doing: &str, settings: &Settings, account: &str) -> Error {
    let status = match failure {
        Failure::Own(error) => return error,
        Failure::Status(status) => status,
    };
    let host = settings.host();
    let project = &settings.project;
    if lost(&status) {
        let mut innermost: &dyn std::error::Error = &status;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        let error = Error::database(
            ErrorClass::Unreachable,
            format!("{doing}: Firestore can't be reached at {host}: {innermost}"),
        );
        return error.with_help(unreachable_help(settings));
    }
    let said = status.message().trim().trim_end_matches('.');
    let name = code_name(status.code());
    let said = if said.is_empty() { name.to_owned() } else { format!("{said} ({name})") };
    let class = match status.code() {
        Code::InvalidArgument | Code::OutOfRange => ErrorClass::BadValue,
        Code::NotFound => ErrorClass::MissingDatabase,
        Code::AlreadyExists => ErrorClass::UniqueViolation,
        Code::PermissionDenied => ErrorClass::NoPrivilege,
        Code::Unauthenticated => ErrorClass::Authentication,
        Code::ResourceExhausted => ErrorClass::Full,
        Code::Unavailable | Code::DeadlineExceeded => ErrorClass::Unreachable,
        Code::Cancelled => ErrorClass::Interrupted,
        _ => ErrorClass::Other,
    };
    let error = Error::database(class, format!("{doing}: {said}"));
    match class {
        ErrorClass::MissingDatabase => error.with_help(format!(
            "is {project} the project's id, and has it a database {:?}? gcloud firestore databases list --project={project}",
            settings.database
        )),
        ErrorClass::NoPrivilege => error.with_help(format!(
            "{account} needs the role Cloud Datastore User (roles/datastore.user) on the project {project}, and Firestore's API must be \
             enabled there; is {project} the right project?"
        )),
        ErrorClass::Authentication => error.with_help(CREDENTIALS_HELP),
        ErrorClass::Unreachable => error.with_help(unreachable_help(settings)),
        ErrorClass::Full => error.with_help(
            "Firestore slows whoever writes faster than it grows, and a quota may be used up (console.cloud.google.com, IAM, quotas)",
        ),
        _ => error,
    }
}

fn unreachable_help(settings: &Settings) -> String {
    match &settings.endpoint {
        Endpoint::Emulator(address) => {
            format!("is the emulator running? gcloud emulators firestore start --host-port={address}")
        }
        Endpoint::Google(_) => "is there a way to the network? For an emulator set FIRESTORE_EMULATOR_HOST".to_owned(),
    }
}

/// A code as Google's documentation writes it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
