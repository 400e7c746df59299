//! Tests of what is known of sections for one engine.

use super::effect::{Effect, effect};
use crate::flavour::LexicalRules;
use crate::store::{CatalogObject, ObjectKind};

fn of(sql: &str) -> Effect {
    effect(sql, &LexicalRules::STANDARD)
}

fn made(kind: ObjectKind, name: &str, table: &str, sql: &str) -> Effect {
    let object = CatalogObject { kind, name: name.to_owned(), table: table.to_owned(), sql: sql.to_owned() };
    Effect::Makes { object, if_absent: false }
}

#[test]
fn an_index_and_a_trigger_are_known_by_their_words_from_the_name_on() {
    assert_eq!(
        of("create  unique index main.\"by name\" on users (name COLLATE NOCASE)"),
        made(ObjectKind::Index, "by name", "users", "CREATE UNIQUE INDEX \"by name\" on users (name COLLATE NOCASE)")
    );
    let body = "t AFTER UPDATE OF name ON \"users\" BEGIN DELETE FROM posts; END";
    assert_eq!(
        of(&format!("CREATE /* a */ TRIGGER {body}")),
        made(ObjectKind::Trigger, "t", "users", &format!("CREATE TRIGGER {body}"))
    );
}

#[test]
fn a_table_that_is_made_or_altered_and_whatever_is_not_understood_is_opaque() {
    let tables = |names: &[&str]| Effect::Tables(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(of("CREATE TABLE a (b INTEGER REFERENCES c)"), tables(&["a"]));
    assert_eq!(of("ALTER TABLE a ADD COLUMN b TEXT"), tables(&["a"]));
    assert_eq!(of("ALTER TABLE a RENAME TO b"), tables(&["ALTER", "TABLE", "a", "RENAME", "TO", "b"]));
    assert_eq!(of("TWIST users 1"), tables(&["TWIST", "users"]));
    assert_eq!(of("CREATE TEMP TRIGGER t"), tables(&["CREATE", "TEMP", "TRIGGER", "t"]));
    assert_eq!(of("UPDATE sqlite_schema SET sql = ''"), Effect::Everything);
}

#[test]
fn rows_and_settings_change_no_schema() {
    for sql in ["", "INSERT INTO a VALUES (1)", "PRAGMA user_version = 1", "SELECT sql FROM sqlite_master", "VACUUM"] {
        assert_eq!(of(sql), Effect::Nothing, "{sql}");
    }
    assert_eq!(of("DROP INDEX IF EXISTS a"), Effect::Drops { kind: ObjectKind::Index, name: "a".to_owned() });
}
