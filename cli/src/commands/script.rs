//! Statements as a script that a person reads and the engine's own shell runs.

use fastman_core::dialect::Dialect;
use fastman_core::migrate::MigrationReport;

/// The statements of each migration under a comment with its name.
pub fn text(migrations: &[MigrationReport], dialect: &dyn Dialect) -> String {
    let mut text = String::new();
    for migration in migrations {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("-- {} {}\n", migration.version, migration.name));
        for statement in &migration.statements {
            text.push_str(statement);
            text.push_str(dialect.script_terminator(statement));
            text.push('\n');
        }
    }
    if text.is_empty() { "-- nothing to do\n".to_owned() } else { text }
}
