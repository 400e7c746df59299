//! Statements that must not run inside a transaction of ours: they would end it, or silently do nothing in it.

use fastman_core::error::{Error, Result};

use crate::tokens::{name_of, tokens};

/// Looks at a statement's first words.
///
/// # Errors
/// `sqlite.transaction-control` for one that begins or ends a transaction, `sqlite.no-effect` for a setting that SQLite
/// ignores inside of one.
pub(crate) fn check(sql: &str) -> Result<()> {
    let mut words = Words(sql);
    let first = words.next().unwrap_or_default();
    let outside = "a section of its own runs without a transaction around it: `-- migrate:up sqlite transaction:false`";
    match first.as_str() {
        "BEGIN" | "COMMIT" | "END" => {}
        // ROLLBACK TO a savepoint stays inside.
        "ROLLBACK" => match words.next().as_deref() {
            Some("TO") => return Ok(()),
            Some("TRANSACTION") if words.next().as_deref() == Some("TO") => return Ok(()),
            _ => {}
        },
        "PRAGMA" => {
            let mut setting = words.next().unwrap_or_default();
            if words.0.starts_with('.') {
                words.0 = &words.0[1..];
                setting = words.next().unwrap_or_default();
            }
            let sets = words.rest().starts_with(['=', '(']);
            let consequence = match setting.as_str() {
                "FOREIGN_KEYS" => "so what follows would run with foreign keys as they are, cascades included",
                "JOURNAL_MODE" => "so the database would keep the journal that it has",
                _ => return Ok(()),
            };
            if !sets {
                return Ok(());
            }
            let setting = setting.to_ascii_lowercase();
            return Err(Error::failed(
                "sqlite.no-effect",
                format!("PRAGMA {setting} does nothing inside a transaction, {consequence}"),
            )
            .with_help(outside));
        }
        _ => return Ok(()),
    }
    Err(Error::failed(
        "sqlite.transaction-control",
        format!("{first} would end the transaction that the migration runs in, and its history row with it"),
    )
    .with_help(format!("leave it out: each migration is a transaction already; {outside}")))
}

/// The table that a statement drops.
pub(crate) fn dropped_table(sql: &str) -> Option<String> {
    let mut words = Words(sql);
    if words.next()? != "DROP" || words.next()? != "TABLE" {
        return None;
    }
    let found = tokens(sql);
    let found = match found.get(2..)? {
        [first, second, rest @ ..] if first.is_word(sql, "IF") && second.is_word(sql, "EXISTS") => rest,
        rest => rest,
    };
    match found {
        [schema, point, table, ..] if point.text(sql) == "." => {
            name_of(sql, table).filter(|_| name_of(sql, schema).is_some_and(|it| it.eq_ignore_ascii_case("main")))
        }
        [table, ..] => name_of(sql, table),
        [] => None,
    }
}

/// The words of a statement in upper case, up to the first thing that is none; comments aside.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn rest(&mut self) -> &'a str {
        loop {
            self.0 = self.0.trim_start_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
            let end = if self.0.starts_with("--") {
                self.0.find('\n')
            } else if self.0.starts_with("/*") {
                self.0.find("*/").map(|start| start + 2)
            } else {
                return self.0;
            };
            self.0 = &self.0[end.unwrap_or(self.0.len())..];
        }
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let rest = self.rest();
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        self.0 = behind;
        (!word.is_empty()).then(|| word.to_ascii_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_the_transaction_is_refused() {
        for sql in ["COMMIT", "end transaction", "BEGIN", "/* x */ -- y\n rollback", "ROLLBACK TRANSACTION"] {
            assert_eq!(check(sql).unwrap_err().code(), "sqlite.transaction-control", "{sql}");
        }
        for sql in [
            "SAVEPOINT a",
            "ROLLBACK TO a",
            "rollback transaction to savepoint a",
            "RELEASE a",
            "INSERT INTO b DEFAULT VALUES",
            "",
            "(",
            "--",
        ] {
            assert!(check(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn the_table_of_a_drop_is_found_however_it_is_written() {
        for (sql, table) in [
            ("DROP TABLE \"a \"\"b\"", Some("a \"b")),
            ("/* x */ drop table if exists main.[T];", Some("T")),
            ("DROP TABLE `if`", Some("if")),
            ("DROP TABLE temp.t", None),
            ("DROP INDEX t", None),
            ("DROP TABLE", None),
        ] {
            assert_eq!(dropped_table(sql).as_deref(), table, "{sql}");
        }
    }

    #[test]
    fn a_setting_that_does_nothing_in_a_transaction_is_refused() {
        for sql in [
            "PRAGMA journal_mode = WAL",
            "pragma main.journal_mode(delete)",
            "PRAGMA foreign_keys=OFF",
            "pragma main.foreign_keys (0)",
            "PRAGMA foreign_keys /* */ = 0",
        ] {
            assert_eq!(check(sql).unwrap_err().code(), "sqlite.no-effect", "{sql}");
        }
        for sql in [
            "PRAGMA foreign_keys",
            "PRAGMA journal_mode",
            "PRAGMA legacy_alter_table=ON",
            "PRAGMA foreign_key_check(posts)",
        ] {
            assert!(check(sql).is_ok(), "{sql}");
        }
    }
}
