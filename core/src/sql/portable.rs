//! The portable language out of the model: what is written here, parsed and bound again, is the same model.
//!
//! Constraints are always named and stand apart from the columns; a name is quoted where it was, or where it must be.

mod expression;
mod literal;
mod name;
mod table;
#[cfg(test)]
mod tests;

use std::convert::Infallible;

use crate::schema::{
    Change, ColumnAlteration, ColumnType, ConstraintKind, Expression, Index, Name, Schema, Table, View,
};
use crate::sql::text::{self, Writer};

/// The change as a portable statement, without a separator behind it. (Comments that a CREATE TABLE carries are statements of
/// their own, with separators between them.)
pub fn change(change: &Change) -> String {
    match change {
        Change::CreateTable(table) => {
            let mut statements = vec![table::create(table)];
            statements.extend(comments(table));
            statements.join(";\n")
        }
        Change::DropTable { table } => format!("DROP TABLE {}", name::written(table)),
        Change::RenameTable { table, to } => alter(table, &format!("RENAME TO {}", name::written(to))),
        Change::AddColumn { table, column } => {
            let definition = table::definition(column, column.nullable);
            let added = alter(table, &format!("ADD COLUMN {} {definition}", name::written(&column.name)));
            match &column.comment {
                Some(text) => format!("{added};\n{}", comment(table, Some(&column.name), Some(text))),
                None => added,
            }
        }
        Change::DropColumn { table, column } => alter(table, &format!("DROP COLUMN {}", name::written(column))),
        Change::RenameColumn { table, column, to } => {
            alter(table, &format!("RENAME COLUMN {} TO {}", name::written(column), name::written(to)))
        }
        Change::AlterColumn { table, column, alteration } => {
            let how = match alteration {
                ColumnAlteration::Type(to) => format!("SET DATA TYPE {to}"),
                ColumnAlteration::Nullable(true) => "DROP NOT NULL".to_owned(),
                ColumnAlteration::Nullable(false) => "SET NOT NULL".to_owned(),
                ColumnAlteration::Default(Some(default)) => {
                    // The type in the constant is the column's, as the schema keeps it.
                    format!("SET DEFAULT {}", expression::stored(default, default.column_type().as_ref()))
                }
                ColumnAlteration::Default(None) => "DROP DEFAULT".to_owned(),
            };
            alter(table, &format!("ALTER COLUMN {} {how}", name::written(column)))
        }
        Change::AddConstraint { table, constraint } => alter(table, &format!("ADD {}", table::constraint(constraint))),
        Change::DropConstraint { table, constraint } => {
            alter(table, &format!("DROP CONSTRAINT {}", name::written(constraint)))
        }
        Change::CreateIndex { table, index } => create_index(table, index),
        Change::DropIndex { index, .. } => format!("DROP INDEX {}", name::written(index)),
        Change::CreateView(view) => create_view(view),
        Change::DropView { view } => format!("DROP VIEW {}", name::written(view)),
        Change::Comment { table, column, text } => comment(table, column.as_ref(), text.as_deref()),
        Change::Insert(insert) => {
            let Ok(statement) = text::write_insert(&Portable, insert, None);
            statement
        }
        Change::Update(update) => {
            let Ok(statement) = text::write_update(&Portable, update, None);
            statement
        }
        Change::Delete(delete) => {
            let Ok(statement) = text::write_delete(&Portable, delete);
            statement
        }
    }
}

/// The changes as a script: a statement each, closed by a semicolon and a line end.
pub fn changes(changes: &[Change]) -> String {
    changes.iter().map(|change| format!("{};\n", self::change(change))).collect()
}

/// The statements that make the table as it is: itself, its indexes, its comments.
pub fn table(table: &Table) -> String {
    let mut statements = vec![table::create(table)];
    statements.extend(table.indexes.iter().map(|index| create_index(&table.name, index)));
    statements.extend(comments(table));
    script(&statements)
}

/// The statements that make the schema, each table after those that it references, views last.
pub fn schema(schema: &Schema) -> String {
    let (tables, deferred) = table::in_order(schema);
    let mut parts: Vec<String> = tables.iter().map(self::table).collect();
    if !deferred.is_empty() {
        parts.push(changes(&deferred));
    }
    parts.extend(views_in_order(schema).into_iter().map(|view| script(&[create_view(view)])));
    parts.join("\n")
}

