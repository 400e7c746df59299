//! TLS against a server with certificates made here: what each `sslmode` encrypts and whom it trusts.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use fastman_core::Result;
use fastman_core::value::Value;

use crate::certificates::{ExtendedKeyUsagePurpose, authority, leaf, own_authority, write_pair};
use crate::support::{Server, binaries, connect};

crate::tests!("tls":
    require_encrypts_and_disable_does_not,
    verify_full_wants_the_right_host_and_a_known_issuer,
    verify_ca_wants_a_known_issuer_and_any_host,
    prefer_and_allow_take_what_the_server_offers,
    a_server_without_tls_is_told_from_one_with,
    a_client_s_certificate_logs_in,
    a_certificate_that_signed_itself_can_be_trusted,
    a_cancelled_session_is_cancelled_over_tls_too,
    a_login_is_bound_to_its_channel_where_that_is_demanded,
);

/// Files and servers of these tests.
struct Encrypted {
    server: Server,
    own_authority: Server,
    files: tempfile::TempDir,
}

impl Encrypted {
    fn url(&self, host: &str, user: &str, parameters: &str) -> String {
        let port = self.server.port().unwrap();
        format!("postgresql://{user}@{host}:{port}/postgres?{parameters}")
    }

    fn file(&self, name: &str) -> String {
        self.files.path().join(name).display().to_string()
    }
}

static ENCRYPTED: Mutex<Option<Arc<Encrypted>>> = Mutex::new(None);

/// The servers, started once; `None` where no binaries are installed.
fn encrypted() -> Option<Arc<Encrypted>> {
    let mut started = ENCRYPTED.lock().unwrap_or_else(PoisonError::into_inner);
    if started.is_none() {
        *started = binaries().map(|binaries| Arc::new(start(&binaries)));
    }
    started.clone()
}

/// Ends the servers.
pub(crate) fn stop() {
    *ENCRYPTED.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

fn start(binaries: &Path) -> Encrypted {
    let files = tempfile::tempdir().unwrap();
    let trusted = authority("fastman test authority");
    fs::write(files.path().join("ca.pem"), &trusted.pem).unwrap();
    fs::write(files.path().join("other.pem"), authority("another authority").pem).unwrap();
    let client = leaf(&trusted.issuer, "certified", &[], ExtendedKeyUsagePurpose::ClientAuth);
    write_pair(files.path(), "client", &client);
    let folder = tempfile::tempdir().unwrap();
    write_pair(
        folder.path(),
        "server",
        &leaf(&trusted.issuer, "db", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth),
    );
    fs::write(folder.path().join("ca.pem"), &trusted.pem).unwrap();
    let rules = "local all all trust\nhostssl all certified all cert\nhostssl all bound all scram-sha-256\nhostssl all unbound all password\nhostnossl all plain all trust\nhostssl all postgres all trust\n";
    fs::write(folder.path().join("rules"), rules).unwrap();
    let server = serve(folder, binaries, &["ssl_ca_file", "hba_file"]);
    let (socket, port) = server.socket().unwrap();
    let address = format!("postgresql://postgres@/postgres?host={}&port={port}", socket.display());
    // A test's own runtime is at work on this thread.
    std::thread::spawn(move || {
        crate::support::block_on(async {
            let mut store = connect(&address).await?;
            store.execute("CREATE ROLE certified LOGIN", &[]).await?;
            for account in ["bound", "unbound"] {
                store.execute(&format!("CREATE ROLE {account} LOGIN PASSWORD 's3cr3t'"), &[]).await?;
            }
            store.execute("CREATE ROLE plain LOGIN", &[]).await
        })
        .unwrap();
    })
    .join()
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let own = own_authority();
    fs::write(files.path().join("own.pem"), &own.0).unwrap();
    write_pair(folder.path(), "server", &own);
    Encrypted { server, own_authority: serve(folder, binaries, &[]), files }
}

fn serve(folder: tempfile::TempDir, binaries: &Path, more: &[&str]) -> Server {
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut settings = vec![
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", path("server.pem")),
        format!("ssl_key_file={}", path("server.key")),
    ];
    for name in more {
        let file = if *name == "hba_file" { "rules" } else { "ca.pem" };
        settings.push(format!("{name}={}", path(file)));
    }
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    Server::start_in(folder, binaries, &settings).unwrap()
}

/// Whether the connection is encrypted, or the code and the help of the error.
async fn outcome(url: &str) -> std::result::Result<bool, (String, String)> {
    let told = |error: fastman_core::Error| {
        (error.code().to_owned(), format!("{} / {}", error.message(), error.help().unwrap_or_default()))
    };
    let mut store = connect(url).await.map_err(told)?;
    let rows = store.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]).await.map_err(told)?;
    Ok(rows[0][0] == Value::Boolean(true))
}

