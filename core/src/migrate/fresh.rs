//! Fresh: what the migrations made is dropped, whatever state it is in, and everything is applied anew.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Details, Record};
use super::lock::{self, SessionLock};
use super::run::Run;
use super::stored::StoredDown;
use super::{Event, FreshPlan, FreshReport, MigrateOptions, Migrator, Observer, TABLE, Version, replay};
use crate::dialect::{AlterStyle, RenderInput, StepKind};
use crate::error::Result;
use crate::schema::{Change, Name, Schema};
use crate::store::{CatalogObjects, ObjectKind, SqlStore, TransactionOptions};

/// What there is to drop, and how.
struct Demolition {
    /// Views that are there, the last made first.
    views: Vec<Name>,
    /// The keys of the tables that are there.
    tables: BTreeSet<String>,
    /// Other relations.
    kept: Vec<String>,
    /// How what the users' own statements made is undone, the last made first.
    raw: Vec<RawDown>,
    /// Whether the history's table is there.
    history: bool,
}

/// The users' own statements in a stored down plan.
struct RawDown {
    label: String,
    statements: Vec<String>,
    transaction: bool,
}

impl Migrator {
    /// What [`Migrator::fresh`] would drop.
    ///
    /// # Errors
    /// `migrate.foreign-project`; what the server says.
    pub async fn plan_fresh(&self, store: &mut dyn SqlStore) -> Result<FreshPlan> {
        let migrations = self.load()?;
        let mut observer = ();
        let mut run = Run::new(self, &migrations, store.dialect(), super::LOCK_TIMEOUT, &mut observer);
        let demolition = run.demolition(store).await?;
        Ok(FreshPlan { relations: demolition.shown(), kept: demolition.kept })
    }

    /// Drops every table and view that the migrations made, and the history, and applies all migrations. Rows are lost; what the
    /// migrations did not make stays.
    ///
    /// # Errors
    /// As [`Migrator::migrate`]; what the server says of dropping.
    pub async fn fresh(
        &self,
        store: &mut dyn SqlStore,
        options: &MigrateOptions,
        observer: &mut dyn Observer,
    ) -> Result<FreshReport> {
        let migrations = self.load()?;
        let mut run = Run::new(self, &migrations, store.dialect(), options.lock_timeout, &mut *observer);
        let demolition = run.demolition(store).await?;
        let dropped = demolition.shown();
        if demolition.history {
            let mut lock = SessionLock::acquire(store, &mut run.patience, &mut *run.observer).await?;
            let outcome = run.demolish(lock.store(), &demolition).await;
            lock.release(outcome).await?;
        }
        let migrated = self.migrate(store, options, observer).await?;
        Ok(FreshReport { dropped, migrated })
    }
}

impl Demolition {
    fn shown(&self) -> Vec<String> {
        let views = self.views.iter().map(|view| format!("view {view}"));
        views.chain(self.tables.iter().map(|table| format!("table {table}"))).collect()
    }
}

