//! Errors of the binder: each with a code, the exact place, and the nearest name where one was meant.

use std::fmt::Display;

use crate::adapter::nearest;
use crate::error::{Error, SourceText};
use crate::schema::{Name, SchemaError};
use crate::sql::ast::Span;

/// An error at a place of the text.
pub(super) fn failed(
    source: &SourceText,
    code: &'static str,
    span: &Span,
    label: impl Into<String>,
    message: impl Into<String>,
) -> Error {
    Error::failed(code, message).at(source, span.clone(), label)
}

/// Why a constant, a cast or a type can't be had, before the place is known.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The error's code.
    pub code: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What stands there, in a few words.
    pub label: String,
    /// What to do instead.
    pub help: Option<String>,
}

impl Refusal {
    /// A refusal with a way out.
    pub fn new(code: &'static str, label: impl Into<String>, message: impl Into<String>) -> Refusal {
        Refusal { code, message: message.into(), label: label.into(), help: None }
    }

    /// The same with what to do instead.
    pub fn with_help(mut self, help: impl Into<String>) -> Refusal {
        self.help = Some(help.into());
        self
    }

    /// The error at its place.
    pub fn at(self, source: &SourceText, span: &Span) -> Error {
        let error = failed(source, self.code, span, self.label, self.message);
        match self.help {
            Some(help) => error.with_help(help),
            None => error,
        }
    }
}

/// `did you mean title?`, or what there is.
pub(super) fn suggestion<'a>(
    wanted: &Name,
    candidates: impl IntoIterator<Item = &'a Name>,
    there_is: impl Display,
) -> Option<String> {
    let names: Vec<&str> = candidates.into_iter().map(Name::as_str).collect();
    if let Some(name) = nearest(wanted.as_str(), names.iter().copied()) {
        return Some(format!("did you mean {name}?"));
    }
    match names.as_slice() {
        [] => None,
        [first @ .., last] if names.len() <= 12 => Some(if first.is_empty() {
            format!("{there_is} {last}")
        } else {
            format!("{there_is} {} and {last}", first.join(", "))
        }),
        _ => None,
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A schema's own error at the place of the identifier that it is about: the first of the places with its name, or the last where a
/// name was taken already; `otherwise` where it is none of them.
pub(super) fn placed(source: &SourceText, error: SchemaError, places: &[(&Name, &Span)], otherwise: &Span) -> Error {
    let named = |(name, span): &(&Name, &Span)| (error.subject.as_ref() == Some(*name)).then(|| (*span).clone());
    let span = match error.code {
        "schema.already-exists" | "schema.duplicate-column" | "schema.name-case" => places.iter().rev().find_map(named),
        _ => places.iter().find_map(named),
    };
    let label = label(error.code);
    let span = span.unwrap_or_else(|| otherwise.clone());
    Error::from(error).at(source, span, label)
}

/// What stands at the place of a schema's own error, in a few words.
fn label(code: &str) -> &'static str {
    match code {
        "schema.already-exists" => "exists already",
        "schema.conversion" => "can't be converted",
        "schema.default" => "the default does not fit",
        "schema.duplicate-column" => "again",
        "schema.duplicate-key" => "unique already",
        "schema.identity" => "not possible for an identity",
        "schema.in-use" => "still used",
        "schema.key-type" => "can't be part of a key",
        "schema.name-case" => "differs in case",
        "schema.name-too-long" => "too long",
        "schema.not-null-without-default" => "no value for rows that are there",
        "schema.referenced" => "still referenced",
        "schema.unknown-column" => "unknown column",
        "schema.unknown-constraint" => "unknown constraint",
        "schema.unknown-index" => "unknown index",
        "schema.unknown-table" => "unknown table",
        "schema.unknown-view" => "unknown view",
        _ => "here",
    }
}
