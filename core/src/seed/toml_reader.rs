//! The TOML of seeder and factory files: tables in the file's order, and errors that point at what is wrong.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::functions::locale::Locale;
use super::input::{Count, Field, Word};
use super::{literal, places};
use crate::adapter::nearest;
use crate::error::{Error, Result, SourceText};

/// A value where it stands.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;
/// A key where it stands.
pub(super) type Key<'i> = Spanned<Cow<'i, str>>;

/// Parses a file.
///
/// # Errors
/// `seed.syntax` at its place.
pub(super) fn parse(source: &SourceText) -> Result<Spanned<DeTable<'_>>> {
    DeTable::parse(&source.text).map_err(|error| {
        let message = error.message().trim().replace('\n', ", ");
        let span = error.span().unwrap_or(0..0);
        let failed =
            Error::failed("seed.syntax", format!("this is not TOML: {message}")).at(source, span.clone(), "here");
        match help_for(&message, source, span.start) {
            Some(help) => failed.with_help(help),
            None => failed,
        }
    })
}

/// What to do about the mistakes that are made most.
fn help_for(message: &str, source: &SourceText, at: usize) -> Option<String> {
    let line_start = source.text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = source.text.get(line_start..)?.lines().next()?.trim();
    if message.starts_with("duplicate key") {
        return Some(match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) if !name.starts_with('[') => format!("rows have double brackets: [[{name}]]"),
            _ => "name each column once; a further row begins with a header of its own: [[table]]".to_owned(),
        });
    }
    let value = line.split_once('=')?.1.trim_start();
    let bare = value.starts_with(|first: char| first.is_alphabetic() || first == '=' || first == '_');
    (bare && !value.starts_with("true") && !value.starts_with("false"))
        .then(|| "texts and formulas stand in quotes: name = \"Ada\", created_at = \"=now()\"".to_owned())
}

/// A file, as errors cite it.
#[derive(Clone, Copy)]
pub(super) struct Reader<'s> {
    pub source: &'s SourceText,
}

