//! The seeders and factories of a project: which files there are, and the one that a name means.

use std::path::{Path, PathBuf};

use super::factory::Factory;
use super::input::Word;
use super::order;
use super::seeder::Seeder;
use super::sql_seeder::SqlSeeder;
use crate::adapter::nearest;
use crate::error::{Error, Result, SourceText};
use crate::flavour::Flavours;
use crate::project::Project;

/// A seeder of either kind.
#[derive(Clone, Debug, PartialEq)]
pub enum AnySeeder {
    /// Rows as TOML.
    Rows(Seeder),
    /// Statements.
    Sql(SqlSeeder),
}

/// A file of seeders or factories, not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedFile {
    /// `UserSeeder` for `user_seeder.toml`.
    pub class: String,
    /// Where it is.
    pub path: PathBuf,
    /// As errors cite it: from the project's folder.
    pub shown: String,
}

/// What a folder holds: files of seeders, or of factories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedFiles {
    kind: Kind,
    /// The folder, from the project's.
    folder: String,
    /// By name.
    files: Vec<SeedFile>,
}

/// A project's factories, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Factories {
    factories: Vec<Factory>,
    folder: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Seeder,
    Factory,
}

impl Kind {
    /// What a file's name ends in, before its ending.
    fn suffix(self) -> &'static str {
        match self {
            Kind::Seeder => "_seeder",
            Kind::Factory => "_factory",
        }
    }

    fn word(self) -> &'static str {
        &self.suffix()[1..]
    }

    fn endings(self) -> &'static [&'static str] {
        match self {
            Kind::Seeder => &["toml", "sql"],
            Kind::Factory => &["toml"],
        }
    }
}

impl AnySeeder {
    /// `UserSeeder`.
    pub fn class(&self) -> &str {
        match self {
            AnySeeder::Rows(seeder) => &seeder.class,
            AnySeeder::Sql(seeder) => &seeder.class,
        }
    }

    /// The file.
    pub fn source(&self) -> &SourceText {
        match self {
            AnySeeder::Rows(seeder) => &seeder.source,
            AnySeeder::Sql(seeder) => &seeder.source,
        }
    }

    /// The classes that run before it.
    pub fn after(&self) -> &[Word] {
        match self {
            AnySeeder::Rows(seeder) => &seeder.after,
            AnySeeder::Sql(seeder) => &seeder.after,
        }
    }
}

impl SeedFiles {
    /// The seeders of a project.
    ///
    /// # Errors
    /// `seed.unreadable`, `seed.bad-name`, `seed.duplicate-class`.
    pub fn seeders(project: &Project) -> Result<SeedFiles> {
        SeedFiles::list(Kind::Seeder, &project.seeders_folder(), project)
    }

    /// The factories of a project.
    ///
    /// # Errors
    /// As [`SeedFiles::seeders`].
    pub fn factories(project: &Project) -> Result<SeedFiles> {
        SeedFiles::list(Kind::Factory, &project.factories_folder(), project)
    }

    fn list(kind: Kind, folder: &Path, project: &Project) -> Result<SeedFiles> {
        let shown = project.shown(folder);
        let unreadable = |error: std::io::Error| {
            Error::failed("seed.unreadable", format!("the folder {shown} can't be read: {error}"))
        };
        let mut files = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => Some(entries),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(error)),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_file() && !name.starts_with('.') {
                files.extend(seed_file(kind, &name, &path, project)?);
            }
        }
        files.sort_by(|one: &SeedFile, other| one.shown.cmp(&other.shown));
        let mut by_class: Vec<&SeedFile> = files.iter().collect();
        by_class.sort_by(|one, other| one.class.cmp(&other.class));
        if let Some(pair) = by_class.windows(2).find(|pair| pair[0].class == pair[1].class) {
            let message = format!("{} and {} are both the class {}", pair[0].shown, pair[1].shown, pair[0].class);
            return Err(Error::failed("seed.duplicate-class", message).with_help(
                "give one of them another name; statements and rows of one seeder need two files and `after`",
            ));
        }
        Ok(SeedFiles { kind, folder: shown, files })
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &SeedFile> {
        self.files.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The folder that was looked into, as a user is shown it.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The file that a name given as an argument means: a class (`UserSeeder`) or a file (`user_seeder`).
    ///
    /// # Errors
    /// `seed.unknown-class` or `seed.unknown-factory`, a wrong use, with the nearest.
    pub fn find(&self, name: &str) -> Result<&SeedFile> {
        let wanted = class_of(name);
        self.files.iter().find(|file| file.class == wanted).ok_or_else(|| {
            let classes: Vec<&str> = self.files.iter().map(|file| file.class.as_str()).collect();
            self.unknown(name, &classes).with_category(crate::error::Category::Usage)
        })
    }

    fn unknown(&self, name: &str, classes: &[&str]) -> Error {
        unknown(self.kind, name, &self.folder, classes)
    }
}

/// The seeders of the files, read, each after those that it says it runs after, and otherwise by name.
///
/// # Errors
/// What is wrong in one of them; `seed.unknown-class`; `seed.cycle`, with every class of it.
pub fn read_seeders(files: &SeedFiles, flavours: &Flavours) -> Result<Vec<AnySeeder>> {
    let seeders: Vec<AnySeeder> = files.iter().map(|file| read_seeder(file, flavours)).collect::<Result<_>>()?;
    let order = order::seeders(&seeders, &files.folder)?;
    let mut seeders: Vec<Option<AnySeeder>> = seeders.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|place| seeders[place].take()).collect())
}

