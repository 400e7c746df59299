//! What is known of the tables that rows go to: the schema that migrations add up to, and what the database has besides.

use std::sync::Arc;

use super::input::{TableName, Word};
use crate::adapter::nearest;
use crate::error::{Error, Result, SourceText};
use crate::schema::{Column, ColumnType, ConstraintKind, Name, Schema, Table};

/// The tables of a SQL database, or the collections of a document store.
#[derive(Clone, Debug)]
pub struct Tables {
    replayed: Schema,
    live: Schema,
    documents: bool,
}

impl Tables {
    /// Those of a SQL database, as its migrations make them.
    pub fn of_database(replayed: Schema) -> Tables {
        Tables { replayed, live: Schema::default(), documents: false }
    }

    /// Those of a document store: every collection and every field may be there; where a migration knows a table of that name, its
    /// columns' types and defaults hold.
    pub fn of_documents(replayed: Schema) -> Tables {
        Tables { replayed, live: Schema::default(), documents: true }
    }

    /// Takes in what the live catalog has, for tables that no migration makes.
    pub fn add_live(&mut self, live: Schema) {
        for table in live.tables() {
            self.live.insert_table(table.as_ref().clone());
        }
    }

    /// Those of the names of which nothing is known yet: what to look for in the live catalog.
    pub fn unknown<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<Name> {
        let mut unknown: Vec<Name> = Vec::new();
        for name in names.into_iter().filter(|name| self.find(name).is_none()) {
            // A catalog may keep it in small letters although the file does not.
            for name in [Name::exact(name), Name::folded(name)] {
                if !unknown.contains(&name) {
                    unknown.push(name);
                }
            }
        }
        unknown
    }

    /// Whether rows are documents.
    pub fn are_documents(&self) -> bool {
        self.documents
    }

    /// The table of that name, in whatever case.
    pub fn find(&self, name: &str) -> Option<&Arc<Table>> {
        let name = Name::exact(name);
        self.replayed.table(&name).or_else(|| self.live.table(&name))
    }

    /// Every known table, and the views that migrations make, in one schema.
    pub fn schema(&self) -> Schema {
        let mut schema = self.replayed.clone();
        for table in self.live.tables().filter(|table| self.replayed.table(&table.name).is_none()) {
            schema.insert_table(table.as_ref().clone());
        }
        schema
    }

