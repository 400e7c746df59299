//! The relations whose columns an expression may name.

use super::errors::{failed, listed, placed, suggestion};
use crate::error::{Error, Result, SourceText};
use crate::schema::{Column, ColumnReference, ColumnType, Name, Relation, Schema, Table, same_case};
use crate::sql::ast::{self, Identifier};

/// The relations of one statement.
#[derive(Debug, Default)]
pub(super) struct Scope {
    relations: Vec<ScopeRelation>,
    /// Whether references say which relation they mean: the statement has several.
    qualified: bool,
}

/// A table or view in scope.
#[derive(Debug)]
struct ScopeRelation {
    /// What it is called here.
    name: Name,
    columns: Vec<ScopeColumn>,
}

/// A column in scope.
#[derive(Clone, Debug)]
struct ScopeColumn {
    name: Name,
    column_type: ColumnType,
    nullable: bool,
}

impl Scope {
    /// No relation at all, as in VALUES.
    pub fn empty() -> Scope {
        Scope::default()
    }

    /// One table.
    pub fn of_table(table: &Table) -> Scope {
        Scope::of_columns(&table.name, &table.columns)
    }

    /// One table that is being made.
    pub fn of_columns(table: &Name, columns: &[Column]) -> Scope {
        let columns = columns
            .iter()
            .map(|column| ScopeColumn {
                name: column.name.clone(),
                column_type: column.column_type.clone(),
                nullable: column.nullable,
            })
            .collect();
        Scope { relations: vec![ScopeRelation { name: table.clone(), columns }], qualified: false }
    }

    /// The relations of a query, to be added one by one; `several` says that there will be more than one.
    pub fn of_query(several: bool) -> Scope {
        Scope { relations: Vec::new(), qualified: several }
    }

    /// Adds a relation of a query. `outer`: its columns may be missing, as those of a LEFT JOIN's right side.
    pub fn add(
        &mut self,
        source: &SourceText,
        schema: &Schema,
        relation: &ast::Relation,
        outer: bool,
    ) -> Result<Relation> {
        let wanted = &relation.name;
        let (declared, mut columns) = match (schema.table(&wanted.name), schema.view(&wanted.name)) {
            (Some(table), _) => (table.name.clone(), Scope::of_table(table).relations.remove(0).columns),
            (None, Some(view)) => {
                let columns = view
                    .query
                    .items
                    .iter()
                    .filter_map(|item| {
                        Some(ScopeColumn {
                            name: item.alias.clone(),
                            column_type: item.expression.column_type()?,
                            nullable: item.expression.is_nullable(),
                        })
                    })
                    .collect();
                (view.name.clone(), columns)
            }
            (None, None) => return Err(unknown_relation(source, schema, wanted)),
        };
        let what = if schema.table(&wanted.name).is_some() { "table" } else { "view" };
        spelled(source, what, wanted, &declared)?;
        for column in &mut columns {
            column.nullable |= outer;
        }
        let (name, span) = match &relation.alias {
            Some(alias) => (&alias.name, &alias.span),
            None => (&declared, &wanted.span),
        };
        if self.relations.iter().any(|other| other.name.key() == name.key()) {
            return Err(failed(source, "sql.duplicate-alias", span, "again", format!("{name} is in this query twice"))
                .with_help(format!("give one of them another name: {declared} AS other")));
        }
        self.relations.push(ScopeRelation { name: name.clone(), columns });
        Ok(Relation { name: declared, alias: relation.alias.as_ref().map(|alias| alias.name.clone()) })
    }

