//! Expressions: precedence, forms, literals, limits.

use proptest::prelude::*;

use super::*;
use crate::sql::test_flavours::{cases, sql_like};

#[test]
fn operators_bind_in_the_standard_order() {
    let trees = [
        ("a OR b AND NOT c = d", "(Or a (And b (Not (Equal c d))))"),
        ("1 + 2 * -3 - 4", "(Subtract (Add 1 (Multiply 2 (Negate 3))) 4)"),
        ("a || b || 'c' = d", "(Equal (Concatenate (Concatenate a b) \"c\") d)"),
        ("a + 1 || b", "(Concatenate (Add a 1) b)"),
        ("(a + b) * +c % 5 / 2", "(Divide (Modulo (Multiply (Add a b) c) 5) 2)"),
        ("NOT a IS NULL AND b IS NOT NULL", "(And (Not (null? a)) (not-null? b))"),
        ("a BETWEEN 1 AND 2 + 3 AND b", "(And (between a 1 (Add 2 3)) b)"),
        ("a NOT IN (1, 2, b) OR a IN (3)", "(Or (not-in a 1 2 b) (in a 3))"),
        (
            "a NOT LIKE 'x%' AND b LIKE 'y' AND c NOT BETWEEN 1 AND 2",
            "(And (And (not-like a \"x%\") (like b \"y\")) (not-between c 1 2))",
        ),
        ("a != b", "(NotEqual a b)"),
        ("(a = b) = (c <> d)", "(Equal (Equal a b) (NotEqual c d))"),
        ("- -1", "(Negate (Negate 1))"),
    ];
    for (text, tree) in trees {
        assert_eq!(shown(&expression(text)), tree, "{text}");
    }
}

#[test]
fn operands_take_every_portable_form() {
    let trees = [
        ("CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END", "(case a:1 b:2 else:3)"),
        ("case a when 1 then 'x' end", "(case a 1:\"x\")"),
        ("CAST(a AS DECIMAL(10, 2))", "(cast a DECIMAL [10, 2])"),
        ("CAST(a AS character varying (20))", "(cast a CHARACTER VARYING [20])"),
        ("SUBSTRING(s FROM 2 FOR 3)", "(SUBSTRING s 2 3)"),
        ("substring(s, 2)", "(SUBSTRING s 2)"),
        ("COALESCE(a, NULL, Current_Timestamp, CURRENT_DATE)", "(COALESCE a null (CURRENT_TIMESTAMP) (CURRENT_DATE))"),
        ("COUNT(*) + sum(a.b)", "(Add (Count *) (Sum a.b))"),
        ("DATE '2024-01-31'", "(DATE \"2024-01-31\")"),
        (
            "TIMESTAMP WITH TIME ZONE '2024-01-31 12:00:00+01:00'",
            "(TIMESTAMP WITH TIME ZONE \"2024-01-31 12:00:00+01:00\")",
        ),
        ("UUID 'x' = json '{}'", "(Equal (UUID \"x\") (JSON \"{}\"))"),
        ("X'cAfE'", "[202, 254]"),
        ("'it''s\r\nhere'", "\"it's\\nhere\""),
        ("\"Order\".\"a\"\"b\"", "Order.a\"b"),
        ("date = time AND timestamp.json IS NULL", "(And (Equal date time) (null? timestamp.json))"),
        ("order + key + group + user", "(Add (Add (Add order key) group) user)"),
        ("1.50 + .5 + 1e-3", "(Add (Add 1.50 .5) 1e-3)"),
        ("a /* b */ + -- c\n 1", "(Add a 1)"),
    ];
    for (text, tree) in trees {
        assert_eq!(shown(&expression(text)), tree, "{text}");
    }
}

#[test]
fn every_node_knows_its_place() {
    let text = "  (a + b) * CAST(c AS TEXT) ";
    let whole = expression(text);
    assert_eq!(&text[whole.span.clone()], "(a + b) * CAST(c AS TEXT)");
    let ExpressionKind::Binary(left, _, right) = whole.kind else { panic!() };
    assert_eq!(&text[left.span], "(a + b)");
    assert_eq!(&text[right.span], "CAST(c AS TEXT)");
}

#[test]
fn nesting_has_a_limit_and_never_overflows_the_stack() {
    let deep = [
        "(".repeat(100_000),
        format!("1{}", " + 1".repeat(100_000)),
        "NOT ".repeat(100_000),
        "- ".repeat(100_000),
        "CASE ".repeat(100_000),
        "f(".repeat(100_000),
        "a IN (".repeat(100_000),
        "a BETWEEN (".repeat(100_000),
        format!("{}1{}", "(1 + ".repeat(150), " + 1)".repeat(150)),
    ];
    for text in deep {
        let error = parse_expression(&SourceText::new("e", text.as_str()), 0..text.len()).unwrap_err();
        assert_eq!(error.code(), "sql.too-deep", "{}", &text[..20]);
    }
    expression(&format!("{}1{}", "(".repeat(190), ")".repeat(190)));
    for chain in [" OR a", " AND a", " AND a OR b"] {
        expression(&format!("1{}", chain.repeat(20_000)));
    }
    expression(&format!("a IN (1{})", ", 1".repeat(10_000)));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_text_is_parsed_or_refused_at_a_place_in_it(text in sql_like()) {
        let source = SourceText::new("m.sql", text.as_str());
        let results = [
            parse(&source, 0..text.len()).err(),
            parse_expression(&source, 0..text.len()).err(),
            parse(&SourceText::new("m.sql", format!("CREATE TABLE t (a INT {text}")), 0..text.len() + 22).err(),
        ];
        for error in results.into_iter().flatten() {
            let location = error.location().unwrap();
            prop_assert!(location.source.text.get(location.span.clone()).is_some());
        }
    }
}
