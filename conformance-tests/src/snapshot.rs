//! All that is in a database, so that two can be compared.

use std::collections::BTreeMap;

use fastman_core::Result;
use fastman_core::schema::Name;
use fastman_core::store::SqlStore;

/// Every table and view with the catalog's own words and every row; the history aside.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, (String, Vec<String>)>);

impl Snapshot {
    /// What is there now.
    pub(crate) async fn of(store: &mut dyn SqlStore) -> Result<Snapshot> {
        let dialect = store.dialect();
        let names: Vec<Name> = store
            .relations()
            .await?
            .into_iter()
            .filter(|object| !object.name.eq_ignore_ascii_case("fastman_migrations"))
            .map(|object| Name::exact(&object.name))
            .collect();
        let echoes = store.echo(&names).await?;
        let mut content = BTreeMap::new();
        for (name, echo) in names.iter().zip(echoes) {
            let rows = store.query(&format!("SELECT * FROM {}", dialect.quote(name)), &[]).await?;
            let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
            rows.sort();
            content.insert(name.to_string(), (echo.unwrap_or_default(), rows));
        }
        Ok(Snapshot(content))
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same with what time alone explains taken out: rows.
    pub(crate) fn without_rows(mut self) -> Snapshot {
        for content in self.0.values_mut() {
            content.1.clear();
        }
        self
    }
}

/// One line a row, so that a failed comparison can be read.
impl std::fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, (echo, rows)) in &self.0 {
            writeln!(formatter, "\n{name}: {echo}")?;
            for row in rows {
                writeln!(formatter, "    {row}")?;
            }
        }
        Ok(())
    }
}
