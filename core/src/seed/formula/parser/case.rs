//! The forms that begin with a keyword: CASE, CAST, INTERVAL, typed constants, SUBSTRING and TRIM in the standard's words.

use super::literal::string_value;
use super::{ColumnType, FormulaError, Interval, Kind, Parsed, Parser, Syntax, TokenKind, Value};

impl Parser<'_> {
    /// The form that begins with the word here, if it begins one.
    pub(super) fn keyword(&mut self) -> Parsed<Option<Syntax>> {
        let start = self.here().start;
        let called = self.kind(1) == Some(TokenKind::Operator) && self.peek_text(1) == "(";
        let word = self.peek_text(0).to_ascii_uppercase();
        let value = match word.as_str() {
            "NULL" if !called => Value::Null,
            "TRUE" if !called => Value::Boolean(true),
            "FALSE" if !called => Value::Boolean(false),
            "CURRENT_TIMESTAMP" | "CURRENT_DATE" if !called => {
                let name = if word == "CURRENT_DATE" { "today" } else { "now" }.to_owned();
                let name_span = self.here();
                self.position += 1;
                let kind = Kind::Call { name, name_span: name_span.clone(), arguments: Vec::new() };
                return Ok(Some(Syntax { kind, span: name_span }));
            }
            "CASE" => return self.case().map(Some),
            "CAST" if called => return self.cast().map(Some),
            "SUBSTRING" if called => return self.substring().map(Some),
            "INTERVAL" if self.at_text(1) || self.kind(1) == Some(TokenKind::Number) => {
                return self.interval().map(Some);
            }
            "DATE" if self.at_text(1) => return self.typed_literal(&ColumnType::Date, 1).map(Some),
            "TIME" if self.at_text(1) => return self.typed_literal(&ColumnType::Time, 1).map(Some),
            "UUID" if self.at_text(1) => return self.typed_literal(&ColumnType::Uuid, 1).map(Some),
            "JSON" if self.at_text(1) => return self.typed_literal(&ColumnType::Json, 1).map(Some),
            "TIMESTAMP" if self.at_text(1) => return self.typed_literal(&ColumnType::Timestamp, 1).map(Some),
            "TIMESTAMP" if self.peek_text(1).eq_ignore_ascii_case("WITH") && self.at_text(4) => {
                return self.typed_literal(&ColumnType::TimestampTz, 4).map(Some);
            }
            "SELECT" => {
                return Err(FormulaError::new("formula.syntax", self.here(), "a formula can't query the database")
                    .with_help("ref(table.column, other_column = value) gives a key of another table"));
            }
            _ => return Ok(None),
        };
        self.position += 1;
        Ok(Some(Syntax { kind: Kind::Literal(value), span: self.since(start) }))
    }

    fn case(&mut self) -> Parsed {
        let start = self.here().start;
        self.position += 1;
        let operand = if self.at_word("WHEN") { None } else { Some(Box::new(self.expression()?)) };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            let condition = self.expression()?;
            self.need_word("THEN")?;
            branches.push((condition, self.expression()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected("WHEN"));
        }
        let otherwise = if self.take_word("ELSE") { Some(Box::new(self.expression()?)) } else { None };
        self.need_word("END")?;
        Ok(Syntax { kind: Kind::Case { operand, branches, otherwise }, span: self.since(start) })
    }

    fn cast(&mut self) -> Parsed {
        let start = self.here().start;
        self.position += 2;
        let operand = Box::new(self.expression()?);
        self.need_word("AS")?;
        let to = self.column_type()?;
        self.need_symbol(")")?;
        Ok(Syntax { kind: Kind::Cast { operand, to }, span: self.since(start) })
    }

    /// `SUBSTRING(text FROM 2 FOR 3)`, or with commas.
    fn substring(&mut self) -> Parsed {
        let start = self.here().start;
        let name_span = self.here();
        self.position += 2;
        let mut arguments = vec![self.expression()?];
        for word in ["FROM", "FOR"] {
            if self.take_word(word) || self.take_symbol(",") {
                arguments.push(self.expression()?);
            }
        }
        self.need_symbol(")")?;
        let kind = Kind::Call { name: "substring".to_owned(), name_span, arguments };
        Ok(Syntax { kind, span: self.since(start) })
    }

    fn interval(&mut self) -> Parsed {
        let start = self.here().start;
        self.position += 1;
        let text = string_value(self.peek_text(0));
        self.position += 1;
        let unit = match self.kind(0) {
            Some(TokenKind::Word) => Interval::unit(self.peek_text(0)),
            _ => None,
        };
        self.position += usize::from(unit.is_some());
        let span = self.since(start);
        match Interval::parse(&text, unit) {
            Some(interval) => Ok(Syntax { kind: Kind::Interval(interval), span }),
            None => Err(FormulaError::new("formula.syntax", span, "this is not an interval").with_help(
                "write interval '3' day or interval '1 month 2 days'; the units are second, minute, hour, day, week, \
                 month and year",
            )),
        }
    }
}
