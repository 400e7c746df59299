//! What the lexer promises for each engine.

use proptest::prelude::*;

use super::*;
use crate::sql::test_flavours::{MYSQL, ORACLE, POSTGRES, RULES, SQLITE, cases, sql_like};

fn lexed(text: &str, rules: LexicalRules) -> Vec<(TokenKind, &str)> {
    Lexer::new(text, 0..text.len(), rules).map(|token| (token.kind, token.text(text))).collect()
}

fn texts(text: &str, rules: LexicalRules) -> Vec<&str> {
    lexed(text, rules).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn a_statement_falls_into_words_operators_and_literals() {
    use TokenKind::*;
    assert_eq!(
        lexed("SELECT a.b, 'it''s' <> \"A\"\"b\" -- note\n+1.5e-3", LexicalRules::STANDARD),
        [
            (Word, "SELECT"),
            (Word, "a"),
            (Operator, "."),
            (Word, "b"),
            (Operator, ","),
            (Text, "'it''s'"),
            (Operator, "<>"),
            (QuotedName, "\"A\"\"b\""),
            (LineComment, "-- note"),
            (Operator, "+"),
            (Number, "1.5e-3"),
        ]
    );
}

#[test]
fn a_backslash_escapes_a_quote_on_mysql_alone() {
    assert_eq!(texts(r"'a\'b' c", MYSQL.lexical), [r"'a\'b'", "c"]);
    assert_eq!(texts(r"'a\' b", POSTGRES.lexical), [r"'a\'", "b"]);
    assert_eq!(texts(r"E'a\'b' c", POSTGRES.lexical), [r"E'a\'b'", "c"]);
    assert_eq!(texts(r#""a\"b" c"#, MYSQL.lexical), [r#""a\"b""#, "c"]);
}

#[test]
fn dollar_quotes_end_at_their_own_tag() {
    assert_eq!(texts("$f$ a $$ ; $g$ $f$ b", POSTGRES.lexical), ["$f$ a $$ ; $g$ $f$", "b"]);
    assert_eq!(texts("$1 $$x$$ a$b$", POSTGRES.lexical), ["$1", "$$x$$", "a$b$"]);
    assert_eq!(lexed("$a$ b", POSTGRES.lexical), [(TokenKind::UnterminatedText, "$a$ b")]);
}

#[test]
fn oracle_quotes_take_any_delimiter() {
    assert_eq!(texts("q'[it's]' nq'!a'b!' Q'é'é' x", ORACLE.lexical), ["q'[it's]'", "nq'!a'b!'", "Q'é'é'", "x"]);
    assert_eq!(lexed("q'", ORACLE.lexical), [(TokenKind::UnterminatedText, "q'")]);
}

#[test]
fn comments_nest_on_postgresql_alone() {
    use TokenKind::*;
    assert_eq!(lexed("/* a /* b */ c */ d", POSTGRES.lexical), [(BlockComment, "/* a /* b */ c */"), (Word, "d")]);
    assert_eq!(texts("/* a /* b */ c", SQLITE.lexical), ["/* a /* b */", "c"]);
    assert_eq!(lexed("/*/ a", SQLITE.lexical), [(UnterminatedComment, "/*/ a")]);
}

#[test]
fn executed_comments_are_told_from_others() {
    use TokenKind::*;
    assert_eq!(
        lexed("/*!50003 a /* b */ c */ /*+ hint */ /*M!10 d */", MYSQL.lexical),
        [
            (ExecutedComment, "/*!50003 a /* b */ c */"),
            (ExecutedComment, "/*+ hint */"),
            (ExecutedComment, "/*M!10 d */")
        ]
    );
    assert_eq!(lexed("--+ full(t)\na", ORACLE.lexical), [(ExecutedComment, "--+ full(t)"), (Word, "a")]);
    assert_eq!(lexed("--+ art +--", LexicalRules::STANDARD), [(LineComment, "--+ art +--")]);
}

#[test]
fn mysql_wants_a_space_after_two_dashes_and_takes_a_hash() {
    assert_eq!(texts("1--1 -- c\n2 # d\n3 --", MYSQL.lexical), ["1", "-", "-", "1", "-- c", "2", "# d", "3", "--"]);
}

#[test]
fn quoted_names_follow_the_engine() {
    use TokenKind::*;
    assert_eq!(lexed("[a b] `c``d`", SQLITE.lexical), [(QuotedName, "[a b]"), (QuotedName, "`c``d`")]);
    assert_eq!(texts("a[1]", POSTGRES.lexical), ["a", "[", "1", "]"]);
    assert_eq!(lexed("U&\"d\\0061\" U&'x'", POSTGRES.lexical), [(QuotedName, "U&\"d\\0061\""), (Text, "U&'x'")]);
    assert_eq!(lexed("\"a", SQLITE.lexical), [(UnterminatedName, "\"a")]);
}

#[test]
fn numbers_leave_ranges_alone() {
    assert_eq!(texts("1..10 .5 1. 1e5 0x1F 1e", ORACLE.lexical), ["1", "..", "10", ".5", "1.", "1e5", "0x1F", "1e"]);
}

#[test]
fn a_byte_order_mark_is_white_space() {
    assert_eq!(texts("\u{feff}a\u{feff}b", LexicalRules::STANDARD), ["a", "b"]);
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn tokens_are_in_order_and_leave_only_white_space_between_them(text in sql_like()) {
        for rules in RULES {
            let mut end = 0;
            for token in Lexer::new(&text, 0..text.len(), rules) {
                prop_assert!(token.start >= end && token.end > token.start);
                prop_assert!(text.get(token.span()).is_some());
                let blank = text[end..token.start].chars().all(|c| c.is_ascii_whitespace() || "\u{b}\u{feff}".contains(c));
                prop_assert!(blank);
                end = token.end;
            }
        }
    }
}
