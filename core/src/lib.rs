//! fastman-core: the schema model, the traits that adapters implement, migrating and seeding. It knows no database.
//!
//! The data flows one way: files become the schema model and its changes ([`sql`], [`schema`]), those become a plan
//! ([`migrate`]), the plan is rendered by a [`dialect::Dialect`], and a [`store::SqlStore`] runs it.

pub mod adapter;
pub mod dialect;
pub mod error;
pub mod flavour;
pub mod migrate;
pub mod privileges;
pub mod project;
pub mod schema;
pub mod seed;
pub mod sql;
pub mod store;
pub mod url;
pub mod value;

pub use error::{Error, Result};
