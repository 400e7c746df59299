//! TLS with rustls: whom a connection trusts, by `sslmode`.
//!
//! `allow`, `prefer` and `require` encrypt and verify nobody, as they do in libpq; `verify-ca` verifies who signed the
//! certificate, `verify-full` also for which host.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fastman_core::error::{Error, ErrorClass, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;
use x509_cert::der::Decode;

use crate::settings::{SslMode, TlsSettings, home};

/// What makes TLS streams for these settings.
///
/// # Errors
/// A file that can't be read or holds no certificate or key.
pub(crate) fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    let trust: Arc<dyn ServerCertVerifier> = if settings.mode >= SslMode::VerifyCa {
        Arc::new(Verified::new(settings, provider)?)
    } else {
        Arc::new(Unverified(provider))
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(trust);
    let config = match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let key_der =
                PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("sslkey", key, &error.to_string()))?;
            builder.with_client_auth_cert(chain, key_der).map_err(|error| {
                failed(format!("the certificate {} and its key don't fit: {error}", certificate.display()))
            })?
        }
        _ => builder.with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

fn failed(message: String) -> Error {
    Error::database(ErrorClass::Unreachable, message)
}

fn unreadable(parameter: &str, path: &Path, why: &str) -> Error {
    failed(format!("{parameter}={}: {why}", path.display()))
        .with_help("it must be a PEM file; relative paths start from the project's folder, ~/ from the home folder")
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = fs::read(path).map_err(|error| unreadable("certificate", path, &error.to_string()))?;
    let found: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| unreadable("certificate", path, &error.to_string()))?;
    if found.is_empty() {
        return Err(unreadable("certificate", path, "there is no certificate in it"));
    }
    Ok(found)
}

/// Verifies by the authorities given, those of libpq's own file, or Mozilla's.
#[derive(Debug)]
struct Verified {
    chain: Arc<WebPkiServerVerifier>,
    /// The certificates that are trusted themselves: one that signed itself is often its own authority.
    trusted: Vec<CertificateDer<'static>>,
    /// Whether the host matters.
    host: bool,
}

impl Verified {
    fn new(settings: &TlsSettings, provider: Arc<CryptoProvider>) -> Result<Verified> {
        let own = home().map(|home| home.join(".postgresql/root.crt")).filter(|path| path.is_file());
        let file = settings.root_certificate.clone().or(own);
        let mut roots = RootCertStore::empty();
        let mut trusted = Vec::new();
        match &file {
            Some(file) => {
                trusted = certificates(file)?;
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
        Ok(Verified { chain, trusted, host: settings.mode == SslMode::VerifyFull })
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
