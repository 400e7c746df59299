//! Groups: consecutive alterations of one table are rendered together, so that an engine that has to build a table anew
//! does so once for all of them.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Planned;
use crate::dialect::{AlterStyle, Dialect, RenderInput, StepKind, conditions};
use crate::error::{Error, Result, SourceText};
use crate::flavour::LexicalRules;
use crate::migrate::handmade::{self, Handmade, Unknown};
use crate::schema::{Change, Constraint, ConstraintKind, Name, Schema, SchemaError, Table};
use crate::sql::binder::Bound;
use crate::store::{CatalogObjects, SqlStore};

/// Changes that are rendered together.
#[derive(Debug)]
pub(crate) struct Group {
    pub changes: Vec<Change>,
    /// The schema before the first of them.
    pub before: Schema,
    /// The schema after the last of them.
    pub after: Schema,
    /// The statements that they come from.
    pub span: Range<usize>,
    /// The tables of which the dialect wants the live catalog's objects.
    pub needs: Vec<Name>,
    /// What stands in for them where it can't be looked at: what sections for this engine made.
    pub offline: CatalogObjects,
    /// Why that is not enough.
    pub unknown: Option<Unknown>,
}

impl Group {
    /// Its statements.
    ///
    /// # Errors
    /// `dialect.unsupported`, with the place.
    pub fn render(&self, dialect: &dyn Dialect, source: &SourceText, catalog: &CatalogObjects) -> Result<Vec<Planned>> {
        let input = RenderInput { changes: &self.changes, before: &self.before, after: &self.after, catalog };
        let mut steps = dialect.render(input).map_err(|error| error.at(source, self.span.clone(), ""))?;
        // One statement that does all of it: what holds then follows from the changes, if the dialect says nothing finer.
        if let [step] = steps.as_mut_slice()
            && step.kind == StepKind::Ddl
            && step.done_when.is_empty()
        {
            let done = self.changes.iter().flat_map(|change| conditions(dialect, change, &self.after));
            step.done_when = done.collect();
        }
        Ok(steps.into_iter().map(|step| Planned { step, span: self.span.clone() }).collect())
    }
}

/// What earlier groups of a run do to what the catalog says now.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    /// The keys of tables that will be other than they are.
    tables: BTreeSet<String>,
    /// The keys of indexes and views that will be gone.
    gone: BTreeSet<String>,
    /// Columns that will be gone, by their tables' keys, with all that stands on them.
    columns: Vec<(String, Name)>,
    /// The keys of columns that will be altered, by their tables' keys; where tables are altered in place all that will be other.
    altered: BTreeSet<(String, String)>,
    /// The keys of constraints that will be gone, by their tables' keys.
    constraints: BTreeSet<(String, String)>,
    /// The keys of tables that will be made, dropped or given another name, or of which no more is known than that they change.
    other: BTreeSet<String>,
    /// Statements of the user's own come first: what the catalog will say is not known of any table.
    blind: bool,
    /// Where tables are altered in place: what was rendered without the catalog has to be rendered again when its turn comes.
    pub again: bool,
    /// Why what was rendered without the catalog is not what will be run.
    pub unknown: Option<Unknown>,
}

impl Foreseen {
    /// Takes in what a group does.
    pub fn take(&mut self, group: &Group, dialect: &dyn Dialect) {
        // There a table that is built anew is what the model says, or it was refused; what else stands on it stays.
        let anew = dialect.facts().alter == AlterStyle::Rebuild;
        for change in &group.changes {
            if !anew {
                self.take_in_place(change);
            }
            match change {
                Change::AlterColumn { table, column, .. } if anew => {
                    self.altered.insert((table.key().into_owned(), column.key().into_owned()));
                }
                Change::DropColumn { table, column } if anew => {
                    self.columns.push((table.key().into_owned(), column.clone()));
                }
                Change::DropConstraint { table, constraint } if anew => {
                    self.constraints.insert((table.key().into_owned(), constraint.key().into_owned()));
                }
                // What is added takes nothing away from what the catalog says.
                Change::CreateIndex { .. }
                | Change::CreateView(_)
                | Change::AddColumn { .. }
                | Change::AddConstraint { .. }
                | Change::Comment { .. } => {}
                Change::DropIndex { index, .. } => self.forget(index),
                Change::DropView { view } => self.forget(view),
                Change::RenameTable { table, to } => self.mark([table, to]),
                _ if change.is_data() => {}
                _ => self.mark([change.subject()]),
            }
        }
    }

