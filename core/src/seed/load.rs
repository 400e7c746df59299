//! Rows of a file: separated values (csv, tsv) or a JSON object a line, streamed, each value in the form of its column.
//!
//! An empty field without quotes is NULL, `""` is the empty text: a reader that drops the quotes can't tell them apart, so
//! the one here keeps them.

mod json_lines;
mod separated;

use std::fs::File;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use json_lines::JsonLines;
use separated::Separated;

use super::input::Word;
use super::json;
use super::seeder::{Load, LoadFormat, Seeder};
use super::shape::{Cell, Shape, ShapeColumn};
use super::tables::Tables;
use crate::adapter::nearest;
use crate::error::{Error, Result};
use crate::schema::{ColumnType, Name};
use crate::store::{Batch, RowSource};
use crate::value::Value;

/// An open file of rows whose columns are known to fit the table.
#[derive(Debug)]
pub struct LoadFile {
    /// The columns of its rows; all are [`Cell::Given`].
    pub shape: Shape,
    /// As errors cite it.
    pub name: String,
    path: PathBuf,
    format: LoadFormat,
    null: Option<String>,
    /// Whether a column may be left out of a JSON line: where its default is NULL.
    optional: Vec<bool>,
    reader: Reader,
    /// Batches that were written.
    spare: Vec<Batch>,
}

/// How many rows a batch has where nobody says.
const BATCH: usize = 1000;

#[derive(Debug)]
enum Reader {
    Separated(Separated<File>),
    JsonLines(JsonLines<File>),
}

/// A mistake in a file of rows, on one of its lines.
#[derive(Debug)]
struct Mistake {
    line: u64,
    code: &'static str,
    message: String,
    help: Option<String>,
}

impl Mistake {
    fn new(line: u64, code: &'static str, message: impl Into<String>) -> Mistake {
        Mistake { line, code, message: message.into(), help: None }
    }

    fn with_help(self, help: impl Into<String>) -> Mistake {
        Mistake { help: Some(help.into()), ..self }
    }
}

/// Where a block's file is, and under which name errors cite it.
struct FilePlace<'a> {
    seeder: &'a Seeder,
    word: &'a Word,
    name: &'a str,
}

impl FilePlace<'_> {
    /// An error about the file, pointing at the seeder's word for it.
    fn error(&self, code: &'static str, message: String) -> Error {
        Error::failed(code, message).at(&self.seeder.source, self.word.span.clone(), "this file")
    }

    fn mistake(&self, mistake: Mistake) -> Error {
        let error = self.error(mistake.code, format!("{}:{}: {}", self.name, mistake.line, mistake.message));
        match mistake.help {
            Some(help) => error.with_help(help),
            None => error,
        }
    }
}

impl LoadFile {
    /// Opens a block's file and reads its columns. `folder` is the seeder's.
    ///
    /// # Errors
    /// `seed.unreadable`, `seed.unknown-table`, `seed.unknown-column`, `seed.missing-column`, `seed.duplicate`, `seed.file-syntax`.
    pub fn open(load: &Load, seeder: &Seeder, folder: &Path, tables: &Tables) -> Result<LoadFile> {
        let path = folder.join(&load.file.text);
        let name = shown(seeder, load);
        let place = FilePlace { seeder, word: &load.file, name: &name };
        let mut reader = reader(load, open(&place, &path)?);
        let names = match &mut reader {
            Reader::Separated(rows) => rows.header(),
            Reader::JsonLines(rows) => rows.keys(),
        };
        let (line, names) = names.map_err(|mistake| place.mistake(mistake))?;
        let shape = shape(load, &place, &names, line, tables)?;
        let defaulted = |column: &ShapeColumn| {
            let declared = shape.table.as_ref().and_then(|table| table.column(&column.name));
            declared.is_some_and(|declared| declared.default.is_some())
        };
        let optional = shape.columns.iter().map(|column| column.nullable && !defaulted(column)).collect();
        Ok(LoadFile {
            shape,
            name,
            path,
            format: load.format,
            null: load.null.clone(),
            optional,
            reader,
            spare: Vec::new(),
        })
    }

