//! Rendering: the statements of changes.

use std::sync::Arc;

use fastman_core::dialect::{Condition, RenderInput, Step};
use fastman_core::error::{Error, Result};
use fastman_core::schema::{Change, ConstraintKind, Index, Name, Schema, SchemaError, Table, Update, View};
use fastman_core::sql::text;
use fastman_core::store::CatalogObjects;

use super::alter::{Alter, column_is, support_actions, unknown};
use super::definition::Place;
use super::stored::is_constraint;
use super::{Mysql, loss, quoted};

/// The statements that do the changes.
pub(super) fn render(dialect: &Mysql, input: RenderInput<'_>) -> Result<Vec<Step>> {
    loss::refuse(dialect, &input)?;
    let mut plan =
        Plan { dialect, catalog: input.catalog, schema: input.before.clone(), steps: Vec::new(), alter: None };
    for (index, change) in input.changes.iter().enumerate() {
        let before = plan.schema.clone();
        let after = if index + 1 == input.changes.len() {
            input.after.clone()
        } else {
            let mut after = before.clone();
            after.apply(change).map_err(misfit)?;
            after
        };
        plan.change(change, before, after)?;
    }
    plan.flush()?;
    Ok(plan.steps)
}

struct Plan<'a> {
    dialect: &'a Mysql,
    catalog: &'a CatalogObjects,
    /// As it is once the statements so far, and the one in the making, are done.
    schema: Schema,
    steps: Vec<Step>,
    alter: Option<(Name, Alter)>,
}

