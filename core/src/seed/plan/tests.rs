//! Factories inside factories: what a seeder changes of the children, and the randomness that each value has.

use std::path::Path;

use crate::error::{Error, Result, SourceText};
use crate::seed::discover::{AnySeeder, Factories};
use crate::seed::factory::Factory;
use crate::seed::seeder::Seeder;
use crate::seed::testing::{BLOG, tables};
use crate::seed::{MadeRows, SeedOptions, Seeding, make_rows};
use crate::value::Value;

const TEAM: &str = "table = \"teams\"\n[fields]\nid = \"=seq()\"\nname = \"='team ' || seq()\"\n";

const USER: &str = r#"
table = "users"

[fields]
email = "=unique(email())"
name = "=name()"

[has.posts]
factory = "PostFactory"
count = 2
state = "quiet"
with = { title = "of the factory", id = "=seq()" }
"#;

const POST: &str = r#"
table = "posts"

[fields]
title = "=title()"

[states.quiet]
title = "quiet"

[states.loud]
title = "LOUD"
"#;

fn made(seeder: &str, user: &str) -> Result<Vec<MadeRows>> {
    let source = |name: &str, text: &str| SourceText::new(format!("{name}.toml"), text);
    let seeders = [AnySeeder::Rows(Seeder::parse("S", &source("S", seeder))?)];
    let factories = [("TeamFactory", TEAM), ("UserFactory", user), ("PostFactory", POST)]
        .map(|(class, text)| Factory::parse(class, &source(class, text)));
    let factories = Factories::new(factories.into_iter().collect::<Result<_>>()?);
    let seeding = Seeding {
        seeders: &seeders,
        before: &[],
        factories: &factories,
        tables: &tables(BLOG),
        flavours: crate::sql::test_flavours::ALL,
        environment: &crate::project::Environment::default(),
        root: Path::new("."),
        folder: Path::new("."),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(make_rows(&seeding, &SeedOptions::default()))
}

/// The values of a column of the rows of a table.
fn column(made: &[MadeRows], table: &str, column: &str) -> Vec<Value> {
    let rows = made.iter().filter(|rows| rows.table == table);
    rows.flat_map(|rows| {
        let place = rows.columns.iter().position(|name| name == column).unwrap();
        rows.rows.iter().map(move |row| row[place].clone())
    })
    .collect()
}

fn place(error: &Error) -> String {
    format!("{} {}", error.code(), error.location().unwrap())
}

const MAKE: &str = "[[seeder.make]]\nfactory = \"UserFactory\"\n[seeder.make.has.posts]\n";

#[test]
fn what_a_seeder_gives_children_is_put_over_what_the_factory_gives_them() {
    let text = |text: &str| Value::Text(text.to_owned());
    let plain = made("[[seeder.make]]\nfactory = \"UserFactory\"\n", USER).unwrap();
    assert_eq!(column(&plain, "posts", "title"), [text("of the factory"), text("of the factory")]);
    let counted = made(&format!("{MAKE}count = 3\n"), USER).unwrap();
    assert_eq!(column(&counted, "posts", "title"), vec![text("of the factory"); 3]);
    let over = made(&format!("{MAKE}with = {{ title = \"of the seeder\" }}\n"), USER).unwrap();
    assert_eq!(column(&over, "posts", "title"), vec![text("of the seeder"); 2]);
    assert_eq!(
        column(&over, "posts", "id"),
        [Value::Integer(1), Value::Integer(2)],
        "the factory's other columns stay"
    );
    let beside = made(&format!("{MAKE}with = {{ id = 7 }}\ncount = 1\nstate = \"loud\"\n"), USER).unwrap();
    assert_eq!(column(&beside, "posts", "title"), [text("of the factory")]);
    assert_eq!(column(&beside, "posts", "id"), [Value::Integer(7)]);
}

#[test]
fn an_unknown_state_or_column_of_children_is_cited_in_the_file_that_names_it() {
    let error = |seeder: &str, user: &str| place(&made(seeder, user).unwrap_err());
    let wrong = USER.replace("\"quiet\"", "\"quite\"");
    assert_eq!(error(&format!("{MAKE}count = 1\n"), &wrong), "seed.unknown-state UserFactory.toml:11:9");
    assert_eq!(
        error(&format!("{MAKE}with = {{ title = \"x\" }}\n"), &wrong),
        "seed.unknown-state UserFactory.toml:11:9"
    );
    assert_eq!(
        error(&format!("{MAKE}with = {{ title = \"x\" }}\nstate = \"luod\"\n"), USER),
        "seed.unknown-state S.toml:5:9"
    );
    assert_eq!(error(&format!("{MAKE}state = \"luod\"\n"), USER), "seed.unknown-state S.toml:4:9");
    let wrong = USER.replace("title = \"of", "titel = \"of");
    assert_eq!(error(&format!("{MAKE}with = {{ id = 1 }}\n"), &wrong), "seed.unknown-column UserFactory.toml:12:10");
    assert_eq!(error(&format!("{MAKE}with = {{ idd = 1 }}\n"), USER), "seed.unknown-column S.toml:4:10");
}

#[test]
fn another_factory_of_children_takes_nothing_from_the_one_before() {
    let rows = made(&format!("{MAKE}factory = \"PostFactory\"\n"), USER).unwrap();
    let titles = column(&rows, "posts", "title");
    assert!(titles.len() == 2 && !titles.contains(&Value::Text("of the factory".to_owned())), "{titles:?}");
}

#[test]
fn several_formulas_of_one_column_draw_apart_and_may_all_refer_to_rows() {
    let seeder = "[[seeder.make]]\nfactory = \"TeamFactory\"\ncount = 40\n[[seeder.make]]\nfactory = \"UserFactory\"\ncount = 30\n";
    let user = "table = \"users\"\n[fields]\nemail = \"=unique(email())\"\nname = \"=name()\"\n\
                settings = { of = [\"=ref(teams.id)\", \"=ref(teams.id)\"], named = \"=ref(teams.name) || ref(teams.id)\", a = \"=int(1, 1000)\", b = \"=int(1, 1000)\" }\n";
    let rows = made(seeder, user).unwrap();
    let settings = column(&rows, "users", "settings");
    assert_eq!(settings.len(), 30);
    let mut apart = 0;
    for value in settings {
        let Value::Json(text) = value else { panic!("{value:?}") };
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let of: Vec<u64> = json["of"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
        assert!(of.iter().all(|id| (1..=40).contains(id)), "{text}");
        assert!(json["named"].as_str().unwrap().starts_with("team "), "{text}");
        apart += u32::from(of[0] != of[1]) + u32::from(json["a"] != json["b"]);
    }
    assert!(apart > 50, "{apart} of 60 pairs differ");
}
