//! The servers of these tests: throwaway ones, since they and their sessions are killed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fastman_core::adapter::ConnectOptions;
use fastman_core::schema::Name;
use fastman_core::store::{Backend as Opened, LockAttempt, SqlStore, TransactionOptions};
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use fastman_test_servers::{Keeping, PGBOUNCER_COMMAND, POSTGRES_COMMAND, Product, Server, postgres_binaries};

use crate::proxy::Protocol;

/// The servers that tests share.
static SERVERS: Mutex<Vec<(Engine, Found)>> = Mutex::new(Vec::new());

/// A server, or why there is none.
type Found = Result<Arc<Server>, String>;

/// Ends them.
pub fn stop() {
    SERVERS.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// What is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    /// PostgreSQL behind PgBouncer in transaction mode.
    PgBouncer,
    Mysql(Product),
}

impl Engine {
    pub const ALL: [Engine; 4] =
        [Engine::Postgres, Engine::PgBouncer, Engine::Mysql(Product::MySql), Engine::Mysql(Product::MariaDb)];

    pub fn name(self) -> &'static str {
        match self {
            Engine::Postgres => "postgres",
            Engine::PgBouncer => "postgres_pgbouncer",
            Engine::Mysql(product) => product.name(),
        }
    }

    /// Whether a migration is one transaction.
    pub fn is_transactional(self) -> bool {
        !matches!(self, Engine::Mysql(_))
    }

    pub fn protocol(self) -> Protocol {
        match self {
            Engine::Postgres | Engine::PgBouncer => Protocol::Postgres,
            Engine::Mysql(_) => Protocol::Mysql,
        }
    }

    /// The command that provides it.
    pub fn command(self) -> &'static str {
        match self {
            Engine::Postgres => POSTGRES_COMMAND,
            Engine::PgBouncer => PGBOUNCER_COMMAND,
            Engine::Mysql(product) => product.command(),
        }
    }

    /// A server of its own for one test, to be killed.
    pub fn durable(self) -> Result<Server, String> {
        self.start(Keeping::Durable)
    }

    fn start(self, keeping: Keeping) -> Result<Server, String> {
        match self {
            Engine::Postgres => {
                let binaries = postgres_binaries().ok_or("no PostgreSQL server is installed")?;
                Server::throwaway_postgres(&binaries, keeping, &[])
            }
            Engine::PgBouncer => Server::pgbouncer(),
            Engine::Mysql(product) => Server::throwaway_mysql(product, keeping, &[]),
        }
    }

    /// The server that tests share, started when it is first asked for; why there is none.
    pub fn shared(self) -> Found {
        let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, server)) = servers.iter().find(|(engine, _)| *engine == self) {
            return server.clone();
        }
        let server = self.start(Keeping::Fast).map(Arc::new);
        servers.push((self, server.clone()));
        server
    }

    /// A new, empty database.
    pub fn database(self, server: &Server) -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("fastman_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let itself = server.itself();
        let (maintenance, sql) = match self {
            Engine::Mysql(_) => (itself.url("information_schema"), format!("CREATE DATABASE {name}")),
            _ => (itself.url("postgres"), format!("CREATE DATABASE {name} TEMPLATE template0")),
        };
        block_on(async { connect(&maintenance).await?.execute(&sql, &[]).await }).unwrap();
        let port = server.port().unwrap();
        Database { engine: self, url: server.url(&name), itself: itself.url(&name), maintenance, name, port }
    }
}

/// A database of one run.
pub struct Database {
    pub engine: Engine,
    /// Where the program finds it.
    pub url: String,
    /// Where it is found past a pooler.
    pub itself: String,
    maintenance: String,
    pub name: String,
    /// The port in the URL.
    pub port: u16,
}

impl Database {
    /// A URL under which a runner can be told from others: the lock says who holds it.
    pub fn url_of_runner(&self, server: &Server, number: usize) -> String {
        match self.engine {
            Engine::Mysql(_) => server.url_as(&format!("runner_{number}_"), &self.name),
            _ => format!("{}?application_name=runner_{number}_", self.url),
        }
    }

    /// The accounts that those URLs want.
    pub fn let_runners_in(&self, count: usize) {
        if !matches!(self.engine, Engine::Mysql(_)) {
            return;
        }
        self.ask(async |store| {
            for number in 0..count {
                store.execute(&format!("CREATE USER IF NOT EXISTS runner_{number}_@'%'"), &[]).await?;
                store.execute(&format!("GRANT ALL ON *.* TO runner_{number}_@'%'"), &[]).await?;
            }
            Ok(())
        })
        .unwrap();
    }

