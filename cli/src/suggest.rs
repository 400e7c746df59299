//! Guesses which command was meant.

use std::ffi::OsString;

use clap::CommandFactory;
use fastman_core::Error;
use fastman_core::adapter::nearest;

use crate::arguments::Cli;

/// The error for a command that is not there, with the one that was likely meant. `following` is the next word on the line.
pub fn unknown_command(word: &str, following: Option<&str>) -> Error {
    let command = Cli::command();
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let help = match guess(word, following, &names) {
        Some(name) => format!("did you mean `fastman {name}`? `fastman --help` lists all commands"),
        None => "`fastman --help` lists all commands".to_owned(),
    };
    Error::usage("usage.unknown-command", format!("there is no command {word:?}")).with_help(help)
}

/// The option that a word was meant for which stands where none is expected: `migrate:rollback 3`, `database:seed UserSeeder`.
pub fn option_for(word: &str, words: &[OsString]) -> Option<&'static str> {
    if word.starts_with('-') || word.contains("://") {
        return None;
    }
    let command =
        words.iter().filter_map(|word| word.to_str()).find(|word| word.contains(':') && !word.contains("//"))?;
    let is_count = word.len() < 5 && word.bytes().all(|byte| byte.is_ascii_digit());
    match command {
        "database:seed" => Some("--class"),
        "migrate:rollback" | "migrate:redo" if is_count => Some("--steps"),
        "database:migrate" | "migrate:rollback" => Some("--to"),
        "migrate:sql" => Some("--dialect"),
        "factory:make" | "factory:create" if is_count => Some("--count"),
        _ => None,
    }
}

/// The likeliest name: `migrate status` and `migrate-status` for `migrate:status`, `db:migrate` for `database:migrate`, then by letters.
fn guess<'a>(word: &str, following: Option<&str>, names: &[&'a str]) -> Option<&'a str> {
    let find = |wanted: &str| names.iter().copied().find(|name| *name == wanted);
    let last = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let word = word.to_lowercase();
    let colons = word.replace(['-', '_', '.', '/', ' '], ":");
    let joined = following.filter(|next| !next.starts_with('-')).map(|next| format!("{word}:{}", next.to_lowercase()));
    let by_action = |wanted: &str| {
        let mut found = names.iter().copied().filter(|name| last(name) == last(wanted));
        found.next().filter(|_| found.next().is_none())
    };
    find(&colons)
        .or_else(|| joined.as_deref().and_then(find))
        .or_else(|| by_action(&colons))
        .or_else(|| joined.as_deref().filter(|joined| !joined.starts_with("migrate:")).and_then(by_action))
        .or_else(|| nearest(&colons, names.iter().copied()))
        .or_else(|| joined.as_deref().and_then(|joined| nearest(joined, names.iter().copied())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] =
        &["make:migration", "make:model", "database:migrate", "migrate:status", "db:create", "doctor"];

    #[test]
    fn the_likeliest_command_is_suggested() {
        for (word, following, expected) in [
            ("migrate", Some("status"), Some("migrate:status")),
            ("migrate", None, Some("database:migrate")),
            ("migrate", Some("--pretend"), Some("database:migrate")),
            ("db:migrate", None, Some("database:migrate")),
            ("status", None, Some("migrate:status")),
            ("db", Some("migrate"), Some("database:migrate")),
            ("migrate-status", None, Some("migrate:status")),
            ("migrate:staus", None, Some("migrate:status")),
            ("make:migraton", None, Some("make:migration")),
            ("make", Some("model"), Some("make:model")),
            ("database:create", None, Some("db:create")),
            ("docter", None, Some("doctor")),
            ("zebra", None, None),
        ] {
            assert_eq!(guess(word, following, NAMES), expected, "{word} {following:?}");
        }
    }
}
