//! Making a shape: layers of fields, the later ones in place of the earlier, become columns.

use std::ops::Range;
use std::sync::Arc;

use super::{Cell, CellFormula, Shape, ShapeColumn, formula_error, order};
use crate::error::{Error, Result, SourceText};
use crate::schema::{ColumnType, Name, Table};
use crate::seed::formula::{Formula, Place, Scope};
use crate::seed::functions::locale::Locale;
use crate::seed::input::{Field, Input, InputKind, Literal, TableName};
use crate::seed::seeder::ID;
use crate::seed::tables::Tables;
use crate::seed::{coerce, json};
use crate::value::Value;

/// What a column is given, before formulas are read.
struct Entry<'a> {
    name: Name,
    source: &'a SourceText,
    /// `None`: the run supplies it.
    input: Option<&'a Input>,
}

pub(super) struct Compiler<'a> {
    tables: &'a Tables,
    table_name: Name,
    table: Option<Arc<Table>>,
    locale: Locale,
    place: Place,
    /// The file of the row or the factory.
    home: &'a SourceText,
    entries: Vec<Entry<'a>>,
    document_id: Option<usize>,
}

impl<'a> Compiler<'a> {
    pub fn new(
        tables: &'a Tables,
        table: &TableName,
        source: &'a SourceText,
        locale: Locale,
        place: Place,
    ) -> Result<Compiler<'a>> {
        let known = tables.resolve(table, source)?.cloned();
        Ok(Compiler {
            tables,
            table_name: known.as_ref().map_or_else(|| Name::exact(&table.text), |table| table.name.clone()),
            table: known,
            locale,
            place,
            home: source,
            entries: Vec::new(),
            document_id: None,
        })
    }

    /// Puts fields over what is there.
    pub fn layer(&mut self, source: &'a SourceText, fields: &'a [Field]) -> Result<()> {
        for field in fields {
            if field.name.text == ID && self.names_document() {
                self.id(source, &field.input);
                continue;
            }
            let declared = match &self.table {
                Some(table) if !self.tables.are_documents() => {
                    Some(self.tables.column(table, &field.name, source).map_err(|error| self.about_id(error, field))?)
                }
                Some(table) => table.column(&Name::exact(&field.name.text)),
                None => None,
            };
            let name = declared.map_or_else(|| Name::exact(&field.name.text), |column| column.name.clone());
            self.put(Entry { name, source, input: Some(&field.input) });
        }
        Ok(())
    }

    /// Whether `_id` is the document's, and no column of that name.
    fn names_document(&self) -> bool {
        self.tables.are_documents() || self.table.as_ref().is_some_and(|table| table.column(&Name::exact(ID)).is_none())
    }

    fn about_id(&self, error: Error, field: &Field) -> Error {
        match field.name.text.as_str() {
            ID => error.with_help("_id names documents; a table's key has a column"),
            _ => error,
        }
    }

    /// The document's name. SQL engines have no use for it, unless a column is called so.
    pub fn id(&mut self, source: &'a SourceText, input: &'a Input) {
        let documents = self.tables.are_documents();
        if documents || !self.names_document() {
            let place = self.put(Entry { name: Name::exact(ID), source, input: Some(input) });
            self.document_id = documents.then_some(place);
        }
    }

    /// A column that the run supplies.
    pub fn given(&mut self, name: &Name) {
        let declared = self.table.as_ref().and_then(|table| table.column(name)).map(|column| column.name.clone());
        let name = declared.unwrap_or_else(|| name.clone());
        self.put(Entry { name, source: self.home, input: None });
    }

    fn put(&mut self, entry: Entry<'a>) -> usize {
        match self.entries.iter().position(|other| other.name.key() == entry.name.key()) {
            Some(place) => {
                self.entries[place] = entry;
                place
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        }
    }

    /// The shape, once every layer is there. `span` is the row's, in the file that it belongs to.
    pub fn finish(self, source: &SourceText, span: Range<usize>) -> Result<Shape> {
        self.nothing_missing(source, &span)?;
        let fields: Vec<String> = self.entries.iter().map(|entry| entry.name.to_string()).collect();
        let mut columns = Vec::with_capacity(self.entries.len());
        for (place, entry) in self.entries.iter().enumerate() {
            columns.push(self.column(entry, &fields, Some(place) == self.document_id, &span)?);
        }
        let order = order::order(&columns)?;
        Ok(Shape { table_name: self.table_name, table: self.table, columns, order, document_id: self.document_id })
    }

    /// Columns that are left out must have something to be filled with.
    fn nothing_missing(&self, source: &SourceText, span: &Range<usize>) -> Result<()> {
        let Some(table) = &self.table else { return Ok(()) };
        let missing = table
            .columns
            .iter()
            .filter(|column| !column.nullable && column.default.is_none() && !column.identity)
            .find(|column| self.entries.iter().all(|entry| entry.name.key() != column.name.key()));
        let Some(column) = missing else { return Ok(()) };
        let (table, column) = (&table.name, &column.name);
        let where_to = match self.place {
            Place::Seeder => "give the row a line",
            Place::Factory => "add a line below [fields]",
        };
        let message = format!("column {table}.{column} takes no NULL and has no default, and it is given nothing");
        Err(Error::failed("seed.no-value", message).with_help(format!("{where_to}: {column} = ...")).at(
            source,
            span.clone(),
            &*format!("{column} is missing"),
        ))
    }

    fn column(&self, entry: &Entry<'_>, fields: &[String], is_id: bool, row: &Range<usize>) -> Result<ShapeColumn> {
        let declared = self.table.as_ref().filter(|_| !is_id).and_then(|table| table.column(&entry.name));
        let mut column = ShapeColumn {
            table_name: self.table_name.clone(),
            name: entry.name.clone(),
            column_type: declared
                .filter(|column| !self.is_id_of_another(&column.name))
                .map(|column| column.column_type.clone()),
            nullable: declared.map_or(!is_id, |column| column.nullable),
            cell: Cell::Given,
            documents: self.tables.are_documents(),
            source: entry.source.clone(),
            span: entry.input.map_or_else(|| row.clone(), |input| input.span.clone()),
        };
        let Some(input) = entry.input else { return Ok(column) };
        column.cell = match &input.kind {
            InputKind::Literal(literal) => Cell::Constant(self.constant(&column, literal)?),
            _ => self.cell(&column, input, fields)?,
        };
        if let Cell::Formula(formula) = &column.cell
            && let Some(value) = formula.formula.constant().filter(|_| !formula.formula.is_volatile())
        {
            column.fit(value.clone())?;
        }
        Ok(column)
    }

    /// Whether a document has the id of another there, which is a text whatever the type of the table's key.
    fn is_id_of_another(&self, column: &Name) -> bool {
        let table = self.table.as_ref().filter(|_| self.tables.are_documents());
        table.is_some_and(|table| table.foreign_keys().any(|(_, key)| key.columns.contains(column)))
    }

    fn cell(&self, column: &ShapeColumn, input: &Input, fields: &[String]) -> Result<Cell> {
        match &input.kind {
            InputKind::Literal(literal) => Ok(Cell::Constant(plain(literal, self.tables.are_documents()))),
            InputKind::Formula(text) => {
                let scope = Scope { fields, locale: self.locale, place: self.place };
                let formula = Formula::parse(&text.text, &scope)
                    .map_err(|error| formula_error(error, text, &column.source, &input.span))?;
                Ok(Cell::Formula(Box::new(CellFormula { formula, text: text.clone() })))
            }
            InputKind::Array(items) => {
                Ok(Cell::Array(items.iter().map(|item| self.cell(column, item, fields)).collect::<Result<_>>()?))
            }
            InputKind::Map(entries) => {
                let cells =
                    entries.iter().map(|entry| Ok((entry.name.text.clone(), self.cell(column, &entry.input, fields)?)));
                Ok(Cell::Map(cells.collect::<Result<_>>()?))
            }
        }
    }

    /// A constant in the form of its column.
    fn constant(&self, column: &ShapeColumn, literal: &Literal) -> Result<Value> {
        match (literal, &column.column_type) {
            (Literal::Number(written), Some(column_type)) if column_type.is_numeric() => {
                coerce::number_text(written, column_type).map_err(|misfit| column.misfit(misfit))
            }
            (Literal::OffsetDateTime(moment), Some(ColumnType::Timestamp))
                if moment.offset().local_minus_utc() != 0 =>
            {
                let utc = moment.naive_utc().format("%Y-%m-%dT%H:%M:%S%.f");
                let message = format!("{} is a TIMESTAMP, which has no time zone and holds UTC", column.shown());
                Err(column
                    .error("seed.bad-value", "an offset", message)
                    .with_help(format!("write it in UTC: {utc}; or declare the column TIMESTAMP WITH TIME ZONE")))
            }
            _ => column.fit(plain(literal, self.tables.are_documents())),
        }
    }
}

/// A constant apart from any column.
fn plain(literal: &Literal, documents: bool) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(truth) => Value::Boolean(*truth),
        Literal::Integer(number) => Value::Integer(*number),
        Literal::Number(written) if documents => Value::Double(written.parse().unwrap_or(f64::NAN)),
        Literal::Number(written) => json::number(written),
        Literal::Text(text) => Value::Text(text.clone()),
        Literal::OffsetDateTime(moment) => Value::TimestampTz(moment.to_utc()),
        Literal::LocalDateTime(local) => Value::Timestamp(*local),
        Literal::LocalDate(date) => Value::Date(*date),
        Literal::LocalTime(time) => Value::Time(*time),
        Literal::Array(items) => Value::Array(items.iter().map(|item| plain(item, documents)).collect()),
        Literal::Map(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (key.clone(), plain(value, documents))).collect())
        }
    }
}
