//! Rendering: the statements of changes, alterations of one table gathered into as few ALTER TABLEs as mean the same.
//!
//! PostgreSQL does the actions of one ALTER TABLE in passes of its own (drops, types, additions, the rest), so those that touch
//! one thing twice, and renames, stand in statements of their own.

use fastman_core::dialect::{Condition, RenderInput, Step};
use fastman_core::error::{Error, Result};
use fastman_core::schema::{
    Change, Column, ColumnAlteration, ColumnType, Constraint, ConstraintKind, Index, Insert, InsertSource, Name,
    OnDelete, Schema, Table, View,
};
use fastman_core::sql::text;

use super::literal::quoted as quoted_text;
use super::retype::{Live, using};
use super::types::type_name;
use super::{Postgres, trigger};
use crate::settings::quoted;

/// The statements that do the changes.
pub(super) fn render(dialect: &Postgres, input: RenderInput<'_>) -> Result<Vec<Step>> {
    let mut plan = Plan { dialect, live: Live::of(&input), steps: Vec::new(), group: None };
    let mut before = input.before.clone();
    let mut changes = input.changes.iter().peekable();
    while let Some(change) = changes.next() {
        plan.change(change, &before)?;
        if changes.peek().is_some() {
            before.apply(change).map_err(|error| Error::failed(error.code, error.message))?;
        }
    }
    plan.flush();
    Ok(plan.steps)
}

struct Plan<'a> {
    dialect: &'a Postgres,
    live: Live<'a>,
    steps: Vec<Step>,
    group: Option<Group>,
}

/// Actions of one ALTER TABLE.
struct Group {
    table: Name,
    actions: Vec<String>,
    touched: Vec<(String, Aspect)>,
    before: Vec<Step>,
    after: Vec<Step>,
}

/// What of a column or a constraint an action touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aspect {
    All,
    Value,
    Null,
}

impl Group {
    fn clashes(&self, subject: &str, aspect: Aspect) -> bool {
        self.touched
            .iter()
            .any(|(known, of)| known == subject && (*of == aspect || *of == Aspect::All || aspect == Aspect::All))
    }
}

