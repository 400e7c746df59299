//! What holds for every function, and golden values: a new version of crate `fake` whose lists differ must be noticed.

use super::*;
use crate::seed::formula::{Context, Formula, Nothing, Place, Scope};
use crate::seed::random::{Stream, name_key};
use crate::value::Value;
use locale::Locale;

mod golden;

/// The values of the first rows of a formula, as texts.
fn values(text: &str, locale: &str, rows: u64) -> Vec<String> {
    let locale = Locale::named(locale).unwrap();
    let formula = Formula::parse(text, &Scope { fields: &[], locale, place: Place::Factory });
    let formula = formula.unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let value = |ordinal: u64| {
        let random = Stream::new(42).child("users").at(ordinal).field(name_key("field"));
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let context = Context { random, ordinal, offset: 0, seed: 42, now, fields: &[], outside: &Nothing };
        let mut value = Value::Null;
        formula.evaluate(&context, &mut value).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let mut shown = String::new();
        if crate::seed::formula::convert::write_text(&value, &mut shown) { shown } else { format!("{value:?}") }
    };
    (0..rows).map(value).collect()
}

#[test]
fn names_are_distinct_and_signatures_begin_with_them() {
    let mut seen = std::collections::HashSet::new();
    for info in list() {
        assert!(seen.insert(info.name), "{}", info.name);
        assert!(info.signature.starts_with(&format!("{}(", info.name)), "{}", info.signature);
        assert!(!info.group.is_empty() && !info.summary.is_empty() && !info.summary.ends_with('.'), "{}", info.name);
        assert!(info.example.contains(info.name), "{}", info.example);
    }
}

#[test]
fn every_example_can_be_computed() {
    for info in list().iter().filter(|info| !["ref", "env", "file", "file_bytes", "reference"].contains(&info.name)) {
        for text in values(info.example, "en_US", 20) {
            let may_be_null = ["maybe", "null", "nullif"].contains(&info.name);
            assert!(may_be_null || !text.is_empty() && text != "Null", "{}", info.example);
        }
    }
}

#[test]
fn every_locale_has_everything() {
    for locale in Locale::names() {
        for info in list().iter().filter(|info| info.signature == info.example && info.name != "server_timestamp") {
            for text in values(info.example, locale, 20) {
                assert!(
                    !text.is_empty() && !text.contains(['{', '#']) || info.name == "color_hex",
                    "{locale} {}: {text}",
                    info.name
                );
            }
        }
    }
}

#[test]
fn addresses_of_mail_are_safe_and_plain() {
    for locale in Locale::names() {
        for text in values("email()", locale, 200) {
            let (local, domain) = text.split_once('@').unwrap();
            assert!(["example.com", "example.org", "example.net"].contains(&domain), "{text}");
            assert!(
                local.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._".contains(&byte)),
                "{text}"
            );
            assert!(local.starts_with(|first: char| first.is_ascii_lowercase()), "{text}");
        }
    }
}

#[test]
fn check_digits_are_right() {
    for text in values("iban()", "en_US", 50) {
        let turned = format!("{}1314{}", &text[4..], &text[2..4]);
        let remainder = turned.bytes().fold(0_u32, |rest, byte| (rest * 10 + u32::from(byte - b'0')) % 97);
        assert_eq!((text.len(), remainder), (22, 1), "{text}");
    }
    for text in values("isbn()", "en_US", 50).into_iter().chain(values("ean13()", "en_US", 50)) {
        let sum: u32 = text.bytes().enumerate().map(|(place, byte)| u32::from(byte - b'0') * [1, 3][place % 2]).sum();
        assert_eq!((text.len(), sum % 10), (13, 0), "{text}");
    }
    for text in values("credit_card()", "en_US", 50) {
        let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
        let sum: u32 = text
            .bytes()
            .rev()
            .enumerate()
            .map(|(place, byte)| if place % 2 == 1 { doubled(u32::from(byte - b'0')) } else { u32::from(byte - b'0') })
            .sum();
        assert_eq!((text.len(), sum % 10), (16, 0), "{text}");
    }
}

#[test]
fn a_text_keeps_to_its_length() {
    for length in [0, 1, 5, 40, 200, 1_000] {
        for text in values(&format!("text({length})"), "fr_FR", 50) {
            assert!(text.chars().count() <= length, "{text}");
        }
    }
}

#[test]
fn numbers_and_dates_keep_to_their_bounds() {
    let all_of = |formula: &str, test: &dyn Fn(&str) -> bool| {
        for text in values(formula, "en_US", 500) {
            assert!(test(&text), "{formula}: {text}");
        }
    };
    all_of("int(-3, 3)", &|text| (-3..=3).contains(&text.parse::<i32>().unwrap()));
    all_of("int(-9223372036854775808, 9223372036854775807)", &|text| text.parse::<i64>().is_ok());
    all_of("decimal(-0.5, 0.5)", &|text| {
        (-0.5..=0.5).contains(&text.parse::<f64>().unwrap()) && text.ends_with(|c: char| c.is_ascii_digit())
    });
    all_of("float(2, 3)", &|text| (2.0..3.0).contains(&text.parse::<f64>().unwrap()));
    all_of("date('2024-02-28', '2024-03-01')", &|text| ("2024-02-28"..="2024-03-01").contains(&text));
    all_of("datetime('2024-01-01 10:00:00.5', '2024-01-01 10:00:03')", &|text| {
        ("2024-01-01 10:00:01"..="2024-01-01 10:00:03+00:00").contains(&text)
    });
    all_of("datetime()", &|text| ("2024-01-01"..="2026-01-01 00:00:00+00:00").contains(&text));
    all_of("past(1)", &|text| text.starts_with("2025-12-31") || text.starts_with("2026-01-01 00:00:00"));
    all_of("birthdate(18, 18)", &|text| ("2007-01-02"..="2008-01-01").contains(&text));
    all_of("time('09:00', '09:00:10')", &|text| ("09:00:00"..="09:00:10").contains(&text));
    all_of("uuid()", &|text| text.as_bytes()[14] == b'4' && b"89ab".contains(&text.as_bytes()[19]));
}
