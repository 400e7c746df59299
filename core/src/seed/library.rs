//! Factories and seeders of Rust programs: for their tests, and for whoever has no folder of files.
//!
//! A factory says the same as a factory's file, in the same words: a text that begins with `=` is a formula.
//!
//! ```
//! use fastman_core::seed::library::{Definition, Factory};
//! use fastman_core::value::Value;
//!
//! struct UserFactory;
//!
//! impl Factory for UserFactory {
//!     fn definition(&self) -> Definition {
//!         Definition::of("users")
//!             .field("email", "=unique(email())")
//!             .field("name", "=name()")
//!             .field("is_admin", false)
//!             .state("admin", [("is_admin", true)])
//!     }
//! }
//!
//! # fn main() -> fastman_core::Result<()> {
//! // One row that is written nowhere.
//! let user = UserFactory.make()?;
//! assert_eq!(user.get("is_admin"), Some(&Value::Boolean(false)));
//!
//! // Two administrators of a given name: the same two, on every run and every machine.
//! let admins = UserFactory.times(2).state("admin").with("name", "Ada").make()?;
//! assert_eq!(admins.len(), 2);
//! assert_eq!(admins[1].get("name"), Some(&Value::Text("Ada".to_owned())));
//! assert_ne!(admins[0].get("email"), admins[1].get("email"));
//! # Ok(())
//! # }
//! ```
//!
//! `create` writes them: `UserFactory.times(2).create(&mut backend).await?` gives the rows back with the keys that they got.

mod definition;

use std::future::Future;
use std::path::Path;

pub use definition::{Definition, Given, Plan};

use super::discover::{AnySeeder, Factories};
use super::factory;
use super::observer::Silent;
use super::options::{SeedOptions, Seeding};
use super::report::SeedReport;
use super::run::{MadeRows, create_rows, make_rows, seed};
use super::seeder::{self, ID};
use super::tables::Tables;
use crate::error::{Result, SourceText};
use crate::flavour::Flavours;
use crate::project::Environment;
use crate::schema::Schema;
use crate::store::Backend;
use crate::value::Value;

/// A row that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    columns: std::sync::Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    /// The value of a column; `None` where the row has none.
    pub fn get(&self, column: &str) -> Option<&Value> {
        let place = self.columns.iter().position(|name| name == column)?;
        self.values.get(place)
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The values, in the order of the columns.
    pub fn values(&self) -> &[Value] {
        &self.values
    }
}

/// A factory of a program: how made-up rows of a table look.
pub trait Factory {
    /// What a factory's file would say.
    fn definition(&self) -> Definition;

    /// One row, written nowhere.
    ///
    /// # Errors
    /// What is wrong with the definition.
    fn make(&self) -> Result<Row> {
        let rows = self.times(1).make()?;
        Ok(rows.into_iter().next().unwrap_or(Row { columns: std::sync::Arc::from([]), values: Vec::new() }))
    }

    /// So many rows, to be made or written.
    fn times(&self, count: u64) -> Order {
        Order {
            definition: self.definition(),
            count,
            states: Vec::new(),
            with: Vec::new(),
            options: SeedOptions::default(),
        }
    }

    /// Writes one row, and its parents and children.
    ///
    /// # Errors
    /// What is wrong with the definition, or what the store says.
    fn create(&self, backend: &mut Backend) -> impl Future<Output = Result<Row>>
    where
        Self: Sync,
    {
        let order = self.times(1);
        async move {
            let rows = order.create(backend).await?;
            Ok(rows.into_iter().next().unwrap_or(Row { columns: std::sync::Arc::from([]), values: Vec::new() }))
        }
    }
}

/// A seeder of a program: rows and factories, written in one transaction.
pub trait Seeder {
    /// What it writes.
    fn plan(&self) -> Plan;

    /// Writes it.
    ///
    /// # Errors
    /// As [`seed`].
    fn run(&self, backend: &mut Backend) -> impl Future<Output = Result<SeedReport>>
    where
        Self: Sync,
    {
        let plan = self.plan();
        async move { plan.run(backend, &SeedOptions::default()).await }
    }
}

/// Rows of a factory, to be made or written.
#[derive(Clone, Debug)]
pub struct Order {
    definition: Definition,
    count: u64,
    states: Vec<String>,
    with: Vec<(String, Given)>,
    options: SeedOptions,
}

