//! Reading the catalog: what is there, in the model's terms and in SPG's own.

use std::collections::BTreeMap;

use fastman_core::schema::{
    Column, ColumnType, Constraint, ConstraintKind, Expression, ForeignKey, Function, Index, IndexColumn, Name,
    OnDelete, Schema, Table, TypeFamily,
};
use fastman_core::store::{Attribute, CatalogObject, CatalogObjects, ObjectKind};
use fastman_core::value::Value;

use crate::dialect::types::{declared, stored_value};
use crate::dialect::{quoted, touch};
use crate::value::constant;

/// All that the catalog says of tables and views, by their names.
pub(crate) struct Catalog {
    relations: BTreeMap<String, Row>,
    columns: Rows,
    constraints: Rows,
    indexes: Rows,
    triggers: Rows,
    comments: Rows,
}

/// Rows by the relation that they are about.
type Rows = BTreeMap<String, Vec<Row>>;

impl Catalog {
    /// What is asked, each answer's first column the name of the relation. SPG makes pg_class anew for whoever asks, so nobody does; and
    /// of its own relations, numbered below 16,384, it has so many columns that naming them would take longer than all else.
    pub(crate) const QUERIES: [&str; 6] = [
        "SELECT t.table_name, v.definition
         FROM information_schema.tables t
         LEFT JOIN pg_views v ON v.viewname = t.table_name AND v.schemaname = t.table_schema
         WHERE t.table_schema = 'public'",
        "SELECT CAST(a.attrelid AS regclass), a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                CAST(a.attidentity AS text), CAST(a.attgenerated AS text), pg_get_expr(d.adbin, d.adrelid)
         FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        "SELECT CAST(k.conrelid AS regclass), k.conname, CAST(k.contype AS text), k.conkey,
                CAST(k.confrelid AS regclass), k.confkey, CAST(k.confdeltype AS text), pg_get_constraintdef(k.oid)
         FROM pg_constraint k WHERE k.contype IN ('p', 'u', 'f', 'c') ORDER BY k.conname",
        "SELECT CAST(i.indrelid AS regclass), CAST(i.indexrelid AS regclass), i.indisunique, i.indkey, i.indoption,
                pg_get_expr(i.indpred, i.indrelid), pg_get_indexdef(i.indexrelid)
         FROM pg_index i ORDER BY pg_get_indexdef(i.indexrelid)",
        "SELECT CAST(t.tgrelid AS regclass), t.tgname, pg_get_triggerdef(t.oid)
         FROM pg_trigger t WHERE NOT t.tgisinternal ORDER BY t.tgname",
        "SELECT CAST(objoid AS regclass), objsubid, description FROM pg_description ORDER BY objsubid",
    ];

    /// The answers to [`Catalog::QUERIES`].
    pub(crate) fn new(answers: Vec<Vec<Vec<Value>>>) -> Catalog {
        let mut answers = answers.into_iter().map(|rows| {
            let mut by_relation = Rows::new();
            for row in rows.into_iter().map(Row) {
                by_relation.entry(row.text(0).to_owned()).or_default().push(row);
            }
            by_relation
        });
        let mut next = || answers.next().unwrap_or_default();
        let relations = next().into_iter().filter_map(|(name, rows)| Some((name, rows.into_iter().next()?)));
        Catalog {
            relations: relations.collect(),
            columns: next(),
            constraints: next(),
            indexes: next(),
            triggers: next(),
            comments: next(),
        }
    }

    /// Every table and view, as the first of the queries has them.
    pub(crate) fn relations(&self) -> Vec<CatalogObject> {
        let objects = self.relations.iter().map(|(name, relation)| {
            let (kind, sql) = match relation.optional(1) {
                Some(query) => (ObjectKind::View, format!("CREATE VIEW {} AS {query}", quoted(name))),
                None => (ObjectKind::Table, String::new()),
            };
            CatalogObject { kind, table: name.clone(), name: name.clone(), sql }
        });
        objects.collect()
    }

    /// A text that changes if and only if the definition of the table or view does: the catalog's rows about it.
    pub(crate) fn echo(&self, name: &str) -> Option<String> {
        let relation = self.relations.get(name)?;
        let mut lines = vec![relation.line()];
        // What the columns of a view are follows from its query.
        if relation.optional(1).is_none() {
            for rows in [&self.columns, &self.constraints, &self.indexes, &self.triggers, &self.comments] {
                lines.extend(of(rows, name).iter().map(Row::line));
            }
        }
        Some(lines.join("\n"))
    }

