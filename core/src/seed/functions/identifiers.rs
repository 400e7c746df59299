//! What tells rows apart: sequences, UUIDs, tokens.

use sha2::{Digest, Sha256};

use super::call::{Call, Stop};
use super::definition::{Accepts, Built, Definition, Group, Unique, may, needs};
use crate::seed::formula::convert;
use crate::seed::formula::types::Type;
use crate::value::Value;

pub(super) static GROUP: Group = Group {
    name: "identifiers",
    functions: &[
        Definition::built(
            "unique",
            "unique(call)",
            "another value in every row of the table, later runs included",
            Built::Unique,
        )
        .example("unique(username())"),
        Definition::value(
            "seq",
            "seq([start[, step]])",
            "the row's number in its table; from a start, its number in this run",
            Type::Integer,
            seq,
        )
        .takes(&[may(Accepts::Integer), may(Accepts::Integer)])
        .example("'INV-' || lpad(seq(), 6, '0')")
        .unique(Unique::Always),
        Definition::value("uuid", "uuid()", "a UUID of version 4, the same in every run", Type::Uuid, uuid)
            .unique(Unique::Own),
        Definition::text("token", "token([length])", "32 random hexadecimal digits, or so many", token)
            .takes(&[may(Accepts::Integer)])
            .example("token(40)")
            .unique(Unique::Refused("nothing in it is left for the row's number: uuid() is always unique")),
        Definition::value("random_bytes", "random_bytes(count)", "so many random bytes", Type::Bytes, random_bytes)
            .takes(&[needs(Accepts::Integer)])
            .example("random_bytes(16)"),
        Definition::text("sha256", "sha256(text)", "the SHA-256 hash of a text, in hexadecimal digits", sha256)
            .takes(&[needs(Accepts::Any)])
            .example("sha256('secret')")
            .pure(),
        Definition::built(
            "bcrypt",
            "bcrypt(password[, cost])",
            "a bcrypt hash of cost 10, or of another from 4 to 31",
            Built::Bcrypt,
        )
        .example("bcrypt('password123')"),
        Definition::built("argon2", "argon2(password)", "an Argon2id hash", Built::Argon2)
            .example("argon2('password123')"),
    ],
};

fn seq(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let context = call.frame.context;
    let number = if call.is_given(0) {
        let start = call.integer(0)?;
        let step = if call.is_given(1) { call.integer(1)? } else { 1 };
        i64::try_from(context.ordinal).ok().and_then(|ordinal| ordinal.checked_mul(step)?.checked_add(start))
    } else {
        context.offset.checked_add(context.ordinal).and_then(|before| i64::try_from(before).ok()?.checked_add(1))
    };
    number.map(Value::Integer).ok_or_else(|| call.fail("formula.overflow", "the sequence is past 64 bits"))
}

/// RFC 9562, version 4: all bits random but for version and variant. Inside `unique(...)` the row's number is in it.
fn uuid(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let draw = call.draw();
    let high = draw.random.next_u64();
    let low = if draw.unique.is_some() { draw.below(1 << 62) } else { draw.random.next_u64() };
    let bits = u128::from(high) << 64 | u128::from(low);
    let bits = bits & !(0xF << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    Ok(Value::Uuid(uuid::Uuid::from_u128(bits)))
}

fn token(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let length = call.count(0, 32, 100_000)?;
    for _ in 0..length {
        out.push(char::from(call.draw().pick(b"0123456789abcdef")));
    }
    Ok(())
}

fn random_bytes(call: &mut Call<'_, '_>) -> Result<Value, Stop> {
    let count = call.count(0, 0, 100_000_000)? as usize;
    let mut bytes = vec![0; count];
    call.draw().random.fill(&mut bytes);
    Ok(Value::Bytes(bytes))
}

fn sha256(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let hash = match call.value(0)? {
        Value::Bytes(bytes) => Sha256::digest(bytes),
        value => {
            let mut text = String::new();
            if !convert::write_text(&value, &mut text) {
                return Err(call.fail("formula.types", "sha256 takes a text or bytes"));
            }
            Sha256::digest(text)
        }
    };
    convert::write_hex(&hash, out);
    Ok(())
}
