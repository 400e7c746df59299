//! A database in a folder of its own, and portable SQL applied to it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "here as in tests an unwrap is the assertion"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fastman_core::adapter::ConnectOptions;
use fastman_core::dialect::{RenderInput, Step};
use fastman_core::error::{Error, Result, SourceText};
use fastman_core::schema::{Change, Schema};
use fastman_core::sql::binder::bind_all;
use fastman_core::store::{Backend, CatalogObjects, SqlStore, Statement, Transaction, TransactionOptions};
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use fastman_sqlite::ADAPTER;
use tempfile::TempDir;

/// Connects with options.
pub async fn connect_with(url: &str, options: &ConnectOptions) -> Result<Box<dyn SqlStore>> {
    match (ADAPTER.connect)(&DatabaseUrl::parse(url)?, options).await? {
        Backend::Sql(store) => Ok(store),
        Backend::Documents(_) => panic!("SQLite has no documents"),
    }
}

/// Why connecting fails.
pub async fn refusal(url: &str, options: &ConnectOptions) -> Error {
    match connect_with(url, options).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error,
    }
}

/// A database, the session with it, and the schema that the migrations so far add up to.
pub struct Database {
    pub store: Box<dyn SqlStore>,
    pub schema: Schema,
    pub folder: TempDir,
}

impl Database {
    pub async fn new() -> Database {
        let folder = TempDir::new().unwrap();
        let mut store = connect_with("sqlite:///./app.db", &options_in(&folder)).await.unwrap();
        // What is tested here does not depend on the disk.
        store.execute("PRAGMA synchronous = OFF", &[]).await.unwrap();
        Database { store, schema: Schema::default(), folder }
    }

    /// One with these migrations applied.
    pub async fn with(sql: &str) -> Database {
        let mut database = Database::new().await;
        database.migrate(sql).await.unwrap();
        database
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    pub fn options(&self) -> ConnectOptions {
        options_in(&self.folder)
    }

    /// A second session.
    pub async fn another(&self) -> Box<dyn SqlStore> {
        connect_with("sqlite:///./app.db", &self.options()).await.unwrap()
    }

    /// Applies portable SQL in one transaction, consecutive alterations together, as the migrator does.
    pub async fn migrate(&mut self, sql: &str) -> Result<()> {
        let mut schema = self.schema.clone();
        let groups = groups(sql, &mut schema)?;
        let dialect = self.store.dialect();
        let mut suspend = false;
        for (before, changes, after) in &groups {
            let catalog = CatalogObjects::default();
            let offline = dialect.render(RenderInput { changes, before, after, catalog: &catalog })?;
            suspend |= offline.iter().any(Step::suspends_foreign_keys);
        }
        let options = TransactionOptions { suspend_foreign_keys: suspend };
        let mut transaction = Transaction::begin(&mut *self.store, options).await?;
        let outcome = async {
            for (before, changes, after) in &groups {
                let needs = dialect.needs_catalog(changes, before);
                let catalog = match needs.as_slice() {
                    [] => CatalogObjects::default(),
                    tables => transaction.store().catalog_objects(tables).await?,
                };
                let steps = dialect.render(RenderInput { changes, before, after, catalog: &catalog })?;
                let statements: Vec<Statement> = steps.into_iter().map(|step| Statement::new(step.sql)).collect();
                transaction
                    .store()
                    .run(&statements)
                    .await
                    .map_err(|failed| failed.error.with_detail(statements[failed.index].sql.clone()))?;
            }
            Ok(())
        }
        .await;
        match outcome {
            Ok(()) => transaction.commit().await?,
            Err(error) => {
                transaction.rollback().await.unwrap();
                return Err(error);
            }
        }
        self.schema = schema;
        Ok(())
    }

    /// The statements that portable SQL becomes without a connection.
    pub fn render(&self, sql: &str) -> Result<Vec<String>> {
        let mut schema = self.schema.clone();
        let mut statements = Vec::new();
        for (before, changes, after) in groups(sql, &mut schema)? {
            let catalog = CatalogObjects::default();
            let input = RenderInput { changes: &changes, before: &before, after: &after, catalog: &catalog };
            statements.extend(self.store.dialect().render(input)?.into_iter().map(|step| step.sql));
        }
        Ok(statements)
    }

    /// The statements that portable SQL becomes, with what the catalog knows now.
    pub async fn render_live(&mut self, sql: &str) -> Vec<Statement> {
        let mut statements = Vec::new();
        for (before, changes, after) in groups(sql, &mut self.schema.clone()).unwrap() {
            let needs = self.store.dialect().needs_catalog(&changes, &before);
            let catalog = self.store.catalog_objects(&needs).await.unwrap();
            let input = RenderInput { changes: &changes, before: &before, after: &after, catalog: &catalog };
            let steps = self.store.dialect().render(input).unwrap();
            statements.extend(steps.into_iter().map(|step| Statement::new(step.sql)));
        }
        statements
    }

    /// Runs SQLite's own SQL, one statement a line.
    pub async fn raw(&mut self, script: &[&str]) {
        for sql in script {
            if let Err(error) = self.store.execute(sql, &[]).await {
                panic!("{sql}: {error}");
            }
        }
    }

    pub async fn rows(&mut self, sql: &str) -> Vec<Vec<Value>> {
        match self.store.query(sql, &[]).await {
            Ok(rows) => rows,
            Err(error) => panic!("{sql}: {error}"),
        }
    }

    /// The rows as text: `1|a`, one a line.
    pub async fn text(&mut self, sql: &str) -> String {
        let rows = self.rows(sql).await;
        let lines: Vec<String> = rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join("|")).collect();
        lines.join("\n")
    }

