//! Lists and tables of which several values are computed, each with randomness and references of its own.

use super::{Cell, ShapeColumn, formula_error};
use crate::error::Result;
use crate::seed::formula::{Context, Outside};
use crate::value::Value;

/// The value of a list or a table under way.
pub(super) struct Nested<'a> {
    column: &'a ShapeColumn,
    context: &'a Context<'a>,
    /// How many formulas stand before the next one.
    formulas: u64,
    /// How many references are in those.
    references: usize,
}

impl<'a> Nested<'a> {
    pub fn new(column: &'a ShapeColumn, context: &'a Context<'a>) -> Nested<'a> {
        Nested { column, context, formulas: 0, references: 0 }
    }

    pub fn value(&mut self, cell: &Cell) -> Result<Value> {
        match cell {
            Cell::Constant(value) => Ok(value.clone()),
            Cell::Given => Ok(Value::Null),
            Cell::Formula(formula) => {
                let outside = Behind { outside: self.context.outside, references: self.references };
                let random = self.context.random.part(self.formulas);
                self.formulas += 1;
                self.references += formula.formula.references().len();
                let mut value = Value::Null;
                formula
                    .formula
                    .evaluate(&Context { random, outside: &outside, ..*self.context }, &mut value)
                    .map_err(|error| formula_error(error, &formula.text, &self.column.source, &self.column.span))?;
                Ok(value)
            }
            Cell::Array(items) => Ok(Value::Array(items.iter().map(|item| self.value(item)).collect::<Result<_>>()?)),
            Cell::Map(entries) => {
                let entries = entries.iter().map(|(key, cell)| Ok((key.clone(), self.value(cell)?)));
                Ok(Value::Map(entries.collect::<Result<_>>()?))
            }
        }
    }
}

/// The outside of a formula that stands behind others of its column: references are counted through all of them.
struct Behind<'a> {
    outside: &'a dyn Outside,
    references: usize,
}

impl Outside for Behind<'_> {
    fn reference(&self, reference: usize, condition: &[Value], random: u64) -> Result<Value> {
        self.outside.reference(self.references + reference, condition, random)
    }

    fn environment(&self, name: &str) -> Result<String> {
        self.outside.environment(name)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>> {
        self.outside.file(path)
    }
}
