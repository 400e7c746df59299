//! Rendering: every portable change has a statement of its own in SPG, and all of them roll back.

use fastman_core::dialect::{Dialect, RenderInput, Step, conditions};
use fastman_core::error::{Error, Result};
use fastman_core::schema::{
    Change, Column, ColumnAlteration, ColumnType, Constraint, ConstraintKind, Index, Insert, InsertSource, Name,
    OnDelete, Schema, Table, TypeFamily,
};
use fastman_core::sql::text;

use super::types::type_name;
use super::{quoted, quoted_text, touch};

/// The statements that do the changes, one after the other.
pub(super) fn render(dialect: &dyn Dialect, input: RenderInput<'_>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut schema = input.before.clone();
    let mut changes = input.changes.iter().peekable();
    while let Some(change) = changes.next() {
        let first = steps.len();
        Renderer { dialect, schema: &schema, steps: &mut steps }.change(change)?;
        // Where one statement does all of a change, core can tell from the catalog that it was done.
        if let [step] = &mut steps[first..] {
            step.done_when = conditions(dialect, change, input.after);
        }
        if changes.peek().is_some() {
            schema.apply(change).map_err(|error| Error::failed(error.code, error.message))?;
        }
    }
    Ok(steps)
}

struct Renderer<'a> {
    dialect: &'a dyn Dialect,
    /// Before the change.
    schema: &'a Schema,
    steps: &'a mut Vec<Step>,
}

impl Renderer<'_> {
    fn change(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::CreateTable(table) => self.create_table(table)?,
            Change::DropTable { table } => self.ddl(table, format!("DROP TABLE {}", quoted(table.as_str()))),
            Change::RenameTable { table, to } => self.alter(table, format!("RENAME TO {}", quoted(to.as_str()))),
            Change::AddColumn { table, column } => {
                let definition = self.column(column)?;
                self.alter(table, format!("ADD COLUMN {definition}"));
                if column.on_update_now {
                    self.alter(table, format!("ADD {}", touch::mark(&column.name)));
                }
                if column.comment.is_some() {
                    self.comment(table, Some(&column.name), column.comment.as_deref());
                }
            }
            Change::DropColumn { table, column } => {
                if touch::is_marked(self.schema, table, column) {
                    self.alter(table, touch::unmark(column));
                }
                self.alter(table, format!("DROP COLUMN {}", quoted(column.as_str())));
            }
            Change::RenameColumn { table, column, to } => {
                self.alter(table, format!("RENAME COLUMN {} TO {}", quoted(column.as_str()), quoted(to.as_str())));
                if touch::is_marked(self.schema, table, column) {
                    self.alter(table, touch::unmark(column));
                    self.alter(table, format!("ADD {}", touch::mark(to)));
                }
            }
            Change::AlterColumn { table, column, alteration } => self.alter_column(table, column, alteration)?,
            Change::AddConstraint { table, constraint } => {
                let definition = self.constraint(constraint)?;
                self.alter(table, format!("ADD {definition}"));
            }
            Change::DropConstraint { table, constraint } => {
                self.alter(table, format!("DROP CONSTRAINT {}", quoted(constraint.as_str())));
            }
            Change::CreateIndex { table, index } => {
                let sql = self.index(table, index)?;
                self.ddl(table, sql);
            }
            Change::DropIndex { table, index } => self.ddl(table, format!("DROP INDEX {}", quoted(index.as_str()))),
            Change::CreateView(view) => {
                let query = text::select(self.dialect, &view.query)?;
                self.ddl(&view.name, format!("CREATE VIEW {} AS {query}", quoted(view.name.as_str())));
            }
            Change::DropView { view } => self.ddl(view, format!("DROP VIEW {}", quoted(view.as_str()))),
            Change::Comment { table, column, text } => self.comment(table, column.as_ref(), text.as_deref()),
            Change::Insert(insert) => self.insert(insert)?,
            Change::Update(update) => {
                let sql = text::update(self.dialect, update, self.table(&update.table)?)?;
                self.steps.push(Step::data(sql));
            }
            Change::Delete(delete) => self.steps.push(Step::data(text::delete(self.dialect, delete)?)),
        }
        Ok(())
    }

    fn ddl(&mut self, subject: &Name, sql: String) {
        self.steps.push(Step::ddl(sql, subject));
    }

    fn alter(&mut self, table: &Name, action: String) {
        self.ddl(table, format!("ALTER TABLE {} {action}", quoted(table.as_str())));
    }

    fn create_table(&mut self, table: &Table) -> Result<()> {
        let mut parts = table.columns.iter().map(|column| self.column(column)).collect::<Result<Vec<_>>>()?;
        for constraint in &table.constraints {
            parts.push(self.constraint(constraint)?);
        }
        parts
            .extend(table.columns.iter().filter(|column| column.on_update_now).map(|column| touch::mark(&column.name)));
        self.ddl(
            &table.name,
            format!("CREATE TABLE {} (\n    {}\n)", quoted(table.name.as_str()), parts.join(",\n    ")),
        );
        for index in &table.indexes {
            let sql = self.index(&table.name, index)?;
            self.ddl(&table.name, sql);
        }
        if table.comment.is_some() {
            self.comment(&table.name, None, table.comment.as_deref());
        }
        for column in table.columns.iter().filter(|column| column.comment.is_some()) {
            self.comment(&table.name, Some(&column.name), column.comment.as_deref());
        }
        Ok(())
    }

    fn alter_column(&mut self, table: &Name, column: &Name, alteration: &ColumnAlteration) -> Result<()> {
        let old =
            self.table(table)?.column(column).cloned().ok_or_else(|| {
                Error::failed("schema.unknown-column", format!("table {table} has no column {column}"))
            })?;
        let name = quoted(column.as_str());
        match alteration {
            ColumnAlteration::Nullable(true) => self.alter(table, format!("ALTER COLUMN {name} DROP NOT NULL")),
            ColumnAlteration::Nullable(false) => self.alter(table, format!("ALTER COLUMN {name} SET NOT NULL")),
            ColumnAlteration::Default(None) => self.alter(table, format!("ALTER COLUMN {name} DROP DEFAULT")),
            ColumnAlteration::Default(Some(default)) => {
                let default = text::expression(self.dialect, default, Some(&old.column_type))?;
                self.alter(table, format!("ALTER COLUMN {name} SET DEFAULT {default}"));
            }
            ColumnAlteration::Type(to) => {
                if old.default.is_some() {
                    self.alter(table, format!("ALTER COLUMN {name} DROP DEFAULT"));
                }
                let using = using(&name, &old.column_type, to);
                // SPG takes SET DATA TYPE as well, says that it is done, and does nothing.
                self.alter(table, format!("ALTER COLUMN {name} TYPE {}{using}", type_name(to)));
                if let Some(default) = &old.default {
                    let default = text::expression(self.dialect, default, Some(to))?;
                    self.alter(table, format!("ALTER COLUMN {name} SET DEFAULT {default}"));
                }
            }
        }
        Ok(())
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
        if column.on_update_now {
            sql.push_str(touch::ATTRIBUTE);
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
                let parent = quoted(key.table.as_str());
                format!("FOREIGN KEY ({}) REFERENCES {parent} ({}){action}", list(&key.columns), list(&key.referenced))
            }
            ConstraintKind::Check(condition) => format!("CHECK ({})", text::condition(self.dialect, condition)?),
        };
        Ok(format!("CONSTRAINT {} {rule}", quoted(constraint.name.as_str())))
    }

    fn index(&self, table: &Name, index: &Index) -> Result<String> {
        let columns: Vec<String> = index
            .columns
            .iter()
            .map(|column| format!("{}{}", quoted(column.name.as_str()), if column.descending { " DESC" } else { "" }))
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
        Ok(sql)
    }

    fn comment(&mut self, table: &Name, column: Option<&Name>, text: Option<&str>) {
        let object = match column {
            None => format!("TABLE {}", quoted(table.as_str())),
            Some(column) => format!("COLUMN {}.{}", quoted(table.as_str()), quoted(column.as_str())),
        };
        self.ddl(table, format!("COMMENT ON {object} IS {}", text.map_or("NULL".to_owned(), quoted_text)));
    }

    /// INSERT; ids that it brings itself are known to the sequence afterwards.
    fn insert(&mut self, insert: &Insert) -> Result<()> {
        let table = self.table(&insert.table)?;
        let sql = text::insert(self.dialect, insert, table)?;
        let mut columns = insert.columns.iter().enumerate();
        let identity = columns.find(|(_, name)| table.column(name).is_some_and(|column| column.identity));
        let brings_ids = |place: usize| match &insert.source {
            InsertSource::Select(_) => true,
            InsertSource::Values(rows) => rows.iter().any(|row| row.get(place).is_some_and(Option::is_some)),
        };
        self.steps.push(Step::data(sql));
        if let Some((place, name)) = identity
            && brings_ids(place)
        {
            self.steps.push(Step::data(advance_sequence(insert.table.as_str(), name.as_str())));
        }
        Ok(())
    }

    fn table(&self, name: &Name) -> Result<&Table> {
        let unknown = || Error::failed("schema.unknown-table", format!("there is no table {name}"));
        self.schema.table(name).map(AsRef::as_ref).ok_or_else(unknown)
    }
}

