//! Schemas and changes out of a stream of random numbers, for properties that must hold for all of them.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

/// The stream of numbers that a property's case is made from; zeros once it has run out.
pub struct Entropy(std::vec::IntoIter<u16>);

impl Entropy {
    pub fn new(numbers: Vec<u16>) -> Entropy {
        Entropy(numbers.into_iter())
    }

    pub fn is_empty(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::from(self.0.next().unwrap_or_default()) % limit.max(1)
    }

    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 1 % times.max(1)
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())).cloned() }
    }
}

/// A property's settings: the same cases on every run.
pub fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(20_250_101),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

pub fn numbers(most: usize) -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 0..most)
}

/// Applies up to so many random changes to the schema and returns those that were possible.
pub fn changes(schema: &mut Schema, entropy: &mut Entropy, most: usize, data: bool) -> Vec<Change> {
    let mut done = Vec::new();
    for attempt in 0..most * 8 {
        if done.len() == most || entropy.is_empty() {
            break;
        }
        if let Some(change) = proposal(schema, entropy, attempt, data)
            && schema.apply(&change).is_ok()
        {
            done.push(change);
        }
    }
    done
}

const WORDS: [&str; 12] = ["a", "b", "c", "d", "order", "e_1", "Mixed", "group", "with space", "née", "quo\"te", "f"];

fn word(entropy: &mut Entropy, prefix: &str) -> Name {
    let word = WORDS[entropy.below(WORDS.len())];
    let text = format!("{prefix}{word}");
    if text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_' || letter.is_ascii_digit()) {
        Name::folded(&text)
    } else {
        Name::exact(&text)
    }
}

const TYPES: [ColumnType; 21] = [
    ColumnType::SmallInt,
    ColumnType::Integer,
    ColumnType::BigInt,
    ColumnType::BigInt,
    ColumnType::Decimal { precision: 10, scale: 2 },
    ColumnType::Decimal { precision: 38, scale: 0 },
    ColumnType::Real,
    ColumnType::Double,
    ColumnType::Boolean,
    ColumnType::Boolean,
    ColumnType::Char(3),
    ColumnType::Varchar(40),
    ColumnType::Varchar(80),
    ColumnType::Text,
    ColumnType::Date,
    ColumnType::Time,
    ColumnType::Timestamp,
    ColumnType::TimestampTz,
    ColumnType::Varbinary(16),
    ColumnType::Uuid,
    ColumnType::Json,
];

/// A constant of a type.
pub fn constant(entropy: &mut Entropy, column_type: &ColumnType) -> Option<Value> {
    use chrono::{DateTime, NaiveDate, NaiveTime};
    let number = entropy.below(200) as i64 - 100;
    Some(match column_type {
        ColumnType::SmallInt | ColumnType::Integer => Value::Integer(number),
        ColumnType::BigInt => Value::Integer(entropy.pick(&[number, i64::MAX, i64::MIN + 1])?),
        ColumnType::Decimal { scale, .. } => {
            Value::Decimal(crate::value::Decimal::new(i128::from(number) * 100, *scale)?)
        }
        ColumnType::Real => Value::Double(f64::from(number as f32 / 4.0)),
        ColumnType::Double => Value::Double(entropy.pick(&[number as f64 / 8.0, 0.1, 1e300, -2.5e-7])?),
        ColumnType::Boolean => Value::Boolean(number > 0),
        ColumnType::Char(_) => Value::Text(entropy.pick(&["abc", "äöü"])?.into()),
        ColumnType::Varchar(_) | ColumnType::Text => {
            Value::Text(entropy.pick(&["", "x", "it's", "two\nlines", "-- no comment", "a\\b", "日本"])?.into())
        }
        ColumnType::Date => Value::Date(NaiveDate::from_ymd_opt(2024, 2, 29)?),
        ColumnType::Time => Value::Time(
            entropy.pick(&[NaiveTime::from_hms_opt(23, 59, 59)?, NaiveTime::from_hms_micro_opt(0, 0, 1, 5)?])?,
        ),
        ColumnType::Timestamp => {
            Value::Timestamp(NaiveDate::from_ymd_opt(1999, 12, 31)?.and_hms_micro_opt(1, 2, 3, 450_000)?)
        }
        ColumnType::TimestampTz => Value::TimestampTz(DateTime::from_timestamp(1_700_000_000, 1_000)?),
        ColumnType::Varbinary(_) | ColumnType::Blob => Value::Bytes(vec![0, 255, number.unsigned_abs() as u8]),
        ColumnType::Uuid => Value::Uuid(uuid::Uuid::from_u128(u128::from(number.unsigned_abs()) << 64 | 7)),
        ColumnType::Json => Value::Json("{\"a\": [1, 'x']}".replace('\'', "\"")),
    })
}

