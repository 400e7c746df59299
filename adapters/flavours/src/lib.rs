//! Every flavour that fastman knows, as data: whether or not its adapter is compiled in, a migration's sections can be
//! told apart and lexed.

use fastman_core::flavour::{Flavour, Flavours, LexicalRules, ScriptRules};

/// SQLite. Lexing: <https://www.sqlite.org/lang_keywords.html> (backticks and brackets are accepted for names).
pub const SQLITE: Flavour = Flavour {
    name: "sqlite",
    fallback: None,
    lexical: LexicalRules {
        backtick_names: true,
        bracket_names: true,
        script: ScriptRules::TriggerBodies,
        ..LexicalRules::STANDARD
    },
};

/// PostgreSQL. Lexing: its manual, section 4.1 (lexical structure).
pub const POSTGRES: Flavour = Flavour {
    name: "postgres",
    fallback: None,
    lexical: LexicalRules {
        escape_strings: true,
        dollar_quotes: true,
        nested_comments: true,
        ..LexicalRules::STANDARD
    },
};

const MYSQL_RULES: LexicalRules = LexicalRules {
    backslash_escapes: true,
    executed_comments: true,
    hash_comments: true,
    dashes_need_space: true,
    backtick_names: true,
    double_quoted_strings: true,
    script: ScriptRules::Delimiter,
    ..LexicalRules::STANDARD
};

/// MySQL. Lexing: its reference manual, sections 11.1.1 (string literals) and 11.7 (comments).
pub const MYSQL: Flavour = Flavour { name: "mysql", fallback: None, lexical: MYSQL_RULES };

/// MariaDB; without a section of its own it takes MySQL's.
pub const MARIADB: Flavour = Flavour { name: "mariadb", fallback: Some("mysql"), lexical: MYSQL_RULES };

/// Oracle Database. Lexing: SQL Language Reference, chapter 2 (literals).
pub const ORACLE: Flavour = Flavour {
    name: "oracle",
    fallback: None,
    lexical: LexicalRules {
        alternative_quotes: true,
        line_hints: true,
        script: ScriptRules::Slash,
        ..LexicalRules::STANDARD
    },
};

/// All of them, in the order in which they are listed to a user.
pub const ALL: Flavours = Flavours::new(&[&SQLITE, &POSTGRES, &MYSQL, &MARIADB, &ORACLE]);
