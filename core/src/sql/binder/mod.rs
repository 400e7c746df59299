//! The binder: statements as the parser gives them become changes of a schema, every name resolved, every expression
//! typed, every constant in the form of its type, every constraint under a name.
//!
//! What does not mean the same on every engine is an error here, at the place of the word that is to blame, with the way
//! out. Files: `types`, `literals` and `temporal` read what is written apart from any schema; `scope`, `expressions`,
//! `operators`, `functions` and `casts` type expressions; `queries`, `tables`, `alter`, `data` and `statements` make the changes.

mod alter;
mod casts;
mod data;
mod defaults;
mod errors;
mod expressions;
mod functions;
mod literals;
mod operators;
mod queries;
mod scope;
mod statements;
mod tables;
pub(crate) mod temporal;
mod types;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::error::{Result, SourceText};
use crate::schema::{Change, Schema};
use crate::sql::ast::Statement;
use crate::sql::parser;

/// A change, and the statement that makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// What it changes.
    pub change: Change,
    /// Where its statement stands in the source.
    pub span: Range<usize>,
    /// Which of the statements that is, from 0; one statement may make several changes.
    pub statement: usize,
}

/// Parses and binds a portable section. `schema` is the one that stands before it, and goes through the changes; after an error it may
/// have gone through some of them, so bind on a clone.
///
/// # Errors
/// The first thing that is wrong, at its place in `source`.
pub fn bind_all(source: &SourceText, body: Range<usize>, schema: &mut Schema) -> Result<Vec<Bound>> {
    let mut bound = Vec::new();
    for (number, statement) in parser::parse(source, body)?.iter().enumerate() {
        let changes = bind(statement, schema, source)?;
        bound.extend(changes.into_iter().map(|change| Bound {
            change,
            span: statement.span.clone(),
            statement: number,
        }));
    }
    Ok(bound)
}

/// Binds a statement: the changes that it makes. `schema` is the one that stands before it, and goes through the changes; after an
/// error it may have gone through some of them, so bind on a clone.
///
/// # Errors
/// What is wrong with the statement, at its place in `source`.
pub fn bind(statement: &Statement, schema: &mut Schema, source: &SourceText) -> Result<Vec<Change>> {
    statements::StatementBinder::new(source, schema).bind(statement)
}
