//! CREATE TABLE: columns, and every constraint under a name.

use super::defaults::default;
use super::errors::failed;
use super::expressions::{ExpressionBinder, Place};
use super::scope::Scope;
use super::statements::{StatementBinder, spelled};
use super::types;
use crate::error::{Error, Result};
use crate::schema::{
    Change, Column, ColumnType, Constraint, ConstraintKind, ForeignKey, Name, Schema, Table, TypeFamily, naming,
};
use crate::sql::ast::{self, ColumnOptionKind, ConstraintDefinition, Identifier, References, Span};

/// A constraint as written, inline or apart, before it has a name.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    /// The name that was written.
    pub name: Option<&'a Identifier>,
    /// What it demands.
    pub kind: PendingKind<'a>,
    /// Where it stands.
    pub span: &'a Span,
}

/// What such a constraint demands.
#[derive(Debug)]
pub(super) enum PendingKind<'a> {
    PrimaryKey(Vec<&'a Identifier>),
    Unique(Vec<&'a Identifier>),
    ForeignKey(Vec<&'a Identifier>, &'a References),
    Check(&'a ast::Expression),
}

impl<'a> Pending<'a> {
    pub fn of_definition(definition: &'a ConstraintDefinition) -> Pending<'a> {
        let kind = match &definition.kind {
            ast::ConstraintKind::PrimaryKey(columns) => PendingKind::PrimaryKey(columns.iter().collect()),
            ast::ConstraintKind::Unique(columns) => PendingKind::Unique(columns.iter().collect()),
            ast::ConstraintKind::ForeignKey(columns, references) => {
                PendingKind::ForeignKey(columns.iter().collect(), references)
            }
            ast::ConstraintKind::Check(condition) => PendingKind::Check(condition),
        };
        Pending { name: definition.name.as_ref(), kind, span: &definition.span }
    }

    /// The identifiers in it.
    pub fn identifiers(&self) -> Vec<&'a Identifier> {
        match &self.kind {
            PendingKind::PrimaryKey(columns) | PendingKind::Unique(columns) => columns.clone(),
            PendingKind::ForeignKey(columns, references) => {
                columns.iter().copied().chain([&references.table]).chain(&references.columns).collect()
            }
            PendingKind::Check(_) => Vec::new(),
        }
    }
}

impl StatementBinder<'_> {
    pub(super) fn create_table(
        &mut self,
        table: &Identifier,
        definitions: &[ast::ColumnDefinition],
        constraints: &[ConstraintDefinition],
    ) -> Result<()> {
        let mut columns: Vec<Column> = Vec::with_capacity(definitions.len());
        let mut pending = Vec::new();
        for definition in definitions {
            let name = &definition.name;
            if columns.iter().any(|column| column.name.key() == name.name.key()) {
                let message = format!("table {} has two columns called {}", table.name, name.name);
                return Err(self.failed("schema.duplicate-column", &name.span, "again", message));
            }
            columns.push(self.column(definition, &mut pending)?);
        }
        pending.extend(constraints.iter().map(Pending::of_definition));
        self.only_one_primary_key(&pending)?;
        self.without_null_in_the_key(definitions, &mut columns, &pending)?;

        let mut built =
            Table { name: table.name.clone(), columns, constraints: Vec::new(), indexes: Vec::new(), comment: None };
        let key = pending.iter().find_map(|constraint| match &constraint.kind {
            PendingKind::PrimaryKey(columns) => Some(columns.as_slice()),
            _ => None,
        });
        let own_key: Vec<Name> = key.unwrap_or_default().iter().map(|column| spelled(&built, column)).collect();
        let written: Vec<&Name> = pending.iter().filter_map(|constraint| constraint.name).map(|it| &it.name).collect();
        for constraint in &pending {
            let bound = self.constraint(&built, constraint, &own_key, &written)?;
            built.constraints.push(bound);
        }

        let mut places: Vec<(&Name, &Span)> = vec![(&table.name, &table.span)];
        if self.schema.table(&table.name).is_none() && self.schema.view(&table.name).is_none() {
            places.extend(definitions.iter().map(|definition| (&definition.name.name, &definition.name.span)));
            for (constraint, bound) in pending.iter().zip(&built.constraints) {
                places.push((&bound.name, constraint.name.map_or(constraint.span, |name| &name.span)));
                places.extend(constraint.identifiers().into_iter().map(|it| (&it.name, &it.span)));
            }
        }
        self.apply(Change::CreateTable(built.clone()), &places, &table.span)
    }

    /// A column; its inline constraints are added to `pending`.
    pub(super) fn column<'a>(
        &self,
        definition: &'a ast::ColumnDefinition,
        pending: &mut Vec<Pending<'a>>,
    ) -> Result<Column> {
        let name = &definition.name;
        let column_type = types::column_type(self.source, &definition.type_name)?;
        let options = &definition.options;
        for (at, option) in options.iter().enumerate() {
            let same = |other: &ast::ColumnOption| {
                std::mem::discriminant(&other.kind) == std::mem::discriminant(&option.kind)
                    && !matches!(option.kind, ColumnOptionKind::Check(_) | ColumnOptionKind::References(_))
            };
            if options[..at].iter().any(same) {
                return Err(self.failed(
                    "schema.duplicate-option",
                    &option.span,
                    "again",
                    format!("column {} says this twice", name.name),
                ));
            }
            self.unnamed(option)?;
            let kind = match &option.kind {
                ColumnOptionKind::PrimaryKey => PendingKind::PrimaryKey(vec![name]),
                ColumnOptionKind::Unique => PendingKind::Unique(vec![name]),
                ColumnOptionKind::References(references) => PendingKind::ForeignKey(vec![name], references),
                ColumnOptionKind::Check(condition) => PendingKind::Check(condition),
                _ => continue,
            };
            pending.push(Pending { name: option.constraint.as_ref(), kind, span: &option.span });
        }
        let find = |wanted: &ColumnOptionKind| {
            options.iter().find(|option| std::mem::discriminant(&option.kind) == std::mem::discriminant(wanted))
        };
        let not_null = find(&ColumnOptionKind::NotNull);
        let identity = find(&ColumnOptionKind::Identity);
        if let Some(null) = find(&ColumnOptionKind::Null)
            && let Some(against) = not_null.or(identity)
        {
            let later = if null.span.start > against.span.start { null } else { against };
            let message = format!("column {} can't both take NULL and refuse it", name.name);
            return Err(self.failed("schema.nullability", &later.span, "contradicts the other", message));
        }
        let nullable = not_null.is_none() && identity.is_none();
        let mut bound_default = None;
        for option in options {
            match &option.kind {
                ColumnOptionKind::Default(_) if identity.is_some() => {
                    let message =
                        format!("column {} is numbered by the engine and can't have a default too", name.name);
                    return Err(self.failed("schema.identity", &option.span, "an identity has none", message));
                }
                ColumnOptionKind::Default(written) => {
                    bound_default = default(self.source, &name.name, &column_type, nullable, written)?;
                }
                ColumnOptionKind::Identity if column_type.family() != TypeFamily::Integer => {
                    let message =
                        format!("column {} is {column_type}, and only integers can be an identity", name.name);
                    return Err(self
                        .failed("schema.identity", &option.span, "not an integer", message)
                        .with_help("use SMALLINT, INTEGER or BIGINT"));
                }
                ColumnOptionKind::OnUpdateNow
                    if !matches!(column_type, ColumnType::Timestamp | ColumnType::TimestampTz) =>
                {
                    let message = format!(
                        "column {} is {column_type}, and ON UPDATE CURRENT_TIMESTAMP needs a timestamp",
                        name.name
                    );
                    return Err(self
                        .failed("schema.on-update", &option.span, "not a timestamp", message)
                        .with_help("use TIMESTAMP or TIMESTAMP WITH TIME ZONE"));
                }
                _ => {}
            }
        }
        Ok(Column {
            name: name.name.clone(),
            column_type,
            nullable,
            default: bound_default,
            identity: identity.is_some(),
            on_update_now: find(&ColumnOptionKind::OnUpdateNow).is_some(),
            comment: None,
        })
    }

    /// Only constraints have names; one given to anything else would be lost.
    fn unnamed(&self, option: &ast::ColumnOption) -> Result<()> {
        match (&option.constraint, &option.kind) {
            (None, _)
            | (
                _,
                ColumnOptionKind::PrimaryKey
                | ColumnOptionKind::Unique
                | ColumnOptionKind::References(_)
                | ColumnOptionKind::Check(_),
            ) => Ok(()),
            (Some(name), _) => Err(self
                .failed("schema.constraint-name", &name.span, "would be lost", "this can't have a name on every engine")
                .with_help("leave CONSTRAINT and the name out")),
        }
    }

    fn only_one_primary_key(&self, pending: &[Pending<'_>]) -> Result<()> {
        let mut keys = pending.iter().filter(|constraint| matches!(constraint.kind, PendingKind::PrimaryKey(_)));
        let (Some(_), Some(second)) = (keys.next(), keys.next()) else { return Ok(()) };
        Err(self
            .failed("schema.primary-key", second.span, "a second one", "a table has one primary key at most")
            .with_help(
                "for a key of several columns write PRIMARY KEY (a, b) after the columns; another key is UNIQUE",
            ))
    }

    /// The columns of the primary key take no NULL, said or not.
    fn without_null_in_the_key(
        &self,
        definitions: &[ast::ColumnDefinition],
        columns: &mut [Column],
        pending: &[Pending<'_>],
    ) -> Result<()> {
        let keys = pending.iter().filter_map(|constraint| match &constraint.kind {
            PendingKind::PrimaryKey(columns) => Some(columns),
            _ => None,
        });
        for name in keys.flatten() {
            let matching = |(_, column): &(&ast::ColumnDefinition, &mut Column)| column.name.key() == name.name.key();
            let Some((definition, column)) = definitions.iter().zip(columns.iter_mut()).find(matching) else {
                continue;
            };
            if let Some(null) = definition.options.iter().find(|option| option.kind == ColumnOptionKind::Null) {
                let message = format!("column {} is in the primary key, which takes no NULL", column.name);
                return Err(self.failed("schema.nullability", &null.span, "contradicts the primary key", message));
            }
            column.nullable = false;
        }
        Ok(())
    }

    /// The constraint with its names resolved and a name of its own. `own_key`: the primary key of the table itself;
    /// `written`: the names that other constraints of the statement were given.
    pub(super) fn constraint(
        &self,
        table: &Table,
        pending: &Pending<'_>,
        own_key: &[Name],
        written: &[&Name],
    ) -> Result<Constraint> {
        let names = |columns: &[&Identifier]| -> Vec<Name> { columns.iter().map(|it| spelled(table, it)).collect() };
        let derived = |derive: &dyn Fn() -> Name| pending.name.map_or_else(derive, |name| name.name.clone());
        match &pending.kind {
            PendingKind::PrimaryKey(columns) => Ok(Constraint {
                name: derived(&|| naming::primary_key(&table.name)),
                kind: ConstraintKind::PrimaryKey { columns: names(columns) },
            }),
            PendingKind::Unique(columns) => {
                let columns = names(columns);
                let name = derived(&|| naming::unique(&table.name, &columns));
                Ok(Constraint { name, kind: ConstraintKind::Unique { columns } })
            }
            PendingKind::ForeignKey(columns, references) => {
                let columns = names(columns);
                let (parent, referenced) = self.referenced(table, references, own_key)?;
                if columns.len() != referenced.len() {
                    let message = format!(
                        "the foreign key has {} {}, and references {}",
                        columns.len(),
                        super::queries::plural(columns.len(), "column"),
                        referenced.len()
                    );
                    return Err(self.failed(
                        "schema.foreign-key",
                        &references.table.span,
                        "another number of columns",
                        message,
                    ));
                }
                let name = derived(&|| naming::foreign_key(&table.name, &columns));
                let kind = ConstraintKind::ForeignKey(ForeignKey {
                    columns,
                    table: parent,
                    referenced,
                    on_delete: references.on_delete,
                });
                Ok(Constraint { name, kind })
            }
            PendingKind::Check(condition) => {
                let scope = Scope::of_table(table);
                let bound =
                    ExpressionBinder::new(self.source, &scope, Place::Lasting("a CHECK")).condition(condition)?;
                let name = derived(&|| free_check_name(self.schema, table, written));
                Ok(Constraint { name, kind: ConstraintKind::Check(bound) })
            }
        }
    }

    /// The table that a foreign key points at, and its columns, written out.
    fn referenced(&self, table: &Table, references: &References, own_key: &[Name]) -> Result<(Name, Vec<Name>)> {
        let itself = references.table.name == table.name;
        let declared = if itself { None } else { Some(self.table(&references.table)?) };
        let parent = declared.as_deref().unwrap_or(table);
        if !references.columns.is_empty() {
            let columns = references.columns.iter().map(|column| spelled(parent, column)).collect();
            return Ok((parent.name.clone(), columns));
        }
        let key = if itself { own_key } else { parent.primary_key() };
        if key.is_empty() {
            let span = &references.table.span;
            return Err(self
                .failed(
                    "schema.foreign-key",
                    span,
                    "which of its columns?",
                    format!("table {} has no primary key", parent.name),
                )
                .with_help(format!("name the columns of one of its unique keys: REFERENCES {} (...)", parent.name)));
        }
        Ok((parent.name.clone(), key.to_vec()))
    }

    pub(super) fn failed(
        &self,
        code: &'static str,
        span: &Span,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Error {
        failed(self.source, code, span, label, message)
    }
}

/// The name of the first check that is free: `ck_posts_1`.
fn free_check_name(schema: &Schema, table: &Table, written: &[&Name]) -> Name {
    let taken = |name: &Name| {
        schema.owner(name).is_some()
            || table.constraints.iter().any(|constraint| constraint.name.key() == name.key())
            || written.iter().any(|other| other.key() == name.key())
    };
    let mut number = 1;
    loop {
        let name = naming::check(&table.name, number);
        if !taken(&name) {
            return name;
        }
        number += 1;
    }
}
