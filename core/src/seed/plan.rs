//! What a seeder comes to: streams of rows, in an order in which parents come before their children.
//!
//! A block of fixed rows is one stream for each run of rows with the same columns; a factory is one for its own rows, one
//! for each kind of children and one for each kind of parents that have to be made. How many rows each has is known
//! here, so is everything that is wrong with the files; nothing has been written yet.

mod children;
mod order;

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use super::counts::Counts;
use super::discover::Factories;
use super::factory::{Factory, For, Has};
use super::formula::Outside;
use super::input::{TableName, Word};
use super::load::LoadFile;
use super::random::Stream;
use super::seeder::{Block, Load, Make, Rows, Seeder};
use super::shape::{FactoryUse, Layer, Shape};
use super::tables::Tables;
use crate::error::{Error, Result, SourceText};
use crate::schema::{Name, Table};

/// Factories inside factories: more is a circle.
const DEEPEST: usize = 16;

/// Rows of one table, planned.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    /// Where it stands in the tree of all streams: what its randomness hangs on, and what its rows are called in digests.
    pub(crate) path: String,
    /// The table's name.
    pub(crate) table_name: Name,
    /// The table, where it is known.
    pub(crate) table: Option<Arc<Table>>,
    /// What gives the rows their values.
    pub(crate) content: Content,
    /// How many; `None` of a file.
    pub(crate) count: Option<u64>,
    /// Whose children they are.
    pub(crate) family: Option<Family>,
    /// The columns that point at parents.
    pub(crate) links: Vec<Link>,
    /// The columns by which a row that is there is found; empty: all rows are new.
    pub(crate) key: Vec<Name>,
    /// The ordinal of the first row in its block.
    pub(crate) start: u64,
    /// The identity column that the rows do not bring.
    pub(crate) identity: Option<Name>,
    /// The file that errors are about, and the block in it.
    pub(crate) source: SourceText,
    pub(crate) span: Range<usize>,
    /// The factory, or the file that is loaded.
    pub(crate) made_by: Option<String>,
}

/// What gives rows their values.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// The same formulas for all.
    Made(Box<Shape>),
    /// Each its own, of the same columns, with its place in the file.
    Fixed(Vec<(Shape, Range<usize>)>),
    /// A file: its columns, and the file itself, open.
    Loaded(Box<Shape>, Arc<Mutex<LoadFile>>),
}

/// Children of the rows of another stream.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    /// The parents' stream.
    pub(crate) parents: usize,
    /// How many each has.
    pub(crate) counts: Counts,
}

/// A column that points at a row of another stream.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// The column.
    pub(crate) column: Name,
    /// The parents' stream.
    pub(crate) parents: usize,
    /// The parents' column that it points at; `None`: the key, or the document's id.
    pub(crate) to: Option<Name>,
    /// How many rows have the same parent; `None`: the family says whose the row is.
    pub(crate) share: Option<u64>,
}

/// What planning needs.
pub(crate) struct Planner<'a> {
    pub(crate) seeder: &'a Seeder,
    pub(crate) factories: &'a Factories,
    pub(crate) tables: &'a Tables,
    /// Where files to be loaded are.
    pub(crate) folder: &'a Path,
    pub(crate) seed: u64,
    /// What `now()` gives in factories.
    pub(crate) now: DateTime<Utc>,
    pub(crate) outside: &'a dyn Outside,
    pub(crate) streams: Vec<Planned>,
}

/// A factory where it is used.
struct Site<'a> {
    factory: &'a Factory,
    /// What errors of the whole point at.
    source: &'a SourceText,
    span: Range<usize>,
    /// The states, and the file that they stand in.
    states: (&'a SourceText, &'a [Word]),
    with: Vec<Layer<'a>>,
    key: Vec<Name>,
    path: String,
    depth: usize,
}

impl<'a> Site<'a> {
    fn using<'b>(&'b self, given: &'b [Name]) -> FactoryUse<'b> {
        let (source, states) = self.states;
        FactoryUse { factory: self.factory, source, states, with: &self.with, given }
    }
}

/// Whose rows a factory's are.
enum Whose {
    Nobody,
    /// Children of a stream's rows, by the column `via` that points at `to`.
    Children {
        family: Family,
        via: Name,
        to: Option<Name>,
    },
}

