//! A stored plan that builds a table anew knows the table as it was when the plan was made. What has come to the table since
//! would be lost by it.

use super::prepare::Undoing;
use crate::error::{Error, Result};
use crate::migrate::plan::Foreseen;
use crate::migrate::run::Run;
use crate::schema::Name;
use crate::store::{ObjectKind, SqlStore};

impl Run<'_> {
    /// Refuses a stored plan that would lose a column, an index or a trigger of a table that it builds anew. Tables that what
    /// is undone before changes are not looked at yet.
    ///
    /// # Errors
    /// `migrate.rebuild-would-lose`; what the server says.
    pub(super) async fn check_rebuilds_stored(
        &self,
        store: &mut dyn SqlStore,
        undoing: &Undoing<'_>,
        foreseen: &Foreseen,
    ) -> Result<()> {
        let mut tables: Vec<&Name> =
            undoing.steps.iter().filter_map(|planned| planned.step.rebuilds.as_ref()).collect();
        tables.sort();
        tables.dedup();
        for table in tables.into_iter().filter(|table| foreseen.knows(table)) {
            let lost = lost(store, undoing, table).await?;
            if !lost.is_empty() {
                return Err(would_lose(undoing, table, &lost));
            }
        }
        Ok(())
    }
}

/// What the plan does not mention.
async fn lost(store: &mut dyn SqlStore, undoing: &Undoing<'_>, table: &Name) -> Result<Vec<String>> {
    let catalog = store.catalog_objects(std::slice::from_ref(table)).await?;
    let key = table.key();
    let dropped: Vec<&str> = undoing
        .loses
        .iter()
        .filter_map(|lost| lost.strip_prefix("column ")?.strip_prefix(table.as_str())?.strip_prefix('.'))
        .collect();
    let mentioned = |word: &str| undoing.steps.iter().any(|planned| mentions(&planned.step.sql, word));
    let columns = catalog.tables.table(table).into_iter().flat_map(|table| &table.columns);
    let mut lost: Vec<String> = columns
        .map(|column| column.name.as_str())
        .filter(|column| !dropped.contains(column) && !mentioned(column))
        .map(|column| format!("column {column}"))
        .collect();
    for object in &catalog.objects {
        let kind = match object.kind {
            ObjectKind::Trigger => "trigger",
            ObjectKind::Index => "index",
            _ => continue,
        };
        // What stands on a column that is to go goes with it.
        let goes = dropped.iter().any(|column| mentions(&object.sql, column));
        if object.table.to_lowercase() == key && !goes && !mentioned(&object.name) {
            lost.push(format!("{kind} {}", object.name));
        }
    }
    Ok(lost)
}

/// Whether a statement has the word, whatever its case.
pub(in crate::migrate) fn mentions(sql: &str, word: &str) -> bool {
    let (sql, word) = (sql.to_lowercase(), word.to_lowercase());
    let part =
        |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    sql.match_indices(&word)
        .any(|(start, _)| !part(sql[..start].chars().next_back()) && !part(sql[start + word.len()..].chars().next()))
}

fn would_lose(undoing: &Undoing<'_>, table: &Name, lost: &[String]) -> Error {
    let error = Error::refused(
        "migrate.rebuild-would-lose",
        format!(
            "the stored plan for undoing {} builds {table} anew without what it got since: {}",
            undoing.record.label(),
            lost.join(", ")
        ),
    );
    error.with_help(match undoing.migration {
        Some(_) => "undo it by its file, rendered for the table as it is now: --down=file".to_owned(),
        None => format!("bring its file back and use --down=file, or drop {} first", lost.join(", ")),
    })
}
