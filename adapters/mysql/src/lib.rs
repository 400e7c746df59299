//! fastman's adapter for MySQL 8.0.19 and later and MariaDB 10.6 and later: two dialects that share what is the same, and a store
//! over mysql_async with rustls. Which of the two a server is, it says itself when it is connected to.

mod connect;
mod create;
mod dialect;
mod error;
mod introspect;
mod product;
mod settings;
mod store;
mod value;
mod write;

use std::sync::Arc;

use fastman_core::adapter::{Adapter, BoxFuture, ConnectOptions};
use fastman_core::error::Result;
use fastman_core::store::Backend;
use fastman_core::url::DatabaseUrl;

/// The adapter for MySQL and MariaDB.
pub const ADAPTER: Adapter = Adapter {
    name: "mysql",
    schemes: &["mysql", "mariadb"],
    flavours: &[&fastman_flavours::MYSQL, &fastman_flavours::MARIADB],
    dialect: dialect::make,
    connect: connect_url,
    create_database: create::database,
};

fn connect_url<'a>(url: &'a DatabaseUrl, options: &'a ConnectOptions) -> BoxFuture<'a, Result<Backend>> {
    Box::pin(async move {
        let settings = settings::Settings::read(url, options)?;
        let store = store::MysqlStore::connect(Arc::new(settings)).await?;
        Ok(Backend::Sql(Box::new(store)))
    })
}
