//! Alterations of a table: by SQLite's own ALTER TABLE where that does it, else by building the table anew once for
//! all of them.
//!
//! What SQLite alters itself, and when, is at <https://www.sqlite.org/lang_altertable.html>. ADD COLUMN takes no
//! default that is not constant; DROP COLUMN no column that something else names; the rest there is no statement for.

use fastman_core::Result;
use fastman_core::dialect::{RenderInput, Step, unsupported};
use fastman_core::schema::{
    Change, Column, ColumnAlteration, ColumnType, Constraint, ConstraintKind, Conversion, Expression, Name, Schema,
    Table, conversion,
};
use fastman_core::store::CatalogObjects;
use fastman_flavours::SQLITE;

use super::definition::{create_trigger, drop_trigger, is_rowid};
use super::{SqliteDialect, known, misfit, quoted};

impl SqliteDialect {
    /// The statements of several alterations of one table.
    pub(super) fn alterations(&self, input: RenderInput<'_>) -> Result<Vec<Step>> {
        let Some(table) = input.changes.first().map(Change::subject) else { return Ok(Vec::new()) };
        let table = known(input.before, table)?;
        let found = Found { table, gone: &Trace::of(input.changes, table).gone(), catalog: input.catalog };
        self.alter(input, &found)
    }

    fn alter(&self, input: RenderInput<'_>, found: &Found<'_>) -> Result<Vec<Step>> {
        if let Some(steps) = self.native(input.changes, input.before)? {
            return Ok(steps);
        }
        let table = &found.table.name;
        let trace = Trace::of(input.changes, known(input.before, table)?);
        if let Some(index) = trace.in_the_way {
            return self.split(input, index, found);
        }
        let mut steps = Vec::new();
        let mut before = input.before.clone();
        // First the renames, by SQLite itself: so that what names the column elsewhere is rewritten too.
        let renames = trace.renames();
        for rename in &renames {
            steps.extend(self.native(std::slice::from_ref(rename), &before)?.unwrap_or_default());
            before.apply(rename).map_err(misfit)?;
        }
        let rebuild = super::rebuild::Rebuild {
            before: known(&before, table)?,
            after: known(input.after, table)?,
            columns: &trace.columns,
            found,
            schema: input.before,
        };
        steps.extend(rebuild.steps(self)?);
        Ok(steps)
    }

