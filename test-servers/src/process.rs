//! Processes: spawned so that they end with us, and as somebody who owns nothing where a server refuses to be run by root.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The user that a server runs as where the tests run as root: PostgreSQL and PgBouncer refuse to.
const UNPRIVILEGED: u32 = 65_534;

/// Spawns on a thread that stays: the server is told to end when the thread that spawned it does, and a test's thread does so
/// while other tests are still at work.
pub(crate) fn spawn_for_good(mut command: Command) -> Result<Child, String> {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = send.send(command.spawn());
        loop {
            std::thread::park();
        }
    });
    receive.recv().map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

/// A command that gets the signal when we end.
pub(crate) fn ends_with_us(signal: &str, folder: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal, "--"]).current_dir(folder).stdin(Stdio::null());
    command
}

/// The same, run as an unprivileged user where we are root.
pub(crate) fn unprivileged(signal: &str, program: &Path, folder: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        let id = UNPRIVILEGED.to_string();
        command.args([format!("--reuid={id}"), format!("--regid={id}"), "--clear-groups".to_owned()]);
    }
    command.args(["--pdeathsig", signal, "--"]).arg(program).current_dir(folder).stdin(Stdio::null());
    command
}

/// Makes a file or folder that user's.
pub(crate) fn give_away(path: &Path) -> Result<(), String> {
    if !is_root() {
        return Ok(());
    }
    std::os::unix::fs::chown(path, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).map_err(|error| error.to_string())
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

pub(crate) fn free_port() -> Result<u16, String> {
    let socket = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    Ok(socket.local_addr().map_err(|error| error.to_string())?.port())
}

/// A temporary folder, in memory where the system has such a place.
pub(crate) fn folder_in_memory() -> Result<tempfile::TempDir, String> {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.map_err(|error| error.to_string())
}

/// The program of that name on the search path, or where Debian puts servers.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/libexec".into()]);
    folders.map(|folder| folder.join(name)).find(|candidate| candidate.exists())
}

/// The processes that a process of ours has started.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
    ids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|id| parent_of(*id) == Some(parent))
        .collect()
}

fn parent_of(id: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The program's name stands in parentheses, and may hold anything.
    text.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// kill -9.
pub(crate) fn kill(id: u32) {
    let _ = Command::new("kill").args(["-KILL", &id.to_string()]).stderr(Stdio::null()).status();
}
