//! Choosing between values.

use super::definition::{Built, Definition, Group};

pub(super) static GROUP: Group = Group {
    name: "choice",
    functions: &[
        Definition::built("pick", "pick(value, ...)", "one of the values, each as likely as the others", Built::Pick)
            .example("pick('user', 'editor')"),
        Definition::built(
            "weighted",
            "weighted(value, weight, ...)",
            "one of the values, as likely as its weight says",
            Built::Weighted,
        )
        .example("weighted('user', 9, 'admin', 1)"),
        Definition::built(
            "maybe",
            "maybe(value[, probability])",
            "the value half of the time, or so often; else NULL",
            Built::Maybe,
        )
        .example("maybe(sentence(), 0.3)"),
        Definition::built(
            "ref",
            "ref(table.column[, column = value, ...])",
            "the key of a row of another table",
            Built::Reference,
        )
        .example("ref(roles.id, name = 'admin')"),
        Definition::built("null", "null()", "no value; NULL without parentheses means the same", Built::Null)
            .example("null"),
    ],
};
