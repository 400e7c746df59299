//! The parser's place in its tokens: looking ahead, taking, and errors that say what was expected and what was found.

use std::ops::Range;

use super::refusal;
use crate::error::{Error, Result, SourceText};
use crate::flavour::LexicalRules;
use crate::sql::lexer::{Lexer, Token, TokenKind};
use crate::sql::section::unterminated;

/// A parser over the tokens of a text; comments are left out.
pub(super) struct Parser<'a> {
    source: &'a SourceText,
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    range_start: usize,
    /// How deep the expression being parsed is nested.
    pub(super) depth: usize,
}

impl<'a> Parser<'a> {
    /// Over that part of the text. What no portable text may hold anywhere is refused here.
    pub fn new(source: &'a SourceText, range: Range<usize>) -> Result<Parser<'a>> {
        let text: &'a str = &source.text;
        let range_start = range.start;
        let mut tokens = Vec::with_capacity(range.len() / 5);
        for token in Lexer::new(text, range, LexicalRules::STANDARD) {
            if token.kind.is_unterminated() {
                return Err(unterminated(source, token));
            } else if token.kind == TokenKind::ExecutedComment {
                return Err(refusal::executed_comment(token.text(text)).at(
                    source,
                    token.span(),
                    "an engine acts on it",
                ));
            } else if !token.kind.is_comment() {
                tokens.push(token);
            }
        }
        Ok(Parser { source, text, tokens, next: 0, range_start, depth: 0 })
    }

    /// The token `ahead` of the next one.
    pub fn peek(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.next + ahead).copied()
    }