fn random_column(entropy: &mut Entropy) -> Column {
    let column_type = entropy.pick(&TYPES).unwrap_or(ColumnType::Text);
    let mut made = Column { name: word(entropy, ""), ..column("x", column_type.clone()) };
    made.nullable = !entropy.one_in(2);
    if entropy.one_in(2) {
        made.default = match column_type {
            ColumnType::Timestamp | ColumnType::TimestampTz if entropy.one_in(2) => {
                Some(Expression::Call { function: Function::CurrentTimestamp, arguments: vec![] })
            }
            ColumnType::Date if entropy.one_in(2) => {
                Some(Expression::Call { function: Function::CurrentDate, arguments: vec![] })
            }
            _ => constant(entropy, &column_type).map(|value| Expression::literal(value, column_type.clone())),
        };
    }
    made.on_update_now = matches!(column_type, ColumnType::Timestamp | ColumnType::TimestampTz) && entropy.one_in(3);
    made
}

fn random_table(schema: &Schema, entropy: &mut Entropy, attempt: usize) -> Table {
    let mut made = Table { name: word(entropy, "t_"), ..table("x", vec![], vec![]) };
    for _ in 0..=entropy.below(4) {
        let column = random_column(entropy);
        if made.column(&column.name).is_none() {
            made.columns.push(column);
        }
    }
    if entropy.one_in(2) {
        made.columns.insert(0, identity("id"));
        made.constraints.push(primary_key(&format!("pk_{attempt}"), &["id"]));
    }
    for number in 0..entropy.below(3) {
        if let Some(kind) = random_constraint(schema, &made, entropy) {
            if let ConstraintKind::PrimaryKey { columns } = &kind {
                made.columns.iter_mut().for_each(|column| column.nullable &= !columns.contains(&column.name));
            }
            made.constraints.push(Constraint { name: name(&format!("c_{attempt}_{number}")), kind });
        }
    }
    made
}

fn column_names(table: &Table, entropy: &mut Entropy) -> Vec<Name> {
    let mut chosen: Vec<Name> = Vec::new();
    for _ in 0..=entropy.below(2) {
        if let Some(column) = entropy.pick(&table.columns)
            && !chosen.contains(&column.name)
        {
            chosen.push(column.name);
        }
    }
    chosen
}

/// A condition over a table's columns.
pub fn random_condition(table: &Table, entropy: &mut Entropy, depth: usize) -> Option<Expression> {
    let column = entropy.pick(&table.columns)?;
    let operand = Expression::Column(ColumnReference {
        relation: None,
        name: column.name.clone(),
        column_type: column.column_type.clone(),
        nullable: column.nullable,
    });
    if depth > 0 && entropy.one_in(2) {
        let left = random_condition(table, entropy, depth - 1)?;
        return Some(match entropy.below(3) {
            0 => Expression::Unary { operator: UnaryOperator::Not, operand: Box::new(left) },
            1 => binary(left, BinaryOperator::And, random_condition(table, entropy, depth - 1)?),
            _ => binary(left, BinaryOperator::Or, random_condition(table, entropy, depth - 1)?),
        });
    }
    if column.column_type == ColumnType::Boolean && entropy.one_in(2) {
        return Some(operand);
    }
    let negated = entropy.one_in(2);
    let comparable = !matches!(column.column_type, ColumnType::Json | ColumnType::Blob | ColumnType::Text);
    Some(match entropy.below(4) {
        0 if comparable => {
            let constant = Expression::literal(constant(entropy, &column.column_type)?, column.column_type.clone());
            let ordered = !matches!(column.column_type, ColumnType::Boolean | ColumnType::Uuid);
            let operator = if ordered && entropy.one_in(2) { BinaryOperator::Less } else { BinaryOperator::Equal };
            binary(operand, operator, constant)
        }
        1 if comparable => {
            let constant = Expression::literal(constant(entropy, &column.column_type)?, column.column_type.clone());
            Expression::In { operand: Box::new(operand), list: vec![constant], negated }
        }
        2 if matches!(column.column_type, ColumnType::Varchar(_)) => {
            Expression::Like { operand: Box::new(operand), pattern: "a%'_".into(), negated }
        }
        _ => Expression::IsNull { operand: Box::new(operand), negated },
    })
}

fn random_constraint(schema: &Schema, table: &Table, entropy: &mut Entropy) -> Option<ConstraintKind> {
    Some(match entropy.below(5) {
        0 => ConstraintKind::PrimaryKey { columns: column_names(table, entropy) },
        1 => ConstraintKind::Unique { columns: column_names(table, entropy) },
        2 => ConstraintKind::Check(random_condition(table, entropy, 2)?),
        _ => {
            let tables: Vec<_> = schema.tables().collect();
            let parent = entropy.pick(&tables)?;
            let keys: Vec<&[Name]> = parent
                .constraints
                .iter()
                .filter_map(|constraint| match &constraint.kind {
                    ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns } => {
                        Some(columns.as_slice())
                    }
                    _ => None,
                })
                .collect();
            let referenced = entropy.pick(&keys)?;
            let columns = referenced.iter().map(|target| {
                let fitting: Vec<_> = table
                    .columns
                    .iter()
                    .filter(|column| Some(&column.column_type) == parent.column(target).map(|it| &it.column_type))
                    .collect();
                entropy.pick(&fitting).map(|column| column.name.clone())
            });
            ConstraintKind::ForeignKey(ForeignKey {
                columns: columns.collect::<Option<Vec<_>>>()?,
                table: parent.name.clone(),
                referenced: referenced.to_vec(),
                on_delete: entropy.pick(&[
                    OnDelete::NoAction,
                    OnDelete::Restrict,
                    OnDelete::Cascade,
                    OnDelete::SetNull,
                ])?,
            })
        }
    })
}

