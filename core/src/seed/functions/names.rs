//! Names of people.

use super::definition::{Definition, Group, Unique};
use super::draw::Draw;

pub(super) static GROUP: Group = Group {
    name: "names",
    functions: &[
        Definition::words("name", "name()", "a first and a last name", name),
        Definition::words("first_name", "first_name()", "a first name", first_name),
        Definition::words("last_name", "last_name()", "a last name", last_name),
        Definition::words("name_with_title", "name_with_title()", "a name with a form of address", name_with_title),
        Definition::list("name_title", "name_title()", "a form of address", |words| words.titles),
        Definition::list("name_suffix", "name_suffix()", "what follows a name", |words| words.suffixes),
        Definition::words("initials", "initials()", "two capital letters", initials).unique(Unique::Suffix("")),
    ],
};

/// Appends a template, each `{Key}` of which is filled in.
pub(super) fn fill(template: &str, out: &mut String, mut part: impl FnMut(&str, &mut String)) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((key, after)) = after.split_once('}') else { break };
        part(key, out);
        rest = after;
    }
    out.push_str(rest);
}

pub(super) fn first_name(draw: &mut Draw, out: &mut String) {
    out.push_str(draw.pick(draw.lexicon.first_names));
}

pub(super) fn last_name(draw: &mut Draw, out: &mut String) {
    out.push_str(draw.pick(draw.lexicon.last_names));
}

fn part(draw: &mut Draw, key: &str, out: &mut String) {
    match key {
        "FirstName" => first_name(draw, out),
        "LastName" => last_name(draw, out),
        _ => out.push_str(draw.pick(draw.lexicon.titles)),
    }
}

pub(super) fn name(draw: &mut Draw, out: &mut String) {
    fill(draw.lexicon.name_template, out, |key, out| part(draw, key, out));
}

fn name_with_title(draw: &mut Draw, out: &mut String) {
    fill(draw.lexicon.titled_name_template, out, |key, out| part(draw, key, out));
}

fn initials(draw: &mut Draw, out: &mut String) {
    for _ in 0..2 {
        out.push(char::from(draw.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")));
    }
}
