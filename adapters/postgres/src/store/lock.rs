//! The migration lock, and who is who among the server's sessions.
//!
//! The lock is an advisory one of the transaction, keyed by a hash; the server keeps such locks per database.

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::store::LockAttempt;
use fastman_core::value::Value;

use super::PostgresStore;

/// What a session is called: its process and when it started, in microseconds since 1970.
pub(super) fn name(pid: i64, started: &Value) -> String {
    match started {
        Value::Integer(started) => format!("pid {pid}, started {started}"),
        _ => format!("pid {pid}"),
    }
}

/// The lock's number: of the key and of the schema, since each schema may have a history of its own. Nothing but the server that keeps the
/// lock needs to know it.
macro_rules! number {
    () => {
        "hashtextextended('fastman:' || CAST($1 AS text) || ':' || COALESCE(CAST(current_schema() AS text), ''), 0)"
    };
}

/// Tries once.
pub(super) async fn try_lock(store: &PostgresStore, key: &str) -> Result<LockAttempt> {
    if !store.in_transaction {
        return Err(Error::database(ErrorClass::Other, "the lock belongs to a transaction, and none is open"));
    }
    let key = Value::Text(key.to_owned());
    let rows = store
        .rows(concat!("SELECT pg_catalog.pg_try_advisory_xact_lock(", number!(), ")"), std::slice::from_ref(&key))
        .await?;
    if rows.first().and_then(|row| row.first()) == Some(&Value::Boolean(true)) {
        return Ok(LockAttempt::Held);
    }
    Ok(LockAttempt::Busy(holder(store, key).await?))
}

/// Who has it, as far as this account may see.
async fn holder(store: &PostgresStore, key: Value) -> Result<Option<String>> {
    let rows = store
        .rows(
            concat!(
                "SELECT l.pid, CAST(a.usename AS text), a.application_name, host(a.client_addr),
  CAST(EXTRACT(EPOCH FROM now() - a.xact_start) AS bigint)
FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
  AND (CAST(CAST(l.classid AS bigint) AS bit(32)) || CAST(CAST(l.objid AS bigint) AS bit(32))) = CAST(",
                number!(),
                " AS bit(64))"
            ),
            &[key],
        )
        .await?;
    let Some([Value::Integer(pid), user, application, host, seconds]) = rows.first().map(Vec::as_slice) else {
        return Ok(None);
    };
    let mut words = vec![format!("server process {pid}")];
    if let Value::Text(user) = user {
        words.push(format!("user {user}"));
    }
    if let Value::Text(application) = application
        && !application.is_empty()
    {
        words.push(application.clone());
    }
    if let Value::Text(host) = host {
        words.push(format!("from {host}"));
    }
    if let Value::Integer(seconds) = seconds {
        words.push(format!("for {seconds} s"));
    }
    Ok(Some(words.join(", ")))
}

/// Whether the session of that name is shown to be gone.
pub(super) async fn session_is_gone(store: &PostgresStore, session: &str) -> Result<Option<bool>> {
    let (pid, started) = session.strip_prefix("pid ").map_or(("", None), |rest| match rest.split_once(", started ") {
        Some((pid, started)) => (pid, started.parse::<i64>().ok()),
        None => (rest, None),
    });
    let Ok(pid) = pid.parse::<i64>() else { return Ok(None) };
    let rows = store
        .rows(
            "SELECT CAST(EXTRACT(EPOCH FROM backend_start) * 1000000 AS bigint) \
             FROM pg_catalog.pg_stat_activity WHERE pid = CAST($1 AS integer)",
            &[Value::Integer(pid)],
        )
        .await?;
    Ok(match rows.first().and_then(|row| row.first()) {
        None => Some(true),
        Some(Value::Integer(now)) => started.map(|started| started != *now),
        // Another account's session, whose start this one may not see.
        Some(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_process_and_start() {
        assert_eq!(name(7, &Value::Integer(5)), "pid 7, started 5");
        assert_eq!(name(7, &Value::Null), "pid 7");
    }
}
