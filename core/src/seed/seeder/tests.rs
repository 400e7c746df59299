//! Seeder files read: everything that they may say, and every mistake.

use super::*;
use crate::seed::input::{Count, InputKind, Literal};
use crate::seed::testing::pointed_at;

const FILE: &str = r#"# Who may log in.
[seeder]
after = ["RoleSeeder", "TeamSeeder"]
key.users = ["email"]
locale = "fr_FR"

[[users]]
email = "admin@example.com"
password = "=bcrypt('password123')"
is_admin = true
balance = 19.90

[[posts]]
_id = "welcome"
title = "'=Welcome"
published_at = 2024-02-29T10:00:00+02:00
tags = ["a", "b"]
meta = { views = 1_000, at = "=now()" }

[[users]]
email = "test@example.com"

[[seeder.make]]
factory = "UserFactory"
count = 1000
state = "admin"
with = { is_admin = false }
has.posts = "=int(0, 3)"
has.comments = { factory = "CommentFactory", via = "author_id", count = 2, state = ["long"] }
for.team_id = { factory = "TeamFactory", share = 10 }

[[seeder.load]]
table = "countries"
file = "countries.csv"
null = "\\N"
key = "code"
"#;

fn read(text: &str) -> Result<Seeder> {
    Seeder::parse("UserSeeder", &SourceText::new("database/seeders/user_seeder.toml", text))
}

fn seeder() -> Seeder {
    read(FILE).unwrap()
}

fn kinds(fields: &[Field]) -> Vec<(&str, &InputKind)> {
    fields.iter().map(|field| (field.name.text.as_str(), &field.input.kind)).collect()
}

fn constant(literal: Literal) -> InputKind {
    InputKind::Literal(literal)
}

#[test]
fn a_seeder_keeps_what_it_says_in_the_order_of_the_file() {
    let seeder = seeder();
    assert_eq!(seeder.after.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["RoleSeeder", "TeamSeeder"]);
    assert_eq!(seeder.key("Users").first().unwrap().text, "email");
    assert!(seeder.key("posts").is_empty());
    assert_eq!(seeder.locale.name(), "fr_FR");
    let tables: Vec<&str> = seeder
        .blocks
        .iter()
        .map(|block| match block {
            Block::Rows(rows) => rows.table.text.as_str(),
            Block::Make(make) => make.factory.text.as_str(),
            Block::Load(load) => load.file.text.as_str(),
        })
        .collect();
    assert_eq!(tables, ["users", "posts", "UserFactory", "countries.csv"]);
}

#[test]
fn a_decimal_keeps_the_digits_that_were_written_and_a_formula_its_place() {
    let seeder = seeder();
    let Block::Rows(users) = &seeder.blocks[0] else { panic!() };
    assert_eq!(users.rows.len(), 2);
    let fields = &users.rows[0].fields;
    assert_eq!(fields[0].input.kind, constant(Literal::Text("admin@example.com".into())));
    assert_eq!(fields[2].input.kind, constant(Literal::Boolean(true)));
    assert_eq!(fields[3].input.kind, constant(Literal::Number("19.90".into())));
    let InputKind::Formula(formula) = &fields[1].input.kind else { panic!() };
    assert_eq!(formula.text, "bcrypt('password123')");
    assert_eq!(&FILE[formula.place(0..6)], "bcrypt");
    assert_eq!(&FILE[users.rows[1].span.clone()], "[[users]]");
    assert_eq!(users.rows[1].span.start, FILE.rfind("[[users]]").unwrap());
}

#[test]
fn texts_with_a_quote_dates_lists_and_tables_with_a_formula_inside() {
    let seeder = seeder();
    let Block::Rows(posts) = &seeder.blocks[1] else { panic!() };
    let row = &posts.rows[0];
    assert_eq!(row.id.as_ref().unwrap().kind, constant(Literal::Text("welcome".into())));
    let kinds = kinds(&row.fields);
    assert_eq!(kinds[0], ("title", &constant(Literal::Text("=Welcome".into()))));
    let InputKind::Literal(Literal::OffsetDateTime(moment)) = kinds[1].1 else { panic!() };
    assert_eq!(moment.to_rfc3339(), "2024-02-29T10:00:00+02:00");
    let tags = ["a", "b"].map(|tag| Literal::Text(tag.into()));
    assert_eq!(kinds[2], ("tags", &constant(Literal::Array(tags.into()))));
    let InputKind::Map(meta) = kinds[3].1 else { panic!() };
    assert_eq!(meta[0].input.kind, constant(Literal::Integer(1000)));
    assert!(matches!(meta[1].input.kind, InputKind::Formula(_)));
}

#[test]
fn a_block_of_a_factory_has_states_overrides_children_and_parents() {
    let seeder = seeder();
    let Block::Make(make) = &seeder.blocks[2] else { panic!() };
    assert_eq!((make.count, make.states[0].text.as_str()), (1000, "admin"));
    assert_eq!(kinds(&make.with), [("is_admin", &constant(Literal::Boolean(false)))]);
    assert_eq!(make.has[0].name.text, "posts");
    assert_eq!(make.has[0].factory, None);
    assert!(matches!(make.has[0].count, Some(Count::Formula(_))));
    assert_eq!(make.has[1].factory.as_ref().unwrap().text, "CommentFactory");
    assert_eq!(make.has[1].states.as_ref().unwrap()[0].text, "long");
    assert_eq!((make.parents[0].column.text.as_str(), make.parents[0].share), ("team_id", Some(10)));
    let Block::Load(load) = &seeder.blocks[3] else { panic!() };
    assert_eq!((load.format, load.null.as_deref()), (LoadFormat::Separated(b','), Some("\\N")));
    assert_eq!(load.key[0].text, "code");
}

