//! What `ref(table.column)` draws from, and what `ref(table.column, column = value)` finds.
//!
//! Without a condition: from the rows that this run makes of the table, computed and not kept; where it makes none, from
//! a snapshot of the keys that are there. With a condition: the only row that meets it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::coerce::{coerce, shown};
use super::digest::{self, Digest, RowDigest, RowName};
use super::formula::ReferenceSpec;
use super::plan::Content;
use super::stream::{OwnKey, Ready};
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::schema::{ColumnType, Name};
use crate::store::SqlStore;
use crate::value::Value;

/// The most keys of a snapshot, and the most rows that conditions are looked up in.
const MOST: usize = 1_000_000;

/// The code of a row that is not looked up yet.
pub(crate) const PENDING: &str = "seed.reference-pending";

/// Where a reference gets its value.
#[derive(Debug)]
pub(crate) enum Resolver {
    /// Rows of this run.
    Run(Vec<Part>),
    /// Keys that were there.
    Snapshot(Snapshot),
    /// Rows by what they are looked up by.
    Lookup(Lookup),
}

/// A stream to draw rows from.
#[derive(Debug)]
pub(crate) struct Part {
    ready: Arc<Ready>,
    /// The column; `None`: the key.
    column: Option<usize>,
    /// How many rows this stream and those before it have.
    end: u64,
}

/// Keys that were there.
#[derive(Debug)]
pub(crate) struct Snapshot {
    table: Name,
    keys: Arc<Keys>,
    numbered: bool,
}

#[derive(Debug)]
pub(crate) enum Keys {
    Integers(Vec<i64>),
    Values(Vec<Value>),
}

/// Rows by what they are looked up by.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) table: Name,
    pub(crate) column: Name,
    pub(crate) condition: Vec<String>,
    types: Vec<Option<ColumnType>>,
    numbered: bool,
    found: Mutex<HashMap<Digest, Found>>,
    /// Whether what is not found may be looked for: otherwise it is not there.
    on_demand: bool,
    asked: Mutex<Option<Vec<Value>>>,
}

/// What a lookup found.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    None,
    One(Value),
    Several,
}

impl Resolver {
    /// The value, and the row's name in digests where the value is a key that an engine numbers.
    pub(crate) fn resolve(&self, condition: &[Value], random: u64) -> Result<(Value, Option<RowName>)> {
        match self {
            Resolver::Run(parts) => {
                let total = parts.last().map_or(0, |part| part.end);
                let drawn = below(random, total);
                let index = parts.partition_point(|part| part.end <= drawn);
                let Some(part) = parts.get(index) else { return Ok((Value::Null, None)) };
                let before = index.checked_sub(1).and_then(|before| parts.get(before)).map_or(0, |before| before.end);
                let ordinal = drawn - before;
                match part.column {
                    Some(column) => Ok((part.ready.value(column, ordinal)?, None)),
                    None => Ok((part.ready.key(ordinal)?, Some(part.ready.name(ordinal)))),
                }
            }
            Resolver::Snapshot(snapshot) => snapshot.draw(random),
            Resolver::Lookup(lookup) => lookup.find(condition),
        }
    }
}

fn below(random: u64, bound: u64) -> u64 {
    ((u128::from(random) * u128::from(bound)) >> 64) as u64
}

impl Snapshot {
    fn draw(&self, random: u64) -> Result<(Value, Option<RowName>)> {
        let count = match &*self.keys {
            Keys::Integers(keys) => keys.len(),
            Keys::Values(keys) => keys.len(),
        };
        let index = below(random, count as u64);
        let place = usize::try_from(index).unwrap_or_default();
        let value = match &*self.keys {
            Keys::Integers(keys) => keys.get(place).map(|key| Value::Integer(*key)),
            Keys::Values(keys) => keys.get(place).cloned(),
        };
        let table = self.table.as_str();
        let value = value.ok_or_else(|| {
            Error::failed("seed.no-row", format!("{table} has no rows that ref(...) could draw from"))
                .with_help(format!("seed {table} first: name its seeder in `after`, or write rows of it here"))
        })?;
        let name = RowName { stream: digest::name(table), ordinal: index };
        Ok((value, self.numbered.then_some(name)))
    }
}

