//! The functions that formulas may call: made-up values over crate `fake`'s word lists, and the everyday ones of SQL.
//!
//! Only the lists are `fake`'s. What is drawn from them is decided here, so that neither a new version of it nor one of
//! `rand` changes a row unnoticed: golden values hold all of it.

use std::sync::OnceLock;

mod address;
pub(crate) mod call;
mod choice;
mod company;
mod dates;
pub(crate) mod definition;
mod documents;
pub(crate) mod draw;
pub(crate) mod elsewhere;
mod finance;
mod identifiers;
mod internet;
pub mod locale;
mod names;
mod numbers;
mod outside;
mod sql;
mod text;

use definition::{Definition, Group};

/// A function as `factory:functions` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name in lower case.
    pub name: &'static str,
    /// How it is called: `int(low, high)`.
    pub signature: &'static str,
    /// What it gives, in a few words.
    pub summary: &'static str,
    /// A formula with it, without the `=`.
    pub example: &'static str,
    /// Its heading in the list: `names`, `dates`, ...
    pub group: &'static str,
}

static GROUPS: [&Group; 13] = [
    &names::GROUP,
    &internet::GROUP,
    &address::GROUP,
    &company::GROUP,
    &text::GROUP,
    &numbers::GROUP,
    &dates::GROUP,
    &identifiers::GROUP,
    &finance::GROUP,
    &choice::GROUP,
    &sql::GROUP,
    &outside::GROUP,
    &documents::GROUP,
];

/// All functions, by group.
pub fn list() -> &'static [FunctionInfo] {
    static LIST: OnceLock<Vec<FunctionInfo>> = OnceLock::new();
    LIST.get_or_init(|| {
        let infos = |group: &&'static Group| {
            let name = group.name;
            group.functions.iter().map(move |definition| FunctionInfo { group: name, ..definition.info })
        };
        GROUPS.iter().flat_map(infos).collect()
    })
}

/// The function of that name, given in lower case.
pub(crate) fn find(name: &str) -> Option<&'static Definition> {
    GROUPS.iter().flat_map(|group| group.functions).find(|definition| definition.info.name == name)
}

/// The names of all functions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|group| group.functions).map(|definition| definition.info.name)
}

#[cfg(test)]
mod tests;
