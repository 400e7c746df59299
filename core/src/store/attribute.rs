//! What a table has that the model has no place for.

use std::fmt;

use crate::schema::Name;

/// Something that a table has and that the model has no place for, in words.
///
/// Its [`Display`](fmt::Display) is a sentence without an end: `STRICT`, `column "x" is generated`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The table.
    pub table: Name,
    /// What of it the words are about.
    pub about: About,
    /// The words; of a column, what is said of it: `is generated`.
    pub words: String,
}

/// What an [`Attribute`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// The table as a whole, or something of it that the words name and that stands on no column that is known.
    Table,
    /// A column.
    Column(Name),
    /// A constraint that the words name, on these columns.
    Columns(Vec<Name>),
}

impl Attribute {
    /// One of a table.
    pub fn of_table(table: &Name, words: impl Into<String>) -> Attribute {
        Attribute { table: table.clone(), about: About::Table, words: words.into() }
    }

    /// One of a column. `said` goes on behind the column's name: `is generated`.
    pub fn of_column(table: &Name, column: &Name, said: impl Into<String>) -> Attribute {
        Attribute { table: table.clone(), about: About::Column(column.clone()), words: said.into() }
    }

    /// The same on these columns.
    #[must_use]
    pub fn on(mut self, columns: Vec<Name>) -> Attribute {
        self.about = About::Columns(columns);
        self
    }

    /// The columns that it is about; none where it is about the table.
    pub fn columns(&self) -> &[Name] {
        match &self.about {
            About::Table => &[],
            About::Column(column) => std::slice::from_ref(column),
            About::Columns(columns) => columns,
        }
    }

    /// Whether it is about that column, by itself or with others.
    pub fn is_about(&self, column: &Name) -> bool {
        self.columns().iter().any(|about| about.key() == column.key())
    }

    /// What it says of that column alone.
    pub fn said_of(&self, table: &Name, column: &Name) -> Option<&str> {
        let is_it = |about: &Name| self.table.key() == table.key() && about.key() == column.key();
        matches!(&self.about, About::Column(about) if is_it(about)).then_some(&self.words)
    }

    /// The column has another name.
    pub(crate) fn rename_column(&mut self, from: &Name, to: &Name) {
        let columns = match &mut self.about {
            About::Table => &mut [],
            About::Column(column) => std::slice::from_mut(column),
            About::Columns(columns) => columns.as_mut_slice(),
        };
        for column in columns.iter_mut().filter(|column| column.key() == from.key()) {
            *column = to.clone();
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.about {
            About::Column(column) => write!(formatter, "column {:?} {}", column.as_str(), self.words),
            About::Table | About::Columns(_) => formatter.write_str(&self.words),
        }
    }
}
