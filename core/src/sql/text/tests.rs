//! Rendering for an engine that has neither booleans nor plain decimals, so that every hook shows.

use super::*;
use crate::dialect::{
    AlterStyle, DdlTransactions, EmptyString, Facts, LockScope, NaturalCase, RenderInput, ServerVersion, Step,
    unsupported,
};
use crate::flavour::{Flavour, LexicalRules};
use crate::schema::testing::*;
use crate::schema::{
    Change, Column, ColumnReference, Insert, InsertSource, Join, JoinKind, Relation, Schema, SelectItem, TypeFamily,
};
use crate::value::Value;

static FLAVOUR: Flavour = Flavour { name: "peculiar", fallback: None, lexical: LexicalRules::STANDARD };

/// Booleans are numbers, decimals are compared by a function, and the two current times differ.
#[derive(Debug)]
struct Peculiar;

impl Dialect for Peculiar {
    fn flavour(&self) -> &'static Flavour {
        &FLAVOUR
    }

    fn server_version(&self) -> ServerVersion {
        ServerVersion { major: 1, minor: 0, patch: 0 }
    }

    fn facts(&self) -> Facts {
        Facts {
            ddl: DdlTransactions::Transactional,
            alter: AlterStyle::InPlace,
            lock: LockScope::Begin,
            natural_case: NaturalCase::Lower,
            max_parameters: 100,
            empty_string: EmptyString::Kept,
        }
    }

    fn quote(&self, name: &Name) -> String {
        format!("[{name}]")
    }

    fn literal(&self, value: &Value, column_type: Option<&ColumnType>) -> Result<String> {
        Ok(match value {
            Value::Null => match column_type {
                Some(column_type) => format!("NULL:{column_type}"),
                None => "NULL".into(),
            },
            Value::Boolean(value) => u8::from(*value).to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Decimal(number) => number.to_string(),
            Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
            _ => return Err(unsupported(&FLAVOUR, "this literal")),
        })
    }

    fn placeholder(&self, index: usize) -> String {
        format!(":{index}")
    }

    fn type_name(&self, column: &Column) -> Result<String> {
        Ok(column.column_type.to_string())
    }

    fn stored(&self, table: &Table) -> Table {
        table.clone()
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        left: (&str, &Expression),
        right: (&str, &Expression),
    ) -> Result<String> {
        let decimal = |operand: &Expression| operand.column_type().is_some_and(|it| it.family() == TypeFamily::Decimal);
        if operator.is_comparison() && decimal(left.1) {
            return Ok(format!("(CMP({}, {}) {} 0)", left.0, right.0, symbol(operator)));
        }
        Ok(standard_binary(operator, left.0, right.0))
    }

    fn function(
        &self,
        function: Function,
        arguments: &[(String, &Expression)],
        result: Option<&ColumnType>,
    ) -> Result<String> {
        Ok(match (function, result) {
            (Function::CurrentTimestamp, Some(ColumnType::TimestampTz)) => "NOW_WITH_ZONE".into(),
            _ => standard_function(function, arguments.iter().map(|(text, _)| text.as_str())),
        })
    }

    fn cast(&self, operand: (&str, &Expression), to: &ColumnType) -> Result<String> {
        Ok(format!("CAST({} AS {to})", operand.0))
    }

    fn like(&self, operand: &str, pattern: &str, negated: bool) -> Result<String> {
        Ok(format!("({operand} {}GLOB '{pattern}')", if negated { "NOT " } else { "" }))
    }

    fn condition(&self, sql: &str, _: &Expression) -> String {
        format!("({sql} = 1)")
    }

    fn boolean_value(&self, sql: &str, _: &Expression) -> String {
        format!("(CASE WHEN {sql} THEN 1 ELSE 0 END)")
    }

    fn needs_catalog(&self, _: &[Change], _: &Schema) -> Vec<Name> {
        Vec::new()
    }

    fn render(&self, _: RenderInput<'_>) -> Result<Vec<Step>> {
        Err(unsupported(&FLAVOUR, "changes"))
    }

    fn script_transaction(&self, _: &[&str], _: bool) -> (Vec<String>, Vec<String>) {
        (Vec::new(), Vec::new())
    }
}

fn value(of: &Expression) -> String {
    expression(&Peculiar, of, None).unwrap()
}

fn holds(of: &Expression) -> String {
    condition(&Peculiar, of).unwrap()
}

fn a() -> Expression {
    reference("a", ColumnType::Integer)
}

fn flag() -> Expression {
    reference("flag", ColumnType::Boolean)
}

fn price() -> Expression {
    reference("price", ColumnType::Decimal { precision: 5, scale: 2 })
}

fn now() -> Expression {
    Expression::Call { function: Function::CurrentTimestamp, arguments: vec![] }
}

fn less(left: Expression, right: Expression) -> Expression {
    binary(left, BinaryOperator::Less, right)
}

fn not(operand: Expression) -> Expression {
    Expression::Unary { operator: UnaryOperator::Not, operand: Box::new(operand) }
}

