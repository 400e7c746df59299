//! What a program says of its factories and seeders, in the words of their files.

use std::fmt::Write;

use super::Order;

/// What a column is given: a constant, or a formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Double(f64),
    /// A text; one that begins with `=` is a formula.
    Text(String),
}

impl From<bool> for Given {
    fn from(truth: bool) -> Given {
        Given::Boolean(truth)
    }
}

impl From<i64> for Given {
    fn from(number: i64) -> Given {
        Given::Integer(number)
    }
}

impl From<i32> for Given {
    fn from(number: i32) -> Given {
        Given::Integer(number.into())
    }
}

impl From<f64> for Given {
    fn from(number: f64) -> Given {
        Given::Double(number)
    }
}

impl From<&str> for Given {
    fn from(text: &str) -> Given {
        Given::Text(text.to_owned())
    }
}

impl From<String> for Given {
    fn from(text: String) -> Given {
        Given::Text(text)
    }
}

impl Given {
    fn text(&self) -> String {
        match self {
            Given::Boolean(truth) => truth.to_string(),
            Given::Integer(number) => number.to_string(),
            // TOML's numbers have a point.
            Given::Double(number) if number.is_nan() => "nan".to_owned(),
            Given::Double(number) if number.is_infinite() => if *number < 0.0 { "-inf" } else { "inf" }.to_owned(),
            Given::Double(number) => format!("{number:?}"),
            Given::Text(text) => quoted(text),
        }
    }
}

/// The text as TOML writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            control if control.is_control() => {
                // Writing into a String can't fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// What a factory's file would say.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    table: String,
    fields: Vec<(String, Given)>,
    states: Vec<(String, Vec<(String, Given)>)>,
    /// Children: what they are called, the factory, how many, the column that points here.
    has: Vec<(String, Definition, Given, Option<String>)>,
    /// Parents: the column, the factory, how many rows share one.
    parents: Vec<(String, Definition, u64)>,
}

impl Definition {
    /// Rows of that table.
    pub fn of(table: &str) -> Definition {
        Definition {
            table: table.to_owned(),
            fields: Vec::new(),
            states: Vec::new(),
            has: Vec::new(),
            parents: Vec::new(),
        }
    }

    /// What every row has in a column; a text that begins with `=` is a formula.
    #[must_use]
    pub fn field(mut self, column: &str, value: impl Into<Given>) -> Definition {
        self.fields.push((column.to_owned(), value.into()));
        self
    }

    /// What columns are given where a state is put on.
    #[must_use]
    pub fn state<V: Into<Given>>(
        mut self,
        name: &str,
        fields: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Definition {
        let fields = fields.into_iter().map(|(column, value)| (column.to_owned(), value.into()));
        self.states.push((name.to_owned(), fields.collect()));
        self
    }

    /// Children of every row: so many each, a number or a formula. `via` is their column that points at the row.
    #[must_use]
    pub fn has(mut self, name: &str, factory: Definition, count: impl Into<Given>, via: Option<&str>) -> Definition {
        self.has.push((name.to_owned(), factory, count.into(), via.map(str::to_owned)));
        self
    }

    /// A parent that the column points at, made where none is given; one for so many rows.
    #[must_use]
    pub fn parent(mut self, column: &str, factory: Definition, share: u64) -> Definition {
        self.parents.push((column.to_owned(), factory, share));
        self
    }

    /// The class under which files name it.
    pub(super) fn class(&self) -> String {
        let words = self.table.split(|character: char| !character.is_alphanumeric());
        let mut class = String::new();
        for word in words {
            let mut letters = word.chars();
            class.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            class.push_str(letters.as_str());
        }
        class + "Factory"
    }

    /// Itself and the factories of its children and parents.
    pub(super) fn all(&self) -> Vec<&Definition> {
        let children = self.has.iter().flat_map(|(_, factory, _, _)| factory.all());
        let parents = self.parents.iter().flat_map(|(_, factory, _)| factory.all());
        std::iter::once(self).chain(children).chain(parents).collect()
    }

    /// Its file.
    pub(super) fn text(&self) -> String {
        let mut text = format!("table = {}\n", quoted(&self.table));
        text.push_str("\n[fields]\n");
        fields(&self.fields, &mut text);
        for (name, of_state) in &self.states {
            text.push_str(&format!("\n[states.{}]\n", quoted(name)));
            fields(of_state, &mut text);
        }
        for (name, factory, count, via) in &self.has {
            text.push_str(&format!("\n[has.{}]\nfactory = {}\n", quoted(name), quoted(&factory.class())));
            text.push_str(&format!("count = {}\n", count.text()));
            if let Some(via) = via {
                text.push_str(&format!("via = {}\n", quoted(via)));
            }
        }
        for (column, factory, share) in &self.parents {
            text.push_str(&format!("\n[for.{}]\nfactory = {}\n", quoted(column), quoted(&factory.class())));
            text.push_str(&format!("share = {share}\n"));
        }
        text
    }
}

fn fields(fields: &[(String, Given)], text: &mut String) {
    for (column, value) in fields {
        text.push_str(&format!("{} = {}\n", quoted(column), value.text()));
    }
}

/// What a seeder writes: in one transaction, in the order of the tables' foreign keys.
#[derive(Clone, Debug)]
pub struct Plan {
    class: String,
    keys: Vec<(String, Vec<String>)>,
    rows: Vec<(String, Vec<(String, Given)>)>,
    orders: Vec<Order>,
}

impl Plan {
    /// An empty one, under the name by which errors cite it.
    pub fn new(class: &str) -> Plan {
        Plan { class: class.to_owned(), keys: Vec::new(), rows: Vec::new(), orders: Vec::new() }
    }

