//! Connecting: what goes wrong is a clear error with a stable code, in time, and no password is shown.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use fastman_core::Result;
use fastman_core::adapter::ConnectOptions;
use fastman_core::error::ErrorClass;
use fastman_core::url::DatabaseUrl;
use fastman_test_servers::scripted_mysql;

use crate::support::{Product, Server, connect, connect_with};
use crate::tests;

tests!("connecting":
    the_server_says_which_product_it_is,
    a_wrong_password_is_said_and_not_shown,
    a_missing_database_is_made_on_demand,
    an_account_without_privileges_may_not_make_tables,
    a_read_only_session_writes_nothing,
    a_unix_socket_is_connected_to,
    nobody_listening_is_unreachable,
    a_silent_listener_is_given_up_in_time,
    a_server_that_is_too_old_is_refused,
    encryption_is_demanded_and_verified,
);

async fn the_server_says_which_product_it_is(server: &Server) -> Result<()> {
    let database = server.database().await?;
    // The scheme chooses nothing.
    for scheme in ["mysql", "mariadb"] {
        let (_, rest) = database.url.split_once("://").unwrap();
        let mut store = connect(&format!("{scheme}://{rest}")).await?;
        let dialect = store.dialect();
        assert_eq!(dialect.flavour().name, server.product.name());
        let version = store.query("SELECT VERSION()", &[]).await?;
        assert!(format!("{version:?}").contains(&dialect.server_version().to_string()), "{version:?}");
    }
    Ok(())
}

async fn a_wrong_password_is_said_and_not_shown(server: &Server) -> Result<()> {
    let error = connect(&server.url_as("nobody:hunter2", "information_schema")).await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::Authentication), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"));
    assert!(error.help().is_some());
    Ok(())
}

async fn a_missing_database_is_made_on_demand(server: &Server) -> Result<()> {
    let name = format!("fastman_made_{}", std::process::id());
    let url = server.url(&name);
    let error = connect(&url).await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::MissingDatabase));
    let (parsed, options) = (DatabaseUrl::parse(&url)?, ConnectOptions::default());
    assert!((fastman_mysql::ADAPTER.create_database)(&parsed, &options).await?);
    assert!(!(fastman_mysql::ADAPTER.create_database)(&parsed, &options).await?);
    let mut store = connect(&url).await?;
    store.execute(&format!("DROP DATABASE {name}"), &[]).await?;
    Ok(())
}

async fn an_account_without_privileges_may_not_make_tables(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let mut root = connect(&database.url).await?;
    let name = format!("reader_{}", std::process::id());
    root.execute(&format!("CREATE USER {name} IDENTIFIED BY 'pa:ss'"), &[]).await?;
    root.execute(&format!("GRANT SELECT ON {}.* TO {name}", database.name), &[]).await?;
    let mut reader = connect(&server.url_as(&format!("{name}:pa%3Ass"), &database.name)).await?;
    let error = reader.execute("CREATE TABLE t (id INT)", &[]).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::NoPrivilege), "{error:?}");
    // It sees its own sessions alone, and does not say of another's that it is gone.
    assert_eq!(reader.session_is_gone(&root.session()?).await?, None);
    let gone = reader.session()?;
    drop(reader);
    let mut reader = connect(&server.url_as(&format!("{name}:pa%3Ass"), &database.name)).await?;
    assert_eq!(reader.session_is_gone(&gone).await?, Some(true));
    root.execute(&format!("DROP USER {name}"), &[]).await?;
    Ok(())
}

async fn a_read_only_session_writes_nothing(server: &Server) -> Result<()> {
    let database = server.database().await?;
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let mut store = connect_with(&database.url, &options).await?;
    let error = store.execute("CREATE TABLE t (id INT)", &[]).await.unwrap_err();
    assert_eq!(error.class(), Some(ErrorClass::ReadOnly), "{error:?}");
    Ok(())
}

