//! A session with the schema that portable SQL has made through it.

use std::sync::Arc;

use fastman_core::dialect::{Dialect, RenderInput, Step};
use fastman_core::error::SourceText;
use fastman_core::schema::{Change, Name, Schema, Table};
use fastman_core::sql::binder;
use fastman_core::store::{CatalogObjects, SqlStore, Transaction, TransactionOptions};
use fastman_core::value::Value;
use fastman_core::{Error, Result};

use crate::catalog::differences;
use crate::harness::Database;

/// A session on a database of its own, and what has been made there.
pub struct Session {
    /// The session.
    pub store: Box<dyn SqlStore>,
    /// What the portable SQL applied so far adds up to.
    pub schema: Schema,
    // After the store: a database goes when its sessions have gone.
    database: Arc<dyn Database>,
}

/// What [`Session::apply`] did, so that it can be undone.
pub struct Applied {
    changes: Vec<Change>,
    before: Schema,
}

impl Session {
    /// A session on that database.
    ///
    /// # Errors
    /// What connecting gave.
    pub async fn connect(database: Arc<dyn Database>) -> Result<Session> {
        Ok(Session { store: database.connect().await?, schema: Schema::default(), database })
    }

    /// One more session on the same database.
    ///
    /// # Errors
    /// What connecting gave.
    pub async fn second(&self) -> Result<Session> {
        let store = self.database.connect().await?;
        Ok(Session { store, schema: self.schema.clone(), database: self.database.clone() })
    }

    /// The same after another program has connected: the old session ends.
    ///
    /// # Errors
    /// What connecting gave.
    pub async fn reconnected(self) -> Result<Session> {
        let Session { store, schema, database } = self;
        drop(store);
        Ok(Session { store: database.connect().await?, schema, database })
    }

    /// The dialect.
    pub fn dialect(&self) -> Arc<dyn Dialect> {
        self.store.dialect()
    }

    /// The table that was made under that name.
    ///
    /// # Panics
    /// If there is none.
    pub fn table(&self, name: &str) -> Arc<Table> {
        self.schema.table(&Name::from(name)).unwrap_or_else(|| panic!("no table {name}")).clone()
    }

    /// Applies statements of portable SQL.
    ///
    /// # Errors
    /// What parsing, binding, rendering or running them gave; nothing stays applied where DDL can be rolled back.
    pub async fn apply(&mut self, sql: &str) -> Result<Applied> {
        let source = SourceText::new("test.sql", sql);
        let mut after = self.schema.clone();
        let changes: Vec<Change> =
            binder::bind_all(&source, 0..sql.len(), &mut after)?.into_iter().map(|bound| bound.change).collect();
        let applied = Applied { changes: changes.clone(), before: self.schema.clone() };
        self.change(&changes).await?;
        assert_same(&self.schema, &after, "the binder's schema is what its changes add up to");
        Ok(applied)
    }

    /// Takes tables for made that another session has made.
    ///
    /// # Errors
    /// What parsing or binding their statements gave.
    pub fn know(&mut self, sql: &str) -> Result<()> {
        let source = SourceText::new("test.sql", sql);
        binder::bind_all(&source, 0..sql.len(), &mut self.schema).map(drop)
    }

    /// Undoes what was applied last.
    ///
    /// # Errors
    /// That it can't be undone, or what running it gave.
    pub async fn undo(&mut self, applied: Applied) -> Result<()> {
        let changes = fastman_core::schema::invert(&applied.changes, &applied.before)
            .map_err(|reason| Error::failed("test.irreversible", reason.reason))?;
        self.change(&changes).await?;
        assert_same(&self.schema, &applied.before, &format!("undone by {changes:?}"));
        Ok(())
    }

    /// Renders changes and runs them in one transaction. What the catalog is asked for, it is asked when it is needed: after
    /// the changes before.
    ///
    /// # Errors
    /// What rendering or running them gave.
    pub async fn change(&mut self, changes: &[Change]) -> Result<()> {
        let groups = Group::of(changes, &self.schema)?;
        let steps = self.render(changes)?;
        let dialect = self.dialect();
        let options = TransactionOptions { suspend_foreign_keys: steps.iter().any(Step::suspends_foreign_keys) };
        let mut transaction = Transaction::begin(&mut *self.store, options).await?;
        for group in &groups {
            if let Err(error) = group.run(&*dialect, transaction.store()).await {
                transaction.rollback().await?;
                return Err(error);
            }
        }
        transaction.commit().await?;
        if let Some(group) = groups.into_iter().next_back() {
            self.schema = group.after;
        }
        Ok(())
    }

