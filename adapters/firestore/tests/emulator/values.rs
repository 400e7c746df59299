//! Values: what goes in comes out.

use chrono::{DateTime, NaiveDate, Utc};
use fastman_core::Result;
use fastman_core::store::{Store, WriteMode};
use fastman_core::value::Value;

use crate::support::{Emulator, Rows, connect, target, text};
use crate::tests;

tests!("values":
    every_type_comes_back_as_it_was_written,
    not_a_number_comes_back,
    what_a_document_has_no_type_for_is_a_text,
    the_server_fills_in_its_time_also_inside_maps,
    names_of_fields_may_be_anything_that_firestore_takes,
);

/// Writes each value to a document of its own and reads them back.
async fn there_and_back(emulator: &Emulator, values: &[Value]) -> Result<Vec<Value>> {
    let mut store = connect(&emulator.project()).await?;
    let rows = (0..).zip(values).map(|(number, value)| vec![text(format!("d{number:03}")), value.clone()]);
    let written = store.write(&target("things", &["id", "v"], WriteMode::Insert), &mut Rows(rows)).await?;
    assert_eq!(written, values.len() as u64);
    let documents = store.documents("things").await?;
    assert_eq!(documents.len(), values.len());
    Ok(documents.into_iter().map(|mut document| document.fields.remove("v").unwrap()).collect())
}

fn moment(year: i32, micros: u32) -> Value {
    let day = NaiveDate::from_ymd_opt(year, 12, 31).unwrap();
    Value::TimestampTz(day.and_hms_micro_opt(23, 59, 59, micros).unwrap().and_utc())
}

async fn every_type_comes_back_as_it_was_written(emulator: &Emulator) -> Result<()> {
    let point = |latitude, longitude| Value::GeoPoint { latitude, longitude };
    let map = |entries: &[(&str, Value)]| {
        Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    let values = [
        Value::Null,
        Value::Boolean(true),
        Value::Boolean(false),
        Value::Integer(0),
        Value::Integer(i64::MIN),
        Value::Integer(i64::MAX),
        Value::Double(0.1),
        Value::Double(-0.0),
        Value::Double(f64::MAX),
        Value::Double(f64::MIN_POSITIVE),
        Value::Double(5e-324),
        Value::Double(f64::INFINITY),
        Value::Double(f64::NEG_INFINITY),
        text(""),
        text("'\"\\\0\n\u{10ffff} ünïcödé 日本語"),
        text("x".repeat(1_000_000)),
        Value::Bytes(Vec::new()),
        Value::Bytes((0..=255).collect()),
        moment(1, 0),
        moment(1969, 999_999),
        moment(2024, 1),
        moment(9999, 999_999),
        Value::TimestampTz(DateTime::<Utc>::UNIX_EPOCH),
        point(90.0, -180.0),
        Value::Array(vec![point(-90.0, 180.0), point(48.85, 2.35), Value::Null]),
        Value::Array(Vec::new()),
        Value::Reference("users/alice".to_owned()),
        Value::Array(vec![Value::Reference("users/alice/posts/1".to_owned())]),
        map(&[]),
        map(&[("a", map(&[("b", map(&[("c", Value::Array(vec![map(&[("d", Value::Integer(1))])]))]))]))]),
    ];
    let read = there_and_back(emulator, &values).await?;
    for (read, written) in read.iter().zip(&values) {
        assert!(read == written, "{read:?} is not {written:?}");
    }
    assert!(matches!(read[7], Value::Double(zero) if zero.is_sign_negative()));
    Ok(())
}

async fn not_a_number_comes_back(emulator: &Emulator) -> Result<()> {
    let read =
        there_and_back(emulator, &[Value::Double(f64::NAN), Value::Array(vec![Value::Double(f64::NAN)])]).await?;
    assert!(matches!(read[0], Value::Double(number) if number.is_nan()), "{read:?}");
    assert!(matches!(&read[1], Value::Array(inner) if matches!(inner[0], Value::Double(number) if number.is_nan())));
    Ok(())
}

async fn what_a_document_has_no_type_for_is_a_text(emulator: &Emulator) -> Result<()> {
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let written = [
        Value::Decimal("-99999999999999999999999999999999999.999".parse().unwrap()),
        Value::Date(day),
        Value::Time(day.and_hms_micro_opt(1, 2, 3, 4).unwrap().time()),
        Value::Uuid(uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)),
        Value::Timestamp(day.and_hms_opt(1, 2, 3).unwrap()),
        Value::Json("{\"a\": [1, {\"b\": null}]}".to_owned()),
    ];
    let inner = Value::Map(vec![("b".to_owned(), Value::Null)]);
    let expected = [
        text("-99999999999999999999999999999999999.999"),
        text("2024-02-29"),
        text("01:02:03.000004"),
        text("01234567-89ab-cdef-0123-456789abcdef"),
        Value::TimestampTz(day.and_hms_opt(1, 2, 3).unwrap().and_utc()),
        Value::Map(vec![("a".to_owned(), Value::Array(vec![Value::Integer(1), inner]))]),
    ];
    assert_eq!(there_and_back(emulator, &written).await?, expected);
    Ok(())
}

async fn the_server_fills_in_its_time_also_inside_maps(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let log = |by: i64| {
        Value::Map(vec![("the time".to_owned(), Value::ServerTimestamp), ("by".to_owned(), Value::Integer(by))])
    };
    let columns = ["id", "at", "log"];
    let modes = [WriteMode::Insert, WriteMode::Upsert { key: vec!["id".into()] }];
    for (number, mode) in (0..).zip(modes) {
        let before = Utc::now() - chrono::TimeDelta::minutes(5);
        let row = vec![text("a"), Value::ServerTimestamp, log(number)];
        store.write(&target("events", &columns, mode), &mut Rows([row].into_iter())).await?;
        let document = store.documents("events").await?.remove(0);
        let Value::Map(log) = &document.fields["log"] else { panic!("{document:?}") };
        assert_eq!(log[0], ("by".to_owned(), Value::Integer(number)));
        for time in [&document.fields["at"], &log[1].1] {
            assert!(matches!(time, Value::TimestampTz(time) if *time > before), "{document:?}");
        }
    }
    Ok(())
}

async fn names_of_fields_may_be_anything_that_firestore_takes(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let long = "x".repeat(1_499);
    let names = ["id", "a.b", "with space", "1", "`", "\\", "ünï", "[0]", "__a", "a__", "*", "/", long.as_str()];
    let row =
        |start: i64| std::iter::once(text("a")).chain((start..).take(names.len() - 1).map(Value::Integer)).collect();
    store.write(&target("t", &names, WriteMode::Insert), &mut Rows([row(0)].into_iter())).await?;
    // An upsert names its fields in a mask.
    let upsert = target("t", &names, WriteMode::Upsert { key: vec!["id".into()] });
    store.write(&upsert, &mut Rows([row(100)].into_iter())).await?;
    let document = store.documents("t").await?.remove(0);
    assert_eq!(document.fields.len(), names.len() - 1);
    for (number, name) in (100..).zip(&names[1..]) {
        assert_eq!(document.fields[*name], Value::Integer(number), "{name}");
    }
    Ok(())
}
