//! A service's files as a pod would have them mounted: configuration, certificate, keys.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use aws_lc_rs::digest::{SHA256, digest};
use shipshape_crds::api_keys::{KeyShard, Peppers};
use shipshape_crds::names::{CERTIFICATE_FILE, CERTIFICATE_KEY_FILE, PEPPERS_FILE, key_shard_file};
use shipshape_crds::sidecar_config::{Files, Listen, SidecarConfig};
use time::OffsetDateTime;

use super::authority::{Authority, Issued};
use super::keys::{Keys, NewKey, asks_for_keys, complete};
use super::state::{Claim, StateDir};
use crate::configuration::configuration;
use crate::manifest::Found;

/// How many bytes of a hash name a revision.
const REVISION_BYTES: usize = 6;

/// Where the sidecar listens, and the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where the sidecar listens.
    pub listen: Listen,
    /// Where the app listens.
    pub app: SocketAddr,
}

/// The files of one service in the state folder, which nobody else writes meanwhile.
#[derive(Debug)]
pub struct ServiceFiles {
    state: StateDir,
    name: String,
    place: Place,
    files: BTreeMap<String, Vec<u8>>,
    _claim: Claim,
}

impl ServiceFiles {
    /// Claims the service and issues a certificate for it.
    ///
    /// # Errors
    /// When the folder cannot be written, or another process uses it for this service.
    pub fn open(state: &StateDir, found: &Found, place: Place, now: OffsetDateTime) -> anyhow::Result<Self> {
        let name = found.service.metadata.name.clone().unwrap_or_default();
        let claim = state.claim(&name)?;
        let names = found.service.spec.hostnames().iter().map(|name| name.as_str().to_owned());
        let issued = Authority::open(state, now)?.issue(&names.collect::<Vec<_>>(), now)?;
        let Issued { certificate, key } = issued;
        let mut files = Self { state: state.clone(), name, place, files: BTreeMap::new(), _claim: claim };
        files.write(CERTIFICATE_FILE, certificate.into_bytes())?;
        files.write(CERTIFICATE_KEY_FILE, key.into_bytes())?;
        Ok(files)
    }

    /// Where the configuration is written.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.state.path(&self.config_name())
    }

    /// Writes everything that the service says now, and returns the keys that were made for it.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn update(&mut self, found: &Found, new_keys: bool) -> anyhow::Result<(SidecarConfig, Vec<NewKey>)> {
        let name = found.service.metadata.name.as_deref().unwrap_or_default();
        if name != self.name {
            bail!("metadata.name: \"{name}\" was \"{}\" at the start: start again to serve it", self.name);
        }
        let mut made = Vec::new();
        if asks_for_keys(&found.service.spec) {
            let kept = if new_keys { Keys::default() } else { self.kept_keys()? };
            let (keys, new) = complete(kept, &found.service.spec, &found.keys)?;
            self.write(PEPPERS_FILE, serde_json::to_vec(&keys.peppers)?)?;
            self.write(&key_shard_file(0), serde_json::to_vec_pretty(&keys.shard)?)?;
            made = new;
        }
        let config = self.config(found)?;
        // Last: whoever reads it finds the others already there.
        self.state.write(&self.config_name(), &serde_json::to_vec_pretty(&config)?)?;
        Ok((config, made))
    }

    fn config(&self, found: &Found) -> anyhow::Result<SidecarConfig> {
        let Place { listen, app } = &self.place;
        let mut config = configuration(&found.service, listen.clone(), app.to_string())?;
        let has = |name: &str| self.files.contains_key(&self.path(name));
        let shard = key_shard_file(0);
        config.files = Files {
            certificate: self.path(CERTIFICATE_FILE),
            certificate_key: self.path(CERTIFICATE_KEY_FILE),
            // Secrets of a cluster are not at hand here: every name is in the certificate of the local CA.
            certificates: Vec::new(),
            peppers: has(PEPPERS_FILE).then(|| self.path(PEPPERS_FILE)),
            api_keys: has(&shard).then(|| self.path(&shard)).into_iter().collect(),
            digests: self.files.iter().map(|(name, bytes)| (name.clone(), hex(bytes, usize::MAX))).collect(),
        };
        config.revision = hex(&serde_json::to_vec(&config)?, REVISION_BYTES);
        Ok(config)
    }

    fn kept_keys(&self) -> anyhow::Result<Keys> {
        let shard: Option<KeyShard> = self.kept(&key_shard_file(0))?;
        let peppers: Option<Peppers> = self.kept(PEPPERS_FILE)?;
        Ok(Keys { shard: shard.unwrap_or_default(), peppers: peppers.unwrap_or_default() })
    }

    fn kept<T: serde::de::DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let Some(bytes) = self.state.read(&self.path(name))? else { return Ok(None) };
        let path = self.state.path(&self.path(name));
        let read = serde_json::from_slice(&bytes).ok();
        read.map(Some).with_context(|| format!("{} is damaged: use --new-keys", path.display()))
    }

    fn write(&mut self, name: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        let name = self.path(name);
        self.state.write(&name, &bytes)?;
        self.files.insert(name, bytes);
        Ok(())
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.name)
    }

    fn config_name(&self) -> String {
        format!("{}.json", self.name)
    }
}

/// The first bytes of the SHA-256, hexadecimal.
fn hex(bytes: &[u8], length: usize) -> String {
    digest(&SHA256, bytes).as_ref().iter().take(length).map(|byte| format!("{byte:02x}")).collect()
}
