//! A folder for secrets of this machine: nobody else may read it, and every file is replaced whole.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir(PathBuf);

/// Nobody else writes a service's files while this lives.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "the lock ends with the file")] File);

impl StateDir {
    /// The folder of that path, made if it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        make(&path)?;
        let path = path.canonicalize().with_context(|| format!("cannot use {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is unless told otherwise: `shipshape` in the user's configuration folder.
    ///
    /// # Errors
    /// When the user has no home.
    pub fn usual(config_home: Option<&OsStr>, home: Option<&OsStr>) -> anyhow::Result<PathBuf> {
        match (config_home.map(Path::new).filter(|path| path.is_absolute()), home) {
            (Some(config), _) => Ok(config.join("shipshape")),
            (None, Some(home)) => Ok(Path::new(home).join(".config").join("shipshape")),
            (None, None) => bail!("HOME is not set: name a folder with --state DIR"),
        }
    }

    /// A file's path.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file's content, where there is one.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(&self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let path = self.path(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Writes a file that only this user can read. A reader sees the old content or the new one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            make(folder)?;
        }
        replace(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Claims a service, so that two processes do not write the same files.
    ///
    /// # Errors
    /// When another process has claimed it.
    pub fn claim(&self, service: &str) -> anyhow::Result<Claim> {
        let path = self.path(&format!("{service}/lock"));
        make(&self.path(service))?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Claim(file)),
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "another \"shipshape local\" serves {service} from here: end it, or use --state with another folder"
                )
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
        }
    }
}

fn make(folder: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("cannot make the folder {}: name another with --state", folder.display()))
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    // What a killed process left behind.
    drop(std::fs::remove_file(&beside));
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn nobody_else_can_read_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path().join("a")).unwrap();
        state.write("shop/tls/tls.key", b"one").unwrap();
        state.write("shop/tls/tls.key", b"two").unwrap();
        assert_eq!(state.read("shop/tls/tls.key").unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(state.read("shop/none").unwrap(), None);
        for (name, mode) in [("", 0o700), ("shop", 0o700), ("shop/tls", 0o700), ("shop/tls/tls.key", 0o600)] {
            let metadata = std::fs::metadata(state.path(name)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
        }
        assert_eq!(std::fs::read_dir(state.path("shop/tls")).unwrap().count(), 1);
    }

    #[test]
    fn a_service_is_claimed_once() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path().to_owned()).unwrap();
        let claim = state.claim("shop").unwrap();
        assert!(state.claim("shop").unwrap_err().to_string().contains("--state"));
        state.claim("other").unwrap();
        drop(claim);
        state.claim("shop").unwrap();
    }

    #[test]
    fn the_usual_place_is_the_users_configuration_folder() {
        let usual = |config: Option<&str>, home: Option<&str>| {
            StateDir::usual(config.map(OsStr::new), home.map(OsStr::new)).ok().map(|path| path.display().to_string())
        };
        assert_eq!(usual(None, Some("/home/a")).as_deref(), Some("/home/a/.config/shipshape"));
        assert_eq!(usual(Some("/c"), Some("/home/a")).as_deref(), Some("/c/shipshape"));
        assert_eq!(usual(Some("relative"), None), None);
    }
}
