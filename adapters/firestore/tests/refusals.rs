//! What becomes of a run when Firestore refuses, is busy, says nothing or is not there: an error within 15 seconds that says what,
//! where, and what was written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

#[path = "support/scripted.rs"]
mod scripted;
mod support;

use std::time::Duration;

use fastman_core::adapter::ConnectOptions;
use fastman_core::project::Environment;
use fastman_core::schema::Name;
use fastman_core::store::{Store, WriteMode};
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use fastman_core::{Error, Result};
use scripted::{Answer, Scripted, serve};
use support::{Rows, connect, said, target, text};
use tokio::time::Instant;

/// The codes of gRPC.
const DEADLINE_EXCEEDED: u32 = 4;
const NOT_FOUND: u32 = 5;
const PERMISSION_DENIED: u32 = 7;
const RESOURCE_EXHAUSTED: u32 = 8;
const ABORTED: u32 = 10;
const UNAVAILABLE: u32 = 14;
const UNAUTHENTICATED: u32 = 16;

fn users(count: u32) -> impl Iterator<Item = Vec<Value>> + Send {
    (1..=count).map(|number| vec![text(format!("u{number:05}")), Value::Integer(i64::from(number))])
}

/// Writes so many documents to a server whose commits get these answers.
async fn write(count: u32, script: impl Fn(usize) -> Answer + Send + Sync + 'static) -> (Scripted, Result<u64>) {
    let server = serve(move |method, number| if method == "Commit" { script(number) } else { Answer::Fine }).await;
    let mut store = connect(&server.url).await.unwrap();
    let target = target("users", &["id", "n"], WriteMode::Insert);
    let outcome = store.write(&target, &mut Rows(users(count))).await;
    (server, outcome)
}