impl Lookup {
    fn digest(&self, values: &[Value]) -> Digest {
        let mut row = RowDigest::default();
        for (index, value) in values.iter().enumerate() {
            row.value(index as u64, value);
        }
        row.finish()
    }

    /// The values in the form of the columns that they are compared with.
    fn in_form(&self, values: &[Value]) -> Vec<Value> {
        let types = self.types.iter().chain(std::iter::repeat(&None));
        let fitted = values.iter().zip(types).map(|(value, column_type)| match column_type {
            Some(column_type) => coerce(value.clone(), column_type).unwrap_or_else(|_| value.clone()),
            None => value.clone(),
        });
        fitted.collect()
    }

    fn find(&self, condition: &[Value]) -> Result<(Value, Option<RowName>)> {
        let condition = self.in_form(condition);
        let key = self.digest(&condition);
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let found = match found {
            Some(found) => found,
            None if self.on_demand => {
                *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(condition);
                return Err(Error::failed(PENDING, "this row was not looked up yet"));
            }
            None => Found::None,
        };
        let error = |code, what: &str| {
            let meets: Vec<String> = self
                .condition
                .iter()
                .zip(&condition)
                .map(|(column, value)| format!("{column} = {}", shown(value)))
                .collect();
            Error::failed(code, format!("{what} of {} has {}", self.table, meets.join(", ")))
        };
        match found {
            Found::One(value) => {
                let name = RowName::of_condition(self.table.as_str(), &self.condition, &condition);
                Ok((value, self.numbered.then_some(name)))
            }
            Found::None => Err(error("seed.no-row", "no row").with_help(format!(
                "ref(...) with a condition finds exactly one row; seed {} first: name its seeder in `after`",
                self.table
            ))),
            Found::Several => Err(error("seed.several-rows", "more than one row")
                .with_help("ref(...) with a condition finds exactly one row; add a column to the condition")),
        }
    }

    /// What was asked for and is not known.
    pub(crate) fn asked(&self) -> Option<Vec<Value>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps what was found.
    pub(crate) fn keep(&self, condition: &[Value], found: Found) {
        let key = self.digest(condition);
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(key, found);
    }

    fn add(&self, condition: &[Value], value: Value) {
        let key = self.digest(&self.in_form(condition));
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.entry(key).and_modify(|found| *found = Found::Several).or_insert(Found::One(value));
    }

    /// Looks in the database.
    ///
    /// # Errors
    /// What the server says.
    pub(crate) async fn query(&self, store: &mut dyn SqlStore, condition: &[Value]) -> Result<Found> {
        let dialect = store.dialect();
        let mut parameters = Vec::new();
        let terms: Vec<String> = self
            .condition
            .iter()
            .zip(condition)
            .map(|(column, value)| {
                let column = dialect.quote(&Name::exact(column));
                if matches!(value, Value::Null) {
                    return format!("{column} IS NULL");
                }
                parameters.push(value.clone());
                format!("{column} = {}", dialect.placeholder(parameters.len()))
            })
            .collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE {} LIMIT 2",
            dialect.quote(&self.column),
            dialect.quote(&self.table),
            terms.join(" AND ")
        );
        let mut rows = store.query(&sql, &parameters).await?;
        Ok(match (rows.pop(), rows.is_empty()) {
            (None, _) => Found::None,
            (Some(_), false) => Found::Several,
            (Some(mut row), true) => row.pop().map_or(Found::None, Found::One),
        })
    }
}

/// What makes resolvers: the rows of the run so far, and what is known of tables.
pub(crate) struct References<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) registry: &'a Registry,
    /// Whether the rows that point are computed one by one, and may be looked up one by one.
    pub(crate) one_by_one: bool,
}