impl<'a> Planner<'a> {
    /// Plans every block; the streams' indexes in the order in which they are to be written.
    ///
    /// # Errors
    /// Whatever is wrong with the files, at its place.
    pub(crate) fn plan(&mut self) -> Result<Vec<usize>> {
        let mut made = std::collections::HashMap::<String, u32>::new();
        let mut path = |class: &str, what: &str| {
            let number = made.entry(what.to_lowercase()).or_insert(0);
            *number += 1;
            match *number {
                1 => format!("{class}/{what}"),
                number => format!("{class}/{what}#{number}"),
            }
        };
        let seeder = self.seeder;
        for block in &seeder.blocks {
            match block {
                Block::Rows(rows) => self.rows(rows, path(&self.seeder.class, &rows.table.text))?,
                Block::Make(make) => self.make(make, path(&self.seeder.class, &make.factory.text))?,
                Block::Load(load) => self.load(load, path(&self.seeder.class, &load.file.text))?,
            }
        }
        Ok(order::order(&self.streams))
    }

    fn key(&self, table: &str, own: &[Word]) -> Result<Vec<Name>> {
        let words = if own.is_empty() { self.seeder.key(table) } else { own };
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.tables.find(table).map(AsRef::as_ref);
        self.tables.key(known, words, &self.seeder.source)
    }

    fn rows(&mut self, rows: &Rows, path: String) -> Result<()> {
        let key = self.key(&rows.table.text, &[])?;
        let mut start = 0;
        let mut group: Vec<(Shape, Range<usize>)> = Vec::new();
        for (index, row) in rows.rows.iter().enumerate() {
            let shape = Shape::of_row(row, &rows.table, self.seeder, self.tables)?;
            self.require_key(&shape, &key, &self.seeder.source, &row.span)?;
            let same = group.last().is_none_or(|(last, _)| {
                let mut names: Vec<&Name> = last.columns.iter().map(|column| &column.name).collect();
                let mut others: Vec<&Name> = shape.columns.iter().map(|column| &column.name).collect();
                names.sort();
                others.sort();
                names == others && last.document_id.is_some() == shape.document_id.is_some()
            });
            if !same {
                self.fixed(std::mem::take(&mut group), start, &path, key.clone());
                start = index as u64;
            }
            group.push((shape, row.span.clone()));
        }
        self.fixed(group, start, &path, key);
        Ok(())
    }

    fn fixed(&mut self, rows: Vec<(Shape, Range<usize>)>, start: u64, path: &str, key: Vec<Name>) {
        let Some((shape, span)) = rows.first() else { return };
        self.streams.push(Planned {
            path: path.to_owned(),
            table_name: shape.table_name.clone(),
            table: shape.table.clone(),
            count: Some(rows.len() as u64),
            family: None,
            links: Vec::new(),
            key,
            start,
            identity: self.identity(shape),
            source: self.seeder.source.clone(),
            span: span.clone(),
            made_by: None,
            content: Content::Fixed(rows),
        });
    }

    fn load(&mut self, load: &Load, path: String) -> Result<()> {
        let key = self.key(&load.table.text, &load.key)?;
        let file = LoadFile::open(load, self.seeder, self.folder, self.tables)?;
        let shape = file.shape.clone();
        self.require_key(&shape, &key, &self.seeder.source, &load.span)?;
        // How many keys to reserve is not known: the engine numbers the rows, unless they are compared one by one.
        let identity = if key.is_empty() { None } else { self.identity(&shape) };
        self.streams.push(Planned {
            path,
            table_name: shape.table_name.clone(),
            table: shape.table.clone(),
            content: Content::Loaded(Box::new(shape), Arc::new(Mutex::new(file))),
            count: None,
            family: None,
            links: Vec::new(),
            key,
            start: 0,
            identity,
            source: self.seeder.source.clone(),
            span: load.span.clone(),
            made_by: Some(load.file.text.clone()),
        });
        Ok(())
    }

    fn make(&mut self, make: &Make, path: String) -> Result<()> {
        let seeder = self.seeder;
        let factory = self.factory(&make.factory, &seeder.source)?;
        let site = Site {
            factory,
            source: &seeder.source,
            states: (&seeder.source, &make.states),
            with: vec![(&seeder.source, &make.with)],
            key: self.key(&factory.table.text, &make.key)?,
            span: make.span.clone(),
            path,
            depth: 0,
        };
        self.expand(&site, make.count, Whose::Nobody, &make.has, &make.parents).map(drop)
    }

