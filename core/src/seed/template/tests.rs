//! New files run as they stand.

use super::*;
use crate::error::SourceText;
use crate::seed::factory::Factory;
use crate::seed::seeder::{Block, Seeder};
use crate::seed::shape::{FactoryUse, Shape};
use crate::seed::testing::{BLOG, tables};

/// A column of every type, named for nothing, and one of every name that is known.
const EVERYTHING: &str = "
CREATE TABLE things (
    id SMALLINT PRIMARY KEY, b SMALLINT NOT NULL, c INTEGER NOT NULL, d BIGINT NOT NULL,
    e DECIMAL(3, 3) NOT NULL, f DECIMAL(38, 0) NOT NULL, g DECIMAL(10, 2) NOT NULL, h DECIMAL(2, 1) NOT NULL,
    i REAL NOT NULL, j DOUBLE PRECISION NOT NULL, k BOOLEAN NOT NULL, l CHAR(1) NOT NULL, m CHAR(36) NOT NULL,
    n VARCHAR(1) NOT NULL, o VARCHAR(19) NOT NULL, p VARCHAR(255) NOT NULL, q TEXT NOT NULL, r DATE NOT NULL,
    s TIME NOT NULL, t TIMESTAMP NOT NULL, u TIMESTAMP WITH TIME ZONE NOT NULL, v BLOB NOT NULL,
    w VARBINARY(4) NOT NULL, x UUID NOT NULL, y JSON NOT NULL, \"Odd Name\" TEXT NOT NULL,
    price DECIMAL(8, 2) NOT NULL CHECK (price > 0), rating SMALLINT NOT NULL CHECK (rating BETWEEN 1 AND 5),
    status VARCHAR(9) NOT NULL CHECK (status IN ('new', 'it''s', 'old')), size INTEGER NOT NULL CHECK (5000 <= size),
    latitude DECIMAL(9, 6) NOT NULL, longitude DOUBLE PRECISION NOT NULL, age SMALLINT NOT NULL, year INTEGER NOT NULL,
    birthday DATE NOT NULL, deleted_at TIMESTAMP, parent_id SMALLINT REFERENCES things (id)
);
CREATE TABLE codes (code CHAR(6) PRIMARY KEY, name VARCHAR(10) NOT NULL UNIQUE, at DATE NOT NULL UNIQUE, n DECIMAL(6, 2) NOT NULL UNIQUE);
CREATE TABLE tags (label VARCHAR(90) PRIMARY KEY, slug VARCHAR(80) NOT NULL UNIQUE, url TEXT, note VARCHAR(70) NOT NULL UNIQUE, u UUID NOT NULL UNIQUE);
";

fn around<'a>(tables: &'a Tables, factories: &'a Factories, seeders: &'a [String]) -> Surroundings<'a> {
    Surroundings { tables, factories, seeders }
}

fn factory_of(tables: &Tables, table: &str, factories: &Factories) -> String {
    factory("x", table, tables.find(table).map(|table| table.as_ref()), around(tables, factories, &[]))
}

fn seeder_of(tables: &Tables, table: &str, seeders: &[&str]) -> String {
    let seeders: Vec<String> = seeders.iter().map(|class| (*class).to_owned()).collect();
    let factories = Factories::default();
    seeder("user", table, tables.find(table).map(|table| table.as_ref()), around(tables, &factories, &seeders))
}

fn user_factory() -> Factories {
    let source = SourceText::new("tests/factories/user_factory.toml", "table = \"users\"");
    Factories::new(vec![Factory::parse("UserFactory", &source).unwrap()])
}

#[test]
fn a_seeder_of_users_has_an_administrator_and_runs_twice() {
    let text = seeder_of(&tables(BLOG), "users", &["TeamSeeder", "UserSeeder"]);
    assert_eq!(
        text,
        r#"# The first rows of users.
#
# fastman database:seed --class=UserSeeder

[seeder]
after = ["TeamSeeder"]
key.users = ["email"]   # finds the rows again, so that a second run changes nothing

[[users]]
email    = "admin@example.com"
name     = "Admin"
is_admin = true

[[users]]
email = "test@example.com"
name  = "Test"
"#
    );
}