    /// Empties the batch and reads the next rows into it, at most so many; returns how many there were, 0 at the end.
    ///
    /// # Errors
    /// `seed.file-syntax`, `seed.bad-value`, `seed.no-value`, `seed.missing-column`, `seed.unknown-column`, with file, line and column.
    pub fn fill(&mut self, batch: &mut Batch, most: usize) -> Result<usize> {
        batch.reset(self.shape.columns.len());
        while batch.len() < most {
            let columns = &self.shape.columns;
            let row = batch.add();
            let more = match &mut self.reader {
                Reader::Separated(reader) => reader.row(columns, self.null.as_deref(), row),
                Reader::JsonLines(reader) => reader.row(columns, &self.optional, row),
            };
            if !matches!(more, Ok(true)) {
                batch.drop_last();
            }
            match more {
                Ok(true) => {}
                Ok(false) => break,
                Err(mistake) => return Err(self.error(mistake)),
            }
        }
        Ok(batch.len())
    }

    /// Where in the file a row begins: `database/seeders/countries.csv:17`. `row` counts from 0. The file is read again for it.
    pub fn place_of(&self, row: u64) -> String {
        let line = File::open(&self.path).ok().and_then(|file| match self.format {
            LoadFormat::Separated(separator) => Separated::new(file, separator).line_of(row),
            LoadFormat::JsonLines => JsonLines::new(file).line_of(row),
        });
        match line {
            Some(line) => format!("{}:{line}", self.name),
            None => self.name.clone(),
        }
    }

    /// The number of the first row, counted from 0, whose values pass the test. The file is read again for it.
    pub(crate) fn find(&self, mut passes: impl FnMut(u64, &[Value]) -> bool) -> Option<u64> {
        let file = File::open(&self.path).ok()?;
        let mut reader = match self.format {
            LoadFormat::Separated(separator) => Reader::Separated(Separated::new(file, separator)),
            LoadFormat::JsonLines => Reader::JsonLines(JsonLines::new(file)),
        };
        match &mut reader {
            Reader::Separated(rows) => drop(rows.header().ok()?),
            Reader::JsonLines(rows) => drop(rows.keys().ok()?),
        }
        let columns = &self.shape.columns;
        let mut row = vec![Value::Null; columns.len()];
        for number in 0.. {
            let more = match &mut reader {
                Reader::Separated(reader) => reader.row(columns, self.null.as_deref(), &mut row),
                Reader::JsonLines(reader) => reader.row(columns, &self.optional, &mut row),
            };
            if !matches!(more, Ok(true)) {
                break;
            }
            if passes(number, &row) {
                return Some(number);
            }
        }
        None
    }

    fn error(&self, mistake: Mistake) -> Error {
        let error = Error::failed(mistake.code, format!("{}:{}: {}", self.name, mistake.line, mistake.message));
        let error = match mistake.help {
            Some(help) => error.with_help(help),
            None => error,
        };
        match self.shape.columns.first() {
            Some(column) => error.at(&column.source, column.span.clone(), "this file"),
            None => error,
        }
    }
}

#[async_trait]
impl RowSource for LoadFile {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        let mut batch = self.spare.pop().unwrap_or_default();
        Ok((self.fill(&mut batch, BATCH)? > 0).then_some(batch))
    }

    fn recycle(&mut self, batch: Batch) {
        self.spare.push(batch);
    }
}

/// The file's path as errors cite it: from the project's folder.
fn shown(seeder: &Seeder, load: &Load) -> String {
    match seeder.source.name.rsplit_once('/') {
        Some((folder, _)) if !Path::new(&load.file.text).is_absolute() => format!("{folder}/{}", load.file.text),
        _ => load.file.text.clone(),
    }
}

fn reader(load: &Load, file: File) -> Reader {
    match load.format {
        LoadFormat::Separated(separator) => Reader::Separated(Separated::new(file, separator)),
        LoadFormat::JsonLines => Reader::JsonLines(JsonLines::new(file)),
    }
}

fn open(place: &FilePlace<'_>, path: &Path) -> Result<File> {
    let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(std::io::Error::other("it is a folder")),
        false => Ok(file),
    });
    opened.map_err(|error| {
        let failed = place.error("seed.unreadable", format!("{} can't be read: {error}", place.name));
        if error.kind() != std::io::ErrorKind::NotFound {
            return failed;
        }
        let folder = path.parent().map(std::fs::read_dir).and_then(std::result::Result::ok);
        let files: Vec<String> = folder
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .collect();
        let wanted = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match nearest(&wanted, files.iter().map(String::as_str)) {
            Some(near) => failed.with_help(format!("did you mean {near}?")),
            None => failed.with_help("its path is taken from the seeder's folder"),
        }
    })
}

