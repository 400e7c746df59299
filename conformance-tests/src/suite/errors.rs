//! Errors: what the server says is classified, and a failed statement costs nothing but itself.

use fastman_core::Result;
use fastman_core::error::ErrorClass;

use super::tests;
use crate::{Context, Session};

tests!("errors":
    violations_are_told_apart,
    a_missing_table_is_told,
    a_table_that_exists_already_is_told,
    a_statement_that_makes_no_sense_is_an_error_in_the_servers_words,
    a_session_goes_on_after_an_error,
);

async fn session(context: &Context) -> Result<Session> {
    let mut session = context.session().await?;
    session
        .apply(
            "CREATE TABLE parents (id INTEGER PRIMARY KEY);
             CREATE TABLE children (
                 id INTEGER PRIMARY KEY,
                 parent INTEGER REFERENCES parents (id),
                 code VARCHAR(10) NOT NULL UNIQUE,
                 age INTEGER CHECK (age >= 0)
             );
             INSERT INTO parents (id) VALUES (1);
             INSERT INTO children (id, parent, code, age) VALUES (1, 1, 'a', 1);",
        )
        .await?;
    Ok(session)
}

/// Asserts that the statement of the engine's own SQL fails as it should.
async fn expect(session: &mut Session, sql: &str, class: ErrorClass) {
    match session.execute(sql).await {
        Ok(_) => panic!("{sql} succeeded"),
        Err(error) => {
            assert_eq!(error.class(), Some(class), "{sql}: {error}");
            assert!(!error.message().is_empty());
        }
    }
}

async fn violations_are_told_apart(context: Context) -> Result<()> {
    let mut session = session(&context).await?;
    let cases = [
        ("INSERT INTO parents (id) VALUES (1)", ErrorClass::UniqueViolation),
        ("INSERT INTO children (id, code) VALUES (2, 'a')", ErrorClass::UniqueViolation),
        ("INSERT INTO children (id, code, parent) VALUES (2, 'b', 9)", ErrorClass::ForeignKeyViolation),
        ("DELETE FROM parents WHERE id = 1", ErrorClass::ForeignKeyViolation),
        ("INSERT INTO children (id, code, age) VALUES (2, 'b', -1)", ErrorClass::CheckViolation),
        ("INSERT INTO children (id, code) VALUES (2, NULL)", ErrorClass::NotNullViolation),
    ];
    for (sql, class) in cases {
        expect(&mut session, sql, class).await;
    }
    assert_eq!(session.number("SELECT COUNT(*) FROM children").await?, 1);
    Ok(())
}

async fn a_missing_table_is_told(context: Context) -> Result<()> {
    let mut session = session(&context).await?;
    expect(&mut session, "INSERT INTO nowhere (id) VALUES (1)", ErrorClass::MissingTable).await;
    expect(&mut session, "DROP TABLE nowhere", ErrorClass::MissingTable).await;
    let error = session.query("SELECT id FROM nowhere").await.expect_err("there is no such table");
    assert_eq!(error.class(), Some(ErrorClass::MissingTable));
    Ok(())
}

async fn a_table_that_exists_already_is_told(context: Context) -> Result<()> {
    let mut session = session(&context).await?;
    expect(&mut session, "CREATE TABLE parents (id INTEGER)", ErrorClass::AlreadyExists).await;
    Ok(())
}

async fn a_statement_that_makes_no_sense_is_an_error_in_the_servers_words(context: Context) -> Result<()> {
    let mut session = session(&context).await?;
    let error = session.execute("FRIEND THE TABLE").await.expect_err("that is no SQL");
    assert_eq!(error.class(), Some(ErrorClass::Other));
    assert!(error.message().to_lowercase().contains("friend"), "{error}");
    Ok(())
}

async fn a_session_goes_on_after_an_error(context: Context) -> Result<()> {
    let mut session = session(&context).await?;
    for _ in 0..3 {
        expect(&mut session, "INSERT INTO nowhere (id) VALUES (1)", ErrorClass::MissingTable).await;
        assert_eq!(session.number("SELECT COUNT(*) FROM parents").await?, 1);
    }
    session.apply("INSERT INTO parents (id) VALUES (2);").await?;
    assert_eq!(session.number("SELECT COUNT(*) FROM parents").await?, 2);
    Ok(())
}
