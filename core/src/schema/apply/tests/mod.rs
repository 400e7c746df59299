//! Behaviour of applying changes.

mod alter;
mod create;
mod rename;

use crate::schema::testing::*;
use crate::schema::*;

/// Applies a change that must be refused, and returns the code, the message and the help.
fn refusal(schema: &Schema, change: Change) -> (&'static str, String, String) {
    let mut changed = schema.clone();
    let error = changed.apply(&change).unwrap_err();
    assert!(changed == *schema, "a refused change left traces");
    (error.code, error.message, error.help.unwrap_or_default())
}

fn applied(schema: &Schema, change: Change) -> Schema {
    let mut changed = schema.clone();
    changed.apply(&change).unwrap();
    changed
}

fn drop_column(table: &str, column: &str) -> Change {
    Change::DropColumn { table: name(table), column: name(column) }
}

fn alter(table: &str, column: &str, alteration: ColumnAlteration) -> Change {
    Change::AlterColumn { table: name(table), column: name(column), alteration }
}

fn add(table: &str, constraint: Constraint) -> Change {
    Change::AddConstraint { table: name(table), constraint }
}

fn drop_constraint(table: &str, constraint: &str) -> Change {
    Change::DropConstraint { table: name(table), constraint: name(constraint) }
}

#[test]
fn a_change_costs_the_same_however_many_tables_there_are() {
    let change = |number: usize| {
        let parent = name(&format!("table_{}", number / 3));
        match number % 3 {
            0 => {
                let columns = vec![identity("id"), column("parent_id", ColumnType::BigInt)];
                let own = format!("table_{}", number / 3);
                let mut constraints = vec![primary_key(&format!("pk_{own}"), &["id"])];
                if number > 0 {
                    let before = format!("table_{}", number / 3 - 1);
                    constraints.push(foreign_key(&format!("fk_{own}"), &["parent_id"], &before, &["id"]));
                }
                Change::CreateTable(table(&own, columns, constraints))
            }
            1 => Change::AddColumn { table: parent, column: column("title", ColumnType::Varchar(200)) },
            _ => Change::CreateIndex { index: index(&format!("ix_{number}"), &["title"]), table: parent },
        }
    };
    let changes: Vec<Change> = (0..1500).map(change).collect();
    let start = std::time::Instant::now();
    let mut alone = Schema::default();
    for change in &changes {
        alone.apply(change).unwrap();
    }
    let without_copies = start.elapsed();
    let mut schema = Schema::default();
    let mut copies = Vec::with_capacity(changes.len());
    let start = std::time::Instant::now();
    for change in &changes {
        copies.push(schema.clone());
        schema.apply(change).unwrap();
    }
    let elapsed = start.elapsed();
    assert_eq!(schema.tables().count(), 500);
    assert!(copies[0].is_empty() && copies[3].tables().count() == 1);
    // Some ten milliseconds without optimisation; a scan of all tables for every change would take seconds.
    assert!(elapsed.as_millis() < 500, "{elapsed:?}");
    if std::env::var_os("FASTMAN_SHOW_TIMES").is_some() {
        eprintln!("1,500 changes: {without_copies:?}; with a copy before each: {elapsed:?}");
    }
}
