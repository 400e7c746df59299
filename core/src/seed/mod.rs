//! Seeding: what seeder and factory files say, and how it becomes rows.
//!
//! Files become planned streams of rows (`plan`), a stream that knows its keys and what it refers to is ready (`stream`), its rows are
//! made on threads (`generate`) and go to a store ([`seed`]).

mod blame;
pub mod coerce;
mod counts;
mod digest;
pub mod discover;
pub mod factory;
pub mod formula;
pub mod functions;
mod generate;
pub mod input;
mod json;
mod keyed;
pub mod library;
mod literal;
pub mod load;
mod observer;
mod options;
mod order;
mod places;
mod plan;
pub mod random;
mod references;
mod report;
mod run;
pub mod seeder;
pub mod shape;
pub mod sql_seeder;
mod stream;
pub mod tables;
pub mod template;
#[cfg(test)]
pub(crate) mod testing;
mod toml_reader;

pub use digest::Digest;
pub use observer::{SeedObserver, Silent};
pub use options::{DEFAULT_RANDOM_SEED, SeedOptions, Seeding};
pub use report::{SeedReport, SeederReport, TableReport};
pub use run::{MadeRows, create_rows, make_rows, seed};
