//! The store: documents written under ids that are known beforehand, a collection cleared, and nothing else.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use async_trait::async_trait;
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::Name;
use fastman_core::store::{Place, RowSource, Store, WriteMode, WriteTarget, document_id};
use fastman_core::value::Value;

use crate::client::{Client, Retrying};
use crate::commits::{Commits, Doing, MAX_WRITES};
use crate::error::describe;
use crate::path::{Collection, check_field, field_path};
use crate::proto::{DocumentMask, FieldTransform, REQUEST_TIME};
use crate::ramp::Ramp;
use crate::settings::{Endpoint, Settings};
use crate::value::{Encoder, decode};

/// The most that a document may take, as Firestore counts it.
const MAX_DOCUMENT: usize = 1 << 20;
/// What every document takes besides its name and its fields.
const DOCUMENT_OVERHEAD: usize = 32;
/// Where `connect` looks. Nothing needs to be there.
const PROBED: &str = "fastman";
/// The fields of a write: a document, or the name of one to be deleted; which of its fields are meant; those that the server fills in.
const UPDATE: u32 = 1;
const DELETE: u32 = 2;
const MASK: u32 = 3;
const TRANSFORMS: u32 = 7;
/// How many documents of a read come at once: of the largest, 64 MiB.
const PAGE: i32 = 60;

/// A connection to a Firestore database.
///
/// It is a [`Store`] and no more: there is no schema in Firestore, and what migrates does not take it.
///
/// ```compile_fail,E0277
/// use fastman_core::store::SqlStore;
/// use fastman_firestore::FirestoreStore;
///
/// async fn migrate(migrator: &fastman_core::migrate::Migrator, store: &mut FirestoreStore) {
///     migrator.status(store).await;
/// }
/// ```
#[derive(Debug)]
pub struct FirestoreStore {
    client: Client,
    settings: Settings,
    place: Place,
    ramp: Option<Ramp>,
}

/// A document as it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its id, the last part of its path.
    pub id: String,
    /// Its fields by name.
    pub fields: BTreeMap<String, Value>,
}

impl FirestoreStore {
    pub(crate) async fn connect(settings: Settings) -> Result<FirestoreStore> {
        let client = Client::new(&settings)?;
        let collection = Collection::parse(PROBED)?;
        // A connection that is refused is not tried again: whoever wants to wait says so.
        let outcome = client.list(&collection, 1, true, String::new(), Retrying::once(settings.timeout)).await;
        outcome.map_err(|failure| {
            let doing = format!("connecting to the project {}", settings.project);
            describe(failure, &doing, &settings, client.account())
        })?;
        let server = match settings.endpoint {
            Endpoint::Emulator(_) => "Firestore emulator",
            Endpoint::Google(_) => "Cloud Firestore",
        };
        let place = Place {
            host: settings.host().to_owned(),
            database: format!("{}/{}", settings.project, settings.database),
            server: server.to_owned(),
        };
        let ramp = settings.ramp_up.then(Ramp::default);
        Ok(FirestoreStore { client, settings, place, ramp })
    }

    /// Reads a whole collection, in the order of its ids. Moments come back as those with a zone, and what a document has no type
    /// for as the text that it was written as.
    ///
    /// # Errors
    /// What Firestore says.
    pub async fn documents(&self, collection: &str) -> Result<Vec<Document>> {
        let collection = Collection::parse(collection)?;
        let mut documents = Vec::new();
        let mut token = String::new();
        loop {
            let page = self.client.list(&collection, PAGE, false, token, Retrying::patiently()).await;
            let page = page.map_err(|failure| self.describe(failure, "reading", &collection))?;
            for document in page.documents {
                let id = document.name.rsplit('/').next().unwrap_or_default().to_owned();
                let root = self.client.root();
                let fields = document.fields.into_iter().map(|(name, value)| (name, decode(value, root))).collect();
                documents.push(Document { id, fields });
            }
            token = page.next_page_token;
            if token.is_empty() {
                return Ok(documents);
            }
        }
    }

    fn describe(&self, failure: crate::error::Failure, doing: &str, collection: &Collection) -> Error {
        let doing = format!("{doing} the collection {}", collection.path());
        describe(failure, &doing, &self.settings, self.client.account())
    }

