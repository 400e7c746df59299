//! CREATE TABLE, INDEX and VIEW.

use super::cursor::Parser;
use crate::error::Result;
use crate::sql::ast::{ColumnDefinition, ConstraintDefinition, Identifier, StatementKind};

/// What stands between a table's parentheses.
enum Element {
    Column(ColumnDefinition),
    Constraint(ConstraintDefinition),
}

impl Parser<'_> {
    /// CREATE ...
    pub fn create(&mut self) -> Result<StatementKind> {
        self.expect("CREATE")?;
        match self.upper().as_str() {
            "TABLE" => self.create_table(),
            "INDEX" => self.create_index(false),
            "UNIQUE" => {
                self.skip();
                self.create_index(true)
            }
            "VIEW" => self.create_view(),
            _ => Err(self.refused_object("CREATE").unwrap_or_else(|| {
                self.expected_one_of("TABLE, INDEX, UNIQUE INDEX or VIEW", &["TABLE", "INDEX", "UNIQUE", "VIEW"])
            })),
        }
    }

    fn create_table(&mut self) -> Result<StatementKind> {
        self.expect("TABLE")?;
        self.refuse_if_exists()?;
        let table = self.object_name("a table's name")?;
        if self.at("AS") || self.at("LIKE") {
            let what = format!("CREATE TABLE ... {}", self.upper());
            return Err(self.refusal(&what, 1, "write the columns out, then INSERT INTO ... SELECT"));
        }
        let (mut columns, mut constraints) = (Vec::new(), Vec::new());
        for element in self.list(Self::element)? {
            match element {
                Element::Column(column) => columns.push(column),
                Element::Constraint(constraint) => constraints.push(constraint),
            }
        }
        if self.at("AS") {
            return Err(self.refusal("CREATE TABLE ... AS", 1, "write INSERT INTO ... SELECT after it"));
        }
        Ok(StatementKind::CreateTable { table, columns, constraints })
    }

    fn element(&mut self) -> Result<Element> {
        if self.at_symbol(")") {
            let help = match self.previous_is(",") {
                true => "take out the comma before it",
                false => "a table has at least one column",
            };
            return Err(self.expected_with_help("a column or a constraint", help));
        }
        if self.at_constraint() {
            return self.constraint().map(Element::Constraint);
        }
        self.refuse_inline_index("CREATE INDEX name ON table (column)")?;
        if self.at("LIKE") && self.symbol_is(2, ")") {
            return Err(self.refusal("LIKE in a table", 1, "write the columns out"));
        }
        self.column().map(Element::Column)
    }

    /// MySQL's `KEY name (column)` inside a table. A column may be called `key`, so what follows decides.
    pub fn refuse_inline_index(&self, instead: &str) -> Result<()> {
        let first = self.upper();
        let ahead = match first.as_str() {
            "INDEX" | "KEY" => 1,
            "FULLTEXT" | "SPATIAL" if self.word_is(1, "INDEX") || self.word_is(1, "KEY") => 2,
            _ => return Ok(()),
        };
        let parenthesis = if self.symbol_is(ahead, "(") { ahead } else { ahead + 1 };
        let a_number = self.peek_text(parenthesis + 1).starts_with(|character: char| character.is_ascii_digit());
        if self.symbol_is(parenthesis, "(") && !a_number {
            let what = format!("{first} inside a table");
            return Err(self.refusal(&what, ahead, &format!("write a statement of its own: {instead}")));
        }
        Ok(())
    }

    fn create_index(&mut self, unique: bool) -> Result<StatementKind> {
        self.expect("INDEX")?;
        self.refuse_if_exists()?;
        if self.at("CONCURRENTLY") && !self.word_is(1, "ON") {
            return Err(self.expected("an index's name"));
        }
        let unnamed = self.at("ON") && !self.word_is(1, "ON");
        let index = if unnamed { None } else { Some(self.object_name("an index's name, or ON")?) };
        self.expect("ON")?;
        let table = self.object_name("a table's name")?;
        if self.at("USING") {
            return Err(self.refusal_to_section("an index's method (USING)", 2));
        }
        let columns = self.list(Self::index_column)?;
        let predicate = if self.take("WHERE") { Some(self.expression()?) } else { None };
        Ok(StatementKind::CreateIndex { index, table, columns, unique, predicate })
    }

    fn index_column(&mut self) -> Result<(Identifier, bool)> {
        if self.at_symbol("(") || self.symbol_is(1, "(") {
            return Err(self.refusal_to_section("an index over an expression or a column's beginning", 2));
        }
        let column = self.identifier("a column's name")?;
        let descending = self.take("DESC");
        if !descending {
            self.take("ASC");
        }
        Ok((column, descending))
    }

    fn create_view(&mut self) -> Result<StatementKind> {
        self.expect("VIEW")?;
        self.refuse_if_exists()?;
        let view = self.object_name("a view's name")?;
        let columns = if self.at_symbol("(") { self.column_names()? } else { Vec::new() };
        self.expect("AS")?;
        let query = self.select()?;
        Ok(StatementKind::CreateView { view, columns, query })
    }
}
