//! Reading the catalog: what is there, in the model's terms and in PostgreSQL's own.
//!
//! Everything is about the first schema of the search path; what belongs to an extension, and partitions of a table, are no
//! relations of their own. All queries of one look are sent at once and see one state.

mod default;
mod queries;
mod rows;

use std::collections::BTreeMap;

use fastman_core::error::Result;
use fastman_core::schema::{
    Column, ColumnType, Constraint, ConstraintKind, Expression, ForeignKey, Index, IndexColumn, Name, OnDelete, Schema,
    Table,
};
use fastman_core::store::{Attribute, CatalogObject, CatalogObjects, ObjectKind};
use fastman_core::value::Value;

use crate::dialect::retype::{COLLATION, TYPE};
use crate::dialect::{trigger, types};
use crate::settings::quoted;
use crate::store::PostgresStore;
use crate::value::text_array;
use rows::Row;

/// All tables and views.
pub(crate) async fn relations(store: &PostgresStore) -> Result<Vec<CatalogObject>> {
    let mut answers = store.look(&[(queries::RELATIONS, Vec::new())]).await?;
    Ok(answers
        .pop()
        .unwrap_or_default()
        .into_iter()
        .map(|row| {
            let mut row = Row::new(row);
            let name = row.text();
            let is_view = row.truth();
            let definition = row.text();
            CatalogObject {
                kind: if is_view { ObjectKind::View } else { ObjectKind::Table },
                table: name.clone(),
                sql: if is_view { format!("CREATE VIEW {} AS {definition}", quoted(&name)) } else { definition },
                name,
            }
        })
        .collect())
}

/// The tables named, or all.
pub(crate) async fn schema(store: &PostgresStore, tables: Option<&[Name]>) -> Result<Schema> {
    Ok(look(store, tables).await?.0)
}

/// What only the catalog knows of tables and views.
pub(crate) async fn objects(store: &PostgresStore, relations: &[Name]) -> Result<CatalogObjects> {
    let (tables, attributes) = look(store, Some(relations)).await?;
    let mut answers = store.look(&[(queries::OBJECTS, vec![names(Some(relations))])]).await?;
    let mut objects = Vec::new();
    for row in answers.pop().unwrap_or_default() {
        let mut row = Row::new(row);
        let kind = match row.text().as_str() {
            "index" => ObjectKind::Index,
            "trigger" => ObjectKind::Trigger,
            "view" => ObjectKind::View,
            _ => ObjectKind::Table,
        };
        objects.push(CatalogObject { kind, name: row.text(), table: row.text(), sql: row.text() });
    }
    for (name, definition) in definitions(store, Some(relations)).await? {
        if tables.table(&Name::exact(&name)).is_some() {
            objects.push(CatalogObject { kind: ObjectKind::Table, table: name.clone(), name, sql: definition });
        }
    }
    Ok(CatalogObjects { live: true, objects, tables, attributes, foreseen: false })
}

/// The catalog's own words for each relation.
pub(crate) async fn echo(store: &PostgresStore, relations: &[Name]) -> Result<Vec<Option<String>>> {
    let mut found = definitions(store, Some(relations)).await?;
    Ok(relations.iter().map(|name| found.get_mut(name.as_str()).map(std::mem::take)).collect())
}

async fn definitions(store: &PostgresStore, relations: Option<&[Name]>) -> Result<BTreeMap<String, String>> {
    let mut answers = store.look(&[(queries::ECHO, vec![names(relations)])]).await?;
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for row in answers.pop().unwrap_or_default() {
        let mut row = Row::new(row);
        let text = found.entry(row.text()).or_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&row.text());
    }
    Ok(found)
}

fn names(names: Option<&[Name]>) -> Value {
    names.map_or(Value::Null, |names| text_array(names.iter().map(Name::as_str)))
}

async fn look(store: &PostgresStore, tables: Option<&[Name]>) -> Result<(Schema, Vec<Attribute>)> {
    if tables.is_some_and(<[Name]>::is_empty) {
        return Ok((Schema::default(), Vec::new()));
    }
    let names = names(tables);
    let queries = [queries::TABLES, queries::COLUMNS, queries::CONSTRAINTS, queries::INDEXES, queries::TRIGGERS];
    let answers = store.look(&queries.map(|sql| (sql, vec![names.clone()]))).await?;
    let mut reader = Reader::default();
    let readers = [Reader::table, Reader::column, Reader::constraint, Reader::index, Reader::trigger];
    for (rows, read) in answers.into_iter().zip(readers) {
        for row in rows {
            read(&mut reader, Row::new(row));
        }
    }
    Ok(reader.finish())
}

/// Tables as their rows come in.
#[derive(Default)]
struct Reader {
    tables: BTreeMap<String, Table>,
    attributes: Vec<Attribute>,
}

impl Reader {
    fn note(&mut self, table: &str, words: impl Into<String>) {
        self.attributes.push(Attribute::of_table(&Name::exact(table), words));
    }

    fn table(&mut self, mut row: Row) {
        let name = row.text();
        let comment = row.optional_text();
        for attribute in row.texts() {
            self.note(&name, attribute);
        }
        self.tables.insert(
            name.clone(),
            Table {
                name: self::name(&name),
                columns: Vec::new(),
                constraints: Vec::new(),
                indexes: Vec::new(),
                comment,
            },
        );
    }

