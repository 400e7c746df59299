//! Words, sentences and what is made of them.

use super::call::{Call, Stop};
use super::definition::{Accepts, Definition, Group, Unique, may, needs};
use super::draw::Draw;
use crate::seed::formula::convert;

const MANY: &str = "so much text has no place for the row's number";

pub(super) static GROUP: Group = Group {
    name: "text",
    functions: &[
        Definition::words("word", "word()", "a word", word).unique(Unique::Suffix("-")),
        Definition::text("words", "words([count])", "three words, or so many", words)
            .takes(&[may(Accepts::Integer)])
            .example("words(5)")
            .unique(Unique::Suffix(" ")),
        Definition::text("title", "title([words])", "a heading of three to six words, or of so many", title)
            .takes(&[may(Accepts::Integer)])
            .example("title()")
            .unique(Unique::Suffix(" ")),
        Definition::text("sentence", "sentence([words])", "a sentence of six to twelve words, or of so many", sentence)
            .takes(&[may(Accepts::Integer)])
            .example("sentence()")
            .unique(Unique::Sentence),
        Definition::text("sentences", "sentences([count])", "three sentences, or so many", sentences)
            .takes(&[may(Accepts::Integer)])
            .example("sentences(2)")
            .unique(Unique::Sentence),
        Definition::text("paragraph", "paragraph([sentences])", "three to six sentences, or so many", paragraph)
            .takes(&[may(Accepts::Integer)])
            .example("paragraph()")
            .unique(Unique::Sentence),
        Definition::text(
            "paragraphs",
            "paragraphs([count])",
            "three paragraphs, or so many, an empty line between",
            paragraphs,
        )
        .takes(&[may(Accepts::Integer)])
        .example("paragraphs(2)")
        .unique(Unique::Sentence),
        Definition::text("text", "text([length])", "sentences of up to 200 characters, or up to so many", text)
            .takes(&[may(Accepts::Integer)])
            .example("text(80)")
            .unique(Unique::Refused(MANY)),
        Definition::text("slug", "slug([text])", "words with hyphens for an address, made of a text if given", slug)
            .takes(&[may(Accepts::Text)])
            .example("unique(slug(title()))")
            .unique(Unique::Suffix("-")),
        Definition::text(
            "pattern",
            "pattern(format)",
            "a text with a digit for each # and a letter for each ?",
            pattern,
        )
        .takes(&[needs(Accepts::Text)])
        .example("pattern('??-####')")
        .unique(Unique::Own),
        Definition::text("digits", "digits(count)", "so many digits", digits)
            .takes(&[needs(Accepts::Integer)])
            .example("digits(6)")
            .unique(Unique::Own),
    ],
};

/// More than fits into any column; keeps a slip of the finger from filling the memory.
const MOST: u64 = 100_000;

pub(super) fn word(draw: &mut Draw, out: &mut String) {
    out.push_str(draw.pick(draw.lexicon.words));
}

fn some_words(draw: &mut Draw, count: u64, out: &mut String) {
    for index in 0..count {
        if index > 0 {
            out.push(' ');
        }
        word(draw, out);
    }
}

fn words(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let count = call.count(0, 3, MOST)?;
    some_words(call.draw(), count, out);
    Ok(())
}

/// Appends a word whose first letter is a capital.
fn capitalised(word: &str, out: &mut String) {
    if let Some(first) = word.bytes().next().filter(u8::is_ascii) {
        // Nearly every word; what the other letters take is long.
        out.push(char::from(first.to_ascii_uppercase()));
        out.push_str(word.get(1..).unwrap_or_default());
        return;
    }
    let mut characters = word.chars();
    if let Some(first) = characters.next() {
        out.extend(first.to_uppercase());
        out.push_str(characters.as_str());
    }
}

fn title(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let count = call.count(0, 0, MOST)?;
    let draw = call.draw();
    let count = if count == 0 { 3 + draw.random.below(4) } else { count };
    for index in 0..count {
        if index > 0 {
            out.push(' ');
        }
        capitalised(draw.pick(draw.lexicon.words), out);
    }
    Ok(())
}

