//! The history's table, as a table of the model.

use crate::schema::{Column, ColumnType, Constraint, ConstraintKind, Name, Table};

/// The name of the history's table.
pub const TABLE: &str = "fastman_migrations";

/// The columns that every read takes, in the order in which [`Record::read`](super::Record::read) wants them.
pub(super) const SMALL: &[&str] = &[
    "version",
    "name",
    "sequence",
    "direction",
    "state",
    "statements_done",
    "statements",
    "checksum",
    "down_checksum",
    "checksum_scheme",
    "project",
    "session",
    "applied_by",
    "applied_at",
    "duration_ms",
    "fastman",
];

/// The large texts; they stand last, so that an engine that keeps long rows in pieces need not read them for the others.
pub(super) const LARGE: &[&str] = &["failure", "in_flight", "plan", "down_plan", "echoes"];

/// Type of a column, and whether it takes NULL.
pub(super) fn column_type(column: &str) -> (ColumnType, bool) {
    match column {
        "version" => (ColumnType::Varchar(14), false),
        "name" => (ColumnType::Varchar(200), false),
        "sequence" | "duration_ms" => (ColumnType::BigInt, false),
        "direction" => (ColumnType::Varchar(4), false),
        "state" => (ColumnType::Varchar(8), false),
        "statements_done" | "statements" | "checksum_scheme" => (ColumnType::Integer, false),
        "checksum" => (ColumnType::Varchar(64), false),
        "down_checksum" => (ColumnType::Varchar(64), true),
        "project" => (ColumnType::Varchar(64), true),
        "session" => (ColumnType::Varchar(255), true),
        "applied_by" => (ColumnType::Varchar(255), false),
        "applied_at" => (ColumnType::Timestamp, false),
        "fastman" => (ColumnType::Varchar(32), false),
        _ => (ColumnType::Text, true),
    }
}

/// The table. Its primary key is the fence: a migration is claimed by the one who gets its row in. So is the order of
/// applying, which no two migrations share.
pub(super) fn table() -> Table {
    let columns = SMALL.iter().chain(LARGE).map(|name| {
        let (column_type, nullable) = column_type(name);
        Column {
            name: Name::folded(name),
            column_type,
            nullable,
            default: None,
            identity: false,
            on_update_now: false,
            comment: None,
        }
    });
    Table {
        name: Name::folded(TABLE),
        columns: columns.collect(),
        constraints: vec![
            Constraint {
                name: Name::folded("pk_fastman_migrations"),
                kind: ConstraintKind::PrimaryKey { columns: vec![Name::folded("version")] },
            },
            Constraint {
                name: Name::folded("uq_fastman_migrations_sequence"),
                kind: ConstraintKind::Unique { columns: vec![Name::folded("sequence")] },
            },
        ],
        indexes: Vec::new(),
        comment: None,
    }
}
