//! Password hashes: salted at random in seeders; in factories from the seed, a constant password once and not per row.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::error::FormulaError;
use super::node::{Computed, Frame, Node};
use super::{Place, Salted};
use crate::seed::random::Stream;
use crate::value::Value;

/// 2^10 rounds: the least that OWASP's password storage guide allows for bcrypt, about 50 ms.
pub(crate) const DEFAULT_COST: u32 = 10;

/// `bcrypt(password, cost)` or `argon2(password)`.
#[derive(Clone, Debug)]
pub(crate) struct Hash {
    pub algorithm: Salted,
    pub password: Node,
    pub cost: u32,
    pub place: Place,
    /// The hash of a constant password in a factory, and the seed that it was salted from.
    pub once: Arc<OnceLock<(u64, Result<String, String>)>>,
}

impl Hash {
    pub fn evaluate(&self, span: &Range<usize>, frame: &mut Frame<'_>, out: &mut Value) -> Computed {
        let refusal = |reason: String| Box::new(FormulaError::new("formula.hash", span.clone(), reason));
        let Some(password) = self.password_text(frame)? else {
            *out = Value::Null;
            return Ok(());
        };
        let mut salt = [0; 16];
        let hash = match self.place {
            Place::Seeder => {
                getrandom::fill(&mut salt).map_err(|error| refusal(format!("no randomness for a salt: {error}")))?;
                self.hash(&password, salt)
            }
            Place::Factory if self.password.as_constant().is_some() => {
                let seed = frame.context.seed;
                let fresh = || {
                    let mut salt = [0; 16];
                    Stream::new(seed).child("salt").child(&password).at(0).field(0).fill(&mut salt);
                    self.hash(&password, salt)
                };
                match self.once.get_or_init(|| (seed, fresh())) {
                    (salted_from, hash) if *salted_from == seed => hash.clone(),
                    _ => fresh(),
                }
            }
            Place::Factory => {
                frame.draw.random.fill(&mut salt);
                self.hash(&password, salt)
            }
        };
        *out = Value::Text(hash.map_err(refusal)?);
        Ok(())
    }

    /// Whether `stored` is a hash of the password, under whatever salt.
    pub fn verify(&self, frame: &mut Frame<'_>, stored: &str) -> Computed<bool> {
        let Some(password) = self.password_text(frame)? else { return Ok(false) };
        Ok(match self.algorithm {
            Salted::Bcrypt => {
                let cost = stored.split('$').nth(2).and_then(|cost| cost.parse().ok());
                cost == Some(self.cost) && bcrypt::verify(&password, stored).unwrap_or(false)
            }
            Salted::Argon2 => match argon_salt(stored) {
                Some(salt) => self.hash(&password, salt).is_ok_and(|hash| hash == stored),
                None => false,
            },
        })
    }

    fn password_text(&self, frame: &mut Frame<'_>) -> Computed<Option<String>> {
        let mut password = Value::Null;
        self.password.evaluate(frame, &mut password)?;
        match password {
            Value::Null => Ok(None),
            Value::Text(password) => Ok(Some(password)),
            _ => Err(self.password.error(("formula.types", "a password is a text".to_owned()))),
        }
    }

    fn hash(&self, password: &str, salt: [u8; 16]) -> Result<String, String> {
        match self.algorithm {
            Salted::Bcrypt => bcrypt::non_truncating_hash_with_salt(password, self.cost, salt)
                .map(|parts| parts.to_string())
                .map_err(|_| "bcrypt takes passwords of up to 72 bytes without NUL".to_owned()),
            Salted::Argon2 => {
                let mut hash = [0; 32];
                let argon = argon2::Argon2::default();
                argon
                    .hash_password_into(password.as_bytes(), &salt, &mut hash)
                    .map_err(|error| format!("argon2 can't hash this password: {error}"))?;
                let params = argon.params();
                Ok(format!(
                    "$argon2id$v=19$m={},t={},p={}${}${}",
                    params.m_cost(),
                    params.t_cost(),
                    params.p_cost(),
                    base64(&salt),
                    base64(&hash)
                ))
            }
        }
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base 64 without padding, as hashes have it.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = [0_u8; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes(word);
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(number >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

/// Bytes from base 64, padded or not.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    if text.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut number = 0_u32;
        for place in 0..4 {
            let digit = match chunk.get(place) {
                Some(byte) => ALPHABET.iter().position(|digit| digit == byte)?,
                None => 0,
            };
            number = number << 6 | u32::try_from(digit).ok()?;
        }
        bytes.extend_from_slice(&number.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

/// The salt of a hash that was made as [`Hash::hash`] makes them.
fn argon_salt(stored: &str) -> Option<[u8; 16]> {
    let salt = stored.strip_prefix("$argon2id$v=19$")?.split('$').nth(1)?;
    from_base64(salt)?.try_into().ok()
}
