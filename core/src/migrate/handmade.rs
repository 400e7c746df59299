//! What sections for one engine made of tables: the model does not know it, and what is rendered without a catalog must not
//! lose it.
//!
//! Indexes, triggers and views are known by their own words, so that they can be made again. A table that such a section
//! makes or alters, or that stands in a statement that is not understood, is opaque: what it is by then only the catalog
//! can tell.

mod effect;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

pub(crate) use effect::plain;
use effect::{Effect, effect};

use crate::error::{Category, Error};
use crate::flavour::{Flavour, LexicalRules};
use crate::migrate::migrator::Migration;
use crate::schema::{Change, Name, Schema};
use crate::sql::lexer::{Lexer, Token, TokenKind};
use crate::sql::script::split;
use crate::sql::section::Selected;
use crate::store::{CatalogObject, CatalogObjects, ObjectKind};

/// What sections for one engine made, up to some point of the history.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handmade {
    /// Indexes, triggers and views, with the file that made each.
    objects: Vec<(CatalogObject, Arc<str>)>,
    /// The keys of tables of which only the catalog can tell what they are, with the file after which that is so.
    opaque: BTreeMap<String, Arc<str>>,
    /// The file after which that holds for every table.
    everything: Option<Arc<str>>,
}

impl Handmade {
    /// Takes in a migration. `changes` is what its portable section means, `before` the schema before it.
    pub fn advance<'c>(
        &mut self,
        migration: &Migration,
        selected: Selected<'_>,
        flavour: &Flavour,
        changes: impl IntoIterator<Item = &'c Change>,
        before: &Schema,
    ) {
        match selected {
            Selected::Portable(_) => changes.into_iter().for_each(|change| self.change(change, &flavour.lexical)),
            Selected::Own(section) => {
                let source = &migration.file.source;
                let body = source.text.get(section.body.clone()).unwrap_or_default();
                let file: Arc<str> = Arc::from(source.name.to_string());
                for (_, sql) in split(body, &flavour.lexical) {
                    self.statement(sql, &file, &flavour.lexical, before);
                }
            }
            Selected::None(_) | Selected::Missing => {}
        }
    }

    /// Takes in a statement that is run as it stands.
    fn statement(&mut self, sql: &str, file: &Arc<str>, rules: &LexicalRules, before: &Schema) {
        match effect(sql, rules) {
            Effect::Nothing => {}
            Effect::Makes { object, if_absent } => {
                let is_there = self.object(&object.name, object.kind).is_some()
                    || object.kind == ObjectKind::Index && before.tables().any(|table| has_index(table, &object.name))
                    || object.kind == ObjectKind::View && before.view(&Name::exact(&object.name)).is_some();
                if !(if_absent && is_there) {
                    self.forget(&object.name, object.kind);
                    self.objects.push((object, file.clone()));
                }
            }
            Effect::Drops { kind: ObjectKind::Table, name } => {
                self.forget_of(&name.to_lowercase());
                self.opaque.insert(name.to_lowercase(), file.clone());
            }
            Effect::Drops { kind, name } => self.forget(&name, kind),
            Effect::Tables(names) => {
                self.opaque.extend(names.into_iter().map(|name| (name.to_lowercase(), file.clone())));
            }
            Effect::Everything => self.everything = Some(file.clone()),
        }
    }

    /// Takes in a change of the model.
    pub fn change(&mut self, change: &Change, rules: &LexicalRules) {
        match change {
            Change::CreateTable(table) => {
                self.opaque.remove(&*table.name.key());
            }
            Change::DropTable { table } => {
                self.forget_of(&table.key());
                self.opaque.remove(&*table.key());
            }
            // The engine writes the words of what names the table anew.
            Change::RenameTable { table, to } => {
                let names = |(object, _): &&(CatalogObject, Arc<str>)| names(&object.sql, table, rules);
                let file = self.opaque.remove(&*table.key());
                let file = file.or_else(|| self.objects.iter().find(names).map(|(_, file)| file.clone()));
                self.opaque.extend(file.map(|file| (to.key().into_owned(), file)));
            }
            Change::RenameColumn { table, column, .. } => {
                let key = table.key();
                let renamed = self.objects.iter().find(|(object, _)| {
                    names(&object.sql, column, rules)
                        && (object.table.to_lowercase() == *key || names(&object.sql, table, rules))
                });
                let renamed = renamed.map(|(_, file)| (key.clone().into_owned(), file.clone()));
                self.opaque.extend(renamed);
            }
            Change::CreateIndex { index, .. } => self.forget(index.name.as_str(), ObjectKind::Index),
            Change::DropIndex { index, .. } => self.forget(index.as_str(), ObjectKind::Index),
            Change::CreateView(view) => self.forget(view.name.as_str(), ObjectKind::View),
            Change::DropView { view } => self.forget(view.as_str(), ObjectKind::View),
            _ => {}
        }
    }

    /// What stands in for the catalog where it can't be looked at.
    pub fn catalog(&self) -> CatalogObjects {
        let objects = self.objects.iter().map(|(object, _)| object.clone()).collect();
        CatalogObjects { objects, ..CatalogObjects::default() }
    }

    /// Why it can't be known without a catalog what one of the tables is; `None` where it can.
    pub fn unknown(&self, tables: &[Name], flavour: &Flavour) -> Option<Unknown> {
        tables.iter().find_map(|table| {
            let file = self.opaque.get(&*table.key()).or(self.everything.as_ref())?;
            Some(Unknown { table: table.clone(), file: file.clone(), engine: flavour.name })
        })
    }

    /// Why a change can't be taken back by what the model knows: what it takes away was not made by the model.
    pub fn lost_by(&self, change: &Change, flavour: &Flavour) -> Option<String> {
        let engine = flavour.name;
        let made = |what: &str, name: &str, file: &str| {
            Some(format!(
                "the section for {engine} of {file} made {what} {name} what it was, which no inverse can restore"
            ))
        };
        match change {
            Change::DropTable { table } => {
                if let Some(file) = self.opaque.get(&*table.key()).or(self.everything.as_ref()) {
                    return made("table", table.as_str(), file);
                }
                let key = table.key();
                let (object, file) = self
                    .objects
                    .iter()
                    .find(|(object, _)| object.kind != ObjectKind::View && object.table.to_lowercase() == *key)?;
                made(if object.kind == ObjectKind::Index { "index" } else { "trigger" }, &object.name, file)
            }
            Change::DropColumn { table, column } => {
                let file = self.opaque.get(&*table.key()).or(self.everything.as_ref())?;
                made("column", &format!("{table}.{column}"), file)
            }
            Change::DropIndex { index, .. } => {
                let (object, file) = self.object(index.as_str(), ObjectKind::Index)?;
                made("index", &object.name, file)
            }
            Change::DropView { view } => {
                let (object, file) = self.object(view.as_str(), ObjectKind::View)?;
                made("view", &object.name, file)
            }
            _ => None,
        }
    }

    fn object(&self, name: &str, kind: ObjectKind) -> Option<&(CatalogObject, Arc<str>)> {
        let key = name.to_lowercase();
        self.objects.iter().find(|(object, _)| object.kind == kind && object.name.to_lowercase() == key)
    }

    fn forget(&mut self, name: &str, kind: ObjectKind) {
        let key = name.to_lowercase();
        self.objects.retain(|(object, _)| object.kind != kind || object.name.to_lowercase() != key);
    }

    fn forget_of(&mut self, table: &str) {
        self.objects.retain(|(object, _)| object.table.to_lowercase() != table);
    }
}

