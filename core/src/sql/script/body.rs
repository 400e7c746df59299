//! Whether a semicolon ends the statement it is met in, or belongs to the body of a trigger or a routine.

use crate::flavour::ScriptRules;
use crate::sql::lexer::{Token, TokenKind};

/// What is known of a statement from the tokens seen so far.
pub(super) struct Body {
    rules: ScriptRules,
    kind: Kind,
    /// Blocks that are open inside a routine's body; true for a CASE that is an expression.
    blocks: Vec<bool>,
    /// Parentheses that are open.
    parentheses: usize,
    /// The last two tokens, the last one first.
    last: Seen,
    before: Seen,
}

/// What a statement's first words show it to be.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Not yet known: nothing was seen.
    Empty,
    /// It began with CREATE or ALTER, and what it makes was not yet named.
    Opening,
    /// A statement without a body of statements.
    Plain,
    /// A trigger or a routine.
    Routine,
}

/// A token as far as bodies go.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Semicolon,
    Begin,
    End,
    /// A word behind which a statement of a body may begin.
    Opener,
    /// An operator behind which an operand comes.
    Infix,
    Other,
}

impl Body {
    pub fn new(rules: ScriptRules) -> Body {
        Body { rules, kind: Kind::Empty, blocks: Vec::new(), parentheses: 0, last: Seen::Other, before: Seen::Other }
    }

    /// Whether a semicolon that comes now ends the statement. Where it doesn't, it is a token of it: see it.
    pub fn ends(&self) -> bool {
        match (self.rules, self.kind) {
            (ScriptRules::Semicolon, Kind::Routine) => self.blocks.is_empty() && self.parentheses == 0,
            (ScriptRules::Semicolon, _) => self.parentheses == 0,
            (ScriptRules::TriggerBodies, Kind::Routine) => self.last == Seen::End && self.before == Seen::Semicolon,
            (ScriptRules::Delimiter, Kind::Routine) => self.blocks.is_empty(),
            (ScriptRules::Slash, Kind::Routine) => false,
            _ => true,
        }
    }

    /// Takes in the next token of the statement.
    pub fn see(&mut self, token: Token, text: &str) {
        let word = match token.kind {
            TokenKind::Word => token.text(text).to_ascii_uppercase(),
            TokenKind::Operator => token.text(text).to_owned(),
            _ => String::new(),
        };
        let seen = match self.kind {
            Kind::Empty => self.first(&word),
            Kind::Opening => self.opening(&word),
            Kind::Plain => self.plain(&word),
            Kind::Routine => self.inside(&word),
        };
        match word.as_str() {
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
        self.before = self.last;
        self.last = seen;
    }

    fn first(&mut self, word: &str) -> Seen {
        self.kind = match (self.rules, word) {
            (_, "CREATE") => Kind::Opening,
            (ScriptRules::Delimiter, "ALTER") => Kind::Opening,
            (ScriptRules::TriggerBodies, "EXPLAIN") => Kind::Empty,
            (ScriptRules::Slash, "BEGIN" | "DECLARE" | "<<") => Kind::Routine,
            _ => Kind::Plain,
        };
        if word == "BEGIN" { Seen::Begin } else { Seen::Other }
    }

    fn opening(&mut self, word: &str) -> Seen {
        use ScriptRules::*;
        let routine = match self.rules {
            Semicolon => matches!(word, "FUNCTION" | "PROCEDURE"),
            TriggerBodies => word == "TRIGGER",
            Delimiter => matches!(word, "FUNCTION" | "PROCEDURE" | "TRIGGER" | "EVENT" | "PACKAGE"),
            // The specification of an object type has no statements inside, its body has.
            Slash => {
                matches!(word, "FUNCTION" | "PROCEDURE" | "TRIGGER" | "PACKAGE" | "BODY" | "JAVA" | "AND")
            }
        };
        let plain = match self.rules {
            // `CREATE TYPE BODY`: the next word tells.
            Slash => {
                !matches!(word, "OR" | "REPLACE" | "EDITIONABLE" | "NONEDITIONABLE" | "TYPE" | "IF" | "NOT" | "EXISTS")
            }
            TriggerBodies => !matches!(word, "TEMP" | "TEMPORARY"),
            Semicolon => !matches!(word, "OR" | "REPLACE"),
            // DEFINER = user@host may come first: any token goes by until something is named that has no body.
            Delimiter => {
                matches!(
                    word,
                    "TABLE"
                        | "VIEW"
                        | "INDEX"
                        | "UNIQUE"
                        | "FULLTEXT"
                        | "SPATIAL"
                        | "DATABASE"
                        | "SCHEMA"
                        | "USER"
                        | "ROLE"
                        | "SERVER"
                        | "SEQUENCE"
                        | "TEMPORARY"
                        | "TABLESPACE"
                        | "LOGFILE"
                        | "RESOURCE"
                        | "ONLINE"
                        | "OFFLINE"
                        | "IGNORE"
                        | "INSTANCE"
                )
            }
        };
        if routine {
            self.kind = Kind::Routine;
            return Seen::Other;
        }
        if plain {
            self.kind = Kind::Plain;
        }
        Seen::Other
    }

    /// MariaDB's `BEGIN NOT ATOMIC ... END` is a body of its own.
    fn plain(&mut self, word: &str) -> Seen {
        if self.rules == ScriptRules::Delimiter && self.last == Seen::Begin && word == "NOT" {
            self.kind = Kind::Routine;
            self.blocks.push(false);
        }
        Seen::Other
    }

    fn inside(&mut self, word: &str) -> Seen {
        match word {
            ";" => Seen::Semicolon,
            "END" if self.last != Seen::Infix => {
                self.blocks.pop();
                Seen::End
            }
            "BEGIN" if self.last != Seen::Infix => {
                if self.rules == ScriptRules::Delimiter {
                    self.blocks.push(false);
                }
                Seen::Begin
            }
            // The only body that PostgreSQL has outside quotes.
            "ATOMIC" if self.last == Seen::Begin && self.rules == ScriptRules::Semicolon => {
                self.blocks.push(false);
                Seen::Opener
            }
            "CASE" if self.last != Seen::End && self.counts_case() => {
                self.blocks.push(!self.may_begin_statement());
                Seen::Other
            }
            // MariaDB's END FOR closes a FOR that was not counted.
            "FOR" if self.last == Seen::End && self.rules == ScriptRules::Delimiter => {
                self.blocks.push(false);
                Seen::Other
            }
            "IF" | "LOOP" | "REPEAT" | "WHILE" if self.may_begin_statement() => {
                self.blocks.push(false);
                if matches!(word, "LOOP" | "REPEAT") { Seen::Opener } else { Seen::Other }
            }
            "THEN" | "ELSE" | "DO" | "ROW" | "DETERMINISTIC" | "SQL" | "DATA" | "DEFINER" | "INVOKER" | ")" | ":" => {
                Seen::Opener
            }
            "." | "," | "(" | "=" => Seen::Infix,
            _ => Seen::Other,
        }
    }

    fn counts_case(&self) -> bool {
        match self.rules {
            ScriptRules::Delimiter => true,
            ScriptRules::Semicolon => !self.blocks.is_empty(),
            ScriptRules::TriggerBodies | ScriptRules::Slash => false,
        }
    }

    /// Whether a statement of MySQL's body may begin here, so that IF is one and not the function.
    fn may_begin_statement(&self) -> bool {
        self.rules == ScriptRules::Delimiter
            && self.blocks.last() != Some(&true)
            && matches!(self.last, Seen::Semicolon | Seen::Begin | Seen::Opener)
    }
}
