//! Indexes, and the keys that are made of them.

use std::collections::BTreeMap;

use fastman_core::error::Result;
use fastman_core::schema::{Constraint, ConstraintKind, Index, IndexColumn, Name, Table, naming};
use fastman_core::store::Attribute;

use super::{Cells, Scope, named};
use crate::dialect::quoted;
use crate::product::Product;
use crate::store::MysqlStore;

/// An index as the catalog has it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) unique: bool,
    /// Its columns, and whether each is descending.
    pub(super) columns: Vec<(String, bool)>,
    /// What the model has no terms for: prefixes, expressions, other kinds.
    pub(super) outside: Option<String>,
    /// Queries don't use it.
    pub(super) hidden: bool,
}

/// Every index of the tables, by table and name.
pub(super) async fn all(store: &mut MysqlStore, scope: &Scope) -> Result<BTreeMap<(String, String), Found>> {
    let hidden = match store.mysql().product {
        Product::MySql => "IS_VISIBLE = 'NO'",
        Product::MariaDb => "IGNORED = 'YES'",
    };
    let sql = format!(
        "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE, {hidden} \
         FROM information_schema.STATISTICS WHERE {} ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX",
        scope.condition("TABLE_SCHEMA", "TABLE_NAME")
    );
    let mut indexes: BTreeMap<(String, String), Found> = BTreeMap::new();
    for mut row in store.text_rows(&sql).await?.into_iter().map(Cells::new) {
        let index = indexes.entry((row.text(), row.text())).or_default();
        index.unique = row.number() == 0;
        let (column, collation, prefix, kind) = (row.optional(), row.text(), row.optional(), row.text());
        index.hidden = row.number() == 1;
        if prefix.is_some() {
            index.outside = Some("covers only the beginning of a column".to_owned());
        }
        if !kind.eq_ignore_ascii_case("BTREE") {
            index.outside = Some(format!("is of the kind {kind}"));
        }
        match column {
            Some(column) => index.columns.push((column, collation == "D")),
            None => index.outside = Some("covers an expression".to_owned()),
        }
    }
    Ok(indexes)
}

pub(super) async fn read(
    store: &mut MysqlStore,
    scope: &Scope,
    found: &mut BTreeMap<String, Table>,
    attributes: &mut Vec<Attribute>,
) -> Result<()> {
    for ((table, name), index) in all(store, scope).await? {
        let Some(table) = found.get_mut(&table) else { continue };
        if let Some(outside) = index.outside {
            attributes.push(Attribute::of_table(&table.name, format!("index {} {outside}", quoted(&name))));
            continue;
        }
        if index.hidden {
            attributes
                .push(Attribute::of_table(&table.name, format!("index {} is hidden from queries", quoted(&name))));
        }
        let columns: Vec<Name> = index.columns.iter().map(|(column, _)| named(column)).collect();
        if name == "PRIMARY" {
            let name = naming::primary_key(&table.name);
            table.constraints.push(Constraint { name, kind: ConstraintKind::PrimaryKey { columns } });
            continue;
        }
        let name = named(&name);
        let supports = |(key, foreign_key): (&Name, &fastman_core::schema::ForeignKey)| {
            key.key() == name.key() && foreign_key.columns == columns
        };
        if !index.unique && table.foreign_keys().any(supports) {
            continue;
        }
        let columns = index
            .columns
            .iter()
            .map(|(column, descending)| IndexColumn { name: named(column), descending: *descending })
            .collect();
        table.indexes.push(Index { name, columns, unique: index.unique, predicate: None });
    }
    Ok(())
}
