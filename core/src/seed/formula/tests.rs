//! What formulas mean, from their text to their values.

use chrono::{DateTime, Utc};

use super::*;
use crate::error::{Error, Result as CoreResult};
use crate::seed::random::{Stream, name_key};

mod errors;
mod hashes;
mod uniqueness;

/// A row of a test: fields `name` and `age`, an environment with one variable, a table with two roles.
pub(super) struct World;

impl Outside for World {
    fn reference(&self, reference: usize, condition: &[Value], random: u64) -> CoreResult<Value> {
        match condition {
            [] => Ok(Value::Integer((random % 10) as i64)),
            [Value::Text(name)] if name == "admin" => Ok(Value::Integer(7 + reference as i64)),
            _ => Err(Error::failed("seed.no-such-row", "no row of roles has that name").with_help("add it")),
        }
    }

    fn environment(&self, name: &str) -> CoreResult<String> {
        match name {
            "SECRET" => Ok("s3cret".to_owned()),
            _ => Err(Error::failed("formula.environment", format!("{name} is not set"))),
        }
    }

    fn file(&self, path: &str) -> CoreResult<Vec<u8>> {
        match path {
            "terms.md" => Ok("# Terms".into()),
            _ => Ok(vec![0xFF, 0xFE]),
        }
    }
}

pub(super) fn now() -> DateTime<Utc> {
    "2026-03-31T10:30:00Z".parse().unwrap()
}

pub(super) fn parse(text: &str, place: Place) -> Result<Formula, FormulaError> {
    let fields = ["name".to_owned(), "age".to_owned(), "Odd Name".to_owned()];
    Formula::parse(text, &Scope { fields: &fields, locale: Locale::default(), place })
}

pub(super) fn context<'a>(ordinal: u64, fields: &'a [Value]) -> Context<'a> {
    let random = Stream::new(1).at(ordinal).field(name_key("field"));
    Context { random, ordinal, offset: 0, seed: 1, now: now(), fields, outside: &World }
}

fn row() -> [Value; 3] {
    [Value::Text("Ada O'Hara".to_owned()), Value::Integer(36), Value::Null]
}

pub(super) fn evaluate(text: &str) -> Value {
    let formula = parse(text, Place::Factory).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let mut value = Value::Null;
    formula.evaluate(&context(0, &row()), &mut value).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    value
}

/// The value's text, quotes around one that is a text, with its type before it where that isn't plain.
fn shown(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Text(text) => format!("'{text}'"),
        Value::Bytes(bytes) => format!("{bytes:02x?}"),
        value if convert::write_text(value, &mut text) => text,
        other => format!("{other:?}"),
    }
}

fn means(cases: &[(&str, &str)]) {
    for (text, wanted) in cases {
        assert_eq!(shown(&evaluate(text)), *wanted, "{text}");
    }
}

#[test]
fn operators_bind_as_in_sql() {
    means(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("-2 + 5", "3"),
        ("- - 2", "2"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("7 % 4", "3"),
        ("1.10 + 2.2", "3.30"),
        ("0.1 + 0.2", "0.3"),
        ("1.5 * 3", "4.5"),
        ("1e0 / 4", "0.25"),
        ("1 = 1 AND NOT 2 < 1 OR FALSE", "true"),
        ("'a' || 'b' || 1 + 2", "'ab3'"),
        ("'it''s ' || TRUE", "'it's true'"),
        ("NULL OR TRUE", "true"),
        ("NULL AND TRUE", "NULL"),
        ("1 IN (2, NULL)", "NULL"),
        ("1 IN (1, NULL)", "true"),
        ("2 NOT IN (1, 3)", "true"),
        ("2 BETWEEN 1 AND 3", "true"),
        ("2 NOT BETWEEN 1 AND 3", "false"),
        ("'abc' LIKE 'a%'", "true"),
        ("'abc' NOT LIKE '_'", "true"),
        ("NULL IS NULL", "true"),
        ("1 IS NOT NULL", "true"),
        ("1.0 = 1", "true"),
        ("date '2024-02-29' = '2024-02-29'", "true"),
    ]);
}