/// The streams of a run, by table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    streams: HashMap<String, Vec<Arc<Ready>>>,
    snapshots: HashMap<(String, String), Arc<Keys>>,
}

impl Registry {
    /// Takes in a stream whose rows are written, or about to be.
    pub(crate) fn add(&mut self, ready: Arc<Ready>) {
        let key = ready.planned.table_name.key().into_owned();
        self.snapshots.retain(|(table, _), _| *table != key);
        self.streams.entry(key).or_default().push(ready);
    }

    fn of(&self, table: &Name) -> &[Arc<Ready>] {
        self.streams.get(&*table.key()).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn keep(&mut self, table: &Name, column: &Name, keys: Arc<Keys>) {
        self.snapshots.insert((table.key().into_owned(), column.key().into_owned()), keys);
    }
}

/// What a reference needs that only the database has.
pub(crate) enum Needed {
    /// Nothing.
    Resolver(Resolver),
    /// The keys that are there.
    Snapshot { table: Name, column: Name, numbered: bool },
    /// Every row's columns of the condition and the column itself.
    Rows(Lookup),
}

impl References<'_> {
    /// What the reference comes to.
    ///
    /// # Errors
    /// `seed.unknown-table`, `seed.unknown-column`; of a document store `seed.no-row` where this run has no rows of it.
    pub(crate) fn resolver(&self, spec: &ReferenceSpec) -> Result<Needed> {
        let known = self.tables.find(&spec.table);
        let table = known.map_or_else(|| Name::exact(&spec.table), |table| table.name.clone());
        let column = Name::exact(&spec.column);
        let declared = known.and_then(|known| known.column(&column));
        if let (Some(known), None) = (known, declared)
            && !self.tables.are_documents()
        {
            let names = known.columns.iter().map(|column| column.name.as_str());
            let help = match crate::adapter::nearest(&spec.column.to_lowercase(), names) {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "see the table's migration".to_owned(),
            };
            return Err(Error::failed("seed.unknown-column", format!("{table} has no column {column}")).with_help(help));
        }
        if known.is_none() && !self.tables.are_documents() {
            return Err(Error::failed("seed.unknown-table", format!("there is no table {}", spec.table))
                .with_help("correct the name in ref(...)"));
        }
        let column = declared.map_or(column, |declared| declared.name.clone());
        let numbered = declared.map_or(self.tables.are_documents(), |declared| declared.identity);
        let streams = self.registry.of(&table);
        if !spec.condition.is_empty() {
            let types = spec.condition.iter().map(|name| self.tables.column_type(&spec.table, name).cloned()).collect();
            let lookup = Lookup {
                table: table.clone(),
                column: column.clone(),
                condition: spec.condition.clone(),
                types,
                numbered,
                found: Mutex::new(HashMap::new()),
                on_demand: self.one_by_one && !self.tables.are_documents(),
                asked: Mutex::new(None),
            };
            if lookup.on_demand {
                return Ok(Needed::Resolver(Resolver::Lookup(lookup)));
            }
            if self.tables.are_documents() {
                fill(&lookup, streams)?;
                return Ok(Needed::Resolver(Resolver::Lookup(lookup)));
            }
            return Ok(Needed::Rows(lookup));
        }
        let mut parts = Vec::new();
        let mut end = 0;
        let mut all = true;
        for ready in streams {
            match place(ready, &column) {
                Some(_) if ready.count == 0 && ready.planned.count.is_some() => {}
                Some(column) => {
                    end += ready.count;
                    parts.push(Part { ready: ready.clone(), column, end });
                }
                None => all = false,
            }
        }
        if all && end > 0 {
            return Ok(Needed::Resolver(Resolver::Run(parts)));
        }
        if self.tables.are_documents() {
            let message = format!("no rows of {table} are made in this run, and a document store is not read");
            return Err(Error::failed("seed.no-row", message)
                .with_help("run the seeder that makes them too: name it in `after`, and run all"));
        }
        match self.registry.snapshots.get(&(table.key().into_owned(), column.key().into_owned())) {
            Some(keys) => Ok(Needed::Resolver(Resolver::Snapshot(Snapshot { table, keys: keys.clone(), numbered }))),
            None => Ok(Needed::Snapshot { table, column, numbered }),
        }
    }
}

