//! Database servers for tests: the one that an environment variable names, else a throwaway one from installed binaries.
//!
//! A throwaway server listens on the loopback interface, keeps everything in a temporary folder, runs as an unprivileged user
//! where it must, is ended by its own process id, and ends with the test process whatever happens to that. It can be killed and
//! started again on the same data and port. This crate knows no adapter: it gives URLs.

mod firestore;
mod mysql;
mod pgbouncer;
mod postgres;
mod process;
mod scripted;

pub use firestore::{Emulator, FIRESTORE_COMMAND, FIRESTORE_VARIABLE};
pub use mysql::Product;
pub use postgres::binaries as postgres_binaries;
pub use scripted::scripted_mysql;

use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The variable that names a PostgreSQL server; its account must be allowed to create databases.
pub const POSTGRES_VARIABLE: &str = "FASTMAN_TEST_POSTGRES_URL";

/// The command that provides PostgreSQL.
pub const POSTGRES_COMMAND: &str = "tools/test-servers.sh --install postgres";

/// The command that provides PgBouncer.
pub const PGBOUNCER_COMMAND: &str = "tools/test-servers.sh --install postgres pgbouncer";

/// How much a throwaway server does to keep what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Nothing that costs time: what is tested is not the disk.
    Fast,
    /// What it does in production: what is committed outlives the server's being killed.
    Durable,
    /// The same, on a disk and not in memory, and with the settings that it has when nobody says anything: it is to be measured.
    DurableOnDisk,
}

/// A running server.
pub struct Server {
    kind: Kind,
    /// URL without a database: `postgresql://postgres@127.0.0.1:5432`.
    base: String,
    /// What stands behind the database in the URL.
    parameters: String,
    own: Option<Own>,
    /// What it really is, where this is a pooler in front of it. It goes after the pooler.
    behind: Option<Box<Server>>,
}

/// What a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Postgres,
    PgBouncer,
    Mysql(Product),
}

/// A throwaway server.
struct Own {
    child: Mutex<Child>,
    /// Starts it once more, on the same data.
    launch: Box<dyn Fn() -> Result<Command, String> + Send + Sync>,
    folder: tempfile::TempDir,
    port: u16,
}

impl Own {
    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// The server that a URL names.
    fn named(kind: Kind, url: &str) -> Server {
        let (rest, parameters) = url.split_once('?').unwrap_or((url, ""));
        let host = rest.find("://").map_or(0, |scheme| scheme + 3);
        let end = rest[host..].find('/').map_or(rest.len(), |path| host + path);
        Server { kind, base: rest[..end].to_owned(), parameters: parameters.to_owned(), own: None, behind: None }
    }

    /// Starts a server of our own and waits until it answers.
    fn launch(
        kind: Kind,
        base: String,
        folder: tempfile::TempDir,
        port: u16,
        launch: impl Fn() -> Result<Command, String> + Send + Sync + 'static,
    ) -> Result<Server, String> {
        let child = Mutex::new(process::spawn_for_good(launch()?)?);
        let own = Own { child, launch: Box::new(launch), folder, port };
        let server = Server { kind, base, parameters: String::new(), own: Some(own), behind: None };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let Some(own) = &self.own else { return Ok(()) };
        match self.kind {
            Kind::Postgres => postgres::wait_until_ready(own),
            Kind::PgBouncer => pgbouncer::wait_until_ready(own),
            Kind::Mysql(_) => mysql::wait_until_ready(own),
        }
    }

    /// Whether this server is a throwaway one.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// The folder that a throwaway server keeps everything in.
    pub fn folder(&self) -> Option<&Path> {
        self.own.as_ref().map(|own| own.folder.path())
    }

    /// The port of a throwaway server.
    pub fn port(&self) -> Option<u16> {
        self.own.as_ref().map(|own| own.port)
    }

    /// The server itself, where this is a pooler in front of it.
    pub fn itself(&self) -> &Server {
        self.behind.as_deref().unwrap_or(self)
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        let question = if self.parameters.is_empty() { "" } else { "?" };
        format!("{}/{database}{question}{}", self.base, self.parameters)
    }

    /// The URL of a database for another account: `name` or `name:password`.
    pub fn url_as(&self, login: &str, database: &str) -> String {
        let url = self.url(database);
        let scheme = url.find("://").map_or(0, |scheme| scheme + 3);
        let host = url.rfind('@').map_or(scheme, |at| at + 1);
        format!("{}{login}@{}", &url[..scheme], &url[host..])
    }

    /// kill -9 of a throwaway server, with every process of it.
    ///
    /// # Errors
    /// That it is not ours to kill.
    pub fn kill(&self) -> Result<(), String> {
        let own = self.own.as_ref().ok_or("a server that the environment names is not killed")?;
        let mut child = own.child();
        let children = process::children(child.id());
        child.kill().map_err(|error| error.to_string())?;
        for id in children {
            process::kill(id);
        }
        child.wait().map(drop).map_err(|error| error.to_string())
    }

    /// Starts a killed server again, on what it left.
    ///
    /// # Errors
    /// That it does not start.
    pub fn restart(&self) -> Result<(), String> {
        let own = self.own.as_ref().ok_or("a server that the environment names is not started")?;
        let mut failure = String::new();
        // What another server process still holds, it lets go of in a moment.
        for _ in 0..5 {
            let started = process::spawn_for_good((own.launch)()?)?;
            *own.child() = started;
            match self.wait_until_ready() {
                Ok(()) => return Ok(()),
                Err(reason) => failure = reason,
            }
            let mut child = own.child();
            let _ = child.kill();
            let _ = child.wait();
            drop(child);
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        Err(failure)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(own) = &self.own else { return };
        let mut child = own.child();
        if self.kind == Kind::Postgres {
            // It has shared memory to give back. The others' data goes with them, so they need not take leave; a pooler would wait for
            // its clients.
            let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        } else {
            let _ = child.kill();
        }
        let _ = child.wait();
    }
}
