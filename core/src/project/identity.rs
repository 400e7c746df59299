//! The project's id: a random one, written to `fastman.toml` once.

use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};

const COMMENT: &str = "# Tells the histories of different projects apart; keep it under version control.";

/// Writes a new id into the file, in front of everything but its leading comments, and returns it. An id that is there by now, because
/// somebody else wrote one in the same moment, stays.
pub(super) fn write(path: &Path) -> Result<String> {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let _lock = lock(path);
    if let Some(id) = std::fs::read_to_string(path).ok().as_deref().and_then(read) {
        return Ok(id);
    }
    let old = match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(unwritable(path, &error)),
    };
    let outcome = match old {
        Some(text) => replace(path, &insert(&text, &id)),
        None => create(path, &format!("{COMMENT}\nproject_id = \"{id}\"\n")),
    };
    outcome.map_err(|error| unwritable(path, &error))?;
    Ok(id)
}

/// The id that a text has.
fn read(text: &str) -> Option<String> {
    let document = toml::de::DeTable::parse(text).ok()?;
    document.get_ref().get("project_id")?.get_ref().as_str().map(str::to_owned)
}

/// Keeps others who write an id out until it is dropped; where the system can't lock a folder, nobody is.
fn lock(path: &Path) -> Option<std::fs::File> {
    let folder = std::fs::File::open(path.parent()?).ok()?;
    folder.lock().ok().map(|()| folder)
}

/// A key of the root table has to stand before the first table header; behind the leading comments it does.
fn insert(text: &str, id: &str) -> String {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut position = text.len() - body.len();
    for line in body.split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            break;
        }
        position += line.len();
    }
    let (before, after) = text.split_at(position);
    let gap = if before.trim_start_matches('\u{feff}').is_empty() || before.ends_with('\n') { "" } else { line_end };
    let behind = if after.trim_start_matches([' ', '\t']).starts_with('[') { line_end } else { "" };
    format!("{before}{gap}{COMMENT}{line_end}project_id = \"{id}\"{line_end}{behind}{after}")
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::File::create_new(path)?.write_all(text.as_bytes())
}

/// Puts the text in the file's place whole: a kill leaves the old file or the new one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let temporary = path.with_extension(format!("toml.{}", std::process::id()));
    let outcome = create(&temporary, text)
        .and_then(|()| std::fs::metadata(&path))
        .and_then(|metadata| std::fs::set_permissions(&temporary, metadata.permissions()))
        .and_then(|()| std::fs::rename(&temporary, &path));
    if outcome.is_err() {
        // The error that matters is the one that there is already.
        let _ = std::fs::remove_file(&temporary);
    }
    outcome
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::failed("config.unwritable", format!("the project's id can't be written to {}: {error}", path.display()))
        .with_help("it is written once, by the first make:* command; make the file writable")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flavour::Flavours;
    use crate::project::Project;

    const NONE: Flavours = Flavours::new(&[]);

    #[test]
    fn an_id_is_written_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Project::open(folder.path(), &NONE).unwrap();
        first.ensure_id().unwrap();
        let id = first.config().project_id.clone();
        let mut again = Project::open(folder.path(), &NONE).unwrap();
        assert_eq!(again.config().project_id, id);
        let text = std::fs::read_to_string(again.config_path()).unwrap();
        again.ensure_id().unwrap();
        assert_eq!(std::fs::read_to_string(again.config_path()).unwrap(), text);
    }

    #[test]
    fn the_files_other_text_stays_as_it_is() {
        for text in [
            "",
            "# ours\n",
            "# ours",
            "# ours\n\n[folders]\nmigrations = \"m\" # here\n",
            "[folders]\r\nmigrations = \"m\"\r\n",
            "engines = []\n",
            "\u{feff}engines = []\n",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("fastman.toml");
            std::fs::write(&path, text).unwrap();
            let id = write(&path).unwrap();
            let new = std::fs::read_to_string(&path).unwrap();
            let kept = new.replacen(COMMENT, "", 1).replacen(&format!("project_id = \"{id}\""), "", 1);
            assert_eq!(kept.replace(['\r', '\n'], ""), text.replace(['\r', '\n'], ""), "{new:?}");
            assert_eq!(Project::open(folder.path(), &NONE).unwrap().config().project_id, Some(id), "{new:?}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("none/fastman.toml")).unwrap_err();
        assert_eq!(error.code(), "config.unwritable");
    }
}
