//! What the commands that seed share: the project's seeders and factories, the way to the store, and the report.

use std::path::PathBuf;

use fastman_core::Error;
use fastman_core::project::{Environment, Project, Target};
use fastman_core::schema::Schema;
use fastman_core::seed::discover::{AnySeeder, Factories, SeedFiles, read_seeder, read_seeders};
use fastman_core::seed::tables::Tables;
use fastman_core::seed::{MadeRows, SeedOptions, SeedReport, Seeding, TableReport, create_rows, seed};
use fastman_core::store::{Backend, SqlStore};

use serde::Serialize;

use crate::context::{self, Access, Context};
use crate::output::{Output, Style, duration};
use crate::progress::{Kept, Progress};
use crate::run::{Stop, until_done};
use crate::table::{self, Cell};

/// A project's seeders and factories, read and checked.
#[derive(Debug)]
pub struct Seeds {
    seeders: Vec<AnySeeder>,
    /// Those that come before the one that is named, where that matters.
    before: Vec<AnySeeder>,
    factories: Factories,
    environment: Environment,
    /// The factories' files.
    files: SeedFiles,
    seeders_folder: PathBuf,
    /// The same as a user is shown it.
    folder: String,
}

impl Seeds {
    /// Reads every seeder, or the one that is named, and all factories.
    ///
    /// # Errors
    /// What is wrong in a file; a usage error where no seeder has that name.
    pub fn read(context: &Context<'_>, project: &Project, class: Option<&str>) -> Result<Seeds, Error> {
        let files = SeedFiles::seeders(project)?;
        let flavours = &context.registry.flavours;
        let mut seeds = Seeds::without_seeders(context, project)?;
        seeds.seeders = match class {
            Some(name) => vec![read_seeder(files.find(name)?, flavours)?],
            None => read_seeders(&files, flavours)?,
        };
        Ok(seeds)
    }

    /// Reads those that come before the one that is named, where the store is not one that can be asked what they wrote.
    ///
    /// # Errors
    /// What is wrong in a file.
    pub fn read_before(&mut self, context: &Context<'_>, project: &Project, backend: &Backend) -> Result<(), Error> {
        let (Backend::Documents(_), [only]) = (backend, &*self.seeders) else { return Ok(()) };
        let all = read_seeders(&SeedFiles::seeders(project)?, &context.registry.flavours)?;
        self.before = all.into_iter().take_while(|seeder| seeder.class() != only.class()).collect();
        Ok(())
    }

    /// Reads the factories alone.
    ///
    /// # Errors
    /// What is wrong in a file.
    pub fn without_seeders(context: &Context<'_>, project: &Project) -> Result<Seeds, Error> {
        let files = SeedFiles::factories(project)?;
        Ok(Seeds {
            seeders: Vec::new(),
            before: Vec::new(),
            factories: Factories::read(&files)?,
            files,
            environment: context.environment(project)?,
            folder: project.shown(&project.seeders_folder()),
            seeders_folder: project.seeders_folder(),
        })
    }

    /// The class of the factory that an argument means: user, `user_factory` and `UserFactory` are the same.
    ///
    /// # Errors
    /// A usage error where there is none, with the nearest.
    pub fn factory_class(&self, name: &str) -> Result<String, Error> {
        match self.files.find(&format!("{name}_factory")) {
            Ok(file) => Ok(file.class.clone()),
            Err(_) => self.files.find(name).map(|file| file.class.clone()),
        }
    }

    /// The tables that factories write to.
    pub fn factory_tables(&self) -> impl Iterator<Item = &str> {
        self.factories.iter().map(|factory| &*factory.table.text)
    }

    /// Runs this seeder in place of all others.
    pub fn run_only(&mut self, seeder: AnySeeder) {
        self.seeders = vec![seeder];
    }

    /// What the run is given.
    pub fn seeding<'a>(&'a self, context: &Context<'_>, project: &'a Project, tables: &'a Tables) -> Seeding<'a> {
        Seeding {
            seeders: &self.seeders,
            before: &self.before,
            factories: &self.factories,
            tables,
            flavours: context.registry.flavours,
            environment: &self.environment,
            root: project.root(),
            folder: &self.seeders_folder,
        }
    }

    /// Runs them.
    ///
    /// # Errors
    /// What the run gives.
    pub async fn run(
        &self,
        context: &Context<'_>,
        project: &Project,
        backend: &mut Backend,
        options: &SeedOptions,
    ) -> Result<SeedReport, Stop> {
        let tables = tables(schema(context, project)?, backend);
        let seeding = self.seeding(context, project, &tables);
        let kept = kept(backend, options);
        Ok(seed(backend, &seeding, options, &mut Progress::new(context.output, kept)).await?)
    }

    /// Runs them, and gives back the rows as they were written.
    ///
    /// # Errors
    /// What the run gives.
    pub async fn create(
        &self,
        context: &Context<'_>,
        project: &Project,
        backend: &mut Backend,
        options: &SeedOptions,
    ) -> Result<(SeedReport, Vec<MadeRows>), Stop> {
        let tables = tables(schema(context, project)?, backend);
        let seeding = self.seeding(context, project, &tables);
        let kept = kept(backend, options);
        Ok(create_rows(backend, &seeding, options, &mut Progress::new(context.output, kept)).await?)
    }

    /// Runs them in a database that has just been migrated.
    ///
    /// # Errors
    /// What the run gives.
    pub async fn run_after(
        &self,
        context: &Context<'_>,
        project: &Project,
        store: Box<dyn SqlStore>,
    ) -> Result<SeedReport, Stop> {
        self.run(context, project, &mut Backend::Sql(store), &SeedOptions::default()).await
    }

