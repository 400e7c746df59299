//! Properties: whatever is written, the binder answers with changes or with an error at a place of the text; and what it bound
//! has a type.

use proptest::prelude::*;

use super::{SHOP, changes_on, shop, source};
use crate::schema::{Change, ColumnType, Schema};
use crate::sql::binder::bind_all;
use crate::sql::portable;
use crate::sql::test_flavours::cases;

/// Numbers over the orders.
fn number() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("pieces".to_owned()),
        Just("total".to_owned()),
        Just("orders.id".to_owned()),
        Just("price".to_owned()),
        Just("weight".to_owned()),
        Just("ratio".to_owned()),
        (-70000_i64..70000).prop_map(|number| number.to_string()),
        (0_u32..1000, 0_u32..1000).prop_map(|(whole, fraction)| format!("{whole}.{fraction}")),
        Just("1.5e-3".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/", "%"]), inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            inner.clone().prop_map(|operand| format!("-{operand}")),
            inner.clone().prop_map(|operand| format!("ABS({operand})")),
            inner.clone().prop_map(|operand| format!("ROUND({operand}, 1)")),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("COALESCE({first}, {second}, NULL)")),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("NULLIF({first}, {second})")),
            (inner.clone(), prop::sample::select(vec!["BIGINT", "DECIMAL(20, 4)", "DOUBLE PRECISION"]))
                .prop_map(|(operand, to)| format!("CAST({operand} AS {to})")),
            (condition_of(inner.clone()), inner.clone(), inner)
                .prop_map(|(when, then, otherwise)| format!("CASE WHEN {when} THEN {then} ELSE {otherwise} END")),
        ]
    })
    .boxed()
}

/// Conditions over numbers.
fn condition_of(number: impl Strategy<Value = String> + Clone + 'static) -> BoxedStrategy<String> {
    let comparison = (number.clone(), prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]), number.clone())
        .prop_map(|(left, operator, right)| format!("{left} {operator} {right}"));
    let leaf = prop_oneof![
        comparison,
        number.clone().prop_map(|operand| format!("{operand} IS NOT NULL")),
        (number.clone(), number.clone(), number.clone())
            .prop_map(|(operand, low, high)| format!("{operand} BETWEEN {low} AND {high}")),
        (number.clone(), prop::collection::vec(number, 1..3))
            .prop_map(|(operand, list)| format!("{operand} NOT IN ({})", list.join(", "))),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["AND", "OR"]), inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            inner.prop_map(|operand| format!("(NOT ({operand}))")),
        ]
    })
    .boxed()
}

/// Texts and dates over the customers.
fn text() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("email".to_owned()),
        Just("note".to_owned()),
        Just("TRIM(country)".to_owned()),
        "[a-zA-Z '%_äö]{0,6}".prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        Just("CAST(id AS VARCHAR(20))".to_owned()),
        Just("CAST(born AS VARCHAR(10))".to_owned()),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} || {right}")),
            inner.clone().prop_map(|operand| format!("LOWER({operand})")),
            inner.clone().prop_map(|operand| format!("SUBSTRING({operand}, 2, 5)")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(text, from, to)| format!("REPLACE({text}, {from}, {to})")),
            (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("COALESCE({first}, {second})")),
            (inner.clone(), inner).prop_map(|(first, second)| {
                format!("CASE WHEN {first} LIKE 'a%' THEN {second} WHEN seen < CURRENT_TIMESTAMP THEN 'x' END")
            }),
        ]
    })
    .boxed()
}

/// Conditions over days, times, instants and identifiers, which constants stand beside in every form.
fn moment() -> impl Strategy<Value = String> {
    let days = [
        "born",
        "'2024-02-29'",
        "DATE '2023-01-01'",
        "CURRENT_DATE",
        "CAST(seen AS DATE)",
        "COALESCE(born, '2024-01-01')",
    ];
    let times = ["opens", "'08:30'", "TIME '23:59:59.5'", "NULLIF(opens, '10:00')"];
    let moments = [
        "seen",
        "'2024-02-29 10:00:00'",
        "TIMESTAMP '2024-02-29T10:00:00.25'",
        "CURRENT_TIMESTAMP",
        "COALESCE(seen, CURRENT_TIMESTAMP)",
        "CASE WHEN active THEN CURRENT_TIMESTAMP ELSE '2024-02-29 10:00:00' END",
    ];
    let instants = [
        "instant",
        "'2024-02-29 10:00:00Z'",
        "TIMESTAMP WITH TIME ZONE '2024-02-29 10:00:00+02'",
        "CURRENT_TIMESTAMP",
        "COALESCE(CURRENT_TIMESTAMP, instant)",
        "NULLIF(instant, CURRENT_TIMESTAMP)",
    ];
    let identifiers =
        ["token", "UUID 'f47ac10b-58cc-4372-a567-0e02b2c3d479'", "'F47AC10B-58cc-4372-a567-0e02b2c3d479'"];
    let numbers = ["id", "1", "1.5", "1e0", "-2", "DATE '2024-01-01'", "CAST(NULL AS BIGINT)", "LENGTH(email)"];
    let words = ["email", "country", "'de'", "''", "TRIM(country)", "CASE WHEN active THEN 'a' ELSE email END"];
    let lists = [&days[..], &times, &moments, &instants, &identifiers, &numbers, &words];
    let lists: Vec<Vec<String>> = lists.iter().map(|list| list.iter().map(|&it| it.to_owned()).collect()).collect();
    prop::sample::select(lists).prop_flat_map(|list| {
        let one = || prop::sample::select(list.clone());
        prop_oneof![
            (one(), prop::sample::select(vec!["=", "<>", "<", ">="]), one())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            (one(), one(), one()).prop_map(|(operand, low, high)| format!("{operand} BETWEEN {low} AND {high}")),
            (one(), one(), one()).prop_map(|(operand, first, second)| format!("{operand} IN ({first}, {second})")),
            (one(), one(), one()).prop_map(|(operand, first, second)| format!(
                "CASE {operand} WHEN {first} THEN TRUE WHEN {second} THEN active END"
            )),
        ]
    })
}

