//! The store: everything that is IO.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fastman_core::adapter::ConnectOptions;
use fastman_core::dialect::Dialect;
use fastman_core::error::{Error, ErrorClass, Result};
use fastman_core::schema::{Name, Schema};
use fastman_core::sql::text::insert_with_placeholders;
use fastman_core::store::{
    Backend, CatalogObject, CatalogObjects, LockAttempt, Place, RowSource, SqlStore, Store, TransactionOptions,
    WriteMode, WriteTarget,
};
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use spg_embedded::{Database, EngineError, QueryResult};

use crate::dialect::{self, quoted};
use crate::error::{classify, lost};
use crate::introspect::Catalog;
use crate::session::{self, Shared, Turn};
use crate::value::{bind, portable};

/// How long beginning waits for its turn: waiting for longer is up to core.
const BEGINNING: Duration = Duration::from_millis(500);

/// How long a statement outside of a transaction waits for its turn: that may be a whole migration of somebody else's.
const STATEMENT: Duration = Duration::from_secs(300);

/// A session with an SPG database.
struct SpgStore {
    shared: Arc<Shared>,
    path: PathBuf,
    number: u64,
    place: Place,
    dialect: Arc<dyn Dialect>,
    /// Held from the beginning of a transaction to its end.
    turn: Option<Turn>,
    /// The session is over.
    ended: bool,
}

/// Connects; see [`fastman_core::adapter::Adapter::connect`].
pub(crate) async fn connect(url: &DatabaseUrl, options: &ConnectOptions) -> Result<Backend> {
    let path = path(url, options)?;
    if !options.create && !path.exists() {
        let message = format!("there is no database {}", path.display());
        return Err(Error::database(ErrorClass::MissingDatabase, message).with_help("fastman db:create makes it"));
    }
    Ok(Backend::Sql(Box::new(SpgStore::open(path).await?)))
}

/// Makes an empty database; see [`fastman_core::adapter::Adapter::create_database`].
pub(crate) async fn create_database(url: &DatabaseUrl, options: &ConnectOptions) -> Result<bool> {
    let path = path(url, options)?;
    if path.exists() {
        return Ok(false);
    }
    SpgStore::open(path).await.map(|_| true)
}

fn path(url: &DatabaseUrl, options: &ConnectOptions) -> Result<PathBuf> {
    // Without the dots of ./app.spg: the path is shown in messages.
    Ok(options.base.join(url.file()?).components().collect())
}

impl SpgStore {
    async fn open(path: PathBuf) -> Result<SpgStore> {
        let opening = path.clone();
        let shared = blocking(move || Shared::open(&opening)).await??;
        Ok(SpgStore {
            number: shared.enter(),
            shared,
            place: Place {
                host: path.display().to_string(),
                database: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                server: format!("SPG {}", dialect::VERSION),
            },
            path,
            dialect: dialect::make(&crate::SPG, None)?,
            turn: None,
            ended: false,
        })
    }

    /// Does something in the transaction that is open, or in a turn of its own, on a thread where it may block.
    ///
    /// A caller that stops waiting can't stop the engine: the turn is then dropped where it was used, which rolls back and lets
    /// the next session have it. In a transaction that is the end of the session.
    async fn work<T: Send + 'static>(
        &mut self,
        patience: Duration,
        work: impl FnOnce(&mut Turn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.ended {
            return Err(lost());
        }
        let mut turn = match self.turn.take() {
            Some(turn) => turn,
            None => self.shared.turn(patience).await?,
        };
        self.ended = turn.is_open();
        let (turn, outcome) = blocking(move || {
            let outcome = work(&mut turn);
            (turn, outcome)
        })
        .await?;
        self.ended = false;
        self.turn = Some(turn).filter(Turn::is_open);
        outcome
    }

    async fn run(&mut self, sql: &str, parameters: &[Value]) -> Result<QueryResult> {
        let sql = sql.to_owned();
        let parameters = bind(parameters)?;
        self.work(STATEMENT, move |turn| turn.with(|database| execute(database, &sql, &parameters))).await
    }

    /// The catalog as this session sees it now.
    async fn catalog(&mut self) -> Result<Catalog> {
        self.look(&Catalog::QUERIES).await
    }

