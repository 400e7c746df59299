//! CREATE TABLE as the catalog keeps it, read as tokens: the names of constraints, checks, and what only the text
//! shows.
//!
//! The grammar is <https://www.sqlite.org/lang_createtable.html>. What stands in the catalog has been accepted by
//! SQLite, so what is not understood here is skipped rather than refused.

use fastman_core::sql::lexer::{Token, TokenKind};

use crate::tokens::{name_of, tokens};

/// What the text of a table says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct TableText {
    /// Its columns, in order.
    pub(super) columns: Vec<ColumnText>,
    /// The constraints behind the columns, in order.
    pub(super) constraints: Vec<ConstraintText>,
    /// Every row has the declared types.
    pub(super) strict: bool,
    /// The primary key is what the rows are kept by.
    pub(super) without_rowid: bool,
}

/// A column.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ColumnText {
    pub(super) name: String,
    pub(super) constraints: Vec<ConstraintText>,
}

/// A constraint of a column or a table.
#[derive(Debug, PartialEq)]
pub(super) struct ConstraintText {
    pub(super) name: Option<String>,
    pub(super) kind: KindText,
    /// What the model has no place for, in the words of the text: `ON CONFLICT REPLACE`.
    pub(super) extras: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub(super) enum KindText {
    /// The columns are empty where it stands beside its column.
    PrimaryKey {
        columns: Vec<String>,
        autoincrement: bool,
    },
    Unique {
        columns: Vec<String>,
    },
    Check {
        condition: String,
    },
    ForeignKey {
        columns: Vec<String>,
        table: String,
        referenced: Vec<String>,
        on_delete: String,
    },
    NotNull,
    Collate {
        collation: String,
    },
    Generated,
    /// DEFAULT and NULL, which the catalog's columns show too.
    Other,
}

/// Reads it.
pub(super) fn parse(sql: &str) -> TableText {
    let tokens = tokens(sql);
    let mut parser = Parser { sql, tokens: &tokens, at: 0 };
    parser.table()
}

struct Parser<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn table(&mut self) -> TableText {
        let mut table = TableText::default();
        while !self.is("(") && self.at < self.tokens.len() {
            self.at += 1;
        }
        self.at += 1;
        let mut behind_columns = false;
        while self.at < self.tokens.len() && !self.is(")") {
            if self.take(",") {
                continue;
            }
            behind_columns |=
                ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|word| self.is_word(word));
            let start = self.at;
            if behind_columns {
                table.constraints.extend(self.constraint());
            } else {
                table.columns.push(self.column());
            }
            if self.at == start {
                self.at += 1;
            }
        }
        while self.at < self.tokens.len() {
            table.strict |= self.is_word("STRICT");
            table.without_rowid |= self.is_word("ROWID");
            self.at += 1;
        }
        table
    }

    fn column(&mut self) -> ColumnText {
        let mut column = ColumnText { name: self.name().unwrap_or_default(), constraints: Vec::new() };
        while self.at < self.tokens.len() && !self.is(",") && !self.is(")") {
            match self.constraint() {
                Some(constraint) => column.constraints.push(constraint),
                // The type, and the number in parentheses behind it.
                None => self.skip(),
            }
        }
        column
    }

    /// A constraint, if one begins here.
    fn constraint(&mut self) -> Option<ConstraintText> {
        let name = if self.take_word("CONSTRAINT") { self.name() } else { None };
        let mut extras = Vec::new();
        let kind = if self.take_word("PRIMARY") {
            self.take_word("KEY");
            let columns = self.columns(&mut extras);
            self.direction(&mut extras);
            self.conflict(&mut extras);
            KindText::PrimaryKey { columns, autoincrement: self.take_word("AUTOINCREMENT") }
        } else if self.take_word("UNIQUE") {
            KindText::Unique { columns: self.columns(&mut extras) }
        } else if self.take_word("CHECK") {
            KindText::Check { condition: self.parenthesised() }
        } else if self.take_word("FOREIGN") {
            self.take_word("KEY");
            let columns = self.columns(&mut extras);
            self.take_word("REFERENCES");
            self.foreign_key(columns, &mut extras)
        } else if self.take_word("REFERENCES") {
            self.foreign_key(Vec::new(), &mut extras)
        } else if self.take_word("NOT") {
            if self.take_word("DEFERRABLE") {
                self.skip_deferral();
                KindText::Other
            } else {
                self.take_word("NULL");
                KindText::NotNull
            }
        } else if self.take_word("COLLATE") {
            KindText::Collate { collation: self.name().unwrap_or_default() }
        } else if self.take_word("GENERATED") || self.is_word("AS") {
            self.take_word("ALWAYS");
            self.take_word("AS");
            self.parenthesised();
            let _ = self.take_word("STORED") || self.take_word("VIRTUAL");
            KindText::Generated
        } else if self.take_word("DEFAULT") {
            if !self.take("+") {
                self.take("-");
            }
            self.skip();
            KindText::Other
        } else if self.take_word("NULL") {
            KindText::Other
        } else {
            return name.map(|name| ConstraintText { name: Some(name), kind: KindText::Other, extras });
        };
        self.conflict(&mut extras);
        Some(ConstraintText { name, kind, extras })
    }

    fn foreign_key(&mut self, columns: Vec<String>, extras: &mut Vec<String>) -> KindText {
        let table = self.name().unwrap_or_default();
        let referenced = self.columns(extras);
        let mut on_delete = String::new();
        loop {
            if self.is_word("ON") && self.word_at(1, "DELETE") {
                self.at += 2;
                on_delete = self.action();
            } else if self.is_word("ON") && self.word_at(1, "UPDATE") {
                self.at += 2;
                let action = self.action();
                if action != "NO ACTION" {
                    extras.push(format!("ON UPDATE {action}"));
                }
            } else if self.take_word("MATCH") {
                // It says nothing to SQLite.
                self.at += 1;
            } else if self.is_word("NOT") && self.word_at(1, "DEFERRABLE") {
                self.at += 2;
                self.skip_deferral();
            } else if self.take_word("DEFERRABLE") {
                if self.skip_deferral() {
                    extras.push("DEFERRABLE INITIALLY DEFERRED".to_owned());
                }
            } else {
                break;
            }
        }
        if on_delete == "SET DEFAULT" {
            extras.push("ON DELETE SET DEFAULT".to_owned());
        }
        KindText::ForeignKey { columns, table, referenced, on_delete }
    }

    fn action(&mut self) -> String {
        let words = if self.is_word("SET") || self.is_word("NO") { 2 } else { 1 };
        let words: Vec<String> = (0..words).filter_map(|_| self.name()).map(|word| word.to_ascii_uppercase()).collect();
        words.join(" ")
    }

    /// `INITIALLY DEFERRED` or `INITIALLY IMMEDIATE`; true for the first.
    fn skip_deferral(&mut self) -> bool {
        if !self.take_word("INITIALLY") {
            return false;
        }
        let deferred = self.is_word("DEFERRED");
        self.at += 1;
        deferred
    }

    fn direction(&mut self, extras: &mut Vec<String>) {
        if self.take_word("DESC") {
            extras.push("DESC".to_owned());
        } else {
            self.take_word("ASC");
        }
    }

    fn conflict(&mut self, extras: &mut Vec<String>) {
        if self.is_word("ON") && self.word_at(1, "CONFLICT") {
            self.at += 2;
            let what = self.name().unwrap_or_default().to_ascii_uppercase();
            // What happens anyway.
            if what != "ABORT" {
                extras.push(format!("ON CONFLICT {what}"));
            }
        }
    }

    /// Names in parentheses, if there are any.
    fn columns(&mut self, extras: &mut Vec<String>) -> Vec<String> {
        let mut columns = Vec::new();
        if !self.take("(") {
            return columns;
        }
        while self.at < self.tokens.len() && !self.take(")") {
            if self.take(",") {
                continue;
            }
            columns.push(self.name().unwrap_or_default());
            if self.take_word("COLLATE") {
                extras.push(format!("COLLATE {}", self.name().unwrap_or_default()));
            }
            self.direction(extras);
            if self.take_word("AUTOINCREMENT") {
                continue;
            }
        }
        columns
    }

    /// The text in parentheses.
    fn parenthesised(&mut self) -> String {
        let Some(open) = self.tokens.get(self.at).filter(|_| self.is("(")).map(|token| token.end) else {
            return String::new();
        };
        self.skip();
        let close = self.tokens.get(self.at.saturating_sub(1)).map_or(open, |token| token.start);
        self.sql.get(open..close).unwrap_or_default().trim().to_owned()
    }

    /// One token, or everything in parentheses.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.tokens.len() {
            if self.is("(") {
                depth += 1;
            } else if self.is(")") {
                depth = depth.saturating_sub(1);
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let name = name_of(self.sql, self.tokens.get(self.at)?)?;
        self.at += 1;
        Some(name)
    }

    fn is(&self, operator: &str) -> bool {
        self.tokens
            .get(self.at)
            .is_some_and(|token| token.kind == TokenKind::Operator && token.text(self.sql) == operator)
    }

    fn take(&mut self, operator: &str) -> bool {
        let taken = self.is(operator);
        self.at += usize::from(taken);
        taken
    }

    fn is_word(&self, word: &str) -> bool {
        self.word_at(0, word)
    }

    fn word_at(&self, ahead: usize, word: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.is_word(self.sql, word))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let taken = self.is_word(word);
        self.at += usize::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(table: &TableText) -> Vec<&str> {
        table.columns.iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn columns_and_constraints_are_told_apart_however_they_are_written() {
        let table = parse(
            "CREATE TABLE \"a\" ([b] INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT, -- comment, (\n `c d` VARCHAR(3, 4) \
             DEFAULT (1 + (2)) NOT NULL COLLATE NOCASE CHECK (`c d` IN ('(', ')')), 'e' DEFAULT -5 REFERENCES x ON DELETE \
             SET NULL ON UPDATE CASCADE, f AS (b + 1) STORED, CONSTRAINT u UNIQUE (b, e DESC) ON CONFLICT REPLACE \
             CONSTRAINT k CHECK (b > 0), FOREIGN KEY (b, e) REFERENCES y (g, h) DEFERRABLE INITIALLY DEFERRED) STRICT, WITHOUT ROWID",
        );
        assert_eq!(names(&table), ["b", "c d", "e", "f"]);
        assert!(table.strict && table.without_rowid);
        assert_eq!(table.columns[0].constraints[0].name.as_deref(), Some("pk"));
        assert_eq!(
            table.columns[0].constraints[0].kind,
            KindText::PrimaryKey { columns: Vec::new(), autoincrement: true }
        );
        let kinds: Vec<&KindText> = table.columns[1].constraints.iter().map(|constraint| &constraint.kind).collect();
        assert_eq!(kinds[0], &KindText::Other);
        assert_eq!(kinds[1], &KindText::NotNull);
        assert_eq!(kinds[2], &KindText::Collate { collation: "NOCASE".to_owned() });
        assert_eq!(kinds[3], &KindText::Check { condition: "`c d` IN ('(', ')')".to_owned() });
        let reference = &table.columns[2].constraints[1];
        assert_eq!(reference.extras, ["ON UPDATE CASCADE"]);
        assert!(matches!(&reference.kind, KindText::ForeignKey { table, referenced, on_delete, .. }
            if table == "x" && referenced.is_empty() && on_delete == "SET NULL"));
        assert_eq!(table.columns[3].constraints[0].kind, KindText::Generated);
        assert_eq!(table.constraints.len(), 3);
        assert_eq!(table.constraints[0].extras, ["DESC", "ON CONFLICT REPLACE"]);
        assert_eq!(table.constraints[1].name.as_deref(), Some("k"));
        assert_eq!(table.constraints[2].extras, ["DEFERRABLE INITIALLY DEFERRED"]);
    }

    #[test]
    fn a_column_without_a_type_or_named_like_a_keyword_is_a_column() {
        let table = parse("CREATE TABLE t(a,\"check\" INT,key)");
        assert_eq!(names(&table), ["a", "check", "key"]);
        assert!(table.constraints.is_empty());
    }
}
