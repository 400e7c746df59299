//! PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::process::{free_port, give_away, unprivileged};
use crate::{Keeping, Kind, Own, POSTGRES_VARIABLE, Server};

impl Server {
    /// The PostgreSQL server of this test run.
    ///
    /// # Errors
    /// Why there is none, as a clause.
    pub fn postgres() -> Result<Server, String> {
        if let Ok(url) = std::env::var(POSTGRES_VARIABLE) {
            return Ok(Server::named(Kind::Postgres, &url));
        }
        let binaries = binaries()
            .ok_or_else(|| format!("{POSTGRES_VARIABLE} is not set and no PostgreSQL server is installed"))?;
        Server::throwaway_postgres(&binaries, Keeping::Fast, &[])
    }

    /// Starts a throwaway server with further settings: `ssl=on`.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn throwaway_postgres(binaries: &Path, keeping: Keeping, settings: &[&str]) -> Result<Server, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        Server::postgres_in(folder, binaries, keeping, settings)
    }

    /// The same in a folder of files that it needs.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn postgres_in(
        folder: tempfile::TempDir,
        binaries: &Path,
        keeping: Keeping,
        settings: &[&str],
    ) -> Result<Server, String> {
        give_away(folder.path())?;
        for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            give_away(&entry.path())?;
        }
        let data = folder.path().join("data");
        let made = unprivileged("INT", &binaries.join("initdb"), folder.path())
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .output()
            .map_err(|error| format!("initdb can't be run: {error}"))?;
        if !made.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let port = free_port()?;
        let mut all = vec!["listen_addresses=127.0.0.1", "max_connections=200"];
        if keeping == Keeping::Fast {
            all.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
        }
        all.extend(settings);
        let settings: Vec<String> = all.into_iter().map(str::to_owned).collect();
        let (server, place) = (binaries.join("postgres"), folder.path().to_owned());
        let base = format!("postgresql://postgres@127.0.0.1:{port}");
        Server::launch(Kind::Postgres, base, folder, port, move || {
            let mut command = unprivileged("INT", &server, &place);
            command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-k"]).arg(&place);
            for setting in &settings {
                command.args(["-c", setting]);
            }
            let log = fs::File::create(place.join("log")).map_err(|error| error.to_string())?;
            command.stdout(Stdio::null()).stderr(log);
            Ok(command)
        })
    }
}

pub(crate) fn wait_until_ready(own: &Own) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(120);
    let folder = own.folder.path();
    while Instant::now() < deadline {
        // One that was killed has left such a file too, with its own number.
        let state = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        let mut child = own.child();
        let is_its = state.lines().next() == Some(&child.id().to_string());
        if is_its && state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            return Ok(());
        }
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            break;
        }
        drop(child);
        std::thread::sleep(Duration::from_millis(20));
    }
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    Err(format!("the server did not get ready: {log}"))
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
