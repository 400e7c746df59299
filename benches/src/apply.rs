//! What applying 1,000 migrations costs beside the `sqlite3` shell, which is given the very statements that fastman runs,
//! those of the history included.

use std::fs::{self, File};
use std::path::Path;

use crate::measure::{Sample, Summary, beside, measured};
use crate::project::Project;
use crate::{Result, Shell};

const MIGRATIONS: usize = 1_000;

/// How the statements are spread over transactions.
#[derive(Clone, Copy)]
enum Mode {
    OneEach,
    AllInOne,
}

/// Measures and prints.
pub(crate) fn run(fastman: &Path, shell: Option<&Shell>, folder: &Path, rounds: usize) -> Result<()> {
    let project = Project::new(folder.join("apply"), MIGRATIONS)?;
    let script = folder.join("script.sql");
    println!("\napplying {MIGRATIONS} migrations: a table of six columns and an index; a column added to it; in turn");
    println!("{:<26}{:<26}{:<26}{:<16}{:<16}", "", "fastman, wall", "sqlite3, wall", "ratio", "cpu ratio");
    for (mode, name) in [(Mode::OneEach, "one transaction each"), (Mode::AllInOne, "all in one")] {
        let statements = statements(fastman, &project, mode)?;
        fs::write(&script, &statements)?;
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            project.forget()?;
            let mut arguments = vec!["database:migrate", "--quiet"];
            if matches!(mode, Mode::AllInOne) {
                arguments.push("--single-transaction");
            }
            own.push(measured(&mut project.fastman(fastman, &arguments))?);
            let expected = tables(shell, &project)?;
            if let Some(shell) = shell {
                project.forget()?;
                let mut command = shell.command();
                command.arg("-bail").arg(project.database()).stdin(File::open(&script)?);
                others.push(measured(&mut command)?);
                if tables(Some(shell), &project)? != expected {
                    return Err("fastman and sqlite3 did not end in the same schema".into());
                }
            }
        }
        print_row(name, &own, &others);
    }
    Ok(())
}

fn print_row(name: &str, own: &[Sample], others: &[Sample]) {
    if others.is_empty() {
        println!("{name:<26}{:<26}{:<26}{:<16}{:<16}", Summary::wall(own), "-", "-", "-");
        return;
    }
    println!(
        "{name:<26}{:<26}{:<26}{:<16}{:<16}",
        Summary::wall(own),
        Summary::wall(others),
        beside(own, others, |sample| sample.wall),
        beside(own, others, |sample| sample.cpu),
    );
}

/// The script of all migrations, as `migrate:sql` prints it; without the transactions inside where all are to be one.
fn statements(fastman: &Path, project: &Project, mode: Mode) -> Result<String> {
    let output = project.fastman(fastman, &["migrate:sql", "--dialect", "sqlite"]).output()?;
    if !output.status.success() {
        return Err(format!("migrate:sql: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let script = String::from_utf8(output.stdout)?;
    // The shell's defaults are the program's: said here so that a shell that was built otherwise is measured alike.
    let durability = "PRAGMA synchronous = FULL;\n";
    Ok(match mode {
        Mode::OneEach => format!("{durability}{script}"),
        Mode::AllInOne => {
            let inside = |line: &&str| {
                let word = line.trim().trim_end_matches(';').to_ascii_uppercase();
                !matches!(word.as_str(), "BEGIN" | "BEGIN IMMEDIATE" | "COMMIT" | "END")
            };
            let body: Vec<&str> = script.lines().filter(inside).collect();
            format!("{durability}BEGIN IMMEDIATE;\n{}\nCOMMIT;\n", body.join("\n"))
        }
    })
}

/// The schema that a run ended in, so that both sides are known to have done the same.
fn tables(shell: Option<&Shell>, project: &Project) -> Result<String> {
    let Some(shell) = shell else { return Ok(String::new()) };
    let sql =
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2; SELECT COUNT(*) FROM fastman_migrations";
    let output = shell.command().arg(project.database()).arg(sql).output()?;
    Ok(String::from_utf8(output.stdout)?)
}
