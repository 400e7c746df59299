//! What a table refuses that the servers would take and make something else of, or could not take back.

use chrono::{NaiveTime, Timelike};
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::Name;
use fastman_core::store::WriteTarget;
use fastman_core::value::Value;

use crate::dialect::string;
use crate::store::MysqlStore;

/// What the values of one column are held against.
#[derive(Debug)]
pub(super) struct Rule {
    column: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// So many digits of a second, of six: the servers round the others away.
    Seconds(u32),
    /// These texts: a number is taken for the place of one of them.
    Members(Vec<String>),
}

/// Refuses a table that does not take part in transactions: what is written there stays, whatever becomes of the run.
///
/// # Errors
/// `mysql.not-transactional`; what the server says.
pub(crate) async fn check_transactional(store: &mut MysqlStore, table: &Name) -> Result<()> {
    if store.is_transactional(table) {
        return Ok(());
    }
    let sql = format!(
        "SELECT t.TABLE_NAME, t.ENGINE FROM information_schema.TABLES AS t INNER JOIN information_schema.ENGINES AS e ON e.ENGINE = t.ENGINE \
         WHERE t.TABLE_SCHEMA = {} AND t.TABLE_NAME = {} AND e.TRANSACTIONS = 'NO'",
        string(store.database()),
        string(table.as_str())
    );
    // The catalog compares names without regard to case, the server may tell such tables apart.
    for row in store.text_rows(&sql).await? {
        if let [Value::Text(name), Value::Text(engine)] = row.as_slice()
            && store.is_same_name(name, table.as_str())
        {
            let message = format!(
                "{table} is a table of the engine {engine}, which has no transactions: what is written there stays"
            );
            return Err(Error::refused("mysql.not-transactional", message).with_help(format!(
                "make it one of InnoDB, `ALTER TABLE {table} ENGINE = InnoDB`, then run it again"
            )));
        }
    }
    store.know_transactional(table);
    Ok(())
}

/// The rules of the columns that are written, each with its place in a row.
///
/// # Errors
/// One of them is generated; what the server says.
pub(super) async fn of(store: &mut MysqlStore, target: &WriteTarget) -> Result<Vec<(usize, Rule)>> {
    let sql = format!(
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, DATETIME_PRECISION, GENERATION_EXPRESSION FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} \
         AND (DATETIME_PRECISION < 6 OR DATA_TYPE = 'enum' OR GENERATION_EXPRESSION <> '')",
        string(store.database()),
        string(target.table.as_str())
    );
    let mut rules = Vec::new();
    for row in store.text_rows(&sql).await? {
        let [Value::Text(table), Value::Text(column), column_type, precision, generated] = row.as_slice() else {
            continue;
        };
        if !store.is_same_name(table, target.table.as_str()) {
            continue;
        }
        let key = Name::exact(column);
        let Some(place) = target.columns.iter().position(|known| known.name.key() == key.key()) else { continue };
        if text(generated).is_some_and(|expression| !expression.is_empty()) {
            let message = format!("{}.{column} is generated, and takes no value", target.table);
            return Err(Error::database(ErrorClass::BadValue, message).with_help("leave the column out"));
        }
        let declared = text(column_type).unwrap_or_default();
        let kind = match precision {
            // A DATE has none.
            Value::Integer(digits) if !declared.starts_with("date") || declared.starts_with("datetime") => {
                Kind::Seconds(u32::try_from(*digits).unwrap_or(6))
            }
            _ => match declared.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
                Some(members) => Kind::Members(texts(members)),
                None => continue,
            },
        };
        rules.push((place, Rule { column: column.clone(), kind }));
    }
    Ok(rules)
}

/// Holds a row against the rules.
///
/// # Errors
/// A value that would be stored as another.
pub(super) fn check(rules: &[(usize, Rule)], row: &[Value]) -> Result<()> {
    for (place, rule) in rules {
        let Some(value) = row.get(*place) else { continue };
        if let Some(message) = rule.objection(value) {
            return Err(Error::database(ErrorClass::BadValue, message));
        }
    }
    Ok(())
}

impl Rule {
    fn objection(&self, value: &Value) -> Option<String> {
        let column = &self.column;
        match &self.kind {
            Kind::Seconds(digits) => {
                let rounds = match value {
                    Value::Time(time) => rounds(*time, *digits),
                    Value::Timestamp(timestamp) => rounds(timestamp.time(), *digits),
                    Value::TimestampTz(instant) => rounds(instant.time(), *digits),
                    Value::Text(text) => text_rounds(text, *digits),
                    _ => false,
                };
                rounds.then(|| format!("{column} keeps {digits} digits of a second, and the value has more"))
            }
            Kind::Members(members) => {
                let number = match value {
                    Value::Integer(number) => number.to_string(),
                    Value::Text(text) if text.trim().parse::<u64>().is_ok() => text.clone(),
                    _ => return None,
                };
                (!members.contains(&number)).then(|| format!("'{number}' is no value of the ENUM {column}"))
            }
        }
    }
}

fn rounds(time: NaiveTime, digits: u32) -> bool {
    let micros = (time.nanosecond() / 1_000).min(999_999);
    !micros.is_multiple_of(10_u32.pow(6_u32.saturating_sub(digits)))
}

/// The same of a text, as far as it has digits behind a point.
fn text_rounds(text: &str, digits: u32) -> bool {
    let Some((_, fraction)) = text.rsplit_once('.') else { return false };
    let kept = usize::try_from(digits).unwrap_or(6);
    fraction.chars().take_while(char::is_ascii_digit).skip(kept).any(|digit| digit != '0')
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// The texts of `'a','it''s'`.
fn texts(list: &str) -> Vec<String> {
    let (mut texts, mut rest) = (Vec::new(), list.chars().peekable());
    while rest.next_if_eq(&'\'').is_some() {
        let mut text = String::new();
        while let Some(character) = rest.next() {
            if character == '\'' && rest.next_if_eq(&'\'').is_none() {
                break;
            }
            text.push(character);
        }
        texts.push(text);
        rest.next_if_eq(&',');
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_an_enum_are_read() {
        assert_eq!(texts("'a','it''s','1,2',''"), ["a", "it's", "1,2", ""]);
    }

    #[test]
    fn digits_of_a_second_that_would_be_rounded_are_seen() {
        assert!(text_rounds("2025-12-31 23:59:59.9", 0));
        assert!(!text_rounds("2025-12-31 23:59:59.900", 1));
        assert!(rounds(NaiveTime::from_hms_micro_opt(1, 2, 3, 900_100).unwrap(), 3));
        assert!(!rounds(NaiveTime::from_hms_micro_opt(1, 2, 3, 900_000).unwrap(), 3));
    }
}
