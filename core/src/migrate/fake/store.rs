//! A session of the fake engine.

use std::sync::Arc;

use async_trait::async_trait;

use super::dialect::{ENGINE, FakeDialect};
use super::history;
use super::world::{Data, State, World};
use crate::dialect::{DdlTransactions, Dialect, LockScope};
use crate::error::{Error, ErrorClass, Result};
use crate::migrate::TABLE;
use crate::migrate::handmade::{self, Deed};
use crate::schema::{Change, Name, Schema};
use crate::store::{
    CatalogObject, CatalogObjects, LockAttempt, ObjectKind, Place, RowSource, SqlStore, Store, TransactionOptions,
    WriteTarget,
};
use crate::value::Value;

/// A session.
pub struct FakeStore {
    world: Arc<World>,
    session: String,
    place: Place,
    /// Whether a transaction is open.
    open: bool,
    /// What is there again after a rollback, once the transaction has changed something.
    before: Option<Data>,
    dead: bool,
}

impl FakeStore {
    pub(super) fn new(world: Arc<World>, session: String) -> FakeStore {
        let place = Place { host: "nowhere".into(), database: "fake".into(), server: "Fake 1".into() };
        FakeStore { world, session, place, open: false, before: None, dead: false }
    }

    /// Ends the session: what is open is rolled back, what is locked is freed.
    pub fn die(&mut self) {
        let mut state = self.world.state();
        if let Some(before) = self.before.take() {
            state.data = before;
        }
        if state.lock.as_ref() == Some(&self.session) {
            state.lock = None;
        }
        state.alive.remove(&self.session);
        self.dead = true;
    }

    fn alive(&self) -> Result<()> {
        match self.dead {
            true => Err(Error::database(ErrorClass::LostConnection, "the connection is gone")),
            false => Ok(()),
        }
    }

    fn free(&self, state: &mut State) {
        if self.world.facts.lock != LockScope::Session && state.lock.as_ref() == Some(&self.session) {
            state.lock = None;
        }
    }

    fn take_effect(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        let mut state = self.world.state();
        let short = sql.split(" #").next().unwrap_or(sql).to_owned();
        if state.refuse.as_ref().is_some_and(|refused| sql.contains(refused.as_str())) {
            return Err(Error::database(state.refusal, format!("refused: {short}")));
        }
        if self.open && self.before.is_none() {
            self.before = Some(state.data.clone());
        }
        if history::concerns(sql) {
            return history::execute(&mut state.data.history, sql, parameters);
        }
        let change: Option<Change> = sql
            .split_once(" #")
            .map(|(_, json)| serde_json::Deserializer::from_str(json).into_iter().next().unwrap().unwrap());
        let defines = change.as_ref().map_or(sql.starts_with("define"), |change| !change.is_data());
        let committing = self.world.facts.ddl == DdlTransactions::Committing;
        match &change {
            Some(Change::CreateTable(table)) if table.name.as_str() == TABLE => {
                if state.data.history.is_some() {
                    return Err(Error::database(ErrorClass::AlreadyExists, "the history is there"));
                }
                state.data.history = Some(Vec::new());
            }
            Some(Change::DropTable { table }) if table.as_str() == TABLE => state.data.history = None,
            Some(change) if !change.is_data() => {
                let mut schema = state.data.schema.clone();
                schema.apply(change).map_err(|error| Error::database(ErrorClass::Other, error.message))?;
                state.data.schema = schema;
                state.data.log.push(short);
            }
            _ => {
                state.data.written.push(short.clone());
                state.data.log.push(short);
            }
        }
        if defines && committing {
            self.before = None;
        }
        Ok(1)
    }

    fn echo_of(state: &State, name: &Name) -> Option<String> {
        let table = state.data.schema.table(name)?;
        Some(format!("{table:?} {:?}", state.data.triggers.get(name.as_str())))
    }
}

impl Drop for FakeStore {
    fn drop(&mut self) {
        if !self.dead {
            self.die();
        }
    }
}

#[async_trait]
impl Store for FakeStore {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn write(&mut self, _: &WriteTarget, _: &mut dyn RowSource) -> Result<u64> {
        Ok(0)
    }

    async fn clear(&mut self, _: &Name) -> Result<u64> {
        Ok(0)
    }
}

