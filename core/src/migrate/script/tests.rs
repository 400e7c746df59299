//! Scripts: what they hold, and that they are the same whenever and wherever they are written.

use std::sync::Arc;

use crate::dialect::Facts;
use crate::migrate::Migrator;
use crate::migrate::fake::{COMMITTING, FLAVOURS, FakeDialect, REBUILDING, TRANSACTIONAL, migrator, version};

const USERS: &str = "-- people\n\n-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));\n";
const ALTER: &str = "-- migrate:up\nALTER TABLE users ALTER COLUMN name SET NOT NULL;\n";

fn script(migrator: &Migrator, facts: Facts, from: Option<u8>, to: Option<u8>) -> String {
    let flavour = FLAVOURS.get("fake").unwrap();
    let dialect = Arc::new(FakeDialect { facts, flavour, cannot: None });
    migrator.script(dialect, from.map(version), to.map(version)).unwrap()
}

/// Each line without what is behind its first words.
fn outline(script: &str) -> Vec<String> {
    script
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| match line.starts_with("--") {
            true => line.to_owned(),
            false => line.split([' ', ';']).take(2).collect::<Vec<_>>().join(" ").trim_end().to_owned(),
        })
        .collect()
}

#[test]
fn a_script_holds_every_statement_and_the_historys_rows() {
    let text = script(&migrator(&[(1, USERS), (2, ALTER)]), TRANSACTIONAL, None, None);
    assert_eq!(
        outline(&text),
        [
            &format!("-- fastman {}: migrations for fake 1.0.0", env!("CARGO_PKG_VERSION")),
            "-- 20260101000001_m1: people",
            "BEGIN",
            "create table",
            "INSERT INTO",
            "create table",
            "COMMIT",
            "-- 20260101000002_m2",
            "BEGIN",
            "INSERT INTO",
            "alter users",
            "COMMIT"
        ]
    );
    assert!(text.contains("COALESCE(MAX(\"sequence\"), 0) + 1, now() FROM \"fastman_migrations\";"), "{text}");
    assert!(text.contains("'migrate:sql'"), "{text}");
    assert_eq!(text, script(&migrator(&[(1, USERS), (2, ALTER)]), TRANSACTIONAL, None, None));
}

#[test]
fn from_and_to_cut_the_script_and_the_history_is_made_only_at_its_beginning() {
    let migrator = migrator(&[(1, USERS), (2, ALTER)]);
    let text = script(&migrator, TRANSACTIONAL, Some(1), Some(2));
    assert_eq!(&outline(&text)[1..], ["-- 20260101000002_m2", "BEGIN", "INSERT INTO", "alter users", "COMMIT"]);
    let flavour = FLAVOURS.get("fake").unwrap();
    let dialect = || Arc::new(FakeDialect { facts: TRANSACTIONAL, flavour, cannot: None });
    assert_eq!(migrator.script(dialect(), None, Some(version(9))).unwrap_err().code(), "migrate.unknown-version");
    let error = migrator.script(dialect(), Some(version(2)), Some(version(1))).unwrap_err();
    assert_eq!(error.code(), "migrate.empty-range");
}

#[test]
fn where_ddl_commits_the_row_comes_first_and_is_settled_last() {
    let text = script(&migrator(&[(1, USERS)]), COMMITTING, None, None);
    assert_eq!(&outline(&text)[2..], ["create table", "INSERT INTO", "create table", "UPDATE \"fastman_migrations\""]);
    assert!(text.contains("'running'") && text.contains("'applied'"), "{text}");
}

#[test]
fn what_could_not_be_looked_up_is_said_in_a_comment() {
    let text = script(&migrator(&[(1, USERS), (2, ALTER)]), REBUILDING, None, None);
    assert!(text.contains("-- assumes that users is as the migrations before this one make it"), "{text}");
    assert!(text.contains("BEGIN SUSPENDED;"), "{text}");
}
