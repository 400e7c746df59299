//! Writing again, being stopped, sub-collections and clearing.

use std::time::Duration;

use fastman_core::Result;
use fastman_core::schema::Name;
use fastman_core::store::{Store, WriteMode, document_id};
use fastman_core::value::Value;

use crate::support::{Emulator, Rows, connect, target, text};
use crate::tests;

tests!("rewriting":
    written_twice_it_is_the_same_as_once,
    stopped_in_the_middle_and_written_again_it_is_complete,
    an_insert_replaces_the_whole_document_and_an_upsert_the_fields_that_it_has,
    without_an_id_the_key_names_the_document,
    of_two_rows_with_one_key_the_later_one_stays,
    a_sub_collection_is_written_and_cleared_by_its_path,
    clearing_many_documents_deletes_them_all_and_no_others,
);

fn users(count: i64) -> impl Iterator<Item = Vec<Value>> + Send {
    (0..count).map(|number| vec![text(format!("u{number:05}")), Value::Integer(number), text(format!("User {number}"))])
}

const COLUMNS: [&str; 3] = ["id", "number", "name"];

async fn written_twice_it_is_the_same_as_once(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let target = target("users", &COLUMNS, WriteMode::Insert);
    assert_eq!(store.write(&target, &mut Rows(users(1_203))).await?, 1_203);
    let once = store.documents("users").await?;
    assert_eq!(once.len(), 1_203);
    assert_eq!(store.write(&target, &mut Rows(users(1_203))).await?, 1_203);
    assert_eq!(store.documents("users").await?, once);
    Ok(())
}

async fn stopped_in_the_middle_and_written_again_it_is_complete(emulator: &Emulator) -> Result<()> {
    let url = emulator.project();
    let target = target("users", &COLUMNS, WriteMode::Insert);
    let mut store = connect(&url).await?;
    // Dropped at any moment, as Ctrl-C and a kill do.
    let slowly = users(20_000).inspect(|row| {
        if matches!(row[1], Value::Integer(number) if number % 500 == 0) {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let stopped = tokio::time::timeout(Duration::from_millis(300), store.write(&target, &mut Rows(slowly))).await;
    assert!(stopped.is_err(), "it was done too soon to be stopped");
    drop(store);
    let mut store = connect(&url).await?;
    let before = store.documents("users").await?.len();
    assert!(before < 20_000, "{before}");
    assert_eq!(store.write(&target, &mut Rows(users(3_000))).await?, 3_000);
    let ids = store.documents("users").await?.into_iter().map(|document| document.id);
    let expected: Vec<String> = (0..3_000).map(|number| format!("u{number:05}")).collect();
    assert_eq!(ids.take(3_000).collect::<Vec<_>>(), expected);
    Ok(())
}

async fn an_insert_replaces_the_whole_document_and_an_upsert_the_fields_that_it_has(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let full = target("users", &COLUMNS, WriteMode::Insert);
    store.write(&full, &mut Rows(users(2))).await?;
    let part = |mode| target("users", &["id", "name"], mode);
    let changed = || Rows([vec![text("u00001"), text("New")]].into_iter());
    store.write(&part(WriteMode::Upsert { key: vec!["id".into()] }), &mut changed()).await?;
    let documents = store.documents("users").await?;
    assert_eq!(documents[0].fields["name"], text("User 0"));
    assert_eq!((&documents[1].fields["name"], &documents[1].fields["number"]), (&text("New"), &Value::Integer(1)));
    store.write(&part(WriteMode::Insert), &mut changed()).await?;
    assert_eq!(store.documents("users").await?[1].fields.len(), 1);
    Ok(())
}

async fn without_an_id_the_key_names_the_document(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let mut upsert = target("users", &["email", "name"], WriteMode::Upsert { key: vec!["email".into()] });
    upsert.document_id = None;
    for name in ["Ada", "Countess"] {
        let rows = [vec![text("ada@example.com"), text(name)]];
        store.write(&upsert, &mut Rows(rows.into_iter())).await?;
    }
    let documents = store.documents("users").await?;
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].id, document_id(&[text("ada@example.com")]));
    assert_eq!(documents[0].fields["name"], text("Countess"));
    assert_eq!(documents[0].fields["email"], text("ada@example.com"));
    Ok(())
}

async fn of_two_rows_with_one_key_the_later_one_stays(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let upsert = target("users", &["id", "n"], WriteMode::Upsert { key: vec!["id".into()] });
    let rows = (0..3_000).map(|number| vec![Value::Integer(number % 700), Value::Integer(number)]);
    assert_eq!(store.write(&upsert, &mut Rows(rows)).await?, 3_000);
    for document in store.documents("users").await? {
        let id: i64 = document.id.parse().unwrap();
        let last = (0..3_000).rev().find(|number| number % 700 == id).unwrap();
        assert_eq!(document.fields["n"], Value::Integer(last));
    }
    Ok(())
}

async fn a_sub_collection_is_written_and_cleared_by_its_path(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    for collection in ["users", "users/u00001/posts", "users/u00002/posts"] {
        store.write(&target(collection, &COLUMNS, WriteMode::Insert), &mut Rows(users(3))).await?;
    }
    assert_eq!(store.clear(&Name::exact("users/u00001/posts")).await?, 3);
    assert!(store.documents("users/u00001/posts").await?.is_empty());
    assert_eq!(store.documents("users/u00002/posts").await?.len(), 3);
    assert_eq!(store.clear(&Name::exact("users")).await?, 3);
    assert_eq!(store.documents("users/u00002/posts").await?.len(), 3, "a sub-collection is a collection of its own");
    Ok(())
}

async fn clearing_many_documents_deletes_them_all_and_no_others(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    for collection in ["users", "posts"] {
        store.write(&target(collection, &COLUMNS, WriteMode::Insert), &mut Rows(users(2_345))).await?;
    }
    assert_eq!(store.clear(&Name::exact("users")).await?, 2_345);
    assert_eq!(store.clear(&Name::exact("users")).await?, 0);
    assert!(store.documents("users").await?.is_empty());
    assert_eq!(store.documents("posts").await?.len(), 2_345);
    Ok(())
}
