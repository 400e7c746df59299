//! Echoes: the catalog's own text of what a run touched, kept after it, so that a later look can tell what was changed by other
//! hands without comparing our text with the engine's.

use std::collections::BTreeMap;

use super::Migrator;
use super::history::History;
use crate::dialect::{Step, StepKind};
use crate::error::Result;
use crate::schema::Name;
use crate::store::SqlStore;

/// The echoes of what the statements touched, as the history keeps them; of everything where some were the user's own.
///
/// # Errors
/// What the server says.
pub(super) async fn take(store: &mut dyn SqlStore, steps: &[&Step]) -> Result<Option<String>> {
    let mut touched: BTreeMap<String, Name> = BTreeMap::new();
    let mut unknown = false;
    for step in steps {
        unknown |= step.kind == StepKind::Raw;
        touched.extend(step.touches.iter().map(|name| (name.key().into_owned(), name.clone())));
    }
    if unknown {
        for relation in store.relations().await? {
            touched.entry(relation.name.to_lowercase()).or_insert_with(|| Name::exact(&relation.name));
        }
    }
    touched.remove(super::TABLE);
    if touched.is_empty() {
        return Ok(None);
    }
    let names: Vec<Name> = touched.values().cloned().collect();
    let echoes: BTreeMap<&String, Option<String>> = touched.keys().zip(store.echo(&names).await?).collect();
    // A map of texts always has a JSON form.
    Ok(serde_json::to_string(&echoes).ok())
}

impl Migrator {
    /// The echo of each table and view, by its name in lower case, as it was after the last migration that touched it; `None` of one
    /// that was not there then. What is left out can't be compared.
    ///
    /// # Errors
    /// What the server says.
    pub async fn recorded_echoes(&self, store: &mut dyn SqlStore) -> Result<BTreeMap<String, Option<String>>> {
        let history = History::new(store.dialect());
        let Some(records) = history.read(store).await? else { return Ok(BTreeMap::new()) };
        let versions: Vec<_> = records.iter().map(|record| record.version).collect();
        let mut details: BTreeMap<_, _> =
            history.details(store, &versions).await?.into_iter().map(|details| (details.version, details)).collect();
        let mut echoes = BTreeMap::new();
        for details in versions.iter().filter_map(|version| details.remove(version)) {
            let plan = details.plan()?;
            for step in plan.iter().flat_map(|plan| &plan.steps) {
                if step.kind == StepKind::Raw {
                    echoes.clear();
                }
                for name in &step.touches {
                    echoes.remove(&*name.key());
                }
            }
            echoes.extend(details.echoes()?.unwrap_or_default());
        }
        Ok(echoes)
    }
}
