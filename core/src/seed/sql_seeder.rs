//! A seeder of statements: `<name>_seeder.sql`, with the sections of a migration.
//!
//! `-- seed` is portable SQL (INSERT, UPDATE, DELETE), bound against the schema and spoken in each engine's dialect; `-- seed
//! postgres` is run as it stands on that engine instead. A line `-- after RoleSeeder, TeamSeeder` above the first section says which
//! seeders run before it.

mod header;

use std::ops::Range;

use super::input::Word;
use super::tables::Tables;
use crate::dialect::{DdlTransactions, Dialect, RenderInput};
use crate::error::{Error, Result, SourceText};
use crate::flavour::{Flavours, LexicalRules};
use crate::migrate::controls_transaction;
use crate::sql::ast::{InsertSource, StatementKind};
use crate::sql::lexer::{Lexer, Token};
use crate::sql::script::split;
use crate::sql::section::unterminated;
use crate::sql::{binder, parser};
use crate::store::CatalogObjects;

/// A seeder file of statements.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlSeeder {
    /// `UserSeeder` for `user_seeder.sql`.
    pub class: String,
    /// The file.
    pub source: SourceText,
    /// The classes that run before it.
    pub after: Vec<Word>,
    /// In their order, at least one.
    pub sections: Vec<SqlSection>,
}

/// A section of a seeder of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlSection {
    /// The engines it is for; empty: portable.
    pub flavours: Vec<&'static str>,
    /// Declared to do nothing.
    pub none: bool,
    /// The header line.
    pub header: Range<usize>,
    /// What stands between the header line and the next.
    pub body: Range<usize>,
}

/// A statement of a seeder, for one engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlStatement {
    /// Without a trailing separator.
    pub sql: String,
    /// The part of the file that it comes from.
    pub span: Range<usize>,
}

impl SqlSeeder {
    /// Cuts a file into its sections. It only lexes: what the SQL says is not looked at.
    ///
    /// # Errors
    /// `seed.no-section`, `seed.sql-before-section`, `seed.none-with-body`, `seed.duplicate-section`, `engine.unknown`, `sql.unterminated`.
    pub fn parse(class: impl Into<String>, source: &SourceText, flavours: &Flavours) -> Result<SqlSeeder> {
        let text: &str = &source.text;
        let mut seeder =
            SqlSeeder { class: class.into(), source: source.clone(), after: Vec::new(), sections: Vec::new() };
        let mut lexer = Lexer::new(text, 0..text.len(), LexicalRules::STANDARD);
        let mut first_token: Option<Token> = None;
        while let Some(token) = lexer.next() {
            if let Some(header) = header::find(source, token.start, flavours)? {
                seeder.close(header.line_start, first_token.take())?;
                let section = header.section;
                seeder.refuse_duplicates(&section)?;
                let rules = section.flavours.first().and_then(|name| flavours.get(name));
                lexer.resume(section.body.start, rules.map_or(LexicalRules::STANDARD, |flavour| flavour.lexical));
                seeder.sections.push(section);
            } else if token.kind.is_unterminated() {
                return Err(unterminated(source, token));
            } else if !token.kind.is_comment() {
                first_token.get_or_insert(token);
            } else if seeder.sections.is_empty() && first_token.is_none() {
                seeder.after.extend(header::after(text, token));
            }
        }
        seeder.close(text.len(), first_token)?;
        match seeder.sections.is_empty() {
            false => Ok(seeder),
            true => Err(Error::failed("seed.no-section", "this seeder has no section")
                .with_help("begin its SQL with a line `-- seed`, or `-- seed ENGINE` for one engine")
                .at(source, 0..0, "")),
        }
    }

    /// Ends the section that is open, if any, whose first token that says something was found.
    fn close(&mut self, end: usize, first_token: Option<Token>) -> Result<()> {
        match (self.sections.last_mut(), first_token) {
            (None, None) => {}
            (None, Some(token)) => {
                return Err(Error::failed("seed.sql-before-section", "there is SQL before the first section")
                    .with_help("put a line `-- seed` above it")
                    .at(&self.source, token.span(), "no section has begun here"));
            }
            (Some(section), Some(token)) if section.none => {
                return Err(Error::failed("seed.none-with-body", "a section declared `none` holds SQL")
                    .with_help("take `none` out of its header, or the SQL out of the section")
                    .at(&self.source, token.span(), "this belongs to the section"));
            }
            (Some(section), _) => section.body.end = end,
        }
        Ok(())
    }

    fn refuse_duplicates(&self, section: &SqlSection) -> Result<()> {
        let earlier = self.sections.iter().any(|earlier| match section.flavours.is_empty() {
            true => earlier.flavours.is_empty(),
            false => section.flavours.iter().any(|name| earlier.flavours.contains(name)),
        });
        match earlier {
            false => Ok(()),
            true => Err(Error::failed("seed.duplicate-section", "there is a second section for the same engine")
                .with_help("put both into one section, or name different engines")
                .at(&self.source, section.header.clone(), "the second one")),
        }
    }

