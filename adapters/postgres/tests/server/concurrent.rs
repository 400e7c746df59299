//! What runs outside of transactions: an index that is made CONCURRENTLY and cut off in the middle stays behind, not valid; a rerun
//! drops it and makes it again.

use std::sync::Arc;
use std::time::Duration;

use fastman_conformance::faults::{Fault, Faulty, Trap};
use fastman_core::Result;
use fastman_core::error::{Category, ErrorClass};
use fastman_core::migrate::{Extent, MigrateOptions, MigrationFile, Migrator, RollbackOptions, Settings, Source};
use fastman_core::store::SqlStore;
use fastman_core::value::Value;

use crate::support::{Database, Server, block_on, connect};

crate::tests!("concurrent":
    an_index_cut_off_in_the_middle_is_dropped_and_made_again,
    an_index_that_could_not_be_made_is_dropped_and_made_again,
    an_index_that_could_not_be_made_is_dropped_where_the_file_now_says_another,
    killed_at_any_call_a_rerun_makes_and_drops_what_was_left,
    an_index_made_again_by_a_rollback_is_made_again_too,
    an_index_that_was_there_before_is_not_touched,
);

const TABLE: &str = "-- migrate:up\nCREATE TABLE words (id INTEGER PRIMARY KEY, word VARCHAR(20), number INTEGER);
INSERT INTO words (id, word, number) VALUES (1, 'a', 1), (2, 'a', 2);\n";

/// Migrations as they stand when a command is run.
struct Files(Vec<String>);

impl Source for Files {
    fn files(&self) -> Result<Vec<MigrationFile>> {
        let name = |at: usize| format!("database/migrations/versions/2026010100000{at}_step.sql");
        self.0.iter().enumerate().map(|(at, text)| MigrationFile::new(&name(at), text.as_str())).collect()
    }
}

fn migrator(outside: &str) -> Migrator {
    let files = vec![TABLE.to_owned(), format!("-- migrate:up postgres transaction:false\n{outside}\n")];
    Migrator::new(Files(files), fastman_flavours::ALL, Settings::default())
}

async fn migrate(store: &mut dyn SqlStore, outside: &str) -> Result<()> {
    migrator(outside).migrate(store, &MigrateOptions::default(), &mut ()).await.map(drop)
}

/// The indexes that are not of a key, each with whether it is valid.
async fn indexes(store: &mut dyn SqlStore) -> Result<Vec<(String, bool)>> {
    let rows = store
        .query(
            "SELECT CAST(c.relname AS text), i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
             WHERE i.indrelid = to_regclass('words') AND NOT i.indisprimary ORDER BY 1",
            &[],
        )
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| match row.as_slice() {
            [Value::Text(name), Value::Boolean(valid)] => (name.clone(), *valid),
            other => panic!("{other:?}"),
        })
        .collect())
}

async fn states(store: &mut dyn SqlStore) -> Result<Vec<Vec<Value>>> {
    store.query("SELECT CAST(state AS text), session FROM fastman_migrations ORDER BY sequence", &[]).await
}

fn applied(count: usize) -> Vec<Vec<Value>> {
    vec![vec![Value::Text("applied".to_owned()), Value::Null]; count]
}

fn valid(names: &[&str]) -> Vec<(String, bool)> {
    names.iter().map(|name| ((*name).to_owned(), true)).collect()
}

async fn prepared(server: &Server) -> Result<Database> {
    let database = server.database().await?;
    let migrator = Migrator::new(Files(vec![TABLE.to_owned()]), fastman_flavours::ALL, Settings::default());
    migrator.migrate(&mut *connect(&database.url).await?, &MigrateOptions::default(), &mut ()).await?;
    Ok(database)
}

async fn an_index_cut_off_in_the_middle_is_dropped_and_made_again(server: &Server) -> Result<()> {
    const INDEX: &str = "CREATE INDEX CONCURRENTLY ix_words ON words (word);\nVACUUM words;";
    let database = Arc::new(prepared(server).await?);
    let mut other = connect(&database.url).await?;
    // It waits for a transaction that writes to the table, after it has put itself into the catalog.
    let mut writer = connect(&database.url).await?;
    writer.begin(Default::default()).await?;
    writer.execute("UPDATE words SET number = 3 WHERE id = 1", &[]).await?;
    let target = database.clone();
    let runner =
        std::thread::spawn(move || block_on(async { migrate(&mut *connect(&target.url).await?, INDEX).await }));
    while indexes(&mut *other).await? != [("ix_words".to_owned(), false)] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let ended = other
        .query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%'",
            &[],
        )
        .await?;
    assert_eq!(ended, [[Value::Boolean(true)]]);
    let error = runner.join().unwrap().expect_err("its session was ended");
    assert_eq!((error.class(), error.category()), (Some(ErrorClass::LostConnection), Category::HalfApplied), "{error}");
    writer.rollback().await?;
    assert_eq!(indexes(&mut *other).await?, [("ix_words".to_owned(), false)]);
    migrate(&mut *connect(&database.url).await?, INDEX).await?;
    assert_eq!(indexes(&mut *other).await?, valid(&["ix_words"]));
    assert_eq!(states(&mut *other).await?, applied(2));
    Ok(())
}

