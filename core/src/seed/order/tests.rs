//! Which seeder runs after which.

use super::*;
use crate::error::SourceText;
use crate::seed::seeder::Seeder;
use crate::seed::testing::pointed_at;

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
