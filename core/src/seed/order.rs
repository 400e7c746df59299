//! Which seeder runs after which, by their `after`.

use super::discover::{AnySeeder, class_of, unknown_class};
use crate::error::{Error, Result};

/// The seeders' places, each after those that it names, otherwise in the order in which they are given.
///
/// # Errors
/// `seed.unknown-class` at the word, with the nearest; `seed.cycle`, with every class of it.
pub(super) fn seeders(seeders: &[AnySeeder], folder: &str) -> Result<Vec<usize>> {
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
