//! The live catalog as the model has it, and what it holds that the model has no place for.

mod create_table;
mod default;

use std::collections::HashMap;

use fastman_core::schema::{
    Column, ColumnType, Constraint, ConstraintKind, Expression, ForeignKey, Index, IndexColumn, Name, OnDelete, Schema,
    Table, naming,
};
use fastman_core::store::{Attribute, CatalogObject, CatalogObjects, ObjectKind};
use rusqlite::Connection;

use crate::dialect::{Affinity, affinity, canonical, create_trigger, is_text_decimal, nearest_type, trigger_name};
use crate::tokens;
use create_table::{ColumnText, ConstraintText, KindText, TableText};

/// Tables and views, without SQLite's own and without the tables behind a virtual one.
const RELATIONS: &str = "\
SELECT type, name, tbl_name, sql FROM sqlite_schema \
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
AND name NOT IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow') \
ORDER BY name";

/// Every table and view of the user's.
pub(crate) fn relations(connection: &Connection) -> rusqlite::Result<Vec<CatalogObject>> {
    connection.prepare_cached(RELATIONS)?.query_map([], object)?.collect()
}

fn object(row: &rusqlite::Row<'_>) -> rusqlite::Result<CatalogObject> {
    let kind: String = row.get(0)?;
    Ok(CatalogObject {
        kind: match kind.as_str() {
            "table" => ObjectKind::Table,
            "view" => ObjectKind::View,
            "index" => ObjectKind::Index,
            _ => ObjectKind::Trigger,
        },
        name: row.get(1)?,
        table: row.get(2)?,
        sql: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
    })
}

/// Everything in the catalog that has a text, read once, since SQLite can only search it from end to end.
struct Catalog {
    objects: Vec<CatalogObject>,
    /// Places in `objects` by the table that they belong to, its name in lower case.
    by_table: HashMap<String, Vec<usize>>,
}

impl Catalog {
    fn read(connection: &Connection) -> rusqlite::Result<Catalog> {
        let objects: Vec<CatalogObject> = connection
            .prepare_cached("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")?
            .query_map([], object)?
            .collect::<rusqlite::Result<_>>()?;
        let mut by_table: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, object) in objects.iter().enumerate() {
            by_table.entry(object.table.to_lowercase()).or_default().push(index);
        }
        Ok(Catalog { objects, by_table })
    }

    /// What belongs to the table, of one kind.
    fn of(&self, table: &str, kind: ObjectKind) -> impl Iterator<Item = &CatalogObject> {
        let places = self.by_table.get(&table.to_lowercase());
        let objects = places.into_iter().flatten().filter_map(|place| self.objects.get(*place));
        objects.filter(move |object| object.kind == kind)
    }

    /// The table, if it is there and not a virtual one.
    fn table(&self, connection: &Connection, name: &str) -> rusqlite::Result<Option<Reading>> {
        match self.of(name, ObjectKind::Table).next() {
            Some(table) if !second_word_is(&table.sql, "VIRTUAL") => Reading::of(connection, self, table).map(Some),
            _ => Ok(None),
        }
    }
}

/// The tables named, or all, as the model has them.
pub(crate) fn tables(connection: &Connection, names: Option<&[Name]>) -> rusqlite::Result<Schema> {
    let catalog = Catalog::read(connection)?;
    let names: Vec<String> = match names {
        Some(names) => names.iter().map(|name| name.as_str().to_owned()).collect(),
        None => {
            let relations = relations(connection)?.into_iter();
            relations.filter(|relation| relation.kind == ObjectKind::Table).map(|relation| relation.name).collect()
        }
    };
    let mut schema = Schema::default();
    for name in names {
        if let Some(reading) = catalog.table(connection, &name)? {
            schema.insert_table(reading.table);
        }
    }
    Ok(schema)
}

