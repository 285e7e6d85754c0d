//! The files that are mounted beside the configuration, and the revision that names all of them.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use shipshape_crds::names::{CERTIFICATE_FILE, CERTIFICATE_KEY_FILE, PEPPERS_FILE, certificate_files, key_shard_file};
use shipshape_crds::sidecar_config::{CertificateFiles, Files, SidecarConfig};

use super::leaf::Leaf;
use super::own_certificate::OwnCertificate;
use super::shards::Shards;

/// Letters of a revision: enough that two that follow one another never agree by chance.
const REVISION_LETTERS: usize = 8;

/// The content of each file beside the configuration, by its path below the mount.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MountedFiles {
    files: BTreeMap<String, Vec<u8>>,
    /// The Secrets of the user's own certificates, also those that hold none: what runs keeps what it had.
    own: Vec<String>,
}

impl std::fmt::Debug for MountedFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}

impl MountedFiles {
    /// The certificate, those of the user's own and, where keys exist, their shards and the peppers: those as their
    /// Secrets hold them.
    ///
    /// # Errors
    /// When a shard cannot be written as JSON; only a defect could cause it.
    pub fn new(
        leaf: &Leaf,
        own: &[OwnCertificate],
        peppers: Option<&[u8]>,
        shards: &Shards,
    ) -> Result<Self, serde_json::Error> {
        let Leaf { certificate, key } = leaf;
        let mut files = BTreeMap::from([
            (CERTIFICATE_FILE.to_owned(), certificate.pem.clone().into_bytes()),
            (CERTIFICATE_KEY_FILE.to_owned(), key.reveal().as_bytes().to_vec()),
        ]);
        for OwnCertificate { secret, pair } in own {
            // A pair that is no good is not waited for: sidecars say what they do without it.
            if let Ok(pair) = pair {
                let (chain, key) = certificate_files(secret);
                files.extend([(chain, pair.chain.clone()), (key, pair.key.clone())]);
            }
        }
        if let (Some(peppers), false) = (peppers, shards.shards.is_empty()) {
            files.insert(PEPPERS_FILE.to_owned(), peppers.to_vec());
        }
        for (number, shard) in &shards.shards {
            files.insert(key_shard_file(*number), serde_json::to_vec(shard)?);
        }
        Ok(Self { files, own: own.iter().map(|own| own.secret.clone()).collect() })
    }

    /// The content of one file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    fn describe(&self) -> Files {
        let is_there = |path: &str| self.files.contains_key(path).then(|| path.to_owned());
        let digests = self.files.iter().map(|(path, content)| (path.clone(), hex(content))).collect();
        Files {
            certificate: CERTIFICATE_FILE.to_owned(),
            certificate_key: CERTIFICATE_KEY_FILE.to_owned(),
            certificates: self.own.iter().map(|secret| certificate(secret)).collect(),
            peppers: is_there(PEPPERS_FILE),
            api_keys: self.files.keys().filter(|path| path.starts_with("api-keys/")).cloned().collect(),
            digests,
        }
    }
}

