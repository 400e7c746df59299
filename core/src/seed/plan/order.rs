//! The order of streams: tables that others point at first, else in order of appearance.

use std::collections::{BTreeSet, HashMap};

use super::{Content, Planned};
use crate::seed::shape::{Cell, Shape};

/// The streams' indexes in the order in which they are to be written.
pub(super) fn order(streams: &[Planned]) -> Vec<usize> {
    let mut tables: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for stream in streams {
        let key = stream.table_name.key().into_owned();
        places.entry(key.clone()).or_insert_with(|| {
            tables.push(key);
            tables.len() - 1
        });
    }
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); tables.len()];
    for stream in streams {
        let Some(&own) = places.get(&*stream.table_name.key()) else { continue };
        let mut needs = Vec::new();
        if let Some(table) = &stream.table {
            needs.extend(table.foreign_keys().map(|(_, key)| key.table.key().into_owned()));
        }
        for link in &stream.links {
            needs.extend(streams.get(link.parents).map(|parents| parents.table_name.key().into_owned()));
        }
        match &stream.content {
            Content::Made(shape) => references(shape, &mut needs),
            Content::Fixed(rows) => rows.iter().for_each(|(shape, _)| references(shape, &mut needs)),
            Content::Loaded(..) => {}
        }
        before[own].extend(needs.iter().filter_map(|key| places.get(key)).copied().filter(|place| *place != own));
    }
    // Each table once those that it needs are there; where tables need each other, the one that appears first.
    let mut done: Vec<usize> = Vec::new();
    while done.len() < tables.len() {
        let left = (0..tables.len()).filter(|table| !done.contains(table));
        let ready = left.clone().find(|table| before[*table].iter().all(|needed| done.contains(needed)));
        match ready.or_else(|| left.clone().next()) {
            Some(next) => done.push(next),
            None => break,
        }
    }
    let rank = |stream: &Planned| {
        let place = places.get(&*stream.table_name.key());
        // What brings keys of its own comes before what is numbered: those numbers stand above them.
        (done.iter().position(|table| Some(table) == place), is_numbered(stream))
    };
    let mut indexes: Vec<usize> = (0..streams.len()).collect();
    indexes.sort_by_key(|index| rank(&streams[*index]));
    indexes
}

/// Whether an engine that numbers rows numbers these: also asked where none does, so that the order is the same everywhere.
fn is_numbered(stream: &Planned) -> bool {
    let shape = match &stream.content {
        Content::Made(shape) => Some(&**shape),
        Content::Fixed(rows) => rows.first().map(|(shape, _)| shape),
        // Without a key the engine numbers them as they come.
        Content::Loaded(shape, _) => (!stream.key.is_empty()).then_some(&**shape),
    };
    let identity = stream.table.as_ref().and_then(|table| table.columns.iter().find(|column| column.identity));
    matches!((shape, identity), (Some(shape), Some(identity)) if shape.column(&identity.name).is_none())
}

fn references(shape: &Shape, needs: &mut Vec<String>) {
    fn of_cell(cell: &Cell, needs: &mut Vec<String>) {
        match cell {
            Cell::Formula(formula) => {
                needs.extend(formula.formula.references().iter().map(|reference| reference.table.to_lowercase()));
            }
            Cell::Array(items) => items.iter().for_each(|item| of_cell(item, needs)),
            Cell::Map(entries) => entries.iter().for_each(|(_, item)| of_cell(item, needs)),
            Cell::Constant(_) | Cell::Given => {}
        }
    }
    shape.columns.iter().for_each(|column| of_cell(&column.cell, needs));
}
