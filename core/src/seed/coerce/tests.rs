//! Values in the form of their columns.

use chrono::{NaiveDate, TimeZone, Utc};

use super::*;

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

const MONEY: ColumnType = ColumnType::Decimal { precision: 5, scale: 2 };

#[test]
fn a_text_is_read_as_what_its_column_holds() {
    let noon = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_micro_opt(12, 0, 0, 500_000).unwrap();
    for (written, column_type, value) in [
        ("42", ColumnType::SmallInt, Value::Integer(42)),
        ("-9223372036854775808", ColumnType::BigInt, Value::Integer(i64::MIN)),
        ("5.0", ColumnType::Integer, Value::Integer(5)),
        ("1.5e3", ColumnType::Integer, Value::Integer(1500)),
        ("19.9", MONEY, decimal("19.90")),
        ("1e2", MONEY, decimal("100")),
        ("0.1", ColumnType::Real, Value::Double(f64::from(0.1_f32))),
        ("1e308", ColumnType::Double, Value::Double(1e308)),
        ("TRUE", ColumnType::Boolean, Value::Boolean(true)),
        ("0", ColumnType::Boolean, Value::Boolean(false)),
        ("äöü", ColumnType::Varchar(3), text("äöü")),
        ("ab  ", ColumnType::Char(2), text("ab")),
        ("  ", ColumnType::Char(2), text(" ")),
        ("", ColumnType::Text, text("")),
        ("2024-02-29", ColumnType::Date, Value::Date(noon.date())),
        ("12:00:00.5", ColumnType::Time, Value::Time(noon.time())),
        ("2024-02-29T12:00:00.5", ColumnType::Timestamp, Value::Timestamp(noon)),
        ("2024-02-29 12:00:00.5Z", ColumnType::Timestamp, Value::Timestamp(noon)),
        ("2024-02-29", ColumnType::Timestamp, Value::Timestamp(noon.date().and_time(NaiveTime::MIN))),
        ("2024-02-29 14:00:00.5+02:00", ColumnType::TimestampTz, Value::TimestampTz(noon.and_utc())),
        ("2024-02-29 12:00:00.5", ColumnType::TimestampTz, Value::TimestampTz(noon.and_utc())),
        ("\\xCAfe", ColumnType::Blob, Value::Bytes(vec![0xca, 0xfe])),
        ("0x", ColumnType::Varbinary(1), Value::Bytes(Vec::new())),
        ("{\"a\": 1.0}", ColumnType::Json, Value::Json("{\"a\": 1.0}".into())),
    ] {
        assert_eq!(coerce(text(written), &column_type), Ok(value), "{written} as {column_type}");
    }
    assert!(coerce(text("F47AC10B-58CC-4372-A567-0E02B2C3D479"), &ColumnType::Uuid).is_ok());
    assert_eq!(coerce(Value::Null, &ColumnType::Uuid), Ok(Value::Null));
}

