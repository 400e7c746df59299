//! The fastman binary: reads the command line, runs one command, and turns its outcome into an exit code.

mod adapters;
mod arguments;
mod commands;
mod consent;
mod context;
mod narrator;
mod output;
mod progress;
mod report;
mod run;
mod seeding;
mod skeleton;
mod suggest;
mod table;
mod trace;
mod values;
mod words;

use std::process::ExitCode;

use arguments::Parsed;
use context::Context;
use output::Output;
use run::{Exit, Stop};

/// musl's own allocator is slow where there are many small pieces. Elsewhere the system's is the better one: getting this one
/// ready takes longer than a short command.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let (global, command) = match arguments::parse(&words) {
        Parsed::Command(global, command) => (global, command),
        Parsed::Printed(code) => return code,
    };
    trace::start(global.verbose, global.json);
    let output = Output::new(&global);
    let outcome = Context::new(global, &output).and_then(|context| command.run(&context));
    let code = match outcome {
        Ok(Exit::Done) => 0,
        Ok(Exit::Pending) => 3,
        Ok(Exit::Drift) => 4,
        Ok(Exit::HalfApplied) => 6,
        Err(Stop::Failed(error)) => {
            output.error(&error);
            report::exit_code(error.category())
        }
        Err(Stop::Interrupted) => {
            output.interrupted();
            130
        }
    };
    ExitCode::from(output.finish(code))
}
