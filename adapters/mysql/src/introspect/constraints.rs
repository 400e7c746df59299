//! Foreign keys and checks. Primary keys and uniques are indexes here.

use std::collections::BTreeMap;

use fastman_core::error::Result;
use fastman_core::schema::{Constraint, ConstraintKind, Expression, ForeignKey, Name, OnDelete, Table};
use fastman_core::store::Attribute;

use super::{Cells, Scope, columns, named};
use crate::dialect::quoted;
use crate::product::Product;
use crate::store::MysqlStore;

pub(super) async fn read(
    store: &mut MysqlStore,
    scope: &Scope,
    found: &mut BTreeMap<String, Table>,
    attributes: &mut Vec<Attribute>,
) -> Result<()> {
    foreign_keys(store, scope, found, attributes).await?;
    checks(store, scope, found, attributes).await
}

async fn foreign_keys(
    store: &mut MysqlStore,
    scope: &Scope,
    found: &mut BTreeMap<String, Table>,
    attributes: &mut Vec<Attribute>,
) -> Result<()> {
    let sql = format!(
        "SELECT TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE, REFERENCED_TABLE_NAME, UNIQUE_CONSTRAINT_SCHEMA \
         FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE {}",
        scope.condition("CONSTRAINT_SCHEMA", "TABLE_NAME")
    );
    let mut rules: BTreeMap<(String, String), (OnDelete, String)> = BTreeMap::new();
    for mut row in store.text_rows(&sql).await?.into_iter().map(Cells::new) {
        let (table, name, delete, update, referenced) = (row.text(), row.text(), row.text(), row.text(), row.text());
        let elsewhere = row.text();
        if let Some(table) = found.get(&table) {
            let mut outside = |words: String| {
                attributes.push(Attribute::of_table(&table.name, format!("foreign key {} {words}", quoted(&name))));
            };
            if matches!(update.as_str(), "CASCADE" | "SET NULL" | "SET DEFAULT") {
                outside(format!("has ON UPDATE {update}"));
            }
            if !store.is_same_name(&elsewhere, store.database()) {
                outside(format!("refers to a table of the database {elsewhere}"));
            }
        }
        rules.insert((table, name), (on_delete(&delete), referenced));
    }
    if rules.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE \
         WHERE {} AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION",
        scope.condition("TABLE_SCHEMA", "TABLE_NAME")
    );
    let mut columns: BTreeMap<(String, String), (Vec<Name>, Vec<Name>)> = BTreeMap::new();
    for mut row in store.text_rows(&sql).await?.into_iter().map(Cells::new) {
        let (own, referenced) = columns.entry((row.text(), row.text())).or_default();
        own.push(named(&row.text()));
        referenced.push(named(&row.text()));
    }
    for (place, (columns, referenced)) in columns {
        let (Some(table), Some((on_delete, parent))) = (found.get_mut(&place.0), rules.remove(&place)) else {
            continue;
        };
        let key = ForeignKey { columns, table: named(&parent), referenced, on_delete };
        table.constraints.push(Constraint { name: named(&place.1), kind: ConstraintKind::ForeignKey(key) });
    }
    Ok(())
}

fn on_delete(rule: &str) -> OnDelete {
    match rule {
        "CASCADE" => OnDelete::Cascade,
        "SET NULL" => OnDelete::SetNull,
        "RESTRICT" => OnDelete::Restrict,
        _ => OnDelete::NoAction,
    }
}

async fn checks(
    store: &mut MysqlStore,
    scope: &Scope,
    found: &mut BTreeMap<String, Table>,
    attributes: &mut Vec<Attribute>,
) -> Result<()> {
    let sql = match store.mysql().product {
        Product::MySql => format!(
            "SELECT t.TABLE_NAME, t.CONSTRAINT_NAME, c.CHECK_CLAUSE, 'Table', t.ENFORCED FROM information_schema.TABLE_CONSTRAINTS AS t \
             JOIN information_schema.CHECK_CONSTRAINTS AS c ON c.CONSTRAINT_SCHEMA = t.CONSTRAINT_SCHEMA \
             AND c.CONSTRAINT_NAME = t.CONSTRAINT_NAME WHERE t.CONSTRAINT_TYPE = 'CHECK' AND {}",
            scope.condition("t.TABLE_SCHEMA", "t.TABLE_NAME")
        ),
        Product::MariaDb => format!(
            "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, LEVEL, 'YES' FROM information_schema.CHECK_CONSTRAINTS WHERE {}",
            scope.condition("CONSTRAINT_SCHEMA", "TABLE_NAME")
        ),
    };
    for mut row in store.text_rows(&sql).await?.into_iter().map(Cells::new) {
        let Some(table) = found.get_mut(&row.text()) else { continue };
        let (name, clause, level, enforced) = (row.text(), row.text(), row.text(), row.text());
        if enforced == "NO" {
            attributes.push(Attribute::of_table(&table.name, format!("check {} is NOT ENFORCED", quoted(&name))));
        }
        if level == "Column" {
            if clause.eq_ignore_ascii_case(&format!("json_valid({})", quoted(&name))) {
                columns::make_json(table, &name);
                continue;
            }
            attributes.push(Attribute::of_column(&table.name, &named(&name), format!("has the check {clause}")));
        }
        table.constraints.push(Constraint { name: named(&name), kind: ConstraintKind::Check(Expression::Raw(clause)) });
    }
    Ok(())
}
