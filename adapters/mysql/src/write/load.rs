//! LOAD DATA LOCAL from memory.

use std::io;

use bytes::Bytes;
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::store::TargetColumn;
use fastman_core::value::Value;
use futures::StreamExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Error as Failure, LocalInfileError};

use super::complaint;
use crate::dialect::quoted;
use crate::store::MysqlStore;
use crate::value::{self, hex};

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
    rows: &[Vec<Value>],
) -> Result<Outcome> {
    let hexed: Vec<bool> = (0..columns.len())
        .map(|index| rows.iter().any(|row| matches!(row.get(index), Some(Value::Bytes(_)))))
        .collect();
    let data = encode(rows, &hexed)?;
    let sql = statement(table, columns, &hexed);
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

/// The rows as lines of fields between tabs; columns of bytes as hexadecimal digits.
fn encode(rows: &[Vec<Value>], hexed: &[bool]) -> Result<Bytes> {
    let mut data = Vec::new();
    for row in rows {
        for (index, (value, hexed)) in row.iter().zip(hexed).enumerate() {
            if index > 0 {
                data.push(b'\t');
            }
            let text =
                value::text(value).map_err(|reason| Error::database(ErrorClass::BadValue, reason.to_string()))?;
            match (text, value) {
                (None, _) => data.extend_from_slice(b"\\N"),
                (Some(digits), Value::Bytes(_)) => data.extend_from_slice(digits.as_bytes()),
                (Some(text), _) if *hexed => data.extend_from_slice(hex(text.as_bytes()).as_bytes()),
                (Some(text), _) => escape(&text, &mut data),
            }
        }
        data.push(b'\n');
    }
    Ok(data.into())
}

fn escape(text: &str, data: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => data.extend_from_slice(b"\\\\"),
            b'\t' => data.extend_from_slice(b"\\t"),
            b'\n' => data.extend_from_slice(b"\\n"),
            0 => data.extend_from_slice(b"\\0"),
            other => data.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_escaped_and_bytes_are_digits() {
        let rows = [
            vec![Value::Text("a\tb\\c\nd".into()), Value::Bytes(vec![0, 255]), Value::Null],
            vec![Value::Text("\\N".into()), Value::Text("A".into()), Value::Boolean(true)],
        ];
        let data = encode(&rows, &[false, true, false]).unwrap();
        assert_eq!(data, "a\\tb\\\\c\\nd\t00ff\t\\N\n\\\\N\t41\t1\n");
    }
}
