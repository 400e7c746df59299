//! Errors as a person or a program reads them, and the exit codes that go with them.

use std::fmt;

use fastman_core::Error;
use fastman_core::error::Category;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

/// The exit code of an error.
pub fn exit_code(category: Category) -> u8 {
    match category {
        Category::Usage => 2,
        Category::Drift => 4,
        Category::Locked => 5,
        Category::HalfApplied => 6,
        Category::Refused => 7,
        // What a later version of the library adds is a failure first of all.
        _ => 1,
    }
}

/// The error with its code, the place in its source, and what to do next.
pub fn text(error: &Error, color: bool) -> String {
    let theme = match (color, unicode()) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::ascii(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let report = Report::new(error);
    let mut text = String::new();
    let width = width();
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_wrap_lines(width.is_some())
        .with_width(width.unwrap_or(WIDTH))
        // A flag or a path that is cut in two can't be copied.
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_break_words(false);
    if handler.render_report(&mut text, &report).is_err() {
        text = format!("error: {error} [{}]\n", error.code());
    }
    text.trim_start_matches('\n').to_owned()
}

/// The error as JSON.
pub fn json(error: &Error) -> String {
    let location = error.location().map(|location| {
        let (line, column) = location.source.line_and_column(location.span.start);
        serde_json::json!({
            "file": &*location.source.name,
            "line": line,
            "column": column,
            "label": location.label,
        })
    });
    let value = serde_json::json!({
        "error": {
            "code": error.code(),
            "message": error.message(),
            "help": error.help(),
            "location": location,
            "details": error.details(),
        }
    });
    value.to_string()
}

/// Columns of source that are shown where there is no terminal.
const WIDTH: usize = 120;

/// Columns that a report may take: the terminal's, within reason. Where there is none, lines are left as long as they are.
fn width() -> Option<usize> {
    let terminal = terminal_size::terminal_size_of(std::io::stderr());
    terminal.map(|(terminal_size::Width(width), _)| usize::from(width).clamp(40, WIDTH))
}

/// Whether the locale speaks of UTF-8, as terminals that can show more than ASCII do.
fn unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// An error as miette takes it.
struct Report<'a> {
    error: &'a Error,
    message: String,
    source: Option<NamedSource<String>>,
    help: Option<String>,
}

impl<'a> Report<'a> {
    fn new(error: &'a Error) -> Report<'a> {
        let mut message = error.message().to_owned();
        for detail in error.details() {
            message.push_str("\n- ");
            message.push_str(detail);
        }
        let source =
            error.location().map(|location| NamedSource::new(&location.source.name, location.source.text.to_string()));
        Report { error, message, source, help: error.help().map(str::to_owned) }
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl Diagnostic for Report<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.error.code()))
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let location = self.error.location()?;
        let end = location.span.end.min(location.source.text.len());
        let start = location.span.start.min(end);
        let label = Some(location.label.clone()).filter(|label| !label.is_empty());
        Some(Box::new(std::iter::once(LabeledSpan::new(label, start, end - start))))
    }
}

#[cfg(test)]
mod tests {
    use fastman_core::error::SourceText;

    use super::*;

    #[test]
    fn every_category_has_its_exit_code() {
        let categories = [
            (Category::Failed, 1),
            (Category::Usage, 2),
            (Category::Drift, 4),
            (Category::Locked, 5),
            (Category::HalfApplied, 6),
            (Category::Refused, 7),
        ];
        for (category, code) in categories {
            assert_eq!(exit_code(category), code);
        }
    }

    #[test]
    fn json_has_code_message_help_place_and_details() {
        let source = SourceText::new("a.sql", "one\n  two");
        let error = Error::failed("sql.syntax", "no").with_help("yes").with_detail("more").at(&source, 6..9, "here");
        let value: serde_json::Value = serde_json::from_str(&json(&error)).unwrap();
        assert_eq!(
            value,
            serde_json::json!({"error": {
                "code": "sql.syntax", "message": "no", "help": "yes", "details": ["more"],
                "location": {"file": "a.sql", "line": 2, "column": 3, "label": "here"},
            }})
        );
    }

    #[test]
    fn a_place_past_the_end_of_the_text_does_no_harm() {
        let source = SourceText::new("a.sql", "é");
        for span in [0..0, 2..2, 1..1, 5..9, 0..9] {
            let error = Error::failed("sql.syntax", "no").at(&source, span, "here");
            assert!(text(&error, false).contains("a.sql"));
        }
    }
}
