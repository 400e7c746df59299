//! A project in a folder of its own, and the fastman program run in it as a process.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "it is part of tests")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A folder that is removed with it.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The URL that the seed documents have for a database in a file.
pub const FILE_URL: &str = "sqlite:///./app.db";

impl Project {
    /// An empty folder, no project yet.
    pub fn empty() -> Project {
        Project { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with a `.env` that names a database in a file, and the folder of migrations.
    pub fn new() -> Project {
        let project = Project::empty();
        project.write(".env", &format!("DATABASE_URL={FILE_URL}\n"));
        fs::create_dir_all(project.path("database/migrations/versions")).unwrap();
        project
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// A migration whose up section holds the SQL; a version is made of the number.
    pub fn migration(&self, number: u32, name: &str, sql: &str) {
        self.write(&migration_path(number, name), &format!("-- {name}\n\n-- migrate:up\n{sql}\n"));
    }

    /// The names of the files in a folder, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The program, in the project's folder, with an environment that holds nothing of the machine's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fastman"));
        command.args(arguments).current_dir(self.root()).stdin(Stdio::null());
        for name in [
            "DATABASE_URL",
            "NO_COLOR",
            "LC_CTYPE",
            "LANG",
            "FIRESTORE_EMULATOR_HOST",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "FIREBASE_CREDENTIALS_PATH",
        ] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C.UTF-8");
        command
    }

    /// Runs it as a user for whom permissions count: this one, unless it is the administrator.
    pub fn run_as_nobody(&self, arguments: &[&str]) -> Outcome {
        if fs::metadata(self.root()).unwrap().uid() != 0 {
            return self.run(arguments);
        }
        // The program has to be where that user can reach it.
        let program = self.path("fastman-program");
        fs::copy(env!("CARGO_BIN_EXE_fastman"), &program).unwrap();
        fs::set_permissions(self.root(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.root()).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
        command.env_remove("DATABASE_URL").uid(65534).gid(65534);
        // Another test's process may have been forked off while the copy was open, and hold it open for a moment.
        loop {
            match command.output() {
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                output => return Outcome::of(output.unwrap()),
            }
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.command(arguments).output().unwrap())
    }

    /// Runs it and expects that it is done.
    pub fn done(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
        outcome
    }

    /// Runs it and expects the exit code and the error's code.
    pub fn fails(&self, arguments: &[&str], code: i32, error: &str) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, code, "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(error), "{arguments:?}: no {error} in {outcome:?}");
        outcome
    }

    /// What `migrate:status --json` says of each migration.
    pub fn states(&self) -> Vec<String> {
        let data = self.run(&["migrate:status", "--json"]).data();
        data["migrations"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect()
    }

    /// The text with what differs from run to run replaced: the folder, times and durations.
    pub fn stable(&self, text: &str) -> String {
        let canonical = fs::canonicalize(self.root()).unwrap();
        text.replace(&*canonical.to_string_lossy(), "PROJECT").replace(&*self.root().to_string_lossy(), "PROJECT")
    }
}

/// Sends what Ctrl-C sends.
pub fn interrupt(child: &Child) {
    let status = Command::new("sh").arg("-c").arg(format!("kill -INT {}", child.id())).status().unwrap();
    assert!(status.success());
}

/// Where the migration of that number is.
pub fn migration_path(number: u32, name: &str) -> String {
    format!("database/migrations/versions/{}_{name}.sql", version(number))
}

/// The version of the migration of that number.
pub fn version(number: u32) -> String {
    format!("20260101{number:06}")
}

impl Outcome {
    pub fn of(output: Output) -> Outcome {
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The error that `--json` writes.
    pub fn error(&self) -> serde_json::Value {
        let value: serde_json::Value = serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("{self:?}"));
        value["error"].clone()
    }

    /// The data that `--json` writes.
    pub fn data(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{self:?}"))
    }
}
