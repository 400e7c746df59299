//! Sections that are run as they stand: cut into statements, and not allowed to end the transaction that they run in.

use std::ops::Range;

use super::{Part, Planned, Side};
use crate::dialect::{Dialect, Step};
use crate::error::{Error, Result, SourceText};
use crate::sql::script::split;
use crate::sql::section::Section;

impl Side {
    /// The statements of a section that is run as it stands.
    ///
    /// # Errors
    /// `migration.transaction-control` for a statement that begins or ends a transaction, where the section runs in one.
    pub(super) fn raw(dialect: &dyn Dialect, source: &SourceText, section: &Section) -> Result<Side> {
        let body = source.text.get(section.body.clone()).unwrap_or_default();
        let mut parts = Vec::new();
        for (range, sql) in split(body, &dialect.flavour().lexical) {
            let span = section.body.start + range.start..section.body.start + range.end;
            if section.transaction && controls_transaction(sql) {
                return Err(control(source, span));
            }
            let step = if section.transaction { Step::raw(sql) } else { dialect.raw(sql) };
            parts.push(Part::Raw(Planned { step, span }));
        }
        Ok(Side { parts, transaction: section.transaction })
    }
}

/// Whether a statement begins a transaction, commits it or rolls it back, whatever the engine: a savepoint, or a block of a
/// procedural language, does none of that.
pub(crate) fn controls_transaction(sql: &str) -> bool {
    let mut words = sql.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut next = || words.next().map(str::to_uppercase);
    let (first, second) = (next(), next());
    let second = second.as_deref();
    match first.as_deref() {
        Some("COMMIT" | "ABORT") => true,
        Some("ROLLBACK") => !sql.to_uppercase().split_whitespace().any(|word| word == "TO"),
        Some("START") => second == Some("TRANSACTION"),
        Some("BEGIN" | "END") => matches!(
            second,
            None | Some(
                "TRANSACTION" | "WORK" | "IMMEDIATE" | "DEFERRED" | "EXCLUSIVE" | "CONCURRENT" | "ISOLATION" | "READ"
            )
        ),
        _ => false,
    }
}

fn control(source: &SourceText, span: Range<usize>) -> Error {
    Error::failed("migration.transaction-control", "a section may not begin or end a transaction: it runs in one, with its history")
        .with_help(
            "take the statement out; what may not run inside a transaction goes into a section with `transaction:false`, which \
             runs statement by statement",
        )
        .at(source, span, "this ends what holds the migration together")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_or_ends_a_transaction_is_told_from_what_only_looks_like_it() {
        for sql in [
            "COMMIT",
            "commit work",
            "ROLLBACK",
            "rollback transaction",
            "BEGIN",
            "BEGIN IMMEDIATE",
            "begin transaction",
            "START TRANSACTION READ ONLY",
            "END",
            "END TRANSACTION",
            "ABORT",
        ] {
            assert!(controls_transaction(sql), "{sql}");
        }
        for sql in [
            "SAVEPOINT a",
            "ROLLBACK TO a",
            "ROLLBACK TO SAVEPOINT a",
            "ROLLBACK WORK TO a",
            "RELEASE a",
            "START WITH 1",
            "BEGIN NOT ATOMIC SELECT 1; END",
            "BEGIN dbms_output.put_line('COMMIT'); END;",
            "COMMENT ON TABLE a IS 'COMMIT'",
        ] {
            assert!(!controls_transaction(sql), "{sql}");
        }
    }
}
