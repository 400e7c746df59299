//! Scheme 1 is frozen: these values MUST NOT change. A change that needs other values needs another scheme.

use proptest::prelude::*;

use super::*;
use crate::sql::lexer::TokenKind;
use crate::sql::test_flavours::{MYSQL, ORACLE, POSTGRES, RULES, SQLITE, cases, sql_like};

#[test]
fn scheme_1_gives_these_checksums() {
    assert_eq!(SCHEME, 1);
    let golden = [
        (LexicalRules::STANDARD, "", "3776096e9733584bd622e7e6417b65ba6640f8a8b809f475cd15ed5923cce3f6"),
        (
            LexicalRules::STANDARD,
            "CREATE TABLE t (id INTEGER NOT NULL, s VARCHAR(5) DEFAULT 'it''s'); -- end",
            "38338989bf753fad71ea61870a8913a4d37557a4a9f5b9bf4a46aa7b1308aab4",
        ),
        (
            LexicalRules::STANDARD,
            "SELECT a||b, c<=d, e<>f, g!=h, 1.5e-3, X'00', \"Q\" /*+ hint */ FROM \"t\"\"u\"",
            "ddea0c6b8aa23c7fc6cf3ced7c120fa8c284fcf58c3165670bac4d69a63e6478",
        ),
        (
            SQLITE.lexical,
            "SELECT [a b], `c` FROM t WHERE x == 1 AND y ->> '$.a' IS NULL",
            "cf9616912d3d23a3bec533d849dbc2604400efc78bb18e1a47ecf037ff6c8109",
        ),
        (
            POSTGRES.lexical,
            "SELECT E'a\\'b', $f$ x ; $f$, a::int, b @> c, $1, d !~~* e /* a /* b */ */",
            "285c1044114f2ac56e4a2f25e8a24b9f83095139b93a9e4edf442f364e14c5fc",
        ),
        (
            MYSQL.lexical,
            "SELECT \"a\\\"b\", 1--1, a <=> b, @@x := 2 # c\n/*!50003 DO 1 */",
            "bf46b9d46b54cce8c4dc3add88d82bfcfabb61b8e9f3e71b0bd0a6b7e0db0bb9",
        ),
        (
            ORACLE.lexical,
            "BEGIN x := q'[it's]'; FOR i IN 1..10 LOOP v$a#b(i => 2 ** i); END LOOP; END;\n/",
            "0fa42e3b5f0b144df830e20f20306189694b916cbc96fb7ac7550fd6d1130a58",
        ),
        (
            LexicalRules::STANDARD,
            "INSERT INTO é VALUES ('ü\r\nö', 'long long long long long long long long long long long \
          long long long long long long long long long long long long long long long long long long long long long')",
            "31c0e5f7df070735ed8265304d080c399de58f505b0851d24ef2e68c157b2ed8",
        ),
    ];
    for (rules, text, expected) in golden {
        assert_eq!(of_text(text, &rules), expected, "{text}");
    }
}

#[test]
fn what_an_engine_acts_on_changes_the_checksum() {
    let of = |text: &str| of_text(text, &LexicalRules::STANDARD);
    assert_ne!(of("SELECT 'a b'"), of("SELECT 'a  b'"));
    assert_ne!(of("SELECT 'a -- b'"), of("SELECT 'a'"));
    assert_ne!(of("SELECT /*+ a */ 1"), of("SELECT /*+ b */ 1"));
    assert_ne!(of("SELECT /*! a */ 1"), of("SELECT 1"));
    assert_ne!(of("SELECT a"), of("SELECT A"));
    assert_ne!(of("SELECT \"a\""), of("SELECT a"));
}

#[test]
fn where_tokens_end_is_part_of_the_checksum() {
    let of = |text: &str| of_text(text, &LexicalRules::STANDARD);
    assert_ne!(of("ab c"), of("a bc"));
    assert_ne!(of("a <= b"), of("a < = b"));
    assert_ne!(of("'a''b'"), of("'a' 'b'"));
}

#[test]
fn line_ends_and_byte_order_marks_do_not_change_the_checksum() {
    let of = |text: &str| of_text(text, &POSTGRES.lexical);
    assert_eq!(of("a\nb"), of("\u{feff}a\r\n\r\nb\r\n"));
    assert_eq!(of("$$ a\n b $$"), of("$$ a\r\n b $$"));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_comment_at_any_token_boundary_changes_nothing(
        text in sql_like(),
        comments in proptest::collection::vec(
            proptest::sample::select(vec![" ", "\n", "\r\n\r\n", "\u{feff}", " /* it's; \" */ ", "\n-- it's; \"\n", "\t"]),
            60,
        ),
    ) {
        for rules in RULES {
            let mut changed = String::from(comments[0]);
            let mut whole = true;
            for (token, comment) in Lexer::new(&text, 0..text.len(), rules).zip(comments.iter().cycle()) {
                whole &= !token.kind.is_unterminated();
                changed.push_str(token.text(&text));
                changed.push_str(if token.kind == TokenKind::LineComment { "\n" } else { " " });
                changed.push_str(comment);
            }
            // What has no end takes in whatever follows it.
            if whole {
                prop_assert_eq!(of_text(&text, &rules), of_text(&changed, &rules), "{:?} and {:?}", text, changed);
            }
        }
    }
}
