//! The mounted files as one: the configuration and what lies beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use shipshape_crds::api_keys::{KeyShard, Peppers};
use shipshape_crds::sidecar_config::{CertificateFiles, FORMAT, SidecarConfig};

/// Everything that keeps a configuration from being enforced, each with its file or field and what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", findings.join("\n"))]
pub struct ConfigError {
    /// One line each.
    pub findings: Vec<String>,
}

impl ConfigError {
    /// One finding.
    #[must_use]
    pub fn one(finding: impl Into<String>) -> Self {
        Self { findings: vec![finding.into()] }
    }
}

/// The mounted files, read once.
#[derive(Debug)]
pub struct Bundle {
    /// The configuration.
    pub config: SidecarConfig,
    /// The certificate chain, PEM.
    pub certificate: Vec<u8>,
    /// Its key, PEM.
    pub certificate_key: SecretBytes,
    /// The further certificates, as far as their files can be read.
    pub certificates: Vec<FurtherCertificate>,
    /// The shards of API keys that are there.
    pub shards: Vec<KeyShard>,
    /// The peppers; none where no key exists.
    pub peppers: Peppers,
    /// Files whose content is not the one that the revision means.
    pub waiting_for: Vec<String>,
}

/// The files of a certificate that the service can do without.
#[derive(Debug)]
pub struct FurtherCertificate {
    /// Its name.
    pub name: String,
    /// Chain and key, PEM; or the file that is missing.
    pub pair: Result<(Vec<u8>, SecretBytes), String>,
}

/// Bytes that are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(pub Vec<u8>);

impl std::fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}

/// The content of every file, by its name relative to the configuration's folder.
struct Contents {
    folder: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// Reads the configuration and the files beside it.
    ///
    /// # Errors
    /// Every file that is missing or cannot be read as what it should be.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let bytes = std::fs::read(path)
            .map_err(|error| ConfigError::one(format!("{}: cannot be read: {error}", path.display())))?;
        let config = parse_config(path, &bytes)?;
        let mut contents = Contents { folder: folder_of(path), files: BTreeMap::new() };
        let mut findings = Vec::new();
        let files = &config.files;
        let certificate = contents.required("files.certificate", &files.certificate, &mut findings);
        let key = contents.required("files.certificateKey", &files.certificate_key, &mut findings);
        let certificates = files.certificates.iter().map(|files| contents.further(files)).collect();
        let peppers = files.peppers.as_ref().and_then(|name| contents.json(name, &mut findings)).unwrap_or_default();
        let shards = files.api_keys.iter().filter_map(|name| contents.json(name, &mut findings)).collect();
        let waiting_for = contents.not_as_meant(&files.digests);
        if !findings.is_empty() {
            return Err(ConfigError { findings });
        }
        let certificate_key = SecretBytes(key);
        Ok(Self { config, certificate, certificate_key, certificates, shards, peppers, waiting_for })
    }

    /// The SHA-256 of the configuration and every file that it names, for comparing two moments.
    #[must_use]
    pub fn fingerprint(path: &Path) -> Vec<u8> {
        let Ok(bytes) = std::fs::read(path) else { return Vec::new() };
        let mut all = digest(&SHA256, &bytes).as_ref().to_vec();
        let Ok(config) = parse_config(path, &bytes) else { return all };
        let mut contents = Contents { folder: folder_of(path), files: BTreeMap::new() };
        for name in named_files(&config) {
            let content =
                contents.read(&name).map(|bytes| digest(&SHA256, bytes).as_ref().to_vec()).unwrap_or_default();
            all.extend_from_slice(&content);
        }
        all
    }

    /// The folders that hold the configuration and the files beside it.
    #[must_use]
    pub fn folders(path: &Path) -> BTreeSet<PathBuf> {
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        let config = std::fs::read(path).ok().and_then(|bytes| parse_config(path, &bytes).ok());
        let names = config.iter().flat_map(named_files);
        let beside = names.filter_map(|name| folder.join(name).parent().map(Path::to_path_buf));
        std::iter::once(folder.clone()).chain(beside).collect()
    }
}

