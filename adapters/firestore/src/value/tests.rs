//! What becomes of each value, and what is refused with its path.

use chrono::{NaiveDate, Utc};
use fastman_core::value::Value;

use super::*;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The fields of a document of which nothing else is encoded.
fn fields(encoder: &Encoder<'_>) -> std::collections::BTreeMap<String, Stored> {
    crate::proto::Document::decode(encoder.bytes()).unwrap().fields
}

/// What the value reads back as.
fn there_and_back(value: Value) -> Result<Value, String> {
    let root = Root::new("p", "(default)");
    let mut encoder = Encoder::new(&root);
    encoder.field("f", &value)?;
    Ok(decode(fields(&encoder).remove("f").ok_or("the server fills it in")?, &root))
}

#[test]
fn what_a_document_knows_comes_back_as_it_was() {
    let moment = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    for value in [
        Value::Null,
        Value::Boolean(true),
        Value::Integer(i64::MIN),
        Value::Integer(i64::MAX),
        Value::Double(f64::INFINITY),
        Value::Double(-0.0),
        Value::Double(f64::MIN_POSITIVE),
        text(""),
        text("ü\0\u{10ffff}"),
        Value::Bytes(vec![0, 255]),
        Value::TimestampTz(moment.and_utc()),
        Value::Reference("users/alice".to_owned()),
        Value::Array(vec![Value::GeoPoint { latitude: -90.0, longitude: 180.0 }, Value::Null]),
        Value::Map(vec![("a".to_owned(), Value::Map(vec![("b".to_owned(), Value::Array(vec![]))]))]),
    ] {
        assert_eq!(there_and_back(value.clone()), Ok(value));
    }
    assert!(matches!(there_and_back(Value::Double(f64::NAN)), Ok(Value::Double(number)) if number.is_nan()));
}

#[test]
fn what_a_document_does_not_know_becomes_a_text_with_all_its_digits() {
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    assert_eq!(there_and_back(Value::Decimal("12.50".parse().unwrap())), Ok(text("12.50")));
    assert_eq!(there_and_back(Value::Date(day)), Ok(text("2024-02-29")));
    let time = chrono::NaiveTime::from_hms_micro_opt(1, 2, 3, 500).unwrap();
    assert_eq!(there_and_back(Value::Time(time)), Ok(text("01:02:03.000500")));
    assert_eq!(there_and_back(Value::Uuid(uuid::Uuid::nil())), Ok(text("00000000-0000-0000-0000-000000000000")));
    let naive = day.and_hms_opt(1, 2, 3).unwrap();
    assert_eq!(there_and_back(Value::Timestamp(naive)), Ok(Value::TimestampTz(naive.and_utc())));
}

