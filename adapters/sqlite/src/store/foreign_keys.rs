//! Foreign keys that a transaction suspended, checked as a whole: only what it violated itself makes it fail.

use std::collections::{BTreeMap, BTreeSet};

use fastman_core::error::{Error, ErrorClass};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// Violated foreign keys, each with how often.
#[derive(Debug, Default)]
pub(crate) struct Violations(BTreeMap<Violation, usize>);

/// A row that points at nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    table: String,
    /// `None` for a table without rowids.
    row: Option<i64>,
    parent: String,
    /// Set where the key itself is what is wrong: SQLite's words.
    problem: Option<String>,
}

/// Checks every foreign key of the database.
///
/// # Errors
/// What SQLite says.
pub(crate) fn violations(connection: &Connection) -> rusqlite::Result<Violations> {
    let mut found = Violations::default();
    if collect(connection, "PRAGMA foreign_key_check", &mut found).is_ok() {
        return Ok(found);
    }
    // One key that points at columns without a unique index makes the whole check fail; table by table, the others are
    // checked.
    Ok(violations_of(connection, tables(connection)?))
}

fn violations_of(connection: &Connection, tables: impl IntoIterator<Item = String>) -> Violations {
    let mut found = Violations::default();
    for table in tables {
        let sql = format!("PRAGMA foreign_key_check(\"{}\")", table.replace('"', "\"\""));
        if let Err(error) = collect(connection, &sql, &mut found) {
            let problem = Some(error.to_string());
            found.add(Violation { table, row: None, parent: String::new(), problem });
        }
    }
    found
}

/// Tables that point at tables that were dropped: SQLite would have deleted their rows, or have set them to NULL, as
/// their keys say of a deleted row.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    tables: BTreeSet<String>,
    before: Violations,
}

impl Orphans {
    /// Takes in that a table is about to be dropped; whether another one points at it.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn dropping(&mut self, connection: &Connection, table: &str) -> rusqlite::Result<bool> {
        let children: BTreeSet<String> = connection
            .prepare_cached(CHILDREN)?
            .query_map([table], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let new: Vec<String> = children.iter().filter(|child| !self.tables.contains(*child)).cloned().collect();
        self.before.0.extend(violations_of(connection, new.iter().cloned()).0);
        self.tables.extend(new);
        Ok(!children.is_empty())
    }

    /// What points at nothing now and did not before. What was dropped itself by now has no rows that could.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn violations(&self, connection: &Connection) -> rusqlite::Result<Vec<Violation>> {
        if self.tables.is_empty() {
            return Ok(Vec::new());
        }
        let there = tables(connection)?;
        let now = violations_of(connection, self.tables.intersection(&there).cloned());
        now.new_since(&self.before, connection)
    }
}

/// The tables that point at another one. Only those that have its name in their text are asked for their keys.
const CHILDREN: &str = "\
SELECT DISTINCT child.name FROM sqlite_schema AS child JOIN pragma_foreign_key_list(child.name) AS key \
WHERE child.type = 'table' AND (instr(lower(child.sql), lower(?1)) > 0 OR instr(?1, '\"') > 0) \
AND key.\"table\" = ?1 COLLATE NOCASE AND child.name <> ?1 COLLATE NOCASE";

fn tables(connection: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn collect(connection: &Connection, sql: &str, found: &mut Violations) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let rowid = match row.get_ref(1)? {
            ValueRef::Integer(rowid) => Some(rowid),
            _ => None,
        };
        found.add(Violation { table: row.get(0)?, row: rowid, parent: row.get(2)?, problem: None });
    }
    Ok(())
}

impl Violations {
    fn add(&mut self, violation: Violation) {
        *self.0.entry(violation).or_default() += 1;
    }

    /// Those that were not there before. A table that was renamed in between keeps its violations.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn new_since(&self, before: &Violations, connection: &Connection) -> rusqlite::Result<Vec<Violation>> {
        let mut gone = before.0.clone();
        let mut new = Vec::new();
        for (violation, times) in &self.0 {
            let known = gone.remove(violation).unwrap_or(0);
            new.extend(std::iter::repeat_n(violation.clone(), times.saturating_sub(known)));
        }
        if new.is_empty() || gone.is_empty() {
            return Ok(new);
        }
        let there = tables(connection)?;
        let renamed = |name: &String, now: &String| name == now || !there.contains(name);
        new.retain(|violation| {
            let old = gone.iter_mut().find(|(old, times)| {
                **times > 0
                    && old.row == violation.row
                    && renamed(&old.table, &violation.table)
                    && renamed(&old.parent, &violation.parent)
            });
            match old {
                Some((_, times)) => {
                    *times -= 1;
                    false
                }
                None => true,
            }
        });
        Ok(new)
    }
}

/// The error that new violations are; `None` without any.
pub(crate) fn report(new: &[Violation]) -> Option<Error> {
    let first = new.first()?;
    let message = match &first.problem {
        Some(problem) => problem.clone(),
        None => {
            let rows = if new.len() == 1 { "a row".to_owned() } else { format!("{} rows", new.len()) };
            format!("{rows} of {} would point at a row of {} that is not there", first.table, first.parent)
        }
    };
    let help = "nothing was changed; correct the rows first, or delete them, and run it again";
    let mut error = Error::database(ErrorClass::ForeignKeyViolation, message).with_help(help);
    for violation in new.iter().take(10) {
        let row = violation.row.map(|row| format!(" row {row}")).unwrap_or_default();
        error = error.with_detail(match &violation.problem {
            Some(problem) => format!("{}: {problem}", violation.table),
            None => format!("{}{row}: no such row in {}", violation.table, violation.parent),
        });
    }
    if new.len() > 10 {
        error = error.with_detail(format!("and {} more", new.len() - 10));
    }
    Some(error)
}
