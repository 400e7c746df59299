//! What becomes of the things that a migration makes: what it drops again, and what is part of a table of its own, needs
//! nothing to be taken back.

use std::collections::HashMap;

use crate::schema::{Change, Name, OnDelete, Schema};

/// What is to be done about a change when its migration is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing: what it changed goes, or has gone, as a whole.
    Nothing,
    /// Its inverse.
    Undo,
}

/// A thing that the migration made, by number.
type Made = usize;

/// Follows what a migration makes through its changes.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// Whether each thing was dropped again by a change of its own.
    dropped: Vec<bool>,
    /// Tables, by key.
    tables: HashMap<String, Made>,
    /// Columns of tables that were there before, by the keys of table and column.
    columns: HashMap<(String, String), Made>,
    /// Constraints and indexes of such tables, by key.
    names: HashMap<String, Made>,
    /// Views, by key.
    views: HashMap<String, Made>,
    /// For each change, what is known of it.
    changes: Vec<Known>,
}

/// What is known of a change.
#[derive(Debug)]
enum Known {
    /// It changes what was there before.
    Existing,
    /// It makes, drops or renames a thing.
    Whole(Made),
    /// It changes a part of a thing, or its rows.
    Part,
    /// It deletes rows of a table that the migration made, and with them rows of others.
    Cascade,
    /// It updates columns of a table that was there before; those of them that the migration made.
    Columns(Vec<String>),
}

fn key(name: &Name) -> String {
    name.key().into_owned()
}

impl Fates {
    /// Looks at the next change; `before` is the schema before it.
    pub fn follow(&mut self, change: &Change, before: &Schema) {
        let known = self.look(change, before);
        self.changes.push(known);
    }

    /// What is to be done about a change.
    pub fn of(&self, index: usize) -> Fate {
        match self.changes.get(index) {
            Some(Known::Whole(made)) if self.dropped.get(*made) == Some(&true) => Fate::Nothing,
            Some(Known::Part) => Fate::Nothing,
            _ => Fate::Undo,
        }
    }

    /// Whether a column that the UPDATE assigns is one that the migration made.
    pub fn made_column(&self, index: usize, column: &Name) -> bool {
        matches!(self.changes.get(index), Some(Known::Columns(made)) if made.contains(&key(column)))
    }

    /// Whether a DELETE from a table that the migration made reaches tables that it did not make.
    pub fn cascades(&self, index: usize) -> bool {
        matches!(self.changes.get(index), Some(Known::Cascade))
    }

    fn make(&mut self) -> Made {
        self.dropped.push(false);
        self.dropped.len() - 1
    }

    fn drop(&mut self, made: Option<Made>) -> Known {
        match made {
            Some(made) => {
                if let Some(dropped) = self.dropped.get_mut(made) {
                    *dropped = true;
                }
                Known::Whole(made)
            }
            None => Known::Existing,
        }
    }

    fn look(&mut self, change: &Change, before: &Schema) -> Known {
        let subject = key(change.subject());
        match change {
            Change::CreateTable(_) => {
                let made = self.make();
                self.tables.insert(subject, made);
                return Known::Whole(made);
            }
            Change::DropTable { .. } => {
                let made = self.tables.remove(&subject);
                // What was made in a table that was there before comes back with it, and must be taken back then.
                self.columns.retain(|(table, _), _| *table != subject);
                return self.drop(made);
            }
            Change::RenameTable { to, .. } => {
                let to = key(to);
                let columns = std::mem::take(&mut self.columns);
                self.columns = columns
                    .into_iter()
                    .map(|((table, column), made)| {
                        (if table == subject { (to.clone(), column) } else { (table, column) }, made)
                    })
                    .collect();
                return match self.tables.remove(&subject) {
                    Some(made) => {
                        self.tables.insert(to, made);
                        Known::Whole(made)
                    }
                    None => Known::Existing,
                };
            }
            Change::CreateView(_) => {
                let made = self.make();
                self.views.insert(subject, made);
                return Known::Whole(made);
            }
            Change::DropView { .. } => {
                let made = self.views.remove(&subject);
                return self.drop(made);
            }
            Change::Delete(delete) if self.tables.contains_key(&subject) => {
                return if self.cascades_out(&delete.table, before) { Known::Cascade } else { Known::Part };
            }
            _ if self.tables.contains_key(&subject) => return Known::Part,
            _ => {}
        }
        self.look_inside(change, subject, before)
    }

    /// Changes inside a table that was there before.
    fn look_inside(&mut self, change: &Change, table: String, before: &Schema) -> Known {
        match change {
            Change::AddColumn { column, .. } => {
                let made = self.make();
                self.columns.insert((table, key(&column.name)), made);
                Known::Whole(made)
            }
            Change::DropColumn { column, .. } => {
                let made = self.columns.remove(&(table, key(column)));
                self.drop(made)
            }
            Change::RenameColumn { column, to, .. } => match self.columns.remove(&(table.clone(), key(column))) {
                Some(made) => {
                    self.columns.insert((table, key(to)), made);
                    Known::Whole(made)
                }
                None => Known::Existing,
            },
            Change::AlterColumn { column, .. } | Change::Comment { column: Some(column), .. }
                if self.columns.contains_key(&(table.clone(), key(column))) =>
            {
                Known::Part
            }
            Change::AddConstraint { constraint, .. } => {
                let made = self.make();
                self.names.insert(key(&constraint.name), made);
                Known::Whole(made)
            }
            Change::CreateIndex { index, .. } => {
                let made = self.make();
                self.names.insert(key(&index.name), made);
                Known::Whole(made)
            }
            Change::DropConstraint { table, constraint } => {
                let name = before
                    .table(table)
                    .and_then(|table| table.resolve_constraint(constraint).ok())
                    .map_or_else(|| key(constraint), |constraint| key(&constraint.name));
                let made = self.names.remove(&name);
                self.drop(made)
            }
            Change::DropIndex { index, .. } => {
                let made = self.names.remove(&key(index));
                self.drop(made)
            }
            Change::Update(update) => Known::Columns(
                update
                    .assignments
                    .iter()
                    .map(|(column, _)| key(column))
                    .filter(|column| self.columns.contains_key(&(table.clone(), column.clone())))
                    .collect(),
            ),
            _ => Known::Existing,
        }
    }

    /// Whether deleting rows of the table deletes or changes rows of a table that was there before.
    fn cascades_out(&self, table: &Name, before: &Schema) -> bool {
        let mut seen = vec![key(table)];
        let mut next = 0;
        while let Some(parent) = seen.get(next).cloned() {
            next += 1;
            for child in before.children(&Name::exact(&parent)) {
                let acts = child.foreign_keys().any(|(_, foreign_key)| {
                    foreign_key.table.key() == parent
                        && matches!(foreign_key.on_delete, OnDelete::Cascade | OnDelete::SetNull)
                });
                let child = key(&child.name);
                if acts && !self.tables.contains_key(&child) {
                    return true;
                }
                if acts && !seen.contains(&child) {
                    seen.push(child);
                }
            }
        }
        false
    }
}
