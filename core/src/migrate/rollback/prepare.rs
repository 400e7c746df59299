//! Preparing a rollback: which migrations, by which plans, and every reason not to begin.

use std::collections::{BTreeMap, BTreeSet};

use super::anew::Meant;
use crate::dialect::Step;
use crate::error::{Category, Error, Result};
use crate::migrate::history::{Details, Record, RowState};
use crate::migrate::migrator::Migration;
use crate::migrate::plan::{Foreseen, Planned, Side, Undo, plan_bound};
use crate::migrate::replay::Replayed;
use crate::migrate::resume::{self, Verdict, half_applied};
use crate::migrate::run::{Ground, Run, unknown_version};
use crate::migrate::stored::StoredDown;
use crate::migrate::{Direction, DownSource, Event, Extent, RollbackOptions, Version};
use crate::sql::section::Selected;
use crate::store::SqlStore;

/// What a rollback does.
#[derive(Debug)]
pub(in crate::migrate) struct Prepared<'a> {
    /// The history without the untouched ones.
    pub ground: Ground,
    /// What was begun and of which nothing is done: their rows go first, or they would be gone on with before what they stand on.
    pub untouched: Vec<Record>,
    /// What is undone, in order.
    pub undoings: Vec<Undoing<'a>>,
}

/// A migration about to be undone.
#[derive(Debug)]
pub(in crate::migrate) struct Undoing<'a> {
    pub record: Record,
    /// Its file, where there is one.
    pub migration: Option<&'a Migration>,
    /// The statements.
    pub steps: Vec<Planned>,
    /// What the stored ones were rendered from, where the file tells and the catalog may have a say in it.
    pub(super) meant: Option<Meant>,
    /// Whether they run inside a transaction where the engine has them for DDL.
    pub transaction: bool,
    /// The side of the file that they are of, where they are not the stored ones.
    pub side: Option<Side>,
    pub loses: Vec<String>,
    pub opaque: bool,
    /// The first statement that is not done yet.
    pub from: usize,
    /// What takes away what an earlier try at it left.
    pub remains: Option<String>,
}

/// How a migration is undone, as far as it is known before its statements are rendered for the last time.
enum Way {
    Stored(StoredDown),
    File(Undo),
}