/// The expression as it stands in a condition or among the items of a query.
pub fn expression(expression: &Expression) -> String {
    expression::written(expression, None)
}

/// The expression as a column of this type has it for a default, or is given it.
pub fn value(expression: &Expression, column_type: &ColumnType) -> String {
    expression::stored(expression, Some(column_type))
}

/// What a constraint demands, without its name: `UNIQUE (email)`.
pub fn demand(kind: &ConstraintKind) -> String {
    table::demand(kind)
}

fn script(statements: &[String]) -> String {
    statements.iter().map(|statement| format!("{statement};\n")).collect()
}

fn alter(table: &Name, action: &str) -> String {
    format!("ALTER TABLE {} {action}", name::written(table))
}

fn create_index(table: &Name, index: &Index) -> String {
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| format!("{}{}", name::written(&column.name), if column.descending { " DESC" } else { "" }))
        .collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut statement = format!(
        "CREATE {unique}INDEX {} ON {} ({})",
        name::written(&index.name),
        name::written(table),
        columns.join(", ")
    );
    if let Some(predicate) = &index.predicate {
        statement.push_str(" WHERE ");
        statement.push_str(&expression::written(predicate, None));
    }
    statement
}

fn create_view(view: &View) -> String {
    let Ok(query) = text::write_select(&Portable, &view.query, &[]);
    format!("CREATE VIEW {} AS\n{query}", name::written(&view.name))
}

/// The views, each after those that it reads from.
fn views_in_order(schema: &Schema) -> Vec<&View> {
    let mut remaining: Vec<&View> = schema.views().map(|view| view.as_ref()).collect();
    let mut ordered: Vec<&View> = Vec::with_capacity(remaining.len());
    while !remaining.is_empty() {
        let (ready, waiting): (Vec<&View>, Vec<&View>) = remaining
            .iter()
            .partition(|view| remaining.iter().all(|other| !view.query.reads(&other.name) || other.name == view.name));
        // Views can't read from each other in a circle; if these did, they would come as they are.
        if ready.is_empty() {
            ordered.extend(waiting);
            break;
        }
        ordered.extend(ready);
        remaining = waiting;
    }
    ordered
}

fn comments(table: &Table) -> impl Iterator<Item = String> {
    let own = table.comment.iter().map(|text| comment(&table.name, None, Some(text)));
    let columns = table
        .columns
        .iter()
        .filter_map(|column| column.comment.as_ref().map(|text| comment(&table.name, Some(&column.name), Some(text))));
    own.chain(columns)
}

fn comment(table: &Name, column: Option<&Name>, text: Option<&str>) -> String {
    let text = text.map_or_else(|| "NULL".to_owned(), literal::text);
    match column {
        Some(column) => {
            format!("COMMENT ON COLUMN {}.{} IS {text}", name::written(table), name::written(column))
        }
        None => format!("COMMENT ON TABLE {} IS {text}", name::written(table)),
    }
}

/// The portable language as what statements are written with.
struct Portable;

impl Writer for Portable {
    type Error = Infallible;

    const ALIAS: &'static str = " AS ";

    fn name(&self, name: &Name) -> String {
        name::in_expression(name)
    }

    fn given_name(&self, name: &Name) -> String {
        name::written(name)
    }

    fn value(&self, expression: &Expression, result: Option<&ColumnType>) -> Result<String, Infallible> {
        Ok(expression::written(expression, result))
    }

    fn condition(&self, expression: &Expression) -> Result<String, Infallible> {
        Ok(expression::written(expression, None))
    }

    fn alias_is_needed(&self, expression: &Expression, alias: &Name) -> bool {
        match expression {
            Expression::Column(column) => column.name != *alias || column.name.is_quoted() != alias.is_quoted(),
            _ => true,
        }
    }

    fn between_rows(&self, rows: usize) -> (&'static str, &'static str) {
        if rows > 1 { ("\n    ", ",\n    ") } else { (" ", ", ") }
    }
}
