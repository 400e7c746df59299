//! A row of the history, read back. Engines report one value in different shapes (a number as a decimal, a time as a
//! text); reading takes them all.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use super::bad_history;
use crate::error::Result;
use crate::migrate::Version;
use crate::migrate::stored::{StoredDown, StoredPlan};
use crate::sql::section::Direction;
use crate::value::Value;

/// What a row says of its migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowState {
    /// Applied.
    Applied,
    /// Recorded as applied by a baseline.
    Baseline,
    /// Claimed by a session, which is at work or was killed.
    Running,
    /// Stopped by an error.
    Failed,
}

impl RowState {
    /// As the row has it.
    pub fn word(self) -> &'static str {
        match self {
            RowState::Applied => "applied",
            RowState::Baseline => "baseline",
            RowState::Running => "running",
            RowState::Failed => "failed",
        }
    }
}

/// The small columns of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub version: Version,
    pub name: String,
    pub sequence: i64,
    pub direction: Direction,
    pub state: RowState,
    pub done: usize,
    pub statements: usize,
    pub checksum: String,
    pub down_checksum: Option<String>,
    pub checksum_scheme: u32,
    pub project: Option<String>,
    pub session: Option<String>,
    pub applied_by: String,
    pub applied_at: DateTime<Utc>,
    pub duration_ms: u64,
}

impl Record {
    /// A row of the columns of [`SMALL`](super::table::SMALL).
    pub fn read(row: Vec<Value>) -> Result<Record> {
        let mut cells = Cells(row.into_iter());
        let record = Record {
            version: cells.version()?,
            name: cells.text("name")?,
            sequence: cells.integer("sequence")?,
            direction: match cells.text("direction")?.as_str() {
                "up" => Direction::Up,
                "down" => Direction::Down,
                other => return Err(bad_history(format!("direction {other:?}"))),
            },
            state: match cells.text("state")?.as_str() {
                "applied" => RowState::Applied,
                "baseline" => RowState::Baseline,
                "running" => RowState::Running,
                "failed" => RowState::Failed,
                other => return Err(bad_history(format!("state {other:?}"))),
            },
            done: cells.count("statements_done")?,
            statements: cells.count("statements")?,
            checksum: cells.text("checksum")?,
            down_checksum: cells.optional_text("down_checksum")?,
            checksum_scheme: cells.count("checksum_scheme")?,
            project: cells.optional_text("project")?,
            session: cells.optional_text("session")?,
            applied_by: cells.text("applied_by")?,
            applied_at: cells.time("applied_at")?,
            duration_ms: cells.count("duration_ms")?,
        };
        Ok(record)
    }

    /// Whether the migration counts as applied and nothing is open about it.
    pub fn is_settled(&self) -> bool {
        matches!(self.state, RowState::Applied | RowState::Baseline)
    }

    /// What identifies this row's place at the end of the order of applying.
    pub fn mark(&self) -> Mark {
        Mark { sequence: self.sequence, row: Some((self.version, self.applied_at)) }
    }
}

/// The end of the order of applying: it moves whenever a migration is applied or undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The last one's; 0 where there is none.
    pub sequence: i64,
    row: Option<(Version, DateTime<Utc>)>,
}

impl Mark {
    /// That of a history without rows.
    pub const EMPTY: Mark = Mark { sequence: 0, row: None };

    /// That of a row just inserted.
    pub fn of(sequence: i64, version: Version, applied_at: DateTime<Utc>) -> Mark {
        Mark { sequence, row: Some((version, applied_at)) }
    }

    /// A row of version, sequence and time.
    pub fn read(row: Vec<Value>) -> Result<Mark> {
        let mut cells = Cells(row.into_iter());
        let (version, sequence, applied_at) = (cells.version()?, cells.integer("sequence")?, cells.time("applied_at")?);
        Ok(Mark { sequence, row: Some((version, applied_at)) })
    }
}

/// The large texts of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Details {
    pub version: Version,
    pub failure: Option<String>,
    in_flight: Option<String>,
    plan: Option<String>,
    down_plan: Option<String>,
    echoes: Option<String>,
}

impl Details {
    /// A row of the version and the columns of [`LARGE`](super::table::LARGE).
    pub fn read(row: Vec<Value>) -> Result<Details> {
        let mut cells = Cells(row.into_iter());
        Ok(Details {
            version: cells.version()?,
            failure: cells.optional_text("failure")?,
            in_flight: cells.optional_text("in_flight")?,
            plan: cells.optional_text("plan")?,
            down_plan: cells.optional_text("down_plan")?,
            echoes: cells.optional_text("echoes")?,
        })
    }

    /// The statement that was begun.
    pub fn in_flight(&self) -> Result<Option<InFlight>> {
        self.parsed("in_flight", self.in_flight.as_deref())
    }

    /// The plan that was run, or runs.
    pub fn plan(&self) -> Result<Option<StoredPlan>> {
        self.parsed("plan", self.plan.as_deref())
    }

    /// How the migration is undone.
    pub fn down(&self) -> Result<Option<StoredDown>> {
        self.parsed("down_plan", self.down_plan.as_deref())
    }

    /// The catalog's echo of the relations that the run touched, as it was afterwards.
    pub fn echoes(&self) -> Result<Option<std::collections::BTreeMap<String, Option<String>>>> {
        self.parsed("echoes", self.echoes.as_deref())
    }

