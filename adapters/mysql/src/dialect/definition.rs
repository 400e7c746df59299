//! Definitions: columns, constraints, indexes and tables as CREATE and ALTER TABLE write them.

use fastman_core::error::Result;
use fastman_core::schema::{
    Column, ColumnType, Constraint, ConstraintKind, Expression, Function, Index, Name, OnDelete, Table,
};
use fastman_core::sql::text;

use super::expression::NOW;
use super::literal::{self, is_kept, string};
use super::support::{Support, supports};
use super::types::default_is_expression;
use super::{Mysql, quoted, value_text};

/// Where a column's definition stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a table that says itself which collation its texts have.
    NewTable,
    /// In a table that may have been made by others.
    Altered,
}

impl Mysql {
    /// `CREATE TABLE`, with its indexes and those that its foreign keys need.
    pub(super) fn create_table(&self, table: &Table) -> Result<String> {
        let mut parts = Vec::new();
        for column in &table.columns {
            parts.push(self.column(column, Place::NewTable)?);
        }
        for constraint in &table.constraints {
            parts.push(self.constraint(constraint)?);
        }
        for index in &table.indexes {
            parts.push(self.index(index)?);
        }
        parts.extend(supports(table).iter().map(support_key));
        let comment = match &table.comment {
            Some(text) => format!(" COMMENT={}", self.comment(text)?),
            None => String::new(),
        };
        Ok(format!(
            "CREATE TABLE {} (\n    {}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={}{comment}",
            quoted(table.name.as_str()),
            parts.join(",\n    "),
            self.product.collation(),
        ))
    }

    /// A column with all that it has.
    pub(super) fn column(&self, column: &Column, place: Place) -> Result<String> {
        let mut sql = format!("{} {}", quoted(column.name.as_str()), self.type_text(&column.column_type)?);
        if place == Place::Altered && self.has_collation(&column.column_type) {
            sql.push_str(&format!(" CHARACTER SET utf8mb4 COLLATE {}", self.product.collation()));
        }
        sql.push_str(if column.nullable { " NULL" } else { " NOT NULL" });
        if let Some(default) = &column.default {
            sql.push_str(&self.default(column, default)?);
        }
        if column.on_update_now {
            sql.push_str(&format!(" ON UPDATE {NOW}"));
        }
        if column.identity {
            sql.push_str(" AUTO_INCREMENT");
        }
        if let Some(comment) = &column.comment {
            sql.push_str(&format!(" COMMENT {}", self.comment(comment)?));
        }
        Ok(sql)
    }

    /// What sets or drops the default alone, as ALTER TABLE takes it.
    pub(super) fn alter_default(&self, column: &Column) -> Result<String> {
        let default = match &column.default {
            Some(default) => self.default(column, default)?,
            None => String::new(),
        };
        let name = quoted(column.name.as_str());
        Ok(match (default.is_empty(), column.nullable) {
            (false, _) => format!("ALTER COLUMN {name} SET{default}"),
            // Without any, a row would have to name it.
            (true, true) => format!("ALTER COLUMN {name} SET DEFAULT NULL"),
            (true, false) => format!("ALTER COLUMN {name} DROP DEFAULT"),
        })
    }

    /// The text of a comment.
    pub(super) fn comment(&self, text: &str) -> Result<String> {
        if is_kept(text) {
            Ok(string(text))
        } else {
            Err(self
                .unsupported("a comment can't have characters of four bytes (emoji): they would become question marks"))
        }
    }

    fn default(&self, column: &Column, default: &Expression) -> Result<String> {
        let column_type = &column.column_type;
        Ok(match default {
            Expression::Literal { value: fastman_core::value::Value::Null, .. } => String::new(),
            Expression::Literal { value, .. } => {
                let text = literal::default(value, default_is_expression(column_type));
                format!(" DEFAULT {}", text.map_err(|reason| self.unsupported(reason))?)
            }
            Expression::Call { function: Function::CurrentTimestamp, .. }
                if matches!(column_type, ColumnType::Timestamp | ColumnType::TimestampTz) =>
            {
                format!(" DEFAULT {NOW}")
            }
            other => format!(" DEFAULT ({})", value_text(self, other, Some(column_type))?),
        })
    }

    /// A constraint, as CREATE TABLE and ADD take it.
    pub(super) fn constraint(&self, constraint: &Constraint) -> Result<String> {
        let name = quoted(constraint.name.as_str());
        Ok(match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } => format!("PRIMARY KEY ({})", list(columns)),
            ConstraintKind::Unique { columns } => format!("UNIQUE KEY {name} ({})", list(columns)),
            ConstraintKind::ForeignKey(key) => format!(
                "CONSTRAINT {name} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {}",
                list(&key.columns),
                quoted(key.table.as_str()),
                list(&key.referenced),
                match key.on_delete {
                    OnDelete::NoAction => "NO ACTION",
                    OnDelete::Restrict => "RESTRICT",
                    OnDelete::Cascade => "CASCADE",
                    OnDelete::SetNull => "SET NULL",
                },
            ),
            ConstraintKind::Check(condition) => {
                let condition = text::condition(self, condition)?;
                let bare = condition.strip_prefix('(').is_none();
                if bare {
                    format!("CONSTRAINT {name} CHECK ({condition})")
                } else {
                    format!("CONSTRAINT {name} CHECK {condition}")
                }
            }
        })
    }

    /// An index, as CREATE TABLE and ADD take it.
    pub(super) fn index(&self, index: &Index) -> Result<String> {
        let unique = if index.unique { "UNIQUE KEY" } else { "KEY" };
        Ok(format!("{unique} {} ({})", quoted(index.name.as_str()), self.index_columns(index)?))
    }

    /// The columns of an index.
    pub(super) fn index_columns(&self, index: &Index) -> Result<String> {
        if index.predicate.is_some() {
            return Err(
                self.unsupported(format!("the index {} has a WHERE, and there are no partial indexes", index.name))
            );
        }
        let columns = index
            .columns
            .iter()
            .map(|column| format!("{}{}", quoted(column.name.as_str()), if column.descending { " DESC" } else { "" }));
        Ok(columns.collect::<Vec<_>>().join(", "))
    }
}

/// Whether a column's default can be set by itself, and says then what it says in a definition: a constant does, and none; but MySQL
/// takes that of no text without a limit.
pub(super) fn says_default_alone(column: &Column, default: Option<&Expression>) -> bool {
    let constant = default.is_none_or(|default| matches!(default, Expression::Literal { .. }));
    constant && !column.on_update_now && !default_is_expression(&column.column_type)
}

/// The index that a foreign key needs, as CREATE TABLE and ADD take it.
pub(super) fn support_key(support: &Support) -> String {
    format!("KEY {} ({})", quoted(support.name.as_str()), list(&support.columns))
}

fn list(columns: &[Name]) -> String {
    columns.iter().map(|column| quoted(column.as_str())).collect::<Vec<_>>().join(", ")
}
