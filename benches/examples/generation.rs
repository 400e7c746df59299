//! How fast rows are made up: `cargo run --release -p fastman-bench --example generation [ROUNDS]` prints, for one thread,
//! records a second of (unique email, name, date), the best and the median of the rounds, and the same for each function.
//! Rates by the clock are those of a machine that does nothing else; those by processor time leave out what others took.
//!
//! Nothing is written anywhere: this is what the generator leaves for the store.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use fastman_core::seed::formula::{Context, Formula, FormulaError, Nothing, Place, Scope};
use fastman_core::seed::functions::{self, locale::Locale};
use fastman_core::seed::random::{Stream, name_key};
use fastman_core::value::Value;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

const RECORDS: u64 = 500_000;

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    let record = ["unique(email())", "name()", "date('2020-01-01', now())"];
    println!("(unique email, name, date), {RECORDS} records, {rounds} rounds, one thread");
    let rates: Vec<[f64; 2]> = (0..rounds.max(1)).map(|_| rate(&record, RECORDS).unwrap()).collect();
    for (by, index) in [("the clock", 0), ("processor time", 1)] {
        let mut rates: Vec<f64> = rates.iter().map(|rate| rate[index]).collect();
        rates.sort_by(f64::total_cmp);
        let (best, median) = (rates[rates.len() - 1], rates[rates.len() / 2]);
        println!("  records a second by {by}: best {}, median {}", millions(best), millions(median));
    }
    println!("each function, values a second of processor time:");
    for info in functions::list() {
        if let Ok([_, rate]) = rate(&[info.example], 20_000) {
            println!("  {:<40} {}", info.example, millions(rate));
        }
    }
}

/// Records a second, by the clock and by processor time, with one field for each formula.
fn rate(formulas: &[&str], records: u64) -> Result<[f64; 2], FormulaError> {
    let scope = Scope { fields: &[], locale: Locale::default(), place: Place::Factory };
    let fields: Vec<(u64, Formula)> = formulas
        .iter()
        .map(|text| Ok((name_key(text), Formula::parse(text, &scope)?)))
        .collect::<Result<_, FormulaError>>()?;
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let stream = Stream::new(1).child("users");
    let mut values = vec![Value::Null; fields.len()];
    let (started, used) = (Instant::now(), processor_time());
    for ordinal in 0..records {
        let row = stream.at(ordinal);
        for ((key, formula), value) in fields.iter().zip(&mut values) {
            let random = row.field(*key);
            let context = Context { random, ordinal, offset: 0, seed: 1, now, fields: &[], outside: &Nothing };
            formula.evaluate(&context, value)?;
        }
        black_box(&values);
    }
    let spent = [started.elapsed().as_secs_f64(), processor_time() - used];
    Ok(spent.map(|seconds| records as f64 / seconds.max(1e-6)))
}

/// Seconds that the processors have worked for this program.
fn processor_time() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

fn millions(rate: f64) -> String {
    format!("{:.2} million", rate / 1e6)
}
