//! Makes the certificate authorities, certificates and keys of a cluster.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::kubeconfig;

/// A certificate with its key, both PEM.
pub struct Identity {
    /// The certificate.
    pub cert: String,
    /// The private key (PKCS #8).
    pub key: String,
}

/// Who a certificate speaks for, in Kubernetes' reading: common name = user, organisation = group.
pub struct Subject<'a> {
    /// The file's name without its ending.
    pub file: &'a str,
    /// The user.
    pub user: &'a str,
    /// The group.
    pub group: Option<&'a str>,
}

/// The components that call the API server, each with least rights of its own.
pub const CLIENTS: [Subject<'static>; 6] = [
    Subject { file: "admin", user: "admin", group: Some("system:masters") },
    Subject { file: "kube-controller-manager", user: "system:kube-controller-manager", group: None },
    Subject { file: "kube-scheduler", user: "system:kube-scheduler", group: None },
    Subject { file: "kube-proxy", user: "system:kube-proxy", group: None },
    Subject { file: "coredns", user: "system:coredns", group: None },
    Subject { file: "apiserver-kubelet-client", user: "kube-apiserver-kubelet-client", group: Some("system:masters") },
];

/// An authority that signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    cert: String,
    key: String,
}

impl Authority {
    /// A new authority called `name`.
    pub fn new(name: &str) -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = base(name, None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let cert = params.self_signed(&key)?.pem();
        let pem = key.serialize_pem();
        Ok(Self { issuer: Issuer::new(params, key), cert, key: pem })
    }

    /// The authority's own certificate, PEM.
    pub fn cert(&self) -> &str {
        &self.cert
    }

    /// A client certificate.
    pub fn client(&self, user: &str, group: Option<&str>) -> Result<Identity> {
        self.sign(base(user, group), ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// A server certificate for DNS names and addresses.
    pub fn server(&self, user: &str, names: &[String]) -> Result<Identity> {
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = base(user, None).distinguished_name;
        self.sign(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    fn sign(&self, mut params: CertificateParams, usage: ExtendedKeyUsagePurpose) -> Result<Identity> {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2099, 1, 1));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let cert = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Identity { cert, key: key.serialize_pem() })
    }
}

/// What [`write_all`] needs to know about the cluster.
pub struct Names<'a> {
    /// The cluster's name.
    pub cluster: &'a str,
    /// The API server's address, as clients write it.
    pub server: &'a str,
    /// Every name and address under which the API server is called.
    pub server_names: Vec<String>,
    /// The node's name and address, when there is one.
    pub node: Option<(String, String)>,
}

/// Writes all files into `dir` and returns the administrator's kubeconfig.
pub fn write_all(dir: &Path, names: &Names<'_>) -> Result<String> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let ca = Authority::new("kubernetes")?;
    let proxy_ca = Authority::new("front-proxy")?;
    write(dir, "ca.crt", ca.cert())?;
    write(dir, "ca.key", &ca.key)?;
    write(dir, "front-proxy-ca.crt", proxy_ca.cert())?;
    write_identity(dir, "front-proxy-client", &proxy_ca.client("front-proxy-client", None)?)?;
    write_identity(dir, "apiserver", &ca.server("kube-apiserver", &names.server_names)?)?;
    let kubeconfig = |who: &Identity| kubeconfig::render(names.cluster, names.server, ca.cert(), &who.cert, &who.key);
    let accounts = KeyPair::generate()?;
    write(dir, "service-accounts.key", &accounts.serialize_pem())?;
    write(dir, "service-accounts.pub", &accounts.public_key_pem())?;
    for Subject { file, user, group } in CLIENTS {
        let identity = ca.client(user, group)?;
        write_identity(dir, file, &identity)?;
        write(dir, &format!("{file}.kubeconfig"), &kubeconfig(&identity)?)?;
    }
    if let Some((node, address)) = &names.node {
        write_identity(
            dir,
            "kubelet-server",
            &ca.server(&format!("system:node:{node}"), &[node.clone(), address.clone()])?,
        )?;
        let kubelet = ca.client(&format!("system:node:{node}"), Some("system:nodes"))?;
        write(dir, "kubelet.kubeconfig", &kubeconfig(&kubelet)?)?;
    }
    fs::read_to_string(dir.join("admin.kubeconfig")).context("cannot read the administrator's kubeconfig")
}

/// Writes a file that only its owner can read.
pub fn write(dir: &Path, file: &str, text: &str) -> Result<()> {
    let path = dir.join(file);
    let open = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path);
    open.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn write_identity(dir: &Path, name: &str, identity: &Identity) -> Result<()> {
    write(dir, &format!("{name}.crt"), &identity.cert)?;
    write(dir, &format!("{name}.key"), &identity.key)
}

fn base(user: &str, group: Option<&str>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, user);
    if let Some(group) = group {
        params.distinguished_name.push(DnType::OrganizationName, group);
    }
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2099, 1, 1));
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let names = Names {
            cluster: "t",
            server: "https://127.0.0.1:1",
            server_names: vec!["127.0.0.1".into(), "localhost".into()],
            node: Some(("t-node".into(), "10.200.192.2".into())),
        };
        let admin = write_all(dir.path(), &names).unwrap();
        assert!(admin.contains("https://127.0.0.1:1"));
        for file in fs::read_dir(dir.path()).unwrap() {
            let file = file.unwrap();
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        }
    }
}
