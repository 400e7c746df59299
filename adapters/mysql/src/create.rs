//! Making the database that a URL names.

use fastman_core::adapter::{BoxFuture, ConnectOptions};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::url::DatabaseUrl;
use mysql_async::prelude::Queryable;

use crate::connect::{self, Link};
use crate::dialect::quoted;
use crate::error;
use crate::settings::Settings;

/// Creates what the URL names; true if it was not there.
pub(crate) fn database<'a>(url: &'a DatabaseUrl, options: &'a ConnectOptions) -> BoxFuture<'a, Result<bool>> {
    Box::pin(async move {
        let settings = Settings::read(url, options)?;
        let name = settings.named_database()?;
        // An account that may use the database need not be one that may look for it from outside.
        match connect::connect(&settings, Some(name)).await {
            Ok(_) => return Ok(false),
            Err(error) if missing(&error) => {}
            Err(error) => return Err(error),
        }
        let Link { mut connection, product, .. } = connect::connect(&settings, None).await?;
        let sql = format!("CREATE DATABASE {} CHARACTER SET utf8mb4 COLLATE {}", quoted(name), product.collation());
        match connection.query_drop(sql).await.map_err(error::classify) {
            Ok(()) => Ok(true),
            // Somebody else made it in the meantime.
            Err(error) if error.class() == Some(ErrorClass::AlreadyExists) => Ok(false),
            Err(error) if error.class() == Some(ErrorClass::NoPrivilege) => {
                Err(error.with_help(format!("the account needs CREATE: GRANT ALL ON {}.* TO ...", quoted(name))))
            }
            Err(error) => Err(error),
        }
    })
}

/// Whether the database is not there, as far as this account may know: without a privilege on it, it is denied.
fn missing(error: &Error) -> bool {
    matches!(error.class(), Some(ErrorClass::MissingDatabase | ErrorClass::NoPrivilege))
}
