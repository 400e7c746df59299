//! Queries: what a view shows, and what INSERT ... SELECT copies.

use super::casts::{self, MISMATCH, an};
use super::errors::failed;
use super::expressions::{ExpressionBinder, Place};
use super::scope::Scope;
use crate::error::{Error, Result, SourceText};
use crate::schema::{
    BinaryOperator, Column, ColumnReference, ColumnType, Expression, Join, Name, Schema, Select, SelectItem,
};
use crate::sql::ast::{self, ExpressionKind, Identifier, Span};
use crate::value::Value;

/// What a query is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose<'a> {
    /// A view, whose columns may be named apart.
    View(&'a [Identifier]),
    /// Rows for these columns.
    Insert(&'a [&'a Column]),
}

/// The bound query.
pub(super) fn select(
    source: &SourceText,
    schema: &Schema,
    query: &ast::Select,
    purpose: Purpose<'_>,
) -> Result<Select> {
    let mut scope = Scope::of_query(!query.joins.is_empty());
    let from = scope.add(source, schema, &query.from, false)?;
    let mut joins = Vec::with_capacity(query.joins.len());
    for (kind, relation, on) in &query.joins {
        let relation = scope.add(source, schema, relation, *kind == crate::schema::JoinKind::Left)?;
        let on = join_condition(source, &scope, on)?;
        joins.push(Join { kind: *kind, relation, on });
    }
    let filter = match &query.filter {
        Some(filter) => Some(ExpressionBinder::new(source, &scope, Place::Clause("WHERE")).condition(filter)?),
        None => None,
    };
    let mut group_by = Vec::with_capacity(query.group_by.len());
    for expression in &query.group_by {
        group_by.push(group(source, &scope, expression, &query.items)?);
    }
    let mut items = Items { source, scope: &scope, purpose, bound: Vec::new(), spans: Vec::new() };
    let mut binders = Vec::new();
    for item in &query.items {
        binders.extend(items.add(item)?);
    }
    items.count(query)?;
    grouped(source, &items, &binders, &group_by)?;
    Ok(Select { items: items.bound, from, joins, filter, group_by })
}

/// The items bound so far.
#[derive(Debug)]
struct Items<'a> {
    source: &'a SourceText,
    scope: &'a Scope,
    purpose: Purpose<'a>,
    bound: Vec<SelectItem>,
    /// Where each stands.
    spans: Vec<Span>,
}