    /// The text of the token `ahead` of the next one; empty at the end.
    pub fn peek_text(&self, ahead: usize) -> &'a str {
        self.peek(ahead).map_or("", |token| token.text(self.text))
    }

    /// The kind of the token `ahead` of the next one.
    pub fn peek_kind(&self, ahead: usize) -> Option<TokenKind> {
        self.peek(ahead).map(|token| token.kind)
    }

    /// The next token in upper case if it is a word, else nothing.
    pub fn upper(&self) -> String {
        self.upper_at(0)
    }

    /// The token `ahead` in upper case if it is a word, else nothing.
    pub fn upper_at(&self, ahead: usize) -> String {
        match self.peek_kind(ahead) {
            Some(TokenKind::Word) => self.peek_text(ahead).to_ascii_uppercase(),
            _ => String::new(),
        }
    }

    pub fn at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    /// Whether the next token is that keyword, given in upper case.
    pub fn at(&self, keyword: &str) -> bool {
        self.word_is(0, keyword)
    }

    /// Whether the token `ahead` is that keyword.
    pub fn word_is(&self, ahead: usize, keyword: &str) -> bool {
        self.peek(ahead).is_some_and(|token| token.is_word(self.text, keyword))
    }

    /// Whether the next tokens are those keywords.
    pub fn at_words(&self, keywords: &[&str]) -> bool {
        keywords.iter().enumerate().all(|(ahead, keyword)| self.word_is(ahead, keyword))
    }

    /// Whether the next token is that operator or punctuation mark.
    pub fn at_symbol(&self, symbol: &str) -> bool {
        self.symbol_is(0, symbol)
    }

    /// Whether the token `ahead` is that operator or punctuation mark.
    pub fn symbol_is(&self, ahead: usize, symbol: &str) -> bool {
        self.peek_kind(ahead) == Some(TokenKind::Operator) && self.peek_text(ahead) == symbol
    }

    /// Goes past the next token.
    pub fn skip(&mut self) {
        self.next += 1;
    }

    /// Goes past that keyword if it is next.
    pub fn take(&mut self, keyword: &str) -> bool {
        let found = self.at(keyword);
        self.next += usize::from(found);
        found
    }

    /// Goes past those keywords if they are next, all of them.
    pub fn take_words(&mut self, keywords: &[&str]) -> bool {
        let found = self.at_words(keywords);
        self.next += if found { keywords.len() } else { 0 };
        found
    }

    /// Goes past that symbol if it is next.
    pub fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.next += usize::from(found);
        found
    }

    /// Goes past that keyword, which must be next.
    pub fn expect(&mut self, keyword: &'static str) -> Result<()> {
        match self.take(keyword) {
            true => Ok(()),
            false => Err(self.expected_one_of(keyword, &[keyword])),
        }
    }

    /// Goes past that symbol, which must be next.
    pub fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        match self.take_symbol(symbol) {
            true => Ok(()),
            false => Err(self.expected(&format!("`{symbol}`"))),
        }
    }

    /// Things separated by commas between parentheses; at least one.
    pub fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        self.expect_symbol("(")?;
        let mut found = vec![one(self)?];
        while self.take_symbol(",") {
            found.push(one(self)?);
        }
        match self.take_symbol(")") {
            true => Ok(found),
            false => Err(self.expected("`,` or `)`")),
        }
    }

    /// Where the next token begins; where the last one ended if there is none.
    pub fn start(&self) -> usize {
        self.here().start
    }

    /// Where the next token stands; the end of the last one if there is none.
    pub fn here(&self) -> Range<usize> {
        self.peek(0).map_or_else(|| self.previous_end()..self.previous_end(), |token| token.span())
    }

    /// From there to the end of the last token taken.
    pub fn since(&self, start: usize) -> Range<usize> {
        start..self.previous_end().max(start)
    }

    /// The last token taken.
    pub fn previous(&self) -> Option<Token> {
        let taken = self.next.min(self.tokens.len());
        taken.checked_sub(1).and_then(|last| self.tokens.get(last)).copied()
    }

    /// Whether the last token taken is that operator or punctuation mark.
    pub fn previous_is(&self, symbol: &str) -> bool {
        self.previous().is_some_and(|token| token.text(self.text) == symbol)
    }

    fn previous_end(&self) -> usize {
        self.previous().map_or(self.range_start, |token| token.end)
    }

    /// The next token as an error names it.
    pub fn found(&self) -> String {
        let Some(token) = self.peek(0) else { return "the end".to_owned() };
        let text = token.text(self.text);
        let plain = |character: char| if character.is_control() { ' ' } else { character };
        let mut shown: String = text.chars().take(40).map(plain).collect();
        if text.chars().count() > 40 {
            shown.push('…');
        }
        match token.kind {
            TokenKind::Text => format!("the string {shown}"),
            _ => format!("`{shown}`"),
        }
    }

    /// An error at the next token.
    pub fn error(&self, code: &'static str, message: impl Into<String>) -> Error {
        self.error_at(code, message, self.here())
    }

    /// An error there.
    pub fn error_at(&self, code: &'static str, message: impl Into<String>, span: Range<usize>) -> Error {
        Error::failed(code, message).at(self.source, span, "")
    }

    /// The next token is not what it should be; where it is a known thing that is not portable, the error says so.
    pub fn expected(&self, what: &str) -> Error {
        self.refused_here()
            .unwrap_or_else(|| self.error("sql.syntax", format!("expected {what}, found {}", self.found())))
    }

    /// As [`Parser::expected`]; the help is given where a refusal has none of its own.
    pub fn expected_with_help(&self, what: &str, help: impl Into<String>) -> Error {
        let error = self.expected(what);
        match error.help() {
            None => error.with_help(help),
            Some(_) => error,
        }
    }

    /// As [`Parser::expected`]; the help names the keyword that was probably meant.
    pub fn expected_one_of(&self, what: &str, keywords: &[&'static str]) -> Error {
        let error = self.expected(what);
        let word = self.upper();
        let near = keywords
            .iter()
            .map(|keyword| (strsim::osa_distance(&word, keyword), keyword))
            .filter(|&(distance, keyword)| distance <= keyword.len() / 3)
            .min();
        match near {
            Some((_, keyword)) if error.help().is_none() => error.with_help(format!("did you mean {keyword}?")),
            _ => error,
        }
    }
}