    pub async fn count(&mut self, table: &str) -> i64 {
        match self.rows(&format!("SELECT count(*) FROM {table}")).await[0][0] {
            Value::Integer(count) => count,
            ref other => panic!("{other:?}"),
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => format!("{number:?}"),
        Value::Text(text) | Value::Json(text) => text.clone(),
        Value::Decimal(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Timestamp(timestamp) => timestamp.to_string(),
        Value::TimestampTz(instant) => instant.to_string(),
        Value::Uuid(uuid) => uuid.to_string(),
        other => format!("{other:?}"),
    }
}

pub fn options_in(folder: &TempDir) -> ConnectOptions {
    ConnectOptions { base: folder.path().to_owned(), ..ConnectOptions::default() }
}

type Group = (Schema, Vec<Change>, Schema);

fn groups(sql: &str, schema: &mut Schema) -> Result<Vec<Group>> {
    let source = SourceText::new("test.sql", sql);
    let mut replayed = schema.clone();
    let mut groups: Vec<Group> = Vec::new();
    for bound in bind_all(&source, 0..sql.len(), schema)? {
        let before = replayed.clone();
        replayed.apply(&bound.change).expect("the binder has applied it");
        match groups.last_mut() {
            Some((_, changes, after))
                if bound.change.alters_table()
                    && changes.iter().all(|change| {
                        change.alters_table() && change.subject().key() == bound.change.subject().key()
                    }) =>
            {
                changes.push(bound.change);
                *after = replayed.clone();
            }
            _ => groups.push((before, vec![bound.change], replayed.clone())),
        }
    }
    Ok(groups)
}

/// Whether a script ran to its end, and what was said if not: by the shell, or without one by the library that the
/// adapter brings.
pub fn run_script(file: &Path, script: &str) -> (bool, String) {
    let spawned =
        Command::new("sqlite3").arg(file).stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut shell) = spawned else {
        return match run_without_shell(&rusqlite::Connection::open(file).unwrap(), script) {
            Ok(()) => (true, String::new()),
            Err(error) => (false, error.to_string()),
        };
    };
    // A shell that stops at an error does not read on.
    let _ = shell.stdin.take().unwrap().write_all(script.as_bytes());
    let output = shell.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn run_without_shell(connection: &rusqlite::Connection, script: &str) -> rusqlite::Result<()> {
    let mut sql = String::new();
    for line in script.lines() {
        if let Some(setting) = line.strip_prefix(".dbconfig enable_fkey ") {
            connection.execute_batch(&std::mem::take(&mut sql))?;
            connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, setting == "on")?;
        } else if !line.starts_with('.') {
            sql.push_str(line);
            sql.push('\n');
        }
    }
    connection.execute_batch(&sql)
}