    /// The columns by which a rerun finds the rows of a table that are there.
    #[must_use]
    pub fn key(mut self, table: &str, columns: &[&str]) -> Plan {
        self.keys.push((table.to_owned(), columns.iter().map(|column| (*column).to_owned()).collect()));
        self
    }

    /// A fixed row.
    #[must_use]
    pub fn row<V: Into<Given>>(mut self, table: &str, fields: impl IntoIterator<Item = (&'static str, V)>) -> Plan {
        let fields = fields.into_iter().map(|(column, value)| (column.to_owned(), value.into()));
        self.rows.push((table.to_owned(), fields.collect()));
        self
    }

    /// Rows of a factory.
    #[must_use]
    pub fn make(mut self, order: Order) -> Plan {
        self.orders.push(order);
        self
    }

    pub(super) fn class(&self) -> &str {
        &self.class
    }

    /// Every factory that it names, each once.
    pub(super) fn definitions(&self) -> Vec<&Definition> {
        let mut definitions: Vec<&Definition> = Vec::new();
        for definition in self.orders.iter().flat_map(|order| order.definition.all()) {
            if definitions.iter().all(|other| other.class() != definition.class()) {
                definitions.push(definition);
            }
        }
        definitions
    }

    /// Its file.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if !self.keys.is_empty() {
            text.push_str("[seeder.key]\n");
            for (table, columns) in &self.keys {
                let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
                text.push_str(&format!("{} = [{}]\n", quoted(table), columns.join(", ")));
            }
        }
        for (table, of_row) in &self.rows {
            text.push_str(&format!("\n[[{}]]\n", quoted(table)));
            fields(of_row, &mut text);
        }
        for order in &self.orders {
            let class = order.definition.class();
            text.push_str(&format!("\n[[seeder.make]]\nfactory = {}\ncount = {}\n", quoted(&class), order.count));
            let states: Vec<String> = order.states.iter().map(|state| quoted(state)).collect();
            text.push_str(&format!("state = [{}]\n", states.join(", ")));
            let with: Vec<String> =
                order.with.iter().map(|(column, value)| format!("{} = {}", quoted(column), value.text())).collect();
            text.push_str(&format!("with = {{ {} }}\n", with.join(", ")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_reads_as_a_file_does() {
        let posts = Definition::of("posts").field("title", "=sentence()");
        let users = Definition::of("users")
            .field("name", "a \"quoted\"\nname")
            .field("score", 1.0)
            .state("admin", [("is_admin", true)])
            .has("posts", posts, "=int(0, 5)", Some("author_id"))
            .parent("team_id", Definition::of("teams").field("name", "x"), 10);
        let source = crate::error::SourceText::new("UsersFactory", users.text());
        let factory = crate::seed::factory::Factory::parse("UsersFactory", &source).unwrap();
        assert_eq!(
            (factory.fields.len(), factory.states.len(), factory.has.len(), factory.parents.len()),
            (2, 1, 1, 1)
        );
        assert_eq!(users.all().len(), 3);
    }
}
