//! `make:migration`: a new migration file, shaped by its message.

use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{NaiveDateTime, TimeDelta, Utc};
use clap::Args;
use fastman_core::Error;
use fastman_core::migrate::{MigrationFile, Version};
use fastman_core::project::Project;

use super::new_file;
use crate::context::Context;
use crate::run::{Exit, Stop};
use crate::{skeleton, words};

/// Make a migration file
#[derive(Debug, Args)]
#[command(after_help = "The message becomes the file's name and its first line, and shapes what is in it:
  fastman make:migration \"create posts table\"
  fastman make:migration \"add email column to users\"
  fastman make:migration \"rename title to headline in posts\"
  fastman make:migration \"drop legacy_users table\"
  fastman make:migration \"create index on posts title\"
  fastman make:migration \"anything else\"

The file is written to database/migrations/versions (folders.migrations in fastman.toml).
Outside of a project, one is started in the working folder.")]
pub struct MakeMigration {
    /// What the migration does, in a few words
    #[arg(required = true)]
    message: Vec<String>,
    /// Leave the file empty, whatever the message says
    #[arg(long)]
    empty: bool,
}

/// Why the new migration could not be applied as it stands: on the engines that `engines` in fastman.toml names, else that of the URL.
fn problems(context: &Context<'_>, project: &Project, before: Option<Version>, new: Version) -> Vec<String> {
    let named = project.config().engines.iter().map(|flavour| context.registry.dialect(flavour.name, None));
    let mut dialects: Vec<_> = named.filter_map(Result::ok).collect();
    if dialects.is_empty() {
        // What is wrong with the URL is told by the commands that need it.
        dialects.extend(context.target(project).and_then(|target| context.dialect(&target, None)).ok());
    }
    let migrator = context.migrator(project);
    let mut problems: Vec<String> = dialects
        .into_iter()
        .filter_map(|dialect| migrator.script(dialect, before, Some(new)).err())
        .map(|error| match error.location() {
            Some(location) => format!("{error} ({location})"),
            None => error.to_string(),
        })
        .collect();
    // What the portable language refuses, it refuses for every engine.
    problems.dedup();
    problems
}

/// A slug that with 14 digits and the ending stays well within what file systems and the history take.
const LONGEST_SLUG: usize = 120;
const FORMAT: &str = "%Y%m%d%H%M%S";

impl MakeMigration {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let message = self.message.join(" ");
        let slug = slug(&message)?;
        let mut project = context.project_or_new()?;
        if let Some(name) = &context.global.database {
            project.config().database(name)?;
        }
        let folder = project.migrations_folder(context.global.database.as_deref());
        let text = if self.empty { skeleton::empty(&message) } else { skeleton::migration(&message) };
        project.ensure_id()?;
        let (path, before) = write(&project, &folder, &slug, &text)?;

        let shown = new_file::from_here(&context.folder, &path);
        let file = MigrationFile::new(&path.to_string_lossy(), "")?;
        let problems = problems(context, &project, before, file.version);
        if context.output.is_json() {
            context.output.json(&serde_json::json!({
                "file": shown, "version": file.version, "name": file.name, "project": project.root(), "problems": problems,
            }))?;
        } else {
            context.output.data(&format!("{shown}\n"));
            for problem in problems {
                context.output.notice(&format!("as it stands, {problem}"));
            }
            context.output.progress("made; next: edit it, then `fastman database:migrate`");
        }
        Ok(Exit::Done)
    }
}

/// The message as a file's name has it.
fn slug(message: &str) -> Result<String, Error> {
    let mut slug = words::words(message).join("_");
    if slug.is_empty() {
        return Err(Error::usage("make.no-message", "the message has no word in it")
            .with_help("say what the migration does: fastman make:migration \"create posts table\""));
    }
    while slug.len() > LONGEST_SLUG {
        slug.pop();
    }
    Ok(slug.trim_end_matches('_').to_owned())
}

/// Writes the file under a version greater than that of every other file, so that it is applied after them. The greatest version before it
/// is returned too.
fn write(project: &Project, folder: &Path, slug: &str, text: &str) -> Result<(PathBuf, Option<Version>), Error> {
    // Of two that are made in the same moment, the second one has to see the first. Where the system can't lock the file, nobody waits.
    let settings = File::open(project.config_path()).ok();
    let _lock = settings.as_ref().and_then(|settings| settings.lock().ok());
    let before = versions(folder).max();
    let version = next_version(before);
    let path = folder.join(format!("{version}_{slug}.sql"));
    new_file::write(project, &path, text)?;
    Ok((path, before))
}

/// The versions of the folder's files; other files, and a folder that is not there, have none.
fn versions(folder: &Path) -> impl Iterator<Item = Version> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| {
        let path = entry.ok()?.path();
        let file = MigrationFile::new(path.file_name()?.to_str()?, "").ok()?;
        Some(file.version)
    })
}

/// Now, or a second after the greatest version that there is.
fn next_version(greatest: Option<Version>) -> Version {
    let now = Version::at(Utc::now());
    match greatest {
        Some(greatest) if greatest >= now => after(greatest),
        _ => now,
    }
}

/// A second later; of a version that is no time, the next number.
fn after(version: Version) -> Version {
    let text = version.to_string();
    let time = NaiveDateTime::parse_from_str(&text, FORMAT)
        .ok()
        .and_then(|time| time.checked_add_signed(TimeDelta::seconds(1)));
    match time {
        Some(time) => Version::at(time.and_utc()),
        None => {
            text.parse().ok().map_or(version, |digits: u64| format!("{:014}", digits + 1).parse().unwrap_or(version))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_later_than_every_other() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert_eq!(after(version("20991231235959")), version("21000101000000"));
        assert_eq!(after(version("20269999999998")), version("20269999999999"));
        assert_eq!(next_version(Some(version("20990101000000"))), version("20990101000001"));
        assert!(next_version(Some(version("20010101000000"))) > version("20260101000000"));
    }

    #[test]
    fn a_slug_is_made_of_the_messages_words() {
        assert_eq!(slug("Create  posts-table!").unwrap(), "create_posts_table");
        assert_eq!(slug("../../etc/passwd").unwrap(), "etc_passwd");
        assert_eq!(slug("größe ändern").unwrap(), "größe_ändern");
        assert_eq!(slug("?!").unwrap_err().code(), "make.no-message");
        assert!(slug(&"ä".repeat(300)).unwrap().len() <= LONGEST_SLUG);
    }
}
