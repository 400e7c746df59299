//! Indexes made and dropped CONCURRENTLY, which runs outside of transactions and is not atomic: cut off or refused in the middle, an
//! index stays that is not valid. The catalog tells what became of it, and such an index is dropped and made again.

use fastman_core::dialect::{Condition, Remains, Step};
use fastman_core::schema::Name;
use fastman_core::sql::lexer::{Lexer, Token, TokenKind};
use fastman_flavours::POSTGRES;

use super::literal::quoted as text;
use crate::settings::quoted;

/// The step of a statement of the user's own, with what is known of it if it is one of these.
pub(super) fn step(sql: &str) -> Step {
    let step = Step::raw(sql);
    let tokens = Lexer::new(sql, 0..sql.len(), POSTGRES.lexical).filter(|token| !token.kind.is_comment()).collect();
    let mut words = Words { sql, tokens, at: 0 };
    match words.create() {
        Some((index, table)) => {
            let found = |condition: &str| {
                format!(
                    "SELECT 1 FROM pg_catalog.pg_index AS i WHERE i.indexrelid = pg_catalog.to_regclass({}) AND {condition}",
                    text(&quoted(index.as_str()))
                )
            };
            let removed_by = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", quoted(index.as_str()));
            Step {
                touches: vec![table],
                done_when: vec![Condition::Answers { query: found("i.indisvalid") }],
                remains: Some(Remains { found_by: found("NOT i.indisvalid"), removed_by }),
                ..step
            }
        }
        None => match (Words { at: 0, ..words }).drop() {
            Some(index) => step.done_when(Condition::Answers {
                query: format!("SELECT 1 WHERE pg_catalog.to_regclass({}) IS NULL", text(&index)),
            }),
            None => step,
        },
    }
}

/// A statement that is being read.
struct Words<'a> {
    sql: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl Words<'_> {
    /// The index and the table of `CREATE INDEX CONCURRENTLY`, where both are named without a schema.
    fn create(&mut self) -> Option<(Name, Name)> {
        self.all(&["CREATE"])?;
        let _ = self.all(&["UNIQUE"]);
        self.all(&["INDEX", "CONCURRENTLY"])?;
        let _ = self.all(&["IF", "NOT", "EXISTS"]);
        // Without a name, the server chooses one.
        let index = if self.is("ON") { None } else { self.name() }?;
        self.all(&["ON"])?;
        let _ = self.all(&["ONLY"]);
        let table = self.name()?;
        (!self.is_dot()).then_some((index, table))
    }

    /// The index of `DROP INDEX CONCURRENTLY`, as it is written.
    fn drop(&mut self) -> Option<String> {
        self.all(&["DROP", "INDEX", "CONCURRENTLY"])?;
        let _ = self.all(&["IF", "EXISTS"]);
        let mut name = quoted(self.name()?.as_str());
        if self.is_dot() {
            self.at += 1;
            name = format!("{name}.{}", quoted(self.name()?.as_str()));
        }
        let _ = self.all(&["RESTRICT"]);
        (self.at == self.tokens.len()).then_some(name)
    }

    fn is(&self, keyword: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.is_word(self.sql, keyword))
    }

    fn is_dot(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.text(self.sql) == ".")
    }

    /// All of these words, or none is taken.
    fn all(&mut self, keywords: &[&str]) -> Option<()> {
        let start = self.at;
        for keyword in keywords {
            if !self.is(keyword) {
                self.at = start;
                return None;
            }
            self.at += 1;
        }
        Some(())
    }

    fn name(&mut self) -> Option<Name> {
        let token = self.tokens.get(self.at)?;
        let text = token.text(self.sql);
        let name = match token.kind {
            TokenKind::Word => Name::folded(text),
            TokenKind::QuotedName => Name::exact(&text.get(1..text.len().checked_sub(1)?)?.replace("\"\"", "\"")),
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_made_concurrently_is_known_by_its_words() {
        for sql in [
            "CREATE INDEX CONCURRENTLY ix_a ON a (b)",
            "create unique index concurrently if not exists IX_A on only A using gin (b) where c > 0",
            "/* now */ CREATE INDEX CONCURRENTLY \"ix_a\" ON \"a\" (lower(b))",
        ] {
            let step = step(sql);
            assert_eq!(step.touches, [Name::from("a")], "{sql}");
            let remains = step.remains.unwrap();
            assert_eq!(remains.removed_by, "DROP INDEX CONCURRENTLY IF EXISTS \"ix_a\"", "{sql}");
            assert!(remains.found_by.contains("to_regclass('\"ix_a\"')"), "{}", remains.found_by);
            assert_eq!(step.done_when.len(), 1);
        }
        let quote = step("CREATE INDEX CONCURRENTLY \"it's \"\"it\"\"\" ON a (b)");
        assert!(quote.remains.unwrap().found_by.contains("to_regclass('\"it''s \"\"it\"\"\"')"));
    }

    #[test]
    fn an_index_dropped_concurrently_is_done_when_it_is_gone() {
        for (sql, name) in [
            ("DROP INDEX CONCURRENTLY ix_a", "'\"ix_a\"'"),
            ("DROP INDEX CONCURRENTLY IF EXISTS s.\"Ix\" RESTRICT", "'\"s\".\"Ix\"'"),
        ] {
            let query = format!("SELECT 1 WHERE pg_catalog.to_regclass({name}) IS NULL");
            assert_eq!(step(sql).done_when, [Condition::Answers { query }], "{sql}");
        }
    }

    #[test]
    fn nothing_is_known_of_other_statements() {
        for sql in [
            "CREATE INDEX ix_a ON a (b)",
            "CREATE INDEX CONCURRENTLY ON a (b)",
            "CREATE INDEX CONCURRENTLY ix_a ON s.a (b)",
            "DROP INDEX CONCURRENTLY a, b",
            "DROP INDEX ix_a",
            "REINDEX INDEX CONCURRENTLY ix_a",
            "VACUUM a",
            "",
        ] {
            assert_eq!(step(sql), Step::raw(sql), "{sql}");
        }
    }
}
