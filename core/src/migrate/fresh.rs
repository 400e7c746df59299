//! Fresh: what the migrations made is dropped, whatever state it is in, and everything is applied anew.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Details, Record};
use super::lock::{self, SessionLock};
use super::rollback::mentions;
use super::run::{Ground, Run};
use super::stored::StoredDown;
use super::{Direction, FreshPlan, FreshReport, MigrateOptions, Migrator, Observer, TABLE, Version, replay};
use crate::dialect::{AlterStyle, DdlTransactions, RenderInput, StepKind};
use crate::error::{Error, Result};
use crate::schema::{Change, Name, Schema};
use crate::store::{CatalogObjects, ObjectKind, SqlStore, TransactionOptions};

/// What there is to drop, and how.
struct Demolition {
    /// Views that are there, the last made first.
    views: Vec<Name>,
    /// The keys of the tables that are there.
    tables: BTreeSet<String>,
    /// Other relations, which no statement of the users' own in `raw` mentions.
    kept: Vec<String>,
    /// How what the users' own statements made is undone, the last made first.
    raw: Vec<RawDown>,
    /// Whether the history's table is there.
    history: bool,
}

/// The users' own statements in a stored down plan.
struct RawDown {
    version: Version,
    label: String,
    statements: Vec<String>,
    transaction: bool,
}

impl Migrator {
    /// What [`Migrator::fresh`] would drop.
    ///
    /// # Errors
    /// As [`Migrator::fresh`], before anything is dropped.
    pub async fn plan_fresh(&self, store: &mut dyn SqlStore) -> Result<FreshPlan> {
        let migrations = self.load()?;
        let mut observer = ();
        let mut run = Run::new(self, &migrations, store.dialect(), super::LOCK_TIMEOUT, &mut observer);
        let demolition = run.demolition(store).await?;
        let opaque = demolition.raw.iter().map(|raw| raw.label.clone()).collect();
        Ok(FreshPlan { relations: demolition.shown(), opaque, kept: demolition.kept })
    }