    /// A rename whose new name another column still has waits for what stands before it.
    fn split(&self, input: RenderInput<'_>, index: usize, found: &Found<'_>) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        let mut before = input.before.clone();
        let (first, rest) = input.changes.split_at(index);
        let (rename, last) = rest.split_at(1);
        for changes in [first, rename, last].into_iter().filter(|changes| !changes.is_empty()) {
            let mut after = before.clone();
            for change in changes {
                after.apply(change).map_err(misfit)?;
            }
            steps.extend(self.alter(RenderInput { changes, before: &before, after: &after, ..input }, found)?);
            before = after;
        }
        Ok(steps)
    }

    /// The tables that are built anew by these changes.
    pub(super) fn tables_to_rebuild(&self, changes: &[Change], before: &Schema) -> Vec<Name> {
        let mut schema = before.clone();
        let mut tables: Vec<Name> = Vec::new();
        for run in changes.chunk_by(|one, other| {
            one.alters_table() && other.alters_table() && one.subject().key() == other.subject().key()
        }) {
            if let Some(first) = run.first().filter(|change| change.alters_table())
                && !matches!(self.native(run, &schema), Ok(Some(_)))
                && !tables.contains(first.subject())
            {
                tables.push(first.subject().clone());
            }
            // A change that does not fit is found when it is rendered.
            for change in run {
                let _ = schema.apply(change);
            }
        }
        tables
    }

    /// The statements of SQLite's own that do all of the changes; `None` where one of them has none.
    fn native(&self, changes: &[Change], before: &Schema) -> Result<Option<Vec<Step>>> {
        let mut schema = before.clone();
        let mut steps = Vec::new();
        let mut rest = changes;
        while let [change, behind @ ..] = rest {
            let table = known(&schema, change.subject())?.clone();
            schema.apply(change).map_err(misfit)?;
            rest = behind;
            // They find their row by other columns from then on.
            let others = changed_triggers(&table, known(&schema, &table.name)?);
            steps.extend(others.iter().map(|column| Step::ddl(drop_trigger(&table.name, &column.name), &table.name)));
            match change {
                Change::AddColumn { column, .. } => {
                    let mut constraints = Vec::new();
                    while let [Change::AddConstraint { constraint, .. }, behind @ ..] = rest
                        && is_of_column(constraint, &column.name)
                    {
                        constraints.push(constraint);
                        rest = behind;
                    }
                    for change in &constraints {
                        let constraint =
                            Change::AddConstraint { table: table.name.clone(), constraint: Constraint::clone(change) };
                        schema.apply(&constraint).map_err(misfit)?;
                    }
                    let altered = known(&schema, &table.name)?;
                    let added = altered.column(&column.name).unwrap_or(column);
                    if !can_be_added(added, &constraints) || is_rowid(&added.name) {
                        return Ok(None);
                    }
                    steps.push(Step::ddl(self.add_column(altered, added, &constraints)?, &table.name));
                    if added.on_update_now {
                        steps.push(Step::ddl(create_trigger(altered, added), &table.name));
                    }
                }
                Change::DropColumn { column, .. } if is_rowid(column) => return Ok(None),
                Change::DropColumn { column, .. } => {
                    if table.column(column).is_some_and(|column| column.on_update_now) {
                        steps.push(Step::ddl(drop_trigger(&table.name, column), &table.name));
                    }
                    let sql = format!("ALTER TABLE {} DROP COLUMN {}", quoted(&table.name), quoted(column));
                    steps.push(Step::ddl(sql, &table.name));
                }
                Change::RenameColumn { column, to, .. } => {
                    if let Some(name) = [column, to].into_iter().find(|name| is_rowid(name)) {
                        let what =
                            format!("{}.{column} can't be renamed to {to}: SQLite renames no {name}", table.name);
                        return Err(unsupported(&SQLITE, format!("{what}, which is a name of every row's number")));
                    }
                    let touched = table.column(column).is_some_and(|column| column.on_update_now);
                    if touched {
                        steps.push(Step::ddl(drop_trigger(&table.name, column), &table.name));
                    }
                    let names = (quoted(&table.name), quoted(column), quoted(to));
                    let sql = format!("ALTER TABLE {} RENAME COLUMN {} TO {}", names.0, names.1, names.2);
                    steps.push(Step::ddl(sql, &table.name));
                    let renamed = known(&schema, &table.name)?;
                    if touched && let Some(column) = renamed.column(to) {
                        steps.push(Step::ddl(create_trigger(renamed, column), &table.name));
                    }
                }
                Change::AlterColumn { column, alteration, .. } => {
                    let altered = known(&schema, &table.name)?;
                    if !self.changes_nothing(&table, altered, column, alteration)? {
                        return Ok(None);
                    }
                }
                _ => return Ok(None),
            }
            let altered = known(&schema, &table.name)?;
            steps.extend(others.iter().map(|column| Step::ddl(create_trigger(altered, column), &table.name)));
        }
        Ok(Some(steps))
    }

    fn add_column(&self, table: &Table, column: &Column, constraints: &[&Constraint]) -> Result<String> {
        let mut sql = format!("ALTER TABLE {} ADD COLUMN {}", quoted(&table.name), self.column(table, column)?);
        for constraint in constraints {
            sql.push(' ');
            sql.push_str(&self.inline_constraint(constraint)?);
        }
        Ok(sql)
    }

    /// Whether the table is written the same before and after, and every value is kept.
    fn changes_nothing(
        &self,
        before: &Table,
        after: &Table,
        column: &Name,
        alteration: &ColumnAlteration,
    ) -> Result<bool> {
        let (Some(old), Some(new)) = (before.column(column), after.column(column)) else { return Ok(false) };
        if let ColumnAlteration::Type(to) = alteration
            && conversion(&old.column_type, to) != Conversion::Free
        {
            return Ok(false);
        }
        Ok(self.column(before, old)? == self.column(after, new)?)
    }
}

/// The columns that stay, and whose triggers are written otherwise behind a change.
fn changed_triggers(before: &Table, after: &Table) -> Vec<Column> {
    let is_touched = |table: &Table, name: &Name| table.column(name).is_some_and(|column| column.on_update_now);
    let stays = |column: &&Column| column.on_update_now && is_touched(after, &column.name);
    let is_changed = |column: &&Column| create_trigger(before, column) != create_trigger(after, column);
    before.columns.iter().filter(stays).filter(is_changed).cloned().collect()
}

