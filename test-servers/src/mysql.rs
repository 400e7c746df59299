//! MySQL and MariaDB.

mod binaries;

use std::fs;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use binaries::Binaries;

use crate::process::{folder_in_memory, free_port};
use crate::{Keeping, Kind, Own, Server};

/// One of the two products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// MySQL.
    MySql,
    /// MariaDB.
    MariaDb,
}

impl Product {
    /// Both.
    pub const ALL: [Product; 2] = [Product::MySql, Product::MariaDb];

    /// What it is called in URLs and in test names.
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
            Product::MySql => "tools/test-servers.sh --install mysql",
            Product::MariaDb => "tools/test-servers.sh --install mariadb",
        }
    }
}

impl Server {
    /// The MySQL or MariaDB server of this test run.
    ///
    /// # Errors
    /// Why there is none, as a clause.
    pub fn mysql(product: Product) -> Result<Server, String> {
        match std::env::var(product.variable()) {
            Ok(url) => Ok(Server::named(Kind::Mysql(product), &url)),
            Err(_) => {
                Server::throwaway_mysql(product, Keeping::Fast, &[]).map_err(|reason| match Binaries::find(product) {
                    Some(_) => reason,
                    None => format!("{} is not set and {reason}", product.variable()),
                })
            }
        }
    }

    /// Starts a throwaway server with further options: `--skip-ssl`.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn throwaway_mysql(product: Product, keeping: Keeping, options: &[&str]) -> Result<Server, String> {
        let binaries = Binaries::find(product).ok_or_else(|| format!("no {} server is installed", product.name()))?;
        let folder = match keeping {
            Keeping::DurableOnDisk => tempfile::tempdir().map_err(|error| error.to_string())?,
            Keeping::Fast | Keeping::Durable => folder_in_memory()?,
        };
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        let port = free_port()?;
        binaries.initialise(folder.path())?;
        let place = folder.path().to_owned();
        // MySQL lets its root in from `localhost` alone, and what that is depends on the machine.
        let accounts = place.join("accounts.sql");
        fs::write(&accounts, "CREATE USER IF NOT EXISTS root@'%';\nGRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n")
            .map_err(|error| error.to_string())?;
        let base = format!("{}://root@127.0.0.1:{port}", product.name());
        Server::launch(Kind::Mysql(product), base, folder, port, move || {
            let log = fs::File::create(place.join("log")).map_err(|error| error.to_string())?;
            let mut command = binaries.server(&place, keeping);
            command
                .arg(format!("--init-file={}", accounts.display()))
                .args([format!("--port={port}"), "--bind-address=127.0.0.1".to_owned()])
                .arg(format!("--socket={}", place.join("socket").display()))
                .args(["--skip-name-resolve", "--local-infile=1", "--max-connections=200"])
                .args(&options)
                .stdout(Stdio::null())
                .stderr(log);
            Ok(command)
        })
    }

    /// Which of the two it is.
    pub fn product(&self) -> Option<Product> {
        match self.kind {
            Kind::Mysql(product) => Some(product),
            Kind::Postgres | Kind::PgBouncer => None,
        }
    }
}

pub(crate) fn wait_until_ready(own: &Own) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(120);
    let log = || fs::read_to_string(own.folder.path().join("log")).unwrap_or_default();
    while Instant::now() < deadline {
        if own.child().try_wait().is_ok_and(|status| status.is_some()) {
            return Err(format!("the server ended: {}", log()));
        }
        if log().contains("ready for connections") && TcpStream::connect(("127.0.0.1", own.port)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(format!("the server did not get ready: {}", log()))
}
