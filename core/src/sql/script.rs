//! Cutting a section that is run as it stands into its statements, by its engine's [`ScriptRules`].
//!
//! Comments before and after a statement are dropped, those inside it are kept. A statement's own end (a semicolon,
//! MySQL's delimiter, Oracle's slash) is not part of it, but a PL/SQL block keeps the semicolon behind its END.

mod body;

use std::ops::Range;

use super::lexer::{Lexer, Token, TokenKind};
use crate::flavour::{LexicalRules, ScriptRules};
use body::Body;

/// The statements of a text, each with its place in it.
pub fn split<'a>(text: &'a str, rules: &LexicalRules) -> Vec<(Range<usize>, &'a str)> {
    let mut splitter = Splitter {
        text,
        rules: *rules,
        lexer: Lexer::new(text, 0..text.len(), *rules),
        body: Body::new(rules.script),
        statement: None,
        delimiter: None,
        found: Vec::new(),
    };
    splitter.run();
    splitter.found
}

struct Splitter<'a> {
    text: &'a str,
    rules: LexicalRules,
    lexer: Lexer<'a>,
    /// What is known of the statement that is open.
    body: Body,
    /// From its first token to its last so far.
    statement: Option<Range<usize>>,
    /// MySQL's, where it is not the semicolon.
    delimiter: Option<&'a str>,
    found: Vec<(Range<usize>, &'a str)>,
}

impl<'a> Splitter<'a> {
    fn run(&mut self) {
        while let Some(token) = self.lexer.next() {
            if token.kind.is_comment() {
                continue;
            }
            if self.ends_by_delimiter(token) || self.sets_delimiter(token) {
                continue;
            }
            if self.ends_statement(token) {
                self.close();
            } else {
                self.take(token.start, token.end);
                self.body.see(token, self.text);
            }
        }
        self.close();
    }

    fn ends_statement(&self, token: Token) -> bool {
        match token.text(self.text) {
            ";" => self.delimiter.is_none() && self.body.ends(),
            "/" => self.rules.script == ScriptRules::Slash && self.alone_on_its_line(token),
            _ => false,
        }
    }

    fn take(&mut self, start: usize, end: usize) {
        self.statement = Some(self.statement.as_ref().map_or(start, |statement| statement.start)..end);
    }

    fn close(&mut self) {
        if let Some(statement) = self.statement.take() {
            let text = self.text.get(statement.clone()).unwrap_or_default();
            self.found.push((statement, text));
        }
        self.body = Body::new(self.rules.script);
    }

    /// Where the delimiter stands in the token, or begins in it: `END$$` is one word to the lexer.
    fn ends_by_delimiter(&mut self, token: Token) -> bool {
        let Some(delimiter) = self.delimiter else { return false };
        let searched = match token.kind {
            TokenKind::Word | TokenKind::Number | TokenKind::Operator => token.start..token.end,
            _ => token.start..token.start + 1,
        };
        let Some(at) =
            searched.into_iter().find(|&at| self.text.get(at..).is_some_and(|rest| rest.starts_with(delimiter)))
        else {
            return false;
        };
        if at > token.start {
            self.take(token.start, at);
        }
        self.close();
        self.lexer.resume(at + delimiter.len(), self.rules);
        true
    }

    /// `DELIMITER xx`, which MySQL's client keeps to itself.
    fn sets_delimiter(&mut self, token: Token) -> bool {
        if self.rules.script != ScriptRules::Delimiter
            || self.statement.is_some()
            || !token.is_word(self.text, "DELIMITER")
        {
            return false;
        }
        let rest = self.text.get(token.end..).unwrap_or_default();
        let line = rest.split(['\n', '\r']).next().unwrap_or_default();
        self.delimiter = line.split_whitespace().next().filter(|&delimiter| delimiter != ";");
        self.lexer.resume(token.end + line.len(), self.rules);
        true
    }

    fn alone_on_its_line(&self, token: Token) -> bool {
        let blank = |part: Option<&str>| part.is_none_or(|part| part.trim_matches(['\u{feff}']).trim().is_empty());
        let before = self.text.get(..token.start).unwrap_or_default();
        let after = self.text.get(token.end..).unwrap_or_default();
        blank(before.rsplit(['\n', '\r']).next()) && blank(after.split(['\n', '\r']).next())
    }
}

#[cfg(test)]
mod tests;
