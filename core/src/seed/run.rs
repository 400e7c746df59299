//! A run: seeders in order, each in one transaction where the store has them.

mod again;
mod numbers;
mod references;
mod target;
mod write;

use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;

use super::blame::blame;
use super::discover::AnySeeder;
use super::observer::SeedObserver;
use super::options::{SeedOptions, Seeding, factory_now};
use super::plan::{Planned, Planner};
use super::references::Registry;
use super::report::{SeedReport, SeederReport, TableReport};
use super::seeder::Seeder;
use super::sql_seeder::SqlSeeder;
use super::stream::{OwnKey, Ready, World};
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::store::Backend;
use crate::value::Value;
use numbers::{Numbers, Pools};
use target::Target;

/// Rows as they were written, or would be: for programs and for `factory:make`.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeRows {
    /// The table.
    pub table: String,
    /// The factory that made them, if one did.
    pub factory: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// The rows, each as long as the columns. Of [`make_rows`] a key that the database numbers is NULL, and so is what points at it.
    pub rows: Vec<Vec<Value>>,
}

/// Runs seeders: in the order given, each in one transaction where the store has them.
///
/// A seeder that fails leaves nothing behind (on a document store: what was written until then, which writing again
/// replaces); those before it stay.
///
/// # Errors
/// Whatever is wrong with the files, found before anything is written; the first row that can't be made or written, with file, table,
/// row and column.
pub async fn seed(
    backend: &mut Backend,
    seeding: &Seeding<'_>,
    options: &SeedOptions,
    observer: &mut dyn SeedObserver,
) -> Result<SeedReport> {
    let mut run = Run::new(seeding, options, observer, matches!(backend, Backend::Documents(_)));
    run.look_up(backend).await?;
    run.all(backend).await
}

/// Runs seeders as [`seed`] does and gives back the rows that they wrote, keys included. For small numbers of rows: all are in
/// memory.
///
/// # Errors
/// As [`seed`].
pub async fn create_rows(
    backend: &mut Backend,
    seeding: &Seeding<'_>,
    options: &SeedOptions,
    observer: &mut dyn SeedObserver,
) -> Result<(SeedReport, Vec<MadeRows>)> {
    let mut run = Run::new(seeding, options, observer, matches!(backend, Backend::Documents(_)));
    run.made = Some(Vec::new());
    run.look_up(backend).await?;
    let report = run.all(backend).await?;
    Ok((report, run.made.unwrap_or_default()))
}

/// Makes the rows of seeders and writes none.
///
/// # Errors
/// As [`seed`], of making alone; `seed.no-row` for a `ref(...)` to rows that are not made here.
pub async fn make_rows(seeding: &Seeding<'_>, options: &SeedOptions) -> Result<Vec<MadeRows>> {
    let mut observer = super::observer::Silent;
    let mut run = Run::new(seeding, options, &mut observer, seeding.tables.are_documents());
    run.made = Some(Vec::new());
    for seeder in seeding.seeders {
        if let AnySeeder::Rows(seeder) = seeder {
            run.seeder(seeder, &mut Target::Nowhere).await?;
        }
    }
    Ok(run.made.unwrap_or_default())
}

/// A run under way.
struct Run<'a> {
    seeding: &'a Seeding<'a>,
    options: &'a SeedOptions,
    tables: Tables,
    world: Arc<World>,
    registry: Registry,
    observer: &'a mut dyn SeedObserver,
    /// How many rows each table has had in this run.
    numbers: Numbers,
    /// What the seeder at hand has written so far: tables, and how many rows.
    written: Vec<(String, u64)>,
    /// The rows, where they are asked for.
    made: Option<Vec<MadeRows>>,
}

