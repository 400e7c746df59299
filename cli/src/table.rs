//! A plain table: columns as wide as their widest cell, nothing around them.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use crate::output::Style;

/// A cell: its text, and how it looks where there is colour.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    text: Cow<'a, str>,
    /// In columns of a terminal.
    width: usize,
    style: Option<Style>,
}

impl<'a> Cell<'a> {
    /// A cell without a style.
    pub fn plain(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
        Cell::new(text.into(), None)
    }

    /// A cell that stands out, or does not.
    pub fn styled(style: Style, text: impl Into<Cow<'a, str>>) -> Cell<'a> {
        Cell::new(text.into(), Some(style))
    }

    fn new(text: Cow<'a, str>, style: Option<Style>) -> Cell<'a> {
        let width = if text.is_ascii() { text.len() } else { text.width() };
        Cell { text, width, style }
    }
}

/// The rows as lines, the header first; `paint` gives a text its style. No line ends with blanks.
pub fn render<const N: usize>(
    header: [&str; N],
    rows: &[[Cell<'_>; N]],
    paint: impl for<'a> Fn(Style, &'a str) -> Cow<'a, str>,
) -> String {
    let mut widths = header.map(|title| title.width());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width);
        }
    }
    let header = header.map(|title| Cell::styled(Style::Dim, title));
    let mut text = String::with_capacity((rows.len() + 1) * (widths.iter().sum::<usize>() + 2 * N));
    for row in std::iter::once(&header).chain(rows) {
        let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or(0);
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate().take(last + 1) {
            match cell.style {
                Some(style) => text.push_str(&paint(style, &cell.text)),
                None => text.push_str(&cell.text),
            }
            if index < last {
                text.extend(std::iter::repeat_n(' ', width - cell.width + 2));
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_end_with_text() {
        let rows = vec![
            [Cell::plain("1"), Cell::plain("größe 漢字"), Cell::plain("x")],
            [Cell::plain("22"), Cell::styled(Style::Good, "b"), Cell::plain("")],
        ];
        let text = render(["n", "name", "state"], &rows, |_, text| text.into());
        assert_eq!(text, "n   name        state\n1   größe 漢字  x\n22  b\n");
    }
}
