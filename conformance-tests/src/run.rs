//! Running the suite: tests are collected with libtest-mimic, and a summary says what was run against what.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use fastman_core::{Error, Result};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::Context;
use crate::harness::{Availability, Exemption, Harness, StoreHarness};
use crate::stores::Stores;
use crate::suite::{self, Outcome as Running, Run, Test};

/// Runs the whole suite against each harness, prints a summary and gives the process's exit code.
///
/// The arguments are those of any Rust test binary. With `CI=true` in the environment, a backend that must be had there and
/// is not is a failure.
pub fn main(harnesses: Vec<Arc<dyn Harness>>) -> ExitCode {
    run_all(harnesses.into_iter().map(Subject::Sql).collect())
}

/// The same for backends without SQL: the tests that take any store are run.
pub fn main_of_stores(harnesses: Vec<Arc<dyn StoreHarness>>) -> ExitCode {
    run_all(harnesses.into_iter().map(Subject::Store).collect())
}

fn run_all(subjects: Vec<Subject>) -> ExitCode {
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    if run(&Arguments::from_args(), ci, subjects, suite::all()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is tested.
#[derive(Clone)]
pub enum Subject {
    /// A backend with SQL.
    Sql(Arc<dyn Harness>),
    /// One that takes rows and no more.
    Store(Arc<dyn StoreHarness>),
}

/// Why a test of SQL is not run against a store without it. It could not even be called.
const NO_SQL: &str = "it takes a SqlStore, and this backend is a Store alone";

impl Subject {
    fn backend(&self) -> String {
        match self {
            Subject::Sql(harness) => harness.backend(),
            Subject::Store(harness) => harness.backend(),
        }
    }

    fn required_in_ci(&self) -> bool {
        match self {
            Subject::Sql(harness) => harness.required_in_ci(),
            Subject::Store(harness) => harness.required_in_ci(),
        }
    }

    fn exemptions(&self) -> &[Exemption] {
        match self {
            Subject::Sql(harness) => harness.exemptions(),
            Subject::Store(harness) => harness.exemptions(),
        }
    }

    async fn availability(&self) -> Availability {
        match self {
            Subject::Sql(harness) => harness.availability().await,
            Subject::Store(harness) => harness.availability().await,
        }
    }

    /// What the connected server calls itself.
    async fn server(&self) -> Result<String> {
        Ok(match self {
            Subject::Sql(harness) => harness.fresh().await?.connect().await?.place().server.clone(),
            Subject::Store(harness) => harness.fresh().await?.connect().await?.place().server.clone(),
        })
    }

    /// The test on this backend; why there is no such thing.
    fn prepare(&self, test: &Test) -> Result<Box<dyn FnOnce() -> Running>, &'static str> {
        match (self, test.run) {
            (Subject::Sql(harness), Run::Sql(run)) => {
                (test.applies)(&harness.facts())?;
                let context = Context::new(harness.clone());
                Ok(Box::new(move || run(context)))
            }
            (Subject::Sql(harness), Run::Store(run)) => {
                let stores = Stores::of_sql(harness.clone());
                Ok(Box::new(move || run(stores)))
            }
            (Subject::Store(harness), Run::Store(run)) => {
                let stores = Stores::new(harness.clone());
                Ok(Box::new(move || run(stores)))
            }
            (Subject::Store(_), Run::Sql(_)) => Err(NO_SQL),
        }
    }
}

/// Runs the given tests and prints a summary; whether all is well. [`main`] with its parts given.
pub fn run(arguments: &Arguments, ci: bool, subjects: Vec<Subject>, tests: Vec<Test>) -> bool {
    let notes: Notes = Arc::default();
    let mut trials = Vec::new();
    let mut servers = Vec::new();
    let mut broken = Vec::new();
    for harness in subjects {
        for exemption in harness.exemptions() {
            if !tests.iter().any(|test| test.name() == exemption.test) {
                broken.push(format!("{} exempts {}, which is no test", harness.backend(), exemption.test));
            }
        }
        if !tests.iter().any(|test| is_asked_for(arguments, &harness, test)) {
            continue;
        }
        let availability = if arguments.list { Availability::Ready } else { block_on(harness.availability()) };
        if let Availability::Missing { reason, command } = &availability
            && ci
            && harness.required_in_ci()
        {
            broken.push(format!("{} must be tested in CI, but {reason}; try: {command}", harness.backend()));
        }
        servers.push((harness.backend(), server(arguments, &harness, &availability)));
        for test in &tests {
            trials.push(trial(&harness, &availability, *test, &notes));
        }
    }
    let conclusion = libtest_mimic::run(arguments, trials);
    if arguments.list {
        return true;
    }
    for (backend, server) in servers {
        summarise(&backend, &server, &notes.lock().unwrap());
    }
    for line in &broken {
        println!("error: {line}");
    }
    broken.is_empty() && !conclusion.has_failed()
}

/// Whether the arguments leave the test in. A backend of which they leave none is not looked at, and need not be there.
fn is_asked_for(arguments: &Arguments, harness: &Subject, test: &Test) -> bool {
    !arguments.is_filtered_out(&Trial::test(trial_name(harness, test), || Ok(())))
}

fn trial_name(harness: &Subject, test: &Test) -> String {
    format!("{}::{}", harness.backend(), test.name())
}

/// What became of each test that was run: backend, name, outcome.
type Notes = Arc<Mutex<Vec<(String, String, Outcome)>>>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Ignored(String),
}

