//! What a MODIFY would lose: it repeats all that a column is, so what the live one has beside the model would go without a word.

use fastman_core::dialect::RenderInput;
use fastman_core::error::{Error, Result};
use fastman_core::schema::{Change, Column, ColumnAlteration, Expression, Name, Table};
use fastman_core::store::CatalogObjects;

use super::Mysql;
use super::definition::says_default_alone;

/// What the statements set themselves of a column.
#[derive(Default)]
struct Sets {
    column_type: bool,
    nullable: bool,
    default: bool,
    comment: bool,
    /// Whether one of them takes a MODIFY.
    anew: bool,
}

/// Refuses to define a column anew that is other than the model says, in what no statement sets.
pub(super) fn refuse(dialect: &Mysql, input: &RenderInput<'_>) -> Result<()> {
    let mut seen: Vec<(&Name, &Name)> = Vec::new();
    for change in input.changes {
        let (Change::AlterColumn { table, column, .. } | Change::Comment { table, column: Some(column), .. }) = change
        else {
            continue;
        };
        if seen.iter().any(|(of, name)| of.key() == table.key() && name.key() == column.key()) {
            continue;
        }
        seen.push((table, column));
        // What is added by one of these changes is as the model says.
        let Some(model) = input.before.table(table).and_then(|table| Some((table, table.column(column)?))) else {
            continue;
        };
        let live = input.catalog.tables.table(table).and_then(|table| table.column(column));
        let dropped =
            |change: &Change| matches!(change, Change::DropColumn { column: name, .. } if name.key() == column.key());
        let Some(live) = live.filter(|_| !input.changes.iter().any(dropped)) else { continue };
        let sets = sets(input.changes, column, model.1);
        if sets.anew {
            dialect.refuse_loss(model.0, model.1, live, &sets, input.catalog)?;
        }
    }
    Ok(())
}

fn sets(changes: &[Change], column: &Name, model: &Column) -> Sets {
    let mut sets = Sets::default();
    for change in changes {
        match change {
            Change::AlterColumn { column: name, alteration, .. } if name.key() == column.key() => match alteration {
                ColumnAlteration::Type(_) => (sets.column_type, sets.anew) = (true, true),
                ColumnAlteration::Nullable(_) => (sets.nullable, sets.anew) = (true, true),
                ColumnAlteration::Default(default) => {
                    sets.default = true;
                    sets.anew |= !says_default_alone(model, default.as_ref());
                }
            },
            Change::Comment { column: Some(name), .. } if name.key() == column.key() => {
                (sets.comment, sets.anew) = (true, true);
            }
            _ => {}
        }
    }
    sets
}

impl Mysql {
    fn refuse_loss(
        &self,
        table: &Table,
        column: &Column,
        live: &Column,
        sets: &Sets,
        catalog: &CatalogObjects,
    ) -> Result<()> {
        let outside =
            catalog.attributes.iter().find(|attribute| attribute.said_of(&table.name, &column.name).is_some());
        if let Some(attribute) = outside {
            return Err(self.unsupported(format!(
                "to alter {}.{} its definition has to be written anew, and would lose what fastman does not know of: {attribute}",
                table.name, column.name
            )));
        }
        let differing = differing(&self.stored_column(column), live, sets);
        if differing.is_empty() {
            return Ok(());
        }
        let message = format!(
            "to alter {}.{} its definition has to be written anew, and would lose what it is in the database beside what the \
             migrations say: {}",
            table.name,
            column.name,
            differing.join(", ")
        );
        let name = self.product.flavour().name;
        let help = format!(
            "write a migration that says so in portable SQL, with `-- migrate:up {name} none`; or take it away in the database; \
             or write this change in a section of its own: `-- migrate:up {name}`"
        );
        Err(Error::failed("dialect.unsupported", format!("{name}: {message}")).with_help(help))
    }
}

/// In what a live column differs from what it should be, in words; what the statements set aside.
fn differing(model: &Column, live: &Column, sets: &Sets) -> Vec<String> {
    let mut words = Vec::new();
    if !sets.column_type && live.column_type != model.column_type {
        words.push(format!("the type {} in place of {}", live.column_type, model.column_type));
    }
    if !sets.nullable && live.nullable != model.nullable {
        words.push(if live.nullable { "NULL in place of NOT NULL" } else { "NOT NULL" }.to_owned());
    }
    if !sets.default && !same_default(model.default.as_ref(), live.default.as_ref()) {
        words.push(match (&live.default, &model.default) {
            (Some(_), None) => "a DEFAULT".to_owned(),
            (Some(_), Some(_)) => "another DEFAULT".to_owned(),
            (None, _) => "no DEFAULT".to_owned(),
        });
    }
    if live.on_update_now != model.on_update_now {
        words.push(
            if live.on_update_now { "ON UPDATE CURRENT_TIMESTAMP" } else { "no ON UPDATE CURRENT_TIMESTAMP" }
                .to_owned(),
        );
    }
    if live.identity != model.identity {
        words.push(if live.identity { "AUTO_INCREMENT" } else { "no AUTO_INCREMENT" }.to_owned());
    }
    let text = |column: &Column| column.comment.clone().unwrap_or_default();
    if !sets.comment && text(live) != text(model) {
        words.push(match text(live).as_str() {
            "" => "no COMMENT".to_owned(),
            comment => format!("the COMMENT {}", super::string(comment)),
        });
    }
    words
}

/// Whether two defaults mean the same, as far as that can be told: constants by their values.
fn same_default(model: Option<&Expression>, live: Option<&Expression>) -> bool {
    use Expression::{Call, Literal};
    match (model, live) {
        (None, None) => true,
        (Some(Literal { value: model, .. }), Some(Literal { value: live, .. })) => model == live,
        (Some(Call { function: model, .. }), Some(Call { function: live, .. })) => model == live,
        (Some(Literal { .. }), Some(Call { .. })) | (Some(Call { .. }), Some(Literal { .. })) => false,
        (Some(_), Some(_)) => true,
        _ => false,
    }
}
