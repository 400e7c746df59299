//! What SPG's errors mean.

use fastman_core::Error;
use fastman_core::error::ErrorClass;
use spg_embedded::EngineError;
use spg_engine::sqlstate::error_to_wire;

/// The error in SPG's own words, classified by its SQLSTATE.
pub(crate) fn classify(error: &EngineError) -> Error {
    let (state, message) = error_to_wire(error);
    let class = match state.as_ref() {
        "23505" => ErrorClass::UniqueViolation,
        "23503" => ErrorClass::ForeignKeyViolation,
        "23514" => ErrorClass::CheckViolation,
        "23502" => ErrorClass::NotNullViolation,
        "42P01" => ErrorClass::MissingTable,
        "42P07" | "42710" => ErrorClass::AlreadyExists,
        "25006" => ErrorClass::ReadOnly,
        // A RESTRICT has a state of its own in PostgreSQL and none here.
        _ if message.contains("of foreign key constraint") => ErrorClass::ForeignKeyViolation,
        state if state.starts_with("22") => ErrorClass::BadValue,
        _ => ErrorClass::Other,
    };
    Error::database(class, message)
}

/// The session is over.
pub(crate) fn lost() -> Error {
    Error::database(ErrorClass::LostConnection, "an earlier interruption ended the session")
}