#[test]
fn a_seeder_of_children_comes_after_its_parents() {
    let text = seeder_of(&tables(BLOG), "posts", &["UserSeeder", "PostSeeder"]);
    assert!(text.contains("author_id = \"=ref(users.id)\"\ntitle     = \"First title\"\n"), "{text}");
    assert!(!text.contains("\nkey."), "{text}");
}

#[test]
fn a_factory_leaves_out_what_the_engine_supplies_and_makes_parents_where_it_can() {
    let blog = tables(BLOG);
    let text = factory_of(&blog, "posts", &user_factory());
    let end = "[fields]\ntitle = \"=title()\"\n\n[for.author_id]\nfactory = \"UserFactory\"\nshare = 10\n";
    // Author and title together are unique, so that each post needs an author of its own.
    assert!(text.ends_with(&end.replace("share = 10\n", "")), "{text}");
    let text = factory_of(&blog, "posts", &Factories::default());
    assert!(text.contains("author_id = \"=ref(users.id)\"\n"), "{text}");
    let text = factory_of(&blog, "users", &Factories::default());
    assert!(text.contains("email    = \"=concat('u', seq(), '@example.com')\"\n"), "{text}");
    assert!(!text.contains("is_admin") && !text.contains("team_id") && !text.contains("created_at"), "{text}");
}

#[test]
fn without_a_table_the_files_are_still_valid() {
    let none = tables("");
    let text = seeder_of(&none, "users", &[]);
    assert_eq!(Seeder::parse("UserSeeder", &SourceText::new("a", text.as_str())).unwrap().blocks, []);
    let documents = Tables::of_documents(crate::schema::Schema::default());
    let text = seeder_of(&documents, "users", &[]);
    assert_eq!(Seeder::parse("UserSeeder", &SourceText::new("a", text.as_str())).unwrap().blocks.len(), 1);
    let text = factory_of(&none, "users", &Factories::default());
    assert_eq!(Factory::parse("UserFactory", &SourceText::new("a", text.as_str())).unwrap().fields.len(), 3);
}

#[test]
fn every_table_has_a_seeder_that_fits_it() {
    let all = tables(&format!("{BLOG}{EVERYTHING}"));
    for table in all.schema().tables() {
        let text = seeder_of(&all, table.name.as_str(), &[]);
        let seeder = Seeder::parse("XSeeder", &SourceText::new("x_seeder.toml", text.as_str())).unwrap();
        for block in &seeder.blocks {
            let Block::Rows(rows) = block else { panic!("{text}") };
            for row in &rows.rows {
                if let Err(error) = Shape::of_row(row, &rows.table, &seeder, &all) {
                    panic!("{text}\n{error} {:?} {}", error.help(), error.location().unwrap());
                }
            }
        }
        for key in &seeder.keys {
            all.key(all.find(&key.table.text).map(|table| table.as_ref()), &key.columns, &seeder.source).unwrap();
        }
    }
}

#[test]
fn every_table_has_a_factory_whose_rows_fit_it() {
    let all = tables(&format!("{BLOG}{EVERYTHING}"));
    for table in all.schema().tables() {
        let text = factory_of(&all, table.name.as_str(), &user_factory());
        let factory = Factory::parse("XFactory", &SourceText::new("x_factory.toml", text.as_str())).unwrap();
        let given: Vec<Name> = factory.parents.iter().map(|parent| Name::exact(&parent.column.text)).collect();
        let made = FactoryUse { factory: &factory, source: &factory.source, states: &[], with: &[], given: &given };
        let shape = made.shape(&all).unwrap_or_else(|error| {
            panic!("{text}\n{error} {:?} {}", error.help(), error.location().unwrap());
        });
        compute::rows_fit(&shape, &text);
    }
}