fn one_sentence(draw: &mut Draw, count: u64, out: &mut String) {
    let count = if count == 0 { 6 + draw.random.below(7) } else { count };
    capitalised(draw.pick(draw.lexicon.words), out);
    if count > 1 {
        out.push(' ');
        some_words(draw, count - 1, out);
    }
    out.push('.');
}

fn some_sentences(draw: &mut Draw, count: u64, out: &mut String) {
    let count = if count == 0 { 3 + draw.random.below(4) } else { count };
    for index in 0..count {
        if index > 0 {
            out.push(' ');
        }
        one_sentence(draw, 0, out);
    }
}

fn sentence(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let count = call.count(0, 0, MOST)?;
    one_sentence(call.draw(), count, out);
    Ok(())
}

fn sentences(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let count = call.count(0, 3, MOST)?.max(1);
    some_sentences(call.draw(), count, out);
    Ok(())
}

fn paragraph(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let count = call.count(0, 0, MOST)?;
    some_sentences(call.draw(), count, out);
    Ok(())
}

fn paragraphs(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let count = call.count(0, 3, MOST)?.max(1);
    for index in 0..count {
        if index > 0 {
            out.push_str("\n\n");
        }
        some_sentences(call.draw(), 0, out);
    }
    Ok(())
}

fn text(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let length = call.count(0, 200, 10_000_000)? as usize;
    let draw = call.draw();
    let start = out.len();
    let mut characters = 0;
    loop {
        let before = out.len();
        if before > start {
            out.push(' ');
        }
        one_sentence(draw, 0, out);
        characters += out[before..].chars().count();
        if characters > length {
            if before > start {
                out.truncate(before);
            } else if let Some((end, _)) = out[start..].char_indices().nth(length) {
                out.truncate(start + end);
                out.truncate(start + out[start..].trim_end().len());
            }
            return Ok(());
        }
    }
}

/// Appends a text as a part of an address: letters and digits in ASCII and lower case, hyphens between.
pub(super) fn slug_of(text: &str, out: &mut String) {
    let start = out.len();
    let mut push = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if letter != '\'' && out.len() > start && !out.ends_with('-') {
            out.push('-');
        }
    };
    for character in text.chars() {
        if character.is_ascii() {
            push(character);
        } else {
            deunicode::deunicode_char(character).unwrap_or_default().chars().for_each(&mut push);
        }
    }
    if out.len() > start && out.ends_with('-') {
        out.pop();
    }
}

fn slug(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let mut given = String::new();
    if call.is_given(0) {
        given = call.text(0)?;
    } else {
        some_words(call.draw(), 3, &mut given);
    }
    slug_of(&given, out);
    Ok(())
}

fn pattern(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let format = call.text(0)?;
    let start = out.len();
    // `^` and `$` mean something in a format, and nothing here: they are put back afterwards.
    let inner: String = format
        .chars()
        .map(|character| match character {
            '?' => '$',
            '^' => '\u{1}',
            '$' => '\u{2}',
            other => other,
        })
        .collect();
    call.draw().format(&inner, out);
    if format.contains(['^', '$']) {
        let filled = out[start..].replace('\u{1}', "^").replace('\u{2}', "$");
        out.truncate(start);
        out.push_str(&filled);
    }
    Ok(())
}

fn digits(call: &mut Call<'_, '_>, out: &mut String) -> Result<(), Stop> {
    let count = call.count(0, 0, 1_000)? as usize;
    call.draw().format(&"#".repeat(count), out);
    Ok(())
}

/// Appends a text of so many characters at the least, filled up in front.
pub(super) fn padded(text: &str, length: usize, with: char, out: &mut String) {
    for _ in text.chars().count()..length {
        out.push(with);
    }
    out.push_str(text);
}

/// The text of any value that has one.
pub(super) fn any_text(call: &mut Call<'_, '_>, index: usize) -> Result<String, Stop> {
    let value = call.value(index)?;
    let mut text = String::new();
    if convert::write_text(&value, &mut text) {
        Ok(text)
    } else {
        Err(call.fail("formula.types", format!("{} is not a text", convert::description(&value))))
    }
}