    fn column(&mut self, mut row: Row) {
        let table_name = row.text();
        let column_name = row.text();
        let declared = types::declared(&row.text(), row.number());
        let shown = row.text();
        let required = row.truth();
        let identity = row.text();
        let generated = row.truth();
        let default = row.optional_text();
        let is_serial = row.truth();
        let comment = row.optional_text();
        let collation = row.optional_text();
        let is_domain = row.truth();
        let mut note = |said: String| {
            self.attributes.push(Attribute::of_column(&Name::exact(&table_name), &name(&column_name), said));
        };
        if !declared.exact || is_domain {
            note(format!("{TYPE}{shown}"));
        }
        if generated {
            note("is generated".to_owned());
        }
        if identity == "a" {
            note("is GENERATED ALWAYS AS IDENTITY".to_owned());
        }
        if let Some(collation) = collation {
            note(format!("{COLLATION}{collation}"));
        }
        let Some(table) = self.tables.get_mut(&table_name) else { return };
        let numbered = !identity.is_empty() || is_serial;
        table.columns.push(Column {
            name: name(&column_name),
            nullable: !required,
            default: default
                .filter(|_| !numbered && !generated)
                .map(|text| default::expression(&text, &declared.column_type)),
            identity: numbered,
            on_update_now: false,
            comment,
            column_type: declared.column_type,
        });
    }

    fn constraint(&mut self, mut row: Row) {
        let table_name = row.text();
        let constraint_name = row.text();
        let kind = row.text();
        let columns: Vec<Name> = row.texts().iter().map(|column| name(column)).collect();
        let parent = row.text();
        let referenced: Vec<Name> = row.texts().iter().map(|column| name(column)).collect();
        let on_delete = row.text();
        let condition = row.text();
        let definition = row.text();
        for attribute in row.texts() {
            let words = format!("constraint {constraint_name:?} {attribute}");
            self.attributes.push(Attribute::of_table(&Name::exact(&table_name), words).on(columns.clone()));
        }
        let kind = match kind.as_str() {
            "p" => ConstraintKind::PrimaryKey { columns },
            "u" => ConstraintKind::Unique { columns },
            "c" => ConstraintKind::Check(Expression::Raw(condition)),
            "f" => ConstraintKind::ForeignKey(ForeignKey {
                columns,
                table: name(&parent),
                referenced,
                on_delete: match on_delete.as_str() {
                    "c" => OnDelete::Cascade,
                    "n" => OnDelete::SetNull,
                    "r" => OnDelete::Restrict,
                    _ => OnDelete::NoAction,
                },
            }),
            _ => return self.note(&table_name, format!("constraint {constraint_name:?}: {definition}")),
        };
        if let Some(table) = self.tables.get_mut(&table_name) {
            table.constraints.push(Constraint { name: name(&constraint_name), kind });
        }
    }

    fn index(&mut self, mut row: Row) {
        let table_name = row.text();
        let index_name = row.text();
        let unique = row.truth();
        let columns = row.texts();
        let descending = row.texts();
        let predicate = row.optional_text();
        let definition = row.text();
        if !row.truth() {
            return self.note(&table_name, format!("index {index_name:?}: {definition}"));
        }
        let columns = columns
            .iter()
            .zip(&descending)
            .map(|(column, descending)| IndexColumn { name: name(column), descending: descending == "t" })
            .collect();
        if let Some(table) = self.tables.get_mut(&table_name) {
            let predicate = predicate.map(Expression::Raw);
            table.indexes.push(Index { name: name(&index_name), columns, unique, predicate });
        }
    }

    /// Our own triggers say that a column is set to now; others are attributes.
    fn trigger(&mut self, mut row: Row) {
        let table_name = row.text();
        let trigger_name = row.text();
        let body = row.text();
        let definition = row.text();
        let columns = self.tables.get_mut(&table_name).map(|table| table.columns.as_mut_slice()).unwrap_or_default();
        let ours = columns.iter_mut().find(|column| {
            matches!(column.column_type, ColumnType::Timestamp | ColumnType::TimestampTz)
                && trigger::name(&table_name, column.name.as_str()) == trigger_name
                && trigger::body(column.name.as_str(), &column.column_type) == body
        });
        match ours {
            Some(column) => column.on_update_now = true,
            None => self.note(&table_name, format!("trigger {trigger_name:?}: {definition}")),
        }
    }

    fn finish(mut self) -> (Schema, Vec<Attribute>) {
        let mut schema = Schema::default();
        for table in self.tables.values_mut() {
            // The model numbers a column only where it is the key.
            let key: Vec<Name> = table.primary_key().to_vec();
            for column in &mut table.columns {
                let alone = matches!(key.as_slice(), [only] if *only == column.name);
                let integer = column.column_type.family() == fastman_core::schema::TypeFamily::Integer;
                if column.identity && !(alone && integer) {
                    column.identity = false;
                    self.attributes.push(Attribute::of_column(&table.name, &column.name, "is numbered"));
                }
            }
        }
        for table in self.tables.into_values().filter(|table| !table.columns.is_empty()) {
            schema.insert_table(table);
        }
        (schema, self.attributes)
    }
}

/// A name as the catalog has it: what an unquoted word folds to is as good as unquoted.
fn name(text: &str) -> Name {
    let folded = Name::folded(text);
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !text.starts_with(|first: char| first.is_ascii_digit());
    if plain && folded.as_str() == text { folded } else { Name::exact(text) }
}
