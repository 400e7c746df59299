//! INSERT, UPDATE and DELETE.

use super::errors::{listed, placed};
use super::expressions::{ExpressionBinder, Place};
use super::queries::{self, Purpose, plural, stored};
use super::scope::Scope;
use super::statements::StatementBinder;
use crate::error::Result;
use crate::schema::{Change, Column, Delete, Expression, Insert, InsertSource, Name, Table, Update};
use crate::sql::ast::{self, Identifier, Span};

impl StatementBinder<'_> {
    pub(super) fn insert(
        &mut self,
        table: &Identifier,
        written: &[Identifier],
        source: &ast::InsertSource,
    ) -> Result<()> {
        let declared = self.table(table)?;
        let columns = self.columns(&declared, written)?;
        self.nothing_missing(table, &declared, &columns)?;
        let source = match source {
            ast::InsertSource::Values(rows) => {
                let mut bound = Vec::with_capacity(rows.len());
                for (row, span) in rows {
                    bound.push(self.row(&columns, row, span)?);
                }
                InsertSource::Values(bound)
            }
            ast::InsertSource::Select(query) => {
                InsertSource::Select(queries::select(self.source, self.schema, query, Purpose::Insert(&columns))?)
            }
        };
        let columns = columns.iter().map(|column| column.name.clone()).collect();
        self.apply_to(Change::Insert(Insert { table: declared.name.clone(), columns, source }), &[table])
    }

    /// The columns that are written, or all of them in order.
    fn columns<'t>(&self, table: &'t Table, written: &[Identifier]) -> Result<Vec<&'t Column>> {
        if written.is_empty() {
            return Ok(table.columns.iter().collect());
        }
        let mut columns: Vec<&Column> = Vec::with_capacity(written.len());
        for identifier in written {
            let column = self.column_of(table, identifier)?;
            self.not_again(columns.iter().any(|other| other.name == column.name), identifier)?;
            columns.push(column);
        }
        Ok(columns)
    }

    fn column_of<'t>(&self, table: &'t Table, identifier: &Identifier) -> Result<&'t Column> {
        table
            .resolve_column(&identifier.name)
            .map_err(|error| placed(self.source, error, &[(&identifier.name, &identifier.span)], &identifier.span))
    }

    fn not_again(&self, again: bool, identifier: &Identifier) -> Result<()> {
        if !again {
            return Ok(());
        }
        let message = format!("column {} is named twice", identifier.name);
        Err(self.failed("schema.duplicate-column", &identifier.span, "again", message))
    }

    /// Columns that are left out must have something to be filled with.
    fn nothing_missing(&self, identifier: &Identifier, table: &Table, columns: &[&Column]) -> Result<()> {
        let missing: Vec<String> = table
            .columns
            .iter()
            .filter(|column| !column.nullable && column.default.is_none() && !column.identity)
            .filter(|column| !columns.iter().any(|given| given.name == column.name))
            .map(|column| column.name.to_string())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (them, take) =
            if missing.len() == 1 { ("column", "takes no NULL and has") } else { ("columns", "take no NULL and have") };
        let message = format!("{them} {} of {} {take} no default, and no value is given", listed(&missing), table.name);
        Err(self.failed("schema.not-null", &identifier.span, "a value is missing", message))
    }

    fn row(
        &self,
        columns: &[&Column],
        row: &[Option<ast::Expression>],
        span: &Span,
    ) -> Result<Vec<Option<Expression>>> {
        if row.len() != columns.len() {
            let message = format!(
                "the row has {} {} for {} {}",
                row.len(),
                plural(row.len(), "value"),
                columns.len(),
                plural(columns.len(), "column")
            );
            return Err(self.failed(
                "sql.column-count",
                span,
                format!("{} {}", row.len(), plural(row.len(), "value")),
                message,
            ));
        }
        let scope = Scope::empty();
        let mut bound = Vec::with_capacity(row.len());
        for (value, column) in row.iter().zip(columns) {
            bound.push(match value {
                Some(value) => {
                    let mut binder = ExpressionBinder::new(self.source, &scope, Place::Clause("VALUES"));
                    Some(stored(self.source, &mut binder, value, column)?)
                }
                None => {
                    self.has_default(column, column.identity, span)?;
                    None
                }
            });
        }
        Ok(bound)
    }

    /// DEFAULT must stand for something.
    fn has_default(&self, column: &Column, numbered: bool, span: &Span) -> Result<()> {
        if numbered || column.default.is_some() || (column.nullable && !column.identity) {
            return Ok(());
        }
        let message = format!("column {} has no default, and takes no NULL", column.name);
        Err(self.failed("schema.not-null", span, "DEFAULT of nothing", message))
    }

    pub(super) fn update(
        &mut self,
        table: &Identifier,
        assignments: &[(Identifier, Option<ast::Expression>)],
        filter: Option<&ast::Expression>,
    ) -> Result<()> {
        let declared = self.table(table)?;
        let scope = Scope::of_table(&declared);
        let mut bound: Vec<(Name, Option<Expression>)> = Vec::with_capacity(assignments.len());
        for (identifier, value) in assignments {
            let column = self.column_of(&declared, identifier)?;
            self.not_again(bound.iter().any(|(name, _)| *name == column.name), identifier)?;
            let value = match value {
                Some(value) => {
                    let mut binder = ExpressionBinder::new(self.source, &scope, Place::Clause("SET"));
                    Some(stored(self.source, &mut binder, value, column)?)
                }
                None => {
                    self.has_default(column, false, &identifier.span)?;
                    None
                }
            };
            bound.push((column.name.clone(), value));
        }
        let filter = self.filter(&declared, filter)?;
        let update = Update { table: declared.name.clone(), assignments: bound, filter };
        self.apply_to(Change::Update(update), &[table])
    }

    pub(super) fn delete(&mut self, table: &Identifier, filter: Option<&ast::Expression>) -> Result<()> {
        let declared = self.table(table)?;
        let filter = self.filter(&declared, filter)?;
        self.apply_to(Change::Delete(Delete { table: declared.name.clone(), filter }), &[table])
    }

    fn filter(&self, table: &Table, filter: Option<&ast::Expression>) -> Result<Option<Expression>> {
        filter.map(|filter| self.condition(table, Place::Clause("WHERE"), filter)).transpose()
    }
}
