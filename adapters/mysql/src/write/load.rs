//! LOAD DATA LOCAL from memory.

use std::io;

use bytes::Bytes;
use fastman_core::error::{Error, Result};
use fastman_core::store::TargetColumn;
use futures::StreamExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Error as Failure, LocalInfileError};

use super::complaint;
use super::piece::File;
use crate::dialect::quoted;
use crate::store::MysqlStore;

/// Numbers of "LOCAL is not allowed", of both products and of old ones.
const NOT_ALLOWED: [u16; 3] = [1148, 3948, 4166];

/// How much goes into one packet.
const PACKET: usize = 256 << 10;

/// What became of it.
pub(super) enum Outcome {
    /// Every row was sent; what the server warned of, if it did.
    Loaded(Option<Error>),
    /// The server takes no LOAD DATA LOCAL. Nothing was sent.
    NotAllowed,
}

/// Loads the rows.
pub(super) async fn load(
    store: &mut MysqlStore,
    table: &str,
    columns: &[TargetColumn],
    file: &File,
) -> Result<Outcome> {
    let data = file.data.clone();
    let sql = statement(table, columns, &file.hexed);
    let connection = store.connection()?;
    connection.set_infile_handler(async move {
        let packets: Vec<io::Result<Bytes>> = (0..data.len())
            .step_by(PACKET)
            .map(|start| Ok(data.slice(start..data.len().min(start + PACKET))))
            .collect();
        Ok::<_, Failure>(futures::stream::iter(packets).boxed())
    });
    let outcome = async {
        let result = connection.query_iter(sql).await?;
        let warnings = result.warnings();
        result.drop_result().await?;
        Ok(warnings)
    }
    .await;
    match outcome {
        Ok(0) => Ok(Outcome::Loaded(None)),
        Ok(_) => complaint(store).await.map(|complaint| Outcome::Loaded(Some(complaint))),
        Err(Failure::Server(server)) if NOT_ALLOWED.contains(&server.code) => Ok(Outcome::NotAllowed),
        Err(Failure::Driver(mysql_async::DriverError::LocalInfile(LocalInfileError::NoHandler))) => {
            Ok(Outcome::NotAllowed)
        }
        Err(failure) => Err(store.failure(failure)),
    }
}

fn statement(table: &str, columns: &[TargetColumn], hexed: &[bool]) -> String {
    let (mut fields, mut set) = (Vec::new(), Vec::new());
    for (index, (column, hexed)) in columns.iter().zip(hexed).enumerate() {
        let name = quoted(column.name.as_str());
        if *hexed {
            fields.push(format!("@fastman_{index}"));
            set.push(format!("{name} = UNHEX(@fastman_{index})"));
        } else {
            fields.push(name);
        }
    }
    let set = if set.is_empty() { String::new() } else { format!(" SET {}", set.join(", ")) };
    format!(
        "LOAD DATA LOCAL INFILE 'fastman' INTO TABLE {table} CHARACTER SET utf8mb4 \
         FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ({}){set}",
        fields.join(", ")
    )
}
