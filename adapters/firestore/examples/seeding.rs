//! How fast documents are written, beside a bare loop of concurrent commits of 500 writes in the same run, and how much memory that
//! takes. On Google's emulator, started for it or named by FASTMAN_TEST_FIRESTORE_URL:
//!
//! ```sh
//! cargo run --release -p fastman-firestore --example seeding
//! ```
//!
//! The bare loop has its requests encoded beforehand, speaks to the same emulator over the same library, keeps as many commits in
//! flight, and does nothing else. Both write the same documents, in turn, into projects of their own; the median of the rounds counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "it is a program for people")]

use std::time::Instant;

use async_trait::async_trait;
use fastman_core::Result;
use fastman_core::adapter::ConnectOptions;
use fastman_core::schema::Name;
use fastman_core::store::{Batch, RowSource, Store, TargetColumn, WriteMode, WriteTarget};
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use fastman_firestore::FirestoreStore;
use fastman_test_servers::Emulator;

#[path = "seeding/bare.rs"]
mod bare;

const DOCUMENTS: u64 = 10_000;
const MANY: u64 = 200_000;
const ROUNDS: usize = 7;

fn main() {
    let emulator = Emulator::find().unwrap_or_else(|reason| {
        println!("no emulator: {reason}");
        std::process::exit(1)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&emulator)).unwrap();
}

async fn measure(emulator: &Emulator) -> Result<()> {
    // What is not measured: the emulator's first requests, which its machine compiles.
    for _ in 0..2 {
        write(&emulator.project(), DOCUMENTS).await?;
        bare::write(emulator.address(), project(&emulator.project()), DOCUMENTS).await;
    }
    let mut ratios = Vec::new();
    println!("{DOCUMENTS} documents: fastman, the bare loop, and how much of the bare loop's rate fastman has");
    for _ in 0..ROUNDS {
        let start = Instant::now();
        write(&emulator.project(), DOCUMENTS).await?;
        let ours = start.elapsed().as_secs_f64();
        let theirs = bare::write(emulator.address(), project(&emulator.project()), DOCUMENTS).await;
        println!("  {ours:.3} s   {theirs:.3} s   {:.2}", theirs / ours);
        ratios.push(theirs / ours);
    }
    ratios.sort_by(f64::total_cmp);
    println!("ratio: {:.2} (median of {ROUNDS}; the aim is 0.9 at least)", ratios[ROUNDS / 2]);
    let before = peak();
    let start = Instant::now();
    write(&emulator.project(), MANY).await?;
    println!(
        "{MANY} documents: {:.1} s; peak memory {:.1} MB, {:.1} MB of it more than after {DOCUMENTS} at a time",
        start.elapsed().as_secs_f64(),
        peak(),
        peak() - before
    );
    Ok(())
}

/// The project of a URL.
fn project(url: &str) -> String {
    url.trim_start_matches("firestore://").split('?').next().unwrap_or_default().to_owned()
}

async fn write(url: &str, count: u64) -> Result<()> {
    let mut store: FirestoreStore =
        fastman_firestore::connect(&DatabaseUrl::parse(url)?, &ConnectOptions::default()).await?;
    let columns = ["id", "email", "name", "age", "active", "created_at"];
    let column = |name: &&str| TargetColumn { name: Name::exact(name), column_type: None };
    let target = WriteTarget {
        table: Name::exact("users"),
        columns: columns.iter().map(column).collect(),
        document_id: Some(0),
        mode: WriteMode::Insert,
    };
    assert_eq!(store.write(&target, &mut Users { next: 0, count, spare: None }).await?, count);
    Ok(())
}

/// The values of a user, the id first.
fn user(number: u64) -> [Value; 6] {
    let signed = i64::try_from(number).unwrap_or_default();
    [
        Value::Text(format!("u{number:08}")),
        Value::Text(format!("user{number}@example.com")),
        Value::Text(format!("User Number {number}")),
        Value::Integer(signed % 90),
        Value::Boolean(number.is_multiple_of(3)),
        Value::TimestampTz(chrono::DateTime::from_timestamp(1_700_000_000 + signed, 0).unwrap_or_default()),
    ]
}

/// Users, made as they are asked for.
struct Users {
    next: u64,
    count: u64,
    spare: Option<Batch>,
}

#[async_trait]
impl RowSource for Users {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        if self.next == self.count {
            return Ok(None);
        }
        let mut batch = self.spare.take().unwrap_or_else(|| Batch::new(6));
        batch.reset(6);
        while self.next < self.count && batch.len() < 1_000 {
            batch.add().clone_from_slice(&user(self.next));
            self.next += 1;
        }
        Ok(Some(batch))
    }

    fn recycle(&mut self, batch: Batch) {
        self.spare = Some(batch);
    }
}

/// The most memory that this process has had, in megabytes.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    let kilobytes: f64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
    kilobytes / 1_024.0
}
