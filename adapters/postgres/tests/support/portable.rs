//! A session that portable SQL is applied through, as the migrator would.

use fastman_core::dialect::RenderInput;
use fastman_core::error::SourceText;
use fastman_core::schema::{Change, ConstraintKind, Expression, Name, Schema, Table, invert};
use fastman_core::sql::binder;
use fastman_core::store::{CatalogObjects, SqlStore};
use fastman_core::value::Value;
use fastman_core::{Error, Result};

use super::{Database, Server, connect};

/// A session on a database of its own.
pub struct Session {
    pub store: Box<dyn SqlStore>,
    pub schema: Schema,
    pub database: Database,
}

impl Session {
    pub async fn new(server: &Server) -> Result<Session> {
        let database = server.database().await?;
        Ok(Session { store: connect(&database.url).await?, schema: Schema::default(), database })
    }

    /// Applies statements and gives what was run.
    pub async fn apply(&mut self, sql: &str) -> Result<Vec<String>> {
        let changes = self.bind(sql)?;
        self.change(&changes).await
    }

    /// Applies statements, then undoes them.
    pub async fn apply_and_undo(&mut self, sql: &str) -> Result<()> {
        let before = self.schema.clone();
        let changes = self.bind(sql)?;
        self.change(&changes).await?;
        self.expect_stored().await?;
        let back = invert(&changes, &before).map_err(|reason| Error::failed("test.irreversible", reason.reason))?;
        self.change(&back).await?;
        self.expect_stored().await
    }

    fn bind(&self, sql: &str) -> Result<Vec<Change>> {
        let source = SourceText::new("test.sql", sql);
        let bound = binder::bind_all(&source, 0..sql.len(), &mut self.schema.clone());
        let bound = bound.map_err(|error| {
            let place = error.location().map(ToString::to_string).unwrap_or_default();
            error.with_detail(place)
        })?;
        Ok(bound.into_iter().map(|bound| bound.change).collect())
    }

    /// Renders changes as the migrator does and runs them in one transaction.
    pub async fn change(&mut self, changes: &[Change]) -> Result<Vec<String>> {
        let dialect = self.store.dialect();
        let mut steps = Vec::new();
        let mut schema = self.schema.clone();
        let together = |left: &Change, right: &Change| {
            left.alters_table() && right.alters_table() && left.subject() == right.subject()
        };
        for changes in changes.chunk_by(together) {
            let before = schema.clone();
            for change in changes {
                schema.apply(change).map_err(|error| Error::failed(error.code, error.message))?;
            }
            let tables = dialect.needs_catalog(changes, &before);
            let catalog =
                if tables.is_empty() { CatalogObjects::default() } else { self.store.catalog_objects(&tables).await? };
            steps.extend(dialect.render(RenderInput {
                changes,
                before: &before,
                after: &schema,
                catalog: &catalog,
            })?);
        }
        let texts: Vec<String> = steps.into_iter().map(|step| step.sql).collect();
        self.store.begin(Default::default()).await?;
        for text in &texts {
            if let Err(error) = self.store.execute(text, &[]).await {
                self.store.rollback().await?;
                return Err(error.with_detail(text.clone()));
            }
        }
        self.store.commit().await?;
        self.schema = schema;
        Ok(texts)
    }

    /// Asserts that the catalog gives back the tables as the dialect says that they are stored.
    pub async fn expect_stored(&mut self) -> Result<()> {
        let live = self.store.introspect(None).await?;
        let dialect = self.store.dialect();
        for table in self.schema.tables() {
            let actual = live.table(&table.name).unwrap_or_else(|| panic!("no table {}", table.name));
            assert_eq!(comparable(actual), comparable(&dialect.stored(table)));
        }
        assert_eq!(live.tables().count(), self.schema.tables().count());
        Ok(())
    }

    pub async fn value(&mut self, sql: &str) -> Result<Value> {
        let rows = self.store.query(sql, &[]).await.map_err(|error| error.with_detail(sql))?;
        Ok(rows.into_iter().flatten().next().unwrap_or_else(|| panic!("{sql} gave nothing")))
    }

    pub fn table(&self, name: &str) -> &Table {
        self.schema.table(&Name::from(name)).unwrap()
    }
}

/// The table without what an engine writes in words of its own, in an order that does not matter.
fn comparable(table: &Table) -> Table {
    let mut table = table.clone();
    for constraint in &mut table.constraints {
        if let ConstraintKind::Check(condition) = &mut constraint.kind {
            *condition = Expression::Raw(String::new());
        }
    }
    for index in &mut table.indexes {
        index.predicate = index.predicate.take().map(|_| Expression::Raw(String::new()));
    }
    table.constraints.sort_by(|left, right| left.name.cmp(&right.name));
    table.indexes.sort_by(|left, right| left.name.cmp(&right.name));
    table
}
