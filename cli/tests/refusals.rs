//! What keeps servers from being migrated, through the program itself: each is said in time, under a stable code, with a way out, and
//! without the password.

#![cfg(all(feature = "postgres", feature = "mysql"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests all the way down"
)]

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use fastman_core::adapter::{Adapter, ConnectOptions};
use fastman_core::store::Backend;
use fastman_core::url::DatabaseUrl;
use fastman_test_servers::{Keeping, POSTGRES_COMMAND, Product, Server, postgres_binaries, scripted_mysql};
use support::Project;

/// What no output may hold.
const PASSWORD: &str = "s3cr3t";

/// Migrates by that URL and expects the code of the error, from the command that migrates and from the one that looks.
fn refused(url: &str, code: &str) {
    let project = Project::new();
    project.write(".env", &format!("DATABASE_URL={url}\n"));
    project.migration(1, "create_things", "CREATE TABLE things (id INTEGER PRIMARY KEY);");
    for arguments in [&["database:migrate", "--json"] as &[&str], &["database:migrate", "-v"]] {
        let begun = Instant::now();
        let outcome = project.run(arguments);
        assert!(begun.elapsed() < Duration::from_secs(15), "{url}: {:?}", begun.elapsed());
        assert_eq!(outcome.code, 1, "{url}: {outcome:?}");
        assert!(outcome.stderr.contains(code), "{url}: no {code} in {outcome:?}");
        assert!(!outcome.stderr.contains(PASSWORD) && !outcome.stdout.contains(PASSWORD), "{url}: {outcome:?}");
        if arguments.contains(&"--json") {
            assert_eq!(outcome.error()["code"], code, "{url}: {outcome:?}");
            assert!(outcome.error()["help"].is_string(), "{url}: no way out in {outcome:?}");
        }
    }
    // What only writing meets, looking does not.
    if !["db.no-privilege", "db.read-only"].contains(&code) {
        let outcome = project.run(&["doctor"]);
        assert_eq!(outcome.code, 1, "{url}: {outcome:?}");
        assert!(!outcome.stderr.contains(PASSWORD) && !outcome.stdout.contains(PASSWORD), "{url}: {outcome:?}");
    }
}

/// The login, with the password, that no scripted server asks for.
fn url(scheme: &str, port: u16, parameters: &str) -> String {
    format!("{scheme}://me:{PASSWORD}@127.0.0.1:{port}/app{parameters}")
}

/// Runs statements as the server's administrator.
fn administer(adapter: &Adapter, url: &str, statements: &[&str]) {
    let work = async {
        let Backend::Sql(mut store) = (adapter.connect)(&DatabaseUrl::parse(url)?, &ConnectOptions::default()).await?
        else {
            panic!("it has tables");
        };
        for sql in statements {
            store.execute(sql, &[]).await?;
        }
        Ok::<(), fastman_core::Error>(())
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work).unwrap();
}

/// A port that nobody listens at.
fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn nobody_listening_is_told() {
    for scheme in ["postgresql", "mysql", "mariadb"] {
        refused(&url(scheme, closed(), ""), "db.unreachable");
    }
}

#[test]
fn a_server_that_accepts_and_never_answers_is_given_up() {
    // Nobody takes the connections from its queue; the system accepts them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let waiting: Vec<_> = ["postgresql", "mysql", "mariadb"]
        .map(|scheme| std::thread::spawn(move || refused(&url(scheme, port, ""), "db.unreachable")))
        .into();
    for one in waiting {
        one.join().unwrap();
    }
}