impl<'a> Items<'a> {
    /// Binds an item, `*` being several. The binder of an expression knows where its columns stand.
    fn add(&mut self, item: &ast::SelectItem) -> Result<Option<ExpressionBinder<'a>>> {
        match item {
            ast::SelectItem::Wildcard(relation, span) => {
                for reference in self.scope.all(self.source, relation.as_ref())? {
                    self.copied(&reference, span)?;
                    let alias = self.alias(None, Some(&reference.name), span)?;
                    self.push(Expression::Column(reference), alias, span)?;
                }
                Ok(None)
            }
            ast::SelectItem::Expression(expression, alias) => {
                let mut binder = ExpressionBinder::new(self.source, self.scope, Place::Items);
                let bound = match self.target() {
                    Some(column) => stored(self.source, &mut binder, expression, column)?,
                    None => match binder.value(expression)? {
                        (_, None) => return Err(binder.null(&expression.span)),
                        (bound, Some(_)) => bound,
                    },
                };
                let column = match &bound {
                    Expression::Column(reference) => Some(&reference.name),
                    _ => None,
                };
                let span = alias.as_ref().map_or(&expression.span, |alias| &alias.span);
                let alias = self.alias(alias.as_ref(), column, span)?;
                self.push(bound, alias, span)?;
                Ok(Some(binder))
            }
        }
    }

    /// The column that the next item is for.
    fn target(&self) -> Option<&'a Column> {
        match self.purpose {
            Purpose::Insert(columns) => columns.get(self.bound.len()).copied(),
            Purpose::View(_) => None,
        }
    }

    /// A column out of `*` must fit the one that it is copied to.
    fn copied(&self, reference: &ColumnReference, span: &Span) -> Result<()> {
        let Some(target) = self.target() else { return Ok(()) };
        casts::store(&reference.column_type, &target.column_type).map_err(|refusal| {
            refusal.at(self.source, span).map_message(|message| {
                format!("column {} of * can't go to column {}: {message}", reference.name, target.name)
            })
        })
    }

    /// The name under which the next item is shown.
    fn alias(&self, written: Option<&Identifier>, column: Option<&Name>, span: &Span) -> Result<Name> {
        let listed = match self.purpose {
            Purpose::View(names) => names.get(self.bound.len()).map(|name| &name.name),
            Purpose::Insert(_) => None,
        };
        let target = self.target().map(|column| &column.name);
        match listed.or(written.map(|alias| &alias.name)).or(column).or(target) {
            Some(name) => Ok(name.clone()),
            None => match self.purpose {
                // There are more items than columns, which `count` says.
                Purpose::Insert(_) => Ok(Name::folded("extra")),
                Purpose::View(_) => Err(self
                    .failed("sql.unnamed-item", span, "what is it called?", "a column of a view needs a name")
                    .with_help("give it one: ... AS name")),
            },
        }
    }

    fn push(&mut self, expression: Expression, alias: Name, span: &Span) -> Result<()> {
        if let Purpose::View(names) = self.purpose
            && self.bound.iter().any(|other| other.alias.key() == alias.key())
        {
            let span = names.get(self.bound.len()).map_or(span, |name| &name.span);
            return Err(self
                .failed("schema.duplicate-column", span, "again", format!("the view has two columns called {alias}"))
                .with_help("give one of them another name: ... AS name"));
        }
        self.bound.push(SelectItem { expression, alias });
        self.spans.push(span.clone());
        Ok(())
    }

    /// There are as many items as columns.
    fn count(&self, query: &ast::Select) -> Result<()> {
        let given = self.bound.len();
        let (wanted, extra) = match self.purpose {
            Purpose::View([]) => return Ok(()),
            Purpose::View(names) => (names.len(), names.get(given).map(|name| &name.span)),
            Purpose::Insert(columns) => (columns.len(), None),
        };
        if given == wanted {
            return Ok(());
        }
        let span = extra.or(self.spans.get(wanted)).unwrap_or(&query.span);
        Err(self.failed(
            "sql.column-count",
            span,
            if given > wanted { "one too many" } else { "too few" },
            format!("the SELECT gives {given} {} for {wanted} {}", plural(given, "value"), plural(wanted, "column")),
        ))
    }

    fn failed(&self, code: &'static str, span: &Span, label: &str, message: impl Into<String>) -> Error {
        failed(self.source, code, span, label, message)
    }
}

pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// A value for a column: of its type, and not NULL where it takes none.
pub(super) fn stored(
    source: &SourceText,
    binder: &mut ExpressionBinder<'_>,
    expression: &ast::Expression,
    column: &Column,
) -> Result<Expression> {
    let bound = binder.stored(expression, &column.column_type)?;
    if !column.nullable && matches!(bound, Expression::Literal { value: Value::Null, .. }) {
        let error = failed(
            source,
            "schema.not-null",
            &expression.span,
            "NULL",
            format!("column {} takes no NULL", column.name),
        );
        return Err(match (column.identity, &column.default) {
            (true, _) => error.with_help("leave the column out, or write DEFAULT, to have it numbered"),
            (_, Some(_)) => error.with_help("leave the column out, or write DEFAULT, for its default"),
            _ => error,
        });
    }
    Ok(bound)
}

