//! Flavours for this crate's tests: one for each way of lexing and splitting.

use crate::flavour::{Flavour, Flavours, LexicalRules, ScriptRules};

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

pub const MYSQL: Flavour = Flavour {
    name: "mysql",
    fallback: None,
    lexical: LexicalRules {
        backslash_escapes: true,
        executed_comments: true,
        hash_comments: true,
        dashes_need_space: true,
        backtick_names: true,
        double_quoted_strings: true,
        script: ScriptRules::Delimiter,
        ..LexicalRules::STANDARD
    },
};

pub const MARIADB: Flavour = Flavour { name: "mariadb", fallback: Some("mysql"), ..MYSQL };

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

pub const ALL: Flavours = Flavours::new(&[&SQLITE, &POSTGRES, &MYSQL, &MARIADB, &ORACLE]);

/// All ways of lexing.
pub const RULES: [LexicalRules; 5] =
    [LexicalRules::STANDARD, SQLITE.lexical, POSTGRES.lexical, MYSQL.lexical, ORACLE.lexical];

/// The most a property test tries: enough to find what there is to find, few enough to wait for.
pub fn cases() -> proptest::test_runner::Config {
    proptest::test_runner::Config { cases: 512, failure_persistence: None, ..Default::default() }
}

/// Texts that look like SQL: made of pieces that mean something to some lexer, so that these meet each other.
pub fn sql_like() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let pieces = proptest::sample::select(vec![
        "'",
        "''",
        "\"",
        "`",
        "[",
        "]",
        "$$",
        "$a$",
        "$1",
        "--",
        "-- ",
        "#",
        "/*",
        "*/",
        "/*!",
        "/*+",
        "/*M!",
        "\\",
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        ";",
        ";;",
        "/",
        "\n/\n",
        "E'",
        "x'",
        "q'[",
        "]'",
        "nq'(",
        "U&'",
        "U&\"",
        "DELIMITER //\n",
        "//",
        "BEGIN",
        "END",
        "CASE",
        "IF",
        "LOOP",
        "CREATE",
        "TRIGGER",
        "PROCEDURE",
        "FUNCTION",
        "TABLE",
        "t",
        "é",
        "🦀",
        "\u{feff}",
        "\u{a0}",
        "1",
        "1.",
        ".5",
        "1e9",
        "0x1F",
        "..",
        "||",
        "<>",
        "->>",
        "!~~*",
        "(",
        ")",
        ",",
        "\0",
        "\n-- migrate:up\n",
        "\n-- migrate:down mysql\n",
        "\n-- migrate:up none\n",
        "-- migrate:",
        "SELECT",
        "INSERT",
        "INTO",
        "VALUES",
        "FROM",
        "WHERE",
        "NOT",
        "NULL",
        "DEFAULT",
        "INT",
        "AND",
        "=",
        "ALTER",
        "ADD",
        "DROP",
        "COLUMN",
        "UPDATE",
        "SET",
        "DELETE",
        "AS",
        "JOIN",
        "ON",
        "COMMENT",
        "IS",
        "VIEW",
        "INDEX",
        "UNIQUE",
        "PRIMARY KEY",
    ]);
    prop_oneof![
        3 => proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}
