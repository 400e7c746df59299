//! Formulas: strings of a seeder or factory that start with `=`, in SQL's expression syntax, read once and computed by
//! fastman for each row, never by the database.

use std::sync::Arc;

use crate::seed::functions::draw::Draw;
use crate::seed::functions::locale::Locale;
use crate::value::Value;

mod compile;
mod context;
pub(crate) mod convert;
pub(crate) mod error;
pub(crate) mod hash;
mod interval;
pub(crate) mod node;
mod operators;
mod parser;
mod syntax;
pub(crate) mod types;

pub use context::{Context, Nothing, Outside};
pub use error::FormulaError;

use compile::Compiler;
use node::{Frame, Node, Operation};

/// Where a formula stands: some functions mean something else in a factory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A row that is written out: salts are random.
    Seeder,
    /// A row that is made up: constant hashes are computed once, salted from the seed.
    Factory,
}

/// What a formula may name.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The row's own fields; their order is that of [`Context::fields`].
    pub fields: &'a [String],
    /// Whose names and words are made up.
    pub locale: Locale,
    /// Where the formula stands.
    pub place: Place,
}

/// `ref(table.column, column = expression, ...)` in a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceSpec {
    /// The table, as written.
    pub table: String,
    /// The column whose value it gives.
    pub column: String,
    /// Columns that must equal something; empty for any row.
    pub condition: Vec<String>,
}

/// A password hash whose salt is random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Salted {
    /// `bcrypt(...)`.
    Bcrypt,
    /// `argon2(...)`.
    Argon2,
}

/// A formula, read and ready to be computed for any row.
#[derive(Clone, Debug)]
pub struct Formula {
    text: Arc<str>,
    root: Node,
    fields: Vec<usize>,
    references: Vec<ReferenceSpec>,
    volatile: bool,
    counts: bool,
    locale: Locale,
}

impl Formula {
    /// Reads a formula; `text` is without the leading `=`.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Formula, FormulaError> {
        let syntax = parser::parse(text)?;
        let mut compiler =
            Compiler { scope, fields: Vec::new(), references: Vec::new(), volatile: false, counts: false };
        let root = compiler.compile(syntax)?.node;
        Ok(Formula {
            text: text.into(),
            root,
            fields: compiler.fields,
            references: compiler.references,
            volatile: compiler.volatile,
            counts: compiler.counts,
            locale: scope.locale,
        })
    }

    /// The text it was read from, without the `=`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The row's own fields that it reads, by their places in [`Scope::fields`], each once.
    pub fn fields(&self) -> &[usize] {
        &self.fields
    }

    /// The references to other tables in it.
    pub fn references(&self) -> &[ReferenceSpec] {
        &self.references
    }

    /// Its value where that is the same for every row and run.
    pub fn constant(&self) -> Option<&Value> {
        self.root.as_constant()
    }

    /// Whether the same inputs may give another value: a random salt, the environment, a file, the server's time.
    pub fn is_volatile(&self) -> bool {
        self.volatile
    }

    /// Whether the row's number is a part of it: by `seq()` or `unique(...)`, anywhere in it.
    pub fn counts(&self) -> bool {
        self.counts
    }

    /// Whether no two rows of a table get the same value.
    pub fn is_unique(&self) -> bool {
        match &self.root.operation {
            Operation::Call { definition, arguments, unique } => {
                *unique || matches!(definition.info.name, "uuid" | "seq") && arguments.is_empty()
            }
            Operation::Pick { unique, .. } => *unique,
            _ => false,
        }
    }

    /// Which hash it is where the whole formula is one with a salt: a keyed rerun keeps a stored one that
    /// [`Formula::verify`] accepts.
    pub fn salted(&self) -> Option<Salted> {
        match &self.root.operation {
            Operation::Hash(hash) => Some(hash.algorithm),
            _ => None,
        }
    }

    /// Computes its value into `out`, whose buffer is used again where it is a text already.
    pub fn evaluate(&self, context: &Context<'_>, out: &mut Value) -> Result<(), FormulaError> {
        self.root.evaluate(&mut self.frame(context), out).map_err(|error| *error)
    }

    /// Whether a stored hash is one of what [`Formula::salted`] hashes, under whatever salt; `false` where it hashes
    /// nothing.
    pub fn verify(&self, context: &Context<'_>, stored: &str) -> Result<bool, FormulaError> {
        match &self.root.operation {
            Operation::Hash(hash) => hash.verify(&mut self.frame(context), stored).map_err(|error| *error),
            _ => Ok(false),
        }
    }

    fn frame<'c>(&self, context: &'c Context<'c>) -> Frame<'c> {
        let draw = Draw { random: context.random, lexicon: self.locale.lexicon(), unique: None, exhausted: None };
        Frame { context, draw }
    }
}

#[cfg(test)]
mod tests;
