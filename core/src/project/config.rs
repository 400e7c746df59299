//! `fastman.toml`: read strictly, so that a misspelt setting is an error at its place and not ignored.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Guard, mask};
use crate::adapter::nearest;
use crate::error::{Error, Result, SourceText};
use crate::flavour::{Flavour, Flavours};
use crate::url::DatabaseUrl;

/// Stands for the model's name in `folders.models`.
pub(super) const NAME: &str = "{name}";

/// What `fastman.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The project's random id; absent until the first `make:*`.
    pub project_id: Option<String>,
    /// The default database.
    pub url: Option<DatabaseUrl>,
    /// The flavours for which every migration must render; empty: that of the URL.
    pub engines: Vec<&'static Flavour>,
    /// Databases that are refused.
    pub guards: Vec<Guard>,
    /// Where files are.
    pub folders: Folders,
    /// The named databases.
    pub databases: BTreeMap<String, DatabaseConfig>,
}

/// `[databases.NAME]`.
#[derive(Clone, Debug, Default)]
pub struct DatabaseConfig {
    /// Its URL; absent where it comes from the environment.
    pub url: Option<DatabaseUrl>,
    /// The folder of its migrations, where it is not the project's.
    pub migrations: Option<String>,
}

/// `[folders]`, relative to the project's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// The migrations.
    pub migrations: String,
    /// The pattern of a model's file.
    pub models: String,
    /// The seeders.
    pub seeders: String,
    /// The factories.
    pub factories: String,
}

impl Default for Folders {
    fn default() -> Folders {
        Folders {
            migrations: "database/migrations/versions".to_owned(),
            models: format!("app/features/{NAME}/models.sql"),
            seeders: "database/seeders".to_owned(),
            factories: "tests/factories".to_owned(),
        }
    }
}

impl Config {
    /// Reads the text of a `fastman.toml`.
    ///
    /// # Errors
    /// `config.syntax`, `config.unknown-key`, `config.wrong-type`, `config.unknown-engine`, `config.bad-pattern`, `url.malformed`, each with its
    /// place in the text; what may hold a password is hidden there.
    pub fn parse(source: &SourceText, flavours: &Flavours) -> Result<Config> {
        let shown = SourceText::new(source.name.clone(), mask::configuration(&source.text));
        let document = DeTable::parse(&source.text).map_err(|error| {
            let message = format!("{} can't be read: {}", source.name, error.message().replace('\n', ", "));
            Error::failed("config.syntax", message).at(&shown, error.span().unwrap_or(0..0), "here")
        })?;
        let reader = Reader { source: &shown, flavours };
        let mut config = Config::default();
        for (key, value) in document.get_ref() {
            match key.get_ref().as_ref() {
                "project_id" => config.project_id = Some(reader.text("project_id", value)?.to_owned()),
                "url" => config.url = Some(reader.url("url", value)?),
                "engines" => config.engines = reader.engines(value)?,
                "guard" => {
                    let patterns = reader.list("guard", value)?;
                    config.guards = patterns.into_iter().map(|pattern| reader.guard(pattern)).collect::<Result<_>>()?;
                }
                "folders" => config.folders = reader.folders(value)?,
                "databases" => config.databases = reader.databases(value)?,
                _ => {
                    let known = ["project_id", "url", "engines", "guard", "folders", "databases"];
                    return Err(reader.unknown(key, "", &known));
                }
            }
        }
        Ok(config)
    }

    /// The named database.
    ///
    /// # Errors
    /// `database.unknown`, with those that there are.
    pub fn database(&self, name: &str) -> Result<&DatabaseConfig> {
        self.databases.get(name).ok_or_else(|| {
            let names = || self.databases.keys().map(String::as_str);
            let known = names().collect::<Vec<_>>().join(", ");
            let help = match nearest(name, names()) {
                Some(nearest) => format!("did you mean {nearest}? fastman.toml names: {known}"),
                None if known.is_empty() => format!("fastman.toml names no databases; add [databases.{name}]"),
                None => format!("fastman.toml names: {known}"),
            };
            Error::usage("database.unknown", format!("there is no database {name:?}")).with_help(help)
        })
    }
}

struct Reader<'a> {
    source: &'a SourceText,
    flavours: &'a Flavours,
}