fn certificate(secret: &str) -> CertificateFiles {
    let (certificate, certificate_key) = certificate_files(secret);
    CertificateFiles { name: secret.to_owned(), certificate, certificate_key }
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
    use shipshape_crds::api_keys::{KeyRecord, KeyShard};
    use shipshape_crds::compile::{Input, compile};
    use shipshape_crds::policy::Policy;
    use shipshape_crds::routing::Matching;
    use shipshape_crds::sidecar_config::{AppEndpoint, Listen, ServiceName};

    use super::super::authority::Authority;
    use super::super::leaf::LeafRequest;
    use super::super::own_certificate::OwnPair;
    use super::super::root::Root;
    use super::*;
    use crate::settings::Lifetimes;

    fn config(drain_seconds: u32) -> SidecarConfig {
        let address = || "127.0.0.1:1".to_owned();
        compile(&Input {
            service: ServiceName::new("store", "shop"),
            listen: Listen { https: address(), http: address(), admin: address() },
            app: AppEndpoint::new(address()),
            hostnames: Vec::new(),
            matching: Matching::Folded,
            policy: &Policy::default(),
            routes: Vec::new(),
            drain_seconds,
        })
        .unwrap()
    }

    fn leaf() -> Leaf {
        let now = "2026-11-21T00:00:00Z".parse().unwrap();
        let lifetimes = Lifetimes::default();
        let active = Root::generate(now, [1; 16], &lifetimes).unwrap();
        let authority = Authority { active, next: None, previous: Vec::new() };
        let request = LeafRequest { subject: "shop".into(), names: vec!["shop".into()] };
        Leaf::issue(&request, &authority, now, [2; 16], &lifetimes).unwrap()
    }

    fn shards(ids: &[&str]) -> Shards {
        let record = |id: &&str| KeyRecord {
            id: (*id).to_owned(),
            hash: "aGFzaA==".into(),
            pepper: "p".into(),
            name: "key".into(),
            owner: None,
            scopes: Vec::new(),
            expires_at: None,
        };
        let shard = |(number, id)| (number, KeyShard { keys: vec![record(id)] });
        Shards { shards: ids.iter().enumerate().map(shard).collect(), no_room: Vec::new() }
    }

    #[test]
    fn the_revision_follows_the_configuration_and_every_file() {
        let leaf_one = leaf();
        let revision = |config, leaf: &Leaf, peppers: &[u8], ids: &[&str]| {
            revise(config, &MountedFiles::new(leaf, &[], Some(peppers), &shards(ids)).unwrap()).unwrap().revision
        };
        let first = revision(config(20), &leaf_one, b"peppers", &["a"]);
        assert_eq!(first.len(), REVISION_LETTERS);
        assert_eq!(revision(config(20), &leaf_one, b"peppers", &["a"]), first);
        let others = [
            revision(config(21), &leaf_one, b"peppers", &["a"]),
            revision(config(20), &leaf(), b"peppers", &["a"]),
            revision(config(20), &leaf_one, b"other", &["a"]),
            revision(config(20), &leaf_one, b"peppers", &["b"]),
            revision(config(20), &leaf_one, b"peppers", &["a", "b"]),
        ];
        assert!(others.iter().all(|other| *other != first), "{first} {others:?}");
    }

    #[test]
    fn a_certificate_of_the_user_s_own_is_waited_for_where_it_can_be_used() {
        let leaf = leaf();
        let own = |pair| vec![OwnCertificate { secret: "shop-tls".to_owned(), pair }];
        let files = |own: &[OwnCertificate]| {
            revise(config(20), &MountedFiles::new(&leaf, own, None, &Shards::default()).unwrap()).unwrap()
        };
        let pair = |chain: &str| OwnPair {
            chain: chain.as_bytes().to_vec(),
            key: b"key".to_vec(),
            names: Vec::new(),
            not_before: leaf.certificate.not_before,
            not_after: leaf.certificate.not_after,
        };
        let (one, other, bad) = (files(&own(Ok(pair("1")))), files(&own(Ok(pair("2")))), files(&own(Err("no".into()))));
        assert_ne!(one.revision, other.revision, "a renewed certificate is a new revision");
        assert_eq!(one.files.digests["certificates/shop-tls/tls.crt"], hex(b"1"));
        assert!(!bad.files.digests.contains_key("certificates/shop-tls/tls.crt"));
        assert_eq!((bad.files.certificates.len(), bad.files.certificates[0].name.as_str()), (1, "shop-tls"));
    }

    #[test]
    fn an_earlier_revision_makes_no_difference() {
        let files = MountedFiles::new(&leaf(), &[], None, &Shards::default()).unwrap();
        let once = revise(config(20), &files).unwrap();
        assert_eq!(revise(once.clone(), &files).unwrap(), once);
    }

    #[test]
    fn each_file_is_listed_with_its_digest() {
        let leaf = leaf();
        let files = MountedFiles::new(&leaf, &[], Some(b"p"), &shards(&["a", "b"])).unwrap();
        assert!(!format!("{files:?}").contains("PRIVATE"));
        let files = revise(config(20), &files).unwrap().files;
        assert_eq!(files.api_keys, ["api-keys/0.json", "api-keys/1.json"]);
        assert_eq!(files.peppers.as_deref(), Some("peppers.json"));
        let listed: Vec<&String> = files.digests.keys().collect();
        assert_eq!(listed, ["api-keys/0.json", "api-keys/1.json", "peppers.json", "tls/tls.crt", "tls/tls.key"]);
        assert_eq!(files.digests["tls/tls.crt"], hex(leaf.certificate.pem.as_bytes()));
        let bare = MountedFiles::new(&leaf, &[], Some(b"p"), &Shards::default()).unwrap();
        let bare = revise(config(20), &bare).unwrap().files;
        assert_eq!((bare.peppers, bare.api_keys.len()), (None, 0), "without keys no pepper is needed");
    }
}
