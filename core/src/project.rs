//! A project: its folder, its settings, and the database that a command means.
//!
//! A project is the first folder on the way up that has a `fastman.toml` or a folder `database/`. Settings come from, in this order: a flag,
//! the process's environment, `.env`, `fastman.toml`.

mod config;
mod environment;
mod guard;
mod identity;
mod mask;

use std::path::{Path, PathBuf};

pub use config::{Config, DatabaseConfig, Folders};
pub use environment::Environment;
pub use guard::{ALLOW_VARIABLE, Guard};

use crate::error::{Error, Result, SourceText};
use crate::flavour::Flavours;
use crate::url::DatabaseUrl;

/// The name of the optional file with a project's settings.
pub const CONFIG_FILE: &str = "fastman.toml";
/// The folder that, like the file, makes a folder a project.
pub const DATABASE_FOLDER: &str = "database";
/// The environment variable that names the database.
pub const URL_VARIABLE: &str = "DATABASE_URL";

/// A project and its settings.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    config: Config,
}

/// Which database a command means, as its flags say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// The URL itself.
    pub url: Option<&'a str>,
    /// The name of one of the databases in `fastman.toml`.
    pub database: Option<&'a str>,
}

/// Where a URL was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The flag.
    Flag,
    /// A variable of the process's environment.
    Environment(String),
    /// A variable of an environment file.
    EnvironmentFile(String, PathBuf),
    /// A key of `fastman.toml`.
    Config(String, PathBuf),
}

/// The database that a command works on.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its URL.
    pub url: DatabaseUrl,
    /// Where the URL comes from.
    pub origin: Origin,
    /// The environment, in which an adapter may look for variables of its own.
    pub environment: Environment,
}

impl Project {
    /// The nearest folder that is a project, from `start` upwards.
    pub fn find(start: &Path) -> Option<PathBuf> {
        start
            .ancestors()
            .find(|folder| folder.join(CONFIG_FILE).is_file() || folder.join(DATABASE_FOLDER).is_dir())
            .map(Path::to_owned)
    }

    /// Finds the project that `start` is in and reads its settings.
    ///
    /// # Errors
    /// `project.not-found`, or what [`Project::open`] gives.
    pub fn discover(start: &Path, flavours: &Flavours) -> Result<Project> {
        match Project::find(start) {
            Some(root) => Project::open(&root, flavours),
            None => Err(Error::usage(
                "project.not-found",
                format!(
                    "there is no project here: neither {} nor a folder above it has a {CONFIG_FILE} or a folder {DATABASE_FOLDER}/",
                    start.display()
                ),
            )
            .with_help(
                "change to the project's folder, name it with --project DIR, or start one here: fastman make:migration \"create users table\"",
            )),
        }
    }

