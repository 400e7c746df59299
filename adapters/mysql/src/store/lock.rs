//! The migration lock, and who is who among the server's sessions.
//!
//! GET_LOCK belongs to the session, and goes with it: the one that runs the statements holds it, so that what a killed client left running
//! is waited for. It is local to a server; on a cluster of several that write (Galera), it orders the waiting on one of them
//! only, and the history's row is what keeps two migrators apart.

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::store::{LockAttempt, SqlStore};
use fastman_core::value::Value;
use sha2::{Digest, Sha256};

use super::MysqlStore;
use crate::connect::Identity;
use crate::value::hex;

/// The longest session name: what the history keeps.
const LONGEST: usize = 255;

/// What a session is called: which server, since when it runs, the session's number, and whose it is.
pub(super) fn name(identity: &Identity) -> String {
    let Identity { server, started, connection, account } = identity;
    let mut name = format!("server {server}, started {started}, connection {connection}, account {account}");
    while name.len() > LONGEST {
        name.pop();
    }
    name
}

/// What a session's name says.
fn read(name: &str) -> Option<Identity> {
    let (server, rest) = name.strip_prefix("server ")?.split_once(", started ")?;
    let (started, rest) = rest.split_once(", connection ")?;
    let (connection, account) = rest.split_once(", account ")?;
    Some(Identity {
        server: server.to_owned(),
        started: started.parse().ok()?,
        connection: connection.parse().ok()?,
        account: account.to_owned(),
    })
}

/// What the lock is called: at most 64 characters, and one of its own for every database.
fn lock_name(database: &str, key: &str) -> String {
    let hash = Sha256::digest(format!("{database}\0{key}").as_bytes());
    let digits = hex(&hash);
    format!("fastman:{}", digits.get(..48).unwrap_or(&digits))
}

/// Tries once.
pub(super) async fn try_lock(store: &mut MysqlStore, key: &str) -> Result<LockAttempt> {
    let name = Value::Text(lock_name(store.database(), key));
    let rows = store.query("SELECT GET_LOCK(?, 0)", std::slice::from_ref(&name)).await?;
    match first(&rows) {
        Some(Value::Integer(1)) => Ok(LockAttempt::Held),
        Some(Value::Integer(0)) => Ok(LockAttempt::Busy(holder(store, name).await?)),
        _ => Err(Error::database(ErrorClass::Other, "the server could not tell whether the lock is free")),
    }
}

/// Frees it.
pub(super) async fn unlock(store: &mut MysqlStore, key: &str) -> Result<()> {
    let name = Value::Text(lock_name(store.database(), key));
    store.query("SELECT RELEASE_LOCK(?)", &[name]).await.map(drop)
}

/// Who has it, as far as this account may see.
async fn holder(store: &mut MysqlStore, name: Value) -> Result<Option<String>> {
    let rows = store.query("SELECT IS_USED_LOCK(?)", &[name]).await?;
    let Some(number @ Value::Integer(connection)) = first(&rows) else { return Ok(None) };
    let mut words = vec![format!("connection {connection}")];
    let rows = store
        .query(
            "SELECT USER, HOST, COMMAND, TIME FROM information_schema.PROCESSLIST WHERE ID = ?",
            std::slice::from_ref(number),
        )
        .await?;
    if let Some([Value::Text(user), Value::Text(host), Value::Text(command), seconds]) = rows.first().map(Vec::as_slice)
    {
        words.push(format!("user {user}"));
        words.push(format!("from {host}"));
        if let Value::Integer(seconds) = seconds {
            words.push(format!("{} for {seconds} s", command.to_lowercase()));
        }
    }
    Ok(Some(words.join(", ")))
}

/// Whether the session of that name is shown to be gone.
pub(super) async fn session_is_gone(store: &mut MysqlStore, own: &Identity, session: &str) -> Result<Option<bool>> {
    let Some(other) = read(session) else { return Ok(None) };
    if other.server != own.server {
        return Ok(None);
    }
    if other.started != 0 && own.started != 0 && other.started != own.started {
        // The server has been started since, and no session outlives it.
        return Ok(Some(true));
    }
    let number = i64::try_from(other.connection).unwrap_or(i64::MAX);
    let rows =
        store.query("SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?", &[Value::Integer(number)]).await?;
    if !rows.is_empty() {
        return Ok(Some(false));
    }
    // Without the privilege PROCESS, an account sees the sessions of its own alone.
    if other.account == own.account || sees_all(store, &own.account).await? { Ok(Some(true)) } else { Ok(None) }
}

async fn sees_all(store: &mut MysqlStore, account: &str) -> Result<bool> {
    let (user, host) = account.rsplit_once('@').unwrap_or((account, "%"));
    let rows = store
        .query(
            "SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS' AND GRANTEE = ?",
            &[Value::Text(format!("'{user}'@'{host}'"))],
        )
        .await?;
    Ok(!rows.is_empty())
}

fn first(rows: &[Vec<Value>]) -> Option<&Value> {
    rows.first().and_then(|row| row.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_s_name_says_which_it_is() {
        let identity =
            Identity { server: "host:3306".into(), started: 1_700_000_000, connection: 17, account: "app@%".into() };
        assert_eq!(read(&name(&identity)), Some(identity.clone()));
        let long = Identity { account: "ä".repeat(300), ..identity };
        assert!(name(&long).len() <= LONGEST);
        assert_eq!(read("somebody"), None);
    }

    #[test]
    fn a_lock_is_called_after_its_database_in_64_characters() {
        assert_eq!(lock_name("app", "key").len(), 56);
        assert_ne!(lock_name("app", "key"), lock_name("app2", "key"));
    }
}