/// Whether ADD COLUMN can take the constraint along: one of that column alone that needs no index.
fn is_of_column(constraint: &Constraint, column: &Name) -> bool {
    match &constraint.kind {
        ConstraintKind::ForeignKey(key) => matches!(key.columns.as_slice(), [only] if only.key() == column.key()),
        ConstraintKind::Check(condition) => condition.names_column(column),
        _ => false,
    }
}

fn can_be_added(column: &Column, constraints: &[&Constraint]) -> bool {
    let references = constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey(_)));
    match &column.default {
        None => !column.identity,
        Some(Expression::Literal { .. }) => !column.identity && !references,
        Some(_) => false,
    }
}

/// What was found in the catalog before any of the changes.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// The table as the model had it then.
    pub(super) table: &'a Table,
    /// The names of its columns that are dropped or renamed by any of the changes.
    pub(super) gone: &'a [Name],
    /// What there was.
    pub(super) catalog: &'a CatalogObjects,
}

/// Where a column of the altered table comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Its name after all changes.
    pub(super) name: Name,
    /// Its name before them; `None` for one that they add.
    pub(super) original: Option<Name>,
    /// What the rows that are there get in a column that is added.
    pub(super) initial: Option<Expression>,
    /// Its types, in the order in which it has them; more than one where it is retyped.
    pub(super) types: Vec<ColumnType>,
}

/// The way of every column through the changes.
struct Trace {
    columns: Vec<Origin>,
    table: Name,
    before: Vec<Name>,
    /// The first rename to a name that a column has before the changes.
    in_the_way: Option<usize>,
}

impl Trace {
    fn of(changes: &[Change], table: &Table) -> Trace {
        let before: Vec<Name> = table.columns.iter().map(|column| column.name.clone()).collect();
        let mut columns: Vec<Origin> = table
            .columns
            .iter()
            .map(|column| Origin {
                name: column.name.clone(),
                original: Some(column.name.clone()),
                initial: None,
                types: vec![column.column_type.clone()],
            })
            .collect();
        let mut in_the_way = None;
        for (index, change) in changes.iter().enumerate() {
            match change {
                Change::AddColumn { column, .. } => columns.push(Origin {
                    name: column.name.clone(),
                    original: None,
                    initial: column.default.clone(),
                    types: vec![column.column_type.clone()],
                }),
                Change::DropColumn { column, .. } => columns.retain(|origin| origin.name.key() != column.key()),
                Change::RenameColumn { column, to, .. } => {
                    let Some(origin) = columns.iter_mut().find(|origin| origin.name.key() == column.key()) else {
                        continue;
                    };
                    let is_own = |name: &Name| origin.original.as_ref().is_some_and(|own| own.key() == name.key());
                    if before.iter().any(|name| name.key() == to.key() && !is_own(name)) {
                        in_the_way.get_or_insert(index);
                    }
                    origin.name = to.clone();
                }
                Change::AlterColumn { column, alteration: ColumnAlteration::Type(to), .. } => {
                    let origin = columns.iter_mut().find(|origin| origin.name.key() == column.key());
                    origin.into_iter().for_each(|origin| origin.types.push(to.clone()));
                }
                _ => {}
            }
        }
        Trace { columns, table: table.name.clone(), before, in_the_way }
    }

    /// The renames from the first name to the last.
    fn renames(&self) -> Vec<Change> {
        let renamed = self.columns.iter().filter_map(|origin| {
            let original = origin.original.as_ref().filter(|original| **original != origin.name)?;
            Some(Change::RenameColumn { table: self.table.clone(), column: original.clone(), to: origin.name.clone() })
        });
        renamed.collect()
    }

    /// Names that no column has any more: what names them elsewhere has to be looked at.
    fn gone(&self) -> Vec<Name> {
        let is_kept = |name: &Name| {
            self.columns.iter().any(|origin| origin.original.as_ref() == Some(name) && origin.name == *name)
        };
        self.before.iter().filter(|name| !is_kept(name)).cloned().collect()
    }
}
