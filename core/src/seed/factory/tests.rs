//! Factory files read: everything that they may say, and every mistake.

use super::*;
use crate::seed::input::InputKind;
use crate::seed::testing::pointed_at;

const FILE: &str = r#"table = "users"
locale = "de_DE"

[fields]
email      = "=unique(email())"
name       = "=name()"
password   = "testpass123"
role       = "=pick('user', 'editor')"
created_at = "=datetime('2024-01-01', now())"

[states.admin]
is_admin = true

[states.late]
created_at = "=now()"

[has.posts]
factory = "PostFactory"
count = "=int(0, 5)"
via = "author_id"

[for.team_id]
factory = "TeamFactory"
share = 10
"#;

fn read(text: &str) -> Result<Factory> {
    Factory::parse("UserFactory", &SourceText::new("tests/factories/user_factory.toml", text))
}

#[test]
fn a_factory_keeps_what_it_says_in_the_order_of_the_file() {
    let factory = read(FILE).unwrap();
    assert_eq!((factory.class.as_str(), factory.table.text.as_str()), ("UserFactory", "users"));
    let names: Vec<&str> = factory.fields.iter().map(|field| field.name.text.as_str()).collect();
    assert_eq!(names, ["email", "name", "password", "role", "created_at"]);
    let InputKind::Formula(formula) = &factory.fields[0].input.kind else { panic!() };
    assert_eq!(&FILE[formula.place(7..12)], "email");
    assert_eq!(factory.state("late").unwrap().fields[0].name.text, "created_at");
    assert!(factory.state("early").is_none());
    let [has] = &factory.has[..] else { panic!() };
    assert_eq!((has.name.text.as_str(), has.via.as_ref().unwrap().text.as_str()), ("posts", "author_id"));
    assert_eq!(&FILE[has.span.clone()], "[has.posts]");
    let [parent] = &factory.parents[..] else { panic!() };
    assert_eq!((parent.column.text.as_str(), parent.factory.text.as_str()), ("team_id", "TeamFactory"));
    assert_eq!(parent.share, Some(10));
}

#[test]
fn a_parent_may_be_its_factory_alone() {
    let factory = read("table = \"a\"\nfor.team_id = \"TeamFactory\"").unwrap();
    assert_eq!((factory.parents[0].factory.text.as_str(), factory.parents[0].share), ("TeamFactory", None));
}

#[test]
fn every_mistake_is_an_error_at_its_place_with_a_way_out() {
    for (text, code, place, help) in [
        ("[fields]\na = 1", "seed.missing-key", "1:1", "table = \"users\""),
        ("table = 1", "seed.wrong-type", "1:9", ""),
        ("tabel = \"users\"", "seed.unknown-key", "1:1", "did you mean table?"),
        ("table = \"a\"\nemail = \"=email()\"", "seed.unknown-key", "2:1", "below a line [fields]"),
        ("table = \"a\"\n[field]\na = 1", "seed.unknown-key", "2:2", "did you mean fields?"),
        ("table = \"a\"\nfields = 1", "seed.wrong-type", "2:10", ""),
        ("table = \"a\"\n[states]\nadmin = true", "seed.wrong-type", "3:9", "[states.admin]"),
        ("table = \"a\"\n[has.posts]\ncount = 1", "seed.missing-key", "2:1", "PostFactory"),
        ("table = \"a\"\n[has.posts]\nfactry = \"P\"", "seed.unknown-key", "3:1", "did you mean factory?"),
        ("table = \"a\"\n[for.b]\nshare = 1", "seed.missing-key", "2:1", "TeamFactory"),
        ("table = \"a\"\n[for.b]\nfactory = \"B\"\nvia = \"c\"", "seed.unknown-key", "4:1", "factory, share"),
        ("table = \"a\"\nfor.b = 1", "seed.wrong-type", "2:9", "share = 10"),
        ("table = \"a", "seed.syntax", "1:11", ""),
    ] {
        let error = read(text).unwrap_err();
        let found = (error.code(), pointed_at(&error));
        assert_eq!(found, (code, place.to_owned()), "{text}\n{error}");
        assert!(error.help().unwrap_or_default().contains(help), "{text}\n{error}\n{:?}", error.help());
    }
}