/// What only the catalog knows of the tables.
pub(crate) fn catalog_objects(connection: &Connection, names: &[Name]) -> rusqlite::Result<CatalogObjects> {
    let mut catalog = Catalog::read(connection)?;
    let mut found = CatalogObjects { live: true, ..CatalogObjects::default() };
    for name in names {
        if let Some(reading) = catalog.table(connection, name.as_str())? {
            found.attributes.extend(reading.attributes);
            found.tables.insert_table(reading.table);
        }
    }
    catalog.objects.retain(|object| {
        let table = object.table.to_lowercase();
        let elsewhere = matches!(object.kind, ObjectKind::View | ObjectKind::Trigger);
        names.iter().any(|name| name.key() == table || elsewhere && tokens::names(&object.sql, name.as_str()))
    });
    found.objects = catalog.objects;
    Ok(found)
}

/// The catalog's text of each table or view, with its indexes and triggers.
pub(crate) fn echo(connection: &Connection, names: &[Name]) -> rusqlite::Result<Vec<Option<String>>> {
    let catalog = Catalog::read(connection)?;
    let echoes = names.iter().map(|name| {
        let mut parts = Vec::new();
        for kind in [ObjectKind::Table, ObjectKind::View, ObjectKind::Index, ObjectKind::Trigger] {
            let mut objects: Vec<&CatalogObject> = catalog.of(name.as_str(), kind).collect();
            objects.sort_by(|one, other| one.name.cmp(&other.name));
            parts.extend(objects.into_iter().map(|object| object.sql.as_str()));
        }
        (!parts.is_empty()).then(|| parts.join(";\n"))
    });
    Ok(echoes.collect())
}

/// A table that is being read.
struct Reading {
    table: Table,
    /// What the model has no place for.
    attributes: Vec<Attribute>,
}

/// A column as SQLite reports it.
struct Reported {
    name: String,
    declaration: String,
    not_null: bool,
    default: Option<String>,
    /// Its place in the primary key, from 1; 0 outside.
    key: i64,
    /// 2 and 3: generated.
    hidden: i64,
}

impl Reading {
    fn of(connection: &Connection, catalog: &Catalog, found: &CatalogObject) -> rusqlite::Result<Reading> {
        let name = found.name.as_str();
        let text = create_table::parse(&found.sql);
        let reported = columns(connection, name)?;
        let mut reading = Reading {
            table: Table {
                name: model_name(name),
                columns: Vec::with_capacity(reported.len()),
                constraints: Vec::new(),
                indexes: Vec::new(),
                comment: None,
            },
            attributes: Vec::new(),
        };
        reading.options(&text);
        let key: Vec<&Reported> = reported.iter().filter(|column| column.key > 0).collect();
        for column in &reported {
            let written = text.columns.iter().find(|written| written.name.eq_ignore_ascii_case(&column.name));
            let is_rowid = matches!(key.as_slice(), [only] if only.name == column.name)
                && column.declaration.eq_ignore_ascii_case("INTEGER")
                && !text.without_rowid
                && !written.is_some_and(is_descending_key);
            reading.column(column, written, is_rowid);
        }
        for written in &text.columns {
            for constraint in &written.constraints {
                reading.constraint(connection, constraint, Some(&written.name))?;
            }
        }
        for constraint in &text.constraints {
            reading.constraint(connection, constraint, None)?;
        }
        reading.indexes(connection, catalog)?;
        reading.triggers(catalog);
        canonical(&mut reading.table);
        Ok(reading)
    }

    fn options(&mut self, text: &TableText) {
        if text.strict {
            self.note("STRICT");
        }
        if text.without_rowid {
            self.note("WITHOUT ROWID");
        }
    }

    fn note(&mut self, words: &str) {
        self.attributes.push(Attribute::of_table(&self.table.name, words));
    }

