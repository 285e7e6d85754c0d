//! Writes OCI archives of a few files: one layer, the same bytes every time.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use crate::layer;

/// An image to be written.
#[derive(Debug, Clone)]
pub struct Image {
    name: String,
    entrypoint: Vec<String>,
    user: String,
    entries: Vec<layer::Entry>,
}

/// How large an image is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// The layer as it lies on the node's disk, with tar's padding.
    pub unpacked: u64,
    /// The layer as a registry would carry it.
    pub compressed: u64,
}

impl Image {
    /// An image of one static program, which lies at `/NAME` and is what the image runs.
    pub fn of_binary(binary: &Path, name: &str) -> Result<Self> {
        let file = binary.file_name().and_then(|name| name.to_str());
        let path = format!("/{}", file.with_context(|| format!("{} names no file", binary.display()))?);
        let image = Self {
            name: full_name(name),
            entrypoint: vec![path.clone()],
            user: "65532:65532".into(),
            entries: Vec::new(),
        };
        Ok(image.add(binary, &path))
    }

    /// Adds a file or a folder of the host.
    #[must_use]
    pub fn add(mut self, host: &Path, path: &str) -> Self {
        self.entries.push(layer::Entry { path: path.to_owned(), what: layer::What::Host(host.to_path_buf()) });
        self
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.entries.push(layer::Entry { path: path.to_owned(), what: layer::What::Link(PathBuf::from(target)) });
        self
    }

    /// Runs this instead of the program alone.
    #[must_use]
    pub fn entrypoint(mut self, words: &[&str]) -> Self {
        self.entrypoint = words.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Runs as this user, `UID:GID`, instead of 65532:65532.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.user);
        self
    }

    /// The name under which the cluster knows it, with registry and tag.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes the archive to `out`.
    pub fn write(&self, out: &Path) -> Result<Sizes> {
        self.check_program()?;
        let tar = layer::tar(&self.entries)?;
        let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
        gzip.write_all(&tar)?;
        let compressed = gzip.finish()?;
        let sizes = Sizes { unpacked: size(&tar), compressed: size(&compressed) };
        let bytes = layer::tar(&self.archive(&tar, compressed)?)?;
        fs::write(out, bytes).with_context(|| format!("cannot write {}", out.display()))?;
        Ok(sizes)
    }

    fn archive(&self, tar: &[u8], layer: Vec<u8>) -> Result<Vec<layer::Entry>> {
        let config = serde_json::to_vec(&json!({
            "architecture": architecture(),
            "os": "linux",
            "config": {"Entrypoint": self.entrypoint, "User": self.user},
            "rootfs": {"type": "layers", "diff_ids": [sha256(tar)]},
        }))?;
        let manifest = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &layer)],
        }))?;
        let mut listed = descriptor(MANIFEST, &manifest);
        if let Some(fields) = listed.as_object_mut() {
            let tag = self.name.rsplit_once(':').map_or("latest", |(_, tag)| tag);
            fields.insert(
                "annotations".into(),
                json!({"io.containerd.image.name": self.name, "org.opencontainers.image.ref.name": tag}),
            );
        }
        let index = serde_json::to_vec(&json!({"schemaVersion": 2, "manifests": [listed]}))?;
        let blob = |bytes: Vec<u8>| (format!("/blobs/{}", sha256(&bytes).replace(':', "/")), bytes);
        let layout = br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec();
        let files = [
            ("/oci-layout".to_owned(), layout),
            ("/index.json".to_owned(), index),
            blob(manifest),
            blob(config),
            blob(layer),
        ];
        Ok(files.into_iter().map(|(path, bytes)| layer::Entry { path, what: layer::What::Bytes(bytes) }).collect())
    }

    /// A program that needs a dynamic loader cannot start in an image that holds nothing else.
    fn check_program(&self) -> Result<()> {
        let [layer::Entry { what: layer::What::Host(host), .. }] = self.entries.as_slice() else { return Ok(()) };
        let bytes = fs::read(host).with_context(|| format!("cannot read {}", host.display()))?;
        let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
        let dynamic = [b"/ld-linux".as_slice(), b"/ld-musl"]
            .iter()
            .any(|loader| head.windows(loader.len()).any(|part| part == *loader));
        ensure!(
            !dynamic,
            "{} is linked dynamically and would not start in an image of its own: build it static \
             (--target x86_64-unknown-linux-musl) or add its libraries with --add",
            host.display()
        );
        Ok(())
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// `shop` means `docker.io/library/shop:latest`, to the kubelet as to everyone.
fn full_name(name: &str) -> String {
    let registry = name.split_once('/').is_some_and(|(first, _)| first.contains(['.', ':']) || first == "localhost");
    let prefix = match (registry, name.contains('/')) {
        (true, _) => "",
        (false, true) => "docker.io/",
        (false, false) => "docker.io/library/",
    };
    let tagged = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
    format!("{prefix}{name}{}", if tagged { "" } else { ":latest" })
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": sha256(bytes), "size": bytes.len()})
}

fn sha256(bytes: &[u8]) -> String {
    let hex: String = digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use super::*;

    fn unpack(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(bytes);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            assert_eq!((entry.header().uid().unwrap(), entry.header().mtime().unwrap()), (0, 0));
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().display().to_string(), content)
        });
        entries.collect()
    }

    #[test]
    fn the_archive_is_an_oci_layout_and_the_same_every_time() {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("app");
        fs::write(&binary, b"#!static").unwrap();
        let image = Image::of_binary(&binary, "registry.example/app:1").unwrap();
        let [one, two] = ["one.tar", "two.tar"].map(|file| dir.path().join(file));
        let sizes = image.write(&one).unwrap();
        fs::File::open(&binary).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(image.write(&two).unwrap(), sizes);
        let bytes = fs::read(&one).unwrap();
        assert_eq!(bytes, fs::read(&two).unwrap());

        let files = unpack(&bytes);
        let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
        assert_eq!(index["manifests"][0]["annotations"]["io.containerd.image.name"], "registry.example/app:1");
        let blob = |digest: &Value| files[&format!("blobs/{}", digest.as_str().unwrap().replace(':', "/"))].clone();
        let manifest: Value = serde_json::from_slice(&blob(&index["manifests"][0]["digest"])).unwrap();
        let config: Value = serde_json::from_slice(&blob(&manifest["config"]["digest"])).unwrap();
        assert_eq!(config["config"], json!({"Entrypoint": ["/app"], "User": "65532:65532"}));
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(blob(&manifest["layers"][0]["digest"]).as_slice()).read_to_end(&mut tar).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"][0], sha256(&tar));
        assert_eq!(unpack(&tar)["app"], b"#!static");
    }

    #[test]
    fn a_dynamic_program_alone_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let binary = dir.path().join("app");
        fs::write(&binary, b"\x7fELF....../lib64/ld-linux-x86-64.so.2").unwrap();
        let image = Image::of_binary(&binary, "app").unwrap();
        assert!(image.write(&dir.path().join("x.tar")).unwrap_err().to_string().contains("musl"));
        image.add(&binary, "/lib64/x").write(&dir.path().join("x.tar")).unwrap();
    }

    #[test]
    fn short_names_mean_what_the_kubelet_reads() {
        assert_eq!(full_name("shop"), "docker.io/library/shop:latest");
        assert_eq!(full_name("me/shop:2"), "docker.io/me/shop:2");
        assert_eq!(full_name("localhost/shop"), "localhost/shop:latest");
        assert_eq!(full_name("localhost:5000/shop:1"), "localhost:5000/shop:1");
    }
}
