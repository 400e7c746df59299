//! A stored plan that builds a table anew knows the table as it was when the plan was made. What has come to the table since,
//! or was changed of it by other hands, would be lost by it.

use super::definition::{Definition, Rename};
use super::prepare::Undoing;
use crate::error::{Error, Result};
use crate::flavour::LexicalRules;
use crate::migrate::handmade::{self, Deed, names};
use crate::migrate::plan::Foreseen;
use crate::migrate::run::Run;
use crate::schema::{Column, Name};
use crate::store::{CatalogObject, ObjectKind, SqlStore};

impl Run<'_> {
    /// Refuses a stored plan that would lose something of a table that it builds anew: a column, an index or a trigger, or what
    /// was made of them since, or an attribute that the model has no place for. Tables that what is undone before changes
    /// are not looked at yet.
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
        let rules = self.dialect.flavour().lexical;
        for table in tables.into_iter().filter(|table| foreseen.knows(table) && !drops(undoing, table)) {
            let guard = Guard { undoing, table, rules: &rules };
            let lost = guard.lost(store).await?;
            if !lost.is_empty() {
                return Err(would_lose(undoing, table, &lost));
            }
        }
        Ok(())
    }
}

/// Whether the plan says of a table that all of it goes.
fn drops(undoing: &Undoing<'_>, table: &Name) -> bool {
    let dropped = |lost: &String| lost.strip_prefix("table ").is_some_and(|name| name.to_lowercase() == *table.key());
    undoing.loses.iter().any(dropped)
}

/// Something that would be lost.
struct Lost {
    /// In words.
    what: String,
    /// Whether a plan that is rendered for the table as it is now would keep it.
    can_be_kept: bool,
}

/// A table that a stored plan builds anew.
struct Guard<'a> {
    undoing: &'a Undoing<'a>,
    table: &'a Name,
    rules: &'a LexicalRules,
}

