//! SQL that the catalog gives back, read as tokens.

use fastman_core::sql::lexer::{Lexer, Token, TokenKind};
use fastman_flavours::SQLITE;

/// The tokens of a text, comments aside.
pub(crate) fn tokens(sql: &str) -> Vec<Token> {
    Lexer::new(sql, 0..sql.len(), SQLITE.lexical).filter(|token| !token.kind.is_comment()).collect()
}

/// The name that a token stands for, its quotes taken away; `None` for what can't be a name.
pub(crate) fn name_of(sql: &str, token: &Token) -> Option<String> {
    let text = token.text(sql);
    let inside = || text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    match token.kind {
        TokenKind::Word => Some(text.to_owned()),
        TokenKind::QuotedName => Some(match text.as_bytes().first() {
            Some(b'[') => inside().to_owned(),
            Some(b'`') => inside().replace("``", "`"),
            _ => inside().replace("\"\"", "\""),
        }),
        // SQLite takes a string where only a name can stand.
        TokenKind::Text => Some(inside().replace("''", "'")),
        _ => None,
    }
}

/// Whether the text names something so: in any case, in quotes or without.
pub(crate) fn names(sql: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    tokens(sql).iter().any(|token| name_of(sql, token).is_some_and(|found| found.to_lowercase() == name))
}
