//! The shape of a row: which columns it has, what gives each its value, and in which order they are computed.
//!
//! Made from a fixed row, or from a factory under the states and overrides of one place. Everything that can be known
//! before a row is computed is checked here: tables, columns, constants, formulas, what reads what, and that nothing is missing.

mod compile;
mod nested;
mod order;

use std::ops::Range;
use std::sync::Arc;

use super::coerce::{Misfit, coerce};
use super::factory::Factory;
use super::formula::{Context, Formula, FormulaError, Place};
use super::input::{Field, FormulaText, TableName, Word};
use super::json;
use super::seeder::{Row, Seeder};
use super::tables::Tables;
use crate::adapter::nearest;
use crate::error::{Error, Result, SourceText};
use crate::schema::{ColumnType, Name, Table};
use crate::value::Value;

/// The columns of rows that have the same ones.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The table's name: as it was declared where it is known.
    pub table_name: Name,
    /// The table, where it is known.
    pub table: Option<Arc<Table>>,
    /// The columns that the rows bring; the others get their defaults. Their order is that of the formulas' fields.
    pub columns: Vec<ShapeColumn>,
    /// The columns in the order in which they are computed: each after those that it reads.
    pub order: Vec<usize>,
    /// For a document store: which of the columns names the document.
    pub document_id: Option<usize>,
}

/// A column and what gives it its value.
#[derive(Clone, Debug)]
pub struct ShapeColumn {
    /// The table's name, for errors.
    pub table_name: Name,
    /// Its name: as it was declared where it is known.
    pub name: Name,
    /// Its type, where it is known.
    pub column_type: Option<ColumnType>,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// What gives it its value.
    pub cell: Cell,
    /// Whether the row is a document: lists and tables stay what they are.
    pub documents: bool,
    /// The file that says so, and where in it: what an error about a value points at.
    pub source: SourceText,
    /// See `source`.
    pub span: Range<usize>,
}

/// What gives a column its value.
#[derive(Clone, Debug)]
pub enum Cell {
    /// The same for every row, in the form of the column.
    Constant(Value),
    /// Computed for each row.
    Formula(Box<CellFormula>),
    /// A list of which some items are computed.
    Array(Vec<Cell>),
    /// A table of which some values are computed.
    Map(Vec<(String, Cell)>),
    /// The run supplies it: the key of a parent.
    Given,
}

/// A formula of a column.
#[derive(Clone, Debug)]
pub struct CellFormula {
    /// Read, and ready to be computed.
    pub formula: Formula,
    /// As it was written.
    pub text: FormulaText,
}

/// Fields, and the file that they stand in.
pub type Layer<'a> = (&'a SourceText, &'a [Field]);

/// A factory as one place uses it.
#[derive(Clone, Copy, Debug)]
pub struct FactoryUse<'a> {
    /// The factory.
    pub factory: &'a Factory,
    /// The file that the states stand in.
    pub source: &'a SourceText,
    /// The states put on, in order.
    pub states: &'a [Word],
    /// What fields are given in place of what the factory says: the later layers over the earlier.
    pub with: &'a [Layer<'a>],
    /// The columns that the run supplies: `via` of a child, `for` of a parent.
    pub given: &'a [Name],
}

impl FactoryUse<'_> {
    /// Whether this place gives the column a value itself, by an override or a state, so that no parent need be made for it.
    pub fn gives(&self, column: &str) -> bool {
        let lower = column.to_lowercase();
        let names = |field: &Field| field.name.text.to_lowercase() == lower;
        let states = self.states.iter().filter_map(|state| self.factory.state(&state.text));
        self.with.iter().flat_map(|(_, fields)| *fields).any(names)
            || self.given.iter().any(|name| *name.key() == *lower)
            || states.flat_map(|state| &state.fields).any(names)
    }

    /// The shape of the rows made here.
    ///
    /// # Errors
    /// `seed.unknown-state`, `seed.unknown-table`, `seed.unknown-column`, `seed.bad-value`, `seed.no-value`, `seed.circle`, `formula.*`, each at its place.
    pub fn shape(&self, tables: &Tables) -> Result<Shape> {
        let factory = self.factory;
        let mut layers: Vec<Layer<'_>> = vec![(&factory.source, &factory.fields)];
        for state in self.states {
            let found = factory.state(&state.text).ok_or_else(|| self.unknown_state(state))?;
            layers.push((&factory.source, &found.fields));
        }
        layers.extend(self.with);
        let mut writer =
            compile::Compiler::new(tables, &factory.table, &factory.source, factory.locale, Place::Factory)?;
        for (source, fields) in layers {
            writer.layer(source, fields)?;
        }
        for name in self.given {
            writer.given(name);
        }
        writer.finish(&factory.source, factory.table.span.clone())
    }

    fn unknown_state(&self, state: &Word) -> Error {
        let names = || self.factory.states.iter().map(|state| state.name.text.as_str());
        let class = &self.factory.class;
        let help = match (nearest(&state.text, names()), names().next()) {
            (Some(nearest), _) => format!("did you mean {nearest}?"),
            (None, Some(_)) => format!("{class} has {}", names().collect::<Vec<_>>().join(", ")),
            (None, None) => {
                format!("{class} has no states; add [states.{}] to {}", state.text, self.factory.source.name)
            }
        };
        let message = format!("{class} has no state {}", state.text);
        Error::failed("seed.unknown-state", message).with_help(help).at(self.source, state.span.clone(), "not known")
    }
}

