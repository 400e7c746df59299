//! What the tests on Google's emulator share.

#![allow(dead_code, unused_imports, reason = "each test binary uses its part of it")]

#[path = "../../../../conformance-tests/src/exempt.rs"]
mod exempt;

use async_trait::async_trait;
use fastman_core::Result;
use fastman_core::adapter::ConnectOptions;
use fastman_core::schema::Name;
use fastman_core::store::{Batch, RowSource, TargetColumn, WriteMode, WriteTarget};
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use fastman_firestore::FirestoreStore;
pub use fastman_test_servers::{Emulator, FIRESTORE_COMMAND as COMMAND};

/// Whether a run with `CI=true` must have the emulator, which a dated line may excuse.
pub fn must_be_had() -> bool {
    exempt::must_be_had(include_str!("../../../../tools/missing-servers"), "firestore")
}

/// Connects to a URL, with nothing of the process's own environment.
pub async fn connect(url: &str) -> Result<FirestoreStore> {
    fastman_firestore::connect(&DatabaseUrl::parse(url)?, &ConnectOptions::default()).await
}

/// Runs a future on a runtime of its own, of one thread, as the program does.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A target whose first column is the document's id.
pub fn target(collection: &str, columns: &[&str], mode: WriteMode) -> WriteTarget {
    let column = |name: &&str| TargetColumn { name: Name::exact(name), column_type: None };
    let columns = columns.iter().map(column).collect();
    WriteTarget { table: Name::exact(collection), columns, document_id: Some(0), mode }
}

/// A source of rows, made as they are asked for.
pub struct Rows<I>(pub I);

#[async_trait]
impl<I: Iterator<Item = Vec<Value>> + Send> RowSource for Rows<I> {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        let batch = Batch::take(&mut self.0.by_ref().take(97).collect(), 97);
        Ok((!batch.is_empty()).then_some(batch))
    }
}

/// A text.
pub fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// Everything that an error says.
pub fn said(error: &fastman_core::Error) -> String {
    let details: String = error.details().iter().map(|detail| format!("\n  {detail}")).collect();
    format!("{}: {}{details}\n  help: {}", error.code(), error.message(), error.help().unwrap_or_default())
}
