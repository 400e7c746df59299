//! Expressions: the types that operators and functions give, and the form that constants take.

use super::{query, type_of, value, value_of};
use crate::schema::{BinaryOperator, ColumnType, Expression, Function};
use crate::value::Value;

fn constants(expression: &Expression) -> Vec<(Value, String)> {
    let mut found = Vec::new();
    collect(expression, &mut found);
    found
}

fn collect(expression: &Expression, found: &mut Vec<(Value, String)>) {
    if let Expression::Literal { value, column_type } = expression {
        found.push((value.clone(), column_type.as_ref().map(ToString::to_string).unwrap_or_default()));
    }
    expression.for_each_child(&mut |child| collect(child, found));
}

fn only_constant(expression: &Expression) -> (Value, String) {
    let mut found = constants(expression);
    assert_eq!(found.len(), 1, "{expression:?}");
    found.remove(0)
}

#[test]
fn operators_give_types_that_every_engine_agrees_on() {
    for (expression, column_type) in [
        ("pieces + 1", "SMALLINT"),
        ("pieces + 100000", "INTEGER"),
        ("pieces + total", "INTEGER"),
        ("total + id", "BIGINT"),
        ("total / 2", "INTEGER"),
        ("total % 2", "INTEGER"),
        ("price + 1", "DECIMAL(10, 2)"),
        ("price + total", "DECIMAL(12, 2)"),
        ("price * 1.19", "DECIMAL(12, 4)"),
        ("price * 2", "DECIMAL(10, 2)"),
        ("price / 1e0", "DOUBLE PRECISION"),
        ("total * 1.5", "DECIMAL(11, 1)"),
        ("weight * 1.5", "DOUBLE PRECISION"),
        ("weight + price", "DOUBLE PRECISION"),
        ("ratio * 2", "REAL"),
        ("ratio * weight", "DOUBLE PRECISION"),
        ("-total", "INTEGER"),
        ("1 + 2", "INTEGER"),
        ("1 + 2.5", "DECIMAL(11, 1)"),
        ("total > 5 AND NOT (weight = 1)", "BOOLEAN"),
        ("pieces IN (1, 2, 3)", "BOOLEAN"),
        ("'a' || 'bc'", "VARCHAR(3)"),
    ] {
        assert_eq!(type_of(expression), column_type, "{expression}");
    }
}

#[test]
fn functions_give_types_that_every_engine_agrees_on() {
    for (expression, column_type) in [
        ("COALESCE(total, 0)", "INTEGER"),
        ("COALESCE(pieces, total, 0)", "INTEGER"),
        ("COALESCE(price, 0.123)", "DECIMAL(11, 3)"),
        ("COALESCE(weight, price)", "DOUBLE PRECISION"),
        ("NULLIF(total, 0)", "INTEGER"),
        ("ABS(price)", "DECIMAL(10, 2)"),
        ("ROUND(price)", "DECIMAL(8, 0)"),
        ("ROUND(price * 1.19, 1)", "DECIMAL(9, 1)"),
        ("ROUND(total, 2)", "INTEGER"),
        ("CAST(total AS VARCHAR(11))", "VARCHAR(11)"),
        ("CAST(ROUND(price) AS BIGINT)", "BIGINT"),
        ("CAST(1.5 AS DOUBLE PRECISION)", "DOUBLE PRECISION"),
        ("CAST(NULL AS DATE)", "DATE"),
        ("CURRENT_DATE", "DATE"),
        ("CURRENT_TIMESTAMP", "TIMESTAMP"),
        ("CASE WHEN total > 1 THEN pieces ELSE 100000 END", "INTEGER"),
        ("CASE total WHEN 1 THEN 'one' WHEN 2 THEN 'three' END", "VARCHAR(5)"),
        ("CASE WHEN total > 1 THEN NULL ELSE price END", "DECIMAL(10, 2)"),
        ("COUNT(*)", "BIGINT"),
        ("SUM(CASE WHEN total > 1 THEN 1 ELSE 0 END)", "BIGINT"),
        ("SUM(ratio)", "DOUBLE PRECISION"),
        ("AVG(price)", "DOUBLE PRECISION"),
        ("MIN(price)", "DECIMAL(10, 2)"),
    ] {
        assert_eq!(type_of(expression), column_type, "{expression}");
    }
    for (expression, column_type) in [
        ("LOWER(email)", "VARCHAR(200)"),
        ("TRIM(country)", "VARCHAR(2)"),
        ("LENGTH(note)", "INTEGER"),
        ("SUBSTRING(note, 1, 10)", "VARCHAR(10)"),
        ("SUBSTRING(email FROM 3)", "VARCHAR(200)"),
        ("REPLACE(email, 'a', 'bb')", "VARCHAR(400)"),
        ("email || note", "TEXT"),
        ("CAST(seen AS DATE)", "DATE"),
        ("CAST(active AS SMALLINT)", "SMALLINT"),
        ("COALESCE(instant, CURRENT_TIMESTAMP)", "TIMESTAMP WITH TIME ZONE"),
        ("COALESCE(CURRENT_TIMESTAMP, instant)", "TIMESTAMP WITH TIME ZONE"),
        ("COALESCE(country, 'de')", "CHAR(2)"),
        ("COALESCE(born, '2024-01-01')", "DATE"),
    ] {
        assert_eq!(value_of("customers", expression).1, column_type, "{expression}");
    }
}

