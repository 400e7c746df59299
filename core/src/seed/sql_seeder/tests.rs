//! Seeders of statements: their sections, and what each engine runs.

use super::*;
use crate::flavour::Flavour;
use crate::migrate::fake::{COMMITTING, ENGINE, FLAVOURS, FakeDialect, OTHER, TRANSACTIONAL};
use crate::seed::testing::{BLOG, pointed_at, tables};

const FILE: &str = "-- The first roles.
-- after TeamSeeder, role_seeder

-- seed
INSERT INTO teams (id, name) VALUES (1, 'Core; team'), (2, 'Docs');
UPDATE users SET is_admin = TRUE WHERE email = 'admin@example.com';

-- seed users by hand
-- seed other
INSERT INTO teams VALUES (now());
  -- seed is only a word here
CALL refresh();
";

fn read(text: &str) -> Result<SqlSeeder> {
    SqlSeeder::parse("TeamSeeder", &SourceText::new("database/seeders/team_seeder.sql", text), &FLAVOURS)
}

fn statements(text: &str, flavour: &'static Flavour) -> Result<Vec<SqlStatement>> {
    let dialect = FakeDialect { facts: TRANSACTIONAL, flavour, cannot: None };
    read(text)?.statements(&dialect, &FLAVOURS, &tables(BLOG))
}

#[test]
fn an_engine_runs_its_own_section_and_the_others_the_portable_one() {
    let seeder = read(FILE).unwrap();
    assert_eq!(
        seeder.after.iter().map(|word| &FILE[word.span.clone()]).collect::<Vec<_>>(),
        ["TeamSeeder", "role_seeder"]
    );
    let portable = statements(FILE, &ENGINE).unwrap();
    assert!(portable[0].sql.starts_with("write teams"), "{portable:?}");
    assert!(portable[1].sql.starts_with("write users"), "{portable:?}");
    assert_eq!(&FILE[portable[0].span.clone()], "INSERT INTO teams (id, name) VALUES (1, 'Core; team'), (2, 'Docs')");
    let own = statements(FILE, &OTHER).unwrap();
    assert_eq!(
        own.iter().map(|statement| statement.sql.as_str()).collect::<Vec<_>>(),
        ["INSERT INTO teams VALUES (now())", "CALL refresh()"]
    );
    assert_eq!(&FILE[own[1].span.clone()], "CALL refresh()");
}

#[test]
fn the_tables_of_the_portable_section_are_known() {
    let file =
        "-- seed\nINSERT INTO a SELECT x FROM b JOIN c ON b.id = c.id;\nDELETE FROM d;\n-- seed other\nDELETE FROM e;";
    assert_eq!(read(file).unwrap().table_names(), ["a", "b", "c", "d"]);
    assert!(read("-- seed\nDROP").unwrap().table_names().is_empty());
}

#[test]
fn a_section_may_do_nothing_and_a_missing_one_is_refused() {
    assert_eq!(statements("-- seed other none\n-- seed\nDELETE FROM teams;", &OTHER).unwrap(), []);
    let error = statements("-- seed other\nSELECT 1;", &ENGINE).unwrap_err();
    assert_eq!(error.code(), "seed.no-section");
    assert!(error.help().unwrap().contains("`-- seed fake none`"));
}

#[test]
fn windows_line_ends_and_dashes_change_nothing() {
    let seeder = read("\u{feff}-- after: A_seeder\r\n---- SEED\r\nDELETE FROM teams;\r\n").unwrap();
    assert_eq!(seeder.after[0].text, "A_seeder");
    assert_eq!(&seeder.source.text[seeder.sections[0].body.clone()], "DELETE FROM teams;\r\n");
}

#[test]
fn every_mistake_is_an_error_at_its_place_with_a_way_out() {
    for (text, code, place, help) in [
        ("DELETE FROM teams;", "seed.sql-before-section", "1:1", "`-- seed`"),
        ("-- seed everything\n", "seed.no-section", "1:1", "`-- seed`"),
        ("-- seed fakr\n", "engine.unknown", "1:1", "did you mean fake?"),
        ("-- seed fake everything\n", "engine.unknown", "1:1", "fake, other or none"),
        ("-- seed\n-- seed\n", "seed.duplicate-section", "2:1", "one section"),
        ("-- seed fake\n-- seed other fake\n", "seed.duplicate-section", "2:1", "one section"),
        ("-- seed none\nDELETE FROM teams;", "seed.none-with-body", "2:1", "take `none` out"),
        ("-- seed\nDELETE FROM 'teams", "sql.unterminated", "2:13", "closing quote"),
        ("-- seed\nDROP TABLE teams;", "seed.not-data", "2:1", "make:migration"),
        ("-- seed\nDELETE FROM team;", "schema.unknown-table", "2:13", ""),
        ("-- seed\nINSERT INTO teams (id) VALUES (1);", "schema.not-null", "2:13", ""),
        ("-- seed\nTRUNCATE teams;", "sql.not-portable", "2:1", ""),
        ("-- seed fake\nDELETE FROM teams;\nCOMMIT;", "seed.transaction-control", "3:1", "take the statement out"),
    ] {
        let error = statements(text, &ENGINE).unwrap_err();
        assert_eq!((error.code(), pointed_at(&error)), (code, place.to_owned()), "{text}\n{error}");
        assert!(error.help().unwrap_or_default().contains(help), "{text}\n{:?}", error.help());
    }
}

#[test]
fn what_commits_by_the_way_is_refused_where_ddl_commits() {
    let on = |facts, statement: &str| {
        let dialect = FakeDialect { facts, flavour: &ENGINE, cannot: None };
        let text = format!("-- seed fake\nDELETE FROM teams;\n-- anew\n{statement};");
        read(&text)?.statements(&dialect, &FLAVOURS, &tables(BLOG))
    };
    for statement in [
        "TRUNCATE teams",
        "truncate table teams",
        "/* all */ TRUNCATE teams",
        "CREATE TABLE x (y INT)",
        "SET autocommit = 1",
    ] {
        assert_eq!(on(TRANSACTIONAL, statement).unwrap().len(), 2, "{statement}");
        let error = on(COMMITTING, statement).unwrap_err();
        assert_eq!(error.code(), "seed.commits", "{statement}");
    }
    assert!(on(COMMITTING, "TRUNCATE teams").unwrap_err().help().unwrap().contains("DELETE FROM"));
    for statement in [
        "CREATE TEMPORARY TABLE x (y INT)",
        "SET @a = 1",
        "CALL truncate_all()",
        "INSERT INTO teams VALUES ('TRUNCATE')",
    ] {
        assert_eq!(on(COMMITTING, statement).unwrap().len(), 2, "{statement}");
    }
    for statement in ["-- done\nCOMMIT", "/* done */ COMMIT"] {
        assert_eq!(on(TRANSACTIONAL, statement).unwrap_err().code(), "seed.transaction-control", "{statement}");
    }
}

#[test]
fn the_way_out_of_what_is_not_portable_is_a_section_of_a_seeder() {
    let error =
        statements("-- seed\nINSERT INTO teams SELECT id, name FROM teams UNION SELECT 1, 'a';", &ENGINE).unwrap_err();
    assert!(error.help().unwrap().contains("`-- seed fake`"), "{:?}", error.help());
}