impl Plan<'_> {
    fn change(&mut self, change: &Change, before: &Schema) -> Result<()> {
        if !change.alters_table() || matches!(change, Change::RenameColumn { .. }) {
            self.flush();
        }
        match change {
            Change::CreateTable(table) => self.create_table(table)?,
            Change::DropTable { table } => {
                self.steps.push(
                    Step::ddl(format!("DROP TABLE {}", quoted(table.as_str())), table)
                        .done_when(Condition::Table { table: table.clone(), present: false }),
                );
                for column in touched_columns(before, table) {
                    self.steps.push(trigger::drop_function(table, &column.name));
                }
            }
            Change::RenameTable { table, to } => self.rename_table(table, to, before),
            Change::AddColumn { table, column } => self.add_column(table, column)?,
            Change::DropColumn { table, column } => self.drop_column(table, column, before)?,
            Change::RenameColumn { table, column, to } => self.rename_column(table, column, to, before),
            Change::AlterColumn { table, column, alteration } => {
                self.alter_column(table, column, alteration, before)?;
            }
            Change::AddConstraint { table, constraint } => {
                let action = format!("ADD {}", self.constraint(constraint)?);
                self.act(table, constraint.name.key().as_ref(), Aspect::All, action);
            }
            Change::DropConstraint { table, constraint } => {
                let action = format!("DROP CONSTRAINT {}", quoted(constraint.as_str()));
                self.act(table, constraint.key().as_ref(), Aspect::All, action);
            }
            Change::CreateIndex { table, index } => {
                let step = self.index(table, index)?;
                self.steps.push(step);
            }
            Change::DropIndex { table, index } => {
                self.steps.push(Step::ddl(format!("DROP INDEX {}", quoted(index.as_str())), table));
            }
            Change::CreateView(view) => {
                let step = self.create_view(view)?;
                self.steps.push(step);
            }
            Change::DropView { view } => self.steps.push(drop_view(view)),
            Change::Comment { table, column, text } => {
                self.steps.push(comment(table, column.as_ref(), text.as_deref()));
            }
            Change::Insert(insert) => self.insert(insert, before)?,
            Change::Update(update) => {
                let table = known(before, &update.table)?;
                self.steps.push(Step::data(text::update(self.dialect, update, table)?));
            }
            Change::Delete(delete) => self.steps.push(Step::data(text::delete(self.dialect, delete)?)),
        }
        Ok(())
    }

    fn create_table(&mut self, table: &Table) -> Result<()> {
        let mut parts = Vec::new();
        for column in &table.columns {
            parts.push(self.column(column)?);
        }
        for constraint in &table.constraints {
            parts.push(self.constraint(constraint)?);
        }
        let sql = format!("CREATE TABLE {} (\n    {}\n)", quoted(table.name.as_str()), parts.join(",\n    "));
        self.steps
            .push(Step::ddl(sql, &table.name).done_when(Condition::Table { table: table.name.clone(), present: true }));
        for index in &table.indexes {
            let step = self.index(&table.name, index)?;
            self.steps.push(step);
        }
        for column in &table.columns {
            if column.on_update_now {
                self.steps.extend(trigger::create(&table.name, column));
            }
        }
        if table.comment.is_some() {
            self.steps.push(comment(&table.name, None, table.comment.as_deref()));
        }
        for column in &table.columns {
            if column.comment.is_some() {
                self.steps.push(comment(&table.name, Some(&column.name), column.comment.as_deref()));
            }
        }
        Ok(())
    }

    fn rename_table(&mut self, table: &Name, to: &Name, before: &Schema) {
        let touched = touched_columns(before, table);
        for column in &touched {
            self.steps.extend(trigger::drop(table, &column.name));
        }
        let sql = format!("ALTER TABLE {} RENAME TO {}", quoted(table.as_str()), quoted(to.as_str()));
        let mut step = Step::ddl(sql, table)
            .done_when(Condition::Table { table: table.clone(), present: false })
            .done_when(Condition::Table { table: to.clone(), present: true });
        step.touches.push(to.clone());
        step.touches.extend(mentions(before, table));
        self.steps.push(step);
        for column in &touched {
            self.steps.extend(trigger::create(to, column));
        }
    }

    fn rename_column(&mut self, table: &Name, column: &Name, to: &Name, before: &Schema) {
        let touched = touched_columns(before, table).into_iter().find(|touched| touched.name.key() == column.key());
        if touched.is_some() {
            self.steps.extend(trigger::drop(table, column));
        }
        let sql = format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {}",
            quoted(table.as_str()),
            quoted(column.as_str()),
            quoted(to.as_str())
        );
        let mut step = Step::ddl(sql, table);
        step.touches.extend(mentions(before, table));
        self.steps.push(step);
        if let Some(touched) = touched {
            self.steps.extend(trigger::create(table, &Column { name: to.clone(), ..touched }));
        }
    }

    fn add_column(&mut self, table: &Name, column: &Column) -> Result<()> {
        let action = format!("ADD COLUMN {}", self.column(column)?);
        let group = self.act(table, column.name.key().as_ref(), Aspect::All, action);
        if column.on_update_now {
            group.after.extend(trigger::create(table, column));
        }
        if column.comment.is_some() {
            group.after.push(comment(table, Some(&column.name), column.comment.as_deref()));
        }
        Ok(())
    }

    fn drop_column(&mut self, table: &Name, column: &Name, before: &Schema) -> Result<()> {
        let touched = touched_columns(before, table).iter().any(|touched| touched.name.key() == column.key());
        let action = format!("DROP COLUMN {}", quoted(column.as_str()));
        let group = self.act(table, column.key().as_ref(), Aspect::All, action);
        if touched {
            group.before.extend(trigger::drop(table, column));
        }
        Ok(())
    }

    fn alter_column(
        &mut self,
        table: &Name,
        column: &Name,
        alteration: &ColumnAlteration,
        before: &Schema,
    ) -> Result<()> {
        let old = known(before, table)?
            .column(column)
            .ok_or_else(|| Error::failed("schema.unknown-column", format!("table {table} has no column {column}")))?;
        let name = quoted(column.as_str());
        let key = column.key();
        match alteration {
            ColumnAlteration::Nullable(nullable) => {
                let what = if *nullable { "DROP" } else { "SET" };
                self.act(table, &key, Aspect::Null, format!("ALTER COLUMN {name} {what} NOT NULL"));
            }
            ColumnAlteration::Default(None) => {
                self.act(table, &key, Aspect::Value, format!("ALTER COLUMN {name} DROP DEFAULT"));
            }
            ColumnAlteration::Default(Some(default)) => {
                let default = text::expression(self.dialect, default, Some(&old.column_type))?;
                self.act(table, &key, Aspect::Value, format!("ALTER COLUMN {name} SET DEFAULT {default}"));
            }
            ColumnAlteration::Type(to) => self.retype(table, old, to)?,
        }
        Ok(())
    }

    /// SET DATA TYPE, with the default taken away before (it may have no cast) and put back in the new type. One that the column has
    /// by other hands is left to the server, which casts it or says that it can't.
    fn retype(&mut self, table: &Name, column: &Column, to: &ColumnType) -> Result<()> {
        let new_type = type_name(to);
        if new_type == type_name(&column.column_type) {
            return Ok(());
        }
        let collation = self.live.keep(table, column, to)?;
        let name = quoted(column.name.as_str());
        let default = column.default.as_ref().filter(|_| self.live.has_default_of_model(table, column));
        let mut actions = Vec::new();
        if default.is_some() {
            actions.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
        }
        actions.push(format!(
            "ALTER COLUMN {name} SET DATA TYPE {new_type}{collation}{}",
            using(&name, &column.column_type, to)
        ));
        if let Some(default) = default {
            let default = text::expression(self.dialect, default, Some(to))?;
            actions.push(format!("ALTER COLUMN {name} SET DEFAULT {default}"));
        }
        let group = self.act(table, &column.name.key(), Aspect::Value, actions.join(", "));
        if column.on_update_now {
            let column = Column { column_type: to.clone(), ..column.clone() };
            group.before.extend(trigger::drop(table, &column.name));
            group.after.extend(trigger::create(table, &column));
        }
        Ok(())
    }

    /// Adds an action to the group of the table, or begins one.
    fn act(&mut self, table: &Name, subject: &str, aspect: Aspect, action: String) -> &mut Group {
        if self.group.as_ref().is_some_and(|group| group.table != *table || group.clashes(subject, aspect)) {
            self.flush();
        }
        let group = self.group.get_or_insert_with(|| Group {
            table: table.clone(),
            actions: Vec::new(),
            touched: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        });
        group.touched.push((subject.to_owned(), aspect));
        group.actions.push(action);
        group
    }

    /// Writes the group down.
    fn flush(&mut self) {
        let Some(group) = self.group.take() else { return };
        self.steps.extend(group.before);
        let separator = if group.actions.len() == 1 { " " } else { "\n    " };
        let sql = format!(
            "ALTER TABLE {}{separator}{}",
            quoted(group.table.as_str()),
            group.actions.join(&format!(",{separator}"))
        );
        self.steps.push(Step::ddl(sql, &group.table));
        self.steps.extend(group.after);
    }

    fn column(&self, column: &Column) -> Result<String> {
        let mut sql = format!("{} {}", quoted(column.name.as_str()), type_name(&column.column_type));
        if column.identity {
            sql.push_str(" GENERATED BY DEFAULT AS IDENTITY");
        }
        if !column.nullable {
            sql.push_str(" NOT NULL");
        }
        if let Some(default) = &column.default {
            sql.push_str(" DEFAULT ");
            sql.push_str(&text::expression(self.dialect, default, Some(&column.column_type))?);
        }
        Ok(sql)
    }

    fn constraint(&self, constraint: &Constraint) -> Result<String> {
        let rule = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } => format!("PRIMARY KEY ({})", list(columns)),
            ConstraintKind::Unique { columns } => format!("UNIQUE ({})", list(columns)),
            ConstraintKind::ForeignKey(key) => {
                let action = match key.on_delete {
                    OnDelete::NoAction => "",
                    OnDelete::Restrict => " ON DELETE RESTRICT",
                    OnDelete::Cascade => " ON DELETE CASCADE",
                    OnDelete::SetNull => " ON DELETE SET NULL",
                };
                format!(
                    "FOREIGN KEY ({}) REFERENCES {} ({}){action}",
                    list(&key.columns),
                    quoted(key.table.as_str()),
                    list(&key.referenced)
                )
            }
            ConstraintKind::Check(condition) => format!("CHECK ({})", text::condition(self.dialect, condition)?),
        };
        Ok(format!("CONSTRAINT {} {rule}", quoted(constraint.name.as_str())))
    }

    fn index(&self, table: &Name, index: &Index) -> Result<Step> {
        let columns: Vec<String> = index
            .columns
            .iter()
            .map(|column| {
                let direction = if column.descending { " DESC" } else { "" };
                format!("{}{direction}", quoted(column.name.as_str()))
            })
            .collect();
        let mut sql = format!(
            "CREATE {}INDEX {} ON {} ({})",
            if index.unique { "UNIQUE " } else { "" },
            quoted(index.name.as_str()),
            quoted(table.as_str()),
            columns.join(", ")
        );
        if let Some(predicate) = &index.predicate {
            sql.push_str(" WHERE ");
            sql.push_str(&text::condition(self.dialect, predicate)?);
        }
        Ok(Step::ddl(sql, table).done_when(Condition::Index {
            table: table.clone(),
            index: index.name.clone(),
            present: true,
        }))
    }

    fn create_view(&self, view: &View) -> Result<Step> {
        let query = text::select(self.dialect, &view.query)?;
        Ok(Step::ddl(format!("CREATE VIEW {} AS {query}", quoted(view.name.as_str())), &view.name)
            .done_when(Condition::View { view: view.name.clone(), present: true }))
    }

    /// INSERT; ids that it brings itself are known to the sequence afterwards.
    fn insert(&mut self, insert: &Insert, before: &Schema) -> Result<()> {
        let table = known(before, &insert.table)?;
        self.steps.push(Step::data(text::insert(self.dialect, insert, table)?));
        let identity = insert
            .columns
            .iter()
            .enumerate()
            .find(|(_, name)| table.column(name).is_some_and(|column| column.identity));
        if let Some((place, name)) = identity
            && match &insert.source {
                InsertSource::Select(_) => true,
                InsertSource::Values(rows) => rows.iter().any(|row| row.get(place).is_some_and(Option::is_some)),
            }
        {
            self.steps.push(Step::data(advance_sequence(insert.table.as_str(), name.as_str())));
        }
        Ok(())
    }
}