impl Guard<'_> {
    /// What the plan does not know of the table.
    async fn lost(&self, store: &mut dyn SqlStore) -> Result<Vec<Lost>> {
        let table = self.name_now();
        let catalog = store.catalog_objects(std::slice::from_ref(&table)).await?;
        let columns = catalog.tables.table(&table).into_iter().flat_map(|table| &table.columns);
        let (dropped, columns): (Vec<&Column>, Vec<&Column>) = columns.partition(|column| self.drops(&table, column));
        let mut lost = Vec::new();
        for column in columns.iter().filter(|column| !self.is_mentioned(column.name.as_str())) {
            lost.push(Lost { what: format!("column {}", column.name), can_be_kept: true });
        }
        for object in catalog.objects.iter().filter(|object| object.table.to_lowercase() == *table.key()) {
            let kind = match object.kind {
                ObjectKind::Trigger => "trigger",
                ObjectKind::Index => "index",
                _ => continue,
            };
            let change = match self.fate(object) {
                Fate::Kept => continue,
                Fate::Unknown if dropped.iter().any(|column| self.goes_with(object, column)) => continue,
                Fate::Unknown => "",
                Fate::Changed => ", which was changed since",
            };
            lost.push(Lost { what: format!("{kind} {}{change}", object.name), can_be_kept: true });
        }
        for attribute in &catalog.attributes {
            if !dropped.iter().any(|column| attribute.is_about(&column.name)) {
                lost.push(Lost { what: attribute.to_string(), can_be_kept: false });
            }
        }
        Ok(lost)
    }

    /// The table's name before the plan's first statement.
    fn name_now(&self) -> Name {
        let is_rebuild = |at: &usize| self.undoing.steps[*at].step.rebuilds.as_ref() == Some(self.table);
        let first = (0..self.undoing.steps.len()).find(is_rebuild).unwrap_or_default();
        let mut name = self.table.clone();
        for planned in self.undoing.steps[..first].iter().rev() {
            match Rename::of(&planned.step.sql, self.rules) {
                Some(Rename { table, column: None, to }) if planned.step.rebuilds.is_none() && to == *name.key() => {
                    name = Name::exact(&table);
                }
                _ => {}
            }
        }
        name
    }

    /// Whether the plan says that the column goes.
    fn drops(&self, table: &Name, column: &Column) -> bool {
        self.undoing.loses.iter().filter_map(|lost| lost.strip_prefix("column ")?.split_once('.')).any(|(of, lost)| {
            lost.to_lowercase() == *column.name.key()
                && [self.table, table].iter().any(|table| of.to_lowercase() == *table.key())
        })
    }

    fn is_mentioned(&self, word: &str) -> bool {
        self.undoing.steps.iter().any(|planned| mentions(&planned.step.sql, word))
    }

    /// What the plan does to an index or a trigger.
    fn fate(&self, object: &CatalogObject) -> Fate {
        let mut table = object.table.to_lowercase();
        let mut definition = Definition::of(&object.sql, self.rules);
        let is_it =
            |kind: ObjectKind, name: &str| kind == object.kind && name.to_lowercase() == object.name.to_lowercase();
        for planned in &self.undoing.steps {
            let sql = &planned.step.sql;
            match handmade::deed(sql, self.rules) {
                Deed::Makes(made) if is_it(made.kind, &made.name) => {
                    let is_same = Definition::of(&made.sql, self.rules) == definition;
                    return if is_same { Fate::Kept } else { Fate::Changed };
                }
                // The migration says itself that it goes.
                Deed::Drops(kind, name) if is_it(kind, &name) => return Fate::Kept,
                _ => {}
            }
            match Rename::of(sql, self.rules) {
                // An index names columns of its own table alone.
                Some(Rename { table: of, column: Some(column), to })
                    if of == table || object.kind == ObjectKind::Trigger =>
                {
                    definition.rename(&column, &to);
                }
                Some(Rename { table: from, column: None, to }) => {
                    definition.rename(&from, &to);
                    if from == table {
                        table = to;
                    }
                }
                _ => {}
            }
        }
        Fate::Unknown
    }

    /// Whether an index or a trigger stands for nothing but a column that is to go.
    fn goes_with(&self, object: &CatalogObject, column: &Column) -> bool {
        match object.kind {
            ObjectKind::Trigger => column.on_update_now && mentions(&object.name, column.name.as_str()),
            _ => names(&object.sql, &column.name, self.rules),
        }
    }
}

/// What a plan does to an index or a trigger of a table that it builds anew.
enum Fate {
    /// It is there afterwards as it is now, or the plan drops it by name.
    Kept,
    /// It is made again as it was once.
    Changed,
    /// The plan does not know it: it goes with the old table.
    Unknown,
}

/// Whether a statement has the word, whatever its case.
pub(in crate::migrate) fn mentions(sql: &str, word: &str) -> bool {
    let (sql, word) = (sql.to_lowercase(), word.to_lowercase());
    let part =
        |character: Option<char>| character.is_some_and(|character| character.is_alphanumeric() || character == '_');
    sql.match_indices(&word)
        .any(|(start, _)| !part(sql[..start].chars().next_back()) && !part(sql[start + word.len()..].chars().next()))
}

fn would_lose(undoing: &Undoing<'_>, table: &Name, lost: &[Lost]) -> Error {
    let what: Vec<&str> = lost.iter().map(|lost| lost.what.as_str()).collect();
    let error = Error::refused(
        "migrate.rebuild-would-lose",
        format!(
            "the stored plan for undoing {} builds {table} anew as it was then, which would lose: {}",
            undoing.record.label(),
            what.join("; ")
        ),
    );
    let way_out = match undoing.migration {
        Some(_) => "undo it by its file, rendered for the table as it is now: --down=file",
        None => "bring its file back and use --down=file",
    };
    error.with_help(if lost.iter().all(|lost| lost.can_be_kept) {
        format!("{way_out}; or put back by hand what was made or changed by hand")
    } else {
        "no plan can keep all of that: put back by hand what was made or changed by hand; or say in the file's \
         `-- migrate:down` for this engine how to keep it, and use --down=file"
            .to_owned()
    })
}
