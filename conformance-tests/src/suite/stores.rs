//! Rows into any store, with SQL behind it or without.

use fastman_core::Result;
use fastman_core::error::SourceText;
use fastman_core::schema::{Name, Schema, Table};
use fastman_core::sql::binder;
use fastman_core::store::{Store, TargetColumn, WriteMode, WriteTarget};
use fastman_core::value::Value;

use super::tests;
use crate::harness::StoreDatabase;
use crate::rows::{rows, rows_then_failure};
use crate::samples::{portable, samples};
use crate::stores::Stores;

tests!("stores" of any store:
    rows_come_back_whatever_their_number,
    no_rows_are_no_rows,
    every_portable_value_comes_back,
    an_error_of_the_source_is_passed_on_and_the_store_is_as_good_as_before,
    a_key_that_is_there_twice_is_an_error_that_names_the_row,
    an_upsert_twice_is_the_same_as_once,
    an_upsert_leaves_the_columns_that_it_does_not_have,
    clearing_deletes_every_row_of_its_table_and_of_no_other,
    a_place_is_known_and_shows_no_password,
);

/// A table and a store that writes to it.
struct Fixture {
    store: Box<dyn Store>,
    name: Name,
    columns: Vec<(String, String)>,
    table: Table,
    // After the store: a database goes when its sessions have gone.
    database: Box<dyn StoreDatabase>,
}

const PEOPLE: &[(&str, &str)] = &[("id", "VARCHAR(40)"), ("name", "VARCHAR(100)"), ("age", "INTEGER")];

impl Fixture {
    async fn people(stores: &Stores) -> Result<Fixture> {
        Fixture::new(stores, "people", PEOPLE).await
    }

    async fn new(stores: &Stores, name: &str, columns: &[(&str, &str)]) -> Result<Fixture> {
        Fixture::on(stores.database().await?, name, columns).await
    }

    async fn on(database: Box<dyn StoreDatabase>, name: &str, columns: &[(&str, &str)]) -> Result<Fixture> {
        let list: Vec<String> = columns.iter().map(|(column, sql)| format!("{column} {sql}")).collect();
        let sql = format!("CREATE TABLE {name} ({});", list.join(", "));
        let mut schema = Schema::default();
        binder::bind_all(&SourceText::new("test.sql", sql.as_str()), 0..sql.len(), &mut schema)?;
        let table = Table::clone(schema.table(&Name::from(name)).unwrap());
        let name = database.table(name, columns).await?;
        let store = database.connect().await?;
        let columns = columns.iter().map(|(column, sql)| ((*column).to_owned(), (*sql).to_owned())).collect();
        Ok(Fixture { store, name, columns, table, database })
    }

    /// Writes to these columns, the first of which is the key.
    fn target(&self, columns: &[&str], mode: WriteMode) -> WriteTarget {
        let column = |name: &&str| {
            let name = Name::from(*name);
            let column = self.table.columns.iter().find(|column| column.name == name).unwrap();
            TargetColumn { name, column_type: Some(column.column_type.clone()) }
        };
        WriteTarget {
            table: self.name.clone(),
            columns: columns.iter().map(column).collect(),
            document_id: Some(0),
            mode,
        }
    }

    async fn write(&mut self, columns: &[&str], mode: WriteMode, values: Vec<Vec<Value>>) -> Result<u64> {
        let target = self.target(columns, mode);
        self.store.write(&target, &mut rows(values)).await
    }

    /// Every row by its key, in portable form.
    async fn rows(&self) -> Result<Vec<Vec<Value>>> {
        let columns: Vec<(&str, &str)> = self.columns.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
        let rows = self.database.rows(&self.name, &columns).await?;
        let types: Vec<_> = self.table.columns.iter().map(|column| &column.column_type).collect();
        let row = |row: Vec<Value>| row.into_iter().zip(&types).map(|(value, kind)| portable(value, kind)).collect();
        Ok(rows.into_iter().map(row).collect())
    }
}

const ALL: &[&str] = &["id", "name", "age"];

