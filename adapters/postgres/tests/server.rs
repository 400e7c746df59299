//! The adapter against a real server, beyond what every adapter's suite proves: PostgreSQL's own types and ways to connect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

#[path = "../../network/testing/certificates.rs"]
mod certificates;
#[path = "server/concurrent.rs"]
mod concurrent;
#[path = "server/connecting.rs"]
mod connecting;
#[path = "server/dialect.rs"]
mod dialect;
#[path = "server/introspection.rs"]
mod introspection;
#[path = "server/session.rs"]
mod session;
mod support;
#[path = "server/tls.rs"]
mod tls;
#[path = "server/values.rs"]
mod values;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use support::Server;

/// A test: its name, and what it does with a server.
type Test = (&'static str, fn(&Server) -> Result<(), Failed>);

/// Lists async functions of a module as tests.
macro_rules! tests {
    ($module:literal: $($name:ident),* $(,)?) => {
        pub(crate) const TESTS: &[crate::Test] = &[
            $((concat!($module, "::", stringify!($name)), |server| {
                crate::support::block_on($name(server)).map_err(|error| crate::failed(&error))
            }),)*
        ];
    };
}
pub(crate) use tests;

pub(crate) fn failed(error: &fastman_core::Error) -> Failed {
    let details: String = error.details().iter().map(|detail| format!("\n  {detail}")).collect();
    Failed::from(format!(
        "{}: {}{details}\n  help: {}",
        error.code(),
        error.message(),
        error.help().unwrap_or_default()
    ))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let server = if arguments.list { Err("listing".to_owned()) } else { Server::find() };
    let server = Arc::new(server);
    let tests = [
        concurrent::TESTS,
        connecting::TESTS,
        dialect::TESTS,
        introspection::TESTS,
        session::TESTS,
        tls::TESTS,
        values::TESTS,
    ];
    let trials = tests
        .concat()
        .into_iter()
        .map(|(name, run)| {
            let server = server.clone();
            Trial::ignorable_test(name, move || match &*server {
                Ok(server) => run(server).map(|()| Completion::Completed),
                Err(reason) => Ok(Completion::ignored_with(format!("{reason}; try: {}", support::COMMAND))),
            })
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    tls::stop();
    drop(server);
    conclusion.exit_code()
}