#[test]
fn functions_of_sql_give_what_they_give_there() {
    means(&[
        ("lower('ÄB')", "'äb'"),
        ("UPPER('ab')", "'AB'"),
        ("length('äöü')", "3"),
        ("trim('  a b ')", "'a b'"),
        ("substring('abcdef', 2, 3)", "'bcd'"),
        ("substring('abcdef' from 2 for 3)", "'bcd'"),
        ("substring('abc', -1, 3)", "'a'"),
        ("substring('abc', 2)", "'bc'"),
        ("replace('a-b-c', '-', '+')", "'a+b+c'"),
        ("abs(-1.50)", "1.50"),
        ("round(2.345, 2)", "2.35"),
        ("round(-2.5)", "-3"),
        ("round(2.345, 5)", "2.345"),
        ("coalesce(NULL, NULL, 'x')", "'x'"),
        ("nullif(1, 1)", "NULL"),
        ("nullif(1, 2)", "1"),
        ("concat('a', 1, TRUE)", "'a1true'"),
        ("lpad(42, 6, '0')", "'000042'"),
        ("CASE WHEN age > 30 THEN 'old' ELSE 'young' END", "'old'"),
        ("CASE age WHEN 35 THEN 'a' WHEN 36 THEN 'b' END", "'b'"),
        ("CASE WHEN NULL THEN 1 END", "NULL"),
        ("CAST('12' AS INTEGER) + 1", "13"),
        ("CAST(1.005 AS DECIMAL(5, 2))", "1.01"),
        ("CAST(7 AS TEXT) || '!'", "'7!'"),
        ("CAST('abcdef' AS VARCHAR(3))", "'abc'"),
        ("CAST('2024-01-02' AS DATE)", "2024-01-02"),
        ("CAST('yes' AS BOOLEAN)", "true"),
        ("json '{\"a\": 1}'", "{\"a\": 1}"),
        ("year('2024-05-06')", "2024"),
        ("lower(NULL)", "NULL"),
    ]);
}

#[test]
fn dates_move_by_intervals() {
    means(&[
        ("now()", "2026-03-31 10:30:00+00:00"),
        ("now() - interval '3' day", "2026-03-28 10:30:00+00:00"),
        ("now() - interval '1 month'", "2026-02-28 10:30:00+00:00"),
        ("interval '90' minute + now()", "2026-03-31 12:00:00+00:00"),
        ("current_timestamp - 2 * interval '1' week", "2026-03-17 10:30:00+00:00"),
        ("now() - interval '1' day * (age - 30)", "2026-03-25 10:30:00+00:00"),
        ("today()", "2026-03-31"),
        ("current_date + interval '1' day", "2026-04-01"),
        ("today() + interval '1' hour", "2026-03-31 01:00:00"),
        ("'2024-02-28' + interval '2' days", "2024-03-01"),
        ("timestamp '2024-01-01 10:00' + interval '1 day 2 hours'", "2024-01-02 12:00:00"),
        ("timestamp('2024-02-29T10:00:00+02:00')", "2024-02-29 08:00:00+00:00"),
        ("datetime('2024-01-01', '2024-01-01')", "2024-01-01 00:00:00+00:00"),
        ("datetime(now(), now())", "2026-03-31 10:30:00+00:00"),
        ("date(date '2024-01-01', '2024-01-01')", "2024-01-01"),
        ("time('09:00', '09:00')", "09:00:00"),
        ("NULL + interval '1' day", "NULL"),
    ]);
}

#[test]
fn a_formula_reads_the_rows_own_fields() {
    means(&[
        ("name", "'Ada O'Hara'"),
        ("NAME || ' (' || age || ')'", "'Ada O'Hara (36)'"),
        ("\"Odd Name\"", "NULL"),
        ("email(name) LIKE 'ada.ohara@example.___'", "true"),
        ("slug(name)", "'ada-ohara'"),
    ]);
    let formula = parse("name || age || name", Place::Seeder).unwrap();
    assert_eq!(formula.fields(), [0, 1]);
}

#[test]
fn bytes_and_documents_have_their_own_functions() {
    means(&[
        ("hex('cafe')", "[ca, fe]"),
        ("X'CAFE'", "[ca, fe]"),
        ("bytes('hi')", "[68, 69]"),
        ("from_base64('yv4=')", "[ca, fe]"),
        ("reference('users', 7)", "Reference(\"users/7\")"),
        ("geopoint(48.8584, -2)", "GeoPoint { latitude: 48.8584, longitude: -2.0 }"),
        ("server_timestamp()", "ServerTimestamp"),
        ("null", "NULL"),
        ("sha256('abc')", "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'"),
    ]);
    assert!(parse("server_timestamp()", Place::Seeder).unwrap().is_volatile());
}

#[test]
fn what_is_outside_is_asked_for() {
    means(&[
        ("env('SECRET')", "'s3cret'"),
        ("env('ABSENT', 'x')", "'x'"),
        ("file('terms.md')", "'# Terms'"),
        ("file_bytes('logo.png')", "[ff, fe]"),
        ("ref(roles.id, name = lower('ADMIN'))", "7"),
    ]);
    let formula = parse("ref(roles.id) + ref(\"users/a/x\".id, name = 'admin', age = age)", Place::Factory).unwrap();
    let wanted = [
        ReferenceSpec { table: "roles".to_owned(), column: "id".to_owned(), condition: vec![] },
        ReferenceSpec {
            table: "users/a/x".to_owned(),
            column: "id".to_owned(),
            condition: vec!["name".to_owned(), "age".to_owned()],
        },
    ];
    assert_eq!(formula.references(), wanted);
    assert_eq!(formula.fields(), [1]);
    assert!(parse("env('SECRET')", Place::Seeder).unwrap().is_volatile());
}