/// Moves the sequence of a column above the greatest value in it, never back. Where it stands there already, no number is lost.
pub(crate) fn advance_sequence(table: &str, column: &str) -> String {
    let sequence = sequence_of(table, column);
    let (table, column) = (quoted(table), quoted(column));
    format!(
        "SELECT pg_catalog.setval({sequence}, MAX({column})) FROM {table} HAVING \
         CASE WHEN MAX({column}) > COALESCE(pg_catalog.pg_sequence_last_value(CAST({sequence} AS regclass)), 0) \
         THEN MAX({column}) >= pg_catalog.nextval({sequence}) ELSE FALSE END"
    )
}

/// The sequence that numbers a column, as an expression.
pub(crate) fn sequence_of(table: &str, column: &str) -> String {
    format!("pg_catalog.pg_get_serial_sequence({}, {})", quoted_text(&quoted(table)), quoted_text(column))
}

fn drop_view(view: &Name) -> Step {
    Step::ddl(format!("DROP VIEW {}", quoted(view.as_str())), view)
        .done_when(Condition::View { view: view.clone(), present: false })
}

fn comment(table: &Name, column: Option<&Name>, text: Option<&str>) -> Step {
    let object = match column {
        None => format!("TABLE {}", quoted(table.as_str())),
        Some(column) => format!("COLUMN {}.{}", quoted(table.as_str()), quoted(column.as_str())),
    };
    let literal = text.map_or_else(|| "NULL".to_owned(), quoted_text);
    Step::ddl(format!("COMMENT ON {object} IS {literal}"), table)
}

fn list(columns: &[Name]) -> String {
    columns.iter().map(|column| quoted(column.as_str())).collect::<Vec<_>>().join(", ")
}

/// The tables and views whose definitions name the table: the catalog writes them anew when it or a column is renamed.
fn mentions(schema: &Schema, table: &Name) -> Vec<Name> {
    let key = table.key();
    let children = schema
        .tables()
        .filter(|child| child.name.key() != key && child.foreign_keys().any(|(_, parent)| parent.table.key() == key))
        .map(|child| child.name.clone());
    let views = schema.views().filter(|view| view.query.reads(table)).map(|view| view.name.clone());
    children.chain(views).collect()
}

/// The columns of the table that an update sets to now.
fn touched_columns(schema: &Schema, table: &Name) -> Vec<Column> {
    let columns = schema.table(table).map(|table| table.columns.as_slice()).unwrap_or_default();
    columns.iter().filter(|column| column.on_update_now).cloned().collect()
}

fn known<'a>(schema: &'a Schema, table: &Name) -> Result<&'a Table> {
    schema
        .table(table)
        .map(AsRef::as_ref)
        .ok_or_else(|| Error::failed("schema.unknown-table", format!("there is no table {table}")))
}
