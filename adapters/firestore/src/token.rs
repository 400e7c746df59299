//! Who we are to Google: credentials read from a file, and the tokens that are made or had of them.
//!
//! A service account signs its tokens itself, for an hour and for Firestore alone, which Google's APIs take without an exchange.
//! What `gcloud auth application-default login` leaves is exchanged for a token; on a machine of Google's the machine has one.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastman_core::error::{Error, ErrorClass, Result};
use hyper::{Request, StatusCode};
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SigningKey;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::http;
use crate::settings::{CREDENTIALS_HELP, Credentials};

/// Whom a token of our own is for.
const AUDIENCE: &str = "https://firestore.googleapis.com/";
/// The machine's own account, on a machine of Google's.
const METADATA: &str = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";
/// A token that lasts no longer than this is replaced.
const MARGIN: Duration = Duration::from_secs(300);
const TOKEN_SECONDS: u64 = 3_600;

/// Gives tokens, and keeps the last one for as long as it holds.
pub(crate) struct Tokens {
    identity: Identity,
    last: Mutex<Option<(String, Instant)>>,
    timeout: Duration,
}

enum Identity {
    /// The emulator takes anybody; this one may do everything.
    Emulator,
    ServiceAccount {
        email: String,
        key_id: Option<String>,
        key: Arc<dyn SigningKey>,
    },
    User {
        client_id: String,
        client_secret: String,
        refresh_token: String,
        token_uri: String,
    },
    Machine,
}

/// A file of credentials, of any type.
#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: Option<String>,
    client_email: Option<String>,
    private_key: Option<String>,
    private_key_id: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
    token_uri: Option<String>,
}

/// An answer with a token.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: Option<u64>,
}

impl Tokens {
    /// Those of an emulator.
    pub(crate) fn emulator(timeout: Duration) -> Tokens {
        Tokens { identity: Identity::Emulator, last: Mutex::default(), timeout }
    }

    /// Those of some credentials.
    ///
    /// # Errors
    /// `firestore.credentials` with the file and what is wrong with it.
    pub(crate) fn read(credentials: &Credentials, timeout: Duration) -> Result<Tokens> {
        let identity = match credentials {
            Credentials::File(path, origin) => identity(path, &format!("named by {origin}"))?,
            Credentials::Default(Some(path)) => identity(path, "of gcloud's application default login")?,
            Credentials::Default(None) => Identity::Machine,
        };
        Ok(Tokens { identity, last: Mutex::default(), timeout })
    }

    /// The account, as far as it is known.
    pub(crate) fn account(&self) -> &str {
        match &self.identity {
            Identity::Emulator => "the emulator's owner",
            Identity::ServiceAccount { email, .. } => email,
            Identity::User { .. } => "the account of gcloud auth application-default login",
            Identity::Machine => "this machine's service account",
        }
    }

