//! A database read without fastman, and the example projects copied to a folder of their own.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::path::Path;

use crate::support::Project;

/// A copy of one of the examples, without a database.
pub fn example(name: &str) -> Project {
    let project = Project::empty();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name), project.root());
    project
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().contains(".db") {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All that is in a SQLite file.
#[derive(Clone, PartialEq, Eq)]
pub struct Dump {
    /// Type, name, tbl_name and sql of `sqlite_schema`, sorted, the history aside.
    pub schema: Vec<String>,
    /// Every row of every table, sorted, the history aside.
    pub rows: Vec<String>,
    /// The versions in the history, in the order of applying.
    pub history: Vec<String>,
}

impl Dump {
    /// Reads a file, recovering it first if a program was killed while it wrote. It must be whole.
    pub fn of(path: &Path) -> Dump {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
        let strings = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            let columns = statement.column_count();
            let rows = statement
                .query_map([], |row| {
                    let values = (0..columns).map(|index| row.get::<_, rusqlite::types::Value>(index));
                    let values: Vec<String> = values.map(|value| value.map(shown)).collect::<Result<_, _>>()?;
                    Ok(values.join("|"))
                })
                .unwrap();
            rows.map(Result::unwrap).collect()
        };
        assert_eq!(strings("PRAGMA integrity_check"), ["ok"]);
        assert!(strings("PRAGMA foreign_key_check").is_empty());
        let schema = strings(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema
             WHERE tbl_name <> 'fastman_migrations' AND name NOT LIKE 'sqlite_sequence' ORDER BY 1, 2, 3, 4",
        );
        let tables = strings(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'fastman_migrations' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
        );
        let mut rows = Vec::new();
        for table in tables {
            rows.push(format!("{table}:"));
            let mut found = strings(&format!("SELECT * FROM \"{table}\""));
            found.sort();
            rows.extend(found);
        }
        let recorded = !strings("SELECT 1 FROM sqlite_schema WHERE name = 'fastman_migrations'").is_empty();
        let history =
            if recorded { strings("SELECT version FROM fastman_migrations ORDER BY sequence") } else { Vec::new() };
        Dump { schema, rows, history }
    }
}

fn shown(value: rusqlite::types::Value) -> String {
    use rusqlite::types::Value;
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Blob(bytes) => format!("{bytes:?}"),
    }
}

impl std::fmt::Debug for Dump {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "\n{}\n{}\n{}", self.schema.join("\n"), self.rows.join("\n"), self.history.join("\n"))
    }
}