#[test]
fn constants_are_computed_once() {
    for text in ["1 + 2", "lower('A') || 'b'", "CASE WHEN 1 = 1 THEN hex('00') END", "'2024-01-01' + interval '1' day"]
    {
        assert!(parse(text, Place::Seeder).unwrap().constant().is_some(), "{text}");
    }
    for text in ["name", "now()", "word()", "lower(word())", "env('X')", "unique(email())"] {
        assert!(parse(text, Place::Seeder).unwrap().constant().is_none(), "{text}");
    }
}

#[test]
fn weights_decide_how_often() {
    let formula = parse("weighted('often', 9, 'never', 0, 'seldom', 1)", Place::Factory).unwrap();
    let mut seldom = 0;
    let mut value = Value::Null;
    for ordinal in 0..10_000 {
        formula.evaluate(&context(ordinal, &[]), &mut value).unwrap();
        assert_ne!(value, Value::Text("never".to_owned()));
        seldom += u32::from(value == Value::Text("seldom".to_owned()));
    }
    assert!((850..1_150).contains(&seldom), "{seldom}");
}

#[test]
fn a_value_does_not_depend_on_which_rows_were_made_before_or_on_which_thread() {
    let formula =
        parse("unique(email()) || ' ' || name() || ' ' || date('2020-01-01', now()) || sentence()", Place::Factory)
            .unwrap();
    let value = |ordinal: u64| {
        let mut value = Value::Null;
        formula.evaluate(&context(ordinal, &[]), &mut value).unwrap();
        value
    };
    let forwards: Vec<Value> = (0..500).map(value).collect();
    let mut backwards: Vec<Value> = (0..500).rev().map(value).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    let halves: Vec<Vec<Value>> = std::thread::scope(|scope| {
        let threads: Vec<_> = [0..250, 250..500].map(|range| scope.spawn(move || range.map(value).collect())).into();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(forwards, halves.concat());
}

#[test]
fn a_formula_as_long_as_it_may_be_can_be_computed() {
    let long = vec!["age"; 129].join(" + ");
    assert_eq!(evaluate(&long), Value::Integer(129 * 36));
    let deep = format!("{}{}{}", "(".repeat(30), vec!["age"; 128].join(" - "), ")".repeat(30));
    assert_eq!(evaluate(&deep), Value::Integer(36 - 127 * 36));
    for (text, words) in [
        (vec!["1"; 100_000].join(" || "), "operators"),
        ("(".repeat(100_000), "nested"),
        (format!("1 {}", "IS NULL ".repeat(100_000)), "operators"),
        ("NOT ".repeat(100_000) + "TRUE", "nested"),
        ("lower(".repeat(100_000), "nested"),
        ("CASE ".repeat(100_000), "nested"),
    ] {
        let error = parse(&text, Place::Seeder).unwrap_err();
        assert!(error.message.contains(words), "{}", error.message);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_formula_or_an_error_at_a_place_of_it(text in "[a-z0-9(),.'\"|+*/<=>% -]{0,40}|\\PC{0,40}") {
        if let Err(error) = parse(&text, Place::Seeder) {
            proptest::prop_assert!(text.get(error.span.clone()).is_some(), "{:?} of {:?}", error.span, text);
            proptest::prop_assert!(error.code.starts_with("formula."));
        }
    }

    #[test]
    fn pieces_of_formulas_never_panic(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "int(", "1", ",", "9223372036854775807", ")", "-", "+", "||", "'a'", "name", "age", "unique(", "email()", "now()",
            "interval '1' day", "*", "NULL", "CASE WHEN", "THEN", "END", "date(", "'2024-01-01'", "substring(", "CAST(",
            "AS DECIMAL(38, 38))", "1.5", "/", "%", "=", "IN (", "round(", "lpad(", "seq(", "decimal(", "float(", "1e308", "text(",
        ]), 1..12),
    ) {
        let text = pieces.join(" ");
        if let Ok(formula) = parse(&text, Place::Factory) {
            let row = row();
            let mut value = Value::Null;
            // An error is fine, too.
            let _ = formula.evaluate(&context(3, &row), &mut value);
        }
    }

    #[test]
    fn unique_numbers_never_meet(low in -1000_i64..1000, size in 1_u64..500, offset in 0_u64..100) {
        let high = low + size as i64 - 1;
        let formula = parse(&format!("unique(int({low}, {high}))"), Place::Factory).unwrap();
        let mut seen = std::collections::HashSet::new();
        let mut value = Value::Null;
        for ordinal in 0..size.saturating_sub(offset) {
            formula.evaluate(&Context { offset, ..context(ordinal, &[]) }, &mut value).unwrap();
            let Value::Integer(number) = value else { panic!("{value:?}") };
            proptest::prop_assert!((low..=high).contains(&number) && seen.insert(number));
        }
    }
}
