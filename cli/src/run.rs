//! Runs a command that waits for a database, until it is done or Ctrl-C stops it.

use std::future::Future;

use fastman_core::Error;

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// `--check` found migrations that are not applied.
    Pending,
    /// `--check` found an applied migration changed or missing.
    Drift,
    /// `--check` found a migration that is half applied.
    HalfApplied,
}

/// Why a command stopped short.
#[derive(Debug)]
pub enum Stop {
    /// It failed.
    Failed(Error),
    /// Ctrl-C.
    Interrupted,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

/// Runs the future to its end. The first Ctrl-C drops it, which rolls back the transaction that is open; a second one ends the process at once.
pub fn until_done<T>(future: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
    second_interrupt_exits();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed("runtime.start", format!("the runtime can't be started: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            biased;
            // Where no signal can be had, the system's own way of ending a process on Ctrl-C stays.
            Ok(()) = tokio::signal::ctrl_c() => Err(Stop::Interrupted),
            outcome = future => outcome,
        }
    })
}

/// The order matters: the first signal finds the flag unset and sets it, the second finds it set.
#[cfg(unix)]
fn second_interrupt_exits() {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    let interrupted = Arc::new(AtomicBool::new(false));
    // Failing to register leaves the first Ctrl-C as the only one, which is no reason to refuse the command.
    let _ = signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGINT, 130, interrupted.clone());
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, interrupted);
}

#[cfg(not(unix))]
fn second_interrupt_exits() {}