#[test]
fn a_composite_keeps_its_meaning_whatever_the_precedence() {
    let sum = binary(a(), BinaryOperator::Add, integer(1));
    assert_eq!(value(&binary(sum.clone(), BinaryOperator::Multiply, integer(2))), "(([a] + 1) * 2)");
    let negative = Expression::Unary { operator: UnaryOperator::Negate, operand: Box::new(integer(-1)) };
    assert_eq!(value(&binary(a(), BinaryOperator::Subtract, negative)), "([a] - (- -1))");
    assert_eq!(
        holds(&not(binary(less(a(), sum), BinaryOperator::Or, less(a(), integer(3))))),
        "(NOT (([a] < ([a] + 1)) OR ([a] < 3)))"
    );
}

#[test]
fn a_chain_of_one_operator_stands_in_one_pair_of_parentheses() {
    let three = |operator| binary(binary(less(a(), integer(1)), operator, flag()), operator, less(a(), integer(2)));
    assert_eq!(holds(&three(BinaryOperator::And)), "(([a] < 1) AND ([flag] = 1) AND ([a] < 2))");
    let mixed = binary(three(BinaryOperator::Or), BinaryOperator::And, flag());
    assert_eq!(holds(&mixed), "((([a] < 1) OR ([flag] = 1) OR ([a] < 2)) AND ([flag] = 1))");
}

#[test]
fn a_boolean_value_is_made_a_condition_wherever_one_is_expected() {
    assert_eq!(holds(&flag()), "([flag] = 1)");
    assert_eq!(holds(&not(flag())), "(NOT ([flag] = 1))");
    assert_eq!(holds(&Expression::literal(Value::Boolean(true), ColumnType::Boolean)), "(1 = 1)");
    let case = Expression::Case { branches: vec![(flag(), integer(1))], otherwise: Some(Box::new(integer(2))) };
    assert_eq!(value(&case), "(CASE WHEN ([flag] = 1) THEN 1 ELSE 2 END)");
    assert_eq!(holds(&less(a(), integer(1))), "([a] < 1)");
    assert_eq!(holds(&Expression::Raw("whatever".into())), "whatever");
}

#[test]
fn a_predicate_is_made_a_value_wherever_one_is_expected() {
    assert_eq!(value(&less(a(), integer(1))), "(CASE WHEN ([a] < 1) THEN 1 ELSE 0 END)");
    assert_eq!(value(&flag()), "[flag]");
    let compared = binary(flag(), BinaryOperator::Equal, not(flag()));
    assert_eq!(holds(&compared), "([flag] = (CASE WHEN (NOT ([flag] = 1)) THEN 1 ELSE 0 END))");
    let null = Expression::IsNull { operand: Box::new(less(a(), integer(1))), negated: true };
    assert_eq!(holds(&null), "((CASE WHEN ([a] < 1) THEN 1 ELSE 0 END) IS NOT NULL)");
}

#[test]
fn membership_and_ranges_are_compared_as_the_dialect_compares() {
    let within = |operand, list, negated| Expression::In { operand: Box::new(operand), list, negated };
    assert_eq!(holds(&within(a(), vec![integer(1), integer(2)], false)), "([a] IN (1, 2))");
    assert_eq!(holds(&within(a(), vec![integer(1)], true)), "([a] NOT IN (1))");
    assert_eq!(
        holds(&within(price(), vec![integer(1), integer(2)], true)),
        "(NOT ((CMP([price], 1) = 0) OR (CMP([price], 2) = 0)))"
    );
    let between = |operand, negated| Expression::Between {
        operand: Box::new(operand),
        low: Box::new(integer(1)),
        high: Box::new(integer(2)),
        negated,
    };
    assert_eq!(holds(&between(a(), false)), "([a] BETWEEN 1 AND 2)");
    assert_eq!(holds(&between(a(), true)), "([a] NOT BETWEEN 1 AND 2)");
    assert_eq!(holds(&between(price(), false)), "((CMP([price], 1) >= 0) AND (CMP([price], 2) <= 0))");
}

#[test]
fn the_current_time_is_read_as_what_it_meets() {
    let seen = reference("seen", ColumnType::TimestampTz);
    assert_eq!(holds(&less(now(), seen.clone())), "(NOW_WITH_ZONE < [seen])");
    assert_eq!(holds(&less(reference("at", ColumnType::Timestamp), now())), "([at] < CURRENT_TIMESTAMP)");
    assert_eq!(expression(&Peculiar, &now(), Some(&ColumnType::TimestampTz)).unwrap(), "NOW_WITH_ZONE");
    let coalesce = Expression::Call { function: Function::Coalesce, arguments: vec![seen.clone(), now()] };
    assert_eq!(value(&coalesce), "COALESCE([seen], NOW_WITH_ZONE)");
    let case = Expression::Case { branches: vec![(flag(), now())], otherwise: None };
    assert_eq!(
        expression(&Peculiar, &case, Some(&ColumnType::TimestampTz)).unwrap(),
        "(CASE WHEN ([flag] = 1) THEN NOW_WITH_ZONE END)"
    );
    let between =
        Expression::Between { operand: Box::new(seen), low: Box::new(now()), high: Box::new(now()), negated: false };
    assert_eq!(holds(&between), "([seen] BETWEEN NOW_WITH_ZONE AND NOW_WITH_ZONE)");
}

