//! Trying again what other sessions' locks stopped: a seeder is one transaction, so nothing of it is kept, and its rows are a function of
//! what they are made of.

use std::time::{Duration, Instant};

use super::Run;
use super::numbers::Numbers;
use crate::error::{ErrorClass, Result};
use crate::seed::discover::AnySeeder;
use crate::seed::references::Registry;
use crate::seed::report::SeederReport;
use crate::seed::run::target::Target;
use crate::store::{SqlStore, Transaction, TransactionOptions};

/// How often a seeder is tried.
const TRIES: u32 = 8;

/// How long it is tried; what takes longer is for a person to run again.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a lock that keeps transactions from beginning is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(60);

/// What a seeder changes of its run.
struct Before {
    registry: Registry,
    numbers: Numbers,
    made: usize,
}

impl Run<'_> {
    /// Runs one seeder in a transaction of its own; again, where locks of others made that impossible.
    pub(super) async fn in_transaction(&mut self, index: usize, store: &mut dyn SqlStore) -> Result<SeederReport> {
        let began = Instant::now();
        let before = Before {
            registry: self.registry.clone(),
            numbers: self.numbers.clone(),
            made: self.made.as_ref().map_or(0, Vec::len),
        };
        // SQL of a user's own may do what no transaction takes back.
        let seeder = self.seeding.seeders.get(index);
        let repeatable = matches!(seeder, Some(AnySeeder::Rows(_)));
        let class = seeder.map_or("the seeder", AnySeeder::class);
        let mut attempt = 1;
        loop {
            let error = match self.once(index, store).await {
                Ok(report) => return Ok(report),
                Err(error) => error,
            };
            let passing = repeatable && error.class() == Some(ErrorClass::Busy);
            if !passing || attempt >= TRIES || began.elapsed() >= PATIENCE {
                return Err(self.nothing_kept(error, index));
            }
            self.observer.trying_again(class, &error);
            self.registry = before.registry.clone();
            self.numbers = before.numbers.clone();
            if let Some(made) = &mut self.made {
                made.truncate(before.made);
            }
            tokio::time::sleep(pause(attempt)).await;
            attempt += 1;
        }
    }

    async fn once(&mut self, index: usize, store: &mut dyn SqlStore) -> Result<SeederReport> {
        let mut transaction = self.begin(store).await?;
        match self.one(index, &mut Target::Sql(transaction.store())).await {
            Ok(mut seeder) => {
                self.observer.seeder_committing(&seeder.class);
                let committing = Instant::now();
                transaction.commit().await?;
                seeder.seconds += committing.elapsed().as_secs_f64();
                Ok(seeder)
            }
            Err(error) => {
                // What went wrong is worth more than that undoing it went wrong too.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    /// Begins a transaction, once whoever keeps others from that is done.
    pub(super) async fn begin<'s>(&mut self, store: &'s mut dyn SqlStore) -> Result<Transaction<'s>> {
        let began = Instant::now();
        let mut transaction = Transaction::closed(store);
        let mut told = false;
        loop {
            match transaction.open(TransactionOptions::default()).await {
                Ok(()) => return Ok(transaction),
                Err(error) if error.class() == Some(ErrorClass::Busy) && began.elapsed() < LOCK_PATIENCE => {
                    if !std::mem::replace(&mut told, true) {
                        self.observer.waiting(&error);
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Longer each time, and not the same for two that lost at once.
fn pause(attempt: u32) -> Duration {
    let nanoseconds =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    let jitter = (nanoseconds ^ std::process::id().wrapping_mul(2_654_435_761)) % 100;
    Duration::from_millis(u64::from(40 * attempt.min(6) + jitter))
}
