//! fastman's adapter for SQLite, which it brings along.

mod connect;
mod dialect;
mod error;
mod introspect;
mod store;
mod tokens;
mod value;

use fastman_core::adapter::Adapter;
use fastman_flavours::SQLITE;

pub use dialect::SqliteDialect;
pub use store::SqliteStore;

/// The adapter.
pub const ADAPTER: Adapter = Adapter {
    name: "sqlite",
    schemes: &["sqlite", "sqlite3"],
    flavours: &[&SQLITE],
    dialect: dialect::make,
    connect: |url, options| Box::pin(store::connect(url, options)),
    create_database: |url, options| Box::pin(store::create_database(url, options)),
};
