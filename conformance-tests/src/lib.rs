//! The conformance suite: what every adapter must do, as plain async functions that are each named after what they prove.
//! A store without SQL runs those about rows, through [`StoreHarness`] and [`main_of_stores`].
//!
//! An adapter's `tests/conformance.rs` (with `harness = false` in its Cargo.toml) implements [`Harness`] and calls
//! [`run`]. The suite depends on core alone: a new backend changes nothing here.
//!
//! A suite is made of assertions, so unlike the rest of the workspace it may unwrap, panic and print.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod catalog;
pub mod committing;
mod context;
mod exempt;
pub mod faults;
mod harness;
mod project;
mod rows;
mod run;
mod samples;
mod seeds;
mod session;
mod snapshot;
mod stores;
mod suite;

pub use context::Context;
pub use exempt::must_be_had;
pub use harness::{Availability, Database, Exemption, Harness, StoreDatabase, StoreHarness};
pub use run::{Subject, main, main_of_stores, run};
pub use session::Session;