    /// Something asked of the server itself, over a session of its own.
    pub fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut dyn SqlStore) -> fastman_core::Result<T>,
    ) -> fastman_core::Result<T> {
        block_on(async {
            let mut store = connect(&self.itself).await?;
            question(&mut *store).await
        })
    }

    /// What the sessions of others on it run, by their numbers. Those that a pooler keeps for whoever comes next run nothing and are
    /// left out, unless they are wanted.
    async fn sessions(&self, store: &mut dyn SqlStore, kept: bool) -> fastman_core::Result<Vec<(i64, String)>> {
        let sql = match self.engine {
            Engine::Mysql(_) => format!(
                "SELECT ID, COALESCE(INFO, '') FROM information_schema.PROCESSLIST \
                 WHERE DB = '{}' AND ID <> CONNECTION_ID()",
                self.name
            ),
            _ => format!(
                "SELECT CAST(pid AS bigint), CASE WHEN state = 'active' THEN query ELSE '' END FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'{}",
                if self.engine == Engine::PgBouncer && !kept { " AND state <> 'idle'" } else { "" }
            ),
        };
        let rows = store.query(&sql, &[]).await?;
        Ok(rows
            .into_iter()
            .map(|row| match row.as_slice() {
                [Value::Integer(id), Value::Text(text)] => (*id, text.clone()),
                [Value::Integer(id), Value::Bytes(text)] => (*id, String::from_utf8_lossy(text).into_owned()),
                other => panic!("{other:?}"),
            })
            .collect())
    }

    /// Whether somebody's statement with that text runs.
    pub async fn runs(&self, store: &mut dyn SqlStore, text: &str) -> fastman_core::Result<bool> {
        Ok(self.sessions(store, false).await?.iter().any(|(_, sql)| sql.contains(text)))
    }

    /// Ends every other session, as an administrator would.
    pub fn end_sessions(&self) {
        let ended = self.ask(async |store| {
            for (id, _) in self.sessions(store, true).await? {
                let sql = match self.engine {
                    Engine::Mysql(_) => format!("KILL {id}"),
                    _ => format!("SELECT pg_terminate_backend({id})"),
                };
                // It may have gone by itself in between.
                let _ = store.query(&sql, &[]).await;
            }
            Ok(())
        });
        ended.unwrap();
    }

    /// Waits until what a killed program left running is over.
    pub fn wait_until_quiet(&self) {
        let deadline = Instant::now() + Duration::from_secs(300);
        self.ask(async |store| {
            loop {
                let sessions = self.sessions(store, false).await?;
                if sessions.is_empty() {
                    break;
                }
                assert!(Instant::now() < deadline, "sessions stay: {sessions:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(())
        })
        .unwrap();
    }

    /// Who holds the lock, in the adapter's words.
    pub async fn holder(&self, store: &mut dyn SqlStore) -> fastman_core::Result<Option<String>> {
        const KEY: &str = "fastman_migrations";
        let attempt = match self.engine {
            Engine::Mysql(_) => {
                let attempt = store.try_lock(KEY).await?;
                if attempt == LockAttempt::Held {
                    store.unlock(KEY).await?;
                }
                attempt
            }
            _ => {
                store.begin(TransactionOptions::default()).await?;
                let attempt = store.try_lock(KEY).await;
                store.rollback().await?;
                attempt?
            }
        };
        Ok(match attempt {
            LockAttempt::Held => None,
            LockAttempt::Busy(holder) => Some(holder.unwrap_or_default()),
        })
    }

    /// All that is in it.
    pub fn content(&self) -> Content {
        self.ask(async |store| Content::of(store).await).unwrap()
    }

    /// Drops it: what is left of hundreds of runs would fill the disk.
    pub fn dispose(self) {
        self.wait_until_quiet();
        let force = if self.engine.is_transactional() { " WITH (FORCE)" } else { "" };
        let sql = format!("DROP DATABASE {}{force}", self.name);
        block_on(async { connect(&self.maintenance).await?.execute(&sql, &[]).await }).unwrap();
    }
}

/// Every table and view with the catalog's own words and its rows, and the history.
#[derive(Clone)]
pub struct Content {
    relations: BTreeMap<String, (String, Vec<String>)>,
    pub history: Vec<String>,
}

impl Content {
    async fn of(store: &mut dyn SqlStore) -> fastman_core::Result<Content> {
        let dialect = store.dialect();
        let mut content = Content { relations: BTreeMap::new(), history: Vec::new() };
        for relation in store.relations().await? {
            let name = Name::exact(&relation.name);
            let quoted = dialect.quote(&name);
            if relation.name == "fastman_migrations" {
                let columns =
                    "version, name, direction, state, statements_done, statements, session, in_flight, failure";
                let rows = store.query(&format!("SELECT {columns} FROM {quoted} ORDER BY sequence"), &[]).await?;
                content.history = rows.iter().map(|row| format!("{row:?}")).collect();
                continue;
            }
            let mut echo = store.echo(std::slice::from_ref(&name)).await?.pop().flatten().unwrap_or_default();
            // A view is its maker's, and runners have accounts of their own.
            if let Some((before, (_, after))) =
                echo.split_once("DEFINER=").and_then(|(before, rest)| Some((before, rest.split_once(' ')?)))
            {
                echo = format!("{before}{after}");
            }
            // Of a large table its sums say enough.
            let sql = match relation.name.as_str() {
                "big" => format!("SELECT COUNT(*), SUM(id), SUM(number), SUM(LENGTH(word)) FROM {quoted}"),
                _ => format!("SELECT * FROM {quoted}"),
            };
            let mut rows: Vec<String> = store.query(&sql, &[]).await?.iter().map(|row| format!("{row:?}")).collect();
            rows.sort();
            content.relations.insert(relation.name, (echo, rows));
        }
        Ok(content)
    }

    /// Asserts that two are the same, and says where they are not.
    pub fn assert_same(&self, expected: &Content, place: &str) {
        assert_eq!(self.history, expected.history, "{place}");
        let names = |content: &Content| content.relations.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(expected), "{place}");
        for (found, expected) in self.relations.iter().zip(&expected.relations) {
            assert_eq!(found, expected, "{place}");
        }
    }

    /// The rows of a relation.
    pub fn row(&self, relation: &str) -> &[String] {
        self.relations.get(relation).map_or(&[], |found| &found.1)
    }
}

/// Connects to a URL.
pub async fn connect(url: &str) -> fastman_core::Result<Box<dyn SqlStore>> {
    let adapter = if url.starts_with("postgresql:") { &fastman_postgres::ADAPTER } else { &fastman_mysql::ADAPTER };
    match (adapter.connect)(&DatabaseUrl::parse(url)?, &ConnectOptions::default()).await? {
        Opened::Sql(store) => Ok(store),
        Opened::Documents(_) => panic!("it has tables"),
    }
}

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
