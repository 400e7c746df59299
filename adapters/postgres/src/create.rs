//! Making the database that a URL names, and the schema where it names one.

use std::sync::Arc;

use fastman_core::adapter::{BoxFuture, ConnectOptions};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::store::SqlStore;
use fastman_core::url::DatabaseUrl;

use crate::settings::{Settings, quoted};
use crate::store::PostgresStore;

/// Databases that every server has, in the order in which they are tried for making another one from.
const MAINTENANCE: [&str; 2] = ["postgres", "template1"];

/// Creates what the URL names; true if any of it was not there.
pub(crate) fn database<'a>(url: &'a DatabaseUrl, options: &'a ConnectOptions) -> BoxFuture<'a, Result<bool>> {
    Box::pin(async move {
        let settings = Settings::read(url, options)?;
        let Some(name) = settings.database.clone() else {
            return Err(Error::usage("url.no-database", "the URL names no database to create")
                .with_help("postgresql://user:password@host:5432/name"));
        };
        let schema = settings.schema.clone();
        let settings = Arc::new(settings);
        let (mut store, made) = match PostgresStore::connect(settings.clone()).await {
            Ok(store) => (store, false),
            Err(error) if error.class() == Some(ErrorClass::MissingDatabase) => {
                let made = create(&settings, &name).await?;
                (PostgresStore::connect(settings).await?, made)
            }
            Err(error) => return Err(error),
        };
        let Some(schema) = schema else { return Ok(made) };
        let found = store
            .query(
                "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1",
                &[fastman_core::value::Value::Text(schema.as_str().to_owned())],
            )
            .await?;
        if found.is_empty() {
            store.execute(&format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema.as_str())), &[]).await?;
        }
        Ok(made || found.is_empty())
    })
}

async fn create(settings: &Settings, name: &str) -> Result<bool> {
    let mut store = maintenance(settings).await?;
    match store.execute(&format!("CREATE DATABASE {}", quoted(name)), &[]).await {
        Ok(_) => Ok(true),
        // Somebody else made it in the meantime.
        Err(error) if error.class() == Some(ErrorClass::AlreadyExists) => Ok(false),
        Err(error) if error.class() == Some(ErrorClass::NoPrivilege) => {
            Err(error.with_help("the account needs CREATEDB: ALTER ROLE ... CREATEDB"))
        }
        Err(error) => Err(error),
    }
}

async fn maintenance(settings: &Settings) -> Result<PostgresStore> {
    let mut outcome = None;
    for database in MAINTENANCE {
        let settings =
            Settings { database: Some(database.to_owned()), search_path: None, schema: None, ..settings.clone() };
        match PostgresStore::connect(Arc::new(settings)).await {
            Err(error) if error.class() == Some(ErrorClass::MissingDatabase) => outcome = Some(error),
            other => return other,
        }
    }
    Err(outcome.unwrap_or_else(|| Error::database(ErrorClass::MissingDatabase, "there is no database to connect to")))
}
