//! What comes after what.

use super::*;
use crate::error::SourceText;
use crate::schema::Schema;
use crate::seed::seeder::Seeder;
use crate::seed::testing::{BLOG, pointed_at};

fn seeder(class: &str, after: &[&str]) -> AnySeeder {
    let text = format!("[seeder]\nafter = {after:?}\n");
    let source = SourceText::new(format!("database/seeders/{}.toml", class.to_lowercase()), text);
    AnySeeder::Rows(Seeder::parse(class, &source).unwrap())
}

fn in_order(all: &[(&str, &[&str])]) -> Result<Vec<usize>> {
    let all: Vec<AnySeeder> = all.iter().map(|(class, after)| seeder(class, after)).collect();
    seeders(&all, "database/seeders")
}

#[test]
fn seeders_keep_their_order_where_nothing_is_said() {
    assert_eq!(in_order(&[("ASeeder", &[]), ("BSeeder", &[]), ("CSeeder", &[])]).unwrap(), [0, 1, 2]);
    let order =
        in_order(&[("ASeeder", &["CSeeder", "d_seeder"]), ("BSeeder", &[]), ("CSeeder", &[]), ("DSeeder", &[])]);
    assert_eq!(order.unwrap(), [1, 2, 3, 0]);
}

#[test]
fn a_cycle_is_named_whole() {
    let error = in_order(&[
        ("ASeeder", &[]),
        ("BSeeder", &["ASeeder", "CSeeder"]),
        ("CSeeder", &["DSeeder"]),
        ("DSeeder", &["BSeeder"]),
        ("ESeeder", &["BSeeder"]),
    ])
    .unwrap_err();
    assert_eq!(error.code(), "seed.cycle");
    assert!(error.message().ends_with("BSeeder → CSeeder → DSeeder → BSeeder"), "{error}");
    assert_eq!(pointed_at(&error), "2:21");
    assert_eq!(error.details().len(), 3);
    assert_eq!(error.details()[2], "DSeeder runs after BSeeder: database/seeders/dseeder.toml");
    let error = in_order(&[("ASeeder", &["ASeeder"])]).unwrap_err();
    assert_eq!(error.message(), "ASeeder runs after itself");
}

#[test]
fn an_unknown_class_is_pointed_at() {
    let error = in_order(&[("ASeeder", &[]), ("BSeeder", &["ASeder"])]).unwrap_err();
    assert_eq!((error.code(), error.help()), ("seed.unknown-class", Some("did you mean ASeeder?")));
    assert_eq!(pointed_at(&error), "2:10");
}

#[test]
fn tables_come_after_those_that_they_point_at() {
    let blog = crate::seed::testing::tables(BLOG);
    assert_eq!(tables(&["posts", "tags", "Users", "teams"], &blog), [1, 3, 2, 0]);
    assert_eq!(tables(&["posts", "other"], &blog), [0, 1]);
    let none = Tables::of_documents(Schema::default());
    assert_eq!(tables(&["users/a/posts", "users"], &none), [1, 0]);
}

#[test]
fn tables_in_a_circle_stay_as_they_are_given_behind_their_other_parents() {
    let circle = crate::seed::testing::tables(
        "CREATE TABLE z (id INTEGER PRIMARY KEY);
         CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER, z INTEGER REFERENCES z (id));
         CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id), self INTEGER REFERENCES b (id));
         ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id);",
    );
    assert_eq!(tables(&["b", "a", "z"], &circle), [0, 2, 1]);
    assert_eq!(tables(&["a", "b", "z"], &circle), [2, 0, 1]);
}
