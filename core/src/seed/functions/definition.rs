//! How a function is declared: what `factory:functions` says about it, what it takes, and what computes it.

use super::FunctionInfo;
use super::call::{Call, Stop};
use super::draw::Draw;
use super::locale::Lexicon;
use crate::seed::formula::types::Type;
use crate::value::Value;

/// Functions under one heading.
pub(crate) struct Group {
    pub name: &'static str,
    pub functions: &'static [Definition],
}

/// A function.
pub(crate) struct Definition {
    pub info: FunctionInfo,
    pub parameters: &'static [Parameter],
    /// Whether the last parameter may be repeated.
    pub repeats: bool,
    pub result: Type,
    /// Whether the arguments alone decide, so that a call with constants is computed once.
    pub pure: bool,
    /// Whether the same inputs may give another value.
    pub volatile: bool,
    pub body: Body,
    pub unique: Unique,
}

/// One argument.
pub(crate) struct Parameter {
    pub accepts: Accepts,
    pub optional: bool,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    Any,
    Integer,
    /// An integer, decimal or double.
    Number,
    Text,
    Date,
    Instant,
    Time,
}

/// What computes a function.
pub(crate) enum Body {
    /// A text that takes no arguments, appended.
    Words(fn(&mut Draw, &mut String)),
    /// A text, appended.
    Text(fn(&mut Call<'_, '_>, &mut String) -> Result<(), Stop>),
    /// Any value.
    Value(fn(&mut Call<'_, '_>) -> Result<Value, Stop>),
    /// One of a list of words.
    List(fn(&Lexicon) -> &'static [&'static str]),
    /// The compiler knows what it means.
    Built(Built),
}

/// Functions that are more than a computation of their arguments' values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Built {
    Unique,
    Pick,
    Weighted,
    Maybe,
    Reference,
    Coalesce,
    NullIf,
    Concatenate,
    Bcrypt,
    Argon2,
    Now,
    Today,
    Null,
}

/// How `unique(...)` makes a function's values distinct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unique {
    /// It can't; why, and what to write instead.
    Refused(&'static str),
    /// The row's number behind the text, after this.
    Suffix(&'static str),
    /// The row's number before the full stop at the end.
    Sentence,
    /// The function draws with [`Draw::below`] or reads [`Draw::unique`] itself.
    Own,
    /// Every item of the list once.
    List,
    /// Its values are distinct anyway.
    Always,
}

const NOT_MANY: Unique = Unique::Refused("it has too few values, or nothing that the row's number could stand in");

impl Definition {
    const fn new(name: &'static str, signature: &'static str, summary: &'static str, result: Type, body: Body) -> Self {
        Definition {
            info: FunctionInfo { name, signature, summary, example: signature, group: "" },
            parameters: &[],
            repeats: false,
            result,
            pure: false,
            volatile: false,
            body,
            unique: NOT_MANY,
        }
    }

    /// A made-up text without arguments.
    pub const fn words(
        name: &'static str,
        call: &'static str,
        summary: &'static str,
        body: fn(&mut Draw, &mut String),
    ) -> Self {
        let mut definition = Definition::new(name, call, summary, Type::Text, Body::Words(body));
        definition.unique = Unique::Suffix(" ");
        definition
    }

    /// A text with arguments.
    pub const fn text(
        name: &'static str,
        signature: &'static str,
        summary: &'static str,
        body: fn(&mut Call<'_, '_>, &mut String) -> Result<(), Stop>,
    ) -> Self {
        Definition::new(name, signature, summary, Type::Text, Body::Text(body))
    }

    /// One of a list.
    pub const fn list(
        name: &'static str,
        call: &'static str,
        summary: &'static str,
        words: fn(&Lexicon) -> &'static [&'static str],
    ) -> Self {
        let mut definition = Definition::new(name, call, summary, Type::Text, Body::List(words));
        definition.unique = Unique::List;
        definition
    }

    /// Any value.
    pub const fn value(
        name: &'static str,
        signature: &'static str,
        summary: &'static str,
        result: Type,
        body: fn(&mut Call<'_, '_>) -> Result<Value, Stop>,
    ) -> Self {
        Definition::new(name, signature, summary, result, Body::Value(body))
    }

    /// One that the compiler knows.
    pub const fn built(name: &'static str, signature: &'static str, summary: &'static str, built: Built) -> Self {
        Definition::new(name, signature, summary, Type::Any, Body::Built(built))
    }

    pub const fn example(mut self, example: &'static str) -> Self {
        self.info.example = example;
        self
    }

    pub const fn takes(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    pub const fn repeating(mut self) -> Self {
        self.repeats = true;
        self
    }

    pub const fn pure(mut self) -> Self {
        self.pure = true;
        self
    }

    pub const fn volatile(mut self) -> Self {
        self.volatile = true;
        self
    }

    pub const fn unique(mut self, unique: Unique) -> Self {
        self.unique = unique;
        self
    }
}

/// An argument that must be given.
pub(crate) const fn needs(accepts: Accepts) -> Parameter {
    Parameter { accepts, optional: false }
}

/// An argument that may be left out.
pub(crate) const fn may(accepts: Accepts) -> Parameter {
    Parameter { accepts, optional: true }
}
