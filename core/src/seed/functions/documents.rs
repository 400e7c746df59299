//! Bytes, and what only documents hold.

use super::call::{Call, Stop};
use super::definition::{Accepts, Definition, Group, needs};
use super::text::any_text;
use crate::seed::formula::convert;
use crate::seed::formula::hash::from_base64;
use crate::seed::formula::types::Type;
use crate::value::Value;

pub(super) static GROUP: Group = Group {
    name: "bytes and documents",
    functions: &[
        Definition::value(
            "hex",
            "hex(digits)",
            "the bytes that pairs of hexadecimal digits stand for",
            Type::Bytes,
            hex,
        )
        .takes(&[needs(Accepts::Text)])
        .example("hex('cafe')")
        .pure(),
        Definition::value(
            "from_base64",
            "from_base64(text)",
            "the bytes that a text in base 64 stands for",
            Type::Bytes,
            base64,
        )
        .takes(&[needs(Accepts::Text)])
        .example("from_base64('yv4=')")
        .pure(),
        Definition::value("bytes", "bytes(text)", "the bytes of a text in UTF-8", Type::Bytes, |call| {
            Ok(Value::Bytes(call.text(0)?.into_bytes()))
        })
        .takes(&[needs(Accepts::Text)])
        .example("bytes('hello')")
        .pure(),
        Definition::value("timestamp", "timestamp(moment)", "an instant, of a text or a date", Type::Instant, |call| {
            call.instant(0).map(Value::TimestampTz)
        })
        .takes(&[needs(Accepts::Instant)])
        .example("timestamp('2024-02-29T10:00:00Z')")
        .pure(),
        Definition::value(
            "geopoint",
            "geopoint(latitude, longitude)",
            "a place on earth, in a document",
            Type::Document,
            geopoint,
        )
        .takes(&[needs(Accepts::Number), needs(Accepts::Number)])
        .example("geopoint(48.8584, 2.2945)")
        .pure(),
        Definition::value(
            "reference",
            "reference(part, ...)",
            "a reference to a document, by the parts of its path",
            Type::Document,
            reference,
        )
        .takes(&[needs(Accepts::Any)])
        .repeating()
        .example("reference('users', ref(users.id))")
        .pure(),
        Definition::value(
            "server_timestamp",
            "server_timestamp()",
            "the time at which the document store commits",
            Type::Document,
            |_| Ok(Value::ServerTimestamp),
        )
        .volatile(),
    ],
};

fn hex(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    match convert::from_hex(&call.text(0)?) {
        Some(bytes) => Ok(Value::Bytes(bytes)),
        None => Err(call.fail("formula.bad-value", "these are not pairs of hexadecimal digits, such as hex('cafe')")),
    }
}

fn base64(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    match from_base64(&call.text(0)?) {
        Some(bytes) => Ok(Value::Bytes(bytes)),
        None => Err(call.fail("formula.bad-value", "this is not base 64")),
    }
}

fn geopoint(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let (latitude, longitude) = (call.double(0)?, call.double(1)?);
    if latitude.abs() > 90.0 || longitude.abs() > 180.0 {
        let message = format!("{latitude}, {longitude} is no place: latitudes end at 90 degrees, longitudes at 180");
        return Err(call.fail("formula.bad-value", message));
    }
    Ok(Value::GeoPoint { latitude, longitude })
}

fn reference(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let mut path = String::new();
    for index in 0..call.arguments.len() {
        if index > 0 {
            path.push('/');
        }
        path.push_str(&any_text(call, index)?);
    }
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() % 2 == 1 || parts.iter().any(|part| part.is_empty()) {
        let message = format!("'{path}' names no document: its path is a collection and a document's id, in turn");
        return Err(call.fail("formula.bad-value", message));
    }
    Ok(Value::Reference(path))
}
