//! How fast documents are written, beside a bare loop of concurrent commits of 500 writes in the same run, and how much memory that
//! takes. On Google's emulator, started for it or named by FASTMAN_TEST_FIRESTORE_URL:
//!
//! ```sh
//! cargo run --release -p fastman-firestore --example seeding
//! ```
//!
//! The bare loop has its requests encoded beforehand, speaks to the same emulator over the same library, keeps as many commits in
//! flight, and does nothing else; fastman has its rows made beforehand. Both are connected before the clock starts, write the same
//! documents, and take turns at being first; each write is into an empty project, and what it wrote is thrown away. The first pairs
//! are not counted, since the emulator's machine is compiling itself; of the others the median counts. Beside the time, which the
//! emulator makes most of, stands what this process itself used of the processor.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "it is a program for people")]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
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
/// Pairs that are thrown away, and pairs that count.
const WARM_UP: usize = 4;
const PAIRS: usize = 15;

fn main() {
    let emulator = Emulator::find().unwrap_or_else(|reason| {
        println!("no emulator: {reason}");
        std::process::exit(1)
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&emulator)).unwrap();
}

async fn measure(emulator: &Emulator) -> Result<()> {
    let mut ratios = Vec::new();
    let (mut ours, mut theirs) = (Taken::default(), Taken::default());
    println!("{DOCUMENTS} documents: fastman, the bare loop, and how much of the bare loop's rate fastman has");
    for pair in 0..WARM_UP + PAIRS {
        let (own, bare);
        if pair % 2 == 0 {
            own = fastman(emulator).await?;
            bare = bare_loop(emulator).await;
        } else {
            bare = bare_loop(emulator).await;
            own = fastman(emulator).await?;
        }
        if pair < WARM_UP {
            continue;
        }
        let ratio = bare.seconds / own.seconds;
        println!("  {:.3} s   {:.3} s   {ratio:.2}", own.seconds, bare.seconds);
        ratios.push(ratio);
        ours.add(own);
        theirs.add(bare);
    }
    ratios.sort_by(f64::total_cmp);
    let (low, middle, high) = (ratios[PAIRS / 4], ratios[PAIRS / 2], ratios[PAIRS * 3 / 4]);
    println!(
        "ratio: {middle:.2} (median of {PAIRS}, half of them from {low:.2} to {high:.2}; the aim is 0.9 at least)"
    );
    println!("documents a second, all pairs: {:.0} and {:.0}", ours.rate(), theirs.rate());
    println!("processor, a document: {:.1} and {:.1} microseconds", ours.processor_each(), theirs.processor_each());
    let before = peak();
    let start = Instant::now();
    let mut store = connect(&emulator.project()).await?;
    write(&mut store, Users { next: 0, count: MANY, spare: None }).await?;
    println!(
        "{MANY} documents: {:.1} s; peak memory {:.1} MB, {:.1} MB of it more than after {DOCUMENTS} at a time",
        start.elapsed().as_secs_f64(),
        peak(),
        peak() - before
    );
    Ok(())
}

/// What a write took.
#[derive(Clone, Copy, Default)]
struct Taken {
    seconds: f64,
    processor: f64,
    documents: u64,
}

impl Taken {
    /// What has been taken since then.
    fn since(start: Instant, processor_before: f64) -> Taken {
        let seconds = start.elapsed().as_secs_f64();
        Taken { seconds, processor: processor() - processor_before, documents: DOCUMENTS }
    }

    fn add(&mut self, other: Taken) {
        self.seconds += other.seconds;
        self.processor += other.processor;
        self.documents += other.documents;
    }

    #[allow(clippy::cast_precision_loss, reason = "they are thousands")]
    fn rate(self) -> f64 {
        self.documents as f64 / self.seconds
    }

    #[allow(clippy::cast_precision_loss, reason = "they are thousands")]
    fn processor_each(self) -> f64 {
        self.processor * 1e6 / self.documents as f64
    }
}

async fn fastman(emulator: &Emulator) -> Result<Taken> {
    let url = emulator.project();
    let mut store = connect(&url).await?;
    let mut users = Users { next: 0, count: DOCUMENTS, spare: None };
    let mut batches = VecDeque::new();
    while let Some(batch) = users.next_batch().await? {
        batches.push_back(batch);
    }
    let (start, before) = (Instant::now(), processor());
    write(&mut store, Ready(batches)).await?;
    let taken = Taken::since(start, before);
    throw_away(emulator, &project(&url));
    Ok(taken)
}

async fn bare_loop(emulator: &Emulator) -> Taken {
    let project = project(&emulator.project());
    let channel = bare::connect(emulator.address()).await;
    let requests = bare::requests(&project, DOCUMENTS);
    let (start, before) = (Instant::now(), processor());
    bare::write(channel, requests).await;
    let taken = Taken::since(start, before);
    throw_away(emulator, &project);
    taken
}

/// Empties a project, as the emulator offers it over HTTP, so that its memory does not fill up.
fn throw_away(emulator: &Emulator, project: &str) {
    let request = format!(
        "DELETE /emulator/v1/projects/{project}/databases/(default)/documents HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        emulator.address()
    );
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    // The emulator leaves the connection open: the first line is all that is waited for.
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// The project of a URL.
fn project(url: &str) -> String {
    url.trim_start_matches("firestore://").split('?').next().unwrap_or_default().to_owned()
}

async fn connect(url: &str) -> Result<FirestoreStore> {
    fastman_firestore::connect(&DatabaseUrl::parse(url)?, &ConnectOptions::default()).await
}

async fn write(store: &mut FirestoreStore, mut users: impl RowSource) -> Result<()> {
    let columns = ["id", "email", "name", "age", "active", "created_at"];
    let column = |name: &&str| TargetColumn { name: Name::exact(name), column_type: None };
    let target = WriteTarget {
        table: Name::exact("users"),
        columns: columns.iter().map(column).collect(),
        document_id: Some(0),
        mode: WriteMode::Insert,
    };
    store.write(&target, &mut users).await.map(drop)
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

/// Users that are made already.
struct Ready(VecDeque<Batch>);

#[async_trait]
impl RowSource for Ready {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        Ok(self.0.pop_front())
    }
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

/// The seconds of processor that this process has used, to the hundredth.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may have spaces: the 12th and the 13th field are ticks in user and system mode.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// The most memory that this process has had, in megabytes.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    let kilobytes: f64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default();
    kilobytes / 1_024.0
}
