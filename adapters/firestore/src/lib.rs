//! fastman's adapter for Firestore: documents are seeded, and nothing is migrated.
//!
//! It speaks gRPC to Google or to Google's emulator. Rows become documents under ids that are known beforehand, so what was
//! begun can be done again: commits that are tried twice and seeders that are run twice leave what one leaves.

mod client;
mod commits;
mod error;
mod http;
mod path;
mod proto;
mod ramp;
mod settings;
mod store;
mod token;
mod value;

use std::sync::Arc;

use fastman_core::adapter::{Adapter, BoxFuture, ConnectOptions};
use fastman_core::dialect::{Dialect, ServerVersion};
use fastman_core::error::{Error, Result};
use fastman_core::flavour::Flavour;
use fastman_core::store::Backend;
use fastman_core::url::DatabaseUrl;

pub use store::{Document, FirestoreStore};

/// The adapter for Firestore.
pub const ADAPTER: Adapter = Adapter {
    name: "firestore",
    schemes: &["firestore", "firebase"],
    flavours: &[],
    dialect: make_dialect,
    connect: connect_url,
    create_database,
};

/// Connects to the database that a URL names: `firestore://PROJECT`, `firestore://PROJECT/DATABASE`, with `?emulator=HOST:PORT`
/// for an emulator.
///
/// # Errors
/// `url.malformed`, `firestore.credentials`, and what Firestore says.
pub async fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<FirestoreStore> {
    FirestoreStore::connect(settings::Settings::read(url, options)?).await
}

fn make_dialect(_: &'static Flavour, _: Option<ServerVersion>) -> Result<Arc<dyn Dialect>> {
    Err(Error::refused("store.no-schema", "Firestore has no schema to migrate"))
}

fn connect_url<'a>(url: &'a DatabaseUrl, options: &'a ConnectOptions) -> BoxFuture<'a, Result<Backend>> {
    Box::pin(async move { Ok(Backend::Documents(Box::new(connect(url, options).await?))) })
}

/// A database of Google's is made with Google's own tools, an emulator has every database: all that can be said is whether it is there.
fn create_database<'a>(url: &'a DatabaseUrl, options: &'a ConnectOptions) -> BoxFuture<'a, Result<bool>> {
    Box::pin(async move { connect(url, options).await.map(|_| false) })
}
