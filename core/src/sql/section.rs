//! A migration file's sections: `-- migrate:up`, `-- migrate:down`, for every engine or for those that are named.
//!
//! A header counts only where a token may begin, at the beginning of a line: never inside a string, a block comment or a
//! dollar quote of the section it stands in. Each section is lexed by its own engine's rules (the first one's where it
//! names several).

mod header;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::checksum::Checksum;
use super::lexer::{Lexer, Token, TokenKind};
use crate::error::{Error, Result, SourceText};
use crate::flavour::{Flavour, Flavours, LexicalRules};

/// Which way a section goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// `migrate:up`.
    Up,
    /// `migrate:down`.
    Down,
}

impl Direction {
    /// The word in a section's header: `up`, `down`.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }
}

/// A section of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which way it goes.
    pub direction: Direction,
    /// The engines it is for; empty: portable.
    pub flavours: Vec<&'static str>,
    /// Declared to do nothing (up), or irreversible (down).
    pub none: bool,
    /// Whether it runs inside a transaction where the engine has them for DDL.
    pub transaction: bool,
    /// The header line, from its dashes to its end.
    pub header: Range<usize>,
    /// What stands between the header line and the next.
    pub body: Range<usize>,
}

/// A migration file cut into its sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationScript {
    /// The file.
    pub source: SourceText,
    /// The first comment before the first section: what the migration is about.
    pub title: Option<String>,
    /// In their order.
    pub sections: Vec<Section>,
}

