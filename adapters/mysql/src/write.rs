//! Writing rows: LOAD DATA LOCAL from memory, in pieces that can be gone over again; prepared inserts where the server does not
//! take that.
//!
//! LOAD DATA LOCAL skips and mangles what does not fit and only warns. So any warning takes the piece back, and its rows are
//! inserted one by one until the server says of one what is wrong with it.

mod insert;
mod load;
mod piece;
mod rules;
mod upsert;

use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::store::{RowSource, TargetColumn, Transaction, TransactionOptions, WriteMode, WriteTarget};
use fastman_core::value::Value;

use crate::dialect::quoted;
use crate::error;
use crate::store::MysqlStore;
use piece::{Form, Piece};
use rules::Rule;
pub(crate) use rules::check_transactional;

/// Writes every row, or none where no transaction is open.
pub(crate) async fn write(store: &mut MysqlStore, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
    if store.in_transaction() {
        return write_inside(store, target, rows).await;
    }
    // Dropped in the middle, it takes its session with it.
    let mut transaction = Transaction::begin_on(store, TransactionOptions::default()).await?;
    let outcome = write_inside(transaction.store(), target, rows).await;
    transaction.settle(outcome).await
}

async fn write_inside(store: &mut MysqlStore, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
    check_transactional(store, &target.table).await?;
    let rules = rules::of(store, target).await?;
    match &target.mode {
        WriteMode::Insert => {
            let table = quoted(target.table.as_str());
            fill(store, &table, (&target.columns, &rules), rows).await
        }
        WriteMode::Upsert { key } => upsert::upsert(store, target, key, &rules, rows).await,
    }
}

/// Inserts every row into a table.
async fn fill(
    store: &mut MysqlStore,
    table: &str,
    (columns, rules): (&[TargetColumn], &[(usize, Rule)]),
    rows: &mut dyn RowSource,
) -> Result<u64> {
    let mut written = 0;
    let as_file = store.local_infile;
    let mut piece = Piece::collect((columns, rules), rows, as_file, written, 0).await?;
    while let Some(now) = piece {
        // The next rows are made ready while the server takes these.
        let before = written;
        written += now.len();
        let (put, next) = tokio::join!(
            put(store, table, columns, &now, before),
            Piece::collect((columns, rules), rows, as_file, written, now.bytes())
        );
        put?;
        piece = next?;
        now.recycle(rows);
    }
    Ok(written)
}

/// Inserts a piece; `before` rows stand before it.
async fn put(store: &mut MysqlStore, table: &str, columns: &[TargetColumn], piece: &Piece, before: u64) -> Result<()> {
    const POINT: &str = "fastman_piece";
    store.simple(&format!("SAVEPOINT {POINT}")).await?;
    let loaded = match piece.form() {
        Form::File(file) if store.local_infile => load::load(store, table, columns, file).await,
        _ => Ok(load::Outcome::NotAllowed),
    };
    let outcome = match loaded {
        // It may have been switched off in the meantime.
        Ok(load::Outcome::NotAllowed) => {
            store.local_infile = false;
            let rows = piece.rows();
            insert::insert(store, table, columns, &rows.iter().map(AsRef::as_ref).collect::<Vec<_>>()).await
        }
        Ok(load::Outcome::Loaded(complaint)) => Ok(complaint),
        Err(error) => Err(error),
    };
    let complaint = match outcome {
        Ok(None) => return Ok(()),
        Ok(Some(complaint)) => complaint,
        Err(error) if matches!(error.class(), Some(ErrorClass::LostConnection | ErrorClass::Busy)) => {
            return Err(error);
        }
        Err(error) => error,
    };
    store.simple(&format!("ROLLBACK TO SAVEPOINT {POINT}")).await?;
    for (row, number) in piece.rows().into_iter().zip(before + 1..) {
        match insert::insert(store, table, columns, &[row.as_ref()]).await {
            Ok(None) => {}
            Ok(Some(error)) | Err(error) => return Err(error.in_row(number)),
        }
    }
    Err(complaint)
}

/// The first thing that the server warned of, as an error.
async fn complaint(store: &mut MysqlStore) -> Result<Error> {
    let rows = store.text_rows("SHOW WARNINGS LIMIT 1").await?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([_, Value::Integer(code), Value::Text(message)]) => {
            error::of_code(u16::try_from(*code).unwrap_or_default(), message).with_detail(format!("warning {code}"))
        }
        _ => Error::database(ErrorClass::BadValue, "the server warned of a value and does not say of which"),
    })
}
