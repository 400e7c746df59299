//! A plain table: columns as wide as their widest cell, nothing around them.

use unicode_width::UnicodeWidthStr;

use crate::output::Style;

/// A cell: its text, and how it looks where there is colour.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    style: Option<Style>,
}

impl Cell {
    /// A cell without a style.
    pub fn plain(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), style: None }
    }

    /// A cell that stands out, or does not.
    pub fn styled(style: Style, text: impl Into<String>) -> Cell {
        Cell { text: text.into(), style: Some(style) }
    }
}

/// The rows as lines, the header first; `paint` gives a text its style. No line ends with blanks.
pub fn render(header: &[&str], rows: &[Vec<Cell>], paint: impl Fn(Style, &str) -> String) -> String {
    let mut widths: Vec<usize> = header.iter().map(|title| title.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.width());
        }
    }
    let header: Vec<Cell> = header.iter().map(|title| Cell::styled(Style::Dim, *title)).collect();
    let mut text = String::new();
    for row in std::iter::once(&header).chain(rows) {
        let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or(0);
        for (index, (cell, width)) in row.iter().zip(&widths).enumerate().take(last + 1) {
            match cell.style {
                Some(style) => text.push_str(&paint(style, &cell.text)),
                None => text.push_str(&cell.text),
            }
            if index < last {
                text.push_str(&" ".repeat(width - cell.text.width() + 2));
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
            vec![Cell::plain("1"), Cell::plain("größe 漢字"), Cell::plain("x")],
            vec![Cell::plain("22"), Cell::styled(Style::Good, "b"), Cell::plain("")],
        ];
        let text = render(&["n", "name", "state"], &rows, |_, text| text.to_owned());
        assert_eq!(text, "n   name        state\n1   größe 漢字  x\n22  b\n");
    }
}
