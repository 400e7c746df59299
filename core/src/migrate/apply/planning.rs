//! Planning a run: every pending migration, for this engine and for every other that it must render for.

use super::Item;
use crate::error::Result;
use crate::migrate::handmade::Handmade;
use crate::migrate::plan::{Foreseen, Undo, plan_bound, stored};
use crate::migrate::replay::Replayed;
use crate::migrate::run::{Ground, Run};
use crate::migrate::stored::StoredDown;
use crate::store::SqlStore;

impl Run<'_> {
    /// Plans what is pending. It reads the catalog where the dialect asks for it, and changes nothing.
    ///
    /// # Errors
    /// The first thing that is wrong with a file, with its place.
    pub(in crate::migrate) async fn plan(
        &self,
        store: &mut dyn SqlStore,
        ground: &Ground,
        pending: &[usize],
    ) -> Result<Vec<Item>> {
        let mut items = self.plan_offline(ground, pending)?;
        self.look_up(store, &mut items).await?;
        Ok(items)
    }

    /// The same without a look at the catalog.
    ///
    /// # Errors
    /// As [`Run::plan`].
    pub(in crate::migrate) fn plan_offline(&self, ground: &Ground, pending: &[usize]) -> Result<Vec<Item>> {
        self.plan_from(self.replay(&ground.records)?, pending)
    }

    /// The same from what was replayed.
    ///
    /// # Errors
    /// As [`Run::plan`].
    pub(in crate::migrate) fn plan_from(&self, mut replayed: Replayed, pending: &[usize]) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(pending.len());
        for index in pending.iter().copied() {
            let migration = &self.migrations[index];
            let before = replayed.clone();
            let flavours = &self.migrator.flavours;
            let bound = replayed.advance(migration, flavours, self.dialect.flavour())?;
            let after = &replayed.schema;
            for engine in self.other_engines() {
                let before = (&before.schema, &Handmade::default());
                plan_bound(&**engine, flavours, index, migration, bound.clone(), before, after)?;
            }
            let before = (&before.schema, &before.handmade);
            let plan = plan_bound(&*self.dialect, flavours, index, migration, bound, before, after)?;
            let down = plan.undo.stored();
            items.push(Item { steps: plan.steps.clone(), down, plan, unknown: None, again: false });
        }
        Ok(items)
    }

    /// The engines besides this one that a migration must render for.
    fn other_engines(&self) -> impl Iterator<Item = &std::sync::Arc<dyn crate::dialect::Dialect>> {
        let own = self.dialect.flavour().name;
        self.migrator.settings.engines.iter().filter(move |engine| engine.flavour().name != own)
    }

    /// Renders anew what depends on the live catalog, so that what can't be done is found before anything runs.
    async fn look_up(&self, store: &mut dyn SqlStore, items: &mut [Item]) -> Result<()> {
        if !items.iter().any(|item| item.plan.up.looks_at_catalog()) {
            return Ok(());
        }
        let mut foreseen = Foreseen::default();
        for item in items {
            let source = &self.migrations[item.plan.index].file.source;
            item.steps = item.plan.up.render_live(&*self.dialect, source, store, &mut foreseen).await?;
            item.unknown = foreseen.unknown.take();
            item.again = foreseen.again && item.plan.up.looks_at_catalog();
        }
        Ok(())
    }

    /// Renders a migration whose turn has come with what the catalog knows now, where it could not be foreseen.
    pub(super) async fn look_again(&self, store: &mut dyn SqlStore, item: &mut Item) -> Result<()> {
        if item.again {
            let source = &self.migrations[item.plan.index].file.source;
            item.steps = item.plan.up.render_live(&*self.dialect, source, store, &mut Foreseen::default()).await?;
        }
        Ok(())
    }

    /// How an applied migration is undone, with what the catalog knows now that it is applied; `None` where that adds nothing.
    pub(super) async fn undo_live(&self, store: &mut dyn SqlStore, item: &Item) -> Result<Option<StoredDown>> {
        match &item.plan.undo {
            Undo::Reversible { side, loses, .. } if side.needs_catalog() => {
                let source = &self.migrations[item.plan.index].file.source;
                let mut foreseen = Foreseen::default();
                let steps = match side.render_live(&*self.dialect, source, store, &mut foreseen).await {
                    Ok(steps) => steps,
                    // It is applied all the same.
                    Err(error) if error.code() == "dialect.unsupported" => {
                        return Ok(Some(StoredDown::Irreversible(error.message().to_owned())));
                    }
                    Err(error) => return Err(error),
                };
                if let Some(unknown) = foreseen.unknown {
                    return Ok(Some(StoredDown::Irreversible(unknown.reason())));
                }
                let undo = StoredDown::Plan {
                    plan: stored(&steps, side.transaction),
                    loses: loses.clone(),
                    opaque: side.has_raw(),
                };
                Ok(Some(undo))
            }
            _ => Ok(None),
        }
    }
}