/// ON: equalities between a column of the relation just joined and one of those before it, joined by AND.
fn join_condition(source: &SourceText, scope: &Scope, on: &ast::Expression) -> Result<Expression> {
    let refused = || {
        failed(
            source,
            "sql.join",
            &on.span,
            "not an equality of two columns",
            "ON takes equalities between a column of each side, joined by AND",
        )
        .with_help(
            "of an INNER JOIN, other conditions can stand in WHERE; for a LEFT JOIN, make a view that filters first",
        )
    };
    let ExpressionKind::Binary(left, operator, right) = &on.kind else { return Err(refused()) };
    match operator {
        BinaryOperator::And => Ok(Expression::Binary {
            left: Box::new(join_condition(source, scope, left)?),
            operator: BinaryOperator::And,
            right: Box::new(join_condition(source, scope, right)?),
        }),
        BinaryOperator::Equal => {
            let bound = ExpressionBinder::new(source, scope, Place::Clause("ON")).condition(on)?;
            if let Expression::Binary { left, right, .. } = &bound
                && let (Expression::Column(left), Expression::Column(right)) = (left.as_ref(), right.as_ref())
                && scope.is_of_last(left) != scope.is_of_last(right)
            {
                return Ok(bound);
            }
            Err(refused())
        }
        _ => Err(refused()),
    }
}

/// An expression of GROUP BY.
fn group(
    source: &SourceText,
    scope: &Scope,
    expression: &ast::Expression,
    items: &[ast::SelectItem],
) -> Result<Expression> {
    let (bound, column_type) = ExpressionBinder::new(source, scope, Place::Clause("GROUP BY"))
        .value(expression)
        .map_err(|error| match (&expression.kind, error.code()) {
            (ExpressionKind::Column(None, name), "schema.unknown-column") if is_alias(&name.name, items) => {
                error.with_help(format!("{} is a name that this SELECT gives: repeat the expression itself", name.name))
            }
            _ => error,
        })?;
    let error = |label: &str, message: &str| failed(source, "sql.group-by", &expression.span, label, message);
    match (&bound, column_type) {
        (Expression::Literal { .. }, _) => Err(error("a constant", "GROUP BY a constant makes one group")
            .with_help("engines read a number here as the place of an item: write the column or expression itself")),
        (_, Some(column_type @ (ColumnType::Json | ColumnType::Blob))) => Err(failed(
            source,
            MISMATCH,
            &expression.span,
            column_type.to_string(),
            format!("{} can't be grouped", an(&column_type)),
        )),
        _ => Ok(bound),
    }
}

fn is_alias(name: &Name, items: &[ast::SelectItem]) -> bool {
    items.iter().any(|item| matches!(item, ast::SelectItem::Expression(_, Some(alias)) if alias.name == *name))
}

/// With GROUP BY or an aggregate, every column must be grouped or stand inside an aggregate.
fn grouped(
    source: &SourceText,
    items: &Items<'_>,
    binders: &[ExpressionBinder<'_>],
    group_by: &[Expression],
) -> Result<()> {
    let is_aggregate = |part: &Expression| matches!(part, Expression::Aggregate { .. });
    let aggregated = items.bound.iter().any(|item| item.expression.any(&is_aggregate));
    if group_by.is_empty() && !aggregated {
        return Ok(());
    }
    for (item, span) in items.bound.iter().zip(&items.spans) {
        if let Some(column) = ungrouped(&item.expression, group_by) {
            let place = binders.iter().find_map(|binder| binder.place_of(column)).unwrap_or_else(|| span.clone());
            let message = format!("{} is neither in GROUP BY nor inside an aggregate", column.name);
            return Err(failed(source, "sql.group-by", &place, "which of the group's?", message)
                .with_help(format!("add it to GROUP BY, or take one of them: MIN({})", column.name)));
        }
    }
    Ok(())
}

/// The first column that is not the same for the whole group.
fn ungrouped<'a>(expression: &'a Expression, group_by: &[Expression]) -> Option<&'a ColumnReference> {
    if group_by.contains(expression) {
        return None;
    }
    match expression {
        Expression::Column(column) => Some(column),
        Expression::Aggregate { .. } => None,
        other => {
            let mut found = None;
            other.for_each_child(&mut |child| found = found.or_else(|| ungrouped(child, group_by)));
            found
        }
    }
}
