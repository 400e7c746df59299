//! What a file gives for a column: a literal, a formula, or a nest of both, each with its place in the file.

use std::ops::Range;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// The table, or the document store's collection, that rows go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// As the file has it: a table's name, or a collection's path such as `users/alice/posts`.
    pub text: String,
    /// Where.
    pub span: Range<usize>,
}

/// A word of a file and where it stands: a class, a state, a column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As the file has it.
    pub text: String,
    /// Where; what an error about it points at.
    pub span: Range<usize>,
}

/// A column, or a document's field, and what it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The column, as the file has it.
    pub name: Word,
    /// What it is given.
    pub input: Input,
}

/// What a column is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What it is.
    pub kind: InputKind,
    /// The value in the file, its quotes included.
    pub span: Range<usize>,
}

/// The kinds of inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    /// A constant.
    Literal(Literal),
    /// A string that begins with `=`.
    Formula(FormulaText),
    /// An array, of which at least one item is or holds a formula.
    Array(Vec<Input>),
    /// A nested table, of which at least one value is or holds a formula.
    Map(Vec<Field>),
}

/// A formula as it was written, and where each part of it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct FormulaText {
    /// Without the leading `=`, escapes of the file resolved.
    pub text: String,
    /// For the text's parts between escapes: where each begins in `text`, and where in the file. Never empty.
    pub(super) places: Vec<(usize, usize)>,
}

/// A constant of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null` of a JSON file; TOML has none but `"=null"`.
    Null,
    /// `true`.
    Boolean(bool),
    /// `42`, `0xff`.
    Integer(i64),
    /// Any other number, as it was written (underscores aside): `19.90`, `1e3`, `inf`, or an integer past 64 bits of a JSON file.
    Number(String),
    /// A string, the `'` before a literal `=` taken off.
    Text(String),
    /// `2024-02-29T10:00:00+02:00`.
    OffsetDateTime(DateTime<FixedOffset>),
    /// `2024-02-29T10:00:00`.
    LocalDateTime(NaiveDateTime),
    /// `2024-02-29`.
    LocalDate(NaiveDate),
    /// `10:00:00`.
    LocalTime(NaiveTime),
    /// `[1, 2]`.
    Array(Vec<Literal>),
    /// `{ a = 1 }`, in order.
    Map(Vec<(String, Literal)>),
}

/// How many rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Count {
    /// So many.
    Fixed(u64),
    /// Drawn for each parent.
    Formula(FormulaText),
}

impl FormulaText {
    /// Where a part of [`FormulaText::text`] stands in the file.
    pub fn place(&self, span: Range<usize>) -> Range<usize> {
        self.offset(span.start)..self.offset(span.end)
    }

    fn offset(&self, at: usize) -> usize {
        let part = self.places.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.places.get(part).map_or(at, |(start, source)| source + (at - start))
    }
}
