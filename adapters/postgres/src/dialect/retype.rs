//! SET DATA TYPE: how rows get to the new type, and what the column has that the model does not know of.
//!
//! The statement takes away a collation that it does not repeat, and all that a domain or another type of its own says.

use std::collections::BTreeSet;

use fastman_core::dialect::{RenderInput, unsupported};
use fastman_core::error::Result;
use fastman_core::schema::{Change, Column, ColumnAlteration, ColumnType, Expression, Name, Schema, TypeFamily};
use fastman_core::store::{Attribute, CatalogObjects};
use fastman_flavours::POSTGRES;

use super::types::{stored, type_name};
use crate::settings::quoted;

/// The tables of which rendering needs the live catalog.
pub(super) fn needs_catalog(changes: &[Change], before: &Schema) -> Vec<Name> {
    let retyped = changes.iter().filter_map(|change| match change {
        Change::AlterColumn { table, alteration: ColumnAlteration::Type(_), .. } => Some(table),
        _ => None,
    });
    let tables: BTreeSet<&Name> = retyped.filter(|table| before.table(table).is_some()).collect();
    tables.into_iter().cloned().collect()
}

/// What a column's attribute says where it has another type than the model's.
pub(crate) const TYPE: &str = "has the type ";

/// What a column's attribute says where it has a collation of its own.
pub(crate) const COLLATION: &str = "has the collation ";

/// The live columns, as they are before the first of the changes.
pub(super) struct Live<'a> {
    catalog: &'a CatalogObjects,
    before: &'a Schema,
}

impl<'a> Live<'a> {
    pub(super) fn of(input: &RenderInput<'a>) -> Live<'a> {
        Live { catalog: input.catalog, before: input.before }
    }

    /// What is written behind the new type so that the column keeps its collation.
    ///
    /// # Errors
    /// What the column has and would lose.
    pub(super) fn keep(&self, table: &Name, column: &Column, to: &ColumnType) -> Result<String> {
        if self.before.table(table).and_then(|table| table.column(&column.name)).is_none() {
            // It is made, or gets its name, by the same statements.
            return Ok(String::new());
        }
        let mut collation = String::new();
        for attribute in &self.catalog.attributes {
            let Some(said) = attribute.said_of(table, &column.name) else { continue };
            match said.strip_prefix(COLLATION) {
                Some(name) if to.family() == TypeFamily::Text => collation = format!(" COLLATE {}", quoted(name)),
                Some(_) => return Err(loss(table, column, attribute)),
                None if said.starts_with(TYPE) => return Err(loss(table, column, attribute)),
                None => {}
            }
        }
        Ok(collation)
    }

    /// Whether the column's default is the model's, as far as the catalog tells: what is more than a constant is not compared.
    pub(super) fn has_default_of_model(&self, table: &Name, column: &Column) -> bool {
        let Some(live) = self.catalog.tables.table(table).and_then(|table| table.column(&column.name)) else {
            return true;
        };
        let Some(model) = self.before.table(table).map(|table| stored(table)) else { return true };
        let Some(model) = model.column(&column.name) else { return true };
        match (&model.default, &live.default) {
            (Some(Expression::Literal { value, .. }), Some(Expression::Literal { value: live, .. })) => value == live,
            (Some(Expression::Literal { .. }), _) | (Some(_), None) => false,
            _ => true,
        }
    }
}

fn loss(table: &Name, column: &Column, attribute: &Attribute) -> fastman_core::Error {
    let message = format!(
        "to give {table}.{name} another type would lose what fastman does not know of: {attribute}",
        name = column.name
    );
    unsupported(&POSTGRES, message)
}

/// How rows get to the new type. What PostgreSQL would cut or round silently is made to fail.
pub(super) fn using(name: &str, from: &ColumnType, to: &ColumnType) -> String {
    match (from, to) {
        // Storing too long a text fails, unless all that is too much are blanks.
        (ColumnType::Varchar(_) | ColumnType::Text, ColumnType::Varchar(length)) => {
            let longer = match from {
                ColumnType::Varchar(old) => old > length,
                _ => true,
            };
            if longer {
                format!(" USING CASE WHEN char_length({name}) > {length} THEN {name} || '.' ELSE {name} END")
            } else {
                String::new()
            }
        }
        (ColumnType::Decimal { scale, .. }, ColumnType::Decimal { scale: kept, .. }) if scale > kept => {
            exact(name, *kept)
        }
        (ColumnType::Decimal { scale: 1.., .. }, _) if to.family() == TypeFamily::Integer => exact(name, 0),
        _ if from.family() == TypeFamily::Date && to.family() == TypeFamily::Text => {
            format!(" USING to_char({name}, 'YYYY-MM-DD')")
        }
        _ if from.family() == TypeFamily::Text && to.family() != TypeFamily::Text => {
            format!(" USING CAST({name} AS {})", type_name(to))
        }
        _ => String::new(),
    }
}

/// The number if it has so few digits behind the point, else an error that shows it.
fn exact(name: &str, scale: u8) -> String {
    format!(
        " USING CASE WHEN {name} = ROUND({name}, {scale}) THEN {name} ELSE CAST('it would lose digits: ' || {name} AS numeric) END"
    )
}