/// The entries of a table in the file's order; TOML's tables have none.
pub(super) fn entries<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(&'t Key<'i>, &'t Value<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// A value's kind, as an error says it.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'s> Reader<'s> {
    /// An error at a place of the file.
    pub fn error(&self, code: &'static str, span: Range<usize>, label: &str, message: impl Into<String>) -> Error {
        Error::failed(code, message).at(self.source, span, label)
    }

    /// The error of a value of the wrong kind.
    pub fn wrong_type(&self, key: &str, expected: &str, value: &Value<'_>) -> Error {
        let label = format!("{} is {}", key, kind(value.get_ref()));
        self.error("seed.wrong-type", value.span(), &label, format!("{key} must be {expected}"))
    }

    /// The error of a key that is not known in `place`.
    pub fn unknown_key(&self, key: &Key<'_>, place: &str, known: &[&str]) -> Error {
        let name = key.get_ref();
        let listed = known.join(", ");
        let help = match nearest(name, known.iter().copied()) {
            Some(nearest) => format!("did you mean {nearest}? {place} takes {listed}"),
            None => format!("{place} takes {listed}"),
        };
        self.error("seed.unknown-key", key.span(), "not known", format!("{place} has no key {name}")).with_help(help)
    }

    /// The error of a key that is missing.
    pub fn missing_key(&self, key: &str, place: &str, span: Range<usize>, example: &str) -> Error {
        self.error("seed.missing-key", span, &format!("{key} is missing"), format!("{place} must say its {key}"))
            .with_help(format!("add a line: {example}"))
    }

    /// A text.
    pub fn word(&self, key: &str, value: &Value<'_>) -> Result<Word> {
        let text = value.get_ref().as_str().ok_or_else(|| self.wrong_type(key, "a text in quotes", value))?;
        if text.trim().is_empty() {
            return Err(self.error("seed.wrong-type", value.span(), "empty", format!("{key} must not be empty")));
        }
        Ok(Word { text: text.to_owned(), span: value.span() })
    }

    /// A text, or a list of texts of which none comes twice.
    pub fn words(&self, key: &str, value: &Value<'_>) -> Result<Vec<Word>> {
        let Some(list) = value.get_ref().as_array() else {
            return match value.get_ref().as_str() {
                Some(_) => Ok(vec![self.word(key, value)?]),
                None => Err(self.wrong_type(key, "a text, or a list of texts: [\"...\", \"...\"]", value)),
            };
        };
        let mut words: Vec<Word> = Vec::with_capacity(list.len());
        for item in list.iter() {
            let word = self.word(key, item)?;
            if words.iter().any(|other| other.text == word.text) {
                let message = format!("{key} names {} twice", word.text);
                return Err(self.error("seed.duplicate", word.span, "again", message));
            }
            words.push(word);
        }
        Ok(words)
    }

    /// A locale.
    pub fn locale(&self, value: &Value<'_>) -> Result<Locale> {
        let word = self.word("locale", value)?;
        Locale::named(&word.text).ok_or_else(|| {
            let known = Locale::names().collect::<Vec<_>>().join(", ");
            let message = format!("there are no words of the locale {}", word.text);
            self.error("seed.unknown-locale", word.span, "not known", message).with_help(format!("there are {known}"))
        })
    }

    /// Columns of a key: at least one.
    pub fn key_columns(&self, key: &str, value: &Value<'_>) -> Result<Vec<Word>> {
        let columns = self.words(key, value)?;
        if columns.is_empty() {
            return Err(self
                .error("seed.wrong-type", value.span(), "empty", format!("{key} must name at least one column"))
                .with_help("name the columns that tell one row from another, or leave the key out"));
        }
        Ok(columns)
    }

    /// A number of rows.
    pub fn number(&self, key: &str, value: &Value<'_>, least: u64) -> Result<u64> {
        let expected = if least == 0 { "a whole number of rows" } else { "a whole number from 1" };
        let number = value.get_ref().as_integer().ok_or_else(|| self.wrong_type(key, expected, value))?;
        match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if number >= least && number <= MOST_ROWS => Ok(number),
            _ => {
                let message = format!("{key} must be {expected}, at most {MOST_ROWS}");
                Err(self.error("seed.wrong-type", value.span(), "out of range", message))
            }
        }
    }

    /// A number of rows, or a formula that draws it.
    pub fn count(&self, key: &str, value: &Value<'_>) -> Result<Count> {
        let Some(text) = value.get_ref().as_str() else { return self.number(key, value, 0).map(Count::Fixed) };
        match places::formula(text, self.source, value.span()) {
            Some(formula) => Ok(Count::Formula(formula)),
            None => Err(self
                .wrong_type(key, "a whole number of rows, or a formula", value)
                .with_help(format!("write {key} = 3, or {key} = \"=int(0, 5)\""))),
        }
    }

    /// A table.
    pub fn table<'t, 'i>(&self, key: &str, value: &'t Value<'i>) -> Result<&'t DeTable<'i>> {
        value.get_ref().as_table().ok_or_else(|| self.wrong_type(key, "a table", value))
    }

    /// An array of tables, `[[key]]`.
    pub fn tables<'t, 'i>(&self, key: &str, value: &'t Value<'i>) -> Result<Vec<(&'t DeTable<'i>, Range<usize>)>> {
        let wrong = || {
            let help = format!("begin each with a header in double brackets: [[{key}]]");
            self.wrong_type(key, "a list of tables", value).with_help(help)
        };
        let list: &DeArray<'i> = value.get_ref().as_array().ok_or_else(wrong)?;
        list.iter()
            .map(|item| match item.get_ref().as_table() {
                Some(table) => Ok((table, item.span())),
                None => Err(self.wrong_type(key, "a list of tables", item)),
            })
            .collect()
    }

    /// Columns and what they are given.
    pub fn fields(&self, table: &DeTable<'_>) -> Result<Vec<Field>> {
        let mut fields: Vec<Field> = Vec::with_capacity(table.len());
        for (key, value) in entries(table) {
            let name = Word { text: key.get_ref().to_string(), span: key.span() };
            let lower = name.text.to_lowercase();
            if let Some(other) = fields.iter().find(|field| field.name.text.to_lowercase() == lower) {
                let message = format!("{} and {} differ only in case", other.name.text, name.text);
                return Err(self
                    .error("seed.duplicate", name.span, "again", message)
                    .with_help("name each column once"));
            }
            fields.push(Field { name, input: literal::input(self, value)? });
        }
        Ok(fields)
    }
}

/// More rows than any engine numbers.
const MOST_ROWS: u64 = 1_000_000_000_000;
