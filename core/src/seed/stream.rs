//! A stream that is ready: everything that its rows depend on is known, and any of them can be made, on any thread.

mod identity;
mod outside;

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};

use super::counts::Child;
use super::digest::{self, Digest, RowDigest, RowName};
use super::formula::{Context, Formula};
use super::plan::{Content, Planned};
use super::random::{self, Stream};
use super::references::Resolver;
use super::shape::{Cell, Shape};
use crate::error::Result;
use crate::schema::{ColumnType, Name};
use crate::store::Batch;
use crate::value::Value;
use outside::ColumnOutside;
pub(crate) use outside::World;

/// A column that the run itself fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnKey {
    /// None: the rows bring theirs, or the table has none that is known.
    None,
    /// The identity column: keys are reserved.
    Identity(Name),
    /// The document's id.
    Document,
}

/// A stream that is ready.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) planned: Planned,
    pub(crate) own_key: OwnKey,
    /// How many rows; 0 of a file.
    pub(crate) count: u64,
    /// The streams that the links point into, in their order.
    pub(crate) parents: Vec<Arc<Ready>>,
    /// The first of the keys that are reserved.
    pub(crate) first: Option<i64>,
    /// The keys of rows of which some were there before.
    pub(crate) ids: OnceLock<Vec<Value>>,
    /// What `unique(...)` counts from.
    pub(crate) offset: u64,
    pub(crate) world: Arc<World>,
    /// For each shape and each column, what its references draw from.
    pub(crate) resolvers: Vec<Vec<Vec<Resolver>>>,
    /// Rows that were computed one by one.
    pub(crate) fixed: OnceLock<Vec<Vec<Value>>>,
    /// Columns behind those of the shape: what a document gets that an engine would have supplied. No digest covers them.
    pub(crate) defaults: Vec<(Name, ColumnType, Value)>,
    /// For each column, its numbers in randomness and in digests.
    names: Vec<Vec<(u64, u64)>>,
    /// For each column, the link that fills it.
    links: Vec<Vec<Option<usize>>>,
    random: Stream,
    path_name: u64,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) ordinal: u64,
    pub(crate) child: Option<Child>,
}

impl Ready {
    pub(crate) fn new(planned: Planned, world: Arc<World>, parents: Vec<Arc<Ready>>) -> Ready {
        let own_key = match &planned.identity {
            Some(column) => OwnKey::Identity(column.clone()),
            None if world.documents && !brings_id(&planned) => OwnKey::Document,
            None => OwnKey::None,
        };
        let shapes: Vec<&Shape> = shapes(&planned.content);
        let names = shapes
            .iter()
            .map(|shape| {
                let numbers = |name: &Name| (random::name_key(&name.key()), digest::name(&name.key()));
                shape.columns.iter().map(|column| numbers(&column.name)).collect()
            })
            .collect();
        let link = |name: &Name| planned.links.iter().position(|link| link.column.key() == name.key());
        let links =
            shapes.iter().map(|shape| shape.columns.iter().map(|column| link(&column.name)).collect()).collect();
        let resolvers = shapes.iter().map(|shape| shape.columns.iter().map(|_| Vec::new()).collect()).collect();
        Ready {
            count: planned.count.unwrap_or(0),
            own_key,
            parents,
            first: None,
            ids: OnceLock::new(),
            offset: 0,
            resolvers,
            fixed: OnceLock::new(),
            names,
            links,
            defaults: Vec::new(),
            random: super::plan::stream_of(world.seed, &planned.path),
            path_name: digest::name(&planned.path),
            world,
            planned,
        }
    }

    /// The columns of its rows: one of its own, if it has one, then those of the shape.
    pub(crate) fn shape(&self, ordinal: u64) -> Option<&Shape> {
        match &self.planned.content {
            Content::Made(shape) | Content::Loaded(shape, _) => Some(shape),
            Content::Fixed(rows) => rows.get(usize::try_from(ordinal).ok()?).map(|(shape, _)| shape),
        }
    }