fn upsert() -> WriteMode {
    WriteMode::Upsert { key: vec![Name::from("id")] }
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn person(number: i64) -> Vec<Value> {
    vec![text(format!("p{number:06}")), text(format!("Person {number}")), Value::Integer(number % 90)]
}

fn people(numbers: std::ops::Range<i64>) -> Vec<Vec<Value>> {
    numbers.map(person).collect()
}

async fn rows_come_back_whatever_their_number(stores: Stores) -> Result<()> {
    let mut fixture = Fixture::people(&stores).await?;
    assert_eq!(fixture.write(ALL, WriteMode::Insert, people(0..1)).await?, 1);
    // More than a commit, a packet or a statement holds.
    assert_eq!(fixture.write(ALL, WriteMode::Insert, people(1..1_234)).await?, 1_233);
    let other = fixture.database.connect().await?;
    drop(other);
    assert_eq!(fixture.rows().await?, people(0..1_234));
    Ok(())
}

async fn no_rows_are_no_rows(stores: Stores) -> Result<()> {
    let mut fixture = Fixture::people(&stores).await?;
    assert_eq!(fixture.write(ALL, WriteMode::Insert, Vec::new()).await?, 0);
    assert_eq!(fixture.write(ALL, upsert(), Vec::new()).await?, 0);
    assert!(fixture.rows().await?.is_empty());
    Ok(())
}

/// One row for each value, with NULL in the columns of the other types.
async fn every_portable_value_comes_back(stores: Stores) -> Result<()> {
    let samples = samples(stores.empty_string());
    let names: Vec<String> = (0..samples.len()).map(|index| format!("c{index}")).collect();
    let mut columns = vec![("id", "VARCHAR(40)")];
    columns.extend(names.iter().zip(&samples).map(|(name, sample)| (name.as_str(), sample.sql)));
    let mut fixture = Fixture::new(&stores, "things", &columns).await?;
    let mut written = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        for value in &sample.values {
            let mut row = vec![Value::Null; columns.len()];
            row[0] = text(format!("t{:06}", written.len()));
            row[index + 1] = value.clone();
            written.push(row);
        }
    }
    let list: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    assert_eq!(fixture.write(&list, WriteMode::Insert, written.clone()).await?, written.len() as u64);
    let read = fixture.rows().await?;
    assert_eq!(read.len(), written.len());
    for (read, written) in read.iter().zip(&written) {
        for ((read, written), column) in read.iter().zip(written).zip(&fixture.table.columns) {
            // The null of JSON is no other than the store's own where JSON is no type.
            if *read == Value::Null && *written == Value::Json("null".to_owned()) {
                continue;
            }
            assert_eq!(*read, portable(written.clone(), &column.column_type), "{}", column.column_type);
        }
    }
    Ok(())
}

async fn an_error_of_the_source_is_passed_on_and_the_store_is_as_good_as_before(stores: Stores) -> Result<()> {
    let mut fixture = Fixture::people(&stores).await?;
    let target = fixture.target(ALL, WriteMode::Insert);
    let outcome = fixture.store.write(&target, &mut rows_then_failure(people(0..600))).await;
    let error = outcome.expect_err("the source gave out");
    assert_eq!((error.code(), error.message()), ("test.source", "the source gave out"));
    assert_eq!(fixture.write(ALL, upsert(), people(0..600)).await?, 600);
    assert_eq!(fixture.rows().await?, people(0..600));
    Ok(())
}

async fn a_key_that_is_there_twice_is_an_error_that_names_the_row(stores: Stores) -> Result<()> {
    let mut fixture = Fixture::people(&stores).await?;
    let mut values = people(0..50);
    values[36][0] = values[4][0].clone();
    let error = fixture.write(ALL, WriteMode::Insert, values).await.expect_err("two rows have one key");
    assert_eq!(error.code(), "db.unique-violation");
    assert!(error.details().iter().any(|detail| detail == "row 37"), "row 37 is named in {:?}", error.details());
    Ok(())
}

async fn an_upsert_twice_is_the_same_as_once(stores: Stores) -> Result<()> {
    let mut fixture = Fixture::people(&stores).await?;
    for _ in 0..2 {
        assert_eq!(fixture.write(ALL, upsert(), people(0..700)).await?, 700);
        assert_eq!(fixture.rows().await?, people(0..700));
    }
    Ok(())
}

async fn an_upsert_leaves_the_columns_that_it_does_not_have(stores: Stores) -> Result<()> {
    let mut fixture = Fixture::people(&stores).await?;
    fixture.write(ALL, WriteMode::Insert, people(0..3)).await?;
    let changed = vec![vec![person(1)[0].clone(), text("New")], vec![person(3)[0].clone(), Value::Null]];
    fixture.write(&["id", "name"], upsert(), changed).await?;
    let mut expected = people(0..4);
    expected[1][1] = text("New");
    expected[3] = vec![person(3)[0].clone(), Value::Null, Value::Null];
    assert_eq!(fixture.rows().await?, expected);
    Ok(())
}

async fn clearing_deletes_every_row_of_its_table_and_of_no_other(stores: Stores) -> Result<()> {
    let mut fixture = Fixture::people(&stores).await?;
    fixture.write(ALL, WriteMode::Insert, people(0..650)).await?;
    let Fixture { database, name, .. } = fixture;
    let mut other = Fixture::on(database, "others", PEOPLE).await?;
    other.write(ALL, WriteMode::Insert, people(0..3)).await?;
    assert_eq!(other.store.clear(&name).await?, 650);
    assert_eq!(other.store.clear(&name).await?, 0);
    assert_eq!(other.rows().await?, people(0..3));
    assert!(other.database.rows(&name, PEOPLE).await?.is_empty());
    Ok(())
}

async fn a_place_is_known_and_shows_no_password(stores: Stores) -> Result<()> {
    let database = stores.database().await?;
    let store = database.connect().await?;
    let place = store.place();
    assert!(!place.server.is_empty() && !place.database.is_empty(), "{place:?}");
    assert!(!format!("{place:?}").contains('@'), "{place:?}");
    Ok(())
}
