//! One statement: what it changes, applied to the schema as it goes.

use std::sync::Arc;

use super::errors::placed;
use super::expressions::{ExpressionBinder, Place};
use super::queries::{self, Purpose};
use super::scope::Scope;
use crate::error::{Result, SourceText};
use crate::schema::{Change, Index, IndexColumn, Name, Schema, Table, View, naming};
use crate::sql::ast::{self, Identifier, Span, Statement, StatementKind};

/// Binds one statement.
#[derive(Debug)]
pub(super) struct StatementBinder<'a> {
    pub(super) source: &'a SourceText,
    pub(super) schema: &'a mut Schema,
    changes: Vec<Change>,
}

impl<'a> StatementBinder<'a> {
    pub fn new(source: &'a SourceText, schema: &'a mut Schema) -> StatementBinder<'a> {
        StatementBinder { source, schema, changes: Vec::new() }
    }

    /// The changes that the statement makes, which the schema has gone through.
    pub fn bind(mut self, statement: &Statement) -> Result<Vec<Change>> {
        match &statement.kind {
            StatementKind::CreateTable { table, columns, constraints } => {
                self.create_table(table, columns, constraints)?;
            }
            StatementKind::DropTable { tables } => {
                for table in tables {
                    let name = self.table(table)?.name.clone();
                    self.apply_to(Change::DropTable { table: name }, &[table])?;
                }
            }
            StatementKind::AlterTable { table, actions } => self.alter_table(table, actions)?,
            StatementKind::CreateIndex { index, table, columns, unique, predicate } => {
                self.create_index(index.as_ref(), table, columns, *unique, predicate.as_ref())?;
            }
            StatementKind::DropIndex { index, table } => self.drop_index(index, table.as_ref())?,
            StatementKind::CreateView { view, columns, query } => {
                let query = queries::select(self.source, self.schema, query, Purpose::View(columns))?;
                self.apply_to(Change::CreateView(View { name: view.name.clone(), query }), &[view])?;
            }
            StatementKind::DropView { views } => {
                for view in views {
                    let found = self.schema.resolve_view(&view.name);
                    let found = found.map_err(|error| placed(self.source, error, &[], &view.span))?;
                    let name = found.name.clone();
                    self.apply_to(Change::DropView { view: name }, &[view])?;
                }
            }
            StatementKind::Comment { table, column, text } => {
                let declared = self.table(table)?;
                let change = Change::Comment {
                    table: declared.name.clone(),
                    column: column.as_ref().map(|column| spelled(&declared, column)),
                    text: text.clone(),
                };
                let identifiers: Vec<&Identifier> = column.iter().chain([table]).collect();
                self.apply_to(change, &identifiers)?;
            }
            StatementKind::Insert { table, columns, source } => self.insert(table, columns, source)?,
            StatementKind::Update { table, assignments, filter } => self.update(table, assignments, filter.as_ref())?,
            StatementKind::Delete { table, filter } => self.delete(table, filter.as_ref())?,
        }
        Ok(self.changes)
    }

    /// Applies a change and keeps it. `places`: the identifiers that an error may be about; `otherwise`: where else it points.
    pub(super) fn apply(&mut self, change: Change, places: &[(&Name, &Span)], otherwise: &Span) -> Result<()> {
        self.schema.apply(&change).map_err(|error| placed(self.source, error, places, otherwise))?;
        self.changes.push(change);
        Ok(())
    }

    /// As [`StatementBinder::apply`], the first of the identifiers being where else an error points.
    pub(super) fn apply_to(&mut self, change: Change, identifiers: &[&Identifier]) -> Result<()> {
        let places: Vec<(&Name, &Span)> = identifiers.iter().map(|it| (&it.name, &it.span)).collect();
        let nowhere = 0..0;
        let otherwise = identifiers.first().map_or(&nowhere, |it| &it.span);
        self.apply(change, &places, otherwise)
    }

    /// The table that an identifier means.
    pub(super) fn table(&self, table: &Identifier) -> Result<Arc<Table>> {
        let found = self.schema.resolve_table(&table.name);
        found.cloned().map_err(|error| placed(self.source, error, &[], &table.span))
    }

    /// A condition over one table's columns.
    pub(super) fn condition(
        &self,
        table: &Table,
        place: Place,
        condition: &ast::Expression,
    ) -> Result<crate::schema::Expression> {
        let scope = Scope::of_table(table);
        ExpressionBinder::new(self.source, &scope, place).condition(condition)
    }

    fn create_index(
        &mut self,
        index: Option<&Identifier>,
        table: &Identifier,
        columns: &[(Identifier, bool)],
        unique: bool,
        predicate: Option<&ast::Expression>,
    ) -> Result<()> {
        let declared = self.table(table)?;
        let predicate = match predicate {
            Some(predicate) => {
                Some(self.condition(&declared, Place::Lasting("the condition of an index"), predicate)?)
            }
            None => None,
        };
        let name = match index {
            Some(index) => index.name.clone(),
            None => {
                let names: Vec<Name> = columns.iter().map(|(column, _)| spelled(&declared, column)).collect();
                naming::index(&declared.name, &names)
            }
        };
        let bound = Index {
            name,
            columns: columns
                .iter()
                .map(|(column, descending)| IndexColumn { name: spelled(&declared, column), descending: *descending })
                .collect(),
            unique,
            predicate,
        };
        let change = Change::CreateIndex { table: declared.name.clone(), index: bound };
        let places: Vec<(&Name, &Span)> =
            index.into_iter().chain(columns.iter().map(|(column, _)| column)).map(|it| (&it.name, &it.span)).collect();
        let otherwise = index.unwrap_or(table);
        self.apply(change, &places, &otherwise.span)
    }

    fn drop_index(&mut self, index: &Identifier, table: Option<&Identifier>) -> Result<()> {
        let owner = match table {
            Some(table) => self.table(table)?,
            None => match self.schema.owner(&index.name) {
                Some(owner) => owner.clone(),
                None => return Err(self.unknown_index(index)),
            },
        };
        let name = owner.resolve_index(&index.name).map_or(&index.name, |found| &found.name).clone();
        let change = Change::DropIndex { table: owner.name.clone(), index: name };
        let identifiers: Vec<&Identifier> = std::iter::once(index).chain(table).collect();
        self.apply_to(change, &identifiers)
    }

    fn unknown_index(&self, index: &Identifier) -> crate::Error {
        let error = self.failed(
            "schema.unknown-index",
            &index.span,
            "unknown index",
            format!("there is no index {}", index.name),
        );
        let names = self.schema.tables().flat_map(|table| table.indexes.iter().map(|index| index.name.as_str()));
        match crate::adapter::nearest(index.name.as_str(), names) {
            Some(meant) => error.with_help(format!("did you mean {meant}?")),
            None => error,
        }
    }
}

/// A column's name as its table declares it: whether it is quoted decides how an engine spells it. One that is not there stays as
/// written, for the schema to refuse.
pub(super) fn spelled(table: &Table, column: &Identifier) -> Name {
    match table.column(&column.name) {
        Some(declared) if declared.name == column.name => declared.name.clone(),
        _ => column.name.clone(),
    }
}
