//! PostgreSQL servers as this adapter's tests need them: databases and schemas of their own, and sessions on them.

#![allow(dead_code, unused_imports, reason = "each test binary uses its part of it")]

pub mod portable;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use fastman_core::adapter::ConnectOptions;
use fastman_core::store::{Backend, SqlStore};
use fastman_core::url::DatabaseUrl;
use fastman_test_servers::Keeping;
pub use fastman_test_servers::{PGBOUNCER_COMMAND, POSTGRES_COMMAND as COMMAND, postgres_binaries as binaries};

/// A running server.
pub struct Server {
    server: fastman_test_servers::Server,
    /// The database that schemas are made in, and how many it has.
    shared: std::sync::Mutex<Option<(u32, std::sync::Arc<Database>)>>,
}

impl Deref for Server {
    type Target = fastman_test_servers::Server;

    fn deref(&self) -> &Self::Target {
        &self.server
    }
}

static NEXT: AtomicU32 = AtomicU32::new(1);

/// Tests that share a database, each in a schema of its own: making one takes a millisecond, making a database writes megabytes.
const SCHEMAS_A_DATABASE: u32 = 50;

impl Server {
    fn of(server: fastman_test_servers::Server) -> Server {
        Server { server, shared: std::sync::Mutex::default() }
    }

    /// The server of this test run; why there is none, as a clause.
    pub fn find() -> Result<Server, String> {
        fastman_test_servers::Server::postgres().map(Server::of)
    }

    /// The same behind a throwaway PgBouncer in transaction mode, with fewer sessions than there are clients.
    pub fn behind_pgbouncer() -> Result<Server, String> {
        fastman_test_servers::Server::pgbouncer().map(Server::of)
    }

    /// Starts a throwaway server in a folder of files that it needs, with further settings: `ssl=on`.
    pub fn start_in(folder: tempfile::TempDir, binaries: &Path, settings: &[&str]) -> Result<Server, String> {
        fastman_test_servers::Server::postgres_in(folder, binaries, Keeping::Fast, settings).map(Server::of)
    }

    /// The folder of the Unix socket and the port, of a throwaway server.
    pub fn socket(&self) -> Option<(PathBuf, u16)> {
        Some((self.folder()?.to_owned(), self.port()?))
    }

    /// A new, empty schema: its URL, and the database, to be kept as long.
    pub async fn schema(&self) -> fastman_core::Result<(String, std::sync::Arc<Database>)> {
        let taken = self.shared.lock().unwrap().take();
        let (count, database) = match taken {
            Some((count, database)) if count < SCHEMAS_A_DATABASE => (count, database),
            _ => (0, std::sync::Arc::new(self.database().await?)),
        };
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        connect(&database.url).await?.execute(&format!("CREATE SCHEMA {name}"), &[]).await?;
        let separator = if database.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}schema={name}", database.url);
        *self.shared.lock().unwrap() = Some((count + 1, database.clone()));
        Ok((url, database))
    }

    /// A new, empty database.
    pub async fn database(&self) -> fastman_core::Result<Database> {
        let name = format!("fastman_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut store = connect(&self.url("postgres")).await?;
        store.execute(&format!("CREATE DATABASE \"{name}\" TEMPLATE template0"), &[]).await?;
        Ok(Database { url: self.url(&name), maintenance: self.url("postgres"), own: self.is_own(), name })
    }
}

/// A database of one test. It goes with its throwaway server; on a server that stays it is dropped.
pub struct Database {
    pub url: String,
    pub name: String,
    maintenance: String,
    own: bool,
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.own {
            return;
        }
        let (maintenance, name) = (self.maintenance.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            block_on(async {
                let mut store = connect(&maintenance).await?;
                store.execute(&format!("DROP DATABASE \"{name}\" WITH (FORCE)"), &[]).await
            })
        });
        let _ = dropped.join();
    }
}

/// Connects to a URL.
pub async fn connect(url: &str) -> fastman_core::Result<Box<dyn SqlStore>> {
    connect_with(url, &ConnectOptions::default()).await
}

/// Connects to a URL with options.
pub async fn connect_with(url: &str, options: &ConnectOptions) -> fastman_core::Result<Box<dyn SqlStore>> {
    match (fastman_postgres::ADAPTER.connect)(&DatabaseUrl::parse(url)?, options).await? {
        Backend::Sql(store) => Ok(store),
        Backend::Documents(_) => panic!("PostgreSQL has tables"),
    }
}

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
