//! What a test of any store is given: fresh databases that take rows, whether there is SQL behind them or not.

use std::sync::Arc;

use async_trait::async_trait;
use fastman_core::Result;
use fastman_core::dialect::EmptyString;
use fastman_core::schema::Name;
use fastman_core::store::Store;
use fastman_core::value::Value;

use crate::harness::{Database, Harness, StoreDatabase, StoreHarness};
use crate::session::Session;

/// The backend under test, as something that takes rows.
pub struct Stores(Kind);

enum Kind {
    Sql(Arc<dyn Harness>),
    Store(Arc<dyn StoreHarness>),
}

impl Stores {
    pub(crate) fn of_sql(harness: Arc<dyn Harness>) -> Stores {
        Stores(Kind::Sql(harness))
    }

    pub(crate) fn new(harness: Arc<dyn StoreHarness>) -> Stores {
        Stores(Kind::Store(harness))
    }

    /// An empty database.
    ///
    /// # Errors
    /// What making it gave.
    pub async fn database(&self) -> Result<Box<dyn StoreDatabase>> {
        match &self.0 {
            Kind::Sql(harness) => Ok(Box::new(Tables(Arc::from(harness.fresh().await?)))),
            Kind::Store(harness) => harness.fresh().await,
        }
    }

    /// What becomes of an empty text.
    pub fn empty_string(&self) -> EmptyString {
        match &self.0 {
            Kind::Sql(harness) => harness.facts().empty_string,
            Kind::Store(_) => EmptyString::Kept,
        }
    }
}

/// A SQL database as one that takes rows.
struct Tables(Arc<dyn Database>);

impl Tables {
    /// A session that knows this table, made or made before.
    async fn session(&self, name: &str, columns: &[(&str, &str)], make: bool) -> Result<Session> {
        let columns: Vec<String> = (columns.iter().enumerate())
            .map(|(index, (column, sql))| format!("{column} {sql}{}", if index == 0 { " PRIMARY KEY" } else { "" }))
            .collect();
        let sql = format!("CREATE TABLE {name} ({});", columns.join(", "));
        let mut session = Session::connect(self.0.clone()).await?;
        if make {
            session.apply(&sql).await?;
        } else {
            session.know(&sql)?;
        }
        Ok(session)
    }
}

#[async_trait]
impl StoreDatabase for Tables {
    async fn connect(&self) -> Result<Box<dyn Store>> {
        let store: Box<dyn Store> = self.0.connect().await?;
        Ok(store)
    }

    async fn table(&self, name: &str, columns: &[(&str, &str)]) -> Result<Name> {
        self.session(name, columns, true).await?;
        Ok(Name::from(name))
    }

    async fn rows(&self, table: &Name, columns: &[(&str, &str)]) -> Result<Vec<Vec<Value>>> {
        self.session(table.as_str(), columns, false).await?.rows(table.as_str()).await
    }
}
