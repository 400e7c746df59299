//! fastman's adapter for PostgreSQL 13 and later: the dialect, and a store over tokio-postgres with rustls.

mod connect;
mod create;
mod dialect;
mod error;
mod introspect;
mod settings;
mod store;
mod stream;
mod value;
mod write;

use std::sync::Arc;

use fastman_core::adapter::{Adapter, BoxFuture, ConnectOptions};
use fastman_core::dialect::{Dialect, ServerVersion};
use fastman_core::error::Result;
use fastman_core::flavour::Flavour;
use fastman_core::store::Backend;
use fastman_core::url::DatabaseUrl;

/// The adapter for PostgreSQL.
pub const ADAPTER: Adapter = Adapter {
    name: "postgres",
    schemes: &["postgresql", "postgres"],
    flavours: &[&fastman_flavours::POSTGRES],
    dialect: make_dialect,
    connect: connect_url,
    create_database: create::database,
};

fn make_dialect(_: &'static Flavour, version: Option<ServerVersion>) -> Result<Arc<dyn Dialect>> {
    Ok(Arc::new(dialect::Postgres::new(version.unwrap_or(dialect::OLDEST))?))
}

fn connect_url<'a>(url: &'a DatabaseUrl, options: &'a ConnectOptions) -> BoxFuture<'a, Result<Backend>> {
    Box::pin(async move {
        let settings = settings::Settings::read(url, options)?;
        let store = store::PostgresStore::connect(Arc::new(settings)).await?;
        Ok(Backend::Sql(Box::new(store)))
    })
}
