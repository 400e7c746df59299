//! The example projects through the command line, with the commands that a user types.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests all the way down")]

mod database;
mod support;

use database::{Dump, example};

/// Up, down to nothing, up again: the schema is the same to the letter.
fn there_and_back(name: &str, database: &str) -> Dump {
    let project = example(name);
    project.done(&["database:migrate"]);
    project.done(&["migrate:status"]);
    let first = Dump::of(&project.path(database));
    assert!(!first.history.is_empty());
    project.done(&["migrate:reset", "--yes"]);
    let nothing = Dump::of(&project.path(database));
    assert_eq!((nothing.schema.len(), nothing.history.len()), (0, 0), "{nothing:?}");
    project.done(&["database:migrate"]);
    let again = Dump::of(&project.path(database));
    assert_eq!(again.schema, first.schema);
    assert_eq!(again.history, first.history);
    first
}

#[test]
fn the_blog_goes_up_down_to_nothing_and_up_again_to_the_same_schema() {
    let dump = there_and_back("blog", "app.db");
    assert!(dump.schema.iter().any(|line| line.contains("NOCASE")), "SQLite's own section was run: {dump:?}");
}

/// What a user's `migrate:sql | sqlite3` makes; the library that the adapter brings stands in for the shell.
#[test]
fn the_blogs_script_makes_the_same_schema_as_migrating() {
    let migrated = example("blog");
    migrated.done(&["database:migrate"]);
    let scripted = example("blog");
    let script = scripted.done(&["migrate:sql", "--dialect", "sqlite"]).stdout;
    let sql: Vec<&str> = script.lines().filter(|line| !line.starts_with('.')).collect();
    let connection = rusqlite::Connection::open(scripted.path("app.db")).unwrap();
    connection.execute_batch(&sql.join("\n")).unwrap();
    drop(connection);
    let (migrated, scripted) = (Dump::of(&migrated.path("app.db")), Dump::of(&scripted.path("app.db")));
    assert_eq!(scripted.schema, migrated.schema);
    assert_eq!(scripted.history, migrated.history);
}

#[test]
fn the_music_store_goes_up_down_to_nothing_and_up_again_to_the_same_schema_and_rows() {
    let dump = there_and_back("chinook", "chinook.db");
    let tables: Vec<&str> = dump
        .schema
        .iter()
        .filter_map(|line| line.strip_prefix("table|"))
        .filter_map(|line| line.split('|').next())
        .collect();
    assert_eq!(
        tables,
        [
            "album",
            "artist",
            "customer",
            "employee",
            "genre",
            "invoice",
            "invoice_line",
            "media_type",
            "playlist",
            "playlist_track",
            "track"
        ]
    );
}

#[test]
fn each_migration_of_the_examples_can_be_taken_back_and_made_again() {
    for (name, database) in [("blog", "app.db"), ("chinook", "chinook.db")] {
        let project = example(name);
        project.done(&["database:migrate"]);
        let top = Dump::of(&project.path(database));
        for steps in 1..=top.history.len() {
            project.done(&["migrate:rollback", &format!("--steps={steps}"), "--yes"]);
            project.done(&["database:migrate"]);
            let dump = Dump::of(&project.path(database));
            assert_eq!(dump.schema, top.schema, "{name}, {steps} steps down and up");
            assert_eq!(dump.history, top.history);
        }
    }
}