    fn shape_index(&self, ordinal: u64) -> usize {
        match &self.planned.content {
            Content::Fixed(_) => usize::try_from(ordinal).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// How many columns stand before those of the shape.
    pub(crate) fn lead(&self) -> usize {
        usize::from(self.own_key != OwnKey::None)
    }

    /// How wide its rows are.
    pub(crate) fn width(&self) -> usize {
        self.lead() + self.shape(0).map_or(0, |shape| shape.columns.len()) + self.defaults.len()
    }

    /// Whether a row's number is a part of its values.
    pub(crate) fn counts_rows(&self) -> bool {
        let columns = shapes(&self.planned.content).into_iter().flat_map(|shape| &shape.columns);
        columns.flat_map(|column| formulas(&column.cell)).any(Formula::counts)
    }

    /// What its row is called in digests.
    pub(crate) fn name(&self, ordinal: u64) -> RowName {
        RowName { stream: self.path_name, ordinal: self.planned.start + ordinal }
    }

    /// Where a row stands.
    ///
    /// # Errors
    /// What the formula of a count gave.
    pub(crate) fn position(&self, ordinal: u64) -> Result<Position> {
        let child = match &self.planned.family {
            Some(family) => Some(family.counts.find(ordinal, &*self.world)?),
            None => None,
        };
        Ok(Position { ordinal, child })
    }

    /// Where the row after that one stands.
    ///
    /// # Errors
    /// What the formula of a count gave.
    pub(crate) fn next(&self, position: Position) -> Result<Position> {
        let child = match (&self.planned.family, position.child) {
            (Some(family), Some(child)) => Some(family.counts.next(child, &*self.world)?),
            _ => None,
        };
        Ok(Position { ordinal: position.ordinal + 1, child })
    }

    /// Makes a row.
    ///
    /// # Errors
    /// What is wrong with one of its values, at its place in the file.
    pub(crate) fn fill(&self, position: Position, row: &mut [Value]) -> Result<Digest> {
        let ordinal = position.ordinal;
        let lead = self.lead();
        let Some(shape) = self.shape(ordinal) else { return Ok(Digest::default()) };
        let index = self.shape_index(ordinal);
        let mut digest = RowDigest::default();
        let (own, columns) = row.split_at_mut(lead);
        for &place in &shape.order {
            self.column(shape, index, place, position, columns, Some(&mut digest))?;
        }
        if let Some(own) = own.first_mut() {
            *own = self.key(ordinal)?;
        }
        self.fill_defaults(row);
        Ok(digest.finish())
    }

    /// Computes one column of a row whose other columns, as far as it reads them, are there.
    fn column(
        &self,
        shape: &Shape,
        shape_index: usize,
        place: usize,
        position: Position,
        columns: &mut [Value],
        digest: Option<&mut RowDigest>,
    ) -> Result<()> {
        let column = &shape.columns[place];
        let (random_name, digest_name) = self.names[shape_index][place];
        if let Cell::Constant(value) = &column.cell {
            columns[place].clone_from(value);
            if let Some(digest) = digest {
                digest.value(digest_name, value);
            }
            return Ok(());
        }
        if let Some(index) = self.links[shape_index][place] {
            let (value, name) = self.linked(index, position)?;
            columns[place] = value;
            if let Some(digest) = digest {
                match name {
                    Some(name) => digest.reference(digest_name, name),
                    None => digest.value(digest_name, &columns[place]),
                }
            }
            return Ok(());
        }
        // The value is computed outside of the row that it may read from.
        let mut value = std::mem::replace(&mut columns[place], Value::Null);
        let outside = ColumnOutside::new(&self.world, &self.resolvers[shape_index][place]);
        let stream = match position.child {
            Some(child) => self.random.child_index(child.parent).at(child.index),
            None => self.random.at(self.planned.start + position.ordinal),
        };
        let is_seeder = matches!(self.planned.content, Content::Fixed(_));
        let context = Context {
            random: stream.field(random_name),
            ordinal: position.ordinal,
            offset: self.offset,
            seed: self.world.seed,
            now: if is_seeder { self.world.seeder_now } else { self.world.factory_now },
            fields: columns,
            outside: &outside,
        };
        column.compute(&context, &mut value)?;
        columns[place] = value;
        if let Some(digest) = digest {
            match (outside.drawn(), volatile(&column.cell)) {
                (Some(row), _) => digest.reference(digest_name, row),
                (None, Some(text)) => digest.text(digest_name, text),
                (None, None) => digest.value(digest_name, &columns[place]),
            }
        }
        Ok(())
    }

    /// What a link points at, and what that is called in digests where it is a key of ours.
    fn linked(&self, index: usize, position: Position) -> Result<(Value, Option<RowName>)> {
        let (Some(link), Some(parents)) = (self.planned.links.get(index), self.parents.get(index)) else {
            return Ok((Value::Null, None));
        };
        let ordinal = match (link.share, position.child) {
            (Some(share), _) => position.ordinal / share,
            (None, Some(child)) => child.parent,
            (None, None) => return Ok((Value::Null, None)),
        };
        match link.to.as_ref().and_then(|to| parents.shape(ordinal)?.column(to)) {
            Some(column) => Ok((parents.value(column, ordinal)?, None)),
            None => Ok((parents.key(ordinal)?, Some(parents.name(ordinal)))),
        }
    }

    /// Makes rows of those of a file: what the file has, and the columns that the run fills. `read` may be exchanged for another batch.
    pub(crate) fn load(&self, first: u64, read: &mut Batch, batch: &mut Batch) -> Digest {
        let mut digest = Digest::default();
        for row in read.rows() {
            let mut of_row = RowDigest::default();
            for (value, (_, name)) in row.iter().zip(self.names.iter().flatten()) {
                of_row.value(*name, value);
            }
            digest.add(of_row.finish());
        }
        let lead = self.lead();
        if lead == 0 && self.defaults.is_empty() {
            std::mem::swap(read, batch);
            return digest;
        }
        batch.reset(self.width());
        for (values, ordinal) in read.rows().zip(first..) {
            let row = batch.add();
            for (column, value) in row.iter_mut().skip(lead).zip(values) {
                column.clone_from(value);
            }
            if let (1.., Some(own)) = (lead, row.first_mut()) {
                *own = self.id_of_loaded(ordinal, values);
            }
            self.fill_defaults(row);
        }
        digest
    }

    fn fill_defaults(&self, row: &mut [Value]) {
        let from = row.len().saturating_sub(self.defaults.len());
        for (column, (_, _, value)) in row.iter_mut().skip(from).zip(&self.defaults) {
            column.clone_from(value);
        }
    }

    /// One column of one row, and nothing of it that the column does not need.
    ///
    /// # Errors
    /// What computing it gave.
    pub(crate) fn value(&self, place: usize, ordinal: u64) -> Result<Value> {
        let lead = self.lead();
        let at = usize::try_from(ordinal).unwrap_or(usize::MAX);
        if let Some(value) = self.fixed.get().and_then(|rows| rows.get(at)?.get(lead + place)) {
            return Ok(value.clone());
        }
        let Some(shape) = self.shape(ordinal) else { return Ok(Value::Null) };
        let position = self.position(ordinal)?;
        let mut needed = vec![false; shape.columns.len()];
        needed[place] = true;
        for &column in shape.order.iter().rev() {
            if needed[column] {
                reads(&shape.columns[column].cell, &mut needed);
            }
        }
        let mut columns = vec![Value::Null; shape.columns.len()];
        let index = self.shape_index(ordinal);
        for &column in shape.order.iter().filter(|column| needed[**column]) {
            self.column(shape, index, column, position, &mut columns, None)?;
        }
        Ok(std::mem::replace(&mut columns[place], Value::Null))
    }

    /// A column computed as if it were another time; whether a stored hash is one of what the column hashes. For keyed
    /// writes.
    ///
    /// # Errors
    /// What computing it gave.
    pub(crate) fn with_context<T>(
        &self,
        place: usize,
        position: Position,
        columns: &[Value],
        now: Option<DateTime<Utc>>,
        with: impl FnOnce(&Shape, &Context<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some(shape) = self.shape(position.ordinal) else { return Ok(None) };
        let index = self.shape_index(position.ordinal);
        let outside = ColumnOutside::new(&self.world, &self.resolvers[index][place]);
        let stream = match position.child {
            Some(child) => self.random.child_index(child.parent).at(child.index),
            None => self.random.at(self.planned.start + position.ordinal),
        };
        let is_seeder = matches!(self.planned.content, Content::Fixed(_));
        let usual = if is_seeder { self.world.seeder_now } else { self.world.factory_now };
        let context = Context {
            random: stream.field(self.names[index][place].0),
            ordinal: position.ordinal,
            offset: self.offset,
            seed: self.world.seed,
            now: now.unwrap_or(usual),
            fields: columns,
            outside: &outside,
        };
        with(shape, &context).map(Some)
    }
}

/// The formula whose text stands in the digest, since its value is another each time.
fn volatile(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Formula(formula) if formula.formula.is_volatile() => Some(formula.formula.text()),
        Cell::Array(items) => items.iter().find_map(volatile),
        Cell::Map(entries) => entries.iter().find_map(|(_, item)| volatile(item)),
        _ => None,
    }
}

/// Marks the columns that a cell reads.
fn reads(cell: &Cell, needed: &mut [bool]) {
    for formula in formulas(cell) {
        for &field in formula.fields() {
            if let Some(needed) = needed.get_mut(field) {
                *needed = true;
            }
        }
    }
}

/// Every formula of a cell.
pub(crate) fn formulas(cell: &Cell) -> Vec<&Formula> {
    match cell {
        Cell::Formula(formula) => vec![&formula.formula],
        Cell::Array(items) => items.iter().flat_map(formulas).collect(),
        Cell::Map(entries) => entries.iter().flat_map(|(_, item)| formulas(item)).collect(),
        Cell::Constant(_) | Cell::Given => Vec::new(),
    }
}

/// The shapes of a stream's rows.
pub(crate) fn shapes(content: &Content) -> Vec<&Shape> {
    match content {
        Content::Made(shape) | Content::Loaded(shape, _) => vec![shape],
        Content::Fixed(rows) => rows.iter().map(|(shape, _)| shape).collect(),
    }
}

fn brings_id(planned: &Planned) -> bool {
    shapes(&planned.content).iter().any(|shape| shape.document_id.is_some())
}
