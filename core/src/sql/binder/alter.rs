//! ALTER TABLE: each action is a change, an added column with constraints several.

use super::defaults::default;
use super::errors::placed;
use super::statements::{StatementBinder, spelled};
use super::tables::{Pending, PendingKind};
use super::types;
use crate::error::Result;
use crate::schema::{Change, ColumnAlteration, ColumnType, Conversion, Name, conversion};
use crate::sql::ast::{self, AlterAction, AlterKind, Identifier, Span};

impl StatementBinder<'_> {
    pub(super) fn alter_table(&mut self, table: &Identifier, actions: &[AlterAction]) -> Result<()> {
        // RENAME TO, as an action among others, gives those behind it another name.
        let mut table = table.clone();
        for action in actions {
            self.alter(&table, action)?;
            if let AlterKind::RenameTable(to) = &action.kind {
                table = to.clone();
            }
        }
        Ok(())
    }

    fn alter(&mut self, table: &Identifier, action: &AlterAction) -> Result<()> {
        let declared = self.table(table)?;
        let name = declared.name.clone();
        match &action.kind {
            AlterKind::AddColumn(definition) => self.add_column(table, definition),
            AlterKind::DropColumn(column) => {
                self.apply_to(Change::DropColumn { table: name, column: spelled(&declared, column) }, &[column, table])
            }
            AlterKind::RenameColumn(column, to) => self.apply_to(
                Change::RenameColumn { table: name, column: spelled(&declared, column), to: to.name.clone() },
                &[column, to, table],
            ),
            AlterKind::RenameTable(to) => {
                self.apply_to(Change::RenameTable { table: name, to: to.name.clone() }, &[to, table])
            }
            AlterKind::SetType(column, type_name) => {
                let column_type = types::column_type(self.source, type_name)?;
                self.set_type(table, column, column_type, &type_name.span)
            }
            AlterKind::SetNotNull(column) => self.alter_column(table, column, ColumnAlteration::Nullable(false)),
            AlterKind::DropNotNull(column) => self.alter_column(table, column, ColumnAlteration::Nullable(true)),
            AlterKind::SetDefault(column, written) => self.set_default(table, column, written),
            AlterKind::DropDefault(column) => self.alter_column(table, column, ColumnAlteration::Default(None)),
            AlterKind::AddConstraint(definition) => self.add_constraint(table, &Pending::of_definition(definition)),
            AlterKind::DropConstraint(constraint) => self.drop_constraint(table, constraint),
        }
    }

    fn add_column(&mut self, table: &Identifier, definition: &ast::ColumnDefinition) -> Result<()> {
        let mut pending = Vec::new();
        let column = self.column(definition, &mut pending)?;
        if let Some(key) = pending.iter().find(|constraint| matches!(constraint.kind, PendingKind::PrimaryKey(_))) {
            let message = format!(
                "column {} can't be added as the primary key: rows that are there have no value for it",
                column.name
            );
            return Err(self
                .failed("schema.primary-key", key.span, "no value for rows that are there", message)
                .with_help("add the column, fill it with UPDATE, and then ADD PRIMARY KEY"));
        }
        let change = Change::AddColumn { table: self.table(table)?.name.clone(), column };
        self.apply_to(change, &[&definition.name, table])?;
        for constraint in &pending {
            self.add_constraint(table, constraint)?;
        }
        Ok(())
    }

    fn add_constraint(&mut self, table: &Identifier, pending: &Pending<'_>) -> Result<()> {
        let declared = self.table(table)?;
        if matches!(pending.kind, PendingKind::PrimaryKey(_)) && !declared.primary_key().is_empty() {
            let message = format!("table {} has a primary key already", declared.name);
            return Err(self
                .failed("schema.primary-key", pending.span, "a second one", message)
                .with_help("drop the other first, or make this one UNIQUE"));
        }
        let constraint = self.constraint(&declared, pending, declared.primary_key(), &[])?;
        let name = constraint.name.clone();
        let mut places: Vec<(&Name, &Span)> = vec![(&name, pending.name.map_or(pending.span, |it| &it.span))];
        places.extend(pending.identifiers().into_iter().map(|it| (&it.name, &it.span)));
        let change = Change::AddConstraint { table: declared.name.clone(), constraint };
        self.apply(change, &places, pending.span)
    }

    /// The constraint may be named by the name that would be derived for it; the change has the one that it has.
    fn drop_constraint(&mut self, table: &Identifier, constraint: &Identifier) -> Result<()> {
        let declared = self.table(table)?;
        let found = declared
            .resolve_constraint(&constraint.name)
            .map_err(|error| placed(self.source, error, &[], &constraint.span))?;
        let change = Change::DropConstraint { table: declared.name.clone(), constraint: found.name.clone() };
        self.apply(change, &[], &constraint.span)
    }

    fn set_type(&mut self, table: &Identifier, column: &Identifier, to: ColumnType, span: &Span) -> Result<()> {
        let declared = self.table(table)?;
        // What can't be converted is the type's fault, everything else the column's.
        let refused = declared
            .column(&column.name)
            .is_some_and(|found| matches!(conversion(&found.column_type, &to), Conversion::Refused(_)));
        let change = Change::AlterColumn {
            table: declared.name.clone(),
            column: spelled(&declared, column),
            alteration: ColumnAlteration::Type(to),
        };
        self.apply(change, &[], if refused { span } else { &column.span })
    }

    fn set_default(&mut self, table: &Identifier, column: &Identifier, written: &ast::Expression) -> Result<()> {
        let declared = self.table(table)?;
        let found =
            declared.resolve_column(&column.name).map_err(|error| placed(self.source, error, &[], &column.span))?;
        let bound = default(self.source, &column.name, &found.column_type, found.nullable, written)?;
        self.alter_column(table, column, ColumnAlteration::Default(bound))
    }

    fn alter_column(&mut self, table: &Identifier, column: &Identifier, alteration: ColumnAlteration) -> Result<()> {
        let declared = self.table(table)?;
        let column_name = spelled(&declared, column);
        let change = Change::AlterColumn { table: declared.name.clone(), column: column_name, alteration };
        self.apply_to(change, &[column, table])
    }
}