fn expect(error: &Error, code: &str, words: &[&str]) {
    assert_eq!(error.code(), code, "{}", said(error));
    for words in words {
        assert!(said(error).contains(words), "{words:?} in {}", said(error));
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_until_it_is_done() {
    let codes = [ABORTED, UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED];
    let (server, outcome) = write(1_200, move |number| match codes.get(number - 1) {
        Some(code) => Answer::Status(*code, "try again"),
        None => Answer::Fine,
    })
    .await;
    assert_eq!(outcome.unwrap(), 1_200);
    assert_eq!(server.commits(), 3 + 4);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again_and_names_the_collection_the_documents_and_what_was_written() {
    let (server, outcome) = write(20_000, |number| match number {
        1..=4 => Answer::Fine,
        5 => Answer::Status(PERMISSION_DENIED, "Missing or insufficient permissions."),
        _ => Answer::Fine,
    })
    .await;
    let error = outcome.unwrap_err();
    let commits = server.commits();
    assert!((5..40).contains(&commits), "{commits}");
    expect(
        &error,
        "db.no-privilege",
        &[
            "writing to the collection users: Missing or insufficient permissions (PERMISSION_DENIED)",
            "one of the rows ",
            "which are written together or not at all",
            &format!("written before it stopped: {} documents of users\n", (commits - 1) * 500),
            "roles/datastore.user",
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_is_an_error_within_fifteen_seconds() {
    for (code, expected) in [
        (UNAVAILABLE, "db.unreachable"),
        (RESOURCE_EXHAUSTED, "db.full"),
        (ABORTED, "db.error"),
        (DEADLINE_EXCEEDED, "db.unreachable"),
    ] {
        let start = Instant::now();
        let (server, outcome) = write(700, move |_| Answer::Status(code, "not now")).await;
        expect(&outcome.unwrap_err(), expected, &["not now", "written before it stopped: 0 documents of users"]);
        assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
        assert!(server.commits() > 6, "{}", server.commits());
    }
}

#[tokio::test]
async fn silence_is_an_error_within_fifteen_seconds_and_what_may_be_written_is_said() {
    let start = Instant::now();
    let (_, outcome) = write(700, |number| if number == 1 { Answer::Fine } else { Answer::Silence }).await;
    let error = outcome.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    expect(
        &error,
        "db.unreachable",
        &[
            "there was no answer in",
            "(DEADLINE_EXCEEDED)",
            "written before it stopped: 500 documents of users, and perhaps 200 more",
        ],
    );
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_when_another_commit_is_refused() {
    let start = Instant::now();
    let (_, outcome) = write(1_000, |number| match number {
        1 => Answer::Silence,
        _ => Answer::Late(Duration::from_millis(50), Box::new(Answer::Status(PERMISSION_DENIED, "no"))),
    })
    .await;
    expect(&outcome.unwrap_err(), "db.no-privilege", &["0 documents of users, and perhaps 500 more"]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn connecting_says_what_is_wrong() {
    for (answer, code, words) in [
        (
            Answer::Status(NOT_FOUND, "The database (default) does not exist for project scripted"),
            "db.missing-database",
            &[
                "connecting to the project scripted: The database (default) does not exist",
                "is scripted the project's id",
            ][..],
        ),
        (Answer::Status(PERMISSION_DENIED, "no"), "db.no-privilege", &["is scripted the right project?"]),
        (Answer::Status(UNAUTHENTICATED, "bad token"), "db.authentication", &["GOOGLE_APPLICATION_CREDENTIALS"]),
    ] {
        let server = serve(move |_, _| answer.clone()).await;
        expect(&connect(&server.url).await.unwrap_err(), code, words);
        assert_eq!(server.calls.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn an_emulator_that_is_down_is_named_at_once() {
    let start = Instant::now();
    let error = connect("firestore://p?emulator=127.0.0.1:1").await.unwrap_err();
    expect(&error, "db.unreachable", &["can't be reached at 127.0.0.1:1", "refused", "is the emulator running?"]);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_in_the_time_that_connecting_has() {
    let server = serve(|_, _| Answer::Silence).await;
    let options = ConnectOptions { timeout: Duration::from_millis(400), ..ConnectOptions::default() };
    let start = Instant::now();
    let outcome = fastman_firestore::connect(&DatabaseUrl::parse(&server.url).unwrap(), &options).await;
    expect(&outcome.unwrap_err(), "db.unreachable", &["no answer"]);
    assert!(start.elapsed() < Duration::from_millis(1_400), "{:?}", start.elapsed());
}

#[tokio::test]
async fn without_credentials_the_error_says_where_they_are_looked_for() {
    // The machine that this runs on may be one of Google's, with an account of its own: then there is no such project.
    let environment = Environment::parse(std::path::Path::new("/p/.env"), "HOME=/nowhere", |_| None).unwrap();
    let options = ConnectOptions { environment, timeout: Duration::from_secs(4), ..ConnectOptions::default() };
    let start = Instant::now();
    let url = DatabaseUrl::parse("firestore://fastman-no-such-project").unwrap();
    let error = fastman_firestore::connect(&url, &options).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    expect(&error, error.code(), &["GOOGLE_APPLICATION_CREDENTIALS", "FIREBASE_CREDENTIALS_PATH", "gcloud auth"]);
}

#[tokio::test]
async fn what_firestore_would_refuse_is_refused_before_it_is_sent_with_collection_and_document() {
    let server = serve(|_, _| Answer::Fine).await;
    let mut store = connect(&server.url).await.unwrap();
    let row = |id: Value, value: Value| vec![id, value];
    let nested = Value::Array(vec![Value::Array(vec![])]);
    let map = Value::Map(vec![("__a__".to_owned(), Value::Null)]);
    for (row, words) in [
        (row(text("a/b"), Value::Null), "the document \"a/b\" of users: a slash stands in the id"),
        (row(text("__a__"), Value::Null), "the document \"__a__\" of users: \"__a__\" is a name that Firestore keeps"),
        (row(text("x".repeat(1_501)), Value::Null), "is 1501 bytes long, and 1500 is the most"),
        (row(Value::Double(1.0), Value::Null), "a document of users can't have Double(1.0) for its id"),
        (row(text("a"), map), "the document users/a: field n.__a__: \"__a__\" is a name that Firestore keeps"),
        (row(text("a"), nested), "the document users/a: field n[0]: Firestore has no arrays directly inside arrays"),
        (row(text("a"), text("x".repeat(1 << 20))), "the document users/a: field n: it is 1048576 bytes long"),
        (
            row(text("a"), Value::Array(vec![text("x".repeat(1 << 19)), text("x".repeat(1 << 19))])),
            "the document users/a: it takes 1048636 bytes, and 1048576 (1 MiB) is the most",
        ),
        (row(text("u00001"), Value::Null), "two rows of users have the id of the document users/u00001"),
    ] {
        let rows = users(2).chain([row]);
        let outcome = store.write(&target("users", &["id", "n"], WriteMode::Insert), &mut Rows(rows)).await;
        expect(
            &outcome.unwrap_err(),
            if words.starts_with("two") { "db.unique-violation" } else { "db.bad-value" },
            &[words, "row 3", "0 documents of users"],
        );
    }
    for (collection, field, words) in [
        ("users", "__n__", "the documents of users can't have a field: \"__n__\""),
        ("users", "", "the name of a field is empty"),
        ("users/alice", "n", "an even number of parts names a document"),
        ("__users__", "n", "the collection \"__users__\""),
    ] {
        let outcome = store.write(&target(collection, &["id", field], WriteMode::Insert), &mut Rows(users(1))).await;
        let error = outcome.unwrap_err();
        expect(&error, error.code(), &[words]);
    }
    let mut nameless = target("users", &["id", "n"], WriteMode::Insert);
    nameless.document_id = None;
    let error = store.write(&nameless, &mut Rows(users(1))).await.unwrap_err();
    expect(&error, "firestore.no-id", &["nothing says which ids"]);
    assert_eq!(server.commits(), 0);
}

#[tokio::test]
async fn commits_stay_below_the_limits_of_a_request() {
    let server = serve(|_, _| Answer::Fine).await;
    let mut store = connect(&server.url).await.unwrap();
    let large = (0..40).map(|number| vec![Value::Integer(number), text("x".repeat(1_000_000))]);
    store.write(&target("large", &["id", "text"], WriteMode::Insert), &mut Rows(large)).await.unwrap();
    let calls = server.calls.lock().unwrap().clone();
    assert!(calls.iter().all(|(_, size)| *size <= 4 << 20), "{calls:?}");
    assert_eq!(calls.iter().filter(|(method, _)| method == "Commit").count(), 10);
    server.calls.lock().unwrap().clear();
    // A field that the server fills in counts as a write of its own.
    let stamped = (0..1_000).map(|number| vec![Value::Integer(number), Value::ServerTimestamp]);
    store.write(&target("stamped", &["id", "at"], WriteMode::Insert), &mut Rows(stamped)).await.unwrap();
    assert_eq!(server.commits(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_real_project_is_written_to_at_the_rate_that_google_asks_for() {
    let server = serve(|_, _| Answer::Fine).await;
    let mut store = connect(&format!("{}&ramp_up=on", server.url)).await.unwrap();
    let start = Instant::now();
    store.write(&target("users", &["id", "n"], WriteMode::Insert), &mut Rows(users(10_000))).await.unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert!((18.9..20.5).contains(&seconds), "{seconds}");
    // The pace is the store's, not a stream's.
    store.write(&target("posts", &["id", "n"], WriteMode::Insert), &mut Rows(users(5_000))).await.unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert!((28.9..30.5).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_connection_for_reading_writes_nothing() {
    let server = serve(|_, _| Answer::Fine).await;
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let mut store = fastman_firestore::connect(&DatabaseUrl::parse(&server.url).unwrap(), &options).await.unwrap();
    let outcome = store.write(&target("users", &["id", "n"], WriteMode::Insert), &mut Rows(users(1))).await;
    expect(&outcome.unwrap_err(), "db.read-only", &[]);
    expect(&store.clear(&Name::exact("users")).await.unwrap_err(), "db.read-only", &[]);
    assert_eq!(server.commits(), 0);
}
