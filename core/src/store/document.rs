//! The id of a document that nobody named.

use sha2::{Digest, Sha256};

use crate::value::Value;

/// The id of the document that these values name: its key columns, or whatever else makes it the one that it is. The same values
/// give the same id on every machine and in every version: 80 bits of a SHA-256 in 20 hexadecimal digits.
///
/// Values that a store tells apart have different ids: `1`, `'1'` and `1.0` are three documents, 1.0 and 1.00 as decimals one.
pub fn document_id(values: &[Value]) -> String {
    let mut hash = Sha256::new();
    for value in values {
        absorb(&mut hash, value);
    }
    let digit = |digit: u8| char::from_digit(u32::from(digit), 16).unwrap_or_default();
    hash.finalize().iter().take(10).flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect()
}

/// Every value enters as its kind, the length of what follows, and that: no two lists of values read the same.
fn absorb(hash: &mut Sha256, value: &Value) {
    let (kind, bytes): (u8, Vec<u8>) = match value {
        Value::Null => (0, Vec::new()),
        Value::Boolean(value) => (1, vec![u8::from(*value)]),
        Value::Integer(value) => (2, value.to_be_bytes().to_vec()),
        Value::Decimal(value) => (3, shortest(&value.to_string()).into_bytes()),
        // No two numbers that are equal may differ here.
        Value::Double(value) if *value == 0.0 => (4, 0f64.to_be_bytes().to_vec()),
        Value::Double(value) => (4, value.to_be_bytes().to_vec()),
        Value::Text(value) => (5, value.clone().into_bytes()),
        Value::Bytes(value) => (6, value.clone()),
        Value::Date(value) => (7, value.to_string().into_bytes()),
        Value::Time(value) => (8, value.to_string().into_bytes()),
        Value::Timestamp(value) => (9, value.and_utc().timestamp_micros().to_be_bytes().to_vec()),
        Value::TimestampTz(value) => (10, value.timestamp_micros().to_be_bytes().to_vec()),
        Value::Uuid(value) => (11, value.as_bytes().to_vec()),
        Value::Json(value) => (12, value.clone().into_bytes()),
        Value::Array(values) => {
            hash.update([13]);
            hash.update((values.len() as u64).to_be_bytes());
            values.iter().for_each(|value| absorb(hash, value));
            return;
        }
        Value::Map(entries) => {
            hash.update([14]);
            hash.update((entries.len() as u64).to_be_bytes());
            for (name, value) in entries {
                hash.update((name.len() as u64).to_be_bytes());
                hash.update(name.as_bytes());
                absorb(hash, value);
            }
            return;
        }
        Value::GeoPoint { latitude, longitude } => (15, [latitude.to_be_bytes(), longitude.to_be_bytes()].concat()),
        Value::Reference(path) => (16, path.clone().into_bytes()),
        Value::ServerTimestamp => (17, Vec::new()),
    };
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(&bytes);
}

/// A decimal without the zeros that end its fraction.
fn shortest(digits: &str) -> String {
    match digits.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        },
        None => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_never_changes() {
        assert_eq!(document_id(&[Value::Text("ada@example.com".to_owned())]), "86c61033c3f769829b43");
        assert_eq!(document_id(&[Value::Integer(1), Value::Null]), "d70f9d72050118fb1622");
    }

    #[test]
    fn other_values_have_another_id() {
        let text = |text: &str| Value::Text(text.to_owned());
        let ids = [
            document_id(&[Value::Integer(1)]),
            document_id(&[text("1")]),
            document_id(&[Value::Double(1.0)]),
            document_id(&[text("a"), text("bc")]),
            document_id(&[text("ab"), text("c")]),
            document_id(&[text("abc")]),
            document_id(&[Value::Array(vec![text("a")]), text("b")]),
            document_id(&[Value::Array(vec![text("a"), text("b")])]),
        ];
        let different: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
    }

    #[test]
    fn equal_numbers_have_one_id() {
        let decimal = |text: &str| document_id(&[Value::Decimal(text.parse().unwrap())]);
        assert_eq!(decimal("1.0"), decimal("1.00"));
        assert_eq!(decimal("10"), decimal("10.0"));
        assert_eq!(document_id(&[Value::Double(0.0)]), document_id(&[Value::Double(-0.0)]));
    }
}
