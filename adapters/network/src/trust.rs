//! TLS with rustls: whom a connection trusts, by its [`Mode`].
//!
//! Up to `require` it encrypts and verifies nobody, as libpq and MySQL's programs do; `verify-ca` verifies who signed the
//! certificate, `verify-full` also for which host.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fastman_core::error::{Error, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_cert::der::Decode;

use crate::tls::{Mode, Tls};

/// The client's side of TLS for these settings.
///
/// # Errors
/// A file that can't be read or holds no certificate or key.
pub fn client_config(settings: &Tls) -> Result<ClientConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    let trust: Arc<dyn ServerCertVerifier> = if settings.mode >= Mode::VerifyCa {
        Arc::new(Verified::new(settings, provider)?)
    } else {
        Arc::new(Unverified(provider))
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(trust);
    match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates("sslcert", certificate)?;
            let key_der =
                PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("sslkey", key, &error.to_string()))?;
            builder.with_client_auth_cert(chain, key_der).map_err(|error| {
                failed(format!("the certificate {} and its key don't fit: {error}", certificate.display()))
            })
        }
        _ => Ok(builder.with_no_client_auth()),
    }
}

/// A host that the certificate is made out for, where another one was all that was wrong with it: its chain is verified before
/// its names are looked at.
///
/// For drivers that verify by themselves and can't leave the host out: told to expect that one, they verify the rest again.
pub fn presented_host(failure: &io::Error) -> Option<String> {
    let Some(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })) =
        failure.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>())
    else {
        return None;
    };
    presented.iter().find_map(|name| {
        let (kind, name) = name.split_once('(')?;
        let name = name.strip_suffix(')')?;
        let name = if kind == "DnsName" { name.trim_matches('"').replacen('*', "any", 1) } else { name.to_owned() };
        ServerName::try_from(name.as_str()).is_ok().then_some(name)
    })
}

fn failed(message: String) -> Error {
    Error::failed(crate::NO_TLS, message)
}

fn unreadable(parameter: &str, path: &Path, why: &str) -> Error {
    failed(format!("{parameter}={}: {why}", path.display()))
        .with_help("it must be a PEM file; relative paths start from the project's folder, ~/ from the home folder")
}

fn certificates(parameter: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = fs::read(path).map_err(|error| unreadable(parameter, path, &error.to_string()))?;
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable(parameter, path, &error.to_string()))?;
    if found.is_empty() {
        return Err(unreadable(parameter, path, "there is no certificate in it"));
    }
    Ok(found)
}

/// Verifies by the authorities given, or Mozilla's.
#[derive(Debug)]
struct Verified {
    chain: Arc<WebPkiServerVerifier>,
    /// The certificates that are trusted themselves: one that signed itself is often its own authority.
    trusted: Vec<CertificateDer<'static>>,
    /// Whether the host matters.
    host: bool,
}

impl Verified {
    fn new(settings: &Tls, provider: Arc<CryptoProvider>) -> Result<Verified> {
        let mut roots = RootCertStore::empty();
        let mut trusted = Vec::new();
        match &settings.authority {
            Some(file) => {
                trusted = certificates("sslrootcert", file)?;
                for certificate in &trusted {
                    roots
                        .add(certificate.clone())
                        .map_err(|error| unreadable("sslrootcert", file, &error.to_string()))?;
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Verified { chain, trusted, host: settings.mode == Mode::VerifyFull })
    }

    /// A certificate that is itself trusted needs no signature, but must be in its time, and made out for the host.
    fn verify_itself(
        &self,
        certificate: &CertificateDer<'_>,
        host: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let parsed = x509_cert::Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
        let validity = parsed.tbs_certificate.validity;
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_secs());
        if now < validity.not_before.to_system_time() {
            return Err(CertificateError::NotValidYet.into());
        }
        if now > validity.not_after.to_system_time() {
            return Err(CertificateError::Expired.into());
        }
        if self.host {
            rustls::client::verify_server_name(&ParsedCertificate::try_from(certificate)?, host)?;
        }
        Ok(())
    }
}

impl ServerCertVerifier for Verified {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.trusted.iter().any(|trusted| trusted.as_ref() == end_entity.as_ref()) {
            return self.verify_itself(end_entity, server_name, now).map(|()| ServerCertVerified::assertion());
        }
        match self.chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The chain is verified before the name is looked at.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.host => Ok(ServerCertVerified::assertion()),
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Encrypts with whoever answers.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// A certificate for that host that signed itself, trusted by a file.
    fn trusting(host: &str, mode: Mode) -> (Verified, CertificateDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![host.to_owned()]).unwrap().self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        fs::write(&file, certificate.pem()).unwrap();
        let settings = Tls { mode, authority: Some(file), ..Tls::default() };
        (Verified::new(&settings, Arc::new(aws_lc_rs::default_provider())).unwrap(), certificate.der().clone())
    }

    fn accepts(trust: &Verified, certificate: &CertificateDer<'_>, host: &str) -> bool {
        let host = ServerName::try_from(host).unwrap();
        trust.verify_server_cert(certificate, &[], &host, &[], UnixTime::now()).is_ok()
    }

    #[test]
    fn the_host_matters_where_it_is_verified() {
        let (full, certificate) = trusting("db.example.com", Mode::VerifyFull);
        assert!(accepts(&full, &certificate, "db.example.com"));
        assert!(!accepts(&full, &certificate, "other.example.com"));
        let (any, certificate) = trusting("db.example.com", Mode::VerifyCa);
        assert!(accepts(&any, &certificate, "other.example.com"));
        let (_, stranger) = trusting("db.example.com", Mode::VerifyCa);
        assert!(!accepts(&any, &stranger, "db.example.com"));
    }

    #[test]
    fn the_host_that_a_certificate_is_for_is_told() {
        let told = |names: &[&str]| {
            let error = CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("localhost").unwrap().to_owned(),
                presented: names.iter().map(|name| (*name).to_owned()).collect(),
            };
            presented_host(&io::Error::other(rustls::Error::InvalidCertificate(error)))
        };
        assert_eq!(told(&["DnsName(\"*.example.com\")"]).as_deref(), Some("any.example.com"));
        assert_eq!(told(&["DirectoryName", "IpAddress(10.0.0.7)"]).as_deref(), Some("10.0.0.7"));
        assert_eq!(told(&[]), None);
        assert_eq!(presented_host(&io::Error::other("something else")), None);
    }

    #[test]
    fn a_file_that_can_t_be_used_is_named() {
        let missing = Tls { mode: Mode::VerifyCa, authority: Some("/nowhere/ca.pem".into()), ..Tls::default() };
        let error = client_config(&missing).unwrap_err();
        assert_eq!(error.code(), crate::NO_TLS);
        assert!(error.message().contains("sslrootcert=/nowhere/ca.pem"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        fs::write(&empty, "").unwrap();
        let (certificate, key) = (Some(empty.clone()), Some(empty));
        let error = client_config(&Tls { certificate, key, ..Tls::default() }).unwrap_err();
        assert!(error.message().contains("no certificate"), "{error}");
    }
}
