//! Names of collections and documents: how they are put together, and what Firestore takes.

use fastman_core::error::{Error, ErrorClass, Result};

/// The longest id of a collection or document, and the longest name of a field, in bytes.
pub(crate) const MAX_ID_BYTES: usize = 1_500;
/// The longest name of a document in bytes.
const MAX_NAME_BYTES: usize = 6 * 1_024;

/// The database that names start with: `projects/p/databases/(default)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    database: String,
}

impl Root {
    pub(crate) fn new(project: &str, database: &str) -> Root {
        Root { database: format!("projects/{project}/databases/{database}") }
    }

    /// The database's full name.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The full name of what has this path.
    pub(crate) fn name(&self, path: &str) -> String {
        format!("{}/documents/{path}", self.database)
    }

    /// The path of what has this full name, if it is of this database.
    pub(crate) fn path<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix(&self.database)?.strip_prefix("/documents/")
    }
}

/// A collection: its path and the last part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Collection {
    path: String,
    /// The number of bytes that the names of its documents begin with.
    stored_size: usize,
}

impl Collection {
    /// Reads a path: `users`, or of a sub-collection `users/alice/posts`.
    pub(crate) fn parse(path: &str) -> Result<Collection> {
        let parts: Vec<&str> = path.split('/').collect();
        let refuse = |why: String| Err(Error::usage("firestore.collection", format!("the collection {path:?}: {why}")));
        for part in &parts {
            if let Err(why) = check_id(part) {
                return refuse(why);
            }
        }
        if parts.len().is_multiple_of(2) {
            return refuse("an even number of parts names a document, not a collection".to_owned()).map_err(
                |error: Error| {
                    error.with_help("the path of a sub-collection is collection/document/collection: users/alice/posts")
                },
            );
        }
        if path.len() > MAX_NAME_BYTES {
            return refuse(format!("it is longer than {MAX_NAME_BYTES} bytes"));
        }
        let stored_size = parts.iter().map(|part| part.len() + 1).sum::<usize>() + 16;
        Ok(Collection { path: path.to_owned(), stored_size })
    }

    /// Its path.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Its own id, the last part of its path.
    pub(crate) fn id(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The full name of what it is in: the root of the documents, or a document.
    pub(crate) fn parent(&self, root: &Root) -> String {
        match self.path.rsplit_once('/') {
            Some((parent, _)) => root.name(parent),
            None => format!("{}/documents", root.database()),
        }
    }

    /// Checks the id of one of its documents.
    ///
    /// # Errors
    /// `db.bad-value` with the document and what is wrong with its id.
    pub(crate) fn check(&self, id: &str) -> Result<()> {
        check_id(id).map_err(|why| {
            Error::database(ErrorClass::BadValue, format!("the document {id:?} of {}: {why}", self.path))
                .with_help("an id is 1 to 1,500 bytes without a slash, is not . or .., and does not look like __this__")
        })
    }

    /// What the name of a document of that id takes of its 1 MiB.
    pub(crate) fn stored_size_of_name(&self, id: &str) -> usize {
        self.stored_size + id.len() + 1
    }
}

/// Whether Firestore takes it as the id of a collection or a document; if not, why, as a clause.
pub(crate) fn check_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("an id is empty".to_owned());
    }
    if id == "." || id == ".." {
        return Err(format!("{id:?} can't be an id"));
    }
    if id.contains('/') {
        return Err(format!("a slash stands in the id {id:?}"));
    }
    check_name(id)
}

/// Whether Firestore takes it as the name of a field; if not, why, as a clause.
pub(crate) fn check_field(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("the name of a field is empty".to_owned());
    }
    check_name(name)
}

fn check_name(name: &str) -> Result<(), String> {
    if name.len() > MAX_ID_BYTES {
        return Err(format!("{} is {} bytes long, and {MAX_ID_BYTES} is the most", shortened(name), name.len()));
    }
    if name.len() >= 4 && name.starts_with("__") && name.ends_with("__") {
        return Err(format!("{name:?} is a name that Firestore keeps for itself (__...__)"));
    }
    Ok(())
}

/// A name as it is shown where it may be too long to show.
pub(crate) fn shortened(name: &str) -> String {
    let mut characters = name.chars();
    let start: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() { format!("{:?}...", start) } else { format!("{start:?}") }
}

/// The path of a field, of the names of maps in each other: `address.city`, `` `first name` ``.
pub(crate) fn field_path(names: &[&str]) -> String {
    let quoted: Vec<String> = names
        .iter()
        .map(|name| {
            let simple = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && !name.starts_with(|character: char| character.is_ascii_digit());
            if simple { (*name).to_owned() } else { format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`")) }
        })
        .collect();
    quoted.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_has_an_odd_number_of_parts() {
        let root = Root::new("p", "(default)");
        let users = Collection::parse("users").unwrap();
        assert_eq!((users.id(), users.parent(&root).as_str()), ("users", "projects/p/databases/(default)/documents"));
        let posts = Collection::parse("users/alice/posts").unwrap();
        assert_eq!(posts.id(), "posts");
        assert_eq!(posts.parent(&root), "projects/p/databases/(default)/documents/users/alice");
        for bad in ["", "users/alice", "/users", "users/", "users//posts", "__users__", ".", "a/../b"] {
            assert_eq!(Collection::parse(bad).unwrap_err().code(), "firestore.collection", "{bad:?}");
        }
    }

    #[test]
    fn an_id_that_firestore_refuses_is_refused_with_the_document() {
        let users = Collection::parse("users").unwrap();
        let long = "x".repeat(MAX_ID_BYTES + 1);
        for bad in ["", ".", "..", "a/b", "__x__", "____", long.as_str()] {
            let error = users.check(bad).unwrap_err();
            assert_eq!(error.code(), "db.bad-value", "{bad:?}");
            assert!(error.message().contains("of users"), "{error}");
        }
        for good in ["a", "...", "__x", "x__", "___", &"x".repeat(MAX_ID_BYTES), "ünï code", "`"] {
            assert!(users.check(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn the_path_of_a_field_is_quoted_where_it_must_be() {
        assert_eq!(field_path(&["address", "city"]), "address.city");
        assert_eq!(field_path(&["first name"]), "`first name`");
        assert_eq!(field_path(&["1st", "a`b\\c"]), "`1st`.`a\\`b\\\\c`");
        assert_eq!(field_path(&["a.b"]), "`a.b`");
    }
}
