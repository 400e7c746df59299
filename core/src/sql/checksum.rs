//! Checksums of a migration's sections: what tells a changed file from an untouched one.
//!
//! Scheme 1 is SHA-256 over parts, each a tag byte, the number of its tokens, and every token as its length (LEB128)
//! and its bytes. Comments are no tokens, unless an engine executes them; white space, blank lines and byte-order marks
//! lie between tokens; a carriage return before a line feed is dropped inside them too, for version control rewrites line
//! ends. The tokens are those of [`super::lexer`], whose boundaries are frozen with this scheme by golden tests here and
//! in the flavours' crate. What would change one of them needs a new scheme beside this one, and this one kept.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::lexer::Lexer;
use crate::flavour::LexicalRules;

/// The scheme by which checksums are made now; history keeps it beside each one.
pub const SCHEME: u32 = 1;

/// A checksum in the making.
#[derive(Clone, Debug, Default)]
pub struct Checksum {
    input: Vec<u8>,
    token: Vec<u8>,
}

impl Checksum {
    /// One without parts.
    pub fn new() -> Checksum {
        Checksum::default()
    }

    /// Takes in the tokens of a part of a text. The tag says what the part is.
    pub fn part(&mut self, tag: u8, text: &str, range: Range<usize>, rules: &LexicalRules) {
        let mut tokens = std::mem::take(&mut self.token);
        tokens.clear();
        tokens.reserve(range.len());
        let mut count = 0;
        for token in Lexer::new(text, range, *rules).filter(|token| !token.kind.is_comment()) {
            count += 1;
            push_token(&mut tokens, token.text(text).as_bytes());
        }
        self.input.reserve(tokens.len() + 8);
        self.input.push(tag);
        push_number(&mut self.input, count);
        self.input.extend_from_slice(&tokens);
        self.token = tokens;
    }

    /// The checksum as 64 hexadecimal digits.
    pub fn finish(&self) -> String {
        hexadecimal(&Sha256::digest(&self.input))
    }
}

/// The checksum of one piece of SQL by itself: a rendered statement, a section's text.
pub fn of_text(text: &str, rules: &LexicalRules) -> String {
    let mut checksum = Checksum::new();
    checksum.part(b't', text, 0..text.len(), rules);
    checksum.finish()
}

fn push_token(into: &mut Vec<u8>, token: &[u8]) {
    let dropped = token.windows(2).filter(|pair| pair == b"\r\n").count();
    push_number(into, token.len() - dropped);
    if dropped == 0 {
        into.extend_from_slice(token);
        return;
    }
    let kept = token.iter().enumerate().filter(|&(at, &byte)| byte != b'\r' || token.get(at + 1) != Some(&b'\n'));
    into.extend(kept.map(|(_, byte)| byte));
}

fn push_number(into: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        into.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for digit in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]) {
        text.push(char::from(DIGITS[usize::from(digit)]));
    }
    text
}

#[cfg(test)]
mod tests;