fn random_view(schema: &Schema, entropy: &mut Entropy) -> Option<View> {
    let tables: Vec<_> = schema.tables().collect();
    let source = entropy.pick(&tables)?;
    let items = column_names(source, entropy).into_iter().filter_map(|column| {
        let column = source.column(&column)?;
        let reference = ColumnReference {
            relation: None,
            name: column.name.clone(),
            column_type: column.column_type.clone(),
            nullable: column.nullable,
        };
        Some(SelectItem { expression: Expression::Column(reference), alias: column.name.clone() })
    });
    let query = Select {
        items: items.collect(),
        from: Relation { name: source.name.clone(), alias: None },
        joins: vec![],
        filter: if entropy.one_in(2) { random_condition(source, entropy, 1) } else { None },
        group_by: vec![],
    };
    Some(View { name: word(entropy, "v_"), query })
}

fn proposal(schema: &Schema, entropy: &mut Entropy, attempt: usize, data: bool) -> Option<Change> {
    let kind = entropy.below(if data { 40 } else { 34 });
    if kind < 5 {
        return Some(Change::CreateTable(random_table(schema, entropy, attempt)));
    }
    if kind < 7 {
        return Some(Change::CreateView(random_view(schema, entropy)?));
    }
    if kind == 7 {
        let views: Vec<_> = schema.views().collect();
        return Some(Change::DropView { view: entropy.pick(&views)?.name.clone() });
    }
    let tables: Vec<_> = schema.tables().collect();
    let subject = entropy.pick(&tables)?;
    let table = subject.name.clone();
    let column = entropy.pick(&subject.columns)?;
    Some(match kind {
        8 => Change::DropTable { table },
        9 | 10 => Change::RenameTable { table, to: word(entropy, "t_") },
        11..=13 => Change::AddColumn { table, column: random_column(entropy) },
        14..=16 => Change::DropColumn { table, column: column.name },
        17 | 18 => Change::RenameColumn { table, column: column.name, to: word(entropy, "") },
        19..=21 => {
            let alteration = match entropy.below(3) {
                0 => ColumnAlteration::Type(entropy.pick(&TYPES)?),
                1 => ColumnAlteration::Nullable(entropy.one_in(2)),
                _ => {
                    let value = constant(entropy, &column.column_type)?;
                    let default = Expression::literal(value, column.column_type.clone());
                    ColumnAlteration::Default(if entropy.one_in(3) { None } else { Some(default) })
                }
            };
            Change::AlterColumn { table, column: column.name, alteration }
        }
        22..=25 => {
            let kind = random_constraint(schema, subject, entropy)?;
            Change::AddConstraint {
                table,
                constraint: Constraint { name: name(&format!("c_{attempt}_{}", schema.tables().count())), kind },
            }
        }
        26 | 27 => Change::DropConstraint { table, constraint: entropy.pick(&subject.constraints)?.name },
        28 | 29 => {
            let columns = column_names(subject, entropy).into_iter();
            let columns = columns.map(|name| IndexColumn { name, descending: entropy.one_in(2) }).collect();
            let predicate = if entropy.one_in(3) { random_condition(subject, entropy, 1) } else { None };
            let index = Index { name: word(entropy, "i_"), columns, unique: entropy.one_in(2), predicate };
            Change::CreateIndex { table, index }
        }
        30 => Change::DropIndex { table, index: entropy.pick(&subject.indexes)?.name },
        31..=33 => Change::Comment {
            table,
            column: if entropy.one_in(2) { Some(column.name) } else { None },
            text: if entropy.one_in(3) { None } else { Some("what it's for".into()) },
        },
        34 | 35 => {
            let row = subject.columns.iter().map(|column| {
                if column.default.is_some() && entropy.one_in(2) {
                    return Some(None);
                }
                let value = constant(entropy, &column.column_type)?;
                Some(Some(Expression::literal(value, column.column_type.clone())))
            });
            let rows = vec![row.collect::<Option<Vec<_>>>()?];
            let columns = subject.columns.iter().map(|column| column.name.clone()).collect();
            Change::Insert(Insert { table, columns, source: InsertSource::Values(rows) })
        }
        36 | 37 => {
            let value = Expression::literal(constant(entropy, &column.column_type)?, column.column_type.clone());
            let filter = random_condition(subject, entropy, 2);
            Change::Update(Update { table, assignments: vec![(column.name, Some(value))], filter })
        }
        _ => Change::Delete(Delete { table, filter: random_condition(subject, entropy, 2) }),
    })
}
