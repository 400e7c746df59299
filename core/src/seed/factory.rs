//! A factory: a file that says how made-up rows of a table look.

use std::ops::Range;

use toml::de::DeTable;

use super::input::{Count, Field, TableName, Word};
use super::toml_reader::{Reader, Value, entries, parse};
use crate::error::{Result, SourceText};
use crate::seed::functions::locale::Locale;

/// A factory file, `tests/factories/<name>_factory.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Factory {
    /// `UserFactory` for `user_factory.toml`.
    pub class: String,
    /// The file.
    pub source: SourceText,
    /// Where its rows go.
    pub table: TableName,
    /// Whose names and words its formulas make up.
    pub locale: Locale,
    /// `[fields]`: what every row has.
    pub fields: Vec<Field>,
    /// `[states.NAME]`: what fields are given where the state is put on.
    pub states: Vec<State>,
    /// `[has.NAME]`: children of every row.
    pub has: Vec<Has>,
    /// `[for.COLUMN]`: parents, made where none is given.
    pub parents: Vec<For>,
}

/// A variation of a factory's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name.
    pub name: Word,
    /// What it changes.
    pub fields: Vec<Field>,
}

/// Children of every row.
#[derive(Clone, Debug, PartialEq)]
pub struct Has {
    /// What they are called: `posts` of `[has.posts]`.
    pub name: Word,
    /// The children's factory; always there in a factory. In a seeder, absent where it changes the factory's own children.
    pub factory: Option<Word>,
    /// How many for each parent; absent: 1, or what the factory says.
    pub count: Option<Count>,
    /// The children's column that points at the parent; absent: the only foreign key that does, or what the factory says.
    pub via: Option<Word>,
    /// The states put on, in order; absent: none, or what the factory says.
    pub states: Option<Vec<Word>>,
    /// What the children's fields are given in place of what their factory says.
    pub with: Vec<Field>,
    /// Where it begins.
    pub span: Range<usize>,
}

/// A parent of every row, made where none is given.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// The column that points at it.
    pub column: Word,
    /// The parent's factory.
    pub factory: Word,
    /// How many rows have the same parent; absent: 1.
    pub share: Option<u64>,
    /// The states put on, in order.
    pub states: Vec<Word>,
    /// What the parents' fields are given in place of what their factory says.
    pub with: Vec<Field>,
    /// Where it begins.
    pub span: Range<usize>,
}

const FACTORY_KEYS: [&str; 6] = ["table", "fields", "states", "has", "for", "locale"];
const HAS_KEYS: [&str; 5] = ["factory", "count", "via", "state", "with"];
const FOR_KEYS: [&str; 4] = ["factory", "share", "state", "with"];

impl Factory {
    /// Reads the text of a factory's file. Whether its factories, table and columns are there is not looked at.
    ///
    /// # Errors
    /// `seed.syntax`, `seed.unknown-key`, `seed.missing-key`, `seed.wrong-type`, `seed.duplicate`, `seed.bad-value`, each at its place.
    pub fn parse(class: impl Into<String>, source: &SourceText) -> Result<Factory> {
        let document = parse(source)?;
        let reader = Reader { source };
        let place = "a factory";
        let mut table = None;
        let (mut locale, mut fields, mut states) = (Locale::default(), Vec::new(), Vec::new());
        let (mut has, mut parents) = (Vec::new(), Vec::new());
        for (key, value) in entries(document.get_ref()) {
            match key.get_ref().as_ref() {
                "table" => table = Some(reader.word("table", value)?),
                "locale" => locale = reader.locale(value)?,
                "fields" => fields = reader.fields(reader.table("fields", value)?)?,
                "states" => states = self::states(reader, value)?,
                "has" => {
                    has = children(reader, value, place)?;
                    let nameless = has.iter().find(|has| has.factory.is_none());
                    if let Some(has) = nameless {
                        let header = format!("[has.{}]", has.name.text);
                        return Err(reader.missing_key(
                            "factory",
                            &header,
                            has.span.clone(),
                            "factory = \"PostFactory\"",
                        ));
                    }
                }
                "for" => parents = self::parents(reader, value, place)?,
                _ => return Err(unknown_key(reader, key, value)),
            }
        }
        let table = table.ok_or_else(|| reader.missing_key("table", place, 0..0, "table = \"users\""))?;
        let table = TableName { text: table.text, span: table.span };
        Ok(Factory { class: class.into(), source: source.clone(), table, locale, fields, states, has, parents })
    }

    /// The state of that name.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|state| state.name.text == name)
    }
}