impl Order {
    /// The same with a state put on.
    #[must_use]
    pub fn state(mut self, name: &str) -> Order {
        self.states.push(name.to_owned());
        self
    }

    /// The same with another value for a column than the factory's; a text that begins with `=` is a formula.
    #[must_use]
    pub fn with(mut self, column: &str, value: impl Into<Given>) -> Order {
        self.with.push((column.to_owned(), value.into()));
        self
    }

    /// The same drawn with another seed.
    #[must_use]
    pub fn random_seed(mut self, seed: u64) -> Order {
        self.options.random_seed = seed;
        self
    }

    /// The rows, written nowhere.
    ///
    /// # Errors
    /// What is wrong with the definition.
    pub fn make(self) -> Result<Vec<Row>> {
        let plan = Plan::new("the program").make(self.clone());
        let files = Files::read(&plan)?;
        let tables = Tables::of_documents(Schema::default());
        let options = self.options.clone();
        // Nothing is waited for where nothing is written.
        let made = futures_now(make_rows(&files.seeding(&tables), &options))?;
        Ok(rows_of(made, &self.definition))
    }

    /// Writes the rows, their parents and their children, in one transaction; gives back the rows with their keys.
    ///
    /// # Errors
    /// What is wrong with the definition, or what the store says.
    pub async fn create(self, backend: &mut Backend) -> Result<Vec<Row>> {
        let plan = Plan::new("the program").make(self.clone());
        let files = Files::read(&plan)?;
        let tables = tables_of(backend);
        let (_, made) = create_rows(backend, &files.seeding(&tables), &self.options, &mut Silent).await?;
        Ok(rows_of(made, &self.definition))
    }
}

impl Plan {
    /// Writes it.
    ///
    /// # Errors
    /// As [`seed`].
    pub async fn run(&self, backend: &mut Backend, options: &SeedOptions) -> Result<SeedReport> {
        let files = Files::read(self)?;
        let tables = tables_of(backend);
        seed(backend, &files.seeding(&tables), options, &mut Silent).await
    }
}

fn tables_of(backend: &Backend) -> Tables {
    match backend {
        Backend::Sql(_) => Tables::of_database(Schema::default()),
        Backend::Documents(_) => Tables::of_documents(Schema::default()),
    }
}

/// A plan as if it had been read from files.
struct Files {
    seeders: Vec<AnySeeder>,
    factories: Factories,
    environment: Environment,
}

impl Files {
    fn read(plan: &Plan) -> Result<Files> {
        let text = plan.text();
        let seeder = seeder::Seeder::parse(plan.class(), &SourceText::new(plan.class(), text))?;
        let mut factories = Vec::new();
        for definition in plan.definitions() {
            let class = definition.class();
            factories.push(factory::Factory::parse(&*class, &SourceText::new(&*class, definition.text()))?);
        }
        Ok(Files {
            seeders: vec![AnySeeder::Rows(seeder)],
            factories: Factories::new(factories),
            environment: Environment::default(),
        })
    }

    fn seeding<'a>(&'a self, tables: &'a Tables) -> Seeding<'a> {
        Seeding {
            seeders: &self.seeders,
            before: &[],
            factories: &self.factories,
            tables,
            flavours: Flavours::new(&[]),
            environment: &self.environment,
            root: Path::new("."),
            folder: Path::new("."),
        }
    }
}

/// The rows of the factory itself: not those of its parents and children.
fn rows_of(made: Vec<MadeRows>, definition: &Definition) -> Vec<Row> {
    let class = definition.class();
    let own =
        made.into_iter().filter(|rows| rows.factory.as_deref() == Some(&*class)).max_by_key(|rows| rows.rows.len());
    let Some(own) = own else { return Vec::new() };
    // A document's id is told by a store of documents alone.
    let skipped = usize::from(own.columns.first().is_some_and(|column| column == ID));
    let columns: std::sync::Arc<[String]> = own.columns.into_iter().skip(skipped).collect();
    own.rows
        .into_iter()
        .map(|values| Row { columns: columns.clone(), values: values.into_iter().skip(skipped).collect() })
        .collect()
}

/// The outcome of what never waits.
fn futures_now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
            return outcome;
        }
        // A thread that makes rows is at work.
        std::thread::yield_now();
    }
}
