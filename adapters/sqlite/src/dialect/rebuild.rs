//! Building a table anew: what ALTER TABLE can't do, by the procedure that SQLite's documentation gives
//! (<https://www.sqlite.org/lang_altertable.html>, section 7).
//!
//! The new table is made under another name, the rows are copied, the old table is dropped and the new one takes its
//! name; then come its indexes and triggers. Foreign keys are suspended by the transaction around it, so that dropping
//! deletes no child row. While it is renamed, `legacy_alter_table` keeps SQLite from rewriting, or complaining of,
//! views and triggers that name the table: they mean the new one, as soon as it has the name.

use fastman_core::Result;
use fastman_core::dialect::{Step, unsupported};
use fastman_core::error::Error;
use fastman_core::schema::{Column, Index, Name, Schema, Table};
use fastman_core::sql::text;
use fastman_core::store::{CatalogObject, ObjectKind};
use fastman_flavours::SQLITE;

use super::alter::{Found, Origin};
use super::conversion::{Converted, convert};
use super::decimal::Scope;
use super::definition::{create_trigger, free_rowid, trigger_name};
use super::drift::{self, Columns};
use super::expression::string;
use super::{SqliteDialect, quoted};
use crate::tokens;

/// A table to be built anew.
pub(super) struct Rebuild<'a> {
    /// The table, its columns renamed already.
    pub(super) before: &'a Table,
    /// What it becomes.
    pub(super) after: &'a Table,
    /// Where its columns come from.
    pub(super) columns: &'a [Origin],
    /// What was found before the first change.
    pub(super) found: &'a Found<'a>,
    /// The schema before.
    pub(super) schema: &'a Schema,
}

/// What the new table's name begins with until it takes its own.
pub(crate) const PREFIX: &str = "fastman_rebuild_";

/// The table that makes a transaction fail where something is not as it must be: by a CHECK whose name says what is
/// wrong.
const CHECKS: &str = "temp.\"fastman_check\"";