#[test]
fn what_a_name_means_fits_a_column_of_the_length_that_is_taken_for_it() {
    let columns = |more: u32, unique: &str| {
        let names =
            guess::NAMES.iter().filter(|(_, (call, _))| unique.is_empty() || !guess::SHORT_LISTS.contains(call));
        let lines = names.map(|(word, (_, most))| format!("{word} VARCHAR({}){unique}", most + more));
        lines.collect::<Vec<_>>().join(", ")
    };
    let all =
        tables(&format!("CREATE TABLE plain ({}); CREATE TABLE longer ({});", columns(0, ""), columns(12, " UNIQUE")));
    for table in ["plain", "longer"] {
        let text = factory_of(&all, table, &Factories::default());
        let factory = Factory::parse("XFactory", &SourceText::new("x_factory.toml", text.as_str())).unwrap();
        assert!(!text.contains("substring"), "{text}");
        let made = FactoryUse { factory: &factory, source: &factory.source, states: &[], with: &[], given: &[] };
        let shape = made.shape(&all).unwrap_or_else(|error| panic!("{text}\n{error} {}", error.location().unwrap()));
        compute::rows_fit(&shape, &text);
    }
}

#[test]
fn what_must_be_unique_and_is_a_name_stays_one_where_there_is_little_room() {
    for (length, name, slug) in [
        (200, "unique(title(2))", "unique(slug(title()))"),
        (50, "unique(word())", "unique(word())"),
        (20, "concat(substring(word(), 1, 7), '-', seq())", "concat(substring(word(), 1, 7), '-', seq())"),
        (8, "unique(digits(8))", "unique(digits(8))"),
    ] {
        let all = tables(&format!(
            "CREATE TABLE tags (name VARCHAR({length}) NOT NULL UNIQUE, slug VARCHAR({length}) NOT NULL UNIQUE);"
        ));
        let text = factory_of(&all, "tags", &Factories::default());
        assert!(text.contains(&format!("name = \"={name}\"\nslug = \"={slug}\"\n")), "{length}: {text}");
        let factory = Factory::parse("XFactory", &SourceText::new("x_factory.toml", text.as_str())).unwrap();
        let made = FactoryUse { factory: &factory, source: &factory.source, states: &[], with: &[], given: &[] };
        compute::rows_fit(&made.shape(&all).unwrap(), &text);
    }
}

/// Rows of a shape, computed.
mod compute {
    use std::collections::HashSet;

    use super::*;
    use crate::error::Result;
    use crate::seed::formula::{Context, Outside};
    use crate::seed::random::{Stream, name_key};
    use crate::value::Value;

    struct Tens;

    impl Outside for Tens {
        fn reference(&self, _: usize, _: &[Value], _: u64) -> Result<Value> {
            Ok(Value::Integer(10))
        }

        fn environment(&self, _: &str) -> Result<String> {
            Ok(String::new())
        }

        fn file(&self, _: &str) -> Result<Vec<u8>> {
            Ok(Vec::new())
        }
    }

    /// A thousand rows fit their columns, and are distinct where the table says so.
    pub fn rows_fit(shape: &Shape, text: &str) {
        let stream = Stream::new(7).child("test");
        let table = shape.table.as_ref().unwrap();
        let mut seen: Vec<HashSet<String>> = vec![HashSet::new(); shape.columns.len()];
        for ordinal in 0..1000 {
            let mut values = vec![Value::Null; shape.columns.len()];
            for place in &shape.order {
                let column = &shape.columns[*place];
                let mut value = Value::Null;
                let context = Context {
                    random: stream.at(ordinal).field(name_key(column.name.as_str())),
                    ordinal,
                    offset: 0,
                    seed: 7,
                    now: "2025-01-01T00:00:00Z".parse().unwrap(),
                    fields: &values,
                    outside: &Tens,
                };
                if let Err(error) = column.compute(&context, &mut value) {
                    panic!("{text}\nrow {ordinal}: {error} {:?}", error.help());
                }
                if is_unique(table, &column.name) {
                    assert!(seen[*place].insert(format!("{value:?}")), "{text}\n{value:?} twice in {}", column.name);
                }
                values[*place] = value;
            }
        }
    }
}
