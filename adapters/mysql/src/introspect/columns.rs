//! Columns: types, defaults, identity, comments, and what of a column the model does not know.

use std::collections::BTreeMap;

use fastman_core::error::Result;
use fastman_core::schema::{Column, ColumnType, Expression, Name, Table, TypeFamily};
use fastman_core::store::Attribute;

use super::{Cells, Scope, defaults, named};
use crate::dialect::declared;
use crate::product::Product;
use crate::store::MysqlStore;

pub(super) async fn read(
    store: &mut MysqlStore,
    scope: &Scope,
    found: &mut BTreeMap<String, Table>,
    attributes: &mut Vec<Attribute>,
) -> Result<()> {
    let product = store.mysql().product;
    let sql = format!(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COLLATION_NAME, COLUMN_COMMENT, \
         GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE {} ORDER BY TABLE_NAME, ORDINAL_POSITION",
        scope.condition("TABLE_SCHEMA", "TABLE_NAME")
    );
    for mut row in store.text_rows(&sql).await?.into_iter().map(Cells::new) {
        let Some(table) = found.get_mut(&row.text()) else { continue };
        let (name, column_type, nullable, default) = (row.text(), row.text(), row.text(), row.optional());
        let (extra, collation, comment, generated) =
            (row.text().to_lowercase(), row.optional(), row.text(), row.text());
        let declared = declared(&column_type);
        let default = defaults::read(product, default, &extra, &declared.column_type);
        let mut outside = |words: String| {
            attributes.push(Attribute::of_column(&table.name, &named(&name), words));
        };
        if !declared.exact {
            outside(format!("is declared {column_type}"));
        }
        if !generated.is_empty() {
            outside(format!("is generated as {generated}"));
        }
        if let Some(words) = unknown(&extra) {
            outside(format!("is {words}"));
        }
        if let Some(Expression::Raw(text)) = &default {
            outside(format!("has the default {text}"));
        }
        if let Some(collation) = collation.filter(|_| declared.column_type.family() == TypeFamily::Text)
            && collation != product.collation()
            && !is_json(product, &column_type, &collation)
        {
            outside(format!("has the collation {collation}"));
        }
        table.columns.push(Column {
            name: named(&name),
            column_type: declared.column_type,
            nullable: nullable == "YES",
            default,
            identity: extra.contains("auto_increment"),
            on_update_now: extra.contains("on update current_timestamp"),
            comment: Some(comment).filter(|comment| !comment.is_empty()),
        });
    }
    Ok(())
}

/// What a column has beside its definition that the model has no words for: `invisible`, `without system versioning`.
fn unknown(extra: &str) -> Option<String> {
    const KNOWN: [&str; 9] = [
        "auto_increment",
        "default_generated",
        "on update current_timestamp(6)",
        "on update current_timestamp()",
        "on update current_timestamp",
        "virtual generated",
        "stored generated",
        "persistent generated",
        ",",
    ];
    let rest = KNOWN.iter().fold(extra.to_owned(), |rest, known| rest.replace(known, " "));
    let words: Vec<&str> = rest.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Takes the number away from a column that is not by itself the key: the model numbers no other.
pub(super) fn number_keys_alone(table: &mut Table, attributes: &mut Vec<Attribute>) {
    let key: Vec<Name> = table.primary_key().to_vec();
    for column in table.columns.iter_mut().filter(|column| column.identity) {
        let alone = matches!(key.as_slice(), [only] if only.key() == column.name.key());
        if !alone || column.column_type.family() != TypeFamily::Integer {
            column.identity = false;
            attributes.push(Attribute::of_column(&table.name, &column.name, "is numbered"));
        }
    }
}

/// Whether it may be what MariaDB makes of JSON; its check says so.
fn is_json(product: Product, column_type: &str, collation: &str) -> bool {
    product == Product::MariaDb && column_type == "longtext" && collation == "utf8mb4_bin"
}

/// The column is JSON after all: MariaDB's is a LONGTEXT with a check.
pub(super) fn make_json(table: &mut Table, column: &str) {
    let key = named(column);
    if let Some(column) = table.columns.iter_mut().find(|known| known.name == key) {
        column.column_type = ColumnType::Json;
        if let Some(Expression::Literal { value: fastman_core::value::Value::Text(text), .. }) = &column.default {
            let value = fastman_core::value::Value::Json(text.clone());
            column.default = Some(Expression::literal(value, ColumnType::Json));
        }
    }
}