/// The name of the sequence that numbers a column, as an expression.
pub(crate) fn sequence_of(table: &str, column: &str) -> String {
    format!("pg_get_serial_sequence({}, {})", quoted_text(&quoted(table)), quoted_text(column))
}

/// Moves the sequence of a column above the greatest value in it, never back. SPG takes no expression where the new value stands,
/// so the statement is put together where the value is known.
pub(crate) fn advance_sequence(table: &str, column: &str) -> String {
    let sequence = sequence_of(table, column);
    let set = quoted_text(&format!("SELECT setval({sequence}, "));
    let (table, column) = (quoted(table), quoted(column));
    format!(
        "DO $fastman$ BEGIN EXECUTE {set} || \
         (SELECT GREATEST(MAX({column}), pg_sequence_last_value({sequence}), 1) FROM {table}) || ')'; END $fastman$"
    )
}

/// How rows get to the new type. What SPG would round silently is made to fail.
fn using(name: &str, from: &ColumnType, to: &ColumnType) -> String {
    let kept = match (from, to) {
        (ColumnType::Decimal { scale, .. }, ColumnType::Decimal { scale: kept, .. }) if scale > kept => *kept,
        (ColumnType::Decimal { scale: 1.., .. }, _) if to.family() == TypeFamily::Integer => 0,
        _ if from.family() == TypeFamily::Text && to.family() != TypeFamily::Text => {
            return format!(" USING CAST({name} AS {})", type_name(to));
        }
        _ => return String::new(),
    };
    format!(
        " USING CASE WHEN {name} = ROUND({name}, {kept}) THEN {name} \
         ELSE CAST('it would lose digits: ' || {name} AS numeric) END"
    )
}

fn list(columns: &[Name]) -> String {
    columns.iter().map(|column| quoted(column.as_str())).collect::<Vec<_>>().join(", ")
}