impl<'a> Run<'a> {
    /// What a rollback undoes, in order.
    ///
    /// # Errors
    /// Every reason not to begin.
    pub async fn prepare_rollback(
        &mut self,
        store: &mut dyn SqlStore,
        options: &RollbackOptions,
    ) -> Result<Prepared<'a>> {
        let (ground, untouched, selected) = loop {
            let (ground, untouched) = self.settled_ground(store).await?;
            let records = self.select(&ground.records, options.extent)?;
            let versions: Vec<Version> = records.iter().map(|record| record.version).collect();
            let details = self.history.details(store, &versions).await?;
            let mut details: BTreeMap<Version, Details> =
                details.into_iter().map(|details| (details.version, details)).collect();
            // Somebody has undone one of them since the history was read.
            if details.len() == versions.len() {
                let with_details = |record: &Record| Some((record.clone(), details.remove(&record.version)?));
                let selected: Vec<(Record, Details)> = records.into_iter().filter_map(with_details).collect();
                break (ground, untouched, selected);
            }
        };
        let mut files = match options.down {
            Some(DownSource::File) => {
                let versions = selected.iter().map(|(record, _)| record.version).collect();
                self.undos_of_files(&ground.records, &versions)?
            }
            _ => BTreeMap::new(),
        };
        self.check_down_unchanged(&selected, options)?;
        let mut meant = match options.down {
            Some(DownSource::File) => BTreeMap::new(),
            _ => self.meant_by_files(&ground.records, &selected),
        };
        let mut undoings = Vec::with_capacity(selected.len());
        let mut irreversible = Vec::new();
        for (record, details) in &selected {
            let way = match files.remove(&record.version) {
                Some(undo) => Way::File(undo),
                None => Way::Stored(
                    details
                        .down()?
                        .unwrap_or_else(|| StoredDown::Irreversible("no plan for undoing it was recorded".to_owned())),
                ),
            };
            match self.undoing(store, record, details, way).await? {
                Ok(undoing) => undoings.push(Undoing { meant: meant.remove(&record.version), ..undoing }),
                Err(reason) => irreversible.push((record, reason)),
            }
        }
        if !irreversible.is_empty() {
            return Err(self.irreversible(&irreversible));
        }
        self.look_up_undoings(store, &mut undoings).await?;
        self.tell_empty(&undoings);
        Ok(Prepared { ground, untouched, undoings })
    }

    /// Says where a file's down part is there and empty, so that undoing takes nothing back.
    fn tell_empty(&mut self, undoings: &[Undoing<'_>]) {
        let (flavours, flavour) = (&self.migrator.flavours, self.dialect.flavour());
        for undoing in undoings.iter().filter(|undoing| undoing.steps.is_empty() && undoing.record.statements > 0) {
            // Where the file is gone nobody knows; where it has no down, what was derived is empty for a reason.
            let derived = undoing.migration.is_some_and(|migration| {
                matches!(migration.script.select(Direction::Down, flavours, flavour), Selected::Missing)
            });
            if !derived {
                self.observer.event(Event::Notice(&format!(
                    "the down part of {} is empty: nothing of what it did is taken back, it only counts as undone",
                    undoing.record.label()
                )));
            }
        }
    }

    /// The history, once nobody is at work on it; apart from it the migrations of which nothing is done.
    async fn settled_ground(&mut self, store: &mut dyn SqlStore) -> Result<(Ground, Vec<Record>)> {
        loop {
            let mut ground = self.look(store).await?;
            self.migrator.check_ownership(&ground.records)?;
            let untouched = self.take_untouched(store, &mut ground).await?;
            let Some(record) = ground.records.iter().find(|record| !record.is_settled()).cloned() else {
                return Ok((ground, untouched));
            };
            if !self.wait_for_claim(store, &record).await? {
                if record.direction == Direction::Up {
                    return Err(resume::unfinished(&record));
                }
                return Ok((ground, untouched));
            }
        }
    }

    /// The rows that a rollback undoes, the last applied first.
    fn select<'r>(&self, records: &'r [Record], extent: Extent) -> Result<Vec<&'r Record>> {
        let reversed = records.iter().rev();
        match extent {
            Extent::All => Ok(reversed.collect()),
            Extent::Steps(steps) => Ok(reversed.take(steps).collect()),
            Extent::To(version) => {
                if records.iter().any(|record| record.version == version) {
                    return Ok(reversed.take_while(|record| record.version != version).collect());
                }
                Err(match self.migration(version) {
                    None => unknown_version(version),
                    Some(migration) => {
                        Error::usage("migrate.not-applied", format!("{} is not applied", migration.label())).with_help(
                            "name the migration up to which everything stays applied; `migrate:status` lists them",
                        )
                    }
                })
            }
        }
    }

    /// How the files say that these are undone, from the schema that stood when each was applied.
    pub(super) fn undos_of_files(
        &self,
        records: &[Record],
        wanted: &BTreeSet<Version>,
    ) -> Result<BTreeMap<Version, Undo>> {
        let mut replayed = Replayed::default();
        let mut undos = BTreeMap::new();
        for record in records {
            let Some(migration) = self.migration(record.version) else {
                return Err(Error::new(
                    Category::Drift,
                    "migrate.missing",
                    format!("{} is applied, and its file is missing", record.label()),
                )
                .with_help("bring the file back, or undo by what was stored: --down=stored"));
            };
            let before = replayed.clone();
            let flavours = &self.migrator.flavours;
            let bound = replayed.advance(migration, flavours, self.dialect.flavour())?;
            if wanted.contains(&record.version) {
                let before = (&before.schema, &before.handmade);
                let plan = plan_bound(&*self.dialect, flavours, 0, migration, bound, before, &replayed.schema)?;
                undos.insert(record.version, plan.undo);
            }
        }
        Ok(undos)
    }

    /// Refuses where a file's down is not what was stored and nobody said which to take.
    fn check_down_unchanged(&self, selected: &[(Record, Details)], options: &RollbackOptions) -> Result<()> {
        if options.down.is_some() {
            return Ok(());
        }
        let flavour = self.dialect.flavour();
        for (record, details) in selected {
            let Some(migration) = self.migration(record.version) else { continue };
            let now = migration.script.checksum(Direction::Down, &self.migrator.flavours, flavour);
            if record.down_checksum.is_none() || record.down_checksum.as_deref() == Some(now.as_str()) {
                continue;
            }
            let mut error = Error::new(
                Category::Drift,
                "migrate.down-changed",
                format!("the down of {} was changed after it was applied", record.label()),
            )
            .with_help("undo by what was stored with --down=stored, or by what the file says now with --down=file");
            let stored = details.down()?;
            error = told("stored", stored.as_ref()).into_iter().fold(error, Error::with_detail);
            let section = migration.script.select(Direction::Down, &self.migrator.flavours, flavour).section();
            if let Some(section) = section {
                let body = migration.script.body(section).trim();
                for line in body.lines().filter(|line| !line.trim().is_empty()) {
                    error = error.with_detail(format!("file:   {line}"));
                }
                error = error.at(&migration.file.source, section.header.clone(), "this is not what was stored");
            } else {
                error = error.with_detail("file:   (no down section: derived from its up)");
            }
            return Err(error);
        }
        Ok(())
    }

    /// A migration about to be undone, or why it can't be.
    async fn undoing(
        &mut self,
        store: &mut dyn SqlStore,
        record: &Record,
        details: &Details,
        way: Way,
    ) -> Result<Result<Undoing<'a>, String>> {
        let migration = self.migration(record.version);
        let mut undoing = match way {
            Way::Stored(StoredDown::Irreversible(reason)) | Way::File(Undo::Irreversible(reason)) => {
                return Ok(Err(reason));
            }
            Way::Stored(StoredDown::Plan { plan, loses, opaque }) => Undoing {
                record: record.clone(),
                migration,
                steps: without_places(plan.steps),
                meant: None,
                transaction: plan.transaction,
                side: None,
                loses,
                opaque,
                from: 0,
                remains: None,
            },
            Way::File(Undo::Reversible { side, steps, loses }) => Undoing {
                record: record.clone(),
                migration,
                steps,
                meant: None,
                transaction: side.transaction,
                opaque: side.has_raw(),
                side: Some(side),
                loses,
                from: 0,
                remains: None,
            },
        };
        if record.is_settled() {
            return Ok(Ok(undoing));
        }
        // It was being undone already.
        let Some(plan) = details.plan()? else { return Err(resume::unfinished(record)) };
        (undoing.from, undoing.remains) = match resume::judge(store, record, details, &plan).await? {
            Verdict::From(from) => (from, None),
            Verdict::Again(from, removed_by) => (from, Some(removed_by)),
            Verdict::Unknown(at) => return Err(half_applied(record, &plan.steps, at)),
        };
        if undoing.side.is_some() {
            self.check_completed(record, &plan, &undoing.steps, undoing.from)?;
        } else {
            undoing.transaction = plan.transaction;
            undoing.steps = without_places(plan.steps);
        }
        Ok(Ok(undoing))
    }

    fn irreversible(&self, found: &[(&Record, String)]) -> Error {
        let message = match found {
            [(record, reason)] => format!("{} can't be undone: {reason}", record.label()),
            several => format!("{} of these migrations can't be undone", several.len()),
        };
        let adopted = found.iter().any(|(record, _)| record.state == RowState::Baseline);
        let help = if adopted {
            "what a baseline adopted is undone by its file alone: give it a `-- migrate:down` and use --down=file"
        } else {
            "write a migration that takes it back; or give its file a `-- migrate:down` and use --down=file"
        };
        let error = Error::refused("migrate.irreversible", message).with_help(help);
        match found {
            [_] => error,
            several => several
                .iter()
                .fold(error, |error, (record, reason)| error.with_detail(format!("{}: {reason}", record.label()))),
        }
    }

    /// Renders anew what depends on the live catalog, and holds stored rebuilds against it, as far as that can be done before
    /// anything runs.
    async fn look_up_undoings(&self, store: &mut dyn SqlStore, undoings: &mut [Undoing<'a>]) -> Result<()> {
        let mut foreseen = Foreseen::default();
        for undoing in undoings.iter_mut() {
            match (&undoing.side, undoing.migration) {
                (Some(side), Some(migration)) if undoing.record.is_settled() || side.needs_catalog() => {
                    let source = &migration.file.source;
                    undoing.steps = side.render_live(&*self.dialect, source, store, &mut foreseen).await?;
                }
                _ if undoing.meant.is_some() => {
                    if let Some(meant) = undoing.meant.take() {
                        self.render_anew(store, undoing, &meant, &mut foreseen).await?;
                    }
                }
                _ => {
                    self.check_rebuilds_stored(store, undoing, &foreseen).await?;
                    foreseen.change(undoing.steps.iter().flat_map(|planned| &planned.step.touches));
                }
            }
        }
        Ok(())
    }
}

/// Stored statements, which stand in no file.
fn without_places(steps: Vec<Step>) -> Vec<Planned> {
    steps.into_iter().map(|step| Planned { step, span: 0..0 }).collect()
}

fn told(what: &str, down: Option<&StoredDown>) -> Vec<String> {
    match down {
        Some(StoredDown::Plan { plan, .. }) => plan.steps.iter().map(|step| format!("{what}: {}", step.sql)).collect(),
        Some(StoredDown::Irreversible(reason)) => vec![format!("{what}: can't be undone: {reason}")],
        None => vec![format!("{what}: nothing")],
    }
}