impl Contents {
    fn read(&mut self, name: &str) -> std::io::Result<&Vec<u8>> {
        if !self.files.contains_key(name) {
            let bytes = std::fs::read(self.folder.join(name))?;
            self.files.insert(name.to_owned(), bytes);
        }
        self.files.get(name).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }

    fn required(&mut self, field: &str, name: &str, findings: &mut Vec<String>) -> Vec<u8> {
        match self.read(name) {
            Ok(bytes) => bytes.clone(),
            Err(error) => {
                findings.push(format!("{field}: the file \"{name}\" beside the configuration cannot be read: {error}"));
                Vec::new()
            }
        }
    }

    fn further(&mut self, files: &CertificateFiles) -> FurtherCertificate {
        let CertificateFiles { name, certificate, certificate_key } = files;
        let mut read = |file: &String| {
            let told = |error| format!("the file \"{file}\" beside the configuration cannot be read: {error}");
            self.read(file).cloned().map_err(told)
        };
        let pair = read(certificate).and_then(|chain| Ok((chain, SecretBytes(read(certificate_key)?))));
        FurtherCertificate { name: name.clone(), pair }
    }

    /// A file that may be missing: shards of keys are optional in the pod, and its revision waits for those it needs.
    fn json<T: serde::de::DeserializeOwned>(&mut self, name: &str, findings: &mut Vec<String>) -> Option<T> {
        match self.read(name).map(|bytes| serde_json::from_slice(bytes)) {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                // Only the place is told: a parser's message could quote a secret.
                findings.push(format!("{name}: is not the JSON that it should be, at line {}", error.line()));
                None
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                findings.push(format!("{name}: cannot be read: {error}"));
                None
            }
        }
    }

    fn not_as_meant(&mut self, digests: &BTreeMap<String, String>) -> Vec<String> {
        let is_other = |name: &str, meant: &str, this: &mut Self| {
            this.read(name).map_or(true, |bytes| !hex(digest(&SHA256, bytes).as_ref()).eq_ignore_ascii_case(meant))
        };
        digests.iter().filter(|(name, meant)| is_other(name, meant, self)).map(|(name, _)| name.clone()).collect()
    }
}

/// A mounted volume is swapped by one link: what lies behind it belongs together, so every file is read from there.
fn folder_of(path: &Path) -> PathBuf {
    let parent = |path: &Path| path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let plain = parent(path);
    let link = plain.join("..data");
    std::fs::canonicalize(link).unwrap_or(plain)
}

fn parse_config(path: &Path, bytes: &[u8]) -> Result<SidecarConfig, ConfigError> {
    let shown = path.display();
    // The format first: a newer one may differ in everything else.
    let format = serde_json::from_slice::<serde_json::Value>(bytes)
        .map_err(|error| ConfigError::one(format!("{shown}: is no JSON: {error}")))?
        .get("format")
        .and_then(serde_json::Value::as_u64);
    if format != Some(u64::from(FORMAT)) {
        let found = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
        return Err(ConfigError::one(format!(
            "{shown}: format: this sidecar reads format {FORMAT}, not {found}: use a sidecar of the operator's release"
        )));
    }
    serde_json::from_slice(bytes).map_err(|error| ConfigError::one(format!("{shown}: {error}")))
}

fn named_files(config: &SidecarConfig) -> BTreeSet<String> {
    let files = &config.files;
    let single = [&files.certificate, &files.certificate_key];
    let further = files.certificates.iter().flat_map(|one| [&one.certificate, &one.certificate_key]);
    single
        .into_iter()
        .chain(further)
        .chain(&files.peppers)
        .chain(&files.api_keys)
        .chain(files.digests.keys())
        .cloned()
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