#[test]
fn a_constant_takes_the_type_of_what_it_is_compared_with() {
    for (expression, constant, column_type) in [
        ("pieces = 5", Value::Integer(5), "SMALLINT"),
        ("5 < id", Value::Integer(5), "BIGINT"),
        ("price = -5", Value::Decimal("-5.00".parse().unwrap()), "DECIMAL(10, 2)"),
        ("weight >= 5", Value::Double(5.0), "DOUBLE PRECISION"),
    ] {
        let (expression, _) = value(expression);
        assert_eq!(only_constant(&expression), (constant, column_type.to_owned()), "{expression:?}");
    }
    for (expression, column_type) in [
        ("born = '2024-01-01'", "DATE"),
        ("'2024-01-01 10:00:00' > seen", "TIMESTAMP"),
        ("instant > '2024-01-01 10:00:00Z'", "TIMESTAMP WITH TIME ZONE"),
        ("opens = '10:00:00'", "TIME"),
        ("token IN ('f47ac10b-58cc-4372-a567-0e02b2c3d479')", "UUID"),
        ("digest = X'cafe'", "VARBINARY(32)"),
        ("country = 'de'", "CHAR(2)"),
        ("email = 'a'", "VARCHAR(200)"),
        ("NULLIF(born, '2024-01-01')", "DATE"),
        ("TIMESTAMP '2024-01-01 10:00:00' < seen", "TIMESTAMP"),
        ("CAST('2024-01-01' AS DATE) < born", "DATE"),
    ] {
        let (expression, _) = value_of("customers", expression);
        assert_eq!(only_constant(&expression).1, column_type, "{expression:?}");
    }
}

#[test]
fn a_division_of_integers_and_one_of_floats_are_two_operators() {
    let operator = |expression: &str| match value(expression).0 {
        Expression::Binary { operator, .. } => operator,
        other => panic!("{other:?}"),
    };
    assert_eq!(operator("total / pieces"), BinaryOperator::IntegerDivide);
    assert_eq!(operator("weight / pieces"), BinaryOperator::Divide);
    assert_eq!(operator("total / weight"), BinaryOperator::Divide);
}

#[test]
fn a_simple_case_becomes_the_searched_one() {
    let (searched, _) = value("CASE WHEN pieces = 1 THEN 'a' WHEN pieces = 2 THEN 'b' ELSE 'c' END");
    assert_eq!(value("CASE pieces WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE 'c' END").0, searched);
}

#[test]
fn an_integer_is_round_already() {
    assert!(matches!(value("ROUND(total, 2)").0, Expression::Column(_)));
    assert!(matches!(value("ROUND(price, 1)").0, Expression::Call { function: Function::Round, .. }));
}

#[test]
fn the_least_integers_can_be_written() {
    let (least, column_type) = value("-9223372036854775808");
    assert_eq!(
        (least, column_type.as_str()),
        (Expression::literal(Value::Integer(i64::MIN), ColumnType::BigInt), "BIGINT")
    );
    assert_eq!(constants(&value("pieces > -32768").0)[0].0, Value::Integer(-32768));
    assert_eq!(constants(&value("total = - - 5").0)[0].0, Value::Integer(5));
}

#[test]
fn conditions_of_every_kind_are_booleans() {
    for condition in [
        "active",
        "NOT active",
        "active = TRUE AND active <> FALSE",
        "TRUE OR FALSE",
        "email LIKE 'a%' AND note NOT LIKE '_b'",
        "id BETWEEN 1 AND 5 AND born NOT BETWEEN '2024-01-01' AND CURRENT_DATE",
        "email IN ('a', LOWER('B')) OR id NOT IN (1, 2)",
        "data IS NOT NULL AND picture IS NULL",
        "(id > 1) = (id > 2)",
        "country = country AND email < note",
        "CASE WHEN active THEN born IS NULL ELSE FALSE END",
        "COALESCE(born > '2024-01-01', FALSE)",
        "1 = 1 AND 'a' = 'a' AND 1 < 1.5",
        "seen < CURRENT_TIMESTAMP AND CURRENT_TIMESTAMP > '2024-01-01 00:00:00'",
        "customers.id = 1 AND CAST(seen AS DATE) = born",
    ] {
        query(&format!("SELECT id FROM customers WHERE {condition}"));
    }
}
