//! Seeding: what seeder and factory files say, and how it becomes rows.

pub mod factory;
pub mod formula;
pub mod functions;
pub mod input;
pub mod random;
pub mod seeder;
