//! The lexer: cuts SQL of any engine into tokens by that engine's [`LexicalRules`].
//!
//! It never fails: what is left open at the end of the text is a token kind of its own. Checksums are made from its
//! tokens, so their boundaries are frozen: golden tests in [`super::checksum`] and in the flavours' crate hold them.

use std::ops::Range;

use crate::flavour::LexicalRules;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or an unquoted name.
    Word,
    /// A name in quotes, these included.
    QuotedName,
    /// A string literal with its prefix and quotes, a dollar quote too.
    Text,
    /// A number, and whatever word stands against it.
    Number,
    /// An operator or a punctuation mark.
    Operator,
    /// `-- ...` or `# ...`, its line end aside.
    LineComment,
    /// `/* ... */`.
    BlockComment,
    /// A comment that an engine acts on: `/*+ ... */`, `/*! ... */`.
    ExecutedComment,
    /// A string literal whose end is missing.
    UnterminatedText,
    /// A quoted name whose end is missing.
    UnterminatedName,
    /// A block comment whose end is missing.
    UnterminatedComment,
}

impl TokenKind {
    /// Whether it says nothing to any engine.
    pub fn is_comment(self) -> bool {
        matches!(self, TokenKind::LineComment | TokenKind::BlockComment)
    }

    /// Whether its end is missing.
    pub fn is_unterminated(self) -> bool {
        matches!(self, TokenKind::UnterminatedText | TokenKind::UnterminatedName | TokenKind::UnterminatedComment)
    }
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

impl Token {
    /// Where it stands.
    pub fn span(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Its text in the text that was lexed.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.span()).unwrap_or_default()
    }

    /// Whether it is that keyword, given in upper case.
    pub fn is_word(&self, source: &str, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text(source).eq_ignore_ascii_case(keyword)
    }
}

/// Operators of more than one character, the longest first. Frozen: see the module's words.
const OPERATORS: [&[u8]; 34] = [
    b"!~~*", b"<=>", b"->>", b"#>>", b"!~*", b"~~*", b"!~~", b"<=", b">=", b"<>", b"!=", b"^=", b"~=", b"==", b"||",
    b"::", b":=", b"=>", b"->", b"#>", b"#-", b"**", b"..", b"<<", b">>", b"&&", b"@>", b"<@", b"@@", b"@?", b"?|",
    b"?&", b"~*", b"!~",
];

const BYTE_ORDER_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// Yields the tokens of a text, comments included, white space and byte-order marks skipped.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    bytes: &'a [u8],
    position: usize,
    rules: LexicalRules,
}

impl<'a> Lexer<'a> {
    /// A lexer over that part of a text; spans are offsets into the whole text.
    pub fn new(text: &'a str, range: Range<usize>, rules: LexicalRules) -> Lexer<'a> {
        let end = range.end.min(text.len());
        Lexer { bytes: &text.as_bytes()[..end], position: range.start, rules }
    }

    /// Goes on from there, with other rules if need be.
    pub fn resume(&mut self, position: usize, rules: LexicalRules) {
        self.position = position;
        self.rules = rules;
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn starts_with(&self, at: usize, prefix: &[u8]) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(prefix))
    }

    fn skip_white_space(&mut self) {
        while let Some(byte) = self.byte(self.position) {
            if is_space(byte) {
                self.position += 1;
            } else if byte == BYTE_ORDER_MARK[0] && self.starts_with(self.position, &BYTE_ORDER_MARK) {
                self.position += BYTE_ORDER_MARK.len();
            } else {
                break;
            }
        }
    }