/// The column in a stream's rows, `Some(None)` for the key; `None` where it can't be computed.
fn place(ready: &Ready, column: &Name) -> Option<Option<usize>> {
    if matches!(ready.planned.content, Content::Loaded(..)) {
        return None;
    }
    let shape = ready.shape(0)?;
    if let Some(place) = shape.column(column) {
        return Some(Some(place));
    }
    let is_key = match &ready.own_key {
        OwnKey::Identity(key) => key.key() == column.key(),
        // A document has one id, whatever the column is called that would be the key elsewhere.
        OwnKey::Document => true,
        OwnKey::None => shape.document_id.is_some(),
    };
    is_key.then_some(None)
}

/// Every row of the streams, by the columns of a condition.
fn fill(lookup: &Lookup, streams: &[Arc<Ready>]) -> Result<()> {
    for ready in streams {
        for ordinal in 0..ready.count.min(MOST as u64) {
            let Some(shape) = ready.shape(ordinal) else { continue };
            let mut values = Vec::with_capacity(lookup.condition.len());
            for column in &lookup.condition {
                let place = shape.column(&Name::exact(column));
                values.push(match place {
                    Some(place) => ready.value(place, ordinal)?,
                    None => Value::Null,
                });
            }
            let value = match place(ready, &lookup.column) {
                Some(Some(column)) => ready.value(column, ordinal)?,
                _ => ready.key(ordinal)?,
            };
            lookup.add(&values, value);
        }
    }
    Ok(())
}

/// Reads the keys that are there.
///
/// # Errors
/// What the server says.
pub(crate) async fn snapshot(
    store: &mut dyn SqlStore,
    registry: &mut Registry,
    table: Name,
    column: Name,
    numbered: bool,
) -> Result<Resolver> {
    let dialect = store.dialect();
    let (quoted, from) = (dialect.quote(&column), dialect.quote(&table));
    let rows = store
        .query(&format!("SELECT {quoted} FROM {from} WHERE {quoted} IS NOT NULL ORDER BY {quoted} LIMIT {MOST}"), &[])
        .await?;
    let values = rows.into_iter().filter_map(|mut row| row.pop());
    let mut integers = Vec::new();
    let mut others = Vec::new();
    for value in values {
        match value {
            Value::Integer(key) if others.is_empty() => integers.push(key),
            other => others.push(other),
        }
    }
    let keys = if others.is_empty() {
        Keys::Integers(integers)
    } else {
        Keys::Values(integers.into_iter().map(Value::Integer).chain(others).collect())
    };
    let keys = Arc::new(keys);
    registry.keep(&table, &column, keys.clone());
    Ok(Resolver::Snapshot(Snapshot { table, keys, numbered }))
}

/// Reads every row that a condition may find.
///
/// # Errors
/// `seed.too-many-rows`; what the server says.
pub(crate) async fn rows(store: &mut dyn SqlStore, lookup: Lookup) -> Result<Resolver> {
    let dialect = store.dialect();
    let columns: Vec<String> = lookup
        .condition
        .iter()
        .map(|column| dialect.quote(&Name::exact(column)))
        .chain([dialect.quote(&lookup.column)])
        .collect();
    let sql = format!("SELECT {} FROM {} LIMIT {}", columns.join(", "), dialect.quote(&lookup.table), MOST + 1);
    let rows = store.query(&sql, &[]).await?;
    if rows.len() > MOST {
        let message = format!("{} has more than {MOST} rows to look for a condition in", lookup.table);
        return Err(Error::failed("seed.too-many-rows", message)
            .with_help("write a fixed row with ref(...), or draw without a condition"));
    }
    for mut row in rows {
        let value = row.pop().unwrap_or(Value::Null);
        lookup.add(&row, value);
    }
    Ok(Resolver::Lookup(lookup))
}
