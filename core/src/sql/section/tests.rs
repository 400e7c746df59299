//! What a section's header may say, where it counts, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::sql::test_flavours::{ALL, MARIADB, MYSQL, ORACLE, POSTGRES, SQLITE, cases, sql_like};

fn parsed(text: &str) -> MigrationScript {
    parse_migration(&SourceText::new("m.sql", text), &ALL).unwrap()
}

fn bodies(script: &MigrationScript) -> Vec<&str> {
    script.sections.iter().map(|section| script.body(section).trim()).collect()
}

/// `code line:column message | help`
fn refused(text: &str) -> String {
    let error = parse_migration(&SourceText::new("m.sql", text), &ALL).unwrap_err();
    let location = error.location().unwrap();
    let (line, column) = location.source.line_and_column(location.span.start);
    format!("{} {line}:{column} {} | {}", error.code(), error.message(), error.help().unwrap())
}

#[test]
fn a_file_falls_into_sections_under_its_title() {
    let script = parsed(
        "\u{feff}-- create posts table\r\n-- by hand\r\n\r\n-- migrate:up\r\nA;\r\n  -- Migrate:UP mysql, MariaDB transaction:false\r\n\
         B;\r\n-- migrate:up sqlite none\r\n-- migrate:down none\r\n",
    );
    assert_eq!(script.title.as_deref(), Some("create posts table"));
    assert_eq!(bodies(&script), ["A;", "B;", "", ""]);
    assert_eq!(script.sections[1].flavours, ["mysql", "mariadb"]);
    assert!(!script.sections[1].transaction && script.sections[0].transaction);
    assert!(script.sections[2].none && script.sections[3].none);
    assert_eq!(script.sections[3].direction, Direction::Down);
    assert_eq!(
        &script.source.text[script.sections[1].header.clone()],
        "-- Migrate:UP mysql, MariaDB transaction:false"
    );
}

#[test]
fn a_header_counts_only_where_a_token_may_begin() {
    let script = parsed(
        "-- migrate:up\nSELECT '\n-- migrate:down\n' /*\n-- migrate:down\n*/ , \"\n-- migrate:down\n\"; -- migrate:down\n\
         -- migrate:up postgres\n$$\n-- migrate:down\n$$ /* /* */\n-- migrate:down\n*/\n\
         -- migrate:up mysql\n'\\'\n-- migrate:down\n'\n--migrate:down\nx",
    );
    let directions: Vec<_> = script.sections.iter().map(|section| section.direction).collect();
    assert_eq!(directions, [Direction::Up, Direction::Up, Direction::Up, Direction::Down]);
    assert_eq!(bodies(&script)[3], "x");
}

#[test]
fn a_flavour_takes_its_own_section_then_its_fallbacks_then_the_portable_one() {
    let script =
        parsed("-- migrate:up\nP\n-- migrate:up mysql\nM\n-- migrate:up oracle none\n-- migrate:down sqlite\nD");
    let up = |flavour| script.select(Direction::Up, &ALL, flavour);
    assert_eq!(up(&MARIADB), Selected::Own(&script.sections[1]));
    assert_eq!(up(&MYSQL), Selected::Own(&script.sections[1]));
    assert_eq!(up(&SQLITE), Selected::Portable(&script.sections[0]));
    assert_eq!(up(&ORACLE), Selected::None(&script.sections[2]));
    assert_eq!(script.select(Direction::Down, &ALL, &SQLITE), Selected::Own(&script.sections[3]));
    assert_eq!(script.select(Direction::Down, &ALL, &POSTGRES), Selected::Missing);
    let mariadb_first = parsed("-- migrate:up mysql\nM\n-- migrate:up mariadb\nA");
    assert_eq!(mariadb_first.select(Direction::Up, &ALL, &MARIADB), Selected::Own(&mariadb_first.sections[1]));
    assert_eq!(mariadb_first.select(Direction::Up, &ALL, &SQLITE), Selected::Missing);
}

#[test]
fn another_engines_section_leaves_a_checksum_alone() {
    let before = parsed("-- migrate:up\nP;\n-- migrate:up mysql\nM;\n-- migrate:down\nD;");
    let after = parsed(
        "-- x\n-- migrate:up\n\n P ; -- c\n-- migrate:up oracle\nO;\n-- migrate:up mysql\nM;\n-- migrate:down\nD;",
    );
    for direction in [Direction::Up, Direction::Down] {
        for flavour in [&SQLITE, &POSTGRES, &MYSQL, &MARIADB] {
            assert_eq!(before.checksum(direction, &ALL, flavour), after.checksum(direction, &ALL, flavour));
        }
    }
    let of = |script: &MigrationScript, flavour| script.checksum(Direction::Up, &ALL, flavour);
    assert_ne!(of(&before, &ORACLE), of(&after, &ORACLE));
    let portable_changed = parsed("-- migrate:up\nQ;\n-- migrate:up mysql\nM;");
    assert_ne!(of(&before, &MYSQL), of(&portable_changed, &MYSQL));
    let declared_none = parsed("-- migrate:up\nP;\n-- migrate:up mysql none");
    let left_out = parsed("-- migrate:up\nP;");
    assert_ne!(of(&declared_none, &MYSQL), of(&left_out, &MYSQL));
}

