//! Randomness that can be repeated: moments come from a seed that is printed, and `FASTMAN_KILL_SEED` repeats one.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "each test file uses a part of it")]

/// A small generator of numbers that are random enough (xorshift64*).
pub struct Random(u64);

impl Random {
    /// The one of a seed and of a purpose, so that two tests with one seed see other numbers.
    pub fn new(seed: u64, purpose: &str) -> Random {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Random(purpose.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, hash) | 1)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % limit.max(1)
    }

    /// A moment before that.
    pub fn moment(&mut self, limit: std::time::Duration) -> std::time::Duration {
        std::time::Duration::from_micros(self.below(u64::try_from(limit.as_micros()).unwrap()))
    }
}

/// The seed of this run.
pub fn seed() -> u64 {
    number("FASTMAN_KILL_SEED").unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos()) ^ now.as_secs() << 20
    })
}

/// A number from the environment.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}