#[async_trait]
impl SqlStore for FakeStore {
    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::new(FakeDialect { facts: self.world.facts, flavour: &ENGINE, cannot: None })
    }

    async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64> {
        self.alive()?;
        tokio::task::yield_now().await;
        let killed = {
            let mut state = self.world.state();
            let statement = state.statements;
            state.statements += 1;
            state.kill.filter(|kill| kill.statement == statement)
        };
        match killed {
            None => self.take_effect(sql, parameters),
            Some(kill) => {
                if kill.after {
                    self.take_effect(sql, parameters)?;
                }
                self.die();
                self.alive().map(|()| 0)
            }
        }
    }

    async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        self.alive()?;
        tokio::task::yield_now().await;
        history::query(&self.world.state().data.history, sql, parameters)
    }

    async fn begin(&mut self, _: TransactionOptions) -> Result<()> {
        self.alive()?;
        tokio::task::yield_now().await;
        let mut state = self.world.state();
        if self.world.facts.lock == LockScope::Begin {
            if state.lock.is_some() {
                return Err(Error::database(ErrorClass::Busy, "locked"));
            }
            state.lock = Some(self.session.clone());
        }
        self.open = true;
        self.before = None;
        Ok(())
    }

    async fn commit(&mut self) -> Result<()> {
        self.alive()?;
        self.open = false;
        self.before = None;
        self.free(&mut self.world.state());
        Ok(())
    }

    async fn rollback(&mut self) -> Result<()> {
        self.alive()?;
        let mut state = self.world.state();
        self.open = false;
        if let Some(before) = self.before.take() {
            state.data = before;
        }
        self.free(&mut state);
        Ok(())
    }

    fn poison(&mut self) {
        self.die();
    }

    async fn try_lock(&mut self, _: &str) -> Result<LockAttempt> {
        self.alive()?;
        tokio::task::yield_now().await;
        let mut state = self.world.state();
        match &state.lock {
            Some(holder) if *holder != self.session => Ok(LockAttempt::Busy(Some(holder.clone()))),
            _ => {
                state.lock = Some(self.session.clone());
                Ok(LockAttempt::Held)
            }
        }
    }

    async fn unlock(&mut self, _: &str) -> Result<()> {
        self.alive()?;
        self.world.state().lock = None;
        Ok(())
    }

    fn session(&self) -> Result<String> {
        Ok(self.session.clone())
    }

    async fn session_is_gone(&mut self, session: &str) -> Result<Option<bool>> {
        let state = self.world.state();
        Ok(state.tells_sessions.then(|| !state.alive.contains(session)))
    }

    async fn relations(&mut self) -> Result<Vec<CatalogObject>> {
        self.alive()?;
        let state = self.world.state();
        let object = |kind, name: String| CatalogObject { kind, table: name.clone(), name, sql: String::new() };
        let history = state.data.history.iter().map(|_| TABLE.to_owned());
        let tables = state.data.schema.tables().map(|table| table.name.to_string());
        let views = state.data.schema.views().map(|view| object(ObjectKind::View, view.name.to_string()));
        Ok(history.chain(tables).map(|name| object(ObjectKind::Table, name)).chain(views).collect())
    }

    async fn introspect(&mut self, tables: Option<&[Name]>) -> Result<Schema> {
        let state = self.world.state();
        let mut schema = Schema::default();
        for table in state.data.schema.tables() {
            if tables.is_none_or(|tables| tables.contains(&table.name)) {
                schema.insert_table((**table).clone());
            }
        }
        Ok(schema)
    }

    async fn catalog_objects(&mut self, tables: &[Name]) -> Result<CatalogObjects> {
        let schema = self.introspect(Some(tables)).await?;
        let state = self.world.state();
        let objects = tables
            .iter()
            .flat_map(|table| {
                state.data.triggers.get(table.as_str()).into_iter().flatten().map(move |trigger| (table, trigger))
            })
            .map(|(table, trigger)| match handmade::deed(trigger, &ENGINE.lexical) {
                Deed::Makes(object) => object,
                _ => CatalogObject {
                    kind: ObjectKind::Trigger,
                    name: trigger.clone(),
                    table: table.to_string(),
                    sql: String::new(),
                },
            })
            .collect();
        let attributes = state.data.attributes.iter().filter(|attribute| tables.contains(&attribute.table));
        let attributes = attributes.cloned().collect();
        Ok(CatalogObjects { live: true, objects, tables: schema, attributes, foreseen: false })
    }

    async fn echo(&mut self, relations: &[Name]) -> Result<Vec<Option<String>>> {
        self.alive()?;
        let state = self.world.state();
        Ok(relations.iter().map(|name| FakeStore::echo_of(&state, name)).collect())
    }

    async fn reserve_keys(&mut self, _: &Name, _: &Name, _: u64, above: i64) -> Result<i64> {
        Ok(above + 1)
    }

    async fn sibling(&mut self) -> Result<Option<Box<dyn SqlStore>>> {
        Ok(Some(Box::new(self.world.connect())))
    }
}
