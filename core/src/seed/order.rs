//! What comes after what: seeders by their `after`, tables by their foreign keys.

use super::discover::{AnySeeder, class_of, unknown_class};
use super::tables::Tables;
use crate::error::{Error, Result};

/// The seeders' places, each after those that it names, otherwise in the order in which they are given.
///
/// # Errors
/// `seed.unknown-class` at the word, with the nearest; `seed.cycle`, with every class of it.
pub fn seeders(seeders: &[AnySeeder], folder: &str) -> Result<Vec<usize>> {
    let classes: Vec<&str> = seeders.iter().map(AnySeeder::class).collect();
    let mut needs: Vec<Vec<usize>> = Vec::with_capacity(seeders.len());
    for seeder in seeders {
        let mut own = Vec::with_capacity(seeder.after().len());
        for word in seeder.after() {
            let class = class_of(&word.text);
            let place = classes.iter().position(|candidate| *candidate == class).ok_or_else(|| {
                unknown_class(&word.text, folder, &classes).at(seeder.source(), word.span.clone(), "not known")
            })?;
            own.push(place);
        }
        needs.push(own);
    }
    let (order, circle) = sort(&needs);
    match circle {
        None => Ok(order),
        Some(circle) => Err(refuse(seeders, &needs, &circle)),
    }
}

/// The tables' places in an order in which every row finds the rows that it points at, otherwise as they are given. Tables
/// that point at one another in a circle stay as they are given, behind those that they point at besides.
pub fn tables(names: &[&str], tables: &Tables) -> Vec<usize> {
    let keys: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let mut needs: Vec<Vec<usize>> = names
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let parents = tables.find(name).into_iter().flat_map(|table| table.foreign_keys());
            let parents = parents.filter_map(|(_, key)| keys.iter().position(|name| *name == *key.table.key()));
            let mut parents: Vec<usize> = parents.filter(|parent| *parent != place).collect();
            // A sub-collection comes after the collection of its documents.
            parents.extend(parent_collection(name).and_then(|parent| keys.iter().position(|name| *name == parent)));
            parents
        })
        .collect();
    loop {
        match sort(&needs) {
            (order, None) => return order,
            (_, Some(circle)) => {
                // The first of them in the given order no longer waits for the circle's others.
                let first = circle.iter().copied().min().unwrap_or(0);
                needs[first].retain(|parent| !circle.contains(parent));
            }
        }
    }
}

/// `users` for `users/alice/posts`.
fn parent_collection(name: &str) -> Option<String> {
    let (above, _) = name.rsplit_once('/')?;
    let (collection, _) = above.rsplit_once('/')?;
    Some(collection.to_lowercase())
}

/// Places in an order that satisfies the needs, keeping the given order where they leave a choice; and a circle, if there is one.
fn sort(needs: &[Vec<usize>]) -> (Vec<usize>, Option<Vec<usize>>) {
    let mut done = vec![false; needs.len()];
    let mut order = Vec::with_capacity(needs.len());
    while order.len() < needs.len() {
        let ready = (0..needs.len()).find(|place| !done[*place] && needs[*place].iter().all(|need| done[*need]));
        match ready {
            Some(place) => {
                done[place] = true;
                order.push(place);
            }
            None => return (order, Some(circle(needs, &done))),
        }
    }
    (order, None)
}

/// A circle among what is not done: following what each waits for must come back somewhere.
fn circle(needs: &[Vec<usize>], done: &[bool]) -> Vec<usize> {
    let mut path: Vec<usize> = Vec::new();
    let mut next = (0..needs.len()).find(|place| !done[*place]);
    while let Some(place) = next {
        if let Some(start) = path.iter().position(|seen| *seen == place) {
            return path.split_off(start);
        }
        path.push(place);
        next = needs[place].iter().copied().find(|need| !done[*need]);
    }
    path
}

fn refuse(seeders: &[AnySeeder], needs: &[Vec<usize>], circle: &[usize]) -> Error {
    let first = &seeders[circle[0]];
    let following = circle.get(1).unwrap_or(&circle[0]);
    let word = needs[circle[0]].iter().position(|need| need == following).and_then(|place| first.after().get(place));
    let classes: Vec<&str> = circle.iter().chain(&circle[..1]).map(|place| seeders[*place].class()).collect();
    let message = match circle {
        [_] => format!("{} runs after itself", first.class()),
        _ => format!("these seeders run after one another in a circle: {}", classes.join(" → ")),
    };
    let mut error = Error::failed("seed.cycle", message)
        .with_help("take one of these `after` out; rows that need each other belong into one seeder");
    if let Some(word) = word {
        error = error.at(first.source(), word.span.clone(), "the circle begins here");
    }
    for pair in circle.iter().zip(circle.iter().cycle().skip(1)) {
        let (seeder, next) = (&seeders[*pair.0], &seeders[*pair.1]);
        error = error.with_detail(format!("{} runs after {}: {}", seeder.class(), next.class(), seeder.source().name));
    }
    error
}

#[cfg(test)]
mod tests;