    fn check_writable(&self) -> Result<()> {
        if self.settings.read_only {
            return Err(Error::database(ErrorClass::ReadOnly, "this connection was made for reading alone"));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for FirestoreStore {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn write(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
        self.check_writable()?;
        let collection = Collection::parse(target.table.as_str())?;
        let shape = Shape::new(target, &collection)?;
        let mut encoder = Encoder::new(self.client.root());
        let mut commits =
            Commits::new(&self.client, &self.settings, self.ramp.as_mut(), Doing::Writing, collection.path());
        let mut recent = Recent::default();
        let mut row_number = 0;
        loop {
            let batch = match rows.next_batch().await {
                Ok(Some(batch)) => batch,
                Ok(None) => return commits.finish().await,
                Err(error) => return Err(commits.abandon(error).await),
            };
            for row in batch.rows() {
                row_number += 1;
                let (id, operations) = match shape.write(row, &mut encoder, &collection) {
                    Ok(write) => write,
                    Err(error) => return Err(commits.abandon(error.in_row(row_number)).await),
                };
                if recent.has(&id) {
                    if shape.mask.is_none() {
                        let path = collection.path();
                        let message = format!("two rows of {path} have the id of the document {path}/{id}");
                        let error = Error::database(ErrorClass::UniqueViolation, message);
                        return Err(commits.abandon(error.in_row(row_number)).await);
                    }
                    // The later row wins, so the earlier one must have landed.
                    commits.settle().await?;
                }
                commits.add(encoder.bytes(), operations, row_number, &id).await?;
            }
            rows.recycle(batch);
        }
    }

    fn check_name(&self, table: &Name) -> Result<()> {
        Collection::parse(table.as_str()).map(drop)
    }

    async fn clear(&mut self, table: &Name) -> Result<u64> {
        self.check_writable()?;
        let collection = Collection::parse(table.as_str())?;
        let mut commits =
            Commits::new(&self.client, &self.settings, self.ramp.as_mut(), Doing::Clearing, collection.path());
        let mut encoder = Encoder::new(self.client.root());
        let mut token = String::new();
        let mut number = 0;
        loop {
            let size = i32::try_from(MAX_WRITES).unwrap_or(i32::MAX);
            let page = match self.client.list(&collection, size, true, token, Retrying::patiently()).await {
                Ok(page) => page,
                Err(failure) => {
                    let doing = format!("clearing the collection {}", collection.path());
                    let error = describe(failure, &doing, &self.settings, self.client.account());
                    return Err(commits.abandon(error).await);
                }
            };
            for document in page.documents {
                number += 1;
                encoder.begin();
                encoder.text(DELETE, &[&document.name]);
                let id = document.name.rsplit('/').next().unwrap_or_default();
                commits.add(encoder.bytes(), 1, number, id).await?;
            }
            token = page.next_page_token;
            if token.is_empty() {
                return commits.finish().await;
            }
        }
    }
}

/// How the rows of a target become writes.
struct Shape {
    names: Vec<String>,
    id: Id,
    /// For upserts the fields that are written; the others of the document stay.
    mask: Option<DocumentMask>,
}

enum Id {
    /// The value of a column that is no field.
    Column(usize),
    /// Made of the key's columns.
    Key(Vec<usize>),
}

impl Shape {
    fn new(target: &WriteTarget, collection: &Collection) -> Result<Shape> {
        let path = collection.path();
        let names: Vec<String> = target.columns.iter().map(|column| column.name.as_str().to_owned()).collect();
        let id = match (target.document_id, &target.mode) {
            (Some(index), _) if index < names.len() => Id::Column(index),
            (Some(index), _) => {
                let message = format!("the rows of {path} have no column {index} with an id");
                return Err(Error::failed("firestore.no-id", message));
            }
            (None, WriteMode::Upsert { key }) => {
                let column = |name: &Name| {
                    names.iter().position(|candidate| candidate == name.as_str()).ok_or_else(|| {
                        Error::failed("firestore.no-id", format!("the rows of {path} have no key column {name}"))
                    })
                };
                Id::Key(key.iter().map(column).collect::<Result<_>>()?)
            }
            (None, WriteMode::Insert) => {
                let message = format!("nothing says which ids the documents of {path} have");
                return Err(Error::usage("firestore.no-id", message).with_help("give each row an _id, or name the key"));
            }
        };
        for (index, name) in names.iter().enumerate() {
            if matches!(id, Id::Column(column) if column == index) {
                continue;
            }
            check_field(name).map_err(|why| {
                Error::database(ErrorClass::BadValue, format!("the documents of {path} can't have a field: {why}"))
            })?;
        }
        let mask = matches!(target.mode, WriteMode::Upsert { .. }).then(|| {
            let fields =
                names.iter().enumerate().filter(|(index, _)| !matches!(id, Id::Column(column) if column == *index));
            DocumentMask { field_paths: fields.map(|(_, name)| field_path(&[name])).collect() }
        });
        Ok(Shape { names, id, mask })
    }

    /// Encodes the write that makes the row's document; its id, and how many operations the write is.
    fn write<'r>(
        &self,
        row: &'r [Value],
        encoder: &mut Encoder<'_>,
        collection: &Collection,
    ) -> Result<(Cow<'r, str>, usize)> {
        if row.len() != self.names.len() {
            let message =
                format!("the row has {} values, and {} has {} columns", row.len(), collection.path(), self.names.len());
            return Err(Error::failed("firestore.row", message));
        }
        let id = match &self.id {
            Id::Column(index) => given_id(&row[*index], collection)?,
            Id::Key(columns) => {
                Cow::Owned(document_id(&columns.iter().map(|index| row[*index].clone()).collect::<Vec<_>>()))
            }
        };
        collection.check(&id)?;
        let refuse = |why: String| {
            Error::database(ErrorClass::BadValue, format!("the document {}/{id}: {why}", collection.path()))
        };
        encoder.begin();
        let document = encoder.message(UPDATE, |document| {
            document.text(1, &[document.root().database(), "/documents/", collection.path(), "/", &id]);
            for (index, (name, value)) in self.names.iter().zip(row).enumerate() {
                if !matches!(self.id, Id::Column(column) if column == index) {
                    document.field(name, value)?;
                }
            }
            Ok(())
        });
        document.map_err(refuse)?;
        let size = encoder.stored_size() + collection.stored_size_of_name(&id) + DOCUMENT_OVERHEAD;
        if size > MAX_DOCUMENT {
            let error = refuse(format!("it takes {size} bytes, and {MAX_DOCUMENT} (1 MiB) is the most"));
            return Err(
                error.with_help("put what is large into a sub-collection, or several fields into several documents")
            );
        }
        let transforms: Vec<FieldTransform> = (encoder.server_times().iter())
            .map(|names| FieldTransform {
                field_path: field_path(&names.iter().map(String::as_str).collect::<Vec<_>>()),
                set_to_server_value: Some(REQUEST_TIME),
            })
            .collect();
        match &self.mask {
            Some(mask) if transforms.is_empty() => encoder.encoded(MASK, mask),
            Some(mask) => {
                let filled = |path: &String| transforms.iter().any(|transform| transform.field_path == *path);
                let field_paths = mask.field_paths.iter().filter(|path| !filled(path)).cloned().collect();
                encoder.encoded(MASK, &DocumentMask { field_paths });
            }
            None => {}
        }
        transforms.iter().for_each(|transform| encoder.encoded(TRANSFORMS, transform));
        Ok((id, 1 + transforms.len()))
    }
}

/// The id that a row gives its document.
fn given_id<'v>(value: &'v Value, collection: &Collection) -> Result<Cow<'v, str>> {
    match value {
        Value::Text(id) => Ok(Cow::Borrowed(id)),
        Value::Integer(id) => Ok(Cow::Owned(id.to_string())),
        Value::Uuid(id) => Ok(Cow::Owned(id.to_string())),
        other => {
            let message = format!("a document of {} can't have {other:?} for its id", collection.path());
            Err(Error::database(ErrorClass::BadValue, message).with_help("an id is a text, an integer or a UUID"))
        }
    }
}

/// Which documents were written lately: the last 32,768 at least, and 65,536 at most.
#[derive(Default)]
struct Recent {
    young: HashSet<u64>,
    old: HashSet<u64>,
    hasher: BuildHasherDefault<DefaultHasher>,
}

impl Recent {
    const GENERATION: usize = 32_768;

    /// Whether it was, and from now on it was.
    fn has(&mut self, path: &str) -> bool {
        let hash = self.hasher.hash_one(path);
        if self.young.contains(&hash) || self.old.contains(&hash) {
            return true;
        }
        if self.young.len() == Recent::GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_lately_is_known_in_bounded_memory() {
        let mut recent = Recent::default();
        for number in 0..200_000 {
            assert!(!recent.has(&format!("users/{number}")));
            assert!(number < 32_767 || recent.has(&format!("users/{}", number - 32_767)));
        }
        assert!(recent.young.len() + recent.old.len() <= 65_536);
    }
}
