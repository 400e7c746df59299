//! Values in the binary format of COPY (<https://www.postgresql.org/docs/current/sql-copy.html>), as the types' `*_recv` functions
//! read them.

use bytes::{BufMut, BytesMut};
use fastman_core::value::{Decimal, Value};

use crate::value::{days, micros, micros_of_day};

/// What a stream in the binary format begins with: signature, flags, length of the header's extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with.
pub(super) const TRAILER: i16 = -1;

/// How a type goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Boolean,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Uuid,
    Json,
    Jsonb,
}

impl Wire {
    /// The wire of a type of `pg_catalog`.
    pub(super) fn of(type_name: &str) -> Option<Wire> {
        Some(match type_name {
            "bool" => Wire::Boolean,
            "int2" => Wire::Int2,
            "int4" => Wire::Int4,
            "int8" => Wire::Int8,
            "float4" => Wire::Float4,
            "float8" => Wire::Float8,
            "numeric" => Wire::Numeric,
            "text" | "varchar" | "bpchar" => Wire::Text,
            "bytea" => Wire::Bytes,
            "date" => Wire::Date,
            "time" => Wire::Time,
            "timestamp" => Wire::Timestamp,
            "timestamptz" => Wire::TimestampTz,
            "uuid" => Wire::Uuid,
            "json" => Wire::Json,
            "jsonb" => Wire::Jsonb,
            _ => return None,
        })
    }

    /// Appends a value with its length. False, with nothing appended that is of use, where the value is of another kind or out of range:
    /// then its text is what the server must judge.
    pub(super) fn put(self, value: &Value, buffer: &mut BytesMut) -> bool {
        if matches!(value, Value::Null) {
            buffer.put_i32(-1);
            return true;
        }
        let start = buffer.len();
        buffer.put_i32(0);
        if !self.put_bare(value, buffer) {
            return false;
        }
        let Ok(length) = i32::try_from(buffer.len() - start - 4) else { return false };
        if let Some(place) = buffer.get_mut(start..start + 4) {
            place.copy_from_slice(&length.to_be_bytes());
        }
        true
    }

    fn put_bare(self, value: &Value, buffer: &mut BytesMut) -> bool {
        match (self, value) {
            (Wire::Boolean, Value::Boolean(truth)) => buffer.put_u8((*truth).into()),
            (Wire::Int2, Value::Integer(number)) => match i16::try_from(*number) {
                Ok(number) => buffer.put_i16(number),
                Err(_) => return false,
            },
            (Wire::Int4, Value::Integer(number)) => match i32::try_from(*number) {
                Ok(number) => buffer.put_i32(number),
                Err(_) => return false,
            },
            (Wire::Int8, Value::Integer(number)) => buffer.put_i64(*number),
            (Wire::Float4, Value::Double(number)) => {
                #[allow(clippy::cast_possible_truncation)]
                let narrow = *number as f32;
                // Too great or too small for the type: the server says so.
                if (narrow.is_infinite() && number.is_finite()) || (narrow == 0.0 && *number != 0.0) {
                    return false;
                }
                buffer.put_f32(narrow);
            }
            (Wire::Float8, Value::Double(number)) => buffer.put_f64(*number),
            (Wire::Numeric, Value::Decimal(number)) => put_numeric(*number, buffer),
            (Wire::Numeric, Value::Integer(number)) => match Decimal::new((*number).into(), 0) {
                Some(number) => put_numeric(number, buffer),
                None => return false,
            },
            (Wire::Text, Value::Text(text) | Value::Json(text))
            | (Wire::Json, Value::Json(text) | Value::Text(text)) => {
                buffer.put_slice(text.as_bytes());
            }
            (Wire::Jsonb, Value::Json(text) | Value::Text(text)) => {
                buffer.put_u8(1);
                buffer.put_slice(text.as_bytes());
            }
            (Wire::Bytes, Value::Bytes(bytes)) => buffer.put_slice(bytes),
            (Wire::Date, Value::Date(date)) => buffer.put_i32(days(*date)),
            (Wire::Time, Value::Time(time)) => buffer.put_i64(micros_of_day(*time)),
            (Wire::Timestamp, Value::Timestamp(timestamp)) => buffer.put_i64(micros(*timestamp)),
            (Wire::TimestampTz, Value::TimestampTz(instant)) => buffer.put_i64(micros(instant.naive_utc())),
            (Wire::Uuid, Value::Uuid(uuid)) => buffer.put_slice(uuid.as_bytes()),
            _ => return false,
        }
        true
    }
}

/// Groups of four digits around the point, without the zeros at either end.
fn put_numeric(number: Decimal, buffer: &mut BytesMut) {
    let scale = i32::from(number.scale());
    let behind = (scale + 3) / 4;
    let mut rest = number.mantissa().unsigned_abs();
    let mut groups = [0_i16; 24];
    let mut first = groups.len();
    let mut take = |rest: &mut u128, digits: u32, shift: u128| {
        let unit = 10_u128.pow(digits);
        first -= 1;
        groups[first] = i16::try_from(*rest % unit * shift).unwrap_or(0);
        *rest /= unit;
    };
    // The last group behind the point may have fewer digits of the number than four.
    let odd = u32::try_from(scale % 4).unwrap_or(0);
    if odd > 0 {
        take(&mut rest, odd, 10_u128.pow(4 - odd));
    }
    while rest > 0 {
        take(&mut rest, 4, 1);
    }
    let mut groups = &groups[first..];
    let mut weight = i16::try_from(groups.len()).unwrap_or(0) - i16::try_from(behind).unwrap_or(0) - 1;
    while let [0, others @ ..] = groups {
        groups = others;
        weight -= 1;
    }
    while let [others @ .., 0] = groups {
        groups = others;
    }
    buffer.put_i16(i16::try_from(groups.len()).unwrap_or(0));
    buffer.put_i16(if groups.is_empty() { 0 } else { weight });
    buffer.put_u16(if number.mantissa() < 0 { 0x4000 } else { 0 });
    buffer.put_i16(number.scale().into());
    for group in groups {
        buffer.put_i16(*group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Decoded;
    use postgres_types::{FromSql, Type};
    use proptest::prelude::*;

    fn there_and_back(number: Decimal) -> Value {
        let mut buffer = BytesMut::new();
        assert!(Wire::Numeric.put(&Value::Decimal(number), &mut buffer));
        Decoded::from_sql(&Type::NUMERIC, &buffer[4..]).unwrap().0
    }

    proptest! {
        #[test]
        fn every_decimal_comes_back(mantissa in -(10_i128.pow(38) - 1)..10_i128.pow(38), scale in 0_u8..=38) {
            let number = Decimal::new(mantissa, scale).unwrap();
            prop_assert_eq!(there_and_back(number), Value::Decimal(number));
        }

        #[test]
        fn small_decimals_come_back_too(mantissa in -100_000_i128..100_000, scale in 0_u8..=12) {
            let number = Decimal::new(mantissa, scale).unwrap();
            prop_assert_eq!(there_and_back(number), Value::Decimal(number));
        }
    }

    #[test]
    fn what_does_not_fit_its_wire_is_left_to_the_server() {
        let mut buffer = BytesMut::new();
        assert!(!Wire::Int2.put(&Value::Integer(40_000), &mut buffer));
        assert!(!Wire::Date.put(&Value::Text("2024-01-01".to_owned()), &mut buffer));
        assert!(!Wire::Float4.put(&Value::Double(1e300), &mut buffer));
        assert_eq!(Wire::of("citext"), None);
    }
}
