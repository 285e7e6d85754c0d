//! The files that are mounted beside the configuration, and the revision that names all of them.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use shipshape_crds::names::{CERTIFICATE_FILE, CERTIFICATE_KEY_FILE, PEPPERS_FILE, key_shard_file};
use shipshape_crds::sidecar_config::{Files, SidecarConfig};

/// Letters of a revision: enough that two that follow one another never agree by chance.
const REVISION_LETTERS: usize = 8;

/// The content of each file beside the configuration, by its path below the mount.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MountedFiles(BTreeMap<String, Vec<u8>>);

impl std::fmt::Debug for MountedFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl MountedFiles {
    /// The certificate's chain and key, and where keys exist the peppers, as their Secret holds them, and the shards.
    #[must_use]
    pub fn new(chain: &str, key: &str, peppers: Option<&[u8]>, shards: &BTreeMap<usize, String>) -> Self {
        let mut files = BTreeMap::from([
            (CERTIFICATE_FILE.to_owned(), chain.as_bytes().to_vec()),
            (CERTIFICATE_KEY_FILE.to_owned(), key.as_bytes().to_vec()),
        ]);
        if let (Some(peppers), false) = (peppers, shards.is_empty()) {
            files.insert(PEPPERS_FILE.to_owned(), peppers.to_vec());
        }
        files.extend(shards.iter().map(|(number, text)| (key_shard_file(*number), text.as_bytes().to_vec())));
        Self(files)
    }

    fn describe(&self) -> Files {
        let is_there = |path: &str| self.0.contains_key(path).then(|| path.to_owned());
        let digests = self.0.iter().map(|(path, content)| (path.clone(), hex(content))).collect();
        Files {
            certificate: CERTIFICATE_FILE.to_owned(),
            certificate_key: CERTIFICATE_KEY_FILE.to_owned(),
            peppers: is_there(PEPPERS_FILE),
            api_keys: self.0.keys().filter(|path| path.starts_with("api-keys/")).cloned().collect(),
            digests,
        }
    }
}

/// The configuration with its files and the revision, which is a hash over both.
///
/// # Errors
/// When the configuration cannot be written as JSON; only a defect could cause it.
pub fn revise(config: SidecarConfig, files: &MountedFiles) -> Result<SidecarConfig, serde_json::Error> {
    let mut config = SidecarConfig { revision: String::new(), files: files.describe(), ..config };
    config.revision = hex(&serde_json::to_vec(&config)?).chars().take(REVISION_LETTERS).collect();
    Ok(config)
}

fn hex(content: &[u8]) -> String {
    digest(&SHA256, content).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use shipshape_crds::compile::{Input, compile};
    use shipshape_crds::policy::Policy;
    use shipshape_crds::routing::Matching;
    use shipshape_crds::sidecar_config::{AppEndpoint, Listen, ServiceName};

    use super::*;

    fn config(drain_seconds: u32) -> SidecarConfig {
        let address = || "127.0.0.1:1".to_owned();
        compile(&Input {
            service: ServiceName { namespace: "store".into(), name: "shop".into() },
            listen: Listen { https: address(), http: address(), admin: address() },
            app: AppEndpoint { address: address(), live_path: None, ready_path: None, internal_paths: Vec::new() },
            hostnames: Vec::new(),
            matching: Matching::Folded,
            policy: &Policy::default(),
            routes: Vec::new(),
            drain_seconds,
        })
        .unwrap()
    }

    #[test]
    fn the_revision_follows_the_configuration_and_every_file() {
        let revision = |config, chain, key, peppers: &[u8], shard: &str| {
            let files = MountedFiles::new(chain, key, Some(peppers), &BTreeMap::from([(3, shard.to_owned())]));
            revise(config, &files).unwrap().revision
        };
        let first = revision(config(20), "chain", "key", b"peppers", "{}");
        assert_eq!(first.len(), REVISION_LETTERS);
        assert_eq!(revision(config(20), "chain", "key", b"peppers", "{}"), first);
        let others = [
            revision(config(21), "chain", "key", b"peppers", "{}"),
            revision(config(20), "other", "key", b"peppers", "{}"),
            revision(config(20), "chain", "other", b"peppers", "{}"),
            revision(config(20), "chain", "key", b"other", "{}"),
            revision(config(20), "chain", "key", b"peppers", "other"),
        ];
        assert!(others.iter().all(|other| *other != first), "{first} {others:?}");
    }

    #[test]
    fn an_earlier_revision_makes_no_difference() {
        let files = MountedFiles::new("chain", "key", None, &BTreeMap::new());
        let once = revise(config(20), &files).unwrap();
        assert_eq!(revise(once.clone(), &files).unwrap(), once);
    }

    #[test]
    fn each_file_is_listed_with_its_digest() {
        let shards = BTreeMap::from([(0, "zero".to_owned()), (7, "seven".to_owned())]);
        let files = revise(config(20), &MountedFiles::new("chain", "key", Some(b"p"), &shards)).unwrap().files;
        assert_eq!(files.api_keys, ["api-keys/0.json", "api-keys/7.json"]);
        assert_eq!(files.peppers.as_deref(), Some("peppers.json"));
        let listed: Vec<&String> = files.digests.keys().collect();
        assert_eq!(listed, ["api-keys/0.json", "api-keys/7.json", "peppers.json", "tls/tls.crt", "tls/tls.key"]);
        assert_eq!(files.digests["tls/tls.crt"], hex(b"chain"));
        let bare = revise(config(20), &MountedFiles::new("chain", "key", Some(b"p"), &BTreeMap::new())).unwrap().files;
        assert_eq!((bare.peppers, bare.api_keys.len()), (None, 0), "without keys no pepper is needed");
    }
}
