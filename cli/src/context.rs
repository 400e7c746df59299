//! What commands share: the flags, the project, the database that is meant, and the way to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fastman_core::Error;
use fastman_core::adapter::{Adapter, ConnectOptions, Registry};
use fastman_core::dialect::{Dialect, ServerVersion};
use fastman_core::migrate::{Folder, Migrator, Settings};
use fastman_core::project::{ALLOW_VARIABLE, Choice, Environment, Project, Target};
use fastman_core::store::{Backend, SqlStore};

use crate::adapters::REGISTRY;
use crate::arguments::Global;
use crate::output::Output;
use crate::run::Stop;

/// The flags and where things are.
#[derive(Debug)]
pub struct Context<'a> {
    /// The flags of every command.
    pub global: Global,
    /// The streams.
    pub output: &'a Output,
    /// The adapters.
    pub registry: Registry,
    /// The working folder.
    pub folder: PathBuf,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing is written, and what is not there is not made.
    Read,
    /// It is written to, but not made.
    Write,
    /// It is made where it is not there, if that is no more than opening it.
    Create,
}

impl<'a> Context<'a> {
    /// For the working folder.
    ///
    /// # Errors
    /// `project.folder` where the working folder is gone.
    pub fn new(global: Global, output: &'a Output) -> Result<Context<'a>, Stop> {
        let folder = std::env::current_dir()
            .map_err(|error| Error::failed("project.folder", format!("the working folder can't be used: {error}")))?;
        tracing::debug!(folder = %folder.display(), "started");
        Ok(Context { global, output, registry: REGISTRY, folder })
    }

    /// The project that the command works on.
    ///
    /// # Errors
    /// As [`Project::discover`] and [`Project::open`].
    pub fn project(&self) -> Result<Project, Error> {
        match &self.global.project {
            Some(folder) => Project::open(&self.folder.join(folder), &self.registry.flavours),
            None => Project::discover(&self.folder, &self.registry.flavours),
        }
    }

    /// The project, or a new one in the working folder.
    ///
    /// # Errors
    /// As [`Project::open`].
    pub fn project_or_new(&self) -> Result<Project, Error> {
        match &self.global.project {
            Some(folder) => Project::open(&self.folder.join(folder), &self.registry.flavours),
            None => {
                let root = Project::find(&self.folder);
                Project::open(root.as_deref().unwrap_or(&self.folder), &self.registry.flavours)
            }
        }
    }

    /// The environment, with the file that the flag or the project names.
    ///
    /// # Errors
    /// As [`Project::environment`].
    pub fn environment(&self, project: &Project) -> Result<Environment, Error> {
        let file = self.global.env_file.as_ref().map(|file| self.folder.join(file));
        project.environment(file.as_deref())
    }

    /// The database that is meant.
    ///
    /// # Errors
    /// As [`Project::target`].
    pub fn target(&self, project: &Project) -> Result<Target, Error> {
        let choice = Choice { url: self.global.url.as_deref(), database: self.global.database.as_deref() };
        let environment = self.environment(project)?;
        project.target(choice, &environment).map_err(|error| match error.code() {
            "url.missing" if choice.database.is_none() => {
                let file = project.shown(environment.file());
                error.with_help(format!("for a database in a file, write to {file}: DATABASE_URL=sqlite:///./app.db"))
            }
            _ => error,
        })
    }

    /// The adapter of a database.
    ///
    /// # Errors
    /// As [`Registry::find`].
    pub fn adapter(&self, target: &Target) -> Result<&'static Adapter, Error> {
        self.registry
            .find(&target.url)
            .map_err(|error| error.with_detail(format!("the URL comes from {}", target.origin)))
    }

    /// The migrations of the database that is meant.
    pub fn source(&self, project: &Project) -> Folder {
        let folder = project.migrations_folder(self.global.database.as_deref());
        let shown = project.shown(&folder);
        Folder::new(folder, shown)
    }

    /// The migrator of a database's migrations, without the check that they render for other engines.
    pub fn migrator(&self, project: &Project) -> Migrator {
        let settings = Settings { project: project.config().project_id.clone(), ..Settings::default() };
        Migrator::new(self.source(project), self.registry.flavours, settings)
    }

    /// The migrator, with the check that what it applies renders for every engine that `engines` in fastman.toml names.
    ///
    /// # Errors
    /// As [`Registry::dialect`].
    pub fn checked_migrator(&self, project: &Project) -> Result<Migrator, Error> {
        let mut engines = Vec::new();
        for flavour in &project.config().engines {
            match self.registry.dialect(flavour.name, None) {
                Ok(dialect) => engines.push(dialect),
                Err(error) if error.code() == "engine.not-built" => {
                    self.output.notice(&format!("not checked for {}: {error}", flavour.name));
                }
                Err(error) => return Err(error),
            }
        }
        let settings = Settings { project: project.config().project_id.clone(), engines, ..Settings::default() };
        Ok(Migrator::new(self.source(project), self.registry.flavours, settings))
    }

