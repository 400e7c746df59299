//! Writes a file that was not there, and says what is wrong where it can't be.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use fastman_core::Error;
use fastman_core::project::Project;

/// Writes the text into a new file, making its folders. Nothing is ever overwritten, and what could not be written whole is removed.
///
/// # Errors
/// `file.exists`, `file.unwritable`.
pub fn write(project: &Project, path: &Path, text: &str) -> Result<(), Error> {
    let shown = project.shown(path);
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .map_err(|error| unwritable(&format!("the folder {}", project.shown(folder)), "made", &error))?;
    let mut file = File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Error::failed("file.exists", format!("{shown} is there already"))
            .with_help("it is not overwritten; choose another name, or remove it first"),
        _ => unwritable(&shown, "written", &error),
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // The error that matters is the first one.
        let _ = std::fs::remove_file(path);
        unwritable(&shown, "written", &error)
    })
}

fn unwritable(what: &str, verb: &str, error: &std::io::Error) -> Error {
    let help = match error.kind() {
        ErrorKind::PermissionDenied => "this user may not write there: see who owns the folder",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "there is no room left on that disk",
        ErrorKind::ReadOnlyFilesystem => "that disk is read-only",
        ErrorKind::NotADirectory => "a file stands where a folder is needed",
        _ => "see whether the folder is there and may be written",
    };
    Error::failed("file.unwritable", format!("{what} can't be {verb}: {error}")).with_help(help)
}

/// The path as this shell would name it: relative where it is below the working folder.
pub fn from_here(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}
