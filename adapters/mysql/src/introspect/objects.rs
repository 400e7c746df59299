//! What only the live catalog knows of some tables, and the echo of a definition.

use std::collections::BTreeMap;

use fastman_core::error::{ErrorClass, Result};
use fastman_core::schema::Name;
use fastman_core::store::{CatalogObject, CatalogObjects, ObjectKind};

use super::{Cells, Scope, indexes, read, relations};
use crate::dialect::quoted;
use crate::store::MysqlStore;

/// What the catalog has of the tables beside the model.
pub(crate) async fn objects(store: &mut MysqlStore, tables: &[Name]) -> Result<CatalogObjects> {
    let (schema, attributes) = read(store, Some(tables)).await?;
    let scope = Scope::new(store, Some(tables));
    let mut objects = Vec::new();
    if tables.is_empty() {
        return Ok(CatalogObjects { live: true, objects, tables: schema, attributes, foreseen: false });
    }
    for table in tables {
        if let Some(sql) = definition(store, table).await? {
            let name = table.as_str().to_owned();
            objects.push(CatalogObject { kind: ObjectKind::Table, table: name.clone(), name, sql });
        }
    }
    for ((table, name), index) in indexes::all(store, &scope).await? {
        if name == "PRIMARY" || !scope.has(&table) {
            continue;
        }
        let unique = if index.unique { "UNIQUE " } else { "" };
        let columns: Vec<String> = index
            .columns
            .iter()
            .map(|(column, descending)| format!("{}{}", quoted(column), if *descending { " DESC" } else { "" }))
            .collect();
        let sql = format!("CREATE {unique}INDEX {} ON {} ({})", quoted(&name), quoted(&table), columns.join(", "));
        objects.push(CatalogObject { kind: ObjectKind::Index, name, table, sql });
    }
    for (table, triggers) in triggers(store, &scope).await? {
        objects.extend(triggers.into_iter().map(|(name, sql)| CatalogObject {
            kind: ObjectKind::Trigger,
            name,
            table: table.clone(),
            sql,
        }));
    }
    objects.extend(views(store, tables).await?);
    Ok(CatalogObjects { live: true, objects, tables: schema, attributes, foreseen: false })
}

/// The views whose queries name one of the tables.
async fn views(store: &mut MysqlStore, tables: &[Name]) -> Result<Vec<CatalogObject>> {
    let mut views = Vec::new();
    for relation in relations(store).await?.into_iter().filter(|relation| relation.kind == ObjectKind::View) {
        let Some(sql) = definition(store, &Name::exact(&relation.name)).await? else { continue };
        // Where the server folds names, its text has them folded.
        let lower = sql.to_lowercase();
        let names = |table: &Name| {
            let name = quoted(table.as_str());
            sql.contains(&name) || store.is_same_name("a", "A") && lower.contains(&name.to_lowercase())
        };
        if tables.iter().any(names) {
            views.push(CatalogObject { sql, ..relation });
        }
    }
    Ok(views)
}

/// The catalog's own text of each table or view; of a table with its triggers.
pub(crate) async fn echo(store: &mut MysqlStore, relations: &[Name]) -> Result<Vec<Option<String>>> {
    let mut echoes = Vec::with_capacity(relations.len());
    let mut found = false;
    for relation in relations {
        let echo = definition(store, relation).await?;
        found |= echo.is_some();
        echoes.push(echo);
    }
    if !found {
        return Ok(echoes);
    }
    let scope = Scope::new(store, Some(relations));
    let triggers = triggers(store, &scope).await?;
    for (relation, echo) in relations.iter().zip(&mut echoes) {
        let Some(echo) = echo else { continue };
        let own = triggers.iter().filter(|(table, _)| store.is_same_name(table, relation.as_str()));
        for (_, sql) in own.flat_map(|(_, triggers)| triggers) {
            echo.push_str("\n;\n");
            echo.push_str(sql);
        }
    }
    Ok(echoes)
}

/// What stands for the text of a view that the account may not see: that it is there is all that is known of it.
const HIDDEN: &str = "a view whose text the account may not see";

/// The statement that makes the table or view, without the number that its next row gets.
async fn definition(store: &mut MysqlStore, relation: &Name) -> Result<Option<String>> {
    match store.text_rows(&format!("SHOW CREATE TABLE {}", quoted(relation.as_str()))).await {
        Ok(rows) => Ok(rows.into_iter().next().and_then(|row| {
            let mut cells = Cells::new(row);
            cells.text();
            cells.optional().map(|sql| without_counter(&sql))
        })),
        Err(error) if error.class() == Some(ErrorClass::MissingTable) => Ok(None),
        Err(error) if error.class() == Some(ErrorClass::NoPrivilege) && error.message().contains("SHOW VIEW") => {
            Ok(Some(HIDDEN.to_owned()))
        }
        Err(error) => Err(error),
    }
}

/// `) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT ...` without the counter, which rows move.
fn without_counter(sql: &str) -> String {
    const COUNTER: &str = " AUTO_INCREMENT=";
    let Some(options) = sql.rfind("\n) ENGINE=") else { return sql.to_owned() };
    let behind_engine = options + "\n) ENGINE=".len();
    let engine = sql[behind_engine..].find(' ').map_or(sql.len(), |end| behind_engine + end);
    let Some(rest) = sql[engine..].strip_prefix(COUNTER) else { return sql.to_owned() };
    format!("{}{}", &sql[..engine], rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
}

/// The triggers of the tables, each with the statement that makes it, in the order of their names.
async fn triggers(store: &mut MysqlStore, scope: &Scope) -> Result<BTreeMap<String, Vec<(String, String)>>> {
    let sql = format!(
        "SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT \
         FROM information_schema.TRIGGERS WHERE {} ORDER BY EVENT_OBJECT_TABLE, TRIGGER_NAME",
        scope.condition("EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE")
    );
    let mut triggers: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for mut row in store.text_rows(&sql).await?.into_iter().map(Cells::new) {
        let (table, name, timing, event, action) = (row.text(), row.text(), row.text(), row.text(), row.text());
        let sql =
            format!("CREATE TRIGGER {} {timing} {event} ON {} FOR EACH ROW {action}", quoted(&name), quoted(&table));
        triggers.entry(table).or_default().push((name, sql));
    }
    Ok(triggers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_is_no_part_of_a_definition() {
        let sql = "CREATE TABLE `t` (\n  `c` int COMMENT '\n) ENGINE=x AUTO_INCREMENT=1 '\n) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4";
        let plain = "CREATE TABLE `t` (\n  `c` int COMMENT '\n) ENGINE=x AUTO_INCREMENT=1 '\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
        assert_eq!(without_counter(sql), plain);
        assert_eq!(without_counter(plain), plain);
    }
}