/// The shop's vocabulary, in no order.
fn salad() -> impl Strategy<Value = String> {
    let words: Vec<String> = SHOP
        .split_whitespace()
        .chain(
            "SELECT FROM WHERE GROUP BY JOIN LEFT ON AS INSERT INTO VALUES UPDATE SET DELETE ALTER ADD COLUMN DROP CONSTRAINT \
             RENAME TO CASE WHEN THEN ELSE END CAST ( ) , ; . * = < + - / % || AND OR NOT IN BETWEEN LIKE IS 1 2.5 'a' '' \
             X'00' \"Id\" COUNT SUM MIN LOWER ROUND SUBSTRING CURRENT_TIMESTAMP CREATE VIEW INDEX COMMENT"
                .split_whitespace(),
        )
        .map(str::to_owned)
        .collect();
    prop::collection::vec(prop::sample::select(words), 0..25).prop_map(|words| words.join(" "))
}

/// Statements that hold the expressions.
fn statement() -> impl Strategy<Value = String> {
    prop_oneof![
        number().prop_map(|value| format!("CREATE VIEW v AS SELECT {value} AS it FROM orders")),
        number()
            .prop_map(|value| format!("CREATE VIEW v AS SELECT SUM({value}) AS it FROM orders GROUP BY customer_id")),
        number().prop_map(|value| format!("UPDATE orders SET weight = {value}, price = ROUND({value}, 2)")),
        condition_of(number()).prop_map(|condition| format!("DELETE FROM orders WHERE {condition}")),
        moment().prop_map(|condition| format!("DELETE FROM customers WHERE {condition}")),
        moment().prop_map(|condition| format!("ALTER TABLE customers ADD CHECK ({condition} OR NOT ({condition}))")),
        condition_of(number()).prop_map(|condition| format!("ALTER TABLE orders ADD CHECK ({condition})")),
        text().prop_map(|value| format!("UPDATE customers SET note = {value}")),
        text().prop_map(|value| format!("INSERT INTO customers (email, note) SELECT email, {value} FROM customers")),
        text().prop_map(|value| format!("CREATE VIEW v AS SELECT {value} AS it FROM customers WHERE {value} <> 'a'")),
    ]
}

fn bound(schema: &Schema, text: &str) -> Option<Vec<Change>> {
    match changes_on(&mut schema.clone(), text) {
        Ok(changes) => Some(changes),
        Err(error) => {
            let location = error.location().unwrap_or_else(|| panic!("{text}: {error} has no place"));
            assert!(text.get(location.span.clone()).is_some(), "{text}: {error} at {:?}", location.span);
            assert!(!error.message().is_empty() && !error.code().is_empty());
            None
        }
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_text_is_bound_or_refused_at_a_place_of_it(text in salad()) {
        bound(&shop(), &text);
    }

    #[test]
    fn what_is_bound_has_a_type_and_written_out_it_is_bound_the_same_again(text in statement()) {
        let Some(changes) = bound(&shop(), &text) else { return Ok(()) };
        for change in &changes {
            if let Change::CreateView(view) = change {
                prop_assert!(view.query.items.iter().all(|item| item.expression.column_type().is_some()));
            }
        }
        let written: String = changes.iter().map(|change| format!("{}\n", portable::change(change))).collect();
        let again = changes_on(&mut shop(), &written);
        prop_assert!(again.is_ok(), "{}\n{}\n{:?}", text, written, again);
        prop_assert_eq!(again.ok(), Some(changes), "{}\n{}", text, written);
    }

    #[test]
    fn a_whole_number_takes_the_column_s_type_or_is_refused(number in any::<i64>()) {
        for (column, column_type, fits) in [
            ("pieces", ColumnType::SmallInt, i16::try_from(number).is_ok()),
            ("total", ColumnType::Integer, i32::try_from(number).is_ok()),
            ("id", ColumnType::BigInt, true),
        ] {
            let text = format!("UPDATE orders SET {column} = {number}");
            let changes = bound(&shop(), &text);
            prop_assert_eq!(changes.is_some(), fits, "{} {}", column_type, text);
        }
    }
}

#[test]
fn most_of_what_is_generated_is_bound() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let statements = (0..300).filter(|_| {
        let text = statement().new_tree(&mut runner).unwrap().current();
        bound(&shop(), &text).is_some()
    });
    assert!(statements.count() > 100);
}

#[test]
fn ten_thousand_rows_are_bound_in_one_statement() {
    let rows: Vec<String> = (0..10_000).map(|row| format!("({row}, 1, 2, NULL, 9.95, 0.5, 1.5)")).collect();
    let text = format!("INSERT INTO orders VALUES {};", rows.join(",\n"));
    let bound = bind_all(&source(&text), 0..text.len(), &mut shop()).unwrap();
    assert_eq!(bound.len(), 1);
}
