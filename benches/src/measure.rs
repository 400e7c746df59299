//! Measuring a process: the processor time that it and its children took, and the time on the clock.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::Result;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// User and system time of the whole process.
    pub(crate) cpu: Duration,
    /// Time on the clock, from starting the process to having its exit code.
    pub(crate) wall: Duration,
}

/// Runs a command to its end; its output is thrown away, and a failure is an error with what it said.
pub(crate) fn measured(command: &mut Command) -> Result<Sample> {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let before = children()?;
    let begun = Instant::now();
    let output = command.spawn()?.wait_with_output()?;
    let wall = begun.elapsed();
    let cpu = children()?.saturating_sub(before);
    if !output.status.success() {
        return Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(Sample { cpu, wall })
}

/// The time of all children that have been waited for.
fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = [usage.user_time(), usage.system_time()].map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    Ok(Duration::from_micros(u64::try_from(micros.iter().sum::<i64>())?))
}

/// The first line that a command prints.
pub(crate) fn first_line(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

/// Measures two sides round by round, each going first in every other round: what a machine does besides weighs on both.
pub(crate) fn in_turn(
    rounds: usize,
    mut own: impl FnMut() -> Result<Sample>,
    mut other: impl FnMut() -> Result<Sample>,
) -> Result<(Vec<Sample>, Vec<Sample>)> {
    let (mut owns, mut others) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        if round % 2 == 0 {
            owns.push(own()?);
            others.push(other()?);
        } else {
            others.push(other()?);
            owns.push(own()?);
        }
    }
    Ok((owns, others))
}

/// How many times as much as the others one side took: the median of the rounds' ratios, whose two runs stand next to each other in
/// time, and in parentheses best by best.
pub(crate) fn beside(own: &[Sample], others: &[Sample], what: fn(&Sample) -> Duration) -> String {
    let ratio = |own: Duration, other: Duration| own.as_secs_f64() / other.as_secs_f64();
    let mut ratios: Vec<f64> = own.iter().zip(others).map(|(own, other)| ratio(what(own), what(other))).collect();
    ratios.sort_by(f64::total_cmp);
    let best = |samples: &[Sample]| samples.iter().map(what).min().unwrap_or_default();
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
    format!("{median:.2} ({:.2})", ratio(best(own), best(others)))
}

/// The median of several runs, and the best of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    /// In the middle.
    pub(crate) median: Duration,
    /// The least.
    pub(crate) best: Duration,
}

impl Summary {
    /// Of processor time.
    pub(crate) fn cpu(samples: &[Sample]) -> Summary {
        Summary::of(samples.iter().map(|sample| sample.cpu).collect())
    }

    /// Of time on the clock.
    pub(crate) fn wall(samples: &[Sample]) -> Summary {
        Summary::of(samples.iter().map(|sample| sample.wall).collect())
    }

    fn of(mut times: Vec<Duration>) -> Summary {
        times.sort();
        let pick = |index: usize| times.get(index).copied().unwrap_or_default();
        Summary { median: pick(times.len() / 2), best: pick(0) }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |time: Duration| {
            let millis = time.as_secs_f64() * 1_000.0;
            if millis < 100.0 { format!("{millis:.2}") } else { format!("{millis:.0}") }
        };
        formatter.pad(&format!("{} ms ({})", shown(self.median), shown(self.best)))
    }
}
