//! Seeding: what seeder and factory files say, and how it becomes rows.

pub mod coerce;
pub mod discover;
pub mod factory;
pub mod formula;
pub mod functions;
pub mod input;
mod json;
mod literal;
pub mod load;
pub mod order;
mod places;
pub mod random;
pub mod seeder;
pub mod shape;
pub mod sql_seeder;
pub mod tables;
#[cfg(test)]
pub(crate) mod testing;
mod toml_reader;