async fn a_unix_socket_is_connected_to(server: &Server) -> Result<()> {
    // A server elsewhere has none here.
    let Some(folder) = server.folder() else { return Ok(()) };
    let socket = folder.join("socket");
    // Encryption is for what others can listen to.
    for parameters in ["", "&ssl-mode=required"] {
        let url = format!("mysql://root@/information_schema?socket={}{parameters}", socket.display());
        let mut store = connect(&url).await?;
        assert!(store.place().host.contains("socket"), "{}", store.place().host);
        let own = store.query("SELECT USER()", &[]).await?;
        assert!(format!("{own:?}").contains("root@localhost"), "{own:?}");
    }
    let missing = folder.join("none");
    let error = connect(&format!("mysql://root:hunter2@/app?socket={}", missing.display())).await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::Unreachable), "{error:?}");
    assert!(error.message().contains("none") && !format!("{error:?}").contains("hunter2"), "{error:?}");
    Ok(())
}

async fn nobody_listening_is_unreachable(_: &Server) -> Result<()> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = connect(&format!("mysql://me:hunter2@127.0.0.1:{port}/app")).await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::Unreachable), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"));
    Ok(())
}

async fn a_silent_listener_is_given_up_in_time(_: &Server) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let options = ConnectOptions { timeout: Duration::from_millis(300), ..ConnectOptions::default() };
    let begun = Instant::now();
    let error = connect_with(&format!("mysql://me@127.0.0.1:{port}/app"), &options).await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::Unreachable));
    assert!(begun.elapsed() < Duration::from_secs(2));
    // One that lets in and then falls silent.
    let port = scripted_mysql("9.0.0", false).unwrap();
    let url = format!("mysql://me:s3cr3t@127.0.0.1:{port}/app?ssl-mode=disabled");
    let error = connect_with(&url, &options).await.err().unwrap();
    assert_eq!(error.class(), Some(ErrorClass::Unreachable), "{error:?}");
    assert!(!format!("{error:?}").contains("s3cr3t"), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(4));
    Ok(())
}

async fn a_server_that_is_too_old_is_refused(server: &Server) -> Result<()> {
    let versions = match server.product {
        Product::MySql => [("5.7.44", "5.7.44"), ("8.0.18", "8.0.18")],
        // It passes for a MySQL 5.5 where it greets.
        Product::MariaDb => [("5.5.5-10.5.29-MariaDB-log", "10.5.29"), ("5.5.68-MariaDB", "5.5.68")],
    };
    for (greeted, told) in versions {
        let port = scripted_mysql(greeted, true).unwrap();
        for mode in ["disabled", "preferred"] {
            let url = format!("mysql://me:s3cr3t@127.0.0.1:{port}/app?ssl-mode={mode}");
            let error = connect(&url).await.err().unwrap();
            assert_eq!(error.class(), Some(ErrorClass::ServerTooOld), "{greeted}: {error:?}");
            assert!(error.message().contains(told) && !error.message().contains("s3cr3t"), "{greeted}: {error:?}");
            let oldest = if server.product == Product::MySql { "MySQL 8.0.19" } else { "MariaDB 10.6.0" };
            let (name, oldest) = oldest.split_once(' ').unwrap();
            assert!(error.message().contains(name) && error.message().contains(oldest), "{greeted}: {error:?}");
        }
    }
    Ok(())
}

async fn encryption_is_demanded_and_verified(server: &Server) -> Result<()> {
    let url = server.url("information_schema");
    let join = if url.contains('?') { '&' } else { '?' };
    let error = connect(&format!("{url}{join}ssl-mode=verify-identity")).await.err().unwrap();
    assert_eq!(error.code(), "db.tls", "{error:?}");
    let required = connect(&format!("{url}{join}ssl-mode=required")).await;
    match server.product {
        // It makes a certificate of its own.
        Product::MySql => {
            let rows = required?.query("SHOW STATUS LIKE 'Ssl_version'", &[]).await?;
            assert!(format!("{rows:?}").contains("TLSv1"), "{rows:?}");
        }
        Product::MariaDb => {
            if let Err(error) = required {
                assert_eq!(error.code(), "db.tls", "{error:?}");
            }
        }
    }
    Ok(())
}
