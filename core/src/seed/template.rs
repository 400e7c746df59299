//! What make:seeder and make:factory write: files that run as they stand, filled from a table's columns.

mod guess;
mod limits;
mod sample;

use super::discover::{Factories, class_of};
use super::tables::Tables;
use crate::schema::{Column, ConstraintKind, Name, Table};

/// What a new file may build upon.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The tables that are known.
    pub tables: &'a Tables,
    /// The project's factories.
    pub factories: &'a Factories,
    /// The classes of the project's seeders.
    pub seeders: &'a [String],
}

/// The text of `<name>_seeder.toml`. `table_name` is the table's name where nothing is known of it.
pub fn seeder(name: &str, table_name: &str, table: Option<&Table>, around: Surroundings<'_>) -> String {
    let class = class_of(&format!("{name}_seeder"));
    let shown = table.map_or(table_name, |table| table.name.as_str());
    let mut text = format!("# The first rows of {shown}.\n#\n# fastman database:seed --class={class}\n\n[seeder]\n");
    let Some(table) = table else {
        text.push_str("# after = [\"RoleSeeder\"]   # seeders that run before this one\n");
        let comment = if around.tables.are_documents() { "" } else { "# " };
        if !comment.is_empty() {
            text.push_str(&format!(
                "\n# Nothing is known of {shown} yet: a model or a migration says which columns it has.\n"
            ));
        }
        let header = format!("[[{}]]", key(shown));
        for line in ["".to_owned(), header, "email = \"admin@example.com\"".into(), "name  = \"Admin\"".into()] {
            let line = if line.is_empty() { line } else { format!("{comment}{line}") };
            text.push_str(&line);
            text.push('\n');
        }
        return text;
    };
    text.push_str(&after(table, &class, around));
    let rows = sample::rows(table, around);
    if let Some(columns) = natural_key(table, &rows) {
        let listed: Vec<String> = columns.iter().map(|column| format!("{:?}", column.as_str())).collect();
        let columns = listed.join(", ");
        text.push_str(&format!(
            "key.{} = [{columns}]   # finds the rows again, so that a second run changes nothing\n",
            key(table.name.as_str())
        ));
    }
    for row in rows {
        text.push_str(&format!("\n[[{}]]\n", key(table.name.as_str())));
        text.push_str(&aligned(&row));
    }
    text
}

/// The text of `<name>_factory.toml`. `table_name` is the table's name where nothing is known of it.
pub fn factory(name: &str, table_name: &str, table: Option<&Table>, around: Surroundings<'_>) -> String {
    let class = class_of(&format!("{name}_factory"));
    let shown = table.map_or(table_name, |table| table.name.as_str());
    let mut text = format!(
        "# Made-up rows of {shown}.\n#\n# fastman factory:make {class} --count 3      shows some, and writes nothing\n\
         # fastman factory:create {class} --count 10   writes them\n\
         # fastman factory:functions                  lists what formulas can call\n\ntable = {shown:?}\n\n[fields]\n"
    );
    let Some(table) = table else {
        text.push_str("email    = \"=unique(email())\"\nname     = \"=name()\"\npassword = \"testpass123\"\n");
        return text;
    };
    let mut fields = Vec::new();
    let mut parents = String::new();
    for column in table.columns.iter().filter(|column| brings_value(column)) {
        match parent(table, column, around.tables) {
            Some((parent, referenced)) => {
                match around.factories.iter().find(|factory| is(&factory.table.text, &parent)) {
                    Some(factory) => {
                        let share = if in_unique_key(table, &column.name) { "" } else { "share = 10\n" };
                        parents.push_str(&format!(
                            "\n[for.{}]\nfactory = {:?}\n{share}",
                            key(column.name.as_str()),
                            factory.class
                        ));
                    }
                    // Of a row that needs no parent none is drawn: there may be none.
                    None if column.nullable || is(parent.as_str(), &table.name) => {}
                    None => fields.push((column.name.to_string(), reference(&parent, &referenced))),
                }
            }
            None => fields.extend(guess::field(table, column).map(|value| (column.name.to_string(), value))),
        }
    }
    text.push_str(&aligned(&fields));
    text.push_str(&parents);
    text
}

