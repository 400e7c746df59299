//! TLS against servers with certificates made here: what each `ssl-mode` encrypts and whom it trusts.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use fastman_core::Result;
use fastman_core::value::Value;

use crate::certificates::{ExtendedKeyUsagePurpose, authority, leaf, write_pair};
use crate::support::{Product, Server, connect};

crate::tests!("tls":
    required_encrypts_and_disabled_does_not,
    verify_identity_wants_the_right_host_and_a_known_issuer,
    verify_ca_wants_a_known_issuer_and_any_host,
    a_client_s_certificate_logs_in,
    a_server_without_tls_is_told_from_one_with,
    a_certificate_that_names_no_host_can_t_be_verified,
);

/// A server with a certificate for `localhost`, and the files around it.
pub(crate) struct Encrypted {
    server: Server,
    files: tempfile::TempDir,
}

impl Encrypted {
    /// A session's URL.
    pub(crate) fn url(&self, host: &str, login: &str, parameters: &str) -> String {
        format!("mysql://{login}@{host}:{}/information_schema?{parameters}", self.server.port().unwrap())
    }

    fn file(&self, name: &str) -> String {
        self.files.path().join(name).display().to_string()
    }
}

type Started = Vec<(Product, Arc<Encrypted>)>;
static ENCRYPTED: Mutex<Started> = Mutex::new(Vec::new());

/// The server of that product, started once; `None` where no binaries are installed.
pub(crate) fn encrypted(product: Product) -> Option<Arc<Encrypted>> {
    let mut started = ENCRYPTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, encrypted)) = started.iter().find(|(known, _)| *known == product) {
        return Some(encrypted.clone());
    }
    let encrypted = Arc::new(start(product)?);
    started.push((product, encrypted.clone()));
    Some(encrypted)
}

