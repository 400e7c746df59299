//! The store on Google's own emulator: values there and back, limits where Firestore has them, and doing it twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

#[path = "emulator/limits.rs"]
mod limits;
#[path = "emulator/rewriting.rs"]
mod rewriting;
mod support;
#[path = "emulator/values.rs"]
mod values;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use support::Emulator;

/// A test: its name, and what it does with an emulator.
type Test = (&'static str, fn(&Emulator) -> Result<(), Failed>);

/// Lists async functions of a module as tests.
macro_rules! tests {
    ($module:literal: $($name:ident),* $(,)?) => {
        pub(crate) const TESTS: &[crate::Test] = &[
            $((concat!($module, "::", stringify!($name)), |emulator| {
                crate::support::block_on($name(emulator)).map_err(|error| libtest_mimic::Failed::from(crate::support::said(&error)))
            }),)*
        ];
    };
}
pub(crate) use tests;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let emulator = if arguments.list { Err("listing".to_owned()) } else { Emulator::find() };
    let emulator = Arc::new(emulator);
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1") && support::must_be_had();
    let trials = [limits::TESTS, rewriting::TESTS, values::TESTS].concat().into_iter().map(|(name, run)| {
        let emulator = emulator.clone();
        Trial::ignorable_test(name, move || match &*emulator {
            Ok(emulator) => run(emulator).map(|()| Completion::Completed),
            Err(reason) if ci => Err(Failed::from(format!("{reason}; try: {}", support::COMMAND))),
            Err(reason) => Ok(Completion::ignored_with(format!("{reason}; try: {}", support::COMMAND))),
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    // Ends the emulator, which a static would not.
    drop(emulator);
    conclusion.exit_code()
}
