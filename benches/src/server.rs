//! Servers to be measured: throwaway ones from installed binaries, durable as their defaults are, or those that URLs name; and each
//! engine's own client.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use fastman_core::url::DatabaseUrl;
use fastman_test_servers::{Keeping, Product, Server as Throwaway, postgres_binaries};

use crate::Result;

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
    own: Option<Throwaway>,
}

impl Server {
    /// The server that a URL names. Its account must be allowed to make databases.
    pub(crate) fn named(url: &str) -> Result<Server> {
        Server::at(url, None)
    }

    /// A throwaway server.
    pub(crate) fn start(engine: Engine) -> Result<Server> {
        let keeping = Keeping::DurableOnDisk;
        let own = match engine {
            Engine::Postgres => {
                let binaries = postgres_binaries().ok_or("no PostgreSQL server is installed")?;
                Throwaway::throwaway_postgres(&binaries, keeping, &[])?
            }
            Engine::Mysql(product) => Throwaway::throwaway_mysql(product, keeping, &[])?,
        };
        Server::at(&own.url(""), Some(own))
    }

    fn at(url: &str, own: Option<Throwaway>) -> Result<Server> {
        let parsed = DatabaseUrl::parse(url)?;
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let login = rest[..rest.find(['/', '?']).unwrap_or(rest.len())].to_owned();
        Ok(Server { engine: Engine::of(&parsed)?, login, url: parsed, own })
    }

    /// The database's URL, as fastman takes it.
    pub(crate) fn database_url(&self) -> String {
        let scheme = if self.engine == Engine::Postgres { "postgresql" } else { "mysql" };
        format!("{scheme}://{}/{DATABASE}", self.login)
    }

    /// Starts a throwaway PostgreSQL once more.
    ///
    /// Until version 17 it keeps the descriptions of tables that a COPY holds in a hash table by their addresses, and each check of a
    /// foreign key adds one: the same load takes up to half as long again where they collide, and whether they do is settled by
    /// chance when the server starts. So that neither side has all the luck, rounds do not share a run of the server.
    pub(crate) fn shuffle(&self) -> Result<()> {
        if let (Engine::Postgres, Some(own)) = (self.engine, &self.own) {
            self.statement("CHECKPOINT")?;
            own.kill()?;
            own.restart()?;
        }
        Ok(())
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
        if self.own.is_none() {
            let _ = self.statement(&format!("DROP DATABASE IF EXISTS {DATABASE}"));
        }
    }
}

/// The product's own client where there is one, else the one on the path.
fn mysql_client(product: Product) -> Command {
    if product == Product::MySql {
        let root = std::env::var_os("FASTMAN_TEST_MYSQL_ROOT");
        let root = root.map_or_else(|| PathBuf::from("/var/cache/fastman-mysql/root"), PathBuf::from);
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
