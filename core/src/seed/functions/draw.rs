//! What a function that makes a value up draws from.

use super::locale::Lexicon;
use crate::seed::random::Random;

/// Randomness, word lists, and inside `unique(...)` the number that makes the value distinct.
pub(crate) struct Draw {
    pub random: Random,
    pub lexicon: &'static Lexicon,
    /// The row's number, inside `unique(...)`.
    pub unique: Option<Number>,
    /// How many values there were where the row's number was past them.
    pub exhausted: Option<u64>,
}

/// The number of a row among all of its table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// How many rows are numbered before it.
    pub before: u64,
}

impl Number {
    /// The number, from 1.
    pub fn shown(self) -> u64 {
        self.before.wrapping_add(1)
    }
}

impl Draw {
    /// A number below `size`: drawn, or inside `unique(...)` the place of the row's number in a fixed shuffle of them.
    pub fn below(&mut self, size: u64) -> u64 {
        match self.unique {
            None => self.random.below(size),
            Some(number) => {
                if number.before >= size {
                    self.exhausted = Some(size);
                    return 0;
                }
                shuffled(number.before, size)
            }
        }
    }

    /// One of a list.
    pub fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        self.random.pick(list).copied().unwrap_or_default()
    }

    /// Appends one of several formats; inside `unique(...)` always the first, for two could give the same text.
    pub fn one_format(&mut self, formats: &[&str], out: &mut String) {
        let format = match self.unique {
            Some(_) => formats.first().copied().unwrap_or_default(),
            None => self.pick(formats),
        };
        self.format(format, out);
    }

    /// Appends a format: a digit for `#`, one that is not 0 for `^`, a capital letter for `$`. Inside `unique(...)` the
    /// row's number is spread over the `#`.
    pub fn format(&mut self, format: &str, out: &mut String) {
        let places = format.bytes().filter(|&byte| byte == b'#').count().min(19);
        let mut digits = self.unique.map(|_| self.below(10_u64.pow(places as u32)));
        for character in format.chars() {
            match character {
                '#' => {
                    let digit = match &mut digits {
                        Some(number) => {
                            let digit = *number % 10;
                            *number /= 10;
                            digit
                        }
                        None => self.random.below(10),
                    };
                    out.push(char::from(b'0' + digit as u8));
                }
                '^' => out.push(char::from(b'1' + self.random.below(9) as u8)),
                '$' => out.push(char::from(self.pick(b"ABCDEFGHJKLMNPQRSTVWXYZ"))),
                other => out.push(other),
            }
        }
    }
}

/// The place of `index` in a shuffle of the numbers below `size` that is the same in every run, so that two runs which
/// number their rows differently never meet.
fn shuffled(index: u64, size: u64) -> u64 {
    if size < 3 {
        return index;
    }
    let bits = 64 - (size - 1).leading_zeros();
    let mask = u64::MAX >> (64 - bits);
    let half = bits.div_ceil(2);
    let mut value = index;
    // Each round is a bijection of the numbers with so many bits; walking on from one that is too large ends in the cycle
    // of `index`, which holds a number below `size`: `index` itself.
    loop {
        for (factor, summand) in [
            (0x9E37_79B9_7F4A_7C15_u64, 0xD1B5_4A32_D192_ED03_u64),
            (0xBF58_476D_1CE4_E5B9, 0x8CB9_2BA7_2F3D_8DD7),
            (0x94D0_49BB_1331_11EB, 0x2545_F491_4F6C_DD1D),
        ] {
            value = value.wrapping_mul(factor).wrapping_add(summand ^ size) & mask;
            value ^= value >> half;
        }
        if value < size {
            return value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_gives_every_number_once() {
        for size in [1, 2, 3, 4, 5, 7, 8, 100, 1_000, 4_096, 4_097] {
            let mut seen: Vec<u64> = (0..size).map(|index| shuffled(index, size)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..size).collect::<Vec<_>>());
        }
        assert!(shuffled(12, u64::MAX) < u64::MAX);
    }

    #[test]
    fn the_shuffles_are_frozen() {
        let places: Vec<u64> = (0..8).map(|index| shuffled(index, 1_000)).collect();
        assert_eq!(places, [255, 55, 734, 120, 971, 891, 967, 763]);
    }
}
