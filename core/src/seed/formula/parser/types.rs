//! Type names of CAST: the portable ones, and their everyday synonyms.

use super::{ColumnType, FormulaError, Parsed, Parser, TokenKind};

impl Parser<'_> {
    /// The type here.
    pub(super) fn column_type(&mut self) -> Parsed<ColumnType> {
        let start = self.here().start;
        let Some(TokenKind::Word) = self.kind(0) else { return Err(self.unexpected("a type")) };
        let name = self.peek_text(0).to_ascii_uppercase();
        self.position += 1;
        match name.as_str() {
            "DOUBLE" => _ = self.take_word("PRECISION"),
            "CHARACTER" => _ = self.take_word("VARYING"),
            _ => {}
        }
        let arguments = self.type_arguments()?;
        let zoned = name == "TIMESTAMP" && self.take_word("WITH");
        if zoned {
            self.need_word("TIME")?;
            self.need_word("ZONE")?;
        }
        let small = |position: usize| arguments.get(position).and_then(|&number| u8::try_from(number).ok());
        let length = arguments.first().and_then(|&number| u32::try_from(number).ok());
        let found = match (name.as_str(), arguments.len()) {
            ("SMALLINT", 0) => Some(ColumnType::SmallInt),
            ("INTEGER" | "INT", 0) => Some(ColumnType::Integer),
            ("BIGINT", 0) => Some(ColumnType::BigInt),
            ("DECIMAL" | "NUMERIC" | "DEC", 1 | 2) => {
                let scale = if arguments.len() == 1 { Some(0) } else { small(1) };
                small(0)
                    .zip(scale)
                    .filter(|(precision, scale)| (1..=38).contains(precision) && scale <= precision)
                    .map(|(precision, scale)| ColumnType::Decimal { precision, scale })
            }
            ("REAL", 0) => Some(ColumnType::Real),
            ("DOUBLE", 0) => Some(ColumnType::Double),
            ("BOOLEAN" | "BOOL", 0) => Some(ColumnType::Boolean),
            ("TEXT" | "VARCHAR" | "CHARACTER" | "STRING", 0) => Some(ColumnType::Text),
            ("VARCHAR" | "CHARACTER", 1) => length.map(ColumnType::Varchar),
            ("CHAR", 1) => length.map(ColumnType::Char),
            ("DATE", 0) => Some(ColumnType::Date),
            ("TIME", 0) => Some(ColumnType::Time),
            ("TIMESTAMP", 0) if zoned => Some(ColumnType::TimestampTz),
            ("TIMESTAMP" | "DATETIME", 0) => Some(ColumnType::Timestamp),
            ("TIMESTAMPTZ", 0) => Some(ColumnType::TimestampTz),
            ("BLOB", 0) => Some(ColumnType::Blob),
            ("UUID", 0) => Some(ColumnType::Uuid),
            ("JSON", 0) => Some(ColumnType::Json),
            _ => None,
        };
        found.ok_or_else(|| {
            FormulaError::new("formula.syntax", self.since(start), "CAST does not know this type").with_help(
                "it knows INTEGER, BIGINT, DECIMAL(p, s), DOUBLE PRECISION, BOOLEAN, TEXT, VARCHAR(n), DATE, TIME, \
                 TIMESTAMP, TIMESTAMP WITH TIME ZONE, BLOB, UUID and JSON",
            )
        })
    }

    fn type_arguments(&mut self) -> Parsed<Vec<u64>> {
        let mut arguments = Vec::new();
        if !self.take_symbol("(") {
            return Ok(arguments);
        }
        loop {
            match self.peek_text(0).parse() {
                Ok(number) => arguments.push(number),
                Err(_) => return Err(self.unexpected("a number")),
            }
            self.position += 1;
            if self.take_symbol(")") {
                return Ok(arguments);
            }
            self.need_symbol(",")?;
        }
    }
}
