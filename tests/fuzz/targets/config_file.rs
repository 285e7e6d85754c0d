//! Configuration files: each is taken or refused in words, and one that is taken survives being written and read.

use std::path::Path;
use std::sync::OnceLock;

use shipshape_crds::sidecar_config::SidecarConfig;
use shipshape_sidecar::live_config::check;
use tempfile::TempDir;

/// The input is the file.
pub fn run(data: &[u8]) {
    if let Ok(config) = serde_json::from_slice::<SidecarConfig>(data) {
        let written = serde_json::to_vec(&config).expect("what was read can be written");
        let again: SidecarConfig = serde_json::from_slice(&written).expect("and read again");
        assert_eq!(again, config, "and means the same");
    }
    let path = folder().join("config.json");
    std::fs::write(&path, data).expect("a file");
    if let Err(error) = check(&path) {
        assert!(!error.findings.is_empty() && error.findings.iter().all(|finding| !finding.is_empty()));
    }
}

/// A folder with the files that the seeds name: a certificate and its key.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().expect("a folder");
        let pair = rcgen::generate_simple_self_signed(["api.example".to_owned()]).expect("a certificate");
        for (name, text) in [("tls.crt", pair.cert.pem()), ("tls.key", pair.signing_key.serialize_pem())] {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        folder
    });
    folder.path()
}