    /// Kind and end of the token that begins at `start`.
    fn token_at(&self, start: usize, byte: u8) -> (TokenKind, usize) {
        let rules = &self.rules;
        match byte {
            b'-' if self.opens_line_comment(start) => {
                let hint = rules.line_hints && self.byte(start + 2) == Some(b'+');
                let kind = if hint { TokenKind::ExecutedComment } else { TokenKind::LineComment };
                (kind, self.line_end(start + 2))
            }
            b'#' if rules.hash_comments => (TokenKind::LineComment, self.line_end(start + 1)),
            b'/' if self.byte(start + 1) == Some(b'*') => self.block_comment(start),
            b'\'' => self.quoted(start, start, TokenKind::Text, rules.backslash_escapes),
            b'"' if rules.double_quoted_strings => self.quoted(start, start, TokenKind::Text, rules.backslash_escapes),
            b'"' => self.quoted(start, start, TokenKind::QuotedName, false),
            b'`' if rules.backtick_names => self.quoted(start, start, TokenKind::QuotedName, false),
            b'[' if rules.bracket_names => match self.find(start + 1, b"]") {
                Some(end) => (TokenKind::QuotedName, end + 1),
                None => (TokenKind::UnterminatedName, self.bytes.len()),
            },
            b'0'..=b'9' => (TokenKind::Number, self.number_end(start)),
            b'.' if self.byte(start + 1).is_some_and(|next| next.is_ascii_digit()) => {
                (TokenKind::Number, self.number_end(start))
            }
            b'$' if rules.dollar_quotes => {
                self.dollar_quote(start).unwrap_or_else(|| (TokenKind::Word, self.word_end(start)))
            }
            _ if is_word(byte) => self.prefixed(start, byte).unwrap_or_else(|| (TokenKind::Word, self.word_end(start))),
            _ => (TokenKind::Operator, start + self.operator_length(start)),
        }
    }

    fn opens_line_comment(&self, start: usize) -> bool {
        self.byte(start + 1) == Some(b'-')
            && (!self.rules.dashes_need_space
                || self.byte(start + 2).is_none_or(|next| is_space(next) || next.is_ascii_control()))
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(self.bytes.len(), |length| from + length)
    }

    fn find(&self, from: usize, what: &[u8]) -> Option<usize> {
        let rest = self.bytes.get(from..)?;
        rest.windows(what.len()).position(|window| window == what).map(|length| from + length)
    }

    fn block_comment(&self, start: usize) -> (TokenKind, usize) {
        let executed = match self.byte(start + 2) {
            Some(b'!' | b'+') => true,
            Some(b'M') => self.rules.executed_comments && self.byte(start + 3) == Some(b'!'),
            _ => false,
        };
        let nests = self.rules.nested_comments || (executed && self.rules.executed_comments);
        let mut depth = 1_usize;
        let mut at = start + 2;
        while at < self.bytes.len() {
            if self.starts_with(at, b"*/") {
                at += 2;
                depth -= 1;
                if depth == 0 {
                    return (if executed { TokenKind::ExecutedComment } else { TokenKind::BlockComment }, at);
                }
            } else if nests && self.starts_with(at, b"/*") {
                at += 2;
                depth += 1;
            } else {
                at += 1;
            }
        }
        (TokenKind::UnterminatedComment, self.bytes.len())
    }

    /// From the quote at `open` to its partner; a doubled quote stands for itself.
    fn quoted(&self, start: usize, open: usize, kind: TokenKind, backslash: bool) -> (TokenKind, usize) {
        debug_assert!(start <= open);
        let quote = self.bytes[open];
        let mut at = open + 1;
        while let Some(byte) = self.byte(at) {
            if byte == quote {
                if self.byte(at + 1) != Some(quote) {
                    return (kind, at + 1);
                }
                at += 2;
            } else if backslash && byte == b'\\' {
                at += 2;
            } else {
                at += 1;
            }
        }
        let kind = match kind {
            TokenKind::QuotedName => TokenKind::UnterminatedName,
            _ => TokenKind::UnterminatedText,
        };
        (kind, self.bytes.len())
    }