    /// The columns of the table that the engine numbers.
    pub(crate) fn identities(&self, table: &str) -> Vec<String> {
        let columns = of(&self.columns, table).iter().filter(|row| !row.text(5).is_empty());
        columns.map(|row| row.text(2).to_owned()).collect()
    }

    /// What only the live catalog knows of some tables.
    pub(crate) fn objects(&self, tables: &[Name]) -> CatalogObjects {
        let (schema, attributes) = self.schema(Some(tables));
        let mut objects = self.relations();
        objects.retain(|object| {
            object.kind == ObjectKind::View && schema.tables().any(|table| object.sql.contains(table.name.as_str()))
        });
        for table in schema.tables().map(|table| table.name.as_str()) {
            for (kind, rows, sql) in [(ObjectKind::Index, &self.indexes, 6), (ObjectKind::Trigger, &self.triggers, 2)] {
                objects.extend(of(rows, table).iter().map(|row| CatalogObject {
                    kind,
                    name: row.text(1).to_owned(),
                    table: table.to_owned(),
                    sql: row.text(sql).to_owned(),
                }));
            }
        }
        CatalogObjects { live: true, objects, tables: schema, attributes, foreseen: false }
    }

    /// The tables named, or all, and the attributes that the model has no place for.
    pub(crate) fn schema(&self, tables: Option<&[Name]>) -> (Schema, Vec<Attribute>) {
        let (mut schema, mut attributes) = (Schema::default(), Vec::new());
        for (name, relation) in &self.relations {
            let wanted = tables.is_none_or(|tables| tables.iter().any(|table| table.as_str() == name));
            if wanted && relation.optional(1).is_none() {
                let (table, outside) = self.table(name);
                attributes.extend(outside);
                schema.insert_table(table);
            }
        }
        (schema, attributes)
    }

    fn table(&self, table: &str) -> (Table, Vec<Attribute>) {
        let mut outside = Vec::new();
        let constraints = of(&self.constraints, table);
        let marked: Vec<&str> = constraints.iter().filter_map(|constraint| touch::marked(constraint.text(1))).collect();
        let is_constraint = |index: &Row| constraints.iter().any(|constraint| constraint.text(1) == index.text(1));
        let comment = |number: i64| {
            let comment = of(&self.comments, table).iter().find(|comment| comment.number(1) == number);
            comment.map(|comment| comment.text(2).to_owned())
        };
        let columns = of(&self.columns, table).iter().map(|row| Column {
            on_update_now: marked.contains(&row.text(2)),
            comment: comment(row.number(1)),
            ..column(&name(table), row, &mut outside)
        });
        let table = Table {
            name: name(table),
            columns: columns.collect(),
            constraints: constraints
                .iter()
                .filter(|constraint| touch::marked(constraint.text(1)).is_none())
                .map(|row| self.constraint(table, row))
                .collect(),
            indexes: of(&self.indexes, table)
                .iter()
                .filter(|index| !is_constraint(index) && !is_left_over(index))
                .map(|row| self.index(table, row))
                .collect(),
            comment: comment(0),
        };
        let triggers = of(&self.triggers, table.name.as_str()).iter().map(|row| format!("trigger {:?}", row.text(1)));
        outside.extend(triggers.map(|words| Attribute::of_table(&table.name, words)));
        (table, outside)
    }

    fn constraint(&self, table: &str, row: &Row) -> Constraint {
        let columns = self.names(table, row.numbers(3));
        let kind = match row.text(2) {
            "p" => ConstraintKind::PrimaryKey { columns },
            "u" => ConstraintKind::Unique { columns },
            "f" => ConstraintKind::ForeignKey(ForeignKey {
                columns,
                table: name(row.text(4)),
                referenced: self.names(row.text(4), row.numbers(5)),
                on_delete: match row.text(6) {
                    "c" => OnDelete::Cascade,
                    "n" => OnDelete::SetNull,
                    "r" => OnDelete::Restrict,
                    _ => OnDelete::NoAction,
                },
            }),
            _ => ConstraintKind::Check(Expression::Raw(row.text(7).to_owned())),
        };
        Constraint { name: name(row.text(1)), kind }
    }