impl Run<'_> {
    async fn demolition(&mut self, store: &mut dyn SqlStore) -> Result<Demolition> {
        let ground = loop {
            let ground = self.look(store).await?;
            self.migrator.check_ownership(&ground.records)?;
            match ground.records.iter().find(|record| !record.is_settled()) {
                Some(record) if self.wait_for_claim(store, record).await? => {}
                _ => break ground,
            }
        };
        let versions: Vec<Version> = ground.records.iter().map(|record| record.version).collect();
        let details: BTreeMap<Version, Details> = match ground.exists {
            true => self
                .history
                .details(store, &versions)
                .await?
                .into_iter()
                .map(|details| (details.version, details))
                .collect(),
            false => BTreeMap::new(),
        };
        let mut made: Vec<String> = Vec::new();
        for details in ground.records.iter().filter_map(|record| details.get(&record.version)) {
            let plan = details.plan()?;
            made.extend(
                plan.iter()
                    .flat_map(|plan| &plan.steps)
                    .flat_map(|step| &step.touches)
                    .map(|name| name.key().into_owned()),
            );
        }
        made.extend(self.meant(&ground.records));
        let mut demolition = Demolition {
            views: Vec::new(),
            tables: BTreeSet::new(),
            kept: Vec::new(),
            raw: raw_downs(&ground.records, &details)?,
            history: ground.exists,
        };
        for relation in store.relations().await? {
            let key = relation.name.to_lowercase();
            let age = made.iter().rposition(|name| *name == key);
            match (age, relation.kind) {
                _ if key == TABLE => {}
                (None, _) => demolition.kept.push(relation.name),
                (Some(_), ObjectKind::View) => demolition.views.push(Name::exact(&relation.name)),
                (Some(_), _) => {
                    demolition.tables.insert(key);
                }
            }
        }
        // A view stands on what was made before it.
        demolition.views.sort_by_key(|view| std::cmp::Reverse(made.iter().position(|name| **name == *view.key())));
        Ok(demolition)
    }

    /// The tables and views that the applied migrations mean, as far as their files can be read.
    fn meant(&self, records: &[Record]) -> Vec<String> {
        let mut schema = Schema::default();
        for migration in records.iter().filter_map(|record| self.migration(record.version)) {
            let mut next = schema.clone();
            if replay::advance(migration, &mut next).is_ok() {
                schema = next;
            }
        }
        let tables = schema.tables().map(|table| table.name.key().into_owned());
        let views = schema.views().map(|view| view.name.key().into_owned());
        tables.chain(views).collect()
    }

    async fn demolish(&mut self, store: &mut dyn SqlStore, demolition: &Demolition) -> Result<()> {
        for raw in &demolition.raw {
            if let Err(error) = self.run_raw(store, raw).await {
                let label = &raw.label;
                self.observer
                    .event(Event::Notice(&format!("{label}: its own statements for undoing it failed: {error}")));
            }
        }
        let suspend = self.dialect.facts().alter == AlterStyle::Rebuild;
        let options = TransactionOptions { suspend_foreign_keys: suspend };
        let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
        match self.drop_all(transaction.store(), demolition).await {
            Ok(()) => transaction.commit().await,
            Err(error) => Err(super::apply::undone(transaction, error).await),
        }
    }

    async fn run_raw(&mut self, store: &mut dyn SqlStore, raw: &RawDown) -> Result<()> {
        let RawDown { statements, transaction, .. } = raw;
        if !transaction {
            for statement in statements {
                store.execute(statement, &[]).await?;
            }
            return Ok(());
        }
        let options = TransactionOptions::default();
        let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
        for statement in statements {
            if let Err(error) = transaction.store().execute(statement, &[]).await {
                return Err(super::apply::undone(transaction, error).await);
            }
        }
        transaction.commit().await
    }

    /// Views, then foreign keys that stand in a ring, then tables before those that they point at, then the rows of the history.
    async fn drop_all(&self, store: &mut dyn SqlStore, demolition: &Demolition) -> Result<()> {
        let mut schema = store.introspect(None).await?;
        for view in &demolition.views {
            self.make(store, Change::DropView { view: view.clone() }, &schema.clone(), &schema).await?;
        }
        let mut left: Vec<Name> = schema
            .tables()
            .map(|table| table.name.clone())
            .filter(|name| demolition.tables.contains(&*name.key()))
            .collect();
        while !left.is_empty() {
            let free = left.iter().position(|table| {
                schema.children(table).all(|child| !left.iter().any(|other| other.key() == child.name.key()))
            });
            let change = match free {
                Some(index) => Change::DropTable { table: left.remove(index) },
                None => match self.ring(&schema, &left) {
                    Some(change) => change,
                    // Foreign keys are suspended, or there is none left: the order does not matter.
                    None => Change::DropTable { table: left.remove(0) },
                },
            };
            let before = schema.clone();
            if schema.apply(&change).is_err() {
                // The catalog may hold what the model refuses; the server is asked all the same.
                schema = store.introspect(None).await?;
            }
            self.make(store, change, &before, &schema).await?;
        }
        // The table stays: what the migrations did not make is known, and no reason to refuse the next one.
        store.execute(&self.history.clear(), &[]).await.map(drop)
    }

    /// A foreign key to be dropped first, where tables point at each other in a ring and that can't be suspended.
    fn ring(&self, schema: &Schema, left: &[Name]) -> Option<Change> {
        if self.dialect.facts().alter == AlterStyle::Rebuild {
            return None;
        }
        left.iter().filter_map(|name| schema.table(name)).find_map(|table| {
            let (constraint, _) =
                table.foreign_keys().find(|(_, foreign_key)| foreign_key.table.key() != table.name.key())?;
            Some(Change::DropConstraint { table: table.name.clone(), constraint: constraint.clone() })
        })
    }

    async fn make(&self, store: &mut dyn SqlStore, change: Change, before: &Schema, after: &Schema) -> Result<()> {
        let changes = [change];
        let needs = self.dialect.needs_catalog(&changes, before);
        let catalog = if needs.is_empty() { CatalogObjects::default() } else { store.catalog_objects(&needs).await? };
        for step in self.dialect.render(RenderInput { changes: &changes, before, after, catalog: &catalog })? {
            store.execute(&step.sql, &[]).await?;
        }
        Ok(())
    }
}

/// The users' own statements in the stored down plans, the last applied first.
fn raw_downs(records: &[Record], details: &BTreeMap<Version, Details>) -> Result<Vec<RawDown>> {
    let mut raw = Vec::new();
    for record in records.iter().rev() {
        let Some(StoredDown::Plan { plan, .. }) =
            details.get(&record.version).map(Details::down).transpose()?.flatten()
        else {
            continue;
        };
        let statements: Vec<String> =
            plan.steps.iter().filter(|step| step.kind == StepKind::Raw).map(|step| step.sql.clone()).collect();
        if !statements.is_empty() {
            raw.push(RawDown { label: record.label(), statements, transaction: plan.transaction });
        }
    }
    Ok(raw)
}

#[cfg(test)]
mod tests;