    /// Takes in what a change does where tables are altered in place: of a column that no statement names, the catalog still tells.
    fn take_in_place(&mut self, change: &Change) {
        let table = change.subject().key().into_owned();
        let mut column = |name: &Name| self.altered.insert((table.clone(), name.key().into_owned()));
        match change {
            Change::AlterColumn { column: name, .. }
            | Change::DropColumn { column: name, .. }
            | Change::Comment { column: Some(name), .. } => drop(column(name)),
            Change::AddColumn { column: added, .. } => drop(column(&added.name)),
            Change::RenameColumn { column: name, to, .. } => {
                column(name);
                column(to);
            }
            Change::CreateTable(_) | Change::DropTable { .. } => drop(self.other.insert(table)),
            Change::RenameTable { to, .. } => {
                self.other.insert(table);
                self.other.insert(to.key().into_owned());
                self.again = true;
            }
            _ => {}
        }
    }

    fn forget(&mut self, name: &Name) {
        self.gone.insert(name.key().into_owned());
    }

    /// Takes in that these tables will be other than they are.
    pub fn change<'n>(&mut self, tables: impl IntoIterator<Item = &'n Name>) {
        let keys: Vec<String> = tables.into_iter().map(|table| table.key().into_owned()).collect();
        self.other.extend(keys.iter().cloned());
        self.tables.extend(keys);
    }

    fn mark<'n>(&mut self, tables: impl IntoIterator<Item = &'n Name>) {
        self.tables.extend(tables.into_iter().map(|table| table.key().into_owned()));
    }

    /// Takes in a statement of the user's own.
    pub fn take_raw(&mut self, sql: &str, dialect: &dyn Dialect) {
        let changes = handmade::changes_schema(sql, &dialect.flavour().lexical);
        self.blind |= changes;
        self.again |= changes && dialect.facts().alter == AlterStyle::InPlace;
    }

    /// Whether the catalog says of the table what will still hold.
    pub fn knows(&self, table: &Name) -> bool {
        !self.blind && !self.tables.contains(&*table.key())
    }

    /// What the catalog will say of the tables that the group needs, as far as that can be foreseen.
    ///
    /// # Errors
    /// What the server says.
    pub async fn catalog(
        &mut self,
        store: &mut dyn SqlStore,
        group: &Group,
        dialect: &dyn Dialect,
    ) -> Result<CatalogObjects> {
        if dialect.facts().alter == AlterStyle::InPlace {
            return self.catalog_in_place(store, group, &dialect.flavour().lexical).await;
        }
        if group.needs.is_empty() || !group.needs.iter().all(|table| self.knows(table)) {
            self.unknown = self.unknown.take().or_else(|| group.unknown.clone());
            return Ok(group.offline.clone());
        }
        let mut catalog = store.catalog_objects(&group.needs).await?;
        self.take_away(&mut catalog, &dialect.flavour().lexical);
        Ok(catalog)
    }

    /// The same where tables are altered in place: columns that stay as they are can be told from the model's whatever comes before.
    async fn catalog_in_place(
        &self,
        store: &mut dyn SqlStore,
        group: &Group,
        rules: &LexicalRules,
    ) -> Result<CatalogObjects> {
        let is_other = |table: &Name| self.other.contains(&*table.key());
        if self.blind || group.needs.iter().all(is_other) {
            return Ok(group.offline.clone());
        }
        let mut catalog = store.catalog_objects(&group.needs).await?;
        let known = group.needs.iter().all(|table| self.knows(table));
        if !known {
            catalog.live = false;
            catalog.objects.clone_from(&group.offline.objects);
        }
        self.take_away(&mut catalog, rules);
        let mut tables = Schema::default();
        for table in catalog.tables.tables().filter(|table| !is_other(&table.name)) {
            let mut table = Table::clone(table);
            if !known {
                table.constraints.clear();
                table.indexes.clear();
            }
            tables.insert_table(table);
        }
        catalog.tables = tables;
        catalog.attributes.retain(|(table, words)| {
            let (key, words) = (table.key(), words.to_lowercase());
            let mut altered = self.altered.iter().filter(|(of, _)| *of == *key);
            !altered
                .any(|(_, column)| words.contains(&format!("`{column}`")) || words.contains(&format!("\"{column}\"")))
        });
        Ok(catalog)
    }

    /// Takes away from the catalog what will be gone.
    fn take_away(&self, catalog: &mut CatalogObjects, rules: &LexicalRules) {
        catalog.objects.retain(|object| {
            let table = object.table.to_lowercase();
            let mut columns = self.columns.iter().filter(|(of, _)| *of == table);
            !self.gone.contains(&object.name.to_lowercase())
                && !columns.any(|(_, column)| handmade::names(&object.sql, column, rules))
        });
        let tables: Vec<Table> = catalog.tables.tables().map(|table| Table::clone(table)).collect();
        for mut table in tables {
            let key = table.name.key().into_owned();
            let gone: Vec<&Name> = self.columns.iter().filter(|(of, _)| *of == key).map(|(_, column)| column).collect();
            let is_gone =
                |constraint: &Constraint| self.constraints.contains(&(key.clone(), constraint.name.key().into_owned()));
            // What the catalog says of these columns is not what they will be by then.
            let keys: Vec<Name> = table
                .constraints
                .iter()
                .filter(|constraint| is_gone(constraint))
                .filter_map(|constraint| match &constraint.kind {
                    ConstraintKind::PrimaryKey { columns } => Some(columns.clone()),
                    _ => None,
                })
                .flatten()
                .collect();
            table.columns.retain(|column| {
                let is_it = |name: &Name| name.key() == column.name.key();
                !gone.iter().any(|gone| is_it(gone))
                    && !keys.iter().any(is_it)
                    && !self.altered.contains(&(key.clone(), column.name.key().into_owned()))
            });
            table.constraints.retain(|constraint| !is_gone(constraint));
            catalog.tables.insert_table(table);
        }
    }
}