    fn column(&mut self, reported: &Reported, written: Option<&ColumnText>, is_rowid: bool) {
        let declared = nearest_type(&reported.declaration);
        let column_type = if is_rowid { ColumnType::BigInt } else { declared };
        let name = model_name(&reported.name);
        let mut note = |said: String| self.attributes.push(Attribute::of_column(&self.table.name, &name, said));
        if matches!(reported.hidden, 2 | 3) {
            note("is generated".to_owned());
        }
        if is_text_decimal(&column_type) && affinity(&reported.declaration) != Affinity::Text {
            note(format!("is declared {}, of which SQLite keeps 15 digits", reported.declaration));
        }
        for constraint in written.into_iter().flat_map(|written| &written.constraints) {
            if let KindText::Collate { collation } = &constraint.kind
                && !collation.eq_ignore_ascii_case("BINARY")
            {
                note(format!("is COLLATE {collation}"));
            }
            if !constraint.extras.is_empty() && matches!(constraint.kind, KindText::NotNull) {
                note(format!("is NOT NULL {}", constraint.extras.join(" ")));
            }
        }
        self.table.columns.push(Column {
            name,
            nullable: !reported.not_null && reported.key == 0,
            default: reported.default.as_deref().and_then(|text| default::parse(text, &column_type)),
            column_type,
            identity: is_rowid,
            on_update_now: false,
            comment: None,
        });
    }

    fn constraint(
        &mut self,
        connection: &Connection,
        constraint: &ConstraintText,
        column: Option<&str>,
    ) -> rusqlite::Result<()> {
        let list = |columns: &[String]| -> Vec<Name> {
            match column {
                Some(column) => vec![self.column_name(column)],
                None => columns.iter().map(|column| self.column_name(column)).collect(),
            }
        };
        let table = &self.table.name;
        let (derived, kind) = match &constraint.kind {
            KindText::PrimaryKey { columns, .. } => {
                (naming::primary_key(table), ConstraintKind::PrimaryKey { columns: list(columns) })
            }
            KindText::Unique { columns } => {
                let columns = list(columns);
                (naming::unique(table, &columns), ConstraintKind::Unique { columns })
            }
            KindText::Check { condition } => {
                if constraint.name.is_none() && column.is_some_and(|column| self.is_boolean_check(column, condition)) {
                    return Ok(());
                }
                (self.free_check_name(), ConstraintKind::Check(Expression::Raw(condition.clone())))
            }
            KindText::ForeignKey { columns, table: parent, referenced, on_delete } => {
                let columns = list(columns);
                let referenced = match referenced.as_slice() {
                    [] => key_of(connection, parent)?,
                    written => written.iter().map(|name| model_name(name)).collect(),
                };
                let on_delete = match on_delete.as_str() {
                    "CASCADE" => OnDelete::Cascade,
                    "SET NULL" => OnDelete::SetNull,
                    "RESTRICT" => OnDelete::Restrict,
                    _ => OnDelete::NoAction,
                };
                let key = ForeignKey { columns, table: model_name(parent), referenced, on_delete };
                (naming::foreign_key(table, &key.columns), ConstraintKind::ForeignKey(key))
            }
            _ => return Ok(()),
        };
        let name = constraint.name.as_deref().map_or(derived, model_name);
        if !constraint.extras.is_empty() {
            let words = format!("constraint {:?} is {}", name.as_str(), constraint.extras.join(" "));
            let columns = match &kind {
                ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => columns.clone(),
                ConstraintKind::ForeignKey(key) => key.columns.clone(),
                ConstraintKind::Check(_) => column.map(model_name).into_iter().collect(),
            };
            self.attributes.push(Attribute::of_table(table, words).on(columns));
        }
        self.table.constraints.push(Constraint { name, kind });
        Ok(())
    }

    /// The column as it is declared; keys may write it in another case.
    fn column_name(&self, name: &str) -> Name {
        let key = name.to_lowercase();
        let declared = self.table.columns.iter().find(|column| column.name.key() == key);
        declared.map_or_else(|| model_name(name), |column| column.name.clone())
    }

    /// The check that every BOOLEAN is given: it is part of the type.
    fn is_boolean_check(&self, column: &str, condition: &str) -> bool {
        let name = self.column_name(column);
        let is_boolean = self.table.column(&name).is_some_and(|column| column.column_type == ColumnType::Boolean);
        let found = tokens::tokens(condition);
        let [operand, rest @ ..] = found.as_slice() else { return false };
        let rest: Vec<String> = rest.iter().map(|token| token.text(condition).to_ascii_uppercase()).collect();
        let is_operand =
            tokens::name_of(condition, operand).is_some_and(|operand| operand.to_lowercase() == column.to_lowercase());
        is_boolean && is_operand && rest.join("") == "IN(0,1)"
    }

