//! Before rows are made: what their references draw from, what documents get by default, and rows that are computed one by
//! one since each may look up another.

use std::sync::Arc;

use super::super::coerce::coerce;
use super::super::digest::Digest;
use super::super::formula::Formula;
use super::super::plan::Content;
use super::super::references::{self, Found, Needed, PENDING, References, Resolver};
use super::super::stream::{Ready, formulas};
use super::Run;
use super::target::Target;
use crate::error::{Error, Result};
use crate::schema::{Expression, Function, Name};
use crate::value::Value;

impl Run<'_> {
    /// Finds out what every reference of a stream draws from.
    pub(super) async fn resolve(&mut self, ready: &mut Ready, target: &mut Target<'_>) -> Result<()> {
        let one_by_one = matches!(ready.planned.content, Content::Fixed(_));
        let mut resolvers = Vec::new();
        let count = ready.resolvers.len();
        for index in 0..count {
            let mut of_shape = Vec::new();
            let Some(shape) = ready.shape(index as u64).cloned() else { break };
            for column in &shape.columns {
                let mut of_column = Vec::new();
                for spec in formulas(&column.cell).into_iter().flat_map(Formula::references) {
                    let source = References { tables: &self.tables, registry: &self.registry, one_by_one };
                    let at = |error: Error| error.at(&column.source, column.span.clone(), "");
                    let resolver = match (source.resolver(spec).map_err(at)?, &mut *target) {
                        (Needed::Resolver(resolver), _) => resolver,
                        (Needed::Snapshot { table, column, numbered }, Target::Sql(store)) => {
                            references::snapshot(&mut **store, &mut self.registry, table, column, numbered).await?
                        }
                        (Needed::Rows(lookup), Target::Sql(store)) => {
                            references::rows(&mut **store, lookup).await.map_err(at)?
                        }
                        (Needed::Snapshot { .. } | Needed::Rows(_), _) => {
                            let message = format!("no rows of {} are made here, and no database is asked", spec.table);
                            return Err(at(Error::failed("seed.no-row", message)
                                .with_help("give the column a value, or write the rows to a database")));
                        }
                    };
                    of_column.push(resolver);
                }
                of_shape.push(of_column);
            }
            resolvers.push(of_shape);
        }
        ready.resolvers = resolvers;
        Ok(())
    }

    /// What a document gets that an engine would have supplied: literal and current-time defaults. A row that brings no column at all
    /// gets one of these too, since engines load rows of at least one.
    pub(super) fn defaults(&self, ready: &mut Ready) {
        if !self.world.documents && ready.width() > 0 {
            return;
        }
        let (Some(shape), Some(table)) = (ready.shape(0), ready.planned.table.clone()) else { return };
        let missing = table.columns.iter().filter(|column| !column.identity && shape.column(&column.name).is_none());
        let now = self.world.seeder_now;
        let mut defaults = missing.filter_map(|column| {
            let value = match column.default.as_ref() {
                None if self.world.documents => return None,
                None => Value::Null,
                Some(Expression::Literal { value, .. }) => value.clone(),
                Some(Expression::Call { function: Function::CurrentTimestamp, .. }) => Value::TimestampTz(now),
                Some(Expression::Call { function: Function::CurrentDate, .. }) => Value::Date(now.date_naive()),
                Some(_) => return None,
            };
            let value = coerce(value.clone(), &column.column_type).unwrap_or(value);
            Some((column.name.clone(), column.column_type.clone(), value))
        });
        ready.defaults = match self.world.documents {
            true => defaults.collect(),
            false => defaults.next().into_iter().collect(),
        };
    }

    /// Computes fixed rows one by one; what they look up is looked up between two of them.
    pub(super) async fn compute_fixed(&mut self, ready: &Arc<Ready>, target: &mut Target<'_>) -> Result<Digest> {
        let mut digest = Digest::default();
        let mut rows: Vec<Vec<Value>> = Vec::new();
        for ordinal in 0..ready.count {
            let mut row = vec![Value::Null; ready.width()];
            let position = ready.position(ordinal)?;
            let made = loop {
                match ready.fill(position, &mut row) {
                    Ok(made) => break made,
                    Err(error) if error.code() == PENDING => self.look_up_row(ready, &rows, ordinal, target).await?,
                    Err(error) => return Err(error.in_row(ordinal + 1)),
                }
            };
            digest.add(made);
            rows.push(row);
        }
        // Nobody else sets them.
        let _ = ready.fixed.set(rows);
        Ok(digest)
    }

    /// Looks up what the row asks for: in the database, and among the rows before it.
    async fn look_up_row(
        &mut self,
        ready: &Arc<Ready>,
        rows: &[Vec<Value>],
        ordinal: u64,
        target: &mut Target<'_>,
    ) -> Result<()> {
        let place = usize::try_from(ordinal).unwrap_or_default();
        let all = ready.resolvers.get(place).into_iter().flatten().flatten();
        for resolver in all {
            let Resolver::Lookup(lookup) = resolver else { continue };
            let Some(condition) = lookup.asked() else { continue };
            let mut found = match target {
                Target::Sql(store) => lookup.query(&mut **store, &condition).await?,
                _ => Found::None,
            };
            if lookup.table.key() == ready.planned.table_name.key() {
                for (earlier, row) in rows.iter().enumerate() {
                    let earlier = earlier as u64;
                    let Some(shape) = ready.shape(earlier) else { continue };
                    let meets = lookup.condition.iter().zip(&condition).all(|(column, value)| {
                        let place = shape.column(&Name::exact(column)).map(|place| ready.lead() + place);
                        place.and_then(|place| row.get(place)) == Some(value)
                    });
                    if !meets {
                        continue;
                    }
                    let value = match shape.column(&lookup.column) {
                        Some(place) => row.get(ready.lead() + place).cloned().unwrap_or(Value::Null),
                        None => ready.key(earlier)?,
                    };
                    found = match found {
                        Found::None => Found::One(value),
                        _ => Found::Several,
                    };
                }
            }
            lookup.keep(&condition, found);
            return Ok(());
        }
        Err(Error::failed("seed.no-reference", "ref(...) can't stand here"))
    }
}