    /// A literal that begins with letters: `E'..'`, `X'..'`, `N'..'`, `B'..'`, `U&'..'`, `q'[..]'`.
    fn prefixed(&self, start: usize, byte: u8) -> Option<(TokenKind, usize)> {
        let rules = &self.rules;
        let next = self.byte(start + 1)?;
        match byte.to_ascii_lowercase() {
            b'e' if next == b'\'' && rules.escape_strings => Some(self.quoted(start, start + 1, TokenKind::Text, true)),
            b'x' | b'n' | b'b' if next == b'\'' => {
                Some(self.quoted(start, start + 1, TokenKind::Text, rules.backslash_escapes))
            }
            b'u' if next == b'&' && rules.escape_strings => match self.byte(start + 2)? {
                b'\'' => Some(self.quoted(start, start + 2, TokenKind::Text, false)),
                b'"' => Some(self.quoted(start, start + 2, TokenKind::QuotedName, false)),
                _ => None,
            },
            b'q' if next == b'\'' && rules.alternative_quotes => self.alternative_quote(start + 1),
            b'n' if matches!(next, b'q' | b'Q') && rules.alternative_quotes && self.byte(start + 2)? == b'\'' => {
                self.alternative_quote(start + 2)
            }
            _ => None,
        }
    }

    /// Oracle's `q'[ ... ]'`, from its quote at `open`.
    fn alternative_quote(&self, open: usize) -> Option<(TokenKind, usize)> {
        let unterminated = Some((TokenKind::UnterminatedText, self.bytes.len()));
        let Some(first) = self.byte(open + 1) else { return unterminated };
        let length = match first {
            0xF0.. => 4,
            0xE0.. => 3,
            0xC0.. => 2,
            _ => 1,
        };
        let Some(delimiter) = self.bytes.get(open + 1..open + 1 + length) else { return unterminated };
        let mut closing = match first {
            b'[' => b"]".to_vec(),
            b'{' => b"}".to_vec(),
            b'(' => b")".to_vec(),
            b'<' => b">".to_vec(),
            _ => delimiter.to_vec(),
        };
        closing.push(b'\'');
        match self.find(open + 1 + length, &closing) {
            Some(end) => Some((TokenKind::Text, end + closing.len())),
            None => unterminated,
        }
    }

    /// `$tag$ ... $tag$`, or nothing where `$` opens no such quote.
    fn dollar_quote(&self, start: usize) -> Option<(TokenKind, usize)> {
        let mut at = start + 1;
        while let Some(byte) = self.byte(at).filter(|&byte| is_word(byte) && byte != b'$') {
            if at == start + 1 && byte.is_ascii_digit() {
                return None;
            }
            at += 1;
        }
        if self.byte(at) != Some(b'$') {
            return None;
        }
        let tag = &self.bytes[start..=at];
        Some(match self.find(at + 1, tag) {
            Some(end) => (TokenKind::Text, end + tag.len()),
            None => (TokenKind::UnterminatedText, self.bytes.len()),
        })
    }

    fn word_end(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(byte) = self.byte(at) {
            let inside = is_word(byte) || (byte == b'#' && self.rules.alternative_quotes);
            if !inside || (byte == BYTE_ORDER_MARK[0] && self.starts_with(at, &BYTE_ORDER_MARK)) {
                break;
            }
            at += 1;
        }
        at
    }

    fn number_end(&self, start: usize) -> usize {
        let digits = |mut at: usize| {
            while self.byte(at).is_some_and(|byte| byte.is_ascii_digit()) {
                at += 1;
            }
            at
        };
        let mut at = digits(start);
        if self.byte(at) == Some(b'.') && self.byte(at + 1) != Some(b'.') {
            at = digits(at + 1);
        }
        if matches!(self.byte(at), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.byte(at + 1), Some(b'+' | b'-')));
            let end = digits(at + 1 + sign);
            if end > at + 1 + sign {
                at = end;
            }
        }
        self.word_end(at)
    }

    fn operator_length(&self, start: usize) -> usize {
        if matches!(self.byte(start), Some(b'(' | b')' | b',' | b';')) {
            return 1;
        }
        OPERATORS.iter().find(|operator| self.starts_with(start, operator)).map_or(1, |operator| operator.len())
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_white_space();
        let start = self.position;
        let byte = self.byte(start)?;
        let (kind, end) = self.token_at(start, byte);
        self.position = end.min(self.bytes.len());
        Some(Token { kind, start, end: self.position })
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests;