#[test]
fn json_becomes_maps_and_arrays() {
    let json = Value::Json(r#"{"b": [1, 2.5, "x", null, {"c": true}], "a": {}}"#.to_owned());
    let expected = Value::Map(vec![
        ("a".to_owned(), Value::Map(vec![])),
        (
            "b".to_owned(),
            Value::Array(vec![
                Value::Integer(1),
                Value::Double(2.5),
                text("x"),
                Value::Null,
                Value::Map(vec![("c".to_owned(), Value::Boolean(true))]),
            ]),
        ),
    ]);
    assert_eq!(there_and_back(json), Ok(expected));
    assert_eq!(
        there_and_back(Value::Json("[18446744073709551615]".to_owned())),
        Err("field f: the number 18446744073709551615 is past 64 bits; write it as a text".to_owned())
    );
}

#[test]
fn an_array_in_an_array_is_refused_with_its_path() {
    let inner = Value::Array(vec![Value::Integer(1)]);
    let value = Value::Map(vec![("rows".to_owned(), Value::Array(vec![Value::Null, inner]))]);
    let expected = "field f.rows[1]: Firestore has no arrays directly inside arrays; put the inner one into a map";
    assert_eq!(there_and_back(value), Err(expected.to_owned()));
    assert_eq!(there_and_back(Value::Json(r#"{"rows": [null, [1]]}"#.to_owned())), Err(expected.to_owned()));
    assert_eq!(
        there_and_back(Value::Array(vec![Value::Map(vec![("rows".to_owned(), Value::Array(vec![]))])])),
        Ok(Value::Array(vec![Value::Map(vec![("rows".to_owned(), Value::Array(vec![]))])]))
    );
}

#[test]
fn what_firestore_would_refuse_is_refused_with_its_path() {
    let map = |name: &str, value: Value| Value::Map(vec![(name.to_owned(), value)]);
    for (value, expected) in [
        (map("", Value::Null), "field f.: the name of a field is empty"),
        (map("__x__", Value::Null), "field f.__x__: \"__x__\" is a name that Firestore keeps for itself (__...__)"),
        (
            Value::Array(vec![Value::GeoPoint { latitude: 91.0, longitude: 0.0 }]),
            "field f[0]: there is no place at latitude 91, longitude 0: -90 to 90, -180 to 180",
        ),
        (
            Value::GeoPoint { latitude: f64::NAN, longitude: 0.0 },
            "field f: there is no place at latitude NaN, longitude 0: -90 to 90, -180 to 180",
        ),
        (
            Value::Reference("users".to_owned()),
            "field f: the reference \"users\" names a collection; a document is collection/document: users/alice",
        ),
        (
            Value::Reference("projects/q/databases/(default)/documents/a/b".to_owned()),
            "field f: the reference \"projects/q/databases/(default)/documents\"... points into another database",
        ),
        (Value::Array(vec![Value::ServerTimestamp]), "field f[0]: the server's time can't stand inside an array"),
        (
            Value::Array(vec![map("at", Value::ServerTimestamp)]),
            "field f[0].at: the server's time can't stand inside an array",
        ),
        (
            Value::TimestampTz(chrono::DateTime::<Utc>::MAX_UTC),
            "field f: +262142-12-31 23:59:59.999999999 UTC is not between the years 1 and 9999",
        ),
        (
            Value::Map(vec![("a".to_owned(), Value::Null), ("a".to_owned(), Value::Null)]),
            "field f.a: the field is there twice",
        ),
    ] {
        assert_eq!(there_and_back(value), Err(expected.to_owned()));
    }
}

#[test]
fn maps_stand_twenty_deep_and_no_deeper() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::Map(vec![("m".to_owned(), inner)]));
    assert!(there_and_back(nested(20)).is_ok());
    let error = there_and_back(nested(21)).unwrap_err();
    assert!(error.ends_with("maps and arrays stand more than 20 deep in each other"), "{error}");
}

#[test]
fn the_servers_time_is_no_value_but_a_field_that_the_server_fills_in() {
    let root = Root::new("p", "(default)");
    let mut encoder = Encoder::new(&root);
    assert_eq!(encoder.field("at", &Value::ServerTimestamp), Ok(()));
    let map = Value::Map(vec![("made".to_owned(), Value::ServerTimestamp), ("by".to_owned(), Value::Integer(1))]);
    encoder.field("log", &map).unwrap();
    let mut fields = fields(&encoder);
    assert_eq!(fields.len(), 1);
    assert_eq!(decode(fields.remove("log").unwrap(), &root), Value::Map(vec![("by".to_owned(), Value::Integer(1))]));
    assert_eq!(encoder.server_times(), [vec!["at".to_owned()], vec!["log".to_owned(), "made".to_owned()]]);
}

#[test]
fn lengths_of_every_size_are_written_before_what_they_are_the_lengths_of() {
    for length in [0, 1, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16_370, 16_384, 300_000] {
        let long = text(&"x".repeat(length));
        let value =
            Value::Map(vec![("a".to_owned(), Value::Array(vec![long.clone(), Value::Null])), ("b".to_owned(), long)]);
        assert_eq!(there_and_back(value.clone()), Ok(value), "{length}");
    }
}
