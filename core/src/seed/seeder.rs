//! A seeder: a file of fixed rows, of rows to be made by factories, and of files to be loaded.

use std::ops::Range;

use super::factory::{For, Has};
use super::input::{Field, Input, TableName, Word};
use crate::error::SourceText;

/// A seeder file, `database/seeders/<name>_seeder.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Seeder {
    /// `UserSeeder` for `user_seeder.toml`.
    pub class: String,
    /// The file.
    pub source: SourceText,
    /// The classes that run before it.
    pub after: Vec<Word>,
    /// The locale of made-up values in its formulas; the engine of formulas has a default.
    pub locale: Option<Word>,
    /// `[seeder] key.TABLE = [...]`: the columns by which a rerun finds the rows that are there.
    pub keys: Vec<Key>,
    /// What it writes, in the file's order.
    pub blocks: Vec<Block>,
}

/// The columns by which a row that is there already is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Whose.
    pub table: TableName,
    /// Its columns, at least one.
    pub columns: Vec<Word>,
}

/// A part of a seeder.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// `[[users]]`: fixed rows of a table.
    Rows(Rows),
    /// `[[seeder.make]]`: rows of a factory.
    Make(Make),
    /// `[[seeder.load]]`: rows of a file.
    Load(Load),
}

/// The fixed rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Where they go.
    pub table: TableName,
    /// At least one, in the file's order.
    pub rows: Vec<Row>,
}

/// A fixed row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `_id`: the document's id, on a document store.
    pub id: Option<Input>,
    /// What its columns are given, in the file's order; a column that is not named gets its default.
    pub fields: Vec<Field>,
    /// Its header, or the inline table: what an error of the row points at.
    pub span: Range<usize>,
}

/// Rows of a factory.
#[derive(Clone, Debug, PartialEq)]
pub struct Make {
    /// The factory's class, or its file.
    pub factory: Word,
    /// How many; 1 where the file does not say.
    pub count: u64,
    /// The states put on, in order.
    pub states: Vec<Word>,
    /// What its fields are given in place of what the factory says.
    pub with: Vec<Field>,
    /// Children, besides those of the factory; one under the name of the factory's own changes it.
    pub has: Vec<Has>,
    /// Parents, likewise.
    pub parents: Vec<For>,
    /// The columns by which a rerun finds the rows that are there; empty: those of [`Seeder::keys`].
    pub key: Vec<Word>,
    /// Its header: what an error of the block points at.
    pub span: Range<usize>,
}

/// Rows of a file beside the seeder.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Where they go.
    pub table: TableName,
    /// The file, from the seeder's folder.
    pub file: Word,
    /// How it is written.
    pub format: LoadFormat,
    /// What else than an empty field without quotes means NULL.
    pub null: Option<String>,
    /// The columns by which a rerun finds the rows that are there; empty: those of [`Seeder::keys`].
    pub key: Vec<Word>,
    /// Its header: what an error of the block points at.
    pub span: Range<usize>,
}

/// How a file of rows is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadFormat {
    /// Fields with this byte between them, and a first line of columns.
    Separated(u8),
    /// A JSON object a line.
    JsonLines,
}

impl Seeder {
    /// The key that the seeder names for a table; empty where it names none.
    pub fn key(&self, table: &str) -> &[Word] {
        let key = self.keys.iter().find(|key| key.table.text.to_lowercase() == table.to_lowercase());
        key.map(|key| key.columns.as_slice()).unwrap_or_default()
    }
}