impl<'a> Run<'a> {
    fn new(
        seeding: &'a Seeding<'a>,
        options: &'a SeedOptions,
        observer: &'a mut dyn SeedObserver,
        documents: bool,
    ) -> Run<'a> {
        let world = World {
            seed: options.random_seed,
            seeder_now: options.now.unwrap_or_else(micros),
            factory_now: options.now.unwrap_or_else(factory_now),
            environment: seeding.environment.clone(),
            root: seeding.root.to_owned(),
            documents,
        };
        Run {
            seeding,
            options,
            tables: seeding.tables.clone(),
            world: Arc::new(world),
            registry: Registry::default(),
            observer,
            numbers: Numbers::default(),
            written: Vec::new(),
            made: None,
        }
    }

    /// Looks in the database for tables that no migration makes.
    async fn look_up(&mut self, backend: &mut Backend) -> Result<()> {
        let Backend::Sql(store) = backend else { return Ok(()) };
        let unknown = self.tables.unknown(self.table_names().iter().map(String::as_str));
        if !unknown.is_empty() {
            let live = store.introspect(Some(&unknown)).await?;
            self.tables.add_live(live);
        }
        Ok(())
    }

    /// Every table that files name.
    fn table_names(&self) -> Vec<String> {
        use super::seeder::Block;
        let mut names = Vec::new();
        for seeder in self.seeding.seeders {
            let text = &seeder.source().text;
            // `ref(users.id)`: what stands before the point.
            let referred = text.split("ref(").skip(1).filter_map(|rest| rest.split_once('.')).map(|(table, _)| table);
            names.extend(referred.map(|table| table.trim().trim_matches('"').to_owned()));
            let seeder = match seeder {
                AnySeeder::Rows(seeder) => seeder,
                AnySeeder::Sql(seeder) => {
                    names.extend(seeder.table_names());
                    continue;
                }
            };
            names.extend(seeder.blocks.iter().filter_map(|block| match block {
                Block::Rows(rows) => Some(rows.table.text.clone()),
                Block::Load(load) => Some(load.table.text.clone()),
                Block::Make(_) => None,
            }));
        }
        for factory in self.seeding.factories.iter() {
            names.push(factory.table.text.clone());
            let referred = factory.source.text.split("ref(").skip(1).filter_map(|rest| rest.split_once('.'));
            names.extend(referred.map(|(table, _)| table.trim().trim_matches('"').to_owned()));
        }
        names.retain(|name| name.len() <= 63 && !name.is_empty() && !name.contains(['(', ')', '\'', '=', '\n']));
        names
    }

    async fn all(&mut self, backend: &mut Backend) -> Result<SeedReport> {
        let began = Instant::now();
        let mut report = SeedReport {
            random_seed: self.world.seed,
            now: self.world.seeder_now,
            factory_now: self.world.factory_now,
            pretended: self.options.pretend,
            seeders: Vec::new(),
            seconds: 0.0,
        };
        match backend {
            Backend::Sql(store) if self.options.pretend => {
                let mut transaction = self.begin(&mut **store).await?;
                let mut outcome = Ok(());
                for index in 0..self.seeding.seeders.len() {
                    match self.one(index, &mut Target::Sql(transaction.store())).await {
                        Ok(seeder) => report.seeders.push(seeder),
                        Err(error) => {
                            outcome = Err(error);
                            break;
                        }
                    }
                }
                let rolled_back = transaction.rollback().await;
                outcome?;
                rolled_back?;
            }
            Backend::Sql(store) => {
                for index in 0..self.seeding.seeders.len() {
                    let seeder = self.in_transaction(index, &mut **store).await?;
                    self.observer.seeder_finished(&seeder);
                    report.seeders.push(seeder);
                }
            }
            Backend::Documents(store) => {
                let seeding = self.seeding;
                for seeder in seeding.before {
                    self.reckon_with(seeder).await?;
                }
                for index in 0..self.seeding.seeders.len() {
                    let mut target =
                        if self.options.pretend { Target::Nowhere } else { Target::Documents(&mut **store) };
                    let seeder = self.one(index, &mut target).await.map_err(|error| self.kept(error, index))?;
                    if !self.options.pretend {
                        self.observer.seeder_finished(&seeder);
                    }
                    report.seeders.push(seeder);
                }
            }
        }
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }

    fn nothing_kept(&self, error: Error, index: usize) -> Error {
        let class = self.seeding.seeders.get(index).map_or("the seeder", AnySeeder::class);
        self.done_before(error.with_detail(format!("nothing that {class} wrote was kept")), index)
    }

    /// The error with the seeders that were done.
    fn done_before(&self, error: Error, index: usize) -> Error {
        match self.seeding.seeders.get(..index).unwrap_or_default() {
            [] => error,
            done => {
                let done: Vec<&str> = done.iter().map(AnySeeder::class).collect();
                error.with_detail(format!("done before it, and kept: {}", done.join(", ")))
            }
        }
    }

    /// The error of a document store, which takes nothing back, with what it has now.
    fn kept(&self, error: Error, index: usize) -> Error {
        if self.options.pretend {
            return error.with_detail("nothing was written");
        }
        let class = self.seeding.seeders.get(index).map_or("the seeder", AnySeeder::class);
        let error = match &*self.written {
            [] => error.with_detail(format!("before that {class} wrote nothing")),
            written => {
                let tables: Vec<String> = written.iter().map(|(table, rows)| format!("{rows} of {table}")).collect();
                error.with_detail(format!("{class} wrote before that, and it is kept: {}", tables.join(", ")))
            }
        };
        self.done_before(error, index)
    }

    async fn one(&mut self, index: usize, target: &mut Target<'_>) -> Result<SeederReport> {
        let began = Instant::now();
        let seeding = self.seeding;
        let Some(seeder) = seeding.seeders.get(index) else {
            return Err(Error::failed("seed.unknown-class", "there is no such seeder"));
        };
        self.observer.seeder_started(seeder.class(), index, seeding.seeders.len());
        self.written.clear();
        let tables = match seeder {
            AnySeeder::Rows(seeder) => self.seeder(seeder, target).await?,
            AnySeeder::Sql(seeder) => self.statements(seeder, target).await?,
        };
        Ok(SeederReport { class: seeder.class().to_owned(), tables, seconds: began.elapsed().as_secs_f64() })
    }

    async fn statements(&mut self, seeder: &SqlSeeder, target: &mut Target<'_>) -> Result<Vec<TableReport>> {
        let Target::Sql(store) = target else {
            let message = format!("{} is SQL, and a document store runs none", seeder.source.name);
            return Err(Error::refused("seed.sql", message).with_help("write the rows as a .toml seeder"));
        };
        let statements = seeder.statements(&*store.dialect(), &self.seeding.flavours, &self.tables)?;
        let began = Instant::now();
        let mut rows = 0;
        for statement in &statements {
            rows += store
                .execute(&statement.sql, &[])
                .await
                .map_err(|error| error.at(&seeder.source, statement.span.clone(), ""))?;
        }
        let report = TableReport {
            table: "(SQL)".to_owned(),
            rows,
            inserted: rows,
            seconds: began.elapsed().as_secs_f64(),
            ..TableReport::default()
        };
        Ok(vec![report])
    }

    /// Takes in the rows of a seeder that is not run: others count on from them and point at them.
    async fn reckon_with(&mut self, seeder: &AnySeeder) -> Result<()> {
        match seeder {
            AnySeeder::Rows(seeder) => self.seeder(seeder, &mut Target::Elsewhere).await.map(drop),
            // A document store has not run it either.
            AnySeeder::Sql(_) => Ok(()),
        }
    }

    async fn seeder(&mut self, seeder: &Seeder, target: &mut Target<'_>) -> Result<Vec<TableReport>> {
        let tables = self.tables.clone();
        let world = self.world.clone();
        let mut planner = Planner {
            seeder,
            factories: self.seeding.factories,
            tables: &tables,
            folder: self.seeding.folder,
            seed: world.seed,
            now: world.factory_now,
            outside: &*world,
            streams: Vec::new(),
        };
        let order = planner.plan()?;
        let streams = planner.streams;
        let mut pools = Pools::new(&streams);
        let mut planned: Vec<Option<Planned>> = streams.into_iter().map(Some).collect();
        let mut ready: Vec<Option<Arc<Ready>>> = planned.iter().map(|_| None).collect();
        let mut reports: Vec<TableReport> = Vec::new();
        for index in order {
            let Some(stream) = planned.get_mut(index).and_then(Option::take) else { continue };
            let parents: Option<Vec<Arc<Ready>>> =
                stream.links.iter().map(|link| ready.get(link.parents)?.clone()).collect();
            let Some(parents) = parents else {
                let message = format!("{} and the table of its parents point at each other", stream.table_name);
                return Err(Error::failed("seed.circle", message)
                    .with_help("write the parents in a seeder of their own, named in `after`")
                    .at(&stream.source, stream.span, ""));
            };
            if stream.count == Some(0) {
                ready[index] = Some(Arc::new(Ready::new(stream, world.clone(), parents)));
                continue;
            }
            let began = Instant::now();
            let mut one = Ready::new(stream, world.clone(), parents);
            pools.serve(&mut one, &mut self.numbers, target).await.map_err(|error| blame(error, &one, None))?;
            self.defaults(&mut one);
            self.resolve(&mut one, target).await?;
            let one = Arc::new(one);
            if !matches!(target, Target::Elsewhere) {
                let mut report = self.write(&seeder.class, &one, target).await?;
                report.seconds = began.elapsed().as_secs_f64();
                report.first_key = one.first;
                self.observer.rows_finished(&report);
                self.collect(&one)?;
                self.wrote(&report);
                add(&mut reports, report);
            }
            self.registry.add(one.clone());
            ready[index] = Some(one);
        }
        Ok(reports)
    }

    /// Keeps what was written, for messages.
    fn wrote(&mut self, report: &TableReport) {
        match self.written.iter_mut().find(|(table, _)| *table == report.table) {
            Some((_, rows)) => *rows += report.rows,
            None => self.written.push((report.table.clone(), report.rows)),
        }
    }

    /// Keeps the rows, where they are asked for.
    fn collect(&mut self, ready: &Ready) -> Result<()> {
        let Some(made) = &mut self.made else { return Ok(()) };
        let Some(shape) = ready.shape(0).filter(|_| ready.count > 0) else { return Ok(()) };
        let own = match &ready.own_key {
            OwnKey::Identity(column) => Some(column.to_string()),
            OwnKey::Document => Some(super::seeder::ID.to_owned()),
            OwnKey::None => None,
        };
        let mut rows = Vec::new();
        let mut position = ready.position(0)?;
        while position.ordinal < ready.count {
            let mut row = vec![Value::Null; ready.width()];
            let place = usize::try_from(position.ordinal).unwrap_or(usize::MAX);
            match ready.fixed.get().and_then(|rows| rows.get(place)) {
                Some(fixed) => row.clone_from_slice(fixed),
                None => drop(ready.fill(position, &mut row)?),
            }
            if own.is_some()
                && let Some(first) = row.first_mut()
            {
                *first = ready.key(position.ordinal)?;
            }
            rows.push(row);
            position = ready.next(position)?;
        }
        let names = shape.columns.iter().map(|column| column.name.to_string());
        let defaults = ready.defaults.iter().map(|(name, _, _)| name.to_string());
        made.push(MadeRows {
            table: ready.planned.table_name.to_string(),
            factory: ready.planned.made_by.clone(),
            columns: own.into_iter().chain(names).chain(defaults).collect(),
            rows,
        });
        Ok(())
    }
}

/// The time of the run, to the microsecond: what every store keeps.
fn micros() -> chrono::DateTime<Utc> {
    let now = Utc::now();
    chrono::DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// Adds what was done to a table.
fn add(reports: &mut Vec<TableReport>, report: TableReport) {
    match reports.iter_mut().find(|there| there.table == report.table) {
        None => reports.push(report),
        Some(there) => {
            there.rows += report.rows;
            there.inserted += report.inserted;
            there.updated += report.updated;
            there.unchanged += report.unchanged;
            there.seconds += report.seconds;
            there.digest.add(report.digest);
            there.first_key = there.first_key.or(report.first_key);
        }
    }
}
