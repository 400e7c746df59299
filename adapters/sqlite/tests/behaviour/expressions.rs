//! Expressions mean on SQLite what they mean everywhere.

use crate::support::Database;

/// The value of an expression over the one row of a table with a column of each kind.
async fn value(expression: &str) -> String {
    let mut database = Database::with(
        "CREATE TABLE t (i INTEGER, j BIGINT, d DECIMAL(10, 2), e DECIMAL(10, 3), l DECIMAL(20, 4), f DOUBLE PRECISION, b BOOLEAN, s TEXT, at TIMESTAMP, day DATE);
         INSERT INTO t VALUES (7, -3, 0.1, 2.675, 12345678901234.5, 0.5, TRUE, 'A*b[c?d_e', TIMESTAMP '2024-02-29 23:59:59.5', DATE '2024-02-29')",
    )
    .await;
    if let Err(error) = database.migrate(&format!("CREATE VIEW v AS SELECT {expression} AS x FROM t")).await {
        return format!("{}: {}", error.code(), error.message());
    }
    database.text("SELECT x FROM v").await
}

#[tokio::test]
async fn numbers_are_calculated_with_as_everywhere() {
    for (expression, expected) in [
        ("i / 2", "3"),
        ("j / 2", "-1"),
        ("j % 2", "-1"),
        ("f / 3", "0.16666666666666666"),
        ("d + 0.2", "0.3"),
        ("d * 3", "0.3"),
        ("d - 0.3", "-0.2"),
        ("CASE WHEN d + 0.2 = 0.3 THEN 'equal' ELSE 'not' END", "equal"),
        ("ROUND(e, 2)", "2.68"),
        ("ROUND(-e, 2)", "-2.68"),
        ("ROUND(e)", "3.0"),
        ("ROUND(e, 5)", "2.675"),
        ("ABS(j)", "3"),
        ("ABS(l)", "12345678901234.5000"),
        ("- (-5)", "5"),
        ("i - (-5)", "12"),
        ("CAST(i AS DECIMAL(20, 2))", "7.00"),
        ("CAST(d AS DECIMAL(20, 4))", "0.1000"),
        ("CAST(l AS DECIMAL(15, 4))", "12345678901234.5"),
        ("CAST(l AS DOUBLE PRECISION)", "12345678901234.5"),
        ("CAST(i AS DOUBLE PRECISION)", "7.0"),
        ("CAST(i AS VARCHAR(11)) || '!'", "7!"),
        ("CAST(b AS INTEGER)", "1"),
        ("CAST(at AS DATE)", "2024-02-29"),
        ("CAST(day AS TEXT)", "2024-02-29"),
        ("COALESCE(d, 0)", "0.1"),
        ("COALESCE(l, 0)", "12345678901234.5000"),
        ("COALESCE(l, d)", "12345678901234.5000"),
        ("CASE WHEN b THEN d ELSE l END", "0.1000"),
    ] {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn texts_are_matched_by_case_and_without_hidden_wildcards() {
    for (expression, expected) in [
        ("s LIKE 'A*b[c?d_e'", "1"),
        ("s LIKE 'a%'", "0"),
        ("s LIKE 'A%'", "1"),
        ("s LIKE '%[c?%'", "1"),
        ("s LIKE 'AXb%'", "0"),
        ("s LIKE 'A_b[_?d_e'", "1"),
        ("s NOT LIKE 'A*%'", "0"),
        ("LENGTH(s)", "9"),
        ("SUBSTRING(s, 2, 3)", "*b["),
        ("UPPER(s) || LOWER('X')", "A*B[C?D_Ex"),
        ("TRIM('  x ')", "x"),
        ("REPLACE(s, 'b', 'B')", "A*B[c?d_e"),
        ("NULLIF(s, 'x')", "A*b[c?d_e"),
        ("s || 'it''s'", "A*b[c?d_eit's"),
    ] {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn a_decimal_kept_as_text_is_never_compared_or_calculated_with() {
    for expression in [
        "l > 5",
        "l = 5",
        "l IN (1, 2)",
        "l BETWEEN 1 AND 2",
        "l + 1",
        "l * i",
        "d < l",
        "ROUND(l, 2)",
        "NULLIF(l, 1)",
        "-l",
        "SUM(l)",
        "MIN(l)",
        "AVG(l)",
        "d * j",
        "d * d",
        "d * e",
    ] {
        let found = value(expression).await;
        assert!(found.starts_with("dialect.unsupported"), "{expression}: {found}");
    }
    assert_eq!(value("l").await, "12345678901234.5000");
    assert_eq!(value("COUNT(l)").await, "1");
    assert!(!value("d * 1.1925").await.starts_with("dialect.unsupported"));
    assert_eq!(value("l IS NOT NULL").await, "1");
}

#[tokio::test]
async fn a_sum_of_decimals_is_exact_and_can_be_filtered_and_stored() {
    let mut database = Database::with(
        "CREATE TABLE items (customer BIGINT, amount DECIMAL(10, 2));
         CREATE TABLE totals (customer BIGINT, amount DECIMAL(38, 2));
         CREATE VIEW sums AS SELECT customer, SUM(amount) AS total, COALESCE(SUM(amount), 0) AS sure, AVG(amount) AS mean FROM items GROUP BY customer;
         CREATE VIEW large AS SELECT s.customer AS customer, s.total AS total FROM sums s WHERE s.total >= 0.3",
    )
    .await;
    database
        .migrate("INSERT INTO items VALUES (1, 0.1), (1, 0.2), (2, 0.1), (3, NULL); INSERT INTO totals SELECT customer, total FROM sums")
        .await
        .unwrap();
    assert_eq!(database.text("SELECT customer, total, sure FROM sums").await, "1|0.3|0.3\n2|0.1|0.1\n3|NULL|0.0");
    assert_eq!(database.text("SELECT customer FROM large").await, "1");
    assert_eq!(
        database.text("SELECT customer, typeof(amount), amount FROM totals").await,
        "1|text|0.30\n2|text|0.10\n3|null|NULL"
    );
    database.migrate("INSERT INTO totals SELECT customer, SUM(amount) FROM items GROUP BY customer").await.unwrap();
    assert_eq!(database.text("SELECT count(DISTINCT amount) FROM totals").await, "2");
}

#[tokio::test]
async fn what_is_stored_in_a_long_decimal_is_written_with_its_scale() {
    let mut database = Database::with(
        "CREATE TABLE t (i INTEGER, l DECIMAL(20, 4), m DECIMAL(30, 6)); INSERT INTO t VALUES (3, 1.5, 2)",
    )
    .await;
    assert_eq!(database.text("SELECT l, m FROM t").await, "1.5000|2.000000");
    database.migrate("UPDATE t SET l = i, m = l").await.unwrap();
    assert_eq!(database.text("SELECT l, m FROM t").await, "3.0000|1.500000");
}

#[tokio::test]
async fn booleans_are_conditions_and_conditions_are_booleans() {
    let mut database = Database::with(
        "CREATE TABLE t (a INTEGER, b BOOLEAN DEFAULT FALSE); INSERT INTO t (a) VALUES (1), (2); UPDATE t SET b = a > 1",
    )
    .await;
    assert_eq!(database.text("SELECT a, b FROM t").await, "1|false\n2|true");
    database.migrate("DELETE FROM t WHERE NOT b").await.unwrap();
    assert_eq!(database.count("t").await, 1);
    assert!(database.store.execute("INSERT INTO t VALUES (1, 2)", &[]).await.is_err());
}

#[tokio::test]
async fn now_compares_with_what_is_stored() {
    let mut database = Database::with(
        "CREATE TABLE t (at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, a INTEGER); INSERT INTO t (a) VALUES (1)",
    )
    .await;
    database.migrate("INSERT INTO t (at) VALUES (TIMESTAMP '2001-01-01 00:00:00.000001'); DELETE FROM t WHERE at <= TIMESTAMP '2001-01-01 00:00:00'").await.unwrap();
    assert_eq!(database.count("t").await, 2);
    database.migrate("DELETE FROM t WHERE at <= CURRENT_TIMESTAMP").await.unwrap();
    assert_eq!(database.count("t").await, 0);
}
