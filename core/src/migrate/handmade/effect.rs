//! What a statement for one engine does to the schema, as far as its words tell.

use crate::flavour::LexicalRules;
use crate::sql::lexer::{Lexer, Token, TokenKind};
use crate::store::{CatalogObject, ObjectKind};

/// What a statement does to the schema.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Nothing,
    /// It makes an index, a trigger or a view; where there is none of the name yet, if so said.
    Makes { object: CatalogObject, if_absent: bool },
    /// It drops something.
    Drops { kind: ObjectKind, name: String },
    /// It makes something else of what these may be the names of.
    Tables(Vec<String>),
    /// It may change anything.
    Everything,
}

/// Statements that change rows, settings or nothing.
const HARMLESS: [&str; 20] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "REPLACE",
    "SELECT",
    "WITH",
    "VALUES",
    "PRAGMA",
    "ANALYZE",
    "REINDEX",
    "VACUUM",
    "SAVEPOINT",
    "RELEASE",
    "ROLLBACK",
    "BEGIN",
    "COMMIT",
    "END",
    "EXPLAIN",
    "ATTACH",
    "DETACH",
];

/// What the statement does, by its words.
pub(super) fn effect(sql: &str, rules: &LexicalRules) -> Effect {
    let tokens: Vec<Token> = Lexer::new(sql, 0..sql.len(), *rules).filter(|token| !token.kind.is_comment()).collect();
    let Some(first) = tokens.first() else { return Effect::Nothing };
    if HARMLESS.iter().any(|word| first.is_word(sql, word)) {
        let writes = !["SELECT", "EXPLAIN", "VALUES"].iter().any(|word| first.is_word(sql, word));
        let catalog = ["sqlite_master", "sqlite_schema", "writable_schema"];
        let names_catalog = tokens.iter().any(|token| catalog.contains(&&*plain(token.text(sql)).to_lowercase()));
        return if writes && names_catalog { Effect::Everything } else { Effect::Nothing };
    }
    Reading { sql, tokens: &tokens, at: 1 }
        .statement(first)
        .unwrap_or_else(|| Effect::Tables(tokens.iter().filter_map(|token| name_of(sql, token)).collect()))
}

/// A statement that is being read.
struct Reading<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Reading<'_> {
    /// What it does; `None` where it is not understood.
    fn statement(mut self, first: &Token) -> Option<Effect> {
        if first.is_word(self.sql, "DROP") {
            let kind = self.kind()?;
            if self.word("IF") {
                self.word("EXISTS").then_some(())?;
            }
            let (name, _) = self.name()?;
            return (self.at == self.tokens.len()).then_some(Effect::Drops { kind, name });
        }
        if first.is_word(self.sql, "ALTER") {
            let table = (self.kind()? == ObjectKind::Table).then(|| self.name())??.0;
            // A new name makes others write theirs anew.
            let renames = self.tokens.iter().any(|token| token.is_word(self.sql, "RENAME"));
            return (!renames).then(|| Effect::Tables(vec![table]));
        }
        first.is_word(self.sql, "CREATE").then_some(())?;
        let unique = self.word("UNIQUE");
        let kind = self.kind()?;
        let if_absent = self.word("IF");
        if if_absent {
            (self.word("NOT") && self.word("EXISTS")).then_some(())?;
        }
        let (name, start) = self.name()?;
        let (words, table) = match kind {
            ObjectKind::Index => {
                self.word("ON").then_some(())?;
                (if unique { "UNIQUE INDEX" } else { "INDEX" }, self.name()?.0)
            }
            ObjectKind::Trigger => {
                while !self.word("ON") {
                    self.tokens.get(self.at).filter(|token| !token.is_word(self.sql, "BEGIN"))?;
                    self.at += 1;
                }
                ("TRIGGER", self.name()?.0)
            }
            ObjectKind::View => ("VIEW", name.clone()),
            ObjectKind::Table => return Some(Effect::Tables(vec![name])),
        };
        // As a catalog keeps it: from the name on as it was written.
        let sql = format!("CREATE {words} {}", self.sql.get(start..)?.trim_end());
        Some(Effect::Makes { object: CatalogObject { kind, name, table, sql }, if_absent })
    }

    fn word(&mut self, keyword: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.is_word(self.sql, keyword));
        self.at += usize::from(found);
        found
    }

    fn kind(&mut self) -> Option<ObjectKind> {
        let kinds = [
            ("INDEX", ObjectKind::Index),
            ("TRIGGER", ObjectKind::Trigger),
            ("VIEW", ObjectKind::View),
            ("TABLE", ObjectKind::Table),
        ];
        kinds.into_iter().find_map(|(word, kind)| self.word(word).then_some(kind))
    }

    /// A name, with that of the main schema before it at most, and where it begins.
    fn name(&mut self) -> Option<(String, usize)> {
        let mut token = self.tokens.get(self.at)?;
        let mut name = name_of(self.sql, token)?;
        self.at += 1;
        if self.tokens.get(self.at).is_some_and(|dot| dot.text(self.sql) == ".") {
            name.eq_ignore_ascii_case("main").then_some(())?;
            token = self.tokens.get(self.at + 1)?;
            name = name_of(self.sql, token)?;
            self.at += 2;
        }
        Some((name, token.start))
    }
}

fn name_of(sql: &str, token: &Token) -> Option<String> {
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Text).then(|| plain(token.text(sql)))
}

/// A name without its quotes.
pub(crate) fn plain(text: &str) -> String {
    let inside = || text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    match text.as_bytes().first() {
        Some(b'"') => inside().replace("\"\"", "\""),
        Some(b'`') => inside().replace("``", "`"),
        Some(b'\'') => inside().replace("''", "'"),
        Some(b'[') => inside().to_owned(),
        _ => text.to_owned(),
    }
}
