//! The statements that change the history, with parameters to be run or with literals to be shown.

use chrono::{DateTime, Utc};

use super::record::{Record, RowState};
use super::{History, table};
use crate::dialect::RenderInput;
use crate::error::Result;
use crate::migrate::Version;
use crate::schema::{Change, Function, Schema};
use crate::sql::section::Direction;
use crate::store::{CatalogObjects, Statement};
use crate::value::Value;

/// How values get into a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// As parameters.
    Parameters,
    /// As literals.
    Literals,
}

/// Whose row a statement may change. The number of rows that it changed tells whether it was so.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claim<'a> {
    /// Anybody's.
    Any,
    /// That of the session of this identity.
    Session(&'a str),
    /// Nobody's.
    Nobody,
    /// The row as it was seen.
    Seen(&'a Record),
}

/// A row to be inserted.
#[derive(Clone, Debug)]
pub(crate) struct NewRow<'a> {
    pub version: Version,
    pub name: &'a str,
    pub state: RowState,
    pub done: usize,
    pub statements: usize,
    pub checksum: &'a str,
    pub down_checksum: &'a str,
    pub project: Option<&'a str>,
    pub session: Option<&'a str>,
    pub applied_by: &'a str,
    pub plan: Option<String>,
    pub down_plan: Option<String>,
    pub in_flight: Option<String>,
}

/// When and where in the order a row is inserted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// Known.
    Known {
        /// The place in the order of applying.
        sequence: i64,
        /// The time.
        at: DateTime<Utc>,
    },
    /// When the statement runs, at the end of the order.
    Whenever,
}

/// A statement being composed.
struct Composer<'a> {
    history: &'a History,
    values: Values,
    sql: String,
    parameters: Vec<Value>,
}