#[test]
fn a_collections_path_and_an_empty_list_of_rows() {
    let seeder = read("posts = []\n[[\"users/alice/posts\"]]\ntitle = \"a\"\n").unwrap();
    let [Block::Rows(rows)] = &seeder.blocks[..] else { panic!() };
    assert_eq!(rows.table.text, "users/alice/posts");
    assert_eq!(read("").unwrap().blocks, []);
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing() {
    let text = "[[a]]\nx = \"\"\"one\ntwo\"\"\"\n";
    let Block::Rows(plain) = &read(text).unwrap().blocks[0] else { panic!() };
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let Block::Rows(other) = &read(&windows).unwrap().blocks[0] else { panic!() };
    assert_eq!(plain.rows[0].fields[0].input.kind, other.rows[0].fields[0].input.kind);
}

#[test]
fn every_mistake_is_an_error_at_its_place_with_a_way_out() {
    for (text, code, place, help) in [
        ("[seeder]\nafer = []", "seed.unknown-key", "2:1", "did you mean after?"),
        ("after = [\"A\"]", "seed.wrong-type", "1:1", "under [seeder]"),
        ("email = \"a\"", "seed.wrong-type", "1:1", "[[users]]"),
        ("[users]\nemail = \"a\"", "seed.wrong-type", "1:2", "rows have double brackets: [[users]]"),
        ("[[public.users]]\nemail = \"a\"", "seed.wrong-type", "1:3", "[[\"public.users\"]]"),
        ("[[users]]\na = 1\n[users]", "seed.syntax", "3:2", "rows have double brackets: [[users]]"),
        ("[[users]]\na = 1\na = 2", "seed.syntax", "3:1", "a further row begins with a header"),
        ("[[users]]\na = now()", "seed.syntax", "2:5", "texts and formulas stand in quotes"),
        ("[[users]]\na = 1\nA = 2", "seed.duplicate", "3:1", "once"),
        ("users = [1]", "seed.wrong-type", "1:10", "[[users]]"),
        ("[[seeder]]\na = 1", "seed.wrong-type", "1:1", "no table of rows can be called so"),
        ("[seeder]\nkey = [\"email\"]", "seed.wrong-type", "2:7", "key.users = [\"email\"]"),
        ("[seeder]\nkey.users = []", "seed.wrong-type", "2:13", "leave the key out"),
        ("[seeder]\nafter = [\"A\", \"A\"]", "seed.duplicate", "2:15", ""),
        ("[seeder]\nlocale = \"xx\"", "seed.unknown-locale", "2:10", "fr_FR"),
        ("[seeder]\nafter = 1", "seed.wrong-type", "2:9", ""),
        ("[seeder]\nmake = 1", "seed.wrong-type", "2:8", "[[seeder.make]]"),
        ("[seeder.make]\nfactory = \"A\"", "seed.wrong-type", "1:1", "[[seeder.make]]"),
        ("[[seeder.make]]\ncount = 1", "seed.missing-key", "1:1", "factory = \"UserFactory\""),
        ("[[seeder.make]]\nfactory = \"\"", "seed.wrong-type", "2:11", ""),
        ("[[seeder.make]]\nfactory = \"A\"\ncount = -1", "seed.wrong-type", "3:9", ""),
        ("[[seeder.make]]\nfactory = \"A\"\ncount = \"=int(1,2)\"", "seed.wrong-type", "3:9", ""),
        ("[[seeder.make]]\nfactory = \"A\"\nstates = \"b\"", "seed.unknown-key", "3:1", "did you mean state?"),
        ("[[seeder.make]]\nfactory = \"A\"\nwith = 1", "seed.wrong-type", "3:8", ""),
        ("[[seeder.make]]\nfactory = \"A\"\nhas.b = true", "seed.wrong-type", "3:9", "count = 3"),
        ("[[seeder.make]]\nfactory = \"A\"\nhas.b = \"many\"", "seed.wrong-type", "3:9", "=int(0, 5)"),
        ("[[seeder.make]]\nfactory = \"A\"\nfor.b = { share = 1 }", "seed.missing-key", "3:9", "TeamFactory"),
        ("[[seeder.make]]\nfactory = \"A\"\nfor.b = { factory = \"B\", share = 0 }", "seed.wrong-type", "3:34", ""),
        ("[[seeder.load]]\nfile = \"a.csv\"", "seed.missing-key", "1:1", "table = "),
        ("[[seeder.load]]\ntable = \"a\"", "seed.missing-key", "1:1", "file = "),
        ("[[seeder.load]]\ntable = \"a\"\nfile = \"a.xlsx\"", "seed.unknown-format", "3:8", ".csv, .tsv or .jsonl"),
        ("[[a]]\nx = 9223372036854775808", "seed.bad-value", "2:5", "\"9223372036854775808\""),
        ("[[a]]\nx = 2024-01-01T00:00:60Z", "seed.bad-value", "2:5", ""),
        ("[[a]]\nx = 10:00:00.1234567", "seed.bad-value", "2:5", ""),
        ("[[a]]\nx = 0000-01-01", "seed.bad-value", "2:5", ""),
        ("[[a]]\nx = 2024-02-30", "seed.syntax", "2:5", ""),
    ] {
        let error = read(text).unwrap_err();
        let found = (error.code(), pointed_at(&error));
        assert_eq!(found, (code, place.to_owned()), "{text}\n{error}");
        assert!(error.help().unwrap_or_default().contains(help), "{text}\n{error}\n{:?}", error.help());
    }
}
