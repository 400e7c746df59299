//! Reading the catalog: what is there, in the model's terms, and what the model has no terms for.

mod columns;
mod constraints;
mod defaults;
mod indexes;
mod objects;

use std::collections::BTreeMap;

use fastman_core::error::Result;
use fastman_core::schema::{Name, Schema, Table};
use fastman_core::store::{Attribute, CatalogObject, ObjectKind};
use fastman_core::value::Value;

pub(crate) use objects::{echo, objects};

use crate::dialect::{canonical, quoted, string};
use crate::store::MysqlStore;

/// Every table and view of the database, without what makes them: to say that, MariaDB opens every view.
pub(crate) async fn relations(store: &mut MysqlStore) -> Result<Vec<CatalogObject>> {
    let rows = store.text_rows(&format!("SHOW FULL TABLES FROM {}", quoted(store.database()))).await?;
    let mut relations = Vec::with_capacity(rows.len());
    for mut row in rows.into_iter().map(Cells::new) {
        let (name, kind) = (row.text(), row.text());
        let kind = match kind.as_str() {
            "SEQUENCE" => continue,
            "VIEW" | "SYSTEM VIEW" => ObjectKind::View,
            _ => ObjectKind::Table,
        };
        relations.push(CatalogObject { kind, table: name.clone(), name, sql: String::new() });
    }
    Ok(relations)
}

/// The tables named (all, where `None`), in the model's terms.
pub(crate) async fn schema(store: &mut MysqlStore, tables: Option<&[Name]>) -> Result<Schema> {
    Ok(read(store, tables).await?.0)
}

/// The tables, and what of them is outside the model.
async fn read(store: &mut MysqlStore, tables: Option<&[Name]>) -> Result<(Schema, Vec<Attribute>)> {
    let mut schema = Schema::default();
    let mut attributes = Vec::new();
    if tables.is_some_and(<[Name]>::is_empty) {
        return Ok((schema, attributes));
    }
    let scope = Scope::new(store, tables);
    let mut found = list(store, &scope, &mut attributes).await?;
    columns::read(store, &scope, &mut found, &mut attributes).await?;
    constraints::read(store, &scope, &mut found, &mut attributes).await?;
    indexes::read(store, &scope, &mut found, &mut attributes).await?;
    for mut table in found.into_values() {
        columns::number_keys_alone(&mut table, &mut attributes);
        schema.insert_table(canonical(table));
    }
    Ok((schema, attributes))
}

/// The tables themselves, without anything in them.
async fn list(
    store: &mut MysqlStore,
    scope: &Scope,
    attributes: &mut Vec<Attribute>,
) -> Result<BTreeMap<String, Table>> {
    let sql = format!(
        "SELECT TABLE_NAME, ENGINE, CREATE_OPTIONS, TABLE_COMMENT, TABLE_TYPE FROM information_schema.TABLES \
         WHERE {} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')",
        scope.condition("TABLE_SCHEMA", "TABLE_NAME")
    );
    let mut found = BTreeMap::new();
    for mut row in store.text_rows(&sql).await?.into_iter().map(Cells::new) {
        let name = row.text();
        if !scope.has(&name) {
            continue;
        }
        let (engine, options, comment, kind) = (row.optional(), row.optional(), row.text(), row.text());
        let table = named(&name);
        if let Some(engine) = engine.filter(|engine| !engine.eq_ignore_ascii_case("InnoDB")) {
            attributes.push(Attribute::of_table(&table, format!("its engine is {engine}")));
        }
        if options.is_some_and(|options| options.contains("partitioned")) {
            attributes.push(Attribute::of_table(&table, "it is partitioned"));
        }
        if kind == "SYSTEM VERSIONED" {
            attributes.push(Attribute::of_table(&table, "it is system-versioned"));
        }
        let comment = Some(comment).filter(|comment| !comment.is_empty());
        found.insert(
            name,
            Table { name: table, columns: Vec::new(), constraints: Vec::new(), indexes: Vec::new(), comment },
        );
    }
    Ok(found)
}

/// Which tables are read.
struct Scope {
    database: String,
    tables: Option<Vec<String>>,
    /// Whether the server takes names that differ in case for the same.
    folds_names: bool,
}

impl Scope {
    fn new(store: &MysqlStore, tables: Option<&[Name]>) -> Scope {
        let tables = tables.map(|tables| tables.iter().map(|table| table.as_str().to_owned()).collect());
        Scope { database: store.database().to_owned(), tables, folds_names: store.is_same_name("a", "A") }
    }

    /// For WHERE. The names stand as constants: MariaDB opens every table otherwise.
    fn condition(&self, schema: &str, table: &str) -> String {
        let mut sql = format!("{schema} = {}", string(&self.database));
        match self.tables.as_deref() {
            None => {}
            Some([only]) => sql.push_str(&format!(" AND {table} = {}", string(only))),
            Some(tables) => {
                let names: Vec<String> = tables.iter().map(|table| string(table)).collect();
                sql.push_str(&format!(" AND {table} IN ({})", names.join(", ")));
            }
        }
        sql
    }

    /// Whether the table is one of them; the catalog compares without regard to case, the server may tell such tables apart.
    fn has(&self, table: &str) -> bool {
        let is_it = |known: &String| known == table || self.folds_names && known.to_lowercase() == table.to_lowercase();
        self.tables.as_ref().is_none_or(|tables| tables.iter().any(is_it))
    }
}

/// A catalog's name as one of the model.
fn named(text: &str) -> Name {
    if text.chars().any(char::is_uppercase) { Name::exact(text) } else { Name::folded(text) }
}

/// The cells of a row, taken from the left.
struct Cells(std::vec::IntoIter<Value>);

impl Cells {
    fn new(row: Vec<Value>) -> Cells {
        Cells(row.into_iter())
    }

    /// The next as a text, empty where it is NULL.
    fn text(&mut self) -> String {
        self.optional().unwrap_or_default()
    }

    /// The next as a text.
    fn optional(&mut self) -> Option<String> {
        match self.0.next()? {
            Value::Null => None,
            Value::Text(text) | Value::Json(text) => Some(text),
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Decimal(number) => Some(number.to_string()),
            Value::Boolean(truth) => Some(u8::from(truth).to_string()),
            _ => None,
        }
    }

    /// The next as a number.
    fn number(&mut self) -> i64 {
        self.optional().and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}