    /// The table that a file names; `None` for a collection of which nothing is known.
    ///
    /// # Errors
    /// `seed.unknown-table`, with the nearest.
    pub fn resolve(&self, name: &TableName, source: &SourceText) -> Result<Option<&Arc<Table>>> {
        if let Some(table) = self.find(&name.text) {
            return Ok(Some(table));
        }
        if self.documents {
            return Ok(None);
        }
        let names: Vec<&str> =
            self.replayed.tables().chain(self.live.tables()).map(|table| table.name.as_str()).collect();
        let lower = name.text.to_lowercase();
        let help = match nearest(&lower, names.iter().copied()) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None if name.text.contains('/') => "paths name collections, of a document store alone".to_owned(),
            None if names.is_empty() => "there are no tables: migrate first, fastman database:migrate".to_owned(),
            None => {
                "neither a migration nor the database has it: make:migration and database:migrate come first".to_owned()
            }
        };
        Err(Error::failed("seed.unknown-table", format!("there is no table {}", name.text)).with_help(help).at(
            source,
            name.span.clone(),
            "not known",
        ))
    }

    /// The column that a file names.
    ///
    /// # Errors
    /// `seed.unknown-column`, with the nearest.
    pub fn column<'t>(&self, table: &'t Table, column: &Word, source: &SourceText) -> Result<&'t Column> {
        if let Some(column) = table.column(&Name::exact(&column.text)) {
            return Ok(column);
        }
        let names = || table.columns.iter().map(|column| column.name.as_str());
        let listed = names().collect::<Vec<_>>().join(", ");
        let help = match nearest(&column.text.to_lowercase(), names()) {
            Some(nearest) => format!("did you mean {nearest}? {} has {listed}", table.name),
            None => format!("{} has {listed}", table.name),
        };
        let message = format!("{} has no column {}", table.name, column.text);
        Err(Error::failed("seed.unknown-column", message).with_help(help).at(source, column.span.clone(), "not known"))
    }

    /// The columns that a file names as the key of a table; none where it names none. On a document store of an unknown collection they are taken as they are.
    ///
    /// # Errors
    /// `seed.unknown-column`; `seed.key-not-unique` where no primary key, unique constraint or unique index has exactly these columns.
    pub fn key(&self, table: Option<&Table>, columns: &[Word], source: &SourceText) -> Result<Vec<Name>> {
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        let Some(table) = table else { return Ok(columns.iter().map(|column| Name::exact(&column.text)).collect()) };
        if self.documents {
            let name = |column: &Word| {
                let known = table.column(&Name::exact(&column.text));
                known.map_or_else(|| Name::exact(&column.text), |column| column.name.clone())
            };
            return Ok(columns.iter().map(name).collect());
        }
        let mut key: Vec<Name> = Vec::with_capacity(columns.len());
        for column in columns {
            key.push(self.column(table, column, source)?.name.clone());
        }
        let mut wanted = key.clone();
        wanted.sort();
        let keys = unique_keys(table);
        if keys.iter().any(|unique| {
            let mut unique: Vec<&Name> = unique.clone();
            unique.sort();
            unique.iter().copied().eq(&wanted)
        }) {
            return Ok(key);
        }
        let listed: Vec<String> = keys.iter().map(|unique| bracketed(unique.iter().copied())).collect();
        let help = match listed.is_empty() {
            true => format!("add UNIQUE {} to {}, by a migration", bracketed(&key), table.name),
            false => format!("{} is unique by {}", table.name, listed.join(", ")),
        };
        let (first, last) = (columns.first(), columns.last());
        let span = first.map_or(0, |word| word.span.start)..last.map_or(0, |word| word.span.end);
        let message = format!("{} may have several rows with the same {}", table.name, bracketed(&key));
        Err(Error::failed("seed.key-not-unique", message).with_help(help).at(source, span, "not unique"))
    }

    /// What a column of a table points at, by the foreign key of that column alone.
    pub fn parent_of(&self, table: &Table, column: &Name) -> Option<(Name, Name)> {
        table.foreign_keys().find_map(|(_, key)| match (&key.columns[..], &key.referenced[..]) {
            ([from], [to]) if from.key() == column.key() => Some((key.table.clone(), to.clone())),
            _ => None,
        })
    }

    /// The only column of a table that points at another, and the column there that it points at; `None` where none does, or several do.
    pub fn only_column_to(&self, table: &Table, parent: &Name) -> Option<(Name, Name)> {
        let mut found = table.foreign_keys().filter_map(|(_, key)| match (&key.columns[..], &key.referenced[..]) {
            ([from], [to]) if key.table.key() == parent.key() => Some((from.clone(), to.clone())),
            _ => None,
        });
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// The type of a column, where it is known.
    pub fn column_type(&self, table: &str, column: &str) -> Option<&ColumnType> {
        self.find(table)?.column(&Name::exact(column)).map(|column| &column.column_type)
    }
}

/// The columns by which no two rows are the same.
fn unique_keys(table: &Table) -> Vec<Vec<&Name>> {
    let constraints = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
            Some(columns.iter().collect::<Vec<&Name>>())
        }
        _ => None,
    });
    let indexes = table
        .indexes
        .iter()
        .filter(|index| index.unique && index.predicate.is_none())
        .map(|index| index.columns.iter().map(|column| &column.name).collect());
    constraints.chain(indexes).collect()
}

fn bracketed<'n>(names: impl IntoIterator<Item = &'n Name>) -> String {
    format!("({})", names.into_iter().map(Name::as_str).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;
