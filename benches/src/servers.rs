//! What applying 1,000 migrations costs on a server, beside the engine's own client, which is given the same statements: on
//! PostgreSQL those that `migrate:sql` prints, one transaction each; on MariaDB and MySQL every statement that wrote anything in
//! a run of fastman, as the server itself logged them: history, plans and pre-images included.

use std::fs::{self, File};
use std::path::Path;

use crate::Result;
use crate::measure::{Summary, beside, first_line, measured};
use crate::project::Project;
use crate::server::{ENGINES, Engine, Server};

const MIGRATIONS: usize = 1_000;

/// Measures on the servers named, or on throwaway ones where none is, and prints.
pub(crate) fn run(fastman: &Path, folder: &Path, rounds: usize, urls: &[&str]) -> Result<()> {
    let project = Project::new(folder.join("project"), MIGRATIONS)?;
    println!("fastman:  {}", first_line(std::process::Command::new(fastman).arg("--version"))?);
    println!("folder:   {}", folder.display());
    println!("rounds:   {rounds}; the median is shown, and the best in parentheses");
    println!("\napplying {MIGRATIONS} migrations: a table of six columns and an index; a column added to it; in turn");
    println!("{:<38}{:<24}{:<24}{:<16}{:<16}", "", "fastman, wall", "client, wall", "ratio", "client's cpu");
    if urls.is_empty() {
        for engine in ENGINES {
            match Server::start(engine) {
                Ok(server) => measure(&server, fastman, &project, folder, rounds)?,
                Err(reason) => println!("{:<38}{reason}: tools/test-servers.sh --install {0}", engine.name()),
            }
        }
    }
    for url in urls {
        measure(&Server::named(url)?, fastman, &project, folder, rounds)?;
    }
    Ok(())
}

fn measure(server: &Server, fastman: &Path, project: &Project, folder: &Path, rounds: usize) -> Result<()> {
    let url = server.database_url();
    let script = folder.join("script.sql");
    fs::write(&script, statements(server, fastman, project)?)?;
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        server.renew()?;
        own.push(measured(&mut project.fastman_on(fastman, &url, &["database:migrate", "--quiet"]))?);
        let reached = reached(server)?;
        server.renew()?;
        others.push(measured(server.client(true).stdin(File::open(&script)?))?);
        if self::reached(server)? != reached {
            return Err(
                format!("{}: fastman and the client did not end in the same schema", server.engine.name()).into()
            );
        }
    }
    let version = server.statement("SELECT VERSION()")?;
    let version = version.split([' ', '-']).find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    let version = version.unwrap_or_default().trim().to_owned();
    println!(
        "{:<38}{:<24}{:<24}{:<16}{:<16}",
        format!("{} ({version})", server.engine.name()),
        Summary::wall(&own),
        Summary::wall(&others),
        beside(&own, &others, |sample| sample.wall),
        Summary::cpu(&others),
    );
    Ok(())
}

/// What the client is given.
fn statements(server: &Server, fastman: &Path, project: &Project) -> Result<String> {
    server.renew()?;
    if server.engine == Engine::Postgres {
        let arguments = ["migrate:sql", "--dialect", "postgres"];
        let output = project.fastman_on(fastman, &server.database_url(), &arguments).output()?;
        if !output.status.success() {
            return Err(format!("migrate:sql: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        return Ok(String::from_utf8(output.stdout)?);
    }
    server.statement("SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1")?;
    let run = measured(&mut project.fastman_on(fastman, &server.database_url(), &["database:migrate", "--quiet"]));
    let sent = server.statement("SET GLOBAL general_log = 0").and_then(|_| {
        server.statement(
            "SELECT COUNT(*), SUM(command_type = 'Prepare') FROM mysql.general_log WHERE command_type <> 'Connect'",
        )
    });
    run?;
    println!("{:<38}commands sent, and of them to prepare: {}", server.engine.name(), sent?.trim());
    // What reads, sets the session up or locks is fastman's own expense.
    server.statement(
        "SELECT CONCAT(CONVERT(argument USING utf8mb4), ';') FROM mysql.general_log \
         WHERE command_type IN ('Query', 'Execute') AND CONVERT(argument USING utf8mb4) \
         REGEXP '^(INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|START TRANSACTION|COMMIT)'",
    )
}

/// What a run ended in: tables, columns, indexes and migrations.
fn reached(server: &Server) -> Result<String> {
    let schema = if server.engine == Engine::Postgres { "current_schema()" } else { "DATABASE()" };
    let columns = "table_name, column_name, data_type, is_nullable, column_default";
    let columns = server.on_database(&format!(
        "SELECT {columns} FROM information_schema.columns WHERE table_schema = {schema} ORDER BY 1, 2"
    ))?;
    let history = server.on_database("SELECT version, state FROM fastman_migrations ORDER BY 1")?;
    Ok(columns + &history)
}