fn trial(harness: &Subject, availability: &Availability, test: Test, notes: &Notes) -> Trial {
    let name = trial_name(harness, &test);
    let (harness, availability, notes) = (harness.clone(), availability.clone(), notes.clone());
    Trial::ignorable_test(name, move || {
        let note = |outcome| notes.lock().unwrap().push((harness.backend(), test.name(), outcome));
        let prepared = match &availability {
            Availability::Missing { reason, command } => Err(format!("{reason}; try: {command}")),
            Availability::Ready => {
                let exemption = harness.exemptions().iter().find(|exemption| exemption.test == test.name());
                match exemption {
                    Some(exemption) => Err(exemption.reason.to_owned()),
                    None => harness.prepare(&test).map_err(str::to_owned),
                }
            }
        };
        let run = match prepared {
            Ok(run) => run,
            Err(reason) => {
                note(Outcome::Ignored(reason.clone()));
                return Ok(Completion::ignored_with(reason));
            }
        };
        note(Outcome::Failed);
        let outcome = block_on(run());
        match outcome {
            Ok(()) => {
                let mut notes = notes.lock().unwrap();
                let entry = notes.iter_mut().find(|note| note.0 == harness.backend() && note.1 == test.name());
                entry.unwrap().2 = Outcome::Passed;
                Ok(Completion::Completed)
            }
            Err(error) => Err(Failed::from(describe(&error))),
        }
    })
}

/// The server as it describes itself, or why there is none.
fn server(arguments: &Arguments, harness: &Subject, availability: &Availability) -> String {
    if arguments.list {
        return String::new();
    }
    match availability {
        Availability::Missing { reason, .. } => format!("not tested: {reason}"),
        Availability::Ready => {
            block_on(harness.server()).unwrap_or_else(|error| format!("no server: {}", describe(&error)))
        }
    }
}

fn summarise(backend: &str, server: &str, notes: &[(String, String, Outcome)]) {
    let own: Vec<_> = notes.iter().filter(|note| note.0 == backend).collect();
    let count = |wanted: &Outcome| own.iter().filter(|note| note.2 == *wanted).count();
    let ignored: Vec<_> = own.iter().filter(|note| matches!(note.2, Outcome::Ignored(_))).collect();
    println!(
        "{backend} ({server}): {} run, {} passed, {} failed, {} ignored",
        own.len() - ignored.len(),
        count(&Outcome::Passed),
        count(&Outcome::Failed),
        ignored.len()
    );
    let mut reasons: Vec<(&String, Vec<&str>)> = Vec::new();
    for (_, name, outcome) in ignored.iter().copied() {
        let Outcome::Ignored(reason) = outcome else { continue };
        match reasons.iter_mut().find(|entry| entry.0 == reason) {
            Some(entry) => entry.1.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    for (reason, names) in reasons {
        // Of the tests of SQL there is nothing to tell one by one.
        let names = if reason == NO_SQL { format!("the {} of SQL", names.len()) } else { names.join(", ") };
        println!("  ignored: {names} ({reason})");
    }
}

/// Everything that an error says, for the reader of a failing test.
pub(crate) fn describe(error: &Error) -> String {
    let mut text = format!("{}: {}", error.code(), error.message());
    if let Some(location) = error.location() {
        text += &format!("\n  at {location}: {}", location.label);
    }
    for detail in error.details() {
        text += &format!("\n  {detail}");
    }
    if let Some(help) = error.help() {
        text += &format!("\n  help: {help}");
    }
    text
}

/// Runs a future on a runtime of its own, as the program does.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[cfg(test)]
mod tests;
