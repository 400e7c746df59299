//! A seeder: a file of fixed rows, of rows to be made by factories, and of files to be loaded.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::factory::{self, For, Has};
use super::input::{Field, Input, TableName, Word};
use super::toml_reader::{Key as TomlKey, Reader, Value, entries, kind, parse};
use crate::error::{Result, SourceText};
use crate::seed::functions::locale::Locale;

/// A seeder file, `database/seeders/<name>_seeder.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Seeder {
    /// `UserSeeder` for `user_seeder.toml`.
    pub class: String,
    /// The file.
    pub source: SourceText,
    /// The classes that run before it.
    pub after: Vec<Word>,
    /// Whose names and words its formulas make up.
    pub locale: Locale,
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

/// The table of a seeder's file that is not a table of rows.
const SEEDER: &str = "seeder";
/// What may stand in it.
const SEEDER_KEYS: [&str; 5] = ["after", "key", "make", "load", "locale"];
const MAKE_KEYS: [&str; 7] = ["factory", "count", "state", "with", "has", "for", "key"];
const LOAD_KEYS: [&str; 6] = ["table", "file", "format", "separator", "null", "key"];
/// The document's id among a row's columns.
pub const ID: &str = "_id";

impl Seeder {
    /// Reads the text of a seeder's file. Whether its classes, factories, tables and columns are there is not looked at.
    ///
    /// # Errors
    /// `seed.syntax`, `seed.unknown-key`, `seed.missing-key`, `seed.wrong-type`, `seed.duplicate`, `seed.bad-value`, each at its place.
    pub fn parse(class: impl Into<String>, source: &SourceText) -> Result<Seeder> {
        let document = parse(source)?;
        let reader = Reader { source };
        let mut seeder = Seeder {
            class: class.into(),
            source: source.clone(),
            after: Vec::new(),
            locale: Locale::default(),
            keys: Vec::new(),
            blocks: Vec::new(),
        };
        for (key, value) in entries(document.get_ref()) {
            match key.get_ref().as_ref() {
                SEEDER => seeder.settings(reader, value)?,
                _ => seeder.blocks.extend(rows(reader, key, value)?.map(Block::Rows)),
            }
        }
        seeder.blocks.sort_by_key(|block| block.span().start);
        Ok(seeder)
    }

    /// `[seeder]`.
    fn settings(&mut self, reader: Reader<'_>, value: &Value<'_>) -> Result<()> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(reader
                .wrong_type(SEEDER, "a table", value)
                .with_help("[seeder] holds what is said about the seeder: after, key, make, load; no table of rows can be called so"));
        };
        for (key, value) in entries(table) {
            match key.get_ref().as_ref() {
                "after" => self.after = reader.words("after", value)?,
                "locale" => self.locale = reader.locale(value)?,
                "key" => {
                    let keys = value.get_ref().as_table().ok_or_else(|| {
                        let help = "name the table that it is the key of: key.users = [\"email\"]";
                        reader.wrong_type("key", "a table", value).with_help(help)
                    })?;
                    for (table, columns) in entries(keys) {
                        let name = table.get_ref();
                        let columns = reader.key_columns(&format!("key.{name}"), columns)?;
                        let table = TableName { text: name.to_string(), span: table.span() };
                        self.keys.push(Key { table, columns });
                    }
                }
                "make" => {
                    for (table, span) in reader.tables("seeder.make", value)? {
                        self.blocks.push(Block::Make(make(reader, table, span)?));
                    }
                }
                "load" => {
                    for (table, span) in reader.tables("seeder.load", value)? {
                        self.blocks.push(Block::Load(load(reader, table, span)?));
                    }
                }
                _ => return Err(reader.unknown_key(key, "[seeder]", &SEEDER_KEYS)),
            }
        }
        Ok(())
    }

    /// The key that the seeder names for a table; empty where it names none.
    pub fn key(&self, table: &str) -> &[Word] {
        let key = self.keys.iter().find(|key| key.table.text.to_lowercase() == table.to_lowercase());
        key.map(|key| key.columns.as_slice()).unwrap_or_default()
    }
}

impl Block {
    /// Where it begins.
    pub fn span(&self) -> Range<usize> {
        match self {
            Block::Rows(rows) => rows.rows.first().map_or(rows.table.span.clone(), |row| row.span.clone()),
            Block::Make(make) => make.span.clone(),
            Block::Load(load) => load.span.clone(),
        }
    }
}

/// `[[users]]`, as often as it comes; `None` for an empty list.
fn rows(reader: Reader<'_>, key: &TomlKey<'_>, value: &Value<'_>) -> Result<Option<Rows>> {
    let name = key.get_ref();
    if name.trim().is_empty() {
        return Err(reader.error("seed.wrong-type", key.span(), "empty", "a table's name must not be empty"));
    }
    let Some(list) = value.get_ref().as_array() else { return Err(not_rows(reader, key, value)) };
    let mut rows = Vec::with_capacity(list.len());
    for item in list.iter() {
        let Some(table) = item.get_ref().as_table() else {
            if SEEDER_KEYS.contains(&name.as_ref()) {
                return Err(not_rows(reader, key, value));
            }
            return Err(reader
                .wrong_type(name, "a list of rows", item)
                .with_help(format!("begin each row with a header in double brackets: [[{name}]]")));
        };
        rows.push(row(reader, table, item.span())?);
    }
    let table = TableName { text: name.to_string(), span: key.span() };
    Ok((!rows.is_empty()).then_some(Rows { table, rows }))
}

