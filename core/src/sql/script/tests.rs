//! How each engine's scripts fall into statements.

use proptest::prelude::*;

use super::*;
use crate::sql::test_flavours::{MYSQL, ORACLE, POSTGRES, RULES, SQLITE, cases, sql_like};

fn statements<'a>(text: &'a str, rules: &LexicalRules) -> Vec<&'a str> {
    split(text, rules).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn comments_between_statements_are_dropped_and_those_inside_are_kept() {
    let text = "-- first\nCREATE TABLE a (x INT /* ; */, -- ;\n y INT); /* b */\n;; DROP TABLE a -- last\n";
    assert_eq!(statements(text, &POSTGRES.lexical), ["CREATE TABLE a (x INT /* ; */, -- ;\n y INT)", "DROP TABLE a"]);
}

#[test]
fn the_place_of_a_statement_is_that_of_its_text() {
    let text = "  SELECT 1;\n SELECT ';' ;";
    for (place, statement) in split(text, &SQLITE.lexical) {
        assert_eq!(&text[place], statement);
    }
}

#[test]
fn a_sqlite_trigger_with_a_case_is_one_statement() {
    let trigger = "CREATE TEMP TRIGGER t AFTER UPDATE ON a BEGIN\n UPDATE a SET x = CASE WHEN 1 THEN 2 ELSE 3 END;\n \
                   SELECT CASE y WHEN 1 THEN 2 END; END";
    let text = format!("{trigger};\nDROP TRIGGER t; CREATE TABLE b (x);");
    assert_eq!(statements(&text, &SQLITE.lexical), [trigger, "DROP TRIGGER t", "CREATE TABLE b (x)"]);
}

#[test]
fn postgresql_bodies_are_one_statement() {
    let quoted = "CREATE FUNCTION f() RETURNS int AS $body$ BEGIN; RETURN 1; END; $body$ LANGUAGE plpgsql";
    let atomic =
        "CREATE OR REPLACE PROCEDURE p(begin int) BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END";
    let rule = "CREATE RULE r AS ON INSERT TO a DO ALSO (INSERT INTO b VALUES (1); INSERT INTO c VALUES (2))";
    let text = format!("{quoted};\n{atomic};\n{rule};\nBEGIN; COMMIT;");
    assert_eq!(statements(&text, &POSTGRES.lexical), [quoted, atomic, rule, "BEGIN", "COMMIT"]);
}

#[test]
fn mysql_delimiters_are_followed() {
    let text = "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; SELECT '$$'; END$$\n-- c\nSELECT 2 $$\ndelimiter ;\nSELECT 3;";
    assert_eq!(
        statements(text, &MYSQL.lexical),
        ["CREATE PROCEDURE p() BEGIN SELECT 1; SELECT '$$'; END", "SELECT 2", "SELECT 3"]
    );
    let slashes = "DELIMITER //\r\nSELECT 1; SELECT 4//\r\nDELIMITER ;;\r\nSELECT 2; SELECT 3;;\r\n";
    assert_eq!(statements(slashes, &MYSQL.lexical), ["SELECT 1; SELECT 4", "SELECT 2; SELECT 3"]);
}

#[test]
fn mysql_bodies_are_one_statement_without_a_delimiter_too() {
    let bodies = [
        "CREATE DEFINER=`root`@`%` TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.x = IF(NEW.x > 1, 1, 0)",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF NEW.x > 1 THEN SET NEW.x = 1; ELSE SET NEW.x = 2; END IF",
        "CREATE PROCEDURE IF NOT EXISTS p(a INT) COMMENT 'x' BEGIN DECLARE EXIT HANDLER FOR NOT FOUND BEGIN SET @x = 1; END; \
         l: LOOP SET a = REPEAT('a', 3); IF (a > 1) THEN LEAVE l; END IF; END LOOP; WHILE a DO SET a = 0; END WHILE; \
         REPEAT SET a = 1; UNTIL a END REPEAT; CASE a WHEN 1 THEN IF b THEN SELECT 1; END IF; ELSE SELECT 2; END CASE; \
         SELECT CASE WHEN a THEN IF(a, 1, 2) ELSE IF(a, 3, 4) END; DROP TABLE IF EXISTS x; SET NEW.end = a.begin; END",
        "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM a; DELETE FROM b; END",
        "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END",
        "CREATE TABLE IF NOT EXISTS a (x INT)",
        "BEGIN",
        "/*!40101 SET NAMES utf8mb4 */",
    ];
    let text = bodies.join(";\n");
    assert_eq!(statements(&text, &MYSQL.lexical), bodies);
}

#[test]
fn oracle_blocks_end_at_a_slash_and_statements_at_a_semicolon() {
    let text = "CREATE TABLE a (x NUMBER);\n\
                CREATE OR REPLACE EDITIONABLE TRIGGER t BEFORE INSERT ON a BEGIN :new.x := 4 / 2; END;\n/\n\
                CREATE TYPE o AS OBJECT (x NUMBER);\n/\n\
                CREATE TYPE BODY o AS MEMBER FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; END;\n  /  \n\
                DECLARE i NUMBER; BEGIN i := 8\n/ 2; END;\n/\n\
                SELECT 1 FROM dual\n/\n\
                BEGIN NULL; END;\n";
    assert_eq!(
        statements(text, &ORACLE.lexical),
        [
            "CREATE TABLE a (x NUMBER)",
            "CREATE OR REPLACE EDITIONABLE TRIGGER t BEFORE INSERT ON a BEGIN :new.x := 4 / 2; END;",
            "CREATE TYPE o AS OBJECT (x NUMBER)",
            "CREATE TYPE BODY o AS MEMBER FUNCTION f RETURN NUMBER IS BEGIN RETURN 1; END; END;",
            "DECLARE i NUMBER; BEGIN i := 8\n/ 2; END;",
            "SELECT 1 FROM dual",
            "BEGIN NULL; END;",
        ]
    );
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_text_falls_into_statements_at_their_places(text in sql_like()) {
        for rules in RULES {
            let mut end = 0;
            for (place, statement) in split(&text, &rules) {
                prop_assert!(place.start >= end && !statement.is_empty());
                prop_assert_eq!(&text[place.clone()], statement);
                end = place.end;
            }
        }
    }
}
