//! What is said about a formula that makes no sense, and which part of it is pointed at.

use super::*;

/// Code, the part pointed at, message and help.
fn error(text: &str) -> (&'static str, String, String, String) {
    let error = match parse(text, Place::Seeder) {
        Err(error) => error,
        Ok(formula) => {
            let mut value = Value::Null;
            let row = row();
            formula.evaluate(&context(0, &row), &mut value).expect_err(text)
        }
    };
    let part = text.get(error.span).unwrap_or("?").to_owned();
    (error.code, part, error.message, error.help.unwrap_or_default())
}

fn is_refused(text: &str, code: &str, part: &str, words: &str) {
    let (found, pointed, message, help) = error(text);
    let said = format!("{message} | {help}");
    assert_eq!((found, pointed.as_str()), (code, part), "{text}: {said}");
    assert!(said.contains(words), "{text}: {said}");
}

#[test]
fn a_slip_of_syntax_is_pointed_at() {
    is_refused("", "formula.syntax", "", "no formula");
    is_refused("1 +", "formula.syntax", "", "expected a value");
    is_refused("1 2", "formula.syntax", "2", "the end of the formula");
    is_refused("lower('a'", "formula.syntax", "", ", or )");
    is_refused("'open", "formula.syntax", "'open", "no closing quote");
    is_refused("1 == 1", "formula.syntax", "==", "single =");
    is_refused("X'caf'", "formula.syntax", "X'caf'", "two digits");
    is_refused("12abc", "formula.syntax", "12abc", "not a number");
    is_refused("CASE END", "formula.syntax", "", "expected WHEN");
    is_refused("CAST(1 AS MONEY)", "formula.syntax", "MONEY", "DECIMAL(p, s)");
    is_refused("now() - interval '3' parsec", "formula.syntax", "interval '3'", "units");
    is_refused("ref(roles)", "formula.syntax", ")", "ref(table.column)");
    is_refused("select 1", "formula.syntax", "select", "ref(");
    is_refused(&"(".repeat(200), "formula.syntax", "(", "too deeply");
    is_refused(&format!("{}1", "- ".repeat(201)), "formula.syntax", "-", "too deeply");
}

#[test]
fn an_unknown_name_is_answered_with_the_nearest() {
    is_refused("emial()", "formula.unknown-function", "emial", "did you mean email?");
    is_refused("unique(first_nam())", "formula.unknown-function", "first_nam", "did you mean first_name?");
    is_refused("randomElement('a', 'b')", "formula.unknown-function", "randomElement", "here it is pick(");
    is_refused("number_between(1, 2)", "formula.unknown-function", "number_between", "here it is int(low, high)");
    is_refused("frobnicate()", "formula.unknown-function", "frobnicate", "factory:functions");
    is_refused("nmae", "formula.unknown-field", "nmae", "did you mean name?");
    is_refused("email", "formula.unknown-field", "email", "email()");
    is_refused("admin", "formula.unknown-field", "admin", "single quotes");
}

#[test]
fn wrong_types_show_when_the_file_is_read() {
    is_refused("1 + 'a'", "formula.types", "'a'", "||");
    is_refused("now() + 1", "formula.types", "now()", "interval");
    is_refused("int('a', 2)", "formula.types", "'a'", "takes an integer");
    is_refused("lower(5)", "formula.types", "5", "takes a text");
    is_refused("1.5 / 2.0", "formula.types", "1.5 / 2.0", "DOUBLE PRECISION");
    is_refused("'a' AND TRUE", "formula.types", "'a'", "condition");
    is_refused("TRUE = 1", "formula.types", "TRUE = 1", "can't be compared");
    is_refused("CASE WHEN 1 THEN 2 END", "formula.types", "1", "condition");
    is_refused("date('2024-02-30')", "formula.bad-value", "'2024-02-30'", "not a date");
    is_refused("time('25:00')", "formula.bad-value", "'25:00'", "not a time");
    is_refused("DATE 'soon'", "formula.bad-value", "DATE 'soon'", "not a date");
    is_refused("CAST('x' AS INTEGER)", "formula.bad-value", "CAST('x' AS INTEGER)", "can't be cast");
    is_refused("CAST(40000 AS SMALLINT)", "formula.bad-value", "CAST(40000 AS SMALLINT)", "can't be cast");
    is_refused("hex('xy')", "formula.bad-value", "hex('xy')", "hexadecimal");
    is_refused("geopoint(91, 0)", "formula.bad-value", "geopoint(91, 0)", "latitudes");
    is_refused("reference('users')", "formula.bad-value", "reference('users')", "no document");
    is_refused("interval '3' day", "formula.types", "interval '3' day", "add it to a date");
    is_refused("X'00' || 'a'", "formula.types", "X'00'", "no text");
    is_refused("weighted('a', 'b')", "formula.types", "'a'", "weight");
    is_refused("maybe(1, 2)", "formula.types", "2", "from 0 to 1");
}

#[test]
fn a_call_with_the_wrong_arguments_is_answered_with_its_signature() {
    is_refused("int(1)", "formula.arguments", "int(1)", "int(low, high)");
    is_refused("name(1)", "formula.arguments", "name(1)", "name()");
    is_refused("weighted('a', 1, 'b')", "formula.arguments", "weighted('a', 1, 'b')", "weighted(value, weight, ...)");
    is_refused("now(1)", "formula.arguments", "now(1)", "now()");
    is_refused("bcrypt('x', 3)", "formula.types", "3", "from 4 to 31");
}

#[test]
fn what_can_only_be_seen_in_a_row_is_pointed_at_too() {
    is_refused("1 / (age - 36)", "formula.division-by-zero", "1 / (age - 36)", "divided by zero");
    is_refused("age * 9223372036854775807", "formula.overflow", "age * 9223372036854775807", "past 64 bits");
    is_refused("lower(age)", "formula.types", "age", "not a text");
    is_refused("int(age, 1)", "formula.empty-range", "int(age, 1)", "from 36 to 1");
    is_refused("date('2027-01-01')", "formula.empty-range", "date('2027-01-01')", "there is nothing");
    is_refused("env('ABSENT')", "formula.environment", "env('ABSENT')", "ABSENT is not set");
    is_refused("file('logo.png')", "formula.bad-value", "file('logo.png')", "file_bytes");
    is_refused("ref(roles.id, name = 'x')", "seed.no-such-row", "ref(roles.id, name = 'x')", "add it");
    is_refused("now() + interval '9000' year", "formula.overflow", "now() + interval '9000' year", "9999");
}
