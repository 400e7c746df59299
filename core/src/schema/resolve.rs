//! Finding what a name means, with an error that says what there is instead.

use std::sync::Arc;

use super::{
    Column, Constraint, ConstraintKind, Index, MAX_NAME_BYTES, Name, Schema, SchemaError, Table, View, naming,
};
use crate::adapter::nearest;

impl Schema {
    /// The table of that name.
    ///
    /// # Errors
    /// `schema.unknown-table`; `schema.name-case` where its name differs in case.
    pub fn resolve_table(&self, name: &Name) -> Result<&Arc<Table>, SchemaError> {
        if let Some(table) = self.table(name) {
            same_case("table", name, &table.name)?;
            return Ok(table);
        }
        if let Some(view) = self.view(name) {
            return Err(SchemaError::new(
                "schema.unknown-table",
                format!("{} is a view, and this needs a table", view.name),
                name,
            ));
        }
        let names = self.tables().map(|table| table.name.as_str());
        Err(SchemaError::new("schema.unknown-table", format!("unknown table {name}"), name)
            .help_if(suggest(name, names)))
    }

    /// The view of that name.
    ///
    /// # Errors
    /// `schema.unknown-view`; `schema.name-case` where its name differs in case.
    pub fn resolve_view(&self, name: &Name) -> Result<&Arc<View>, SchemaError> {
        if let Some(view) = self.view(name) {
            same_case("view", name, &view.name)?;
            return Ok(view);
        }
        if let Some(table) = self.table(name) {
            return Err(SchemaError::new(
                "schema.unknown-view",
                format!("{} is a table, and this needs a view", table.name),
                name,
            ));
        }
        let names = self.views().map(|view| view.name.as_str());
        Err(SchemaError::new("schema.unknown-view", format!("unknown view {name}"), name).help_if(suggest(name, names)))
    }

    /// A name that a new table or view may have.
    pub(super) fn free_relation_name(&self, name: &Name) -> Result<(), SchemaError> {
        well_formed(name)?;
        let taken = |what: &str, existing: &Name| already_exists(&format!("{what} {existing}"), name, existing);
        if let Some(table) = self.table(name) {
            return Err(taken("table", &table.name));
        }
        if let Some(view) = self.view(name) {
            return Err(taken("view", &view.name));
        }
        if let Some(owner) = self.owner(name) {
            return Err(SchemaError::new(
                "schema.already-exists",
                format!("{name} is the name of a constraint or index of table {}", owner.name),
                name,
            )
            .help("on some engines tables, indexes and keys share their names: take another"));
        }
        Ok(())
    }

    /// A name that a new constraint or index of `table` may have.
    pub(super) fn free_constraint_name(&self, name: &Name, table: &Table) -> Result<(), SchemaError> {
        well_formed(name)?;
        let own = super::owned_names(table).any(|existing| existing.key() == name.key());
        let owner = if own { Some(&table.name) } else { self.owner(name).map(|owner| &owner.name) };
        if let Some(owner) = owner {
            return Err(SchemaError::new(
                "schema.already-exists",
                format!("table {owner} has a constraint or index called {name} already"),
                name,
            )
            .help("names of constraints and indexes are unique in a schema: give this one another, as in `CONSTRAINT name ...`"));
        }
        if self.table(name).is_some() || self.view(name).is_some() || table.name.key() == name.key() {
            return Err(SchemaError::new(
                "schema.already-exists",
                format!("{name} is the name of a table or view"),
                name,
            )
            .help("on some engines tables, indexes and keys share their names: take another"));
        }
        Ok(())
    }
}

impl Table {
    /// The column of that name.
    ///
    /// # Errors
    /// `schema.unknown-column`; `schema.name-case` where its name differs in case.
    pub fn resolve_column(&self, name: &Name) -> Result<&Column, SchemaError> {
        self.column_position(name).map(|position| &self.columns[position])
    }

    /// The place of the column of that name.
    pub(super) fn column_position(&self, name: &Name) -> Result<usize, SchemaError> {
        let key = name.key();
        let Some(position) = self.columns.iter().position(|column| column.name.key() == key) else {
            let names = self.columns.iter().map(|column| column.name.as_str());
            let message = format!("table {} has no column {name}", self.name);
            return Err(SchemaError::new("schema.unknown-column", message, name).help_if(suggest(name, names)));
        };
        same_case("column", name, &self.columns[position].name)?;
        Ok(position)
    }

