//! Shapes of fixed rows and of factories' rows, and everything that is refused before a row is computed.

use super::*;
use crate::seed::seeder::Block;
use crate::seed::testing::{BLOG, pointed_at, schema, tables};

fn seeder(text: &str) -> Seeder {
    Seeder::parse("UserSeeder", &SourceText::new("database/seeders/user_seeder.toml", text)).unwrap()
}

fn factory(text: &str) -> Factory {
    Factory::parse("UserFactory", &SourceText::new("tests/factories/user_factory.toml", text)).unwrap()
}

/// The shape of a seeder's first row.
fn row_in(text: &str, tables: &Tables) -> Result<Shape> {
    let seeder = seeder(text);
    let Some(Block::Rows(rows)) = seeder.blocks.first() else { panic!("no rows") };
    Shape::of_row(&rows.rows[0], &rows.table, &seeder, tables)
}

fn row(text: &str) -> Result<Shape> {
    row_in(text, &tables(BLOG))
}

fn names(shape: &Shape) -> Vec<&str> {
    shape.columns.iter().map(|column| column.name.as_str()).collect()
}

fn constant(shape: &Shape, name: &str) -> Value {
    let column = &shape.columns[shape.column(&Name::folded(name)).unwrap()];
    match &column.cell {
        Cell::Constant(value) => value.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_fixed_row_has_its_constants_in_the_form_of_their_columns() {
    let shape = row("[[Users]]\nEmail = \"a\"\nname = \"b\"\nbalance = 19.9\nis_admin = true\n\
                     settings = { theme = \"dark\", size = 1.50 }\nborn = 1815-12-10\nseen = 2024-02-29T10:00:00Z\n\
                     created_at = 2024-02-29T12:00:00+02:00\n")
    .unwrap();
    assert_eq!(shape.table_name.as_str(), "users");
    assert_eq!(names(&shape)[..3], ["email", "name", "balance"]);
    assert_eq!(constant(&shape, "balance"), Value::Decimal("19.90".parse().unwrap()));
    assert_eq!(constant(&shape, "settings"), Value::Json("{\"theme\":\"dark\",\"size\":1.50}".into()));
    let ten = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_opt(10, 0, 0).unwrap();
    assert_eq!(constant(&shape, "seen"), Value::Timestamp(ten));
    assert_eq!(constant(&shape, "created_at"), Value::TimestampTz(ten.and_utc()));
    assert_eq!(shape.document_id, None);
}

#[test]
fn an_id_names_the_document_and_nothing_in_a_table() {
    let file = "[[users]]\n_id = \"ada\"\nemail = \"a\"\nname = \"b\"\nscore = 1.50\nsettings = { x = [1.5] }\n";
    let documents = Tables::of_documents(schema(BLOG));
    let shape = row_in(file, &documents).unwrap();
    let id = shape.document_id.unwrap();
    assert_eq!((shape.columns[id].name.as_str(), constant(&shape, "_id")), ("_id", text("ada")));
    assert_eq!(constant(&shape, "score"), Value::Double(1.5));
    let list = Value::Array(vec![Value::Double(1.5)]);
    assert_eq!(constant(&shape, "settings"), Value::Map(vec![("x".into(), list)]));
    let shape = row("[[users]]\n_id = \"ada\"\nemail = \"a\"\nname = \"b\"\n").unwrap();
    assert_eq!(names(&shape), ["email", "name"]);
    let shape = row_in("[[t]]\n_id = 5\n", &tables("CREATE TABLE t (_id INTEGER PRIMARY KEY);")).unwrap();
    assert_eq!(constant(&shape, "_id"), Value::Integer(5));
}

#[test]
fn states_and_overrides_lie_over_the_fields_and_the_run_gives_the_rest() {
    let factory = factory(
        "table = \"users\"\n[fields]\nemail = \"a\"\nname = \"b\"\n\
         [states.admin]\nis_admin = true\nname = \"c\"\n[states.late]\nname = \"d\"\n",
    );
    let seeder =
        seeder("[[seeder.make]]\nfactory = \"UserFactory\"\nstate = [\"admin\", \"late\"]\nwith = { EMAIL = \"e\" }\n");
    let Some(Block::Make(make)) = seeder.blocks.first() else { panic!("no make") };
    let given = [Name::folded("team_id")];
    let made =
        FactoryUse { factory: &factory, source: &seeder.source, states: &make.states, with: &make.with, given: &given };
    let shape = made.shape(&tables(BLOG)).unwrap();
    assert_eq!(names(&shape), ["email", "name", "is_admin", "team_id"]);
    assert_eq!((constant(&shape, "email"), constant(&shape, "name")), (text("e"), text("d")));
    assert!(matches!(shape.columns[3].cell, Cell::Given));
    assert_eq!(shape.columns[0].source.name, seeder.source.name);
    assert_eq!(shape.columns[1].source.name, factory.source.name);
    assert!(made.gives("team_id") && made.gives("email") && made.gives("is_admin"));
    assert!(!made.gives("balance"));
}

#[test]
fn every_mistake_of_a_row_is_found_before_anything_runs() {
    const USER: &str = "[[users]]\nemail = \"a\"\nname = \"b\"\n";
    for (line, code, place, help) in [
        ("nam = \"x\"", "seed.unknown-column", "4:1", "did you mean name?"),
        ("balance = 19.905", "seed.bad-value", "4:11", "keeps 2"),
        ("balance = \"19.905\"", "seed.bad-value", "4:11", "keeps 2"),
        ("balance = \"a lot\"", "seed.bad-value", "4:11", ""),
        ("is_admin = 1", "seed.bad-value", "4:12", "write true or false"),
        ("is_admin = \"=null\"", "seed.no-value", "4:12", ""),
        ("born = 2024-01-01T10:00:00Z", "seed.bad-value", "4:8", ""),
        ("born = \"2024-02-30\"", "seed.bad-value", "4:8", "no such day"),
        ("seen = 2024-01-01T10:00:00+02:00", "seed.bad-value", "4:8", "2024-01-01T08:00:00"),
        ("settings = \"{\"", "seed.bad-value", "4:12", "quotes of its own"),
        ("team_id = [1]", "seed.bad-value", "4:11", "JSON columns"),
    ] {
        let error = row(&format!("{USER}{line}\n")).unwrap_err();
        assert_eq!((error.code(), pointed_at(&error)), (code, place.to_owned()), "{line}\n{error}");
        assert!(error.help().unwrap_or_default().contains(help), "{line}\n{:?}", error.help());
    }
    for (file, code, place, help) in [
        ("[[user]]\nemail = \"a\"", "seed.unknown-table", "1:3", "did you mean users?"),
        ("[[\"a/b/c\"]]\nemail = \"a\"", "seed.unknown-table", "1:3", "document store"),
        ("[[users]]\nemail = \"a\"", "seed.no-value", "1:1", "give the row a line: name = ..."),
        (
            "[[users]]\nname = \"a\"\nemail = \"a text of more than forty characters, which is too long\"",
            "seed.bad-value",
            "3:9",
            "40",
        ),
    ] {
        let error = row(file).unwrap_err();
        assert_eq!((error.code(), pointed_at(&error)), (code, place.to_owned()), "{file}\n{error}");
        assert!(error.help().unwrap_or_default().contains(help), "{file}\n{:?}", error.help());
    }
}

#[test]
fn every_mistake_of_a_factory_is_found_before_anything_runs() {
    let shape = |text: &str, state: &str| {
        let factory = factory(text);
        let states: Vec<Word> =
            (!state.is_empty()).then(|| Word { text: state.to_owned(), span: 2..3 }).into_iter().collect();
        let source = SourceText::new("seeder.toml", "[[seeder.make]]");
        FactoryUse { factory: &factory, source: &source, states: &states, with: &[], given: &[] }.shape(&tables(BLOG))
    };
    const USER: &str = "table = \"users\"\n[fields]\nemail = \"a\"\nname = \"b\"\n";
    let error = shape(USER, "admin").unwrap_err();
    assert_eq!(error.code(), "seed.unknown-state");
    assert!(error.help().unwrap().contains("add [states.admin] to tests/factories/user_factory.toml"));
    let error = shape(&format!("{USER}[states.admin]\nis_admin = true"), "admn").unwrap_err();
    assert_eq!(error.help(), Some("did you mean admin?"));
    assert_eq!(error.location().unwrap().to_string(), "seeder.toml:1:3");
    let error = shape("table = \"users\"\n[fields]\nemail = \"a\"", "").unwrap_err();
    assert_eq!((error.code(), error.help()), ("seed.no-value", Some("add a line below [fields]: name = ...")));
    assert_eq!(pointed_at(&error), "1:9");
    let error = shape("table = \"usrs\"", "").unwrap_err();
    assert_eq!((error.code(), pointed_at(&error)), ("seed.unknown-table", "1:9".to_owned()));
}

/// A row's values, computed.
fn computed(shape: &Shape) -> Result<Vec<Value>> {
    let stream = crate::seed::random::Stream::new(1);
    let mut values = vec![Value::Null; shape.columns.len()];
    for place in &shape.order {
        let mut value = Value::Null;
        let context = Context {
            random: stream.at(0).field(7),
            ordinal: 0,
            offset: 0,
            seed: 1,
            now: "2025-01-01T00:00:00Z".parse().unwrap(),
            fields: &values,
            outside: &crate::seed::formula::Nothing,
        };
        shape.columns[*place].compute(&context, &mut value)?;
        values[*place] = value;
    }
    Ok(values)
}

#[test]
fn columns_are_computed_behind_those_that_they_read() {
    let shape = row("[[users]]\nemail = \"=lower(name) || '@example.com'\"\nname = \"=upper('ada')\"\n\
                     settings = { who = \"=name\", list = [1.50, \"=seq()\"], at = \"=now()\" }\nseen = \"=now()\"\n\
                     balance = \"='19.9'\"\n")
    .unwrap();
    assert_eq!(names(&shape), ["email", "name", "settings", "seen", "balance"]);
    assert_eq!(shape.order[..2], [1, 0]);
    let values = computed(&shape).unwrap();
    assert_eq!(values[0], text("ada@example.com"));
    let json = r#"{"who":"ADA","list":[1.50,1],"at":"2025-01-01T00:00:00Z"}"#;
    assert_eq!(values[2], Value::Json(json.into()));
    assert!(matches!(values[3], Value::Timestamp(_)));
    assert_eq!(values[4], Value::Decimal("19.90".parse().unwrap()));
}

#[test]
fn a_circle_of_columns_is_named_whole() {
    let error = row("[[users]]\nemail = \"=name\"\nname = \"=settings || 'x'\"\nsettings = { a = [\"=email\"] }\n")
        .unwrap_err();
    assert_eq!(error.code(), "seed.circle");
    assert_eq!(error.message(), "these columns are computed from one another: email → name → settings → email");
    assert_eq!(pointed_at(&error), "2:9");
    let error = row("[[users]]\nemail = \"=email\"\nname = \"x\"").unwrap_err();
    assert_eq!(error.message(), "email is computed from itself");
}

#[test]
fn a_mistake_in_a_formula_is_pointed_at_inside_of_it() {
    let error = row("[[users]]\nname = \"x\"\nemail = \"\\u003dlower(\\\"name\\\") || emial()\"").unwrap_err();
    assert_eq!((error.code(), pointed_at(&error)), ("formula.unknown-function", "3:35".to_owned()), "{error}");
}

#[test]
fn what_a_formula_gives_must_fit_its_column() {
    for (line, code, message) in [
        ("balance = \"=decimal(0.125, 0.125, 3)\"", "seed.bad-value", "column users.balance: 0.125 has more digits"),
        (
            "born = \"=now() + interval '1' hour\"",
            "seed.bad-value",
            "column users.born: 2025-01-01 01:00:00Z is not a DATE",
        ),
        ("is_admin = \"=maybe(true, 0.0)\"", "seed.no-value", "column users.is_admin takes no NULL"),
    ] {
        let shape = row(&format!("[[users]]\nname = \"x\"\nemail = \"y\"\n{line}\n"));
        let error = shape.and_then(|shape| computed(&shape)).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().starts_with(message), "{error}");
        assert!(pointed_at(&error).starts_with("4:"), "{error}");
    }
}
