//! Tables and columns that files name.

use super::*;
use crate::seed::testing::{BLOG, pointed_at, schema, tables};

const FILE: &str = "[[user]]\n";

fn source() -> SourceText {
    SourceText::new("database/seeders/user_seeder.toml", FILE)
}

fn named(text: &str) -> TableName {
    TableName { text: text.to_owned(), span: 2..6 }
}

fn words(texts: &[&str]) -> Vec<Word> {
    texts.iter().map(|text| Word { text: (*text).to_owned(), span: 2..6 }).collect()
}

#[test]
fn a_table_is_found_in_whatever_case_and_the_nearest_is_named_otherwise() {
    let tables = tables(BLOG);
    assert_eq!(tables.resolve(&named("Users"), &source()).unwrap().unwrap().name.as_str(), "users");
    let error = tables.resolve(&named("user"), &source()).unwrap_err();
    assert_eq!((error.code(), error.help()), ("seed.unknown-table", Some("did you mean users?")));
    assert_eq!(pointed_at(&error), "1:3");
    let none = Tables::of_database(Schema::default());
    assert!(none.resolve(&named("user"), &source()).unwrap_err().help().unwrap().contains("database:migrate"));
}

#[test]
fn a_document_store_has_every_collection() {
    let tables = Tables::of_documents(schema(BLOG));
    assert!(tables.resolve(&named("users"), &source()).unwrap().is_some());
    assert_eq!(tables.resolve(&named("users/alice/posts"), &source()).unwrap(), None);
}

#[test]
fn the_live_catalog_fills_what_no_migration_makes() {
    let mut tables = tables("CREATE TABLE a (id INTEGER PRIMARY KEY);");
    let names = |tables: &Tables| tables.unknown(["a", "B", "b", "c"]).iter().map(Name::to_string).collect::<Vec<_>>();
    assert_eq!(names(&tables), ["B", "b", "c"]);
    tables.add_live(schema("CREATE TABLE a (x TEXT); CREATE TABLE b (x INTEGER);"));
    assert_eq!(names(&tables), ["c"]);
    assert_eq!(tables.column_type("b", "x"), Some(&ColumnType::Integer));
    assert_eq!(tables.column_type("a", "x"), None);
    assert_eq!(tables.schema().tables().count(), 2);
}

#[test]
fn a_column_that_is_not_there_names_the_nearest() {
    let tables = tables(BLOG);
    let users = tables.find("users").unwrap();
    let error = tables.column(users, &words(&["emial"])[0], &source()).unwrap_err();
    assert_eq!(error.code(), "seed.unknown-column");
    assert!(error.help().unwrap().starts_with("did you mean email? users has id, team_id, email"));
}

#[test]
fn a_key_must_be_unique_in_the_table() {
    let tables = tables(BLOG);
    let key = |table: &str, columns: &[&str]| {
        tables.key(tables.find(table).map(|table| table.as_ref()), &words(columns), &source())
    };
    assert_eq!(key("users", &["EMAIL"]).unwrap(), [Name::folded("email")]);
    assert_eq!(key("posts", &["title", "author_id"]).unwrap().len(), 2);
    assert_eq!(key("users", &[]).unwrap(), []);
    let error = key("users", &["name"]).unwrap_err();
    assert_eq!(error.code(), "seed.key-not-unique");
    assert_eq!(error.help(), Some("users is unique by (id), (email)"));
}

#[test]
fn the_column_that_points_at_a_parent_is_found_where_there_is_only_one() {
    let tables = tables(&format!(
        "{BLOG} CREATE TABLE likes (a BIGINT REFERENCES users (id), b BIGINT REFERENCES users (id), c BIGINT REFERENCES posts (id));"
    ));
    let table = |name: &str| tables.find(name).unwrap().clone();
    let users = Name::folded("users");
    let found = tables.only_column_to(&table("posts"), &users).unwrap();
    assert_eq!((found.0.as_str(), found.1.as_str()), ("author_id", "id"));
    assert_eq!(tables.only_column_to(&table("likes"), &users), None);
    let parent = tables.parent_of(&table("likes"), &Name::folded("c")).unwrap();
    assert_eq!((parent.0.as_str(), parent.1.as_str()), ("posts", "id"));
}
