//! Connecting: addresses, accounts, schemas, and errors that say what to do.

use std::time::{Duration, Instant};

use fastman_core::Result;
use fastman_core::adapter::ConnectOptions;
use fastman_core::error::ErrorClass;
use fastman_core::url::DatabaseUrl;
use fastman_core::value::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Server, connect, connect_with};

/// How long a scripted server stays.
const BRIEFLY: Duration = Duration::from_millis(200);

crate::tests!("connecting":
    a_unix_socket_is_named_as_a_host,
    a_schema_of_the_url_is_where_everything_goes,
    a_wrong_password_is_told_and_not_shown,
    a_missing_database_is_told_and_made,
    nobody_listening_is_told_at_once,
    a_silent_peer_is_given_up_after_the_time_allowed,
    a_server_that_falls_silent_behind_the_login_is_given_up_too,
    something_else_at_the_port_is_told,
    a_server_that_is_too_old_is_refused,
    a_read_only_connection_writes_nothing,
    an_account_without_privileges_is_told_what_it_lacks,
    a_name_for_the_session_is_shown_by_the_server,
);

async fn a_unix_socket_is_named_as_a_host(server: &Server) -> Result<()> {
    let Some((folder, port)) = server.socket() else { return Ok(()) };
    let folder = folder.display().to_string();
    let encoded = folder.replace('/', "%2F");
    for url in [
        format!("postgresql://postgres@/postgres?host={folder}&port={port}"),
        format!("postgresql://postgres@{encoded}:{port}/postgres"),
    ] {
        let store = connect(&url).await?;
        assert_eq!(store.place().host, format!("{folder}/.s.PGSQL.{port}"));
        assert_eq!(store.place().database, "postgres");
        assert!(store.place().server.starts_with("PostgreSQL "));
    }
    Ok(())
}

async fn a_schema_of_the_url_is_where_everything_goes(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let url = format!("{}?schema=My%20App", database.url);
    let parsed = DatabaseUrl::parse(&url)?;
    let create = fastman_postgres::ADAPTER.create_database;
    assert!(create(&parsed, &ConnectOptions::default()).await?);
    assert!(!create(&parsed, &ConnectOptions::default()).await?);
    let mut store = connect(&url).await?;
    store.execute("CREATE TABLE things (id integer)", &[]).await?;
    assert_eq!(store.relations().await?.len(), 1);
    let rows = store.query("SELECT CAST(schemaname AS text) FROM pg_tables WHERE tablename = 'things'", &[]).await?;
    assert_eq!(rows, [[Value::Text("My App".to_owned())]]);
    assert!(connect(&database.url).await?.relations().await?.is_empty());
    Ok(())
}

async fn a_wrong_password_is_told_and_not_shown(server: &Server) -> Result<()> {
    let Some(port) = server.port() else { return Ok(()) };
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE ROLE locked LOGIN PASSWORD 'right'", &[]).await?;
    // Only this account has to say its password.
    let rows = store.query("SHOW hba_file", &[]).await?;
    let Value::Text(file) = &rows[0][0] else { panic!("no hba_file") };
    let rules = std::fs::read_to_string(file).unwrap();
    std::fs::write(file, format!("host all locked 127.0.0.1/32 scram-sha-256\n{rules}")).unwrap();
    store.query("SELECT pg_reload_conf()", &[]).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let url = |login: &str| format!("postgresql://{login}@127.0.0.1:{port}/{}", database.name);
    let error = connect(&url("locked:s3cr3t%40x")).await.err().expect("the password is wrong");
    assert_eq!(error.class(), Some(ErrorClass::Authentication));
    let everything = format!("{error} {error:?} {:?} {:?}", error.help(), error.details());
    assert!(!everything.contains("s3cr3t"), "{everything}");
    let error = connect(&url("locked")).await.err().expect("there is no password");
    assert_eq!(error.class(), Some(ErrorClass::Authentication), "{error}");
    connect(&url("locked:right")).await.map(|_| ())
}

async fn a_missing_database_is_told_and_made(server: &Server) -> Result<()> {
    let name = format!("fastman_made_{}", std::process::id());
    let url = server.url(&name);
    let error = connect(&url).await.err().expect("there is no such database");
    assert_eq!(error.class(), Some(ErrorClass::MissingDatabase));
    assert!(error.help().unwrap_or_default().contains("db:create"));
    let parsed = DatabaseUrl::parse(&url)?;
    let create = fastman_postgres::ADAPTER.create_database;
    assert!(create(&parsed, &ConnectOptions::default()).await?);
    assert!(!create(&parsed, &ConnectOptions::default()).await?);
    drop(connect(&url).await?);
    connect(&server.url("postgres")).await?.execute(&format!("DROP DATABASE {name} WITH (FORCE)"), &[]).await?;
    Ok(())
}