    /// As much of the catalog as these queries give.
    async fn look(&mut self, queries: &[&str]) -> Result<Catalog> {
        let mut answers = Vec::new();
        for sql in queries {
            answers.push(self.query(sql, &[]).await?);
        }
        Ok(Catalog::new(answers))
    }

    /// The statement that writes so many rows.
    fn insert(&self, target: &WriteTarget, rows: usize) -> String {
        let columns: Vec<Name> = target.columns.iter().map(|column| column.name.clone()).collect();
        let insert = insert_with_placeholders(&*self.dialect, &target.table, &columns, rows);
        let WriteMode::Upsert { key } = &target.mode else { return insert };
        let is_key = |column: &&Name| key.iter().any(|key| key.key() == column.key());
        let list = |columns: &[Name]| columns.iter().map(|column| quoted(column.as_str())).collect::<Vec<_>>();
        let replaced: Vec<String> = list(&columns.iter().filter(|column| !is_key(column)).cloned().collect::<Vec<_>>())
            .iter()
            .map(|column| format!("{column} = EXCLUDED.{column}"))
            .collect();
        let action =
            if replaced.is_empty() { "NOTHING".to_owned() } else { format!("UPDATE SET {}", replaced.join(", ")) };
        format!("{insert} ON CONFLICT ({}) DO {action}", list(key).join(", "))
    }

    /// Writes in the transaction that is open.
    async fn write_all(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
        let one = self.insert(target, 1);
        // In a transaction each statement copies what the ones before it changed.
        let together = (dialect::MOST_PARAMETERS as usize / target.columns.len().max(1)).max(1);
        let mut written = 0_u64;
        while let Some(batch) = rows.next_batch().await? {
            let bound = batch.rows().map(bind).collect::<Result<Vec<_>>>()?;
            rows.recycle(batch);
            for piece in bound.chunks(together) {
                let (all, one, piece) = (self.insert(target, piece.len()), one.clone(), piece.to_vec());
                let size = piece.len() as u64;
                self.work(STATEMENT, move |turn| {
                    turn.with(|database| database.execute("SAVEPOINT piece"))?;
                    if turn.with(|database| execute(database, &all, &piece.concat())).is_ok() {
                        return turn.with(|database| database.execute("RELEASE SAVEPOINT piece")).map(drop);
                    }
                    // One of them is refused, and which one it is has to be told.
                    turn.with(|database| database.execute("ROLLBACK TO SAVEPOINT piece"))?;
                    for (row, number) in piece.iter().zip(written + 1..) {
                        turn.with(|database| execute(database, &one, row)).map_err(|error| error.in_row(number))?;
                    }
                    Ok(())
                })
                .await?;
                written += size;
            }
        }
        let table = target.table.as_str();
        for column in self.catalog().await?.identities(table) {
            if target.columns.iter().any(|target| target.name.as_str() == column) {
                self.execute(&dialect::advance_sequence(table, &column), &[]).await?;
            }
        }
        Ok(written)
    }
}

/// Runs what blocks on a thread for that.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| lost())
}