async fn require_encrypts_and_disable_does_not(_: &Server) -> Result<()> {
    let Some(encrypted) = encrypted() else { return Ok(()) };
    assert_eq!(outcome(&encrypted.url("127.0.0.1", "postgres", "sslmode=require")).await, Ok(true));
    let refused = outcome(&encrypted.url("127.0.0.1", "postgres", "sslmode=disable")).await.unwrap_err();
    assert_eq!(refused.0, "db.authentication", "{refused:?}");
    assert_eq!(outcome(&encrypted.url("127.0.0.1", "plain", "sslmode=disable")).await, Ok(false));
    Ok(())
}

async fn verify_full_wants_the_right_host_and_a_known_issuer(_: &Server) -> Result<()> {
    let Some(encrypted) = encrypted() else { return Ok(()) };
    let full = |host: &str, file: &str| {
        encrypted.url(host, "postgres", &format!("sslmode=verify-full&sslrootcert={}", encrypted.file(file)))
    };
    assert_eq!(outcome(&full("localhost", "ca.pem")).await, Ok(true));
    let wrong_host = outcome(&full("127.0.0.1", "ca.pem")).await.unwrap_err();
    assert!(wrong_host.0 == "db.tls" && wrong_host.1.contains("subjectAltName"), "{wrong_host:?}");
    let unknown = outcome(&full("localhost", "other.pem")).await.unwrap_err();
    assert!(unknown.0 == "db.tls" && unknown.1.contains("sslrootcert="), "{unknown:?}");
    let nobody = outcome(&encrypted.url("localhost", "postgres", "sslmode=verify-full&sslrootcert=system")).await;
    assert!(nobody.is_err_and(|error| error.0 == "db.tls"));
    let missing = outcome(&full("localhost", "none.pem")).await.unwrap_err();
    assert!(missing.1.contains("none.pem"), "{missing:?}");
    Ok(())
}

async fn verify_ca_wants_a_known_issuer_and_any_host(_: &Server) -> Result<()> {
    let Some(encrypted) = encrypted() else { return Ok(()) };
    for mode in ["verify-ca", "require"] {
        let with = |file: &str| {
            let parameters = format!("sslmode={mode}&sslrootcert={}", encrypted.file(file));
            encrypted.url("127.0.0.1", "postgres", &parameters)
        };
        assert_eq!(outcome(&with("ca.pem")).await, Ok(true));
        assert_eq!(outcome(&with("other.pem")).await.unwrap_err().0, "db.tls", "{mode}");
    }
    Ok(())
}

async fn prefer_and_allow_take_what_the_server_offers(_: &Server) -> Result<()> {
    let Some(encrypted) = encrypted() else { return Ok(()) };
    for (user, mode, is_encrypted) in [
        ("postgres", "prefer", true),
        ("plain", "prefer", false),
        ("postgres", "allow", true),
        ("plain", "allow", false),
    ] {
        let url = encrypted.url("127.0.0.1", user, &format!("sslmode={mode}"));
        assert_eq!(outcome(&url).await, Ok(is_encrypted), "{user} {mode}");
    }
    Ok(())
}

