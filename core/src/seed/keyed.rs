//! Rows with a key: compared with what is there, so that only what is new is inserted and only what differs is updated.
//!
//! A salted hash that verifies is kept, and a value that depends on the time of the run alone is no difference.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;

use super::coerce::coerce;
use super::digest::{Digest, RowDigest};
use super::generate::Generator;
use super::shape::Cell;
use super::stream::{OwnKey, Ready};
use crate::error::{Error, Result};
use crate::schema::{ColumnType, Name};
use crate::store::{Batch, RowSource, SqlStore, Statement, WriteTarget};
use crate::value::Value;

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
}

/// An error, and the row that it is about.
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) row: Option<u64>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { row: error.row(), error }
    }
}

/// A source of one batch.
struct Once(Option<Batch>);

#[async_trait::async_trait]
impl RowSource for Once {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        Ok(self.0.take())
    }
}

/// A keyed write under way.
pub(crate) struct Keyed<'a> {
    pub(crate) ready: &'a Ready,
    pub(crate) target: &'a WriteTarget,
    /// The columns that are compared, behind the one of the key that the run fills.
    names: Vec<Name>,
    types: Vec<Option<ColumnType>>,
    /// Where the key's columns are among them.
    key: Vec<usize>,
    /// The column that tells a row's id, where it is not among them.
    id: Option<Name>,
    seen: HashSet<Digest>,
    counts: Counts,
    ids: Vec<Value>,
}

