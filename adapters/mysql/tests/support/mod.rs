//! MySQL and MariaDB servers as this adapter's tests need them: databases of their own, and sessions on them.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use fastman_conformance::Session;
use fastman_core::adapter::ConnectOptions;
use fastman_core::store::{Backend, SqlStore};
use fastman_core::url::DatabaseUrl;
use fastman_test_servers::Keeping;
pub use fastman_test_servers::Product;

/// A running server.
pub struct Server {
    pub product: Product,
    server: fastman_test_servers::Server,
}

impl Deref for Server {
    type Target = fastman_test_servers::Server;

    fn deref(&self) -> &Self::Target {
        &self.server
    }
}

static NEXT: AtomicU32 = AtomicU32::new(1);

impl Server {
    /// The server of this test run; why there is none, as a clause.
    pub fn find(product: Product) -> Result<Server, String> {
        Ok(Server { product, server: fastman_test_servers::Server::mysql(product)? })
    }

    /// A throwaway server with further options.
    pub fn throwaway(product: Product, options: &[&str]) -> Result<Server, String> {
        let server = fastman_test_servers::Server::throwaway_mysql(product, Keeping::Fast, options)?;
        Ok(Server { product, server })
    }

    /// A session on a new, empty database.
    pub async fn session(&self) -> fastman_core::Result<Session> {
        Session::connect(Arc::new(self.database().await?)).await
    }

    /// A new, empty database.
    pub async fn database(&self) -> fastman_core::Result<Database> {
        let name = format!("fastman_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut store = connect(&self.url("information_schema")).await?;
        store.execute(&format!("CREATE DATABASE `{name}` CHARACTER SET latin1"), &[]).await?;
        Ok(Database { url: self.url(&name), maintenance: self.url("information_schema"), name })
    }
}

/// A database of one test.
pub struct Database {
    pub url: String,
    pub name: String,
    maintenance: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        let (maintenance, name) = (self.maintenance.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            block_on(async {
                let mut store = connect(&maintenance).await?;
                store.execute("SET SESSION lock_wait_timeout = 1", &[]).await?;
                store.execute(&format!("DROP DATABASE `{name}`"), &[]).await
            })
        });
        let _ = dropped.join();
    }
}

#[async_trait]
impl fastman_conformance::Database for Database {
    async fn connect(&self) -> fastman_core::Result<Box<dyn SqlStore>> {
        connect(&self.url).await
    }
}

/// Connects to a URL.
pub async fn connect(url: &str) -> fastman_core::Result<Box<dyn SqlStore>> {
    connect_with(url, &ConnectOptions::default()).await
}

/// Connects to a URL with options.
pub async fn connect_with(url: &str, options: &ConnectOptions) -> fastman_core::Result<Box<dyn SqlStore>> {
    match (fastman_mysql::ADAPTER.connect)(&DatabaseUrl::parse(url)?, options).await? {
        Backend::Sql(store) => Ok(store),
        Backend::Documents(_) => panic!("it has tables"),
    }
}

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
