//! How the adapter behaves on real files: what the store promises, and what changes do to a database.

mod support;

mod opening;
mod transactions;
mod writing;