impl Shape {
    /// The shape of a fixed row.
    ///
    /// # Errors
    /// `seed.unknown-table`, `seed.unknown-column`, `seed.bad-value`, `seed.no-value`, `seed.circle`, `formula.*`, each at its place.
    pub fn of_row(row: &Row, table: &TableName, seeder: &Seeder, tables: &Tables) -> Result<Shape> {
        let mut writer = compile::Compiler::new(tables, table, &seeder.source, seeder.locale, Place::Seeder)?;
        writer.layer(&seeder.source, &row.fields)?;
        if let Some(id) = &row.id {
            writer.id(&seeder.source, id);
        }
        writer.finish(&seeder.source, row.span.clone())
    }

    /// The place of the column of that name.
    pub fn column(&self, name: &Name) -> Option<usize> {
        let key = name.key();
        self.columns.iter().position(|column| column.name.key() == key)
    }
}

impl ShapeColumn {
    /// Computes its value into `out`, in the form of the column. `context.fields` holds at least the columns before it in
    /// [`Shape::order`]. A given column's value is left as it is.
    ///
    /// # Errors
    /// What the formula gave, or `seed.bad-value`, at its place in the file.
    pub fn compute(&self, context: &Context<'_>, out: &mut Value) -> Result<()> {
        match &self.cell {
            Cell::Constant(value) => {
                out.clone_from(value);
                return Ok(());
            }
            Cell::Given => return Ok(()),
            Cell::Formula(formula) => formula
                .formula
                .evaluate(context, out)
                .map_err(|error| formula_error(error, &formula.text, &self.source, &self.span))?,
            Cell::Array(_) | Cell::Map(_) => *out = nested::Nested::new(self, context).value(&self.cell)?,
        }
        let value = std::mem::replace(out, Value::Null);
        *out = self.fit(value)?;
        Ok(())
    }

    /// The value in the form of the column.
    ///
    /// # Errors
    /// `seed.bad-value`, `seed.no-value`, at the column's place in the file.
    pub fn fit(&self, value: Value) -> Result<Value> {
        if matches!(value, Value::Null) && !self.nullable {
            return Err(self.error("seed.no-value", "NULL", format!("{} takes no NULL", self.shown())));
        }
        let fitted = match (&self.column_type, self.documents) {
            (Some(column_type), false) => coerce(value, column_type),
            (column_type, true) => document(value, column_type.as_ref()),
            (None, false) => Ok(value),
        };
        fitted.map_err(|misfit| self.misfit(misfit))
    }

    /// Table and column, as errors name them.
    pub(super) fn shown(&self) -> String {
        format!("column {}.{}", self.table_name, self.name)
    }

    fn misfit(&self, misfit: Misfit) -> Error {
        let error = self.error("seed.bad-value", "does not fit", format!("{}: {}", self.shown(), misfit.message));
        match misfit.help {
            Some(help) => error.with_help(help),
            None => error,
        }
    }

    fn error(&self, code: &'static str, label: &str, message: String) -> Error {
        Error::failed(code, message).at(&self.source, self.span.clone(), label)
    }
}

/// The value as a document holds it: with the column's type where a migration knows it, lists and tables as they are.
fn document(value: Value, column_type: Option<&ColumnType>) -> Result<Value, Misfit> {
    match (value, column_type) {
        (value @ (Value::GeoPoint { .. } | Value::Reference(_) | Value::ServerTimestamp), _) => Ok(value),
        (Value::Json(text), _) | (Value::Text(text), Some(ColumnType::Json)) => json::read(&text),
        (value @ (Value::Array(_) | Value::Map(_)), None | Some(ColumnType::Json)) => Ok(value),
        (value, Some(ColumnType::Json)) => json::write(&value).and_then(|text| json::read(&text)),
        (Value::Array(_) | Value::Map(_), Some(other)) => {
            Err(Misfit::new(format!("a list or a table is not {other}")).with_help("the migrations say what it is"))
        }
        (value, Some(column_type)) => coerce(value, column_type),
        (value, None) => Ok(value),
    }
}

/// A formula's error at its place in the file.
fn formula_error(error: FormulaError, text: &FormulaText, source: &SourceText, span: &Range<usize>) -> Error {
    let place = text.place(error.span.clone());
    let place = if place.start < place.end && place.end <= span.end { place } else { span.clone() };
    error.into_error().at(source, place, "")
}

#[cfg(test)]
mod tests;