/// Groups changes. `before` is the schema that they start from.
pub(super) fn group(
    dialect: &dyn Dialect,
    source: &SourceText,
    bound: Vec<Bound>,
    before: &Schema,
    handmade: &Handmade,
) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut schema = before.clone();
    let mut handmade = handmade.clone();
    for Bound { change, span, .. } in bound {
        let before = schema.clone();
        schema.apply(&change).map_err(|error| misfit(error).at(source, span.clone(), ""))?;
        match groups.last_mut() {
            Some(group) if belongs(group, &change) => {
                group.changes.push(change);
                group.after = schema.clone();
                group.span.end = group.span.end.max(span.end);
            }
            _ => groups.push(Group {
                changes: vec![change],
                before,
                after: schema.clone(),
                span,
                needs: Vec::new(),
                offline: CatalogObjects::default(),
                unknown: None,
            }),
        }
    }
    for group in &mut groups {
        group.needs = dialect.needs_catalog(&group.changes, &group.before);
        // Elsewhere what the catalog tells is no more than detail.
        if !group.needs.is_empty() && dialect.facts().alter == AlterStyle::Rebuild {
            group.offline = handmade.catalog();
            group.unknown = handmade.unknown(&group.needs, dialect.flavour());
        }
        group.changes.iter().for_each(|change| handmade.change(change, &dialect.flavour().lexical));
    }
    Ok(groups)
}

fn belongs(group: &Group, change: &Change) -> bool {
    change.alters_table()
        && group
            .changes
            .last()
            .is_some_and(|last| last.alters_table() && last.subject().key() == change.subject().key())
}

/// A change that does not fit the schema it is applied to.
pub(super) fn misfit(error: SchemaError) -> Error {
    let failed = Error::failed(error.code, error.message);
    match error.help {
        Some(help) => failed.with_help(help),
        None => failed,
    }
}