impl Reader<'_> {
    fn text<'v>(&self, key: &str, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str> {
        value.get_ref().as_str().ok_or_else(|| self.wrong_type(key, "a text in quotes", value))
    }

    fn url(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<DatabaseUrl> {
        DatabaseUrl::parse(self.text(key, value)?)
            .map_err(|error| error.at(self.source, value.span(), "this URL, hidden because it may hold a password"))
    }

    fn list<'v>(&self, key: &str, value: &'v Spanned<DeValue<'_>>) -> Result<Vec<(&'v str, Range<usize>)>> {
        let expected = "a list of texts: [\"...\", \"...\"]";
        let list = value.get_ref().as_array().ok_or_else(|| self.wrong_type(key, expected, value))?;
        list.iter()
            .map(|item| {
                let text = item.get_ref().as_str().ok_or_else(|| self.wrong_type(key, expected, item))?;
                Ok((text, item.span()))
            })
            .collect()
    }

    fn guard(&self, (pattern, span): (&str, Range<usize>)) -> Result<Guard> {
        match Guard::fault(pattern) {
            None => Ok(Guard::new(pattern)),
            Some((label, help)) => Err(Error::failed("config.bad-pattern", "this guard would guard no database")
                .with_help(help)
                .at(self.source, span, label)),
        }
    }

    fn engines(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<&'static Flavour>> {
        let names: Vec<&str> = self.flavours.iter().map(|flavour| flavour.name).collect();
        self.list("engines", value)?
            .into_iter()
            .map(|(name, span)| {
                self.flavours.get(name).ok_or_else(|| {
                    let suggestion = nearest(name, names.iter().copied())
                        .map(|nearest| format!("did you mean {nearest}? "))
                        .unwrap_or_default();
                    Error::failed("config.unknown-engine", format!("unknown engine {name:?}"))
                        .with_help(format!("{suggestion}known engines: {}", names.join(", ")))
                        .at(self.source, span, "no engine has this name")
                })
            })
            .collect()
    }

    fn folders(&self, value: &Spanned<DeValue<'_>>) -> Result<Folders> {
        let mut folders = Folders::default();
        for (key, value) in self.table("folders", value)? {
            match key.get_ref().as_ref() {
                "migrations" => folders.migrations = self.folder("folders.migrations", value)?,
                "seeders" => folders.seeders = self.folder("folders.seeders", value)?,
                "factories" => folders.factories = self.folder("folders.factories", value)?,
                "models" => {
                    let pattern = self.text("folders.models", value)?;
                    if !pattern.contains(NAME) {
                        return Err(Error::failed("config.bad-pattern", format!("folders.models lacks {NAME}"))
                            .with_help(format!("{NAME} stands for the model's name: app/features/{NAME}/models.sql"))
                            .at(self.source, value.span(), "every model would be this file"));
                    }
                    folders.models = pattern.to_owned();
                }
                _ => return Err(self.unknown(key, "folders.", &["migrations", "models", "seeders", "factories"])),
            }
        }
        Ok(folders)
    }

    fn folder(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String> {
        let folder = self.text(key, value)?;
        if folder.trim().is_empty() {
            return Err(Error::failed("config.no-folder", format!("{key} names no folder"))
                .with_help("name one, relative to the project's; leave the setting out for the usual one")
                .at(self.source, value.span(), "empty"));
        }
        Ok(folder.to_owned())
    }

    fn databases(&self, value: &Spanned<DeValue<'_>>) -> Result<BTreeMap<String, DatabaseConfig>> {
        let mut databases = BTreeMap::new();
        for (name, value) in self.table("databases", value)? {
            let area = format!("databases.{}", name.get_ref());
            let mut database = DatabaseConfig::default();
            for (key, value) in self.table(&area, value)? {
                match key.get_ref().as_ref() {
                    "url" => database.url = Some(self.url(&format!("{area}.url"), value)?),
                    "migrations" => {
                        database.migrations = Some(self.folder(&format!("{area}.migrations"), value)?);
                    }
                    _ => return Err(self.unknown(key, &format!("{area}."), &["url", "migrations"])),
                }
            }
            databases.insert(name.get_ref().to_string(), database);
        }
        Ok(databases)
    }

    fn table<'v, 'i>(&self, key: &str, value: &'v Spanned<DeValue<'i>>) -> Result<&'v DeTable<'i>> {
        value.get_ref().as_table().ok_or_else(|| self.wrong_type(key, &format!("a table: [{key}]"), value))
    }

    fn wrong_type(&self, key: &str, expected: &str, value: &Spanned<DeValue<'_>>) -> Error {
        Error::failed("config.wrong-type", format!("{key} must be {expected}")).at(
            self.source,
            value.span(),
            format!("this is {}", article(value.get_ref().type_str())),
        )
    }

    fn unknown(&self, key: &Spanned<std::borrow::Cow<'_, str>>, area: &str, known: &[&str]) -> Error {
        let name = key.get_ref().as_ref();
        let suggestion =
            nearest(name, known.iter().copied()).map(|nearest| format!("did you mean {nearest}? ")).unwrap_or_default();
        Error::failed("config.unknown-key", format!("unknown setting {area}{name}"))
            .with_help(format!("{suggestion}known here: {}", known.join(", ")))
            .at(self.source, key.span(), "no setting has this name")
    }
}

fn article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}