    /// The one guarded database that may be changed. `.env` does not say that: a checkout that always lifts its guard has none.
    fn allowed(&self) -> Option<String> {
        let variable = || std::env::var(ALLOW_VARIABLE).ok().filter(|text| !text.trim().is_empty());
        self.global.allow_guarded.clone().or_else(variable)
    }

    /// The project and the database that a command changes, unless a guard forbids it.
    ///
    /// # Errors
    /// As [`Context::project`], [`Context::target`] and [`Project::check_guards`].
    pub fn target_to_change(&self, command: &str) -> Result<(Project, Target), Error> {
        let project = self.project()?;
        let target = self.target(&project)?;
        self.adapter(&target)?;
        let allowed = self.allowed();
        project.check_guards(&target.url, command, allowed.as_deref())?;
        Ok((project, target))
    }

    /// The project and the database whose schema a command changes, as [`Context::target_to_change`].
    ///
    /// # Errors
    /// As it, and `store.no-schema` for a document store, whatever else is wrong.
    pub fn target_to_migrate(&self, command: &str) -> Result<(Project, Target), Error> {
        let (project, target) = self.target_to_change(command)?;
        let adapter = self.adapter(&target)?;
        if holds_documents(adapter) { Err(no_schema(adapter)) } else { Ok((project, target)) }
    }

    /// The dialect of an engine by its name.
    ///
    /// # Errors
    /// As [`Registry::dialect`]; `store.no-schema` for a document store.
    pub fn dialect_named(&self, name: &str, version: Option<ServerVersion>) -> Result<Arc<dyn Dialect>, Error> {
        let named = |adapter: &&&Adapter| adapter.name == name || adapter.schemes.contains(&name);
        match self.registry.adapters.iter().filter(|adapter| holds_documents(adapter)).find(named) {
            Some(adapter) => Err(no_schema(adapter)),
            None => self.registry.dialect(name, version),
        }
    }

    /// The dialect of a URL's engine, without a connection.
    ///
    /// # Errors
    /// As [`Context::adapter`]; `store.no-schema` for a document store.
    pub fn dialect(&self, target: &Target, version: Option<ServerVersion>) -> Result<Arc<dyn Dialect>, Error> {
        let adapter = self.adapter(target)?;
        // Where an adapter has several flavours, one bears the name of the scheme: mysql, mariadb.
        let named = adapter.flavours.iter().find(|flavour| flavour.name == target.url.scheme());
        match named.or(adapter.flavours.first()) {
            Some(flavour) => (adapter.dialect)(flavour, version),
            None => Err(no_schema(adapter)),
        }
    }

    /// Connects to a database that can be migrated.
    ///
    /// # Errors
    /// What connecting gives; `store.no-schema` for a document store, which is not connected to.
    pub async fn connect(&self, base: &Path, target: &Target, access: Access) -> Result<Box<dyn SqlStore>, Error> {
        let adapter = self.adapter(target)?;
        if holds_documents(adapter) {
            return Err(no_schema(adapter));
        }
        match self.connect_any(base, target, access).await? {
            Backend::Sql(store) => Ok(store),
            Backend::Documents(_) => Err(no_schema(adapter)),
        }
    }

    /// Connects to a database of either kind.
    ///
    /// # Errors
    /// What connecting gives.
    pub async fn connect_any(&self, base: &Path, target: &Target, access: Access) -> Result<Backend, Error> {
        let options = connect_options(base, target, access);
        tracing::debug!(url = %target.url, from = %target.origin, ?access, "connecting");
        (self.adapter(target)?.connect)(&target.url, &options).await
    }
}

/// Whether an adapter's databases hold documents: there is nothing in them to migrate.
pub fn holds_documents(adapter: &Adapter) -> bool {
    adapter.flavours.is_empty()
}

/// An adapter's name as its product's: `Firestore`.
pub fn product(adapter: &Adapter) -> String {
    let mut letters = adapter.name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn no_schema(adapter: &Adapter) -> Error {
    Error::refused("store.no-schema", format!("{} has no schema to migrate", product(adapter))).with_help(
        "it holds documents: fastman database:seed writes them, fastman db:fresh --collections NAMES clears them",
    )
}

/// The options that an access stands for.
pub fn connect_options(base: &Path, target: &Target, access: Access) -> ConnectOptions {
    ConnectOptions {
        base: base.to_owned(),
        read_only: access == Access::Read,
        create: access == Access::Create,
        timeout: Duration::from_secs(10),
        environment: target.environment.clone(),
    }
}
