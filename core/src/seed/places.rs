//! Where the parts of a string stand in the file that it was read from.

use std::ops::Range;

use super::input::FormulaText;
use crate::error::SourceText;

/// The formula that a string is: what stands behind its `=`. `None` for a literal.
pub(super) fn formula(text: &str, source: &SourceText, span: Range<usize>) -> Option<FormulaText> {
    let text = text.strip_prefix('=')?;
    let raw = source.text.get(span.clone()).unwrap_or_default();
    let places =
        parts(raw).into_iter().map(|(decoded, at)| (decoded, span.start + at)).collect::<Vec<(usize, usize)>>();
    // The `=` is the first character, so that the first part is longer than it unless an escape follows at once.
    let mut behind: Vec<(usize, usize)> = Vec::with_capacity(places.len());
    for (decoded, at) in places {
        match decoded {
            0 => behind.push((0, at + 1)),
            1 => behind = vec![(0, at)],
            _ => behind.push((decoded - 1, at)),
        }
    }
    Some(FormulaText { text: text.to_owned(), places: behind })
}

/// The literal that a string is: one `'` before a leading `=` is taken off.
pub(super) fn literal(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with('=') => rest,
        _ => text,
    }
}

/// The parts of a TOML string between its escapes: where each begins in the string that it stands for, and in `raw`.
fn parts(raw: &str) -> Vec<(usize, usize)> {
    let (opening, escapes) = match raw.as_bytes() {
        [b'"', b'"', b'"', ..] => (3, true),
        [b'\'', b'\'', b'\'', ..] => (3, false),
        [b'"', ..] => (1, true),
        _ => (1, false),
    };
    let mut at = opening;
    if opening == 3 {
        let rest = raw.get(at..).unwrap_or_default();
        at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }
    let mut parts = vec![(0, at)];
    let mut decoded = 0;
    while let Some(character) = raw.get(at..).and_then(|rest| rest.chars().next()) {
        if character == '\r' && raw[at..].starts_with("\r\n") {
            at += 1;
            parts.push((decoded, at));
            continue;
        }
        if !escapes || character != '\\' {
            decoded += character.len_utf8();
            at += character.len_utf8();
            continue;
        }
        let (length, gives) = escape(&raw[at..]);
        at += length;
        decoded += gives;
        parts.push((decoded, at));
    }
    parts
}

/// How long the escape is that the text begins with, and how many bytes it stands for.
fn escape(text: &str) -> (usize, usize) {
    let digits = match text.as_bytes().get(1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        Some(byte) if byte.is_ascii_whitespace() => {
            return (text.len() - text[1..].trim_start_matches([' ', '\t', '\r', '\n']).len(), 0);
        }
        Some(_) => return (2, 1),
        None => return (1, 0),
    };
    let code = text.get(2..2 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (2 + digits, code.and_then(char::from_u32).map_or(1, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_at(raw: &str, decoded: &str, part: &str) -> usize {
        let source = SourceText::new("a.toml", format!("x = {raw}\n"));
        let formula = formula(decoded, &source, 4..4 + raw.len()).unwrap();
        let start = formula.text.find(part).unwrap();
        formula.place(start..start + part.len()).start
    }

    #[test]
    fn a_part_of_a_formula_is_found_in_the_file_behind_every_kind_of_escape() {
        for (raw, decoded) in [
            ("\"=lower(nam)\"", "=lower(nam)"),
            ("'=lower(nam)'", "=lower(nam)"),
            ("\"=\\\"a\\\" || \\u00e4 nam\"", "=\"a\" || ä nam"),
            ("\"=\\x41 \\t nam\"", "=A \t nam"),
            ("\"\"\"\n=a \\\n   + nam\"\"\"", "=a + nam"),
            ("'''\r\n=a\r\n+ nam'''", "=a\n+ nam"),
        ] {
            let source = format!("x = {raw}");
            assert_eq!(stands_at(raw, decoded, "nam"), source.find("nam").unwrap(), "{raw}");
        }
    }

    #[test]
    fn a_quote_before_an_equals_sign_makes_it_a_literal() {
        assert_eq!(literal("'=1 + 1"), "=1 + 1");
        assert_eq!(literal("''=x"), "'=x");
        assert_eq!(literal("'tis"), "'tis");
        assert!(formula("'=1", &SourceText::new("a", "\"'=1\""), 0..5).is_none());
    }
}
