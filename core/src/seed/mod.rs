//! Seeding: what seeder and factory files say, and how it becomes rows.

pub mod factory;
pub mod input;
pub mod seeder;
