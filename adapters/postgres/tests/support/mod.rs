//! A PostgreSQL server for tests: the one that FASTMAN_TEST_POSTGRES_URL names, else a throwaway one from installed binaries.
//!
//! A throwaway server listens on the loopback interface and on a Unix socket in its own temporary folder, runs as an unprivileged
//! user where the tests run as root, is ended by its own process id, and ends with the test process whatever happens to that.

#![allow(dead_code, reason = "each test binary uses its part of it")]

pub mod portable;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use fastman_core::adapter::ConnectOptions;
use fastman_core::store::{Backend, SqlStore};
use fastman_core::url::DatabaseUrl;

/// The variable that names a server; its account must be allowed to create databases.
pub const VARIABLE: &str = "FASTMAN_TEST_POSTGRES_URL";

/// The command that provides binaries.
pub const COMMAND: &str = "apt-get install postgresql";

/// The user that a server runs as where the tests run as root: PostgreSQL refuses to.
const UNPRIVILEGED: u32 = 65_534;

/// A running server.
pub struct Server {
    /// The database that schemas are made in, and how many it has.
    shared: std::sync::Mutex<Option<(u32, std::sync::Arc<Database>)>>,
    /// URL without a database: `postgresql://postgres@127.0.0.1:5432`.
    base: String,
    /// What stands behind the database in the URL.
    parameters: String,
    own: Option<Own>,
    /// What it really is, where this is a pooler in front of it.
    behind: Option<Box<Server>>,
}

/// A throwaway server.
struct Own {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

/// Tests that share a database, each in a schema of its own: making one takes a millisecond, making a database writes megabytes.
const SCHEMAS_A_DATABASE: u32 = 50;

impl Server {
    /// The server of this test run; why there is none, as a clause.
    pub fn find() -> Result<Server, String> {
        if let Ok(url) = std::env::var(VARIABLE) {
            let (rest, parameters) = url.split_once('?').unwrap_or((&url, ""));
            let slash = rest.find("://").map_or(0, |scheme| scheme + 3);
            let end = rest[slash..].find('/').map_or(rest.len(), |path| slash + path);
            return Ok(Server {
                shared: std::sync::Mutex::default(),
                base: rest[..end].to_owned(),
                parameters: parameters.to_owned(),
                own: None,
                behind: None,
            });
        }
        let binaries =
            binaries().ok_or_else(|| format!("{VARIABLE} is not set and no PostgreSQL server is installed"))?;
        Server::start(&binaries, &[])
    }

    /// Starts a throwaway server with further settings: `ssl=on`.
    pub fn start(binaries: &Path, settings: &[&str]) -> Result<Server, String> {
        Server::start_in(tempfile::tempdir().map_err(|error| error.to_string())?, binaries, settings)
    }

    /// The same in a folder of files that it needs.
    pub fn start_in(folder: tempfile::TempDir, binaries: &Path, settings: &[&str]) -> Result<Server, String> {
        give_away(folder.path());
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            give_away(&entry.path());
        }
        let data = folder.path().join("data");
        let made = unprivileged(&binaries.join("initdb"), folder.path())
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .output()
            .map_err(|error| format!("initdb can't be run: {error}"))?;
        if !made.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let port = free_port()?;
        let log = fs::File::create(folder.path().join("log")).map_err(|error| error.to_string())?;
        let mut command = unprivileged(&binaries.join("postgres"), folder.path());
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-k"]).arg(folder.path());
        for setting in [
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_connections=200",
        ]
        .iter()
        .chain(settings)
        {
            command.args(["-c", setting]);
        }
        command.stdout(Stdio::null()).stderr(log);
        let child = spawn_for_good(command)?;
        let server = Server {
            shared: std::sync::Mutex::default(),
            base: format!("postgresql://postgres@127.0.0.1:{port}"),
            parameters: String::new(),
            own: Some(Own { child, folder, port }),
            behind: None,
        };
        server.wait_until_ready(&data)?;
        Ok(server)
    }