    /// What the dialect's engine runs: its own section as it stands, else the portable one in its words; nothing for a section
    /// declared `none`.
    ///
    /// # Errors
    /// `seed.no-section` where the file has nothing for the engine; what is wrong in the portable SQL, at its place;
    /// `seed.transaction-control` for a statement that begins or ends a transaction; `seed.commits` for one that does so by the way.
    pub fn statements(&self, dialect: &dyn Dialect, flavours: &Flavours, tables: &Tables) -> Result<Vec<SqlStatement>> {
        let flavour = dialect.flavour();
        let own = flavours
            .section_names(flavour)
            .into_iter()
            .find_map(|name| self.sections.iter().find(|section| section.flavours.contains(&name)));
        match own.or_else(|| self.sections.iter().find(|section| section.flavours.is_empty())) {
            Some(section) if section.none => Ok(Vec::new()),
            Some(section) if section.flavours.is_empty() => {
                self.portable(section, dialect, tables).map_err(|error| about_seeding(error, flavour.name))
            }
            Some(section) => self.raw(section, &flavour.lexical, dialect.facts().ddl),
            None => {
                let name = flavour.name;
                Err(Error::failed("seed.no-section", format!("{} has nothing for {name}", self.source.name)).with_help(
                    format!("add a section `-- seed {name}`, or `-- seed {name} none` if there is nothing to do there"),
                ))
            }
        }
    }

    /// The tables that the portable section names; none where it can't be read, which [`SqlSeeder::statements`] will say.
    pub fn table_names(&self) -> Vec<String> {
        let Some(section) = self.sections.iter().find(|section| section.flavours.is_empty()) else { return Vec::new() };
        let mut names = Vec::new();
        for statement in parser::parse(&self.source, section.body.clone()).unwrap_or_default() {
            match statement.kind {
                StatementKind::Insert { table, source, .. } => {
                    names.push(table.name);
                    if let InsertSource::Select(query) = source {
                        names.push(query.from.name.name);
                        names.extend(query.joins.into_iter().map(|(_, relation, _)| relation.name.name));
                    }
                }
                StatementKind::Update { table, .. } | StatementKind::Delete { table, .. } => names.push(table.name),
                _ => {}
            }
        }
        names.into_iter().map(|name| name.to_string()).collect()
    }

    fn portable(&self, section: &SqlSection, dialect: &dyn Dialect, tables: &Tables) -> Result<Vec<SqlStatement>> {
        let source = &self.source;
        let mut schema = tables.schema();
        let mut statements = Vec::new();
        for statement in parser::parse(source, section.body.clone())? {
            if !matches!(
                statement.kind,
                StatementKind::Insert { .. } | StatementKind::Update { .. } | StatementKind::Delete { .. }
            ) {
                return Err(Error::failed("seed.not-data", "a seeder writes rows: INSERT, UPDATE, DELETE")
                    .with_help("what changes the schema belongs into a migration: fastman make:migration \"...\"")
                    .at(source, statement.span, "this changes the schema"));
            }
            let before = schema.clone();
            for change in binder::bind(&statement, &mut schema, source)? {
                let catalog = CatalogObjects::default();
                let input = RenderInput { changes: &[change], before: &before, after: &schema, catalog: &catalog };
                let steps = dialect.render(input).map_err(|error| error.at(source, statement.span.clone(), ""))?;
                statements
                    .extend(steps.into_iter().map(|step| SqlStatement { sql: step.sql, span: statement.span.clone() }));
            }
        }
        Ok(statements)
    }

    fn raw(&self, section: &SqlSection, rules: &LexicalRules, ddl: DdlTransactions) -> Result<Vec<SqlStatement>> {
        let body = self.source.text.get(section.body.clone()).unwrap_or_default();
        let mut statements = Vec::new();
        for (range, sql) in split(body, rules) {
            let span = section.body.start + range.start..section.body.start + range.end;
            let begins = Lexer::new(sql, 0..sql.len(), *rules).find(|token| !token.kind.is_comment());
            let bare = begins.and_then(|token| sql.get(token.start..)).unwrap_or(sql);
            if controls_transaction(bare) {
                return Err(Error::failed(
                    "seed.transaction-control",
                    "a seeder may not begin or end a transaction: it runs in one",
                )
                .with_help("take the statement out")
                .at(&self.source, span, "this ends what holds the seeder together"));
            }
            if ddl == DdlTransactions::Committing
                && let Some(word) = commits(bare)
            {
                let help = match word.as_str() {
                    "TRUNCATE" => "write DELETE FROM in its place",
                    _ => "what changes the schema belongs into a migration: fastman make:migration \"...\"",
                };
                return Err(Error::failed(
                    "seed.commits",
                    format!("{word} commits on this engine, and of a seeder all is kept or nothing"),
                )
                .with_help(help)
                .at(&self.source, span, "this would keep what stands before it"));
            }
            statements.push(SqlStatement { sql: sql.to_owned(), span });
        }
        Ok(statements)
    }
}

/// The word by which a statement commits what was done before it, on engines where DDL does that.
fn commits(sql: &str) -> Option<String> {
    let mut words = sql.split(|character: char| !character.is_alphanumeric() && character != '_');
    let mut next = || words.find(|word| !word.is_empty()).unwrap_or_default().to_uppercase();
    let (first, second) = (next(), next());
    let does = match first.as_str() {
        // What is temporary is nobody else's.
        "CREATE" | "DROP" => second != "TEMPORARY",
        "ALTER" | "TRUNCATE" | "RENAME" | "GRANT" | "REVOKE" | "ANALYZE" | "OPTIMIZE" | "REPAIR" | "FLUSH" => true,
        "LOCK" | "UNLOCK" => second.starts_with("TABLE"),
        "SET" => second == "AUTOCOMMIT",
        _ => false,
    };
    does.then_some(if first == "SET" { "SET autocommit".to_owned() } else { first })
}

/// The way out that a migration has is one of a seeder too, under another header.
fn about_seeding(error: Error, engine: &str) -> Error {
    match error.help().map(|help| help.replace("migrate:up ENGINE", &format!("migrate:up {engine}"))) {
        Some(help) => error.with_help(help.replace("migrate:up", "seed").replace(" transaction:false", "")),
        None => error,
    }
}

#[cfg(test)]
mod tests;
