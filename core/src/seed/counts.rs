//! How many children each parent has: drawn in a first pass, kept as sums at every so many parents, so that the parent of
//! any child is found without a number for each of them.

use chrono::{DateTime, Utc};

use super::formula::{Context, Formula, Outside};
use super::random::Stream;
use crate::error::{Error, Result};
use crate::value::Value;

/// Parents between two sums.
const STEP: u64 = 1024;

/// The most children of one parent: a mistake in a formula is no reason to fill a disk.
const MOST: u64 = 1 << 40;

/// How many children each of so many parents has.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    kind: Kind,
    parents: u64,
    total: u64,
}

#[derive(Clone, Debug)]
enum Kind {
    Fixed(u64),
    Drawn(Box<Drawn>),
}

/// Counts that a formula gives.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// The formula.
    pub(crate) formula: Formula,
    /// What it draws from.
    pub(crate) random: Stream,
    /// The run's seed.
    pub(crate) seed: u64,
    /// What `now()` gives.
    pub(crate) now: DateTime<Utc>,
    /// How many children come before parent 0, `STEP`, 2 `STEP`, ...
    sums: Vec<u64>,
}

/// A child's place: whose it is, and which of its.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    /// The parent's ordinal.
    pub(crate) parent: u64,
    /// Its own, among its parent's.
    pub(crate) index: u64,
    /// How many its parent has.
    of: u64,
}

impl Drawn {
    pub(crate) fn new(formula: Formula, random: Stream, seed: u64, now: DateTime<Utc>) -> Drawn {
        Drawn { formula, random, seed, now, sums: Vec::new() }
    }

    fn count(&self, parent: u64, outside: &dyn Outside) -> Result<u64> {
        let context = Context {
            random: self.random.at(parent).field(0),
            ordinal: parent,
            offset: 0,
            seed: self.seed,
            now: self.now,
            fields: &[],
            outside,
        };
        let mut value = Value::Null;
        self.formula.evaluate(&context, &mut value).map_err(super::formula::FormulaError::into_error)?;
        match value {
            Value::Integer(number) if (0..=MOST as i64).contains(&number) => Ok(number as u64),
            other => Err(Error::failed("seed.bad-count", format!("{other:?} is no number of rows"))
                .with_help("a count is a whole number that is not negative: \"=int(0, 5)\"")),
        }
    }
}

impl Counts {
    /// The same number for each.
    pub(crate) fn fixed(parents: u64, each: u64) -> Counts {
        Counts { kind: Kind::Fixed(each), parents, total: parents.saturating_mul(each) }
    }

    /// Draws each.
    ///
    /// # Errors
    /// What the formula gave, or that it gave no number.
    pub(crate) fn drawn(parents: u64, mut drawn: Drawn, outside: &dyn Outside) -> Result<Counts> {
        if let Some(Value::Integer(each @ 0..)) = drawn.formula.constant() {
            return Ok(Counts::fixed(parents, *each as u64));
        }
        let mut total = 0_u64;
        for parent in 0..parents {
            if parent % STEP == 0 {
                drawn.sums.push(total);
            }
            total += drawn.count(parent, outside)?;
        }
        Ok(Counts { kind: Kind::Drawn(Box::new(drawn)), parents, total })
    }

    /// All children of all parents.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// How many a parent has.
    ///
    /// # Errors
    /// What the formula gave; not where it gave a number before.
    fn of(&self, parent: u64, outside: &dyn Outside) -> Result<u64> {
        match &self.kind {
            Kind::Fixed(each) => Ok(*each),
            Kind::Drawn(drawn) => drawn.count(parent, outside),
        }
    }

    /// The place of a child among all.
    ///
    /// # Errors
    /// As [`Counts::drawn`].
    pub(crate) fn find(&self, child: u64, outside: &dyn Outside) -> Result<Child> {
        match &self.kind {
            Kind::Fixed(0) => Ok(Child { parent: 0, index: child, of: 0 }),
            Kind::Fixed(each) => Ok(Child { parent: child / each, index: child % each, of: *each }),
            Kind::Drawn(drawn) => {
                let step = drawn.sums.partition_point(|sum| *sum <= child).saturating_sub(1);
                let mut before = drawn.sums.get(step).copied().unwrap_or_default();
                let mut parent = step as u64 * STEP;
                loop {
                    let of = drawn.count(parent, outside)?;
                    if child < before + of || parent >= self.parents {
                        return Ok(Child { parent, index: child - before, of });
                    }
                    before += of;
                    parent += 1;
                }
            }
        }
    }

    /// The place of the child after that one.
    ///
    /// # Errors
    /// As [`Counts::drawn`].
    pub(crate) fn next(&self, child: Child, outside: &dyn Outside) -> Result<Child> {
        if child.index + 1 < child.of {
            return Ok(Child { index: child.index + 1, ..child });
        }
        let mut parent = child.parent + 1;
        while parent < self.parents {
            let of = self.of(parent, outside)?;
            if of > 0 {
                return Ok(Child { parent, index: 0, of });
            }
            parent += 1;
        }
        Ok(Child { parent, index: 0, of: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::formula::{Nothing, Place, Scope};
    use crate::seed::functions::locale::Locale;

    fn counts(parents: u64, text: &str) -> Counts {
        let scope = Scope { fields: &[], locale: Locale::default(), place: Place::Factory };
        let formula = Formula::parse(text, &scope).unwrap();
        Counts::drawn(parents, Drawn::new(formula, Stream::new(7).child("posts"), 7, DateTime::UNIX_EPOCH), &Nothing)
            .unwrap()
    }

    #[test]
    fn every_child_has_one_parent_and_is_found_from_anywhere() {
        let counts = counts(5000, "int(0, 5)");
        let mut place = counts.find(0, &Nothing).unwrap();
        let mut of_parent = vec![0; 5000];
        for child in 0..counts.total() {
            assert_eq!(counts.find(child, &Nothing).unwrap(), place, "child {child}");
            assert_eq!(place.index, of_parent[place.parent as usize]);
            of_parent[place.parent as usize] += 1;
            place = counts.next(place, &Nothing).unwrap();
        }
        assert!((11_000..14_000).contains(&counts.total()), "{}", counts.total());
        assert!(of_parent.contains(&0) && of_parent.contains(&5));
    }

    #[test]
    fn a_constant_count_needs_no_sums() {
        let counts = counts(u64::MAX / 8, "3");
        assert_eq!(counts.find(3_000_000_001, &Nothing).unwrap().parent, 1_000_000_000);
    }
}