    /// A token that holds for a while yet.
    ///
    /// # Errors
    /// `db.authentication` or `db.unreachable` with who refused it or did not answer.
    pub(crate) async fn get(&self) -> Result<String> {
        if let Identity::Emulator = self.identity {
            return Ok("owner".to_owned());
        }
        // Whoever comes while one is fetched waits for it.
        let mut last = self.last.lock().await;
        if let Some((token, end)) = &*last
            && *end > Instant::now() + MARGIN
        {
            return Ok(token.clone());
        }
        let (token, seconds) = match &self.identity {
            Identity::Emulator => ("owner".to_owned(), TOKEN_SECONDS),
            Identity::ServiceAccount { email, key_id, key } => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                (signed(email, key_id.as_deref(), &**key, now)?, TOKEN_SECONDS)
            }
            Identity::User { client_id, client_secret, refresh_token, token_uri } => {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("client_id", client_id),
                    ("client_secret", client_secret),
                    ("refresh_token", refresh_token),
                ];
                let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
                let request = Request::post(token_uri.as_str())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(body.join("&"));
                self.ask(request).await?
            }
            Identity::Machine => {
                let request = Request::get(METADATA).header("metadata-flavor", "Google").body(String::new());
                self.ask(request).await.map_err(|error| {
                    let why = error.message().to_owned();
                    Error::failed("firestore.credentials", "there are no credentials for Firestore")
                        .with_detail("no variable names a file, and gcloud's application default login has left none")
                        .with_detail(format!("this is no machine of Google's with an account of its own: {why}"))
                        .with_help(CREDENTIALS_HELP)
                })?
            }
        };
        *last = Some((token.clone(), Instant::now() + Duration::from_secs(seconds)));
        Ok(token)
    }

    async fn ask(&self, request: Result<Request<String>, hyper::http::Error>) -> Result<(String, u64)> {
        let request = request.map_err(|error| {
            Error::failed("firestore.credentials", format!("the token's address can't be used: {error}"))
        })?;
        let host = request.uri().host().unwrap_or_default().to_owned();
        let (status, body) = http::send(request, self.timeout).await.map_err(|why| {
            Error::database(ErrorClass::Unreachable, format!("no token for Firestore could be had: {why}"))
        })?;
        if status != StatusCode::OK {
            // What is said here is Google's reason, such as invalid_grant; a token is only in what succeeds.
            let reason = serde_json::from_slice::<serde_json::Value>(&body).ok();
            let said = |name: &str| reason.as_ref()?.get(name)?.as_str().map(str::to_owned);
            let reason = said("error_description").or_else(|| said("error")).unwrap_or_default();
            let message = format!("{host} gives no token for Firestore: {status} {reason}");
            return Err(Error::database(ErrorClass::Authentication, message.trim_end()).with_help(CREDENTIALS_HELP));
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| {
            Error::database(ErrorClass::Authentication, format!("what {host} answered is no token: {error}"))
        })?;
        Ok((answer.access_token, answer.expires_in.unwrap_or(TOKEN_SECONDS)))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokens").field("account", &self.account()).finish()
    }
}

/// Reads a file of credentials.
fn identity(path: &Path, origin: &str) -> Result<Identity> {
    let shown = path.display();
    let refuse = |why: &str| {
        Error::failed("firestore.credentials", format!("the credentials in {shown}, {origin}, can't be used: {why}"))
            .with_help(CREDENTIALS_HELP)
    };
    let text = std::fs::read(path).map_err(|error| refuse(&error.to_string()))?;
    // The error's own words may quote what stands in the file.
    let file: File = serde_json::from_slice(&text)
        .map_err(|error| refuse(&format!("line {} is not JSON as it should be", error.line())))?;
    match file.kind.as_deref() {
        Some("service_account") => {
            let (Some(email), Some(pem)) = (file.client_email, file.private_key) else {
                return Err(refuse("client_email or private_key is missing in it"));
            };
            let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
                .map_err(|_| refuse("its private_key is not a key in PEM form"))?;
            let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key)
                .map_err(|_| refuse("its private_key is of no type that can sign"))?;
            Ok(Identity::ServiceAccount { email, key_id: file.private_key_id, key })
        }
        Some("authorized_user") => {
            let (Some(client_id), Some(client_secret), Some(refresh_token)) =
                (file.client_id, file.client_secret, file.refresh_token)
            else {
                return Err(refuse("client_id, client_secret or refresh_token is missing in it"));
            };
            let token_uri = file.token_uri.unwrap_or_else(|| "https://oauth2.googleapis.com/token".to_owned());
            Ok(Identity::User { client_id, client_secret, refresh_token, token_uri })
        }
        Some(kind) => {
            Err(refuse(&format!("they are of the type {kind}, and fastman knows service_account and authorized_user")))
        }
        None => Err(refuse("they have no type")),
    }
}

/// A token that a service account signs: a JWT by RS256.
fn signed(email: &str, key_id: Option<&str>, key: &dyn SigningKey, now: u64) -> Result<String> {
    let failed = |why: &str| Error::failed("firestore.credentials", format!("{email}'s key can't sign: {why}"));
    let header = serde_json::json!({ "alg": "RS256", "typ": "JWT", "kid": key_id });
    let claims = serde_json::json!({
        "iss": email, "sub": email, "aud": AUDIENCE, "iat": now, "exp": now + TOKEN_SECONDS,
    });
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signer =
        key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).ok_or_else(|| failed("it is not an RSA key"))?;
    let signature = signer.sign(text.as_bytes()).map_err(|error| failed(&error.to_string()))?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// A value as a form has it.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests;