    /// What there is to say where there is no seeder at all.
    pub fn nothing(&self) -> Option<String> {
        self.seeders.is_empty().then(|| format!("{} has no seeders; make one: fastman make:seeder user", self.folder))
    }
}

/// What an interrupt leaves of a run.
fn kept(backend: &Backend, options: &SeedOptions) -> Kept {
    match backend {
        _ if options.pretend => Kept::Nothing,
        Backend::Sql(_) => Kept::Seeders,
        Backend::Documents(_) => Kept::All,
    }
}

/// The schema that the migrations add up to; without migrations an empty one.
///
/// # Errors
/// What is wrong in a migration.
pub fn schema(context: &Context<'_>, project: &Project) -> Result<Schema, Error> {
    let folder = project.migrations_folder(context.global.database.as_deref());
    if folder.is_dir() { context.migrator(project).replayed_schema() } else { Ok(Schema::default()) }
}

fn tables(schema: Schema, backend: &Backend) -> Tables {
    match backend {
        Backend::Sql(_) => Tables::of_database(schema),
        Backend::Documents(_) => Tables::of_documents(schema),
    }
}

/// The tables of a schema, before anything is connected to: collections, where the URL names a document store.
pub fn tables_without_store(context: &Context<'_>, project: &Project, schema: Schema) -> Tables {
    let adapter = context.target(project).and_then(|target| context.adapter(&target));
    match adapter.is_ok_and(context::holds_documents) {
        true => Tables::of_documents(schema),
        false => Tables::of_database(schema),
    }
}

/// Looks in the database, if it is there, for those of the tables that no migration makes.
///
/// # Errors
/// Being interrupted. That there is no database is none.
pub fn look_up<'n>(
    context: &Context<'_>,
    project: &Project,
    tables: &mut Tables,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<(), Stop> {
    let unknown = tables.unknown(names);
    let (false, false, Ok(target)) = (unknown.is_empty(), tables.are_documents(), context.target(project)) else {
        return Ok(());
    };
    let live = until_done(async {
        let mut store = context.connect(project.root(), &target, Access::Read).await?;
        Ok(store.introspect(Some(&unknown)).await?)
    });
    match live {
        Ok(live) => tables.add_live(live),
        Err(Stop::Failed(error)) => tracing::debug!(%error, "the database is not looked at"),
        Err(stop) => return Err(stop),
    }
    Ok(())
}

/// Says what a run did: a table, and a sentence.
pub fn show(report: &SeedReport, output: &Output) {
    let rows: Vec<_> =
        report.seeders.iter().flat_map(|seeder| seeder.tables.iter().map(|table| line(&seeder.class, table))).collect();
    if !rows.is_empty() {
        let header = ["seeder", "table", "rows", "new", "changed", "unchanged", "time", "rows/s"];
        output.result(&table::render(header, &rows, |style, text| output.paint(style, text)));
    }
    output.result(&format!("{}\n", sentence(report)));
}

/// What migrating and then seeding did, as JSON.
///
/// # Errors
/// `output.json` for what has no JSON form.
pub fn with_seeded(report: &impl Serialize, seeded: Option<&SeedReport>) -> Result<serde_json::Value, Error> {
    let no_json =
        |error: serde_json::Error| Error::failed("output.json", format!("the data has no JSON form: {error}"));
    let mut value = serde_json::to_value(report).map_err(no_json)?;
    if let (Some(object), Some(seeded)) = (value.as_object_mut(), seeded) {
        object.insert("seeded".to_owned(), serde_json::to_value(seeded).map_err(no_json)?);
    }
    Ok(value)
}

/// Says what seeding did, where it was asked for.
pub fn show_if_seeded(seeds: Option<&Seeds>, seeded: Option<&SeedReport>, output: &Output) {
    match (seeds.and_then(Seeds::nothing), seeded) {
        (Some(nothing), _) => output.notice(&nothing),
        (None, Some(report)) => show(report, output),
        (None, None) => {}
    }
}

fn line<'a>(class: &'a str, table: &'a TableReport) -> [Cell<'a>; 8] {
    [
        Cell::plain(class),
        Cell::plain(&*table.table),
        Cell::plain(grouped(table.rows)),
        Cell::styled(Style::Good, grouped(table.inserted)),
        Cell::plain(grouped(table.updated)),
        Cell::styled(Style::Dim, grouped(table.unchanged)),
        Cell::styled(Style::Dim, duration(milliseconds(table.seconds))),
        Cell::styled(Style::Dim, grouped(rate(table))),
    ]
}

fn sentence(report: &SeedReport) -> String {
    let rows = report.rows();
    let took = duration(milliseconds(report.seconds));
    let seed = report.random_seed;
    match rows {
        0 => format!("nothing to write ({took})"),
        _ if report.changed_nothing() => format!("nothing changed: all {} are there already ({took})", count(rows)),
        _ if report.pretended => format!("{} would be written ({took}, random seed {seed}); nothing was", count(rows)),
        _ => format!("{} seeded ({took}, random seed {seed})", count(rows)),
    }
}

/// "1 row", "2,000 rows".
pub fn count(rows: u64) -> String {
    format!("{} row{}", grouped(rows), if rows == 1 { "" } else { "s" })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Times and rates are shown, not reckoned with.
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1_000.0).round() as u64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn rate(table: &TableReport) -> u64 {
    if table.seconds > 0.0 { (table.rows as f64 / table.seconds) as u64 } else { table.rows }
}

/// A number with a comma before every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The database that is to be seeded, of either kind.
///
/// # Errors
/// What connecting gives.
pub async fn connect(context: &Context<'_>, project: &Project, target: &Target) -> Result<Backend, Error> {
    context.connect_any(project.root(), target, Access::Write).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn great_numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 2].map(count), ["1 row", "2 rows"]);
    }
}