#[test]
fn functions_casts_patterns_and_aggregates_go_through_the_dialect() {
    let lower = Expression::Call { function: Function::Lower, arguments: vec![reference("t", ColumnType::Text)] };
    assert_eq!(value(&lower), "LOWER([t])");
    assert_eq!(value(&Expression::Cast { operand: Box::new(a()), to: ColumnType::BigInt }), "CAST([a] AS BIGINT)");
    let like = Expression::Like { operand: Box::new(lower), pattern: "a%".into(), negated: true };
    assert_eq!(holds(&like), "(LOWER([t]) NOT GLOB 'a%')");
    let aggregate = |function, argument: Option<Expression>| {
        value(&Expression::Aggregate { function, argument: argument.map(Box::new) })
    };
    assert_eq!(aggregate(Aggregate::Count, None), "COUNT(*)");
    assert_eq!(aggregate(Aggregate::Sum, Some(a())), "SUM([a])");
    assert_eq!(aggregate(Aggregate::Average, Some(a())), "AVG([a])");
}

#[test]
fn what_the_dialect_refuses_is_an_error() {
    let bytes = Expression::literal(Value::Bytes(vec![1]), ColumnType::Blob);
    let error = expression(&Peculiar, &binary(bytes.clone(), BinaryOperator::Equal, bytes), None).unwrap_err();
    assert_eq!(error.code(), "dialect.unsupported");
}

#[test]
fn a_query_names_its_items_and_qualifies_by_alias() {
    let column = |relation: &str, word: &str, column_type| {
        Expression::Column(ColumnReference {
            relation: Some(name(relation)),
            name: name(word),
            column_type,
            nullable: false,
        })
    };
    let query = Select {
        items: vec![
            SelectItem { expression: column("p", "title", ColumnType::Text), alias: name("title") },
            SelectItem {
                expression: Expression::Aggregate { function: Aggregate::Count, argument: None },
                alias: name("n"),
            },
        ],
        from: Relation { name: name("posts"), alias: Some(name("p")) },
        joins: vec![Join {
            kind: JoinKind::Left,
            relation: Relation { name: name("users"), alias: None },
            on: binary(
                column("p", "author_id", ColumnType::BigInt),
                BinaryOperator::Equal,
                column("users", "id", ColumnType::BigInt),
            ),
        }],
        filter: Some(column("p", "published", ColumnType::Boolean)),
        group_by: vec![column("p", "title", ColumnType::Text)],
    };
    assert_eq!(
        super::select(&Peculiar, &query).unwrap(),
        "SELECT [p].[title] AS [title], COUNT(*) AS [n] FROM [posts] [p] \
         LEFT JOIN [users] ON ([p].[author_id] = [users].[id]) WHERE ([p].[published] = 1) GROUP BY [p].[title]"
    );
}

#[test]
fn values_and_assignments_are_typed_by_their_columns() {
    let events = table(
        "events",
        vec![
            column("id", ColumnType::Integer),
            column("at", ColumnType::TimestampTz),
            column("note", ColumnType::Text),
        ],
        vec![],
    );
    let values = Insert {
        table: name("events"),
        columns: names(&["id", "at", "note"]),
        source: InsertSource::Values(vec![
            vec![Some(integer(1)), Some(now()), Some(text("it's"))],
            vec![None, None, Some(Expression::null())],
        ]),
    };
    assert_eq!(
        insert(&Peculiar, &values, &events).unwrap(),
        "INSERT INTO [events] ([id], [at], [note]) VALUES (1, NOW_WITH_ZONE, 'it''s'), (DEFAULT, DEFAULT, NULL:TEXT)"
    );
    let mut query = crate::schema::testing::select("old", &[("id", ColumnType::Integer)]);
    query.items.push(SelectItem { expression: now(), alias: name("at") });
    let copied = Insert { table: name("events"), columns: names(&["id", "at"]), source: InsertSource::Select(query) };
    assert_eq!(
        insert(&Peculiar, &copied, &events).unwrap(),
        "INSERT INTO [events] ([id], [at]) SELECT [id] AS [id], NOW_WITH_ZONE AS [at] FROM [old]"
    );
    let set = Update {
        table: name("events"),
        assignments: vec![(name("at"), Some(now())), (name("note"), None)],
        filter: Some(flag()),
    };
    assert_eq!(
        update(&Peculiar, &set, &events).unwrap(),
        "UPDATE [events] SET [at] = NOW_WITH_ZONE, [note] = DEFAULT WHERE ([flag] = 1)"
    );
    let gone = Delete { table: name("events"), filter: None };
    assert_eq!(delete(&Peculiar, &gone).unwrap(), "DELETE FROM [events]");
}

#[test]
fn placeholders_count_through_all_rows() {
    assert_eq!(
        insert_with_placeholders(&Peculiar, &name("t"), &names(&["a", "b"]), 2),
        "INSERT INTO [t] ([a], [b]) VALUES (:1, :2), (:3, :4)"
    );
}