    /// Drops every table and view that the migrations made, and the history, and applies all migrations. Rows are lost; what the
    /// migrations did not make stays. Where the engine's DDL rolls back, dropping is one transaction.
    ///
    /// # Errors
    /// What is wrong with a file, and `migrate.in-the-way` for what would be left and be made again, before anything is dropped; what
    /// the server says of dropping; as [`Migrator::migrate`].
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
        let raw = raw_downs(&ground.records, &details)?;
        let mut demolition =
            Demolition { views: Vec::new(), tables: BTreeSet::new(), kept: Vec::new(), raw, history: ground.exists };
        for relation in store.relations().await? {
            let key = relation.name.to_lowercase();
            let age = made.iter().rposition(|name| *name == key);
            match (age, relation.kind) {
                _ if key == TABLE => {}
                // What becomes of it only the one who wrote them knows.
                (None, _) if demolition.raw.iter().any(|raw| raw.mentions(&relation.name)) => {}
                (None, _) => demolition.kept.push(relation.name),
                (Some(_), ObjectKind::View) => demolition.views.push(Name::exact(&relation.name)),
                (Some(_), _) => {
                    demolition.tables.insert(key);
                }
            }
        }
        // A view stands on what was made before it.
        demolition.views.sort_by_key(|view| std::cmp::Reverse(made.iter().position(|name| **name == *view.key())));
        if ground.exists {
            self.check_way_clear(&demolition)?;
        }
        Ok(demolition)
    }

    /// Plans everything anew, and refuses where something that stays would be made again: by then all would be dropped.
    fn check_way_clear(&self, demolition: &Demolition) -> Result<()> {
        let everything: Vec<usize> = (0..self.migrations.len()).collect();
        let nothing = Ground { exists: true, records: Vec::new() };
        for item in self.plan_offline(&nothing, &everything)? {
            let migration = &self.migrations[item.plan.index];
            let undone = demolition.raw.iter().any(|raw| raw.version == migration.file.version);
            for planned in &item.steps {
                let step = &planned.step;
                let in_the_way = demolition.kept.iter().find(|kept| match step.kind {
                    StepKind::Raw => !undone && makes(&step.sql, kept),
                    _ => step.touches.iter().any(|name| *name.key() == kept.to_lowercase()),
                });
                if let Some(kept) = in_the_way {
                    return Err(in_the_way_error(&migration.label(), kept, step.kind).at(
                        &migration.file.source,
                        planned.span.clone(),
                        "this would be run again",
                    ));
                }
            }
        }
        Ok(())
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
        let transactional = self.dialect.facts().ddl == DdlTransactions::Transactional;
        // Those up to the last one that needs to be by itself can't be part of the one transaction.
        let apart = match transactional {
            true => demolition.raw.iter().rposition(|raw| !raw.transaction).map_or(0, |last| last + 1),
            false => demolition.raw.len(),
        };
        let (apart, inside) = demolition.raw.split_at(apart);
        for (index, raw) in apart.iter().enumerate() {
            if let Err(error) = self.run_apart(store, raw).await {
                return Err(told(error, &apart[..index], transactional && raw.transaction));
            }
        }
        let suspend = self.dialect.facts().alter == AlterStyle::Rebuild;
        let options = TransactionOptions { suspend_foreign_keys: suspend };
        let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
        let mut outcome = Ok(());
        for raw in inside {
            outcome = match outcome {
                Ok(()) => raw.run(transaction.store()).await,
                failed => failed,
            };
        }
        let outcome = match outcome {
            Ok(()) => self.drop_all(transaction.store(), demolition).await,
            failed => failed,
        };
        let outcome = match outcome {
            Ok(()) => transaction.commit().await,
            Err(error) => Err(super::apply::undone(transaction, error).await),
        };
        outcome.map_err(|error| told(error, apart, transactional))
    }

    async fn run_apart(&mut self, store: &mut dyn SqlStore, raw: &RawDown) -> Result<()> {
        if !raw.transaction {
            return raw.run(store).await;
        }
        let options = TransactionOptions::default();
        let mut transaction = lock::begin(store, options, &mut self.patience, &mut *self.observer).await?;
        match raw.run(transaction.store()).await {
            Ok(()) => transaction.commit().await,
            Err(error) => Err(super::apply::undone(transaction, error).await),
        }
    }

    /// Views, then foreign keys that stand in a ring, then tables before those that they point at, then the rows of the history.
    async fn drop_all(&self, store: &mut dyn SqlStore, demolition: &Demolition) -> Result<()> {
        let mut schema = store.introspect(None).await?;
        let there: BTreeSet<String> =
            store.relations().await?.into_iter().map(|relation| relation.name.to_lowercase()).collect();
        for view in demolition.views.iter().filter(|view| there.contains(&view.as_str().to_lowercase())) {
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

impl RawDown {
    fn mentions(&self, relation: &str) -> bool {
        self.statements.iter().any(|sql| mentions(sql, relation))
    }

    async fn run(&self, store: &mut dyn SqlStore) -> Result<()> {
        for sql in &self.statements {
            store
                .execute(sql, &[])
                .await
                .map_err(|error| error.with_detail(format!("its own statement for undoing {}: {sql}", self.label)))?;
        }
        Ok(())
    }
}

/// An error of dropping, with what became of everything.
fn told(error: Error, apart: &[RawDown], rolled_back: bool) -> Error {
    let error = match (rolled_back, apart.is_empty()) {
        (true, true) => error.with_detail("it was rolled back: everything is as it was"),
        (true, false) => error.with_detail("what came after that was rolled back"),
        (false, _) => error.with_detail(
            "what was dropped before it is gone, and the history still has every migration; run it again once the reason is gone",
        ),
    };
    match apart {
        [] => error,
        apart => {
            let labels: Vec<&str> = apart.iter().map(|raw| raw.label.as_str()).collect();
            error.with_detail(format!("undone by their own statements, and not rolled back: {}", labels.join(", ")))
        }
    }
}

/// Whether a statement of a user's own makes or alters that relation, or something that belongs to it.
fn makes(sql: &str, relation: &str) -> bool {
    let lower = sql.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let head = match words.first() {
        Some(&"create") => {
            let end = words.iter().position(|word| matches!(*word, "as" | "begin")).unwrap_or(words.len());
            let head = words[..end].join(" ");
            head.split('(').next().unwrap_or_default().to_owned()
        }
        Some(&"alter") => words.join(" "),
        _ => return false,
    };
    mentions(&head, relation) && !head.contains("if not exists")
}

fn in_the_way_error(label: &str, kept: &str, kind: StepKind) -> Error {
    match kind {
        StepKind::Raw => Error::refused(
            "migrate.in-the-way",
            format!("{label} would be run again, and it makes {kept}, which is there and for which there is no way back"),
        )
        .with_help(format!(
            "drop {kept} yourself; or give the file a `-- migrate:down` section, and use `migrate:reset --down=file` and then \
             `database:migrate`"
        )),
        _ => Error::refused(
            "migrate.in-the-way",
            format!("{label} would make {kept}, which is there and which no applied migration made"),
        )
        .with_help(format!("check the URL; drop or rename {kept} yourself, if it is in the way")),
    }
    .with_detail("nothing was dropped")
}

/// The users' own statements in the stored down plans, the last applied first. One that was left in the middle of being applied has
/// nothing that they could undo as a whole.
fn raw_downs(records: &[Record], details: &BTreeMap<Version, Details>) -> Result<Vec<RawDown>> {
    let mut raw = Vec::new();
    for record in records.iter().rev().filter(|record| record.is_settled() || record.direction == Direction::Down) {
        let Some(StoredDown::Plan { plan, .. }) =
            details.get(&record.version).map(Details::down).transpose()?.flatten()
        else {
            continue;
        };
        let statements: Vec<String> =
            plan.steps.iter().filter(|step| step.kind == StepKind::Raw).map(|step| step.sql.clone()).collect();
        if !statements.is_empty() {
            raw.push(RawDown {
                version: record.version,
                label: record.label(),
                statements,
                transaction: plan.transaction,
            });
        }
    }
    Ok(raw)
}

#[cfg(test)]
mod tests;