async fn nobody_listening_is_told_at_once(_: &Server) -> Result<()> {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let begun = Instant::now();
    let error = connect(&format!("postgresql://me:s3cr3t@127.0.0.1:{port}/x")).await.err().expect("nobody listens");
    assert_eq!(error.class(), Some(ErrorClass::Unreachable));
    assert!(error.message().contains(&port.to_string()) && !error.message().contains("s3cr3t"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(3));
    let error = connect("postgresql://me@/x?host=/nowhere").await.err().expect("there is no such socket");
    assert_eq!(error.class(), Some(ErrorClass::Unreachable));
    Ok(())
}

async fn a_silent_peer_is_given_up_after_the_time_allowed(_: &Server) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let begun = Instant::now();
    let url = format!("postgresql://127.0.0.1:{port}/x?connect_timeout=1");
    let error = connect(&url).await.err().expect("nobody answers");
    assert_eq!(error.class(), Some(ErrorClass::Unreachable));
    assert!(error.message().contains("within 1 s"), "{error}");
    let options = ConnectOptions { timeout: Duration::from_millis(500), ..ConnectOptions::default() };
    let url = format!("postgresql://127.0.0.1:{port}/x?sslmode=disable");
    assert!(connect_with(&url, &options).await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    Ok(())
}

async fn a_server_that_falls_silent_behind_the_login_is_given_up_too(_: &Server) -> Result<()> {
    // AuthenticationOk, ParameterStatus server_version, BackendKeyData, ReadyForQuery.
    let answer = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x18server_version\x0016.1\0K\0\0\0\x0c\0\0\0\x07\0\0\0\x07Z\0\0\0\x05I";
    let port = scripted(answer, Duration::from_secs(60)).await;
    let begun = Instant::now();
    let error = connect(&format!("postgresql://me:s3cr3t@127.0.0.1:{port}/x?sslmode=disable&connect_timeout=1")).await;
    let error = error.err().expect("nobody answers");
    assert_eq!(error.class(), Some(ErrorClass::Unreachable), "{error}");
    assert!(!error.message().contains("s3cr3t"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    Ok(())
}

/// Answers each connection with a fixed text, whatever it says, and closes it after a while.
async fn scripted(answer: &'static [u8], stays: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut question = [0; 1024];
            let _ = socket.read(&mut question).await;
            let _ = socket.write_all(answer).await;
            let _ = socket.flush().await;
            tokio::time::sleep(stays).await;
        }
    });
    port
}

async fn something_else_at_the_port_is_told(_: &Server) -> Result<()> {
    let port = scripted(b"HTTP/1.1 400 Bad Request\r\n\r\n", BRIEFLY).await;
    for mode in ["disable", "prefer", "require"] {
        let url = format!("postgresql://127.0.0.1:{port}/x?sslmode={mode}&connect_timeout=2");
        let error = connect(&url).await.err().expect("that is a web server");
        assert!(error.message().contains(&port.to_string()), "{mode}: {error}");
        assert!(error.help().is_some(), "{mode}: {error}");
    }
    Ok(())
}

async fn a_server_that_is_too_old_is_refused(_: &Server) -> Result<()> {
    // AuthenticationOk, ParameterStatus server_version, BackendKeyData, ReadyForQuery.
    let port = scripted(
        b"R\0\0\0\x08\0\0\0\0S\0\0\0\x19server_version\x0012.19\0K\0\0\0\x0c\0\0\0\x07\0\0\0\x07Z\0\0\0\x05I",
        BRIEFLY,
    )
    .await;
    let url = format!("postgresql://127.0.0.1:{port}/x?sslmode=disable");
    let error = connect(&url).await.err().expect("the server is too old");
    assert_eq!(error.class(), Some(ErrorClass::ServerTooOld), "{error}");
    assert!(error.message().contains("12.19") && error.message().contains("13"), "{error}");
    Ok(())
}

async fn a_read_only_connection_writes_nothing(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let mut store = connect_with(&database.url, &options).await?;
    let error = store.execute("CREATE TABLE t (a integer)", &[]).await.expect_err("nothing is written");
    assert_eq!(error.class(), Some(ErrorClass::ReadOnly));
    store.begin(Default::default()).await?;
    let error = store.execute("CREATE TABLE t (a integer)", &[]).await.expect_err("nothing is written");
    assert_eq!(error.class(), Some(ErrorClass::ReadOnly));
    store.rollback().await
}

async fn an_account_without_privileges_is_told_what_it_lacks(server: &Server) -> Result<()> {
    let Some(port) = server.port() else { return Ok(()) };
    let database = server.database().await?;
    let mut store = connect(&database.url).await?;
    store.execute("CREATE ROLE humble LOGIN", &[]).await?;
    store.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", &[]).await?;
    let url = |database: &str| format!("postgresql://humble@127.0.0.1:{port}/{database}");
    let mut humble = connect(&url(&database.name)).await?;
    let error = humble.execute("CREATE TABLE t (a integer)", &[]).await.expect_err("it may not");
    assert_eq!(error.class(), Some(ErrorClass::NoPrivilege));
    assert!(error.help().unwrap_or_default().contains("GRANT CREATE"));
    let parsed = DatabaseUrl::parse(&url("fastman_not_made"))?;
    let error = (fastman_postgres::ADAPTER.create_database)(&parsed, &ConnectOptions::default()).await;
    assert!(error.expect_err("it may not").help().unwrap_or_default().contains("CREATEDB"));
    Ok(())
}

async fn a_name_for_the_session_is_shown_by_the_server(server: &Server) -> Result<()> {
    let separator = if server.url("postgres").contains('?') { '&' } else { '?' };
    let named = format!("{}{separator}application_name=nightly", server.url("postgres"));
    for (url, name) in [(server.url("postgres"), "fastman"), (named, "nightly")] {
        let mut store = connect(&url).await?;
        let rows = store.query("SELECT current_setting('application_name')", &[]).await?;
        assert_eq!(rows, [[Value::Text(name.to_owned())]]);
    }
    Ok(())
}