impl Rebuild<'_> {
    /// The statements.
    ///
    /// # Errors
    /// `dialect.unsupported` for what the model does not know and the rebuild would lose.
    pub(super) fn steps(&self, dialect: &SqliteDialect) -> Result<Vec<Step>> {
        let kept = self.kept_objects(dialect)?;
        let values = self.values(dialect)?;
        let name = quoted(&self.after.name);
        let new = Name::exact(&format!("{PREFIX}{}", self.after.name));
        let mut statements = self.checks(dialect, &values, &kept)?;
        statements.push(dialect.create_table(self.after, &new)?);
        statements.push(self.copy(&new, &values));
        if self.after.columns.iter().any(|column| column.identity) {
            statements.push(self.keep_mark(&new));
        }
        statements.push(format!("DROP TABLE {name}"));
        statements.push("PRAGMA legacy_alter_table = ON".to_owned());
        statements.push(format!("ALTER TABLE {} RENAME TO {name}", quoted(&new)));
        statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
        for index in &self.after.indexes {
            statements.push(match self.live_index(index) {
                Some(sql) => sql.to_owned(),
                None => dialect.create_index(self.after, index)?,
            });
        }
        for column in self.after.columns.iter().filter(|column| column.on_update_now) {
            statements.push(match self.live_trigger(column) {
                Some(sql) => sql.to_owned(),
                None => create_trigger(self.after, column),
            });
        }
        statements.extend(kept.iter().map(|object| object.sql.clone()));
        let table = &self.after.name;
        Ok(statements.into_iter().map(|sql| Step::ddl(sql, table).rebuilding(table)).collect())
    }

    /// What the catalog says of an index that stays as it is: a section for SQLite may have made it in words of its
    /// own (a collation, an expression). Where a column of it goes or has another name by now, the catalog's words are
    /// of no use.
    fn live_index(&self, index: &Index) -> Option<&str> {
        let key = index.name.key();
        let stays = self.before.indexes.iter().any(|before| before == index);
        let is_it = |object: &&CatalogObject| object.kind == ObjectKind::Index && object.name.to_lowercase() == key;
        let live = self.found.catalog.objects.iter().find(is_it).filter(|_| stays)?;
        (!self.names_gone(live)).then_some(&live.sql)
    }

    /// What the catalog says of the trigger behind ON UPDATE CURRENT_TIMESTAMP: somebody may have changed it. It is of use as
    /// long as nothing that it names has another name by now.
    fn live_trigger(&self, column: &Column) -> Option<&str> {
        let name = trigger_name(&self.after.name, &column.name);
        let live = self.found.catalog.objects.iter().find(|object| is_trigger(object, &name))?;
        (self.own_before(&name)? != live.sql && !self.names_gone(live)).then_some(&live.sql)
    }

    /// The text of the table's own trigger of that name before any change.
    fn own_before(&self, name: &Name) -> Option<String> {
        let table = self.found.table;
        let mut touched = table.columns.iter().filter(|column| column.on_update_now);
        touched
            .find(|column| trigger_name(&table.name, &column.name) == *name)
            .map(|column| create_trigger(table, column))
    }

    /// Whether one of the table's own triggers is not what the model makes it.
    fn is_changed(&self, object: &CatalogObject) -> bool {
        self.own_before(&Name::exact(&object.name)).is_some_and(|own| own != object.sql)
    }

    fn names_gone(&self, object: &CatalogObject) -> bool {
        self.found.gone.iter().any(|column| tokens::names(&object.sql, column.as_str()))
    }

    /// Each column that rows are given a value in, and that value.
    fn values(&self, dialect: &SqliteDialect) -> Result<Vec<(Name, Converted)>> {
        let scope = Scope { schema: self.schema, query: None };
        let mut values = Vec::with_capacity(self.after.columns.len());
        for column in &self.after.columns {
            let Some(origin) = self.columns.iter().find(|origin| origin.name.key() == column.name.key()) else {
                continue;
            };
            let value = match (&origin.original, &origin.initial) {
                (Some(_), _) => quoted(&column.name),
                (None, Some(initial)) => {
                    let own = origin.types.first();
                    text::expression(dialect, &scope.assigned(initial, own), own)?
                }
                (None, None) => "NULL".to_owned(),
            };
            values.push((column.name.clone(), convert(value, &origin.types)?));
        }
        Ok(values)
    }

    fn copy(&self, new: &Name, values: &[(Name, Converted)]) -> String {
        let mut columns: Vec<String> = values.iter().map(|(name, _)| quoted(name)).collect();
        let mut selected: Vec<String> = values.iter().map(|(_, value)| value.text.clone()).collect();
        // An identity is the rowid already; elsewhere rows keep theirs.
        if !self.after.columns.iter().any(|column| column.identity) {
            let names = self.before.columns.iter().chain(&self.after.columns).map(|column| &column.name);
            if let Some(rowid) = free_rowid(names) {
                columns.insert(0, rowid.to_owned());
                selected.insert(0, rowid.to_owned());
            }
        }
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {}",
            quoted(new),
            columns.join(", "),
            selected.join(", "),
            quoted(&self.before.name)
        )
    }

    /// AUTOINCREMENT never gives a number twice, also not that of a deleted row: the highest ever given stays. SQLite
    /// makes the new table's row of `sqlite_sequence` when rows are copied, even if there are none.
    fn keep_mark(&self, new: &Name) -> String {
        let (old, new) = (string(self.before.name.as_str()), string(new.as_str()));
        format!(
            "UPDATE sqlite_sequence SET seq = max(seq, coalesce(\
             (SELECT max(seq) FROM sqlite_sequence WHERE name = {old} COLLATE NOCASE), 0)) WHERE name = {new}"
        )
    }

    /// What must hold before anything is changed: nothing is there that would be lost, and values fit their new types.
    /// These statements may be run later, by another: a script, or the stored way back.
    fn checks(
        &self,
        dialect: &SqliteDialect,
        values: &[(Name, Converted)],
        kept: &[&CatalogObject],
    ) -> Result<Vec<String>> {
        let table = quoted(&self.before.name);
        let mut checks: Vec<(String, String)> = vec![(
            format!(
                "{} has a column, trigger or index that fastman does not know and that would be lost",
                self.before.name
            ),
            format!("SELECT 1 WHERE {}", self.holds_unknown(kept)),
        )];
        // What was looked at in the catalog has been compared, with a look at more than a statement can see.
        if !self.found.catalog.live {
            let columns = self.columns_by_name();
            if !columns.is_empty() {
                checks.push((
                    format!(
                        "{} has a column whose type, NOT NULL, DEFAULT or numbering is not what the migrations made it \
                         and would be lost",
                        self.before.name
                    ),
                    drift::query(dialect, &self.before.name, &columns)?,
                ));
            }
        }
        for (column, value) in values {
            for (condition, what) in &value.violations {
                let problem = format!("{}.{column} has a value {what}", self.after.name);
                checks.push((problem, format!("SELECT 1 FROM {table} WHERE {condition} LIMIT 1")));
            }
        }
        let columns: Vec<String> = checks
            .iter()
            .enumerate()
            .map(|(index, (problem, _))| {
                format!("\"{index}\" CONSTRAINT {} CHECK (\"{index}\" IS NULL)", super::quoted_text(problem))
            })
            .collect();
        let mut statements = vec![format!("CREATE TABLE {CHECKS} (\n  {}\n)", columns.join(",\n  "))];
        for (index, (_, query)) in checks.iter().enumerate() {
            statements.push(format!("INSERT INTO {CHECKS} (\"{index}\") {query}"));
        }
        statements.push(format!("DROP TABLE {CHECKS}"));
        Ok(statements)
    }

    /// The columns that stay, by the names that they have once everything is renamed.
    fn columns_by_name(&self) -> Vec<Columns<'_>> {
        let stays = |column: &Column| {
            let origin = self.columns.iter().find(|origin| origin.name.key() == column.name.key())?;
            origin.original.as_ref().and_then(|_| self.after.column(&origin.name))
        };
        let columns = self.before.columns.iter();
        columns
            .filter_map(|column| Some(Columns { before: (self.before, column), after: (self.after, stays(column)?) }))
            .collect()
    }

    /// A condition that is true if the database has what the model has not, and what is not kept.
    fn holds_unknown(&self, kept: &[&CatalogObject]) -> String {
        let list = |names: &mut dyn Iterator<Item = &Name>| {
            let names: Vec<String> = names.map(|name| string(name.as_str())).collect();
            names.join(", ")
        };
        let table = string(self.before.name.as_str());
        let columns = list(&mut self.before.columns.iter().map(|column| &column.name));
        let triggers = own_triggers(self.before);
        let objects = list(&mut self.before.indexes.iter().map(|index| &index.name).chain(&triggers));
        let kept: String = kept
            .iter()
            .map(|object| {
                // After a rename, done or undone, SQLite quotes what it has renamed.
                let (name, words) = (string(&object.name), string(&drift::words_of(&object.sql)));
                format!(" AND NOT (name = {name} AND {} = {words})", drift::words_in_sql("sql"))
            })
            .collect();
        format!(
            "EXISTS (SELECT 1 FROM pragma_table_xinfo({table}) \
             WHERE name COLLATE NOCASE NOT IN ({columns}) OR hidden <> 0)\n  \
             OR EXISTS (SELECT 1 FROM sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL \
             AND tbl_name = {table} COLLATE NOCASE AND name COLLATE NOCASE NOT IN ({objects}){kept})\n  \
             OR EXISTS (SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = {table} COLLATE NOCASE \
             AND (strict OR wr))"
        )
    }

    /// The triggers and indexes that only the catalog knows, which are made again.
    fn kept_objects(&self, dialect: &SqliteDialect) -> Result<Vec<&CatalogObject>> {
        let mut lost: Vec<String> = Vec::new();
        let key = self.before.name.key();
        let attributes = self.found.catalog.attributes.iter().filter(|attribute| attribute.table.key() == key);
        lost.extend(attributes.map(ToString::to_string));
        if let Some(live) = self.found.catalog.tables.table(&self.before.name) {
            self.unknown_parts(live, &mut lost);
            self.drifted(dialect, live, &mut lost)?;
        }
        let own_triggers = own_triggers(self.found.table);
        let mut kept = Vec::new();
        for object in &self.found.catalog.objects {
            let name = object.name.to_lowercase();
            let is_own = object.table.to_lowercase() == key;
            let is_known = match object.kind {
                ObjectKind::Index => self.before.indexes.iter().any(|index| index.name.key() == name),
                ObjectKind::Trigger => is_own && own_triggers.iter().any(|own| own.key() == name),
                ObjectKind::View => self.schema.view(&Name::exact(&object.name)).is_some(),
                _ => true,
            };
            // Without a catalog all that sections for SQLite made is here, whatever table it is of.
            if object.kind == ObjectKind::Trigger && is_known && self.is_changed(object) && self.names_gone(object) {
                lost.push(format!("trigger {:?}, which was changed by hand", object.name));
                continue;
            }
            if is_known || !(is_own || tokens::names(&object.sql, self.before.name.as_str())) {
                continue;
            }
            if let Some(column) = self.found.gone.iter().find(|column| tokens::names(&object.sql, column.as_str())) {
                let what = match object.kind {
                    ObjectKind::Index => "index",
                    ObjectKind::View => "view",
                    _ => "trigger",
                };
                lost.push(format!("{what} {:?}, which names column {column}", object.name));
            } else if is_own && matches!(object.kind, ObjectKind::Index | ObjectKind::Trigger) {
                kept.push(object);
            }
        }
        if lost.is_empty() { Ok(kept) } else { Err(self.refused(&lost)) }
    }

    /// What columns of the live table have that they don't have by the model.
    fn drifted(&self, dialect: &SqliteDialect, live: &Table, lost: &mut Vec<String>) -> Result<()> {
        let model = self.found.table;
        for column in &live.columns {
            let key = column.name.key();
            let Some(known) = model.columns.iter().find(|known| known.name.key() == key) else { continue };
            let origin = self.columns.iter().find(|origin| origin.original.as_ref().is_some_and(|it| it.key() == key));
            let after = match origin.and_then(|origin| self.after.column(&origin.name)) {
                Some(after) => (self.after, after),
                // It goes, or the changes are rendered in several parts.
                None if self.found.gone.iter().any(|gone| gone.key() == key) => continue,
                None => (model, known),
            };
            lost.extend(Columns { before: (model, known), after }.lost(dialect, column)?);
        }
        Ok(())
    }

    /// Columns and constraints of the live table that the model has not.
    fn unknown_parts(&self, live: &Table, lost: &mut Vec<String>) {
        // The renames of this very change have not happened yet when the catalog is read.
        let is_known = |name: &Name| {
            self.before.column(name).is_some() || self.found.gone.iter().any(|gone| gone.key() == name.key())
        };
        for column in live.columns.iter().filter(|column| !is_known(&column.name)) {
            lost.push(format!("column {:?}", column.name.as_str()));
        }
        let model = super::stored(self.before);
        for constraint in &live.constraints {
            let name = constraint.name.key();
            let by_name = model.constraints.iter().any(|known| known.name.key() == name);
            if !by_name && !model.constraints.iter().any(|known| known.kind.demands_the_same(&constraint.kind)) {
                lost.push(format!("constraint {:?}", constraint.name.as_str()));
            }
        }
    }

    fn refused(&self, lost: &[String]) -> Error {
        let mut error = unsupported(
            &SQLITE,
            format!(
                "{} has to be built anew for this, which would lose what the migrations don't know of it: {}",
                self.before.name,
                lost.join("; ")
            ),
        );
        for part in lost {
            error = error.with_detail(part.clone());
        }
        error
    }
}

fn is_trigger(object: &CatalogObject, name: &Name) -> bool {
    object.kind == ObjectKind::Trigger && object.name.eq_ignore_ascii_case(name.as_str())
}

/// The triggers that the model makes.
fn own_triggers(table: &Table) -> Vec<Name> {
    let touched = table.columns.iter().filter(|column| column.on_update_now);
    touched.map(|column| trigger_name(&table.name, &column.name)).collect()
}
