//! Opening: which file, what for, and why not.

use std::fs;

use fastman_core::adapter::ConnectOptions;
use fastman_core::error::{Category, ErrorClass};
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use fastman_sqlite::ADAPTER;
use tempfile::TempDir;

use crate::support::{Database, connect_with, options_in, refusal};

fn read_only(folder: &TempDir) -> ConnectOptions {
    ConnectOptions { read_only: true, ..options_in(folder) }
}

#[tokio::test]
async fn a_relative_path_starts_at_the_project_and_an_absolute_one_at_the_root() {
    let folder = TempDir::new().unwrap();
    let store = connect_with("sqlite:///./app.db", &options_in(&folder)).await.unwrap();
    let file = folder.path().join("app.db");
    assert!(file.exists());
    assert_eq!(store.place().host, file.display().to_string());
    assert_eq!(store.place().database, "app.db");
    assert!(store.place().server.starts_with("SQLite 3."));
    drop(store);
    let absolute = format!("sqlite:///{}", folder.path().join("other.db").display());
    connect_with(&absolute, &ConnectOptions::default()).await.unwrap();
    assert!(folder.path().join("other.db").exists());
}

#[tokio::test]
async fn a_database_in_memory_has_no_second_session() {
    for url in ["sqlite::memory:", "sqlite:///:memory:", "sqlite:///x?mode=memory"] {
        let mut store = connect_with(url, &ConnectOptions::default()).await.unwrap();
        store.execute("CREATE TABLE t (a)", &[]).await.unwrap();
        assert!(store.sibling().await.unwrap().is_none());
        assert_eq!(store.place().host, ":memory:");
    }
}

#[tokio::test]
async fn what_is_in_the_way_of_opening_is_said_in_each_case() {
    let folder = TempDir::new().unwrap();
    let options = options_in(&folder);
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::write(
        folder.path().join("notes.txt"),
        "this is a text, and longer than a header of a database would be\n".repeat(20),
    )
    .unwrap();
    let nothing = ConnectOptions { create: false, ..options.clone() };
    for (url, options, class, words) in [
        ("sqlite:///./nowhere/app.db", &options, ErrorClass::Unreachable, "nowhere is not there"),
        ("sqlite:///./folder", &options, ErrorClass::Unreachable, "is a folder"),
        ("sqlite:///./notes.txt/app.db", &options, ErrorClass::Unreachable, "is not a folder"),
        ("sqlite:///./notes.txt", &options, ErrorClass::Corrupt, "is not a SQLite database"),
        ("sqlite:///./app.db", &nothing, ErrorClass::MissingDatabase, "is not there"),
        ("sqlite:///./app.db?mode=rw", &options, ErrorClass::MissingDatabase, "is not there"),
        ("sqlite:///./app.db?mode=ro", &options, ErrorClass::MissingDatabase, "is not there"),
        ("sqlite:///./nowhere/app.db", &nothing, ErrorClass::Unreachable, "nowhere is not there"),
    ] {
        let error = refusal(url, options).await;
        assert_eq!(error.class(), Some(class), "{url}: {error}");
        assert!(error.message().contains(words), "{url}: {error}");
        assert!(error.help().is_some());
    }
    assert!(!folder.path().join("app.db").exists());
}

#[tokio::test]
async fn an_unknown_parameter_is_wrong_use() {
    let folder = TempDir::new().unwrap();
    for (url, help) in [
        ("sqlite:///./app.db?busy_timeuot=5", "did you mean busy_timeout?"),
        ("sqlite:///./app.db?busy_timeout=soon", "it takes milliseconds"),
        ("sqlite:///./app.db?mode=rx", "it takes ro, rw, rwc or memory"),
    ] {
        let error = refusal(url, &options_in(&folder)).await;
        assert_eq!(error.category(), Category::Usage);
        assert!(error.help().unwrap().contains(help), "{error}");
    }
    connect_with("sqlite:///./app.db?check_same_thread=false&timeout=0.5", &options_in(&folder)).await.unwrap();
}

