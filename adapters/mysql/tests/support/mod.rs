//! Servers for tests: those that FASTMAN_TEST_MYSQL_URL and FASTMAN_TEST_MARIADB_URL name, else throwaway ones from installed binaries.
//!
//! A throwaway server listens on the loopback interface, keeps its data in a temporary folder, is ended by its own process id, and
//! ends with the test process whatever happens to that.

#![allow(dead_code, reason = "each test binary uses its part of it")]

mod binaries;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use binaries::Binaries;
use fastman_conformance::Session;
use fastman_core::adapter::ConnectOptions;
use fastman_core::store::{Backend, SqlStore};
use fastman_core::url::DatabaseUrl;

/// One of the two products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    MySql,
    MariaDb,
}

pub const PRODUCTS: [Product; 2] = [Product::MySql, Product::MariaDb];

impl Product {
    pub fn name(self) -> &'static str {
        match self {
            Product::MySql => "mysql",
            Product::MariaDb => "mariadb",
        }
    }

    /// The variable that names a server; its account must be allowed to create databases.
    pub fn variable(self) -> &'static str {
        match self {
            Product::MySql => "FASTMAN_TEST_MYSQL_URL",
            Product::MariaDb => "FASTMAN_TEST_MARIADB_URL",
        }
    }

    /// The command that provides a server.
    pub fn command(self) -> &'static str {
        match self {
            Product::MySql => "apt-get install mysql-server (of Debian's suites, sid alone has it)",
            Product::MariaDb => "apt-get install --no-install-recommends mariadb-server",
        }
    }
}

/// A running server.
pub struct Server {
    pub product: Product,
    /// URL without a database: `mysql://root@127.0.0.1:3306`.
    base: String,
    /// What stands behind the database in the URL.
    parameters: String,
    own: Option<Own>,
}

/// A throwaway server.
struct Own {
    child: Child,
    folder: tempfile::TempDir,
}

static NEXT: AtomicU32 = AtomicU32::new(1);

impl Server {
    /// The server of this test run; why there is none, as a clause.
    pub fn find(product: Product) -> Result<Server, String> {
        let variable = product.variable();
        if let Ok(url) = std::env::var(variable) {
            let (rest, parameters) = url.split_once('?').unwrap_or((&url, ""));
            let slash = rest.find("://").map_or(0, |scheme| scheme + 3);
            let end = rest[slash..].find('/').map_or(rest.len(), |path| slash + path);
            return Ok(Server { product, base: rest[..end].to_owned(), parameters: parameters.to_owned(), own: None });
        }
        let binaries = Binaries::find(product)
            .ok_or_else(|| format!("{variable} is not set and no {} server is installed", product.name()))?;
        Server::start(product, &binaries, &[])
    }

    /// Starts a throwaway server with further options.
    fn start(product: Product, binaries: &Binaries, options: &[&str]) -> Result<Server, String> {
        // In memory where the system has such a folder: what is tested is not the disk.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.map_err(|error| error.to_string())?;
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|socket| socket.local_addr())
            .map_err(|error| error.to_string())?
            .port();
        binaries.initialise(folder.path())?;
        let log = folder.path().join("log");
        // MySQL lets its root in from `localhost` alone, and what that is depends on the machine.
        let accounts = folder.path().join("accounts.sql");
        fs::write(&accounts, "CREATE USER IF NOT EXISTS root@'%';\nGRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n")
            .map_err(|error| error.to_string())?;
        let mut command = binaries.server(folder.path());
        command
            .arg(format!("--init-file={}", accounts.display()))
            .args([format!("--port={port}"), "--bind-address=127.0.0.1".to_owned()])
            .arg(format!("--socket={}", folder.path().join("socket").display()))
            .args(["--skip-name-resolve", "--local-infile=1", "--innodb-buffer-pool-size=64M", "--max-connections=200"])
            .args(options)
            .stdout(Stdio::null())
            .stderr(fs::File::create(&log).map_err(|error| error.to_string())?);
        let child = spawn_for_good(command)?;
        let mut server = Server {
            product,
            base: format!("{}://root@127.0.0.1:{port}", product.name()),
            parameters: String::new(),
            own: Some(Own { child, folder }),
        };
        server.wait_until_ready(port)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, port: u16) -> Result<(), String> {
        let Some(own) = &mut self.own else { return Ok(()) };
        let deadline = Instant::now() + Duration::from_secs(60);
        let log = || fs::read_to_string(own.folder.path().join("log")).unwrap_or_default();
        while Instant::now() < deadline {
            if own.child.try_wait().is_ok_and(|status| status.is_some()) {
                return Err(format!("the server ended: {}", log()));
            }
            if log().contains("ready for connections") && TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("the server did not get ready: {}", log()))
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        let question = if self.parameters.is_empty() { "" } else { "?" };
        format!("{}/{database}{question}{}", self.base, self.parameters)
    }

    /// The URL of a database for another account.
    pub fn url_as(&self, login: &str, database: &str) -> String {
        let url = self.url(database);
        let host = url.rfind('@').map_or(0, |at| at + 1);
        format!("{}://{login}@{}", self.product.name(), &url[host..])
    }

    /// A session on a new, empty database.
    pub async fn session(&self) -> fastman_core::Result<Session> {
        Session::connect(Arc::new(self.database().await?)).await
    }

    /// A new, empty database.
    pub async fn database(&self) -> fastman_core::Result<Database> {
        let name = format!("fastman_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut store = connect(&self.url("information_schema")).await?;
        store.execute(&format!("CREATE DATABASE `{name}` CHARACTER SET latin1"), &[]).await?;
        Ok(Database { url: self.url(&name), maintenance: self.url("information_schema"), name })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            // Its data goes with it, so it need not take leave.
            let _ = own.child.kill();
            let _ = own.child.wait();
        }
    }
}

/// A database of one test.
pub struct Database {
    pub url: String,
    pub name: String,
    maintenance: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        let (maintenance, name) = (self.maintenance.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            block_on(async {
                let mut store = connect(&maintenance).await?;
                store.execute("SET SESSION lock_wait_timeout = 1", &[]).await?;
                store.execute(&format!("DROP DATABASE `{name}`"), &[]).await
            })
        });
        let _ = dropped.join();
    }
}

#[async_trait]
impl fastman_conformance::Database for Database {
    async fn connect(&self) -> fastman_core::Result<Box<dyn SqlStore>> {
        connect(&self.url).await
    }
}

/// Connects to a URL.
pub async fn connect(url: &str) -> fastman_core::Result<Box<dyn SqlStore>> {
    connect_with(url, &ConnectOptions::default()).await
}

/// Connects to a URL with options.
pub async fn connect_with(url: &str, options: &ConnectOptions) -> fastman_core::Result<Box<dyn SqlStore>> {
    match (fastman_mysql::ADAPTER.connect)(&DatabaseUrl::parse(url)?, options).await? {
        Backend::Sql(store) => Ok(store),
        Backend::Documents(_) => panic!("it has tables"),
    }
}

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
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
