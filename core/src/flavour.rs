//! Flavours: the engines that a migration's sections name, known to core as data alone.

/// How one engine's SQL is cut into tokens: what opens a string, a comment, a quoted name.
///
/// The checksum of a section depends on these rules, so a flavour's rules MUST NOT change once released; an engine whose
/// lexing changes gets a new checksum scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexicalRules {
    /// `\'` inside a string literal does not end it (MySQL and MariaDB, unless NO_BACKSLASH_ESCAPES).
    pub backslash_escapes: bool,
    /// `E'...'` takes backslash escapes (PostgreSQL).
    pub escape_strings: bool,
    /// `$tag$ ... $tag$` (PostgreSQL).
    pub dollar_quotes: bool,
    /// `q'[ ... ]'` (Oracle).
    pub alternative_quotes: bool,
    /// `/* /* */ */` nests (PostgreSQL).
    pub nested_comments: bool,
    /// `/*! ... */` (and MariaDB's `/*M! ... */`) is executed and may hold comments (MySQL and MariaDB).
    pub executed_comments: bool,
    /// `--+` opens an optimizer hint to the line's end (Oracle).
    pub line_hints: bool,
    /// `#` opens a comment to the line's end (MySQL and MariaDB).
    pub hash_comments: bool,
    /// `--` opens a comment only before white space (MySQL and MariaDB).
    pub dashes_need_space: bool,
    /// `` `name` `` (MySQL, MariaDB and others).
    pub backtick_names: bool,
    /// `[name]`.
    pub bracket_names: bool,
    /// `"..."` is a string (MySQL and MariaDB, unless ANSI_QUOTES): a backslash escapes in it too.
    pub double_quoted_strings: bool,
    /// How a script is cut into statements.
    pub script: ScriptRules,
}

/// Where a statement of a script ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptRules {
    /// At each semicolon.
    Semicolon,
    /// At each semicolon, but a trigger's `BEGIN ... END` is one statement.
    TriggerBodies,
    /// At each semicolon, but routine bodies `BEGIN ... END` are one statement, and `DELIMITER` changes the end (MySQL).
    Delimiter,
    /// At each semicolon, but PL/SQL blocks end at a line with `/` alone (Oracle).
    Slash,
}

impl LexicalRules {
    /// Standard SQL: what portable sections are lexed by.
    pub const STANDARD: LexicalRules = LexicalRules {
        backslash_escapes: false,
        escape_strings: false,
        dollar_quotes: false,
        alternative_quotes: false,
        nested_comments: false,
        executed_comments: false,
        line_hints: false,
        hash_comments: false,
        dashes_need_space: false,
        backtick_names: false,
        bracket_names: false,
        double_quoted_strings: false,
        script: ScriptRules::Semicolon,
    };
}

/// An engine as a migration's section names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flavour {
    /// The name in section headers, in `engines` and in `--dialect`: lower case.
    pub name: &'static str,
    /// The flavour whose section is used where this one has none of its own (mysql for mariadb).
    pub fallback: Option<&'static str>,
    /// How its SQL is lexed.
    pub lexical: LexicalRules,
}

/// The flavours that a program knows, compiled in or not.
#[derive(Clone, Copy, Debug)]
pub struct Flavours(&'static [&'static Flavour]);

impl Flavours {
    /// The list that a program hands to core.
    pub const fn new(flavours: &'static [&'static Flavour]) -> Flavours {
        Flavours(flavours)
    }

    /// The flavour of that name.
    pub fn get(&self, name: &str) -> Option<&'static Flavour> {
        self.0.iter().find(|flavour| flavour.name == name).copied()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'static Flavour> + '_ {
        self.0.iter().copied()
    }

    /// The names of the sections that serve a flavour, its own first.
    pub fn section_names(&self, flavour: &'static Flavour) -> Vec<&'static str> {
        let mut names = vec![flavour.name];
        let mut next = flavour.fallback;
        while let Some(name) = next.filter(|name| !names.contains(name)) {
            names.push(name);
            next = self.get(name).and_then(|flavour| flavour.fallback);
        }
        names
    }
}
