//! `unique(...)`: another value for every number of a row, or an error.

use std::collections::HashSet;

use super::*;
use crate::seed::functions;
use crate::seed::functions::definition::Unique;

fn key(value: &Value) -> String {
    format!("{value:?}")
}

#[test]
fn every_function_that_can_be_unique_is() {
    let row = row();
    let fields = ["name".to_owned()];
    for info in functions::list() {
        let definition = functions::find(info.name).unwrap();
        if matches!(definition.body, functions::definition::Body::Built(_)) {
            continue;
        }
        let call = info.example.strip_prefix("unique(").and_then(|call| call.strip_suffix(')')).unwrap_or(info.example);
        let text = if info.name == "seq" { "unique(seq())".to_owned() } else { format!("unique({call})") };
        for locale in Locale::names().filter_map(Locale::named) {
            let formula = Formula::parse(&text, &Scope { fields: &fields, locale, place: Place::Factory });
            if matches!(definition.unique, Unique::Refused(_)) {
                assert_eq!(formula.unwrap_err().code, "formula.not-unique", "{text}");
                continue;
            }
            let formula = formula.unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert!(formula.is_unique(), "{text}");
            let mut seen = HashSet::new();
            let mut value = Value::Null;
            for ordinal in 0..300 {
                match formula.evaluate(&context(ordinal, &row), &mut value) {
                    Ok(()) => assert!(seen.insert(key(&value)), "{text}: {value:?} twice in {}", locale.name()),
                    Err(error) => {
                        assert_eq!(error.code, "formula.exhausted", "{text}: {error:?}");
                        break;
                    }
                }
            }
            assert!(!seen.is_empty(), "{text}");
        }
    }
}

#[test]
fn uniqueness_comes_from_offset_and_ordinal_together() {
    let formula = parse("unique(int(1, 1000))", Place::Factory).unwrap();
    let mut value = Value::Null;
    let mut seen = HashSet::new();
    for (offset, rows, seed) in [(0, 400, 1), (400, 600, 2)] {
        for ordinal in 0..rows {
            let random = Stream::new(seed).at(ordinal).field(0);
            formula.evaluate(&Context { random, seed, offset, ..context(ordinal, &[]) }, &mut value).unwrap();
            assert!(seen.insert(key(&value)));
        }
    }
    assert_eq!(seen.len(), 1_000);
    let error = formula.evaluate(&Context { offset: 1_000, ..context(0, &[]) }, &mut value).unwrap_err();
    assert_eq!((error.code, error.span), ("formula.exhausted", 0..20));
    assert!(error.message.contains("1000 distinct values") && error.message.contains("1001"), "{}", error.message);
}

#[test]
fn the_number_stands_where_one_would_write_it() {
    let shown = |text: &str| {
        let mut value = Value::Null;
        let row = row();
        parse(text, Place::Factory).unwrap().evaluate(&Context { offset: 41, ..context(0, &row) }, &mut value).unwrap();
        match value {
            Value::Text(text) => text,
            other => format!("{other:?}"),
        }
    };
    assert!(shown("unique(email())").contains("42@example."));
    assert!(shown("unique(email(name))").starts_with("ada.ohara.42@example."));
    assert!(shown("unique(username())").ends_with("42"));
    assert_eq!(shown("unique(slug(name))"), "ada-ohara-42");
    assert!(shown("unique(sentence())").ends_with(" 42."));
    assert!(shown("unique(title())").ends_with(" 42"));
    assert_eq!(shown("seq() || ''"), "42");
    assert_eq!(shown("seq(100, 10) || ''"), "100");
}

#[test]
fn a_row_s_number_is_noticed_wherever_it_is_used() {
    for (text, counts) in [
        ("unique(email())", true),
        ("unique(pick('a', 'b'))", true),
        ("unique(country())", true),
        ("'u-' || unique(word())", true),
        ("lower(name || seq())", true),
        ("CASE WHEN seq() < 3 THEN 'few' ELSE 'many' END", true),
        ("seq(100, 10)", false),
        ("email()", false),
        ("uuid()", false),
    ] {
        assert_eq!(parse(text, Place::Factory).unwrap().counts(), counts, "{text}");
    }
}

#[test]
fn choices_are_each_taken_once() {
    let formula = parse("unique(pick('a', 'b', 'c'))", Place::Factory).unwrap();
    let mut value = Value::Null;
    let mut seen = HashSet::new();
    for ordinal in 0..3 {
        formula.evaluate(&context(ordinal, &[]), &mut value).unwrap();
        assert!(seen.insert(key(&value)));
    }
    assert_eq!(formula.evaluate(&context(3, &[]), &mut value).unwrap_err().code, "formula.exhausted");
}

#[test]
fn what_cannot_be_unique_is_refused_when_it_is_read() {
    for text in [
        "unique(bool())",
        "unique(1)",
        "unique(name)",
        "unique(now())",
        "unique('a' || word())",
        "unique(pick('a', 'a'))",
        "unique(pick(word(), 'a'))",
        "unique(unique(email()))",
        "unique(lower('a'))",
        "unique(float(0, 1))",
        "unique(ref(roles.id))",
    ] {
        let error = parse(text, Place::Factory).unwrap_err();
        assert_eq!(error.code, "formula.not-unique", "{text}");
    }
}
