//! PgBouncer in transaction mode, in front of a throwaway PostgreSQL.

use std::fs;
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::postgres::binaries;
use crate::process::{free_port, give_away, program, unprivileged};
use crate::{Keeping, Kind, Own, POSTGRES_VARIABLE, Server};

impl Server {
    /// PgBouncer in transaction mode, with fewer sessions than there are clients.
    ///
    /// # Errors
    /// Why there is none, as a clause.
    pub fn pgbouncer() -> Result<Server, String> {
        if std::env::var(POSTGRES_VARIABLE).is_ok() {
            return Err(format!(
                "{POSTGRES_VARIABLE} names a server, and the pooler stands in front of a throwaway one alone"
            ));
        }
        let pooler = program("pgbouncer").ok_or("PgBouncer is not installed")?;
        let binaries = binaries().ok_or("no PostgreSQL server is installed")?;
        let behind = Server::throwaway_postgres(&binaries, Keeping::Fast, &[])?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let port = free_port()?;
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 6\nmax_client_conn = 400\nunix_socket_dir =\nlogfile = {}\n",
            behind.port().unwrap_or_default(),
            folder.path().join("log").display(),
        );
        fs::write(folder.path().join("pgbouncer.ini"), settings).map_err(|error| error.to_string())?;
        give_away(folder.path())?;
        let place = folder.path().to_owned();
        let base = format!("postgresql://postgres@127.0.0.1:{port}");
        let mut server = Server::launch(Kind::PgBouncer, base, folder, port, move || {
            let mut command = unprivileged("KILL", &pooler, &place);
            command.args(["-q", "pgbouncer.ini"]).stdout(Stdio::null()).stderr(Stdio::null());
            Ok(command)
        })?;
        server.behind = Some(Box::new(behind));
        Ok(server)
    }
}

pub(crate) fn wait_until_ready(own: &Own) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", own.port)).is_err() {
        if Instant::now() > deadline {
            return Err("PgBouncer did not get ready".to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
