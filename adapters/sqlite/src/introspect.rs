//! The live catalog as the model has it, and what it holds that the model has no place for.

mod create_table;
mod default;

use std::collections::BTreeMap;

use fastman_core::schema::{
    Column, ColumnType, Constraint, ConstraintKind, Expression, ForeignKey, Index, IndexColumn, Name, OnDelete, Schema,
    Table, naming,
};
use fastman_core::store::{CatalogObject, CatalogObjects, ObjectKind};
use rusqlite::{Connection, OptionalExtension, params};

use crate::dialect::{Affinity, affinity, canonical, create_trigger, is_text_decimal, nearest_type, trigger_name};
use crate::tokens;
use create_table::{ColumnText, ConstraintText, KindText, TableText};

/// Tables and views, without SQLite's own and without the tables behind a virtual one.
const RELATIONS: &str = "\
SELECT s.type, s.name, s.tbl_name, s.sql FROM sqlite_schema AS s \
WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
AND NOT EXISTS (SELECT 1 FROM pragma_table_list AS l WHERE l.schema = 'main' AND l.type = 'shadow' AND l.name = s.name) \
ORDER BY s.name";

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

/// The tables named, or all, as the model has them.
pub(crate) fn tables(connection: &Connection, names: Option<&[Name]>) -> rusqlite::Result<Schema> {
    let mut schema = Schema::default();
    match names {
        None => {
            let relations = relations(connection)?;
            for relation in relations.iter().filter(|relation| relation.kind == ObjectKind::Table) {
                schema.insert_table(Reading::of(connection, &relation.name, &relation.sql)?.table);
            }
        }
        Some(names) => {
            for name in names {
                if let Some((name, sql)) = definition(connection, name)? {
                    schema.insert_table(Reading::of(connection, &name, &sql)?.table);
                }
            }
        }
    }
    Ok(schema)
}

/// A table's name and text, as the catalog has them.
fn definition(connection: &Connection, name: &Name) -> rusqlite::Result<Option<(String, String)>> {
    connection
        .prepare_cached("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE")?
        .query_row([name.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// What only the catalog knows of the tables.
pub(crate) fn catalog_objects(connection: &Connection, names: &[Name]) -> rusqlite::Result<CatalogObjects> {
    let mut catalog = CatalogObjects { live: true, ..CatalogObjects::default() };
    let mut all: Vec<CatalogObject> = connection
        .prepare_cached("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")?
        .query_map([], object)?
        .collect::<rusqlite::Result<_>>()?;
    for name in names {
        let Some((table, sql)) = definition(connection, name)? else { continue };
        let reading = Reading::of(connection, &table, &sql)?;
        catalog.attributes.extend(reading.attributes.into_iter().map(|attribute| (name.clone(), attribute)));
        catalog.tables.insert_table(reading.table);
    }
    all.retain(|object| {
        names.iter().any(|name| {
            let own = object.table.eq_ignore_ascii_case(name.as_str());
            let elsewhere = matches!(object.kind, ObjectKind::View | ObjectKind::Trigger);
            own || elsewhere && tokens::names(&object.sql, name.as_str())
        })
    });
    catalog.objects = all;
    Ok(catalog)
}

/// The catalog's text of each table or view, with its indexes and triggers.
pub(crate) fn echo(connection: &Connection, names: &[Name]) -> rusqlite::Result<Vec<Option<String>>> {
    let mut statement = connection.prepare_cached(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL \
         ORDER BY type NOT IN ('table', 'view'), type, name",
    )?;
    let mut echoes = Vec::with_capacity(names.len());
    for name in names {
        let texts: Vec<String> =
            statement.query_map([name.as_str()], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        echoes.push((!texts.is_empty()).then(|| texts.join(";\n")));
    }
    Ok(echoes)
}

/// A table that is being read.
struct Reading {
    table: Table,
    /// What the model has no place for, in words.
    attributes: Vec<String>,
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
    fn of(connection: &Connection, name: &str, sql: &str) -> rusqlite::Result<Reading> {
        let text = create_table::parse(sql);
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
        reading.indexes(connection, name)?;
        reading.triggers(connection, name)?;
        canonical(&mut reading.table);
        Ok(reading)
    }

    fn options(&mut self, text: &TableText) {
        if text.strict {
            self.attributes.push("STRICT".to_owned());
        }
        if text.without_rowid {
            self.attributes.push("WITHOUT ROWID".to_owned());
        }
    }

    fn column(&mut self, reported: &Reported, written: Option<&ColumnText>, is_rowid: bool) {
        let declared = nearest_type(&reported.declaration);
        let column_type = if is_rowid { ColumnType::BigInt } else { declared };
        let what = format!("column {:?}", reported.name);
        if matches!(reported.hidden, 2 | 3) {
            self.attributes.push(format!("{what} is generated"));
        }
        if is_text_decimal(&column_type) && affinity(&reported.declaration) != Affinity::Text {
            self.attributes
                .push(format!("{what} is declared {}, of which SQLite keeps 15 digits", reported.declaration));
        }
        for constraint in written.into_iter().flat_map(|written| &written.constraints) {
            if let KindText::Collate { collation } = &constraint.kind
                && !collation.eq_ignore_ascii_case("BINARY")
            {
                self.attributes.push(format!("{what} is COLLATE {collation}"));
            }
            if !constraint.extras.is_empty() && matches!(constraint.kind, KindText::NotNull) {
                self.attributes.push(format!("{what} is NOT NULL {}", constraint.extras.join(" ")));
            }
        }
        self.table.columns.push(Column {
            name: model_name(&reported.name),
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
            self.attributes.push(format!("constraint {:?} is {}", name.as_str(), constraint.extras.join(" ")));
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
    fn indexes(&mut self, connection: &Connection, table: &str) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "SELECT l.name, l.\"unique\", l.partial, s.sql FROM pragma_index_list(?1) AS l \
             JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = l.name WHERE l.origin = 'c' ORDER BY l.name",
        )?;
        let found: Vec<(String, bool, bool, String)> = statement
            .query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut statement = connection
            .prepare_cached("SELECT name, desc, coll FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno")?;
        for (name, unique, partial, sql) in found {
            let columns: Vec<(Option<String>, bool, String)> = statement
                .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let columns: Option<Vec<IndexColumn>> = columns
                .into_iter()
                .map(|(column, descending, collation)| {
                    let column = column.filter(|_| collation.eq_ignore_ascii_case("BINARY"))?;
                    Some(IndexColumn { name: self.column_name(&column), descending })
                })
                .collect();
            if let Some(columns) = columns {
                let predicate = if partial { predicate(&sql).map(Expression::Raw) } else { None };
                self.table.indexes.push(Index { name: model_name(&name), columns, unique, predicate });
            }
        }
        Ok(())
    }

    /// The triggers that stand for ON UPDATE CURRENT_TIMESTAMP.
    fn triggers(&mut self, connection: &Connection, table: &str) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE",
        )?;
        let triggers: BTreeMap<String, String> = statement
            .query_map(params![table], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let touched: Vec<bool> = self
            .table
            .columns
            .iter()
            .map(|column| {
                let name = trigger_name(&self.table.name, &column.name);
                triggers.get(name.as_str()).is_some_and(|sql| *sql == create_trigger(&self.table, column))
            })
            .collect();
        for (column, touched) in self.table.columns.iter_mut().zip(touched) {
            column.on_update_now = touched;
        }
        Ok(())
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