/// Ends the servers.
pub(crate) fn stop() {
    ENCRYPTED.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

fn start(product: Product) -> Option<Encrypted> {
    let files = tempfile::tempdir().unwrap();
    let trusted = authority("fastman test authority");
    fs::write(files.path().join("ca.pem"), &trusted.pem).unwrap();
    fs::write(files.path().join("other.pem"), authority("another authority").pem).unwrap();
    write_pair(files.path(), "client", &leaf(&trusted.issuer, "certified", &[], ExtendedKeyUsagePurpose::ClientAuth));
    let server = leaf(&trusted.issuer, "db", &["localhost"], ExtendedKeyUsagePurpose::ServerAuth);
    write_pair(files.path(), "server", &server);
    let path = |name: &str| files.path().join(name).display().to_string();
    let options = [
        format!("--ssl-ca={}", path("ca.pem")),
        format!("--ssl-cert={}", path("server.pem")),
        format!("--ssl-key={}", path("server.key")),
    ];
    match Server::throwaway(product, &options.each_ref().map(String::as_str)) {
        Ok(server) => Some(Encrypted { server, files }),
        Err(reason) if reason.contains("is installed") => None,
        Err(reason) => panic!("{reason}"),
    }
}

/// Whether the connection is encrypted, or the code and the words of the error.
async fn outcome(url: &str) -> std::result::Result<bool, (String, String)> {
    let told = |error: fastman_core::Error| {
        (error.code().to_owned(), format!("{} / {}", error.message(), error.help().unwrap_or_default()))
    };
    let mut store = connect(url).await.map_err(told)?;
    let rows = store.query("SHOW STATUS LIKE 'Ssl_cipher'", &[]).await.map_err(told)?;
    Ok(rows[0][1] != Value::Text(String::new()))
}

async fn required_encrypts_and_disabled_does_not(server: &Server) -> Result<()> {
    let Some(encrypted) = encrypted(server.product) else { return Ok(()) };
    for (mode, is_encrypted) in [("required", true), ("preferred", true), ("require", true), ("disabled", false)] {
        let url = encrypted.url("127.0.0.1", "root", &format!("ssl-mode={mode}"));
        assert_eq!(outcome(&url).await, Ok(is_encrypted), "{mode}");
    }
    assert_eq!(outcome(&encrypted.url("127.0.0.1", "root", "")).await, Ok(true));
    Ok(())
}

async fn verify_identity_wants_the_right_host_and_a_known_issuer(server: &Server) -> Result<()> {
    let Some(encrypted) = encrypted(server.product) else { return Ok(()) };
    for mode in ["ssl-mode=VERIFY_IDENTITY", "sslmode=verify-full"] {
        let full = |host: &str, file: &str| {
            encrypted.url(host, "root:s3cr3t", &format!("{mode}&ssl-ca={}", encrypted.file(file)))
        };
        let wrong_host = outcome(&full("127.0.0.1", "ca.pem")).await.unwrap_err();
        assert!(wrong_host.0 == "db.tls" && wrong_host.1.contains("subjectAltName"), "{wrong_host:?}");
        let unknown = outcome(&full("localhost", "other.pem")).await.unwrap_err();
        assert!(unknown.0 == "db.tls" && unknown.1.contains("ssl-ca="), "{unknown:?}");
        let missing = outcome(&full("localhost", "none.pem")).await.unwrap_err();
        assert!(missing.0 == "db.tls" && missing.1.contains("none.pem"), "{missing:?}");
        for error in [wrong_host, unknown, missing] {
            assert!(!error.1.contains("s3cr3t"), "{error:?}");
        }
        let right = encrypted.url("localhost", "root", &format!("{mode}&ssl-ca={}", encrypted.file("ca.pem")));
        assert_eq!(outcome(&right).await, Ok(true), "{mode}");
    }
    // Nobody that everybody trusts has signed it.
    let public = outcome(&encrypted.url("localhost", "root", "ssl-mode=verify-identity")).await;
    assert!(public.is_err_and(|error| error.0 == "db.tls"));
    Ok(())
}

async fn verify_ca_wants_a_known_issuer_and_any_host(server: &Server) -> Result<()> {
    let Some(encrypted) = encrypted(server.product) else { return Ok(()) };
    // An authority that is named is asked.
    for mode in ["ssl-mode=verify-ca&", "sslmode=require&", ""] {
        let with =
            |host: &str, file: &str| encrypted.url(host, "root", &format!("{mode}ssl-ca={}", encrypted.file(file)));
        assert_eq!(outcome(&with("127.0.0.1", "ca.pem")).await, Ok(true), "{mode}");
        assert_eq!(outcome(&with("localhost", "ca.pem")).await, Ok(true), "{mode}");
        assert_eq!(outcome(&with("127.0.0.1", "other.pem")).await.unwrap_err().0, "db.tls", "{mode}");
        assert_eq!(outcome(&with("localhost", "other.pem")).await.unwrap_err().0, "db.tls", "{mode}");
    }
    Ok(())
}

async fn a_client_s_certificate_logs_in(server: &Server) -> Result<()> {
    let Some(encrypted) = encrypted(server.product) else { return Ok(()) };
    let mut root = connect(&encrypted.url("127.0.0.1", "root", "")).await?;
    root.execute("CREATE USER certified REQUIRE X509", &[]).await?;
    let pair = format!("ssl-cert={}&ssl-key={}", encrypted.file("client.pem"), encrypted.file("client.key"));
    for trust in ["ssl-mode=required".to_owned(), format!("ssl-mode=verify-ca&ssl-ca={}", encrypted.file("ca.pem"))] {
        let url = encrypted.url("127.0.0.1", "certified", &format!("{trust}&{pair}"));
        assert_eq!(outcome(&url).await, Ok(true), "{trust}");
    }
    let without = outcome(&encrypted.url("127.0.0.1", "certified", "ssl-mode=required")).await.unwrap_err();
    assert_eq!(without.0, "db.authentication", "{without:?}");
    let other = format!("ssl-cert={}&ssl-key={}", encrypted.file("client.pem"), encrypted.file("server.key"));
    let unfit =
        outcome(&encrypted.url("127.0.0.1", "certified", &format!("ssl-mode=required&{other}"))).await.unwrap_err();
    assert!(unfit.0 == "db.tls" && unfit.1.contains("client.pem"), "{unfit:?}");
    Ok(())
}

async fn a_server_without_tls_is_told_from_one_with(server: &Server) -> Result<()> {
    // MySQL makes certificates of its own.
    let Product::MariaDb = server.product else { return Ok(()) };
    let Ok(server) = Server::throwaway(server.product, &["--skip-ssl"]) else { return Ok(()) };
    let url =
        |mode: &str| format!("mysql://root@127.0.0.1:{}/information_schema?ssl-mode={mode}", server.port().unwrap());
    assert_eq!(outcome(&url("preferred")).await, Ok(false));
    for mode in ["required", "verify-ca", "verify-identity"] {
        let refused = outcome(&url(mode)).await.unwrap_err();
        assert!(refused.0 == "db.tls" && refused.1.contains("TLS off"), "{mode}: {refused:?}");
    }
    Ok(())
}

/// As MySQL makes them by itself: the driver has no way around the host then, and the error says what has.
async fn a_certificate_that_names_no_host_can_t_be_verified(server: &Server) -> Result<()> {
    let Product::MySql = server.product else { return Ok(()) };
    let Some(folder) = server.folder() else { return Ok(()) };
    let authority = folder.join("data/ca.pem").display().to_string();
    let url = format!(
        "mysql://root@127.0.0.1:{}/information_schema?ssl-mode=verify-ca&ssl-ca={authority}",
        server.port().unwrap()
    );
    let refused = outcome(&url).await.unwrap_err();
    assert!(refused.0 == "db.tls" && refused.1.contains("names no host"), "{refused:?}");
    Ok(())
}
