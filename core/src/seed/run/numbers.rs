//! The numbers of rows: the keys of one seeder, reserved at once for each table, and what `unique(...)` counts from.
//!
//! A row's number is a part of its values, so it must be the same wherever the same seeders write into an empty store, whether it
//! numbers rows or not: there it counts the rows of the run. In a table that has rows already the number is the key, which none of
//! them has. In an empty one keys are reserved above the rows that the run has counted, so that the next run's numbers, which are keys,
//! are above those of this one.

use std::collections::HashMap;

use super::super::plan::Planned;
use super::super::stream::{OwnKey, Ready};
use super::target::Target;
use crate::error::Result;
use crate::schema::Name;
use crate::store::SqlStore;
use crate::value::Value;

/// How many rows each table has had in this run.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    tables: HashMap<String, Counted>,
}

#[derive(Clone, Debug)]
struct Counted {
    /// Whether it had none before the run.
    was_empty: bool,
    rows: u64,
}

impl Numbers {
    /// The table's, which is looked at when the run first comes to it.
    async fn of(&mut self, table: &Name, target: &mut Target<'_>) -> Result<&mut Counted> {
        let key = table.key().into_owned();
        let was_empty = match target {
            Target::Sql(store) if !self.tables.contains_key(&key) => is_empty(&mut **store, table).await?,
            _ => true,
        };
        Ok(self.tables.entry(key).or_insert(Counted { was_empty, rows: 0 }))
    }
}

async fn is_empty(store: &mut dyn SqlStore, table: &Name) -> Result<bool> {
    let sql = format!("SELECT 1 FROM {} LIMIT 1", store.dialect().quote(table));
    Ok(store.query(&sql, &[]).await?.is_empty())
}

/// The keys of one seeder's rows, reserved at once for each table.
pub(super) struct Pools {
    tables: Vec<Pool>,
}

struct Pool {
    table: Name,
    /// How many rows need a key.
    wanted: u64,
    /// The next one of those that are reserved.
    next: Option<i64>,
    /// Rows of streams with a key so far.
    keyed: u64,
}

impl Pools {
    pub(super) fn new(streams: &[Planned]) -> Pools {
        let mut tables: Vec<Pool> = Vec::new();
        for stream in streams {
            let wants = stream.identity.is_some() && stream.key.is_empty();
            let wanted = if wants { stream.count.unwrap_or(0) } else { 0 };
            match tables.iter_mut().find(|pool| pool.table.key() == stream.table_name.key()) {
                Some(pool) => pool.wanted += wanted,
                None => tables.push(Pool { table: stream.table_name.clone(), wanted, next: None, keyed: 0 }),
            }
        }
        Pools { tables }
    }

    /// Gives a stream its keys, and the number that its unique values count from.
    pub(super) async fn serve(
        &mut self,
        ready: &mut Ready,
        numbers: &mut Numbers,
        target: &mut Target<'_>,
    ) -> Result<()> {
        let key = ready.planned.table_name.key().into_owned();
        let Some(pool) = self.tables.iter_mut().find(|pool| *pool.table.key() == *key) else { return Ok(()) };
        let counted = numbers.of(&pool.table, target).await?;
        let before = counted.rows;
        counted.rows += ready.count;
        if !ready.planned.key.is_empty() {
            // The same whatever else is run, and run again.
            ready.offset = pool.keyed;
            pool.keyed += ready.count;
            return Ok(());
        }
        ready.offset = before;
        let Target::Sql(store) = target else { return Ok(()) };
        if let OwnKey::Identity(column) = &ready.own_key {
            let first = match pool.next {
                Some(next) => next,
                None => {
                    let above = if counted.was_empty { i64::try_from(before).unwrap_or(i64::MAX) } else { 0 };
                    store.reserve_keys(&pool.table, column, pool.wanted, above).await?
                }
            };
            pool.next = Some(first.saturating_add_unsigned(ready.count));
            ready.first = Some(first);
            if !counted.was_empty {
                ready.offset = u64::try_from(first.saturating_sub(1)).unwrap_or(0);
            }
        } else if !counted.was_empty && ready.counts_rows() {
            // No key tells how many rows were there before.
            let sql = format!("SELECT COUNT(*) FROM {}", store.dialect().quote(&pool.table));
            if let Some(Value::Integer(count)) = store.query(&sql, &[]).await?.first().and_then(|row| row.first()) {
                ready.offset = u64::try_from(*count).unwrap_or(0);
            }
        }
        Ok(())
    }
}
