//! Seeding: what seeder and factory files say, and how it becomes rows.

pub mod factory;
pub mod formula;
pub mod functions;
pub mod input;
mod literal;
mod places;
pub mod random;
pub mod seeder;
mod toml_reader;
