//! Randomness by counting: what a row gets depends on the seed, the path of its stream and its ordinal, and on nothing
//! that was drawn before. Any row can be made on any thread, in any order, on any machine, with the same bytes.
//!
//! Frozen: another way of mixing would change every made-up row, so golden tests hold it.

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const SILVER: u64 = 0xD1B5_4A32_D192_ED03;

/// Spreads every bit of `value` over the whole word; a bijection (the finalizer of SplitMix64, variant 13).
const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// 128 bits from which everything below them in the tree is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    first: u64,
    second: u64,
}

impl Key {
    const fn with(self, number: u64) -> Key {
        let spread = mix(number.wrapping_add(GOLDEN));
        Key {
            first: mix(self.first ^ spread),
            second: mix(self.second.wrapping_add(spread.rotate_left(32)).wrapping_add(SILVER)),
        }
    }
}

/// A place in the tree of streams: seeder, block, factory, parent, ... Rows hang below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream(Key);

/// The randomness of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row(Key);

/// The randomness of one field of one row: a sequence of numbers, as long as is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random {
    key: Key,
    drawn: u64,
}

/// A number that stands for a name: the field's place in [`Row::field`], so that a field keeps its values when another
/// one is added or moved.
pub fn name_key(name: &str) -> u64 {
    let mut hash = mix(name.len() as u64 ^ SILVER);
    for chunk in name.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash ^ u64::from_le_bytes(word)).wrapping_add(GOLDEN);
    }
    hash
}

impl Stream {
    /// The root of everything that is drawn with that seed.
    pub fn new(seed: u64) -> Stream {
        Stream(Key { first: GOLDEN, second: SILVER }.with(seed))
    }

    /// The stream of that name below this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Stream {
        Stream(self.0.with(name_key(name)).with(1))
    }

    /// The stream of that number below this one; no name's stream is the same.
    #[must_use]
    pub fn child_index(&self, index: u64) -> Stream {
        Stream(self.0.with(index).with(2))
    }

    /// The row of that ordinal.
    pub fn at(&self, ordinal: u64) -> Row {
        Row(self.0.with(ordinal))
    }
}

impl Row {
    /// The randomness of a field; see [`name_key`].
    pub fn field(&self, key: u64) -> Random {
        Random { key: self.0.with(key), drawn: 0 }
    }
}

impl Random {
    /// The randomness of a part of the field: where several are drawn for one field, each its own. The first part's is the field's.
    #[must_use]
    pub fn part(&self, index: u64) -> Random {
        if index == 0 { *self } else { Random { key: self.key.with(index), drawn: 0 } }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.drawn = self.drawn.wrapping_add(GOLDEN);
        mix(mix(self.key.first.wrapping_add(self.drawn)) ^ self.key.second)
    }

    /// A number below `bound`, all equally likely but for 2^-64 times `bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// An index into a list of that length.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// A number below `bound`, which may need more than 64 bits.
    pub fn below_wide(&mut self, bound: u128) -> u128 {
        if let Ok(bound) = u64::try_from(bound) {
            return u128::from(self.below(bound));
        }
        let number = u128::from(self.next_u64()) << 64 | u128::from(self.next_u64());
        if bound == 0 { number } else { number % bound }
    }

    /// A number from `low` to `high`, both included; `low` where they stand the wrong way round.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if high < low {
            return low;
        }
        let span = high.wrapping_sub(low) as u64;
        let drawn = if span == u64::MAX { self.next_u64() } else { self.below(span + 1) };
        low.wrapping_add(drawn as i64)
    }

    /// A number from 0 up to, but without, 1, a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of a list; `None` of an empty one.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.index(list.len()))
    }

    /// Fills a buffer.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let word = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_drawn_is_frozen() {
        let row = Stream::new(42).child("users").child_index(3).at(7);
        let mut random = row.field(name_key("email"));
        let drawn: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(drawn, [5_849_122_504_647_040_655, 9_644_480_662_229_631_207, 16_619_973_513_077_688_542]);
    }

    #[test]
    fn streams_rows_and_fields_differ() {
        let stream = Stream::new(1);
        let mut seen = std::collections::HashSet::new();
        for stream in [stream, stream.child("a"), stream.child("b"), stream.child_index(0), Stream::new(2)] {
            for ordinal in 0..100 {
                for field in 0..10 {
                    assert!(seen.insert(stream.at(ordinal).field(field).next_u64()));
                }
            }
        }
    }

    #[test]
    fn draws_are_even() {
        let mut counts = [0_u32; 10];
        for ordinal in 0..100_000 {
            counts[Stream::new(5).at(ordinal).field(0).index(10)] += 1;
        }
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        let mut random = Stream::new(5).at(0).field(0);
        let bits: u32 = (0..10_000).map(|_| random.next_u64().count_ones()).sum();
        assert!((318_000..322_000).contains(&bits), "{bits}");
    }

    proptest! {
        #[test]
        fn between_stays_between(seed: u64, one: i64, other: i64) {
            let (low, high) = (one.min(other), one.max(other));
            let drawn = Stream::new(seed).at(0).field(0).between(low, high);
            prop_assert!((low..=high).contains(&drawn));
        }

        #[test]
        fn a_row_does_not_depend_on_what_was_drawn_before(seed: u64, ordinals in proptest::collection::vec(any::<u64>(), 1..20)) {
            let stream = Stream::new(seed);
            let there: Vec<u64> = ordinals.iter().map(|&ordinal| stream.at(ordinal).field(1).next_u64()).collect();
            let mut back: Vec<u64> = ordinals.iter().rev().map(|&ordinal| stream.at(ordinal).field(1).next_u64()).collect();
            back.reverse();
            prop_assert_eq!(there, back);
        }
    }
}