#[tokio::test]
async fn creating_a_database_is_done_once() {
    let folder = TempDir::new().unwrap();
    let url = DatabaseUrl::parse("sqlite:///./app.db").unwrap();
    assert!((ADAPTER.create_database)(&url, &options_in(&folder)).await.unwrap());
    assert!(!(ADAPTER.create_database)(&url, &options_in(&folder)).await.unwrap());
    let nowhere = DatabaseUrl::parse("sqlite:///./nowhere/app.db").unwrap();
    let error = (ADAPTER.create_database)(&nowhere, &options_in(&folder)).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::Unreachable));
}

#[tokio::test]
async fn reading_leaves_a_cleanly_closed_file_as_it_is_and_writes_nothing() {
    let mut database = Database::with("CREATE TABLE posts (id BIGINT PRIMARY KEY); INSERT INTO posts VALUES (1)").await;
    database.store = connect_with("sqlite::memory:", &database.options()).await.unwrap();
    let before = fs::read(database.file()).unwrap();
    let mut reader = connect_with("sqlite:///./app.db", &read_only(&database.folder)).await.unwrap();
    assert_eq!(reader.query("SELECT id FROM posts", &[]).await.unwrap(), [[Value::Integer(1)]]);
    let error = reader.execute("DELETE FROM posts", &[]).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::ReadOnly));
    assert!(error.message().contains("app.db"));
    drop(reader);
    assert_eq!(fs::read(database.file()).unwrap(), before);
    assert_eq!(fs::read_dir(database.folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_in_wal_mode_can_be_read_while_it_is_written_and_afterwards() {
    let mut database = Database::with("CREATE TABLE posts (id BIGINT PRIMARY KEY)").await;
    database.raw(&["PRAGMA journal_mode = WAL", "INSERT INTO posts VALUES (1)"]).await;
    let mut reader = connect_with("sqlite:///./app.db", &read_only(&database.folder)).await.unwrap();
    assert_eq!(reader.query("SELECT id FROM posts", &[]).await.unwrap().len(), 1);
    drop(reader);
    database.store = connect_with("sqlite::memory:", &database.options()).await.unwrap();
    let before = fs::read(database.file()).unwrap();
    let mut reader = connect_with("sqlite:///./app.db", &read_only(&database.folder)).await.unwrap();
    assert_eq!(reader.query("SELECT id FROM posts", &[]).await.unwrap().len(), 1);
    drop(reader);
    assert_eq!(fs::read(database.file()).unwrap(), before);
}

/// What a process leaves that is killed between writing to the file and committing: the file half written, and a
/// journal.
async fn killed_in_a_transaction() -> Database {
    let mut database = Database::with("CREATE TABLE posts (id BIGINT PRIMARY KEY, title TEXT)").await;
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) \
                  INSERT INTO posts SELECT i, hex(randomblob(200)) FROM n";
    database.raw(&[insert, "PRAGMA cache_size = 2", "PRAGMA cache_spill = 1"]).await;
    database.store.begin(fastman_core::store::TransactionOptions::default()).await.unwrap();
    database.raw(&["UPDATE posts SET title = 'half'"]).await;
    let copies = TempDir::new().unwrap();
    for name in ["app.db", "app.db-journal"] {
        fs::copy(database.folder.path().join(name), copies.path().join(name)).unwrap();
    }
    database.store = connect_with("sqlite::memory:", &database.options()).await.unwrap();
    database.folder = copies;
    database
}

#[tokio::test]
async fn what_a_killed_process_left_is_rolled_back_by_a_reader_too() {
    let database = killed_in_a_transaction().await;
    let mut reader = connect_with("sqlite:///./app.db", &read_only(&database.folder)).await.unwrap();
    let rows = reader.query("SELECT count(*) FROM posts WHERE title = 'half'", &[]).await.unwrap();
    assert_eq!(rows, [[Value::Integer(0)]]);
    assert!(!database.folder.path().join("app.db-journal").exists());
    assert!(reader.execute("DELETE FROM posts", &[]).await.is_err());
}

#[tokio::test]
async fn what_a_killed_process_left_is_rolled_back_by_a_writer() {
    let database = killed_in_a_transaction().await;
    let mut store = connect_with("sqlite:///./app.db", &database.options()).await.unwrap();
    let rows = store.query("SELECT count(*) FROM posts WHERE title = 'half'", &[]).await.unwrap();
    assert_eq!(rows, [[Value::Integer(0)]]);
}