impl<'a> Keyed<'a> {
    pub(crate) fn new(ready: &'a Ready, target: &'a WriteTarget) -> Keyed<'a> {
        let lead = ready.lead();
        // Documents are not written this way: there are no defaults behind the columns.
        let columns = target.columns.get(lead..).unwrap_or_default();
        let names: Vec<Name> = columns.iter().map(|column| column.name.clone()).collect();
        let key =
            ready.planned.key.iter().filter_map(|key| names.iter().position(|name| name.key() == key.key())).collect();
        let id = match &ready.own_key {
            OwnKey::Identity(column) => Some(column.clone()),
            _ => None,
        };
        Keyed {
            ready,
            target,
            types: columns.iter().map(|column| column.column_type.clone()).collect(),
            names,
            key,
            id,
            seen: HashSet::new(),
            counts: Counts::default(),
            ids: Vec::new(),
        }
    }

    /// Writes every row.
    ///
    /// # Errors
    /// The first row that can't be written, with its number.
    pub(crate) async fn write(
        mut self,
        store: &mut dyn SqlStore,
        rows: &mut Generator,
        mut progress: impl FnMut(u64),
    ) -> Result<Counts, Failure> {
        let mut before = 0;
        while let Some(mut batch) = rows.next_batch().await? {
            self.batch(store, &mut batch, before).await?;
            let count = batch.len() as u64;
            before += count;
            progress(count);
            rows.recycle(batch);
        }
        if self.id.is_some() {
            // Nobody else sets them.
            let _ = self.ready.ids.set(self.ids);
        }
        Ok(self.counts)
    }

    async fn batch(&mut self, store: &mut dyn SqlStore, batch: &mut Batch, before: u64) -> Result<(), Failure> {
        let lead = self.ready.lead();
        let mut there = self.existing(store, batch).await?;
        let mut new: Vec<(u64, Vec<Value>)> = Vec::new();
        let mut updates: Vec<(u64, Statement)> = Vec::new();
        for (index, row) in batch.rows().enumerate() {
            let ordinal = before + index as u64;
            let columns = row.get(lead..).unwrap_or_default();
            let key = self.key_of(columns);
            if let Some(null) = self.key.iter().find(|place| matches!(columns.get(**place), Some(Value::Null) | None)) {
                let message = format!("{} is NULL, and it is part of the key", self.names[*null]);
                return Err(Failure { error: Error::failed("seed.null-key", message), row: Some(ordinal + 1) });
            }
            if !self.seen.insert(key) {
                let error = Error::failed("seed.duplicate-key", "an earlier row of this block has the same key")
                    .with_help("take one of them out, or add a column to the key");
                return Err(Failure { error, row: Some(ordinal + 1) });
            }
            match there.remove(&key) {
                None => {
                    self.ids.push(Value::Null);
                    new.push((ordinal, row.to_vec()));
                }
                Some(stored) => {
                    if self.id.is_some() {
                        self.ids.push(stored.last().cloned().unwrap_or(Value::Null));
                    }
                    match self.update(store, ordinal, columns, &stored)? {
                        None => self.counts.unchanged += 1,
                        Some(statement) => updates.push((ordinal, statement)),
                    }
                }
            }
        }
        self.counts.updated += updates.len() as u64;
        self.counts.inserted += new.len() as u64;
        let (ordinals, statements): (Vec<u64>, Vec<Statement>) = updates.into_iter().unzip();
        store.run(&statements).await.map_err(|failed| Failure {
            row: ordinals.get(failed.index).map(|ordinal| ordinal + 1),
            error: failed.error,
        })?;
        self.insert(store, new).await
    }

    async fn insert(&mut self, store: &mut dyn SqlStore, mut new: Vec<(u64, Vec<Value>)>) -> Result<(), Failure> {
        if new.is_empty() {
            return Ok(());
        }
        if let Some(id) = &self.id {
            let first = store.reserve_keys(&self.target.table, id, new.len() as u64, 0).await?;
            for (offset, (ordinal, row)) in new.iter_mut().enumerate() {
                let key = Value::Integer(first + i64::try_from(offset).unwrap_or(i64::MAX));
                if let Some(place) = self.ids.get_mut(usize::try_from(*ordinal).unwrap_or(usize::MAX)) {
                    *place = key.clone();
                }
                if let Some(place) = row.first_mut() {
                    *place = key;
                }
            }
        }
        let (ordinals, rows): (Vec<u64>, std::collections::VecDeque<Vec<Value>>) = new.into_iter().unzip();
        let mut rows = rows;
        let mut source = Once(Some(Batch::take(&mut rows, usize::MAX)));
        store.write(self.target, &mut source).await.map(drop).map_err(|error| {
            let place = error.row().and_then(|row| usize::try_from(row).ok()?.checked_sub(1));
            Failure { row: place.and_then(|place| ordinals.get(place)).map(|ordinal| ordinal + 1), error }
        })
    }

    fn key_of(&self, columns: &[Value]) -> Digest {
        let mut digest = RowDigest::default();
        for (index, place) in self.key.iter().enumerate() {
            digest.value(index as u64, columns.get(*place).unwrap_or(&Value::Null));
        }
        digest.finish()
    }

    /// The rows that are there, by key: the columns, and the id behind them.
    async fn existing(&self, store: &mut dyn SqlStore, batch: &Batch) -> Result<HashMap<Digest, Vec<Value>>> {
        let dialect = store.dialect();
        let lead = self.ready.lead();
        let most =
            (usize::try_from(dialect.facts().max_parameters).unwrap_or(999) / self.key.len().max(1)).clamp(1, 500);
        let selected: Vec<String> = self.names.iter().chain(&self.id).map(|name| dialect.quote(name)).collect();
        let key: Vec<String> = self.key.iter().map(|place| dialect.quote(&self.names[*place])).collect();
        let table = dialect.quote(&self.target.table);
        let mut found = HashMap::new();
        let rows: Vec<&[Value]> = batch.rows().collect();
        for chunk in rows.chunks(most) {
            let values = chunk.iter().flat_map(|row| self.key.iter().map(move |place| row.get(lead + place)));
            let parameters: Vec<Value> = values.map(|value| value.cloned().unwrap_or(Value::Null)).collect();
            let condition = dialect.matches_key(&table, &key, chunk.len());
            let sql = format!("SELECT {} FROM {table} WHERE {condition}", selected.join(", "));
            for row in store.query(&sql, &parameters).await? {
                let row: Vec<Value> =
                    row.into_iter().enumerate().map(|(place, value)| self.in_form(place, value)).collect();
                found.insert(self.key_of(&row), row);
            }
        }
        Ok(found)
    }

    /// A value of the database in the form of its column.
    fn in_form(&self, place: usize, value: Value) -> Value {
        match self.types.get(place).and_then(Option::as_ref) {
            Some(column_type) => match (value, column_type) {
                // A number that an engine keeps in its own way is read back with its own type.
                (Value::Text(text), ColumnType::Char(_)) => Value::Text(text.trim_end_matches(' ').to_owned()),
                (Value::Integer(truth @ (0 | 1)), ColumnType::Boolean) => Value::Boolean(truth == 1),
                (Value::Timestamp(local), ColumnType::TimestampTz) => Value::TimestampTz(local.and_utc()),
                (value, _) => coerce(value.clone(), column_type).unwrap_or(value),
            },
            None => value,
        }
    }

    /// The statement that makes the stored row the one that it should be; `None` where it is.
    fn update(
        &self,
        store: &dyn SqlStore,
        ordinal: u64,
        columns: &[Value],
        stored: &[Value],
    ) -> Result<Option<Statement>, Failure> {
        let mut differs = Vec::new();
        let mut changed = false;
        for (place, (value, old)) in columns.iter().zip(stored).enumerate() {
            if self.key.contains(&place) || self.same(place, value, old) {
                continue;
            }
            match self.excuse(ordinal, place, columns, old)? {
                Excuse::Kept => {}
                Excuse::Time => differs.push(place),
                Excuse::None => {
                    differs.push(place);
                    changed = true;
                }
            }
        }
        if !changed {
            return Ok(None);
        }
        let dialect = store.dialect();
        let mut parameters = Vec::new();
        let mut assignments = Vec::new();
        let mut terms = Vec::new();
        for place in differs {
            parameters.push(columns[place].clone());
            assignments.push(format!(
                "{} = {}",
                dialect.quote(&self.names[place]),
                dialect.placeholder(parameters.len())
            ));
        }
        for place in &self.key {
            parameters.push(columns[*place].clone());
            terms.push(format!("{} = {}", dialect.quote(&self.names[*place]), dialect.placeholder(parameters.len())));
        }
        let sql = format!(
            "UPDATE {} SET {} WHERE {}",
            dialect.quote(&self.target.table),
            assignments.join(", "),
            terms.join(" AND ")
        );
        Ok(Some(Statement { sql, parameters }))
    }

    fn same(&self, place: usize, value: &Value, stored: &Value) -> bool {
        if value == stored {
            return true;
        }
        match (self.types.get(place).and_then(Option::as_ref), value, stored) {
            (Some(ColumnType::Real), Value::Double(one), Value::Double(other)) => *one as f32 == *other as f32,
            (Some(ColumnType::Char(_)), Value::Text(one), Value::Text(other)) => {
                one.trim_end_matches(' ') == other.trim_end_matches(' ')
            }
            (_, Value::Json(one) | Value::Text(one), Value::Json(other) | Value::Text(other))
                if matches!(self.types.get(place), Some(Some(ColumnType::Json))) =>
            {
                let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
                parsed(one).zip(parsed(other)).is_some_and(|(one, other)| super::json::same(&one, &other))
            }
            _ => false,
        }
    }

    /// Why a value that differs need not be written.
    fn excuse(&self, ordinal: u64, place: usize, columns: &[Value], stored: &Value) -> Result<Excuse, Failure> {
        let Some(cell) = self.ready.shape(ordinal).and_then(|shape| Some(&shape.columns.get(place)?.cell)) else {
            return Ok(Excuse::None);
        };
        let Cell::Formula(formula) = cell else { return Ok(Excuse::None) };
        let position = self.ready.position(ordinal)?;
        if formula.formula.salted().is_some() {
            let Value::Text(hash) = stored else { return Ok(Excuse::None) };
            let verified = self.ready.with_context(place, position, columns, None, |_, context| {
                formula.formula.verify(context, hash).map_err(super::formula::FormulaError::into_error)
            })?;
            return Ok(if verified == Some(true) { Excuse::Kept } else { Excuse::None });
        }
        if formula.formula.is_volatile() {
            return Ok(Excuse::None);
        }
        let later = Some(self.ready.world.seeder_now + TimeDelta::days(397) + TimeDelta::microseconds(12_345_678_901));
        let other = self.ready.with_context(place, position, columns, later, |shape, context| {
            let mut value = Value::Null;
            shape.columns[place].compute(context, &mut value).map(|()| value)
        });
        // Whatever it gives at another time, it gives something else.
        let depends = other.map_or(true, |other| other.as_ref() != columns.get(place));
        Ok(if depends { Excuse::Time } else { Excuse::None })
    }
}

/// Why a value that differs is no difference.
enum Excuse {
    /// What is stored is as good.
    Kept,
    /// It is another at any other time.
    Time,
    None,
}