async fn an_index_that_could_not_be_made_is_dropped_and_made_again(server: &Server) -> Result<()> {
    const INDEX: &str = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ux_words ON words (word);";
    let database = prepared(server).await?;
    let mut store = connect(&database.url).await?;
    for _ in 0..2 {
        let error = migrate(&mut *store, INDEX).await.expect_err("two words are the same");
        assert_eq!(error.class(), Some(ErrorClass::UniqueViolation), "{error}");
        assert_eq!(indexes(&mut *store).await?, [("ux_words".to_owned(), false)]);
    }
    store.execute("UPDATE words SET word = 'b' WHERE id = 2", &[]).await?;
    migrate(&mut *store, INDEX).await?;
    assert_eq!(indexes(&mut *store).await?, valid(&["ux_words"]));
    assert_eq!(states(&mut *store).await?, applied(2));
    Ok(())
}

async fn an_index_that_could_not_be_made_is_dropped_where_the_file_now_says_another(server: &Server) -> Result<()> {
    let database = prepared(server).await?;
    let mut store = connect(&database.url).await?;
    migrate(&mut *store, "CREATE UNIQUE INDEX CONCURRENTLY ux_words ON words (word);").await.expect_err("not unique");
    migrate(&mut *store, "CREATE INDEX CONCURRENTLY ix_words ON words (word);").await?;
    assert_eq!(indexes(&mut *store).await?, valid(&["ix_words"]));
    assert_eq!(states(&mut *store).await?, applied(2));
    Ok(())
}

async fn killed_at_any_call_a_rerun_makes_and_drops_what_was_left(server: &Server) -> Result<()> {
    const STEPS: &str = "CREATE INDEX CONCURRENTLY ix_old ON words (lower(word));
CREATE INDEX CONCURRENTLY ix_new ON words USING hash (word);
DROP INDEX CONCURRENTLY ix_old;
CREATE INDEX CONCURRENTLY ix_part ON words (number) WHERE number > 1;";
    for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::Refused] {
        for at in 0.. {
            let database = prepared(server).await?;
            let trap = Trap::new(fault, at);
            let outcome = migrate(&mut Faulty::new(connect(&database.url).await?, trap.clone()), STEPS).await;
            let mut store = connect(&database.url).await?;
            migrate(&mut *store, STEPS).await.map_err(|error| error.with_detail(format!("{fault:?} at call {at}")))?;
            assert_eq!(indexes(&mut *store).await?, valid(&["ix_new", "ix_part"]), "{fault:?} at call {at}");
            assert_eq!(states(&mut *store).await?, applied(2), "{fault:?} at call {at}");
            if !trap.sprung() {
                outcome?;
                break;
            }
        }
    }
    Ok(())
}

async fn an_index_made_again_by_a_rollback_is_made_again_too(server: &Server) -> Result<()> {
    const STEPS: &str = "DROP INDEX CONCURRENTLY IF EXISTS ux_words;
-- migrate:down postgres transaction:false
CREATE UNIQUE INDEX CONCURRENTLY ux_words ON words (word);";
    let database = prepared(server).await?;
    let mut store = connect(&database.url).await?;
    migrate(&mut *store, STEPS).await?;
    let options = RollbackOptions { extent: Extent::Steps(1), ..RollbackOptions::default() };
    migrator(STEPS).rollback(&mut *store, &options, &mut ()).await.expect_err("two words are the same");
    assert_eq!(indexes(&mut *store).await?, [("ux_words".to_owned(), false)]);
    store.execute("UPDATE words SET word = 'b' WHERE id = 2", &[]).await?;
    migrator(STEPS).rollback(&mut *store, &options, &mut ()).await?;
    assert_eq!(indexes(&mut *store).await?, valid(&["ux_words"]));
    assert_eq!(states(&mut *store).await?, applied(1));
    Ok(())
}

async fn an_index_that_was_there_before_is_not_touched(server: &Server) -> Result<()> {
    const INDEX: &str = "CREATE INDEX CONCURRENTLY ix_words ON words (word);";
    let database = prepared(server).await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE INDEX ix_words ON words (number)", &[]).await?;
    for _ in 0..2 {
        let error = migrate(&mut *store, INDEX).await.expect_err("there is one of that name");
        assert_eq!(error.class(), Some(ErrorClass::AlreadyExists), "{error}");
        assert_eq!(indexes(&mut *store).await?, valid(&["ix_words"]));
    }
    store.execute("DROP INDEX ix_words", &[]).await?;
    migrate(&mut *store, INDEX).await?;
    assert_eq!(states(&mut *store).await?, applied(2));
    Ok(())
}