/// A table of which only the catalog can tell what it is.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    table: Name,
    file: Arc<str>,
    engine: &'static str,
}

impl Unknown {
    /// The error of having to build it anew without a look at the catalog.
    pub fn error(&self) -> Error {
        Error::new(Category::Refused, "migrate.rebuild-unknown", self.reason()).with_help(format!(
            "run `database:migrate` against the database, which looks at what is there; or write what {engine} should do \
             in a section of its own: `-- migrate:up {engine}`",
            engine = self.engine
        ))
    }

    /// The same as a sentence without an end.
    pub fn reason(&self) -> String {
        let Unknown { table, file, engine } = self;
        format!(
            "{table} has to be built anew for this, and the section for {engine} of {file} made of it what only the \
             database can tell"
        )
    }
}

/// What a statement does to an index, a trigger or a view.
#[derive(Debug)]
pub(crate) enum Deed {
    /// It makes one, in these words, as a catalog keeps them.
    Makes(CatalogObject),
    /// It drops the one of that name.
    Drops(ObjectKind, String),
    /// Neither.
    Nothing,
}

/// What a statement does to an index, a trigger or a view, by its words.
pub(crate) fn deed(sql: &str, rules: &LexicalRules) -> Deed {
    match effect(sql, rules) {
        Effect::Makes { object, .. } => Deed::Makes(object),
        Effect::Drops { kind, name } => Deed::Drops(kind, name),
        _ => Deed::Nothing,
    }
}

/// Whether a statement for one engine may change the schema.
pub(crate) fn changes_schema(sql: &str, rules: &LexicalRules) -> bool {
    effect(sql, rules) != Effect::Nothing
}

fn has_index(table: &crate::schema::Table, name: &str) -> bool {
    table.indexes.iter().any(|index| index.name.key() == name.to_lowercase())
}

/// Whether the text names something so, in quotes or without.
pub(crate) fn names(sql: &str, name: &Name, rules: &LexicalRules) -> bool {
    !places(sql, name, rules).is_empty()
}

/// Where the text names something so.
pub(crate) fn places(sql: &str, name: &Name, rules: &LexicalRules) -> Vec<Range<usize>> {
    let is_it = |token: &Token| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Text)
            && plain(token.text(sql)).to_lowercase() == *name.key()
    };
    let tokens = Lexer::new(sql, 0..sql.len(), *rules);
    tokens.filter(is_it).map(|token| token.start..token.end).collect()
}

/// Where the text of an index or a trigger names the table that it stands on.
pub(crate) fn table_place(sql: &str, rules: &LexicalRules) -> Option<Range<usize>> {
    let mut tokens = Lexer::new(sql, 0..sql.len(), *rules).filter(|token| !token.kind.is_comment());
    tokens.find(|token| token.is_word(sql, "ON"))?;
    tokens.next().map(|token| token.start..token.end)
}

#[cfg(test)]
mod tests;