    fn index(&self, table: &str, row: &Row) -> Index {
        let columns = self.names(table, row.numbers(3)).into_iter().zip(row.numbers(4));
        Index {
            name: name(row.text(1)),
            // The lowest bit of an option says descending.
            columns: columns.map(|(name, option)| IndexColumn { name, descending: option & 1 == 1 }).collect(),
            unique: row.truth(2),
            predicate: row.optional(5).map(|text| Expression::Raw(text.to_owned())),
        }
    }

    /// The names of columns by their numbers.
    fn names(&self, table: &str, numbers: Vec<i64>) -> Vec<Name> {
        let column = |number: &i64| of(&self.columns, table).iter().find(|column| column.number(1) == *number);
        numbers.iter().filter_map(column).map(|column| name(column.text(2))).collect()
    }
}

/// The rows about a relation.
fn of<'a>(rows: &'a Rows, relation: &str) -> &'a [Row] {
    rows.get(relation).map_or(&[], Vec::as_slice)
}

/// Whether it is what SPG leaves of a key that was dropped: an index without a meaning, under the name that the key would have had by
/// itself.
fn is_left_over(index: &Row) -> bool {
    let name = index.text(1);
    !index.truth(2) && (name.ends_with("_key") || name.ends_with("_pkey"))
}

fn column(table: &Name, row: &Row, outside: &mut Vec<Attribute>) -> Column {
    let column_name = name(row.text(2));
    let (column_type, exact) = declared(row.text(3));
    if !exact {
        outside.push(Attribute::of_column(table, &column_name, format!("has the type {}", row.text(3))));
    }
    if !row.text(6).is_empty() {
        outside.push(Attribute::of_column(table, &column_name, "is generated"));
    }
    let identity = !row.text(5).is_empty();
    Column {
        name: column_name,
        nullable: !row.truth(4),
        default: row.optional(7).filter(|_| !identity).map(|text| default(text, &column_type)),
        identity,
        on_update_now: false,
        comment: None,
        column_type,
    }
}

/// A default in the catalog's words: a constant, the current time, or something that stays as it is.
fn default(text: &str, column_type: &ColumnType) -> Expression {
    let call = |function| Expression::Call { function, arguments: Vec::new() };
    match (text, column_type.family()) {
        ("CURRENT_TIMESTAMP", TypeFamily::Timestamp | TypeFamily::TimestampTz) => call(Function::CurrentTimestamp),
        ("CURRENT_DATE", TypeFamily::Date) => call(Function::CurrentDate),
        _ => unquoted(text).and_then(|constant| self::constant(&constant, column_type)).map_or_else(
            || Expression::Raw(text.to_owned()),
            |value| Expression::literal(stored_value(value, column_type), column_type.clone()),
        ),
    }
}

/// The text of a constant: `'it''s'::text` is it's, `-1.5` is itself. `None` where there is more.
fn unquoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('\'') else { return Some(text.to_owned()) };
    let doubled = inner.replace("''", "\0");
    let (constant, rest) = doubled.split_once('\'')?;
    (rest.is_empty() || rest.starts_with("::")).then(|| constant.replace('\0', "'"))
}

/// A name as the catalog has it: what an unquoted word folds to is as good as unquoted.
fn name(text: &str) -> Name {
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain && !text.starts_with(|first: char| first.is_ascii_digit()) {
        Name::folded(text)
    } else {
        Name::exact(text)
    }
}

/// A row of an answer, read by place; what is not there reads as nothing.
#[derive(Debug)]
struct Row(Vec<Value>);

impl Row {
    fn line(&self) -> String {
        format!("{:?}", self.0)
    }

    fn optional(&self, place: usize) -> Option<&str> {
        match self.0.get(place) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn text(&self, place: usize) -> &str {
        self.optional(place).unwrap_or_default()
    }

    fn number(&self, place: usize) -> i64 {
        match self.0.get(place) {
            Some(Value::Integer(number)) => *number,
            _ => 0,
        }
    }

    fn numbers(&self, place: usize) -> Vec<i64> {
        match self.0.get(place) {
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| match value {
                    Value::Integer(number) => *number,
                    _ => 0,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn truth(&self, place: usize) -> bool {
        matches!(self.0.get(place), Some(Value::Boolean(true)))
    }
}
