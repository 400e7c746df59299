//! Facts: what the dialect states is what the server does, shown so that the opposite statement would fail.

use fastman_core::Result;
use fastman_core::dialect::{AlterStyle, DdlTransactions, LockScope, NaturalCase, Step};
use fastman_core::schema::Name;
use fastman_core::sql::binder;
use fastman_core::store::{LockAttempt, Transaction, TransactionOptions};
use fastman_core::value::Value;

use super::tests;
use crate::Context;

tests!("facts":
    the_dialect_states_what_the_adapter_expects,
    ddl_rolls_back_or_commits_as_stated,
    altering_rebuilds_or_not_as_stated,
    the_lock_goes_as_far_as_stated,
    unquoted_names_are_kept_in_the_case_stated,
    a_statement_takes_as_many_parameters_as_stated_and_no_more,
);

async fn the_dialect_states_what_the_adapter_expects(context: Context) -> Result<()> {
    let session = context.session().await?;
    assert_eq!(session.dialect().facts(), context.facts());
    assert_eq!(session.dialect().flavour(), context.flavour());
    Ok(())
}

async fn ddl_rolls_back_or_commits_as_stated(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session.apply("CREATE TABLE notes (id INTEGER PRIMARY KEY);").await?;
    let mut transaction = Transaction::begin(&mut *session.store, TransactionOptions::default()).await?;
    transaction.store().execute("INSERT INTO notes (id) VALUES (1)", &[]).await?;
    transaction.store().execute("CREATE TABLE made (id INTEGER)", &[]).await?;
    transaction.store().execute("INSERT INTO notes (id) VALUES (2)", &[]).await?;
    transaction.rollback().await?;
    let made = session.store.relations().await?.iter().any(|object| object.name.eq_ignore_ascii_case("made"));
    let kept = session.number("SELECT COUNT(*) FROM notes WHERE id = 1").await?;
    match context.facts().ddl {
        DdlTransactions::Transactional => assert_eq!((made, kept), (false, 0)),
        DdlTransactions::Committing => assert_eq!((made, kept), (true, 1)),
    }
    Ok(())
}

async fn altering_rebuilds_or_not_as_stated(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session.apply("CREATE TABLE notes (id INTEGER PRIMARY KEY, body VARCHAR(10));").await?;
    let sql = "ALTER TABLE notes ALTER COLUMN body SET DATA TYPE VARCHAR(20);";
    let source = fastman_core::error::SourceText::new("test.sql", sql);
    let changes: Vec<_> = binder::bind_all(&source, 0..sql.len(), &mut session.schema.clone())?
        .into_iter()
        .map(|bound| bound.change)
        .collect();
    let steps = session.render(&changes)?;
    let rebuilds = steps.iter().any(Step::suspends_foreign_keys);
    assert_eq!(rebuilds, context.facts().alter == AlterStyle::Rebuild, "{steps:?}");
    Ok(())
}

async fn the_lock_goes_as_far_as_stated(context: Context) -> Result<()> {
    let mut first = context.session().await?;
    let mut second = first.second().await?;
    let options = TransactionOptions::default();
    let key = "fastman conformance";
    match context.facts().lock {
        LockScope::Begin => {
            first.store.begin(options).await?;
            let error = second.store.begin(options).await.expect_err("beginning takes the lock");
            assert_eq!(error.class(), Some(fastman_core::error::ErrorClass::Busy));
            first.store.commit().await?;
            second.store.begin(options).await?;
            second.store.rollback().await
        }
        LockScope::Transaction => {
            first.store.begin(options).await?;
            assert_eq!(first.store.try_lock(key).await?, LockAttempt::Held);
            second.store.begin(options).await?;
            assert!(matches!(second.store.try_lock(key).await?, LockAttempt::Busy(_)));
            first.store.commit().await?;
            assert_eq!(second.store.try_lock(key).await?, LockAttempt::Held, "it went with the transaction");
            second.store.rollback().await
        }
        LockScope::Session => {
            assert_eq!(first.store.try_lock(key).await?, LockAttempt::Held);
            first.store.begin(options).await?;
            first.store.commit().await?;
            assert!(matches!(second.store.try_lock(key).await?, LockAttempt::Busy(_)), "it outlives a transaction");
            first.store.unlock(key).await?;
            assert_eq!(second.store.try_lock(key).await?, LockAttempt::Held);
            second.store.unlock(key).await
        }
    }
}

async fn unquoted_names_are_kept_in_the_case_stated(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session
        .apply("CREATE TABLE Notes (Id INTEGER PRIMARY KEY); CREATE TABLE \"Exact\" (id INTEGER PRIMARY KEY);")
        .await?;
    let mut names: Vec<String> = session.store.relations().await?.into_iter().map(|object| object.name).collect();
    names.sort();
    let natural = match context.facts().natural_case {
        NaturalCase::Lower => "notes",
        NaturalCase::Upper => "NOTES",
    };
    assert_eq!(names, ["Exact", natural]);
    Ok(())
}

async fn a_statement_takes_as_many_parameters_as_stated_and_no_more(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session.apply("CREATE TABLE notes (id INTEGER PRIMARY KEY); INSERT INTO notes (id) VALUES (1), (2), (3);").await?;
    let dialect = session.dialect();
    let id = dialect.quote(&Name::from("id"));
    let statement = |count: usize| {
        let placeholders: Vec<String> = (1..=count).map(|index| dialect.placeholder(index)).collect();
        let lists: Vec<String> =
            placeholders.chunks(500).map(|list| format!("{id} IN ({})", list.join(", "))).collect();
        let sql = format!("DELETE FROM {} WHERE {}", dialect.quote(&Name::from("notes")), lists.join(" OR "));
        // The last one alone is the id of a row.
        let values: Vec<Value> = (1..=count).map(|index| Value::Integer(if index == count { 2 } else { -1 })).collect();
        (sql, values)
    };
    let most = context.facts().max_parameters as usize;
    let (sql, values) = statement(most);
    assert_eq!(session.store.execute(&sql, &values).await?, 1);
    let (sql, values) = statement(most + 1);
    assert!(session.store.execute(&sql, &values).await.is_err(), "{} parameters are too many", most + 1);
    Ok(())
}
