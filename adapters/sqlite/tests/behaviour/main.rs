//! How the adapter behaves on real files: what the store promises, and what changes do to a database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "an unwrap is an assertion, in what tests share too"
)]

mod support;

mod altering;
mod any_order;
mod catalog;
mod expressions;
mod handmade;
mod migrating;
mod opening;
mod rebuilding;
mod retyping;
mod script;
mod transactions;
mod values;
mod writing;
