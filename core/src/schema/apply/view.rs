//! Creating and dropping views.

use std::sync::Arc;

use crate::schema::{ColumnReference, JoinKind, Name, Schema, SchemaError, Select, View};

impl Schema {
    pub(super) fn create_view(&mut self, view: &View) -> Result<(), SchemaError> {
        self.free_relation_name(&view.name)?;
        if view.query.items.is_empty() {
            let message = format!("view {} needs at least one column", view.name);
            return Err(SchemaError::new("schema.no-columns", message, &view.name));
        }
        for (index, item) in view.query.items.iter().enumerate() {
            super::super::resolve::well_formed(&item.alias)?;
            if view.query.items[..index].iter().any(|other| other.alias.key() == item.alias.key()) {
                let message = format!("view {} has two columns called {}", view.name, item.alias);
                return Err(SchemaError::new("schema.duplicate-column", message, &item.alias)
                    .help("give one another name with AS"));
            }
        }
        self.readable(&view.query)?;
        let key = view.name.key().into_owned();
        self.views.insert(&key, Arc::new(view.clone()));
        Ok(())
    }

    pub(super) fn drop_view(&mut self, name: &Name) -> Result<(), SchemaError> {
        self.resolve_view(name)?;
        self.unused_by_views(name, "view")?;
        self.views.remove(&name.key());
        Ok(())
    }

    /// Everything that a query reads from is there, and so are the columns that it names.
    pub(super) fn readable(&self, query: &Select) -> Result<(), SchemaError> {
        for relation in query.relations() {
            if self.view(&relation.name).is_some() {
                self.resolve_view(&relation.name)?;
            } else {
                self.resolve_table(&relation.name)?;
            }
        }
        let mut failure = None;
        query.for_each_expression(&mut |expression| {
            expression.for_each_column(&mut |reference| {
                let mut sources = query.relations().filter(|relation| match &reference.relation {
                    Some(qualifier) => relation.exposed().key() == qualifier.key(),
                    None => true,
                });
                if failure.is_none() && !sources.any(|relation| self.has_column(&relation.name, &reference.name)) {
                    let place = reference.relation.as_ref().unwrap_or(&query.from.name);
                    let message = format!("{place} has no column {}", reference.name);
                    failure = Some(SchemaError::new("schema.unknown-column", message, &reference.name));
                }
            });
        });
        failure.map_or(Ok(()), Err)
    }

    /// Changes the queries of all views that read from the relation.
    pub(super) fn edit_views_of(&mut self, relation: &Name, change: impl Fn(&mut Select)) {
        let keys: Vec<Arc<str>> =
            self.views.iter().filter(|(_, view)| view.query.reads(relation)).map(|(key, _)| key.clone()).collect();
        for key in keys {
            if let Some(view) = self.views.get_mut(&key) {
                change(&mut Arc::make_mut(view).query);
            }
        }
    }

    /// Lets the views of a table know which of its columns take NULL now.
    pub(super) fn refresh_views_of(&mut self, table: &Name) {
        let Some(declared) = self.table(table).cloned() else { return };
        self.edit_views_of(table, |query| {
            let scope = query.clone();
            let outer = |reference: &ColumnReference| {
                let mut left_joins = scope.joins.iter().filter(|join| join.kind == JoinKind::Left);
                reference
                    .relation
                    .as_ref()
                    .is_some_and(|relation| left_joins.any(|join| join.relation.exposed().key() == relation.key()))
            };
            query.for_each_expression_mut(&mut |expression| {
                expression.for_each_column_mut(&mut |reference| {
                    if scope.may_mean(reference, table)
                        && let Some(column) = declared.column(&reference.name)
                    {
                        reference.nullable = column.nullable || outer(reference);
                    }
                });
            });
        });
    }

    fn has_column(&self, relation: &Name, column: &Name) -> bool {
        match (self.table(relation), self.view(relation)) {
            (Some(table), _) => table.columns.iter().any(|candidate| candidate.name == *column),
            (None, Some(view)) => view.query.items.iter().any(|item| item.alias == *column),
            (None, None) => false,
        }
    }
}
