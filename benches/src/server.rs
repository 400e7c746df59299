//! Servers to be measured: throwaway ones from installed binaries, durable as their defaults are, or those that URLs name; and each
//! engine's own client.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fastman_core::url::DatabaseUrl;

use crate::Result;
use binaries::Binaries;

#[path = "../../adapters/mysql/tests/support/binaries.rs"]
#[allow(dead_code, missing_docs, clippy::unwrap_used, reason = "it is the tests' own")]
mod binaries;

/// One of MySQL's two products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    MySql,
    MariaDb,
}

/// The engines that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Postgres,
    Mysql(Product),
}

pub(crate) const ENGINES: [Engine; 3] =
    [Engine::Postgres, Engine::Mysql(Product::MariaDb), Engine::Mysql(Product::MySql)];

/// The database that is made, filled and dropped; on a server of somebody else's nothing else is touched.
const DATABASE: &str = "fastman_bench";

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Postgres => "postgres",
            Engine::Mysql(Product::MariaDb) => "mariadb",
            Engine::Mysql(Product::MySql) => "mysql",
        }
    }

    /// The engine that a URL's scheme names.
    fn of(url: &DatabaseUrl) -> Result<Engine> {
        match url.scheme() {
            "postgres" | "postgresql" => Ok(Engine::Postgres),
            "mariadb" => Ok(Engine::Mysql(Product::MariaDb)),
            "mysql" => Ok(Engine::Mysql(Product::MySql)),
            other => Err(format!("{other}:// is not measured: postgresql://, mariadb:// and mysql:// are").into()),
        }
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) engine: Engine,
    /// Where and who: `root@127.0.0.1:3306`, the password percent-encoded as a URL has it.
    login: String,
    url: DatabaseUrl,
    own: Option<Child>,
}

impl Server {
    /// The server that a URL names. Its account must be allowed to make databases.
    pub(crate) fn named(url: &str) -> Result<Server> {
        let parsed = DatabaseUrl::parse(url)?;
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let login = rest[..rest.find(['/', '?']).unwrap_or(rest.len())].to_owned();
        Ok(Server { engine: Engine::of(&parsed)?, login, url: parsed, own: None })
    }