async fn a_server_without_tls_is_told_from_one_with(server: &Server) -> Result<()> {
    let Some(port) = server.port() else { return Ok(()) };
    let url = |mode: &str| format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode={mode}");
    assert_eq!(outcome(&url("prefer")).await, Ok(false));
    let refused = outcome(&url("require")).await.unwrap_err();
    assert!(refused.0 == "db.tls" && refused.1.contains("sslmode=disable"), "{refused:?}");
    Ok(())
}

async fn a_client_s_certificate_logs_in(_: &Server) -> Result<()> {
    let Some(encrypted) = encrypted() else { return Ok(()) };
    let with =
        format!("sslmode=require&sslcert={}&sslkey={}", encrypted.file("client.pem"), encrypted.file("client.key"));
    assert_eq!(outcome(&encrypted.url("127.0.0.1", "certified", &with)).await, Ok(true));
    assert!(outcome(&encrypted.url("127.0.0.1", "certified", "sslmode=require")).await.is_err());
    Ok(())
}

async fn a_certificate_that_signed_itself_can_be_trusted(_: &Server) -> Result<()> {
    let Some(encrypted) = encrypted() else { return Ok(()) };
    let port = encrypted.own_authority.port().unwrap();
    let url = |host: &str, mode: &str, file: &str| {
        format!("postgresql://postgres@{host}:{port}/postgres?sslmode={mode}&sslrootcert={}", encrypted.file(file))
    };
    assert_eq!(outcome(&url("localhost", "verify-full", "own.pem")).await, Ok(true));
    assert_eq!(outcome(&url("127.0.0.1", "verify-ca", "own.pem")).await, Ok(true));
    assert!(outcome(&url("127.0.0.1", "verify-full", "own.pem")).await.is_err_and(|error| error.0 == "db.tls"));
    assert!(outcome(&url("localhost", "verify-ca", "ca.pem")).await.is_err_and(|error| error.0 == "db.tls"));
    Ok(())
}

async fn a_cancelled_session_is_cancelled_over_tls_too(_: &Server) -> Result<()> {
    let Some(encrypted) = encrypted() else { return Ok(()) };
    let url = encrypted.url("127.0.0.1", "postgres", "sslmode=require&application_name=sleeper");
    let mut store = connect(&url).await?;
    store.begin(Default::default()).await?;
    let long = store.execute("SELECT pg_sleep(60)", &[]);
    let early = tokio::time::timeout(std::time::Duration::from_millis(200), long).await;
    assert!(early.is_err(), "{early:?}");
    store.poison();
    let mut other = connect(&encrypted.url("127.0.0.1", "postgres", "sslmode=require")).await?;
    let begun = std::time::Instant::now();
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sleeper' AND state = 'active'";
    while other.query(sleeping, &[]).await? != [[Value::Integer(0)]] {
        assert!(begun.elapsed().as_secs() < 5, "it still sleeps");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn a_login_is_bound_to_its_channel_where_that_is_demanded(server: &Server) -> Result<()> {
    let Some(encrypted) = encrypted() else { return Ok(()) };
    let demanded = "sslmode=require&channel_binding=require";
    assert_eq!(outcome(&encrypted.url("127.0.0.1", "bound:s3cr3t", demanded)).await, Ok(true));
    // A password in the clear, and none at all: whoever stands in between could ask for the first and need not ask for the second.
    for login in ["unbound:s3cr3t", "postgres"] {
        assert_eq!(outcome(&encrypted.url("127.0.0.1", login, "sslmode=require")).await, Ok(true), "{login}");
        let refused = outcome(&encrypted.url("127.0.0.1", login, demanded)).await.unwrap_err();
        assert!(refused.0 == "db.authentication" && refused.1.contains("channel_binding=require"), "{refused:?}");
        assert!(!refused.1.contains("s3cr3t"), "{refused:?}");
    }
    // `prefer` falls back to a connection that has no channel to bind to.
    let Some(port) = server.port() else { return Ok(()) };
    let unencrypted = format!("postgresql://postgres@127.0.0.1:{port}/postgres?channel_binding=require");
    assert_eq!(outcome(&unencrypted).await.unwrap_err().0, "db.authentication");
    Ok(())
}
