//! The adapter against real servers, beyond what every adapter's suite proves: ways to connect, and what MySQL and MariaDB have of their
//! own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

#[path = "../../network/testing/certificates.rs"]
mod certificates;
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
#[path = "server/writing.rs"]
mod writing;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use support::{Product, Server};

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
    Failed::from(format!("{}: {} {:?} {:?}", error.code(), error.message(), error.details(), error.help()))
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tests =
        [connecting::TESTS, dialect::TESTS, introspection::TESTS, session::TESTS, tls::TESTS, writing::TESTS].concat();
    let mut trials = Vec::new();
    for product in Product::ALL {
        let server = if arguments.list { Err("listing".to_owned()) } else { Server::find(product) };
        let server = Arc::new(server);
        for (name, run) in tests.clone() {
            let server = server.clone();
            trials.push(Trial::ignorable_test(format!("{}::{name}", product.name()), move || match &*server {
                Ok(server) => run(server).map(|()| Completion::Completed),
                Err(reason) => Ok(Completion::ignored_with(format!("{reason}; try: {}", product.command()))),
            }));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    tls::stop();
    conclusion.exit_code()
}