    fn factory(&self, word: &Word, source: &SourceText) -> Result<&'a Factory> {
        self.factories.resolve(word, source)
    }

    /// A factory's parents, rows and children; the stream of its rows.
    fn expand(&mut self, site: &Site<'_>, count: u64, whose: Whose, has: &[Has], parents: &[For]) -> Result<usize> {
        let factory = site.factory;
        if site.depth > DEEPEST {
            let message = format!("{} leads back to itself: {}", factory.class, site.path);
            return Err(Error::failed("seed.circle", message)
                .with_help("give the parent or the children in `with`, or leave one of `has` and `for` out")
                .at(site.source, site.span.clone(), "begins here"));
        }
        let mut given: Vec<Name> = Vec::new();
        let mut links: Vec<Link> = Vec::new();
        let mut family = None;
        if let Whose::Children { family: own, via, to } = whose {
            links.push(Link { column: via.clone(), parents: own.parents, to, share: None });
            given.push(via);
            family = Some(own);
        }
        let own_parents = factory.parents.iter().map(|parent| (&factory.source, parent));
        let merged: Vec<(&SourceText, &For)> = own_parents
            .filter(|(_, parent)| !parents.iter().any(|other| same(&other.column.text, &parent.column.text)))
            .chain(parents.iter().map(|parent| (site.source, parent)))
            .collect();
        for (source, parent) in merged {
            if site.using(&given).gives(&parent.column.text) || count == 0 {
                continue;
            }
            let made_by = self.factory(&parent.factory, source)?;
            let (column, to) = self.link(factory, parent, made_by, source)?;
            let share = parent.share.unwrap_or(1).max(1);
            let stream = self.expand(
                &Site {
                    factory: made_by,
                    source,
                    states: (source, &parent.states),
                    with: vec![(source, &parent.with)],
                    key: Vec::new(),
                    span: parent.span.clone(),
                    path: format!("{}/for {}", site.path, parent.column.text),
                    depth: site.depth + 1,
                },
                count.div_ceil(share),
                Whose::Nobody,
                &[],
                &[],
            )?;
            links.push(Link { column: column.clone(), parents: stream, to, share: Some(share) });
            given.push(column);
        }
        let shape = site.using(&given).shape(self.tables)?;
        self.require_key(&shape, &site.key, site.source, &site.span)?;
        let index = self.streams.len();
        for link in &mut links {
            self.settle(link);
        }
        self.streams.push(Planned {
            path: site.path.clone(),
            table_name: shape.table_name.clone(),
            table: shape.table.clone(),
            count: Some(count),
            family,
            links,
            key: site.key.clone(),
            start: 0,
            identity: self.identity(&shape),
            source: site.source.clone(),
            span: site.span.clone(),
            made_by: Some(factory.class.clone()),
            content: Content::Made(Box::new(shape)),
        });
        self.children(site, index, count, has)?;
        Ok(index)
    }

    /// The column that points at a parent that is made, and what it points at.
    fn link(
        &self,
        child: &Factory,
        parent: &For,
        made_by: &Factory,
        source: &SourceText,
    ) -> Result<(Name, Option<Name>)> {
        match self.tables.resolve(&child.table, &child.source)? {
            Some(table) => {
                let column = self.tables.column(table, &parent.column, source)?.name.clone();
                let to =
                    self.tables.parent_of(table, &column).map(|(_, to)| to).or_else(|| self.only_key(&made_by.table));
                Ok((column, to))
            }
            None => Ok((Name::exact(&parent.column.text), None)),
        }
    }

    fn only_key(&self, table: &TableName) -> Option<Name> {
        match self.tables.find(&table.text)?.primary_key() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// A link to a column that the parents do not bring is one to their key.
    fn settle(&self, link: &mut Link) {
        let brings = self.streams.get(link.parents).is_some_and(|parents| match (&parents.content, &link.to) {
            (Content::Made(shape), Some(to)) => shape.column(to).is_some(),
            _ => false,
        });
        if !brings {
            link.to = None;
        }
    }

    /// The identity column that rows of that shape do not bring; documents have none.
    fn identity(&self, shape: &Shape) -> Option<Name> {
        if self.tables.are_documents() {
            return None;
        }
        let column = shape.table.as_ref()?.columns.iter().find(|column| column.identity)?;
        shape.column(&column.name).is_none().then(|| column.name.clone())
    }

    fn require_key(&self, shape: &Shape, key: &[Name], source: &SourceText, span: &Range<usize>) -> Result<()> {
        match key.iter().find(|column| shape.column(column).is_none()) {
            None => Ok(()),
            Some(column) => {
                let message = format!("a row of {} has no {column}, which its key needs", shape.table_name);
                Err(Error::failed("seed.missing-key", message)
                    .with_help("give it a value, or leave the column out of the key")
                    .at(source, span.clone(), "no value"))
            }
        }
    }
}

/// The randomness of a path.
pub(crate) fn stream_of(seed: u64, path: &str) -> Stream {
    path.split('/').fold(Stream::new(seed), |stream, part| stream.child(part))
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests;