    /// The column that is meant.
    pub fn resolve(
        &self,
        source: &SourceText,
        relation: Option<&Identifier>,
        column: &Identifier,
    ) -> Result<ColumnReference> {
        let wanted = column.name.key();
        let candidates: Vec<&ScopeRelation> = match relation {
            Some(relation) => vec![self.relation(source, relation)?],
            None => self.relations.iter().collect(),
        };
        let mut found = candidates.iter().filter_map(|relation| {
            relation.columns.iter().find(|candidate| candidate.name.key() == wanted).map(|column| (relation, column))
        });
        match (found.next(), found.next()) {
            (Some((relation, declared)), None) => {
                spelled(source, "column", column, &declared.name)?;
                Ok(self.reference(relation, declared))
            }
            (Some((first, _)), Some((second, _))) => Err(failed(
                source,
                "schema.ambiguous-column",
                &column.span,
                "which one?",
                format!("both {} and {} have a column {}", first.name, second.name, column.name),
            )
            .with_help(format!("write {}.{} or {}.{}", first.name, column.name, second.name, column.name))),
            (None, _) => Err(self.unknown_column(source, &candidates, column)),
        }
    }

    /// All columns, of all relations or of one, in order: `*` and `relation.*`.
    pub fn all(&self, source: &SourceText, relation: Option<&Identifier>) -> Result<Vec<ColumnReference>> {
        let relations: Vec<&ScopeRelation> = match relation {
            Some(relation) => vec![self.relation(source, relation)?],
            None => self.relations.iter().collect(),
        };
        let columns = relations
            .into_iter()
            .flat_map(|relation| relation.columns.iter().map(move |column| self.reference(relation, column)));
        Ok(columns.collect())
    }

    /// Whether a reference is to the relation that was added last.
    pub fn is_of_last(&self, reference: &ColumnReference) -> bool {
        match (&reference.relation, self.relations.last()) {
            (Some(name), Some(last)) => *name == last.name,
            _ => false,
        }
    }

    fn reference(&self, relation: &ScopeRelation, column: &ScopeColumn) -> ColumnReference {
        ColumnReference {
            relation: self.qualified.then(|| relation.name.clone()),
            name: column.name.clone(),
            column_type: column.column_type.clone(),
            nullable: column.nullable,
        }
    }

    fn relation(&self, source: &SourceText, wanted: &Identifier) -> Result<&ScopeRelation> {
        let key = wanted.name.key();
        self.relations.iter().find(|relation| relation.name.key() == key).ok_or_else(|| {
            let error = failed(
                source,
                "sql.unknown-relation",
                &wanted.span,
                "not in this statement",
                format!("{} is not a table of this statement", wanted.name),
            );
            with_suggestion(error, &wanted.name, self.relations.iter().map(|relation| &relation.name), "it has")
        })
    }

    fn unknown_column(&self, source: &SourceText, candidates: &[&ScopeRelation], column: &Identifier) -> Error {
        let wanted = &column.name;
        let message = match candidates {
            [] => format!("there is no table here that {wanted} could be a column of"),
            [relation] => format!("{} has no column {wanted}", relation.name),
            _ => {
                let names: Vec<String> = candidates.iter().map(|relation| relation.name.to_string()).collect();
                format!("none of {} has a column {wanted}", listed(&names))
            }
        };
        let error = failed(source, "schema.unknown-column", &column.span, "unknown column", message);
        if candidates.is_empty() {
            return error.with_help(format!("write a text in single quotes: '{wanted}'"));
        }
        let names = candidates.iter().flat_map(|relation| relation.columns.iter().map(|column| &column.name));
        with_suggestion(error, wanted, names, "there are")
    }
}

/// A name must be written as it was declared.
fn spelled(source: &SourceText, what: &str, written: &Identifier, declared: &Name) -> Result<()> {
    same_case(what, &written.name, declared).map_err(|error| placed(source, error, &[], &written.span))
}

/// The error of a table or view that is not there.
fn unknown_relation(source: &SourceText, schema: &Schema, wanted: &Identifier) -> Error {
    let error = failed(
        source,
        "schema.unknown-table",
        &wanted.span,
        "unknown table",
        format!("there is no table or view {}", wanted.name),
    );
    let names = schema.tables().map(|table| &table.name).chain(schema.views().map(|view| &view.name));
    with_suggestion(error, &wanted.name, names, "there are")
}

fn with_suggestion<'a>(
    error: Error,
    wanted: &Name,
    candidates: impl IntoIterator<Item = &'a Name>,
    there_is: &str,
) -> Error {
    match suggestion(wanted, candidates, there_is) {
        Some(help) => error.with_help(help),
        None => error,
    }
}
