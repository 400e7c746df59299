//! Formulas: strings of a seeder or factory that start with `=`, in SQL's expression syntax, read once and computed by
//! fastman for each row, never by the database.

use std::sync::Arc;

use crate::flavour::LexicalRules;
use crate::seed::functions::locale::Locale;
use crate::sql::lexer::{Lexer, TokenKind};
use crate::value::Value;

mod context;
mod error;

pub use context::{Context, Nothing, Outside};
pub use error::FormulaError;

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
#[derive(Clone, Debug)]
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
    constant: Value,
}

impl Formula {
    /// Reads a formula; `text` is without the leading `=`.
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Formula, FormulaError> {
        let _ = scope;
        let mut tokens = Lexer::new(text, 0..text.len(), LexicalRules::STANDARD);
        let token = tokens.next();
        match token {
            Some(token) if token.kind == TokenKind::Text && tokens.next().is_none() => {
                let inside = token.text(text).trim_matches('\'').replace("''", "'");
                Ok(Formula { text: text.into(), constant: Value::Text(inside) })
            }
            Some(token) if token.is_word(text, "NULL") => Ok(Formula { text: text.into(), constant: Value::Null }),
            _ => Err(FormulaError::new("formula.syntax", 0..text.len(), "this is no formula")),
        }
    }

    /// The text it was read from, without the `=`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The row's own fields that it reads, by their places in [`Scope::fields`], each once.
    pub fn fields(&self) -> &[usize] {
        &[]
    }

    /// The references to other tables in it.
    pub fn references(&self) -> &[ReferenceSpec] {
        &[]
    }

    /// Its value where that is the same for every row and run.
    pub fn constant(&self) -> Option<&Value> {
        Some(&self.constant)
    }

    /// Whether the same inputs may give another value: a random salt, the environment, a file, the server's time.
    pub fn is_volatile(&self) -> bool {
        false
    }

    /// Whether no two rows of a table get the same value.
    pub fn is_unique(&self) -> bool {
        false
    }

    /// Which hash it is where the whole formula is one with a random salt: a keyed rerun keeps a stored one that
    /// [`Formula::verify`] accepts.
    pub fn salted(&self) -> Option<Salted> {
        None
    }

    /// Computes its value into `out`, whose buffer is used again where it is a text already.
    pub fn evaluate(&self, context: &Context<'_>, out: &mut Value) -> Result<(), FormulaError> {
        let _ = context;
        out.clone_from(&self.constant);
        Ok(())
    }

    /// Whether a stored hash is one of what [`Formula::salted`] hashes.
    pub fn verify(&self, context: &Context<'_>, stored: &str) -> Result<bool, FormulaError> {
        let _ = (context, stored);
        Ok(false)
    }
}
