//! What the catalog will say when a migration's turn comes: what it says now, and what comes first.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Group, Planned, live_names};
use crate::dialect::{AlterStyle, Dialect};
use crate::error::Result;
use crate::migrate::handmade::{self, Deed, Unknown};
use crate::schema::{Change, ConstraintKind, Name, Schema, Table};
use crate::store::{CatalogObject, CatalogObjects, ObjectKind, SqlStore};

/// What earlier groups of a run do to what the catalog says now.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    /// They, in order.
    groups: Vec<Foregoing>,
    /// The keys of tables of which no more is known than that they change.
    other: BTreeSet<String>,
    /// Statements of the user's own come first: what the catalog will say is not known of any table.
    blind: bool,
    /// Where tables are altered in place: what was rendered without the catalog has to be rendered again when its turn comes.
    pub again: bool,
    /// Why what was rendered without the catalog is not what will be run.
    pub unknown: Option<Unknown>,
}

/// A group that comes first.
#[derive(Debug)]
struct Foregoing {
    changes: Vec<Change>,
    /// The schema before them.
    before: Schema,
    /// The indexes, triggers and views that its statements make and drop.
    deeds: Vec<Deed>,
}

impl Foreseen {
    /// Takes in what a group does, and by which statements.
    pub fn take(&mut self, group: &Group, steps: &[Planned], dialect: &dyn Dialect) {
        let changes: Vec<Change> = group.changes.iter().filter(|change| !change.is_data()).cloned().collect();
        if changes.is_empty() {
            return;
        }
        let rules = &dialect.flavour().lexical;
        let deeds = steps.iter().map(|planned| handmade::deed(&planned.step.sql, rules));
        let deeds = deeds.filter(|deed| !matches!(deed, Deed::Nothing | Deed::Drops(ObjectKind::Table, _))).collect();
        self.groups.push(Foregoing { changes, before: group.before.clone(), deeds });
    }

    /// Takes in that these tables will be other than they are.
    pub fn change<'n>(&mut self, tables: impl IntoIterator<Item = &'n Name>) {
        self.other.extend(tables.into_iter().map(|table| table.key().into_owned()));
    }

    /// Takes in a statement of the user's own.
    pub fn take_raw(&mut self, sql: &str, dialect: &dyn Dialect) {
        let changes = handmade::changes_schema(sql, &dialect.flavour().lexical);
        self.blind |= changes;
        self.again |= changes && dialect.facts().alter == AlterStyle::InPlace;
    }

    /// Whether the catalog says of the table what will still hold.
    pub fn knows(&self, table: &Name) -> bool {
        !self.blind && !self.other.contains(&*table.key())
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
        let now: Option<Vec<Name>> = group.looks.iter().map(|table| self.name_now(table)).collect();
        if let Some(now) = now.filter(|now| !now.is_empty()) {
            let mut catalog = store.catalog_objects(&now).await?;
            let told = self.groups.iter().try_for_each(|group| group.advance(&mut catalog, dialect));
            if told.is_some() {
                return Ok(catalog);
            }
            self.again |= dialect.facts().alter == AlterStyle::InPlace;
        }
        self.unknown = self.unknown.take().or_else(|| group.unknown.clone());
        Ok(group.offline.clone())
    }

    /// What a table is called now; `None` where the catalog does not tell of it yet.
    fn name_now(&self, table: &Name) -> Option<Name> {
        let mut name = table.clone();
        for change in self.groups.iter().rev().flat_map(|group| group.changes.iter().rev()) {
            match change {
                Change::RenameTable { table, to } if to.key() == name.key() => name = table.clone(),
                Change::CreateTable(made) if made.name.key() == name.key() => return None,
                _ => {}
            }
        }
        (self.knows(table) && self.knows(&name)).then_some(name)
    }
}

impl Foregoing {
    /// Makes of what the catalog says what it will say behind the group; `None` where that can't be told.
    fn advance(&self, catalog: &mut CatalogObjects, dialect: &dyn Dialect) -> Option<()> {
        for deed in &self.deeds {
            match deed {
                Deed::Makes(CatalogObject { kind, name, .. }) | Deed::Drops(kind, name) => catalog.forget(*kind, name),
                Deed::Nothing => {}
            }
        }
        let named = live_names::named(&self.changes, &self.before, dialect, catalog).ok()?;
        for change in named.changes.iter() {
            catalog.advance(change, dialect)?;
        }
        for deed in &self.deeds {
            if let Deed::Makes(object) = deed {
                catalog.objects.push(object.clone());
            }
        }
        Some(())
    }
}

