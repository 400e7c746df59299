//! Values whose column changes its type.

use fastman_core::error::ErrorClass;

use crate::support::Database;

async fn retype(from: &str, to: &str, value: &str) -> fastman_core::Result<String> {
    let mut database = Database::with(&format!(
        "CREATE TABLE t (id BIGINT PRIMARY KEY, v {from}); INSERT INTO t VALUES (1, {value}), (2, NULL)"
    ))
    .await;
    database.migrate(&format!("ALTER TABLE t ALTER COLUMN v SET DATA TYPE {to}")).await?;
    database.raw(&["PRAGMA foreign_key_check"]).await;
    Ok(database
        .text("SELECT typeof(v) || ' ' || v FROM t WHERE id = 1 AND EXISTS (SELECT 1 FROM t WHERE v IS NULL)")
        .await)
}

#[tokio::test]
async fn a_value_becomes_one_of_the_new_type() {
    for (from, to, value, expected) in [
        ("SMALLINT", "BIGINT", "7", "integer 7"),
        ("BIGINT", "SMALLINT", "-32768", "integer -32768"),
        ("INTEGER", "DECIMAL(12, 2)", "7", "integer 7"),
        ("INTEGER", "DECIMAL(20, 4)", "-7", "text -7.0000"),
        ("INTEGER", "DECIMAL(20, 0)", "7", "text 7"),
        ("DECIMAL(10, 2)", "DECIMAL(20, 4)", "1.50", "text 1.5000"),
        ("DECIMAL(10, 2)", "DECIMAL(20, 4)", "-0.05", "text -0.0500"),
        ("DECIMAL(15, 2)", "DECIMAL(16, 2)", "9999999999999.99", "text 9999999999999.99"),
        ("DECIMAL(20, 4)", "DECIMAL(10, 2)", "1.5", "real 1.5"),
        ("DECIMAL(20, 4)", "DECIMAL(30, 10)", "12345678901234.5678", "text 12345678901234.5678000000"),
        ("DECIMAL(20, 4)", "DECIMAL(18, 2)", "12345678901234.5", "text 12345678901234.50"),
        ("DECIMAL(20, 4)", "DECIMAL(18, 0)", "-5", "text -5"),
        ("DECIMAL(20, 4)", "BIGINT", "123456789012345", "integer 123456789012345"),
        ("DECIMAL(19, 0)", "BIGINT", "9223372036854775807", "integer 9223372036854775807"),
        ("DECIMAL(21, 2)", "BIGINT", "-9223372036854775808", "integer -9223372036854775808"),
        ("DECIMAL(20, 0)", "DECIMAL(22, 2)", "12345678901234567890", "text 12345678901234567890.00"),
        ("DECIMAL(10, 2)", "INTEGER", "3.00", "integer 3"),
        ("INTEGER", "DOUBLE PRECISION", "3", "real 3.0"),
        ("INTEGER", "VARCHAR(11)", "-3", "text -3"),
        ("BIGINT", "TEXT", "9223372036854775807", "text 9223372036854775807"),
        ("DATE", "TIMESTAMP", "DATE '2024-02-29'", "text 2024-02-29 00:00:00"),
        ("DATE", "VARCHAR(10)", "DATE '2024-02-29'", "text 2024-02-29"),
        (
            "UUID",
            "CHAR(36)",
            "UUID '00112233-4455-6677-8899-AABBCCDDEEFF'",
            "text 00112233-4455-6677-8899-aabbccddeeff",
        ),
        ("TEXT", "VARCHAR(4)", "'äöüß'", "text äöüß"),
        ("BLOB", "VARBINARY(2)", "X'cafe'", "blob \u{fffd}\u{fffd}"),
    ] {
        let found = retype(from, to, value).await;
        match found {
            Ok(found) if to == "VARBINARY(2)" => assert!(found.starts_with("blob"), "{found}"),
            Ok(found) => assert_eq!(found, expected, "{value}: {from} to {to}"),
            Err(error) => panic!("{value}: {from} to {to}: {error} {:?}", error.details()),
        }
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_fails_with_the_column_and_the_type() {
    for (from, to, value) in [
        ("BIGINT", "SMALLINT", "32768"),
        ("BIGINT", "INTEGER", "-2147483649"),
        ("INTEGER", "DECIMAL(3, 1)", "100"),
        ("DECIMAL(10, 2)", "DECIMAL(10, 1)", "1.25"),
        ("DECIMAL(10, 2)", "INTEGER", "0.01"),
        ("DECIMAL(10, 0)", "SMALLINT", "40000"),
        ("DECIMAL(20, 4)", "DECIMAL(10, 2)", "1.001"),
        ("DECIMAL(20, 4)", "DECIMAL(5, 4)", "10"),
        ("DECIMAL(20, 4)", "BIGINT", "0.5"),
        ("DECIMAL(38, 0)", "BIGINT", "9223372036854775808"),
        ("DECIMAL(38, 0)", "BIGINT", "-9223372036854775809"),
        ("DECIMAL(38, 0)", "BIGINT", "10000000000000000000"),
        ("DECIMAL(38, 0)", "INTEGER", "2147483648"),
        ("DECIMAL(20, 0)", "DECIMAL(18, 0)", "1234567890123456789"),
        ("TEXT", "VARCHAR(3)", "'four'"),
        ("BLOB", "VARBINARY(1)", "X'cafe'"),
    ] {
        let error = retype(from, to, value).await.unwrap_err();
        assert_eq!(error.class(), Some(ErrorClass::CheckViolation), "{value}: {from} to {to}: {error}");
        assert!(error.message().contains(&format!("t.v has a value that does not fit {to}")), "{error}");
    }
}

#[tokio::test]
async fn what_another_program_wrote_into_a_long_decimal_is_not_cut_blindly() {
    for value in ["'1.5'", "'x'", "'1-2.0000'", "'1.2.0000'", "''", "'--1.0000'"] {
        let mut database = Database::with("CREATE TABLE t (v DECIMAL(20, 4))").await;
        database.raw(&[&format!("INSERT INTO t VALUES ({value})")]).await;
        let error = database.migrate("ALTER TABLE t ALTER COLUMN v SET DATA TYPE DECIMAL(22, 6)").await.unwrap_err();
        assert!(error.message().contains("that is not written as a DECIMAL(20, 4) is"), "{value}: {error}");
    }
}

#[tokio::test]
async fn a_retype_that_sqlite_does_not_see_is_no_rebuild() {
    let database =
        Database::with("CREATE TABLE t (id SMALLINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, b VARBINARY(4))")
            .await;
    assert!(
        database
            .render("ALTER TABLE t ALTER COLUMN id SET DATA TYPE BIGINT, ALTER COLUMN b SET DATA TYPE BLOB")
            .unwrap()
            .is_empty()
    );
}
