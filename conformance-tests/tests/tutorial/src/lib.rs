//! A fastman adapter for SPG, a SQL database in pure Rust that runs inside the program: the backend that docs/ADAPTERS.md builds from
//! an empty crate.
//!
//! It stands in a tests folder and no program lists it. What it shows is how much a backend is: this crate, and no line in core.

mod dialect;
mod error;
mod introspect;
mod session;
mod store;
mod value;

use fastman_core::adapter::Adapter;
use fastman_core::flavour::{Flavour, LexicalRules};

/// SPG, as a migration's sections name it. It speaks PostgreSQL's dialect, so PostgreSQL's sections serve where it has none.
pub const SPG: Flavour = Flavour {
    name: "spg",
    fallback: Some("postgres"),
    lexical: LexicalRules {
        escape_strings: true,
        dollar_quotes: true,
        nested_comments: true,
        ..LexicalRules::STANDARD
    },
};

/// The adapter.
pub const ADAPTER: Adapter = Adapter {
    name: "spg",
    schemes: &["spg"],
    flavours: &[&SPG],
    dialect: dialect::make,
    connect: |url, options| Box::pin(store::connect(url, options)),
    create_database: |url, options| Box::pin(store::create_database(url, options)),
};