    /// The statements of changes, as far as they are known without asking the catalog.
    ///
    /// # Errors
    /// What rendering them gave.
    pub fn render(&self, changes: &[Change]) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        for group in Group::of(changes, &self.schema)? {
            steps.extend(group.render(&*self.dialect(), &CatalogObjects::default())?);
        }
        Ok(steps)
    }

    /// Runs one statement of the engine's own SQL.
    ///
    /// # Errors
    /// What the server says.
    pub async fn execute(&mut self, sql: &str) -> Result<u64> {
        self.store.execute(sql, &[]).await.map_err(|error| error.with_detail(sql))
    }

    /// Runs one query of the engine's own SQL.
    ///
    /// # Errors
    /// What the server says.
    pub async fn query(&mut self, sql: &str) -> Result<Vec<Vec<Value>>> {
        self.store.query(sql, &[]).await.map_err(|error| error.with_detail(sql))
    }

    /// The number that a query of the engine's own SQL gives.
    ///
    /// # Errors
    /// What the server says.
    pub async fn number(&mut self, sql: &str) -> Result<i64> {
        match self.query(sql).await?.as_slice() {
            [row] => match row.as_slice() {
                [Value::Integer(number)] => Ok(*number),
                [Value::Decimal(number)] => Ok(i64::try_from(number.mantissa()).unwrap()),
                other => panic!("{sql} gave {other:?}"),
            },
            other => panic!("{sql} gave {} rows", other.len()),
        }
    }

    /// Every row of a table, ordered by its first column, each value in the portable form of its column.
    ///
    /// # Errors
    /// What the server says.
    pub async fn rows(&mut self, table: &str) -> Result<Vec<Vec<Value>>> {
        let table = self.table(table);
        let dialect = self.dialect();
        let columns: Vec<String> = table.columns.iter().map(|column| dialect.quote(&column.name)).collect();
        let sql = format!("SELECT {} FROM {} ORDER BY 1", columns.join(", "), dialect.quote(&table.name));
        let rows = self.query(&sql).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                row.into_iter()
                    .zip(&table.columns)
                    .map(|(value, column)| crate::samples::portable(value, &column.column_type))
                    .collect()
            })
            .collect())
    }

    /// Asserts that the catalog gives back exactly the tables that were made, as the dialect says that they are stored.
    ///
    /// # Errors
    /// What the server says.
    pub async fn expect_stored(&mut self) -> Result<()> {
        let live = self.store.introspect(None).await?;
        let dialect = self.dialect();
        for table in self.schema.tables() {
            let stored = dialect.stored(table);
            let actual =
                live.table(&table.name).unwrap_or_else(|| panic!("table {} is not in the catalog", table.name));
            let differences = differences(&stored, actual);
            assert!(differences.is_empty(), "table {}: {}", table.name, differences.join("; "));
        }
        let made: Vec<_> = self.schema.tables().map(|table| table.name.key().into_owned()).collect();
        let found: Vec<_> = live.tables().map(|table| table.name.key().into_owned()).collect();
        assert_eq!(made, found, "the tables that were made are those that are there");
        Ok(())
    }
}

/// Changes that are rendered together: alterations of one table, or one change of any other kind.
struct Group<'a> {
    changes: &'a [Change],
    before: Schema,
    after: Schema,
}

impl Group<'_> {
    /// The groups of some changes, in order, with the schemas around each.
    fn of<'a>(changes: &'a [Change], schema: &Schema) -> Result<Vec<Group<'a>>> {
        let mut schema = schema.clone();
        let together = |left: &Change, right: &Change| {
            left.alters_table() && right.alters_table() && left.subject().key() == right.subject().key()
        };
        changes
            .chunk_by(together)
            .map(|changes| {
                let before = schema.clone();
                for change in changes {
                    schema.apply(change)?;
                }
                Ok(Group { changes, before, after: schema.clone() })
            })
            .collect()
    }

    fn render(&self, dialect: &dyn Dialect, catalog: &CatalogObjects) -> Result<Vec<Step>> {
        dialect.render(RenderInput { changes: self.changes, before: &self.before, after: &self.after, catalog })
    }

    async fn run(&self, dialect: &dyn Dialect, store: &mut dyn SqlStore) -> Result<()> {
        let tables = dialect.needs_catalog(self.changes, &self.before);
        let catalog =
            if tables.is_empty() { CatalogObjects::default() } else { store.catalog_objects(&tables).await? };
        for step in self.render(dialect, &catalog)? {
            store.execute(&step.sql, &[]).await.map_err(|error| error.with_detail(step.sql.clone()))?;
        }
        Ok(())
    }
}

/// Asserts that two schemas hold the same, whatever the order of columns, constraints and indexes.
fn assert_same(actual: &Schema, expected: &Schema, when: &str) {
    let normalised = |schema: &Schema| -> Vec<Table> {
        let tables = schema.tables().map(|table| {
            let mut table = (**table).clone();
            table.columns.sort_by(|left, right| left.name.cmp(&right.name));
            table.constraints.sort_by(|left, right| left.name.cmp(&right.name));
            table.indexes.sort_by(|left, right| left.name.cmp(&right.name));
            table
        });
        tables.collect()
    };
    for (actual, expected) in normalised(actual).iter().zip(&normalised(expected)) {
        assert_eq!(actual, expected, "{when}");
    }
    assert!(actual.tables().map(|table| &table.name).eq(expected.tables().map(|table| &table.name)), "{when}");
    assert!(actual.views().eq(expected.views()), "{when}");
}
