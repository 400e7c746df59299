//! Names, bare where the language takes them so.

use crate::schema::Name;

/// Words that no expression can begin with, or that begin something else there: as columns they are quoted. The first line would be
/// misread among a table's columns too.
const MISREAD: [&str; 49] = [
    "constraint", //
    "and",
    "any",
    "array",
    "as",
    "between",
    "by",
    "case",
    "cast",
    "create",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "distinct",
    "else",
    "end",
    "exists",
    "false",
    "from",
    "group",
    "having",
    "in",
    "interval",
    "into",
    "is",
    "join",
    "like",
    "localtime",
    "localtimestamp",
    "not",
    "null",
    "on",
    "or",
    "order",
    "select",
    "session_user",
    "set",
    "sysdate",
    "systimestamp",
    "then",
    "true",
    "union",
    "using",
    "values",
    "when",
    "where",
    "with",
];

/// The name where a statement makes or names a table, a column, a constraint, an index.
pub(super) fn written(name: &Name) -> String {
    if bare(name) && name.as_str() != "constraint" { name.as_str().to_owned() } else { quoted(name) }
}

/// The name where an expression may stand.
pub(super) fn in_expression(name: &Name) -> String {
    if bare(name) && !MISREAD.contains(&name.as_str()) { name.as_str().to_owned() } else { quoted(name) }
}

/// Whether the lexer makes one word of it that folds to itself.
fn bare(name: &Name) -> bool {
    let text = name.as_str();
    let first = text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
    !name.is_quoted()
        && first
        && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$'))
        && text.to_lowercase() == text
}

fn quoted(name: &Name) -> String {
    format!("\"{}\"", name.as_str().replace('"', "\"\""))
}
