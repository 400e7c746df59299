//! Installed servers: where they are, and how an empty one is made.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Product;
use crate::Keeping;
use crate::process::{ends_with_us, is_root, program};

/// The folder of a MySQL that was unpacked beside the system rather than installed: its `usr`, with the libraries that it needs.
const UNPACKED: &str = "FASTMAN_TEST_MYSQL_ROOT";
const UNPACKED_AT: &str = "/var/cache/fastman-mysql/root";

/// A server's programs.
pub enum Binaries {
    MariaDb {
        server: PathBuf,
        install: PathBuf,
    },
    MySql {
        server: PathBuf,
    },
    /// A MySQL in a tree of its own, run with that tree's libraries.
    Unpacked {
        root: PathBuf,
    },
}

impl Binaries {
    pub fn find(product: Product) -> Option<Binaries> {
        match product {
            Product::MariaDb => {
                Some(Binaries::MariaDb { server: program("mariadbd")?, install: program("mariadb-install-db")? })
            }
            Product::MySql => {
                let root = std::env::var_os(UNPACKED).map_or_else(|| PathBuf::from(UNPACKED_AT), PathBuf::from);
                if root.join("usr/sbin/mysqld").exists() {
                    return Some(Binaries::Unpacked { root });
                }
                program("mysqld").filter(|server| is_mysql(server)).map(|server| Binaries::MySql { server })
            }
        }
    }

    /// The server, ready to be run on a folder.
    pub fn server(&self, folder: &Path, keeping: Keeping) -> Command {
        let mut command = ends_with_us("KILL", folder);
        match self {
            Binaries::MariaDb { server, .. } | Binaries::MySql { server } => {
                command.arg(server).arg("--no-defaults");
            }
            Binaries::Unpacked { root } => {
                let libraries = root.join("usr/lib/x86_64-linux-gnu");
                command
                    .arg(libraries.join("ld-linux-x86-64.so.2"))
                    .arg("--library-path")
                    .arg(format!("{}:{}", libraries.display(), root.join("usr/lib/mysql/private").display()))
                    .arg(root.join("usr/sbin/mysqld"))
                    .arg("--no-defaults")
                    .arg(format!("--basedir={}", root.join("usr").display()))
                    .arg(format!("--lc-messages-dir={}", root.join("usr/share/mysql").display()))
                    .arg(format!("--character-sets-dir={}", root.join("usr/share/mysql/charsets").display()))
                    .arg(format!("--plugin-dir={}", root.join("usr/lib/mysql/plugin").display()));
            }
        }
        if is_root() {
            command.arg("--user=root");
        }
        command.arg(format!("--datadir={}", folder.join("data").display()));
        own_temporary_files(&mut command, folder);
        if keeping == Keeping::Fast {
            command.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync"]);
            command.arg(match self {
                Binaries::MariaDb { .. } => "--innodb-doublewrite=0",
                Binaries::MySql { .. } | Binaries::Unpacked { .. } => "--innodb-doublewrite=OFF",
            });
        }
        // What makes a server small and quick to start; one whose speed is measured is left as its defaults make it.
        if keeping != Keeping::DurableOnDisk {
            command.arg("--innodb-buffer-pool-size=64M");
            command.args(match self {
                Binaries::MariaDb { .. } => &["--innodb-log-file-size=64M"][..],
                Binaries::MySql { .. } | Binaries::Unpacked { .. } => {
                    &["--skip-log-bin", "--innodb-redo-log-capacity=67108864", "--performance-schema=OFF"]
                }
            });
        }
        if !matches!(self, Binaries::MariaDb { .. }) {
            command.args(["--secure-file-priv=", "--mysqlx=OFF"]);
        }
        command
    }

    /// Makes an empty server's data.
    pub fn initialise(&self, folder: &Path) -> Result<(), String> {
        let mut command = match self {
            Binaries::MariaDb { install, .. } => {
                let mut command = Command::new(install);
                command.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
                command.args([
                    "--skip-name-resolve",
                    "--innodb-flush-log-at-trx-commit=0",
                    "--innodb-log-file-size=64M",
                ]);
                command.arg(format!("--datadir={}", folder.join("data").display()));
                own_temporary_files(&mut command, folder);
                if is_root() {
                    command.arg("--user=root");
                }
                command
            }
            Binaries::MySql { .. } | Binaries::Unpacked { .. } => {
                let mut command = self.server(folder, Keeping::Fast);
                command.arg("--initialize-insecure");
                command
            }
        };
        let made =
            command.stdin(Stdio::null()).output().map_err(|error| format!("the server can't be run: {error}"))?;
        match made.status.success() {
            true => Ok(()),
            false => Err(format!("an empty server could not be made: {}", String::from_utf8_lossy(&made.stderr))),
        }
    }
}

/// A server that starts deletes what it takes for temporary tables of an earlier run of its own: none may share a folder of them.
fn own_temporary_files(command: &mut Command, folder: &Path) {
    let temporary = folder.join("tmp");
    // Where it can't be made, the server says so.
    let _ = std::fs::create_dir_all(&temporary);
    command.env("TMPDIR", temporary);
}

/// MariaDB brings a `mysqld` too.
fn is_mysql(server: &Path) -> bool {
    Command::new(server)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("MariaDB"))
}