/// What a flavour has for a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected<'a> {
    /// A section that names it, or the flavour it falls back to.
    Own(&'a Section),
    /// The portable section.
    Portable(&'a Section),
    /// A section declared `none`.
    None(&'a Section),
    /// Nothing at all.
    Missing,
}

impl<'a> Selected<'a> {
    /// The section, where there is one.
    pub fn section(self) -> Option<&'a Section> {
        match self {
            Selected::Own(section) | Selected::Portable(section) | Selected::None(section) => Some(section),
            Selected::Missing => None,
        }
    }
}

impl MigrationScript {
    /// What a flavour runs: a section of its own, else its fallback's, else the portable one.
    pub fn select(&self, direction: Direction, flavours: &Flavours, flavour: &'static Flavour) -> Selected<'_> {
        let own = flavours.section_names(flavour).into_iter().find_map(|name| {
            self.sections.iter().find(|section| section.direction == direction && section.flavours.contains(&name))
        });
        match (own, self.portable(direction)) {
            (Some(section), _) | (None, Some(section)) if section.none => Selected::None(section),
            (Some(section), _) => Selected::Own(section),
            (None, Some(section)) => Selected::Portable(section),
            (None, None) => Selected::Missing,
        }
    }

    /// The section for every engine.
    pub fn portable(&self, direction: Direction) -> Option<&Section> {
        self.sections.iter().find(|section| section.direction == direction && section.flavours.is_empty())
    }

    /// The checksum that a flavour's history keeps: of the portable up section and the section used for up; of the
    /// section used alone for down. Another engine's section never changes it.
    pub fn checksum(&self, direction: Direction, flavours: &Flavours, flavour: &'static Flavour) -> String {
        let mut checksum = Checksum::new();
        let selected = self.select(direction, flavours, flavour);
        let mut take = |section: &Section, portable_tag, own_tag| {
            let (tag, rules) = match section.flavours.is_empty() {
                true => (portable_tag, &LexicalRules::STANDARD),
                false => (own_tag, &flavour.lexical),
            };
            let tag: u8 = tag;
            let tag = if section.none { tag.to_ascii_uppercase() } else { tag };
            checksum.part(tag, &self.source.text, section.body.clone(), rules);
        };
        if let (Direction::Up, Some(section)) = (direction, self.portable(direction)) {
            take(section, b'p', b'p');
        }
        if let Some(section) =
            selected.section().filter(|section| direction == Direction::Down || !section.flavours.is_empty())
        {
            take(section, b'd', b'o');
        }
        checksum.finish()
    }

    /// The text of a section's body.
    pub fn body(&self, section: &Section) -> &str {
        self.source.text.get(section.body.clone()).unwrap_or_default()
    }
}

/// Cuts a migration file into its sections. It only lexes: what the SQL says is not looked at.
pub fn parse_migration(source: &SourceText, flavours: &Flavours) -> Result<MigrationScript> {
    let text: &str = &source.text;
    let mut lexer = Lexer::new(text, 0..text.len(), LexicalRules::STANDARD);
    let mut script = MigrationScript { source: source.clone(), title: None, sections: Vec::new() };
    let mut first_token: Option<Token> = None;
    while let Some(token) = lexer.next() {
        if let Some(header) = header::find(text, token.start) {
            close_section(&mut script, header.line_start, first_token.take())?;
            let section = header.section(source, flavours)?;
            refuse_duplicates(&script, &section)?;
            let rules = section.flavours.first().and_then(|name| flavours.get(name));
            lexer.resume(section.body.start, rules.map_or(LexicalRules::STANDARD, |flavour| flavour.lexical));
            script.sections.push(section);
        } else if token.kind.is_unterminated() {
            return Err(unterminated(source, token));
        } else if !token.kind.is_comment() {
            first_token.get_or_insert(token);
        } else if script.sections.is_empty() && script.title.is_none() && first_token.is_none() {
            script.title = title(token.text(text));
        }
    }
    close_section(&mut script, text.len(), first_token)?;
    if script.sections.is_empty() {
        return Err(Error::failed("migration.no-section", "this migration has no section")
            .with_help("begin its SQL with a line `-- migrate:up`")
            .at(source, 0..0, ""));
    }
    match script.sections.first() {
        Some(first) if script.sections.iter().all(|section| section.direction == Direction::Down) => {
            Err(Error::failed("migration.no-up", "this migration has no `-- migrate:up`")
                .with_help(
                    "write what it does after a line `-- migrate:up`, or `-- migrate:up none` if it does nothing",
                )
                .at(source, first.header.clone(), "the first section"))
        }
        _ => Ok(script),
    }
}

/// Ends the section that is open, if any, whose first token that says something was found.
fn close_section(script: &mut MigrationScript, end: usize, first_token: Option<Token>) -> Result<()> {
    match (script.sections.last_mut(), first_token) {
        (None, None) => {}
        (None, Some(token)) => {
            return Err(Error::failed("migration.sql-before-section", "there is SQL before the first section")
                .with_help("put a line `-- migrate:up` above it")
                .at(&script.source, token.span(), "no section has begun here"));
        }
        (Some(section), Some(token)) if section.none => {
            return Err(Error::failed("migration.none-with-body", "a section declared `none` holds SQL")
                .with_help("take `none` out of its header, or the SQL out of the section")
                .at(&script.source, token.span(), "this belongs to the section"));
        }
        (Some(section), _) => section.body.end = end,
    }
    Ok(())
}

fn refuse_duplicates(script: &MigrationScript, section: &Section) -> Result<()> {
    let earlier = script.sections.iter().filter(|earlier| earlier.direction == section.direction).find_map(|earlier| {
        match (earlier.flavours.is_empty(), section.flavours.is_empty()) {
            (true, true) => Some(String::new()),
            _ => section.flavours.iter().find(|name| earlier.flavours.contains(name)).map(|name| format!(" {name}")),
        }
    });
    let Some(flavour) = earlier else { return Ok(()) };
    let word = section.direction.word();
    Err(Error::failed("migration.duplicate-section", format!("there is a second section `migrate:{word}{flavour}`"))
        .with_help("put both into one section, or name different engines")
        .at(&script.source, section.header.clone(), "the second one"))
}

pub(crate) fn unterminated(source: &SourceText, token: Token) -> Error {
    let (what, close) = match token.kind {
        TokenKind::UnterminatedComment => ("comment", "`*/`"),
        TokenKind::UnterminatedName => ("quoted name", "its closing quote"),
        _ => ("string", "its closing quote (a quote inside a string is written twice: '')"),
    };
    let opening = token.start..source.text[token.start..].chars().next().map_or(token.end, |first| {
        token.start + if token.kind == TokenKind::UnterminatedComment { 2 } else { first.len_utf8() }
    });
    Error::failed("sql.unterminated", format!("this {what} has no end")).with_help(format!("add {close}")).at(
        source,
        opening,
        "it begins here",
    )
}

/// The first line of a comment that says something.
fn title(comment: &str) -> Option<String> {
    let inside = comment.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/")).unwrap_or(comment);
    inside
        .lines()
        .map(|line| line.trim_start_matches(|character: char| character.is_whitespace() || "-*#=".contains(character)))
        .map(|line| line.trim_end_matches(|character: char| character.is_whitespace() || "-*=".contains(character)))
        .find(|line| !line.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests;
