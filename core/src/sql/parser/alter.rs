//! ALTER TABLE and its actions.

use super::cursor::Parser;
use crate::error::{Error, Result};
use crate::sql::ast::{AlterAction, AlterKind, StatementKind};
use crate::sql::lexer::TokenKind;

/// The first words of actions.
const ACTIONS: [&str; 4] = ["ADD", "DROP", "ALTER", "RENAME"];

impl Parser<'_> {
    /// ALTER TABLE.
    pub fn alter(&mut self) -> Result<StatementKind> {
        self.expect("ALTER")?;
        if !self.at("TABLE") {
            return Err(self.refused_object("ALTER").unwrap_or_else(|| self.expected_one_of("TABLE", &["TABLE"])));
        }
        self.skip();
        self.refuse_if_exists()?;
        if self.at("ONLY")
            && self.peek_kind(1) == Some(TokenKind::Word)
            && !ACTIONS.contains(&self.upper_at(1).as_str())
        {
            return Err(self.refusal("ALTER TABLE ONLY", 1, "leave ONLY out"));
        }
        let table = self.object_name("a table's name")?;
        let mut actions = vec![self.action()?];
        while self.take_symbol(",") {
            actions.push(self.action()?);
        }
        Ok(StatementKind::AlterTable { table, actions })
    }

    fn action(&mut self) -> Result<AlterAction> {
        let start = self.start();
        let kind = match self.upper().as_str() {
            "ADD" => self.add()?,
            "DROP" => self.drop_part()?,
            "RENAME" => self.rename()?,
            "ALTER" => self.alter_column()?,
            "MODIFY" | "CHANGE" => {
                let what = self.upper();
                return Err(self.refusal(
                    &what,
                    1,
                    "write ALTER COLUMN name TYPE type, ALTER COLUMN name SET NOT NULL or RENAME COLUMN old TO new",
                ));
            }
            "OWNER" | "ENABLE" | "DISABLE" | "VALIDATE" | "ATTACH" | "DETACH" | "CONVERT" | "SET" | "CLUSTER"
            | "REPLICA" | "INHERIT" | "FORCE" => {
                return Err(self.refusal_to_section(&format!("ALTER TABLE ... {}", self.upper()), 1));
            }
            _ => return Err(self.expected_one_of("ADD, DROP, ALTER or RENAME", &ACTIONS)),
        };
        Ok(AlterAction { kind, span: self.since(start) })
    }

    fn add(&mut self) -> Result<AlterKind> {
        self.expect("ADD")?;
        if self.at_constraint() {
            return self.constraint().map(AlterKind::AddConstraint);
        }
        self.refuse_inline_index("CREATE INDEX name ON table (column)")?;
        self.take("COLUMN");
        self.refuse_if_exists()?;
        if self.at_symbol("(") {
            return Err(self.refusal(
                "a list of columns",
                1,
                "write ADD COLUMN once for each, with commas between them",
            ));
        }
        self.column().map(AlterKind::AddColumn)
    }

    fn drop_part(&mut self) -> Result<AlterKind> {
        self.expect("DROP")?;
        let named = !(self.symbol_is(1, ",") || self.symbol_is(1, ";") || self.peek(1).is_none());
        match self.upper().as_str() {
            "CONSTRAINT" if named => {
                self.skip();
                self.refuse_if_exists()?;
                return Ok(AlterKind::DropConstraint(self.identifier("a constraint's name")?));
            }
            "PRIMARY" | "FOREIGN" if self.word_is(1, "KEY") => {
                let what = format!("DROP {} KEY", self.upper());
                return Err(self.refusal(
                    &what,
                    2,
                    "write DROP CONSTRAINT with its name, such as pk_posts or fk_posts_author_id",
                ));
            }
            "INDEX" | "KEY" if named => {
                let what = format!("DROP {} inside ALTER TABLE", self.upper());
                return Err(self.refusal(&what, 1, "write a statement of its own: DROP INDEX name"));
            }
            "CHECK" if named => return Err(self.refusal("DROP CHECK", 1, "write DROP CONSTRAINT")),
            "COLUMN" if named => self.skip(),
            _ => {}
        }
        self.refuse_if_exists()?;
        if self.at_symbol("(") {
            return Err(self.refusal(
                "a list of columns",
                1,
                "write DROP COLUMN once for each, with commas between them",
            ));
        }
        Ok(AlterKind::DropColumn(self.identifier("a column's name")?))
    }

    fn rename(&mut self) -> Result<AlterKind> {
        self.expect("RENAME")?;
        if self.take("TO") {
            return Ok(AlterKind::RenameTable(self.object_name("a table's name")?));
        }
        // A column may itself be called `column`, or `to`.
        if !self.word_is(1, "TO") || self.word_is(2, "TO") {
            match self.upper().as_str() {
                "COLUMN" => self.skip(),
                "CONSTRAINT" | "INDEX" | "KEY" => {
                    let what = format!("RENAME {}", self.upper());
                    return Err(self.refusal(&what, 1, "drop it and add it under its new name"));
                }
                "AS" => return Err(self.refusal("RENAME AS", 1, "write RENAME TO")),
                _ => {}
            }
        }
        let column = self.identifier("TO, or COLUMN and its name")?;
        self.expect("TO")?;
        Ok(AlterKind::RenameColumn(column, self.identifier("a column's name")?))
    }

    fn alter_column(&mut self) -> Result<AlterKind> {
        self.expect("ALTER")?;
        if matches!(self.upper().as_str(), "CONSTRAINT" | "INDEX" | "CHECK")
            && self.peek_kind(1) == Some(TokenKind::Word)
        {
            return Err(self.refusal_to_section(&format!("ALTER {}", self.upper()), 1));
        }
        // A column may itself be called `column`.
        let changes = |ahead| ["SET", "DROP", "TYPE", "ADD"].iter().any(|word| self.word_is(ahead, word));
        if self.at("COLUMN") && (!changes(1) || changes(2)) {
            self.skip();
        }
        let column = self.identifier("a column's name")?;
        if self.take("TYPE") || self.take_words(&["SET", "DATA", "TYPE"]) {
            let type_name = self.type_name()?;
            if self.at("USING") {
                return Err(self.refusal_to_section("a conversion (USING)", 1));
            }
            return Ok(AlterKind::SetType(column, type_name));
        }
        if self.take_words(&["SET", "NOT", "NULL"]) {
            return Ok(AlterKind::SetNotNull(column));
        }
        if self.take_words(&["DROP", "NOT", "NULL"]) {
            return Ok(AlterKind::DropNotNull(column));
        }
        if self.take_words(&["SET", "DEFAULT"]) {
            return Ok(AlterKind::SetDefault(column, self.default_value()?));
        }
        if self.take_words(&["DROP", "DEFAULT"]) {
            return Ok(AlterKind::DropDefault(column));
        }
        Err(self.not_an_alteration())
    }

    fn not_an_alteration(&self) -> Error {
        const WAYS: &str = "TYPE, SET NOT NULL, DROP NOT NULL, SET DEFAULT or DROP DEFAULT";
        if self.at_words(&["SET", "NULL"]) {
            return self.refusal("SET NULL", 2, "write DROP NOT NULL");
        }
        if self.at_words(&["SET", "TYPE"]) {
            return self.refusal("SET TYPE", 2, "write TYPE or SET DATA TYPE");
        }
        if self.at_words(&["DROP", "IDENTITY"])
            || self.at_words(&["ADD", "GENERATED"])
            || self.at_words(&["SET", "GENERATED"])
        {
            return self.refusal_to_section("making or unmaking an identity", 2);
        }
        self.expected_with_help(WAYS, "a column is altered by ALTER COLUMN name TYPE type, or one of the others")
    }
}