impl CatalogObjects {
    /// Takes in a change of the model, by itself. What the catalog says of a column that is altered is not what it will say then, so
    /// nothing is said of it any more.
    fn advance(&mut self, change: &Change, dialect: &dyn Dialect) -> Option<()> {
        let subject = change.subject().clone();
        self.foreseen |= self.tables.table(&subject).is_some();
        match change {
            Change::RenameTable { table, to } => self.rename_table(table, to, dialect)?,
            Change::RenameColumn { table, column, to } => self.rename_column(table, column, to, dialect)?,
            Change::DropTable { table } => {
                self.objects.retain(|object| object.table.to_lowercase() != *table.key());
            }
            Change::DropColumn { column, .. } => {
                let rules = &dialect.flavour().lexical;
                self.objects.retain(|object| {
                    object.table.to_lowercase() != *subject.key() || !handmade::names(&object.sql, column, rules)
                });
                self.forget_column(&subject, column);
            }
            Change::AlterColumn { column, .. } | Change::Comment { column: Some(column), .. } => {
                self.forget_column(&subject, column);
            }
            Change::AddConstraint { constraint, .. } => {
                self.edit(&subject, |table| {
                    table.constraints.push(constraint.clone());
                    *table = dialect.stored(table);
                });
            }
            Change::DropConstraint { constraint, .. } => self.drop_constraint(&subject, constraint),
            Change::CreateIndex { index, .. } => {
                self.edit(&subject, |table| {
                    table.indexes.push(index.clone());
                    *table = dialect.stored(table);
                });
            }
            Change::DropIndex { index, .. } => {
                self.forget(ObjectKind::Index, index.as_str());
                self.edit(&subject, |table| {
                    table.indexes.retain(|known| known.name.key() != index.key());
                    table.constraints.retain(|known| known.name.key() != index.key());
                });
            }
            Change::DropView { view } => self.forget(ObjectKind::View, view.as_str()),
            _ => {}
        }
        Some(())
    }

    fn forget(&mut self, kind: ObjectKind, name: &str) {
        self.objects.retain(|object| object.kind != kind || object.name.to_lowercase() != name.to_lowercase());
    }

    fn forget_column(&mut self, table: &Name, column: &Name) {
        self.attributes.retain(|attribute| attribute.table.key() != table.key() || !attribute.is_about(column));
        self.edit(table, |table| table.columns.retain(|known| known.name.key() != column.key()));
    }

    fn drop_constraint(&mut self, table: &Name, constraint: &Name) {
        let live = self
            .tables
            .table(table)
            .and_then(|table| table.constraints.iter().find(|known| known.name.key() == constraint.key()).cloned());
        let Some(live) = live else { return };
        self.edit(table, |table| table.constraints.retain(|known| known.name.key() != constraint.key()));
        // Without the key they may be NULL again.
        if let ConstraintKind::PrimaryKey { columns } = live.kind {
            columns.iter().for_each(|column| self.forget_column(table, column));
        }
    }

    fn edit(&mut self, table: &Name, edit: impl FnOnce(&mut Table)) {
        if let Some(table) = self.tables.table(table) {
            let mut table = Table::clone(table);
            edit(&mut table);
            self.tables.insert_table(table);
        }
    }

    fn rename_table(&mut self, from: &Name, to: &Name, dialect: &dyn Dialect) -> Option<()> {
        let change = Change::RenameTable { table: from.clone(), to: to.clone() };
        if self.tables.table(from).is_some() {
            self.tables.apply(&change).ok()?;
        }
        for attribute in self.attributes.iter_mut().filter(|attribute| attribute.table.key() == from.key()) {
            attribute.table = to.clone();
        }
        let rules = &dialect.flavour().lexical;
        for object in &mut self.objects {
            let mut places = handmade::places(&object.sql, from, rules);
            if object.table.to_lowercase() == *from.key() {
                object.table = to.as_str().to_owned();
                let table = handmade::table_place(&object.sql, rules).map_or(0, |place| place.start);
                places.retain(|place| place.start >= table);
                match object.kind {
                    ObjectKind::Index => places.truncate(1),
                    // Another may be anything of that name.
                    ObjectKind::Trigger if places.len() > 1 => return None,
                    _ => {}
                }
            }
            replace(&mut object.sql, places, &dialect.quote(to));
        }
        Some(())
    }

    fn rename_column(&mut self, table: &Name, from: &Name, to: &Name, dialect: &dyn Dialect) -> Option<()> {
        let change = Change::RenameColumn { table: table.clone(), column: from.clone(), to: to.clone() };
        if self.tables.table(table).is_some_and(|table| table.column(from).is_some()) {
            self.tables.apply(&change).ok()?;
        }
        for attribute in self.attributes.iter_mut().filter(|attribute| attribute.table.key() == table.key()) {
            attribute.rename_column(from, to);
        }
        let rules = &dialect.flavour().lexical;
        for object in self.objects.iter_mut().filter(|object| object.table.to_lowercase() == *table.key()) {
            let mut places = handmade::places(&object.sql, from, rules);
            match object.kind {
                // It names columns of its own table alone, behind that table's name.
                ObjectKind::Index => {
                    let table = handmade::table_place(&object.sql, rules)?;
                    places.retain(|place| place.start >= table.end);
                    replace(&mut object.sql, places, &dialect.quote(to));
                }
                ObjectKind::Trigger if !places.is_empty() => return None,
                _ => {}
            }
        }
        Some(())
    }
}

/// Puts another text in these places.
fn replace(sql: &mut String, places: Vec<Range<usize>>, text: &str) {
    for place in places.into_iter().rev() {
        sql.replace_range(place, text);
    }
}