    /// The constraint of that name, or the one whose derived name it would be: a constraint keeps its name when its table is
    /// renamed, and may have been made under another name.
    ///
    /// # Errors
    /// `schema.unknown-constraint`; `schema.name-case` where its name differs in case.
    pub fn resolve_constraint(&self, name: &Name) -> Result<&Constraint, SchemaError> {
        let key = name.key();
        if let Some(constraint) = self.constraints.iter().find(|constraint| constraint.name.key() == key) {
            same_case("constraint", name, &constraint.name)?;
            return Ok(constraint);
        }
        let shaped: Vec<&Constraint> = self
            .constraints
            .iter()
            .filter(|constraint| naming::of_constraint(self, constraint).is_some_and(|derived| derived.key() == key))
            .collect();
        if let [constraint] = shaped.as_slice() {
            return Ok(constraint);
        }
        let message = format!("table {} has no constraint {name}", self.name);
        let error = SchemaError::new("schema.unknown-constraint", message, name);
        if !shaped.is_empty() {
            let names: Vec<&str> = shaped.iter().map(|constraint| constraint.name.as_str()).collect();
            return Err(error.help(format!("several have that shape: say which of {}", names.join(", "))));
        }
        if self.indexes.iter().any(|index| index.name.key() == key) {
            return Err(error.help(format!("it is an index: write DROP INDEX {name}")));
        }
        Err(error.help_if(suggest(name, self.constraints.iter().map(|constraint| constraint.name.as_str()))))
    }

    /// The index of that name.
    ///
    /// # Errors
    /// `schema.unknown-index`; `schema.name-case` where its name differs in case.
    pub fn resolve_index(&self, name: &Name) -> Result<&Index, SchemaError> {
        let key = name.key();
        if let Some(index) = self.indexes.iter().find(|index| index.name.key() == key) {
            same_case("index", name, &index.name)?;
            return Ok(index);
        }
        let error = SchemaError::new("schema.unknown-index", format!("table {} has no index {name}", self.name), name);
        if self.constraints.iter().any(|constraint| constraint.name.key() == key) {
            let help = format!("it is a constraint: write ALTER TABLE {} DROP CONSTRAINT {name}", self.name);
            return Err(error.help(help));
        }
        Err(error.help_if(suggest(name, self.indexes.iter().map(|index| index.name.as_str()))))
    }

    /// A name that a new column may have.
    pub(super) fn free_column_name(&self, name: &Name) -> Result<(), SchemaError> {
        well_formed(name)?;
        match self.column(name) {
            Some(column) => {
                Err(already_exists(&format!("column {} of table {}", column.name, self.name), name, &column.name))
            }
            None => Ok(()),
        }
    }
}

impl ConstraintKind {
    /// What it is called in messages.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            ConstraintKind::PrimaryKey { .. } => "primary key",
            ConstraintKind::Unique { .. } => "unique constraint",
            ConstraintKind::ForeignKey(_) => "foreign key",
            ConstraintKind::Check(_) => "check",
        }
    }

    /// Whether both are known to demand the same; of checks that is never known.
    pub fn demands_the_same(&self, other: &ConstraintKind) -> bool {
        let same = |one: &[Name], other: &[Name]| {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.key() == other.key())
        };
        match (self, other) {
            (ConstraintKind::PrimaryKey { columns }, ConstraintKind::PrimaryKey { columns: others })
            | (ConstraintKind::Unique { columns }, ConstraintKind::Unique { columns: others }) => same(columns, others),
            (ConstraintKind::ForeignKey(one), ConstraintKind::ForeignKey(other)) => {
                same(&one.columns, &other.columns)
                    && one.table.key() == other.table.key()
                    && same(&one.referenced, &other.referenced)
                    && one.on_delete == other.on_delete
            }
            _ => false,
        }
    }
}

/// A name that no engine cuts or refuses for its length.
pub(super) fn well_formed(name: &Name) -> Result<(), SchemaError> {
    let text = name.as_str();
    if text.is_empty() || text.contains('\0') {
        return Err(SchemaError::new(
            "schema.name",
            "a name must have at least one character, and none may be NUL",
            name,
        ));
    }
    if text.len() > MAX_NAME_BYTES {
        let message =
            format!("the name {text} has {} bytes, and the engines keep {MAX_NAME_BYTES} at most", text.len());
        return Err(SchemaError::new("schema.name-too-long", message, name).help("choose a shorter one"));
    }
    Ok(())
}

/// A name must be written as it was declared: engines disagree on whether case tells names apart.
pub(crate) fn same_case(what: &str, written: &Name, declared: &Name) -> Result<(), SchemaError> {
    if written == declared {
        return Ok(());
    }
    Err(SchemaError::new(
        "schema.name-case",
        format!("the {what} is called \"{declared}\", not \"{written}\": they differ in case only"),
        written,
    )
    .help(format!("write \"{declared}\", in quotes where it has capitals")))
}

fn already_exists(what: &str, written: &Name, declared: &Name) -> SchemaError {
    if written == declared {
        return SchemaError::new("schema.already-exists", format!("{what} already exists"), written)
            .help("it was created by an earlier statement or migration");
    }
    SchemaError::new(
        "schema.name-case",
        format!("{what} already exists, and \"{written}\" differs in case only"),
        written,
    )
    .help("some engines can't tell the two apart: choose another name")
}

fn suggest<'a>(name: &Name, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(name.as_str(), candidates).map(|candidate| format!("did you mean {candidate}?"))
}