/// Runs one statement.
fn execute(
    database: &mut Database,
    sql: &str,
    parameters: &[spg_embedded::Value<'static>],
) -> Result<QueryResult, EngineError> {
    if parameters.is_empty() {
        return database.execute(sql);
    }
    let statement = database.prepare(sql)?;
    database.execute_prepared(&statement, parameters)
}

/// The rows of a result, in portable values.
fn rows(result: QueryResult) -> Result<Vec<Vec<Value>>> {
    let QueryResult::Rows { columns, rows } = result else { return Ok(Vec::new()) };
    rows.into_iter()
        .map(|row| row.values.into_iter().zip(&columns).map(|(value, column)| portable(value, &column.ty)).collect())
        .collect()
}

#[async_trait]
impl Store for SpgStore {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn write(&mut self, target: &WriteTarget, rows: &mut dyn RowSource) -> Result<u64> {
        if self.turn.is_some() {
            return self.write_all(target, rows).await;
        }
        self.begin(TransactionOptions::default()).await?;
        match self.write_all(target, rows).await {
            Ok(written) => self.commit().await.map(|()| written),
            Err(error) => {
                self.rollback().await?;
                Err(error)
            }
        }
    }

    async fn clear(&mut self, table: &Name) -> Result<u64> {
        self.execute(&format!("DELETE FROM {}", quoted(table.as_str())), &[]).await
    }
}

#[async_trait]
impl SqlStore for SpgStore {
    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::clone(&self.dialect)
    }

    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        match self.run(sql, parameters).await? {
            QueryResult::CommandOk { affected, .. } => Ok(affected as u64),
            _ => Ok(0),
        }
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        // Another session's transaction is in the way of its changes, not of what was there before.
        if self.turn.is_none()
            && !self.ended
            && let Some(committed) = self.shared.committed()
        {
            let sql = sql.to_owned();
            let parameters = bind(parameters)?;
            let result = blocking(move || {
                let statement = Database::prepare_on_snapshot(&committed, &sql)?;
                Database::execute_prepared_on_snapshot(&committed, &statement, &parameters)
            });
            match result.await? {
                Err(EngineError::WriteRequired) => {}
                result => return rows(result.map_err(|error| classify(&error))?),
            }
        }
        rows(self.run(sql, parameters).await?)
    }

    async fn begin(&mut self, _options: TransactionOptions) -> Result<()> {
        self.work(BEGINNING, Turn::begin).await
    }

    async fn commit(&mut self) -> Result<()> {
        self.work(BEGINNING, |turn| turn.end("COMMIT")).await
    }

    async fn rollback(&mut self) -> Result<()> {
        self.work(BEGINNING, |turn| turn.end("ROLLBACK")).await
    }

    fn poison(&mut self) {
        self.ended = true;
        self.turn = None;
    }

    async fn try_lock(&mut self, _key: &str) -> Result<LockAttempt> {
        // Beginning has taken it.
        Ok(LockAttempt::Held)
    }

    async fn unlock(&mut self, _key: &str) -> Result<()> {
        Ok(())
    }

    fn session(&self) -> Result<String> {
        Ok(session::name(self.number))
    }

    async fn session_is_gone(&mut self, session: &str) -> Result<Option<bool>> {
        Ok(self.shared.is_gone(session))
    }

    async fn relations(&mut self) -> Result<Vec<CatalogObject>> {
        Ok(self.look(&Catalog::QUERIES[..1]).await?.relations())
    }

    async fn introspect(&mut self, tables: Option<&[Name]>) -> Result<Schema> {
        Ok(self.catalog().await?.schema(tables).0)
    }

    async fn catalog_objects(&mut self, tables: &[Name]) -> Result<CatalogObjects> {
        Ok(self.catalog().await?.objects(tables))
    }

    async fn echo(&mut self, relations: &[Name]) -> Result<Vec<Option<String>>> {
        let catalog = self.catalog().await?;
        Ok(relations.iter().map(|name| catalog.echo(name.as_str())).collect())
    }

    async fn reserve_keys(&mut self, table: &Name, column: &Name, count: u64, above: i64) -> Result<i64> {
        // The transaction is the only one, so between looking and setting nobody draws a number.
        let sequence = dialect::sequence_of(table.as_str(), column.as_str());
        let greatest = format!(
            "SELECT GREATEST(MAX({}), pg_sequence_last_value({sequence}), {above}, 0) FROM {}",
            quoted(column.as_str()),
            quoted(table.as_str())
        );
        let before = match self.query(&greatest, &[]).await?.first().and_then(|row| row.first()) {
            Some(Value::Integer(number)) => *number,
            other => return Err(Error::database(ErrorClass::Other, format!("the greatest key is {other:?}"))),
        };
        let last = i64::try_from(count.max(1)).ok().and_then(|count| before.checked_add(count)).ok_or_else(|| {
            Error::database(ErrorClass::BadValue, format!("there are no {count} keys left above {before}"))
        })?;
        self.query(&format!("SELECT setval({sequence}, {last})"), &[]).await?;
        Ok(before + 1)
    }

    async fn sibling(&mut self) -> Result<Option<Box<dyn SqlStore>>> {
        Ok(Some(Box::new(SpgStore::open(self.path.clone()).await?)))
    }
}

impl Drop for SpgStore {
    fn drop(&mut self) {
        // What is open is rolled back before the session counts as gone.
        self.turn = None;
        self.shared.leave(self.number);
    }
}