/// The columns that the file names, held against the table's.
fn shape(load: &Load, place: &FilePlace<'_>, names: &[String], line: u64, tables: &Tables) -> Result<Shape> {
    let source = &place.seeder.source;
    let table = tables.resolve(&load.table, source)?.cloned();
    let documents = tables.are_documents();
    let mistake = |code, message: String| Mistake::new(line, code, message);
    let mut columns: Vec<ShapeColumn> = Vec::with_capacity(names.len());
    let mut document_id = None;
    for name in names {
        let is_id = documents && name == super::seeder::ID;
        let declared = table.as_ref().filter(|_| !is_id).and_then(|table| table.column(&Name::exact(name)));
        if is_id {
            document_id = Some(columns.len());
        } else if let (None, Some(table), false) = (declared, &table, documents) {
            let known = || table.columns.iter().map(|column| column.name.as_str());
            let help = match nearest(&name.to_lowercase(), known()) {
                Some(near) => format!("did you mean {near}?"),
                None if names.len() == 1 && name.contains([';', '\t', '|', ',']) => {
                    "the columns seem to have something else between them; say it: separator = \";\"".to_owned()
                }
                None => format!("{} has {}", table.name, known().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("{} has no column {name:?}", table.name);
            return Err(place.mistake(mistake("seed.unknown-column", message).with_help(help)));
        }
        let name = declared.map_or_else(|| Name::exact(name), |column| column.name.clone());
        if columns.iter().any(|other| other.name.key() == name.key()) {
            return Err(place.mistake(mistake("seed.duplicate", format!("the column {name} comes twice"))));
        }
        columns.push(ShapeColumn {
            table_name: table.as_ref().map_or_else(|| Name::exact(&load.table.text), |table| table.name.clone()),
            name,
            column_type: declared.map(|column| column.column_type.clone()),
            nullable: declared.map_or(!is_id, |column| column.nullable),
            cell: Cell::Given,
            documents,
            source: source.clone(),
            span: place.word.span.clone(),
        });
    }
    let missing = table.iter().flat_map(|table| &table.columns).find(|column| {
        !column.nullable
            && column.default.is_none()
            && !column.identity
            && columns.iter().all(|given| given.name.key() != column.name.key())
    });
    if let (Some(column), Some(table)) = (missing, &table) {
        let message = format!("the column {}.{} is missing, which every row needs", table.name, column.name);
        let help = "it takes no NULL and has no default";
        return Err(place.mistake(mistake("seed.missing-column", message).with_help(help)));
    }
    let order = (0..columns.len()).collect();
    let table_name = table.as_ref().map_or_else(|| Name::exact(&load.table.text), |table| table.name.clone());
    Ok(Shape { table_name, table, columns, order, document_id })
}

/// A value in the form of its column, or the mistake on its line.
fn fit(column: &ShapeColumn, value: Value, line: u64) -> std::result::Result<Value, Mistake> {
    column.fit(value).map_err(|error| {
        let mistake = Mistake::new(line, error.code(), error.message());
        match (error.help(), error.code()) {
            (_, "seed.no-value") => mistake.with_help(
                "an empty field is NULL; write \"\" for the empty text, and leave the column out for its default",
            ),
            (Some(help), _) => mistake.with_help(help),
            (None, _) => mistake,
        }
    })
}

/// A number that keeps its digits, in the form of its column.
fn fit_number(column: &ShapeColumn, written: &str, line: u64) -> std::result::Result<Value, Mistake> {
    match &column.column_type {
        Some(column_type) if column_type.is_numeric() => {
            super::coerce::number_text(written, column_type).map_err(|misfit| {
                let mistake = Mistake::new(line, "seed.bad-value", format!("{}: {}", column.shown(), misfit.message));
                match misfit.help {
                    Some(help) => mistake.with_help(help),
                    None => mistake,
                }
            })
        }
        Some(ColumnType::Json) if !column.documents => Ok(Value::Json(written.to_owned())),
        _ => match json::number(written) {
            Value::Decimal(_) if column.documents => {
                fit(column, Value::Double(written.parse().unwrap_or(f64::NAN)), line)
            }
            number => fit(column, number, line),
        },
    }
}

#[cfg(test)]
mod tests;