    fn parsed<'a, T: Deserialize<'a>>(&self, column: &str, text: Option<&'a str>) -> Result<Option<T>> {
        text.map(serde_json::from_str)
            .transpose()
            .map_err(|error| bad_history(format!("{column} of {}: {error}", self.version)))
    }
}

/// A statement that was begun where its outcome is not part of a transaction with the count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InFlight {
    /// Which one, from 0.
    pub statement: usize,
    /// The catalog's echo of what it touches, before it ran; `None` for one that fastman knows nothing about.
    pub echo: Option<Vec<Option<String>>>,
}

impl InFlight {
    /// As the history keeps it.
    pub fn text(&self) -> String {
        // Numbers and texts always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The values of a row, taken one by one.
struct Cells(std::vec::IntoIter<Value>);

impl Cells {
    fn next(&mut self, column: &str) -> Result<Value> {
        self.0.next().ok_or_else(|| bad_history(format!("no column {column}")))
    }

    fn optional_text(&mut self, column: &str) -> Result<Option<String>> {
        match self.next(column)? {
            Value::Null => Ok(None),
            Value::Text(text) | Value::Json(text) => Ok(Some(text)),
            Value::Bytes(bytes) => {
                String::from_utf8(bytes).map(Some).map_err(|_| bad_history(format!("{column} is not UTF-8")))
            }
            other => Err(bad_history(format!("{column}: {other:?}"))),
        }
    }

    fn text(&mut self, column: &str) -> Result<String> {
        self.optional_text(column)?.ok_or_else(|| bad_history(format!("{column} is NULL")))
    }

    fn version(&mut self) -> Result<Version> {
        let text = match self.next("version")? {
            Value::Text(text) => text,
            Value::Integer(number) => format!("{number:014}"),
            other => return Err(bad_history(format!("version: {other:?}"))),
        };
        text.trim_end().parse().map_err(|_| bad_history(format!("version {text:?}")))
    }

    fn integer(&mut self, column: &str) -> Result<i64> {
        match self.next(column)? {
            Value::Integer(number) => Ok(number),
            Value::Decimal(number) => number
                .rescale(0)
                .and_then(|number| i64::try_from(number.mantissa()).ok())
                .ok_or_else(|| bad_history(format!("{column}: {number}"))),
            other => Err(bad_history(format!("{column}: {other:?}"))),
        }
    }

    fn count<T: TryFrom<i64>>(&mut self, column: &str) -> Result<T> {
        let number = self.integer(column)?;
        T::try_from(number).map_err(|_| bad_history(format!("{column}: {number}")))
    }

    fn time(&mut self, column: &str) -> Result<DateTime<Utc>> {
        match self.next(column)? {
            Value::Timestamp(time) => Ok(time.and_utc()),
            Value::TimestampTz(time) => Ok(time),
            Value::Text(text) => parse_time(&text).ok_or_else(|| bad_history(format!("{column}: {text:?}"))),
            other => Err(bad_history(format!("{column}: {other:?}"))),
        }
    }
}

/// A time in UTC, in one of the forms of ISO 8601 that engines write.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim().trim_end_matches(['Z', 'z']);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Decimal;

    fn row(sequence: Value, applied_at: Value, state: &str) -> Vec<Value> {
        let text = |text: &str| Value::Text(text.to_owned());
        vec![
            text("20260101000001"),
            text("users"),
            sequence,
            text("up"),
            text(state),
            Value::Integer(1),
            Value::Integer(1),
            text("abc"),
            Value::Null,
            Value::Integer(1),
            Value::Null,
            Value::Null,
            text("somebody"),
            applied_at,
            Value::Integer(5),
            text("0.1.0"),
        ]
    }

    #[test]
    fn a_row_is_read_in_whatever_shape_an_engine_reports_numbers_and_times() {
        let time: DateTime<Utc> = "2026-01-31T12:34:56.789012Z".parse().unwrap();
        let numbers = [Value::Integer(7), Value::Decimal(Decimal::new(7, 0).unwrap())];
        let times = [
            Value::Timestamp(time.naive_utc()),
            Value::TimestampTz(time),
            Value::Text("2026-01-31 12:34:56.789012".to_owned()),
            Value::Text("2026-01-31T12:34:56.789012Z".to_owned()),
        ];
        for number in &numbers {
            for applied_at in &times {
                let record = Record::read(row(number.clone(), applied_at.clone(), "applied")).unwrap();
                assert_eq!((record.sequence, record.applied_at), (7, time));
            }
        }
    }

    #[test]
    fn what_fastman_did_not_write_is_an_error_that_names_it() {
        let time = Value::Text("2026-01-31 12:34:56".to_owned());
        let error = Record::read(row(Value::Integer(1), time.clone(), "done")).unwrap_err();
        assert_eq!(error.code(), "migrate.bad-history");
        assert!(error.message().contains("state \"done\""), "{error}");
        let error = Record::read(row(Value::Null, time, "applied")).unwrap_err();
        assert!(error.message().contains("sequence"), "{error}");
        let error = Record::read(row(Value::Integer(1), Value::Text("soon".to_owned()), "applied")).unwrap_err();
        assert!(error.message().contains("applied_at: \"soon\""), "{error}");
    }
}
