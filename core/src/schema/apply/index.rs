//! Creating and dropping indexes, and what may be a key at all.

use super::constraint::condition_over;
use super::{declared, keys};
use crate::schema::{ColumnType, Index, IndexColumn, Name, Schema, SchemaError, Table};

/// The longest text in a key: 768 characters of up to four bytes are InnoDB's 3,072 bytes.
const MAX_KEY_CHARACTERS: u32 = 768;
/// The most bytes of a whole key: InnoDB's limit.
const MAX_KEY_BYTES: u32 = 3072;
/// The most columns of a key: InnoDB's limit.
const MAX_KEY_COLUMNS: usize = 16;

impl Schema {
    pub(super) fn create_index(&mut self, table: &Name, index: &Index) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        self.free_constraint_name(&index.name, existing)?;
        let names: Vec<Name> = index.columns.iter().map(|column| column.name.clone()).collect();
        let names = declared(existing, &names)?;
        key_fits(existing, &names, "index", &index.name)?;
        if let Some(predicate) = &index.predicate {
            condition_over(existing, predicate, "the condition of index", &index.name)?;
        }
        let columns = names.into_iter().zip(&index.columns);
        let index = Index {
            columns: columns.map(|(name, written)| IndexColumn { name, descending: written.descending }).collect(),
            ..index.clone()
        };
        self.names.insert(&index.name.key(), table.key().into());
        self.edit(table, |table| table.indexes.push(index));
        Ok(())
    }

    pub(super) fn drop_index(&mut self, table: &Name, name: &Name) -> Result<(), SchemaError> {
        let existing = self.resolve_table(table)?;
        let index = existing.resolve_index(name).map_err(|error| match self.owner(name) {
            Some(owner) if owner.name != existing.name => error.help(format!("{name} belongs to table {}", owner.name)),
            _ => error,
        })?;
        let name = index.name.clone();
        self.forget_name(&name, &table.key());
        self.edit(table, |table| table.indexes.retain(|index| index.name != name));
        Ok(())
    }
}

/// Every key and index of the table can be kept by every engine.
pub(super) fn keys_fit(table: &Table) -> Result<(), SchemaError> {
    for (constraint, columns) in keys(table) {
        key_fits(table, columns, constraint.kind.word(), &constraint.name)?;
    }
    for index in &table.indexes {
        let columns: Vec<Name> = index.columns.iter().map(|column| column.name.clone()).collect();
        key_fits(table, &columns, "index", &index.name)?;
    }
    Ok(())
}

/// The columns can be a key on every engine.
pub(super) fn key_fits(table: &Table, columns: &[Name], what: &str, name: &Name) -> Result<(), SchemaError> {
    if columns.is_empty() {
        return Err(SchemaError::new("schema.key", format!("{what} {name} needs at least one column"), name));
    }
    if columns.len() > MAX_KEY_COLUMNS {
        let message = format!("{what} {name} has {} columns; {MAX_KEY_COLUMNS} is the most", columns.len());
        return Err(SchemaError::new("schema.key", message, name));
    }
    let mut bytes = 0;
    for column in columns {
        let column_type = &table.resolve_column(column)?.column_type;
        let refused = |why: &str| {
            let message = format!("column {column} is {column_type} and can't be part of {what} {name}: {why}");
            SchemaError::new("schema.key-type", message, column)
        };
        bytes += match column_type {
            ColumnType::Text => {
                return Err(refused("engines only index text of limited length")
                    .help(format!("make it VARCHAR(n), with n up to {MAX_KEY_CHARACTERS}")));
            }
            ColumnType::Blob => {
                return Err(refused("engines only index bytes of limited length")
                    .help(format!("make it VARBINARY(n), with n up to {MAX_KEY_BYTES}")));
            }
            ColumnType::Json => return Err(refused("JSON documents have no order")),
            ColumnType::Char(length) | ColumnType::Varchar(length) if *length > MAX_KEY_CHARACTERS => {
                return Err(refused(&format!(
                    "{MAX_KEY_CHARACTERS} characters are the most that every engine indexes"
                ))
                .help(format!("make it VARCHAR({MAX_KEY_CHARACTERS}) or shorter")));
            }
            ColumnType::Varbinary(length) if *length > MAX_KEY_BYTES => {
                return Err(refused(&format!("{MAX_KEY_BYTES} bytes are the most that every engine indexes"))
                    .help(format!("make it VARBINARY({MAX_KEY_BYTES}) or shorter")));
            }
            ColumnType::Char(length) | ColumnType::Varchar(length) => 4 * length,
            ColumnType::Varbinary(length) => *length,
            ColumnType::Uuid => 4 * 36,
            ColumnType::Decimal { .. } => 18,
            _ => 8,
        };
    }
    if bytes > MAX_KEY_BYTES {
        let message = format!(
            "{what} {name} can take {bytes} bytes (4 a character); {MAX_KEY_BYTES} are the most that every engine keeps"
        );
        return Err(SchemaError::new("schema.key", message, name).help("shorten its columns or leave one out"));
    }
    Ok(())
}