    /// The same server behind a throwaway PgBouncer in transaction mode, with fewer sessions than there are clients.
    pub fn behind_pgbouncer() -> Result<Server, String> {
        if std::env::var(VARIABLE).is_ok() {
            return Err(format!("{VARIABLE} names a server, and the pooler stands in front of a throwaway one alone"));
        }
        let program = Path::new("/usr/sbin/pgbouncer");
        if !program.exists() {
            return Err("PgBouncer is not installed".to_owned());
        }
        let binaries = binaries().ok_or("no PostgreSQL server is installed")?;
        let server = Server::start(&binaries, &[])?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let port = free_port()?;
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 6\nmax_client_conn = 400\nunix_socket_dir =\nlogfile = {}\n",
            server.port().unwrap_or_default(),
            folder.path().join("log").display(),
        );
        fs::write(folder.path().join("pgbouncer.ini"), settings).map_err(|error| error.to_string())?;
        give_away(folder.path());
        let mut command = unprivileged(program, folder.path());
        command.args(["-q", "pgbouncer.ini"]).stdout(Stdio::null()).stderr(Stdio::null());
        let child = spawn_for_good(command)?;
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline {
                return Err("PgBouncer did not get ready".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Server {
            shared: std::sync::Mutex::default(),
            base: format!("postgresql://postgres@127.0.0.1:{port}"),
            parameters: String::new(),
            own: Some(Own { child, folder, port }),
            behind: Some(Box::new(server)),
        })
    }

    fn wait_until_ready(&self, data: &Path) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            let state = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            if state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = self.own.as_ref().map(|own| fs::read_to_string(own.folder.path().join("log")).unwrap_or_default());
        Err(format!("the server did not get ready: {}", log.unwrap_or_default()))
    }

    /// The folder of the Unix socket and the port, of a throwaway server.
    pub fn socket(&self) -> Option<(PathBuf, u16)> {
        self.own.as_ref().map(|own| (own.folder.path().to_owned(), own.port))
    }

    /// The port of a throwaway server.
    pub fn port(&self) -> Option<u16> {
        self.own.as_ref().map(|own| own.port)
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        let question = if self.parameters.is_empty() { "" } else { "?" };
        format!("{}/{database}{question}{}", self.base, self.parameters)
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
        Ok(Database { url: self.url(&name), maintenance: self.url("postgres"), own: self.own.is_some(), name })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            if self.behind.is_some() {
                // A pooler would wait for its clients.
                let _ = own.child.kill();
            } else {
                let _ = Command::new("kill").args(["-INT", &own.child.id().to_string()]).status();
            }
            let _ = own.child.wait();
        }
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

fn free_port() -> Result<u16, String> {
    let socket = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    Ok(socket.local_addr().map_err(|error| error.to_string())?.port())
}

/// Spawns on a thread that stays: the server is told to end when the thread that spawned it does, and a test's thread does so
/// while other tests are still at work.
fn spawn_for_good(mut command: Command) -> Result<Child, String> {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = send.send(command.spawn());
        loop {
            std::thread::park();
        }
    });
    receive.recv().map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// The folder of the newest installed server's binaries.
pub fn binaries() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("initdb").exists())
        .collect();
    found.sort();
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
    };
    found.pop().map(|(_, folder)| folder).or_else(on_path)
}

/// A command that runs as an unprivileged user where we are root, and that is ended with us.
fn unprivileged(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        let id = UNPRIVILEGED.to_string();
        command.args([format!("--reuid={id}"), format!("--regid={id}"), "--clear-groups".to_owned()]);
    }
    command.args(["--pdeathsig", "INT", "--"]).arg(program).current_dir(folder).stdin(Stdio::null());
    command
}

fn give_away(path: &Path) {
    if is_root() {
        std::os::unix::fs::chown(path, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}