impl<'a> Composer<'a> {
    fn new(history: &'a History, values: Values) -> Composer<'a> {
        Composer { history, values, sql: String::new(), parameters: Vec::new() }
    }

    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    fn push_column(&mut self, column: &str) {
        self.sql.push_str(&self.history.quote(column));
    }

    fn push_value(&mut self, column: &str, value: Value) -> Result<()> {
        match self.values {
            Values::Literals => {
                let (column_type, _) = table::column_type(column);
                let literal = self.history.dialect.literal(&value, Some(&column_type))?;
                self.sql.push_str(&literal);
            }
            Values::Parameters => {
                self.parameters.push(value);
                let placeholder = self.history.dialect.placeholder(self.parameters.len());
                self.sql.push_str(&placeholder);
            }
        }
        Ok(())
    }

    fn push_condition(&mut self, version: Version, claim: Claim<'_>) -> Result<()> {
        self.push(" WHERE ");
        self.push_column("version");
        self.push(" = ");
        self.push_value("version", Value::Text(version.to_string()))?;
        match claim {
            Claim::Any => Ok(()),
            Claim::Nobody => self.push_equal("session", Value::Null),
            Claim::Session(session) => self.push_equal("session", text(session)),
            Claim::Seen(record) => {
                self.push_equal("session", optional(record.session.as_deref()))?;
                self.push_equal("state", text(record.state.word()))?;
                self.push_equal("statements_done", count(record.done))
            }
        }
    }

    fn push_equal(&mut self, column: &str, value: Value) -> Result<()> {
        self.push(" AND ");
        self.push_column(column);
        if value == Value::Null {
            self.push(" IS NULL");
            return Ok(());
        }
        self.push(" = ");
        self.push_value(column, value)
    }

    fn finish(self) -> Statement {
        Statement { sql: self.sql, parameters: self.parameters }
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn optional(value: Option<&str>) -> Value {
    value.map_or(Value::Null, text)
}

/// A number as the history keeps it.
pub(crate) fn count(value: impl TryInto<i64>) -> Value {
    Value::Integer(value.try_into().unwrap_or(i64::MAX))
}

impl History {
    /// The statements that make the table.
    ///
    /// # Errors
    /// What the dialect says.
    pub fn create(&self) -> Result<Vec<Statement>> {
        let table = table::table();
        let mut after = Schema::default();
        after.insert_table(table.clone());
        let steps = self.dialect.render(RenderInput {
            changes: &[Change::CreateTable(table)],
            before: &Schema::default(),
            after: &after,
            catalog: &CatalogObjects::default(),
        })?;
        Ok(steps.into_iter().map(|step| Statement::new(step.sql)).collect())
    }

    /// Inserts a row.
    ///
    /// # Errors
    /// What the dialect says of a literal.
    pub fn insert(&self, row: NewRow<'_>, moment: Moment, values: Values) -> Result<Statement> {
        let scheme = i64::from(crate::sql::checksum::SCHEME);
        let mut cells = vec![
            ("version", Value::Text(row.version.to_string())),
            ("name", text(row.name)),
            ("direction", text(Direction::Up.word())),
            ("state", text(row.state.word())),
            ("statements_done", count(row.done)),
            ("statements", count(row.statements)),
            ("checksum", text(row.checksum)),
            ("down_checksum", text(row.down_checksum)),
            ("checksum_scheme", Value::Integer(scheme)),
            ("project", optional(row.project)),
            ("session", optional(row.session)),
            ("applied_by", text(row.applied_by)),
            ("duration_ms", Value::Integer(0)),
            ("fastman", text(env!("CARGO_PKG_VERSION"))),
            ("in_flight", row.in_flight.map_or(Value::Null, Value::Text)),
            ("plan", row.plan.map_or(Value::Null, Value::Text)),
            ("down_plan", row.down_plan.map_or(Value::Null, Value::Text)),
        ];
        if let Moment::Known { sequence, at } = moment {
            cells.push(("sequence", Value::Integer(sequence)));
            cells.push(("applied_at", Value::Timestamp(at.naive_utc())));
        }
        let mut composer = Composer::new(self, values);
        composer.push(&format!("INSERT INTO {} (", self.table));
        let mut names: Vec<String> = cells.iter().map(|(column, _)| self.quote(column)).collect();
        if let Moment::Whenever = moment {
            names.extend([self.quote("sequence"), self.quote("applied_at")]);
        }
        composer.push(&names.join(", "));
        composer.push(if let Moment::Whenever = moment { ") SELECT " } else { ") VALUES (" });
        for (index, (column, value)) in cells.into_iter().enumerate() {
            composer.push(if index == 0 { "" } else { ", " });
            composer.push_value(column, value)?;
        }
        if let Moment::Whenever = moment {
            let now =
                self.dialect.function(Function::CurrentTimestamp, &[], Some(&table::column_type("applied_at").0))?;
            let sequence = self.quote("sequence");
            composer.push(&format!(", COALESCE(MAX({sequence}), 0) + 1, {now} FROM {}", self.table));
        } else {
            composer.push(")");
        }
        Ok(composer.finish())
    }

    /// Changes some columns of a row.
    ///
    /// # Errors
    /// What the dialect says of a literal.
    pub fn update(
        &self,
        version: Version,
        cells: Vec<(&'static str, Value)>,
        claim: Claim<'_>,
        values: Values,
    ) -> Result<Statement> {
        let mut composer = Composer::new(self, values);
        composer.push(&format!("UPDATE {} SET ", self.table));
        for (index, (column, value)) in cells.into_iter().enumerate() {
            composer.push(if index == 0 { "" } else { ", " });
            composer.push_column(column);
            composer.push(" = ");
            composer.push_value(column, value)?;
        }
        composer.push_condition(version, claim)?;
        Ok(composer.finish())
    }

    /// Removes a row.
    ///
    /// # Errors
    /// What the dialect says of a literal.
    pub fn delete(&self, version: Version, claim: Claim<'_>, values: Values) -> Result<Statement> {
        let mut composer = Composer::new(self, values);
        composer.push(&format!("DELETE FROM {}", self.table));
        composer.push_condition(version, claim)?;
        Ok(composer.finish())
    }

    /// Removes every row.
    pub fn clear(&self) -> String {
        format!("DELETE FROM {}", self.table)
    }
}