    /// Reads the settings of the project in that folder. Its `fastman.toml` need not be there.
    ///
    /// # Errors
    /// `project.not-found` where the folder is not there, `config.unreadable`, and `config.*` for what is wrong in the file.
    pub fn open(root: &Path, flavours: &Flavours) -> Result<Project> {
        if !root.is_dir() {
            let what = if root.exists() { "is not a folder" } else { "is not there" };
            return Err(Error::usage("project.not-found", format!("the project folder {} {what}", root.display())));
        }
        let path = root.join(CONFIG_FILE);
        let config = match std::fs::read_to_string(&path) {
            Ok(text) => Config::parse(&SourceText::new(CONFIG_FILE, text), flavours)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Config::default(),
            Err(error) => {
                return Err(Error::failed("config.unreadable", format!("{} can't be read: {error}", path.display())));
            }
        };
        Ok(Project { root: root.to_owned(), config })
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What `fastman.toml` says; the defaults where it says nothing.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The file that the settings are kept in, whether or not it is there.
    pub fn config_path(&self) -> PathBuf {
        self.root.join(CONFIG_FILE)
    }

    /// The folder of the migrations of a database (`None`: the default one).
    pub fn migrations_folder(&self, database: Option<&str>) -> PathBuf {
        let own =
            database.and_then(|name| self.config.databases.get(name)).and_then(|database| database.migrations.as_ref());
        self.root.join(own.unwrap_or(&self.config.folders.migrations))
    }

    /// The folder of the seeders.
    pub fn seeders_folder(&self) -> PathBuf {
        self.root.join(&self.config.folders.seeders)
    }

    /// The folder of the factories.
    pub fn factories_folder(&self) -> PathBuf {
        self.root.join(&self.config.folders.factories)
    }

    /// The file of a model: the pattern with the name in it.
    pub fn model_path(&self, name: &str) -> PathBuf {
        self.root.join(self.config.folders.models.replace(config::NAME, name))
    }

    /// A path as the user is shown it: from the project's folder, where it is inside.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// The environment of the process and the project's `.env`, or the file given in its place.
    ///
    /// # Errors
    /// `env.unreadable` where a given file can't be read, `env.syntax`.
    pub fn environment(&self, file: Option<&Path>) -> Result<Environment> {
        match file {
            Some(path) => Environment::read(path, true),
            None => Environment::read(&self.root.join(".env"), false),
        }
    }

    /// The database that a command means.
    ///
    /// # Errors
    /// `url.missing` with every place that was looked at, `database.unknown`, `url.malformed`.
    pub fn target(&self, choice: Choice<'_>, environment: &Environment) -> Result<Target> {
        if let Some(text) = choice.url {
            choice.database.map(|name| self.config.database(name)).transpose()?;
            return Ok(Target {
                url: DatabaseUrl::parse(text)?,
                origin: Origin::Flag,
                environment: environment.clone(),
            });
        }
        let (variable, key, configured) = match choice.database {
            None => (URL_VARIABLE.to_owned(), "url".to_owned(), self.config.url.as_ref()),
            Some(name) => {
                let database = self.config.database(name)?;
                (variable_of(name), format!("databases.{name}.url"), database.url.as_ref())
            }
        };
        if let Some((text, origin)) = environment.find(&variable) {
            let url =
                DatabaseUrl::parse(&text).map_err(|error| error.with_detail(format!("it comes from {origin}")))?;
            return Ok(Target { url, origin, environment: environment.clone() });
        }
        if let Some(configured) = configured {
            let origin = Origin::Config(key, self.config_path());
            return Ok(Target { url: configured.clone(), origin, environment: environment.clone() });
        }
        Err(self.no_url(choice.database, &variable, &key, environment))
    }

    fn no_url(&self, name: Option<&str>, variable: &str, key: &str, environment: &Environment) -> Error {
        let file = environment.file();
        let found = if file.is_file() { "has no such line" } else { "is not there" };
        let config = self.config_path();
        let config_found = if config.is_file() { format!("has no {key}") } else { "is not there".to_owned() };
        let which = name.map(|name| format!(" for {name}")).unwrap_or_default();
        Error::usage("url.missing", format!("no database URL{which}: {variable} is set nowhere"))
            .with_detail("the flag --url is not given")
            .with_detail(format!("the environment variable {variable} is not set"))
            .with_detail(format!("{} {found}", file.display()))
            .with_detail(format!("{} {config_found}", config.display()))
            .with_help(format!("write it to {}: {variable}=scheme://user:password@host/database", self.shown(file)))
    }

    /// Refuses a database that `guard` in `fastman.toml` names, unless `allowed` names it too: in full, so that it can't be meant by
    /// accident.
    ///
    /// # Errors
    /// `guard.refused`.
    pub fn check_guards(&self, url: &DatabaseUrl, what: &str, allowed: Option<&str>) -> Result<()> {
        match self.config.guards.iter().find(|guard| guard.matches(url, &self.root)) {
            Some(_) if allowed.is_some_and(|allowed| guard::is_named(allowed, url, &self.root)) => Ok(()),
            Some(guard) => Err(guard.refusal(url, what, (&self.root, &self.config_path()), allowed)),
            None => Ok(()),
        }
    }

    /// The project's id; makes one and writes it to `fastman.toml` where there is none, leaving the file's other text as it is.
    ///
    /// # Errors
    /// `config.unwritable`.
    pub fn ensure_id(&mut self) -> Result<()> {
        if self.config.project_id.is_none() {
            let id = identity::write(&self.config_path())?;
            self.config.project_id = Some(id);
        }
        Ok(())
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Flag => formatter.write_str("the flag --url"),
            Origin::Environment(variable) => write!(formatter, "the environment variable {variable}"),
            Origin::EnvironmentFile(variable, path) => write!(formatter, "{variable} in {}", path.display()),
            Origin::Config(key, path) => write!(formatter, "{key} in {}", path.display()),
        }
    }
}

/// The variable with the URL of a named database: `DATABASE_URL_REPORTING`.
fn variable_of(name: &str) -> String {
    format!("{URL_VARIABLE}_{}", name.to_uppercase().replace(|character: char| !character.is_alphanumeric(), "_"))
}

#[cfg(test)]
mod tests;