/// One seeder, read. Whether those that it runs after are there is not looked at.
///
/// # Errors
/// `seed.unreadable`, and what is wrong in it.
pub fn read_seeder(file: &SeedFile, flavours: &Flavours) -> Result<AnySeeder> {
    let source = read(file)?;
    match file.path.extension().is_some_and(|ending| ending == "sql") {
        true => SqlSeeder::parse(file.class.clone(), &source, flavours).map(AnySeeder::Sql),
        false => Seeder::parse(file.class.clone(), &source).map(AnySeeder::Rows),
    }
}

impl Factories {
    /// Factories that are read already, for instance out of a program.
    pub fn new(factories: Vec<Factory>) -> Factories {
        Factories { factories, folder: "tests/factories".to_owned() }
    }

    /// Reads the factories of the files.
    ///
    /// # Errors
    /// `seed.unreadable`, and what is wrong in one of them.
    pub fn read(files: &SeedFiles) -> Result<Factories> {
        let factories = files.iter().map(|file| Factory::parse(file.class.clone(), &read(file)?));
        Ok(Factories { factories: factories.collect::<Result<_>>()?, folder: files.folder.clone() })
    }

    /// All of them, by class.
    pub fn iter(&self) -> impl Iterator<Item = &Factory> {
        self.factories.iter()
    }

    /// The factory that a name means: a class (`UserFactory`) or a file (`user_factory`).
    pub fn get(&self, name: &str) -> Option<&Factory> {
        let wanted = class_of(name);
        self.factories.iter().find(|factory| factory.class == wanted)
    }

    /// The factory that a file names.
    ///
    /// # Errors
    /// `seed.unknown-factory` at its place, with the nearest.
    pub fn resolve(&self, word: &Word, source: &SourceText) -> Result<&Factory> {
        self.get(&word.text).ok_or_else(|| {
            let classes: Vec<&str> = self.factories.iter().map(|factory| factory.class.as_str()).collect();
            unknown(Kind::Factory, &word.text, &self.folder, &classes).at(source, word.span.clone(), "not known")
        })
    }
}

/// The class that a name stands for: `UserSeeder` for itself, for `user_seeder` and for `user_seeder.toml`.
pub fn class_of(name: &str) -> String {
    let stem = name.strip_suffix(".toml").or_else(|| name.strip_suffix(".sql")).unwrap_or(name);
    let mut class = String::with_capacity(stem.len());
    for word in stem.split(['_', '-', ' ']) {
        let mut letters = word.chars();
        class.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        class.push_str(letters.as_str());
    }
    class
}

pub(super) fn unknown_class(name: &str, folder: &str, classes: &[&str]) -> Error {
    unknown(Kind::Seeder, name, folder, classes)
}

fn unknown(kind: Kind, name: &str, folder: &str, classes: &[&str]) -> Error {
    let (code, word) = match kind {
        Kind::Seeder => ("seed.unknown-class", "seeder"),
        Kind::Factory => ("seed.unknown-factory", "factory"),
    };
    let class = class_of(name);
    let suffix = class_of(kind.suffix());
    let bare = |class: &str| class.strip_suffix(&*suffix).unwrap_or(class).to_lowercase();
    let short = bare(&class);
    // `user` and `usr` are meant as well as UsrSeeder: what all of them end in says nothing about which is like which.
    let shorts: Vec<String> = classes.iter().map(|class| bare(class)).collect();
    let near = nearest(&short, shorts.iter().map(String::as_str))
        .and_then(|near| shorts.iter().position(|short| short == near))
        .map(|place| classes[place])
        .or_else(|| nearest(&class, classes.iter().copied()));
    let help = match (near, classes.is_empty()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, true) => format!("{folder} has none; make it: fastman make:{word} {short}"),
        (None, false) => format!("{folder} has {}", classes.join(", ")),
    };
    Error::failed(code, format!("there is no {word} {name}")).with_help(help)
}

/// The file that a name of the folder is, if it is one of this kind.
fn seed_file(kind: Kind, name: &str, path: &Path, project: &Project) -> Result<Option<SeedFile>> {
    let Some((stem, ending)) = name.rsplit_once('.') else { return Ok(None) };
    let lower = ending.to_ascii_lowercase();
    let is_ours = kind.endings().contains(&lower.as_str());
    match stem.strip_suffix(kind.suffix()) {
        Some(short) if is_ours && lower == ending && !short.is_empty() => {
            Ok(Some(SeedFile { class: class_of(stem), path: path.to_owned(), shown: project.shown(path) }))
        }
        // Files to be loaded stand beside seeders, and other tests' files beside factories.
        _ if is_ours && kind == Kind::Seeder => {
            let shown = project.shown(path);
            let short = stem.strip_suffix("_seeders").or_else(|| stem.strip_suffix("Seeder")).unwrap_or(stem);
            Err(Error::failed("seed.bad-name", format!("{shown} is not named as a {} is", kind.word())).with_help(
                format!(
                    "a seeder's file is called <name>_seeder.toml or <name>_seeder.sql: {}_seeder.{lower}",
                    snake(short)
                ),
            ))
        }
        _ => Ok(None),
    }
}

/// `UserPosts` as `user_posts`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake.replace('-', "_")
}

fn read(file: &SeedFile) -> Result<SourceText> {
    let bytes = std::fs::read(&file.path)
        .map_err(|error| Error::failed("seed.unreadable", format!("{} can't be read: {error}", file.shown)))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceText::new(file.shown.as_str(), text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Error::failed("seed.unreadable", format!("{}:{line}: not UTF-8", file.shown))
                .with_help("save the file as UTF-8"))
        }
    }
}

#[cfg(test)]
mod tests;
