//! Servers that continuous integration may do without for a while: the dated lines of `tools/missing-servers`.
//!
//! Debian's sid, where MySQL comes from, moves. A server that can't be had there is no reason to stop all work, and none to
//! forget about it either: the line that excuses it is committed, and ends on its day.

use chrono::NaiveDate;

/// Whether a run with `CI=true` must have the server, by the text of `tools/missing-servers`: lines `mysql until 2026-12-31: why`.
///
/// # Panics
/// At a line that is neither that nor a comment.
pub fn must_be_had(exemptions: &str, server: &str) -> bool {
    must_be_had_on(exemptions, server, chrono::Utc::now().date_naive())
}

fn must_be_had_on(exemptions: &str, server: &str, today: NaiveDate) -> bool {
    let lines = exemptions.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    !lines.map(read).any(|(exempt, until)| exempt == server && today <= until)
}

fn read(line: &str) -> (&str, NaiveDate) {
    let parsed = line.split_once(" until ").and_then(|(server, rest)| {
        let (date, reason) = rest.split_once(": ")?;
        (!reason.trim().is_empty()).then_some((server, date.parse().ok()?))
    });
    parsed.unwrap_or_else(|| panic!("tools/missing-servers: `SERVER until YYYY-MM-DD: why` expected, not {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_excused_to_its_day_and_no_other_one_is() {
        let text = "# a comment\n\nmysql until 2026-12-01: sid has no mysql-server-core this week\n";
        let day = |day| NaiveDate::from_ymd_opt(2026, 12, day).unwrap();
        assert!(!must_be_had_on(text, "mysql", day(1)));
        assert!(must_be_had_on(text, "mysql", day(2)));
        assert!(must_be_had_on(text, "mariadb", day(1)));
        assert!(must_be_had_on("", "mysql", day(1)));
    }

    #[test]
    #[should_panic(expected = "SERVER until YYYY-MM-DD: why")]
    fn an_excuse_without_a_reason_is_none() {
        must_be_had_on("mysql until 2026-12-01", "mysql", NaiveDate::default());
    }
}
