//! The environment that settings come from: the process's own, then an environment file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Origin, mask};
use crate::error::{Error, Result, SourceText};

/// Variables of the process and of an environment file. The process's own win.
#[derive(Clone)]
pub struct Environment {
    process: fn(&str) -> Option<String>,
    variables: HashMap<String, String>,
    path: PathBuf,
}

impl Default for Environment {
    /// The process's own, without a file.
    fn default() -> Environment {
        Environment { process: |name| std::env::var(name).ok(), variables: HashMap::new(), path: PathBuf::new() }
    }
}

impl Environment {
    /// Reads an environment file; one that is not there is an error where `required`.
    ///
    /// # Errors
    /// `env.unreadable`, `env.syntax`. They show the line and the variable's name, never a value.
    pub fn read(path: &Path, required: bool) -> Result<Environment> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Error::usage("env.unreadable", format!("{} can't be read: {error}", path.display())));
            }
        };
        Environment::parse(path, &text, |name| std::env::var(name).ok())
    }

    /// An environment of the text of a file and the variables that `process` gives.
    ///
    /// # Errors
    /// `env.syntax`.
    pub fn parse(path: &Path, text: &str, process: fn(&str) -> Option<String>) -> Result<Environment> {
        let text = text.trim_start_matches('\u{feff}');
        let mut variables = HashMap::new();
        for variable in dotenvy::from_read_iter(text.as_bytes()) {
            let (name, value) = variable.map_err(|error| syntax(path, text, &error))?;
            // The first one wins, as it does where a file is loaded into the environment.
            variables.entry(name).or_insert(value);
        }
        Ok(Environment { process, variables, path: path.to_owned() })
    }

    /// The variable's value, and where it is set. An empty one counts as not set.
    pub fn find(&self, name: &str) -> Option<(String, Origin)> {
        if let Some(value) = (self.process)(name).filter(|value| !value.is_empty()) {
            return Some((value, Origin::Environment(name.to_owned())));
        }
        let value = self.variables.get(name).filter(|value| !value.is_empty())?;
        Some((value.clone(), Origin::EnvironmentFile(name.to_owned(), self.path.clone())))
    }

    /// The environment file, whether or not it is there.
    pub fn file(&self) -> &Path {
        &self.path
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut names: Vec<&String> = self.variables.keys().collect();
        names.sort();
        formatter.debug_struct("Environment").field("path", &self.path).field("names", &names).finish()
    }
}

/// The library's error quotes the line, values and all; ours says which line it is.
fn syntax(path: &Path, text: &str, error: &dotenvy::Error) -> Error {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let source = SourceText::new(name.as_str(), mask::environment(text));
    let refused = Error::failed("env.syntax", format!("{name} can't be read"))
        .with_help("a line is NAME=value; a value with spaces, quotes, # or $ in it stands in single quotes");
    match error {
        dotenvy::Error::LineParse(line, _) => {
            let start = text.find(line.as_str()).unwrap_or(0);
            let first = line.lines().next().unwrap_or_default();
            let (number, _) = source.line_and_column(start);
            refused.map_message(|message| format!("{message}: line {number} is not NAME=value")).at(
                &source,
                start..start + first.len(),
                "here",
            )
        }
        _ => refused,
    }
}
