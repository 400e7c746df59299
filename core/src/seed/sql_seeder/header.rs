//! The lines that say something about a seeder of statements: `-- seed [ENGINE ...] [none]` and `-- after CLASS, ...`.

use super::SqlSection;
use crate::adapter::nearest;
use crate::error::{Error, Result, SourceText};
use crate::flavour::Flavours;
use crate::seed::input::Word;
use crate::sql::lexer::{Token, TokenKind};

/// The word that opens a section.
const SEED: &str = "seed";
/// The word that declares a section to do nothing.
const NONE: &str = "none";
/// The word before the classes that come first.
const AFTER: &str = "after";

/// A header and the section that it opens.
pub(super) struct Header {
    /// Where its line begins, white space included.
    pub line_start: usize,
    /// The section; its body's end is not known yet.
    pub section: SqlSection,
}

/// The header whose dashes stand at `start`, if that is what begins there. A comment that goes on as a sentence is none.
pub(super) fn find(source: &SourceText, start: usize, flavours: &Flavours) -> Result<Option<Header>> {
    let text: &str = &source.text;
    let Some(comment) = text.get(start..).and_then(|rest| rest.strip_prefix("--")) else { return Ok(None) };
    let before = &text[..start];
    let line_start = before.rfind(['\n', '\r']).map_or(0, |newline| newline + 1);
    if !before[line_start..].chars().all(|character| character.is_whitespace() || character == '\u{feff}') {
        return Ok(None);
    }
    let length = comment.find(['\n', '\r']).unwrap_or(comment.len());
    let line = &comment[..length];
    let end = start + 2 + length;
    let mut words = line.trim_start_matches('-').split_whitespace();
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case(SEED)) {
        return Ok(None);
    }
    let newline = if text[end..].starts_with("\r\n") { 2 } else { usize::from(end < text.len()) };
    let header = start..start + text[start..end].trim_end().len();
    let body = end + newline..end + newline;
    let mut section = SqlSection { flavours: Vec::new(), none: false, header, body };
    for (place, word) in words.enumerate() {
        let lower = word.trim_end_matches(',').to_ascii_lowercase();
        match flavours.get(&lower) {
            Some(flavour) if !section.flavours.contains(&flavour.name) => section.flavours.push(flavour.name),
            Some(_) => {}
            None if lower == NONE => section.none = true,
            None => {
                let names = || flavours.iter().map(|flavour| flavour.name);
                let near = nearest(&lower, names().chain([NONE]));
                if place == 0 && near.is_none() {
                    return Ok(None);
                }
                let listed = names().collect::<Vec<_>>().join(", ");
                let help = match near {
                    Some(near) => format!("did you mean {near}? `-- seed` is followed by {listed} or none"),
                    None => format!("`-- seed` is followed by {listed} or none; a comment begins with another word"),
                };
                return Err(Error::failed("engine.unknown", format!("unknown engine {word:?}")).with_help(help).at(
                    source,
                    section.header,
                    "this header",
                ));
            }
        }
    }
    Ok(Some(Header { line_start, section }))
}

/// The classes of a line `-- after RoleSeeder, TeamSeeder`; none of a comment that goes on as a sentence.
pub(super) fn after(text: &str, token: Token) -> Vec<Word> {
    let comment = token.text(text);
    let said = comment.trim_start_matches('-').trim_start();
    let rest = match said.get(..AFTER.len()) {
        Some(word) if token.kind == TokenKind::LineComment && word.eq_ignore_ascii_case(AFTER) => &said[AFTER.len()..],
        _ => return Vec::new(),
    };
    let start = token.end - rest.len();
    let mut words = Vec::new();
    let mut at = 0;
    for part in rest.split([' ', '\t', ',', ':']) {
        if !part.is_empty() {
            words.push(Word { text: part.to_owned(), span: start + at..start + at + part.len() });
        }
        at += part.len() + 1;
    }
    match words.iter().all(|word| word.text.to_lowercase().contains(SEED)) {
        true => words,
        false => Vec::new(),
    }
}
