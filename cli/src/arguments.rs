//! The command line's grammar: the flags that every command takes, and what clap can't parse turned into our own errors.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use fastman_core::Error;

use crate::commands::Command;
use crate::output::Output;
use crate::{report, suggest};

/// Database migrations and models for SQL databases, in portable SQL.
#[derive(Debug, Parser)]
#[command(
    name = "fastman",
    version,
    max_term_width = 110,
    after_help = "Examples:
  fastman make:migration \"create posts table\"    a new migration, in database/migrations/versions
  fastman database:migrate                       apply what is pending
  fastman migrate:status                         what is applied and what is pending
  fastman migrate:rollback --steps=3             undo the last three, after asking

The database is named by DATABASE_URL, in the environment or in .env, or by --url.
`fastman COMMAND --help` says more of a command."
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The flags of every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The database, in place of DATABASE_URL
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// One of the databases named in fastman.toml
    #[arg(long, global = true, value_name = "NAME")]
    pub database: Option<String>,
    /// The project's folder, in place of the nearest one on the way up
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// The file with environment variables, in place of the project's .env
    #[arg(long, global = true, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
    /// Change this database although `guard` in fastman.toml names it
    #[arg(long, global = true, value_name = "HOST/DATABASE")]
    pub allow_guarded: Option<String>,
    /// Data and errors as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress, only results, warnings and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more on stderr; twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Answer every question with yes
    #[arg(short, long, global = true, visible_alias = "force")]
    pub yes: bool,
    /// Ask nothing; what would have to be asked is refused
    #[arg(long, global = true)]
    pub no_input: bool,
    /// When to use colour; auto: on terminals, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorChoice,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    // On terminals, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// What the command line comes to.
pub enum Parsed {
    /// A command to run.
    Command(Global, Command),
    /// Help, the version or an error, printed already.
    Printed(ExitCode),
}

/// Parses the words of the command line, the program's name first.
pub fn parse(words: &[OsString]) -> Parsed {
    let color = early_color(words);
    let mut command = Cli::command().color(match color {
        ColorChoice::Auto => clap::ColorChoice::Auto,
        ColorChoice::Always => clap::ColorChoice::Always,
        ColorChoice::Never => clap::ColorChoice::Never,
    });
    let parsed = command.try_get_matches_from_mut(words).and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(Cli { global, command: Some(command) }) => Parsed::Command(global, command),
        Ok(Cli { command: None, .. }) => Parsed::Printed(print(&command.render_help(), color)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Parsed::Printed(print(&error.render(), color))
        }
        Err(error) => {
            let json = words.iter().any(|word| word == "--json");
            let output = Output::new(&Global { json, color, ..Global::default() });
            let error = wrong_use(&error, words);
            output.error(&error);
            Parsed::Printed(ExitCode::from(report::exit_code(error.category())))
        }
    }
}

/// The value of `--color`, as far as it can be told before parsing.
fn early_color(words: &[OsString]) -> ColorChoice {
    let mut words = words.iter().filter_map(|word| word.to_str());
    let mut color = ColorChoice::Auto;
    while let Some(word) = words.next() {
        let value = if word == "--color" { words.next() } else { word.strip_prefix("--color=") };
        if let Some(value) = value {
            color = ColorChoice::from_str(value, true).unwrap_or_default();
        }
    }
    color
}

fn print(text: &clap::builder::StyledStr, color: ColorChoice) -> ExitCode {
    let output = Output::new(&Global { color, ..Global::default() });
    let colored = crate::output::colored(color, std::io::IsTerminal::is_terminal(&std::io::stdout()));
    output.data(&if colored { text.ansi().to_string() } else { text.to_string() });
    ExitCode::from(output.finish(0))
}

/// clap's error as one of ours: its words, our form, and a nearer guess at the command that was meant.
fn wrong_use(error: &clap::Error, words: &[OsString]) -> Error {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
    {
        let following = words.iter().skip_while(|candidate| *candidate != word.as_str()).nth(1);
        if is_url(word) {
            return Error::usage("usage.unknown-command", "a URL stands where a command is expected")
                .with_help("name the database with --url: fastman --url URL COMMAND");
        }
        return suggest::unknown_command(word, following.and_then(|word| word.to_str()));
    }
    // What stands in the message besides the sentence: the usage and how to get help, which ours has in its own place.
    let text = without_urls(in_plain_words(error.render().to_string()), words);
    let mut message = Vec::new();
    let mut help = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            help.push(tip.to_owned());
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            help.push(format!("usage: {usage}"));
        } else if !line.starts_with("For more information") {
            message.push(line.strip_prefix("error: ").unwrap_or(line).to_owned());
        }
    }
    if let (ErrorKind::UnknownArgument, Some(ContextValue::String(word))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
        && let Some(option) = suggest::option_for(word, words)
    {
        help.insert(0, format!("did you mean {option}={word}?"));
    }
    let error = Error::usage("usage.arguments", message.join(" "));
    if help.is_empty() { error } else { error.with_help(help.join("\n")) }
}

/// What the standard library says of numbers, as a person says it.
fn in_plain_words(text: String) -> String {
    [
        ("invalid digit found in string", "it is not a whole number from 0 up"),
        ("number too large to fit in target type", "it is too great a number"),
        ("0 is not in 1..18446744073709551615", "it must be at least 1"),
        ("cannot parse integer from empty string", "it is not a whole number"),
    ]
    .into_iter()
    .fold(text, |text, (theirs, ours)| text.replace(theirs, ours))
}

/// Whether a word of the command line may hold a password.
fn is_url(word: &str) -> bool {
    word.contains("://") || (word.contains(':') && word.contains('@'))
}

/// clap quotes what it does not understand; a URL with its password is shown nowhere.
fn without_urls(mut text: String, words: &[OsString]) -> String {
    for word in words.iter().filter_map(|word| word.to_str()).filter(|word| is_url(word)) {
        let value = word.split_once('=').map_or(word, |(_, value)| if is_url(value) { value } else { word });
        text = text.replace(word, "***").replace(value, "***");
    }
    text
}
