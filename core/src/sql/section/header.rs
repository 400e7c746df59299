//! One header line: `-- migrate:up [flavour ...] [none] [transaction:false]`.

use std::ops::Range;

use super::{Direction, Section};
use crate::error::{Error, Result, SourceText};
use crate::flavour::Flavours;

/// A header line as it stands, before its words are understood.
pub(super) struct Header<'a> {
    /// Where its line begins, white space included.
    pub line_start: usize,
    /// From the dashes to the line's end.
    span: Range<usize>,
    /// Where the next line begins.
    next_line: usize,
    /// What stands behind `migrate:`, and where.
    words: &'a str,
    words_start: usize,
}

/// The header whose dashes stand at `start`, if that is what begins there.
pub(super) fn find(text: &str, start: usize) -> Option<Header<'_>> {
    let rest = text.get(start..)?;
    let after_dashes = rest.strip_prefix("--")?;
    let comment = after_dashes.trim_start_matches([' ', '\t', '-']);
    let line_length = comment.find(['\n', '\r']).unwrap_or(comment.len());
    let (line, behind) = comment.split_at(line_length);
    let words = words_of(line)?;
    let before = text.get(..start)?;
    let line_start = before.rfind(['\n', '\r']).map_or(0, |newline| newline + 1);
    if !before[line_start..].chars().all(|character| character.is_whitespace() || character == '\u{feff}') {
        return None;
    }
    let end = text.len() - behind.len();
    let newline = if behind.starts_with("\r\n") { 2 } else { usize::from(!behind.is_empty()) };
    let span = start..start + text[start..end].trim_end().len();
    Some(Header { line_start, span, next_line: end + newline, words, words_start: end - words.len() })
}

/// What follows `migrate:`. `migrate up` with nothing behind it is taken for a header too, so that it is not overlooked.
fn words_of(line: &str) -> Option<&str> {
    let (word, rest) = line.split_at_checked("migrate".len())?;
    if !word.eq_ignore_ascii_case("migrate") {
        return None;
    }
    if rest.starts_with(':') {
        return Some(rest);
    }
    let spaced = rest.trim_start();
    let bare = matches!(spaced.trim_end().to_ascii_lowercase().as_str(), "up" | "down");
    (spaced.starts_with(':') || (bare && spaced.len() < rest.len())).then_some(rest)
}

impl Header<'_> {
    /// The section that it opens; its body's end is not known yet.
    pub fn section(&self, source: &SourceText, flavours: &Flavours) -> Result<Section> {
        let mut words = self.split();
        let well_formed = self.words.starts_with(':') && !self.words[1..].starts_with([' ', '\t']);
        let direction = match words.next() {
            Some((word, span)) if well_formed => self.direction(source, word, span)?,
            Some((word, _)) => return Err(self.misspelled(source, word)),
            None => return Err(self.misspelled(source, "up")),
        };
        let mut section = Section {
            direction,
            flavours: Vec::new(),
            none: false,
            transaction: true,
            header: self.span.clone(),
            body: self.next_line..self.next_line,
        };
        let mut transaction_option = None;
        for (word, span) in words {
            let lower = word.to_ascii_lowercase();
            if lower == "none" {
                section.none = true;
            } else if let Some(value) = lower.strip_prefix("transaction:") {
                section.transaction = transaction_value(source, value, span.clone())?;
                transaction_option = Some(span);
            } else if let Some(flavour) = flavours.get(&lower) {
                if section.flavours.contains(&flavour.name) {
                    return Err(Error::failed("migration.duplicate-section", format!("{lower} is named twice"))
                        .with_help("name each engine once")
                        .at(source, span, "the second time"));
                }
                section.flavours.push(flavour.name);
            } else {
                return Err(unknown_word(source, &lower, span, flavours));
            }
        }
        match transaction_option {
            Some(span) if section.none => {
                Err(Error::failed("migration.unknown-option", "a section declared `none` runs in no transaction")
                    .with_help("take `transaction:` out of its header")
                    .at(source, span, "not with `none`"))
            }
            _ => Ok(section),
        }
    }

    /// The words behind `migrate:`, each with its place.
    fn split(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        let separator = |character: char| character.is_whitespace() || character == ',';
        let mut next = self.words_start;
        self.words.split(separator).filter_map(move |piece| {
            let start = next;
            next += piece.len() + separator_length(self.words, next - self.words_start + piece.len());
            let word = piece.trim_start_matches(':');
            let start = start + piece.len() - word.len();
            (!word.is_empty()).then(|| (word, start..start + word.len()))
        })
    }

    fn direction(&self, source: &SourceText, word: &str, span: Range<usize>) -> Result<Direction> {
        match word.to_ascii_lowercase().as_str() {
            "up" => Ok(Direction::Up),
            "down" => Ok(Direction::Down),
            other => {
                let near = nearest(other, ["up", "down"].into_iter());
                let help = near.map_or_else(
                    || "a section is `-- migrate:up` or `-- migrate:down`".to_owned(),
                    |near| format!("did you mean `-- migrate:{near}`?"),
                );
                Err(Error::failed("migration.unknown-section", format!("there is no section `migrate:{word}`"))
                    .with_help(help)
                    .at(source, span, "not a section"))
            }
        }
    }

    fn misspelled(&self, source: &SourceText, word: &str) -> Error {
        let near = nearest(&word.to_ascii_lowercase(), ["up", "down"].into_iter()).unwrap_or("up");
        Error::failed("migration.unknown-section", "this looks like a section's header, but is not spelled like one")
            .with_help(format!("write `-- migrate:{near}`"))
            .at(source, self.span.clone(), "not a section")
    }
}

/// The bytes of the separator that stands there.
fn separator_length(words: &str, at: usize) -> usize {
    words.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

fn transaction_value(source: &SourceText, value: &str, span: Range<usize>) -> Result<bool> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            Err(Error::failed("migration.unknown-option", format!("`transaction:` takes true or false, not `{value}`"))
                .with_help("write `transaction:false` for what may not run inside a transaction, and nothing otherwise")
                .at(source, span, "neither true nor false"))
        }
    }
}

fn unknown_word(source: &SourceText, word: &str, span: Range<usize>, flavours: &Flavours) -> Error {
    let names: Vec<&str> = flavours.iter().map(|flavour| flavour.name).collect();
    if let Some((option, _)) = word.split_once([':', '=']) {
        let help = match nearest(option, ["transaction"].into_iter()) {
            Some(_) => "did you mean `transaction:false`?",
            None => "the options are `none` and `transaction:false`",
        };
        return Error::failed("migration.unknown-option", format!("a section has no option `{word}`"))
            .with_help(help)
            .at(source, span, "not an option");
    }
    let help = match nearest(word, names.iter().copied().chain(["none"])) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("a section is for one or more of {}, or for all of them if it names none", names.join(", ")),
    };
    Error::failed("migration.unknown-flavour", format!("there is no engine `{word}`")).with_help(help).at(
        source,
        span,
        "not an engine",
    )
}

/// The candidate that was probably meant.
fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| {
            let begins = !word.is_empty() && (word.starts_with(candidate) || candidate.starts_with(word));
            (if begins { 1.0 } else { strsim::jaro_winkler(word, candidate) }, candidate)
        })
        .filter(|&(likeness, _)| likeness >= 0.7)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}
