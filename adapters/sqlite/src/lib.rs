//! fastman's adapter for SQLite, which it brings along.
//!
//! # Made-up rows in the tests of a program
//!
//! ```
//! use fastman_core::adapter::ConnectOptions;
//! use fastman_core::seed::library::{Definition, Factory};
//! use fastman_core::store::Backend;
//! use fastman_core::url::DatabaseUrl;
//! use fastman_core::value::Value;
//!
//! struct UserFactory;
//!
//! impl Factory for UserFactory {
//!     fn definition(&self) -> Definition {
//!         let posts = Definition::of("posts").field("title", "=sentence()");
//!         Definition::of("users")
//!             .field("email", "=unique(email())")
//!             .field("is_admin", false)
//!             .state("admin", [("is_admin", true)])
//!             .has("posts", posts, 2, Some("author_id"))
//!     }
//! }
//!
//! # fn main() -> fastman_core::Result<()> {
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//! # runtime.block_on(async {
//! let url = DatabaseUrl::parse("sqlite::memory:")?;
//! let mut backend = (fastman_sqlite::ADAPTER.connect)(&url, &ConnectOptions::default()).await?;
//! if let Backend::Sql(store) = &mut backend {
//!     for table in [
//!         "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email VARCHAR(100) UNIQUE, is_admin BOOLEAN)",
//!         "CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT, author_id BIGINT REFERENCES users (id), title TEXT)",
//!     ] {
//!         store.execute(table, &[]).await?;
//!     }
//! }
//!
//! let user = UserFactory.create(&mut backend).await?;
//! assert_eq!(user.get("id"), Some(&Value::Integer(1)));
//!
//! let admins = UserFactory.times(3).state("admin").create(&mut backend).await?;
//! assert_eq!(admins[2].get("id"), Some(&Value::Integer(4)));
//! # let Backend::Sql(store) = &mut backend else { unreachable!() };
//! let posts = store.query("SELECT COUNT(*) FROM posts", &[]).await?;
//! assert_eq!(posts, [[Value::Integer(8)]]);
//! # Ok(())
//! # })
//! # }
//! ```

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