impl Plan<'_> {
    fn change(&mut self, change: &Change, before: Schema, after: Schema) -> Result<()> {
        let gathered = change.alters_table() && !matches!(change, Change::RenameColumn { .. });
        let fits = gathered
            && self
                .alter
                .as_ref()
                .is_some_and(|(table, alter)| table.key() == change.subject().key() && !alter.clashes(change));
        if !fits {
            self.flush()?;
        }
        if gathered {
            let table = known(&before, change.subject())?;
            let (_, alter) = self.alter.get_or_insert_with(|| (table.name.clone(), Alter::new(table.clone())));
            alter.add(self.dialect, change, table, self.catalog)?;
        } else {
            let steps = self.single(change, &before, &after)?;
            self.steps.extend(steps);
        }
        self.schema = after;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if let Some((table, alter)) = self.alter.take() {
            let table = known(&self.schema, &table)?;
            self.steps.extend(alter.finish(self.dialect, table, self.catalog)?);
        }
        Ok(())
    }

    fn single(&self, change: &Change, before: &Schema, after: &Schema) -> Result<Vec<Step>> {
        Ok(match change {
            Change::CreateTable(table) => {
                let table = known(after, &table.name)?;
                vec![
                    Step::ddl(self.dialect.create_table(table)?, &table.name)
                        .done_when(Condition::Table { table: table.name.clone(), present: true }),
                ]
            }
            Change::DropTable { table } => vec![
                Step::ddl(format!("DROP TABLE {}", quoted(table.as_str())), table)
                    .done_when(Condition::Table { table: table.clone(), present: false }),
            ],
            Change::RenameTable { table, to } => self.rename_table(table, to, before, after)?,
            Change::RenameColumn { table, column, to } => self.rename_column(table, column, to, before, after)?,
            Change::CreateIndex { table, index } => vec![self.create_index(table, index, before, after)?],
            Change::DropIndex { table, index } => vec![self.drop_index(table, index, before, after)?],
            Change::CreateView(view) => vec![self.view("CREATE VIEW", view)?],
            Change::DropView { view } => vec![
                Step::ddl(format!("DROP VIEW {}", quoted(view.as_str())), view)
                    .done_when(Condition::View { view: view.clone(), present: false }),
            ],
            Change::Comment { table, column, text } => {
                vec![self.comment(table, column.as_ref(), text.as_ref(), after)?]
            }
            Change::Insert(insert) => {
                vec![Step::data(text::insert(self.dialect, insert, known(before, &insert.table)?)?)]
            }
            Change::Update(update) => {
                let ordered = self.in_order(update)?;
                vec![Step::data(text::update(self.dialect, &ordered, known(before, &update.table)?)?)]
            }
            Change::Delete(delete) => vec![Step::data(text::delete(self.dialect, delete)?)],
            other => {
                return Err(self.dialect.unsupported(format!("a change of {} can't stand here", other.subject())));
            }
        })
    }

    fn view(&self, how: &str, view: &View) -> Result<Step> {
        let query = text::select(self.dialect, &view.query)?;
        Ok(Step::ddl(format!("{how} {} AS {query}", quoted(view.name.as_str())), &view.name)
            .done_when(Condition::View { view: view.name.clone(), present: true }))
    }

    /// Views keep the names that they were made with, so those that a renaming changes are made again.
    fn renamed_views(&self, before: &Schema, after: &Schema) -> Result<Vec<Step>> {
        let mut changed: Vec<&Arc<View>> =
            after.views().filter(|view| before.view(&view.name).is_some_and(|old| old.query != view.query)).collect();
        let mut steps = Vec::new();
        while !changed.is_empty() {
            // Those first that read from none of the others.
            let next = changed
                .iter()
                .position(|view| changed.iter().all(|other| other.name == view.name || !view.query.reads(&other.name)))
                .unwrap_or(0);
            steps.push(self.view("CREATE OR REPLACE VIEW", changed.remove(next))?);
        }
        Ok(steps)
    }

    fn rename_table(&self, table: &Name, to: &Name, before: &Schema, after: &Schema) -> Result<Vec<Step>> {
        let mut step = Step::ddl(format!("RENAME TABLE {} TO {}", quoted(table.as_str()), quoted(to.as_str())), table)
            .done_when(Condition::Table { table: to.clone(), present: true });
        if table.key() != to.key() {
            step = step.done_when(Condition::Table { table: table.clone(), present: false });
        }
        step.touches.push(to.clone());
        step.touches.extend(before.children(table).map(|child| child.name.clone()));
        let mut steps = vec![step];
        steps.extend(self.renamed_views(before, after)?);
        Ok(steps)
    }

    fn rename_column(
        &self,
        table: &Name,
        column: &Name,
        to: &Name,
        before: &Schema,
        after: &Schema,
    ) -> Result<Vec<Step>> {
        let (old, new) = (known(before, table)?, known(after, table)?);
        let mut actions = Vec::new();
        let mut added = Vec::new();
        // A column that a check names can't be renamed under it.
        for constraint in &old.constraints {
            let ConstraintKind::Check(condition) = &constraint.kind else { continue };
            if !condition.names_column(column) {
                continue;
            }
            let renamed = new.constraints.iter().find(|known| known.name == constraint.name);
            let renamed = renamed.ok_or_else(|| unknown(new, "constraint", &constraint.name))?;
            actions.push(format!("DROP CONSTRAINT {}", quoted(constraint.name.as_str())));
            added.push(format!("ADD {}", self.dialect.constraint(renamed)?));
        }
        actions.push(format!("RENAME COLUMN {} TO {}", quoted(column.as_str()), quoted(to.as_str())));
        actions.extend(added);
        let sql = format!("ALTER TABLE {} {}", quoted(old.name.as_str()), actions.join(", "));
        let mut step = Step::ddl(sql, &old.name).done_when(Condition::Column {
            table: old.name.clone(),
            column: to.clone(),
            present: true,
        });
        if column.key() != to.key() {
            let column = column.clone();
            step = step.done_when(Condition::Column { table: old.name.clone(), column, present: false });
        }
        step.touches.extend(before.children(table).map(|child| child.name.clone()));
        let mut steps = vec![step];
        steps.extend(self.renamed_views(before, after)?);
        Ok(steps)
    }

    fn create_index(&self, table: &Name, index: &Index, before: &Schema, after: &Schema) -> Result<Step> {
        let columns = self.dialect.index_columns(index)?;
        let supports = support_actions(known(before, table)?, known(after, table)?, self.catalog);
        let sql = if supports.is_empty() {
            let unique = if index.unique { "UNIQUE " } else { "" };
            format!("CREATE {unique}INDEX {} ON {} ({columns})", quoted(index.name.as_str()), quoted(table.as_str()))
        } else {
            format!(
                "ALTER TABLE {} ADD {}, {}",
                quoted(table.as_str()),
                self.dialect.index(index)?,
                supports.join(", ")
            )
        };
        Ok(Step::ddl(sql, table).done_when(index_condition(table, index, true)))
    }

    fn drop_index(&self, table: &Name, index: &Name, before: &Schema, after: &Schema) -> Result<Step> {
        let old = known(before, table)?;
        let dropped = old.indexes.iter().find(|known| known.name.key() == index.key());
        let dropped = dropped.ok_or_else(|| unknown(old, "index", index))?;
        let supports = support_actions(old, known(after, table)?, self.catalog);
        let (table_name, name) = (quoted(table.as_str()), quoted(dropped.name.as_str()));
        let sql = if supports.is_empty() {
            format!("DROP INDEX {name} ON {table_name}")
        } else {
            format!("ALTER TABLE {table_name} DROP INDEX {name}, {}", supports.join(", "))
        };
        Ok(Step::ddl(sql, table).done_when(index_condition(table, dropped, false)))
    }

    fn comment(&self, table: &Name, column: Option<&Name>, comment: Option<&String>, after: &Schema) -> Result<Step> {
        let quoted_table = quoted(table.as_str());
        let condition = Condition::Comment { table: table.clone(), column: column.cloned(), text: comment.cloned() };
        let Some(name) = column else {
            let text = self.dialect.comment(comment.map(String::as_str).unwrap_or_default())?;
            return Ok(Step::ddl(format!("ALTER TABLE {quoted_table} COMMENT={text}"), table).done_when(condition));
        };
        let new = known(after, table)?;
        let is = new.column(name).ok_or_else(|| unknown(new, "column", name))?;
        let sql = format!("ALTER TABLE {quoted_table} MODIFY COLUMN {}", self.dialect.column(is, Place::Altered)?);
        Ok(Step::ddl(sql, table).done_when(condition).done_when(column_is(self.dialect, table, is)))
    }

    /// The same assignments in an order in which each sees the row as it was: here each sees what those before it have done.
    fn in_order(&self, update: &Update) -> Result<Update> {
        let mut left = update.assignments.clone();
        let mut ordered = Vec::with_capacity(left.len());
        while !left.is_empty() {
            // One whose column none of the others still has to read.
            let next = (0..left.len()).find(|index| {
                let column = &left[*index].0;
                left.iter().enumerate().all(|(other, (_, value))| {
                    other == *index || !value.as_ref().is_some_and(|value| value.names_column(column))
                })
            });
            let Some(next) = next else {
                let names: Vec<&str> = left.iter().map(|(column, _)| column.as_str()).collect();
                return Err(self.dialect.unsupported(format!(
                    "an UPDATE sees what it has assigned already, and {} are assigned from one another",
                    names.join(", ")
                )));
            };
            ordered.push(left.remove(next));
        }
        Ok(Update { assignments: ordered, ..update.clone() })
    }
}

/// Whether the index is there, in the form in which the catalog has it.
fn index_condition(table: &Name, index: &Index, present: bool) -> Condition {
    let (table, name) = (table.clone(), index.name.clone());
    if is_constraint(index) {
        Condition::Constraint { table, constraint: name, present }
    } else {
        Condition::Index { table, index: name, present }
    }
}

fn known<'a>(schema: &'a Schema, table: &Name) -> Result<&'a Arc<Table>> {
    schema.table(table).ok_or_else(|| Error::failed("schema.unknown-table", format!("there is no table {table}")))
}

/// A change that does not fit the schema it is rendered for.
fn misfit(error: SchemaError) -> Error {
    let misfit = Error::failed(error.code, error.message);
    match error.help {
        Some(help) => misfit.with_help(help),
        None => misfit,
    }
}
