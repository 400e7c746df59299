//! Certificates made in a test: authorities, what they sign, and one that signed itself. The adapters' tests include this file.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::fs;
use std::path::{Path, PathBuf};

pub use rcgen::ExtendedKeyUsagePurpose;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};

/// Who signs.
pub struct Authority {
    /// Its certificate.
    pub pem: String,
    /// What it signs with.
    pub issuer: Issuer<'static, KeyPair>,
}

/// A new authority.
pub fn authority(name: &str) -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = parameters.self_signed(&key).unwrap().pem();
    Authority { pem, issuer: Issuer::new(parameters, key) }
}

fn parameters(name: &str, hosts: &[&str]) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.subject_alt_names = hosts.iter().map(|host| SanType::DnsName((*host).try_into().unwrap())).collect();
    parameters
}

/// A certificate and its key, for hosts, signed by an authority.
pub fn leaf(
    issuer: &Issuer<'_, KeyPair>,
    name: &str,
    hosts: &[&str],
    usage: ExtendedKeyUsagePurpose,
) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = parameters(name, hosts);
    parameters.extended_key_usages.push(usage);
    (parameters.signed_by(&key, issuer).unwrap().pem(), key.serialize_pem())
}

/// A certificate that signed itself, as PostgreSQL's manual makes it.
pub fn own_authority() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = parameters("localhost", &["localhost"]);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (parameters.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// Writes `name.pem` and `name.key`.
pub fn write_pair(folder: &Path, name: &str, (certificate, key): &(String, String)) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(folder.join(format!("{name}.pem")), certificate).unwrap();
    let path: PathBuf = folder.join(format!("{name}.key"));
    fs::write(&path, key).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}