#[test]
fn a_server_that_is_too_old_is_told() {
    refused(&url("mysql", scripted_mysql("5.7.44", true).unwrap(), ""), "db.server-too-old");
    refused(&url("mariadb", scripted_mysql("10.5.29-MariaDB", true).unwrap(), ""), "db.server-too-old");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut question = [0; 1024];
            let _ = socket.read(&mut question);
            // AuthenticationOk, ParameterStatus server_version, BackendKeyData, ReadyForQuery.
            let _ = socket.write_all(
                b"R\0\0\0\x08\0\0\0\0S\0\0\0\x19server_version\x0012.19\0K\0\0\0\x0c\0\0\0\x07\0\0\0\x07Z\0\0\0\x05I",
            );
            let _ = socket.read(&mut question);
        }
    });
    refused(&url("postgresql", port, "?sslmode=disable"), "db.server-too-old");
}

#[test]
fn postgresql_says_what_an_account_may_not() {
    let Some(binaries) = postgres_binaries() else {
        return eprintln!("ignored: no PostgreSQL server is installed; try: {}", POSTGRES_COMMAND);
    };
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    let rule = "host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n";
    std::fs::write(&rules, rule).unwrap();
    let setting = format!("hba_file={}", rules.display());
    let server = Server::postgres_in(folder, &binaries, Keeping::Fast, &[&setting]).unwrap();
    let port = server.port().unwrap();
    let adapter = &fastman_postgres::ADAPTER;
    let statements = [
        "CREATE ROLE locked LOGIN PASSWORD 'another'",
        "CREATE ROLE humble LOGIN",
        "CREATE DATABASE app",
        "CREATE DATABASE frozen",
        "ALTER DATABASE frozen SET default_transaction_read_only = on",
    ];
    administer(adapter, &server.url("postgres"), &statements);
    administer(adapter, &server.url("app"), &["REVOKE CREATE ON SCHEMA public FROM PUBLIC"]);
    let url = |user: &str, database: &str| format!("postgresql://{user}:{PASSWORD}@127.0.0.1:{port}/{database}");
    refused(&url("locked", "app"), "db.authentication");
    refused(&url("postgres", "nowhere"), "db.missing-database");
    refused(&url("humble", "app"), "db.no-privilege");
    refused(&url("postgres", "frozen"), "db.read-only");
    refused(&format!("{}?sslmode=verify-full", url("postgres", "app")), "db.tls");
    refused(&format!("{}?channel_binding=require&sslmode=prefer", url("postgres", "app")), "db.authentication");
}

#[test]
fn mysql_and_mariadb_say_what_an_account_may_not() {
    for product in Product::ALL {
        let server = match Server::throwaway_mysql(product, Keeping::Fast, &[]) {
            Ok(server) => server,
            Err(reason) if reason.contains("is installed") => {
                eprintln!("ignored: {reason}; try: {}", product.command());
                continue;
            }
            Err(reason) => panic!("{reason}"),
        };
        let adapter = &fastman_mysql::ADAPTER;
        let statements = [
            "CREATE DATABASE app",
            "CREATE USER locked IDENTIFIED BY 'another'",
            &format!("CREATE USER humble IDENTIFIED BY '{PASSWORD}'"),
            "GRANT SELECT ON app.* TO humble",
            &format!("CREATE USER able IDENTIFIED BY '{PASSWORD}'"),
            "GRANT ALL ON app.* TO able",
            "GRANT ALL ON nowhere.* TO able",
        ];
        administer(adapter, &server.url("information_schema"), &statements);
        let url = |user: &str, database: &str| server.url_as(&format!("{user}:{PASSWORD}"), database);
        refused(&url("locked", "app"), "db.authentication");
        refused(&url("able", "nowhere"), "db.missing-database");
        refused(&url("humble", "app"), "db.no-privilege");
        let verified = match product {
            Product::MySql => format!("{}?ssl-mode=verify-identity", url("able", "app")),
            Product::MariaDb => format!("{}?ssl-mode=required", url("able", "app")),
        };
        refused(&verified, "db.tls");
        administer(adapter, &server.url("information_schema"), &["SET GLOBAL read_only = 1"]);
        refused(&url("able", "app"), "db.read-only");
    }
}