/// A key that a factory does not have; a column that stands above `[fields]` is told where it belongs.
fn unknown_key(reader: Reader<'_>, key: &super::toml_reader::Key<'_>, value: &Value<'_>) -> crate::Error {
    let known = crate::adapter::nearest(key.get_ref(), FACTORY_KEYS.into_iter()).is_some();
    if known || value.get_ref().is_table() || value.get_ref().is_array() {
        return reader.unknown_key(key, "a factory", &FACTORY_KEYS);
    }
    reader
        .error("seed.unknown-key", key.span(), "not known", format!("a factory has no key {}", key.get_ref()))
        .with_help("what a row's columns are given stands below a line [fields]")
}

/// `[states.NAME]`.
fn states(reader: Reader<'_>, value: &Value<'_>) -> Result<Vec<State>> {
    let mut states = Vec::new();
    for (name, value) in entries(reader.table("states", value)?) {
        let header = format!("states.{}", name.get_ref());
        let fields = reader.fields(reader.table(&header, value).map_err(|error| {
            error.with_help(format!("what the state changes stands below a header of its own: [{header}]"))
        })?)?;
        states.push(State { name: Word { text: name.get_ref().to_string(), span: name.span() }, fields });
    }
    Ok(states)
}

/// `[has.NAME]`; a bare number is how many.
pub(super) fn children(reader: Reader<'_>, value: &Value<'_>, place: &str) -> Result<Vec<Has>> {
    let mut children = Vec::new();
    for (name, value) in entries(reader.table("has", value)?) {
        let key = format!("has.{}", name.get_ref());
        let mut has = Has {
            name: Word { text: name.get_ref().to_string(), span: name.span() },
            factory: None,
            count: None,
            via: None,
            states: None,
            with: Vec::new(),
            span: value.span(),
        };
        match value.get_ref().as_table() {
            Some(table) => has_table(reader, &key, table, &mut has)?,
            None if value.get_ref().is_integer() || value.get_ref().is_str() => {
                has.count = Some(reader.count(&key, value)?);
            }
            None => {
                let help = format!("write {key} = {{ factory = \"PostFactory\", count = 3 }} in {place}");
                return Err(reader.wrong_type(&key, "a table", value).with_help(help));
            }
        }
        children.push(has);
    }
    Ok(children)
}

fn has_table(reader: Reader<'_>, key: &str, table: &DeTable<'_>, has: &mut Has) -> Result<()> {
    for (inner, value) in entries(table) {
        match inner.get_ref().as_ref() {
            "factory" => has.factory = Some(reader.word("factory", value)?),
            "count" => has.count = Some(reader.count("count", value)?),
            "via" => has.via = Some(reader.word("via", value)?),
            "state" => has.states = Some(reader.words("state", value)?),
            "with" => has.with = reader.fields(reader.table("with", value)?)?,
            _ => return Err(reader.unknown_key(inner, &format!("[{key}]"), &HAS_KEYS)),
        }
    }
    Ok(())
}

/// `[for.COLUMN]`; a bare text is the factory.
pub(super) fn parents(reader: Reader<'_>, value: &Value<'_>, place: &str) -> Result<Vec<For>> {
    let mut parents = Vec::new();
    for (column, value) in entries(reader.table("for", value)?) {
        let key = format!("for.{}", column.get_ref());
        let mut factory = None;
        let (mut share, mut states, mut with) = (None, Vec::new(), Vec::new());
        match value.get_ref().as_table() {
            Some(table) => {
                for (inner, value) in entries(table) {
                    match inner.get_ref().as_ref() {
                        "factory" => factory = Some(reader.word("factory", value)?),
                        "share" => share = Some(reader.number("share", value, 1)?),
                        "state" => states = reader.words("state", value)?,
                        "with" => with = reader.fields(reader.table("with", value)?)?,
                        _ => return Err(reader.unknown_key(inner, &format!("[{key}]"), &FOR_KEYS)),
                    }
                }
            }
            None if value.get_ref().is_str() => factory = Some(reader.word(&key, value)?),
            None => {
                let help = format!("write {key} = {{ factory = \"TeamFactory\", share = 10 }} in {place}");
                return Err(reader.wrong_type(&key, "a table", value).with_help(help));
            }
        }
        let Some(factory) = factory else {
            let header = format!("[{key}]");
            return Err(reader.missing_key("factory", &header, value.span(), "factory = \"TeamFactory\""));
        };
        let column = Word { text: column.get_ref().to_string(), span: column.span() };
        parents.push(For { column, factory, share, states, with, span: value.span() });
    }
    Ok(parents)
}

#[cfg(test)]
mod tests;
