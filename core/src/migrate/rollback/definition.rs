//! Definitions of indexes and triggers as words, so that two can be told apart whatever their white space, their quotes and
//! the case of their names, also where a statement between them renames what they name.

use crate::flavour::LexicalRules;
use crate::migrate::handmade::{self, Deed};
use crate::sql::lexer::{Lexer, Token, TokenKind};

/// A word of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// A name or a keyword, as it is compared.
    Name(String),
    /// Anything else, as it stands.
    Other(String),
}

/// A definition, word by word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition(Vec<Word>);

impl Definition {
    /// What a statement that makes an index or a trigger says. What makes no difference (`IF NOT EXISTS`, the schema before the
    /// name, `ASC`) is left out.
    pub fn of(sql: &str, rules: &LexicalRules) -> Definition {
        let made = match handmade::deed(sql, rules) {
            Deed::Makes(object) => Some(object.sql),
            _ => None,
        };
        let sql = made.as_deref().unwrap_or(sql);
        let words = tokens(sql, rules)
            .filter(|token| !token.is_word(sql, "ASC") && token.text(sql) != ";")
            .map(|token| word(sql, &token))
            .collect();
        Definition(words)
    }

    /// Takes in that something has another name by now.
    pub fn rename(&mut self, from: &str, to: &str) {
        for word in &mut self.0 {
            if matches!(word, Word::Name(name) if name == from) {
                *word = Word::Name(to.to_owned());
            }
        }
    }
}

/// A statement that renames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rename {
    /// The table's name, as names are compared.
    pub table: String,
    /// Its column; `None` where it is the table itself that is renamed.
    pub column: Option<String>,
    /// The new name.
    pub to: String,
}

impl Rename {
    /// `ALTER TABLE t RENAME TO u` and `ALTER TABLE t RENAME [COLUMN] c TO d`.
    pub fn of(sql: &str, rules: &LexicalRules) -> Option<Rename> {
        let words: Vec<Word> = tokens(sql, rules).map(|token| word(sql, &token)).collect();
        let names: Vec<&str> = words
            .iter()
            .map(|word| match word {
                Word::Name(name) => Some(name.as_str()),
                Word::Other(_) => None,
            })
            .collect::<Option<_>>()?;
        let (table, column, to) = match *names.as_slice() {
            ["alter", "table", table, "rename", "to", to] => (table, None, to),
            ["alter", "table", table, "rename", "column", column, "to", to]
            | ["alter", "table", table, "rename", column, "to", to] => (table, Some(column.to_owned()), to),
            _ => return None,
        };
        Some(Rename { table: table.to_owned(), column, to: to.to_owned() })
    }
}

fn tokens(sql: &str, rules: &LexicalRules) -> impl Iterator<Item = Token> {
    Lexer::new(sql, 0..sql.len(), *rules).filter(|token| !token.kind.is_comment())
}

fn word(sql: &str, token: &Token) -> Word {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Word | TokenKind::QuotedName => Word::Name(handmade::plain(text).to_lowercase()),
        _ => Word::Other(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: LexicalRules = LexicalRules::STANDARD;

    fn same(one: &str, other: &str) -> bool {
        Definition::of(one, &RULES) == Definition::of(other, &RULES)
    }

    #[test]
    fn white_space_quotes_case_and_what_makes_no_difference_do_not_make_two_definitions() {
        let index = "CREATE UNIQUE INDEX \"ix\" ON \"users\" (\"name\")";
        assert!(same(index, "create unique index if not exists main.ix\n  on users(NAME asc) -- by name"));
        assert!(same(
            "CREATE TRIGGER t AFTER DELETE ON a BEGIN DELETE FROM b; END",
            "create trigger \"t\" after delete on a begin delete from b; end;"
        ));
    }

    #[test]
    fn what_an_index_or_a_trigger_does_makes_another_definition() {
        let index = "CREATE INDEX ix ON users (name)";
        for other in [
            "CREATE UNIQUE INDEX ix ON users (name)",
            "CREATE INDEX ix ON users (name DESC)",
            "CREATE INDEX ix ON users (name, id)",
            "CREATE INDEX ix ON users (name COLLATE NOCASE)",
            "CREATE INDEX ix ON users (name) WHERE id > 1",
            "CREATE INDEX ix ON people (name)",
        ] {
            assert!(!same(index, other), "{other}");
        }
        assert!(!same("CREATE INDEX ix ON a (b) WHERE c = 'x'", "CREATE INDEX ix ON a (b) WHERE c = 'X'"));
    }

    #[test]
    fn a_rename_is_understood_and_taken_in() {
        let column = Rename::of("ALTER TABLE \"users\" RENAME COLUMN \"Name\" TO \"title\"", &RULES).unwrap();
        assert_eq!(column, Rename { table: "users".into(), column: Some("name".into()), to: "title".into() });
        let table = Rename::of("alter table users rename to people", &RULES).unwrap();
        assert_eq!(table, Rename { table: "users".into(), column: None, to: "people".into() });
        assert_eq!(Rename::of("ALTER TABLE users ADD COLUMN name TEXT", &RULES), None);
        let mut definition = Definition::of("CREATE INDEX ix ON users (name) WHERE name <> 'name'", &RULES);
        definition.rename("name", "title");
        assert_eq!(definition, Definition::of("CREATE INDEX ix ON users (title) WHERE title <> 'name'", &RULES));
    }
}