/// Whether a row of a new file brings the column a value: not where the engine or a default supplies it.
fn brings_value(column: &Column) -> bool {
    !column.identity && column.default.is_none() && !column.on_update_now
}

/// `after`, with the seeders of the tables that this one points at.
fn after(table: &Table, class: &str, around: Surroundings<'_>) -> String {
    let mut classes: Vec<&str> = Vec::new();
    for (_, foreign_key) in table.foreign_keys() {
        let own = around.seeders.iter().find(|seeder| {
            let stem = seeder.strip_suffix("Seeder").unwrap_or(seeder).to_lowercase();
            let parent = foreign_key.table.key().replace('_', "");
            **seeder != class && (parent == stem || parent.strip_suffix('s') == Some(stem.as_str()))
        });
        classes.extend(own.map(String::as_str).filter(|own| !classes.contains(own)));
    }
    match classes.is_empty() {
        true => "# after = [\"RoleSeeder\"]   # seeders that run before this one\n".to_owned(),
        false => format!("after = {classes:?}\n"),
    }
}

/// The columns by which the rows are told apart, where all of them bring these a constant of their own.
fn natural_key<'t>(table: &'t Table, rows: &[Vec<(String, String)>]) -> Option<Vec<&'t Name>> {
    let brings = |name: &Name| {
        let given: Vec<&String> =
            rows.iter().flatten().filter(|(column, _)| is(column, name)).map(|(_, value)| value).collect();
        given.len() == rows.len() && given.iter().all(|value| !value.starts_with("\"="))
    };
    let mut keys: Vec<Vec<&Name>> = unique_keys(table, false).collect();
    keys.sort_by_key(Vec::len);
    keys.into_iter().find(|columns| !rows.is_empty() && columns.iter().all(|name| brings(name)))
}

/// What the column points at.
fn parent(table: &Table, column: &Column, tables: &Tables) -> Option<(Name, Name)> {
    tables.parent_of(table, &column.name)
}

/// A formula that draws a row of another table.
fn reference(table: &Name, column: &Name) -> String {
    let plain = |name: &Name| {
        let mut bytes = name.as_str().bytes();
        let word = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if word { name.to_string() } else { format!("\"{name}\"") }
    };
    format!("{:?}", format!("=ref({}.{})", plain(table), plain(column)))
}

fn is(text: &str, name: &Name) -> bool {
    text.to_lowercase() == *name.key()
}

/// The columns of the keys and unique indexes of a table, also of those that see only some rows.
fn unique_keys(table: &Table, partial: bool) -> impl Iterator<Item = Vec<&Name>> {
    let constraints = table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Unique { columns } | ConstraintKind::PrimaryKey { columns } => Some(columns.iter().collect()),
        _ => None,
    });
    let indexes = table.indexes.iter().filter(move |index| index.unique && (partial || index.predicate.is_none()));
    constraints.chain(indexes.map(|index| index.columns.iter().map(|column| &column.name).collect()))
}

/// Whether no two rows have the same value there.
fn is_unique(table: &Table, name: &Name) -> bool {
    unique_keys(table, true).any(|key| matches!(key[..], [only] if only.key() == name.key()))
}

/// Whether the column is part of what tells rows apart.
fn in_unique_key(table: &Table, name: &Name) -> bool {
    unique_keys(table, true).any(|key| key.iter().any(|column| column.key() == name.key()))
}

/// A key of TOML, in quotes where it needs them.
fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if bare { name.to_owned() } else { format!("{name:?}") }
}

/// Lines `key = value`, the signs below one another.
fn aligned(fields: &[(String, String)]) -> String {
    let keys: Vec<String> = fields.iter().map(|(name, _)| key(name)).collect();
    let width = keys.iter().map(|key| key.chars().count()).max().unwrap_or(0);
    keys.iter().zip(fields).map(|(key, (_, value))| format!("{key:width$} = {value}\n")).collect()
}

#[cfg(test)]
mod tests;
