//! Limits: what is let through is taken, and what is more than that is refused before it is sent.

use fastman_core::Result;
use fastman_core::store::{Store, WriteMode};
use fastman_core::value::Value;

use crate::support::{Emulator, Rows, connect, target, text};
use crate::tests;

tests!("limits":
    a_document_of_exactly_a_mebibyte_is_taken_and_one_byte_more_is_not,
    ids_are_as_long_and_as_strange_as_firestore_takes,
    maps_stand_twenty_deep,
);

async fn a_document_of_exactly_a_mebibyte_is_taken_and_one_byte_more_is_not(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let target = target("large", &["id", "one", "two"], WriteMode::Insert);
    // Its name 6 + 2 + 16, the names of the fields 4 each, the texts' ends 1 each, and 32 for the document.
    let most = (1 << 20) - (6 + 2 + 16) - 8 - 2 - 32;
    let row =
        |length: usize| Rows([vec![text("a"), text("x".repeat(1_000)), text("x".repeat(length - 1_000))]].into_iter());
    assert_eq!(store.write(&target, &mut row(most)).await?, 1);
    assert_eq!(store.documents("large").await?[0].fields["two"], text("x".repeat(most - 1_000)));
    let error = store.write(&target, &mut row(most + 1)).await.expect_err("one byte more");
    assert_eq!(error.message(), "the document large/a: it takes 1048577 bytes, and 1048576 (1 MiB) is the most");
    let alone = crate::support::target("large", &["id", "one"], WriteMode::Insert);
    let row = |length: usize| Rows([vec![text("a"), text("x".repeat(length))]].into_iter());
    assert_eq!(store.write(&alone, &mut row((1 << 20) - 89)).await?, 1);
    let error = store.write(&alone, &mut row((1 << 20) - 88)).await.expect_err("one byte more");
    assert_eq!(
        error.message(),
        "the document large/a: field one: it is 1048488 bytes long, and 1048487 is the most of one value"
    );
    Ok(())
}

async fn ids_are_as_long_and_as_strange_as_firestore_takes(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let mut ids =
        vec!["x".repeat(1_500), "...".to_owned(), "ü 日".to_owned(), "__a".to_owned(), "a b?c#d%2F".to_owned()];
    let rows: Vec<_> = ids.iter().map(|id| vec![text(id.as_str()), Value::Null]).collect();
    store.write(&target("t", &["id", "v"], WriteMode::Insert), &mut Rows(rows.into_iter())).await?;
    let mut read: Vec<String> = store.documents("t").await?.into_iter().map(|document| document.id).collect();
    ids.sort();
    read.sort();
    assert_eq!(read, ids);
    assert_eq!(store.clear(&"t".into()).await?, ids.len() as u64);
    Ok(())
}

async fn maps_stand_twenty_deep(emulator: &Emulator) -> Result<()> {
    let mut store = connect(&emulator.project()).await?;
    let value = (0..20).fold(Value::Null, |inner, _| Value::Map(vec![("m".to_owned(), inner)]));
    let rows = [vec![text("a"), value.clone()]];
    store.write(&target("t", &["id", "v"], WriteMode::Insert), &mut Rows(rows.into_iter())).await?;
    assert_eq!(store.documents("t").await?[0].fields["v"], value);
    Ok(())
}
