//! A formula for a column that nobody has said anything about: by what its name means, else by its type.

use super::limits::{self, Limits};
use super::{in_unique_key, is_unique};
use crate::schema::{Column, ColumnType, Table};
use crate::value::Value;

/// A made-up text: its formula, and the most characters that it gives.
type Text = (&'static str, u32);

/// Words in columns' names and what such columns hold; the longest that fits counts. A word fits where it is the name, or its end or
/// beginning with an underscore between.
pub(super) const NAMES: [(&str, Text); 68] = [
    ("email", ("email()", 60)),
    ("mail", ("email()", 60)),
    ("first_name", ("first_name()", 20)),
    ("firstname", ("first_name()", 20)),
    ("given_name", ("first_name()", 20)),
    ("last_name", ("last_name()", 20)),
    ("lastname", ("last_name()", 20)),
    ("surname", ("last_name()", 20)),
    ("family_name", ("last_name()", 20)),
    ("full_name", ("name()", 40)),
    ("username", ("username()", 40)),
    ("user_name", ("username()", 40)),
    ("login", ("username()", 40)),
    ("handle", ("username()", 40)),
    ("nickname", ("username()", 40)),
    ("company_name", ("company()", 60)),
    ("company", ("company()", 60)),
    ("organization", ("company()", 60)),
    ("organisation", ("company()", 60)),
    ("file_name", ("file_name()", 40)),
    ("filename", ("file_name()", 40)),
    ("phone", ("phone()", 30)),
    ("phone_number", ("phone()", 30)),
    ("mobile", ("phone()", 30)),
    ("fax", ("phone()", 30)),
    ("street", ("street_address()", 60)),
    ("address", ("street_address()", 60)),
    ("city", ("city()", 40)),
    ("town", ("city()", 40)),
    ("country_code", ("country_code()", 2)),
    ("country", ("country()", 60)),
    ("zip", ("postcode()", 10)),
    ("zip_code", ("postcode()", 10)),
    ("zipcode", ("postcode()", 10)),
    ("postcode", ("postcode()", 10)),
    ("postal_code", ("postcode()", 10)),
    ("region", ("state()", 30)),
    ("province", ("state()", 30)),
    ("timezone", ("timezone()", 40)),
    ("time_zone", ("timezone()", 40)),
    ("job", ("job_title()", 60)),
    ("job_title", ("job_title()", 60)),
    ("profession", ("profession()", 40)),
    ("industry", ("industry()", 60)),
    ("url", ("url()", 60)),
    ("website", ("url()", 60)),
    ("homepage", ("url()", 60)),
    ("link", ("url()", 60)),
    ("domain", ("domain()", 40)),
    ("host", ("domain()", 40)),
    ("ip", ("ipv4()", 15)),
    ("ip_address", ("ipv4()", 15)),
    ("user_agent", ("user_agent()", 200)),
    ("mime_type", ("mime_type()", 80)),
    ("content_type", ("mime_type()", 80)),
    ("color", ("color_hex()", 7)),
    ("colour", ("color_hex()", 7)),
    ("currency", ("currency_code()", 3)),
    ("iban", ("iban()", 34)),
    ("isbn", ("isbn()", 17)),
    ("token", ("token()", 32)),
    ("secret", ("token()", 32)),
    ("api_key", ("token()", 32)),
    ("slug", ("slug(title())", 95)),
    ("title", ("title()", 95)),
    ("headline", ("title()", 95)),
    ("subject", ("title()", 95)),
    ("label", ("title(2)", 40)),
];

/// What is drawn from a list that a table may hold once over.
pub(super) const SHORT_LISTS: [&str; 3] = ["country()", "country_code()", "currency_code()"];

/// What is drawn from a list and says nothing that tells rows apart.
const LONG_LISTS: [&str; 6] = ["state()", "timezone()", "profession()", "industry()", "user_agent()", "mime_type()"];

/// Tables whose rows are people, by what their names hold.
const PEOPLE: [&str; 15] = [
    "user", "author", "customer", "people", "person", "member", "employee", "contact", "student", "teacher", "client",
    "account", "artist", "player", "patient",
];

/// Columns whose texts run on.
const PROSE: [&str; 12] = [
    "description",
    "summary",
    "excerpt",
    "bio",
    "about",
    "comment",
    "note",
    "notes",
    "message",
    "content",
    "body",
    "text",
];

/// What a line of `[fields]` says for a column; `None` where leaving it out says it best.
pub(super) fn field(table: &Table, column: &Column) -> Option<String> {
    let unique = is_unique(table, &column.name);
    let limits = limits::of(table, column);
    if column.nullable && !in_unique_key(table, &column.name) && ends(column, &["deleted_at", "deleted_on"]) {
        return None;
    }
    if !limits.choices.is_empty() {
        return formula(&format!(
            "pick({})",
            limits.choices.iter().map(literal).collect::<Option<Vec<_>>>()?.join(", ")
        ));
    }
    match &column.column_type {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => formula(&whole(column, unique, &limits)),
        ColumnType::Decimal { precision, scale } => formula(&decimal(column, *precision, *scale, unique, &limits)),
        ColumnType::Real | ColumnType::Double => {
            let (low, high) = range(&limits, (0, 1000));
            formula(&match latitude_or_longitude(column) {
                Some(call) => call.to_owned(),
                None => format!("float({low}, {high})"),
            })
        }
        ColumnType::Boolean => formula("bool(0.5)"),
        ColumnType::Char(length) if !is_known(table, column) => formula(&code(*length, unique)),
        ColumnType::Char(length) | ColumnType::Varchar(length) => Some(text(table, column, *length, unique)),
        ColumnType::Text => Some(text(table, column, u32::MAX, unique)),
        ColumnType::Date if ends(column, &["birthday", "birthdate", "birth_date", "date_of_birth", "born"]) => {
            formula("birthdate()")
        }
        ColumnType::Date if unique => formula("unique(date('1900-01-01', '2099-12-31'))"),
        ColumnType::Date => formula("date('2024-01-01', now())"),
        ColumnType::Time => formula(&once(unique, "time()")),
        ColumnType::Timestamp | ColumnType::TimestampTz => formula(&once(unique, "datetime('2024-01-01', now())")),
        ColumnType::Uuid => formula("uuid()"),
        ColumnType::Json => Some("{}".to_owned()),
        ColumnType::Blob => formula("random_bytes(16)"),
        ColumnType::Varbinary(length) => formula(&format!("random_bytes({})", length.min(&16))),
    }
}

fn formula(text: &str) -> Option<String> {
    Some(format!("{:?}", format!("={text}")))
}

fn once(unique: bool, call: &str) -> String {
    if unique { format!("unique({call})") } else { call.to_owned() }
}

/// Whether a column is called so, or something with it at the end.
pub(super) fn ends(column: &Column, words: &[&str]) -> bool {
    let name = column.name.key();
    words.iter().any(|word| name.strip_suffix(word).is_some_and(|front| front.is_empty() || front.ends_with('_')))
}

fn begins(column: &Column, word: &str) -> bool {
    column.name.key().strip_prefix(word).is_some_and(|rest| rest.starts_with('_'))
}

/// Whether rows of the table are people.
pub(super) fn is_of_people(table: &Table) -> bool {
    let name = table.name.key();
    PEOPLE.iter().any(|word| name.contains(word)) || table.columns.iter().any(|column| ends(column, &["email"]))
}

/// What the column's name means.
fn known(table: &Table, column: &Column) -> Option<Text> {
    if ends(column, &["name"]) && !NAMES.iter().any(|(word, _)| word.ends_with("name") && ends(column, &[word])) {
        let plain = *column.name.key() == *"name";
        return Some(match (plain && is_of_people(table), table.name.key().contains("compan")) {
            (_, true) => ("company()", 60),
            (true, _) => ("name()", 40),
            _ => ("title(2)", 40),
        });
    }
    let by_end = NAMES.iter().filter(|(word, _)| ends(column, &[word])).max_by_key(|(word, _)| word.len());
    by_end.or_else(|| NAMES.iter().find(|(word, _)| begins(column, word))).map(|(_, text)| *text)
}

fn is_known(table: &Table, column: &Column) -> bool {
    known(table, column).is_some()
}

/// A text of at most so many characters.
fn text(table: &Table, column: &Column, length: u32, unique: bool) -> String {
    if ends(column, &["password", "password_hash", "passwd"]) {
        return if length >= 60 { "\"=bcrypt('password')\"".to_owned() } else { "\"password\"".to_owned() };
    }
    // Shorter ones have fewer words.
    let known = known(table, column).map(|(call, most)| match call {
        "title()" if length < most + 12 => ("title(3)", 48),
        "slug(title())" if length < most + 12 => ("slug(title(3))", 48),
        _ => (call, most),
    });
    let call = match known {
        Some(("email()", most)) if unique && most > length => "concat('u', seq(), '@example.com')".to_owned(),
        // Long enough that no two are the same.
        Some((call @ "token()", most)) if unique && most <= length => call.to_owned(),
        Some((call, _)) if unique && SHORT_LISTS.contains(&call) => format!("unique({call})"),
        Some((call, most)) if unique && (most.saturating_add(12) <= length && !LONG_LISTS.contains(&call)) => {
            format!("unique({call})")
        }
        // No room for the number that makes it distinct.
        Some((call, _)) if unique => match call.starts_with("title(") || call.starts_with("slug(") {
            true => short_word(length),
            false => format!("unique(digits({}))", length.min(12)),
        },
        Some((call, most)) if most > length => format!("substring({call}, 1, {length})"),
        Some((call, _)) => call.to_owned(),
        None if unique && length < 52 => format!("unique(digits({}))", length.min(12)),
        None if unique => "unique(words(2))".to_owned(),
        None if ends(column, &["content", "body", "article"]) && length > 5000 => "paragraphs(3)".to_owned(),
        None if ends(column, &PROSE) && length > 1000 => "paragraph()".to_owned(),
        None if ends(column, &PROSE) => format!("text({})", length.min(200)),
        None if length < 20 => format!("substring(word(), 1, {length})"),
        None if length > 1000 => "sentence()".to_owned(),
        None => format!("text({})", length.min(60)),
    };
    format!("{:?}", format!("={call}"))
}

/// A word of its own in at most so many characters.
fn short_word(length: u32) -> String {
    match length {
        32.. => "unique(word())".to_owned(),
        // Up to twelve digits of the number, and a bit of a word.
        16.. => format!("concat(substring(word(), 1, {}), '-', seq())", length - 13),
        _ => format!("unique(digits({}))", length.min(12)),
    }
}

/// Exactly so many characters.
fn code(length: u32, unique: bool) -> String {
    match unique {
        // Digits alone have the row's number in them.
        true => format!("unique(digits({}))", length.min(12)),
        false => format!("pattern('{}')", "?".repeat(length.min(40) as usize)),
    }
}

fn whole(column: &Column, unique: bool, limits: &Limits) -> String {
    let most = match column.column_type {
        ColumnType::SmallInt => i64::from(i16::MAX),
        _ => i64::from(i32::MAX),
    };
    if unique {
        return "seq()".to_owned();
    }
    let (low, high) = match () {
        () if ends(column, &["age"]) => (18, 80),
        () if ends(column, &["year"]) => (1990, 2025),
        () if ends(column, &["rating", "stars"]) => (1, 5),
        () if ends(column, &["quantity", "qty", "count"]) => (1, 10),
        () if ends(column, &["percent", "percentage"]) => (0, 100),
        () => (1, 1000),
    };
    let (low, high) = range(limits, (low, high));
    format!("int({low}, {})", high.min(most))
}

fn decimal(column: &Column, precision: u8, scale: u8, unique: bool, limits: &Limits) -> String {
    if let Some(call) = latitude_or_longitude(column).filter(|_| scale == 6 && precision >= 9) {
        return call.to_owned();
    }
    let before = u32::from(precision - scale).min(15);
    let most = 10_i64.pow(before) - 1;
    let (low, high) = match range(limits, (if most >= 1 { 1 } else { 0 }, 1000)) {
        (low, high) if high > most => (low.min(most), most),
        other => other,
    };
    match (low, high) {
        // Nothing stands before its point.
        (0, 0) => once(unique, &format!("decimal(0, 0.{}, {scale})", "9".repeat(usize::from(scale)))),
        (low, high) => once(unique, &format!("decimal({low}, {high}, {scale})")),
    }
}

fn latitude_or_longitude(column: &Column) -> Option<&'static str> {
    if ends(column, &["latitude", "lat"]) {
        Some("latitude()")
    } else if ends(column, &["longitude", "lng", "lon"]) {
        Some("longitude()")
    } else {
        None
    }
}

/// The range that is meant, within the limits.
fn range(limits: &Limits, (low, high): (i64, i64)) -> (i64, i64) {
    match (limits.low, limits.high) {
        (Some(least), Some(most)) => (least, most.max(least)),
        (Some(least), None) => (least, high.max(least.saturating_add(high - low))),
        (None, Some(most)) => (low.min(most), most),
        (None, None) => (low, high),
    }
}

/// A constant in a formula.
fn literal(value: &Value) -> Option<String> {
    Some(match value {
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        _ => return None,
    })
}
