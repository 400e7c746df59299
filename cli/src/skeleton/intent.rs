//! What a migration's message asks for, where it is one of the usual forms.

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// "create posts table".
    CreateTables(Vec<String>),
    /// "drop posts table".
    DropTables(Vec<String>),
    /// "rename posts table to articles".
    RenameTable { from: String, to: String },
    /// "add email column to users".
    AddColumns { table: String, columns: Vec<String> },
    /// "drop email from users".
    DropColumns { table: String, columns: Vec<String> },
    /// "rename title to headline in posts".
    RenameColumn { table: String, from: String, to: String },
    /// "create index on posts title"; no columns where the message names none.
    CreateIndex { table: String, columns: Vec<String>, unique: bool },
    /// "drop index ix_posts_title".
    DropIndex(String),
}

/// What the words ask for; `None` where that is not clear.
pub fn of(words: &[String]) -> Option<Intent> {
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !["the", "a", "an"].contains(word)).collect();
    let (verb, rest) = words.split_first()?;
    let has = |word: &str| rest.contains(&word);
    match *verb {
        "create" | "make" | "add" if has("index") => create_index(rest),
        "create" | "make"
            if !["view", "trigger", "function", "to", "on", "for", "from"].iter().any(|word| has(word)) =>
        {
            Some(Intent::CreateTables(names(&without(rest, &["table", "tables", "new"]))?))
        }
        "add" => {
            let (columns, table) = split_at_any(rest, &["to", "on", "in"])?;
            Some(Intent::AddColumns {
                table: name(&without(table, &["table"]))?,
                columns: names(&without(columns, &["column", "columns", "field", "fields", "new"]))?,
            })
        }
        "drop" | "remove" | "delete" if has("index") => Some(Intent::DropIndex(name(&without(rest, &["index"]))?)),
        "drop" | "remove" | "delete" if has("from") => {
            let (columns, table) = split_at_any(rest, &["from"])?;
            Some(Intent::DropColumns {
                table: name(&without(table, &["table"]))?,
                columns: names(&without(columns, &["column", "columns", "field", "fields"]))?,
            })
        }
        "drop" | "remove" | "delete" if has("table") || has("tables") => {
            Some(Intent::DropTables(names(&without(rest, &["table", "tables"]))?))
        }
        "rename" => rename(rest),
        _ => None,
    }
}

fn create_index(rest: &[&str]) -> Option<Intent> {
    let unique = rest.contains(&"unique");
    let rest = without(rest, &["index", "unique", "table", "column", "columns", "new"]);
    let subject: Vec<&str> = without(&rest, &["on", "to", "for", "in", "of"]);
    // "index on posts title" and "index to posts on title" name the table first; what follows are the columns.
    let (table, columns) = subject.split_first()?;
    let columns = if columns.is_empty() {
        Vec::new()
    } else {
        columns.iter().filter(|word| **word != "and").map(|word| (*word).to_owned()).collect()
    };
    Some(Intent::CreateIndex { table: (*table).to_owned(), columns, unique })
}

fn rename(rest: &[&str]) -> Option<Intent> {
    let (from, rest) = split_at_any(rest, &["to", "as"])?;
    if let Some((to, table)) = split_at_any(rest, &["in", "on", "of"]) {
        return Some(Intent::RenameColumn {
            table: name(&without(table, &["table"]))?,
            from: name(&without(from, &["column", "field"]))?,
            to: name(to)?,
        });
    }
    if from.contains(&"column") {
        return None;
    }
    Some(Intent::RenameTable { from: name(&without(from, &["table"]))?, to: name(&without(rest, &["table"]))? })
}

/// A type that a column of this name is likely to have.
pub fn likely_type(column: &str) -> &'static str {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| column.starts_with(prefix));
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| column.ends_with(suffix));
    let is = |names: &[&str]| names.contains(&column);
    if starts(&["is_", "has_"]) || is(&["active", "enabled", "published", "archived", "verified"]) {
        "BOOLEAN DEFAULT FALSE NOT NULL"
    } else if ends(&["_id"]) {
        "BIGINT"
    } else if ends(&["_at"]) {
        "TIMESTAMP"
    } else if ends(&["_on", "_date"]) || is(&["date", "birthday"]) {
        "DATE"
    } else if ends(&["price", "amount", "total", "cost", "balance"]) {
        "DECIMAL(12, 2)"
    } else if ends(&["count", "quantity", "position", "age", "year"]) {
        "INTEGER"
    } else if is(&["content", "body", "description", "notes", "text", "bio"]) {
        "TEXT"
    } else {
        "VARCHAR(255)"
    }
}

fn without<'a>(words: &[&'a str], dropped: &[&str]) -> Vec<&'a str> {
    words.iter().copied().filter(|word| !dropped.contains(word)).collect()
}

/// What stands before and after the last of these words.
fn split_at_any<'a, 'b>(words: &'a [&'b str], separators: &[&str]) -> Option<(&'a [&'b str], &'a [&'b str])> {
    let position = words.iter().rposition(|word| separators.contains(word))?;
    Some((&words[..position], &words[position + 1..]))
}

/// One name of several words: blog posts is blog_posts.
fn name(words: &[&str]) -> Option<String> {
    Some(words.join("_")).filter(|name| !name.is_empty())
}

/// Names joined by "and".
fn names(words: &[&str]) -> Option<Vec<String>> {
    words.split(|word| *word == "and").map(name).collect()
}