fn row(reader: Reader<'_>, table: &DeTable<'_>, span: Range<usize>) -> Result<Row> {
    let mut fields = reader.fields(table)?;
    let id = fields.iter().position(|field| field.name.text == ID).map(|place| fields.remove(place).input);
    Ok(Row { id, fields, span })
}

/// The error of what stands where rows are expected.
fn not_rows(reader: Reader<'_>, key: &TomlKey<'_>, value: &Value<'_>) -> crate::Error {
    let name = key.get_ref().as_ref();
    let message = format!("{name} is {}, not rows of a table", kind(value.get_ref()));
    let nested = value.get_ref().as_table().and_then(|table| {
        entries(table).into_iter().find(|(_, inner)| {
            matches!(inner.get_ref(), DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_table()))
        })
    });
    let help = match (value.get_ref(), nested) {
        _ if SEEDER_KEYS.contains(&name) => format!("{name} is said under [seeder]: put it below a line [seeder]"),
        (DeValue::Table(_), Some((inner, _))) => {
            format!("a name with a point in it stands in quotes: [[\"{name}.{}\"]]", inner.get_ref())
        }
        (DeValue::Table(_), None) => format!("rows have double brackets: [[{name}]]"),
        _ => "begin a row with a header in double brackets above its columns: [[users]]".to_owned(),
    };
    reader.error("seed.wrong-type", key.span(), "no row", message).with_help(help)
}

fn make(reader: Reader<'_>, table: &DeTable<'_>, span: Range<usize>) -> Result<Make> {
    let place = "[[seeder.make]]";
    let mut factory = None;
    let (mut count, mut states, mut with) = (1, Vec::new(), Vec::new());
    let (mut has, mut parents, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    for (key, value) in entries(table) {
        match key.get_ref().as_ref() {
            "factory" => factory = Some(reader.word("factory", value)?),
            "count" => count = reader.number("count", value, 0)?,
            "state" => states = reader.words("state", value)?,
            "with" => with = reader.fields(reader.table("with", value)?)?,
            "has" => has = factory::children(reader, value, place)?,
            "for" => parents = factory::parents(reader, value, place)?,
            "key" => columns = reader.key_columns("key", value)?,
            _ => return Err(reader.unknown_key(key, place, &MAKE_KEYS)),
        }
    }
    let missing = || reader.missing_key("factory", place, span.clone(), "factory = \"UserFactory\"");
    Ok(Make { factory: factory.ok_or_else(missing)?, count, states, with, has, parents, key: columns, span })
}

fn load(reader: Reader<'_>, table: &DeTable<'_>, span: Range<usize>) -> Result<Load> {
    let place = "[[seeder.load]]";
    let (mut name, mut file, mut written, mut null, mut columns) = (None, None, None, None, Vec::new());
    let mut between = None;
    for (key, value) in entries(table) {
        match key.get_ref().as_ref() {
            "table" => name = Some(reader.word("table", value)?),
            "file" => file = Some(reader.word("file", value)?),
            "format" => written = Some(reader.word("format", value)?),
            "separator" => between = Some((separator(reader, value)?, value.span())),
            "null" => {
                let text = value.get_ref().as_str().ok_or_else(|| reader.wrong_type("null", "a text in quotes", value));
                null = Some(text?.to_owned());
            }
            "key" => columns = reader.key_columns("key", value)?,
            _ => return Err(reader.unknown_key(key, place, &LOAD_KEYS)),
        }
    }
    let name = name.ok_or_else(|| reader.missing_key("table", place, span.clone(), "table = \"countries\""))?;
    let file = file.ok_or_else(|| reader.missing_key("file", place, span.clone(), "file = \"countries.csv\""))?;
    let format = match (format(reader, written.as_ref(), &file)?, between) {
        (LoadFormat::Separated(_), Some((separator, _))) => LoadFormat::Separated(separator),
        (LoadFormat::JsonLines, Some((_, span))) => {
            return Err(reader.error("seed.wrong-type", span, "not here", "JSON lines have no separator"));
        }
        (format, None) => format,
    };
    let table = TableName { text: name.text, span: name.span };
    Ok(Load { table, file, format, null, key: columns, span })
}

/// The character between two fields.
fn separator(reader: Reader<'_>, value: &Value<'_>) -> Result<u8> {
    match value.get_ref().as_str().map(str::as_bytes) {
        Some([byte]) if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err(reader.wrong_type("separator", "one character in quotes: separator = \";\"", value)),
    }
}

/// The format that is said, or that the file's name ends in.
fn format(reader: Reader<'_>, written: Option<&Word>, file: &Word) -> Result<LoadFormat> {
    let ending = file.text.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let (word, span) = match written {
        Some(word) => (word.text.to_lowercase(), &word.span),
        None => (ending.unwrap_or_default(), &file.span),
    };
    match word.as_str() {
        "csv" => Ok(LoadFormat::Separated(b',')),
        "tsv" => Ok(LoadFormat::Separated(b'\t')),
        "jsonl" | "ndjson" => Ok(LoadFormat::JsonLines),
        _ => Err(reader
            .error("seed.unknown-format", span.clone(), "not known", "the file's format is not known")
            .with_help("files to load end in .csv, .tsv or .jsonl; for another ending say it: format = \"csv\"")),
    }
}

#[cfg(test)]
mod tests;