#[test]
fn nothing_is_cut_off_rounded_or_guessed() {
    for (value, column_type, message, help) in [
        (text("abc"), ColumnType::Integer, "\"abc\" is not an INTEGER", ""),
        (text(""), ColumnType::Integer, "\"\" is not an INTEGER", ""),
        (text("32768"), ColumnType::SmallInt, "32768 is out of range", "from -32768 to 32767"),
        (text("5.5"), ColumnType::Integer, "5.5 is not an INTEGER", "whole numbers"),
        (text(" 5"), ColumnType::Integer, "\" 5\" is not an INTEGER", ""),
        (decimal("19.905"), MONEY, "19.905 has more digits after the point than DECIMAL(5, 2) keeps", "keeps 2"),
        (text("1000"), MONEY, "1000 does not fit DECIMAL(5, 2)", "3 digits before the point"),
        (Value::Double(0.1 + 0.2), MONEY, "0.30000000000000004 has more digits", "decimal(low, high, scale)"),
        (text("1e39"), ColumnType::Real, "out of range of REAL", ""),
        (text("1e-400"), ColumnType::Real, "", ""),
        (Value::Double(f64::NAN), ColumnType::Double, "NaN is not a DOUBLE PRECISION", "NULL"),
        (text("inf"), ColumnType::Double, "\"inf\" is not a DOUBLE PRECISION", ""),
        (Value::Integer(1), ColumnType::Boolean, "1 is not a BOOLEAN", "true or false"),
        (text("maybe"), ColumnType::Boolean, "\"maybe\" is not a BOOLEAN", "true or false"),
        (Value::Integer(5), ColumnType::Varchar(5), "5 is not a VARCHAR(5)", "quotes"),
        (text("äöüß"), ColumnType::Varchar(3), "a text of 4 characters does not fit VARCHAR(3)", "keeps 3"),
        (text("a\0"), ColumnType::Text, "NUL", ""),
        (text("2023-02-29"), ColumnType::Date, "not a DATE", "no such day"),
        (text("31.1.2024"), ColumnType::Date, "not a DATE", "write YYYY-MM-DD"),
        (text("2024-01-31 10:00:00+02:00"), ColumnType::Timestamp, "not a TIMESTAMP", "holds UTC"),
        (text("2024-01-31 10:00:00.1234567"), ColumnType::Timestamp, "not a TIMESTAMP", "at most 6 digits"),
        (text("cafe"), ColumnType::Blob, "not a BLOB", "\\xcafe"),
        (Value::Bytes(vec![1, 2]), ColumnType::Varbinary(1), "2 bytes do not fit VARBINARY(1)", ""),
        (text("{'a': 1}"), ColumnType::Json, "is not JSON", "quotes of its own"),
        (Value::Array(Vec::new()), ColumnType::Text, "a list is not a TEXT", "JSON columns"),
        (text("f47ac10b"), ColumnType::Uuid, "not a UUID", "hexadecimal"),
        (Value::ServerTimestamp, ColumnType::Timestamp, "not a TIMESTAMP", "document stores"),
    ] {
        let told = format!("{value:?} as {column_type}");
        match coerce(value, &column_type) {
            Ok(value) => assert!(message.is_empty(), "{told} became {value:?}"),
            Err(misfit) => {
                assert!(misfit.message.contains(message), "{told}: {}", misfit.message);
                assert!(misfit.help.as_deref().unwrap_or_default().contains(help), "{told}: {misfit:?}");
            }
        }
    }
}

#[test]
fn moments_become_one_another_where_nothing_is_lost() {
    let instant = Utc.with_ymd_and_hms(2024, 2, 29, 12, 0, 0).unwrap();
    let midnight = Utc.with_ymd_and_hms(2024, 2, 29, 0, 0, 0).unwrap();
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let tz = Value::TimestampTz;
    assert_eq!(coerce(tz(instant), &ColumnType::Timestamp), Ok(Value::Timestamp(instant.naive_utc())));
    assert_eq!(coerce(Value::Date(day), &ColumnType::TimestampTz), Ok(tz(midnight)));
    assert_eq!(coerce(tz(midnight), &ColumnType::Date), Ok(Value::Date(day)));
    assert!(coerce(tz(instant), &ColumnType::Date).unwrap_err().help.unwrap().contains("date(from, to)"));
    assert!(coerce(Value::Date(day), &ColumnType::Time).is_err());
    let finer = instant.with_nanosecond(123_456_789).unwrap();
    let kept = instant.with_nanosecond(123_456_000).unwrap();
    assert_eq!(coerce(tz(finer), &ColumnType::TimestampTz), Ok(tz(kept)));
}

#[test]
fn lists_and_tables_become_json_with_the_digits_that_they_have() {
    let value = Value::Map(vec![
        ("a\"".into(), Value::Array(vec![Value::Integer(1), decimal("1.50"), Value::Null])),
        ("b".into(), Value::Boolean(true)),
        ("at".into(), Value::TimestampTz(Utc.with_ymd_and_hms(2024, 2, 29, 12, 0, 0).unwrap())),
    ]);
    let json = coerce(value, &ColumnType::Json).unwrap();
    assert_eq!(json, Value::Json(r#"{"a\"":[1,1.50,null],"b":true,"at":"2024-02-29T12:00:00Z"}"#.into()));
    assert!(coerce(Value::Array(vec![Value::Bytes(vec![1])]), &ColumnType::Json).is_err());
    assert!(coerce(Value::Array(vec![Value::Double(f64::INFINITY)]), &ColumnType::Json).is_err());
}

#[test]
fn a_number_keeps_every_digit_up_to_the_column() {
    let wide = ColumnType::Decimal { precision: 38, scale: 10 };
    let written = "1234567890123456789012345678.0123456789";
    assert_eq!(number_text(written, &wide), Ok(decimal(written)));
    assert!(number_text("1.00000000000000000000000000000000000000001", &wide).is_err());
    assert!(number_text("1e40", &wide).is_err());
    assert!(number_text("1e", &wide).is_err());
    assert!(number_text("0x10", &ColumnType::Double).is_err());
}
