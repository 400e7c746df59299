//! One stream goes to the store.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::blame::blame;
use super::super::generate::Generator;
use super::super::keyed::Keyed;
use super::super::observer::SeedObserver;
use super::super::plan::Content;
use super::super::report::TableReport;
use super::super::seeder::ID;
use super::super::stream::{OwnKey, Ready};
use super::Run;
use super::target::Target;
use crate::error::Result;
use crate::schema::Name;
use crate::store::{Batch, RowSource, TargetColumn, WriteMode, WriteTarget};

/// Rows on their way to the store, counted.
struct Watched<'a> {
    rows: Generator,
    count: u64,
    observer: &'a mut dyn SeedObserver,
}

#[async_trait]
impl RowSource for Watched<'_> {
    async fn next_batch(&mut self) -> Result<Option<Batch>> {
        let batch = self.rows.next_batch().await?;
        if let Some(batch) = &batch {
            self.count += batch.len() as u64;
            self.observer.rows_written(batch.len() as u64);
        }
        Ok(batch)
    }

    fn recycle(&mut self, batch: Batch) {
        self.rows.recycle(batch);
    }
}

impl Run<'_> {
    /// Writes a stream.
    pub(super) async fn write(
        &mut self,
        class: &str,
        ready: &Arc<Ready>,
        target: &mut Target<'_>,
    ) -> Result<TableReport> {
        let table = ready.planned.table_name.as_str().to_owned();
        let mut report = TableReport { table, ..TableReport::default() };
        self.observer.rows_started(class, &report.table, ready.planned.count);
        if matches!(ready.planned.content, Content::Fixed(_)) {
            report.digest = self.compute_fixed(ready, target).await.map_err(|error| blame(error, ready, None))?;
        }
        let mut rows = Generator::start(ready.clone(), self.options.jobs)?;
        match target {
            Target::Sql(store) if !ready.planned.key.is_empty() => {
                let into = write_target(ready, WriteMode::Insert);
                let observer = &mut *self.observer;
                let counts = Keyed::new(ready, &into)
                    .write(&mut **store, &mut rows, |count| observer.rows_written(count))
                    .await
                    .map_err(|failure| blame(failure.error, ready, failure.row))?;
                report.inserted = counts.inserted;
                report.updated = counts.updated;
                report.unchanged = counts.unchanged;
                report.rows = counts.inserted + counts.updated + counts.unchanged;
            }
            Target::Sql(store) => {
                let into = write_target(ready, WriteMode::Insert);
                let mut watched = Watched { rows, count: 0, observer: &mut *self.observer };
                let written = store.write(&into, &mut watched).await;
                report.rows = written.map_err(|error| blame(error, ready, None))?;
                report.inserted = report.rows;
                rows = watched.rows;
            }
            Target::Documents(store) => {
                // Written again, a document takes the place of itself.
                let into = write_target(ready, WriteMode::Upsert { key: ready.planned.key.clone() });
                let mut watched = Watched { rows, count: 0, observer: &mut *self.observer };
                let written = store.write(&into, &mut watched).await;
                report.rows = written.map_err(|error| blame(error, ready, None))?;
                report.inserted = report.rows;
                rows = watched.rows;
            }
            Target::Nowhere | Target::Elsewhere => {
                while let Some(batch) = rows.next_batch().await.map_err(|error| blame(error, ready, None))? {
                    report.rows += batch.len() as u64;
                    self.observer.rows_written(batch.len() as u64);
                    rows.recycle(batch);
                }
                report.inserted = report.rows;
            }
        }
        report.digest.add(rows.digest());
        Ok(report)
    }
}

/// What the rows of a stream are written to.
fn write_target(ready: &Ready, mode: WriteMode) -> WriteTarget {
    let shape = ready.shape(0);
    let own = match &ready.own_key {
        OwnKey::Identity(column) => Some(column.clone()),
        OwnKey::Document => Some(Name::exact(ID)),
        OwnKey::None => None,
    };
    let own_column = own.map(|name| {
        let known = ready.planned.table.as_ref().and_then(|table| table.column(&name));
        TargetColumn { column_type: known.map(|column| column.column_type.clone()), name }
    });
    let columns = shape.iter().flat_map(|shape| &shape.columns);
    let columns =
        columns.map(|column| TargetColumn { name: column.name.clone(), column_type: column.column_type.clone() });
    let defaults = ready
        .defaults
        .iter()
        .map(|(name, column_type, _)| TargetColumn { name: name.clone(), column_type: Some(column_type.clone()) });
    let document_id = match ready.own_key {
        OwnKey::Document => Some(0),
        _ => shape.and_then(|shape| shape.document_id),
    };
    WriteTarget {
        table: ready.planned.table_name.clone(),
        columns: own_column.into_iter().chain(columns).chain(defaults).collect(),
        mode,
        document_id,
    }
}
