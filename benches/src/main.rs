//! The benchmark: `cargo run --release -p fastman-bench` builds fastman and prints, in one run, what `migrate:status`
//! costs and how applying 1,000 migrations compares with the same statements in the `sqlite3` shell.
//!
//! Both sides run on one disk, in turns, with SQLite's own defaults: a rollback journal and `synchronous = FULL`.
//!
//! `cargo run --release -p fastman-bench -- servers` does the same with 1,000 migrations on PostgreSQL, MariaDB and MySQL beside
//! `psql` and `mysql`: on throwaway servers that are as durable as their defaults make them, or on those whose URLs are given.
//!
//! `cargo run --release -p fastman-bench -- seeding` makes up and writes 400,000 rows on every engine beside its own bulk loader, and
//! `... -- memory` prints the most memory that seeding ten thousand and ten million rows takes.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod apply;
mod measure;
mod project;
mod seeding;
mod server;
mod servers;
mod status;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What goes wrong in a benchmark is shown and ends it.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "usage: fastman-bench [servers|seeding] [ROUNDS] [URL ...], or fastman-bench memory [ROWS]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let subject = match arguments.first().map(String::as_str) {
        Some("servers" | "seeding" | "memory") => arguments.remove(0),
        _ => String::new(),
    };
    let number = match arguments.first().filter(|word| !word.contains("://")) {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| USAGE)?),
    };
    let rounds = number.unwrap_or(5);
    let urls: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| word.contains("://")).collect();
    let fastman = build()?;
    let shell = Shell::find();
    // Beside the build and not in /tmp, which may be memory: committing should cost what it costs.
    let target = fastman.parent().and_then(Path::parent).ok_or("the build has no folder")?;
    let folder = tempfile::Builder::new().prefix("fastman-bench-").tempdir_in(target)?;
    // A copy, as an installation is: what a linker wrote lies in the system's cache in smaller pieces, which cost more to map.
    let installed = folder.path().join("fastman");
    std::fs::copy(&fastman, &installed)?;
    let fastman = installed;
    match subject.as_str() {
        "servers" => return servers::run(&fastman, folder.path(), rounds, &urls),
        "seeding" => return seeding::run(&fastman, shell.as_ref(), folder.path(), rounds),
        "memory" => return seeding::memory(&fastman, folder.path(), number.unwrap_or(10_000_000) as u64),
        _ => {}
    }
    println!("fastman:  {} ({})", fastman.display(), measure::first_line(Command::new(&fastman).arg("--version"))?);
    match &shell {
        Some(shell) => println!("sqlite3:  {}", measure::first_line(Command::new(&shell.0).arg("--version"))?),
        None => println!("sqlite3:  not found; it comes with the package sqlite3 (apt-get install sqlite3)"),
    }
    println!("folder:   {}", folder.path().display());
    println!("rounds:   {rounds}; the median is shown, and the best in parentheses");
    status::run(&fastman, shell.as_ref(), folder.path(), rounds)?;
    apply::run(&fastman, shell.as_ref(), folder.path(), rounds)
}

/// The `sqlite3` shell.
pub(crate) struct Shell(PathBuf);

impl Shell {
    fn find() -> Option<Shell> {
        let works = Command::new("sqlite3").arg("--version").output().is_ok_and(|output| output.status.success());
        works.then(|| Shell(PathBuf::from("sqlite3")))
    }

    pub(crate) fn command(&self) -> Command {
        Command::new(&self.0)
    }
}

/// Builds fastman as it is released and says where it is.
fn build() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the benchmark has no workspace")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built =
        Command::new(cargo).current_dir(root).args(["build", "--release", "--quiet", "-p", "fastman"]).status()?;
    if !built.success() {
        return Err("fastman does not build".into());
    }
    // The benchmark's own program stands where cargo puts programs.
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).ok_or("the benchmark has no folder")?;
    Ok(folder.join("release").join("fastman"))
}