    fn free_check_name(&self) -> Name {
        let mut number = 1;
        loop {
            let name = naming::check(&self.table.name, number);
            if !self.table.constraints.iter().any(|constraint| constraint.name.key() == name.key()) {
                return name;
            }
            number += 1;
        }
    }

    /// Those of CREATE INDEX over plain columns; others stay what only the catalog knows.
    fn indexes(&mut self, connection: &Connection, catalog: &Catalog) -> rusqlite::Result<()> {
        let mut statement = connection
            .prepare_cached("SELECT name, desc, coll FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno")?;
        for index in catalog.of(self.table.name.clone().as_str(), ObjectKind::Index) {
            let columns: Vec<(Option<String>, bool, String)> = statement
                .query_map([&index.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let columns: Option<Vec<IndexColumn>> = columns
                .into_iter()
                .map(|(column, descending, collation)| {
                    let column = column.filter(|_| collation.eq_ignore_ascii_case("BINARY"))?;
                    Some(IndexColumn { name: self.column_name(&column), descending })
                })
                .collect();
            if let Some(columns) = columns {
                let unique = second_word_is(&index.sql, "UNIQUE");
                let predicate = predicate(&index.sql).map(Expression::Raw);
                self.table.indexes.push(Index { name: model_name(&index.name), columns, unique, predicate });
            }
        }
        Ok(())
    }

    /// The triggers that stand for ON UPDATE CURRENT_TIMESTAMP.
    fn triggers(&mut self, catalog: &Catalog) {
        let triggers: Vec<&CatalogObject> = catalog.of(self.table.name.as_str(), ObjectKind::Trigger).collect();
        let is_touched = |column: &Column| {
            let name = trigger_name(&self.table.name, &column.name);
            let mut named = triggers.iter().filter(|trigger| trigger.name == name.as_str());
            named.any(|trigger| trigger.sql == create_trigger(&self.table, column))
        };
        let touched: Vec<bool> = self.table.columns.iter().map(is_touched).collect();
        for (column, touched) in self.table.columns.iter_mut().zip(touched) {
            column.on_update_now = touched;
        }
    }
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Reported>> {
    connection
        .prepare_cached(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid",
        )?
        .query_map([table], |row| {
            Ok(Reported {
                name: row.get(0)?,
                declaration: row.get(1)?,
                not_null: row.get(2)?,
                default: row.get(3)?,
                key: row.get(4)?,
                hidden: row.get(5)?,
            })
        })?
        .collect()
}

/// The primary key of a table that a foreign key points at without naming columns.
fn key_of(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Name>> {
    let columns = columns(connection, table)?;
    let mut key: Vec<&Reported> = columns.iter().filter(|column| column.key > 0).collect();
    key.sort_by_key(|column| column.key);
    Ok(key.into_iter().map(|column| model_name(&column.name)).collect())
}

/// `INTEGER PRIMARY KEY DESC` is, for a reason that is history, no alias of the rowid.
fn is_descending_key(column: &ColumnText) -> bool {
    column.constraints.iter().any(|constraint| {
        matches!(constraint.kind, KindText::PrimaryKey { .. }) && constraint.extras.iter().any(|extra| extra == "DESC")
    })
}

/// `UNIQUE` of CREATE UNIQUE INDEX.
fn second_word_is(sql: &str, word: &str) -> bool {
    tokens::tokens(sql).get(1).is_some_and(|token| token.is_word(sql, word))
}

/// What stands behind the WHERE of an index.
fn predicate(sql: &str) -> Option<String> {
    let mut depth = 0_usize;
    for token in tokens::tokens(sql) {
        match token.text(sql) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 && token.is_word(sql, "WHERE") => {
                return sql.get(token.end..).map(|text| text.trim().to_owned());
            }
            _ => {}
        }
    }
    None
}

/// The catalog's name as the model has it: one that needs no quotes is a folded one.
fn model_name(text: &str) -> Name {
    let plain = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && !text.starts_with(|character: char| character.is_ascii_digit());
    if plain { Name::folded(text) } else { Name::exact(text) }
}