#[test]
fn the_checksum_of_a_file_is_frozen() {
    let script = parsed(
        "-- t\n-- migrate:up\nCREATE TABLE a (b INT);\n-- migrate:up mysql\nDO 1;\n-- migrate:down\nDROP TABLE a;",
    );
    assert_eq!(
        script.checksum(Direction::Up, &ALL, &SQLITE),
        "93d794352e2d37f584db697b3f5ce1632d27203461e92bcd65d89291a251519d"
    );
    assert_eq!(
        script.checksum(Direction::Up, &ALL, &MARIADB),
        "1ffc80925690bda62aa8bf908070ae38496060df40eea7fe6f41b15b5deab5be"
    );
    assert_eq!(
        script.checksum(Direction::Down, &ALL, &SQLITE),
        "83e213c251b7562893444c4b41d5f20f5476a287611a03dde49ab27d3b4ee15a"
    );
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_place() {
    let wrong = [
        (
            "-- only a title\n",
            "migration.no-section 1:1 this migration has no section | begin its SQL with a line `-- migrate:up`",
        ),
        (
            "-- a\nDROP TABLE b;\n-- migrate:up\n",
            "migration.sql-before-section 2:1 there is SQL before the first section | put a line `-- migrate:up` above it",
        ),
        (
            "-- migrate:upp\n",
            "migration.unknown-section 1:12 there is no section `migrate:upp` | did you mean `-- migrate:up`?",
        ),
        (
            "-- migrate:rollback\n",
            "migration.unknown-section 1:12 there is no section `migrate:rollback` | a section is `-- migrate:up` or `-- migrate:down`",
        ),
        (
            "-- migrate: down\n",
            "migration.unknown-section 1:1 this looks like a section's header, but is not spelled like one | write `-- migrate:down`",
        ),
        (
            "-- migrate up\n",
            "migration.unknown-section 1:1 this looks like a section's header, but is not spelled like one | write `-- migrate:up`",
        ),
        (
            "-- migrate:up postgresql\n",
            "migration.unknown-flavour 1:15 there is no engine `postgresql` | did you mean `postgres`?",
        ),
        (
            "-- migrate:up sqlite, msql\n",
            "migration.unknown-flavour 1:23 there is no engine `msql` | did you mean `mysql`?",
        ),
        (
            "-- migrate:up zzz\n",
            "migration.unknown-flavour 1:15 there is no engine `zzz` | a section is for one or more of sqlite, postgres, mysql, mariadb, oracle, or for all of them if it names none",
        ),
        (
            "-- migrate:up\n\n-- migrate:up\n",
            "migration.duplicate-section 3:1 there is a second section `migrate:up` | put both into one section, or name different engines",
        ),
        (
            "-- migrate:up mysql\n-- migrate:up sqlite mysql\n",
            "migration.duplicate-section 2:1 there is a second section `migrate:up mysql` | put both into one section, or name different engines",
        ),
        (
            "-- migrate:up mysql mysql\n",
            "migration.duplicate-section 1:21 mysql is named twice | name each engine once",
        ),
        (
            "-- migrate:up transactions:false\n",
            "migration.unknown-option 1:15 a section has no option `transactions:false` | did you mean `transaction:false`?",
        ),
        (
            "-- migrate:up transaction:no\n",
            "migration.unknown-option 1:15 `transaction:` takes true or false, not `no` | write `transaction:false` for what may not run inside a transaction, and nothing otherwise",
        ),
        (
            "-- migrate:up none transaction:false\n",
            "migration.unknown-option 1:20 a section declared `none` runs in no transaction | take `transaction:` out of its header",
        ),
        (
            "-- migrate:up none\n-- c\nDROP TABLE a;\n",
            "migration.none-with-body 3:1 a section declared `none` holds SQL | take `none` out of its header, or the SQL out of the section",
        ),
        (
            "-- migrate:down\nDROP TABLE a;\n",
            "migration.no-up 1:1 this migration has no `-- migrate:up` | write what it does after a line `-- migrate:up`, or `-- migrate:up none` if it does nothing",
        ),
        (
            "-- migrate:up\nINSERT INTO a VALUES ('it's');\n-- migrate:down\n",
            "sql.unterminated 2:28 this string has no end | add its closing quote (a quote inside a string is written twice: '')",
        ),
        ("-- migrate:up\nSELECT /* a\n-- migrate:down\n", "sql.unterminated 2:8 this comment has no end | add `*/`"),
    ];
    for (text, expected) in wrong {
        assert_eq!(refused(text), expected);
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_text_is_cut_or_refused_without_a_panic(text in sql_like()) {
        let text = format!("-- migrate:up\n{text}");
        let source = SourceText::new("m.sql", text.as_str());
        match parse_migration(&source, &ALL) {
            Ok(script) => {
                let mut end = 0;
                for section in &script.sections {
                    prop_assert!(end <= section.header.start && section.header.end <= section.body.start);
                    prop_assert!(section.body.start <= section.body.end && text.get(section.body.clone()).is_some());
                    end = section.body.end;
                    script.checksum(section.direction, &ALL, &SQLITE);
                }
            }
            Err(error) => {
                let location = error.location().unwrap();
                prop_assert!(text.get(location.span.clone()).is_some());
            }
        }
    }
}