    /// A throwaway server with its data in that folder; `None` where none is installed.
    pub(crate) fn start(engine: Engine, folder: &Path) -> Result<Option<Server>> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let log = folder.join("log");
        let (mut command, user) = match engine {
            Engine::Postgres => match postgres(folder, port)? {
                Some(command) => (command, "postgres"),
                None => return Ok(None),
            },
            Engine::Mysql(product) => match Binaries::find(product) {
                Some(binaries) => (mysql(&binaries, product, folder, port)?, "root"),
                None => return Ok(None),
            },
        };
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?).spawn()?;
        let login = format!("{user}@127.0.0.1:{port}");
        let url = DatabaseUrl::parse(&format!("{}://{login}", engine.name()))?;
        let mut server = Server { engine, login, url, own: Some(child) };
        let deadline = Instant::now() + Duration::from_secs(60);
        // Ready is who answers a statement.
        while TcpStream::connect(("127.0.0.1", port)).is_err() || server.statement("SELECT 1").is_err() {
            let ended = server.own.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_some()));
            if ended || Instant::now() > deadline {
                return Err(format!("the server did not get ready: {}", fs::read_to_string(&log)?).into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(Some(server))
    }

    /// The database's URL, as fastman takes it.
    pub(crate) fn database_url(&self) -> String {
        let scheme = if self.engine == Engine::Postgres { "postgresql" } else { "mysql" };
        format!("{scheme}://{}/{DATABASE}", self.login)
    }

    /// An empty database in place of the one that is there.
    pub(crate) fn renew(&self) -> Result<()> {
        self.statement(&format!("DROP DATABASE IF EXISTS {DATABASE}"))?;
        self.statement(&format!("CREATE DATABASE {DATABASE}")).map(drop)
    }

    /// The engine's own client on the database; on none in particular where it is not to be there.
    pub(crate) fn client(&self, database: bool) -> Command {
        let (host, port) = (self.url.host().unwrap_or("127.0.0.1"), self.url.port());
        let password = self.url.password().map(|password| password.expose().to_owned());
        match self.engine {
            Engine::Postgres => {
                let mut command = Command::new("psql");
                command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", host]);
                command.args(["-p", &port.unwrap_or(5432).to_string()]);
                command.args(["-U", self.url.user().unwrap_or("postgres")]);
                command.args(["-d", if database { DATABASE } else { "postgres" }]);
                if let Some(password) = password {
                    command.env("PGPASSWORD", password);
                }
                command
            }
            Engine::Mysql(product) => {
                let mut command = mysql_client(product);
                command.args(["--no-defaults", "--protocol=tcp", "-N", "--raw", "--default-character-set=utf8mb4"]);
                command.args(["-h", host, "-P", &port.unwrap_or(3306).to_string()]);
                command.args(["-u", self.url.user().unwrap_or("root")]);
                if database {
                    command.arg(DATABASE);
                }
                if let Some(password) = password {
                    command.env("MYSQL_PWD", password);
                }
                command
            }
        }
    }

    /// What a statement gives, as the client prints it.
    pub(crate) fn statement(&self, sql: &str) -> Result<String> {
        self.printed(false, sql)
    }

    /// The same on the database.
    pub(crate) fn on_database(&self, sql: &str) -> Result<String> {
        self.printed(true, sql)
    }

    fn printed(&self, database: bool, sql: &str) -> Result<String> {
        let flag = if self.engine == Engine::Postgres { "-c" } else { "-e" };
        let output = self.client(database).args([flag, sql]).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            return Err(format!("{sql}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.own {
            let _ = child.kill();
            let _ = child.wait();
        } else {
            let _ = self.statement(&format!("DROP DATABASE IF EXISTS {DATABASE}"));
        }
    }
}

/// PostgreSQL with its own defaults, all of which are durable.
fn postgres(folder: &Path, port: u16) -> Result<Option<Command>> {
    let Some(binaries) = newest_postgres() else { return Ok(None) };
    let data = folder.join("data");
    let as_somebody = |program: &str| {
        let mut command = Command::new("setpriv");
        if is_root() {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command.args(["--pdeathsig", "INT", "--"]).arg(binaries.join(program)).current_dir(folder);
        command
    };
    if is_root() {
        std::os::unix::fs::chown(folder, Some(65_534), Some(65_534))?;
    }
    let made = as_somebody("initdb")
        .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
        .arg(&data)
        .stdout(Stdio::null())
        .output()?;
    if !made.status.success() {
        return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)).into());
    }
    let mut command = as_somebody("postgres");
    command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-k"]).arg(folder);
    Ok(Some(command))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn newest_postgres() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").ok()?.flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    folders.filter(|(_, folder)| folder.join("postgres").exists()).max().map(|(_, folder)| folder)
}

/// MySQL or MariaDB, with what the tests' servers leave out of durability put back.
fn mysql(binaries: &Binaries, product: Product, folder: &Path, port: u16) -> Result<Command> {
    binaries.initialise(folder)?;
    let accounts = folder.join("accounts.sql");
    fs::write(&accounts, "CREATE USER IF NOT EXISTS root@'%';\nGRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n")?;
    let mut command = binaries.server(folder);
    let durable = match product {
        Product::MySql => ["--innodb-doublewrite=ON", "--performance-schema=ON"],
        Product::MariaDb => ["--innodb-doublewrite=1", "--sync-binlog=1"],
    };
    command
        .args(["--innodb-flush-log-at-trx-commit=1", "--innodb-flush-method=fsync"])
        .args(durable)
        .arg(format!("--init-file={}", accounts.display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .args([format!("--port={port}"), "--bind-address=127.0.0.1".to_owned(), "--skip-name-resolve".to_owned()]);
    Ok(command)
}

/// The product's own client where there is one, else the one on the path.
fn mysql_client(product: Product) -> Command {
    if let (Product::MySql, Some(Binaries::Unpacked { root })) = (product, Binaries::find(product)) {
        let libraries = root.join("usr/lib/x86_64-linux-gnu");
        let client = root.join("usr/bin/mysql");
        if client.exists() {
            let mut command = Command::new(libraries.join("ld-linux-x86-64.so.2"));
            command.arg("--library-path").arg(libraries).arg(client);
            return command;
        }
    }
    Command::new(if product == Product::MariaDb { "mariadb" } else { "mysql" })
}
