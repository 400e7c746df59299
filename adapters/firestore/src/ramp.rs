//! The rate at which Google asks bulk writers to begin: 500 writes a second, growing by half every five minutes
//! (Firestore's best practices, "Ramping up traffic"). Faster, and the ranges of keys are not split in time.

use std::time::Duration;

use tokio::time::Instant;

const FIRST_RATE: f64 = 500.0;
const GROWTH: f64 = 1.5;
const PERIOD: Duration = Duration::from_secs(300);

/// Lets writes pass at a rate that grows.
#[derive(Debug, Default)]
pub(crate) struct Ramp {
    /// When the first write passed, and when the next may.
    times: Option<(Instant, Instant)>,
}

impl Ramp {
    /// Waits until so many more writes may pass.
    pub(crate) async fn pass(&mut self, writes: usize) {
        let now = Instant::now();
        let (start, next) = self.times.unwrap_or((now, now));
        if next > now {
            tokio::time::sleep_until(next).await;
        }
        let now = Instant::now();
        let periods = now.duration_since(start).as_secs() / PERIOD.as_secs();
        let rate = FIRST_RATE * GROWTH.powi(i32::try_from(periods).unwrap_or(i32::MAX));
        #[allow(clippy::cast_precision_loss, reason = "a commit has 500 writes")]
        let pause = Duration::try_from_secs_f64(writes as f64 / rate).unwrap_or_default();
        self.times = Some((start, next.max(now) + pause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn writes_pass_at_500_a_second_and_half_as_many_more_every_five_minutes() {
        let mut ramp = Ramp::default();
        let start = Instant::now();
        let mut passed = Vec::new();
        while start.elapsed() < Duration::from_secs(605) {
            ramp.pass(500).await;
            passed.push(start.elapsed());
        }
        let between =
            |from: u64, to: u64| passed.iter().filter(|time| (from..to).contains(&time.as_secs())).count() * 500;
        assert_eq!(passed[0], Duration::ZERO);
        assert_eq!(between(0, 300), 150_000);
        assert!((224_000..=226_000).contains(&between(300, 600)), "{}", between(300, 600));
    }
}
